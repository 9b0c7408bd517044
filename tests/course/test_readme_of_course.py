"""The README of the assignments names what there is: titles, points, options, words."""

import argparse
import re
from dataclasses import fields

import nbformat
import pytest
from running import names
from students import CLASS

from nnlib.course import book, grade, release, sandbox
from nnlib.course.run import Limits

README = (release.COURSE / "README.md").read_text("utf-8")
ROWS = [
    line.strip("| ").split(" | ") for line in README.splitlines() if line[:1] == "|"
]


@pytest.mark.parametrize("name", names())
def test_each_assignment_is_listed_with_its_title_and_points(name):
    path = release.COURSE / "release" / name / f"{name}.ipynb"
    cells = nbformat.read(path, as_version=4).cells
    title = cells[0].source.splitlines()[0].removeprefix("# Assignment ")
    about = [cell.metadata.get("nbgrader", {}) for cell in cells]
    points = sum(x["points"] for x in about if x.get("grade"))
    place = path.relative_to(release.COURSE).as_posix()
    lesson = f"[{name[:2]}](../{name}.ipynb)"
    assert f"| [{title}]({place}) | {lesson} | {points:g} |" in README


def test_all_options_are_listed_with_their_defaults(monkeypatch):
    added = []
    monkeypatch.setattr(
        argparse.ArgumentParser,
        "parse_args",
        lambda parser, _: added.extend(parser._actions),
    )
    grade.options([])
    options = {x.option_strings[-1]: x.default for x in added if x.option_strings}
    listed = {row[0].strip("`").split()[0]: row[1] for row in ROWS if "`--" in row[0]}
    assert set(listed) == set(options) - {"--help"}
    for option in ("--seconds", "--total-seconds", "--memory", "--output-limit"):
        assert float(listed[option]) == options[option]


def test_fixed_limits_are_the_programs():
    fixed = Limits()
    assert f"a file that it writes {fixed.file_mb} MB" in README
    assert f"may start {fixed.processes}\nprocesses" in README
    assert len(fields(Limits)) == 6  # a new one is to be told of


def test_all_columns_of_grades_csv_are_listed():
    text = README.partition("### grades.csv")[2].partition("| status |")[0]
    named = {
        x for row in re.findall(r"^\| (`.+?) \|", text, re.M) for x in row.split("`")
    }
    assert {*book.FIRST, *book.LAST} <= named


def test_all_statuses_and_isolations_are_explained():
    text = README.partition("| status | meaning |")[2].partition("\n\n")[0]
    listed = set(re.findall(r"^\| `([\w ]+)` \|", text, re.M))
    assert listed == {s.status for s in CLASS} | {"failed", "not graded"}
    for kind in sandbox.KINDS:
        assert f"`{kind}`" in README
