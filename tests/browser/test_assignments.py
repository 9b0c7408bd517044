"""Assignments in JupyterLab, in a real browser: the Validate button and Formgrader.

SCREENSHOTS=folder also writes pictures there.
"""

import csv
import re
import subprocess
import sys
from pathlib import Path

import lab_notebook
import nbformat
import pytest
from nbformat.v4 import new_code_cell, new_markdown_cell

pytest.importorskip("nbgrader")  # the extra `course`
from course import payloads
from course.classroom import hand_in, handed_out, solved

pytestmark = pytest.mark.browser

COURSE = Path("notebooks", "assignments")
NAME = "03_backprop"
BAD_PICTURE = """display(
    {"image/png": "AAAA"},
    raw=True,
    metadata={"image/png": {"width": "1 onerror=window.hit=1"}},
)"""


@pytest.mark.parametrize("without", [[1, 2, 3, 4], [3], []])
def test_validate_names_the_unsolved_tasks(without, page, lab, shoot):
    stubs = [f"task-{number}" for number in without]
    path = Path(f"{len(without)}-unsolved", f"{NAME}.ipynb")
    (lab.folder / path).parent.mkdir(parents=True)
    notebook = solved(lab.folder / COURSE, NAME, without=stubs)
    nbformat.write(notebook, lab.folder / path)
    lab_notebook.open_notebook(page, lab, path)
    page.get_by_role("button", name="Validate", exact=True).click()
    said = page.locator("#validation-message").inner_text()
    shoot(f"assignments/validate-{path.parent}")
    page.evaluate(lab_notebook.STOP_KERNEL)
    named = re.findall(r'Task\("Task (\d+)", points=\d+\)', said)
    assert [*map(int, named)] == without
    assert ("Success! Your notebook passes all the tests." in said) == (not without)


def test_formgrader_lists_the_class_and_takes_a_mark(page, lab, shoot):
    from playwright.sync_api import expect

    course = lab.folder / COURSE
    hostile = solved(course, NAME, without=["task-3"])
    hostile.cells += [new_markdown_cell(text) for text in payloads.MARKDOWN]
    hostile.cells.append(new_code_cell(BAD_PICTURE))
    hand_in(course, "ada", solved(course, NAME), NAME)
    hand_in(course, "bob", handed_out(course, NAME), NAME)
    hand_in(course, "eve", hostile, NAME)
    rows = grade(course)
    waiting = {row["student"]: row["waiting"] for row in rows}
    assert waiting == {"ada": "written", "bob": "", "eve": "written"}

    page.goto(lab.address)
    page.wait_for_function(lab_notebook.KERNEL_IS_READY)
    page.get_by_role("menuitem", name="Nbgrader", exact=True).click()
    page.get_by_role("menuitem", name="Formgrader", exact=True).click()
    form = page.frame_locator("iframe")
    count = form.get_by_role("row").filter(has_text=NAME).locator(".num-submissions")
    expect(count).to_have_text("3")
    shoot("assignments/formgrader-assignments")
    count.get_by_role("link").click()
    for row in rows:
        line = form.get_by_role("row").filter(has_text=row["student"])
        expect(line).to_contain_text(f"{row['score']} / {row['max_score']}")
    shoot("assignments/formgrader-submissions")

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
    shoot("assignments/formgrader-written-answer")
    (marked,) = [row for row in grade(course) if row["written"] == "3"]
    assert marked["waiting"] == ""


def grade(course):
    """Grade the class, as `make grade` does; return the rows of grades.csv."""
    command = [sys.executable, "-m", "grading.grade", NAME, "--course", course]
    subprocess.run(command, check=True, timeout=300)
    with (course / "grades.csv").open(newline="", encoding="utf-8-sig") as file:
        return list(csv.DictReader(file))
