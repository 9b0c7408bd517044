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
import sqlite3
import sys
import time
from collections import Counter
from dataclasses import dataclass
from multiprocessing.connection import wait
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  (builds its cache before it is needed)
import nbformat
from nbgrader.api import InvalidEntry
from sqlalchemy.exc import OperationalError

import nnlib
from grading import page, release, sandbox, submission
from grading.book import NOTICE, Book, roster, write_csv
from grading.records import Job, Limits, PageJob, Record, Template
from grading.repair import DEBRIS, DEEPEST

SLACK = 120  # seconds that a process may take beyond its submission's time
PAGE_SECONDS = 60
LOST = "The grader's process ended without a result; grade again."


def options(arguments):
    """Return the options on the command line."""
    start, _, rest = __doc__.partition("\n\n")
    parser = argparse.ArgumentParser(
        description=start,
        epilog=rest.partition("\n\n")[2],
        formatter_class=argparse.ArgumentDefaultsHelpFormatter,
    )
    add, limits = parser.add_argument, Limits()
    add("name", metavar="NAME", help="of the assignment, such as 03_backprop")
    add("--course", type=Path, default=release.COURSE, help="course folder")
    add("--student", action="append", help="grade only this one (may be repeated)")
    add("--force", action="store_true", help="grade again what did not change, too")
    add("--dry-run", action="store_true", help="only say what would be done")
    add("--workers", type=int, default=os.cpu_count(), help="submissions at a time")
    add(
        "--isolation",
        choices=["auto", *sandbox.KINDS],
        default="auto",
        help="from the network and from other files",
    )
    add("--seconds", type=float, default=limits.seconds, help="a cell may take")
    add(
        "--total-seconds",
        type=float,
        default=limits.total_seconds,
        help="a notebook may take",
    )
    add("--memory", type=int, default=limits.memory_mb, help="a notebook's, in MB")
    add("--output-limit", type=int, default=limits.output_kb, help="of a cell, in kB")
    return parser.parse_args(arguments)


def main(arguments=None):
    """Grade what the command line names; return the exit code."""
    chosen = options(arguments)
    chosen.course = chosen.course.resolve()
    sandbox.sweep()
    try:
        isolation = sandbox.choose(chosen.isolation)
        if warning := sandbox.warn_root():
            print(warning)
        with locked(chosen.course / ".grading" / chosen.name) as folder:
            return grade(Course(chosen, isolation, folder))
    except KeyboardInterrupt:
        print("\nInterrupted. Run the command again: it goes on from here.")
        return 130
    except (InvalidEntry, OperationalError, sqlite3.OperationalError) as error:
        cause = "close the program that has gradebook.db open, and run again"
        reason = cause if "locked" in str(error) else str(error).split("\n")[0]
        print(f"The gradebook cannot be written: {reason}.", file=sys.stderr)
        return 2
    except (OSError, RuntimeError) as error:
        print(f"Nothing was graded. {error}", file=sys.stderr)
        return 2
    finally:
        sandbox.sweep()


@contextlib.contextmanager
def locked(folder):
    """Make the folder, and let no second grading work in it at the same time."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "lock").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise RuntimeError("Another grading of this assignment runs.") from None
        yield folder


class Course:
    """A course folder, for one grading of an assignment."""

    def __init__(self, chosen, isolation, folder):
        self.chosen, self.isolation, self.folder = chosen, isolation, folder
        self.path, self.name = chosen.course, chosen.name
        self.template = folder / "template"
        self.limits = Limits(
            seconds=chosen.seconds,
            total_seconds=chosen.total_seconds,
            memory_mb=chosen.memory,
            output_kb=chosen.output_limit,
        )
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["grading.submission", "grading.page"])

    def place(self, student):
        """Return the grader's own folder for a submission; its name is safe."""
        safe = hashlib.sha256(os.fsencode(student)).hexdigest()[:16]
        return self.folder / "students" / safe

    def job(self, submitted, folder, key):
        """Return the Job of a submission."""
        where = (self.name, submitted, folder, self.template)
        return Job(*where, self.isolation, self.limits, key)


