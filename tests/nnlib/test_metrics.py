"""Metrics agree with scikit-learn, or with a loop; the bootstrap with the binomial."""

import inspect
from statistics import NormalDist

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from nnlib import metrics, softmax

PER_CLASS = ["precision", "recall", "f1"]
ECE = metrics.expected_calibration_error
accuracy, interval = metrics.accuracy, metrics.bootstrap_interval


@st.composite
def scored(draw):
    """Draw labels, scores with many ties, and a number between 1 and K."""
    m, n_classes = draw(st.integers(1, 30)), draw(st.integers(3, 6))
    y = draw(arrays(int, m, elements=st.integers(0, n_classes - 1)))
    scores = draw(arrays(float, (m, n_classes), elements=st.sampled_from([0, 0.5, 1])))
    return y, scores, draw(st.integers(1, n_classes))


@given(case=scored(), more=st.integers(0, 3))
@pytest.mark.filterwarnings("ignore::UserWarning:sklearn")
def test_metrics_agree_with_scikit_learn(case, more):
    """Classes that occur nowhere have a row and a column as well."""
    y, scores, k = case
    pair = y, scores.argmax(axis=1)
    n_classes = int(np.max(pair)) + 1
    every, zero = range(n_classes + more), {"zero_division": 0}
    assert metrics.accuracy(*pair) == sk.accuracy_score(*pair)
    assert type(metrics.accuracy(*pair)) is float
    found = metrics.confusion_matrix(*pair, n_classes=len(every))
    np.testing.assert_array_equal(found, sk.confusion_matrix(*pair, labels=every))
    assert found.dtype.kind == "i"
    assert metrics.confusion_matrix(*pair).shape == (n_classes, n_classes)
    for name in PER_CLASS:
        score = getattr(sk, f"{name}_score")
        expected = score(*pair, labels=every, average=None, **zero)
        found = getattr(metrics, name)(*pair, len(every))
        np.testing.assert_allclose(found, expected, rtol=1e-14)
        macro = getattr(metrics, f"macro_{name}")(*pair)
        assert macro == pytest.approx(score(*pair, average="macro", **zero), rel=1e-14)
        assert type(macro) is float
    expected = sk.top_k_accuracy_score(y, scores, k=k, labels=range(scores.shape[1]))
    found = metrics.top_k_accuracy(y, scores, k)
    assert (type(found), found) == (float, pytest.approx(expected, rel=1e-14))


def test_of_equal_scores_the_later_class_ranks_higher_among_many_too(rng):
    """Few numbers are sorted by insertion, which keeps the order by itself."""
    y, scores = rng.integers(300, size=200), rng.integers(3, size=(200, 300))
    for k in (1, 30, 170, 299):
        expected = sk.top_k_accuracy_score(y, scores, k=k, labels=range(300))
        assert metrics.top_k_accuracy(y, scores, k) == pytest.approx(expected)


def test_there_is_one_class_more_than_the_largest_label_however_large_it_is():
    for pair in (([0], [2]), ([2], [0])):
        assert metrics.confusion_matrix(*pair).shape == (3, 3)
    assert accuracy([10**9], [10**9]) == metrics.macro_f1([10**9], [10**9]) == 1


# Reliability.


@given(case=scored(), n_bins=st.integers(1, 12))
def test_reliability_agrees_with_a_loop(case, n_bins):
    y, scores, _ = case
    P = softmax(4 * scores)
    held = [[] for _ in range(n_bins)]
    for label, row in zip(y, P, strict=True):
        inside = [b for b in range(1, n_bins) if row.max() > b / n_bins]
        held[len(inside)].append((row.argmax() == label, row.max()))
    rows = [(len(rows), *(np.mean(rows, axis=0) if rows else (0, 0))) for rows in held]
    bins = {} if n_bins == 10 else {"n_bins": n_bins}  # the default
    np.testing.assert_allclose(metrics.reliability(y, P, **bins), np.transpose(rows))
    expected = sum(n * abs(acc - conf) for n, acc, conf in rows) / len(y)
    found = ECE(y, P, **bins)
    assert (type(found), found) == (float, pytest.approx(expected, abs=1e-14))


@pytest.mark.parametrize("n_bins", range(1, 31))
def test_an_edge_belongs_to_the_bin_below_and_1_to_the_last(n_bins):
    for b in [b for b in range(1, n_bins + 1) if 2 * b >= n_bins]:
        edge = b / n_bins
        for p, place in [(edge, b), (np.nextafter(edge, 1), min(b + 1, n_bins))]:
            count, _, _ = metrics.reliability([0], [[p, 1 - p]], n_bins)
            assert count.tolist() == np.eye(n_bins)[place - 1].tolist()


def test_probabilities_may_be_rounded_as_in_float16(rng):
    P = softmax(rng.normal(size=(200, 10)))
    count, _, conf = metrics.reliability(np.zeros(200, int), P.astype(np.float16))
    assert conf.dtype == float
    assert count @ conf == pytest.approx(P.max(axis=1).sum(), rel=1e-3)
    assert ECE([0], [[0.996, 0.0]]) == pytest.approx(0.004)


# The bootstrap.


def half_right(m):
    """Return m labels and predictions, every second one right."""
    return np.zeros(m, int), np.arange(m) % 2


@pytest.mark.parametrize("level", [0.5, 0.95])
def test_the_interval_is_as_wide_as_the_binomial_says(level, rng):
    """A resampled set's accuracy has the standard deviation sqrt(p (1 - p) / m)."""
    low, high = interval(accuracy, *half_right(400), rng, n_resamples=4000, level=level)
    z = NormalDist().inv_cdf((1 + level) / 2)
    assert high - low == pytest.approx(2 * z * 0.5 / 400**0.5, rel=0.12)
    assert (low + high) / 2 == pytest.approx(0.5, abs=0.01)


def test_the_interval_repeats_with_the_generator_and_has_the_shown_defaults():
    one, same, other = (
        interval(accuracy, *half_right(200), np.random.default_rng(seed), *options)
        for seed, *options in [(1,), (1, 1000, 0.95), (2,)]
    )
    assert one == same != other
    assert [type(end) for end in one] == [float, float]
    assert "n_resamples=1000, level=0.95" in str(inspect.signature(interval))


def test_the_interval_draws_m_rows_with_replacement_and_keeps_pairs_together(rng):
    y, seen = np.arange(30), []

    def metric(y, scores):
        seen.append(y)
        return metrics.top_k_accuracy(y, scores, 1)

    assert interval(metric, y, np.eye(30).tolist(), rng, 100) == (1, 1)
    drawn = [len(set(rows.tolist())) / len(rows) for rows in seen[-100:]]
    assert {len(rows) for rows in seen} == {30}
    assert 1 - np.mean(drawn) == pytest.approx((1 - 1 / 30) ** 30, abs=0.03)
