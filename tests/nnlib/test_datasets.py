"""Datasets: each point is where the formula puts it; a split is fair."""

from itertools import product
from math import cos, pi, sin

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.datasets import load_digits

from nnlib import datasets


class Counting(np.random.Generator):
    """A generator whose standard normal numbers are 0, 1, 2, ..."""

    def normal(self, size):
        return np.arange(np.prod(size)).reshape(size)


COUNTING = Counting(np.random.PCG64(0))
CURVES = {"line": lambda x: 2 * x - 1, "sine": lambda x: np.sin(pi * x)}


@pytest.mark.parametrize("noise", [0, 0.25])
@pytest.mark.parametrize(("n", "n_classes"), [(2, 1), (5, 3), (7, 4)])
def test_spiral_follows_its_formula(n, n_classes, noise):
    X, y = datasets.spiral(n, n_classes, noise, COUNTING)
    points = []
    for c, i in product(range(n_classes), range(n)):
        radius = 0.05 + 0.95 * i / (n - 1)
        angle = 4 * (i / (n - 1)) + 2 * pi * c / n_classes + noise * i
        points.append([radius * sin(angle), radius * cos(angle), c])
    np.testing.assert_allclose(np.column_stack([X, y]), points, atol=1e-15)
    assert y.dtype.kind == "i"


@pytest.mark.parametrize("noise", [0, 0.25])
@pytest.mark.parametrize("curve", CURVES)
def test_curves_follow_their_formula(curve, noise):
    X, Y = getattr(datasets, curve)(200, noise, COUNTING)
    expected = CURVES[curve](X) + noise * np.arange(200)[:, None]
    np.testing.assert_array_equal(Y, expected)
    assert -1 <= X.min() < -0.9
    assert 0.9 < X.max() < 1


@pytest.mark.parametrize("overwritten", [0, 1])
def test_xor_and_the_digits_are_exact_and_new_at_each_call(overwritten):
    for array in (*datasets.xor(), *datasets.digits()) * overwritten:
        array[:] = 99
    X, y = datasets.xor()
    assert (X.tolist(), y.tolist()) == ([[0, 0], [0, 1], [1, 0], [1, 1]], [0, 1, 1, 0])
    (X, y), expected = datasets.digits(), load_digits()
    np.testing.assert_array_equal(X, expected.data / 16)
    np.testing.assert_array_equal(y, expected.target)
    assert (X.dtype, y.dtype) == (np.float64, int)


def test_the_digits_are_one_small_file_that_names_its_source_and_licence():
    folder = datasets.DIGITS.parent
    assert {path.name for path in folder.iterdir()} == {"digits.npz", "README.md"}
    assert datasets.DIGITS.stat().st_size < 150_000
    with np.load(datasets.DIGITS) as stored:
        inside = f"{stored['source']} {stored['licence']}"
    beside = (folder / "README.md").read_text("utf-8")
    for text in (inside, beside, datasets.digits.__doc__):
        for part in ("Alpaydin", "Kaynak", "UCI", "10.24432/C50P49", "CC BY 4.0"):
            assert part in text


@given(
    y=st.lists(st.integers(0, 5), min_size=1, max_size=30),
    parts=st.lists(st.integers(1, 6), min_size=1),
    seed=st.integers(0, 2**32 - 1),
)
def test_a_split_is_a_partition_with_each_class_by_its_share(y, parts, seed):
    y, shares = np.array(y), np.array(parts) / sum(parts)
    found = datasets.stratified_split(y, shares, np.random.default_rng(seed))
    assert sorted(np.concatenate(found).tolist()) == list(range(len(y)))
    for part, share in zip(found, shares, strict=True):
        counts = np.bincount(y[part], minlength=6) - share * np.bincount(y, minlength=6)
        assert np.abs(counts).max() <= 1 + 1e-9


def test_a_split_by_hand(rng):
    y = np.array([0] * 10 + [7] * 5)
    parts = datasets.stratified_split(y, (0.6, 0.2, 0.2), rng)
    counts = [np.bincount(y[part])[[0, 7]].tolist() for part in parts]
    assert counts == [[6, 3], [2, 1], [2, 1]]
    kept, left = datasets.stratified_split([0, 1], (0.9, 0.1), rng)
    assert (sorted(kept), left.shape) == ([0, 1], (0,))  # a part may stay empty


def test_shares_may_be_off_by_rounding_but_no_more(rng):
    assert len(datasets.stratified_split([0, 1], [0.5, 0.5 + 5e-10], rng)) == 2
    shares = np.full(4096, 1 / 4096, np.float16)  # exact, but not their sums in float16
    parts = datasets.stratified_split(np.zeros(4096, int), shares, rng)
    assert {len(part) for part in parts} == {1}


def test_a_part_is_shuffled_within_and_across_the_classes_by_the_generator_alone():
    y = np.repeat([0, 1], 200)
    one, same, other = (
        datasets.stratified_split(y, (0.5, 0.5), np.random.default_rng(seed))
        for seed in (1, 1, 2)
    )
    for part, again, differs in zip(one, same, other, strict=True):
        np.testing.assert_array_equal(part, again)
        assert set(part) != set(differs)
        assert 35 < y[part][:100].sum() < 65
        of_class_0 = part[y[part] == 0]
        assert (np.diff(of_class_0) > 0).mean() == pytest.approx(0.5, abs=0.15)
