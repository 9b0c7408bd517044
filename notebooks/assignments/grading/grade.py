"""Grade a class: submitted/STUDENT/NAME/ to scores, grades.csv and feedback pages.

Usage: python -m grading.grade NAME [options]      (make grade ASSIGNMENT=NAME)

Each submission is run in processes and a folder of its own, closed in as far as this
machine allows.  What did not change since the last time is not run again, marks given
by hand stay, and a grading that was interrupted goes on where it stopped: just run the
command again.  Scores are in gradebook.db (Formgrader shows them, and takes the marks
for the written answers) and in grades.csv; pages for the students are in feedback/.
The exit code is 0 if everybody who handed in has a grade, 1 if somebody has none.
"""

import argparse
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
from grading import page, release, sandbox, submission
from grading.book import NOTICE, Book, roster, write_csv
from grading.records import Job, Limits, PageJob, Record
from grading.repair import DEBRIS, DEEPEST, printable, shown, within

SLACK = 120  # seconds that a process may take beyond its submission's time
PAGE_SECONDS = 60
LOST = "The grader's process ended without a result; grade again."
ODD = "The name of the folder is not UTF-8: rename it."
LIMITS = {  # field: (option, type, the least that makes sense, help)
    "seconds": ("--seconds", float, 0.1, "a cell may take"),
    "total_seconds": ("--total-seconds", float, 1, "a notebook may take"),
    "memory_mb": ("--memory", int, 200, "a notebook's, in MB"),
    "output_kb": ("--output-limit", int, 1, "of a cell, in kB"),
}


def options(arguments):
    """Return the options on the command line."""
    start, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=start,
        epilog=rest.partition("\n\n")[2],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add, kinds = parser.add_argument, ["auto", *sandbox.KINDS]
    add("name", metavar="NAME", help="of the assignment, such as 03_backprop")
    add("--course", type=Path, default=release.COURSE, help="course folder")
    add("--student", action="append", help="grade only this one (may be repeated)")
    add("--force", action="store_true", help="grade again what did not change, too")
    add("--dry-run", action="store_true", help="only say what would be done")
    add("--workers", type=int, default=os.cpu_count(), help="submissions at a time")
    closed = "from the network and from other files"
    add("--isolation", choices=kinds, default="auto", help=closed)
    for field, (option, kind, _, text) in LIMITS.items():
        usual = getattr(Limits, field)
        add(option, dest=field, type=kind, default=usual, help=text)
    chosen = parser.parse_args(arguments)
    for field, (option, _, least, _) in LIMITS.items():
        if not least <= getattr(chosen, field) < 1e9:
            parser.error(f"{option} should be {least} at least")
    return chosen


def main(arguments=None):
    """Grade what the command line names; return the exit code."""
    chosen = options(arguments)
    sandbox.sweep()
    try:
        if chosen.dry_run:
            return plan(*look(Course(chosen, "")))
        course = Course(chosen, sandbox.choose(chosen.isolation))
        say(sandbox.warn_root())
        with locked(course.folder):
            return grade(course)
    except KeyboardInterrupt:
        say("Interrupted. Run the command again: it goes on from here.")
        return 130
    except (InvalidEntry, SQLAlchemyError) as error:
        cause = "close the program that has gradebook.db open, and run again"
        reason = cause if "locked" in str(error) else str(error).split("\n")[0]
        say(f"The gradebook cannot be written: {reason}.", sys.stderr)
    except (OSError, RuntimeError) as error:
        say(f"The grading stopped. {error}", sys.stderr)
    finally:
        sandbox.sweep()
    return 2


def say(text, file=None):
    """Print a line, if there is one, with nothing in it that a terminal obeys."""
    file = file or sys.stdout
    text, code = printable(text), file.encoding or "utf-8"
    if text:
        print(text.encode(code, "replace").decode(code), file=file, flush=True)


