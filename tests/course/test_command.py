"""The command that grades a class, with stubs in place of a run and of a page."""

import fcntl
import json
import multiprocessing
import os
import shutil
import sqlite3
import time

import pytest
from classroom import TINY, hand_in, page_of, rows_of, run_grader
from grading import book, grade, pool, release, sandbox, submission
from grading.records import Record
from nbgrader.api import Gradebook

OWN = """
from nbgrader.plugins import BasePlugin
class Own(BasePlugin):
    def late_submission_penalty(self, student_id, score, total_seconds_late):
        return {rule}
c.AssignLatePenalties.plugin_class = Own
"""
MOST = {"check-1": 4.0, "check-2": 5.0, "check-3": 6.0, "written": 4.0}
GOOD = {"check-1": 4.0, "check-2": 5.0, "check-3": 6.0, "written": None}
SAID = "Task 2, by hand: A is wrong\nTask 2: no sign\n"
HALF = {"points": GOOD | {"check-2": 0.0}, "said": {"check-2": SAID}}


def process(job):
    """Come to what the submission says of itself."""
    text = (job.submitted / f"{TINY}.ipynb").read_text()
    ran = job.submitted.parents[2] / "ran"
    (ran / job.submitted.parent.name).touch()
    while "waits" in text and len(os.listdir(ran)) < 2:
        time.sleep(0.1)
    if text == "dies":
        os._exit(3)
    if text == "hangs":
        time.sleep(100)
    record = Record(job.key, "graded", job.isolation, dict(GOOD), dict(MOST))
    vars(record).update(json.loads(text))
    (job.folder / "graded.ipynb").write_text("{}")
    record.write(job.folder)


def make(job):
    """Write a page, if the record does not say otherwise."""
    if "no page" in job.record.notes:
        raise ValueError
    time.sleep(100 * ("slow page" in job.record.notes))
    job.target.parent.mkdir(parents=True, exist_ok=True)
    job.target.write_text(f"{job.record.points} {job.marks} {job.penalty}")


@pytest.fixture
def course(with_book, tmp_path, monkeypatch):
    """A course of its own for each test, whose grader runs the stubs in processes."""
    fork = multiprocessing.get_context("fork")  # forkserver would not see the stubs
    monkeypatch.setattr(multiprocessing, "get_context", lambda kind: fork)
    monkeypatch.setattr(submission, "process", process)
    monkeypatch.setattr(grade.page, "make", make)
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    return shutil.copytree(with_book, tmp_path / "course")


def submit(course, *students, **more):
    """Hand in what comes to a record with these fields."""
    for student in students:
        hand_in(course, student, json.dumps(more))


def graded(course, *options, code=0):
    """Grade, expect the exit code, and return who has run."""
    shutil.rmtree(course / "ran", ignore_errors=True)
    (course / "ran").mkdir()
    assert run_grader(course, "--isolation=none", *options) == code
    return sorted(os.listdir(course / "ran"))


def set_due(course, date):
    """Set the due date, as Formgrader does."""
    with Gradebook(f"sqlite:///{course}/gradebook.db") as opened:
        opened.update_or_create_assignment(TINY, duedate=date)


def test_a_class_is_graded(course, capsys):
    (course / "roster.csv").write_text("student;name\nada;Ada\nzoe;Zoe\nbob;Bob\n")
    submit(course, "ada")
    submit(course, "bob", "cy", **HALF)
    graded(course, "--workers=1")
    said = capsys.readouterr().out
    rows = rows_of(course)
    assert [row["score"] for row in rows.values()] == ["15", "10", "10", ""]
    assert rows["ada"] | {"written": "", "waiting": "written"} == rows["ada"]
    assert rows["zoe"]["status"] == "missing"
    assert "Not in roster.csv: cy." in said
    assert (course / f"autograded/ada/{TINY}/{TINY}.ipynb").is_file()
    assert "{} 0.0" in page_of(course, "ada")
    assert "1/3 ada: graded, 15 points\n" in said
    table = said[said.index("check-1") :].splitlines()
    assert table[0].split() == ["check-1", "mean", "4.0", "of", "4", "full", "100%"]
    assert table[1].split(None, 7)[2:7] == ["1.7", "of", "5", "full", "33%"]
    assert table[1].endswith("2 x Task 2, by hand: A is wrong")
    assert "written" not in table[3]
    assert "You grade as root" in said


