"""Assignments in JupyterLab, in a real browser: the Validate button and Formgrader.

JupyterLab is started by `make lab` in a copy of what it needs, so that submissions and
grades stay out of the repository.  SCREENSHOTS=folder also writes pictures there.
"""

import csv
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import lab_notebook
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

pytest.importorskip("nbgrader")  # the extra `course`
from course import payloads
from course.classroom import hand_in, handed_out, make_course, solved

pytestmark = pytest.mark.browser

PROJECT = Path(__file__).resolve().parents[2]
COURSE = Path("notebooks", "assignments")
FIRST = Path("notebooks", "01_neuron.ipynb")
NAME = "03_backprop"


@pytest.fixture(scope="module")
def project(start_lab, tmp_path_factory):
    """A course of one assignment, in a folder where `make lab` has been run."""
    folder = tmp_path_factory.mktemp("project")
    shutil.copy(PROJECT / "Makefile", folder)
    (folder / ".venv").symlink_to(sys.prefix, target_is_directory=True)
    make_course(folder / COURSE, NAME)
    shutil.copy(PROJECT / FIRST, folder / FIRST)
    command = ["make", "--assume-old=.venv/.ready", "lab", "PORT={port}"]
    return lab_notebook.Lab(folder, start_lab(*command, folder=folder))


@pytest.mark.parametrize(
    ("title", "without"), [("open", [1, 2, 3, 4]), ("one-left", [3]), ("solved", [])]
)
def test_validate_names_the_unsolved_tasks(title, without, page, project):
    stubs = [f"task-{number}" for number in without]
    notebook = solved(project.folder / COURSE, NAME, without=stubs)
    said = validate(page, project, notebook, title)
    named = re.findall(r'Task\("Task (\d+)", points=\d+\)', said)
    assert [*map(int, named)] == without
    assert ("Success! Your notebook passes all the tests." in said) == (not without)


def validate(page, project, notebook, title):
    """Open a notebook, press the Validate button, return what the dialog says."""
    path = Path("mine", title, f"{NAME}.ipynb")
    (project.folder / path).parent.mkdir(parents=True)
    nbformat.write(notebook, project.folder / path)
    start, _, token = project.address.partition(f"/tree/{FIRST.as_posix()}?")
    page.goto(f"{start}/workspaces/{title}/tree/{path.as_posix()}?reset&{token}")
    page.wait_for_function(lab_notebook.KERNEL_IS_READY)
    page.get_by_role("button", name="Validate", exact=True).click()
    said = page.locator("#validation-message").inner_text()
    take_screenshot(page, f"validate-{title}")
    page.evaluate(lab_notebook.STOP_KERNEL)
    return said


def test_formgrader_lists_the_class_and_takes_a_mark(page, project):
    course = project.folder / COURSE
    hand_in(course, "ada", solved(course, NAME), NAME)
    hand_in(course, "bob", handed_out(course, NAME), NAME)
    hand_in(course, "eve", hostile(solved(course, NAME, without=["task-3"])), NAME)
    rows = grade(course)
    waiting = {row["student"]: row["waiting"] for row in rows}
    assert waiting == {"ada": "written", "bob": "", "eve": "written"}

    form = open_formgrader(page, project)
    assignment = form.get_by_role("row").filter(has_text=NAME)
    take_screenshot(page, "formgrader-assignments")
    assert assignment.locator(".num-submissions").inner_text() == "3"
    assignment.locator(".num-submissions").get_by_role("link").click()
    for row in rows:
        scores = f"{row['score']} / {row['max_score']}"
        line = form.get_by_role("row").filter(has_text=row["student"])
        assert scores in line.inner_text()
    take_screenshot(page, "formgrader-submissions")

    form.get_by_role("link", name="Manual Grading").first.click()
    for page_of in (f"gradebook/{NAME}", f"gradebook/{NAME}/{NAME}"):
        form.locator(f"td a[href$='/formgrader/{page_of}']").click()
    for number in (2, 1):
        form.get_by_role("link", name=f"Submission #{number}", exact=True).click()
        form.locator("#written").wait_for()
        assert all(frame.evaluate("window.hit") is None for frame in page.frames)
        if number > 1:
            form.get_by_role("link", name=NAME, exact=True).last.click()
    form.locator("#written").fill("3")
    form.locator("#written").blur()
    form.locator(".nbgrader_cell:has(#written) .score-saved").wait_for()
    take_screenshot(page, "formgrader-written-answer")
    marked = [row for row in grade(course) if row["written"] == "3"]
    assert len(marked) == 1
    assert marked[0]["waiting"] == ""


def hostile(notebook):
    """Add to a notebook what would run script where it is shown as it is."""
    notebook.cells += [new_markdown_cell(text) for text in payloads.MARKDOWN]
    width = '{"width": "1 onerror=window.hit=1"}'
    shows = (
        f'display({{"image/png": "AAAA"}}, raw=True, metadata={{"image/png": {width}}})'
    )
    notebook.cells.append(new_code_cell(shows))
    return notebook


def open_formgrader(page, project):
    """Open Formgrader by its menu entry, from the printed address; return its frame."""
    page.goto(project.address)
    page.wait_for_function(lab_notebook.KERNEL_IS_READY)
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    return page.frame_locator("iframe")


def grade(course):
    """Grade the class, as `make grade` does; return the rows of grades.csv."""
    command = [sys.executable, "-m", "grading.grade", NAME, "--course", course]
    subprocess.run(command, check=True, timeout=100)
    with (course / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))


def take_screenshot(page, title):
    """Write a picture of the page, where SCREENSHOTS says."""
    if folder := os.environ.get("SCREENSHOTS"):
        page.wait_for_timeout(1000)  # for tables and formulas to settle
        page.screenshot(path=Path(folder) / "assignments" / f"{title}.png")
