"""Metrics say in people's terms how good the predictions are.

A loss is made for training; a metric is made for reading.  All of them take the true
labels first.
"""

import numpy as np

from nnlib._checks import (
    MOST_BINS,
    MOST_CLASSES,
    MOST_CLASSES_UNASKED,
    MOST_RESAMPLES,
    check_array,
    check_batch,
    check_count,
    check_labels,
    check_number,
    check_probabilities,
    check_rng,
    check_same_rows,
    door,
    kind_of,
)


def _labels_door(who):
    def check(y, y_pred):
        y = check_labels(y, None, f"{who}: y")
        y_pred = check_labels(y_pred, None, f"{who}: y_pred")
        check_same_rows(y, y_pred, who, "y and y_pred")
        return y, y_pred

    return check


def _classes_door(who):
    def check(y, y_pred, n_classes=None):
        if n_classes is not None:
            n_classes = check_count(n_classes, f"{who}: n_classes", most=MOST_CLASSES)
        y = check_labels(y, n_classes, f"{who}: y")
        y_pred = check_labels(y_pred, n_classes, f"{who}: y_pred")
        check_same_rows(y, y_pred, who, "y and y_pred")
        highest = int(max(y.max(), y_pred.max()))
        if n_classes is None and highest >= MOST_CLASSES_UNASKED:
            raise ValueError(
                f"{who} expects labels below {MOST_CLASSES_UNASKED}, got {highest}: it "
                "counts in a table of K x K classes, so number the classes 0, 1, 2, ..."
            )
        return y, y_pred, n_classes or highest + 1

    return check


def _macro_door(who):
    check_classes = _classes_door(who)

    def check(y, y_pred):
        return check_classes(y, y_pred)[:2]

    return check


@door(_labels_door("accuracy"))
def accuracy(y, y_pred):
    """Return the share of predictions that are right.

    Args:
        y: true labels, shape (m,).
        y_pred: predicted labels, shape (m,).

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes differ, or there is no label.
    """
    return float((y == y_pred).mean())


@door(_classes_door("confusion_matrix"))
def confusion_matrix(y, y_pred, n_classes=None):
    """Return how often each true class was given each label.

    Args:
        y: true labels 0..K-1, shape (m,).
        y_pred: predicted labels 0..K-1, shape (m,).
        n_classes: K, at most 30,000; by default one more than the largest label.

    Returns:
        Counts of shape (K, K): the row is the true class, the column the predicted one.

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes differ, a label or K is out of range, or there is no label.
    """
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (y, y_pred), 1)
    return counts


def ratio(part, whole):
    """Return part / whole entry by entry, and 0 where whole is 0.

    A metric that would be 0/0 says nothing; 0 keeps it from looking good.

    Args:
        part: counts, shape (K,).
        whole: counts, shape (K,); part is 0 wherever it is 0.
    """
    return part / np.maximum(whole, 1)


@door(_classes_door("precision"))
def precision(y, y_pred, n_classes=None):
    """Return for each class TP / (TP + FP): how many of those found are right.

    A class that was never predicted has 0/0, and gets 0: it earned no trust.

    Args:
        y: true labels 0..K-1, shape (m,).
        y_pred: predicted labels 0..K-1, shape (m,).
        n_classes: K, at most 30,000; by default one more than the largest label.

    Returns:
        Array of shape (K,).

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes differ, a label or K is out of range, or there is no label.

    Source: C. J. van Rijsbergen, Information Retrieval, 2nd ed., 1979, chapter 7; also
    for recall and F1.
    """
    C = confusion_matrix(y, y_pred, n_classes)
    return ratio(np.diag(C), C.sum(axis=0))


@door(_classes_door("recall"))
def recall(y, y_pred, n_classes=None):
    """Return for each class TP / (TP + FN): how many of its samples were found.

    A class without samples has 0/0, and gets 0: nothing of it was found.

    Args:
        y: true labels 0..K-1, shape (m,).
        y_pred: predicted labels 0..K-1, shape (m,).
        n_classes: K, at most 30,000; by default one more than the largest label.

    Returns:
        Array of shape (K,).

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes differ, a label or K is out of range, or there is no label.
    """
    C = confusion_matrix(y, y_pred, n_classes)
    return ratio(np.diag(C), C.sum(axis=1))


