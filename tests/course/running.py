"""Run an assignment's source notebook in-process, with some of its cells replaced.

    result = run("01_neuron", {"task-1": "def leaky(z): ..."})
    result.points["check-1"], result.says["check-1"]

A module in ``catalogue`` holds ``NAME`` ("01_neuron"), ``MISTAKES`` (Mistake) and
``CORRECT`` (Alternative); it is found by its file.
"""

import ast
import contextlib
import importlib
import io
import linecache
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import matplotlib
import nbformat

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "notebooks" / "assignments" / "source"
CATALOGUE = Path(__file__).parent / "catalogue"
STUB = 'raise NotImplementedError("not done yet")'
REGIONS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")


@dataclass(frozen=True)
class Mistake:
    """A usual mistake: a whole solution cell that is wrong in one way.

    Args:
        task: id of the check cell that finds it, such as "check-1".
        why: one line on why people make it.
        says: words that the check's message must hold.
        code: the solution cell with the mistake in it.
        cell: id of the solution cell, such as "task-1".
        touches: ids of other check cells that build on this cell and may lose points.
    """

    task: str
    why: str
    says: str
    code: str
    cell: str
    touches: tuple = ()


@dataclass(frozen=True)
class Alternative:
    """A correct solution that differs from the reference.

    Args:
        cells: {id of a solution cell: its code}.
        what: what is different, such as "einsum".
    """

    cells: dict
    what: str


@dataclass
class Result:
    """What came of a run; the dictionaries go by the cells' ids.

    ``points`` holds the points of each check cell, ``says`` what each cell printed,
    ``warned`` what it wrote on stderr, ``errors`` the exceptions that left a cell.
    """

    points: dict = field(default_factory=dict)
    says: dict = field(default_factory=dict)
    warned: dict = field(default_factory=dict)
    errors: dict = field(default_factory=dict)


def names():
    """Return the names of the assignments that have a source notebook, in order."""
    return sorted(path.parent.name for path in SOURCE.glob("*/*.ipynb"))


def catalogue():
    """Return {NAME: module} of all modules in the folder catalogue."""
    files = sorted(CATALOGUE.glob("a[0-9]*.py"))
    package = f"{__package__}.catalogue" if __package__ else "catalogue"
    modules = [importlib.import_module(f"{package}.{path.stem}") for path in files]
    return {module.NAME: module for module in modules}


@cache
def cells(name):
    """Return [(id, kind, maximum, source)] of the code cells of a source notebook.

    The id is nbgrader's, or the cell's own where it has none; the kind is "solution",
    "check" or "".
    """
    notebook = nbformat.read(SOURCE / name / f"{name}.ipynb", as_version=4)
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


def without(source, region, instead=None):
    """Return the source without a region's lines, as nbgrader's preprocessors do.

    ``region`` is one of REGIONS; ``instead`` is a line that takes its place, indented
    as the region is.
    """
    kept, inside = [], False
    for line in source.split("\n"):
        if f"### BEGIN {region}" in line:
            inside = True
            if instead:
                kept.append(line[: len(line) - len(line.lstrip())] + instead)
        elif f"### END {region}" in line:
            inside = False
        elif not inside:
            kept.append(line)
    return "\n".join(kept)


def released(name):
    """Return {id: source} of the cells that the released hand-out has otherwise."""
    return {
        key: without(without(source, "SOLUTION", STUB), "HIDDEN TESTS")
        for key, kind, _, source in cells(name)
        if kind
    }


def stubs(name):
    """Return {id: source} of the solution cells as a student gets them."""
    return {
        key: without(source, "SOLUTION", STUB)
        for key, kind, _, source in cells(name)
        if kind == "solution"
    }


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


def run(name, replaced=None, hidden=True):
    """Run all code cells of an assignment in one namespace and return the Result.

    An exception ends its cell and no other, as when nbgrader grades.

    Args:
        name: of the assignment, such as "01_neuron".
        replaced: {id: source} to run in place of the notebook's own.
        hidden: whether the hidden tests are run too.
    """
    replaced = dict(replaced or {})
    matplotlib.use("agg")
    space, result = {"__name__": "__main__"}, Result()
    for key, kind, _, source in cells(name):
        source = replaced.pop(key, source)
        if not hidden:
            source = without(source, "HIDDEN TESTS")
        out, err, value = io.StringIO(), io.StringIO(), None
        with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
            try:
                body, last = compiled(key, source)
                exec(body, space)
                value = eval(last, space) if last else None
            except Exception as error:
                result.errors[key] = error
        result.says[key] = out.getvalue()
        if err.getvalue():
            result.warned[key] = err.getvalue()
        if kind == "check":
            clean = key not in result.errors and key not in result.warned
            result.points[key] = float(value) if clean else 0.0
    if replaced:
        raise ValueError(f"{name} has no cells {sorted(replaced)}")
    return result


@cache
def reference(name):
    """Return the Result of the source notebook as it stands."""
    return run(name)
