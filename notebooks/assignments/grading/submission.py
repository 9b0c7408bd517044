"""Grade one submission, in a process of the grader's own.

What is handed in is repaired and run from top to bottom, each student's cell in the
sandbox, each check here.  The submission's folder then has ``record.json``, the result,
and ``graded.ipynb``, which is safe to show.
"""

import contextlib
import multiprocessing
import os
import shutil

import nbformat
from nbformat.v4 import new_output
from nbgrader.utils import parse_utc

from grading import clean, repair, sandbox
from grading.checks import Checker
from grading.files import MOST_FILES, shown, within
from grading.process import Ended, Process
from grading.records import Record

LARGEST_FILES = 100 * 2**20  # bytes handed in, notebook included
MOST_NOTES = 30
SLACK = 120  # seconds that a process may take beyond its submission's time


def apart(job):
    """Grade a submission in a process of its own, which ends with its time."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["grading.submission"])
    worker = context.Process(target=process, args=(job,))
    worker.start()
    worker.join(job.limits.total_seconds + SLACK)
    worker.kill()
    worker.join()


def process(job):
    """Grade a submission and store its Record; runs in a process of its own."""
    sandbox.prepare_process()
    try:
        record, notebook = grade(job)
        nbformat.write(notebook, job.folder / "graded.ipynb")
    except Exception as error:
        record = Record(notes=[f"The grader failed: {error!r}"[:500]])
    record.write(job.folder)


def grade(job):
    """Return the Record of a submission, and its notebook as it can be shown."""
    template, record = job.template, Record(job.key, "graded", job.isolation)
    record.most = repair.points_of(template.source)
    record.points = dict.fromkeys(record.most, 0.0)
    try:
        handed = repair.hand(job.submitted, template)
    except repair.Unreadable as reason:
        record.status, record.notes = "unreadable", [str(reason)]
        notebook, folder = template.released, job.submitted
        for cell in filter(repair.is_check, notebook.cells):
            cell.outputs = result(f"0 points: {reason}\n", 0.0)
    else:
        notebook, folder, record.notes = handed.notebook, handed.folder, handed.notes
        record.status = "repaired" if handed.repaired else "graded"
        Run(job, handed, record).all_cells()
    record.timestamp = handed_in_at(job.submitted, record.notes)
    notes = [clean.text(note, 400) for note in dict.fromkeys(record.notes)]
    record.notes = notes[:MOST_NOTES]
    record.said = {key: clean.text(x, 5000) for key, x in record.said.items()}
    return record, clean.notebook(notebook, folder, job.limits.outputs_kb * 1024)


def result(text, points):
    """Return the outputs of a check: what it printed, then its points."""
    said = [new_output("stream", text=text)] if text else []
    return [*said, new_output("execute_result", {"text/plain": f"{points:g}"})]


def handed_in_at(submitted, notes):
    """Return the text of timestamp.txt if nbgrader can read it, or ""."""
    path = submitted / "timestamp.txt"
    if path.is_symlink() or not path.is_file():
        return ""
    with contextlib.suppress(OSError, ValueError, OverflowError):
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(100).strip()
        if "/" in text:  # a time zone, which would be read from a file
            raise ValueError
        parse_utc(text)
        return text
    notes.append("timestamp.txt holds no time; it was left out.")
    return ""


class Run:
    """A submission's notebook, run from top to bottom, its results in the record."""

    def __init__(self, job, handed, record):
        self.job, self.handed, self.record = job, handed, record
        self.limits, self.blank = job.limits, job.template.released
        self.room = job.limits.outputs_kb * 1024  # for the outputs of what follows
        self.end = ""  # why the process ended early
        seconds = f"{job.limits.seconds:g} seconds"
        self.late = f"it was stopped after {seconds}: does a loop never end?"

    def all_cells(self):
        """Run all cells, and enter what came of them into the record."""
        folder = self.job.folder / "run"
        where = os.path.relpath(self.handed.folder, self.job.submitted)
        work = folder / "files" / "work"
        (work / where).mkdir(parents=True)
        self.put_files(self.job.submitted, work)
        self.put_files(self.job.template.folder, work / where)
        self.process = Process(self.job.isolation, self.limits, folder, where)
        try:
            seconds = self.limits.seconds
            self.checker = Checker(self.job.template.source, self.process, seconds)
            for number, cell in enumerate(self.handed.notebook.cells, 1):
                self.run_cell(cell, repair.key_of(cell) or f"number {number}")
        finally:
            self.process.close()
            sandbox.remove(folder)

    def put_files(self, folder, target):
        """Copy files, but no notebooks, no links, and not too much."""
        left = LARGEST_FILES
        for number, path in enumerate(within(folder)):
            left -= path.lstat().st_size
            if path.is_symlink() or left < 0 or number >= MOST_FILES:
                text = f"The file {shown(path, folder)} was left out."
                self.record.notes.append(text)
            elif path.suffix != ".ipynb":
                to = target / path.relative_to(folder)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, to)

    def run_cell(self, cell, where):
        """Run a cell, or the check that it is; let an answer in words wait."""
        check, points = repair.is_check(cell), self.record.points
        if cell.cell_type != "code":
            if where in points:
                blank = [(x.source, x.get("attachments")) for x in self.blank.cells]
                same = (cell.source, cell.get("attachments")) in blank
                points[where] = 0.0 if same else None
            return
        try:
            if self.end:
                raise Ended(self.end)
            (self.check if check else self.student)(cell, where)
        except Ended as reason:
            if not self.end:
                self.end = f"the run ended in cell {where}: {reason}"
                self.note(where, str(reason), limited=True)
            if check:
                self.record.said[where] = f"0 points: {self.end}"
            cell.outputs = result(f"0 points: {self.end}\n", 0.0) if check else []
        self.room -= sum(len(str(output)) for output in cell.outputs)

    def student(self, cell, where):
        """Run a cell of the student's, and tell what went wrong in it."""
        request = {"do": "cell", "source": cell.source}
        answer = self.process.ask(request, self.limits.seconds)
        outputs = answer.get("outputs")
        whole = isinstance(outputs, list) and self.room > 0
        cell.outputs = [x for x in outputs if isinstance(x, dict)] if whole else []
        if answer.get("late"):
            self.note(where, self.late, limited=True)
        if answer.get("cut") or not whole:
            self.note(where, "its output was too long and was cut off", limited=True)
        for error in [x for x in cell.outputs if x.get("output_type") == "error"][:1]:
            name, text = str(error.get("ename")), str(error.get("evalue")).strip()
            if name.endswith("MemoryError"):
                limit = f"the limit of {self.limits.memory_mb} MB"
                self.note(where, f"it took more memory than {limit}", limited=True)
            elif name == "EOFError":
                self.note(where, "input() waits for a keyboard: there is none here")
            elif name != "KeyboardInterrupt":
                text = text.split("\n")[0][:200]
                self.note(where, f"it raised {name}" + f": {text}" * bool(text))

    def check(self, cell, name):
        """Run a check and enter its points."""
        found = self.checker.run(name, cell.source)
        if found.late:
            self.note(name, self.late, limited=True)
        elif found.error:
            self.note(name, found.error)
        if error := "it took too long" if found.late else found.error:
            found.said += f"{name}: the check did not finish: {error}\n"
        if not 0 <= found.points <= self.record.most[name]:
            raise ValueError(f"{name} came to {found.points} points")
        self.record.points[name], self.record.said[name] = found.points, found.said
        cell.outputs = result(found.said, found.points)

    def note(self, where, text, limited=False):
        """Tell what happened in a cell, as a sentence, and whether it met a limit."""
        stop = "" if text.endswith((".", "?", "!")) else "."
        self.record.notes.append(f"Cell {where}: {text}{stop}")
        if limited:
            self.record.status = "limited"
