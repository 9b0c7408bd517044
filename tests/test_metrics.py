"""Metrics: by hand on small cases, against scikit-learn on random ones."""

import inspect
import warnings
from statistics import NormalDist

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.calibration import calibration_curve
from sklearn.metrics import (
    accuracy_score,
    confusion_matrix,
    f1_score,
    precision_score,
    recall_score,
    top_k_accuracy_score,
)

from nnlib import metrics, softmax

PER_CLASS = [
    (metrics.precision, precision_score),
    (metrics.recall, recall_score),
    (metrics.f1, f1_score),
]
MACRO = [
    (metrics.macro_precision, precision_score),
    (metrics.macro_recall, recall_score),
    (metrics.macro_f1, f1_score),
]


@pytest.fixture(autouse=True)
def silence(capfd):
    """No metric says anything: a line on stderr fails an assignment's cell."""
    with warnings.catch_warnings():
        warnings.filterwarnings("error", module="nnlib")
        yield
    assert capfd.readouterr() == ("", "")


@st.composite
def labels(draw):
    """Draw true and predicted labels; some classes may occur in one alone, or never."""
    m, highest = draw(st.integers(1, 30)), draw(st.integers(0, 5))
    drawn = arrays(int, m, elements=st.integers(0, highest))
    return draw(drawn), draw(drawn)


@st.composite
def scored(draw):
    """Draw labels, scores with many ties, and k."""
    m, n_classes = draw(st.integers(1, 20)), draw(st.integers(3, 6))
    y = draw(arrays(int, m, elements=st.integers(0, n_classes - 1)))
    scores = draw(arrays(float, (m, n_classes), elements=st.sampled_from([0, 0.5, 1])))
    return y, scores, draw(st.integers(1, n_classes))


@given(pair=labels())
def test_accuracy_agrees_with_scikit_learn(pair):
    assert metrics.accuracy(*pair) == accuracy_score(*pair)


@pytest.mark.parametrize(("metric", "reference"), MACRO)
@given(pair=labels())
def test_a_macro_average_agrees_with_scikit_learn(metric, reference, pair):
    expected = reference(*pair, average="macro", zero_division=0)
    assert metric(*pair) == pytest.approx(expected, rel=1e-14)


@given(pair=labels(), more=st.integers(0, 3))
@pytest.mark.filterwarnings("ignore:A single label was found")
def test_the_confusion_matrix_agrees_with_scikit_learn(pair, more):
    """Classes that occur nowhere have a row and a column as well."""
    n_classes = int(np.max(pair)) + 1
    found = metrics.confusion_matrix(*pair)
    assert found.shape == (n_classes, n_classes)
    expected = confusion_matrix(*pair, labels=range(n_classes + more))
    found = metrics.confusion_matrix(*pair, n_classes=n_classes + more)
    np.testing.assert_array_equal(found, expected)


@pytest.mark.parametrize(("metric", "reference"), PER_CLASS)
@given(pair=labels(), more=st.integers(0, 3))
def test_a_metric_by_class_agrees_with_scikit_learn(metric, reference, pair, more):
    n_classes = int(np.max(pair)) + 1
    assert metric(*pair).shape == (n_classes,)
    every = range(n_classes + more)
    expected = reference(*pair, labels=every, average=None, zero_division=0)
    found = metric(*pair, n_classes=n_classes + more)
    np.testing.assert_allclose(found, expected, rtol=1e-14)


@given(case=scored())
@pytest.mark.filterwarnings("ignore::sklearn.exceptions.UndefinedMetricWarning")
def test_top_k_agrees_with_scikit_learn_ties_included(case):
    y, scores, k = case
    expected = top_k_accuracy_score(y, scores, k=k, labels=range(scores.shape[1]))
    assert metrics.top_k_accuracy(y, scores, k) == pytest.approx(expected, rel=1e-14)


def test_accuracy_by_hand():
    assert metrics.accuracy([0, 1, 2, 2], [0, 1, 1, 2]) == 0.75


