"""Data for the lessons: made from a random generator, or stored in the package.

Inputs are arrays with one sample a row.  Nothing has to be fetched.
"""

from pathlib import Path

import numpy as np

from nnlib._checks import (
    MOST_NUMBERS,
    check_count,
    check_labels,
    check_number,
    check_numbers,
    check_range,
    check_rng,
    door,
)

DIGITS = Path(__file__).parent / "data" / "digits.npz"


def _noise(noise, who):
    noise = check_number(noise, f"{who}: noise")
    if noise < 0:
        raise ValueError(
            f"{who}: noise must be 0 or more, got {noise}: it is a standard deviation"
        )
    if noise > 1e300:
        raise ValueError(
            f"{who}: noise must be at most 1e300, got {noise}: it is a standard "
            "deviation, and a few of them must still be finite"
        )
    return noise


def _curve_door(who):
    def check(n, noise, rng=None):
        n = check_count(n, f"{who}: n", most=MOST_NUMBERS)
        return n, _noise(noise, who), check_rng(rng, who)

    return check


def xor():
    """Return the four points of exclusive or: X of shape (4, 2), labels y of (4,)."""
    X = np.array([[0.0, 0.0], [0.0, 1.0], [1.0, 0.0], [1.0, 1.0]])
    y = np.array([0, 1, 1, 0])
    return X, y


@door(_curve_door("line"))
def line(n, noise, rng):
    """Return n points of y = 2 x - 1 + noise, x uniform between -1 and 1.

    Args:
        n: number of points, at least 1, at most 10^8.
        noise: standard deviation of the normal noise on y, 0 or more, at most 1e300.
        rng: NumPy Generator.

    Returns:
        X of shape (n, 1), Y of shape (n, 1).

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """
    X = rng.uniform(-1, 1, size=(n, 1))
    Y = 2 * X - 1 + noise * rng.normal(size=(n, 1))
    return X, Y


@door(_curve_door("sine"))
def sine(n, noise, rng):
    """Return n points of y = sin(pi x) + noise, x uniform between -1 and 1.

    Args:
        n: number of points, at least 1, at most 10^8.
        noise: standard deviation of the normal noise on y, 0 or more, at most 1e300.
        rng: NumPy Generator.

    Returns:
        X of shape (n, 1), Y of shape (n, 1).

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """
    X = rng.uniform(-1, 1, size=(n, 1))
    Y = np.sin(np.pi * X) + noise * rng.normal(size=(n, 1))
    return X, Y


def _spiral_door(n_per_class, n_classes, noise, rng=None):
    n = check_count(n_per_class, "spiral: n_per_class", least=2, most=MOST_NUMBERS)
    n_classes = check_count(n_classes, "spiral: n_classes", most=MOST_NUMBERS // n)
    return n, n_classes, _noise(noise, "spiral"), check_rng(rng, "spiral")


@door(_spiral_door)
def spiral(n_per_class, n_classes, noise, rng):
    """Return points on intertwined spiral arms, one arm a class.

    Point i of n on the arm of class c has radius r from 0.05 to 1 in equal steps and
    the angle 4 i / (n - 1) + 2 pi c / K + noise * N(0, 1), in radians;
    x = (r sin angle, r cos angle).

    Args:
        n_per_class: n, points an arm, at least 2.
        n_classes: K, the number of arms, at least 1; n K is at most 10^8.
        noise: standard deviation of the angle, in radians, 0 or more, at most 1e300.
        rng: NumPy Generator.

    Returns:
        X of shape (n K, 2), labels y of shape (n K,), arm by arm.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.

    Source: after the two-spirals problem of K. J. Lang and M. J. Witbrock, Learning to
    tell two spirals apart, Proceedings of the 1988 Connectionist Models Summer School,
    52-59.
    """
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


def _split_door(y, shares, rng=None):
    who = "stratified_split"
    y = check_labels(y, None, f"{who}: y")
    shares = check_numbers(shares, f"{who}: shares")
    shares = check_range(shares, np.float64, f"{who}: shares")
    if shares.ndim != 1 or len(shares) == 0 or (shares <= 0).any():
        raise ValueError(
            f"{who} expects shares to be numbers above 0, one a part, such as "
            f"(0.6, 0.2, 0.2), got {shares.tolist()}: was a part left out?"
        )
    with np.errstate(over="ignore"):
        total = shares.sum()
    if abs(total - 1) > 1e-9:
        raise ValueError(
            f"{who} expects shares that add up to 1, got {shares.tolist()}: "
            f"they add up to {total:.10g}; are they counts or per cent?"
        )
    return y, shares, check_rng(rng, who)


@door(_split_door)
def stratified_split(y, shares, rng):
    """Return row numbers that split the data so that each part has all classes alike.

    Each class is shuffled and cut on its own; then each part is shuffled.  A class of n
    samples gives each part share * n of them, rounded.

    Args:
        y: labels, shape (m,).
        shares: numbers above 0 that add up to 1, one a part.
        rng: NumPy Generator.

    Returns:
        A list of arrays of row numbers, one a part; each row stands in exactly one.

    Raises:
        TypeError, ValueError: an argument is of the wrong kind or out of range.
    """
    parts = [[] for _ in shares]
    for c in np.unique(y):
        rows = rng.permutation(np.flatnonzero(y == c))
        cuts = np.round(np.cumsum(shares)[:-1] * len(rows)).astype(int)
        for part, piece in zip(parts, np.split(rows, cuts), strict=True):
            part.append(piece)
    return [rng.permutation(np.concatenate(part)) for part in parts]
