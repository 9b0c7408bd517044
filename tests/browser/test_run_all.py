"""Run All Cells in JupyterLab, in a real browser, gives every stored output again.

What a reader then saves becomes the committed file again by execute.py.
SCREENSHOTS=folder also writes pictures of the first screen and of every figure there.
"""

import contextlib
import copy
import os
import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path
from typing import NamedTuple

import execute
import lab_notebook
import nbformat
import pytest
from execute import is_slider
from nbformat import NotebookNode
from nbformat.v4 import new_code_cell, new_notebook, new_output

pytestmark = pytest.mark.browser

NOTEBOOKS = Path(__file__).resolve().parents[2] / "notebooks"
LESSONS = sorted(NOTEBOOKS.glob("[0-9][0-9]_*.ipynb"))
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
        lab_notebook.fold_and_hide(page)
        lab_notebook.save(page)
        lab_notebook.stop_kernel(page)
    return Visit(committed, ran, lab.folder / name)


def test_run_all_gives_the_stored_outputs(visit):
    assert complaints(visit.ran, read(visit.committed)) == []


def test_a_saved_notebook_differs_only_where_make_notebooks_restores_it(visit, lab):
    saved, committed = read(visit.saved), read(visit.committed)
    left_behind = {key for cell in saved.cells for key in cell.metadata}
    assert {"jupyter", "scrolled", "jp-MarkdownHeadingCollapsed"} <= left_behind
    assert differences(execute.normalise(saved), committed) == []
    command = [sys.executable, lab.folder / "execute.py", visit.saved]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    texts = [path.read_text("utf-8") for path in (visit.saved, visit.committed)]
    saved, committed = (re.sub(PICTURE, "", text) for text in texts)
    assert saved == committed  # a picture's last bits differ between processors


def differences(notebook, committed):
    """Name the parts that differ, pictures aside: ["cell 3: source", ...], from 1."""
    cells = [[*map(without_pictures, book.cells)] for book in (notebook, committed)]
    found = [
        f"cell {number}: {part}"
        for number, (cell, before) in enumerate(zip(*cells, strict=True), start=1)
        for part in sorted(cell.keys() | before.keys())
        if cell.get(part) != before.get(part)
    ]
    around = [part for part in notebook if part != "cells"]
    return found + [part for part in around if notebook[part] != committed[part]]


def without_pictures(cell):
    """Return a copy of the cell without its pictures' bytes."""
    cell = copy.deepcopy(cell)
    for output in cell.get("outputs", []):
        for kind in pictures(output):
            output.data[kind] = ""
    return cell


BROKEN = {
    "raises": ("1 / 0", "", "cell 1 raises ZeroDivisionError: division by zero"),
    "misses a module": (
        "import absent",
        "",
        "cell 1 raises ModuleNotFoundError: No module named 'absent'",
    ),
    "warns": (
        "import sys\nprint('careful', file=sys.stderr)",
        "",
        "cell 1 writes to stderr: careful",
    ),
    "prints something else": (
        "print(0.1234)",
        "0.1235\n",
        "cell 1 shows {'stdout': '0.1234\\n'}, stored is {'stdout': '0.1235\\n'}",
    ),
    "has no alt text": (
        "from IPython.display import SVG, display\ndisplay(SVG('<svg></svg>'))",
        "",
        "cell 1 shows a picture (image/svg+xml) without alt text",
    ),
}


@pytest.mark.parametrize(("source", "stored", "complaint"), BROKEN.values(), ids=BROKEN)
def test_a_broken_notebook_is_found(source, stored, complaint, page, lab):
    outputs = [new_output("stream", text=stored)] if stored else []
    notebook = new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[
            new_code_cell(source, outputs=outputs, execution_count=1),
            new_code_cell("after = 2", execution_count=2),
        ],
    )
    nbformat.write(notebook, lab.folder / "broken.ipynb")
    found = complaints(run_all(page, lab, "broken.ipynb"), notebook)
    assert complaint in found
    assert ("cell 2 did not run" in found) == ("raises" in complaint)


def run_all(page, lab, name):
    """Open the notebook, run all cells, stop the kernel; return what it then holds."""
    notebook = lab_notebook.run_all(page, lab, name)
    lab_notebook.stop_kernel(page)
    return notebook


def take_screenshots(page, notebook, folder):
    """Write a picture of the first screen, and one of each cell with a figure."""
    with_figure = [
        number
        for number, cell in enumerate(notebook.cells)
        if any(pictures(output) for output in cell.get("outputs", []))
    ]
    for number in [0, *with_figure]:
        lab_notebook.scroll_to_cell(page, number)
        page.wait_for_timeout(500)  # for the scroll and the formulas to settle
        page.screenshot(path=folder / f"cell-{number:03}.png")


def complaints(notebook, stored):
    """Return a sentence for everything that went wrong, counting code cells from 1."""
    cells, stored_cells = code_cells(notebook), code_cells(stored)
    found = []
    for number, (cell, before) in enumerate(
        zip(cells, stored_cells, strict=True), start=1
    ):
        if cell.execution_count is None:
            found.append(f"cell {number} did not run")
            continue
        for output in cell.outputs:
            if output.output_type == "error":
                found.append(f"cell {number} raises {output.ename}: {output.evalue}")
            if output.get("name") == "stderr":
                found.append(f"cell {number} writes to stderr: {output.text.strip()}")
            found += [
                f"cell {number} shows a picture ({kind}) without alt text"
                for kind in pictures(output)
                if not output.metadata.get(kind, {}).get("alt")
            ]
        # what a slider cell shows has random ids; test_turn_by_hand.py looks at it
        if text(cell) != text(before) and not is_slider(cell):
            found.append(f"cell {number} shows {text(cell)}, stored is {text(before)}")
    return found


def read(path):
    """Return the notebook at path."""
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    """Return the notebook's code cells."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def pictures(output):
    """Return the picture formats in an output, such as image/png."""
    return [kind for kind in output.get("data", {}) if kind.startswith("image/")]


def text(cell):
    """Return what a cell shows beside its pictures, as nbval sees it: text by kind."""
    shown = defaultdict(str)
    for output in cell.outputs:
        if output.output_type == "stream":
            shown[output.name] += output.text
        for kind in output.get("data", {}).keys() - set(pictures(output)):
            shown[kind] += str(output.data[kind])
    return dict(shown)
