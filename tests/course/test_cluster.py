"""A Dask cluster grades, and loses a worker half-way."""

import os
import signal
import threading
import time
from collections import Counter

import pytest
from classroom import TINY, hand_in, make_course, rows_of, run_grader, solved

pytestmark = pytest.mark.course
dask = pytest.importorskip("dask")
distributed = pytest.importorskip("distributed")


@pytest.fixture
def cluster():
    size = {"n_workers": 2, "threads_per_worker": 1, "host": "127.0.0.1"}
    may = dask.config.set({"distributed.worker.daemon": False})
    with may, distributed.LocalCluster(**size, dashboard_address=None) as started:
        yield started


def test_a_lost_workers_submissions_are_graded_all_the_same(cluster, tmp_path, capsys):
    course = make_course(tmp_path / "course")
    names = [f"student-{number}" for number in range(6)]
    for name in names:
        hand_in(course, name, solved(course))
    workers = [nanny.process.pid for nanny in cluster.workers.values()]
    attempts = set()

    def watch():
        """Note all attempts, and end a worker when both have one."""
        while not done.wait(0.02):
            attempts.update(course.glob(".grading/*/students/*.*"))
            if len(attempts) >= 2 and workers:
                os.kill(workers.pop(), signal.SIGKILL)
                workers.clear()

    done = threading.Event()
    watcher = threading.Thread(target=watch)
    watcher.start()
    try:
        assert run_grader(course, "--dask", cluster.scheduler_address) == 0
    finally:
        done.set()
        watcher.join()
    said = capsys.readouterr().out
    assert not workers
    assert len(attempts) > len(names)  # what the lost worker had was done again
    assert "6 submissions (6 graded)" in said
    told = Counter(line.split()[1] for line in said.splitlines() if "/6 " in line)
    assert told == {f"{name}:": 1 for name in names}
    rows = rows_of(course)
    assert [float(rows[name]["score"]) for name in names] == [15] * len(names)
    folder = course / ".grading" / TINY / "students"
    assert len(list(folder.iterdir())) == len(names)
    assert run_grader(course, "--dask", cluster.scheduler_address) == 0
    assert "0 graded now" in capsys.readouterr().out


def test_an_address_where_nobody_is(tmp_path, capsys):
    course = make_course(tmp_path / "course")
    hand_in(course, "ada", solved(course))
    began = time.monotonic()
    assert run_grader(course, "--dask", "tcp://127.0.0.1:1") == 2
    assert time.monotonic() - began < 60
    assert "127.0.0.1:1" in capsys.readouterr().err
