"""The lessons: their form, their links, and that their code is nnlib's code."""

import inspect
import re

import lesson_code
import lesson_form
import pytest
from lesson_form import LESSONS, NOTEBOOKS, ROOT, read
from nbformat.v4 import new_code_cell, new_notebook, new_output

import nnlib
from nnlib import calibration, gradient_check, losses, metrics, neuron, training

TITLES = [path.stem for path in LESSONS]
PAGES = [
    *LESSONS,
    *ROOT.glob("*.md"),
    *NOTEBOOKS.glob("*.md"),
    *NOTEBOOKS.glob("assignments/*.md"),
    *ROOT.glob("tests/*/*.md"),
]


@pytest.fixture(params=LESSONS, ids=TITLES)
def lesson(request):
    return request.param


def test_the_road_has_all_seven_lessons():
    assert TITLES == [
        "01_neuron",
        "02_dense_layer",
        "03_backprop",
        "04_mse_regression",
        "05_softmax_classification",
        "06_evaluation",
        "07_handwritten_digits",
    ]


def test_a_lesson_has_the_form_of_a_lesson(lesson):
    assert lesson_form.faults(read(lesson)) == []


def test_a_lesson_is_small_enough_to_read_on_the_web(lesson):
    assert lesson.stat().st_size < 1_500_000


def test_the_code_in_a_lesson_is_the_code_in_nnlib(lesson):
    names, faults = lesson_code.quoted(read(lesson))
    assert faults == []
    assert names, "no cell of this lesson is tagged nnlib"


def test_together_the_lessons_develop_all_of_nnlibs_arithmetic():
    shown = set().union(*(lesson_code.quoted(read(path))[0] for path in LESSONS))
    assert arithmetic() - shown == set()


def arithmetic():
    """Name each function, and each method that computes, of nnlib outside datasets.

    What stands around the lessons' lines, checks and our two decorators, is left out.
    """
    methods = ("__init__", "forward", "backward", "parameters", "step", "save", "load")
    names = set()
    for module in (neuron, gradient_check, losses, metrics, calibration, training):
        names |= {
            name
            for name, value in vars(module).items()
            if inspect.isfunction(value)
            and value.__module__ == module.__name__
            and (name == "check_gradients" or not name.startswith("check_"))
        }
    names -= {"tells_doubts", "gives_weights_back", "weights", "are_finite"}
    names.discard("stop_if_diverged")  # an error message, not arithmetic
    for name in nnlib.__all__:
        value = getattr(nnlib, name)
        if inspect.isclass(value):
            names |= {f"{name}.{method}" for method in methods if method in vars(value)}
    return names


@pytest.mark.parametrize("page", PAGES, ids=lambda path: str(path.relative_to(ROOT)))
def test_links_lead_somewhere(page):
    assert lesson_form.broken_links(page) == []


@pytest.mark.parametrize("page", [ROOT / "README.md", NOTEBOOKS / "README.md"])
def test_each_lesson_is_listed_under_its_title(page, lesson):
    title = read(lesson).cells[0].source.splitlines()[0].removeprefix("# ")
    link = lesson.relative_to(page.parent).as_posix()
    assert f"[{title}]({link})" in page.read_text("utf-8")


def test_the_road_states_the_time_that_the_lesson_states(lesson):
    first = read(lesson).cells[0].source
    (minutes,) = re.findall(r"\*\*Time\*\*\D*?(\d[\w ]*?) minutes", first)
    road = (NOTEBOOKS / "README.md").read_text("utf-8")
    (row,) = [line for line in road.splitlines() if f"({lesson.name})" in line][:1]
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
    "ends in ValueError": spoiled(outputs=[new_output("error", ename="ValueError")]),
    "writes to stderr": lambda cell: cell.outputs[0].update(name="stderr"),
    "a memory address": printing("<object at 0x7f12ab34cd56>"),
    "more than 6 decimals": printing("0.1234567"),
    "NumPy scalar's repr": printing("np.float64(0.5)"),
    "negative zero": printing("-0.0"),
    "nbval has nothing": spoiled(source=""),
    "ends with ';'": spoiled(source="x = 1;"),
    "nbval marker": spoiled(source="# NBVAL_IGNORE_OUTPUT\nprint(1)"),
    "global random state": spoiled(source="np.random.seed(0)"),
    "a magic": spoiled(source="%matplotlib inline"),
    "the clock": spoiled(source="import time"),
    "more than 25": spoiled(source="x = 1\n" * 26),
    "absolute path": spoiled(source="open('/home/me/data')"),
    "no alt text": drawing(**{"text/plain": "a line"}),
    "nbval does not compare": drawing(),
    "stable form": lambda cell: cell.metadata.update(collapsed=True),
    "more than 6000": spoiled(cell_type="markdown", source="word " * 6000),
}


@pytest.mark.parametrize("fault", SPOILS)
def test_the_form_check_finds(fault):
    """The first cell that prints is spoiled."""
    notebook = read(LESSONS[0])
    cells = lesson_form.code_cells(notebook)
    SPOILS[fault](next(c for c in cells if c.outputs and "text" in c.outputs[0]))
    assert any(fault in found for found in lesson_form.faults(notebook))


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
