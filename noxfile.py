"""Run all tests with other Pythons, versions and processors.

    nox             all environments, then the table of results (make matrix)
    nox -t quick    the oldest and the newest versions only, then the table
    nox --list      all that there is

One session makes one virtual environment with uv, and tests/matrix.py runs the tests in
it: several times where only environment variables differ.  Every stored output must
come out again in each.
"""

import os
import shutil
import subprocess
import sys
from itertools import chain
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent / "tests"))
import matrix

nox.needs_version = ">=2025.2"
nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"  # the Pythons of this machine
nox.options.error_on_missing_interpreters = False  # the table names what was left out
os.environ["UV_NO_CONFIG"] = "1"  # the caps in pyproject.toml are for the lock alone

if shutil.which("pyenv"):  # its python3.12 answers only for the versions named here
    listed = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True)
    os.environ.setdefault("PYENV_VERSION", ":".join(listed.stdout.decode().split()))

EXTRAS = ("lab", "course", "test")
PACKAGE = f".[{','.join(EXTRAS)}]"


def pins(session, freed):
    """Return a file with the lines of constraints.txt, but for the freed packages."""
    lines = Path("constraints.txt").read_text("utf-8").splitlines()
    kept = [line for line in lines if line.split("==")[0] not in freed]
    file = Path(session.create_tmp()) / "constraints.txt"
    file.write_text("\n".join(kept) + "\n", "utf-8")
    return str(file)


def run_rows(session, place):
    """Run the tests once for each row that the installation has in the table.

    Each installation has a list of fonts of its own, made before a test draws.
    """
    session.env["MPLCONFIGDIR"] = str(Path(session.create_tmp()).resolve() / "fonts")
    session.run("python", "-c", "import matplotlib.pyplot", silent=True)
    for row in place.rows:
        session.run("python", "tests/matrix.py", "run", row)


@nox.session
@nox.parametrize(
    "python,name",
    [
        nox.param(place.python, name, id=name, tags=["quick"] if place.quick else [])
        for name, place in matrix.PLACES.items()
    ],
)
def environment(session, name):
    """Run the tests with one choice of versions."""
    place = matrix.PLACES[name]
    if place.resolution:
        options = ["--resolution", place.resolution]
    else:
        options = ["--constraint", pins(session, place.freed)]
    session.install(*options, "--editable", PACKAGE, *place.requirements)
    run_rows(session, place)


@nox.session(python=matrix.DEBIAN.python, venv_params=["--system-site-packages"])
def debian(session):
    """Run the tests with Debian's NumPy, which calls a BLAS of the system."""
    probe = "import numpy; print(numpy.__version__)"
    found = session.run_install(
        "python", "-c", probe, silent=True, success_codes=[0, 1]
    )
    if "Error" in found:
        session.skip("the package python3-numpy is not installed")
    # uv does not see the system's packages: all but NumPy is resolved, then installed.
    project = nox.project.load_toml("pyproject.toml")["project"]
    extras = (project["optional-dependencies"][name] for name in EXTRAS)
    wanted = [r for r in project["dependencies"] if not r.startswith("numpy")]
    folder = Path(session.create_tmp())
    (folder / "wanted.txt").write_text("\n".join([*wanted, *chain(*extras)]), "utf-8")
    (folder / "numpy.txt").write_text(f"numpy=={found.strip()}\n", "utf-8")
    requirements = str(folder / "requirements.txt")
    session.run_install(
        *("uv", "pip", "compile", str(folder / "wanted.txt"), "--quiet"),
        *("--constraint", str(folder / "numpy.txt"), "--no-emit-package", "numpy"),
        *("--constraint", pins(session, matrix.DEBIAN.freed)),
        *("--output-file", requirements),
        silent=True,
    )
    session.install("--no-deps", "--requirement", requirements)
    session.install("--no-deps", "--editable", ".")
    run_rows(session, matrix.DEBIAN)


@nox.session(python=False, tags=["quick"])
def table(session):
    """Write the table of all results; fail where an output did not come out again."""
    session.run(sys.executable, "tests/matrix.py", "table", *session.posargs)
