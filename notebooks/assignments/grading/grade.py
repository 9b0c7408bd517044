"""Grade a class: submitted/STUDENT/NAME/ to scores, grades.csv and feedback pages.

Usage: python -m grading.grade NAME [options]      (make grade ASSIGNMENT=NAME)

Each submission is run in a process and a folder of its own, closed in as far as this
machine allows.  What did not change since the last time is not run again, marks given
by hand stay, and a grading that was interrupted goes on where it stopped: just run the
command again.  Scores are in gradebook.db (Formgrader shows them, and takes the marks
for the written answers) and in grades.csv; pages for the students are in feedback/.
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
from multiprocessing.connection import wait
from pathlib import Path

import matplotlib.font_manager  # noqa: F401  (builds its cache before kernels need it)

import nnlib
from grading import release, sandbox
from grading.book import Book, write_csv
from grading.repair import DEEPEST
from grading.run import Limits
from grading.submission import Job, process, read_record, run_reference

LOST = {
    "status": "failed",
    "notes": ["The grader's process ended without a result; grade again."],
}
SLACK = 120  # seconds that a process may take beyond its submission's time


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
        with locked(chosen.course / ".grading" / chosen.name) as folder:
            return Grading(chosen, isolation, folder).run()
    except KeyboardInterrupt:
        print("\nInterrupted. Run the command again: it goes on from here.")
        return 130
    except (FileNotFoundError, RuntimeError) as error:
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


class Grading:
    """One grading of an assignment."""

    def __init__(self, chosen, isolation, folder):
        self.chosen, self.isolation, self.folder = chosen, isolation, folder
        self.course, self.name = chosen.course, chosen.name
        self.limits = Limits(
            seconds=chosen.seconds,
            total_seconds=chosen.total_seconds,
            memory_mb=chosen.memory,
            output_kb=chosen.output_limit,
        )
        self.context = multiprocessing.get_context("forkserver")
        self.context.set_forkserver_preload(["grading.submission"])

    def run(self):
        """Grade, merge, write grades.csv and the summary; return the exit code."""
        began = time.monotonic()
        submitted = self.course / "submitted"
        students = sorted(path.parent.name for path in submitted.glob(f"*/{self.name}"))
        if unknown := set(self.chosen.student or ()) - set(students):
            raise RuntimeError(f"submitted/ has no {', '.join(sorted(unknown))}.")
        if not students:
            raise RuntimeError(f"There is no {submitted}/STUDENT/{self.name}.")
        source_key = self.prepare()
        book = Book(self.course, self.name, self.folder)
        try:
            empty = self.reference(source_key)
            jobs, lost = [], {}
            for student in self.chosen.student or students:
                try:
                    job = self.job(student, source_key, empty, book)
                    jobs += [job] if self.stale(job) else []
                except Exception as error:  # one folder must not stop the others
                    lost[student] = LOST | {"notes": [f"The grader failed: {error!r}"]}
            for number, job in enumerate(self.in_processes(jobs, process), 1):
                record = read_record(job.folder) or LOST
                self.report(number, len(jobs), job.student, record)
            rows, ran = [], {job.student for job in jobs}
            for student in students:
                place = self.folder / "students" / student
                record = read_record(place) or (LOST if student in ran else {})
                record = lost.get(student, record)
                if record.get("key"):
                    book.merge(student, record, place)
                rows.append(book.row(student, record))
            write_csv(self.course / "grades.csv", self.name, rows)
        finally:
            book.close()
        self.summary(rows, len(jobs), time.monotonic() - began)
        return 0

    def prepare(self):
        """Generate what all submissions need; return what the source's hash is."""
        place = self.folder / "template"
        settings = (self.course / release.SETTINGS).read_bytes()
        key = digest(self.course / "source" / self.name) + digest_of_code()
        key = hashlib.sha256(key.encode() + settings).hexdigest()
        book = Book(self.course, self.name, self.folder)
        known = book.has_assignment()
        url = book.url
        book.close()
        if not (known and (place / key).is_file()):
            for target, at in ((url, "course"), (None, "template")):
                made = self.folder / at
                shutil.rmtree(made, ignore_errors=True)
                made.mkdir()
                own = target or f"sqlite:///{made}/gradebook.db"
                release.generate(self.course, self.name, made, own)
            shutil.rmtree(self.folder / "course")
            (place / key).touch()
        return key

    def reference(self, key):
        """Run the source notebook, once; return {check: points without a solution}."""
        path = self.folder / "template" / "reference.json"
        if not path.is_file():
            job = self.job_for("", self.folder / "template", key)
            for _ in self.in_processes([job], run_reference):
                pass
        if not path.is_file():
            raise RuntimeError("The source notebook could not be run.")
        said = json.loads(path.read_text("utf-8"))
        odd = [name for name, points in said["empty"].items() if points]
        if said["notes"] or said["flags"] or odd:
            print("The source notebook itself:", *said["notes"], *said["flags"])
            if odd:
                print(f"{', '.join(odd)}: gives points without any solution.")
        return said["empty"]

    def job_for(self, student, folder, key, **more):
        """Return the Job of a student."""
        place = self.folder / "template"
        where = (self.course, self.name, student, folder, place)
        return Job(*where, self.isolation, self.limits, key, **more)

    def job(self, student, source_key, empty, book):
        """Return the Job of a student, its key from all that its result depends on."""
        folder = self.folder / "students" / student
        key = digest(self.course / "submitted" / student / self.name) + source_key
        key = hashlib.sha256(key.encode()).hexdigest()
        marks = book.by_hand(student)
        return self.job_for(student, folder, key, empty=empty, by_hand=marks)

    def stale(self, job):
        """Tell whether a job must run: the submission or the marks by hand changed."""
        record = read_record(job.folder)
        if self.chosen.force or record.get("key") != job.key:
            (job.folder / "record.json").unlink(missing_ok=True)
            return True
        return record["by_hand"] != job.by_hand

    def in_processes(self, jobs, function):
        """Call the function with each job, a process for each; yield what is done."""
        waiting, running = list(jobs), {}
        try:
            while waiting or running:
                while waiting and len(running) < max(self.chosen.workers, 1):
                    job = waiting.pop(0)
                    worker = self.context.Process(target=function, args=(job,))
                    worker.start()
                    until = time.monotonic() + self.limits.total_seconds + SLACK
                    running[worker.sentinel] = worker, job, until
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

    def report(self, number, total, student, record):
        """Show the progress: a bar on a terminal, a line a submission elsewhere."""
        earned = sum(x or 0 for x in record.get("cells", {}).values())
        text = f"{student}: {record['status']}, {earned:g} points"
        if sys.stdout.isatty():
            done = 30 * number // total
            bar = "#" * done + "-" * (30 - done)
            end = "\n" if number == total else ""
            print(f"\r\033[K[{bar}] {number}/{total} {text}"[:100], end=end, flush=True)
        else:
            print(f"{number}/{total} {text}", flush=True)

    def summary(self, rows, done, seconds):
        """Say what came of it."""
        counts = Counter(row["status"] for row in rows)
        told = ", ".join(f"{count} {status}" for status, count in counts.items())
        print(f"{self.name}: {len(rows)} submissions ({told}).")
        print(
            f"{done} of them graded now, in {seconds:.0f} s; the others are unchanged."
        )
        print(f"Isolation: {sandbox.IN_WORDS[self.isolation]}.")
        for row in rows:
            flags = [x for x in row["flags"].split("; ") if x and "notice:" not in x]
            if flags:
                print(f"Look at {row['student']}: {'; '.join(flags)}")
        noticed = [row["student"] for row in rows if "notice:" in row["flags"]]
        if noticed:
            print(f"Notices, in grades.csv, on: {', '.join(noticed)}")
        for row in rows:
            if row["status"] in ("failed", "not graded"):
                print(f"{row['student']} was not graded. {row['notes']}")
        waiting = sum(bool(row.get("waiting")) for row in rows)
        print(
            f"{waiting} wait for marks by hand (Formgrader). {self.course}/grades.csv"
        )


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
