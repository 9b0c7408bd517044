"""Metrics say in people's terms how good the predictions are.

A loss is made for training; a metric is made for reading.  All of them take the true
labels first, as integers 0..K-1 of shape (m,).
"""

from collections.abc import Callable

import numpy as np

from nnlib._checks import (
    check_array,
    check_batch,
    check_count,
    check_kind,
    check_labels,
    check_number,
    check_real,
    check_rng,
    check_same_rows,
)


def accuracy(y, y_pred):
    """Return the share of predictions that are right, for labels of shape (m,)."""
    y, y_pred = check_pair(y, y_pred, "accuracy")
    return float((y == y_pred).mean())


def confusion_matrix(y, y_pred, n_classes=None):
    """Return counts of shape (K, K): a true class per row, a predicted one per column.

    Args:
        y, y_pred: true and predicted labels, shape (m,).
        n_classes: K; by default one more than the largest label.
    """
    y, y_pred, n_classes = check_classes(y, y_pred, n_classes, "confusion_matrix")
    counts = np.zeros((n_classes, n_classes), dtype=int)
    np.add.at(counts, (y, y_pred), 1)
    return counts


def ratio(part, whole):
    """Return part / whole entry by entry, and 0 where whole is 0.

    A metric that would be 0/0 says nothing; 0 keeps it from looking good.  Both hold
    counts, shape (K,), and part is 0 wherever whole is.
    """
    return part / np.maximum(whole, 1)


def precision(y, y_pred, n_classes=None):
    """Return for each class TP / (TP + FP): how many of those found are right.

    A class that was never predicted has 0/0, and gets 0: it earned no trust.  The
    result has the shape (K,).

    Args:
        y, y_pred: true and predicted labels, shape (m,).
        n_classes: K; by default one more than the largest label.

    Source: C. J. van Rijsbergen, Information Retrieval, 2nd ed., 1979, chapter 7; also
    for recall and F1.
    """
    y, y_pred, n_classes = check_classes(y, y_pred, n_classes, "precision")
    C = confusion_matrix(y, y_pred, n_classes)
    return ratio(np.diag(C), C.sum(axis=0))


def recall(y, y_pred, n_classes=None):
    """Return for each class TP / (TP + FN): how many of its samples were found.

    A class without samples has 0/0, and gets 0: nothing of it was found.  Arguments and
    shape are those of ``precision``.
    """
    y, y_pred, n_classes = check_classes(y, y_pred, n_classes, "recall")
    C = confusion_matrix(y, y_pred, n_classes)
    return ratio(np.diag(C), C.sum(axis=1))


def f1(y, y_pred, n_classes=None):
    """Return for each class F1 = 2 TP / (2 TP + FP + FN).

    It is the harmonic mean of precision and recall, and 0 where either is 0 or 0/0.
    Arguments and shape are those of ``precision``.
    """
    y, y_pred, n_classes = check_classes(y, y_pred, n_classes, "f1")
    C = confusion_matrix(y, y_pred, n_classes)
    return ratio(2 * np.diag(C), C.sum(axis=0) + C.sum(axis=1))


def macro_precision(y, y_pred):
    """Return the mean of the precision over the classes that occur in y or y_pred."""
    y, y_pred = check_pair(y, y_pred, "macro_precision")
    return float(precision(y, y_pred)[np.union1d(y, y_pred)].mean())


def macro_recall(y, y_pred):
    """Return the mean of the recall over the classes that occur in y or y_pred."""
    y, y_pred = check_pair(y, y_pred, "macro_recall")
    return float(recall(y, y_pred)[np.union1d(y, y_pred)].mean())


def macro_f1(y, y_pred):
    """Return the mean over the classes of F1 = 2 TP / (2 TP + FP + FN).

    For one class, TP counts its samples that were found, FP the others taken for it,
    FN those missed.  The classes are those that occur in y or y_pred, so no denominator
    is 0.
    """
    y, y_pred = check_pair(y, y_pred, "macro_f1")
    scores = []
    for c in np.union1d(y, y_pred):
        TP = np.sum((y == c) & (y_pred == c))
        FP = np.sum((y != c) & (y_pred == c))
        FN = np.sum((y == c) & (y_pred != c))
        scores.append(2 * TP / (2 * TP + FP + FN))
    return float(np.mean(scores))


