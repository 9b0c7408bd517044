"""Change the code in small ways, one at a time, and see whether the tests notice.

A change that no test notices (a survivor) shows what is not tested, or code that does
nothing.  ``make mutants`` runs this file; ``make mutants OPTIONS="layers metrics"``
looks at those modules only.  It ends in a table, and fails if less than 95 % of a
module's mutants are killed, or if survivors.toml does not explain a survivor.

The mutants stand in copies of the package in a temporary folder.  Each is tested in a
process of its own, forked from one that has NumPy and scikit-learn loaded: importing
them takes longer than most of the tests.  .mutants/ keeps what became of each.  A
mutant whose module, tests and surroundings are as they were is not run again; the
others meet first the test that killed them the last time.
"""

import argparse
import hashlib
import importlib
import json
import os
import resource
import shutil
import signal
import sys
import tempfile
import time
import tomllib
from collections import deque
from itertools import chain
from multiprocessing import get_context
from multiprocessing.connection import wait
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
KEPT = ROOT / ".mutants" / "results.json"
SURVIVORS = Path(__file__).with_name("survivors.toml")
LEAST = 0.95  # share of a module's mutants that the tests must kill

# The tests that speak of each module, those first that kill most and soonest.
TESTS = {
    "layers": "layers parameters gradient_check errors training api gradients",
    "losses": "gradient_check losses errors training gradients api",
    "optimizers": "training errors api",
    "training": "training errors parameters api",
    "metrics": "metrics errors api",
    "gradient_check": "gradient_check parameters errors gradients api",
}

# What the tests import, loaded once; but not nnlib, which is what differs.
LOADED = [
    "hypothesis.extra.numpy",
    "matplotlib.font_manager",
    "pytest",
    "scipy.optimize",
    "scipy.special",
    "sklearn.calibration",
    "sklearn.datasets",
    "sklearn.metrics",
    "sklearn.neural_network",
]

PASSED, FAILED, NOT_LOADED = 0, 1, 2  # pytest's exit codes; the rest: it did not run
MEMORY = 8 << 30  # bytes; a mutant that asks for more gets a MemoryError


class Job:
    """The tests of a module, with a mutant in its place, or with none."""

    def __init__(self, module, source, key=None, surroundings=""):
        self.module, self.source, self.key = module, source, key
        text = "\n".join([module, source, surroundings])
        self.id = hashlib.sha256(text.encode()).hexdigest()
        self.tests = files_of(module)


def files_of(module):
    """Return the paths of a module's tests."""
    return [f"tests/test_{name}.py" for name in TESTS[module].split()]


class Witness:
    """A pytest plugin that writes down the first test that fails, and saves time."""

    def __init__(self, path):
        self.path = path

    def pytest_collection(self):
        """Have hypothesis find a counterexample, but not the smallest one."""
        from hypothesis import Phase, settings

        settings.register_profile(
            "quick", settings(), phases=[Phase.explicit, Phase.generate]
        )
        settings.load_profile("quick")

    def pytest_runtest_logreport(self, report):
        """Note a test that failed."""
        if report.failed and not self.path.exists():
            self.path.write_text(report.nodeid, "utf-8")


def run_tests(tree, job, killer):
    """Run the job's tests in this process, the killer first; exit with the result.

    They stop at the first failure.
    """
    os.setsid()  # so that the time limit ends what the tests have started, too
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    os.chdir(tree)
    sys.path.insert(0, str(tree))
    sys.dont_write_bytecode = job.key is not None  # a .pyc would hide the next mutant
    os.environ["PYTHONDONTWRITEBYTECODE"] = "1"  # for what the tests start
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    with (tree / "output.txt").open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)

    import pytest

    quick = ["-x", "-q", "--tb=short", "-o", "addopts=", "-p", "no:cacheprovider"]
    plugins = [Witness(tree / "killer.txt")]
    found = pytest.main([*quick, killer], plugins) if killer else PASSED
    if found not in (FAILED, NOT_LOADED):  # the killer may be gone
        for file in job.tests:
            found = pytest.main([*quick, file], plugins)
            if found != PASSED:
                break
    import nnlib

    if not Path(nnlib.__file__).is_relative_to(tree):
        print(f"The tests have run on another nnlib, {nnlib.__file__}", flush=True)
        found = 99
    os._exit(found)


