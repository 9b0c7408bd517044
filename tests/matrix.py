"""The environments in which all stored outputs must come out again, and their table.

Usage: python tests/matrix.py run ROW           run the tests here, keep what came out
       python tests/matrix.py table             print the table of what has been run
       python tests/matrix.py table --readme    put the whole table into README.md

noxfile.py makes the environments.  A row states what was found in the running process
(versions, BLAS, its kernel), not what was asked for.
"""

import argparse
import datetime
import hashlib
import json
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from glob import glob
from importlib.metadata import version
from pathlib import Path
from xml.etree import ElementTree

ROOT = Path(__file__).resolve().parents[1]
RESULTS = ROOT / "build" / "matrix"
README = ROOT / "README.md"
BEGIN, END = "<!-- matrix: begin -->", "<!-- matrix: end -->"
# Left to `make test`: training over ten seeds, training by other libraries, and tests
# that start notebooks, a pytest or a grader of their own.
LONG = (
    *("test_claims_*.py", "test_nbval.py", "test_exercises.py", "test_sliders.py"),
    *("test_pictures.py", "test_benchmarks.py", "course", "browser"),
)
FIGURES = "test_reproduction.py"
PACKAGES = ("numpy", "matplotlib", "ipykernel", "jupyterlab")


@dataclass(frozen=True)
class Place:
    """An installation, and the rows that it has in the table.

    python: the interpreter, as uv finds it.
    requirements: what is installed in other versions than constraints.txt names.
    freed: packages whose lines in constraints.txt do not count.
    resolution: "lowest-direct" or "highest" instead of constraints.txt.
    rows: name of the row -> environment variables.
    quick: one of the few for every day.
    """

    python: str
    rows: dict
    requirements: tuple = ()
    freed: tuple = ()
    resolution: str = ""
    quick: bool = False


SIMD_OFF = "all that NumPy found"
KERNELS = ("Haswell", "SkylakeX", "Zen", "Nehalem", "Sandybridge")
SCIENCE = ("numpy", "scipy", "scikit-learn", "contourpy", "matplotlib")
JUPYTER = ("jupyterlab", "jupyterlab-server", "jupyter-server", "notebook")
PLACES = {
    "locked": Place(
        "3.11",
        {"locked versions": {}}
        | {f"OpenBLAS kernel {k}": {"OPENBLAS_CORETYPE": k} for k in KERNELS}
        | {"one BLAS thread": {"OPENBLAS_NUM_THREADS": "1"}}
        | {"two BLAS threads": {"OPENBLAS_NUM_THREADS": "2"}}
        | {"NumPy's SIMD off": {"NPY_DISABLE_CPU_FEATURES": SIMD_OFF}},
    ),
    "python-3.12": Place("3.12", {"Python 3.12": {}}),
    "python-3.13": Place("3.13", {"Python 3.13": {}}),
    "numpy-1.26": Place("3.11", {"NumPy 1.26": {}}, ("numpy==1.26.*",), ("numpy",)),
    "numpy-2.0": Place("3.12", {"NumPy 2.0": {}}, ("numpy==2.0.*",), ("numpy",)),
    "numpy-newest": Place("3.13", {"newest NumPy": {}}, freed=SCIENCE[:4]),
    "matplotlib-oldest": Place(
        "3.11",
        {"oldest Matplotlib": {}},
        ("matplotlib==3.8.0", "numpy==1.26.*"),
        SCIENCE,
    ),
    "matplotlib-newest": Place(
        "3.12", {"newest Matplotlib": {}}, freed=("matplotlib",)
    ),
    "ipykernel-oldest": Place(
        "3.12",
        {"oldest ipykernel and IPython": {}},
        ("ipykernel==6.29.0", "ipython==8.24.0"),
        ("ipykernel", "ipython"),
    ),
    "jupyterlab-oldest": Place(
        "3.13", {"oldest JupyterLab": {}}, ("jupyterlab==4.4.0",), JUPYTER
    ),
    "oldest": Place(
        "3.11", {"oldest of all": {}}, resolution="lowest-direct", quick=True
    ),
    "newest": Place("3.13", {"newest of all": {}}, resolution="highest", quick=True),
}
DEBIAN = Place(
    "/usr/bin/python3",
    {
        "Debian's NumPy, reference BLAS": {
            "LD_LIBRARY_PATH": "/usr/lib/*/blas:/usr/lib/*/lapack",
        },
        "Debian's NumPy, BLIS": {
            "LD_LIBRARY_PATH": "/usr/lib/*/blis-pthread:/usr/lib/*/lapack",
        },
        "Debian's OpenBLAS, kernel Zen": {
            "LD_LIBRARY_PATH": "/usr/lib/*/openblas-pthread",
            "OPENBLAS_CORETYPE": "Zen",
        },
    },
    freed=SCIENCE,
)
ROWS = {row: place for place in (*PLACES.values(), DEBIAN) for row in place.rows}


