"""Grade a class: submitted/STUDENT/NAME/ to scores, grades.csv and feedback pages.

Usage: python -m grading.grade NAME [options]      (make grade ASSIGNMENT=NAME)

What did not change since the last time is not run again, marks given by hand stay, and
a grading that was interrupted goes on where it stopped.  Scores are in gradebook.db and
in grades.csv; pages for the students are in feedback/.
The exit code is 0 if everybody who handed in has a grade, 1 if somebody has none.
"""

import contextlib
import fcntl
import hashlib
import json
import os
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  (builds its cache before it is needed)
from nbgrader.api import InvalidEntry
from sqlalchemy.exc import SQLAlchemyError

import nnlib
from grading import book, clean, page, pool, release, sandbox
from grading.files import DEBRIS, digest, say, shown, within, write
from grading.records import Job, Limits, PageJob, Record

PAGE_SECONDS = 60
LACKS_GRADE = ("failed", "not graded")
ODD = "The name of the folder is not UTF-8: rename it."


class Course:
    """A course folder, for one grading of an assignment.

    ``key`` stands for all that results depend on beside what was handed in: source,
    settings, grader and nnlib, whose figures change no points.
    """

    def __init__(self, chosen):
        self.chosen, self.name = chosen, chosen.name
        self.path = chosen.course.resolve()
        self.folder = self.path / ".grading" / self.name
        self.template = release.template(self.path, self.name)
        self.limits = Limits(chosen.seconds, chosen.total_seconds, chosen.memory)
        code = sorted(Path(nnlib.__file__).parent.glob("*.py"))
        texts = [x.read_bytes() for x in [self.path / release.SETTINGS, *code]]
        texts += [digest(self.template.folder), digest(Path(__file__).parent)]
        self.key = hashlib.sha256(repr(texts).encode()).hexdigest()

    def row(self, student, status, notes=""):
        """Return the row of somebody without a record."""
        row = {"student": student, "assignment": self.name, "status": status}
        return row | {"notes": notes}


@dataclass
class Entry:
    """A submission on its way: whose it is, what it came to, whether it must run."""

    student: str
    job: Job
    record: Record
    runs: bool


