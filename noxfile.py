"""Make environments with other Pythons, versions and BLAS, and run the tests in them.

`nox` makes all, as make matrix does, `nox -t quick` the oldest and the newest versions.
"""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import nox

sys.path.insert(0, str(Path(__file__).parent / "tests" / "project"))
import matrix

nox.options.default_venv_backend = "uv"
nox.options.download_python = "never"  # the Pythons of this machine
nox.options.error_on_missing_interpreters = False  # the table names what was left out
os.environ["UV_NO_CONFIG"] = "1"  # the caps in pyproject.toml are for the lock alone

if shutil.which("pyenv"):  # its python3.12 answers only for the versions named here
    listed = subprocess.run(["pyenv", "versions", "--bare"], capture_output=True)
    os.environ.setdefault("PYENV_VERSION", ":".join(listed.stdout.decode().split()))


def pins(session, freed, *more):
    """Return a file with the lines of constraints.txt, but for the freed packages."""
    lines = Path("constraints.txt").read_text("utf-8").splitlines()
    kept = [line for line in lines if line.split("==")[0] not in freed.split()]
    file = Path(session.create_tmp()) / "constraints.txt"
    file.write_text("\n".join([*kept, *more]) + "\n", "utf-8")
    return str(file)


def run_rows(session, place):
    """Run the tests once for each row that the installation has in the table."""
    for row, (where, _) in matrix.ROWS.items():
        if where is place:
            session.run("python", "tests/project/matrix.py", "run", row)


@nox.session
@nox.parametrize(
    "python,name",
    [
        nox.param(place.python, name, id=name, tags=["quick"][: bool(place.resolution)])
        for name, place in matrix.PLACES.items()
    ],
)
def environment(session, name):
    """Run the tests with one choice of versions."""
    place = matrix.PLACES[name]
    options = ["--resolution", place.resolution]
    if not place.resolution:
        options = ["--constraint", pins(session, place.freed)]
    session.install(*options, "-e", ".[lab,course,test]", *place.instead.split())
    run_rows(session, place)


@nox.session(python=matrix.DEBIAN.python, venv_params=["--system-site-packages"])
def debian(session):
    """Run the tests with Debian's NumPy, which calls a BLAS of the system.

    uv does not see the system's packages: it installs what goes with this NumPy, and
    its own NumPy is taken away.  nnlib, which asks for a newer one, comes last.
    """
    probe = ("python", "-c", "import numpy; print(numpy.__version__)")
    found = session.run_install(*probe, silent=True, success_codes=[0, 1]).strip()
    if "Error" in found:
        session.skip("the package python3-numpy is not installed")
    extras = nox.project.load_toml("pyproject.toml")["project"]["optional-dependencies"]
    wanted = extras["lab"] + extras["course"] + extras["test"]
    constraints = pins(session, matrix.DEBIAN.freed, f"numpy=={found}")
    session.install("--constraint", constraints, "numpy", "matplotlib", *wanted)
    session.run_install("uv", "pip", "uninstall", "numpy")
    session.install("--no-deps", "--editable", ".")
    run_rows(session, matrix.DEBIAN)