class LeftOut(Exception):
    """The row cannot be run on this machine; the text says why."""


def facts():
    """Return what runs in this process: versions, BLAS and SIMD."""
    import numpy as np

    ones = np.ones((64, 64))
    assert (ones @ ones == 64).all()  # a kernel that the processor lacks ends here
    found = {name: version(name) for name in PACKAGES}
    found |= {"python": platform.python_version(), "numpy": np.__version__}
    return found | {"blas": blas(), "simd": simd()}


def simd():
    """Return the names of the vector instructions that NumPy uses beyond its base."""
    import numpy as np

    if np.lib.NumpyVersion(np.__version__) < "1.26.0":  # Debian's has no such report
        return []
    return np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])


def blas():
    """Return name, version, kernel and threads of the BLAS that NumPy has loaded."""
    from threadpoolctl import threadpool_info

    for library in threadpool_info():
        if library["user_api"] == "blas":
            kernel, threads = library.get("architecture"), library["num_threads"]
            name = {"openblas": "OpenBLAS", "blis": "BLIS", "mkl": "MKL"}
            name = name.get(library["internal_api"], library["internal_api"])
            parts = [name, ".".join(str(library["version"]).split(".")[:3]), kernel]
            plural = "s" if threads > 1 else ""
            return " ".join(filter(None, parts)) + f", {threads} thread{plural}"
    maps = Path("/proc/self/maps")  # Linux: the files that are loaded, Debian's here
    for loaded in maps.read_text().splitlines() if maps.exists() else ():
        if "/libblas.so" in loaded:
            folder = Path(loaded.split()[-1]).parent.name
            name = "reference BLAS" if folder == "blas" else folder
            return "BLIS" if folder.startswith("blis") else name
    return "not recognised"


def compares_figures(row):
    """Return whether nothing but Python differs from where the figures were made."""
    place = ROWS[row]
    changed = place.requirements or place.freed or place.resolution
    return not changed and not place.rows[row]


def variables(row):
    """Return the row's environment variables with their patterns resolved.

    Raises:
        LeftOut: a library is not on this machine.
    """
    chosen = dict(ROWS[row].rows[row])
    if patterns := chosen.get("LD_LIBRARY_PATH"):
        folders = {pattern: glob(pattern) for pattern in patterns.split(":")}
        if missing := [pattern for pattern, found in folders.items() if not found]:
            raise LeftOut(f"no {' and no '.join(missing)} on this machine")
        chosen["LD_LIBRARY_PATH"] = ":".join(found[0] for found in folders.values())
    if chosen.get("NPY_DISABLE_CPU_FEATURES") == SIMD_OFF:
        chosen["NPY_DISABLE_CPU_FEATURES"] = " ".join(simd())
    return chosen


def look(environment):
    """Return facts() of a new process.

    Raises:
        LeftOut: the process died, as it does on an instruction the processor lacks.
    """
    command = [sys.executable, __file__, "facts"]
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    if done.returncode < 0:
        raise LeftOut("this processor cannot run it")
    if done.returncode:
        raise RuntimeError(done.stderr)
    return json.loads(done.stdout)


def run(row):
    """Run the tests in the row's environment and write what came out as JSON."""
    RESULTS.mkdir(parents=True, exist_ok=True)
    result = {"row": row, "date": datetime.date.today().isoformat(), "of": state()}
    try:
        environment = os.environ | variables(row)
        result |= look(environment)
        if result["simd"] and "NPY_DISABLE_CPU_FEATURES" in environment:
            raise RuntimeError(f"still in use: {result['simd']}")
        left_out = LONG if compares_figures(row) else (*LONG, FIGURES)
        result |= tests(environment, left_out)
    except LeftOut as reason:
        result["left out"] = str(reason)
    file_of(row).write_text(json.dumps(result, indent=1), "utf-8")
    print(line(result))


def tests(environment, left_out):
    """Run pytest and return the numbers of cells, figures and unit tests."""
    report = RESULTS / "junit.xml"
    report.unlink(missing_ok=True)
    options = ["--nbval", "-q", "--tb=short", "-p", "no:cacheprovider"]
    options += ["--numprocesses=auto", "--dist=loadfile"]
    options += [f"--junitxml={report}", "-o", "junit_family=xunit1"]
    options += [f"--ignore-glob=*/{name}" for name in left_out]
    command = [sys.executable, "-m", "pytest", *options]
    subprocess.run(command, cwd=ROOT, env=environment, check=False)
    return counted(report)


def counted(report):
    """Return the numbers in a JUnit report; zeros if pytest died before writing it."""
    names = ("cells", "equal", "figures", "passed", "failed", "skipped")
    count = dict.fromkeys(names, 0)
    cases = ElementTree.parse(report).iter("testcase") if report.exists() else ()
    for case in cases:
        wrong = any(case.find(kind) is not None for kind in ("failure", "error"))
        skipped = case.find("skipped") is not None
        if case.get("file", "").endswith(".ipynb"):
            count["cells"] += 1
            count["equal"] += not (wrong or skipped)
        else:
            count["failed" if wrong else "skipped" if skipped else "passed"] += 1
        for entry in case.iter("property"):
            if entry.get("name") == "figures":
                count["figures"] += int(entry.get("value"))
    return count


