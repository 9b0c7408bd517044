"""Every stored figure comes out again, and notebooks are written in one form only."""

import copy
import io
from importlib.metadata import version

import execute
import lesson_form
import matplotlib.pyplot as plt
import numpy as np
import pytest
from lesson_form import LESSONS, ROOT, read
from nbformat.v4 import new_code_cell, new_notebook
from picture_difference import TOLERANCE, difference, picture
from PIL import Image


def locked(package):
    lock = (ROOT / "constraints.txt").read_text("utf-8")
    return f"\n{package}=={version(package)}" in "\n" + lock


def twice(notebook):
    """Return the notebook with every code cell followed by a copy of itself."""
    cells = []
    for cell in lesson_form.code_cells(notebook):
        again = copy.deepcopy(cell)
        again.id += "-again"
        cells += [cell, again]
    return new_notebook(cells=cells)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_all_comes_out_again_when_each_cell_is_run_twice(path, record_property):
    stored = lesson_form.code_cells(read(path))
    runs = execute.normalise(execute.execute(twice(read(path)))).cells
    figures = 0
    for cell, *again in zip(stored, runs[::2], runs[1::2], strict=True):
        for run in again:
            texts = list(map(lesson_form.output_text, cell.outputs))
            assert list(map(lesson_form.output_text, run.outputs)) == texts, cell.source
            old, new = lesson_form.pictures_of(cell), lesson_form.pictures_of(run)
            for one, other in zip(old, new, strict=True):
                assert one.metadata == other.metadata
                if locked("matplotlib"):
                    apart = difference(picture(one), picture(other))
                    assert apart < TOLERANCE, f"{cell.source}: the figure has changed"
                    figures += 1
    assert figures or not locked("matplotlib")
    record_property("figures", figures // 2)


def drawn(shift, antialiased=True):
    figure, ax = plt.subplots(figsize=(7, 3.5))
    x = np.linspace(0, 1, 50)
    ax.plot(x, x**2 + shift)
    ax.set(xlim=(0, 1), ylim=(0, 1.2))
    ax.set_title("Another drawing of letters", antialiased=antialiased)
    figure.savefig(buffer := io.BytesIO())
    plt.close(figure)
    return Image.open(buffer)


def test_rough_letters_pass_and_a_moved_curve_does_not():
    assert difference(drawn(0), drawn(0)) == 0
    assert 0 < difference(drawn(0), drawn(0, antialiased=False)) < TOLERANCE
    assert difference(drawn(0), drawn(0.05)) > 3 * TOLERANCE


def test_writing_a_lesson_again_changes_no_byte(tmp_path):
    cell = new_code_cell(
        "print(1)\nprint(2)", metadata={"tags": ["nnlib"], "collapsed": True}
    )
    path = tmp_path / "lesson.ipynb"
    lesson_form.nbformat.write(new_notebook(cells=[cell]), path)
    execute.main([str(path)])
    first = path.read_bytes()
    execute.main([str(path)])
    assert path.read_bytes() == first
    assert b"collapsed" not in first