def test_macro_f1_by_hand():
    """Class 0: TP 1, FN 1, so 2/3.  Class 1: TP 1, FP 1, so 2/3.  Class 2: 1."""
    found = metrics.macro_f1([0, 0, 1, 2], [0, 1, 1, 2])
    assert found == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)


def test_macro_f1_counts_rare_classes_as_much_as_common_ones():
    y = np.array([0] * 98 + [1] * 2)
    always_0 = np.zeros(100, int)
    assert metrics.accuracy(y, always_0) == 0.98
    assert metrics.macro_f1(y, always_0) == pytest.approx(0.98 * 2 / 1.98 / 2)


@pytest.mark.parametrize(("k", "expected"), [(1, 1 / 3), (2, 2 / 3), (3, 1)])
def test_top_k_by_hand(k, expected):
    scores = [[0.7, 0.2, 0.1], [0.3, 0.6, 0.1], [0.5, 0.4, 0.1]]
    assert metrics.top_k_accuracy([0, 0, 2], scores, k) == pytest.approx(expected)


def test_of_equal_scores_the_later_class_ranks_higher():
    assert metrics.top_k_accuracy([2], [[1, 1, 1]], 1) == 1
    assert metrics.top_k_accuracy([1], [[1, 1, 1]], 1) == 0


def test_equal_scores_keep_their_order_among_many_classes_too(rng):
    """Few numbers are sorted by insertion, which keeps the order by itself."""
    scores = rng.integers(3, size=500)
    ranking = sorted(range(500), key=lambda c: (scores[c], c), reverse=True)
    for rank, label in enumerate(ranking, 1):
        for k, expected in (rank, 1), (rank - 1, 0):
            if k > 0:
                assert metrics.top_k_accuracy([label], scores[None, :], k) == expected


def test_metrics_are_plain_floats():
    assert type(metrics.accuracy([0], [0])) is float
    for metric, _ in MACRO:
        assert type(metric([0], [0])) is float
    assert type(metrics.expected_calibration_error([0], [[1]])) is float
    assert type(metrics.top_k_accuracy([0], [[1]], 1)) is float


# Precision, recall, F1.


def test_the_confusion_matrix_by_hand():
    """Row: the true class.  Column: the predicted one."""
    C = metrics.confusion_matrix([0, 0, 0, 1, 2], [0, 1, 1, 1, 0])
    assert C.tolist() == [[1, 2, 0], [0, 1, 0], [1, 0, 0]]
    assert C.dtype.kind == "i"


def test_precision_recall_and_f1_by_hand():
    """Class 0: TP 2, FP 1, FN 2.  Class 1: TP 1, FP 2, FN 1."""
    y, y_pred = [0, 0, 0, 0, 1, 1], [0, 0, 1, 1, 1, 0]
    np.testing.assert_allclose(metrics.precision(y, y_pred), [2 / 3, 1 / 3])
    np.testing.assert_allclose(metrics.recall(y, y_pred), [1 / 2, 1 / 2])
    np.testing.assert_allclose(metrics.f1(y, y_pred), [4 / 7, 2 / 5])
    assert metrics.macro_precision(y, y_pred) == pytest.approx(1 / 2)
    assert metrics.macro_recall(y, y_pred) == pytest.approx(1 / 2)


def test_a_class_that_is_absent_or_never_predicted_gets_0():
    y, y_pred = [0, 0, 1], [0, 2, 2]  # 1 never predicted, 2 never true, 3 neither
    assert metrics.precision(y, y_pred, 4).tolist() == [1, 0, 0, 0]
    assert metrics.recall(y, y_pred, 4).tolist() == [0.5, 0, 0, 0]
    np.testing.assert_allclose(metrics.f1(y, y_pred, 4), [2 / 3, 0, 0, 0])


def test_a_macro_average_leaves_out_a_class_that_occurs_nowhere():
    y, y_pred = [0, 3], [0, 3]
    assert metrics.recall(y, y_pred).tolist() == [1, 0, 0, 1]
    for metric, _ in MACRO:
        assert metric(y, y_pred) == 1


