"""Data for the lessons, made from a random generator: nothing has to be fetched.

Inputs are arrays with one sample a row.
"""

import numpy as np

from nnlib._checks import check_count, check_number, check_rng, door


def _noise(noise, who):
    noise = check_number(noise, f"{who}: noise")
    if noise < 0:
        raise ValueError(
            f"{who}: noise must be 0 or more, got {noise}: it is a standard deviation"
        )
    return noise


def _curve_door(who):
    def check(n, noise, rng=None):
        return check_count(n, f"{who}: n"), _noise(noise, who), check_rng(rng, who)

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
        n: number of points, at least 1.
        noise: standard deviation of the normal noise on y, 0 or more.
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
        n: number of points, at least 1.
        noise: standard deviation of the normal noise on y, 0 or more.
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
    return (
        check_count(n_per_class, "spiral: n_per_class", least=2),
        check_count(n_classes, "spiral: n_classes"),
        _noise(noise, "spiral"),
        check_rng(rng, "spiral"),
    )


@door(_spiral_door)
def spiral(n_per_class, n_classes, noise, rng):
    """Return points on intertwined spiral arms, one arm a class.

    Point i of n on the arm of class c has radius r from 0.05 to 1 in equal steps and
    the angle 4 i / (n - 1) + 2 pi c / K + noise * N(0, 1), in radians;
    x = (r sin angle, r cos angle).

    Args:
        n_per_class: n, points an arm, at least 2.
        n_classes: K, the number of arms, at least 1.
        noise: standard deviation of the angle, in radians, 0 or more.
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
