"""Grading: a class of six, again, by hand, interrupted, and without a sandbox."""

import os
import shutil
import signal
import subprocess
import sys
import time

import classroom
import psutil
import pytest
from classroom import TINY, cell_of, hand_in, page_of, rows_of, run_grader, solved
from grading import files, sandbox
from nbgrader.api import Gradebook
from students import CLASS, SIX, with_cell

pytestmark = pytest.mark.course


def times(course):
    """Return when each submission was graded last."""
    found = course.glob(f".grading/{TINY}/students/{'?' * 16}/record.json")
    return {path.parent.name: path.stat().st_mtime_ns for path in found}


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    """A class of six, graded."""
    course = classroom.make_course(tmp_path_factory.mktemp("six"))
    for student in CLASS:
        if student.name in SIX:
            student.make(course, student.name)
    assert run_grader(course) == 0
    return course


def test_gradebook_and_csv_show_the_class_and_are_filled_again(six, tmp_path):
    with Gradebook(f"sqlite:///{six}/gradebook.db") as book:
        shown = {x["student"]: x for x in book.submission_dicts(TINY)}
    assert set(shown) == set(SIX)
    assert (shown["perfect"]["score"], shown["perfect"]["max_score"]) == (15, 19)
    wrote = {"perfect", "swallows-interrupt", "no-ids", "allclose"}
    assert {name for name in shown if shown[name]["needs_manual_grade"]} == wrote
    rows = rows_of(six)
    for name, row in rows.items():
        assert (six / "autograded" / name / TINY / f"{TINY}.ipynb").is_file()
        assert (row["waiting"] == "written") == (name in wrote)
        assert ("not marked yet" in page_of(six, name)) == (name in wrote)
    assert rows["perfect"]["written"] == ""
    course = shutil.copytree(six, tmp_path / "copy", symlinks=True)
    (course / "gradebook.db").unlink()
    (course / "grades.csv").unlink()
    before = times(course)
    assert run_grader(course) == 0
    assert (rows_of(course), times(course)) == (rows, before)


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_an_interrupted_run_goes_on(six, tmp_path, how):
    course = shutil.copytree(six, tmp_path / "again", symlinks=True)
    shutil.rmtree(course / ".grading" / TINY / "students")
    (course / "grades.csv").unlink()
    # A shell's background job ignores SIGINT, and so would the grader started here.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "grading.grade", *classroom.arguments(course)],
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    signal.signal(signal.SIGINT, before)
    said = [process.stdout.readline() for _ in range(2)]
    started = psutil.Process(process.pid).children(recursive=True)
    os.kill(process.pid, how)
    rest = process.stdout.read()
    process.wait(timeout=20)
    if how == signal.SIGINT:
        assert process.returncode == 130
        assert "Run the command again" in rest
    assert psutil.wait_procs(started, timeout=10)[1] == []
    done = times(course)
    assert 1 <= len(done) < 6, said
    assert run_grader(course) == 0
    after = times(course)
    assert len(after) == 6
    assert set(rows_of(course)) == set(SIX)
    assert done.items() <= after.items()


@pytest.mark.parametrize("kind", sandbox.KINDS)
def test_each_isolation_ends_all_processes(course, tmp_path, kind, monkeypatch):
    if not sandbox.works(kind):
        pytest.skip(f"{kind} does not work here")
    copy = shutil.copytree(course, tmp_path / kind)
    number = str(900_000 + sandbox.KINDS.index(kind))
    notebook = solved(copy)
    cell_of(notebook, "task-1").source += (
        "\nimport os, subprocess\nprint(sorted(os.environ))\n"
        f"sleeps = 'sleep {number} & sleep {number}'\n"
        "for _ in range(3):\n    subprocess.Popen(['setsid', 'sh', '-c', sleeps])"
    )
    hand_in(copy, "ada", notebook)
    found = f"import os\nprint('FOUND', os.path.exists({str(copy / 'source')!r}))"
    with_cell(found)(copy, "bob")
    monkeypatch.setenv("MY_SECRET_TOKEN", "x")
    assert run_grader(copy, "--isolation", kind) == 0
    time.sleep(0.2)
    running = psutil.process_iter(["cmdline"])
    assert not [p for p in running if number in (p.info["cmdline"] or ())]
    row = rows_of(copy)["ada"]
    assert (row["score"], row["isolation"]) == ("15", kind)
    assert "PATH" in page_of(copy, "ada")
    assert "MY_SECRET_TOKEN" not in page_of(copy, "ada")
    assert ("FOUND True" in page_of(copy, "bob")) == (kind == "none")


def test_a_venv_behind_a_link_is_closed_in_all_the_same(tmp_path, monkeypatch):
    works = [sandbox.works(kind) for kind in sandbox.KINDS]
    (tmp_path / "venv").symlink_to(sys.prefix)
    monkeypatch.setattr(sys, "prefix", str(tmp_path / "venv"))
    monkeypatch.setattr(sys, "executable", str(tmp_path / "venv/bin/python"))
    assert [sandbox.works.__wrapped__(kind) for kind in sandbox.KINDS] == works


def test_folders_inside_folders_are_not_followed_for_ever(tmp_path):
    top = tmp_path / "submitted"
    subprocess.run(["mkdir", "-p", top / ("d/" * 1200)], check=True)
    (top / "here.txt").write_text("1")
    try:
        assert [path.name for path in files.within(top)] == ["here.txt"]
        assert len(files.digest(top)) == 64
    finally:
        sandbox.remove(top)
    assert not top.exists()
