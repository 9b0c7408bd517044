"""Give grades and feedback back to a learning platform, as the last grading left them.

Usage: python -m grading.export NAME --to moodle|canvas [--course DIR]

Writes exports/NAME-moodle.csv (or -canvas), which the platform imports, and
exports/NAME-feedback.zip with the pages in Moodle's naming.
"""

import json
import re
import sys
import zipfile

import nbformat

from grading import release
from grading.book import for_a_sheet, roster, write_csv
from grading.repair import points_of

# Columns as the platforms call them, and what ``people`` calls what stands in them.
TABLES = {
    "moodle": (  # which refuses a table without "Last modified"
        "Identifier,Full name,Email address,Grade,Maximum Grade,"
        "Last modified (grade),Feedback comments",
        "participant,name,e-mail,score,max_score,,tasks",
    ),
    "canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,{}",
        "name,id,,student,,score",
    ),
}


def people(course, name):
    """Return what is known of everybody: roster, download and grades together.

    Moodle numbers people anew in each assignment, so the download's id comes first.
    """
    grades = json.loads((course / ".grading" / name / "rows.json").read_text("utf-8"))
    most = points_of(nbformat.read(release.source_of(course, name), as_version=4))
    found, full = {}, f"{sum(most.values()):g}"
    for row in [*roster(course), *roster(course / "exports" / name), *grades]:
        old = found.setdefault(row["student"], {"id": ""})
        old |= {k: x for k, x in row.items() if x and (k == "id" or k not in old)}
    for student, row in found.items():
        row["participant"] = row["id"] and f"Participant {row['id']}"
        row.setdefault("name", student)
        said = [f"{key}: {row[key]} of {most[key]:g}." for key in most if row.get(key)]
        row |= {"max_score": full, "tasks": " ".join(said)}
    return list(found.values())


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
    try:
        rows = people(course, name)
    except FileNotFoundError:
        sys.exit(f"{name} has not been graded yet: make grade ASSIGNMENT={name}")
    path = course / "exports" / f"{name}-{options.to}.csv"
    path.parent.mkdir(exist_ok=True)
    heads, keys = (text.format(name).split(",") for text in TABLES[options.to])
    table = [[for_a_sheet(row.get(key)) for key in keys] for row in rows]
    write_csv(path, heads, table)
    print(path)
    if waiting := [row["name"] for row in rows if row.get("waiting")]:
        print(f"Marks by hand are lacking in the scores of {', '.join(waiting)}.")
    print(path.with_name(f"{name}-feedback.zip"))
    lacks = feedback_zip(course, name, rows)
    print(f"Not in the zip: {'; '.join(lacks)}." if lacks else "All pages are in it.")


if __name__ == "__main__":
    main()