def test_only_what_changed_runs_again_and_two_at_a_time(course):
    submit(course, "ada", "bob", notes=["waits"])
    assert graded(course) == ["ada", "bob"]
    submit(course, "ada", "bob")
    assert graded(course) == ["ada", "bob"]
    assert graded(course, "--seconds=9", "--memory=999") == []
    submit(course, "bob", **HALF)
    assert graded(course) == ["bob"]
    assert rows_of(course)["bob"]["score"] == "10"
    assert graded(course, "--force", "--student=ada") == ["ada"]
    for path in (f"source/{TINY}/{TINY}.ipynb", release.SETTINGS):
        with (course / path).open("a") as file:
            file.write("\n")
        assert graded(course, "--student=ada") == ["ada", "bob"]


def test_a_process_that_is_lost_costs_nobody_else(course, monkeypatch, capsys):
    monkeypatch.setattr(submission, "SLACK", 0)
    for student, how in (("ada", "dies"), ("cy", "hangs")):
        hand_in(course, student, how)
    submit(course, "bob")
    began = time.monotonic()
    graded(course, "--total-seconds=1", code=1)
    assert time.monotonic() - began < 50  # it would hang for 100
    found = [(row["status"], row["score"]) for row in rows_of(course).values()]
    assert found == [("failed", ""), ("graded", "15"), ("failed", "")]
    said = capsys.readouterr().out
    assert f"ada was not graded. {pool.LOST}" in said
    assert f"cy was not graded. {pool.LOST}" in said
    submit(course, "ada", "cy")
    assert graded(course) == ["ada", "cy"]


def test_a_locked_gradebook_costs_no_grade(course, monkeypatch, capfd):
    submit(course, "ada", **HALF)
    graded(course)
    submit(course, "ada")
    monkeypatch.setattr(book.Book.__init__, "__defaults__", (0.2,))
    other = sqlite3.connect(course / "gradebook.db")
    other.execute("BEGIN IMMEDIATE")
    began = time.monotonic()
    assert graded(course, code=2) == ["ada"]
    assert 0.2 < time.monotonic() - began < 20
    said = capfd.readouterr().err
    assert "Close the program that has gradebook.db open, and run again." in said
    assert "Traceback" not in said
    other.rollback()
    other.close()
    assert graded(course) == []
    assert rows_of(course)["ada"]["score"] == "15"  # though nothing ran this time


NAMES = ["Muster, Max [Gruppe 2]", "[a-z]*", "what?", ".hidden", "-x", "=1+1", "a\nb"]
NAMES += ["100% #1; it's", "Zo\u00eb", "\u674e", "\x1b[31mred", "x" * 200]


def test_any_name_is_graded_but_one_that_is_not_utf_8_is_told(course, monkeypatch):
    """On a terminal that knows few letters, and whatever is said of a submission."""
    odd = "\x1b[31m \ud800 =1+1\r\n\0"
    more = HALF | {"said": {"check-2": odd}, "notes": [odd]}
    submit(course, *NAMES, os.fsdecode(b"M\xfcller"), **more)
    with monkeypatch.context() as patch, (course / "out").open("w", 1, "ascii") as out:
        patch.setattr("sys.stdout", out)
        assert graded(course, code=1) == sorted(NAMES)
    rows = rows_of(course)
    assert rows.pop("M\ufffdller")["status"] == "not graded"
    assert {row["score"] for row in rows.values()} == {"10"}
    for student in NAMES:
        assert "{} 0.0" in page_of(course, student)
    said = (course / "out").read_text()
    assert "M?ller was not graded. The name of the folder is not UTF-8" in said
    assert " Zo?: graded" in said
    assert not {"\x1b", "\0"} & {*said}
    own = (course / ".grading" / TINY / "students").iterdir()
    assert all(set(path.name) <= set("0123456789abcdef") for path in own)
    set_due(course, "2026-02-01 00:00:00 UTC")
    assert graded(course, code=1) == []


