"""The committed hand-outs are what the sources generate, and give nothing away."""

import shutil

import nbformat
import pytest
from classroom import STUB, TINY, cell_of, handed_out

from nnlib.course import release

NAMES = release.names(release.COURSE)
REGIONS = ("SOLUTION", "HIDDEN TESTS", "MARK SCHEME")


def files(folder):
    return {
        str(path.relative_to(folder)): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file() and ".ipynb_checkpoints" not in path.parts
    }


def secret_lines(source):
    """Return the lines in solutions, hidden tests and mark schemes, and the others."""
    secret, visible, inside = [], [], False
    for cell in source.cells:
        for line in cell.source.split("\n"):
            if any(f"### BEGIN {region}" in line for region in REGIONS):
                inside = True
            elif any(f"### END {region}" in line for region in REGIONS):
                inside = False
            else:
                (secret if inside else visible).append(line.strip())
        assert not inside, "a region has no end"
    return {line for line in secret if line} - set(visible)


def assert_gives_nothing_away(course, name):
    source = nbformat.read(course / "source" / name / f"{name}.ipynb", as_version=4)
    text = (course / "release" / name / f"{name}.ipynb").read_text("utf-8")
    for region in REGIONS:
        assert f"BEGIN {region}" not in text
        assert f"END {region}" not in text
    lines = {
        line.strip()
        for c in handed_out(course, name).cells
        for line in (c.source.split("\n"))
    }
    secret = secret_lines(source)
    assert secret
    assert not secret & lines
    assert all(not cell.get("outputs") for cell in handed_out(course, name).cells)


@pytest.fixture(scope="module")
def generated(tmp_path_factory):
    """All hand-outs, generated anew in a course folder of their own."""
    course = tmp_path_factory.mktemp("generated")
    shutil.copy(release.COURSE / release.SETTINGS, course)
    shutil.copytree(release.COURSE / "source", course / "source")
    release.main(["--course", str(course)])
    return course


@pytest.mark.parametrize("name", NAMES)
def test_committed_hand_out_is_what_the_source_generates(generated, name):
    committed = files(release.COURSE / "release" / name)
    assert committed == files(generated / "release" / name), "run make assignments"


@pytest.mark.parametrize("name", NAMES)
def test_hand_out_holds_no_line_of_solution_hidden_test_or_mark_scheme(name):
    assert_gives_nothing_away(release.COURSE, name)


def test_nothing_else_is_released():
    folder = release.COURSE / "release"
    assert sorted(path.name for path in folder.glob("*")) == NAMES


def test_tiny_gives_nothing_away(course):
    assert_gives_nothing_away(course, TINY)
    notebook = handed_out(course)
    assert cell_of(notebook, "task-1").source.split("\n")[-1] == f"    {STUB}"
    assert cell_of(notebook, "written").source.endswith("in place of this line.*")
    assert "Why is the mean" in cell_of(notebook, "written").source


def test_a_second_run_changes_no_byte(course):
    before = files(course / "release")
    release.main([TINY, "--course", str(course)])
    assert files(course / "release") == before


def test_an_unknown_name_is_told(course, tmp_path):
    with pytest.raises(SystemExit, match=r"no assignment 'tyni'.*there are: tiny"):
        release.main(["tyni", "--course", str(course)])
    (tmp_path / "source" / "a").mkdir(parents=True)
    (tmp_path / "source" / "a" / "a.ipynb").touch()
    with pytest.raises(SystemExit, match="is it the course folder"):
        release.main(["--course", str(tmp_path)])
