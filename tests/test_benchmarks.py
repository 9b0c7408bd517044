"""What make bench reports is what it measured, of equal work; nothing is timed here."""

import copy
import json
import sys
from collections import Counter
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

ROOT = Path(__file__).parents[1]
HERE = ROOT / "tests" / "benchmarks"
sys.path.append(str(HERE))

import bench  # noqa: E402
import peers  # noqa: E402
import report  # noqa: E402
from problems import LARGEST, SERIES, problem  # noqa: E402

FOUND = json.loads((HERE / "results.json").read_text("utf-8"))
EACH_BAR = pytest.mark.parametrize(
    ("size", "over", "under", "sign", "bar"), report.COMPARED
)


def test_the_pages_show_the_last_run():
    assert report.block(FOUND) in (ROOT / "README.md").read_text("utf-8")
    assert report.page(FOUND) == (HERE / "RESULTS.md").read_text("utf-8")


def test_the_bars_are_those_that_were_set():
    """In words: nnlib is so many times as fast, or takes at most so many times."""
    assert report.COMPARED == [
        ("2-32-3", "pytorch", "nnlib", "≥", 5),
        ("2-32-3", "scikit_learn", "nnlib", "≥", 3),
        ("2-32-3", "jax_with_compilation", "nnlib", "≥", 3),
        ("2-32-3", "nnlib", "jax", "≤", 1),
        ("2-32-3", "nnlib", "c_loop", "≤", 4),
        ("784-1024-1024-10", "nnlib", "products", "≤", 1.15),
        ("784-1024-1024-10", "nnlib", "pytorch", "≤", 1),
    ]


@EACH_BAR
@pytest.mark.parametrize("off", [0.99, 1.01])
def test_a_percent_decides_between_met_and_missed(size, over, under, sign, bar, off):
    found = copy.deepcopy(FOUND)
    for measured in found["runs"]:
        seconds = measured["seconds"]
        if measured["size"] == size:
            seconds[under], seconds[over] = [1.0, 2.0], [off * bar, 2 * off * bar]
    rows = {name: cells for name, _, cells in report.comparisons(found)}
    cells = rows[f"{size}: {report.TITLES[over]} / {report.TITLES[under]}"]
    met = (off > 1) == (sign == report.AT_LEAST)
    assert len(cells) == (2 if under == "c_loop" else 4)
    assert set(cells.values()) == {(f"{off * bar:.2f}", met)}


def test_a_figure_just_beyond_its_bar_is_not_rounded_to_it():
    assert report.number(1.152, 1.15) == "1.152"
    assert report.number(4.9996, 5) == "4.9996"
    assert report.number(4, 4) == "4.00"


def with_memory(**parts):
    whole = {"data": 100, "activations": 20, "parameters": 30, "order": 8} | parts
    return {"memory": {"small": FOUND["memory"][SERIES] | {"peak": 0}, "other": whole}}


@pytest.mark.parametrize(
    ("name", "change", "text", "met"),
    [
        ("from 1,000 to", {"slope": {"slope": 1.051}}, "1.051", False),
        ("from 1,000 to", {"slope": {"slope": 1.049}}, "1.049", True),
        ("from 1,000 to", {"slope": {"slope": 0.949}}, "0.949", False),
        ("`import nnlib`", {"import": {"seconds": 0.0304}}, "30.40 ms", False),
        ("`import nnlib`", {"import": {"seconds": 0.0296}}, "29.60 ms", True),
        ("--nbval", {"notebooks": {"lessons": [31], "imports": [10]}}, "3.10", False),
        ("--nbval", {"notebooks": {"lessons": [29], "imports": [10]}}, "2.90", True),
        ("peak memory", with_memory(peak=190), "1.00", True),
        ("peak memory", with_memory(peak=192), "1.01", False),
        ("if the shuffled", with_memory(peak=258), "1.00", True),
        ("if the shuffled", with_memory(peak=261), "1.01", False),
    ],
)
def test_a_figure_of_nnlib_alone_is_marked(name, change, text, met):
    table = report.table_of_bars(copy.deepcopy(FOUND) | change)
    (row,) = (line for line in table.splitlines() if name in line)
    verdict = ("met" if met else "missed", text)
    verdict, text = (report.marked(word, met) for word in verdict)
    assert row.endswith(f"| {text} | {verdict} |")