def top_k_accuracy(y, scores, k):
    """Return the share of samples whose true class is among the k highest scores.

    Args:
        y: true labels, shape (m,).
        scores: logits or probabilities, shape (m, K).  Of equal scores the later class
            ranks higher.
        k: how many guesses are allowed, 1..K.
    """
    y, scores = check_scores(y, scores, k)
    best = np.argsort(scores, axis=1, kind="stable")[:, -k:]
    return float((best == y[:, None]).any(axis=1).mean())


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
        n_resamples: how many sets are drawn, at least 1.
        level: share of the values that lie between low and high, above 0 and below 1.

    Source: B. Efron, Bootstrap methods: another look at the jackknife, Annals of
    Statistics 7 (1979), 1-26; the percentile interval: B. Efron and R. Tibshirani, An
    Introduction to the Bootstrap, 1993, chapter 13.
    """
    check_rng(rng, "bootstrap_interval")
    n_resamples = check_count(n_resamples, "bootstrap_interval: n_resamples")
    y, y_pred = check_metric(metric, y, y_pred, level)
    values = []
    for _ in range(n_resamples):
        rows = rng.integers(len(y), size=len(y))
        values.append(metric(y[rows], y_pred[rows]))
    outside = (1 - level) / 2
    return tuple(float(q) for q in np.quantile(values, [outside, 1 - outside]))


def reliability(y, Y_hat, n_bins=10):
    """Return how often the model is right, by how confident it is.

    The confidence of a row is its largest probability.  Bin b of B = n_bins, counted
    from 0, holds the samples with confidence above b/B and up to (b + 1)/B.

    Args:
        y: true labels, shape (m,).
        Y_hat: probabilities, shape (m, K), rows that add up to 1.
        n_bins: B, the number of bins, at least 1.

    Returns:
        Three arrays of shape (B,): how many samples each bin holds, their accuracy, and
        their mean confidence; both are 0 where a bin is empty.

    Source: M. H. DeGroot and S. E. Fienberg, The comparison and evaluation of
    forecasters, The Statistician 32 (1983), 12-22.
    """
    y, Y_hat, n_bins = check_confidence(y, Y_hat, n_bins, "reliability")
    confidence = Y_hat.max(axis=1)
    right = Y_hat.argmax(axis=1) == y
    inner_edges = np.arange(1, n_bins) / n_bins
    bins = np.searchsorted(inner_edges, confidence)
    count = np.bincount(bins, minlength=n_bins)
    sum_right = np.bincount(bins, weights=right, minlength=n_bins)
    sum_confidence = np.bincount(bins, weights=confidence, minlength=n_bins)
    return count, ratio(sum_right, count), ratio(sum_confidence, count)


def expected_calibration_error(y, Y_hat, n_bins=10):
    """Return ECE = sum_b (n_b / m) |acc(b) - conf(b)|.

    n_b samples fall into bin b; acc(b) is their accuracy and conf(b) their mean
    confidence, as ``reliability``, which takes the same arguments, gives them.

    Source: M. P. Naeini, G. F. Cooper and M. Hauskrecht, Obtaining well calibrated
    probabilities using Bayesian binning, AAAI 2015.
    """
    y, Y_hat, n_bins = check_confidence(y, Y_hat, n_bins, "expected_calibration_error")
    count, acc, conf = reliability(y, Y_hat, n_bins)
    return float((count / len(y) * np.abs(acc - conf)).sum())


def check_pair(y, y_pred, who, n_classes=None):
    """Return true and predicted labels, one of each per sample."""
    y = check_labels(y, n_classes, f"{who}: y")
    y_pred = check_labels(y_pred, n_classes, f"{who}: y_pred")
    check_same_rows(y, y_pred, who, "y and y_pred")
    return y, y_pred


def check_classes(y, y_pred, n_classes, who):
    """Return both labels, and K: by default one more than the largest label."""
    if n_classes is not None:
        n_classes = check_count(n_classes, f"{who}: n_classes")
    y, y_pred = check_pair(y, y_pred, who, n_classes)
    return y, y_pred, n_classes or int(max(y.max(), y_pred.max())) + 1


def check_scores(y, scores, k):
    """Return labels and scores, one row per sample, of at least k classes."""
    who = "top_k_accuracy"
    scores = check_batch(scores, None, who, "scores")
    y = check_labels(y, scores.shape[1], f"{who}: y")
    check_same_rows(y, scores, who, "y and scores")
    if check_count(k, f"{who}: k") > scores.shape[1]:
        raise ValueError(
            f"{who} expects k of at most {scores.shape[1]}, the number of classes, got "
            f"{k}: are the scores transposed? A sample is a row"
        )
    return y, scores


def check_metric(metric, y, y_pred, level):
    """Return labels and predictions, of which metric makes a number."""
    who, wanted = "bootstrap_interval", "a function (y, y_pred) -> float"
    hint = "pass metrics.accuracy itself, without calling it"
    check_kind(metric, Callable, f"{who}: metric", wanted, hint)
    if not 0 < check_number(level, f"{who}: level") < 1:
        raise ValueError(
            f"{who}: level must lie between 0 and 1, got {level:g}: "
            "95 % is written 0.95"
        )
    y = check_labels(y, None, f"{who}: y")
    y_pred = check_array(y_pred, f"{who}: y_pred")
    check_same_rows(y, y_pred, who, "y and y_pred")
    check_number(metric(y, y_pred), f"{who}: metric(y, y_pred)")
    return y, y_pred


def check_confidence(y, Y_hat, n_bins, who):
    """Return labels, probabilities with rows that add up to 1, and n_bins."""
    Y_hat = check_real(Y_hat, f"{who}: Y_hat")
    if Y_hat.ndim == 1 or Y_hat.shape[1:] == (1,):
        raise ValueError(
            f"{who} expects Y_hat of shape (m, K), one column per class, got "
            f"{Y_hat.shape}: np.column_stack([1 - p, p]) makes two columns of the "
            "probability p of class 1"
        )
    Y_hat = check_batch(Y_hat, None, who, "Y_hat").astype(np.float64, copy=False)
    low, off = Y_hat.min(), np.abs(Y_hat.sum(axis=1) - 1).max()
    if low < 0 or off > 5e-3:  # the arithmetic of float16 is off by 1e-3
        off = f"a row whose sum is off by {off:g}"
        raise ValueError(
            f"{who} expects Y_hat to hold probabilities, rows that add up to 1, got "
            f"{f'entries as low as {low:g}' if low < 0 else off}: are these logits? "
            "softmax(Z) makes probabilities of them"
        )
    y = check_labels(y, Y_hat.shape[1], f"{who}: y")
    check_same_rows(y, Y_hat, who, "y and Y_hat")
    return y, Y_hat, check_count(n_bins, f"{who}: n_bins")
