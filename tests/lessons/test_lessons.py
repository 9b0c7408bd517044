"""The lessons: their form, their links, and that their code is nnlib's code."""

import inspect
import re

import lesson_code
import lesson_form
import pytest
from execute import is_slider
from lesson_form import LESSONS, NOTEBOOKS, ROOT, SLIDER_MARKER, code_cells, read
from nbformat.v4 import new_code_cell, new_notebook, new_output

import nnlib

FOLDERS = ("*.md", "notebooks/*.md", "notebooks/assignments/*.md", "tests/*/*.md")
PAGES = [*LESSONS, *(page for folder in FOLDERS for page in ROOT.glob(folder))]


def test_a_lesson_has_the_form_of_a_lesson(lesson):
    assert lesson_form.faults(read(lesson)) == []
    assert lesson.stat().st_size < 1_500_000, "it must be light on the web"


def test_the_code_in_a_lesson_is_the_code_in_nnlib(lesson):
    names, faults = lesson_code.quoted(read(lesson))
    assert faults == []
    assert names, "no cell of this lesson is tagged nnlib"


# What stands around the lessons' lines, or only tells about a layer.
AROUND = r"""(.*\.)?check(?!_gradients$)|.*=|.*\.(__(call|new|repr)__|kinds|name|n_)
    |.*\.output_shape|Layer\.parameters|are_finite|gives_weights_back|known_width
    |leaves|stop_if_diverged|tells_doubts|weights$"""


def test_together_the_lessons_develop_all_of_nnlibs_arithmetic():
    shown = set().union(*(lesson_code.quoted(read(path))[0] for path in LESSONS))
    for module in lesson_code.library().keys() - {"datasets", "exercises"}:
        missing = lesson_code.library()[module].keys() - shown
        if not module.startswith("_"):
            assert [x for x in missing if not re.match(AROUND, x, re.VERBOSE)] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert lesson_form.broken_links(page) == []


def test_the_pages_list_a_lesson_by_its_title_and_the_road_its_time(lesson):
    first = read(lesson).cells[0].source
    title = first.splitlines()[0].removeprefix("# ")
    (minutes,) = re.findall(r"\*\*Time\*\*\D*?(\d[\w ]*?) minutes", first)
    readme, road = (
        x.joinpath("README.md").read_text("utf-8") for x in (ROOT, NOTEBOOKS)
    )
    assert f"[{title}](notebooks/{lesson.name})" in readme
    row = next(
        line for line in road.splitlines() if f"[{title}]({lesson.name})" in line
    )
    assert row.endswith(f"| {minutes} |")


def test_links_between_lessons_carry_the_title(lesson):
    prose = lesson_form.prose(read(lesson))
    for title, name in re.findall(r"\[(\d\d · .+?)\]\((\d\d_\w+.ipynb)\)", prose):
        assert read(NOTEBOOKS / name).cells[0].source.startswith(f"# {title}\n")


# The checkers themselves: each is fed what it must find.


def spoiled(**changes):
    return lambda cell: cell.update(changes)


def printing(text):
    return lambda cell: cell.outputs[0].update(text=text)


def drawing(**about):
    picture = {"image/png": "", **about}
    return lambda cell: cell.outputs.append(new_output("display_data", picture))


SPOILS = {
    "execution counts": spoiled(execution_count=None),
    "an end in ValueError": spoiled(outputs=[new_output("error", ename="ValueError")]),
    "a text on stderr": lambda cell: cell.outputs[0].update(name="stderr"),
    "a memory address": printing("<object at 0x7f12ab34cd56>"),
    "more than 6 decimals": printing("0.1234567"),
    "NumPy scalar's repr": printing("np.float64(0.5)"),
    "negative zero": printing("-0.0"),
    "an empty cell": spoiled(source=""),
    "';' at the end": spoiled(source="x = 1;"),
    "nbval marker": spoiled(source=f"{SLIDER_MARKER}print(1)"),
    "global random state": spoiled(source="np.random.seed(0)"),
    "a magic": spoiled(source="%matplotlib inline"),
    "the clock": spoiled(source="import time"),
    "more than 25": spoiled(source="x = 1\n" * 26),
    "absolute path": spoiled(source="open('/home/me/data')"),
    "without alt text": drawing(**{"text/plain": "a line"}),
    "nbval does not compare": drawing(),
    "stable form": lambda cell: cell.metadata.update(collapsed=True),
    "more than 6000": spoiled(cell_type="markdown", source="word " * 6000),
}


@pytest.mark.parametrize("fault", SPOILS)
def test_the_form_check_finds(fault):
    """The first cell that prints is spoiled."""
    notebook = read(LESSONS[0])
    cells = code_cells(notebook)
    SPOILS[fault](next(c for c in cells if c.outputs and "text" in c.outputs[0]))
    assert any(fault in found for found in lesson_form.faults(notebook))


@pytest.mark.parametrize("part", [SLIDER_MARKER, "ImportError", "interact(", "neuron_"])
def test_the_form_check_finds_another_slider_cell(part):
    notebook = read(LESSONS[0])
    (cell,) = filter(is_slider, code_cells(notebook))
    cell.source = cell.source.replace(part, f"other_{part}")
    assert lesson_form.slider_faults(notebook)


DRIFTED = inspect.getsource(nnlib.softmax).replace("axis=1", "axis=0", 1)
PLAIN = """def one_hot(y: list, n_classes: int, dtype=np.float64) -> list:
    return np.eye(n_classes, dtype=dtype)[y]"""


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        (PLAIN, ""),  # annotations, docstrings and checks may differ
        (DRIFTED, "softmax differs"),
        ("def sigmoid(z):\n    pass", "no sigmoid"),
        ("x = 1", "defines nothing"),
        ("class MSE:\n    factor = 3", "no MSE"),
    ],
)
def test_a_drifted_cell_is_found(source, fault):
    cell = new_code_cell(source, metadata={"tags": ["nnlib"]})
    faults = lesson_code.quoted(new_notebook(cells=[cell]))[1]
    assert [fault in found for found in faults] == [True] * bool(fault)
