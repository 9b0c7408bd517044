"""nbval checks every cell of every lesson, and one changed digit turns it red."""

import re
import shutil
import subprocess
import sys

import execute
import nbformat
from lesson_form import LESSONS, NOTEBOOKS, ROOT, code_cells, read
from nbformat.v4 import new_code_cell, new_notebook

COURSE = NOTEBOOKS / "assignments"
SOURCES = sorted(COURSE.glob("source/*/*.ipynb"))


def pytest_run(*arguments, folder=ROOT):
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "-pno:cacheprovider"]
    command += map(str, arguments)
    options = {"cwd": folder, "capture_output": True, "text": True, "timeout": 300}
    return subprocess.run(command, **options).stdout


def test_each_code_cell_of_each_lesson_has_a_test():
    listing = pytest_run("--collect-only", *LESSONS, *SOURCES)
    assert len(SOURCES) == 7
    for path in [*LESSONS, *SOURCES]:
        place = path.relative_to(ROOT).as_posix()
        assert listing.count(f"{place}::") == len(code_cells(read(path)))


def test_hand_outs_and_submissions_are_not_collected(tmp_path):
    """Only lessons and sources have outputs to compare; students' code never runs."""
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    (tmp_path / "tests").mkdir()
    course = tmp_path / COURSE.relative_to(ROOT)
    for place in (
        "source/a",
        "release/a",
        "submitted/ada/a",
        "autograded/ada/a",
        "feedback/ada/a",
        ".grading/a/students/ada/submitted/student/a",
        "source/a/.ipynb_checkpoints",
    ):
        (course / place).mkdir(parents=True)
        notebook = new_notebook(cells=[new_code_cell("1")])
        nbformat.write(notebook, course / place / "a.ipynb")
    listing = pytest_run("--collect-only", folder=tmp_path)
    found = re.findall(r"^(\S+\.ipynb)::", listing, re.MULTILINE)
    assert found == ["notebooks/assignments/source/a/a.ipynb"]


def test_a_changed_digit_in_any_kind_of_output_turns_its_cell_red(tmp_path):
    """A lesson holds no other kinds: a form check finds what nbval does not compare."""
    picture = {"text/plain": "Figure: 1"}
    show = f"from IPython.display import display\ndisplay({picture}, raw=True)"
    cells = map(new_code_cell, ("print(1)", "1", show, "print(1)"))
    notebook = execute.execute(new_notebook(cells=[*cells]), tmp_path)
    printed, result, shown, _ = (cell.outputs[0] for cell in notebook.cells)
    printed.text = "2\n"
    result.data["text/plain"], shown.data["text/plain"] = "2", "Figure: 2"
    nbformat.write(notebook, tmp_path / "a.ipynb")
    listing = pytest_run(tmp_path / "a.ipynb")
    assert re.findall(r"^FAILED .*::Cell (\d+)", listing, re.MULTILINE) == [*"012"]
