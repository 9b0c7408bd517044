"""Run All Cells in JupyterLab, in a real browser, gives every stored output again.

What a reader then saves becomes the committed file again by execute.py.
SCREENSHOTS=folder also writes pictures of the first screen and of every figure there.
"""

import contextlib
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import lab_notebook
import lesson_form
import pytest
from execute import is_slider
from lesson_form import LESSONS, NOTEBOOKS
from nbformat import NotebookNode

pytestmark = pytest.mark.browser

SOURCES = sorted(NOTEBOOKS.glob("assignments/source/*/*.ipynb"))
PICTURE = r'(?<="image/png": ")[^"]+'


class Visit(NamedTuple):
    """A reader's visit: the committed file, what Run All gave, the file then saved."""

    committed: Path
    ran: NotebookNode
    saved: Path


@pytest.fixture(
    scope="module",
    params=[*LESSONS, *SOURCES],
    ids=lambda p: f"{p.parent.name}-{p.stem}",
)
def visit(request, browser, lab):
    """A reader runs all cells, folds and hides some, moves a slider, and saves."""
    committed = request.param
    name = committed.relative_to(NOTEBOOKS)
    with contextlib.closing(browser.new_context()) as context:
        page = context.new_page()
        ran = lab_notebook.run_all(page, lab, name.as_posix())
        if folder := os.environ.get("SCREENSHOTS"):
            take_screenshots(page, ran, Path(folder) / committed.stem)
        for number, cell in enumerate(ran.cells):
            if is_slider(cell):
                lab_notebook.scroll_to_cell(page, number)
                page.get_by_role("slider").first.press("ArrowRight")
        for action in (lab_notebook.FOLD, lab_notebook.SAVE, lab_notebook.STOP_KERNEL):
            page.evaluate(action)
    return Visit(committed, ran, lab.folder / name)


def test_run_all_gives_the_stored_outputs(visit):
    committed = lesson_form.read(visit.committed)
    assert lesson_form.execution_faults(visit.ran) == []
    assert lesson_form.picture_faults(visit.ran) == []
    both = map(lesson_form.code_cells, (visit.ran, committed))
    for cell, before in zip(*both, strict=True):
        # what a slider cell shows has random ids; test_turn_by_hand.py looks at it
        assert is_slider(cell) or text(cell) == text(before), cell.source


def test_make_notebooks_restores_a_notebook_that_was_saved(visit, lab):
    saved = lesson_form.read(visit.saved)
    left_behind = {key for cell in saved.cells for key in cell.metadata}
    assert {"jupyter", "scrolled", "jp-MarkdownHeadingCollapsed"} <= left_behind
    command = [sys.executable, lab.folder / "execute.py", visit.saved]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    texts = [path.read_text("utf-8") for path in (visit.saved, visit.committed)]
    saved, committed = (re.sub(PICTURE, "", text) for text in texts)
    assert saved == committed  # a picture's last bits differ between processors


def take_screenshots(page, notebook, folder):
    """Write a picture of the first screen, and one of each cell with a figure."""
    for number, cell in enumerate(notebook.cells):
        if number and not (cell.get("outputs") and lesson_form.pictures_of(cell)):
            continue
        lab_notebook.scroll_to_cell(page, number)
        page.wait_for_timeout(500)  # for the scroll and the formulas to settle
        page.screenshot(path=folder / f"cell-{number:03}.png")


def text(cell):
    """Return what a cell shows beside its pictures, as nbval sees it: text by kind."""
    shown = defaultdict(str)
    for output in cell.outputs:
        if output.output_type == "stream":
            shown[output.name] += output.text
        for kind, content in output.get("data", {}).items():
            shown[kind] += str(content) if kind != "image/png" else ""
    return shown
