"""The temperature: the best by other means, and what it must leave alone."""

import numpy as np
import pytest
from scipy.optimize import minimize_scalar

from nnlib import SoftmaxCrossEntropy, metrics, softmax
from nnlib.calibration import fit_temperature, temperature_slope


def overconfident(seed, m=400, n_classes=4):
    """Return logits and labels drawn from softmax(Z / 2.5)."""
    rng = np.random.default_rng(seed)
    Z = 5 * rng.normal(size=(m, n_classes))
    cumulated = softmax(Z / 2.5).cumsum(axis=1)
    return Z, (rng.random((m, 1)) > cumulated[:, :-1]).sum(axis=1)


@pytest.mark.parametrize("seed", range(5))
def test_the_temperature_is_the_one_that_scipy_finds_and_the_loss_is_flat_there(seed):
    Z, y = overconfident(seed)
    best = minimize_scalar(
        lambda log_T: SoftmaxCrossEntropy()(Z / np.exp(log_T), y),
        bounds=(-6, 6),
        options={"xatol": 1e-9},
    )
    T = fit_temperature(Z, y)
    assert pytest.approx(np.exp(best.x), rel=1e-6) == T
    assert temperature_slope(1 / T, Z, y) == pytest.approx(0, abs=1e-13)


def test_the_temperature_is_found_again_labels_stay_and_the_calibration_error_falls():
    Z, y = overconfident(0, m=100_000)
    T, error = fit_temperature(Z, y), metrics.expected_calibration_error
    assert pytest.approx(2.5, rel=0.02) == T
    assert (softmax(Z / T).argmax(axis=1) == Z.argmax(axis=1)).all()
    assert error(y, softmax(Z / T)) < error(y, softmax(Z)) / 2


@pytest.mark.parametrize("T", [0.0009, 0.0011, 0.01, 1, 2, 100, 999, 1001])
def test_temperatures_are_found_from_end_to_end_and_none_is_made_up_beyond(T):
    """At T each row says class 0 with 0.75 = 3 / (3 + 1), which is right in 3 of 4."""
    Z = T * np.log([[3.0, 1.0]] * 4)
    if 0.001 < T < 1000:
        found = fit_temperature(Z, [0, 0, 0, 1])
        assert (type(found), found) == (float, pytest.approx(T, rel=1e-12))
    else:
        with pytest.raises(ValueError, match="found no temperature"):
            fit_temperature(Z, [0, 0, 0, 1])


@pytest.mark.filterwarnings("error")
def test_narrow_logits_and_lists_will_do():
    Z, y = overconfident(0)
    Z = (20 * Z).astype(np.float16)  # 1000 times as large is beyond float16
    Z.flags.writeable = y.flags.writeable = False
    expected = fit_temperature(Z.astype(float), y)
    assert fit_temperature(Z, y) == fit_temperature(Z.tolist(), y.tolist()) == expected
