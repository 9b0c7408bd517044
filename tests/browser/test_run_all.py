"""Run All Cells in JupyterLab, in a real browser, gives every stored output again.

Then each slider moves its picture.  SCREENSHOTS=folder also writes pictures of the
first screen, of every figure, and of the sliders moved.
"""

import os
from collections import defaultdict
from pathlib import Path

import lab_notebook
import lesson_form
import pytest
from execute import is_slider
from lesson_form import LESSONS, NOTEBOOKS

pytestmark = pytest.mark.browser

SOURCES = sorted(NOTEBOOKS.glob("assignments/source/*/*.ipynb"))
TROUBLE = "[data-mime-type*=error], [data-mime-type*=stderr]"
PICTURE = """(widget) => {
    const image = widget.querySelector("img");
    return image && { data: image.src, size: `${image.width} x ${image.height}` };
}"""
MOVED = """(before) => {
    const image = document.querySelector(".widget-interact img");
    return image && image.src !== before;
}"""


@pytest.mark.parametrize(
    "path", [*LESSONS, *SOURCES], ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_run_all_gives_the_stored_outputs_and_sliders_move_the_picture(path, page, lab):
    committed = lesson_form.read(path)
    ran = lab_notebook.run_all(page, lab, path.relative_to(NOTEBOOKS).as_posix())
    if folder := os.environ.get("SCREENSHOTS"):
        take_screenshots(page, ran, Path(folder) / path.stem)
    assert lesson_form.execution_faults(ran) == []
    assert lesson_form.picture_faults(ran) == []
    both = map(lesson_form.code_cells, (ran, committed))
    for cell, before in zip(*both, strict=True):
        # what a slider cell shows has random ids
        assert is_slider(cell) or text(cell) == text(before), cell.source
    for number, cell in enumerate(ran.cells):
        if is_slider(cell):
            lab_notebook.scroll_to_cell(page, number)
            turn(page)
    page.evaluate(lab_notebook.STOP_KERNEL)


def turn(page):
    """Move each slider: the picture changes and keeps its size, without trouble."""
    widget = page.locator(".widget-interact")
    widget.locator("img").wait_for()
    sliders = widget.get_by_role("slider").all()
    assert sliders
    for slider in sliders:
        before = widget.evaluate(PICTURE)
        slider.press("ArrowRight")
        page.wait_for_function(MOVED, arg=before["data"])
        page.wait_for_timeout(500)  # for what comes after the first change
        assert widget.locator(TROUBLE).all_inner_texts() == []
        assert widget.evaluate(PICTURE)["size"] == before["size"]
    if folder := os.environ.get("SCREENSHOTS"):
        widget.screenshot(path=Path(folder) / "sliders.png")


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
