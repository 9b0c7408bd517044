"""The exercises' cells: not done, solved, and done wrong in usual ways.

``catalogue/lesson_NN.py`` holds wrong attempts at lesson NN's exercises: in its dict
``ATTEMPTS``, "Exercise 1" has pairs (code in place of the stub, words of the answer).
"""

import contextlib
import io
import re
import runpy
from pathlib import Path

import pytest
from execute import CHECK_TAG, EXERCISE_TAG, is_slider
from lesson_form import LESSONS, has_tag, read
from seeds import quiet

HERE = Path(__file__).parent
SOLUTION = r"<summary>Solution</summary>.*?```python\n(.*?)```"


def exercises(path):
    """Run the lesson; yield (name, stub, check, solution, names so far) as it goes.

    It goes on with the solution, so that a check must not spoil what comes after it.
    """
    names = {"__name__": "__main__"}
    cells = read(path).cells
    for number, cell in enumerate(cells):
        if has_tag(cell, EXERCISE_TAG):
            check = cells[number + 1]
            assert has_tag(check, CHECK_TAG), f"no check below {cell.source}"
            (name,) = re.findall(r'^with exercise\("(.+?)"', check.source, re.MULTILINE)
            folded = re.search(SOLUTION, cells[number + 2].source, re.DOTALL)
            assert folded, f"no folded solution below the check of {name}"
            yield name, cell.source, check.source, folded[1], names
            exec(folded[1], names)
        elif cell.cell_type == "code" and not is_slider(cell):
            exec(cell.source, names)


def answer(code, check, names):
    """Return what the check says of the code; the names so far stay as they are."""
    names, said = dict(names), io.StringIO()
    with contextlib.suppress(NotImplementedError):
        exec(code, names)
    with contextlib.redirect_stdout(said):
        exec(check, names)
    return said.getvalue()


@pytest.mark.parametrize("path", LESSONS, ids=lambda path: path.stem)
def test_a_check_tells_nothing_done_from_solved_and_from_wrong(path):
    file = HERE / "catalogue" / f"lesson_{path.stem[:2]}.py"
    attempts = runpy.run_path(str(file))["ATTEMPTS"]
    found = []
    with quiet():
        for name, stub, check, solution, names in exercises(path):
            found.append(name)
            assert answer(stub, check, names) == f"{name}: not done yet\n"
            assert answer(solution, check, names) == f"{name}: all checks passed.\n"
            assert len(attempts[name]) >= 3
            for code, words in attempts[name]:
                said = answer(code, check, names)
                assert said.startswith(f"{name}: "), code
                assert words in said, code
                assert "passed" not in said, code
    assert found == [f"Exercise {n}" for n in range(1, len(found) + 1)]
    assert set(found) == set(attempts)
    assert len(found) >= 3
