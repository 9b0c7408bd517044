"""Metrics: by hand on small cases, against scikit-learn on random ones."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.metrics import accuracy_score, f1_score, top_k_accuracy_score

from nnlib import metrics


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


@given(pair=labels())
def test_macro_f1_agrees_with_scikit_learn(pair):
    expected = f1_score(*pair, average="macro")
    assert metrics.macro_f1(*pair) == pytest.approx(expected, rel=1e-14)


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


def test_metrics_are_plain_floats():
    assert type(metrics.accuracy([0], [0])) is float
    assert type(metrics.macro_f1([0], [0])) is float
    assert type(metrics.top_k_accuracy([0], [[1]], 1)) is float
