"""The workflow for GitHub Actions runs the commands that the README gives."""

import re

import yaml
from lesson_form import ROOT
from packaging.specifiers import SpecifierSet
from test_packaging import PINS

# YAML 1.1 reads the key `on` as true.
WORKFLOW = yaml.safe_load((ROOT / ".github/workflows/test.yml").read_text("utf-8"))
JOBS = WORKFLOW["jobs"]
MINORS = [f"3.{minor}" for minor in range(30)]
SUPPORTED = [minor for minor in MINORS if SpecifierSet(PINS["python"]).contains(minor)]


def commands(job):
    """Return the lines that a job runs."""
    return [step["run"] for step in JOBS[job]["steps"] if "run" in step]


def inputs(job, action):
    """Return what the job's step with this action is given."""
    (step,) = [s for s in JOBS[job]["steps"] if s.get("uses", "").startswith(action)]
    return step["with"]


def test_windows_runs_the_lines_that_the_readme_gives():
    readme = (ROOT / "README.md").read_text("utf-8")
    (lines,) = re.findall(r"```\n(python3 -m venv .*?)```", readme, re.DOTALL)
    there = lines.replace(".venv/bin/", ".venv\\Scripts\\").replace(
        "python3", "py -3.12"
    )
    wanted = [line for line in there.splitlines() if "jupyter lab" not in line]
    assert commands("windows") == wanted
    assert inputs("windows", "actions/setup-python")["python-version"] == "3.12"


def test_every_supported_python_is_tested():
    assert commands("make") == ["make test"]
    places = JOBS["make"]["strategy"]["matrix"]["include"]
    linux = [place["python"] for place in places if place["os"] == "ubuntu-latest"]
    assert linux == SUPPORTED
    assert {place["os"] for place in places} == {"ubuntu-latest", "macos-latest"}


def test_it_may_read_only_and_stops():
    assert WORKFLOW["permissions"] == {"contents": "read"}
    assert all(0 < job["timeout-minutes"] <= 360 for job in JOBS.values())
