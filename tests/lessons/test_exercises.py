"""Each exercise's solution passes its check, and without a solution the check fails."""

import contextlib
import io
import re

import matplotlib.pyplot as plt
import pytest
from execute import is_slider
from lesson_form import LESSONS, code_cells, read

from nnlib import plotting

FENCED = r"```python\n(.*?)```"


def exercises(notebook):
    """Return pairs (solution, check) of code, one an exercise of "Your turn"."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "markdown"]
    first = next(i for i, text in enumerate(sources) if "## Your turn" in text)
    last = next(i for i, text in enumerate(sources) if "## Read more" in text)
    pairs = []
    for text in sources[first:last]:
        task, _, folded = text.partition("<details>")
        blocks = [re.findall(FENCED, part, re.DOTALL) for part in (folded, task)]
        if all(blocks):
            pairs.append(tuple("\n".join(block) for block in blocks))
    return pairs


@pytest.fixture
def quiet(monkeypatch):
    """Run a lesson's code without printing and without pictures."""
    monkeypatch.setattr(plotting, "show", lambda figure, alt: plt.close(figure))
    plt.switch_backend("agg")
    with contextlib.redirect_stdout(io.StringIO()):
        yield


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
@pytest.mark.usefixtures("quiet")
def test_the_solutions_pass_the_checks_and_nothing_does_not(path):
    notebook = read(path)
    names = {}
    for cell in code_cells(notebook):
        if not is_slider(cell):  # the lesson is complete without it
            exec(cell.source, names)
    pairs = exercises(notebook)
    assert len(pairs) >= 2
    for solution, check in pairs:
        with pytest.raises((NameError, AssertionError)):
            exec(check, dict(names))
        solved = dict(names)
        exec(solution, solved)
        exec(check, solved)