@contextlib.contextmanager
def locked(folder):
    """Make the folder, and let no second grading work in it at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RuntimeError("Another grading of this assignment runs.") from None
        yield


class Course:
    """A course folder, for one grading of an assignment."""

    def __init__(self, chosen, isolation):
        self.chosen, self.isolation, self.name = chosen, isolation, chosen.name
        self.path = chosen.course.resolve()
        self.folder = self.path / ".grading" / self.name
        self.template = self.folder / "template"
        release.settings(self.path)  # says so if there is something wrong with them
        self.source = release.source_of(self.path, self.name).parent
        self.limits = Limits(**{field: getattr(chosen, field) for field in LIMITS})
        settings = (self.path / release.SETTINGS).read_bytes()
        self.key = together(digest(self.source), digest_of_code(), repr(settings))

    def wants(self, student):
        """Tell whether a student is to be graded now."""
        return not self.chosen.student or student in self.chosen.student


@dataclass
class Entry:
    """A submission on its way.

    Args:
        student: whose it is.
        submitted: the folder that was handed in.
        folder: the grader's own for it; its name is safe.
        key: stands for all that the result depends on.
        record: what it came to, or None.
        runs: whether it must run.
    """

    student: str
    submitted: Path
    folder: Path
    key: str
    record: Record | None = None
    runs: bool = True


def look(course):
    """Return (Entries, rows of those without a submission, sentences on the rest)."""
    people = roster(course.path)
    students, odd, aside = find(course.path / "submitted", course.name)
    chosen = course.chosen.student or ()
    if unknown := set(chosen) - set(students):
        raise RuntimeError(f"submitted/ has no {', '.join(sorted(unknown))}.")
    if not students + odd:
        told = " ".join(aside)
        raise RuntimeError(f"There is no submitted/STUDENT/{course.name}. {told}")
    others = [row_without(course, name, "not graded", ODD) for name in odd]
    names = {row["student"] for row in people}
    others += [row_without(course, x, "missing") for x in sorted(names - {*students})]
    if names and (strangers := [x for x in students if x not in names]):
        aside.append(f"Not in roster.csv: {', '.join(strangers)}.")
    return [entry_of(course, student) for student in students], others, aside


def find(submitted, name):
    """Return (students, folders whose names are odd, sentences on what is left)."""
    students, odd, wrong = [], [], []
    for path in sorted(submitted.glob("*")):
        text = shown(path, submitted)
        hidden = path.name.startswith(".") and not path.is_dir()
        if DEBRIS.fullmatch(path.name) or hidden:
            continue
        if path.is_symlink() or not path.is_dir():
            wrong.append(path)
        elif os.path.lexists(path / name):
            good = os.fsencode(path.name).decode("utf-8", "replace") == path.name
            (students if good else odd).append(path.name if good else text)
        else:
            files = within(path)
            wrong += [
                x for x in files if name.lower() in str(x).lower() or x.parent == path
            ]
            wrong += [path] * (not files)
    named = [shown(path, submitted) + remark(path) for path in wrong]
    where = f"Not graded, because it is not submitted/STUDENT/{name}/"
    return students, odd, [f"{where}: {', '.join(named)}."] if named else []


def remark(path):
    """Say what is wrong with a path, if its place is not all."""
    if path.is_symlink():
        return " (a link)"
    if path.is_dir():
        return "/ (empty)"
    return " (unpack it)" if path.suffix.lower() in (".zip", ".gz", ".7z") else ""


def entry_of(course, student):
    """Return the Entry of a student."""
    submitted = course.path / "submitted" / student / course.name
    safe = hashlib.sha256(os.fsencode(student)).hexdigest()[:16]
    folder = course.folder / "students" / safe
    entry = Entry(student, submitted, folder, together(digest(submitted), course.key))
    entry.record = Record.read(folder)
    changed = not entry.record or entry.record.key != entry.key
    entry.runs = course.wants(student) and (course.chosen.force or changed)
    # points by an earlier source would not fit those of the others
    source = read_json(folder / "source.json") or course.key
    entry.runs |= bool(entry.record) and source != course.key
    return entry


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
    """Grade, enter, write grades.csv, make pages; return the exit code."""
    began = time.monotonic()
    entries, rows, aside = look(course)
    make_template(course)
    Book(course.path, course.name).close()  # now: what is wrong with it is told first
    check_source(course)
    run(course, [entry for entry in entries if entry.runs])
    with contextlib.closing(Book(course.path, course.name)) as book:
        prepared = release.prepared(course.path, course.name, "SaveCells")
        aside += book.enter_cells(prepared)
        gone = sorted(book.students() - {entry.student for entry in entries})
        aside += [f"In the gradebook, not in submitted/: {x}" for x in gone]
        pages = [enter(course, book, entry, rows) for entry in entries]
    aside += store_rows(course, rows)
    aside += hand_back(course, entries, [page for page in pages if page])
    return summary(course, entries, rows, aside, time.monotonic() - began)


def make_template(course):
    """Make the template anew if source, settings or other assignments changed."""
    stamp = course.template / together(course.key, digest(course.path / "release"))
    if stamp.is_file():
        return
    released, file = release.released(course.path, course.name), f"{course.name}.ipynb"
    shutil.rmtree(course.template, ignore_errors=True)
    shutil.copytree(course.source, course.template / "source" / course.name)
    for place in (f"release/{course.name}", "others"):
        (course.template / place).mkdir(parents=True)
    nbformat.write(released, course.template / "release" / course.name / file)
    for other in course.path.glob("release/*/*.ipynb"):
        if other.stem == other.parent.name != course.name:
            shutil.copy(other, course.template / "others")
    stamp.touch()


def check_source(course):
    """Grade the source notebook itself, once, and tell if it loses points."""
    source = course.template / "source" / course.name
    entry = Entry("The source", source, course.folder / "reference", course.key)
    entry.record = Record.read(entry.folder)
    if not entry.record or entry.record.key != entry.key:
        for _ in run_entries(course, [entry]):
            pass
    record = entry.record
    lost = [
        f"{cell} has {points:g} of {record.most[cell]:g} points."
        for cell, points in record.points.items()
        if points is not None and points < record.most[cell]
    ]
    if record.status in ("failed", "unreadable"):
        raise RuntimeError(f"The source cannot be run: {' '.join(record.notes)}")
    notes = [note for note in record.notes if note.startswith("Cell ")]
    if lost or notes:
        say("The source notebook itself: " + " ".join([*notes, *lost]))


def run(course, entries):
    """Run submissions, each in a process of its own, and show the progress."""
    began, all_ = time.monotonic(), len(entries)
    for number, entry in enumerate(run_entries(course, entries), 1):
        left = (time.monotonic() - began) / number * (all_ - number) / 60
        earned = sum(x or 0 for x in entry.record.points.values())
        text = f"{entry.student}: {entry.record.status}, {earned:g} points"
        about = f" (about {left:.0f} min left)" if left > 1.5 else ""
        say(f"{number}/{all_} {text}{about}")


def run_entries(course, entries):
    """Run submissions, each in a process of its own, and yield what is done."""
    jobs = {}
    for entry in entries:
        (entry.folder / "record.json").unlink(missing_ok=True)
        where = (course.name, entry.submitted, entry.folder, course.template)
        jobs[Job(*where, course.isolation, course.limits, entry.key)] = entry
    seconds = course.limits.total_seconds + SLACK
    for job, _ in in_processes(course, jobs, submission.process, seconds):
        jobs[job].record = Record.read(job.folder) or Record(notes=[LOST])
        with contextlib.suppress(OSError):
            (job.folder / "source.json").write_text(json.dumps(course.key))
        yield jobs[job]


def in_processes(course, jobs, function, seconds):
    """Call the function with each job, a process for each; yield (job, went well)."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["grading.submission", "grading.page"])
    waiting, running = list(jobs), {}
    try:
        while waiting or running:
            while waiting and len(running) < max(course.chosen.workers, 1):
                job = waiting.pop(0)
                worker = context.Process(target=function, args=(job,))
                worker.start()
                running[worker.sentinel] = worker, job, time.monotonic() + seconds
            for sentinel in wait(list(running), timeout=1):
                worker, job, _ = running.pop(sentinel)
                worker.join()
                yield job, worker.exitcode == 0
            for worker, _, until in running.values():
                if time.monotonic() > until:
                    worker.kill()
    finally:
        for worker, _, _ in running.values():
            worker.kill()
            worker.join()


