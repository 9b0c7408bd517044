"""Run a lesson's own cells with other seeds, without its figures.

What a lesson says of a training run must hold for other seeds too.  So its cells are
run with each of the seeds 0 to 9: its assertions are tried, and its results are kept
for the tests of what the text says.
"""

import ast
import contextlib
import io
import re
from functools import cache
from types import ModuleType
from unittest.mock import MagicMock, patch

import execute
import matplotlib.pyplot as plt
import numpy as np
import pytest
from lesson_form import LESSONS, NOTEBOOKS, code_cells, read

from nnlib import plotting

SEEDS = range(10)
LEFT_OUT = {  # cells with these names: the lesson itself repeats them many times
    2: r"ten_networks|\bruns\b",
    6: r"\bspans\b|\bmissed\b|\bheld\b",
    7: r"\b(rounds|rows_all|Z_all|at_random|leaky)\b|rng_draw",
}


class Record(ast.NodeTransformer):
    """Put ``record(reason, condition)`` in place of ``assert condition, reason``."""

    def visit_Assert(self, node):
        reason = node.msg or ast.Constant(ast.unparse(node.test))
        return ast.Expr(
            ast.Call(ast.Name("record", ast.Load()), [reason, node.test], [])
        )


@contextlib.contextmanager
def quiet(show=lambda figure, alt="": plt.close("all")):
    """Run a lesson's code in here: nothing is printed, ``show`` gets the figures."""
    plt.switch_backend("agg")
    with (
        plt.rc_context(),
        contextlib.chdir(NOTEBOOKS),
        contextlib.redirect_stdout(io.StringIO()),
        patch.object(plotting, "show", show),
    ):
        yield


@cache
def run(number, seed):
    """Return a module of the names that a lesson holds at its end.

    The seed comes in place of each 0 that the lesson uses as a seed, and is ``SEED``;
    ``broken`` holds the reasons of the assertions that failed.
    """
    lesson = ModuleType(f"lesson {number} with seed {seed}")
    lesson.SEED, lesson.broken = seed, set()
    lesson.record = lambda reason, holds: holds or lesson.broken.add(reason)
    left_out = LEFT_OUT.get(number, r"\A\Z")
    with quiet():
        for cell in code_cells(read(LESSONS[number - 1])):
            if execute.is_slider(cell) or re.search(left_out, cell.source):
                continue
            source = re.sub(r"(default_rng\(|seed=)0\b", rf"\g<1>{seed}", cell.source)
            code = ast.fix_missing_locations(Record().visit(ast.parse(source)))
            exec(compile(code, lesson.__name__, "exec"), vars(lesson))
            if "draw" in vars(lesson):
                lesson.draw = MagicMock()  # the lesson's figures
    return lesson


def broken(number):
    """Return the reasons of the lesson's assertions that some seed breaks."""
    return set().union(*(run(number, seed).broken for seed in SEEDS))


def over_seeds(number, expression):
    """Return what an expression gives at the lesson's end, with each of the seeds."""
    return np.array([eval(expression, vars(run(number, seed))) for seed in SEEDS])


def outside(number, bounds):
    """Return the expressions that some seed puts outside (low, high) of ``bounds``."""
    found = {name: over_seeds(number, name) for name in bounds}
    spans = {name: (x.min(), x.max()) for name, x in found.items()}
    inside = {
        x: bounds[x][0] < low <= high < bounds[x][1] for x, (low, high) in spans.items()
    }
    return {name: span for name, span in spans.items() if not inside[name]}


def near(value, within):
    """Return what equals all that is at most ``within`` from the value."""
    return pytest.approx(value, rel=0, abs=within)