def test_one_sample_is_enough():
    for metric, _ in PER_CLASS:
        assert metric([1], [1]).tolist() == [0, 1]
        assert metric([0], [1]).tolist() == [0, 0]
    for metric, _ in MACRO:
        assert metric([1], [1]) == 1
        assert metric([0], [1]) == 0


@given(
    part=arrays(int, 5, elements=st.integers(0, 9)),
    more=arrays(int, 5, elements=st.integers(0, 9)),
)
def test_ratio_divides_and_gives_0_for_0_by_0(part, more):
    expected = [p / (p + n) if p + n else 0 for p, n in zip(part, more, strict=True)]
    assert metrics.ratio(part, part + more).tolist() == expected


@pytest.mark.parametrize(
    "metric", [metrics.accuracy, *(metric for metric, _ in PER_CLASS + MACRO)]
)
@pytest.mark.parametrize("kinds", [("u1", "i8"), ("u8", "i8"), ("i2", "u8")])
def test_labels_may_be_integers_of_any_kind(metric, kinds):
    y, y_pred = np.array([0, 1, 2, 2]), np.array([0, 2, 2, 1])
    found = metric(y.astype(kinds[0]), y_pred.astype(kinds[1]))
    np.testing.assert_array_equal(found, metric(y.tolist(), y_pred.tolist()))


def test_more_than_10_000_classes_must_be_asked_for():
    assert len(metrics.confusion_matrix([9_999], [0])) == 10_000
    for labels in ([10_000], [0]), ([0], [10_000]):
        with pytest.raises(ValueError, match="labels below 10000"):
            metrics.confusion_matrix(*labels)
    assert len(metrics.confusion_matrix([10_000], [0], 10_001)) == 10_001
    assert metrics.accuracy([10**9], [10**9]) == 1
    assert metrics.macro_f1([10**9], [10**9]) == 1


# Reliability.


@st.composite
def confident(draw):
    """Draw labels, probabilities and the number of bins; (K - 1) / K lies on edges."""
    m, n_classes = draw(st.integers(1, 30)), draw(st.integers(1, 4))
    y = draw(arrays(int, m, elements=st.integers(0, n_classes - 1)))
    Z = draw(arrays(float, (m, n_classes), elements=st.floats(-50, 50)))
    return y, softmax(Z), draw(st.integers(1, 12))


def pairs(confidence):
    """Return rows of two probabilities, the first of them the one given."""
    confidence = np.asarray(confidence)
    return np.column_stack([confidence, 1 - confidence])


def in_a_loop(y, Y_hat, n_bins):
    """Return the count, accuracy and mean confidence of each bin, and the ECE."""
    held = [[] for _ in range(n_bins)]
    for label, row in zip(y, Y_hat, strict=True):
        inside = [b for b in range(1, n_bins) if row.max() > b / n_bins]
        held[len(inside)].append((row.argmax() == label, row.max()))
    rows = [(len(bin_), *(np.mean(bin_, axis=0) if bin_ else (0, 0))) for bin_ in held]
    ece = sum(n * abs(acc - conf) for n, acc, conf in rows) / len(y)
    return np.transpose(rows), ece


@given(case=confident())
def test_reliability_and_ece_agree_with_a_loop(case):
    expected, ece = in_a_loop(*case)
    for found, value in zip(metrics.reliability(*case), expected, strict=True):
        np.testing.assert_allclose(found, value, rtol=1e-12, atol=1e-15)
    found = metrics.expected_calibration_error(*case)
    assert found == pytest.approx(ece, rel=1e-12, abs=1e-15)


@given(case=confident())
def test_reliability_agrees_with_scikit_learn(case):
    y, Y_hat, n_bins = case
    right = Y_hat.argmax(axis=1) == y
    expected = calibration_curve(right, np.minimum(Y_hat.max(axis=1), 1), n_bins=n_bins)
    count, acc, conf = metrics.reliability(*case)
    np.testing.assert_allclose(acc[count > 0], expected[0], rtol=1e-12)
    np.testing.assert_allclose(conf[count > 0], expected[1], rtol=1e-12)
    assert count.sum() == len(y)
    assert count.dtype.kind == "i"


