"""Dense, ReLU, and layers of the reader's own: what goes in, and what comes out."""

import numpy as np
import pytest
from networks import assert_refused, assert_same, batch, gradients, network

import nnlib
from nnlib import MSE, Dense, ReLU, Sequential, SoftmaxCrossEntropy, check_gradients
from nnlib.layers import Layer


def test_dense_by_hand(rng):
    layer = Dense(2, 2, rng)
    layer.W, layer.b = np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[10.0, 20.0]])
    assert layer([[5, 6], [7, 8]]).tolist() == [[33, 54], [41, 66]]
    dX = layer.backward([[1, 0], [10, 100]])
    assert layer.dW.tolist() == [[5 + 70, 700], [6 + 80, 800]]
    assert layer.db.tolist() == [[11, 100]]
    assert dX.tolist() == [[1, 3], [210, 430]]


def test_dense_starts_with_he_weights_and_no_bias():
    layer = Dense(200, 300, np.random.default_rng(1))
    assert layer.W.shape == (200, 300)
    assert layer.W.std() == pytest.approx(np.sqrt(2 / 200), rel=0.02)
    assert abs(layer.W.mean()) < 0.002
    assert (layer.b.shape, layer.b.any()) == ((1, 300), False)
    assert layer.dW is layer.db is None
    assert (layer.W[0] != layer.W[1]).all()


def test_relu_keeps_what_is_positive_and_its_slope_is_0_at_0():
    layer = ReLU()
    assert layer(np.array([[-2.0, 0.0, 3.0]])).tolist() == [[0, 0, 3]]
    assert layer.backward(np.array([[5.0, 6.0, 7.0]])).tolist() == [[0, 0, 7]]


def test_layers_take_lists_and_whole_numbers_and_change_no_input(rng):
    layer, X = network([2, 3, 2], rng), rng.normal(size=(4, 2))
    dZ = np.ones((4, 2), int)
    X.flags.writeable = dZ.flags.writeable = False
    np.testing.assert_array_equal(layer(X.tolist()), layer(X))
    assert layer.backward(dZ).dtype == layer.backward(dZ.tolist()).dtype == np.float64
    assert ReLU()(np.array([[True, False]])).tolist() == [[1, 0]]


def test_the_gradients_are_those_of_the_last_batch(rng):
    model, loss = network([2, 4, 3], rng), SoftmaxCrossEntropy()
    first, last = (batch(SoftmaxCrossEntropy, m, 2, 3, rng) for m in (8, 5))
    alone = gradients(model, *last, loss)
    model.backward(np.full((5, 3), np.nan))  # what a diverged training leaves
    gradients(model, *first, loss)
    assert_same(gradients(model, *last, loss), alone)


def test_layers_print_what_they_are_even_with_a_wrong_w(rng):
    layer = Dense(2, 32, rng)
    assert (repr(layer), repr(ReLU())) == ("Dense(2 -> 32)", "ReLU()")
    assert (layer.n_parameters, ReLU().n_parameters) == (96, 0)
    for W in (None, 2.0, np.ones(3), np.ones((2, 3, 4))):
        layer.W = W
        assert (repr(layer), layer.n_in, layer.n_out) == ("Dense()", None, None)
        assert "Dense()" in repr(Sequential([layer]))


# Layers as a reader writes them.


class Scale(Layer):
    """One number for all; its gradient is a number, too."""

    def __init__(self, a=3.0):
        self.a, self.da = np.array(a), None

    def forward(self, X):
        self.X = X
        return self.a * X

    def backward(self, dZ):
        self.da = (dZ * self.X).sum()
        return self.a * dZ

    def parameters(self):
        return {"a": (self.a, self.da)}


def own(name, forward, base=Layer):
    """Return a kind of layer with this forward alone, as a function of X."""
    return type(name, (base,), {"forward": lambda self, X: forward(X)})


Centre = own("Centre", lambda X: X - X.mean(axis=0))  # None has no mean
Forgets = own("Forgets", lambda X: None)  # as a forward without return


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_layer_of_one_s_own_works_anywhere_in_a_model(place, rng):
    layers = [Dense(2, 3, rng), Dense(3, 1, rng)]
    layers.insert(place, Scale())
    model, (X, Y) = Sequential(layers), batch(MSE, 5, 2, 1, rng)
    assert repr(layers[place]) == "Scale()"
    assert max(check_gradients(model, X, Y, MSE()).values()) < 1e-7
    history = nnlib.fit(model, X, Y, MSE(), nnlib.SGD(0.01), 50, 5, rng)
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize("after", [None, Centre, ReLU])
@pytest.mark.parametrize("place", [0, 1, 2, 3])
def test_a_layer_whose_forward_returns_nothing_is_named(place, after, rng):
    """First, between others, or last; before a layer that makes another error of it."""
    layers = [Dense(3, 3, rng), ReLU(), Dense(3, 3, rng)]
    layers[place:] = [Forgets(), *([after()] if after else []), *layers[place:]]
    model, (X, y) = Sequential(layers), batch(SoftmaxCrossEntropy, 6, 3, 3, rng)
    says = "TypeError | Forgets.forward must return an array of shape ({}, k), one row"
    says += " | got None | is its return missing?"
    loss, sgd = SoftmaxCrossEntropy(), nnlib.SGD(0.1)
    assert_refused(lambda: model(X), says.format(6))
    assert_refused(lambda: nnlib.fit(model, X, y, loss, sgd, 1, 4, rng), says.format(4))
    assert_refused(lambda: check_gradients(model, X, y, loss), says.format(6))


Row, Short = own("Row", lambda X: X.sum(axis=0)), own("Short", lambda X: X[1:])
Model = own("Model", lambda X: None, Sequential)


@pytest.mark.parametrize(
    ("model", "says"),
    [
        (Short(), "Short.forward | got shape (5, 3)"),
        (Sequential([ReLU(), Sequential([Row()])]), "Row.forward | got shape (3,)"),
        (Model([ReLU()]), "Model.forward | got None"),
    ],
)
def test_an_output_of_a_wrong_shape_is_refused(model, says):
    says = f"TypeError | {says} | must return an array of shape (6, k), one row per"
    assert_refused(lambda: model(np.ones((6, 3))), says)


@pytest.mark.parametrize("error", [AttributeError, KeyError])
def test_other_errors_of_a_layer_pass_and_are_told_once(error):
    def fail(X):
        raise error("it")

    with pytest.raises(error, match="it") as caught:
        Sequential([ReLU(), own("Broken", fail)()])(np.ones((6, 3)))
    assert caught.value.__context__ is None


def test_the_parameters_of_a_layer_of_one_s_own_are_looked_at():
    says = "TypeError | Scale: a must be an array of floats, got dtype"
    assert_refused(lambda: Scale([1, 2])(np.ones((4, 2))), says)
    model = Sequential([Scale([1.0, np.inf])])
    says = "ValueError | Scale: a must hold finite numbers, got NaN or inf"
    assert_refused(lambda: model(np.ones((4, 2))), says)
