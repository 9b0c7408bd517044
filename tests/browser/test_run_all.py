"""Run All Cells in JupyterLab, in a real browser, gives every stored output again.

Then each slider moves its picture.  SCREENSHOTS=folder also writes pictures of the
first screen, of every figure, and of the sliders moved.
"""

from collections import defaultdict

import lab_notebook
import lesson_form
import pytest
from execute import is_slider
from lesson_form import LESSONS, ROOT, SOURCES

pytestmark = pytest.mark.browser

TROUBLE = "[data-mime-type*=error], [data-mime-type*=stderr]"
SIZE = "(image) => [image.width, image.height]"


def test_the_printed_address_opens_lesson_01_and_its_links_the_library(page, lab):
    first = lesson_form.read(LESSONS[0]).cells[0].source
    page.goto(lab.address)
    page.get_by_role("heading", name=first.splitlines()[0][2:]).wait_for()
    page.get_by_role("link", name="neuron.py", exact=True).first.click()
    page.get_by_role("tab", name="neuron.py", exact=True).wait_for()


@pytest.mark.parametrize(
    "path", [*LESSONS, *SOURCES], ids=lambda p: f"{p.parent.name}-{p.stem}"
)
def test_run_all_gives_the_stored_outputs_and_sliders_move_the_picture(
    path, page, lab, shoot
):
    lab_notebook.open_notebook(page, lab, path.relative_to(ROOT))
    ran = lab_notebook.run_all(page)
    both = map(lesson_form.code_cells, (ran, lesson_form.read(path)))
    for cell, before in zip(*both, strict=True):
        # what a slider cell shows has random ids
        assert is_slider(cell) or text(cell) == text(before), cell.source
        assert cell.execution_count == before.execution_count
        assert lesson_form.output_faults(cell) == []
    for number, cell in enumerate(ran.cells):
        if not number or (cell.get("outputs") and lesson_form.pictures_of(cell)):
            lab_notebook.scroll_to_cell(page, number)
            shoot(f"{path.stem}/cell-{number:03}")
        if is_slider(cell):
            lab_notebook.scroll_to_cell(page, number)
            shoot(f"{path.stem}/sliders", turn(page))
    page.evaluate(lab_notebook.STOP_KERNEL)


def turn(page):
    """Move each slider: the picture changes and keeps its size, without trouble."""
    from playwright.sync_api import expect

    widget = page.locator(".widget-interact")
    picture, sliders = widget.locator("img"), widget.get_by_role("slider")
    picture.wait_for()
    assert sliders.count()
    for slider in sliders.all():
        before, size = picture.get_attribute("src"), picture.evaluate(SIZE)
        slider.press("ArrowRight")
        expect(picture).not_to_have_attribute("src", before)
        page.wait_for_timeout(500)  # for what comes after the first change
        assert widget.locator(TROUBLE).all_inner_texts() == []
        assert picture.evaluate(SIZE) == size
    return widget


def text(cell):
    """Return what a cell shows beside its pictures, as nbval sees it: text by kind."""
    shown = defaultdict(str)
    for output in cell.outputs:
        if output.output_type == "stream":
            shown[output.name] += output.text
        for kind, content in output.get("data", {}).items():
            shown[kind] += str(content) if kind != "image/png" else ""
    return shown
