"""In JupyterLab, in a real browser, each slider of a lesson moves its picture.

SCREENSHOTS=folder also writes a picture of each lesson's sliders, moved.
"""

import os
from pathlib import Path

import lab_notebook
import nbformat
import pytest
from execute import is_slider, lessons

pytestmark = pytest.mark.browser

LESSONS = [
    path
    for path in lessons()
    if any(map(is_slider, nbformat.read(path, as_version=4).cells))
]
TROUBLE = "[data-mime-type*=error], [data-mime-type*=stderr]"
PICTURE = """(widget) => {
    const image = widget.querySelector("img");
    return image && { data: image.src, size: `${image.width} x ${image.height}` };
}"""
MOVED = """(before) => {
    const image = document.querySelector(".widget-interact img");
    return image && image.src !== before;
}"""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_each_slider_moves_the_picture(lesson, page, lab):
    notebook = lab_notebook.run_all(page, lab, lesson.name)
    (number,) = [n for n, cell in enumerate(notebook.cells) if is_slider(cell)]
    lab_notebook.scroll_to_cell(page, number)
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
        widget.screenshot(path=Path(folder) / lesson.stem / "sliders.png")
    page.evaluate(lab_notebook.STOP_KERNEL)
