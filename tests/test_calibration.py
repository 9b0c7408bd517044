"""The temperature: the best by other means, and what it must leave alone."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import minimize_scalar

from nnlib import SoftmaxCrossEntropy, metrics, softmax
from nnlib.calibration import fit_temperature, temperature_slope

SEEDS = range(10)


def overconfident(seed, m=400, n_classes=4, temperature=2.5):
    """Return logits and labels drawn from softmax(Z / temperature)."""
    rng = np.random.default_rng(seed)
    Z = 5 * rng.normal(size=(m, n_classes))
    cumulated = softmax(Z / temperature).cumsum(axis=1)
    return Z, (rng.random((m, 1)) > cumulated[:, :-1]).sum(axis=1)


def loss(Z, y):
    return SoftmaxCrossEntropy()(Z, y)


@pytest.mark.parametrize("seed", SEEDS)
def test_the_temperature_is_the_one_that_scipy_finds(seed):
    Z, y = overconfident(seed)
    best = minimize_scalar(
        lambda log_T: loss(Z / np.exp(log_T), y),
        bounds=(-6, 6),
        options={"xatol": 1e-9},
    )
    assert fit_temperature(Z, y) == pytest.approx(np.exp(best.x), rel=1e-6)


@pytest.mark.parametrize("seed", SEEDS)
def test_no_temperature_of_a_fine_grid_is_better(seed):
    Z, y = overconfident(seed)
    least = loss(Z / fit_temperature(Z, y), y)
    assert least <= min(loss(Z / T, y) for T in np.geomspace(0.01, 100, 400)) + 1e-12


@pytest.mark.parametrize("seed", SEEDS)
def test_the_loss_is_flat_at_the_temperature(seed):
    Z, y = overconfident(seed)
    T, h = fit_temperature(Z, y), 1e-4
    assert temperature_slope(1 / T, Z, y) == pytest.approx(0, abs=1e-13)
    above, below = loss(Z / (T + h), y), loss(Z / (T - h), y)
    assert (above - below) / (2 * h) == pytest.approx(0, abs=1e-8)
    assert min(above, below) > loss(Z / T, y)


def test_the_temperature_of_data_drawn_at_one_is_found_again():
    Z, y = overconfident(0, m=100_000, temperature=2.5)
    assert fit_temperature(Z, y) == pytest.approx(2.5, rel=0.02)


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_stay_and_the_calibration_error_falls(seed):
    Z, y = overconfident(seed, m=2000)
    T = fit_temperature(Z, y)
    assert (softmax(Z / T).argmax(axis=1) == Z.argmax(axis=1)).all()
    before, after = (
        metrics.expected_calibration_error(y, softmax(logits)) for logits in (Z, Z / T)
    )
    assert after < before / 2


@given(factor=st.floats(0.01, 50), seed=st.integers(0, 9))
def test_logits_times_c_have_the_temperature_times_c(factor, seed):
    Z, y = overconfident(seed, m=60)
    expected = factor * fit_temperature(Z, y)
    assert fit_temperature(factor * Z, y) == pytest.approx(expected, rel=1e-9)


def test_a_number_added_to_a_row_changes_nothing(rng):
    Z, y = overconfident(0)
    shifted = Z + rng.normal(size=(len(y), 1))
    assert fit_temperature(shifted, y) == pytest.approx(fit_temperature(Z, y))


def test_a_temperature_by_hand():
    """Three of four rows are right by ln 9: confident 0.9, to be 0.75 = 3 / (3 + 1)."""
    Z = np.log([[9.0, 1.0]] * 4)
    expected = np.log(9) / np.log(3)
    assert fit_temperature(Z, [0, 0, 0, 1]) == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("T", [0.0011, 0.01, 1, 100, 999])
def test_temperatures_are_found_from_end_to_end(T):
    found = fit_temperature(T * np.log([[3.0, 1.0]] * 4), [0, 0, 0, 1])
    assert type(found) is float
    assert found == pytest.approx(T, rel=1e-12)


@pytest.mark.parametrize("T", [0.0009, 1001])
def test_beyond_the_ends_none_is_made_up(T):
    with pytest.raises(ValueError, match="found no temperature"):
        fit_temperature(T * np.log([[3.0, 1.0]] * 4), [0, 0, 0, 1])


@pytest.mark.parametrize("beta", [0.01, 0.3, 1, 4])
@pytest.mark.parametrize("seed", SEEDS)
def test_the_slope_agrees_with_central_differences(beta, seed):
    Z, y = overconfident(seed, m=50)
    h = 1e-5 * beta
    expected = (loss((beta + h) * Z, y) - loss((beta - h) * Z, y)) / (2 * h)
    assert temperature_slope(beta, Z, y) == pytest.approx(expected, rel=1e-7)


@given(seed=st.integers(0, 1000), betas=st.tuples(st.floats(0.01, 9), st.floats(0, 9)))
def test_the_slope_never_falls(seed, betas):
    """Bisection rests on this: the cross-entropy is convex along beta."""
    Z, y = overconfident(seed, m=5)
    beta, more = betas
    assert temperature_slope(beta, Z, y) <= temperature_slope(beta + more, Z, y) + 1e-12


def test_the_slope_by_hand():
    """Row 1 expects 3/4 of ln 3 and has it all; row 2 has none."""
    found = temperature_slope(1, np.log([[3.0, 1.0]] * 2), np.array([0, 1]))
    assert type(found) is float
    assert found == pytest.approx((3 / 4 - 1 / 2) * np.log(3))


@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.filterwarnings("error")
def test_narrow_logits_get_a_temperature_without_overflow(dtype):
    Z, y = overconfident(0)
    Z = (20 * Z).astype(dtype)  # 1000 times as large is beyond float16
    found = fit_temperature(Z, y)
    assert found == fit_temperature(Z.astype(float), y)


def test_lists_and_read_only_arrays_will_do_and_stay_as_they_are():
    Z, y = overconfident(0, m=30)
    kept = Z.copy(), y.copy()
    Z.flags.writeable = y.flags.writeable = False
    assert fit_temperature(Z, y) == fit_temperature(Z.tolist(), y.tolist())
    np.testing.assert_array_equal(Z, kept[0])
    np.testing.assert_array_equal(y, kept[1])


@pytest.mark.filterwarnings("error")
def test_a_huge_logit_of_the_true_class_changes_no_temperature():
    """A row that is right by far has no slope at any temperature: the others count."""
    Z = np.log([[9.0, 1.0]] * 4)
    expected = fit_temperature(Z, [0, 0, 0, 1])
    far = [[1.5e308, -1.5e308]]
    assert fit_temperature([*Z, *far], [0, 0, 0, 1, 0]) == pytest.approx(expected)
