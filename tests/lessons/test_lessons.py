"""The lessons: their form, their links, and that their code is nnlib's code."""

import copy
import inspect
import re

import execute
import lesson_code
import lesson_form
import nbformat
import pytest
from lesson_form import LESSONS, NOTEBOOKS, ROOT, read
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

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
    for title, name in re.findall(
        r"\[(\d\d · .+?)\]\((\d\d_\w+.ipynb)\)", prose(lesson)
    ):
        assert read(NOTEBOOKS / name).cells[0].source.startswith(f"# {title}\n")


def prose(lesson):
    return lesson_form.prose(read(lesson))


# The checkers themselves: each is fed what it must find.


def sound_notebook():
    first = "# 01 · A\n**You will be able to**\n**You need**\n**Time** about 1 minute"
    prompt = "> **Predict first.** What?\n\n> **A place to pause.** Run All Above"
    closing = "\n".join(f"## {title}" for title in lesson_form.CLOSING)
    imports = "import numpy as np\n\ntry:\n    import nnlib\n"
    imports += lesson_form.WITHOUT_NNLIB
    stub = new_code_cell("x = ...", execution_count=2, metadata={"tags": ["exercise"]})
    picture = new_output(
        "display_data",
        {"image/png": "", "text/plain": "Figure: a line"},
        metadata={"image/png": {"alt": "a line"}},
    )
    notebook = new_notebook(
        cells=[
            new_markdown_cell(first),
            new_code_cell(imports, execution_count=1),
            new_markdown_cell("\n\n".join([prompt] * 3 + ["### Trap: x"] * 2)),
            new_code_cell(
                "print(0.5)",
                execution_count=3,
                outputs=[new_output("stream", text="0.5\n"), picture],
            ),
            *[new_markdown_cell("text") for _ in range(3)],
            new_markdown_cell(closing),
        ]
    )
    notebook.cells.insert(2, stub)
    return execute.normalise(notebook)


def spoil_source(text):
    def spoil(notebook):
        notebook.cells[4].source = text

    return spoil


def spoil_output(**changes):
    def spoil(notebook):
        notebook.cells[4].outputs[0].update(changes)

    return spoil


def set_count(notebook):
    notebook.cells[4].execution_count = None


def add_error(notebook):
    notebook.cells[4].outputs.append(new_output("error", ename="ValueError"))


def drop_alt(notebook):
    notebook.cells[4].outputs[1].metadata = nbformat.from_dict({})


def drop_text(notebook):
    del notebook.cells[4].outputs[1].data["text/plain"]


def drop_prompt(notebook):
    text = notebook.cells[3].source
    notebook.cells[3].source = text.replace("> **Predict first.** What?", "", 1)


def drop_recap(notebook):
    notebook.cells[-1].source = notebook.cells[-1].source.replace("## Recap\n", "")


def add_words(notebook):
    notebook.cells[3].source += " word" * 6000


def drop_pause(notebook):
    notebook.cells[3].source = notebook.cells[3].source.replace("Run All Above", "")


def drop_exercise(notebook):
    notebook.cells[2].metadata["tags"] = ["other"]


def drop_message(notebook):
    source = notebook.cells[1].source
    notebook.cells[1].source = source.replace("make setup", "pip install nnlib")


def add_timing(notebook):
    notebook.cells[4].metadata["execution"] = {"iopub.execute_input": "2026-01-01"}


SPOILS = {
    "execution counts": set_count,
    "ends in ValueError": add_error,
    "writes to stderr": spoil_output(name="stderr"),
    "a memory address": spoil_output(text="<object at 0x7f12ab34cd56>"),
    "more than 6 decimals": spoil_output(text="0.1234567"),
    "NumPy scalar's repr": spoil_output(text="np.float64(0.5)"),
    "negative zero": spoil_output(text="-0.0"),
    "nbval has nothing": spoil_source(""),
    "ends with ';'": spoil_source("x = 1;"),
    "nbval marker": spoil_source("# NBVAL_IGNORE_OUTPUT\nprint(1)"),
    "global random state": spoil_source("np.random.seed(0)"),
    "a magic": spoil_source("%matplotlib inline"),
    "the clock": spoil_source("import time"),
    "more than 25": spoil_source("x = 1\n" * 26),
    "absolute path": spoil_source("open('/home/me/data')"),
    "no alt text": drop_alt,
    "nbval does not compare": drop_text,
    "three 'Predict first'": drop_prompt,
    "last sections": drop_recap,
    "more than 6000": add_words,
    "no place to pause": drop_pause,
    "no exercise in the first quarter": drop_exercise,
    "no word on where nnlib is found": drop_message,
    "stable form": add_timing,
}


def test_a_sound_notebook_has_no_faults():
    assert lesson_form.faults(sound_notebook()) == []


@pytest.mark.parametrize("fault", SPOILS)
def test_the_form_check_finds(fault):
    notebook = sound_notebook()
    SPOILS[fault](notebook)
    assert any(fault in found for found in lesson_form.faults(notebook))


def tagged(source):
    return new_notebook(cells=[new_code_cell(source, metadata={"tags": ["nnlib"]})])


def test_a_drifted_cell_is_found():
    right = inspect.getsource(nnlib.softmax)
    assert lesson_code.quoted(tagged(right))[1] == []
    drifted = copy.copy(right).replace("axis=1", "axis=0", 1)
    assert "softmax differs" in lesson_code.quoted(tagged(drifted))[1][0]


def test_annotations_docstrings_and_doors_may_differ():
    cell = (
        "def one_hot(y: list, n_classes: int, dtype=np.float64) -> list:\n"
        "    return np.eye(n_classes, dtype=dtype)[y]"
    )
    assert lesson_code.quoted(tagged(cell))[1] == []


def test_a_cell_that_defines_what_nnlib_has_not_is_found():
    assert "no sigmoid" in lesson_code.quoted(tagged("def sigmoid(z):\n    pass"))[1][0]
    assert "defines nothing" in lesson_code.quoted(tagged("x = 1"))[1][0]


def test_a_class_attribute_that_drifts_is_found():
    cell = "class MSE:\n    factor = 3"
    assert "no MSE" in lesson_code.quoted(tagged(cell))[1][0]


def test_a_broken_link_is_found(tmp_path, monkeypatch):
    monkeypatch.setattr(lesson_form, "ROOT", tmp_path)
    (tmp_path / "there.md").write_text("# A heading, here\n")
    page = tmp_path / "page.md"
    page.write_text(
        "[a](there.md) [b](gone.md) [c](there.md#a-heading-here) [d](there.md#no)"
    )
    assert lesson_form.broken_links(page) == ["gone.md", "there.md#no"]
