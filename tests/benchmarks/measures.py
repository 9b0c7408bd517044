"""What is measured of nnlib alone: python measures.py NAME, which prints JSON.

Each runs in a process of its own, with one BLAS thread.
"""

import cProfile
import json
import pstats
import subprocess
import sys
import time
import tracemalloc
from pathlib import Path
from statistics import median

import numpy as np
from problems import SERIES, SIZES, Problem, nnlib_fit, nnlib_model, spiral

ROOT = Path(__file__).parents[2]


def of_many_points(m, epochs):
    """Return the series' training with about m points."""
    X, y = spiral(round(m / 3))
    return Problem((2, 32, 3), X, y, 64, 0.1, epochs)


def slope(rounds):
    """Seconds an epoch by number of points, and the slope of their logarithms."""
    problems = [
        of_many_points(m, epochs)
        for m, epochs in ((1_000, 100), (10_000, 10), (100_000, 1), (1_000_000, 1))
    ]
    seconds = {problem: [] for problem in problems}
    for _ in range(1 + rounds):
        for problem in problems:
            model, rng = nnlib_model(problem), np.random.default_rng(2)
            start = time.perf_counter()
            nnlib_fit(model, problem, rng)
            seconds[problem].append((time.perf_counter() - start) / problem.epochs)
    epoch = {len(p.X): median(values[1:]) for p, values in seconds.items()}
    x, y = np.log(list(epoch)), np.log(list(epoch.values()))
    return {"seconds": epoch, "slope": np.polyfit(x, y, 1)[0]}


def memory(rounds):
    """Peak of a training, data and model included, and what the parts take, in bytes.

    NumPy reports its arrays to tracemalloc.
    """
    few = of_many_points(100, 1)
    nnlib_fit(nnlib_model(few), few, np.random.default_rng(2))  # loads what is lazy
    found = {}
    for size in [*SIZES, "1,000,000 points"]:
        tracemalloc.start()
        if size in SIZES:
            data, *options = SIZES[size]
            X, y = data()
            widths = tuple(int(width) for width in size.split("-"))
            problem = Problem(widths, X, y, *options[:2], epochs=2)
        else:
            problem = of_many_points(1_000_000, 1)
        model = nnlib_model(problem)
        tracemalloc.reset_peak()
        nnlib_fit(model, problem, np.random.default_rng(2))
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
        outputs, A = 0, problem.X[: problem.batch_size]
        for layer in model.layers:
            outputs, A = outputs + A.nbytes, layer.forward(A)
        found[size] = {
            "peak": peak,
            "data": problem.X.nbytes + problem.y.nbytes,
            "activations": outputs + A.nbytes,
            "parameters": sum(P.nbytes for P, _ in model.parameters().values()),
            "order": 8 * len(problem.X),
        }
    return found


def importing(rounds):
    """Seconds that ``import nnlib`` takes where NumPy is imported already."""
    code = "import time, numpy; t = time.perf_counter(); import nnlib; "
    command = [sys.executable, "-c", code + "print(time.perf_counter() - t)"]
    runs = [
        float(
            subprocess.run(command, check=True, capture_output=True, text=True).stdout
        )
        for _ in range(1 + 2 * rounds)
    ]
    return {"seconds": median(runs[1:])}


def profile(rounds):
    """Calls a step of each Python function that runs in fit at every step."""
    from problems import problem

    series = problem(SERIES, "float64")
    model, profiler = nnlib_model(series), cProfile.Profile()
    profiler.runcall(nnlib_fit, model, series, np.random.default_rng(2))
    calls = {}
    for (path, line, name), row in pstats.Stats(profiler).stats.items():
        if path != "~" and row[1] >= series.steps:  # "~": written in C
            parts = Path(path).parts
            package = "nnlib" if "nnlib" in parts else "numpy"
            place = (
                "/".join(parts[parts.index(package) :]) if package in parts else path
            )
            calls[f"{place}: {name}, line {line}"] = row[1] / series.steps
    return dict(sorted(calls.items()))


if __name__ == "__main__":
    name, rounds = sys.argv[1:]
    print(json.dumps(globals()[name](int(rounds))))
