"""Grade one submission, in a process of the grader's own.

What is handed in is repaired and run from top to bottom, each student's cell in the
sandbox, each check here.  The submission's folder then has ``record.json``, the result,
and ``graded.ipynb``, which is safe to show.
"""

import math
import os
import resource
import shutil
import sys
from pathlib import Path

import nbformat
from nbformat.v4 import new_output
from nbgrader.utils import is_grade, parse_utc

from grading import clean, repair, sandbox
from grading.checks import Checker
from grading.process import Ended, Process
from grading.records import Record, Template
from grading.suspect import suspicions

LARGEST_FILES = 200 * 2**20  # bytes handed in beside the notebook
MOST_FILES = 1000
MOST_NOTES = 30
OWN_MEMORY = 2**30  # bytes of this process, which never holds much


def process(job):
    """Grade a submission and store its Record; runs in a process of its own."""
    sandbox.prepare_process()
    if sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]  # for the student's
        resource.setrlimit(resource.RLIMIT_DATA, (OWN_MEMORY, hard))
    shutil.rmtree(job.folder, ignore_errors=True)
    job.folder.mkdir(parents=True)
    try:
        record, notebook = grade(job)
        nbformat.write(notebook, job.folder / "graded.ipynb")
    except Exception as error:
        record = Record(notes=[f"The grader failed: {error!r}"[:500]])
    record.write(job.folder)


def grade(job):
    """Return the Record of a submission, and its notebook as it can be shown."""
    template = Template.read(job.template, job.name)
    record = Record(job.key, "graded", job.isolation)
    record.most = {
        repair.key_of(cell): cell.metadata.nbgrader.points
        for cell in template.source.cells
        if is_grade(cell)
    }
    record.points = dict.fromkeys(record.most, 0.0)
    try:
        handed = repair.hand(job.submitted, template)
    except repair.Unreadable as reason:
        record.status, record.notes = "unreadable", [str(reason)]
        notebook, folder = unread(template, reason), job.template
    else:
        notebook, folder = handed.notebook, handed.folder
        record.status = "repaired" if handed.repaired else "graded"
        record.notes, record.flags = list(handed.notes), list(handed.flags)
        Run(job, template, handed, record).all_cells()
        record.flags += [f"notice: cell {n} {x}" for n, x in suspicions(notebook)]
    if when := handed_in_at(job.submitted, record.notes):
        record.timestamp = when
    record.notes = [clean.text(note, 400) for note in dict.fromkeys(record.notes)]
    record.notes = record.notes[:MOST_NOTES]
    record.said = {key: clean.text(x, 5000) for key, x in record.said.items()}
    limit = job.limits.outputs_kb * 1024
    return record, clean.notebook(notebook, folder, limit)


def unread(template, reason):
    """Return the hand-out, with the reason for 0 points under each check."""
    for cell in template.released.cells:
        if repair.is_check(cell):
            cell.outputs = result(f"0 points: {reason}\n", 0.0)
    return template.released


def result(text, points):
    """Return the outputs of a check: what it printed, then its points."""
    shown = {"text/plain": f"{points:g}"}
    said = [new_output("stream", name="stdout", text=text)] if text else []
    return [*said, new_output("execute_result", data=shown, execution_count=None)]


def handed_in_at(submitted, notes):
    """Return the text of timestamp.txt if nbgrader can read it, or None."""
    path = submitted / "timestamp.txt"
    if path.is_symlink() or not path.is_file():
        return None
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(100).strip()
        parse_utc(text)
        return text
    except (OSError, ValueError, OverflowError):
        notes.append("timestamp.txt holds no time; it was left out.")
        return None