def test_reliability_and_ece_by_hand():
    """Bin (0.5, 0.75]: both right.  Bin (0.75, 1]: one of two right."""
    y, Y_hat = [0, 0, 0, 1], pairs([0.6, 0.7, 0.8, 1.0])
    count, acc, conf = metrics.reliability(y, Y_hat, n_bins=4)
    assert count.tolist() == [0, 0, 2, 2]
    assert acc.tolist() == [0, 0, 1, 0.5]
    np.testing.assert_allclose(conf, [0, 0, 0.65, 0.9])
    found = metrics.expected_calibration_error(y, Y_hat, n_bins=4)
    assert found == pytest.approx(0.5 * 0.35 + 0.5 * 0.4)


@pytest.mark.parametrize("n_bins", range(1, 31))
def test_an_edge_belongs_to_the_bin_below_and_1_to_the_last(n_bins):
    edges = [b for b in range(1, n_bins + 1) if 2 * b >= n_bins]
    for b in edges:
        count, _, _ = metrics.reliability([0], pairs([b / n_bins]), n_bins)
        assert count.tolist() == np.eye(n_bins)[b - 1].tolist()
        if b < n_bins:
            above = pairs([np.nextafter(b / n_bins, 1)])
            count, _, _ = metrics.reliability([0], above, n_bins)
            assert count.tolist() == np.eye(n_bins)[b].tolist()


def test_ten_bins_unless_told():
    assert len(metrics.reliability([0], [[1.0]])[0]) == 10
    for metric in metrics.reliability, metrics.expected_calibration_error:
        assert inspect.signature(metric).parameters["n_bins"].default == 10
    y, Y_hat = [0, 1], pairs([0.61, 0.69])
    assert metrics.expected_calibration_error(y, Y_hat) == pytest.approx(0.15)


def test_ece_is_0_for_a_model_that_means_what_it_says_and_1_for_the_worst():
    y, Y_hat = [0, 0, 0, 1], pairs([0.75] * 4)
    assert metrics.expected_calibration_error(y, Y_hat) == 0
    assert metrics.expected_calibration_error([1, 1], pairs([1.0, 1.0])) == 1


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.longdouble])
def test_probabilities_may_be_floats_of_any_kind(dtype, rng):
    y = rng.integers(10, size=200)
    Y_hat = softmax(rng.normal(size=(200, 10)).astype(dtype))
    wide = softmax(Y_hat.astype(float))  # far from any edge, and adds up to 1
    near = metrics.expected_calibration_error(y, wide)
    assert metrics.expected_calibration_error(y, wide.astype(dtype)) == pytest.approx(
        near, rel=1e-2
    )
    count, _, conf = metrics.reliability(y, Y_hat)
    assert count.sum() == 200
    assert count @ conf == pytest.approx(Y_hat.max(axis=1).astype(float).sum())


# The bootstrap.


def half_right(m):
    """Return m labels and predictions, every second one right."""
    return np.zeros(m, int), np.arange(m) % 2


@pytest.mark.parametrize("level", [0.5, 0.8, 0.95])
@pytest.mark.parametrize("m", [100, 400, 1600])
def test_the_interval_is_as_wide_as_the_binomial_says(level, m, rng):
    """A resampled set's accuracy has the standard deviation sqrt(p (1 - p) / m)."""
    low, high = metrics.bootstrap_interval(
        metrics.accuracy, *half_right(m), rng, n_resamples=4000, level=level
    )
    z = NormalDist().inv_cdf((1 + level) / 2)
    assert high - low == pytest.approx(2 * z * 0.5 / m**0.5, rel=0.12)
    assert (low + high) / 2 == pytest.approx(0.5, abs=0.01)


def test_95_percent_intervals_hold_the_true_value_about_95_times_of_100(rng):
    held = 0
    for _ in range(200):
        y, y_pred = np.zeros(150, int), (rng.random(150) < 0.3).astype(int)
        low, high = metrics.bootstrap_interval(
            metrics.accuracy, y, y_pred, rng, n_resamples=300
        )
        held += low <= 0.7 <= high
    assert 0.89 < held / 200 < 0.99


