"""Run a lesson here, each cell twice, and try answers in its exercises on the way.

IPython runs it as in Jupyter, but in this process, and once for all tests.
``catalogue/lesson_NN.py`` holds wrong attempts at lesson NN's exercises: in its dict
``ATTEMPTS``, "Exercise 1" has pairs (code in place of the stub, words of the answer).
"""

import contextlib
import io
import re
import runpy
from functools import cache
from pathlib import Path
from typing import NamedTuple

import execute
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from lesson_form import has_tag, read
from seeds import quiet

from nnlib import plotting

CATALOGUE = Path(__file__).parent / "catalogue"
SOLUTION = r"<summary>Solution</summary>.*?```python\n(.*?)```"


class Shown(NamedTuple):
    """What a cell shows: text, and pictures with what is said about them."""

    text: str
    pictures: list  # of pairs (base64 text, metadata)


class Exercise(NamedTuple):
    """What the check of an exercise says."""

    of_stub: str
    of_solution: str
    of_attempts: list  # of pairs (words that are due, what was said)


class Run(NamedTuple):
    """A lesson that has been run."""

    cells: list  # of triples (cell, Shown, Shown), without sliders
    exercises: dict  # name: Exercise
    attempts: dict
    turned: Shown | None  # the picture beside the sliders, drawn again at the end


def stored(cell):
    """Return what the outputs of a cell in the file show."""
    text = "".join(output.get("text", "") for output in cell.outputs)
    return shown(text, [output for output in cell.outputs if "data" in output])


def shown(text, outputs):
    """Return Shown of a text and of outputs with data."""
    pictures = []
    for output in outputs:
        text += output.data.get("text/plain", "")
        if picture := output.data.get("image/png"):
            pictures.append((picture, dict(output.metadata or {})))
    return Shown(text, pictures)


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


def exercise(stub, check, text, attempts, names):
    """Return (name, Exercise) for the cells of an exercise."""
    (name,) = re.findall(r'^with exercise\("(.+?)"', check, re.MULTILINE)
    solution = re.search(SOLUTION, text, re.DOTALL)
    assert solution, f"no folded solution below the check of {name}"
    wrong = [(words, answer(code, check, names)) for code, words in attempts[name]]
    right = answer(solution[1], check, names)
    return name, Exercise(answer(stub, check, names), right, wrong)


@cache
def run(path):
    """Run the lesson at path; return a Run."""
    cells, ran, exercises, turned = read(path).cells, [], {}, None
    attempts = runpy.run_path(str(CATALOGUE / f"lesson_{path.stem[:2]}.py"))["ATTEMPTS"]
    shell = InteractiveShell.instance()
    shell.reset(new_session=True)
    with quiet(plotting.show):
        for number, cell in enumerate(cells):
            if execute.is_slider(cell):
                turned = ran[-1][0].source.split("\n")[-1]
            elif cell.cell_type == "code":
                if has_tag(cell, execute.EXERCISE_TAG):
                    check, below = (c.source for c in cells[number + 1 : number + 3])
                    given = check, below, attempts, shell.user_ns
                    exercises |= [exercise(cell.source, *given)]
                twice = run_cell(shell, cell.source), run_cell(shell, cell.source)
                ran.append((cell, *twice))
        if turned:
            turned = run_cell(shell, turned)
    return Run(ran, exercises, attempts, turned)
