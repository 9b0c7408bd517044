"""Metrics, by hand on small cases.  test_properties.py asks scikit-learn."""

import inspect
from statistics import NormalDist

import numpy as np
import pytest

from nnlib import metrics, softmax

PER_CLASS = [metrics.precision, metrics.recall, metrics.f1]
MACRO = [metrics.macro_precision, metrics.macro_recall, metrics.macro_f1]
ECE = metrics.expected_calibration_error


def test_counts_by_hand():
    """Row: the true class.  Column: the predicted one."""
    y, y_pred = [0, 0, 0, 1, 2], [0, 1, 1, 1, 0]
    C = metrics.confusion_matrix(y, y_pred)
    assert C.tolist() == [[1, 2, 0], [0, 1, 0], [1, 0, 0]]
    assert C.dtype.kind == "i"
    assert metrics.accuracy(y, y_pred) == 2 / 5
    assert metrics.confusion_matrix([0], [2]).shape == (3, 3)


def test_precision_recall_and_f1_by_hand():
    """Class 0: TP 2, FP 1, FN 2.  Class 1: TP 1, FP 2, FN 1."""
    y, y_pred = [0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 0]
    np.testing.assert_allclose(metrics.precision(y, y_pred), [2 / 3, 1 / 3])
    np.testing.assert_allclose(metrics.recall(y, y_pred), [1 / 2, 1 / 2])
    np.testing.assert_allclose(metrics.f1(y, y_pred), [4 / 7, 2 / 5])
    assert metrics.macro_f1(y, y_pred) == pytest.approx((4 / 7 + 2 / 5) / 2)


@pytest.mark.filterwarnings("error")
def test_a_class_that_is_absent_or_never_predicted_gets_0():
    y, y_pred = [0, 0, 1], [0, 2, 2]  # 1 never predicted, 2 never true, 3 neither
    assert metrics.precision(y, y_pred, 4).tolist() == [1, 0, 0, 0]
    assert metrics.recall(y, y_pred, 4).tolist() == [0.5, 0, 0, 0]
    np.testing.assert_allclose(metrics.f1(y, y_pred, 4), [2 / 3, 0, 0, 0])
    for metric in MACRO:  # a class that occurs nowhere has no part in the mean
        assert metric([0, 3], [0, 3]) == 1
        assert metric([0], [1]) == 0


def test_of_equal_scores_the_later_class_ranks_higher_among_many_too(rng):
    """Few numbers are sorted by insertion, which keeps the order by itself."""
    scores = rng.integers(3, size=300)
    ranking = sorted(range(300), key=lambda c: (scores[c], c), reverse=True)
    for rank, label in enumerate(ranking[:-1], 1):
        found = [
            metrics.top_k_accuracy([label], scores[None], rank + i) for i in (0, 1)
        ]
        assert found == [1, 1]
        if rank > 1:
            assert metrics.top_k_accuracy([label], scores[None], rank - 1) == 0


def test_metrics_are_plain_floats_and_take_integers_of_any_kind():
    y, y_pred = np.array([0, 1, 2, 2], "u8"), np.array([0, 2, 2, 1], "i2")
    for metric in [metrics.accuracy, *MACRO]:
        assert type(metric(y, y_pred)) is float
    for metric in [metrics.accuracy, metrics.confusion_matrix, *PER_CLASS, *MACRO]:
        same = metric(y.tolist(), y_pred.tolist())
        np.testing.assert_array_equal(metric(y, y_pred), same)
    assert type(ECE([0], [[1, 0]])) is float
    assert type(metrics.top_k_accuracy([0], [[1]], 1)) is float
    assert metrics.accuracy([10**9], [10**9]) == metrics.macro_f1([10**9], [10**9]) == 1


# Reliability.


def pairs(*confidence):
    """Return rows of two probabilities, the first of them the one given."""
    return np.column_stack([confidence, 1 - np.array(confidence)])


