"""Give grades and feedback back to a learning platform.

Usage: python -m grading.export NAME --to moodle|canvas|csv [--course DIR]

Writes exports/NAME-moodle.csv (or -canvas, -csv), which the platform imports, and
exports/NAME-feedback.zip with the pages in Moodle's naming.
"""

import csv
import re
import sys
import zipfile
from contextlib import closing
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets.config import Config

from grading import release
from grading.book import Book, for_a_sheet, roster

# Columns as the platforms call them, and what ``people`` calls what stands in them.
MOODLE = "Identifier,Full name,Email address,Grade,Maximum Grade"
MOODLE += ",Last modified (grade),Feedback comments"  # refused without "Last ..."
PLAIN = "student,name,e-mail,id,grade,most,penalty,waiting"
TABLES = {
    "moodle": (MOODLE, "participant,name,e-mail,grade,most,,tasks"),
    "canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,{}",
        "name,id,,student,,grade",
    ),
    "csv": (PLAIN, PLAIN),
}


def everybody(course, name, others=()):
    """Return {student: what is known of him}: roster, download and gradebook together.

    Moodle numbers people anew in each assignment, so the download's id comes first.
    """
    found, rows = {}, [*roster(course), *roster(course / "exports" / name)]
    for row in [*rows, *({"student": student} for student in others)]:
        old = found.setdefault(row["student"], {"name": "", "e-mail": "", "id": ""})
        old |= {k: x for k, x in row.items() if x and (k == "id" or not old.get(k))}
    return {x: row | {"name": row["name"] or x} for x, row in found.items()}


def people(gradebook, course, name):
    """Return what is known of everybody, scores included."""
    most = f"{gradebook.find_assignment(name).max_score:g}"
    given = {x.student.id: x for x in gradebook.assignment_submissions(name)}
    found = everybody(course, name, sorted(given))
    for student, row in found.items():
        row["participant"] = row["id"] and f"Participant {row['id']}"
        row["most"], submission = most, given.get(student)
        if submission:
            penalty = submission.late_submission_penalty or 0
            row["grade"] = f"{max(submission.score - penalty, 0):g}"
            row["penalty"] = f"{penalty:g}"
            row["waiting"] = "yes" if submission.needs_manual_grade else ""
            (notebook,) = submission.notebooks
            grades = sorted(notebook.grades, key=lambda grade: grade.name)
            said = [f"{x.name}: {x.score:g} of {x.max_score:g}." for x in grades]
            said += [x.manual_comment for x in notebook.comments if x.manual_comment]
            row["tasks"] = " ".join(said)
    return list(found.values())


class Table(ExportPlugin):
    """Writes, as a plugin of nbgrader's, the file ``to``: exports/NAME-KIND.csv."""

    def export(self, gradebook):
        """Write the table."""
        path, (name,) = Path(self.to), self.assignment
        kind = path.stem.rpartition("-")[2]
        heads, keys = (columns.split(",") for columns in TABLES[kind])
        rows = people(gradebook, path.parents[1], name)
        if kind == "canvas":
            rows.insert(0, {"name": "Points Possible", "grade": rows[0]["most"]})
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file)
            writer.writerow(head.format(name) for head in heads)
            for row in rows:
                writer.writerow(for_a_sheet(row.get(key)) for key in keys)


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
    parser = release.command(__doc__)
    parser.add_argument("--to", choices=TABLES, required=True)
    options = parser.parse_args(arguments)
    course, name = options.course.resolve(), options.name
    path = course / "exports" / f"{name}-{options.to}.csv"
    path.parent.mkdir(exist_ok=True)
    config = Config(ExportPlugin={"assignment": [name], "to": str(path)})
    with closing(Book(course, name)) as book:
        try:
            Table(config=config).export(book.book)
        except MissingEntry:
            sys.exit(f"{name} has not been graded yet: make grade ASSIGNMENT={name}")
        rows = people(book.book, course, name)
    print(path)
    if waiting := [row["name"] for row in rows if row.get("waiting")]:
        print(f"Marks by hand are lacking in the scores of {', '.join(waiting)}.")
    print(path.with_name(f"{name}-feedback.zip"))
    lacks = feedback_zip(course, name)
    print(f"Not in the zip: {'; '.join(lacks)}." if lacks else "All pages are in it.")


if __name__ == "__main__":
    main()
