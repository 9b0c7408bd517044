"""A Dask cluster grades, and loses a worker half-way."""

import os
import signal
import threading
import time

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
    course, attempts = make_course(tmp_path / "course"), set()
    names = [f"student-{number}" for number in range(6)]
    for name in names:
        hand_in(course, name, solved(course))
    workers = [nanny.process.pid for nanny in cluster.workers.values()]
    done = threading.Event()

    def watch():
        """Note all attempts, and end a worker when both have one."""
        while not done.wait(0.02):
            attempts.update(course.glob(".grading/*/students/*.*"))
            if len(attempts) >= 2 and workers:
                os.kill(workers.pop(), signal.SIGKILL)
                workers.clear()

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
    told = [line.split()[1] for line in said.splitlines() if "/6 " in line]
    assert sorted(told) == [f"{name}:" for name in names]
    assert [row["score"] for row in rows_of(course).values()] == ["15"] * len(names)
    assert len([*course.glob(f".grading/{TINY}/students/*")]) == len(names)
    assert run_grader(course, "--dask", cluster.scheduler_address) == 0
    assert "0 graded now" in capsys.readouterr().out


def test_an_address_where_nobody_is(tmp_path, capsys):
    course = make_course(tmp_path / "course")
    hand_in(course, "ada", solved(course))
    began = time.monotonic()
    assert run_grader(course, "--dask", "tcp://127.0.0.1:1") == 2
    assert time.monotonic() - began < 60
    assert "127.0.0.1:1" in capsys.readouterr().err
