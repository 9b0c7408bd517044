"""The course's gradebook and grades.csv: one writer for what all submissions came to.

Scores go through nbgrader's API into the gradebook that Formgrader shows.  Marks and
comments given by hand are never written over.
"""

import csv
import json
import os
import shutil

from nbgrader.api import Gradebook, MissingEntry

from grading import release
from grading.submission import STUDENT

FIRST = ["student", "assignment", "status", "score", "max_score", "auto", "by_hand"]
NOTICE = "notice:"  # a flag that says: have a look, it may be innocent
LAST = ["waiting", "flags", "isolation", "notes"]


class Book:
    """The gradebook of a course, for one assignment."""

    def __init__(self, course, name, folder):
        self.course, self.name, self.folder = course, name, folder
        config = release.settings(course, course, f"sqlite:///{course}/gradebook.db")
        course_id = config.CourseDirectory.course_id or "default_course"
        self.url = config.CourseDirectory.db_url
        self.book = Gradebook(self.url, course_id)

    def close(self):
        """Close the gradebook."""
        self.book.close()

    def has_assignment(self):
        """Tell whether the assignment's cells are in the gradebook."""
        try:
            return bool(self.book.find_notebook(self.name, self.name).grade_cells)
        except MissingEntry:
            return False

    def submission(self, student):
        """Return nbgrader's submitted notebook of a student, or None."""
        try:
            return self.book.find_submission_notebook(self.name, self.name, student)
        except MissingEntry:
            return None

    def by_hand(self, student):
        """Return {cell: [manual score, extra credit, comment]} as given by hand."""
        found = self.submission(student)
        marks = {}
        for grade in found.grades if found else ():
            if grade.manual_score is not None or grade.extra_credit is not None:
                marks[grade.name] = [grade.manual_score, grade.extra_credit, None]
        for comment in found.comments if found else ():
            if comment.manual_comment:
                marks.setdefault(comment.name, [None, None, None])
                marks[comment.name][2] = comment.manual_comment
        return marks

    def merge(self, student, record, folder):
        """Enter a submission's record, unless it is there already, and its files.

        A cell that has a mark by hand keeps it; as in nbgrader it waits for a second
        look if the submission was graded again.
        """
        found = self.submission(student)
        state = {"key": record["key"], "submission": found.id if found else None}
        if not found or read_merged(folder) != state:
            self.book.update_or_create_student(student)
            time = {"timestamp": record["timestamp"]} if record["timestamp"] else {}
            self.book.update_or_create_submission(self.name, student, **time)
            found = self.submission(student)
            for grade in found.grades:
                grade.auto_score = record["cells"].get(grade.name)
                by_hand = grade.manual_score is not None
                grade.needs_manual_grade = by_hand or grade.auto_score is None
            for comment in found.comments:
                comment.auto_comment = record["comments"].get(comment.name)
            found.late_submission_penalty = record["penalty"]
            found.flagged = any(not x.startswith(NOTICE) for x in record["flags"])
            self.book.db.commit()
            state["submission"] = found.id
        for step in ("autograded", "feedback"):
            replace(
                folder / step / STUDENT / self.name,
                self.course / step / student / self.name,
            )
        (folder / "merged.json").write_text(json.dumps(state), "utf-8")

    def row(self, student, record):
        """Return a student's row of grades.csv."""
        found = self.submission(student)
        row = {"student": student, "assignment": self.name}
        row["isolation"] = record.get("isolation", "")
        row["status"] = record.get("status", "not graded")
        row["flags"] = "; ".join(record.get("flags", []))
        row["notes"] = " ".join(record.get("notes", []))
        if not found or row["status"] in ("failed", "not graded"):
            return row
        grades = sorted(found.grades, key=lambda grade: grade.name)
        row |= {"score": f"{found.score - (found.late_submission_penalty or 0):g}"}
        row["max_score"] = f"{found.max_score:g}"
        row["auto"] = f"{sum(grade.auto_score or 0 for grade in grades):g}"
        by_hand = [g.manual_score for g in grades if g.manual_score is not None]
        row["by_hand"] = f"{sum(by_hand):g}" if by_hand else ""
        row["waiting"] = " ".join(g.name for g in grades if g.needs_manual_grade)
        for grade in grades:
            open_ = grade.auto_score is None and grade.manual_score is None
            row[grade.name] = "" if open_ else f"{grade.score:g}"
        return row


def read_merged(folder):
    """Return what was merged last from a submission's folder."""
    try:
        return json.loads((folder / "merged.json").read_text("utf-8"))
    except (OSError, ValueError):
        return None


def replace(folder, target):
    """Put a copy of a folder in the place of another, if it differs."""
    if target.is_dir():
        shutil.rmtree(target)
    if folder.is_dir():
        shutil.copytree(folder, target)


def write_csv(path, name, rows):
    """Write the rows of an assignment; those of other assignments stay."""
    old = []
    if path.is_file():
        with path.open(newline="", encoding="utf-8") as file:
            old = [row for row in csv.DictReader(file) if row["assignment"] != name]
    everything = sorted(old + rows, key=lambda row: (row["assignment"], row["student"]))
    tasks = {key for row in everything for key in row} - {*FIRST, *LAST, None}
    partial = path.with_suffix(".part")
    with partial.open("w", newline="", encoding="utf-8") as file:
        columns = [*FIRST, *sorted(tasks), *LAST]
        writer = csv.DictWriter(file, columns, restval="", extrasaction="ignore")
        writer.writeheader()
        for row in everything:
            writer.writerow({key: for_a_sheet(x) for key, x in row.items()})
    os.replace(partial, path)


def for_a_sheet(text):
    """Keep a spreadsheet from taking a text of a student's for a formula."""
    text = str(text or "").replace("\n", " ").replace("\r", " ")
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text
