"""Grade a class: submitted/STUDENT/NAME/ to scores, grades.csv and feedback pages.

Usage: python -m grading.grade NAME [options]      (make grade ASSIGNMENT=NAME)

Each submission is run in processes and a folder of its own, closed in as far as this
machine allows.  What did not change since the last time is not run again, marks given
by hand stay, and a grading that was interrupted goes on where it stopped: just run the
command again.  Scores are in gradebook.db (Formgrader shows them, and takes the marks
for the written answers) and in grades.csv; pages for the students are in feedback/.
The exit code is 0 if everybody who handed in has a grade, 1 if somebody has none.
"""

import contextlib
import fcntl
import hashlib
import json
import multiprocessing
import os
import shutil
import sys
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  (builds its cache before it is needed)
import nbformat
from nbgrader.api import InvalidEntry
from sqlalchemy.exc import SQLAlchemyError

import nnlib
from grading import clean, cluster, page, release, sandbox, submission
from grading.book import Book, roster, write_csv
from grading.files import DEBRIS, digest, say, shown, within
from grading.records import Job, Limits, PageJob, Record

SLACK = 120  # seconds that a process may take beyond its submission's time
PAGE_SECONDS = 60
LOST = "The grader's process ended without a result; grade again."
LACKS_GRADE = ("failed", "not graded")
ODD = "The name of the folder is not UTF-8: rename it."
LIMITS = {  # field of Limits: (option, help)
    "seconds": ("--seconds", "a cell may take"),
    "total_seconds": ("--total-seconds", "a notebook may take"),
    "memory_mb": ("--memory", "a notebook's, in MB"),
    "output_kb": ("--output-limit", "of a cell, in kB"),
}


def options(arguments):
    """Return the options on the command line."""
    parser = release.command(__doc__)
    add, kinds = parser.add_argument, ["auto", *sandbox.KINDS]
    add("--student", action="append", help="grade only this one (may be repeated)")
    add("--force", action="store_true", help="grade again what did not change, too")
    add("--dry-run", action="store_true", help="only say what would be done")
    add("--workers", type=int, default=os.cpu_count(), help="submissions at a time")
    add(
        "--dask", metavar="ADDRESS", help="let the workers of this Dask scheduler do it"
    )
    closed = "from the network and from other files"
    add("--isolation", choices=kinds, default="auto", help=closed)
    for field, (option, text) in LIMITS.items():
        usual = getattr(Limits, field)
        add(option, dest=field, type=positive, default=usual, help=text)
    return parser.parse_args(arguments)


def positive(text):
    """Return the number that a text says; there is no limit of 0."""
    number = float(text)
    if not 0 < number < 1e9:
        raise ValueError
    return int(number) if number.is_integer() else number


