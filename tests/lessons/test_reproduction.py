"""All of a lesson comes out again, and its exercises tell right from wrong."""

import io
from importlib.metadata import version

import execute
import lesson_form
import lesson_run
import matplotlib.pyplot as plt
import numpy as np
import pytest
from lesson_form import LESSONS, ROOT
from nbformat.v4 import new_code_cell, new_notebook
from picture_difference import TOLERANCE, difference, picture
from PIL import Image


def locked(package):
    lock = (ROOT / "constraints.txt").read_text("utf-8")
    return f"\n{package}=={version(package)}" in "\n" + lock


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_all_comes_out_again_when_each_cell_is_run_twice(path, record_property):
    figures = 0
    for cell, *runs in lesson_run.run(path).cells:
        kept = lesson_run.stored(cell)
        for run in runs:
            assert run.text == kept.text, cell.source
            for old, new in zip(kept.pictures, run.pictures, strict=True):
                assert old[1] == new[1]
                if locked("matplotlib") and old[0].strip() != new[0].strip():
                    apart = difference(*map(picture, (old[0], new[0])))
                    assert apart < TOLERANCE, f"{cell.source}: the figure has changed"
        figures += len(kept.pictures) if locked("matplotlib") else 0
    assert figures or not locked("matplotlib")
    record_property("figures", figures)


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_check_tells_nothing_done_from_solved_and_from_wrong(path):
    run = lesson_run.run(path)
    assert len(run.exercises) >= 3
    assert list(run.exercises) == [
        f"Exercise {n + 1}" for n in range(len(run.exercises))
    ]
    assert set(run.attempts) == set(run.exercises)
    for name, exercise in run.exercises.items():
        assert exercise.of_stub == f"{name}: not done yet\n"
        assert exercise.of_solution == f"{name}: all checks passed.\n"
        assert len(exercise.of_attempts) >= 3
        for words, said in exercise.of_attempts:
            assert said.startswith(f"{name}: ")
            assert words in said
            assert "passed" not in said, words


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_the_picture_beside_the_sliders_comes_again_when_all_cells_have_run(path):
    run = lesson_run.run(path)
    assert not run.turned or run.turned in [again for _, _, again in run.cells]


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
