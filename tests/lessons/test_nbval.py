"""What nbval and `make notebooks` do with lessons, their outputs and their sliders."""

import shutil
import sys
from collections import Counter

import execute
import nbformat
import pytest
from lesson_form import HINT, LESSONS, NOTEBOOKS, ROOT, SLIDER, SOURCES, read
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

pytest_plugins = "pytester"  # it runs pytest in this process

SHOW = 'from IPython.display import display\ndisplay({"text/plain": "1"}, raw=True)'
DRAWN = "def turned(x=1):\n    print(2 / x)\n\n\nturned(1)"
RAISES = DRAWN.replace("turned(x=1)", "turned(x=0)")  # the slider begins at 0


def test_nbval_has_each_code_cell_and_nothing_of_students(pytester):
    """Only our notebooks have outputs to compare; students' code never runs."""
    shutil.copy(ROOT / "pyproject.toml", pytester.path)
    shutil.copytree(NOTEBOOKS, pytester.path / "notebooks")
    for place in (
        "submitted/ada",
        "autograded/ada",
        "feedback/ada",
        ".grading/a/students/ada/submitted/student",
        "source/01_neuron/.ipynb_checkpoints",
    ):
        copy = pytester.path / "notebooks" / "assignments" / place / "01_neuron"
        shutil.copytree(SOURCES[0].parent, copy)
    items, _ = pytester.inline_genitems("--nbval")
    found = Counter(item.nodeid.partition("::")[0] for item in items)
    assert len(SOURCES) == len(LESSONS) == 7
    siblings = NOTEBOOKS.glob("assignments/siblings/*/*.ipynb")
    for path in (*LESSONS, *SOURCES, *siblings):
        name = path.relative_to(ROOT).as_posix()
        cells = sum(cell.cell_type == "code" for cell in read(path).cells)
        assert found.pop(name) == cells
    assert not found


@pytest.fixture(scope="module")
def sound(tmp_path_factory):
    """A notebook with each kind of output that a lesson holds, and with a slider.

    The form check finds what nbval does not compare.
    """
    cells = [new_code_cell(source) for source in ("print(1)", "1", SHOW, DRAWN)]
    about = {"tags": ["slider"], "collapsed": True}
    cells.append(new_code_cell(f"{SLIDER}turned, x=(0, 3))", metadata=about))
    path = tmp_path_factory.mktemp("sound") / "a.ipynb"
    nbformat.write(new_notebook(cells=cells), path)
    execute.main([str(path)])
    return path


@pytest.fixture
def path(sound, pytester):
    return shutil.copy(sound, pytester.path / "a.ipynb")


def cells_that_fail(pytester):
    """Return the numbers of the cells that a strict run of nbval finds red."""
    record = pytester.inline_run("--nbval", "--nbval-current-env", "a.ipynb")
    passed, _, failed = record.listoutcomes()
    assert len(passed + failed) == 5
    return [report.nodeid[-1] for report in failed]


def test_writing_a_notebook_again_changes_no_byte(path):
    first = path.read_bytes()
    execute.main([str(path)])
    assert path.read_bytes() == first
    slider = read(path).cells[-1]
    assert (slider.outputs, slider.execution_count) == ([], 5)
    assert b"collapsed" not in first
    assert b"widget-state" not in first


def test_a_changed_digit_and_a_slider_that_raises_turn_their_cells_red(path, pytester):
    notebook = read(path)
    printed, result, shown = (cell.outputs[0] for cell in notebook.cells[:3])
    printed.text = "2\n"
    result.data["text/plain"] = shown.data["text/plain"] = "2"
    notebook.cells[3].source = RAISES
    nbformat.write(notebook, path)
    assert cells_that_fail(pytester) == [*"0124"]


def test_make_notebooks_stops_where_the_slider_raises(path):
    text = path.read_text("utf-8").replace("turned(x=1)", "turned(x=0)")
    path.write_text(text, "utf-8")
    with pytest.raises(CellExecutionError, match="ZeroDivisionError") as stopped:
        execute.main([str(path)])
    assert "interact(turned" in str(stopped.value)
    assert any("a.ipynb" in note for note in stopped.value.__notes__)
    assert path.read_text("utf-8") == text


def test_without_ipywidgets_a_slider_cell_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    exec(f"{SLIDER}turned)", {})
    assert capsys.readouterr() == (f"{HINT}\n", "")
