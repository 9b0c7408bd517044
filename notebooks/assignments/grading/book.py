"""The course's gradebook, its roster and grades.csv.

Scores go through nbgrader's API into gradebook.db, which Formgrader shows.  Marks and
comments given by hand are never written over.
"""

import csv
import json
import logging
import os
import shutil
import sys
import time
import unicodedata
from dataclasses import replace

from nbgrader.api import Comment, Grade, Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties
from nbgrader.utils import is_grade, is_locked, is_solution
from sqlalchemy.engine import URL

from grading import release
from grading.files import decoded
from grading.records import Mark
from grading.repair import key_of

FIRST = ["student", "assignment", "status", "score", "max_score", "auto", "by_hand"]
FIRST += ["penalty"]
LAST = ["waiting", "flags", "isolation", "notes"]
KINDS = {"grade": is_grade, "solution": is_solution, "source": key_of}

# nbgrader calls alembic, which stands beside this Python, to make a new gradebook.
BESIDE = os.path.dirname(sys.executable)
os.environ["PATH"] = os.pathsep.join([BESIDE, os.environ.get("PATH", os.defpath)])
logging.getLogger("tornado.application").setLevel("CRITICAL")  # errors are told once


class Book:
    """The gradebook of a course, for one assignment.

    It waits some seconds for another program that has the file locked.
    """

    def __init__(self, course, name, wait=30):
        config = release.settings(course)
        try:
            late = AssignLatePenalties(config=config)
            late.init_plugin()
        except Exception as error:
            raise RuntimeError(f"c.AssignLatePenalties: {error}") from error
        file, query = str(course / "gradebook.db"), {"timeout": str(wait)}
        url = URL.create("sqlite", database=file, query=query).render_as_string()
        course_id = config.CourseDirectory.course_id or "default_course"
        self.course, self.name, self.late = course, name, late.plugin_inst
        self.book = Gradebook(url, course_id)

    def close(self):
        """Close the gradebook."""
        self.book.close()

    def enter_cells(self, notebook):
        """Bring the assignment's cells up to date; marks of cells that stay are kept.

        Args:
            notebook: the source, as it is when nbgrader saves its cells.

        Returns:
            A sentence, in a list, if cells of submissions are no more.
        """
        book, both = self.book, (self.name, self.name)
        book.update_or_create_assignment(self.name)
        kernel = json.dumps(notebook.metadata.get("kernelspec", {}))
        entry = book.update_or_create_notebook(*both, kernelspec=kernel)
        for cell in notebook.cells:
            about, more = cell.metadata.get("nbgrader"), {"cell_type": cell.cell_type}
            if is_solution(cell):
                book.update_or_create_solution_cell(key_of(cell), *both)
            if is_grade(cell):
                most = float(about["points"])
                book.update_or_create_grade_cell(
                    key_of(cell), *both, max_score=most, **more
                )
            if about:
                more |= {"locked": is_locked(cell), "source": cell.source}
                more["checksum"] = about.get("checksum")
                book.update_or_create_source_cell(key_of(cell), *both, **more)
        told = self.drop_cells(notebook, entry)
        for submission in entry.submissions:
            self.add_entries(Grade, entry.grade_cells, submission.grades, submission)
            comments = submission.comments
            self.add_entries(Comment, entry.solution_cells, comments, submission)
        self.commit()
        return told

    def drop_cells(self, notebook, entry):
        """Drop cells that are no more, and keep a copy if there were submissions."""
        gone, told = [], []
        for kind, is_kind in KINDS.items():
            names = {key_of(cell) for cell in notebook.cells if is_kind(cell)}
            old = getattr(entry, f"{kind}_cells")
            gone += [cell for cell in old if cell.name not in names]
        if gone and entry.submissions:
            kept = f"gradebook-{time.strftime('%Y%m%d-%H%M%S')}.db"
            shutil.copy(self.course / "gradebook.db", self.course / kept)
            names = ", ".join(sorted({cell.name for cell in gone}))
            told.append(f"{names} left the source; marks for them are only in {kept}.")
        for cell in gone:
            for one in [*getattr(cell, "grades", ()), *getattr(cell, "comments", ())]:
                self.book.db.delete(one)
            self.book.db.delete(cell)
        self.commit()
        return told

    def add_entries(self, kind, cells, have, submission):
        """Give a submission an entry of a kind for each cell that is new."""
        names = {entry.name for entry in have}
        for cell in (cell for cell in cells if cell.name not in names):
            self.book.db.add(kind(cell_id=cell.id, notebook_id=submission.id))

    def commit(self):
        """Store what was changed, and read afresh."""
        self.book.db.commit()
        self.book.db.expire_all()

    def students(self):
        """Return the names of all who have a submission in the gradebook."""
        found = self.book.assignment_submissions(self.name)
        return {submission.student.id for submission in found}

    def submission(self, student):
        """Return nbgrader's submitted notebook of a student, or None."""
        try:
            return self.book.find_submission_notebook(self.name, self.name, student)
        except MissingEntry:
            return None

    def marks(self, student):
        """Return {cell: Mark} of what was given by hand."""
        found, marks = self.submission(student), {}
        for grade in found.grades if found else ():
            if grade.manual_score is not None or grade.extra_credit is not None:
                marks[grade.name] = Mark(grade.manual_score, grade.extra_credit)
        for comment in found.comments if found else ():
            if comment.manual_comment:
                old = marks.get(comment.name, Mark())
                marks[comment.name] = replace(old, comment=comment.manual_comment)
        return marks

    def enter(self, student, record):
        """Enter what a submission came to.

        A cell that has a mark by hand keeps it; as in nbgrader it waits for a second
        look.
        """
        self.book.update_or_create_student(student)
        when = record.timestamp or None
        self.book.update_or_create_submission(self.name, student, timestamp=when)
        found = self.submission(student)
        for grade in found.grades:
            grade.auto_score = record.points.get(grade.name)
            by_hand = grade.manual_score is not None
            grade.needs_manual_grade = by_hand or grade.auto_score is None
        for comment in found.comments:
            nothing = record.points.get(comment.name) == 0
            comment.auto_comment = "No response." if nothing else None
        self.book.db.commit()

    def penalty(self, student):
        """Enter and return the points that a late submission loses."""
        found = self.submission(student)
        late, points = found.assignment.total_seconds_late, None
        if late > 0:
            try:
                points = self.late.late_submission_penalty(student, found.score, late)
            except Exception as error:  # a plugin of the course's own
                name = type(self.late).__name__
                raise RuntimeError(f"The plugin {name} failed: {error!r}") from error
        penalty = min(max(points or 0.0, 0.0), found.score)  # as nbgrader does
        found.late_submission_penalty = penalty or None
        self.book.db.commit()
        return penalty

    def row(self, student, record):
        """Return a student's row of grades.csv."""
        row = {"student": student, "assignment": self.name, "status": record.status}
        row["isolation"], row["flags"] = record.isolation, "; ".join(record.flags)
        row["notes"] = " ".join(record.notes)
        found = self.submission(student) if record.key else None
        if not found:
            return row
        grades = sorted(found.grades, key=lambda grade: grade.name)
        penalty = found.late_submission_penalty or 0
        row["score"] = f"{max(0, found.score - penalty):g}"
        row["penalty"] = f"{penalty:g}" if penalty else ""
        row["max_score"] = f"{found.max_score:g}"
        row["auto"] = f"{sum(grade.auto_score or 0 for grade in grades):g}"
        by_hand = [g.manual_score for g in grades if g.manual_score is not None]
        row["by_hand"] = f"{sum(by_hand):g}" if by_hand else ""
        row["waiting"] = " ".join(g.name for g in grades if g.needs_manual_grade)
        for grade in grades:
            open_ = grade.auto_score is None and grade.manual_score is None
            row[grade.name] = "" if open_ else f"{grade.score:g}"
        return row


