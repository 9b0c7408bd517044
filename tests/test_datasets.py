"""Datasets: each point is where the formula puts it."""

from math import cos, pi, sin

import numpy as np
import pytest

from nnlib import datasets


class FixedNoise(np.random.Generator):
    """A generator whose normal numbers are all 1."""

    def normal(self, size):
        return np.ones(size)


@pytest.mark.parametrize("noise", [0, 0.25])
@pytest.mark.parametrize(("n", "n_classes"), [(2, 1), (5, 3), (7, 4)])
def test_spiral_follows_its_formula(n, n_classes, noise):
    X, y = datasets.spiral(n, n_classes, noise, FixedNoise(np.random.PCG64(0)))
    assert X.shape == (n * n_classes, 2)
    for c in range(n_classes):
        for i in range(n):
            radius = 0.05 + 0.95 * i / (n - 1)
            angle = 4 * (i / (n - 1)) + 2 * pi * c / n_classes + noise
            point = [radius * sin(angle), radius * cos(angle)]
            np.testing.assert_allclose(X[c * n + i], point, atol=1e-15)
            assert y[c * n + i] == c


def test_spiral_noise_turns_points_about_the_origin(rng):
    X, _ = datasets.spiral(2000, 2, 0.25, rng)
    exact, _ = datasets.spiral(2000, 2, 0, rng)
    radius = np.linalg.norm(X, axis=1)
    np.testing.assert_allclose(radius, np.linalg.norm(exact, axis=1))
    np.testing.assert_allclose(radius[:2000], np.linspace(0.05, 1, 2000))
    turned = np.arctan2(*X.T) - np.arctan2(*exact.T)
    turned = (turned + pi) % (2 * pi) - pi
    assert turned.std() == pytest.approx(0.25, rel=0.05)
    assert abs(turned.mean()) < 0.02


def test_spiral_without_noise_does_not_depend_on_the_generator():
    one, other = (
        datasets.spiral(9, 3, 0, np.random.default_rng(seed))[0] for seed in (1, 2)
    )
    np.testing.assert_array_equal(one, other)


def test_spiral_labels_are_integers_arm_by_arm(rng):
    _, y = datasets.spiral(3, 2, 0.1, rng)
    assert y.dtype.kind == "i"
    assert y.tolist() == [0, 0, 0, 1, 1, 1]


CURVES = [
    (datasets.line, lambda x: 2 * x - 1),
    (datasets.sine, lambda x: np.sin(np.pi * x)),
]


@pytest.mark.parametrize(("curve", "formula"), CURVES)
def test_curves_follow_their_formula_exactly_without_noise(curve, formula, rng):
    X, Y = curve(200, 0, rng)
    assert X.shape == Y.shape == (200, 1)
    np.testing.assert_array_equal(Y, formula(X))
    assert -1 <= X.min() < -0.9
    assert 0.9 < X.max() < 1


@pytest.mark.parametrize(("curve", "formula"), CURVES)
def test_the_noise_on_curves_has_its_standard_deviation(curve, formula, rng):
    X, Y = curve(5000, 0.3, rng)
    assert (Y - formula(X)).std() == pytest.approx(0.3, rel=0.05)
    assert curve(1, 0.3, rng)[0].shape == (1, 1)


def test_xor_is_1_where_one_of_two_is_1():
    X, y = datasets.xor()
    assert X.shape == (4, 2)
    assert {(*x, label) for x, label in zip(X.tolist(), y.tolist(), strict=True)} == {
        (0, 0, 0),
        (0, 1, 1),
        (1, 0, 1),
        (1, 1, 0),
    }


def test_xor_is_new_at_each_call():
    datasets.xor()[0][:] = 9
    assert datasets.xor()[0].max() == 1
