"""Datasets: each point is where the formula puts it."""

from math import cos, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

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


# The digits.


def test_the_digits_are_those_of_scikit_learn():
    X, y = datasets.digits()
    expected = load_digits()
    np.testing.assert_array_equal(X, expected.data / 16)
    np.testing.assert_array_equal(y, expected.target)
    assert X.shape == (1797, 64)
    assert y.shape == (1797,)
    assert X.dtype == np.float64
    assert y.dtype == int
    assert (X.min(), X.max()) == (0, 1)


def test_the_digits_are_new_at_each_call():
    X, y = datasets.digits()
    X[:], y[:] = 9, 10
    again = datasets.digits()
    assert again[0].max() == 1
    assert again[1].max() == 9


def test_the_digits_are_one_small_compressed_file():
    assert datasets.DIGITS.stat().st_size < 150_000
    names = {path.name for path in datasets.DIGITS.parent.iterdir()}
    assert names == {"digits.npz", "README.md"}


def test_the_digits_name_their_source_and_licence_where_they_are_stored():
    with np.load(datasets.DIGITS) as stored:
        inside = f"{stored['source']} {stored['licence']}"
    beside = (datasets.DIGITS.parent / "README.md").read_text("utf-8")
    for text in (inside, beside, datasets.digits.__doc__):
        for part in ("Alpaydin", "Kaynak", "UCI", "10.24432/C50P49", "CC BY 4.0"):
            assert part in text


# The split.


@st.composite
def splits(draw):
    """Draw labels, of which some classes may be rare, and shares that add up to 1."""
    y = draw(st.lists(st.integers(0, 4), min_size=1, max_size=60))
    weights = draw(st.lists(st.integers(1, 9), min_size=1, max_size=5))
    shares = [weight / sum(weights) for weight in weights]
    return y, shares, np.random.default_rng(draw(st.integers(0, 99)))


@given(case=splits())
def test_a_split_is_a_partition_with_each_class_by_its_share(case):
    y, shares, rng = case
    parts = datasets.stratified_split(y, shares, rng)
    assert len(parts) == len(shares)
    assert sorted(np.concatenate(parts).tolist()) == list(range(len(y)))
    for part, share in zip(parts, shares, strict=True):
        assert part.dtype.kind == "i"
        for c in range(5):
            here = np.array(y)[part] == c
            assert abs(here.sum() - share * y.count(c)) <= 1 + 1e-9


def test_a_split_by_hand(rng):
    y = np.array([0] * 10 + [1] * 5)
    parts = datasets.stratified_split(y, (0.6, 0.2, 0.2), rng)
    assert [np.bincount(y[part]).tolist() for part in parts] == [[6, 3], [2, 1], [2, 1]]


def test_a_split_depends_on_the_generator_alone():
    y = np.arange(100) % 3
    one, same, other = (
        datasets.stratified_split(y, (0.5, 0.5), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    for a, b, c in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(a, b)
        assert set(a) != set(c)


def test_a_part_is_shuffled_within_and_across_the_classes():
    y = np.repeat([0, 1], 200)
    for part in datasets.stratified_split(y, (0.5, 0.5), np.random.default_rng(0)):
        assert 35 < y[part][:100].sum() < 65
        of_class_0 = part[y[part] == 0]
        assert (np.diff(of_class_0) > 0).mean() == pytest.approx(0.5, abs=0.15)


def test_each_row_is_as_likely_to_fall_into_a_part():
    rng, y = np.random.default_rng(0), np.repeat([0, 1], 10)
    times = np.zeros(20)
    for _ in range(1000):
        times[datasets.stratified_split(y, (0.3, 0.7), rng)[0]] += 1
    np.testing.assert_allclose(times / 1000, 0.3, atol=0.06)


def test_a_split_takes_labels_that_skip_numbers_and_a_single_share(rng):
    parts = datasets.stratified_split([7, 10**9, 7], [1], rng)
    assert [sorted(part.tolist()) for part in parts] == [[0, 1, 2]]


def test_a_part_may_stay_empty_and_is_still_an_index(rng):
    y = np.array([0, 1])
    kept, left = datasets.stratified_split(y, (0.9, 0.1), rng)
    assert sorted(y[kept]) == [0, 1]
    assert y[left].shape == (0,)


def test_shares_in_float16_are_not_added_up_in_float16(rng):
    shares = np.full(4096, 1 / 4096, np.float16)  # exact, but not their sums
    parts = datasets.stratified_split(np.zeros(4 * 4096, int), shares, rng)
    assert {len(part) for part in parts} == {4}