def enter(course, book, entry, rows):
    """Enter a record into gradebook and rows; return (PageJob, state) of a new page."""
    student, record, folder = entry.student, entry.record, entry.folder
    if not record:
        rows.append(row_without(course, student, "not graded", "Left out."))
        return None
    if not record.key:
        rows.append(book.row(student, record))
        return None
    marks, entered = book.marks(student), folder / "entered"  # goes when it runs again
    if not entered.is_file() or not book.submission(student):
        book.enter(student, record)
        entered.touch()
    penalty = book.penalty(student)
    rows.append(book.row(student, record))
    state = [repr(sorted(marks.items())), penalty]
    if read_json(folder / "page.json") == state:
        return None
    where = (course.name, folder, course.template)
    return PageJob(*where, record, marks, penalty, folder / "page.html"), state


def make_page(job):
    """Make a page; runs in a process of its own, which fails if the page does."""
    sandbox.prepare_process()
    sys.exit(0 if page.make(job) else 1)


def hand_back(course, entries, pages):
    """Make pages, copy them and the notebooks to their places; return sentences."""
    without, states = [], {job.folder: state for job, state in pages}
    students = {entry.folder: entry.student for entry in entries}
    for job, _ in pages:
        job.target.unlink(missing_ok=True)
    jobs = [job for job, _ in pages]
    for job, fine in in_processes(course, jobs, make_page, PAGE_SECONDS):
        if fine:
            (job.folder / "page.json").write_text(json.dumps(states[job.folder]))
        else:
            without.append(students[job.folder])
    told = [f"No page, or only a part of it, for: {', '.join(without)}."] * any(without)
    for entry in entries:
        for file, step in (("graded.ipynb", "autograded"), ("page.html", "feedback")):
            target = course.path / step / entry.student / course.name
            target /= course.name + Path(file).suffix
            try:
                if (entry.folder / file).is_file():
                    target.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copy(entry.folder / file, target)
                elif entry.student in without:
                    target.unlink(missing_ok=True)
            except OSError as error:
                told.append(f"{step}/{entry.student} cannot be written: {error}")
    return told


