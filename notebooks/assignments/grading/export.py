"""Give grades and feedback back to a learning platform.

Usage: python -m grading.export NAME --to moodle|canvas|csv [--course DIR]

Writes exports/NAME-moodle.csv (or -canvas, -csv), which the platform imports, and
exports/NAME-feedback.zip with the pages in Moodle's naming.  The tables are plugins of
nbgrader's, too: nbgrader export --exporter=grading.export.Moodle.
"""

import argparse
import csv
import re
import sys
import zipfile
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets.config import Config

from grading import release
from grading.book import Book, for_a_sheet, roster


def everybody(course, name, others=()):
    """Return {student: what is known of him}: roster, download and gradebook together.

    Moodle numbers people anew in each assignment, so the download's id comes first.
    """
    found, rows = {}, [*roster(course), *roster(course / "exports" / name)]
    for row in [*rows, *({"student": student} for student in others)]:
        old = found.get(row["student"]) or dict.fromkeys(["name", "e-mail", "id"], "")
        new = {
            key: x for key, x in row.items() if x and (key == "id" or not old.get(key))
        }
        found[row["student"]] = old | new
    return {x: row | {"name": row["name"] or x} for x, row in found.items()}


class Csv(ExportPlugin):
    """A plain table for any platform; ``columns`` are what ``scores`` returns."""

    columns = ("student", "name", "e-mail", "id", "grade", "most", "penalty", "waiting")
    heads = columns

    def export(self, gradebook):
        """Write a table of each ``assignment`` (or of all) into the folder ``to``."""
        course = Path(gradebook.engine.url.database).parent
        folder = Path(self.to or course / "exports")
        folder.mkdir(exist_ok=True)
        for name in self.assignment or [x.name for x in gradebook.assignments]:
            rows = [[head.format(name) for head in self.heads]]
            for person in self.scores(gradebook, course, name):
                row = [person.get(key, "") for key in self.columns]
                rows.append([for_a_sheet(cell) for cell in row])
            path = folder / f"{name}-{type(self).__name__.lower()}.csv"
            with path.open("w", newline="", encoding="utf-8") as file:
                csv.writer(file).writerows(rows)

    def scores(self, gradebook, course, name):
        """Return what is known of everybody, scores included."""
        most = f"{gradebook.find_assignment(name).max_score:g}"
        given = {x.student.id: x for x in gradebook.assignment_submissions(name)}
        people = everybody(course, name, sorted(given))
        for student, row in people.items():
            row |= {
                "most": most,
                "participant": row["id"] and f"Participant {row['id']}",
            }
            if student in given:
                penalty = given[student].late_submission_penalty or 0
                row["grade"] = f"{max(given[student].score - penalty, 0):g}"
                row["penalty"] = f"{penalty:g}"
                row["waiting"] = "yes" if given[student].needs_manual_grade else ""
                row["tasks"] = tasks(given[student])
        return list(people.values())


def tasks(submission):
    """Return the points of each task, and a person's comments, in words."""
    said = []
    for notebook in submission.notebooks:
        for grade in sorted(notebook.grades, key=lambda grade: grade.name):
            said.append(f"{grade.name}: {grade.score:g} of {grade.max_score:g}.")
        said += [x.manual_comment for x in notebook.comments if x.manual_comment]
    return " ".join(said)


class Moodle(Csv):
    """A table for Moodle's "Upload grading worksheet"."""

    heads = ("Identifier", "Full name", "Email address", "Grade", "Maximum Grade")
    heads += (
        "Last modified (grade)",
        "Feedback comments",
    )  # without "Last ..." it is refused
    columns = ("participant", "name", "e-mail", "grade", "most", "", "tasks")


class Canvas(Csv):
    """A table for Canvas's "Import Grades"."""

    heads = ("Student", "ID", "SIS User ID", "SIS Login ID", "Section", "{}")
    columns = ("name", "id", "", "student", "", "grade")

    def scores(self, gradebook, course, name):
        """Return what is known of everybody, below a row with the most there is."""
        rows = super().scores(gradebook, course, name)
        return [{"name": "Points Possible", "grade": rows[0]["most"]}, *rows]


def feedback_zip(course, name):
    """Write exports/NAME-feedback.zip; return who is not in it, and why."""
    pages = {p.parts[-3]: p for p in course.glob(f"feedback/*/{name}/{name}.html")}
    path, lacks = course / "exports" / f"{name}-feedback.zip", []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for student, person in everybody(course, name, sorted(pages)).items():
            # Moodle reads the number between the first two underscores.
            full = re.sub(r'[_/\\:*?"<>|\x00-\x1f]', " ", person["name"]).lstrip(".~ ")
            if student not in pages:
                lacks.append(f"{person['name']} (no page)")
            elif not person["id"].isdecimal():
                lacks.append(f"{person['name']} (no number of the platform's)")
            else:
                folder = f"{full}_{person['id']}_assignsubmission_file_"
                archive.write(pages[student], f"{folder}/{name}.html")
    return lacks


def main(arguments=None):
    """Export what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", metavar="NAME", help="of the assignment")
    parser.add_argument("--to", choices=["moodle", "canvas", "csv"], required=True)
    parser.add_argument("--course", type=Path, default=release.COURSE)
    options = parser.parse_args(arguments)
    course, name = options.course.resolve(), options.name
    plugin = {"moodle": Moodle, "canvas": Canvas, "csv": Csv}[options.to]
    plugin = plugin(config=Config(ExportPlugin={"assignment": [name]}))
    book = Book(course, name)
    try:
        plugin.export(book.book)
        rows = plugin.scores(book.book, course, name)
    except MissingEntry:
        sys.exit(f"{name} has not been graded yet: make grade ASSIGNMENT={name}")
    finally:
        book.close()
    print(course / "exports" / f"{name}-{options.to}.csv")
    if waiting := [row["name"] for row in rows if row.get("waiting")]:
        print(f"Marks by hand are lacking in the scores of {', '.join(waiting)}.")
    print(course / "exports" / f"{name}-feedback.zip")
    lacks = feedback_zip(course, name)
    print(f"Not in the zip: {'; '.join(lacks)}." if lacks else "All pages are in it.")


if __name__ == "__main__":
    main()
