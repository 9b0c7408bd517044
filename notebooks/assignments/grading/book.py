"""The course's gradebook, its roster and grades.csv.

Scores go through nbgrader's API into gradebook.db, which Formgrader shows.  Marks and
comments given by hand are never written over.
"""

import csv
import io
import json
import logging
import os
import shutil
import sys
import time
import unicodedata

from nbformat.v4 import new_notebook
from nbgrader.api import Comment, Grade, Gradebook, MissingEntry
from nbgrader.preprocessors import AssignLatePenalties, SaveCells
from sqlalchemy.engine import URL
from sqlalchemy.exc import SQLAlchemyError

from grading import release
from grading.files import decoded, write
from grading.records import Mark

FIRST = ["student", "assignment", "status", "score", "max_score", "penalty"]
LAST = ["waiting", "isolation", "notes"]

# nbgrader calls alembic, which stands beside this Python, to make a new gradebook.
BESIDE = os.path.dirname(sys.executable)
os.environ["PATH"] = os.pathsep.join([BESIDE, os.environ.get("PATH", os.defpath)])
for name in ("tornado.application", "traitlets"):  # errors are told once
    logging.getLogger(name).setLevel("CRITICAL")


class Cells(SaveCells):
    """Collects the cells of a source as nbgrader saves them, and saves none."""

    def _create_notebook(self, notebook):
        pass


class Book:
    """The gradebook of a course, for one assignment.

    It waits some seconds for another program that has the file locked.
    """

    def __init__(self, course, name, wait=30):
        config = release.settings(course)
        file, query = str(course / "gradebook.db"), {"timeout": str(wait)}
        self.url = URL.create("sqlite", database=file, query=query).render_as_string()
        course_id = config.CourseDirectory.course_id or "default_course"
        self.course, self.name, self.config = course, name, config
        self.about = {"notebook": name, "assignment": name, "db_url": self.url}
        self.book = Gradebook(self.url, course_id)
        self.close = self.book.close

    def enter_cells(self, notebook):
        """Bring the assignment's cells up to date; marks of cells that stay are kept.

        The notebook is the source, as it is when nbgrader saves its cells.  Returns a
        sentence, in a list, if cells of submissions are no more.
        """
        book, both, gone, told = self.book, (self.name, self.name), [], []
        book.update_or_create_assignment(self.name)
        kernel = json.dumps(notebook.metadata.get("kernelspec", {}))
        entry = book.update_or_create_notebook(*both, kernelspec=kernel)
        cells = Cells()
        cells.preprocess(notebook, {"nbgrader": self.about})
        for kind in ("grade", "solution", "source"):
            new = getattr(cells, f"new_{kind}_cells")
            old = getattr(entry, f"{kind}_cells")
            gone += [cell for cell in old if cell.name not in new]
            for key, about in new.items():
                getattr(book, f"update_or_create_{kind}_cell")(key, *both, **about)
        if gone and entry.submissions:
            kept = f"gradebook-{time.strftime('%Y%m%d-%H%M%S')}.db"
            shutil.copy(self.course / "gradebook.db", self.course / kept)
            names = ", ".join(sorted({cell.name for cell in gone}))
            told.append(f"{names} left the source; marks for them are only in {kept}.")
        for cell in gone:
            for one in [*getattr(cell, "grades", ()), *getattr(cell, "comments", ())]:
                book.db.delete(one)
            book.db.delete(cell)
        book.db.commit()
        book.db.expire_all()
        for submission in entry.submissions:
            for kind, cells, have in (
                (Grade, entry.grade_cells, submission.grades),
                (Comment, entry.solution_cells, submission.comments),
            ):
                lacks = {cell.name: cell.id for cell in cells}
                for name in lacks.keys() - {one.name for one in have}:
                    book.db.add(kind(cell_id=lacks[name], notebook_id=submission.id))
        book.db.commit()
        book.db.expire_all()
        return told

    def submission(self, student):
        """Return nbgrader's submitted notebook of a student, or None."""
        try:
            return self.book.find_submission_notebook(self.name, self.name, student)
        except MissingEntry:
            return None

    def marks(self, student):
        """Return {cell: Mark} of what was given by hand."""
        found = self.submission(student)
        comments = {x.name: x.manual_comment or None for x in found.comments}
        marks = {key: Mark(comment=said) for key, said in comments.items()}
        for grade in found.grades:
            given = grade.manual_score, grade.extra_credit
            marks[grade.name] = Mark(*given, comments.get(grade.name))
        return {key: mark for key, mark in marks.items() if mark != Mark()}

    def enter(self, student, record):
        """Enter what a submission came to; a mark by hand stays, for a second look."""
        self.book.update_or_create_student(student)
        when = record.timestamp or None
        self.book.update_or_create_submission(self.name, student, timestamp=when)
        for grade in self.submission(student).grades:
            grade.auto_score = record.points.get(grade.name)
            by_hand = grade.manual_score is not None
            grade.needs_manual_grade = by_hand or grade.auto_score is None
        self.book.db.commit()

    def penalty(self, student):
        """Enter and return the points that a late submission loses, by nbgrader."""
        try:
            late = AssignLatePenalties(config=self.config)
            about = self.about | {"student": student}
            late.preprocess(new_notebook(), {"nbgrader": about})
        except SQLAlchemyError:
            raise
        except Exception as error:  # of a plugin of the course's own
            raise ValueError(f"c.AssignLatePenalties failed: {error!r}") from error
        self.book.db.expire_all()
        return self.submission(student).late_submission_penalty or 0.0

    def row(self, student):
        """Return what a student has earned, as it stands in grades.csv."""
        found = self.submission(student)
        grades = sorted(found.grades, key=lambda grade: grade.name)
        penalty = found.late_submission_penalty or 0
        row = {"score": f"{max(0, found.score - penalty):g}"}
        row["penalty"] = f"{penalty:g}" if penalty else ""
        row["max_score"] = f"{found.max_score:g}"
        row["waiting"] = " ".join(g.name for g in grades if g.needs_manual_grade)
        for grade in grades:
            open_ = grade.auto_score is None and grade.manual_score is None
            row[grade.name] = "" if open_ else f"{grade.score:g}"
        return row


def roster(course):
    """Return the rows of roster.csv, dicts in lower case, or [] if there is none."""
    path = course / "roster.csv"
    text = decoded(path.read_bytes()) if path.is_file() else ""
    lines = unicodedata.normalize("NFC", text).splitlines() or ["student"]
    rows = csv.DictReader(lines, restval="", delimiter=max(",;\t", key=lines[0].count))
    rows.fieldnames = [name.strip().lower() for name in rows.fieldnames]
    if "student" not in rows.fieldnames:
        raise RuntimeError("roster.csv has no column called student.")
    found = [{key: x.strip() for key, x in row.items() if key} for row in rows]
    return [row for row in found if row["student"]]


def write_csv(path, head, rows, encoding="utf-8"):
    """Write lists of values."""
    made = io.StringIO()
    csv.writer(made).writerows([head, *rows])
    write(path, made.getvalue(), encoding)


def for_a_sheet(text):
    """Keep a spreadsheet from taking a text of a student's for a formula."""
    text = " ".join(str(text or "").split())
    return "'" + text if text[:1] in ("=", "+", "-", "@") else text