def test_the_interval_repeats_with_the_generator_s_state():
    y, y_pred = half_right(50)
    one, same, other = (
        metrics.bootstrap_interval(
            metrics.accuracy, y, y_pred, np.random.default_rng(seed), 50
        )
        for seed in (1, 1, 2)
    )
    assert one == same
    assert one != other
    assert [type(end) for end in one] == [float, float]


def test_the_interval_draws_m_rows_with_replacement_and_keeps_pairs_together(rng):
    y, seen = np.arange(30), []
    assert metrics.bootstrap_interval(
        lambda y, y_pred: seen.append(y) or metrics.accuracy(y, y_pred), y, y, rng, 100
    ) == (1, 1)
    drawn = seen[-100:]
    assert {len(rows) for rows in drawn} == {30}
    assert all(len(set(rows.tolist())) < 30 for rows in drawn)
    share_left_out = 1 - np.mean([len(set(rows.tolist())) / 30 for rows in drawn])
    assert share_left_out == pytest.approx((1 - 1 / 30) ** 30, abs=0.03)


def test_the_interval_takes_any_metric(rng):
    y, scores = rng.integers(4, size=80), rng.normal(size=(80, 4))
    metric = metrics.macro_f1
    low, high = metrics.bootstrap_interval(metric, y, scores.argmax(axis=1), rng, 200)
    assert low < metric(y, scores.argmax(axis=1)) < high

    def metric(y, scores):
        return metrics.top_k_accuracy(y, scores, 2)

    low, high = metrics.bootstrap_interval(metric, y, scores, rng, 200)
    assert low < metric(y, scores) < high


def test_defaults_of_the_interval_are_1000_sets_and_95_percent():
    y, y_pred = half_right(1000)
    default, told = (
        metrics.bootstrap_interval(
            metrics.accuracy, y, y_pred, np.random.default_rng(3), *more
        )
        for more in [(), (1000, 0.95)]
    )
    assert default == told
    parameters = inspect.signature(metrics.bootstrap_interval).parameters
    assert parameters["n_resamples"].default == 1000
    assert parameters["level"].default == 0.95


# What all have in common.

CALLS = {
    "accuracy": lambda y, y_pred, Y_hat: metrics.accuracy(y, y_pred),
    "confusion_matrix": lambda y, y_pred, Y_hat: metrics.confusion_matrix(y, y_pred),
    "f1": lambda y, y_pred, Y_hat: metrics.f1(y, y_pred),
    "macro_recall": lambda y, y_pred, Y_hat: metrics.macro_recall(y, y_pred),
    "reliability": lambda y, y_pred, Y_hat: metrics.reliability(y, Y_hat),
    "bootstrap": lambda y, y_pred, Y_hat: metrics.bootstrap_interval(
        metrics.accuracy, y, y_pred, np.random.default_rng(0), 20
    ),
}


@pytest.mark.parametrize("name", CALLS)
def test_lists_and_read_only_arrays_will_do_and_stay_as_they_are(name, rng):
    y, y_pred, Z = rng.integers(3, size=20), rng.integers(3, size=20), np.eye(20, 3)
    given = (y, y_pred, softmax(Z))
    kept = [a.copy() for a in given]
    for a in given:
        a.flags.writeable = False
    found = CALLS[name](*given)
    for a, b in zip(given, kept, strict=True):
        np.testing.assert_array_equal(a, b)
    for one, same in zip(
        np.atleast_1d(found),
        np.atleast_1d(CALLS[name](*map(np.ndarray.tolist, given))),
        strict=True,
    ):
        np.testing.assert_array_equal(one, same)


def test_a_metric_that_is_nan_for_some_resampled_set_is_named(rng):
    def metric(y, y_pred):
        return np.nan if len(set(y)) == 1 else 0.5

    with pytest.raises(ValueError, match=r"metric\(y, y_pred\) must hold finite"):
        metrics.bootstrap_interval(metric, [0, 1], [0, 1], rng)
