"""Metrics say in people's terms how good the predictions are.

A loss is made for training; a metric is made for reading.  All of them take the true
labels first.
"""

import numpy as np

from nnlib._checks import check_batch, check_count, check_labels, check_same_rows, door


def _labels_door(who):
    def check(y, y_pred):
        y = check_labels(y, None, f"{who}: y")
        y_pred = check_labels(y_pred, None, f"{who}: y_pred")
        check_same_rows(y, y_pred, who, "y and y_pred")
        return y, y_pred

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
