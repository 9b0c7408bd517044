"""Grading: a class of six, again, by hand, interrupted, and without a sandbox."""

import csv
import os
import shutil
import signal
import subprocess
import sys
import time

import psutil
import pytest
from classroom import TINY, cell_of, hand_in, make_course, solved
from nbgrader.api import Gradebook
from students import CLASS, SIX, reads_files

from nnlib.course import grade, repair, sandbox

OPTIONS = ["--workers", "2", "--seconds", "3", "--memory", "600"]


def rows_of(course):
    with (course / "grades.csv").open(newline="", encoding="utf-8") as file:
        return {row["student"]: row for row in csv.DictReader(file)}


def run(course, *options):
    return grade.main([TINY, "--course", str(course), *OPTIONS, *options])


def times(course):
    """Return when each submission was graded last."""
    folder = course / ".grading" / TINY / "students"
    return {
        path.parent.name: path.stat().st_mtime_ns
        for path in folder.glob("*/record.json")
    }


@pytest.fixture(scope="module")
def six(tmp_path_factory):
    """A class of six, graded."""
    course = make_course(tmp_path_factory.mktemp("six"))
    for student in CLASS:
        if student.name in SIX:
            student.make(course, student.name)
    assert run(course) == 0
    return course


@pytest.mark.parametrize(
    "student", [s for s in CLASS if s.name in SIX], ids=lambda s: s.name
)
def test_submission(six, student):
    row = rows_of(six)[student.name]
    assert {key: float(row[key]) for key in student.points} == student.points
    assert row["status"] == student.status
    assert student.says in row["notes"]
    assert student.flag in row["flags"]
    assert (six / "feedback" / student.name / TINY / f"{TINY}.html").is_file()
    assert (six / "autograded" / student.name / TINY / f"{TINY}.ipynb").is_file()


def test_gradebook_shows_the_class(six):
    with Gradebook(f"sqlite:///{six}/gradebook.db") as book:
        shown = {x["student"]: x for x in book.submission_dicts(TINY)}
        assert set(shown) == set(SIX)
        assert shown["perfect"]["score"] == 15
        assert shown["perfect"]["max_score"] == 19
        assert shown["perfect"]["needs_manual_grade"]
        assert not shown["blank"]["needs_manual_grade"]
        assert not shown["broken-json"]["needs_manual_grade"]


def test_marks_by_hand_stay_and_unchanged_submissions_are_not_run_again(six):
    with Gradebook(f"sqlite:///{six}/gradebook.db") as book:
        mark = book.find_grade("written", TINY, TINY, "perfect")
        mark.manual_score, mark.needs_manual_grade = 3.5, False
        said = book.find_comment("written", TINY, TINY, "perfect")
        said.manual_comment = "Say why a sum of squares is no smaller than 0."
        book.db.commit()
    before = times(six)
    assert run(six) == 0
    after = times(six)
    assert {name for name in after if after[name] != before[name]} == {"perfect"}
    row = rows_of(six)["perfect"]
    assert (row["score"], row["by_hand"], row["waiting"]) == ("18.5", "3.5", "")
    page = six / "feedback" / "perfect" / TINY / f"{TINY}.html"
    assert "no smaller than 0" in page.read_text("utf-8")
    assert "not marked yet" not in page.read_text("utf-8")

    assert run(six) == 0  # and nothing at all is done a third time
    assert times(six) == after

    notebook = solved(six, without=("task-3",))
    hand_in(six, "perfect", notebook)  # handed in again: the mark stays, and waits
    assert run(six) == 0
    row = rows_of(six)["perfect"]
    assert (row["score"], row["by_hand"], row["check-3"]) == ("12.5", "3.5", "0")
    assert row["waiting"] == "written"
    changed = {name for name, at in times(six).items() if at != after[name]}
    assert changed == {"perfect"}


def test_a_lost_gradebook_and_csv_are_filled_again(six, tmp_path):
    course = tmp_path / "copy"
    shutil.copytree(six, course, symlinks=True)
    (course / "gradebook.db").unlink()
    (course / "grades.csv").unlink()
    before = rows_of(six)
    before["perfect"] |= {"score": "9", "by_hand": "", "written": ""}
    assert run(course) == 0
    assert rows_of(course) == before


@pytest.mark.parametrize(
    "how", [signal.SIGKILL, pytest.param(signal.SIGINT, marks=pytest.mark.course)]
)
def test_an_interrupted_run_goes_on(six, tmp_path, how):
    course = tmp_path / "again"
    shutil.copytree(six, course, symlinks=True)
    shutil.rmtree(course / ".grading" / TINY / "students")
    (course / "grades.csv").unlink()
    command = [sys.executable, "-m", "nnlib.course.grade", TINY, *OPTIONS]
    # A shell's background job ignores SIGINT, and so would the grader started here.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*command, "--course", str(course)],
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
    assert run(course) == 0
    after = times(course)
    assert set(after) == set(SIX)
    assert all(after[name] == done[name] for name in done)
    assert len(rows_of(course)) == 6


@pytest.mark.course
@pytest.mark.parametrize("kind", sandbox.KINDS)
def test_each_isolation_ends_all_processes(course, tmp_path, kind):
    if not sandbox.works(kind):
        pytest.skip(f"{kind} does not work here")
    copy = tmp_path / kind
    shutil.copytree(course, copy)
    number = str(900_000 + sandbox.KINDS.index(kind))
    notebook = solved(copy)
    cell_of(notebook, "task-1").source += (
        "\nimport os, subprocess\nprint(sorted(os.environ))\n"
        f"sleeps = 'sleep {number} & sleep {number}'\n"
        "for _ in range(3):\n    subprocess.Popen(['setsid', 'sh', '-c', sleeps])"
    )
    hand_in(copy, "ada", notebook)
    reads_files(copy, "bob")
    os.environ["MY_SECRET_TOKEN"] = "x"
    try:
        assert run(copy, "--isolation", kind) == 0
    finally:
        del os.environ["MY_SECRET_TOKEN"]
    time.sleep(0.2)
    left = [
        p
        for p in psutil.process_iter(["cmdline"])
        if number in (p.info["cmdline"] or ())
    ]
    assert not left
    row = rows_of(copy)["ada"]
    assert (row["score"], row["isolation"]) == ("15", kind)
    assert "Cell task-1: it started" in row["notes"]
    page = (copy / "feedback" / "ada" / TINY / f"{TINY}.html").read_text("utf-8")
    assert "PATH" in page
    assert "MY_SECRET_TOKEN" not in page
    page = (copy / "feedback" / "bob" / TINY / f"{TINY}.html").read_text("utf-8")
    assert ("FOUND []" in page) == (kind != "none")


def test_what_the_instructor_did_wrong_is_told(course, capsys):
    assert grade.main(["tyni", "--course", str(course)]) == 2
    assert "There is no" in capsys.readouterr().err
    assert run(course, "--student", "nobody") == 2
    assert "submitted/ has no nobody" in capsys.readouterr().err


def test_folders_inside_folders_are_not_followed_for_ever(tmp_path):
    places = [tmp_path / "submitted"]
    for _ in range(1200):
        places[-1].mkdir()
        places.append(places[-1] / "d")
    (places[0] / "here.txt").write_text("1")
    try:
        assert [path.name for path in repair.within(places[0])] == ["here.txt"]
        assert len(grade.digest(places[0])) == 64
    finally:
        for place in reversed(places[1:-1]):
            place.rmdir()