@door(_classes_door("f1"))
def f1(y, y_pred, n_classes=None):
    """Return for each class F1 = 2 TP / (2 TP + FP + FN).

    It is the harmonic mean of precision and recall, and 0 where either is 0 or 0/0.

    Args:
        y: true labels 0..K-1, shape (m,).
        y_pred: predicted labels 0..K-1, shape (m,).
        n_classes: K, at most 30,000; by default one more than the largest label.

    Returns:
        Array of shape (K,).

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes differ, a label or K is out of range, or there is no label.
    """
    C = confusion_matrix(y, y_pred, n_classes)
    return ratio(2 * np.diag(C), C.sum(axis=0) + C.sum(axis=1))


@door(_macro_door("macro_precision"))
def macro_precision(y, y_pred):
    """Return the mean of the precision over the classes that occur in y or y_pred.

    Args:
        y: true labels, shape (m,).
        y_pred: predicted labels, shape (m,).

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes differ, or there is no label.
    """
    return float(precision(y, y_pred)[np.union1d(y, y_pred)].mean())


@door(_macro_door("macro_recall"))
def macro_recall(y, y_pred):
    """Return the mean of the recall over the classes that occur in y or y_pred.

    Args:
        y: true labels, shape (m,).
        y_pred: predicted labels, shape (m,).

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes differ, or there is no label.
    """
    return float(recall(y, y_pred)[np.union1d(y, y_pred)].mean())


@door(_labels_door("macro_f1"))
def macro_f1(y, y_pred):
    """Return the mean over the classes of F1 = 2 TP / (2 TP + FP + FN).

    For one class, TP counts its samples that were found, FP the others taken for it,
    FN those missed.  The classes are those that occur in y or y_pred, so no denominator
    is 0.

    Args:
        y: true labels, shape (m,).
        y_pred: predicted labels, shape (m,).

    Raises:
        TypeError: labels are not integers.
        ValueError: shapes differ, or there is no label.

    Source: C. J. van Rijsbergen, Information Retrieval, 2nd ed., 1979, chapter 7.
    """
    scores = []
    for c in np.union1d(y, y_pred):
        TP = np.sum((y == c) & (y_pred == c))
        FP = np.sum((y != c) & (y_pred == c))
        FN = np.sum((y == c) & (y_pred != c))
        scores.append(2 * TP / (2 * TP + FP + FN))
    return float(np.mean(scores))


def _top_k_door(y, scores, k):
    scores = check_batch(scores, None, "top_k_accuracy", "scores")
    y = check_labels(y, scores.shape[1], "top_k_accuracy: y")
    check_same_rows(y, scores, "top_k_accuracy", "y and scores")
    k = check_count(k, "top_k_accuracy: k")
    if k > scores.shape[1]:
        raise ValueError(
            f"top_k_accuracy expects k of at most {scores.shape[1]}, the number of "
            f"classes, got {k}: are the scores transposed? A sample is a row"
        )
    return y, scores, k


@door(_top_k_door)
def top_k_accuracy(y, scores, k):
    """Return the share of samples whose true class is among the k highest scores.

    Args:
        y: true labels 0..K-1, shape (m,).
        scores: logits or probabilities, shape (m, K).  Of equal scores the later class
            ranks higher.
        k: how many guesses are allowed, 1..K.

    Raises:
        TypeError: labels are not integers, or k is not a whole number.
        ValueError: a shape, a label or k does not fit.
    """
    best = np.argsort(scores, axis=1, kind="stable")[:, -k:]
    return float((best == y[:, None]).any(axis=1).mean())


def _bootstrap_door(metric, y, y_pred, rng=None, n_resamples=1000, level=0.95):
    who = "bootstrap_interval"
    if not callable(metric):
        raise TypeError(
            f"{who} expects metric to be a function (y, y_pred) -> float, got "
            f"{kind_of(metric)}: pass metrics.accuracy itself, without calling it"
        )
    y = check_labels(y, None, f"{who}: y")
    y_pred = check_array(y_pred, f"{who}: y_pred")
    if y_pred.ndim == 0:
        raise ValueError(
            f"{who} expects y_pred of {len(y)} rows, got a single value: "
            "one prediction a sample"
        )
    check_same_rows(y, y_pred, who, "y and y_pred")
    check_rng(rng, who)
    n_resamples = check_count(n_resamples, f"{who}: n_resamples", most=MOST_RESAMPLES)
    level = check_number(level, f"{who}: level")
    if not 0 < level < 1:
        raise ValueError(
            f"{who}: level must lie between 0 and 1, got {level:g}: "
            "95 % is written 0.95"
        )

    def checked_metric(y, y_pred):
        return check_number(metric(y, y_pred), f"{who}: metric(y, y_pred)")

    checked_metric(y, y_pred)
    return checked_metric, y, y_pred, rng, n_resamples, level


