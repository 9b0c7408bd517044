"""All of a lesson comes out again, and its exercises tell right from wrong.

IPython runs it as in Jupyter, but in this process, and once for all tests.
``catalogue/lesson_NN.py`` holds wrong attempts at lesson NN's exercises: in its dict
``ATTEMPTS``, "Exercise 1" has pairs (code in place of the stub, words of the answer).
"""

import contextlib
import io
import re
import runpy
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple

import execute
import pytest
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from lesson_form import ROOT, has_tag, read
from picture_difference import TOLERANCE, difference, picture
from PIL import Image, ImageDraw, ImageFilter
from seeds import quiet

from nnlib import plotting

CATALOGUE = Path(__file__).parent / "catalogue"
NAME = r'with exercise\("(.+?)"'
SOLUTION = r"<summary>Solution</summary>.*?```python\n(.*?)```"
LOCK = (ROOT / "constraints.txt").read_text("utf-8")
LOCKED = f"\nmatplotlib=={version('matplotlib')}" in LOCK  # else figures may differ


class Run(NamedTuple):
    """A lesson that has been run."""

    cells: list  # of triples (cell, what it shows, again), without sliders
    attempts: dict  # at each exercise, and
    said: dict  # what its check said: of the stub, the solution and each attempt
    turned: tuple | None  # the picture beside the sliders, drawn again at the end


def shown(text, outputs):
    """Return (text, pictures) of a text and of outputs with data.

    A picture is a pair (base64 text, metadata).
    """
    text += "".join(output.data.get("text/plain", "") for output in outputs)
    drawn = [output for output in outputs if "image/png" in output.data]
    return text, [(o.data["image/png"], dict(o.metadata or {})) for o in drawn]


def stored(cell):
    """Return what the outputs of a cell in the file show."""
    text = "".join(output.get("text", "") for output in cell.outputs)
    return shown(text, [output for output in cell.outputs if "data" in output])


def run_cell(shell, source):
    """Run a cell; return what it shows."""
    with capture_output() as captured:
        shell.run_cell(source, store_history=False).raise_error()
    assert captured.stderr == "", captured.stderr
    return shown(captured.stdout, captured.outputs)


def answer(code, check, names):
    """Return what the check says of the code; the names so far stay as they are."""
    names, said = dict(names), io.StringIO()
    with contextlib.suppress(NotImplementedError):
        exec(code, names)
    with contextlib.redirect_stdout(said):
        exec(check, names)
    return said.getvalue()


@pytest.fixture(scope="module")
def run(lesson):
    """Run a lesson, each cell twice, and try answers in its exercises on the way."""
    cells, ran, said, turned = read(lesson).cells, [], {}, None
    catalogue = f"{CATALOGUE}/lesson_{lesson.stem[:2]}.py"
    attempts = runpy.run_path(catalogue)["ATTEMPTS"]
    shell = InteractiveShell.instance()
    shell.reset(new_session=True)
    with quiet(plotting.show):
        for number, cell in enumerate(cells):
            if execute.is_slider(cell):
                turned = ran[-1][0].source.split("\n")[-1]
            elif cell.cell_type == "code":
                if has_tag(cell, execute.EXERCISE_TAG):
                    check, below = (c.source for c in cells[number + 1 : number + 3])
                    (name,) = re.findall(NAME, check)
                    codes = [cell.source, *re.findall(SOLUTION, below, re.DOTALL)]
                    codes += [code for code, _ in attempts[name]]
                    said[name] = [answer(c, check, shell.user_ns) for c in codes]
                twice = run_cell(shell, cell.source), run_cell(shell, cell.source)
                ran.append((cell, *twice))
        if turned:
            turned = run_cell(shell, turned)
    return Run(ran, attempts, said, turned)


def test_all_comes_out_again_when_each_cell_is_run_twice(run, record_property):
    figures = 0
    for cell, *twice in run.cells:
        text, pictures = stored(cell)
        for again, drawn in twice:
            assert again == text, cell.source
            for old, new in zip(pictures, drawn, strict=True):
                assert old[1] == new[1]
                if LOCKED and old[0].strip() != new[0].strip():
                    apart = difference(picture(old[0]), picture(new[0]))
                    assert apart < TOLERANCE, f"{cell.source}: the figure has changed"
        figures += LOCKED * len(pictures)
    assert figures or not LOCKED
    record_property("figures", figures)


def test_a_check_tells_nothing_done_from_solved_and_from_wrong(run):
    numbers = range(1, len(run.said) + 1)
    assert len(numbers) >= 3
    assert [*run.said] == [*run.attempts] == [f"Exercise {n}" for n in numbers]
    for name, (of_stub, of_solution, *of_attempts) in run.said.items():
        assert of_stub == f"{name}: not done yet\n"
        assert of_solution == f"{name}: all checks passed.\n"
        assert len(of_attempts) >= 3
        for said, (_, words) in zip(of_attempts, run.attempts[name], strict=True):
            assert said.startswith(f"{name}: ")
            assert words in said
            assert "passed" not in said, words


def test_the_picture_beside_the_sliders_comes_again_when_all_cells_have_run(run):
    assert not run.turned or run.turned in [again for _, _, again in run.cells]


def test_smooth_edges_pass_and_a_moved_line_does_not():
    figure = Image.open(execute.PICTURE).convert("RGB")
    assert 0 < difference(figure, figure.filter(ImageFilter.SMOOTH)) < TOLERANCE
    moved = figure.copy()
    ImageDraw.Draw(figure).line((100, 200, 700, 300), "black", 2)
    ImageDraw.Draw(moved).line((100, 204, 700, 304), "black", 2)
    assert difference(figure, moved) > TOLERANCE
