"""Data for the lessons: made from a random generator, or stored in the package.

Inputs are arrays with one sample per row.  Nothing has to be fetched.
"""

from pathlib import Path

import numpy as np

from nnlib._checks import (
    check_count,
    check_labels,
    check_number,
    check_numbers,
    check_rng,
)

DIGITS = Path(__file__).parent / "data" / "digits.npz"


def xor():
    """Return the four points of exclusive or: X of shape (4, 2), labels y of (4,)."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([0, 1, 1, 0])
    return X, y


def line(n, noise, rng):
    """Return n points of y = 2 x - 1 + noise, x uniform between -1 and 1.

    Args:
        n: number of points, at least 1.
        noise: standard deviation of the normal noise on y, 0 or more.
        rng: NumPy Generator.

    Returns:
        X of shape (n, 1), Y of shape (n, 1).
    """
    n = check_count(n, "line: n")
    noise = check_noise(noise, "line")
    check_rng(rng, "line")
    X = rng.uniform(-1, 1, size=(n, 1))
    Y = 2 * X - 1 + noise * rng.normal(size=(n, 1))
    return X, Y


def sine(n, noise, rng):
    """Return n points of y = sin(pi x) + noise, x uniform between -1 and 1.

    Arguments and shapes are those of ``line``.
    """
    n = check_count(n, "sine: n")
    noise = check_noise(noise, "sine")
    check_rng(rng, "sine")
    X = rng.uniform(-1, 1, size=(n, 1))
    Y = np.sin(np.pi * X) + noise * rng.normal(size=(n, 1))
    return X, Y


def spiral(n_per_class, n_classes, noise, rng):
    """Return points on intertwined spiral arms, one arm per class.

    Point i of n on the arm of class c has radius r from 0.05 to 1 in equal steps and
    the angle 4 i / (n - 1) + 2 pi c / K + noise * N(0, 1), in radians;
    x = (r sin angle, r cos angle).

    Args:
        n_per_class: n, points per arm, at least 2.
        n_classes: K, the number of arms, at least 1.
        noise: standard deviation of the angle, in radians, 0 or more.
        rng: NumPy Generator.

    Returns:
        X of shape (n K, 2), labels y of shape (n K,), arm by arm.

    Source: after the two-spirals problem of K. J. Lang and M. J. Witbrock, Learning to
    tell two spirals apart, Proceedings of the 1988 Connectionist Models Summer School,
    52-59.
    """
    n_per_class = check_count(n_per_class, "spiral: n_per_class", least=2)
    n_classes = check_count(n_classes, "spiral: n_classes")
    noise = check_noise(noise, "spiral")
    check_rng(rng, "spiral")
    radius = np.linspace(0.05, 1, n_per_class)
    arms = []
    for c in range(n_classes):
        angle = np.linspace(0, 4, n_per_class) + 2 * np.pi * c / n_classes
        angle = angle + noise * rng.normal(size=n_per_class)
        arms.append(np.column_stack([radius * np.sin(angle), radius * np.cos(angle)]))
    return np.concatenate(arms), np.repeat(np.arange(n_classes), n_per_class)


def digits():
    """Return 1,797 handwritten digits: X of shape (1797, 64), labels y of (1797,).

    A row of X is an image of 8 x 8 pixels, row by row from the top left; a pixel is 0
    without ink and 1 where all is ink, in steps of 1/16.  A label is the digit, 0 to 9.

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI
    Machine Learning Repository, 1998, doi:10.24432/C50P49, its test part; licence
    CC BY 4.0.
    """
    with np.load(DIGITS) as stored:
        return stored["pixels"] / 16, stored["labels"].astype(int)


def stratified_split(y, shares, rng):
    """Return row numbers that split the data so that each part has all classes alike.

    Each class is shuffled and cut on its own; then each part is shuffled.  A class of n
    samples gives each part share * n of them, to less than 1 more or less.

    Args:
        y: labels, shape (m,).
        shares: numbers above 0 that add up to 1, one per part.
        rng: NumPy Generator.

    Returns:
        A list of arrays of row numbers, one per part; each row stands in exactly one.
    """
    y = check_labels(y, None, "stratified_split: y")
    shares = check_shares(shares)
    check_rng(rng, "stratified_split")
    parts = [[] for _ in shares]
    for c in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == c))
        cuts = np.round(np.cumsum(shares)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, cuts), strict=True):
            part.append(piece)
    return [rng.permutation(np.concatenate(part)) for part in parts]


def check_noise(noise, who):
    """Return the noise as a float of 0 or more."""
    noise = check_number(noise, f"{who}: noise")
    if noise < 0:
        raise ValueError(
            f"{who}: noise must be 0 or more, got {noise}: it is a standard deviation"
        )
    return noise


def check_shares(shares):
    """Return the shares as floats above 0 that add up to 1."""
    shares = check_numbers(shares, "stratified_split: shares").astype(float, copy=False)
    total = shares.sum()
    if shares.ndim != 1 or (shares <= 0).any() or abs(total - 1) > 1e-9:
        raise ValueError(
            "stratified_split expects shares, numbers above 0 that add up to 1, got "
            f"{shares.tolist()}: they add up to {total:.10g}; was a part left out, or "
            "are they counts or per cent?"
        )
    return shares