def roster(course):
    """Return the rows of roster.csv, dicts in lower case, or [] if there is none."""
    path = course / "roster.csv"
    text = decoded(path.read_bytes())[0] if path.is_file() else ""
    lines = unicodedata.normalize("NFC", text).splitlines() or ["student"]
    rows = csv.DictReader(lines, restval="", delimiter=max(",;\t", key=lines[0].count))
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames]
    if "student" not in rows.fieldnames:
        raise RuntimeError("roster.csv has no column called student.")
    found = [{key: x.strip() for key, x in row.items() if key} for row in rows]
    return [row for row in found if row["student"]]


def write_csv(path, rows):
    """Write the rows of all assignments, for a spreadsheet."""
    rows = sorted(rows, key=lambda row: (row["assignment"], row["student"]))
    tasks = {key for row in rows for key in row} - {*FIRST, *LAST}
    partial = path.with_suffix(".part")
    with partial.open("w", newline="", encoding="utf-8-sig", errors="replace") as file:
        writer = csv.DictWriter(file, [*FIRST, *sorted(tasks), *LAST], restval="")
        writer.writeheader()
        for row in rows:
            writer.writerow({key: for_a_sheet(x) for key, x in row.items()})
    os.replace(partial, path)


def for_a_sheet(text):
    """Keep a spreadsheet from taking a text of a student's for a formula."""
    text = " ".join(str(text or "").split())
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text