def run_all(jobs, trees, sources, limits, killers, report):
    """Run the jobs, one in a tree at a time; report (job, outcome, killer, seconds).

    An outcome is "survived", "killed" or "late".
    """
    fork, waiting, running, free = get_context("fork"), deque(jobs), {}, list(trees)
    while waiting or running:
        while waiting and free:
            job, tree = waiting.popleft(), free.pop()
            module = tree / "nnlib" / f"{job.module}.py"
            module.write_text(job.source, "utf-8")
            (tree / "killer.txt").unlink(missing_ok=True)
            process = fork.Process(
                target=run_tests, args=(tree, job, killers.get(job.key))
            )
            process.start()
            running[process.sentinel] = process, job, tree, module, time.monotonic()
        wait(list(running), timeout=0.5)
        for sentinel, (process, job, tree, module, began) in list(running.items()):
            seconds = time.monotonic() - began
            late = seconds > limits.get(job.module, 600)
            if process.is_alive() and not late:
                continue
            if process.is_alive():
                os.killpg(process.pid, signal.SIGKILL)
            process.join()
            module.write_text(sources[job.module], "utf-8")
            del running[sentinel]
            free.append(tree)
            code, witness = process.exitcode, tree / "killer.txt"
            if code > NOT_LOADED or (job.key is None and code != PASSED):
                sys.exit((tree / "output.txt").read_text("utf-8"))
            outcome = "survived" if code == PASSED else "late" if late else "killed"
            killer = witness.read_text("utf-8") if witness.exists() else None
            report(job, outcome, killer, seconds)


def copy_to(tree):
    """Copy the package and its unit tests."""
    no_pyc = shutil.ignore_patterns("__pycache__")
    shutil.copytree(ROOT / "nnlib", tree / "nnlib", ignore=no_pyc)
    (tree / "tests").mkdir()
    for path in (ROOT / "tests").glob("*.py"):
        shutil.copy2(path, tree / "tests")
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy2(ROOT / name, tree)


def surroundings(module, tree):
    """Return a digest of what a module's mutants meet, but for the module itself."""
    files = [path for path in (tree / "nnlib").glob("*.py") if path.stem != module]
    files += [tree / path for path in files_of(module)]
    files += [tree / "tests" / "conftest.py", tree / "tests" / "networks.py"]
    digest = hashlib.sha256(sys.modules["numpy"].__version__.encode())
    for path in sorted(files):
        digest.update(path.name.encode() + path.read_bytes())
    return digest.hexdigest()


def load():
    """Return what became of the mutants before: {id: entry}."""
    entries = json.loads(KEPT.read_text("utf-8")) if KEPT.exists() else []
    return {entry["id"]: entry for entry in entries}


def keep(entries):
    """Write down what became of the mutants."""
    KEPT.parent.mkdir(exist_ok=True)
    KEPT.write_text(json.dumps(list(entries), indent=0), "utf-8")


