"""Grade one submission, in a process of the grader's own.

What is handed in is repaired and run from top to bottom, each student's cell in the
sandbox, each check here.  The submission's folder then has ``record.json``, the result,
and ``graded.ipynb``, which is safe to show.
"""

import os
import re
import shutil

import nbformat
from nbformat.v4 import new_output
from nbgrader.utils import is_grade, is_locked, parse_utc

from grading import clean, repair, sandbox
from grading.checks import Checker
from grading.files import shown, within
from grading.process import Ended, Process
from grading.records import Record, Template

LARGEST_FILES = 100 * 2**20  # bytes handed in beside the notebook
MOST_FILES = 1000
MOST_NOTES = 30
SUSPICIONS = {  # what an instructor may want to look at; it costs no points
    "names a place outside its folder": r"gradebook|\.\./|/etc/|/proc/|expanduser",
    "starts or ends processes": r"\bos\.(_exit|kill|fork|system)|subprocess|multiproc",
    "uses the network": r"\bsocket\b|\burllib\b|\brequests\b",
}


def process(job):
    """Grade a submission and store its Record; runs in a process of its own."""
    sandbox.prepare_process()
    sandbox.remove(job.folder)
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
    cells = filter(is_grade, template.source.cells)
    record.most = {repair.key_of(cell): cell.metadata.nbgrader.points for cell in cells}
    record.points = dict.fromkeys(record.most, 0.0)
    try:
        handed = repair.hand(job.submitted, template)
    except repair.Unreadable as reason:
        record.status, record.notes = "unreadable", [str(reason)]
        notebook, folder = template.released, job.template
        for cell in filter(repair.is_check, notebook.cells):
            cell.outputs = result(f"0 points: {reason}\n", 0.0)
    else:
        notebook, folder = handed.notebook, handed.folder
        record.status = "repaired" if handed.repaired else "graded"
        record.notes = list(handed.notes)
        Run(job, template, handed, record).all_cells()
        record.flags = flags(notebook)
    record.timestamp = handed_in_at(job.submitted, record.notes)
    record.notes = [clean.text(note, 400) for note in dict.fromkeys(record.notes)]
    record.notes = record.notes[:MOST_NOTES]
    record.said = {key: clean.text(x, 5000) for key, x in record.said.items()}
    limit = job.limits.outputs_kb * 1024
    return record, clean.notebook(notebook, folder, limit)


def flags(notebook):
    """Return what the student's code cells do that may be innocent, a sentence each."""
    found = []
    for number, cell in enumerate(notebook.cells, 1):
        if cell.cell_type == "code" and not is_locked(cell):
            code = re.sub(r"#.*", "", cell.source)
            does = [x for x, pattern in SUSPICIONS.items() if re.search(pattern, code)]
            found += [f"notice: cell {number} {what}" for what in does]
    return found


def result(text, points):
    """Return the outputs of a check: what it printed, then its points."""
    said = [new_output("stream", text=text)] if text else []
    return [*said, new_output("execute_result", {"text/plain": f"{points:g}"})]


def handed_in_at(submitted, notes):
    """Return the text of timestamp.txt if nbgrader can read it, or ""."""
    path = submitted / "timestamp.txt"
    if path.is_symlink() or not path.is_file():
        return ""
    try:
        with path.open(encoding="utf-8-sig") as file:
            text = file.read(100).strip()
        parse_utc(text)
        return text
    except (OSError, ValueError, OverflowError):
        notes.append("timestamp.txt holds no time; it was left out.")
        return ""


class Run:
    """A submission's notebook, run from top to bottom, its results in the record."""

    def __init__(self, job, template, handed, record):
        self.limits, self.record, self.handed = job.limits, record, handed
        self.job, self.template = job, template
        self.end = ""  # why the process ended early

    def all_cells(self):
        """Run all cells, and enter what came of them into the record."""
        folder, limits = self.job.folder / "run", self.limits
        where = os.path.relpath(self.handed.folder, self.job.submitted)
        work = folder / "files" / "work"
        (work / where).mkdir(parents=True)
        self.put_files(self.job.submitted, work)
        self.put_files(self.template.folder, work / where)
        self.process = Process(self.job.isolation, limits, folder, where)
        left = limits.outputs_kb * 1024
        try:
            self.checker = Checker(self.template.source, self.process, limits.seconds)
            for number, cell in enumerate(self.handed.notebook.cells, 1):
                if cell.cell_type == "code":
                    self.run_cell(cell, repair.key_of(cell) or f"number {number}", left)
                    left -= sum(len(str(output)) for output in cell.outputs)
                else:
                    self.read_answer(cell)
        finally:
            self.process.close()
            sandbox.remove(folder)

    def put_files(self, folder, target):
        """Copy files, but no notebooks, no links, and not too much."""
        left = LARGEST_FILES
        for number, path in enumerate(within(folder)):
            if path.suffix == ".ipynb" or path == folder / "timestamp.txt":
                continue
            size, to = path.lstat().st_size, target / path.relative_to(folder)
            if path.is_symlink() or size > left or number >= MOST_FILES:
                self.record.notes.append(
                    f"The file {shown(path, folder)} was left out."
                )
                continue
            left -= size
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
                self.note(where, str(reason), limited=True)
            if repair.is_check(cell):
                self.record.said[where] = f"0 points: {self.end}"
                cell.outputs = result(f"0 points: {self.end}\n", 0.0)

    def student(self, cell, where, room):
        """Run a cell of the student's, and tell what went wrong in it."""
        request = {"do": "cell", "source": cell.source}
        answer = self.process.ask(request, self.limits.seconds)
        outputs = answer.get("outputs")
        whole = isinstance(outputs, list) and room > 0
        cell.outputs = outputs if whole else []
        if answer.get("late"):
            self.stopped(where)
        if answer.get("cut") or not whole:
            self.note(where, "its output was too long and was cut off", limited=True)
        for output in cell.outputs:
            if isinstance(output, dict) and output.get("output_type") == "error":
                self.error(where, str(output.get("ename")), str(output.get("evalue")))
                break

    def error(self, where, name, text):
        """Tell what an error in a student's cell means for the grading."""
        if name.endswith("MemoryError"):
            limit = f"the limit of {self.limits.memory_mb} MB"
            self.note(where, f"it took more memory than {limit}", limited=True)
        elif name == "EOFError" and "reading a line" in text:
            self.note(where, "input() waits for a keyboard: there is none when grading")
        elif name != "KeyboardInterrupt":
            first = text.strip().split("\n")[0][:200]
            self.note(where, f"it raised {name}" + f": {first}" * bool(first))

    def check(self, cell, name):
        """Run a check and enter its points."""
        found = self.checker.run(name, cell.source)
        if found.late:
            self.stopped(name)
        elif found.error:
            self.note(name, found.error)
        if error := "it took too long" if found.late else found.error:
            found.said += f"{name}: the check did not finish: {error}\n"
        if not 0 <= found.points <= self.record.most[name]:
            raise ValueError(f"{name} came to {found.points} points")
        self.record.points[name], self.record.said[name] = found.points, found.said
        cell.outputs = result(found.said, found.points)

    def stopped(self, where):
        """Enter that a cell took too long."""
        seconds = f"{self.limits.seconds:g} seconds"
        text = f"it was stopped after {seconds}: does a loop never end?"
        self.note(where, text, limited=True)

    def note(self, where, text, limited=False):
        """Tell what happened in a cell, as a sentence, and whether it met a limit."""
        stop = "" if text.endswith((".", "?", "!")) else "."
        self.record.notes.append(f"Cell {where}: {text}{stop}")
        if limited:
            self.record.status = "limited"
