"""pyproject.toml, constraints.txt and environment.yml agree."""

import re
import tomllib
from itertools import chain
from pathlib import PurePosixPath
from zipfile import ZipFile

import pytest
import yaml
from hatchling.builders.wheel import WheelBuilder
from lesson_form import ROOT
from packaging.requirements import Requirement

import nnlib

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LINES = (ROOT / "constraints.txt").read_text("utf-8").splitlines()
LOCK = dict(line.split(";")[0].strip().split("==") for line in LINES)
CONDA = yaml.safe_load((ROOT / "environment.yml").read_text("utf-8"))["dependencies"]
PINS = dict(
    re.match(r"([\w-]+)([=<>].+)", text).groups()
    for text in CONDA
    if isinstance(text, str) and text != "pip"
)
EXTRAS = PROJECT["optional-dependencies"]
INSTALLED = EXTRAS["lab"] + EXTRAS["course"] + EXTRAS["test"]
USED = [*map(Requirement, PROJECT["dependencies"] + INSTALLED)]
ALL = [*map(Requirement, chain(PROJECT["dependencies"], *EXTRAS.values()))]


@pytest.mark.parametrize("requirement", ALL, ids=lambda r: r.name)
def test_the_locked_version_satisfies_pyproject(requirement):
    assert requirement.specifier.contains(LOCK[requirement.name])
    assert "torch" not in LOCK, "it brings gigabytes"


def test_conda_gets_the_locked_minor_versions_and_the_package_itself():
    wanted = {r.name: "=" + ".".join(LOCK[r.name].split(".")[:2]) for r in USED}
    assert wanted | {"python": f"{PROJECT['requires-python']},<3.14"} == PINS
    assert {"pip": ["-e ."]} in CONDA


def test_the_wheel_holds_every_file_of_the_package_and_no_grader(tmp_path):
    """The digits must travel with it."""
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    inside = {PurePosixPath(name) for name in ZipFile(built).namelist()}
    files = [p for p in (ROOT / "nnlib").rglob("*") if p.is_file()]
    package = {PurePosixPath(p.relative_to(ROOT).as_posix()) for p in files}
    package = {path for path in package if "__pycache__" not in path.parts}
    assert PurePosixPath("nnlib/data/digits.npz") in package
    assert package <= inside
    assert {path.parts[0].partition("-")[0] for path in inside} == {"nnlib"}
    assert f"nnlib-{nnlib.__version__}-" in built
