"""Give grades and feedback back to a learning platform.

Usage: python -m grading.export NAME --to moodle|canvas [--course DIR]

Writes exports/NAME-moodle.csv (or -canvas), which the platform imports, and
exports/NAME-feedback.zip with the pages in Moodle's naming.
"""

import re
import sys
import zipfile
from contextlib import closing
from pathlib import Path

from nbgrader.api import MissingEntry
from nbgrader.plugins import ExportPlugin
from traitlets.config import Config

from grading import release
from grading.book import Book, roster, write_csv

# Columns as the platforms call them, and what ``people`` calls what stands in them.
TABLES = {
    "moodle": (  # which refuses a table without "Last modified"
        "Identifier,Full name,Email address,Grade,Maximum Grade,"
        "Last modified (grade),Feedback comments",
        "participant,name,e-mail,grade,most,,tasks",
    ),
    "canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,{}",
        "name,id,,student,,grade",
    ),
}


def people(gradebook, course, name):
    """Return what is known of everybody: roster, download and gradebook together.

    Moodle numbers people anew in each assignment, so the download's id comes first.
    """
    most, found = f"{gradebook.find_assignment(name).max_score:g}", {}
    given = {x.student.id: x for x in gradebook.assignment_submissions(name)}
    known = [*roster(course), *roster(course / "exports" / name)]
    for row in [*known, *({"student": student} for student in sorted(given))]:
        old = found.setdefault(row["student"], {"most": most, "id": ""})
        old |= {k: x for k, x in row.items() if x and (k == "id" or k not in old)}
    for student, row in found.items():
        row["participant"] = row["id"] and f"Participant {row['id']}"
        row.setdefault("name", student)
        if student in given:
            (notebook,) = given[student].notebooks
            penalty = notebook.late_submission_penalty or 0
            row["grade"] = f"{max(notebook.score - penalty, 0):g}"
            row["waiting"] = notebook.needs_manual_grade
            said = [
                f"{x.name}: {x.score:g} of {x.max_score:g}." for x in notebook.grades
            ]
            row["tasks"] = " ".join(sorted(said))
    return list(found.values())


class Table(ExportPlugin):
    """Writes, as a plugin of nbgrader's, the file ``to``: exports/NAME-KIND.csv."""

    def export(self, gradebook):
        """Write the table."""
        path, (name,) = Path(self.to), self.assignment
        rows, kind = people(gradebook, path.parents[1], name), path.stem.split("-")[-1]
        heads, keys = (text.format(name).split(",") for text in TABLES[kind])
        write_csv(path, heads, [[row.get(key) for key in keys] for row in rows])


def feedback_zip(course, name, rows):
    """Write exports/NAME-feedback.zip; return who is not in it, and why."""
    path, lacks = course / "exports" / f"{name}-feedback.zip", []
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for row in rows:
            page = course / "feedback" / row["student"] / name / f"{name}.html"
            # Moodle reads the number between the first two underscores.
            full = re.sub(r'[_/\\:*?"<>|\x00-\x1f]', " ", row["name"]).lstrip(".~ ")
            if not page.is_file():
                lacks.append(f"{row['name']} (no page)")
            elif not row["id"].isdecimal():
                lacks.append(f"{row['name']} (no number of the platform's)")
            else:
                folder = f"{full}_{row['id']}_assignsubmission_file_"
                archive.write(page, f"{folder}/{name}.html")
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
    lacks = feedback_zip(course, name, rows)
    print(f"Not in the zip: {'; '.join(lacks)}." if lacks else "All pages are in it.")


if __name__ == "__main__":
    main()
