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
from packaging.version import Version

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
LINES = (ROOT / "constraints.txt").read_text("utf-8").split("\n")
LOCK = dict(line.split(";")[0].strip().split("==") for line in LINES if line)
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


@pytest.mark.parametrize("requirement", USED, ids=lambda r: r.name)
def test_conda_gets_the_locked_minor_version(requirement):
    major_minor = ".".join(LOCK[requirement.name].split(".")[:2])
    assert PINS[requirement.name] == f"={major_minor}"


def test_conda_installs_what_is_needed_and_the_package_itself():
    assert set(PINS) - {"python"} == {requirement.name for requirement in USED}
    assert {"pip": ["-e ."]} in CONDA


def test_the_supported_pythons_are_the_same():
    assert PROJECT["requires-python"] == ">=3.11"
    assert PINS["python"] == ">=3.11,<3.14"


def test_the_floors_are_low_enough():
    floors = {requirement.name: str(requirement.specifier) for requirement in USED}
    assert floors["numpy"] == ">=1.26"
    assert floors["matplotlib"] == ">=3.8"


def test_the_lock_names_versions_and_no_addresses():
    assert all(Version(pin) for pin in LOCK.values())
    assert "://" not in "\n".join(LINES)


def test_the_wheel_holds_every_file_of_the_package(tmp_path):
    """The digits must travel with it."""
    (built,) = WheelBuilder(str(ROOT)).build(directory=str(tmp_path))
    inside = {PurePosixPath(name) for name in ZipFile(built).namelist()}
    package = [p for p in (ROOT / "nnlib").rglob("*") if p.is_file()]
    expected = {p.relative_to(ROOT) for p in package if "__pycache__" not in p.parts}
    assert {
        PurePosixPath("nnlib/data") / n for n in ("digits.npz", "README.md")
    } < inside
    assert {PurePosixPath(p.as_posix()) for p in expected} <= inside


def test_no_rule_keeps_the_data_out_of_the_wheel():
    """Hatchling leaves out what .gitignore names."""
    rules = (ROOT / ".gitignore").read_text("utf-8").split()
    rules = [rule for rule in rules if not rule.startswith("notebooks/")]
    ignored = [r for r in rules if not r.endswith("/") or r in ("data/", "nnlib/")]
    assert ignored == []