@dataclass
class Entry:
    """A submission on its way.

    Args:
        student: whose it is.
        job: what is to be done.
        record: what it came to, or None.
        runs: whether it must run.
    """

    student: str
    job: Job
    record: Record | None
    runs: bool


def grade(course):
    """Grade, enter, make pages, write grades.csv; return the exit code."""
    began, chosen = time.monotonic(), course.chosen
    people = roster(course.path)
    students, aside = find(course.path / "submitted", course.name)
    if unknown := set(chosen.student or ()) - set(students):
        raise RuntimeError(f"submitted/ has no {', '.join(sorted(unknown))}.")
    if not students:
        told = " ".join(aside)
        raise RuntimeError(f"There is no submitted/STUDENT/{course.name}. {told}")
    source_key = prepare(course)
    entries = [entry_of(course, student, source_key) for student in students]
    missing = sorted({row["student"] for row in people} - set(students))
    if chosen.dry_run:
        for entry in entries:
            print(f"{entry.student}: {'would run' if entry.runs else 'unchanged'}")
        print(*[f"{student}: missing" for student in missing], *aside, sep="\n")
        return 0
    check_source(course, source_key)
    run_all(course, [entry for entry in entries if entry.runs])
    book = Book(course.path, course.name)
    try:
        book.enter_cells(Template.read(course.template, course.name).source)
        rows = enter_all(course, book, entries)
    finally:
        book.close()
    rows += [row_without(course, student, "missing") for student in missing]
    store_rows(course, rows)
    seconds = time.monotonic() - began
    known = {row["student"] for row in people}
    strangers = [x for x in students if people and x not in known]
    if strangers:
        aside.append(f"Not in roster.csv: {', '.join(strangers)}.")
    return summary(course, entries, rows, aside, seconds)


def find(submitted, name):
    """Return (students who handed in, sentences on what was left aside)."""
    students, wrong, odd = [], [], []
    for path in sorted(submitted.glob("*")):
        shown = os.fsencode(path.name).decode("utf-8", "replace")
        if DEBRIS.fullmatch(path.name) or path.name.startswith("."):
            continue
        if shown != path.name:
            odd.append(shown)
        elif path.is_symlink() or not path.is_dir():
            wrong.append(shown)
        elif os.path.lexists(path / name):
            students.append(path.name)
        else:
            wrong += similar(path, name) or [f"{shown}/ (empty)"] * empty(path)
    aside = []
    if wrong:
        where = f"Not graded, because it is not submitted/STUDENT/{name}/"
        aside.append(f"{where}: {', '.join(wrong)}.")
    if odd:
        aside.append(
            f"Not graded, because the name is not UTF-8: {', '.join(odd)}. "
            "Rename the folder."
        )
    return students, aside


def empty(folder):
    """Tell whether a folder holds nothing."""
    return not any(folder.iterdir())


def similar(folder, name):
    """Return what lies in a student's folder and may be meant for the assignment."""
    found = []
    for place, folders, files in os.walk(folder):
        if len(Path(place).parts) - len(folder.parts) >= 3:
            folders.clear()
        for file in files:
            path = Path(place, file).relative_to(folder.parent)
            text = os.fsencode(path).decode("utf-8", "replace")
            if name.lower() in text.lower() and not DEBRIS.fullmatch(file):
                found.append(text)
    return found[:3]


def prepare(course):
    """Make the template anew if source or settings changed; return its key."""
    settings = (course.path / release.SETTINGS).read_bytes()
    key = digest(course.path / "source" / course.name) + digest_of_code()
    key = hashlib.sha256(key.encode() + settings).hexdigest()
    if not (course.template / key).is_file():
        released = release.released(course.path, course.name)
        shutil.rmtree(course.template, ignore_errors=True)
        file = f"{course.name}.ipynb"
        source = course.template / "source" / course.name
        shutil.copytree(course.path / "source" / course.name, source)
        for place in (f"release/{course.name}", "others"):
            (course.template / place).mkdir(parents=True)
        nbformat.write(released, course.template / "release" / course.name / file)
        notebook = nbformat.read(source / file, as_version=4)
        sums = {key_of(c): c.metadata.nbgrader.checksum for c in graded(released)}
        for cell in graded(notebook):
            cell.metadata.nbgrader["checksum"] = sums[key_of(cell)]
        nbformat.write(notebook, source / file)
        for other in course.path.glob("release/*/*.ipynb"):
            if other.stem == other.parent.name != course.name:
                shutil.copy(other, course.template / "others")
        (course.template / key).touch()
    return key