def _reliability_door(who):
    def check(y, Y_hat, n_bins=10):
        Y_hat = check_probabilities(Y_hat, who)
        y = check_labels(y, Y_hat.shape[1], f"{who}: y")
        check_same_rows(y, Y_hat, who, "y and Y_hat")
        return y, Y_hat, check_count(n_bins, f"{who}: n_bins", most=MOST_BINS)

    return check


@door(_bootstrap_door)
def bootstrap_interval(metric, y, y_pred, rng, n_resamples=1000, level=0.95):
    """Return (low, high), between which the metric lies in most resampled test sets.

    Each resampled set draws m of the m samples with replacement, so that some occur
    twice and others not at all; (1 - level) / 2 of the values lie below low and as many
    above high.

    Args:
        metric: function (y, y_pred) -> float, such as accuracy.
        y: true labels, shape (m,).
        y_pred: what the metric takes as predictions, m rows.
        rng: NumPy Generator.
        n_resamples: how many sets are drawn, at least 1, at most a million.
        level: share of the values that lie between low and high, above 0 and below 1.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.

    Source: B. Efron, Bootstrap methods: another look at the jackknife, Annals of
    Statistics 7 (1979), 1-26; the percentile interval: B. Efron and R. Tibshirani, An
    Introduction to the Bootstrap, 1993, chapter 13.
    """
    values = []
    for _ in range(n_resamples):
        rows = rng.integers(len(y), size=len(y))
        values.append(metric(y[rows], y_pred[rows]))
    outside = (1 - level) / 2
    return tuple(float(q) for q in np.quantile(values, [outside, 1 - outside]))


@door(_reliability_door("reliability"))
def reliability(y, Y_hat, n_bins=10):
    """Return how often the model is right, by how confident it is.

    The confidence of a row is its largest probability.  Bin b of B = n_bins, counted
    from 0, holds the samples with confidence above b/B and up to (b + 1)/B.

    Args:
        y: true labels 0..K-1, shape (m,).
        Y_hat: probabilities, shape (m, K), rows that add up to 1.
        n_bins: B, the number of bins, at least 1, at most a million.

    Returns:
        Three arrays of shape (B,): how many samples each bin holds, their accuracy, and
        their mean confidence; both are 0 where a bin is empty.

    Raises:
        TypeError: labels are not integers, or Y_hat does not hold real numbers.
        ValueError: a shape, label or n_bins does not fit, or rows do not add up to 1.

    Source: M. H. DeGroot and S. E. Fienberg, The comparison and evaluation of
    forecasters, The Statistician 32 (1983), 12-22.
    """
    confidence = Y_hat.max(axis=1)
    right = Y_hat.argmax(axis=1) == y
    inner_edges = np.arange(1, n_bins) / n_bins
    bins = np.searchsorted(inner_edges, confidence)
    count = np.bincount(bins, minlength=n_bins)
    sum_right = np.bincount(bins, weights=right, minlength=n_bins)
    sum_confidence = np.bincount(bins, weights=confidence, minlength=n_bins)
    return count, ratio(sum_right, count), ratio(sum_confidence, count)


@door(_reliability_door("expected_calibration_error"))
def expected_calibration_error(y, Y_hat, n_bins=10):
    """Return ECE = sum_b (n_b / m) |acc(b) - conf(b)|.

    n_b samples fall into bin b; acc(b) is their accuracy and conf(b) their mean
    confidence, as ``reliability`` gives them.

    Args:
        y: true labels 0..K-1, shape (m,).
        Y_hat: probabilities, shape (m, K), rows that add up to 1.
        n_bins: B, the number of bins, at least 1, at most a million.

    Raises:
        TypeError: labels are not integers, or Y_hat does not hold real numbers.
        ValueError: a shape, label or n_bins does not fit, or rows do not add up to 1.

    Source: M. P. Naeini, G. F. Cooper and M. Hauskrecht, Obtaining well calibrated
    probabilities using Bayesian binning, AAAI 2015.
    """
    count, acc, conf = reliability(y, Y_hat, n_bins)
    return float((count / len(y) * np.abs(acc - conf)).sum())
