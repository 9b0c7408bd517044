"""Make environments with other Pythons, versions and BLAS, and run the tests there."""

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


def pins(session, place, *more):
    """Return options: constraints.txt without the freed, and what comes instead."""
    if place.resolution:
        return ["--resolution", place.resolution]
    lines = Path("constraints.txt").read_text("utf-8").splitlines()
    kept = [line for line in lines if line.split("==")[0] not in place.freed.split()]
    folder = session.create_tmp()
    Path(folder, "kept").write_text("\n".join([*kept, *more]), "utf-8")
    Path(folder, "instead").write_text("\n".join(place.instead.split()), "utf-8")
    return [f"--constraint={folder}/kept", f"--override={folder}/instead"]


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
    session.install(*pins(session, place), "-e", ".[lab,course,test]")
    run_rows(session, place)


@nox.session(python=matrix.DEBIAN.python, venv_params=["--system-site-packages"])
def debian(session):
    """Run the tests with Debian's NumPy, which uv does not see: its own goes again."""
    probe = ("python", "-c", "import numpy; print(numpy.__version__)")
    found = session.run_install(*probe, silent=True, success_codes=[0, 1]).strip()
    if "Error" in found:
        session.skip("the package python3-numpy is not installed")
    options = pins(session, matrix.DEBIAN, f"numpy=={found}")
    session.install(*options, "--editable", ".[lab,course,test]")
    session.run_install("uv", "pip", "uninstall", "numpy")
    run_rows(session, matrix.DEBIAN)


@nox.session(python=matrix.WASI.python)
def wasi(session):
    """Run the lessons with NumPy compiled to WebAssembly."""
    session.install(matrix.WASI.instead)
    session.run("python", "tests/project/wasm.py")