def graded(notebook):
    """Return the cells that nbgrader knows."""
    return [cell for cell in notebook.cells if cell.metadata.get("nbgrader")]


def key_of(cell):
    """Return the id that nbgrader knows a cell by."""
    return cell.metadata.nbgrader.grade_id


def check_source(course, key):
    """Grade the source notebook itself, once, and tell if it loses points."""
    folder = course.folder / "reference"
    record = Record.read(folder)
    if not record or record.key != key:
        job = course.job(course.template / "source" / course.name, folder, key)
        for _ in in_processes(course, [job], submission.process):
            pass
        record = Record.read(folder) or Record(notes=["it could not be run"])
    lost = [
        f"{cell} has {points:g} of {record.most[cell]:g} points"
        for cell, points in record.points.items()
        if points is not None and points < record.most[cell]
    ]
    if lost or record.status not in ("graded", "repaired"):
        print("The source notebook itself:", *record.notes, ", ".join(lost))


def entry_of(course, student, source_key):
    """Return the Entry of a student, the key from all that the result depends on."""
    submitted = course.path / "submitted" / student / course.name
    folder = course.place(student)
    key = hashlib.sha256((digest(submitted) + source_key).encode()).hexdigest()
    record = Record.read(folder)
    wanted = not course.chosen.student or student in course.chosen.student
    runs = wanted and (course.chosen.force or not record or record.key != key)
    return Entry(student, course.job(submitted, folder, key), record, runs)


def run_all(course, entries):
    """Run submissions, each in a process of its own, and show the progress."""
    by_folder = {entry.job.folder: entry for entry in entries}
    for entry in entries:
        (entry.job.folder / "record.json").unlink(missing_ok=True)
    began, jobs = time.monotonic(), [entry.job for entry in entries]
    for number, job in enumerate(in_processes(course, jobs, submission.process), 1):
        entry = by_folder[job.folder]
        entry.record = Record.read(job.folder) or Record(notes=[LOST])
        left = (time.monotonic() - began) / number * (len(jobs) - number)
        earned = sum(x or 0 for x in entry.record.points.values())
        text = f"{entry.student}: {entry.record.status}, {earned:g} points"
        about = f" (about {left / 60:.0f} min left)" if left > 90 else ""
        print(f"{number}/{len(jobs)} {text}{about}", flush=True)


def in_processes(course, jobs, function, seconds=None):
    """Call the function with each job, a process for each; yield what is done."""
    waiting, running = list(jobs), {}
    seconds = seconds or course.limits.total_seconds + SLACK
    try:
        while waiting or running:
            while waiting and len(running) < max(course.chosen.workers, 1):
                job = waiting.pop(0)
                worker = course.context.Process(target=function, args=(job,))
                worker.start()
                running[worker.sentinel] = worker, job, time.monotonic() + seconds
            for sentinel in wait(list(running), timeout=5):
                worker, job, _ = running.pop(sentinel)
                worker.join()
                yield job
            for worker, _, until in running.values():
                if time.monotonic() > until:
                    worker.kill()
    finally:
        for worker, _, _ in running.values():
            worker.kill()
            worker.join()


