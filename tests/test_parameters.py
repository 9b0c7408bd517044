"""Parameters set by hand are looked at before a model is used."""

import numpy as np
import pytest

from nnlib import MSE, SGD, Dense, ReLU, Sequential, check_gradients, fit
from nnlib.gradient_check import numerical_gradient
from nnlib.layers import Layer

WRONG = {
    "a flat b": ("b", np.zeros(2), ValueError, r"must have shape \(1, 2\), got \(2,\)"),
    "a column b": ("b", np.zeros((2, 1)), ValueError, r"got \(2, 1\)"),
    "a number for b": ("b", 0.0, TypeError, "array of floats, got float"),
    "whole numbers": ("b", np.zeros((1, 2), int), TypeError, "got dtype int"),
    "a list": ("W", [[1.0, 2.0]] * 3, TypeError, "got list"),
    "a flat W": ("W", np.ones(3), ValueError, "W is \\(n, k\\)"),
    "NaN": ("W", np.full((3, 2), np.nan), ValueError, "NaN or inf"),
}
X, Y = np.ones((2, 3)), np.zeros((2, 2))
USES = {
    "layer": lambda layer, rng: layer(X),
    "model": lambda layer, rng: Sequential([layer, ReLU()])(X),
    "fit": lambda layer, rng: fit(layer, X, Y, MSE(), SGD(0.1), 1, 2, rng),
    "check": lambda layer, rng: check_gradients(layer, X, Y, MSE()),
}


@pytest.mark.parametrize("use", ["layer", "fit", "check"])
@pytest.mark.parametrize("wrong", WRONG)
def test_a_wrong_parameter_stops_at_the_door(wrong, use, rng):
    name, value, error, message = WRONG[wrong]
    layer = Dense(3, 2, rng)
    other = "W" if name == "b" else "b"
    before = getattr(layer, other).copy()
    setattr(layer, name, value)
    with pytest.raises(error, match=message):
        USES[use](layer, rng)
    np.testing.assert_array_equal(getattr(layer, other), before)


def test_a_model_looks_at_its_layers_and_a_layer_of_the_readers_own_is_looked_at(rng):
    class Scale(Layer):
        factor = np.array([1, 2])

        def parameters(self):
            return {"factor": (self.factor, None)}

    layer = Dense(3, 2, rng)
    layer.b = np.zeros(2)
    with pytest.raises(ValueError, match="Dense: b must have shape"):
        USES["model"](layer, rng)
    with pytest.raises(TypeError, match="Scale: factor must be an array of floats"):
        Scale()(X)


def test_a_layer_must_not_stand_in_a_model_twice_not_even_nested(rng):
    layer = Dense(2, 2, rng)
    with pytest.raises(ValueError, match="must not stand in the list twice"):
        Sequential([Sequential([layer]), layer])


def test_a_numerical_gradient_needs_a_function_and_float64():
    with pytest.raises(TypeError, match="got dtype int"):
        numerical_gradient(lambda: 0.0, np.array([1, 2]))
    with pytest.raises(TypeError, match="got dtype float32"):
        numerical_gradient(lambda: 0.0, np.ones(2, np.float32))
    with pytest.raises(TypeError, match="got list"):
        numerical_gradient(lambda: 0.0, [1.0])
    with pytest.raises(TypeError, match="must be a function"):
        numerical_gradient(1.0, np.ones(2))
    for step in (0, -1e-5, np.nan):
        with pytest.raises(ValueError, match=r"step must be a finite number above 0"):
            numerical_gradient(lambda: 0.0, np.ones(2), step)


def test_a_numerical_gradient_puts_the_parameter_back_even_after_an_exception():
    P = np.ones(2)

    def fails_once_nudged():
        return 1 / int(P[0] == 1)

    with pytest.raises(ZeroDivisionError):
        numerical_gradient(fails_once_nudged, P)
    np.testing.assert_array_equal(P, 1)
