"""The optional slider cells: no lesson needs them, and they hide no error."""

import copy
import io
import json
import os
import re
import subprocess
import sys

import execute
import lesson_form
import matplotlib.pyplot as plt
import nbformat
import pytest
from lesson_form import HINT, LESSONS, ROOT, SLIDER_MARKER, read
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output

from nnlib import plotting

WITH_A_SLIDER = ["01_neuron", "04_mse_regression", "05_softmax_classification"]
SLIDER = f"""{SLIDER_MARKER}
try:
    from ipywidgets import interact
except ImportError:
    print("For sliders: {HINT}")
else:
    interact(turned, x=(0, 3))"""
DRAWN = "def turned(x=1):\n    print(2 / x)\n\n\nturned(1)"


def sliders(notebook):
    return [cell for cell in notebook.cells if execute.is_slider(cell)]


def test_three_lessons_can_be_turned_by_hand():
    counts = {path.stem: len(sliders(read(path))) for path in LESSONS}
    assert {name: counts[name] for name in WITH_A_SLIDER} == dict.fromkeys(
        WITH_A_SLIDER, 1
    )


@pytest.mark.parametrize("name", WITH_A_SLIDER)
def test_without_ipywidgets_a_slider_cell_says_how_to_get_it(name, monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    (cell,) = sliders(read(ROOT / "notebooks" / f"{name}.ipynb"))
    exec(cell.source, {})
    assert capsys.readouterr() == (
        f"For sliders: {HINT}, then restart JupyterLab.\n",
        "",
    )


@pytest.mark.parametrize("name", WITH_A_SLIDER)
def test_the_picture_comes_again_when_all_cells_have_run(name, monkeypatch):
    shown, names = [], {}
    monkeypatch.setattr(
        plotting, "show", lambda figure, alt="": shown.append(png(figure))
    )
    plt.switch_backend("agg")
    cells = lesson_form.code_cells(read(ROOT / "notebooks" / f"{name}.ipynb"))
    (number,) = [n for n, cell in enumerate(cells) if execute.is_slider(cell)]
    for cell in cells[:number]:
        exec(cell.source, names)
    there = shown[-1]
    for cell in cells[number + 1 :]:
        exec(cell.source, names)
    exec(cells[number - 1].source.split("\n")[-1], names)
    assert shown[-1] == there, "a later cell changes what the slider draws"


def png(figure):
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png")
    plt.close(figure)
    return buffer.getvalue()


# What the form of a lesson asks of a slider cell.


def sound_notebook():
    picture = new_output("display_data", {"image/png": "", "text/plain": "Figure: x"})
    return new_notebook(
        cells=[
            new_code_cell(DRAWN, outputs=[picture], execution_count=1),
            new_markdown_cell("Turn x."),
            new_code_cell(SLIDER, execution_count=2, metadata={"tags": ["slider"]}),
        ]
    )


def replace(old, new):
    def spoil(notebook):
        assert old in notebook.cells[2].source
        notebook.cells[2].source = notebook.cells[2].source.replace(old, new)

    return spoil


def add_marker(notebook):
    notebook.cells[0].source = f"{SLIDER_MARKER}\n{DRAWN}"


def drop_tag(notebook):
    notebook.cells[2].metadata = nbformat.from_dict({})


def drop_picture(notebook):
    notebook.cells[0].outputs = []


def draw_something_else(notebook):
    notebook.cells[0].source += "\nprint(1)"


def move_picture_away(notebook):
    notebook.cells.insert(1, new_markdown_cell("More."))


def repeat(notebook):
    notebook.cells += copy.deepcopy(notebook.cells)


def keep_output(notebook):
    notebook.cells[2].outputs = [new_output("stream", text="x")]


NO_HINT = "no one-line hint"
NO_PICTURE = "no picture by the slider's function"
SPOILS = {
    "marker outside": (add_marker, "an nbval marker"),
    "no tag": (drop_tag, "an nbval marker"),
    "second marker": (replace("    int", f"    {SLIDER_MARKER}\n    int"), "an nbval"),
    "marker not first": (replace(SLIDER_MARKER, f"\n{SLIDER_MARKER}"), "begin with"),
    "other marker": (replace("IGNORE_OUTPUT", "SKIP"), "an nbval marker"),
    "no marker": (replace(f"{SLIDER_MARKER}\n", ""), "does not begin with"),
    "other error": (replace("ImportError", "ValueError"), NO_HINT),
    "other hint": (replace(HINT, "ask somebody"), NO_HINT),
    "two lines": (replace(HINT, HINT + "\\nor not"), NO_HINT),
    "no print": (replace("print", "input"), NO_HINT),
    "more code": (replace("else:", "else:\n    pass\nx = 1\nif x:"), NO_HINT),
    "no picture": (drop_picture, NO_PICTURE),
    "other picture": (draw_something_else, NO_PICTURE),
    "picture far away": (move_picture_away, NO_PICTURE),
    "two sliders": (repeat, "more than one"),
    "stored output": (keep_output, "stable form"),
}


def found(notebook):
    checks = ("source_faults", "slider_faults", "metadata_faults")
    faults = [getattr(lesson_form, check)(notebook) for check in checks]
    return [fault for some in faults for fault in some]


def test_a_sound_slider_cell_has_no_faults():
    assert found(execute.normalise(sound_notebook())) == []


@pytest.mark.parametrize(("spoil", "fault"), SPOILS.values(), ids=SPOILS)
def test_the_form_check_finds(spoil, fault):
    notebook = execute.normalise(sound_notebook())
    spoil(notebook)
    assert any(fault in text for text in found(notebook))


# What nbval and make notebooks do with a slider cell.


def written(path, drawn=DRAWN):
    """Write a notebook with a slider; return the path."""
    nbformat.write(
        new_notebook(
            cells=[
                new_code_cell(drawn),
                new_code_cell(SLIDER, metadata={"tags": ["slider"]}),
            ]
        ),
        path,
    )
    return path


def executed(path):
    """Write a sound notebook with a slider, and its outputs; return the path."""
    execute.main([str(written(path))])
    return path


def nbval(path, **environment):
    """Return what a strict run of nbval reports of the cells, one word each."""
    options = ["--nbval", "-v", "-p", "no:cacheprovider"]
    run = subprocess.run(
        [sys.executable, "-m", "pytest", *options, path],
        cwd=ROOT,
        env=os.environ | environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    return re.findall(r"::Cell \d+ ([A-Z]+)", run.stdout)


def test_nbval_passes_a_slider(tmp_path):
    assert nbval(executed(tmp_path / "a.ipynb")) == ["PASSED", "PASSED"]


def test_nbval_passes_where_there_is_no_ipywidgets(tmp_path):
    path = executed(tmp_path / "a.ipynb")
    (tmp_path / "ipywidgets.py").write_text("raise ImportError('as if not installed')")
    assert nbval(path, PYTHONPATH=str(tmp_path)) == ["PASSED", "PASSED"]


RAISES = DRAWN.replace("turned(x=1)", "turned(x=0)")  # the slider begins at 0


def test_nbval_fails_where_the_slider_raises(tmp_path):
    pytest.importorskip("ipywidgets")
    path = executed(tmp_path / "a.ipynb")
    notebook = read(path)
    notebook.cells[0].source = RAISES
    nbformat.write(notebook, path)
    assert nbval(path) == ["PASSED", "FAILED"]


def test_make_notebooks_stops_where_the_slider_raises(tmp_path):
    pytest.importorskip("ipywidgets")
    path = written(tmp_path / "a.ipynb", RAISES)
    before = path.read_bytes()
    with pytest.raises(CellExecutionError, match="ZeroDivisionError") as stopped:
        execute.main([str(path)])
    assert "interact(turned" in str(stopped.value)
    assert any("a.ipynb" in note for note in stopped.value.__notes__)
    assert path.read_bytes() == before


def test_a_slider_leaves_no_trace_in_the_file(tmp_path):
    path = executed(tmp_path / "a.ipynb")
    first = path.read_bytes()
    execute.main([str(path)])
    assert path.read_bytes() == first
    cell = json.loads(first)["cells"][1]
    assert cell["outputs"] == []
    assert cell["execution_count"] == 2
    assert b"widget-state" not in first