def test_a_bar_that_could_not_be_measured_is_not_called_met():
    found = copy.deepcopy(FOUND)
    for measured in found["runs"]:
        measured["seconds"].pop("pytorch", None)
    rows = [row for row in report.table_of_bars(found).splitlines() if "PyTorch" in row]
    assert rows
    assert all(row.endswith("| not measured |") for row in rows)


def test_a_busy_machine_is_told():
    found = copy.deepcopy(FOUND)
    for measured in found["runs"]:
        measured["processor"] = measured["seconds"]
    assert "busy" not in report.made_on(found)
    slow = found["runs"][0]
    half = [seconds / 2 for seconds in slow["seconds"]["scikit_learn"]]
    slow["processor"] = slow["seconds"] | {"scikit_learn": half}
    assert "a processor for only 50 % of their time" in report.made_on(found)


# The same work ------------------------------------------------------------------


@pytest.mark.parametrize("dtype", bench.DTYPES)
def test_all_peers_that_are_here_do_the_same_work(dtype):
    here = [peer for peer in peers.PEERS if bench.missing(peer) is None]
    losses = {}
    for peer in here:
        worker = bench.Worker(peer, 1)
        try:
            *_, losses[peer.__name__] = worker.train(SERIES, dtype)
        finally:
            worker.close()
    assert {"nnlib", "scikit_learn", "products"} <= set(losses)
    bench.same_work(SERIES, dtype, losses)


def test_all_peers_are_asked_for():
    names = {"nnlib", "scikit_learn", "pytorch", "jax", "jax_with_compilation"}
    assert set(report.TITLES) == names | {"products", "c_loop"}
    if peers.compiler():
        assert bench.missing(peers.c_loop) is None


@pytest.mark.parametrize("size", [SERIES, "784-128-10", LARGEST])
@pytest.mark.parametrize(
    "other",
    [
        lambda s: replace(s, learning_rate=s.learning_rate / 2),
        lambda s: replace(s, epochs=s.epochs // 2),
        lambda s: replace(s, y=np.roll(s.y, 100)),
        lambda s: replace(s, batch_size=2 * s.batch_size),
    ],
    ids=["half the rate", "half the epochs", "some wrong labels", "twice the batch"],
)
def test_a_peer_that_does_other_work_stops_the_run(size, other):
    whole = problem(size, "float32")
    if size == SERIES:
        whole = replace(whole, epochs=40)
    losses = {"nnlib": peers.nnlib(whole)(), "c_loop": peers.nnlib(other(whole))()}
    with pytest.raises(RuntimeError, match="c_loop has not done nnlib's work"):
        bench.same_work(size, "float32", losses)


def test_a_training_that_learns_nothing_stops_the_run():
    with pytest.raises(RuntimeError, match="nothing was learned"):
        bench.same_work(SERIES, "float64", {"nnlib": [1.0, 1.1, 1.1]})


def test_the_products_are_those_of_a_training(monkeypatch):
    """Forward, dW and dX of each layer, for 14 batches of 64 and a last one of 4."""
    shapes = Counter()

    def matmul(A, B, out):
        shapes[A.shape, B.shape] += 1

    train = peers.products(replace(problem(SERIES, "float64"), epochs=1))
    monkeypatch.setattr(np, "matmul", matmul)
    train()
    assert shapes == {
        pair: count
        for m, count in ((64, 14), (4, 1))
        for n, k in ((2, 32), (32, 3))
        for pair in (((m, n), (n, k)), ((n, m), (m, k)), ((m, k), (k, n)))
    }


def test_peers_take_turns_and_the_first_round_does_not_count():
    order, steps = [], problem(SERIES, "float64").steps

    class Worker:
        def __init__(self, peer):
            self.peer, self.turns = peer, 0

        def train(self, size, dtype):
            order.append(self.peer.__name__)
            self.turns += 1
            return self.turns * steps, 7 * steps, [2.0, 1.0, 0.5]

    workers = {peer: Worker(peer) for peer in (peers.nnlib, peers.jax, peers.products)}
    found = bench.compare(SERIES, "float64", 1, workers, 2)
    assert order == [
        *("nnlib", "jax", "products"),
        *("jax", "products", "nnlib"),
        *("products", "nnlib", "jax"),
    ]
    assert found["seconds"] == {key: [2, 3] for key in ("nnlib", "jax", "products")}
    assert found["processor"]["jax"] == [7, 7]