def test_what_lies_in_another_place_is_named(course, capsys):
    submit(course, "ada")
    top, other = course / "submitted", course / "release" / "other"
    other.mkdir()
    shutil.copy(course / "release" / TINY / f"{TINY}.ipynb", other / "other.ipynb")
    wrong = ["ada/notes.txt", "bob/tiny.ipynb", "carl/Tiny/tiny.ipynb", "dora.ipynb"]
    wrong += ["eve/homework/tiny/tiny.ipynb", "hal_tiny.zip", "ida/tiny.zip"]
    silent = ["__MACOSX/tiny/tiny.ipynb", "._tiny.ipynb", ".gitkeep", "kim/other/x.py"]
    silent += ["bob/._tiny.ipynb", "bob/__MACOSX/tiny.ipynb"]
    for name in wrong + silent:
        (top / name).parent.mkdir(parents=True, exist_ok=True)
        (top / name).touch()
    (course / "elsewhere" / TINY).mkdir(parents=True)
    (top / "link").symlink_to(course / "elsewhere")
    (top / "ada" / TINY / "inner").symlink_to(course / "elsewhere" / "file")
    assert graded(course) == ["ada"]
    capsys.readouterr()
    (course / "elsewhere" / "file").touch()  # no link is followed
    assert graded(course) == []
    place, said = "Not graded, because it is not submitted/STUDENT/tiny/", capsys
    assert f"{place}: {', '.join([*wrong, 'link'])}.\n" in said.readouterr().out
    assert list(rows_of(course)) == ["ada"]


def test_a_dry_run_says_what_would_be_done_and_does_nothing(course, capsys):
    submit(course, "ada", "bob")
    assert graded(course, "--student=ada", code=1) == ["ada"]
    assert [x["status"] for x in rows_of(course).values()] == ["graded", "not graded"]
    assert "bob was not graded" in capsys.readouterr().out
    before = {p: p.stat().st_mtime_ns for p in course.rglob("*")}
    assert run_grader(course, "--isolation=none", "--dry-run") == 0
    assert capsys.readouterr().out == "bob: would be graded\n"
    assert {p: p.stat().st_mtime_ns for p in course.rglob("*")} == before


def test_what_cannot_be_written_costs_no_grade(course, monkeypatch, capsys):
    """And no page is better than an old one."""
    monkeypatch.setattr(grade, "PAGE_SECONDS", 1)
    submit(course, "ada", "bob", "cy")
    graded(course)
    submit(course, "ada", **HALF, notes=["no page"])
    submit(course, "cy", **HALF, notes=["slow page"])
    submit(course, "dan")
    (course / "feedback" / "dan").touch()
    (course / "grades.csv").unlink()
    (course / "grades.csv").mkdir()
    for _ in range(2):  # it is tried again, and told again
        graded(course)
        said = capsys.readouterr().out
        assert "grades.csv cannot be written (Is a directory): close the" in said
        assert "No page for ada: ValueError()" in said
        assert "No page for cy: TooSlow()" in said
        assert "No page for dan: NotADirectoryError" in said
        assert not [*course.glob("feedback/[ac]*/*/*.html")]
    assert page_of(course, "bob")
    (course / "grades.csv").rmdir()
    submit(course, "ada")
    graded(course)
    assert "No page for ada" not in capsys.readouterr().out
    rows = rows_of(course).values()
    assert [row["score"] for row in rows] == ["15", "15", "10", "15"]


