"""Give grades and feedback back to a learning platform.

Usage: python -m grading.export NAME --to moodle|canvas [--course DIR]

Writes exports/NAME-moodle.csv or NAME-canvas.csv, which the platform imports, and
exports/NAME-feedback.zip with the pages in Moodle's naming.  ``Moodle`` and ``Canvas``
are plugins of nbgrader's too: nbgrader export --exporter=grading.export.Moodle.
"""

import argparse
import csv
import sys
import zipfile
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets.config import Config

from grading import release
from grading.book import Book, for_a_sheet, roster


class Moodle(ExportPlugin):
    """A table for Moodle's "Upload grading worksheet"."""

    def export(self, gradebook):
        """Write the table to ``to``, for the one ``assignment``."""
        rows = [("Identifier", "Full name", "Email address", "Grade", "Maximum grade")]
        for person, score, most in self.scores(gradebook):
            number = person.get("id", "")
            rows.append(
                (
                    f"Participant {number}" if number else "",
                    person.get("name") or person["student"],
                    person.get("e-mail", ""),
                    score,
                    most,
                )
            )
        self.write(rows)

    def scores(self, gradebook):
        """Yield (row of the roster, score or "", most) of everybody."""
        (name,) = self.assignment
        people = roster(Path(self.to).parents[1])
        known = {person["student"] for person in people}
        others = [
            s.id for s in gradebook.assignment_submissions(name) for s in [s.student]
        ]
        people += [{"student": x} for x in sorted(others) if x not in known]
        most = f"{gradebook.find_assignment(name).max_score:g}"
        for person in people:
            try:
                found = gradebook.find_submission(name, person["student"])
                penalty = found.late_submission_penalty or 0
                yield person, f"{max(found.score - penalty, 0):g}", most
            except MissingEntry:
                yield person, "", most

    def write(self, rows):
        """Write the rows, for a spreadsheet or the platform."""
        with open(self.to, "w", newline="", encoding="utf-8") as file:
            csv.writer(file).writerows([[for_a_sheet(x) for x in row] for row in rows])


class Canvas(Moodle):
    """A table for Canvas's "Import grades"."""

    def export(self, gradebook):
        """Write the table to ``to``, for the one ``assignment``."""
        scores = list(self.scores(gradebook))
        most = scores[0][2] if scores else ""
        rows = [("Student", "ID", "SIS User ID", "SIS Login ID", "Section")]
        rows[0] += (self.assignment[0],)
        rows.append(("    Points Possible", "", "", "", "", most))
        for person, score, _ in scores:
            name = person.get("name") or person["student"]
            rows.append((name, person.get("id", ""), "", person["student"], "", score))
        self.write(rows)


def feedback_zip(course, name):
    """Write exports/NAME-feedback.zip; return whom it lacks."""
    people = roster(course)
    people = people or [
        {"student": p.parent.name} for p in course.glob(f"feedback/*/{name}")
    ]
    lacks = []
    with zipfile.ZipFile(course / "exports" / f"{name}-feedback.zip", "w") as archive:
        for person in people:
            page = course / "feedback" / person["student"] / name / f"{name}.html"
            full, number = person.get("name") or person["student"], person.get("id", "")
            if page.is_file():
                folder = f"{full}_{number}_assignsubmission_file_".replace("/", " ")
                archive.write(page, f"{folder}/{name}.html")
            else:
                lacks.append(full)
    return lacks


def main(arguments=None):
    """Export what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", metavar="NAME", help="of the assignment")
    parser.add_argument("--to", choices=["moodle", "canvas"], required=True)
    parser.add_argument("--course", type=Path, default=release.COURSE)
    options = parser.parse_args(arguments)
    course, name = options.course.resolve(), options.name
    (course / "exports").mkdir(exist_ok=True)
    to = course / "exports" / f"{name}-{options.to}.csv"
    kind = {"moodle": Moodle, "canvas": Canvas}[options.to]
    config = Config({kind.__name__: {"to": str(to), "assignment": [name]}})
    book = Book(course, name)
    try:
        kind(config=config).export(book.book)
    except MissingEntry:
        sys.exit(f"{name} has not been graded yet: make grade ASSIGNMENT={name}")
    finally:
        book.close()
    lacks = feedback_zip(course, name)
    print(f"{to}\n{course}/exports/{name}-feedback.zip")
    print(f"No page for: {', '.join(lacks)}." if lacks else "A page for everybody.")


if __name__ == "__main__":
    main()
