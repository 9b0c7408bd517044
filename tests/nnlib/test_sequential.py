"""Sequential: its layers one after the other, and what it says of them."""

import copy
import pickle

import numpy as np
from networks import assert_refused, assert_same, batch, gradients, network, values

from nnlib import MSE, SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, fit
from nnlib.layers import Layer


def test_sequential_is_its_layers_one_after_the_other(rng):
    model, X = network([2, 4, 3], rng), rng.normal(size=(5, 2))
    first, relu, last = model.layers
    np.testing.assert_array_equal(model(X), last(relu(first(X))))
    dZ = rng.normal(size=(5, 3))
    expected = first.backward(relu.backward(last.backward(dZ)))
    np.testing.assert_array_equal(model.backward(dZ), expected)


def test_the_widths_are_those_of_the_first_and_the_last_layer_that_fix_one(rng):
    layers = [ReLU(), Dense(2, 5, rng), Dense(5, 3, rng), ReLU()]
    model = Sequential(layers=layers)
    layers.append(ReLU())  # the model keeps its own list
    assert len(model.layers) == 4
    assert (model.n_in, model.n_out, model.name) == (2, 3, "Sequential(2 -> 3)")
    assert model.parameters()["2.W"] == (layers[2].W, None)
    model = Sequential((ReLU(), ReLU()))
    assert (model.n_in, model.n_out, model.name) == (None, None, "Sequential")
    assert model.output_shape is None
    model(np.ones((4, 2)))
    assert model.output_shape == (4, 2)


def test_a_model_inside_a_model_has_the_same_gradients(rng):
    flat = network([3, 4, 5, 2], rng)
    nested = Sequential([Sequential(flat.layers[:3]), Sequential(flat.layers[3:])])
    X, y = batch(SoftmaxCrossEntropy, 6, 3, 2, rng)
    expected = gradients(flat, X, y, SoftmaxCrossEntropy())
    found = gradients(nested, X, y, SoftmaxCrossEntropy())
    assert list(found) == ["X", "0.0.W", "0.0.b", "0.2.W", "0.2.b", "1.1.W", "1.1.b"]
    assert_same(dict(zip(expected, found.values(), strict=True)), expected)


def test_a_model_prints_as_a_table_of_its_layers_however_deep(rng):
    inner = Sequential([Dense(2, 32, rng), ReLU()])
    model = Sequential([inner, Dense(32, 3, rng), Sequential([ReLU()])])
    assert repr(model).splitlines() == [
        "Sequential(2 -> 3), 195 parameters",
        "  Dense(2 -> 32)      96",
        "  ReLU()               0",
        "  Dense(32 -> 3)      99",
        "  ReLU()               0",
    ]


def test_a_model_looks_at_its_layers_when_it_is_called(rng):
    X, model = np.ones((5, 2)), network([2, 3, 1], rng)
    model.layers[2].W = np.ones((4, 1))
    says = "ValueError | layer 2, Dense(4 -> 1), expects 4 columns, got 3 from Dense(2 "
    assert_refused(lambda: model(X), says)
    model.layers[2].b = np.zeros(2)
    says = "ValueError | b must have shape (1, 1), got (2,)"
    assert_refused(lambda: Sequential([model])(X), says)


class Pair(Sequential):
    """A model as a reader may derive it: its arguments are two layers."""

    def __init__(self, first, second):
        super().__init__([first, second])


def test_a_model_of_one_s_own_may_take_several_arguments_and_be_copied(rng):
    X, inner = np.ones((4, 2)), Pair(Dense(2, 3, rng), Dense(3, 2, rng))
    model = Pair(inner, second=Dense(2, 1, rng))
    assert (model(X).shape, model.name) == ((4, 1), "Pair(2 -> 1)")
    plain = type("Plain", (Sequential,), {})
    says = "TypeError | expects a list of layers, got 3 arguments"
    assert_refused(lambda: plain(ReLU(), ReLU(), ReLU()), says)
    for original in (network([2, 4, 3], rng), model):
        for other in (copy.deepcopy(original), pickle.loads(pickle.dumps(original))):
            assert_same(values(other), values(original))
            np.testing.assert_array_equal(other(X), original(X))
            other.parameters().popitem()[1][0][:] += 9
            assert (other(X) != original(X)).any()


class Wider(Layer):
    """A layer of one's own that doubles the columns and does not say so."""

    def forward(self, X):
        return np.concatenate([X, X], axis=1)

    def backward(self, dA):
        return sum(np.split(dA, 2, axis=1))


def test_a_layer_of_ones_own_may_change_the_width(rng):
    model = Sequential([Dense(2, 4, rng), Wider(), ReLU(), Dense(8, 1, rng)])
    assert (model.n_in, model.n_out) == (2, 1)
    first = Sequential([Wider(), Dense(4, 1, rng), Wider()])
    assert (first.n_in, first.n_out) == (None, None)
    X, Y = rng.normal(size=(6, 2)), np.ones((6, 2))
    fit(first, X, Y, MSE(), SGD(0.01), 1, 3, rng)
