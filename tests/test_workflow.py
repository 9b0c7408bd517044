"""The workflow for GitHub Actions runs the commands that the README gives."""

import re

import matrix
import pytest
import yaml
from lesson_form import ROOT
from packaging.specifiers import SpecifierSet
from test_packaging import PINS, PROJECT

# YAML 1.1 reads the key `on` as true.
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
JOBS = WORKFLOW["jobs"]
README = (ROOT / "README.md").read_text("utf-8")
MINORS = [f"3.{minor}" for minor in range(30)]
SUPPORTED = [
    minor
    for minor in MINORS
    if SpecifierSet(PROJECT["requires-python"]).contains(minor)
    and SpecifierSet(PINS["python"]).contains(minor)
]


def commands(job):
    """Return the lines that a job runs."""
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def inputs(job, action):
    """Return what the job's step with this action is given."""
    used = [s for s in JOBS[job]["steps"] if s.get("uses", "").startswith(action)]
    (step,) = used
    return step["with"]


@pytest.mark.parametrize(("job", "target"), [("make", "test"), ("matrix", "matrix")])
def test_a_job_runs_a_target_of_the_makefile(job, target):
    makefile = (ROOT / "Makefile").read_text("utf-8")
    assert commands(job) == [f"make {target}"]
    assert re.search(rf"^{target}:.*##", makefile, re.MULTILINE)


def test_windows_runs_the_lines_that_the_readme_gives():
    part = README.split("**Windows, without make**")[1].split("**uv:**")[0]
    lines = re.findall(r"```\n(.*?)```", part, re.DOTALL)[0].splitlines()
    (to_test,) = re.findall(r"to test: `(.+?)`", part)
    set_up = [line for line in lines if "jupyter lab" not in line]
    assert commands("windows") == [*set_up, to_test]


def test_every_supported_python_is_tested_on_linux():
    places = JOBS["make"]["strategy"]["matrix"]["include"]
    linux = [place["python"] for place in places if place["os"] == "ubuntu-latest"]
    assert linux == SUPPORTED
    assert {place["os"] for place in places} == {"ubuntu-latest", "macos-latest"}
    assert {place["python"] for place in places} <= set(SUPPORTED)


def test_windows_and_the_matrix_have_their_pythons():
    version = inputs("windows", "actions/setup-python")["python-version"]
    assert f"py -{version} " in commands("windows")[0]
    assert version in SUPPORTED
    versions = inputs("matrix", "actions/setup-python")["python-version"]
    assert sorted(versions.split()) == SUPPORTED


def test_the_matrix_keeps_its_table():
    kept = inputs("matrix", "actions/upload-artifact")["path"]
    assert ROOT / kept == matrix.RESULTS


def test_it_runs_on_every_push_and_every_month():
    when = WORKFLOW[True]
    assert {"push", "pull_request", "workflow_dispatch"} < set(when)
    (month,) = when["schedule"]
    assert re.fullmatch(r"\d+ \d+ \d+ \* \*", month["cron"])


def test_it_may_read_only_and_stops():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert WORKFLOW["concurrency"]["cancel-in-progress"] is True
    assert all(0 < job["timeout-minutes"] <= 360 for job in JOBS.values())
