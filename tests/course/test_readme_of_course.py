"""The README of the assignments names what there is: titles, points, options, words."""

import re

import nbformat
import pytest
from grading import book, grade, release, sandbox
from grading.records import Limits
from running import names
from students import CLASS

README = (release.COURSE / "README.md").read_text("utf-8")


def listed(begin, end):
    """Return the words in backticks in a table's first column, between two lines."""
    table = README.partition(begin)[2].partition(end)[0]
    cells = re.findall(r"^\| (`.+?) \|", table, re.MULTILINE)
    return {word for cell in cells for word in re.findall(r"`(.+?)`", cell)}


def row_of(word):
    """Return the line of a table that begins with the word in backticks."""
    return re.search(rf"^\| `{word}\b.*", README, re.MULTILINE)[0]


@pytest.mark.parametrize("name", names())
def test_each_assignment_is_listed_with_its_title_and_points(name):
    place = f"release/{name}/{name}.ipynb"
    cells = nbformat.read(release.COURSE / place, as_version=4).cells
    title = cells[0].source.splitlines()[0].removeprefix("# Assignment ")
    points = sum(cell.metadata.get("nbgrader", {}).get("points", 0) for cell in cells)
    lesson = f"[{name[:2]}](../{name}.ipynb)"
    assert f"| [{title}]({place}) | {lesson} | {points:g} |" in README


def test_all_options_are_listed_with_their_defaults(capsys):
    with pytest.raises(SystemExit):
        grade.main(["--help"])
    usage, _, told = capsys.readouterr().out.partition("options:")
    options = set(re.findall(r"--[a-z-]+", usage))
    assert {x.split()[0] for x in listed("### Options", "\n**Again")} == options
    defaults = re.findall(r"(--[a-z-]+) [^-]*?\(default: (\d+)", told)
    assert len(defaults) == 4
    for name, value in defaults:
        assert name == "--workers" or f"| {value} |" in row_of(name)


def test_all_columns_statuses_and_isolations_are_listed():
    assert {*book.FIRST, *book.LAST} <= listed("### grades.csv", "| status |")
    statuses = {student.status for student in CLASS}
    statuses |= {"failed", "not graded", "missing"}
    assert listed("| status | meaning |", "\n\n") == statuses
    told = [f"a file that it writes {Limits.file_mb} MB", f"start {Limits.processes}\n"]
    told += [f"`{kind}`" for kind in sandbox.KINDS]
    assert [text for text in told if text not in README] == []
