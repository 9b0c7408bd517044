"""The benchmark compares equal work, and its page says so; nothing is timed."""

from unittest.mock import Mock

import bench
import numpy as np
import pytest
from peers import FIRST, PEERS, SERIES, WIDE, nnlib, problem


def fake_processes(names, answer):
    pool = Mock(submit=lambda _, name, *rest: Mock(result=lambda: answer(name)))
    return dict.fromkeys(names, pool)


def test_the_page_says_what_the_program_writes_and_which_bars_are_met():
    assert bench.page(*bench.read()) == bench.PAGE.read_text("utf-8")
    assert set(bench.BARS) <= {(row[0], row[1]) for row in bench.read()[1]}
    rows = [[SERIES, "PyTorch / nnlib", 5, f32, 1, 1] for f32 in (4.99, 5)]
    *_, missed, met = bench.table(rows).splitlines()
    assert missed.endswith("| ≥ 5 | 5.00 | **4.99** | 1.00 | 1.00 | **missed** |")
    assert met.endswith("| ≥ 5 | 5.00 | 5.00 | 1.00 | 1.00 | met |")


@pytest.mark.parametrize("network", [SERIES, WIDE])
def test_a_peer_that_does_other_work_stops_the_run(network):
    job = problem(network, "float32")._replace(epochs=40 if network == SERIES else 2)
    right = nnlib(job)()
    assert right == PEERS[FIRST][0](job)()
    for other in (
        {"learning_rate": job.learning_rate / 2},
        {"epochs": job.epochs // 2},
        {"y": np.roll(job.y, 100)},  # some wrong labels
        {"batch_size": 2 * job.batch_size},
    ):
        done = {"nnlib": (1, right), "PyTorch": (1, nnlib(job._replace(**other))())}
        with pytest.raises(RuntimeError, match="PyTorch has not done nnlib's work"):
            bench.compare(network, "float32", 1, fake_processes(done, done.get), 0)
