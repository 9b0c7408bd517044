"""In JupyterLab, in a real browser, each slider of a lesson moves its picture.

SCREENSHOTS=folder also writes a picture of each lesson's sliders, moved.
"""

import os
from pathlib import Path

import lab_notebook
import nbformat
import pytest
from execute import SLIDER_TAG, is_slider, lessons
from nbformat.v4 import new_code_cell, new_notebook

pytestmark = pytest.mark.browser

LESSONS = [
    path
    for path in lessons()
    if any(map(is_slider, nbformat.read(path, as_version=4).cells))
]
WIDGET = ".widget-interact"
TROUBLE = "[data-mime-type*=error], [data-mime-type*=stderr]"
PICTURE = """(widget) => {
    const image = widget.querySelector("img");
    return image && { data: image.src, size: `${image.width} x ${image.height}` };
}"""


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda path: path.stem)
def test_each_slider_moves_the_picture(lesson, page, lab):
    complaints = turn_all(page, lab, lesson.name)
    if folder := os.environ.get("SCREENSHOTS"):
        page.locator(WIDGET).screenshot(path=Path(folder) / lesson.stem / "sliders.png")
    lab_notebook.stop_kernel(page)
    assert complaints == []


DRAWN = """import sys
import matplotlib.pyplot as plt
from ipywidgets import interact
from nnlib import plotting
def turned(x=1):
    {first}
    fig, ax = plt.subplots(figsize=({width}, 2))
    ax.plot([0, {height}])
    plotting.show(fig, alt="A line.")
interact(turned, x=(0, 3))"""
SOUND = {"first": "pass", "width": "4", "height": "x"}
BROKEN = {
    "nothing": ({}, []),
    "raises": ({"first": "1 / (x - 2)"}, ["ZeroDivisionError", "does not move"]),
    "warns": ({"first": "print('hot', file=sys.stderr) if x > 1 else 0"}, ["hot"]),
    "stays": ({"height": "1"}, ["does not move"]),
    "jumps": ({"width": "3 + x"}, ["size jumps"]),
}


@pytest.mark.parametrize(("change", "expected"), BROKEN.values(), ids=BROKEN)
def test_a_broken_slider_is_found(change, expected, page, lab):
    source = DRAWN.format(**SOUND | change)
    notebook = new_notebook(
        metadata={"kernelspec": {"name": "python3", "display_name": "Python 3"}},
        cells=[new_code_cell(source, metadata={"tags": [SLIDER_TAG]})],
    )
    nbformat.write(notebook, lab.folder / "broken-slider.ipynb")
    found = turn_all(page, lab, "broken-slider.ipynb", seconds=5)
    lab_notebook.stop_kernel(page)
    assert len(found) == len(expected)
    assert all(part in text for part, text in zip(expected, found, strict=True))


def turn_all(page, lab, name, seconds=60):
    """Run all cells, move each slider by a key; return what is wrong, in sentences."""
    notebook = lab_notebook.run_all(page, lab, name)
    (number,) = [n for n, cell in enumerate(notebook.cells) if is_slider(cell)]
    lab_notebook.scroll_to_cell(page, number)
    widget = page.locator(WIDGET)
    widget.locator("img").wait_for()
    sliders = widget.get_by_role("slider").all()
    found = [] if sliders else ["there is no slider"]
    for count, slider in enumerate(sliders, 1):
        found += [f"slider {count}: {c}" for c in turn(page, widget, slider, seconds)]
    return found


def turn(page, widget, slider, seconds):
    """Press an arrow key on the slider; return what is wrong with the answer."""
    before, trouble = widget.evaluate(PICTURE), widget.locator(TROUBLE)
    slider.press("ArrowRight")
    for _ in range(10 * seconds):
        page.wait_for_timeout(100)
        if trouble.count() or widget.evaluate(PICTURE) not in (before, None):
            break
    page.wait_for_timeout(500)  # for what comes after the first change
    found, after = trouble.all_inner_texts(), widget.evaluate(PICTURE)
    if after is None or after["data"] == before["data"]:
        found.append("the picture does not move")
    elif after["size"] != before["size"]:
        found.append(f"the picture's size jumps, {before['size']} to {after['size']}")
    return found
