"""Run a repaired notebook from top to bottom, and decide what each check has earned."""

import ast
import math
import re
import shutil
import tempfile
from dataclasses import dataclass, field
from pathlib import Path

from nbformat.v4 import new_output

from grading import repair
from grading.run import Kernel, KernelEnded

SHOWN = ("text/plain", "image/png", "image/jpeg")
LARGEST_FILES = 200 * 2**20  # bytes handed in beside the notebook
UNFINISHED = {"points": 0, "empty": 0, "before": [], "during": [], "rebound": []}
UNFINISHED |= {"reached": [], "error": ""}


@dataclass
class Outcome:
    """What came of a run, cell ids being nbgrader's."""

    points: dict = field(default_factory=dict)  # of the check cells that ran
    empty: dict = field(default_factory=dict)  # points without the student's code
    reasons: dict = field(default_factory=dict)  # check cell -> why it has no points
    notes: list = field(default_factory=list)  # for the student
    flags: list = field(default_factory=list)  # for the instructor
    limited: bool = False
    end: str = ""  # why the kernel ended early, in words


def imports_of(notebook):
    """Return the import statements of a source notebook's ordinary code cells."""
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code" and not cell.metadata.get("nbgrader"):
            for node in ast.parse(cell.source).body:
                if isinstance(node, ast.Import | ast.ImportFrom):
                    found.append(ast.unparse(node))
    return "\n".join(found)


def zero(reason):
    """Return the outputs of a test cell that earned nothing, and says why."""
    return result(f"0 points: {reason}\n", 0.0)


def result(text, points):
    """Return the outputs of a test cell: what it printed, then its points."""
    shown = {"text/plain": f"{points:g}"}
    said = [new_output("stream", name="stdout", text=text)] if text else []
    return [*said, new_output("execute_result", data=shown, execution_count=None)]


def execute(job, notebook, source, submitted):
    """Run a repaired notebook, fill in its outputs and return the Outcome."""
    outcome = Outcome()
    with tempfile.TemporaryDirectory() as files:
        copy_files(submitted, Path(files))
        copy_files(job.template / "source" / job.name, Path(files))
        kernel = Kernel(job.isolation, job.limits, imports_of(source), files)
    started, given = [], {cell.source for cell in source.cells}
    try:
        for number, cell in enumerate(notebook.cells, 1):
            if cell.cell_type != "code" and cell.source not in given:
                cell.source = without_tags(cell.source)
            if cell.cell_type == "code":
                before = kernel.processes()
                where = repair.key_of(cell) or f"number {number}"
                run_cell(kernel, cell, where, job, outcome)
                if not outcome.end and kernel.processes() > before:
                    started.append((where, kernel.processes() - before))
        left = kernel.processes() if not outcome.end else 0
        for where, count in started if left else ():
            outcome.limited = True
            outcome.notes.append(
                f"Cell {where}: it started {count} processes that did not end; they "
                "were ended with the notebook."
            )
    finally:
        kernel.close()
    return outcome


def copy_files(folder, target):
    """Copy the files of a folder that are not notebooks; links are left out."""
    left = LARGEST_FILES
    for path in repair.within(folder):
        if path.is_symlink() or path.suffix == ".ipynb":
            continue
        left -= path.stat().st_size
        if left > 0 and not any(parent.is_symlink() for parent in path.parents):
            to = target / path.relative_to(folder)
            to.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(path, to)


def run_cell(kernel, cell, where, job, outcome):
    """Run one code cell and enter what came of it."""
    check = repair.is_check(cell)
    if outcome.end:
        cell.outputs = zero(outcome.end) if check else []
        return
    try:
        reply, limited = kernel.run(cell, check=where if check else None)
    except KernelEnded as reason:
        outcome.end = f"the kernel ended in cell {where}: {reason}"
        outcome.limited = True
        outcome.notes.append(sentence(where, str(reason)))
        if check:
            cell.outputs = zero(outcome.end)
        return
    cell.outputs = [harmless(output) for output in cell.outputs]
    for reason in limited:
        outcome.limited = True
        outcome.notes.append(sentence(where, str(reason)))
    if check:
        enter_points(kernel, cell, where, reply, limited, job, outcome)
        return
    for output in cell.outputs:
        if output.output_type == "error" and not limited:
            outcome.notes.append(error_in_words(where, output, job.limits))
            outcome.limited |= output.ename.endswith("MemoryError")


def harmless(output):
    """Return an output without HTML and scripts, which a page would run."""
    if "data" in output:
        output.data = {kind: x for kind, x in output.data.items() if kind in SHOWN}
    return output


def without_tags(text):
    """Return a Markdown text whose HTML is shown as text: it might hold scripts."""
    text = re.sub(r"<(?=[A-Za-z/!?])", "&lt;", text)
    return re.sub(r"(?i)javascript\s*:", "javascript ", text)


def sentence(where, text):
    """Return what happened in a cell as a sentence."""
    return f"Cell {where}: {text}" + "." * (text[-1:] not in ".?!")


def error_in_words(where, output, limits):
    """Say what an error in a student's cell means for the grading."""
    if output.ename.endswith("MemoryError"):
        return sentence(where, in_mb(limits))
    if output.ename == "StdinNotImplementedError":
        return sentence(
            where, "input() waits for a keyboard, and there is none when grading"
        )
    said = re.sub(r"\(\d+\.py, line", "(line", (output.evalue or "").split("\n")[0])
    return sentence(where, f"it raised {output.ename}: {said[:200]}")


def in_mb(limits):
    """Say that a cell ran out of memory."""
    return f"it took more memory than the limit of {limits.memory_mb} MB"


def enter_points(kernel, cell, name, reply, limited, job, outcome):
    """Enter the points of a check, if they were earned by the student's code."""
    most = float(cell.metadata.nbgrader["points"])
    text = "".join(x.text for x in cell.outputs if x.output_type == "stream")
    points, forged, report = 0.0, "", UNFINISHED
    try:
        report = kernel.points(name, reply)
    except (KeyError, TypeError, ValueError):
        if not limited:
            forged = "the kernel's answer did not come from the check"
    outcome.empty[name] = report["empty"]
    for what in report["rebound"]:
        outcome.flags.append(f"notice: the name {what} was another before {name}")
    if report["before"]:
        outcome.flags.append(f"changed before {name}: {', '.join(report['before'])}")
    if report["reached"]:
        forged = f"code reached for {', '.join(report['reached'])} while the check ran"
    elif report["during"]:
        forged = f"code changed {', '.join(report['during'])} while the check ran"
    elif report["empty"] > job.empty.get(name, 0):
        forged = "the check was passed without the code that it checks"
    elif not (math.isfinite(report["points"]) and 0 <= report["points"] <= most):
        forged = f"the check came to {report['points']}, which is no score"
    if forged:
        outcome.flags.append(f"{name} set to 0: {forged}")
        text = f"{name}: 0 points, because {forged}.\n"
    elif limited or report["error"]:
        error = limited[0] if limited else report["error"]
        if "MemoryError" in error:
            error, outcome.limited = in_mb(job.limits), True
        text += f"{name}: the check did not finish: {error}\n"
        if not limited:
            outcome.notes.append(sentence(name, error))
    if not forged:
        points = report["points"]
    outcome.points[name] = points
    cell.outputs = result(text, points)
