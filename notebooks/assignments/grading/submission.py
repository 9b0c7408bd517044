"""Grade one submission, in a process and a folder of its own.

What is handed in is repaired, run in the sandbox and entered by nbgrader into a
gradebook that holds this one submission.  The folder then has the graded notebook, the
feedback page and ``record.json``, which the grader reads.
"""

import json
import os
import shutil
import traceback
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbgrader.api import Gradebook
from nbgrader.converters import Autograde
from nbgrader.utils import parse_utc

from grading import feedback, release, repair, sandbox
from grading.execute import execute, zero
from grading.run import Limits
from grading.suspect import suspicions

STUDENT = "student"  # whoever it is: this gradebook has one only


@dataclass(frozen=True)
class Job:
    """What is to be done with one submission.

    Args:
        course: the course folder.
        name: of the assignment.
        student: whose submission it is.
        folder: the submission's own, where the record is.
        template: folder with source/NAME, release/NAME and gradebook.db.
        isolation: a kind of ``sandbox``.
        limits: what it may use.
        key: stands for all that the result depends on.
        empty: {check: points without any student's code}, of the reference solution.
        by_hand: {cell: (manual score, extra credit, comment)} from the course.
    """

    course: Path
    name: str
    student: str
    folder: Path
    template: Path
    isolation: str
    limits: Limits
    key: str
    empty: dict = field(default_factory=dict)
    by_hand: dict = field(default_factory=dict)


def read_template(job):
    """Return the source notebook and the hand-out of a job."""
    return [
        nbformat.read(
            job.template / step / job.name / f"{job.name}.ipynb", as_version=4
        )
        for step in ("source", "release")
    ]


def process(job):
    """Grade a submission, or only write its feedback anew; runs in its own process."""
    sandbox.prepare_process()
    record_path = job.folder / "record.json"
    record = read_record(job.folder)
    if record.get("key") != job.key:
        try:
            record = grade(job)
        except Exception as error:
            record = {"status": "failed", "notes": [f"The grader failed: {error!r}"]}
            record["details"] = traceback.format_exc()
            job.folder.mkdir(parents=True, exist_ok=True)
        record["key"] = job.key if record["status"] != "failed" else ""
        record["isolation"] = job.isolation
    if record["status"] != "failed":
        write_feedback(job, record)
        record["by_hand"] = job.by_hand
    partial = record_path.with_suffix(".part")
    partial.write_text(json.dumps(record, indent=1), "utf-8")
    os.replace(partial, record_path)


def read_record(folder):
    """Return a submission's record, or {} if there is none."""
    try:
        return json.loads((folder / "record.json").read_text("utf-8"))
    except (OSError, ValueError):
        return {}


def grade(job):
    """Return the record of a submission that is graded from the start."""
    shutil.rmtree(job.folder, ignore_errors=True)
    submitted = job.course / "submitted" / job.student / job.name
    target = job.folder / "submitted" / STUDENT / job.name
    target.mkdir(parents=True)
    source, released = read_template(job)
    record = {"status": "graded", "notes": [], "flags": [], "readable": True}
    try:
        path, notes = repair.find(submitted, job.name)
        repaired = repair.repair(repair.read(path), source, released)
        notebook, notes = repaired.notebook, notes + repaired.notes
        outcome = execute(job, notebook, source, submitted)
        if repaired.notes or path.name != f"{job.name}.ipynb":
            record["status"] = "repaired"
        if outcome.limited:
            record["status"] = "limited"
        record["notes"] = [*dict.fromkeys(notes + outcome.notes)]
        record["flags"] = outcome.flags + [
            f"notice: cell {n} {what}" for n, what in suspicions(notebook)
        ]
    except repair.Unreadable as reason:
        record |= {"status": "unreadable", "notes": [str(reason)], "readable": False}
        notebook = stand_in(released, source, str(reason))
    if when := handed_in_at(submitted, record["notes"]):
        (target / "timestamp.txt").write_text(when, "utf-8")
    nbformat.write(notebook, target / f"{job.name}.ipynb")
    shutil.copytree(job.template / "source", job.folder / "source")
    shutil.copy(job.template / "gradebook.db", job.folder)
    config = own_settings(job)
    steps = "nbgrader.preprocessors."
    config.Autograde.sanitize_preprocessors = [
        steps + "OverwriteKernelspec",
        steps + "OverwriteCells",
        steps + "CheckCellMetadata",
    ]
    config.Autograde.autograde_preprocessors = [
        steps + "SaveAutoGrades",
        steps + "AssignLatePenalties",
        steps + "CheckCellMetadata",
    ]
    release.convert(Autograde, config, job.name, STUDENT)
    with Gradebook(config.CourseDirectory.db_url) as book:
        found = book.find_submission_notebook(job.name, job.name, STUDENT)
        record["cells"] = {grade.name: grade.auto_score for grade in found.grades}
        record["maximum"] = {grade.name: grade.max_score for grade in found.grades}
        record["comments"] = {x.name: x.auto_comment for x in found.comments}
        record["penalty"] = found.late_submission_penalty
        record["timestamp"] = str(found.assignment.timestamp or "")
    return record


def handed_in_at(submitted, notes):
    """Return the text of timestamp.txt if nbgrader can read it, or None."""
    path = submitted / "timestamp.txt"
    if path.is_symlink() or not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8") as file:
            text = file.read(100).strip()
        parse_utc(text)
        return text
    except (OSError, ValueError, OverflowError):
        notes.append("timestamp.txt holds no time; it was left out.")
        return None


def own_settings(job):
    """Return the settings for the submission's own folder and gradebook."""
    url = f"sqlite:///{job.folder}/gradebook.db"
    return release.settings(job.course, job.folder, url)


def stand_in(released, source, reason):
    """Return a notebook that stands for one that cannot be read: 0 everywhere."""
    notebook = released.copy()
    by_id = {repair.key_of(cell): cell for cell in source.cells}
    for cell in notebook.cells:
        if repair.is_check(cell):
            cell.source = by_id[repair.key_of(cell)].source
            cell.outputs = zero(reason)
    return notebook


def write_feedback(job, record):
    """Write the feedback page, with the marks given by hand so far."""
    pages = job.folder / "feedback" / STUDENT / job.name
    if not record["readable"]:
        most = sum(record["maximum"].values())
        path = pages / f"{job.name}.html"
        feedback.write_page(path, job.name, record["notes"], most)
        return
    config = own_settings(job)
    with Gradebook(config.CourseDirectory.db_url) as book:
        for cell, (score, extra, comment) in job.by_hand.items():
            found = (cell, job.name, job.name, STUDENT)
            if cell in record["cells"]:
                book.find_grade(*found).manual_score = score
                book.find_grade(*found).extra_credit = extra
            if cell in record["comments"]:
                book.find_comment(*found).manual_comment = comment
        book.db.commit()
    secrets = feedback.secrets_of(read_template(job)[0])
    notes = list(record["notes"])
    unmarked = {name for name, points in record["cells"].items() if points is None}
    if unmarked - job.by_hand.keys():
        notes.append("Answers in words are not marked yet, and not in the score.")
    feedback.write(config, job.name, STUDENT, notes, secrets)


def run_reference(job):
    """Run the source notebook itself: its points, and those without any solution."""
    sandbox.prepare_process()
    source, _ = read_template(job)
    outcome = execute(job, source, source, job.template / "source" / job.name)
    said = {"points": outcome.points, "empty": outcome.empty, "notes": outcome.notes}
    said["flags"] = outcome.flags
    (job.folder / "reference.json").write_text(json.dumps(said), "utf-8")