def test_reliability_and_ece_by_hand():
    """Bin (0.5, 0.75]: both right.  Bin (0.75, 1]: one of two right."""
    y, Y_hat = [0, 0, 0, 1], pairs(0.6, 0.7, 0.8, 1.0)
    count, acc, conf = metrics.reliability(y, Y_hat, n_bins=4)
    assert count.tolist() == [0, 0, 2, 2]
    assert acc.tolist() == [0, 0, 1, 0.5]
    np.testing.assert_allclose(conf, [0, 0, 0.65, 0.9])
    assert ECE(y, Y_hat, n_bins=4) == pytest.approx(0.5 * 0.35 + 0.5 * 0.4)
    assert ECE([0, 0, 0, 1], pairs(*[0.75] * 4)) == 0  # it means what it says
    assert len(metrics.reliability([0], pairs(1))[0]) == 10  # bins unless told
    assert ECE([0, 1], pairs(0.61, 0.69)) == pytest.approx(0.15)


@pytest.mark.parametrize("n_bins", range(1, 31))
def test_an_edge_belongs_to_the_bin_below_and_1_to_the_last(n_bins):
    for b in [b for b in range(1, n_bins + 1) if 2 * b >= n_bins]:
        for confidence, place in [
            (b / n_bins, b),
            (np.nextafter(b / n_bins, 1), b + 1),
        ]:
            count, _, _ = metrics.reliability([0], pairs(confidence), n_bins)
            assert count.tolist() == np.eye(n_bins)[min(place, n_bins) - 1].tolist()


def test_probabilities_may_be_rounded_as_in_float16(rng):
    P = softmax(rng.normal(size=(200, 10)))
    count, _, conf = metrics.reliability(np.zeros(200, int), P.astype(np.float16))
    assert (conf.dtype, count @ conf) == (
        float,
        pytest.approx(P.max(1).sum(), rel=1e-3),
    )
    assert ECE([0], [[0.996, 0.0]]) == pytest.approx(0.004)


# The bootstrap.


def half_right(m):
    """Return m labels and predictions, every second one right."""
    return np.zeros(m, int), np.arange(m) % 2


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_interval_is_as_wide_as_the_binomial_says(level, rng):
    """A resampled set's accuracy has the standard deviation sqrt(p (1 - p) / m)."""
    low, high = metrics.bootstrap_interval(
        metrics.accuracy, *half_right(400), rng, n_resamples=4000, level=level
    )
    z = NormalDist().inv_cdf((1 + level) / 2)
    assert high - low == pytest.approx(2 * z * 0.5 / 400**0.5, rel=0.12)
    assert (low + high) / 2 == pytest.approx(0.5, abs=0.01)


def test_the_interval_repeats_with_the_generator_and_has_the_shown_defaults():
    interval, pair = metrics.bootstrap_interval, half_right(200)
    one = interval(metrics.accuracy, *pair, np.random.default_rng(1))
    assert one == interval(
        metrics.accuracy, *pair, np.random.default_rng(1), 1000, 0.95
    )
    assert one != interval(metrics.accuracy, *pair, np.random.default_rng(2))
    assert [type(end) for end in one] == [float, float]
    assert "n_resamples=1000, level=0.95" in str(inspect.signature(interval))


def test_the_interval_draws_m_rows_with_replacement_and_keeps_pairs_together(rng):
    y, seen = np.arange(30), []

    def metric(y, scores):
        seen.append(y)
        return metrics.top_k_accuracy(y, scores, 1)

    assert metrics.bootstrap_interval(metric, y, np.eye(30).tolist(), rng, 100) == (
        1,
        1,
    )
    drawn = [len(set(rows.tolist())) / len(rows) for rows in seen[-100:]]
    assert {len(rows) for rows in seen} == {30}
    assert 1 - np.mean(drawn) == pytest.approx((1 - 1 / 30) ** 30, abs=0.03)
