"""Every stored figure comes out again, and notebooks are written in one form only."""

import base64
import io
from importlib.metadata import version

import execute
import lesson_form
import matplotlib.pyplot as plt
import numpy as np
import pytest
from lesson_form import LESSONS, ROOT, pictures, read
from nbformat.v4 import new_code_cell, new_notebook, new_output
from PIL import Image

TOLERANCE = 1.0  # root mean square over all pixels and channels, of 255


def pixels(output):
    picture = Image.open(io.BytesIO(base64.b64decode(output.data["image/png"])))
    return np.asarray(picture.convert("RGB"), dtype=float)


def difference(stored, fresh):
    """Return the root mean square difference; inf if the sizes differ."""
    a, b = pixels(stored), pixels(fresh)
    return float(np.sqrt(np.mean((a - b) ** 2))) if a.shape == b.shape else np.inf


def locked(package):
    lock = (ROOT / "constraints.txt").read_text("utf-8")
    return f"\n{package}=={version(package)}" in "\n" + lock


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_figures_come_out_again(path):
    stored = read(path)
    fresh = execute.normalise(execute.execute(read(path)))
    assert len(pictures(fresh)) == len(pictures(stored)) > 0
    for number, (old, new) in enumerate(
        zip(pictures(stored), pictures(fresh), strict=True), 1
    ):
        assert new.metadata == old.metadata
        if locked("matplotlib"):
            assert difference(old, new) < TOLERANCE, f"figure {number} has changed"


def drawn(shift):
    figure, ax = plt.subplots(figsize=(7, 3.5))
    x = np.linspace(0, 1, 50)
    ax.plot(x, x**2 + shift)
    ax.set(xlim=(0, 1), ylim=(0, 1.2))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    text = base64.b64encode(buffer.getvalue()).decode()
    return new_output("display_data", {"image/png": text})


def test_a_moved_curve_is_found_and_an_equal_one_passes():
    assert difference(drawn(0), drawn(0)) == 0
    assert difference(drawn(0), drawn(0.05)) > 3 * TOLERANCE


def test_writing_a_lesson_again_changes_no_byte(tmp_path):
    cell = new_code_cell(
        "print(1)\nprint(2)", metadata={"tags": ["nnlib"], "collapsed": True}
    )
    first, second = tmp_path / "first.ipynb", tmp_path / "second.ipynb"
    lesson_form.nbformat.write(new_notebook(cells=[cell]), first)
    execute.main([str(first)])
    second.write_bytes(first.read_bytes())
    execute.main([str(second)])
    assert first.read_bytes() == second.read_bytes()
    assert "collapsed" not in first.read_text("utf-8")
