"""On every figure of the lessons rough letters pass, and one moved curve does not.

Each is drawn as it is, with the edges of its letters not smoothed (the largest change
that antialiasing can make), and with its faintest curve moved by 8 pixels, 2 mm.
"""

import io

import execute
import matplotlib.pyplot as plt
import numpy as np
import pytest
from lesson_form import LESSONS, code_cells, read
from matplotlib.text import Text
from matplotlib.transforms import ScaledTranslation
from picture_difference import TOLERANCE, difference
from PIL import Image
from seeds import quiet

PIXELS = 8


def drawn(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    return Image.open(buffer)


def with_rough_letters(figure):
    letters = figure.findobj(Text)
    for text in letters:
        text.set_antialiased(False)
    with plt.rc_context({"text.antialiased": False}):  # for formulas
        picture = drawn(figure)
    for text in letters:
        text.set_antialiased(True)
    return picture


def with_moved(line):
    figure, transform = line.get_figure(), line.get_transform()
    inches = PIXELS / figure.dpi
    shift = ScaledTranslation(0, inches, figure.dpi_scale_trans)
    line.set_transform(transform + shift)
    picture = drawn(figure)
    line.set_transform(transform)
    return picture


def faintest_curve(figure):
    """Return the thinnest line through more than two points in a list, or []."""
    lines = [line for ax in figure.axes for line in ax.get_lines()]
    curves = [line for line in lines if len(line.get_xdata()) > 2]
    ink = [line.get_linewidth() * (line.get_alpha() or 1) for line in curves]
    return [curves[np.argmin(ink)]] if curves else []


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_rough_letters_pass_and_a_moved_curve_does_not(path):
    rough, moved = [], []

    def compare(figure, alt=""):
        figure.draw_without_rendering()
        figure.set_layout_engine("none")  # the axes keep their places
        picture = drawn(figure)
        assert difference(picture, drawn(figure)) == 0
        rough.append(difference(picture, with_rough_letters(figure)))
        for curve in faintest_curve(figure):
            moved.append(difference(picture, with_moved(curve)))
        plt.close(figure)

    names = {}
    with quiet(compare):
        for cell in code_cells(read(path)):
            if not execute.is_slider(cell):
                exec(cell.source, names)
    assert 0 < max(rough) < TOLERANCE
    assert min(moved) > TOLERANCE