def main(arguments=None):
    """Grade what the command line names; return the exit code."""
    chosen = options(arguments)
    try:
        if chosen.dry_run:
            return plan(*look(Course(chosen, "")))
        course = Course(chosen, sandbox.choose(chosen.isolation))
        if warning := sandbox.warn_root():
            say(warning)
        course.folder.mkdir(parents=True, exist_ok=True)
        with (course.folder / "lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            return grade(course)
    except BlockingIOError:
        say("Another grading of this assignment runs.", sys.stderr)
    except KeyboardInterrupt:
        say("Interrupted. Run the command again: it goes on from here.")
        return 130
    except (InvalidEntry, SQLAlchemyError) as error:
        cause = "close the program that has gradebook.db open, and run again"
        reason = cause if "locked" in str(error) else str(error).split("\n")[0]
        say(f"The gradebook cannot be written: {reason}.", sys.stderr)
    except (OSError, RuntimeError) as error:
        say(f"The grading stopped. {error}", sys.stderr)
    return 2


class Course:
    """A course folder, for one grading of an assignment.

    ``key`` stands for all that results depend on beside what was handed in: source,
    settings, grader and nnlib, whose figures change no points.
    """

    def __init__(self, chosen, isolation):
        self.chosen, self.isolation, self.name = chosen, isolation, chosen.name
        self.path = chosen.course.resolve()
        self.folder = self.path / ".grading" / self.name
        self.template = self.folder / "template"
        release.settings(self.path)  # says so if there is something wrong with them
        self.source = release.source_of(self.path, self.name).parent
        self.limits = Limits(**{field: getattr(chosen, field) for field in LIMITS})
        code = sorted(Path(nnlib.__file__).parent.glob("*.py"))
        texts = [x.read_bytes() for x in [self.path / release.SETTINGS, *code]]
        texts += [digest(self.source), digest(Path(__file__).parent)]
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
    record: Record | None
    runs: bool


def look(course):
    """Return (Entries, rows of those without a submission, sentences on the rest)."""
    submitted, name = course.path / "submitted", course.name
    entries, rows, wrong, aside = [], [], [], []
    for path in sorted(submitted.glob("*")):
        if not is_folder(path) or not os.path.lexists(path / name):
            wrong += misplaced(path, name)
        elif os.fsencode(path.name).decode("utf-8", "replace") == path.name:
            entries.append(entry_of(course, path.name))
        else:
            rows.append(course.row(shown(path, submitted), "not graded", ODD))
    if wrong:
        names = ", ".join(shown(path, submitted) for path in wrong)
        aside.append(
            f"Not graded, because it is not submitted/STUDENT/{name}/: {names}."
        )
    students = {entry.student for entry in entries}
    if unknown := {*(course.chosen.student or ())} - students:
        raise RuntimeError(f"submitted/ has no {', '.join(sorted(unknown))}.")
    if not entries + rows:
        raise RuntimeError(f"There is no submitted/STUDENT/{name}. {' '.join(aside)}")
    people = {row["student"] for row in roster(course.path)}
    rows += [course.row(student, "missing") for student in sorted(people - students)]
    if people and students - people:
        aside.append(f"Not in roster.csv: {', '.join(sorted(students - people))}.")
    return entries, rows, aside


def is_folder(path):
    """Tell whether a path is a folder that somebody made, and no link."""
    return path.is_dir() and not path.is_symlink() and not DEBRIS.fullmatch(path.name)


def misplaced(path, name):
    """Return what of a path in submitted/ may be meant for the assignment."""
    if DEBRIS.fullmatch(path.name) or (path.name[0] == "." and not path.is_dir()):
        return []
    files = within(path) if is_folder(path) else []
    near = [x for x in files if x.parent == path or name in str(x).lower()]
    return near if files else [path]


def entry_of(course, student):
    """Return the Entry of a student."""
    submitted, chosen = course.path / "submitted" / student / course.name, course.chosen
    safe = hashlib.sha256(student.encode()).hexdigest()[:16]
    where = course.name, submitted, course.folder / "students" / safe, course.template
    key = f"{course.key} {digest(submitted)}"
    job = Job(*where, course.isolation, course.limits, key)
    record = Record.read(job.folder)
    changed = chosen.force or not record or record.key != job.key
    runs = changed and (not chosen.student or student in chosen.student)
    # points by an earlier source would not fit those of the others
    runs |= bool(record and record.key and not record.key.startswith(course.key))
    return Entry(student, job, record, runs)


def plan(entries, others, aside):
    """Say what would be done; return the exit code."""
    for entry in entries:
        known = "unchanged" if entry.record else "not graded, left out by --student"
        say(f"{entry.student}: {'would be graded' if entry.runs else known}")
    for row in others:
        say(f"{row['student']}: {row['status']}. {row['notes']}".rstrip(". "))
    for text in aside:
        say(text)
    return 0


def grade(course):
    """Grade, enter, write grades.csv and pages; return the exit code."""
    began = time.monotonic()
    entries, rows, aside = look(course)
    make_template(course)
    with contextlib.closing(Book(course.path, course.name)) as book:
        todo = [entry for entry in entries if entry.runs]
        work = cluster.run if course.chosen.dask else run
        for number, entry in enumerate(work(course, todo), 1):
            tell(entry, number, len(todo), time.monotonic() - began)
        prepared = release.prepared(course.path, course.name, "SaveCells")
        aside += book.enter_cells(prepared)
        gone = sorted(book.students() - {entry.student for entry in entries})
        aside += [f"In the gradebook, not in submitted/: {x}" for x in gone]
        for entry in entries:
            aside += enter(course, book, entry, rows)
    aside += store_rows(course, rows)
    summary(course, entries, rows, aside)
    say(f"{len(todo)} graded now, in {time.monotonic() - began:.0f} s.")
    return int(any(row["status"] in LACKS_GRADE for row in rows))


def make_template(course):
    """Make the folder that all submissions are graded by."""
    released, file = release.released(course.path, course.name), f"{course.name}.ipynb"
    shutil.rmtree(course.template, ignore_errors=True)
    shutil.copytree(course.source, course.template / "source" / course.name)
    for place in (f"release/{course.name}", "others"):
        (course.template / place).mkdir(parents=True)
    nbformat.write(released, course.template / "release" / course.name / file)
    for other in course.path.glob("release/*/*.ipynb"):
        if other.stem == other.parent.name != course.name:
            shutil.copy(other, course.template / "others")


def run(course, entries):
    """Run submissions, each in a process of its own, and yield what is done."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["grading.submission"])
    waiting, running, seconds = list(entries), {}, course.limits.total_seconds + SLACK
    try:
        while waiting or running:
            while waiting and len(running) < max(course.chosen.workers, 1):
                entry = waiting.pop(0)
                (entry.job.folder / "record.json").unlink(missing_ok=True)
                worker = context.Process(target=submission.process, args=(entry.job,))
                worker.start()
                running[worker.sentinel] = worker, entry, time.monotonic() + seconds
            for sentinel in wait(list(running), timeout=1):
                worker, entry, _ = running.pop(sentinel)
                worker.join()
                entry.record = Record.read(entry.job.folder) or Record(notes=[LOST])
                yield entry
            for worker, _, until in running.values():
                if time.monotonic() > until:
                    worker.kill()
    finally:
        for worker, _, _ in running.values():
            worker.kill()
            worker.join()


def tell(entry, number, of, seconds):
    """Say what a submission came to, and how long the others will take."""
    earned = sum(x or 0 for x in entry.record.points.values())
    left = seconds / number * (of - number) / 60
    about = f" (about {left:.0f} min left)" if left > 1.5 else ""
    text = f"{entry.student}: {entry.record.status}, {earned:g} points"
    say(f"{number}/{of} {text}{about}")


def enter(course, book, entry, rows):
    """Enter a record into gradebook and rows, and hand it back; return sentences."""
    student, record, entered = entry.student, entry.record, entry.job.folder / "entered"
    if not record:
        rows.append(course.row(student, "not graded", "Left out."))
    elif not record.key:
        rows.append(book.row(student, record))
    else:
        if not entered.is_file() or not book.submission(student):
            book.enter(student, record)
            entered.touch()  # goes when it runs again
        penalty = book.penalty(student)
        rows.append(book.row(student, record))
        return hand_back(course, entry, book.marks(student), penalty)
    return []


def hand_back(course, entry, marks, penalty):
    """Copy the notebook to its place, make a page if it is new; return sentences."""
    graded, target = (
        course.path / step / entry.student / course.name / f"{course.name}.{kind}"
        for step, kind in (("autograded", "ipynb"), ("feedback", "html"))
    )
    where = (course.name, entry.job.folder, course.template)
    job = PageJob(*where, entry.record, marks, penalty, target)
    made, state = job.folder / "page", ascii((sorted(marks.items()), penalty))
    try:
        graded.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(job.folder / "graded.ipynb", graded)
        if not (target.is_file() and made.is_file() and made.read_text() == state):
            target.unlink(missing_ok=True)  # no page is better than an old one
            with clean.until(time.monotonic() + PAGE_SECONDS):
                page.make(job)
            made.write_text(state)
    except (Exception, clean.TooSlow) as error:
        return [f"No page for {entry.student}: {error!r}"]
    return []


def store_rows(course, rows):
    """Store the assignment's rows, write grades.csv from all; return sentences."""
    (course.folder / "rows.json").write_text(json.dumps(rows), "utf-8")
    everything = []
    try:
        for path in sorted((course.path / ".grading").glob("*/rows.json")):
            everything += json.loads(path.read_text("utf-8"))
        write_csv(course.path / "grades.csv", everything)
        return []
    except OSError as error:
        return [
            f"grades.csv cannot be written ({error.strerror}): close the program that "
            "has it open, and run again."
        ]


def summary(course, entries, rows, aside):
    """Say what came of it."""
    counts = Counter(row["status"] for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    say(f"{course.name}: {len(entries)} submissions ({told}).")
    for kind in sorted({row["isolation"] for row in rows if row.get("isolation")}):
        say(f"Isolation: {sandbox.IN_WORDS[kind]}.")
    if noticed := [row["student"] for row in rows if row.get("flags")]:
        say(f"Notices, in grades.csv, on: {', '.join(noticed)}")
    by_task([e.record for e in entries if e.record and e.record.key], rows)
    for row in rows:
        if row["status"] in LACKS_GRADE:
            say(f"{row['student']} was not graded. {row['notes']}")
    for text in aside:
        say(text)
    waiting = sum(bool(row.get("waiting")) for row in rows)
    say(f"{waiting} wait for marks by hand (Formgrader). {course.path}/grades.csv")


def by_task(records, rows):
    """Print the mean, the share of full points and the commonest message of a task."""
    for cell, most in (records[0].most if records else {}).items():
        points = [float(row[cell]) for row in rows if row.get(cell)]
        said = Counter(filter(None, (complaint(r.said.get(cell)) for r in records)))
        common = "".join(f"  {count} x {text}" for text, count in said.most_common(1))
        if points:
            full = sum(x == most for x in points) / len(points)
            mean = sum(points) / len(points)
            say(f"{cell:<12} mean {mean:4.1f} of {most:<4g} full {full:4.0%}{common}")


def complaint(said):
    """Return the first line of a check's that is not praise, or ""."""
    lines = (said or "").splitlines()
    return next((x for x in lines if not x.endswith("all checks passed.")), "")


if __name__ == "__main__":
    sys.exit(main())
