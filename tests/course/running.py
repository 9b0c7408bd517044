"""Run an assignment's source notebook in-process, with some of its cells replaced.

    points, says = run("01_neuron", {"task-1": "def leaky(z): ..."})
    points["check-1"], says["check-1"]

A module in ``catalogue`` holds ``NAME`` ("01_neuron"), ``MISTAKES`` (Mistake) and
``CORRECT`` (Alternative); it is found by its file.
"""

import ast
import contextlib
import importlib
import io
import linecache
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import matplotlib
import nbformat

COURSE = Path(__file__).resolve().parents[2] / "notebooks" / "assignments"


@dataclass(frozen=True)
class Mistake:
    """A usual mistake: a whole solution cell that is wrong in one way."""

    task: str  # id of the check cell that finds it, such as "check-1"
    why: str  # one line on why people make it
    says: str  # words that the check's message must hold
    code: str  # the solution cell with the mistake in it
    cell: str  # id of the solution cell, such as "task-1"
    touches: tuple = ()  # ids of other checks that build on it, and may lose points


@dataclass(frozen=True)
class Alternative:
    """A correct solution that differs from the reference."""

    cells: dict  # {id of a solution cell: its code}
    what: str  # what is different, such as "einsum"


def names():
    """Return the names of the assignments that have a source notebook, in order."""
    return sorted(path.parent.name for path in COURSE.glob("source/*/*.ipynb"))


def catalogue():
    """Return {NAME: module} of all modules in the folder catalogue."""
    files = sorted(Path(__file__).parent.glob("catalogue/a[0-9]*.py"))
    modules = [importlib.import_module(f"catalogue.{path.stem}") for path in files]
    return {module.NAME: module for module in modules}


@cache
def cells(name, step="source"):
    """Return [(id, kind, maximum, source)] of the code cells of a notebook.

    The id is nbgrader's, or the cell's own where it has none; the kind is "solution",
    "check" or "".
    """
    notebook = nbformat.read(COURSE / step / name / f"{name}.ipynb", as_version=4)
    found = []
    for cell in notebook.cells:
        if cell.cell_type == "code":
            about = cell.metadata.get("nbgrader", {})
            kind = "solution" * about.get("solution", False)
            kind = "check" if about.get("grade") else kind
            key = about.get("grade_id", cell.id)
            found.append((key, kind, about.get("points", 0), cell.source))
    return found


def maximum(name):
    """Return {check id: points} of an assignment."""
    return {key: points for key, kind, points, _ in cells(name) if kind == "check"}


def released(name, *kinds):
    """Return {id: source} of the hand-out's cells of these kinds."""
    return {k: text for k, kind, _, text in cells(name, "release") if kind in kinds}


@cache
def compiled(key, source):
    """Return (code, code of the last expression or None), with lines for tracebacks."""
    filename = f"<cell {key} {abs(hash(source))}>"
    lines = source.splitlines(keepends=True)
    linecache.cache[filename] = (len(source), None, lines, filename)
    tree = ast.parse(source, filename)
    last = None
    if tree.body and isinstance(tree.body[-1], ast.Expr):
        last = compile(ast.Expression(tree.body.pop().value), filename, "eval")
    return compile(tree, filename, "exec"), last


def run(name, replaced=(), check=None, space=None):
    """Run all code cells of an assignment in one namespace.

    Replaced is {id: source} to run in place of the notebook's own; check(id, source),
    where it is given, runs the checks.  Returns {id of a check: points} and {id of a
    check: what it printed}.  No cell may raise, or write on stderr.
    """
    replaced, points, says = dict(replaced), {}, {}
    matplotlib.use("agg")
    space = {"__name__": "__main__"} if space is None else space
    for key, kind, _, source in cells(name):
        if key.startswith("see-"):  # shows the work in use, and catches what is wrong
            continue
        source = replaced.pop(key, source)
        if check and kind == "check":
            points[key], says[key] = check(key, source)
            continue
        out, err = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            body, last = compiled(key, source)
            exec(body, space)
            value = eval(last, space) if last else None
        assert not err.getvalue(), key
        if kind == "check":
            points[key], says[key] = float(value), out.getvalue()
    assert not replaced, f"{name} has no cells {sorted(replaced)}"
    return points, says
