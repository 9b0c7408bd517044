"""Measure nnlib against its peers: make bench, or make bench QUICK=1 for a try.

In each round every peer trains once, in a process of its own that otherwise sleeps,
and ratios are taken within a round: what else the machine does falls on all alike.
With --bars the page is made anew from its own numbers: after a change of bar.
"""

import os
import platform
import re
import shutil
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from importlib.metadata import distributions
from itertools import product
from math import ceil
from multiprocessing import get_context
from pathlib import Path
from unittest.mock import patch

import numpy as np
from peers import FIRST, LARGEST, PEERS, SERIES, SIZES, WIDE, problem

FOUND = {d.name: d.version for d in distributions()}
FOUND["cc"] = shutil.which("cc") and "found"
SAME_LOSS = 0.05  # peers shuffle differently
PAGE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- benchmark: begin -->\n\n", "\n\n<!-- benchmark: end -->"
TYPES, THREADS = ("float64", "float32"), (1, 2)
BARS = {  # the least that is wanted with one thread; README.md says why
    (SERIES, "PyTorch / nnlib"): 5,
    (SERIES, "scikit-learn / nnlib"): 3,
    (SERIES, "C loop / nnlib"): 0.1,
    (WIDE, "PyTorch / nnlib"): 0.67,
    (WIDE, f"PyTorch / {FIRST}"): 1,
    (LARGEST, "PyTorch / nnlib"): 0.86,
    (LARGEST, f"PyTorch / {FIRST}"): 1,
    (LARGEST, "matrix products alone / nnlib"): 0.87,
}


def processes(threads):
    """Return {peer: a process of its own with so many threads, which waits}."""
    names = "OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NPROC"
    settings = dict.fromkeys((*names, "VECLIB_MAXIMUM_THREADS"), str(threads))
    here = [name for name, (_, need, _) in PEERS.items() if FOUND.get(need)]
    pools = {name: ProcessPoolExecutor(1, get_context("spawn")) for name in here}
    with patch.dict(os.environ, settings):
        for pool in pools.values():
            pool.submit(int).result()  # starts it; what is imported reads the settings
    return pools


def train(name, network, dtype, threads):
    """Return the seconds per step of a training, and the loss of each epoch."""
    if hasattr(os, "sched_setaffinity"):  # no library gets more cores than the others
        os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])
    given = problem(network, dtype)
    training = PEERS[name][0](given)
    start = time.perf_counter()
    history = training()
    seconds = time.perf_counter() - start
    return seconds / given.epochs / ceil(len(given.X) / given.batch_size), history


def same_work(losses):
    """Raise unless all trainings end within 5 % of nnlib's loss, and of its fall."""
    first, *_, last = losses["nnlib"]
    if not last < first:
        raise RuntimeError("nothing was learned")
    for name, history in losses.items():
        off = abs(history[-1] - last) / min(last, first - last)
        if len(history) != len(losses["nnlib"]) or not off < SAME_LOSS:
            ends = f"its loss ends at {history[-1]:.4f}, nnlib's at {last:.4f}"
            raise RuntimeError(f"{name} has not done nnlib's work: {ends}")


def compare(network, dtype, threads, pools, rounds):
    """Return {what is divided by what: median}, and nnlib's microseconds per step.

    In each round another peer begins.  The first round is not counted: imports, caches.
    """
    names = [name for name in pools if network in PEERS[name][2]]
    seconds, losses = {name: np.empty(1 + rounds) for name in names}, {}
    for turn in range(1 + rounds):
        first = turn % len(names)
        for name in names[first:] + names[:first]:
            job = pools[name].submit(train, name, network, dtype, threads)
            seconds[name][turn], history = job.result()
            if history is not None:  # matrix products have no loss
                losses[name] = history
        same_work(losses)
    pairs = [(name, "nnlib") for name in names[1:]]
    pairs += [(n, FIRST) for n in ("PyTorch", "scikit-learn") if {n, FIRST} <= {*names}]
    return {"nnlib, µs per step": 1e6 * np.median(seconds["nnlib"][1:])} | {
        f"{over} / {under}": np.median((seconds[over] / seconds[under])[1:])
        for over, under in pairs
    }


def made_on(rounds, load):
    """Return the sentence that says when, where and with what it was measured."""
    cpuinfo = Path("/proc/cpuinfo")
    named = cpuinfo.exists() and re.search("model name.*: (.*)", cpuinfo.read_text())
    needs = dict.fromkeys(need for _, need, _ in PEERS.values())
    versions = [f"{need} {FOUND.get(need) or 'missing'}" for need in needs]
    return (
        f"Measured on {date.today()}, rounds: {rounds}; "
        f"{named[1] if named else platform.processor()}, {os.cpu_count()} cores, load "
        f"{load:.1f} before; {platform.system()}, Python {platform.python_version()}, "
        f"{', '.join(versions)}."
    )


def table(results):
    """Return rows [network, what is divided by what, *ratios] as a Markdown table."""
    columns = [f"{t}, {n} thread{'s' * (n > 1)}" for n, t in product(THREADS, TYPES)]
    rows = [["network", "time of … / time of …", "wanted", *columns, ""], ["---"] * 8]
    for network, what, *values in results:
        cells = [f"{v:,.0f}" if v >= 100 else f"{v:#.3g}" for v in values]
        bar, wanted, verdict = BARS.get((network, what)), "", ""
        if bar is not None:
            wanted, verdict = f"≥ {bar}", "met"
            for i in (0, 1):
                if values[i] < bar:
                    cells[i], verdict = f"**{cells[i]}**", "**missed**"
        rows.append([network, what, wanted, *cells, verdict])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def read():
    """Return what stands between the page's markers: (made_on, results)."""
    inside = PAGE.read_text("utf-8").split(BEGIN)[1].split(END)[0]
    made, lines = inside.split("\n\n")
    results = []
    for line in lines.splitlines()[2:]:
        network, what, _, *cells = (cell.strip(" *") for cell in line.split("|")[1:-2])
        results.append([network, what, *(float(c.replace(",", "")) for c in cells)])
    return made, results


def page(made, results):
    """Return the page with these results between its markers."""
    before, inside = PAGE.read_text("utf-8").split(BEGIN)
    return f"{before}{BEGIN}{made}\n\n{table(results)}{END}{inside.split(END)[1]}"


def measure(quick):
    """Write the page; for a try, to build/bench."""
    start, load = time.perf_counter(), os.getloadavg()[0]
    rounds, results = 1 if quick else 11, {}
    for threads in THREADS:
        pools = processes(threads)
        for dtype, network in product(TYPES, SIZES):
            print(f"{network}, {dtype}, threads: {threads}", flush=True)
            found = compare(network, dtype, threads, pools, rounds)
            for what, value in found.items():
                shown = float(f"{value:.3g}")  # a bar is met or missed as shown
                results.setdefault((network, what), []).append(shown)
        for pool in pools.values():
            pool.shutdown()
    results = [[*key, *values] for key, values in results.items()]
    folder = Path("build/bench") if quick else PAGE.parent
    folder.mkdir(parents=True, exist_ok=True)
    made = "**A try, not a measurement.** " * quick + made_on(rounds, load)
    (folder / PAGE.name).write_text(page(made, results), "utf-8")
    print(f"{(time.perf_counter() - start) / 60:.0f} minutes; written to {folder}")


if __name__ == "__main__":
    if "--bars" in sys.argv:
        PAGE.write_text(page(*read()), "utf-8")
    else:
        measure(quick="--quick" in sys.argv)