def row_without(course, student, status, notes=""):
    """Return the row of somebody without a record."""
    row = {"student": student, "assignment": course.name, "status": status}
    return row | {"notes": notes}


def read_json(path):
    """Return what a file of the grader's holds, or None."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def store_rows(course, rows):
    """Store the assignment's rows, write grades.csv from all; return sentences."""
    (course.folder / "rows.json").write_text(json.dumps(rows), "utf-8")
    stored = sorted((course.path / ".grading").glob("*/rows.json"))
    try:
        everything = [row for path in stored for row in read_json(path) or ()]
        write_csv(course.path / "grades.csv", everything)
        return []
    except OSError as error:
        return [
            f"grades.csv cannot be written ({error.strerror}): close the program that "
            "has it open, and run again."
        ]


def summary(course, entries, rows, aside, seconds):
    """Say what came of it; return the exit code."""
    counts = Counter(row["status"] for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    done = sum(entry.runs for entry in entries)
    say(f"{course.name}: {len(entries)} submissions ({told}).")
    say(f"{done} of them graded now, in {seconds:.0f} s; the others are unchanged.")
    for kind in sorted({row["isolation"] for row in rows if row.get("isolation")}):
        say(f"Isolation: {sandbox.IN_WORDS[kind]}.")
    for row in rows:
        flags = [x for x in row.get("flags", "").split("; ") if x and NOTICE not in x]
        if flags:
            say(f"Look at {row['student']}: {'; '.join(flags)}")
    noticed = [row["student"] for row in rows if NOTICE in row.get("flags", "")]
    if noticed:
        say(f"Notices, in grades.csv, on: {', '.join(noticed)}")
    by_task([e.record for e in entries if e.record and e.record.key], rows)
    lost = [row for row in rows if row["status"] in ("failed", "not graded")]
    for row in lost:
        say(f"{row['student']} was not graded. {row['notes']}")
    for text in aside:
        say(text)
    waiting = sum(bool(row.get("waiting")) for row in rows)
    say(f"{waiting} wait for marks by hand (Formgrader). {course.path}/grades.csv")
    return 1 if lost else 0


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


def digest_of_code():
    """Return a hash of the grader and of nnlib; its figures change no points."""
    library = digest(Path(nnlib.__file__).parent, without="plotting")
    return digest(Path(__file__).parent) + library


def together(*keys):
    """Return a hash of texts."""
    return hashlib.sha256("\n".join(keys).encode()).hexdigest()


def digest(folder, without=None):
    """Return a hash of the names and contents of the files in a folder.

    What lies in folders called ``without`` does not count.
    """
    total = hashlib.sha256()
    if folder.is_symlink():  # it is not followed: it may lead anywhere
        return hashlib.sha256(os.fsencode(os.readlink(folder))).hexdigest()
    for place, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != without)
        if len(Path(place).parts) - len(folder.parts) >= DEEPEST:
            folders.clear()  # what lies deeper is not looked at, nor graded
        for path in (Path(place, name) for name in sorted([*folders, *files])):
            try:
                if path.is_symlink():
                    content = os.fsencode(os.readlink(path))
                elif path.is_file() and path.suffix != ".pyc":
                    with path.open("rb") as file:
                        content = hashlib.file_digest(file, "sha256").digest()
                else:
                    continue
            except OSError as error:  # it may not be read, or its name is too long
                content = str(error.errno).encode()
            inner = hashlib.sha256(content).hexdigest()
            name = os.fsencode(path.relative_to(folder))
            total.update(name + f" {inner}\n".encode())
    return total.hexdigest()


if __name__ == "__main__":
    sys.exit(main())