def enter_all(course, book, entries):
    """Enter all records into the gradebook, make the pages, and return the rows."""
    rows, pages = [], []
    for entry in entries:
        record = entry.record
        if record and record.key:
            marks = book.marks(entry.student)
            state = [record.key, repr(sorted(marks.items()))]
            folder = entry.job.folder
            if entry.runs or not book.submission(entry.student):
                book.enter(entry.student, record)
            penalty = book.penalty(entry.student)
            state.append(penalty)
            if read_json(folder / "page.json") != state:
                target = folder / "page.html"
                where = (course.name, folder, course.template)
                pages.append((PageJob(*where, record, marks, penalty, target), state))
            copy(folder / "graded.ipynb", course, "autograded", entry.student, "ipynb")
        rows.append(
            book.row(entry.student, record)
            if record
            else row_without(course, entry.student, "not graded")
        )
    states = {job.folder: state for job, state in pages}
    jobs = [job for job, _ in pages]
    for job in in_processes(course, jobs, page.make, PAGE_SECONDS):
        if job.target.is_file():
            (job.folder / "page.json").write_text(json.dumps(states[job.folder]))
    for entry in entries:
        copy(entry.job.folder / "page.html", course, "feedback", entry.student, "html")
    return rows


def copy(file, course, step, student, suffix):
    """Copy a file of the grader's to where the instructor looks for it."""
    target = course.path / step / student / course.name / f"{course.name}.{suffix}"
    if file.is_file():
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, target)


def row_without(course, student, status):
    """Return the row of somebody without a record."""
    return {"student": student, "assignment": course.name, "status": status}


def read_json(path):
    """Return what a file of the grader's holds, or None."""
    try:
        return json.loads(path.read_text("utf-8"))
    except (OSError, ValueError):
        return None


def store_rows(course, rows):
    """Store the assignment's rows, and write grades.csv from those of all."""
    (course.folder / "rows.json").write_text(json.dumps(rows), "utf-8")
    stored = sorted((course.path / ".grading").glob("*/rows.json"))
    everything = [row for path in stored for row in read_json(path) or ()]
    write_csv(course.path / "grades.csv", everything)


def summary(course, entries, rows, aside, seconds):
    """Say what came of it; return the exit code."""
    counts = Counter(row["status"] for row in rows)
    told = ", ".join(f"{count} {status}" for status, count in counts.items())
    done = sum(entry.runs for entry in entries)
    print(f"{course.name}: {len(entries)} submissions ({told}).")
    print(f"{done} of them graded now, in {seconds:.0f} s; the others are unchanged.")
    print(f"Isolation: {sandbox.IN_WORDS[course.isolation]}.")
    for row in rows:
        flags = [x for x in row.get("flags", "").split("; ") if x and NOTICE not in x]
        if flags:
            print(f"Look at {row['student']}: {'; '.join(flags)}")
    noticed = [row["student"] for row in rows if NOTICE in row.get("flags", "")]
    if noticed:
        print(f"Notices, in grades.csv, on: {', '.join(noticed)}")
    by_task([entry.record for entry in entries if entry.record and entry.record.key])
    print(*aside, sep="\n", end="\n" if aside else "")
    lost = [row for row in rows if row["status"] in ("failed", "not graded")]
    for row in lost:
        print(f"{row['student']} was not graded. {row.get('notes', '')}")
    waiting = sum(bool(row.get("waiting")) for row in rows)
    print(f"{waiting} wait for marks by hand (Formgrader). {course.path}/grades.csv")
    return 1 if lost or any("UTF-8" in x for x in aside) else 0


def by_task(records):
    """Print the mean, the share of full points and the commonest message of a task."""
    for cell in records[0].most if records else ():
        most = records[0].most[cell]
        points = [r.points[cell] for r in records if r.points.get(cell) is not None]
        said = [(r.said.get(cell) or "").split("\n")[0] for r in records]
        said = Counter(x for x in said if x and not x.endswith("all checks passed."))
        common = "".join(f"; {n} times: {x}" for x, n in said.most_common(1) if n > 1)
        if points:
            full = sum(x == most for x in points) / len(points)
            mean = sum(points) / len(points)
            print(f"{cell}: mean {mean:.1f} of {most:g}, {full:.0%} full{common}")


def digest_of_code():
    """Return a hash of the grader and of nnlib; its figures change no points."""
    library = digest(Path(nnlib.__file__).parent, without="plotting")
    return digest(Path(__file__).parent) + library


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