def test_a_due_date_runs_nothing_again_and_a_rule_that_fails_costs_only_the_late(
    course, capsys
):
    with (course / release.SETTINGS).open("a") as file:
        file.write(OWN.format(rule="score if total_seconds_late < 1e6 else 1 / 0"))
    submit(course, "ada", timestamp="2026-02-03 00:00:00 UTC")
    submit(course, "bob")
    assert graded(course) == ["ada", "bob"]
    for due, score, penalty in (
        ("2026-03-01 00:00:00 UTC", "15", ""),
        ("2026-02-01 00:00:00 UTC", "0", "15"),
        (None, "15", ""),
    ):
        set_due(course, due)
        assert graded(course) == []
        row = rows_of(course)["ada"]
        assert (row["score"], row["penalty"]) == (score, penalty)
        assert page_of(course, "ada").endswith(f" {float(penalty or 0)}")
    set_due(course, "2025-01-01 00:00:00 UTC")
    assert graded(course, code=1) == []
    ada, bob = rows_of(course).values()
    assert (ada["status"], ada["score"], bob["score"]) == ("failed", "", "15")
    assert ada["notes"].startswith("c.AssignLatePenalties failed: ZeroDivisionError")
    assert f"ada was not graded. {ada['notes']}" in capsys.readouterr().out
    assert not [*course.glob("feedback/ada/*/*")]


def test_a_mark_by_hand_is_on_the_page_and_waits_if_handed_in_again(course):
    submit(course, "ada")
    graded(course)
    with Gradebook(f"sqlite:///{course}/gradebook.db") as opened:
        mark = opened.find_grade("written", TINY, TINY, "ada")
        mark.manual_score, mark.needs_manual_grade = 3.5, False
        opened.db.commit()
    for waiting, score in (("", "18.5"), ("", "18.5"), ("written", "13.5")):
        if waiting:
            submit(course, "ada", **HALF)
        graded(course)
        row = rows_of(course)["ada"]
        assert (row["score"], row["waiting"]) == (score, waiting)
        assert "score=3.5" in page_of(course, "ada")


def test_rows_of_other_assignments_stay_whatever_became_of_the_csv(course):
    (course / ".grading" / "other").mkdir(parents=True)
    row = {"student": "Zo\u00eb", "assignment": "other", "score": "7"}
    (course / ".grading" / "other" / "rows.json").write_text(json.dumps([row]))
    submit(course, "ada")
    for who in (["ada"], []):
        (course / "grades.csv").write_bytes("Zo\u00eb;1\nmean;;1".encode("cp1252"))
        assert graded(course) == who
        scores = {who: row["score"] for who, row in rows_of(course).items()}
        assert scores == {"Zo\u00eb": "7", "ada": "15"}


def test_what_the_instructor_can_mend_is_told(course, capsys, monkeypatch):
    def no(*options):
        """Assert that nothing is run; return what is said of it."""
        assert graded(course, *options, code=2) == []
        assert not (course / "grades.csv").exists()
        return capsys.readouterr().err

    assert "There is no submitted/STUDENT/tiny." in no()
    (course / "submitted").mkdir()
    (course / "submitted" / "ada.zip").touch()
    assert "tiny/: ada.zip." in no()
    submit(course, "ada")
    assert "submitted/ has no nobody." in no("--student=nobody")
    with monkeypatch.context() as patch:
        patch.setattr(sandbox, "works", lambda kind: kind == "none")
        for option in ("--isolation=auto", "--isolation=bwrap"):
            assert "say so: --isolation none\n" in no(option)
    with monkeypatch.context() as patch:
        patch.setattr("classroom.TINY", "tyni")
        assert "no assignment 'tyni'" in no()
    with (course / ".grading" / TINY / "lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        assert "Another grading" in no()
    path = course / "source" / TINY / f"{TINY}.ipynb"
    source = path.read_text()
    path.write_text(source.replace('"points": 4,', ""))
    assert "nbgrader cell 'check-1' does not have points" in no()
    path.write_text("{")
    assert "tiny.ipynb: Notebook does not appear to be JSON" in no()
    path.write_text(source)
    (course / release.SETTINGS).write_text("c = get_config()\nc.x = 1 / 0\n")
    assert "cannot be used (ZeroDivisionError" in no()
    (course / release.SETTINGS).unlink()
    assert "is it the course folder?" in no()