def notebooks():
    """Return the paths of the lessons and of the assignments' sources."""
    lessons = sorted(ROOT.glob("notebooks/[0-9]*.ipynb"))
    return lessons + sorted(ROOT.glob("notebooks/assignments/source/*/*.ipynb"))


def code_cells():
    """Return the number of code cells in them: as many must be compared."""
    read = (json.loads(path.read_text("utf-8")) for path in notebooks())
    return sum(cell["cell_type"] == "code" for one in read for cell in one["cells"])


def state():
    """Return a digest of all that the results depend on."""
    digest = hashlib.sha256()
    for path in [*sorted(ROOT.glob("nnlib/**/*.py")), *notebooks()]:
        digest.update(path.read_bytes())
    return digest.hexdigest()[:12]


def file_of(row):
    """Return where a row's result is kept."""
    return RESULTS / f"{''.join(c if c.isalnum() else '-' for c in row)}.json"


def collect():
    """Return the results of all rows in the order of the table, missing ones too."""
    results = []
    for row, place in ROWS.items():
        file = file_of(row)
        reason = f"no Python {place.python} here, or the installation failed"
        if place is DEBIAN:
            reason = f"no {place.python} with Debian's python3-numpy"
        missing = {"row": row, "left out": reason}
        results += [json.loads(file.read_text("utf-8")) if file.exists() else missing]
    return results


def faults(ran):
    """Return what is wrong with the results, in words: nothing is 100 %."""
    expected, now = code_cells(), state()
    found = [] if ran else ["no environment was run"]
    for r in ran:
        if r["of"] != now:
            found.append(f"{r['row']}: run before nnlib or a notebook changed")
        elif r["cells"] != expected:
            found.append(f"{r['row']}: {r['cells']} of {expected} cells were compared")
        elif r["equal"] != expected:
            found.append(f"{r['row']}: {expected - r['equal']} cells differ")
        elif r["failed"] or not r["passed"]:
            found.append(f"{r['row']}: {r['failed']} unit tests fail")
    return found


NAMES = ("row", "python", "numpy", "matplotlib", "ipykernel", "jupyterlab", "blas")
COUNTS = ("cells", "equal", "figures", "passed", "failed")
HEAD = (
    "| environment | Python | NumPy | Matplotlib | ipykernel | JupyterLab | BLAS "
    "| cells compared | cells equal | figures compared | unit tests passed | failed |\n"
    "|" + "---|" * len(NAMES) + "--:|" * len(COUNTS)
)


def line(result):
    """Return a result as a row of the table."""
    if "left out" in result:
        cells = [result["row"], f"not run: {result['left out']}"]
        cells += [""] * (len(NAMES) + len(COUNTS) - 2)
    else:
        cells = [result[name] for name in (*NAMES, *COUNTS)]
    return f"| {' | '.join(map(str, cells))} |"


def text(results, ran):
    """Return the table under a sentence with its sums."""
    cells, equal = (sum(r[name] for r in ran) for name in ("cells", "equal"))
    percent = "100" if equal == cells else f"{100 * equal / cells:.2f}"
    summary = (
        f"{max(r['date'] for r in ran)}, {platform.system()} on {platform.machine()}: "
        f"{len(ran)} environments, {cells:,} cells compared, {equal:,} equal "
        f"({percent} %)."
    )
    return "\n".join([summary, "", HEAD, *map(line, results)])


def table(readme):
    """Print the table, and put it into README.md if asked; return the exit code."""
    results = collect()
    ran = [r for r in results if "left out" not in r]
    wrong = faults(ran)
    if ran:
        written = text(results, ran)
        print(written if readme else text(ran, ran))
        (RESULTS / "table.md").write_text(written + "\n", "utf-8")
        if readme and not wrong:
            before, _, rest = README.read_text("utf-8").partition(BEGIN)
            after = rest.partition(END)[2]
            block = f"{BEGIN}\n{written}\n{END}"
            README.write_text(before + block + after, "utf-8")
    for fault in wrong:
        print(fault, file=sys.stderr)
    return 1 if wrong else 0


def main():
    """Do what the command line says."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    commands = parser.add_subparsers(dest="command", required=True)
    commands.add_parser("run").add_argument("row", choices=ROWS)
    commands.add_parser("facts")
    commands.add_parser("table").add_argument("--readme", action="store_true")
    arguments = parser.parse_args()
    if arguments.command == "run":
        return run(arguments.row)
    if arguments.command == "facts":
        return print(json.dumps(facts()))
    return table(arguments.readme)


if __name__ == "__main__":
    sys.exit(main())