class Run:
    """A submission's notebook, run from top to bottom."""

    def __init__(self, job, template, handed, record):
        self.job, self.template = job, template
        self.handed, self.record = handed, record
        self.process, self.end = None, ""  # why the process ended early

    def all_cells(self):
        """Run all cells, and enter what came of them into the record."""
        start = Path(os.path.relpath(self.handed.folder, self.job.submitted))
        limits = self.job.limits
        self.process = Process(self.job.isolation, limits, self.put_files, start)
        least = running = self.process.count()
        started, left = [], self.job.limits.outputs_kb * 1024
        try:
            self.checker = Checker(
                self.template.source, self.process, self.job.limits.seconds
            )
            for number, cell in enumerate(self.handed.notebook.cells, 1):
                if cell.cell_type != "code":
                    self.read_answer(cell)
                    continue
                where = repair.key_of(cell) or f"number {number}"
                self.run_cell(cell, where, left > 0)
                left -= sum(len(str(output)) for output in cell.outputs)
                if not self.end:
                    before, running = running, self.process.count()
                    started += [(where, running - before)] * (running > before)
            if not self.end and self.process.count() > least:
                self.tell_processes(started)
        finally:
            self.process.close()

    def put_files(self, work):
        """Copy what was handed in, and the assignment's own files over it."""
        left, files = LARGEST_FILES, 0
        start = work / os.path.relpath(self.handed.folder, self.job.submitted)
        places = ((self.job.submitted, work), (self.template.folder, start))
        for folder, target in places:
            for path in repair.within(folder):
                if path.suffix == ".ipynb" or path == folder / "timestamp.txt":
                    continue
                linked = any(
                    p.is_symlink() for p in (path, *path.parents) if p != folder
                )
                size, files = 0 if linked else path.stat().st_size, files + 1
                if linked or size > left or files > MOST_FILES:
                    name = repair.shown(path, folder)
                    self.record.notes.append(f"The file {name} was left out.")
                    continue
                left -= size
                to = target / path.relative_to(folder)
                to.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(path, to)

    def read_answer(self, cell):
        """Let an answer in words wait for a person, unless it is as handed out."""
        key = repair.key_of(cell)
        if key in self.record.points:
            cells = self.template.released.cells
            blank = next(c for c in cells if repair.key_of(c) == key)
            if any(cell.get(x) != blank.get(x) for x in ("source", "attachments")):
                self.record.points[key] = None

    def run_cell(self, cell, where, room):
        """Run one code cell, or the check that it is."""
        try:
            if self.end:
                raise Ended(self.end)
            if repair.is_check(cell):
                self.check(cell, where)
            else:
                self.student(cell, where, room)
        except Ended as reason:
            cell.outputs = []
            if not self.end:
                self.end = f"the run ended in cell {where}: {reason}"
                self.limited(where, str(reason))
            if repair.is_check(cell):
                cell.outputs = result(f"0 points: {self.end}\n", 0.0)
                self.record.said[where] = f"0 points: {self.end}"

    def student(self, cell, where, room):
        """Run a cell of the student's, and tell what went wrong in it."""
        request = {"do": "cell", "source": cell.source}
        answer = self.process.ask(request, self.job.limits.seconds)
        outputs = answer.get("outputs")
        cell.outputs = outputs if isinstance(outputs, list) and room else []
        if answer.get("late"):
            self.stopped(where)
        if answer.get("cut") or not room or not isinstance(outputs, list):
            self.limited(where, "its output was too long and was cut off")
        for output in cell.outputs:
            if isinstance(output, dict) and output.get("output_type") == "error":
                self.error(where, str(output.get("ename")), str(output.get("evalue")))
                break

    def error(self, where, name, text):
        """Tell what an error in a student's cell means for the grading."""
        if name.endswith("MemoryError"):
            self.limited(
                where,
                f"it took more memory than the limit of {self.job.limits.memory_mb} MB",
            )
        elif name == "EOFError" and "reading a line" in text:
            self.note(
                where, "input() waits for a keyboard, and there is none when grading"
            )
        elif name != "KeyboardInterrupt":
            first = text.strip().split("\n")[0][:200]
            self.note(where, f"it raised {name}" + f": {first}" * bool(first))

    def check(self, cell, name):
        """Run a check and enter its points."""
        found = self.checker.run(name, cell.source)
        text, points = found.said, found.points
        if found.late:
            self.stopped(name)
            text += f"{name}: the check did not finish: it took too long\n"
        elif found.error:
            self.note(name, found.error)
            text += f"{name}: the check did not finish: {found.error}\n"
        if not (math.isfinite(points) and 0 <= points <= self.record.most[name]):
            raise ValueError(f"{name} came to {points} points")
        self.record.points[name], self.record.said[name] = points, text
        cell.outputs = result(text, points)

    def stopped(self, where):
        """Enter that a cell took too long."""
        seconds = f"{self.job.limits.seconds:g} seconds"
        self.limited(where, f"it was stopped after {seconds}: does a loop never end?")

    def tell_processes(self, started):
        """Tell which cells started processes that did not end."""
        for where, count in started:
            self.limited(
                where,
                f"it started {count} processes that did not end; they were ended with "
                "the notebook",
            )

    def limited(self, where, text):
        """Enter that a cell met a limit."""
        self.record.status = "limited"
        self.note(where, text)

    def note(self, where, text):
        """Tell what happened in a cell, as a sentence."""
        self.record.notes.append(
            f"Cell {where}: {text}" + "." * (text[-1:] not in ".?!")
        )