def main(arguments=None):
    """Grade what the command line names; return the exit code."""
    parser = release.command(__doc__)
    add, kinds = parser.add_argument, ["auto", *sandbox.KINDS]
    add("--student", action="append", help="grade only this one (may be repeated)")
    add("--force", action="store_true", help="grade again what did not change, too")
    add("--dry-run", action="store_true", help="only say what would be done")
    add("--workers", type=int, default=os.cpu_count(), help="submissions at a time")
    add("--dask", metavar="ADDRESS", help="let this Dask scheduler's workers do it")
    add("--isolation", choices=kinds, default="auto", help="what closes them in")
    add("--seconds", type=float, default=Limits.seconds, help="a cell may take")
    add("--total-seconds", type=float, default=Limits.total_seconds, help="a notebook")
    add("--memory", type=int, default=Limits.memory_mb, help="a notebook's, in MB")
    chosen = parser.parse_args(arguments)
    try:
        course = Course(chosen)
        if chosen.dry_run:
            return grade(course)
        sandbox.choose(chosen.isolation)  # or say that none works
        if os.geteuid() == 0:
            say(sandbox.ROOT)
        course.folder.mkdir(parents=True, exist_ok=True)
        with (course.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return grade(course)
    except BlockingIOError:
        say("Another grading of this assignment runs.", sys.stderr)
    except KeyboardInterrupt:
        say("Interrupted. Run the command again: it goes on from here.")
        return 130
    except (InvalidEntry, SQLAlchemyError, OSError, RuntimeError) as error:
        locked = "Close the program that has gradebook.db open, and run again."
        reason = locked if "locked" in str(error) else str(error).split("\n")[0]
        say(f"The grading stopped. {reason}", sys.stderr)
    return 2


def look(course):
    """Return (Entries, rows of those without a submission, sentences on the rest)."""
    top, name, entries, rows = course.path / "submitted", course.name, [], []
    for path in sorted(top.glob("*")):
        if path.is_symlink() or DEBRIS.fullmatch(path.name):
            continue
        if os.path.lexists(path / name):
            if os.fsencode(path.name).decode("utf-8", "replace") == path.name:
                entries.append(entry_of(course, path.name))
            else:
                rows.append(course.row(shown(path, top), "not graded", ODD))
    aside, known = [], {name, *course.template.others}
    wrong = [(path, path.relative_to(top).parts) for path in within(top)]
    wrong = [path for path, steps in wrong if not {*steps[1:2]} & known]
    if wrong := [shown(path, top) for path in wrong if path.name[0] != "."]:
        place = f"submitted/STUDENT/{name}/"
        aside = [f"Not graded, because it is not {place}: {', '.join(wrong)}."]
    students = {entry.student for entry in entries}
    if unknown := {*(course.chosen.student or ())} - students:
        raise RuntimeError(f"submitted/ has no {', '.join(sorted(unknown))}.")
    if not entries + rows:
        raise RuntimeError(f"There is no submitted/STUDENT/{name}. {' '.join(aside)}")
    people = {row["student"] for row in book.roster(course.path)}
    rows += [course.row(student, "missing") for student in sorted(people - students)]
    if people and students - people:
        aside.append(f"Not in roster.csv: {', '.join(sorted(students - people))}.")
    return entries, rows, aside


def entry_of(course, student):
    """Return the Entry of a student."""
    submitted, chosen = course.path / "submitted" / student / course.name, course.chosen
    safe = hashlib.sha256(student.encode()).hexdigest()[:16]
    folder, key = course.folder / "students" / safe, f"{course.key} {digest(submitted)}"
    job = course.template, submitted, folder, chosen.isolation, course.limits, key
    record = Record.read(folder) or Record(status="not graded", notes=["Left out."])
    changed = chosen.force or record.key != key
    runs = changed and (not chosen.student or student in chosen.student)
    # points by an earlier source would not fit those of the others
    runs |= bool(record.key) and not record.key.startswith(course.key)
    return Entry(student, Job(*job), record, runs)


def grade(course):
    """Grade, enter, write grades.csv and pages; return the exit code."""
    began = time.monotonic()
    entries, rows, aside = look(course)
    todo = [entry for entry in entries if entry.runs]
    if course.chosen.dry_run:
        for text in [f"{entry.student}: would be graded" for entry in todo] + aside:
            say(text)
        return 0
    with contextlib.closing(book.Book(course.path, course.name)) as opened:
        for number, entry in enumerate(pool.run(course, todo), 1):
            earned = sum(x or 0 for x in entry.record.points.values())
            left = (time.monotonic() - began) / number * (len(todo) - number) / 60
            about = f" (about {left:.0f} min left)" if left > 1.5 else ""
            text = f"{entry.student}: {entry.record.status}, {earned:g} points"
            say(f"{number}/{len(todo)} {text}{about}")
        source = release.released(course.path, course.name, until="SaveCells")
        aside += opened.enter_cells(source)
        for entry in entries:
            rows.append(enter(course, opened, entry, aside))
    summary(course, entries, rows, [*aside, *store(course, rows)])
    say(f"{len(todo)} graded now, in {time.monotonic() - began:.0f} s.")
    return int(any(row["status"] in LACKS_GRADE for row in rows))


def enter(course, opened, entry, aside):
    """Enter a record into the gradebook, hand it back; return its row of grades.csv."""
    student, record, entered = entry.student, entry.record, entry.job.folder / "entered"
    row = course.row(student, record.status, " ".join(record.notes))
    if not record.key:
        return row
    if not entered.is_file() or not opened.submission(student):
        opened.enter(student, record)
        entered.touch()  # goes when it runs again
    graded, target = (
        course.path / step / student / course.name / f"{course.name}.{kind}"
        for step, kind in (("autograded", "ipynb"), ("feedback", "html"))
    )
    with contextlib.suppress(OSError):
        target.unlink()  # no page is better than an old one
    try:
        earned = opened.marks(student), opened.penalty(student)
    except ValueError as error:
        return course.row(student, "failed", str(error))
    job = PageJob(course.template, entry.job.folder, record, *earned, target)
    try:
        graded.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(job.folder / "graded.ipynb", graded)
        with clean.until(time.monotonic() + PAGE_SECONDS):
            page.make(job)
    except (Exception, clean.TooSlow) as error:
        aside.append(f"No page for {student}: {error!r}")
    return row | {"isolation": record.isolation} | opened.row(student)


def store(course, rows):
    """Store the assignment's rows, write grades.csv from all; return sentences."""
    everything = []
    try:
        write(course.folder / "rows.json", json.dumps(rows))
        for path in (course.path / ".grading").glob("*/rows.json"):
            everything += json.loads(path.read_text("utf-8"))
        everything.sort(key=lambda row: (row["assignment"], row["student"]))
        tasks = {key for row in everything for key in row} - {*book.FIRST, *book.LAST}
        head = [*book.FIRST, *sorted(tasks), *book.LAST]
        rows = [[book.for_a_sheet(x.get(key)) for key in head] for x in everything]
        book.write_csv(course.path / "grades.csv", head, rows, "utf-8-sig")
        return []
    except OSError as error:
        why = f"grades.csv cannot be written ({error.strerror})"
        return [f"{why}: close the program that has it open, and run again."]


def summary(course, entries, rows, aside):
    """Say what came of it: of the class, of each task, of who needs a look."""
    counts = Counter(row["status"] for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    say(f"{course.name}: {len(entries)} submissions ({told}).")
    for kind in sorted({row["isolation"] for row in rows if row.get("isolation")}):
        say(f"Isolation: {sandbox.IN_WORDS[kind]}.")
    records = [entry.record for entry in entries if entry.record.key]
    for cell, most in (records[0].most if records else {}).items():
        points = [float(row[cell]) for row in rows if row.get(cell)]
        lines = [x.said.get(cell, "").partition("\n")[0] for x in records]
        said = Counter(x for x in lines if x and not x.endswith("checks passed."))
        common = "".join(f"  {count} x {text}" for text, count in said.most_common(1))
        if points:
            full = sum(x == most for x in points) / len(points)
            mean = sum(points) / len(points)
            say(f"{cell:<12} mean {mean:4.1f} of {most:<4g} full {full:4.0%}{common}")
    lacks = [row for row in rows if row["status"] in LACKS_GRADE]
    for text in [f"{x['student']} was not graded. {x['notes']}" for x in lacks] + aside:
        say(text)
    waiting = sum(bool(row.get("waiting")) for row in rows)
    say(f"{waiting} wait for marks by hand (Formgrader). {course.path}/grades.csv")


if __name__ == "__main__":
    sys.exit(main())
