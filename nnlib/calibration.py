"""Calibration makes a model's confidence mean what it says.

One number, the temperature, divides all logits before softmax.  The order of the logits
stays, so the labels stay too; only the probabilities move.
"""

import numpy as np

from nnlib._checks import check_batch, check_labels, check_same_rows
from nnlib.losses import softmax

HOTTEST, COLDEST = 1e3, 1e-3  # the temperatures between which fit_temperature looks


def temperature_slope(beta, Z, y):
    """Return the slope of the cross-entropy of softmax(beta Z) along beta.

    For one sample it is sum_j y_hat_j z_j - z_y: the expected logit less the true one.
    Shapes: logits Z (m, K), labels y (m,); beta is 1 / temperature, a number above 0.
    """
    expected = (softmax(beta * Z) * Z).sum(axis=1)
    true = Z[np.arange(len(y)), y]
    return float((expected - true).mean())


def fit_temperature(Z, y):
    """Return the temperature T at which softmax(Z / T) has the least cross-entropy.

    T is a float between 0.001 and 1000.  The slope along beta = 1/T never falls, so it
    is bisected: below the best beta it is negative, above it positive.

    Args:
        Z: logits of data held out from training, shape (m, K).
        y: their labels 0..K-1, shape (m,).

    Raises:
        ValueError: no T in that range is best: the true class has the largest logit in
            every row, or no larger than the others.

    Source: C. Guo, G. Pleiss, Y. Sun and K. Q. Weinberger, On calibration of modern
    neural networks, ICML 2017, section 4.2.
    """
    Z, y = check_held_out(Z, y)
    low, high = 1 / HOTTEST, 1 / COLDEST
    for _ in range(60):
        beta = np.sqrt(low * high)
        if temperature_slope(beta, Z, y) < 0:
            low = beta
        else:
            high = beta
    return float(1 / beta)


def check_held_out(Z, y):
    """Return Z and y if a temperature fits them best, or raise ValueError."""
    who = "fit_temperature"
    Z = check_batch(Z, None, who, "Z").astype(np.float64, copy=False)
    y = check_labels(y, Z.shape[1], f"{who}: y")
    check_same_rows(y, Z, who, "y and Z")
    if (Z[np.arange(len(y)), y] == Z.max(axis=1)).all():
        raise ValueError(
            f"{who} expects some row whose largest logit is not that of the true "
            "class, got none: no temperature is cold enough for a model that is always "
            "right, so use more data, held out from training"
        )
    if temperature_slope(1 / HOTTEST, Z, y) >= 0:
        raise ValueError(
            f"{who} found no temperature below {HOTTEST:g}, got logits that favour "
            "the true class no more than the others: are y and Z of the same samples?"
        )
    if temperature_slope(1 / COLDEST, Z, y) <= 0:
        raise ValueError(
            f"{who} found no temperature above {COLDEST:g}, got logits that hardly "
            "differ: were they scaled down?"
        )
    return Z, y