def run(modules, workers):
    """Run the mutants of the modules; return [(key, outcome), ...]."""
    from operators import mutants

    known, entries, jobs, limits = load(), {}, [], {}
    killers = {tuple(entry["key"]): entry["killer"] for entry in known.values()}

    def take_time(job, outcome, killer, seconds):
        limits[job.module] = 20 + 5 * seconds
        print(f"{job.module}: its tests take {seconds:.0f} s", flush=True)

    def note(job, outcome, killer, seconds):
        entry = {"id": job.id, "key": job.key, "outcome": outcome, "killer": killer}
        entries[job.id] = entry
        if outcome != "killed":
            print(f"{seconds:.0f} s, {outcome}:", *job.key, sep=" | ", flush=True)
        if len(entries) % 50 == 0:
            print(f"{len(entries)} of {len(jobs)}", flush=True)

    with tempfile.TemporaryDirectory(prefix="mutants-") as folder:
        first, *others = (Path(folder).resolve() / f"{i}" for i in range(workers))
        copy_to(first)
        sources = {
            module: (first / "nnlib" / f"{module}.py").read_text("utf-8")
            for module in modules
        }
        for module in modules:
            around = surroundings(module, first)
            for *key, mutated in mutants(sources[module]):
                jobs.append(Job(module, mutated, (module, *key), around))
        entries |= {job.id: known[job.id] for job in jobs if job.id in known}
        fresh = [job for job in jobs if job.id not in known]
        print(f"{len(jobs)} mutants, {len(fresh)} to run", flush=True)
        changed = [m for m in modules if any(job.module == m for job in fresh)]
        sound = [Job(module, sources[module]) for module in changed]
        run_all(sound, [first], sources, {}, {}, take_time)
        shutil.rmtree(first / "nnlib" / "__pycache__", ignore_errors=True)
        for tree in others:
            shutil.copytree(first, tree)
        try:
            run_all(fresh, [first, *others], sources, limits, killers, note)
        finally:
            rest = [e for e in known.values() if e["key"][0] not in modules]
            keep([*entries.values(), *rest])
    return [(job.key, entries[job.id]["outcome"]) for job in jobs]


def explained():
    """Return {(module, where, before, after): reason}, read from survivors.toml."""
    entries = tomllib.loads(SURVIVORS.read_text("utf-8"))["survivor"]
    fields = ("module", "where", "before", "after")
    return {tuple(entry[f] for f in fields): entry["reason"] for entry in entries}


def summary(results, reasons):
    """Print the table and the survivors; return whether all is as it must be.

    A mutant that runs into the time limit is killed, and so is one that cannot be
    imported: whoever runs the tests sees that something is wrong.
    """
    fine, rows = True, {}
    for (module, *_), outcome in results:
        rows.setdefault(module, []).append(outcome)
    head = ("module", "mutants", "killed", "late", "survived", "score")
    print("\n{:<16}{:>9}{:>9}{:>9}{:>10}{:>9}".format(*head))
    for name, row in [*rows.items(), ("all", [*chain(*rows.values())])]:
        survived, late = row.count("survived"), row.count("late")
        killed, score = len(row) - survived, 1 - survived / len(row)
        print(f"{name:<16}{len(row):>9}{killed:>9}{late:>9}", end="")
        print(f"{survived:>10}{score:>9.1%}")
        fine = fine and score >= LEAST
    survivors = {key for key, outcome in results if outcome == "survived"}
    for key in sorted(survivors):
        module, where, before, after = key
        print(f"\n{module}, {where}:\n  - {before}\n  + {after}")
        print(f"  {reasons.get(key, 'NOT EXPLAINED: write a test, or a reason')}")
        fine = fine and key in reasons
    for key in reasons.keys() - survivors:
        if key[0] in rows:
            print("\nIn survivors.toml, but no survivor any more:", *key, sep="\n  ")
    return fine


def main():
    """Run the mutants of the modules named, or of all."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("modules", nargs="*", metavar="MODULE", help="default: all")
    parser.add_argument("--workers", type=int, default=os.cpu_count())
    arguments = parser.parse_args()
    modules = arguments.modules or list(TESTS)
    if wrong := set(modules) - set(TESTS):
        parser.error(
            f"no such module: {', '.join(wrong)}; there are {', '.join(TESTS)}"
        )
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    for name in LOADED:
        importlib.import_module(name)
    began = time.monotonic()
    fine = summary(run(modules, arguments.workers), explained())
    print(f"\n{time.monotonic() - began:.0f} s")
    return 0 if fine else 1


if __name__ == "__main__":
    sys.exit(main())
