"""The optional slider cells: no lesson needs them, and they hide no error."""

import json
import os
import re
import subprocess
import sys

import execute
import nbformat
import pytest
from lesson_form import HINT, LESSONS, ROOT, SLIDER, read
from nbclient.exceptions import CellExecutionError
from nbformat.v4 import new_code_cell, new_notebook

WITH_A_SLIDER = ["01_neuron", "04_mse_regression", "05_softmax_classification"]
DRAWN = "def turned(x=1):\n    print(2 / x)\n\n\nturned(1)"


def sliders(notebook):
    return [cell for cell in notebook.cells if execute.is_slider(cell)]


def test_three_lessons_can_be_turned_by_hand():
    counts = {path.stem: len(sliders(read(path))) for path in LESSONS}
    assert {name for name, count in counts.items() if count} == {*WITH_A_SLIDER}


def test_without_ipywidgets_a_slider_cell_says_how_to_get_it(monkeypatch, capsys):
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    exec(f"{SLIDER}turned)", {})
    assert capsys.readouterr() == (f"{HINT}\n", "")


# What nbval and make notebooks do with a slider cell.


def written(path, drawn=DRAWN):
    """Write a notebook with a slider; return the path."""
    slider = new_code_cell(f"{SLIDER}turned, x=(0, 3))", metadata={"tags": ["slider"]})
    nbformat.write(new_notebook(cells=[new_code_cell(drawn), slider]), path)
    return path


def executed(path):
    """Write a sound notebook with a slider, and its outputs; return the path."""
    execute.main([str(written(path))])
    return path


def nbval(path, **environment):
    """Return what a strict run of nbval reports of the cells, one word each."""
    options = ["--nbval", "-v", "-p", "no:cacheprovider"]
    command = [sys.executable, "-m", "pytest", *options, path]
    more = {"cwd": ROOT, "env": os.environ | environment, "timeout": 120}
    run = subprocess.run(command, capture_output=True, text=True, **more)
    return re.findall(r"::Cell \d+ ([A-Z]+)", run.stdout)


def test_nbval_passes_a_slider_without_ipywidgets(tmp_path):
    path = executed(tmp_path / "a.ipynb")
    (tmp_path / "ipywidgets.py").write_text("raise ImportError('as if not installed')")
    assert nbval(path, PYTHONPATH=str(tmp_path)) == ["PASSED", "PASSED"]


RAISES = DRAWN.replace("turned(x=1)", "turned(x=0)")  # the slider begins at 0


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
