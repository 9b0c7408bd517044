"""A course folder with one small assignment, and submissions made from its solution.

``tiny`` is written by the contract that all assignments keep: three coded tasks with
visible and hidden tests, and a written answer.
"""

import json
import shutil
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

from nnlib.course import release

TINY = "tiny"
STUB = 'raise NotImplementedError("not done yet")'
CELLS = [
    ("text", "text-001", 0, "# Assignment 00 · Tiny\n\nDouble, add, and scale."),
    (
        "code",
        None,
        0,
        "import numpy as np\n\nfrom nnlib import Dense\n"
        "from nnlib.course.checks import Task, check, check_array",
    ),
    (
        "solution",
        "task-1",
        0,
        'def double(X):\n    """Return X twice, (m, n) to (m, n)."""\n'
        "    ### BEGIN SOLUTION\n    doubled = 2 * X\n    return doubled\n"
        "    ### END SOLUTION",
    ),
    (
        "check",
        "check-1",
        4,
        'task = Task("Task 1", points=4)\n'
        'with task.part("by hand"):\n'
        '    check_array("double(X)", double(np.array([[1.0, 2.0]])), [[2.0, 4.0]])\n'
        "### BEGIN HIDDEN TESTS\n"
        'with task.part("other sizes"):\n'
        "    X = np.arange(12.0).reshape(3, 4) - 5.25\n"
        '    check_array("double(X)", double(X), X + X)\n'
        "    check(np.allclose(double(-X), -X - X), 'a sign is lost')\n"
        "### END HIDDEN TESTS\n"
        "task.points",
    ),
    (
        "solution",
        "task-2",
        0,
        "class Shift:\n"
        '    """Adds b."""\n\n'
        "    def __init__(self, b):\n        self.b = b\n\n"
        "    def forward(self, X):\n"
        '        """Return X + b."""\n'
        "        ### BEGIN SOLUTION\n        return X + self.b\n"
        "        ### END SOLUTION",
    ),
    (
        "check",
        "check-2",
        5,
        'task = Task("Task 2", points=5)\n'
        'with task.part("by hand"):\n'
        '    check_array("A", Shift(1.0).forward(np.zeros((2, 2))), np.ones((2, 2)))\n'
        "### BEGIN HIDDEN TESTS\n"
        'with task.part("a row of b"):\n'
        "    b_hidden = np.array([[0.125, -0.5]])\n"
        '    check_array("A", Shift(b_hidden).forward(np.ones((3, 2))),'
        " np.ones((3, 2)) + b_hidden)\n"
        "### END HIDDEN TESTS\n"
        "task.points",
    ),
    (
        "solution",
        "task-3",
        0,
        "def mean_square(X):\n"
        '    """Return the mean of the squares of all entries, a float."""\n'
        "    ### BEGIN SOLUTION\n    return float((X**2).mean())\n"
        "    ### END SOLUTION",
    ),
    (
        "check",
        "check-3",
        6,
        'task = Task("Task 3", points=6)\n'
        'with task.part("by hand"):\n'
        '    check_array("mean_square(X)", mean_square(np.array([[1.0, 3.0]])), 5.0)\n'
        "### BEGIN HIDDEN TESTS\n"
        'with task.part("one entry", weight=2):\n'
        '    check_array("mean_square(X)", mean_square(np.array([[-7.5]])), 56.25)\n'
        "### END HIDDEN TESTS\n"
        "task.points",
    ),
    (
        "written",
        "written",
        4,
        "Why is the mean of squares never negative?\n\n"
        "### BEGIN MARK SCHEME\n2 points for the squares, 2 for the sum of them.\n"
        "### END MARK SCHEME\n"
        "### BEGIN SOLUTION\nNo square is negative, and neither is a sum of squares.\n"
        "### END SOLUTION",
    ),
]


def make_course(folder, name=TINY):
    """Make a course folder with the tiny assignment, or a real one of that name."""
    (folder / "source" / name).mkdir(parents=True)
    shutil.copy(release.COURSE / release.SETTINGS, folder)
    path = folder / "source" / name / f"{name}.ipynb"
    if name == TINY:
        nbformat.write(tiny(), path)
    else:
        shutil.copy(release.COURSE / "source" / name / path.name, path)
    release.main([name, "--course", str(folder)])
    return folder


def tiny():
    """Return the source notebook of the tiny assignment."""
    notebook = new_notebook(metadata=release.METADATA)
    for number, (kind, key, points, source) in enumerate(CELLS, 1):
        text = kind in ("text", "written")
        make = new_markdown_cell if text else new_code_cell
        cell = make(source, id=f"assignment-00-{number:03d}")
        about = {"schema_version": 3, "task": False, "grade_id": key}
        about["cell_type"] = cell.cell_type
        about["grade"] = kind in ("check", "written")
        about["solution"] = kind in ("solution", "written")
        about["locked"] = kind in ("check", "text")
        if points:
            about["points"] = points
        if kind != "code":
            cell.metadata["nbgrader"] = about
        notebook.cells.append(cell)
    return notebook


def handed_out(course, name=TINY):
    """Return the hand-out."""
    return nbformat.read(course / "release" / name / f"{name}.ipynb", as_version=4)


def solved(course, name=TINY, without=()):
    """Return the hand-out as a perfect student hands it in, but for some cells."""
    notebook = handed_out(course, name)
    source = nbformat.read(course / "source" / name / f"{name}.ipynb", as_version=4)
    answers = {
        cell.metadata.get("nbgrader", {}).get("grade_id"): cell
        for cell in (source.cells)
    }
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution") and about["grade_id"] not in without:
            text = answers[about["grade_id"]].source
            text = (
                text.partition("### BEGIN MARK SCHEME")[0]
                if (cell.cell_type == "markdown")
                else text
            )
            cell.source = "\n".join(x for x in text.split("\n") if "###" not in x)
            if cell.cell_type == "markdown":
                cell.source += "\nBecause squares are not negative."
    return notebook


def cell_of(notebook, key):
    """Return the cell with an id of nbgrader's."""
    return next(
        cell
        for cell in notebook.cells
        if cell.metadata.get("nbgrader", {}).get("grade_id") == key
    )


def insert(notebook, before, source):
    """Insert a code cell before the cell with an id of nbgrader's, and return it."""
    place = notebook.cells.index(cell_of(notebook, before))
    cell = new_code_cell(source)
    notebook.cells.insert(place, cell)
    return cell


def hand_in(course, student, notebook, name=TINY, filename=None):
    """Put a notebook, or a text, into submitted/STUDENT/NAME/ and return its path."""
    folder = Path(course) / "submitted" / student / name
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / (filename or f"{name}.ipynb")
    if isinstance(notebook, bytes):
        path.write_bytes(notebook)
    elif isinstance(notebook, str):
        path.write_text(notebook, "utf-8")
    else:
        path.write_text(json.dumps(notebook), "utf-8")
    return path
