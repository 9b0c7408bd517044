"""Measure nnlib against its peers: make bench, or make bench QUICK=1 for a try.

Peers take turns: in each round every peer trains once, in a process of its own that
otherwise sleeps, and ratios are taken within a round.  So what else the machine does
falls on all alike, and no library's threads disturb another's.  pytest-benchmark runs
each function to its end before the next, and asv makes an environment for each commit;
neither takes turns between processes with different numbers of threads.

Writes results.json, RESULTS.md, the picture and README's part between the markers; a
try writes them to a folder of its own.
"""

import argparse
import importlib.util
import json
import os
import platform
import subprocess
import sys
import tempfile
import time
from datetime import date
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

import nbformat
import peers
import report
from problems import SIZES, problem

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
ROUNDS = dict(zip(SIZES, (15, 11, 7, 7), strict=True))
DTYPES, THREADS = ("float64", "float32"), (1, 2)
SAME_LOSS = 0.05  # peers shuffle differently
PACKAGES = ("numpy", "scikit-learn", "torch", "jax", "jaxlib", "nbval", "matplotlib")


class Worker:
    """A peer in its own process."""

    def __init__(self, peer, threads):
        command = [sys.executable, HERE / "worker.py", peer.__name__, str(threads)]
        pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
        self.process = subprocess.Popen(command, **pipes)

    def train(self, size, dtype):
        """Return (seconds, processor seconds, history of the loss) of one training."""
        self.process.stdin.write(f"{size} {dtype}\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise RuntimeError(f"{self.process.args[2]} ended before it answered")
        return json.loads(answer)

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def missing(peer):
    """Return why a peer cannot take part, or None."""
    module = peers.PEERS[peer][1]
    if importlib.util.find_spec(module) is None:
        return f"{module} is not installed"
    if peer is peers.c_loop and peers.compiler() is None:
        return "no C compiler found"
    if peer is peers.c_loop:
        try:
            peers.compiled("float64")
        except subprocess.CalledProcessError:
            return "the C compiler refused it"
    return None


def compare(size, dtype, threads, workers, rounds):
    """Return the run: seconds a step, round by round, of each peer, and its loss.

    In each round another peer begins.  The first round is not counted: imports, caches.
    """
    taking_part = [p for p in workers if peers.ONLY.get(p, size) == size]
    steps = problem(size, dtype).steps
    wall, busy, losses = ({p.__name__: [] for p in taking_part} for _ in range(3))
    for turn in range(1 + rounds):
        first = turn % len(taking_part)
        for peer in taking_part[first:] + taking_part[:first]:
            seconds, processor, history = workers[peer].train(size, dtype)
            if turn:
                wall[peer.__name__].append(seconds / steps)
                busy[peer.__name__].append(processor / steps)
            losses[peer.__name__] = history
        same_work(size, dtype, losses)
    return {
        "size": size,
        "dtype": dtype,
        "threads": threads,
        "seconds": wall,
        "processor": busy,
        "loss": {name: history and history[-1] for name, history in losses.items()},
    }


def same_work(size, dtype, losses):
    """Raise unless all trainings end at nnlib's loss, and it fell on the way.

    They may differ by 5 % of the loss, or of its fall if that is less.
    """
    first, *_, last = losses["nnlib"]
    if not last < first:
        raise RuntimeError(f"{size}, {dtype}: nothing was learned")
    allowed = SAME_LOSS * min(last, first - last)
    for name, history in losses.items():
        if history is None:
            continue
        off = abs(history[-1] - last)
        if len(history) != len(losses["nnlib"]) or not off < allowed:
            raise RuntimeError(
                f"{name} has not done nnlib's work at {size}, {dtype}: its loss ends "
                f"at {history[-1]:.4f}, nnlib's at {last:.4f}"
            )


def notebooks(rounds):
    """Seconds of pytest --nbval over the lessons, and over as many bare imports.

    One run of each is not counted.
    """
    lessons = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
    with tempfile.TemporaryDirectory() as folder:
        bare = [Path(folder) / path.name for path in lessons]
        for path in bare:
            source = "import matplotlib.pyplot as plt\nimport numpy as np"
            cell = nbformat.v4.new_code_cell(source, execution_count=1)
            nbformat.write(nbformat.v4.new_notebook(cells=[cell]), path)
        options = ["-q", "-p", "no:cacheprovider", "-c", ROOT / "pyproject.toml"]
        command = [sys.executable, "-m", "pytest", "--nbval", *options]
        seconds = {"lessons": [], "imports": []}
        for turn in range(1 + rounds):
            for name, paths in (("lessons", lessons), ("imports", bare)):
                start = time.perf_counter()
                subprocess.run(
                    [*command, *paths], cwd=ROOT, check=True, stdout=subprocess.DEVNULL
                )
                if turn:
                    seconds[name].append(time.perf_counter() - start)
    return seconds


def alone(name, rounds):
    """Return what measures.py says."""
    command = [sys.executable, HERE / "measures.py", name, str(rounds)]
    one = {"OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1"}
    run = subprocess.run(
        command, check=True, stdout=subprocess.PIPE, env=os.environ | one
    )
    return json.loads(run.stdout)


def machine():
    """Return the processor, its cores, the system, and the versions of everything."""
    model = platform.processor() or platform.machine()
    cpuinfo = Path("/proc/cpuinfo")
    if cpuinfo.exists():
        lines = cpuinfo.read_text("utf-8").splitlines()
        names = [line.split(":")[1].strip() for line in lines if "model name" in line]
        model = names[0] if names else model
    versions = {"Python": platform.python_version()}
    for name in PACKAGES:
        try:
            versions[name] = version(name)
        except PackageNotFoundError:
            versions[name] = "not installed"
    if peers.compiler():
        command = [peers.compiler(), "--version"]
        said = subprocess.run(command, capture_output=True, text=True).stdout
        versions["C compiler"] = said.splitlines()[0]
    return {
        "processor": model,
        "cores": len(os.sched_getaffinity(0))
        if hasattr(os, "sched_getaffinity")
        else os.cpu_count(),
        "system": f"{platform.system()} {platform.machine()}",
        "date": date.today().isoformat(),
        "versions": versions,
    }


def measure(quick):
    """Return all figures of one run."""
    found = {"machine": machine(), "missing": {}, "runs": []}
    found["profile"] = alone("profile", 1)
    found["memory"] = alone("memory", 1)
    taking_part = []
    for peer, (title, _) in peers.PEERS.items():
        why = missing(peer)
        if why:
            found["missing"][peer.__name__] = why
            print(f"{title}: {why}", flush=True)
        else:
            taking_part.append(peer)
    for threads in THREADS:
        workers = {peer: Worker(peer, threads) for peer in taking_part}
        try:
            for size in SIZES:
                for dtype in DTYPES:
                    print(f"{size}, {dtype}, threads: {threads}", flush=True)
                    rounds = 3 if quick else ROUNDS[size]
                    run = compare(size, dtype, threads, workers, rounds)
                    found["runs"].append(run)
        finally:
            for worker in workers.values():
                worker.close()
    print("samples, import, notebooks", flush=True)
    found["slope"] = alone("slope", 1 if quick else 5)
    found["import"] = alone("importing", 3 if quick else 10)
    found["notebooks"] = notebooks(1 if quick else 3)
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--quick", action="store_true", help="few rounds, for a try")
    parser.add_argument("--report", type=Path, help="results.json to report anew")
    options = parser.parse_args()
    start = time.perf_counter()
    if options.report:
        found = json.loads(options.report.read_text("utf-8"))
    else:
        found = measure(options.quick)
        found["minutes"] = (time.perf_counter() - start) / 60
    folder = Path(tempfile.mkdtemp(prefix="bench-")) if options.quick else ROOT
    print(report.write(found, folder))
    print(f"\n{found['minutes']:.0f} minutes; written to {folder}")


if __name__ == "__main__":
    main()
