"""A course folder with one small assignment, and submissions made from its solution.

``tiny.ipynb`` is written by the contract that all assignments keep: three coded tasks
with visible and hidden tests, and a written answer.
"""

import csv
import html
import json
import re
import shutil
from pathlib import Path

import nbformat
from grading import release
from grading.repair import key_of
from nbformat.v4 import new_code_cell

TINY = "tiny"
STUB = 'raise NotImplementedError("not done yet")'


def tiny():
    """Return the source notebook of the tiny assignment."""
    return nbformat.read(Path(__file__).with_name("tiny.ipynb"), as_version=4)


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


def read(course, step, name=TINY):
    """Return the notebook of an assignment's source, or of its release."""
    return nbformat.read(Path(course, step, name, f"{name}.ipynb"), as_version=4)


def handed_out(course, name=TINY):
    """Return the hand-out."""
    return read(course, "release", name)


def solved(course, name=TINY, without=()):
    """Return the hand-out as a perfect student hands it in, but for some cells."""
    notebook, source = handed_out(course, name), read(course, "source", name)
    for cell in notebook.cells:
        about = cell.metadata.get("nbgrader", {})
        if about.get("solution") and about["grade_id"] not in without:
            text = cell_of(source, about["grade_id"]).source
            text = text.partition("### BEGIN MARK SCHEME")[0]
            cell.source = "\n".join(x for x in text.split("\n") if "###" not in x)
            if about.get("grade"):
                cell.source += "\nBecause squares are not negative."
    return notebook


def cell_of(notebook, key):
    """Return the cell with an id of nbgrader's."""
    return next(cell for cell in notebook.cells if key_of(cell) == key)


def insert(notebook, before, source):
    """Insert a code cell before the cell with an id of nbgrader's."""
    place = notebook.cells.index(cell_of(notebook, before))
    notebook.cells.insert(place, new_code_cell(source))


def hand_in(course, student, notebook, name=TINY, filename=None):
    """Put a notebook, or a text, into submitted/STUDENT/NAME/ and return its path."""
    path = Path(course, "submitted", student, name, filename or f"{name}.ipynb")
    path.parent.mkdir(parents=True, exist_ok=True)
    content = notebook if isinstance(notebook, str | bytes) else json.dumps(notebook)
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return path


def arguments(course, *options):
    """Return the grader's arguments for a class, with small limits."""
    limits = ["--workers=2", "--seconds=5", "--memory=600"]
    return [TINY, f"--course={course}", *limits, *options]


def run_grader(course, *options):
    """Grade a class; return the exit code."""
    from grading import grade  # not to be had on Windows

    return grade.main(arguments(course, *options))


def rows_of(course):
    """Return {student: row of grades.csv}."""
    with (course / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def lines_of(source, begin="### BEGIN"):
    """Return the lines in the regions that begin so, and all others."""
    lines, inside = {True: set(), False: set()}, False
    for line in "\n".join(cell.source for cell in source.cells).split("\n"):
        inside = begin in line or (inside and "### END" not in line)
        if "### BEGIN" not in line and "### END" not in line:
            lines[inside].add(line.strip())
    assert not inside, "a region has no end"
    return lines[True] - {""}, lines[False]


def hidden_lines(source):
    """Return the lines of a source's hidden tests that no visible text holds."""
    hidden, others = lines_of(source, "### BEGIN HIDDEN")
    found = {line for line in hidden if len(re.findall(r"\w", line)) > 5}
    return {line for line in found if line not in "\n".join(others)}


def page_of(course, student, name=TINY, as_it_reads=True):
    """Return a feedback page, without its tags if as_it_reads."""
    page = Path(course, "feedback", student, name, f"{name}.html").read_text("utf-8")
    return html.unescape(re.sub("<[^>]+>", "", page)) if as_it_reads else page
