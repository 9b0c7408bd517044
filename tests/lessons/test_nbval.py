"""nbval checks every cell of every lesson, and one changed digit turns it red."""

import re
import shutil
import subprocess
import sys

import nbformat
from lesson_form import LESSONS, NOTEBOOKS, ROOT, code_cells, output_text, read
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
    assert len(SOURCES) == 6
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


def change_a_digit(text):
    """Return the text with its last digit, or failing that its last letter, changed."""
    pattern = r"\d(?=\D*$)" if re.search(r"\d", text) else r"[a-z](?=[^a-z]*$)"
    return re.sub(pattern, lambda found: "7" if found[0] != "7" else "8", text)


def test_a_changed_digit_in_any_stored_output_turns_its_cell_red(tmp_path):
    """One lesson stands for all: the form check finds outputs of any other kind."""
    path = LESSONS[0]
    notebook = read(path)
    changed = []
    for number, cell in enumerate(code_cells(notebook)):
        for output in cell.outputs:
            text = change_a_digit(output_text(output))
            if output.output_type == "stream":
                output.text = text
            else:
                output.data["text/plain"] = text
        if cell.outputs:
            changed.append(number)
    copy = tmp_path / path.name
    nbformat.write(notebook, copy)
    red = re.findall(r"^FAILED .*::Cell (\d+)", pytest_run(copy), re.MULTILINE)
    assert changed
    assert [int(number) for number in red] == changed
