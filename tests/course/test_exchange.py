"""What students may do to a hub's exchange, and what is then collected."""

import os
import pwd
import subprocess
import time

import pytest
from classroom import TINY, make_course
from grading import collect, exchange

ME = pwd.getpwuid(os.geteuid()).pw_name
SECRET = "0123456789abcdef" * 8


@pytest.fixture
def course(tmp_path, monkeypatch):
    monkeypatch.setenv("NBGRADER_EXCHANGE", str(tmp_path / "exchange"))
    monkeypatch.setenv("JUPYTER_DATA_DIR", str(tmp_path / "data"))
    made = make_course(tmp_path / "course")
    exchange.main([TINY, "--hand-out", "--course", str(made)])
    return made


def inbound(course):
    return next(course.parent.glob("exchange/*/inbound"))


def hand_in(course, text="mine", who=ME, when="2020-01-01 10:00:00.000000 UTC"):
    """Hand in as a student may who writes into the exchange by hand."""
    time.sleep(0.05)
    folder = inbound(course) / f"{who}+{TINY}+{when}+{time.monotonic_ns()}"
    folder.mkdir()
    (folder / f"{TINY}.ipynb").write_text(text)
    (folder / "timestamp.txt").write_text(when)
    (folder / "submission_secret.txt").write_text(SECRET)
    folder.chmod(0o777)
    return folder


def take(course, capsys):
    """Collect; return the notebook, its time and what is said."""
    collect.main([TINY, "--from", "exchange", "--course", str(course)])
    mine = course / "submitted" / ME / TINY
    assert [path.name for path in (course / "submitted").iterdir()] == [ME]
    texts = [mine / f"{TINY}.ipynb", mine / "timestamp.txt"]
    return *(x.exists() and x.read_text() for x in texts), capsys.readouterr().out


def test_the_last_that_is_whole_counts_and_its_time_is_the_systems(course, capsys):
    hand_in(course, "first", when="2030-01-01 10:00:00.000000 UTC")
    folder = hand_in(course, "second")
    for path in (folder, *folder.iterdir()):
        os.utime(path, (0, 0))
    hand_in(course, "half").chmod(0o755)
    hand_in(course, who="ada")
    hand_in(course, who="..")
    text, when, said = take(course, capsys)
    assert text == "second"
    assert when[:4] not in ("2020", "2030", "1970")
    assert "cut off while it was handed in" in said
    assert f"left out, it was put there by {ME}" in said
    assert "no folder of a student's" in said
    time.sleep(0.05)
    (folder / f"{TINY}.ipynb").write_text("better")
    os.utime(folder / f"{TINY}.ipynb", (0, 0))
    assert take(course, capsys)[:2] > ("better", when)


def test_links_pipes_and_anothers_files_are_left_out(course, capsys):
    folder = hand_in(course)
    (folder / "link.ipynb").symlink_to(course / "source" / TINY / f"{TINY}.ipynb")
    (folder / "folder").symlink_to(course / "source")
    os.mkfifo(folder / "pipe")
    subprocess.run(["mkdir", "-p", folder / ("d/" * 1200)], check=True)
    (inbound(course) / f"{ME}+{TINY}+2030+x").symlink_to(course / "source")
    if os.geteuid() == 0:  # only root can give files away
        (folder / "other").touch()
        os.chown(folder / "other", 65534, 65534)
    said = take(course, capsys)[-1]
    subprocess.run(["rm", "-rf", folder], check=True)
    assert said.count("left out: Too many levels of symbolic links") == 2
    assert said.count("no file of the student's own") == (os.geteuid() == 0)
    names = {path.name for path in (course / "submitted" / ME / TINY).iterdir()}
    assert names == {f"{TINY}.ipynb", "timestamp.txt", "submission_secret.txt"}


def test_feedback_is_found_by_the_secret_alone(course, capsys):
    hand_in(course)
    take(course, capsys)
    for who in (ME, "ada"):  # ada's came from elsewhere
        page = course / "feedback" / who / TINY / f"{TINY}.html"
        page.parent.mkdir(parents=True)
        page.write_text(f"the page of {who}")
        (course / "submitted" / who / TINY).mkdir(parents=True, exist_ok=True)
    exchange.main([TINY, "--hand-back", "--course", str(course)])
    said = capsys.readouterr().out
    assert "ada: not handed back, it did not come from a hub" in said
    assert "Handed back 1 pages" in said
    pages = inbound(course).with_name("feedback")
    assert pages.stat().st_mode & 0o777 == 0o711
    assert [page.read_text() for page in pages.iterdir()] == [f"the page of {ME}"]
