"""The README's picture, code and commands, and what the workflows make of them."""

import re

import execute
import yaml
from lesson_form import LESSONS, ROOT, read
from packaging.specifiers import SpecifierSet
from test_packaging import PINS

README = (ROOT / "README.md").read_text("utf-8")
TEST, SITE = (
    yaml.safe_load((ROOT / f".github/workflows/{name}.yml").read_text("utf-8"))
    for name in ("test", "site")
)


def test_the_picture_is_the_output_of_the_lessons_cell():
    pictures = [execute.readme_picture(read(path)) for path in LESSONS]
    assert [x for x in pictures if x] == [execute.PICTURE.read_bytes()]
    assert f"({execute.PICTURE.relative_to(ROOT).as_posix()})" in README


def test_the_code_runs_and_classifies_the_spiral(capsys):
    (code,) = re.findall(r"```python\n(.*?)```", README, re.DOTALL)
    exec(code, {})
    assert float(capsys.readouterr().out) >= 0.973


def test_every_make_target_named_in_the_pages_exists():
    makefile = (ROOT / "Makefile").read_text("utf-8")
    targets = re.findall(r"^([a-z-]+):", makefile, re.MULTILINE)
    for page in ("README.md", "CONTRIBUTING.md", "notebooks/assignments/README.md"):
        text = (ROOT / page).read_text("utf-8")
        named = re.findall(r"(?:`|^)make ([a-z-]+)", text, re.MULTILINE)
        assert named
        assert set(named) <= set(targets)


def test_windows_runs_the_lines_that_the_readme_gives():
    (lines,) = re.findall(r"```\n(python3 -m venv .*?)```", README, re.DOTALL)
    lines = lines.replace(".venv/bin/", ".venv\\Scripts\\")
    lines = lines.replace("python3", "py -3.12").splitlines()
    steps = TEST["jobs"]["windows"]["steps"]
    run = [step["run"] for step in steps if "run" in step]
    assert run == [line for line in lines if "jupyter lab" not in line]
    assert {"python-version": "3.12"} in [step.get("with") for step in steps]


def test_every_supported_python_is_tested():
    make = TEST["jobs"]["make"]
    assert {"run": "make test"} in make["steps"]
    places = make["strategy"]["matrix"]["include"]
    linux = [place["python"] for place in places if place["os"] == "ubuntu-latest"]
    every = [f"3.{minor}" for minor in range(30)]
    assert linux == [*SpecifierSet(PINS["python"]).filter(every)]
    assert {place["os"] for place in places} == {"ubuntu-latest", "macos-latest"}


def test_the_workflows_may_read_only_and_stop():
    assert TEST["permissions"] == SITE["permissions"] == {"contents": "read"}
    jobs = [*TEST["jobs"].values(), *SITE["jobs"].values()]
    assert all(0 < job["timeout-minutes"] <= 360 for job in jobs)


def test_the_site_is_published_from_the_default_branch_alone():
    build, publish = SITE["jobs"]["build"], SITE["jobs"]["publish"]
    assert {"run": "make site"} in build["steps"]
    assert "write" not in build["permissions"].values()
    only_if = "github.ref_name == github.event.repository.default_branch"
    assert only_if in publish["if"].split(" && ")
    assert publish["permissions"] == {"pages": "write", "id-token": "write"}
