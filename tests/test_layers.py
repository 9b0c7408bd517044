"""Layers and Sequential: what goes in, what comes out, and what they print."""

import numpy as np
import pytest
from networks import DTYPES, network

from nnlib import MSE, Dense, ReLU, Sequential, check_gradients
from nnlib.layers import Layer


def test_dense_is_a_weighted_sum_for_every_sample_and_neuron(rng):
    layer, X = Dense(3, 2, rng), rng.normal(size=(4, 3))
    layer.b = np.array([[10.0, 20.0]])
    Z = layer(X)
    assert Z.shape == (4, 2)
    for i in range(4):
        for j in range(2):
            z = sum(X[i, n] * layer.W[n, j] for n in range(3)) + layer.b[0, j]
            assert Z[i, j] == pytest.approx(z)


def test_dense_starts_with_he_weights_and_no_bias():
    layer = Dense(200, 300, np.random.default_rng(1))
    assert layer.W.shape == (200, 300)
    assert layer.W.std() == pytest.approx(np.sqrt(2 / 200), rel=0.02)
    assert abs(layer.W.mean()) < 0.002
    assert layer.b.shape == (1, 300)
    assert not layer.b.any()
    assert layer.dW is layer.db is None


def test_the_same_seed_gives_the_same_weights_and_the_next_layer_others():
    one, other = np.random.default_rng(7), np.random.default_rng(7)
    first = Dense(3, 3, one)
    np.testing.assert_array_equal(first.W, Dense(3, 3, other).W)
    assert (first.W != Dense(3, 3, one).W).all()


def test_dense_gradients_have_the_shapes_of_what_they_belong_to(rng):
    layer = Dense(3, 2, rng)
    layer(rng.normal(size=(5, 3)))
    assert layer.backward(np.ones((5, 2))).shape == (5, 3)
    assert layer.dW.shape == layer.W.shape
    assert layer.db.shape == layer.b.shape
    assert layer.db.tolist() == [[5, 5]]


def test_relu_keeps_what_is_positive():
    A = ReLU()(np.array([[-2.0, 0.0, 3.0]]))
    assert A.tolist() == [[0, 0, 3]]


def test_forward_does_not_change_its_input(rng):
    model, X = network([2, 3, 2], rng), rng.normal(size=(4, 2))
    kept = X.copy()
    model(X)
    model.backward(np.ones((4, 2)))
    np.testing.assert_array_equal(X, kept)


def test_sequential_is_its_layers_one_after_the_other(rng):
    model, X = network([2, 4, 3], rng), rng.normal(size=(5, 2))
    first, relu, last = model.layers
    np.testing.assert_array_equal(model(X), last(relu(first(X))))
    dZ = rng.normal(size=(5, 3))
    expected = first.backward(relu.backward(last.backward(dZ)))
    np.testing.assert_array_equal(model.backward(dZ), expected)


def test_sequential_counts_and_names_the_parameters(rng):
    model = Sequential([Dense(2, 32, rng), ReLU(), Dense(32, 3, rng)])
    assert model.n_parameters == 195
    assert list(model.parameters()) == ["0.W", "0.b", "2.W", "2.b"]
    assert model.parameters()["2.W"][0] is model.layers[2].W
    assert model.parameters()["2.W"][1] is None
    assert (model.n_in, model.n_out) == (2, 3)


def test_sequential_keeps_its_own_list(rng):
    layers = [Dense(2, 3, rng)]
    model = Sequential(layers)
    layers.append(ReLU())
    assert len(model.layers) == 1
    assert Sequential((ReLU(),)).layers


def test_whole_numbers_and_lists_are_taken_as_floats(rng):
    layer = Dense(2, 1, rng)
    assert layer([[1, 2]]).dtype == np.float64
    assert layer.backward([[1]]).dtype == np.float64
    assert ReLU()(np.array([[True, False]])).tolist() == [[1, 0]]


def test_backward_takes_its_gradient_by_name_too(rng):
    layer = Dense(2, 2, rng)
    layer(np.ones((1, 2)))
    dZ = np.array([[1.0, 2.0]])
    np.testing.assert_array_equal(layer.backward(dZ=dZ), layer.backward(dZ))
    with pytest.raises(TypeError, match="missing a required argument: 'dZ'"):
        layer.backward(dY=dZ)


def test_an_inner_gradient_of_another_kind_is_converted(rng):
    class Whole(ReLU):
        def backward(self, dA):
            return np.ones(self.Z.shape, dtype=int)

    model = Sequential([Dense(2, 2, rng), Whole()])
    model(np.ones((3, 2)))
    model.backward(np.ones((3, 2)))
    assert model.layers[0].dW.dtype == np.float64


def test_nan_stops_at_the_door_of_a_model_and_of_a_layer_alone(rng):
    for layer in (Dense(2, 2, rng), ReLU(), network([2, 3, 2], rng)):
        layer(np.ones((3, 2)))
        with pytest.raises(ValueError, match="NaN or inf"):
            layer.backward(np.full((3, 2), np.nan))


@pytest.mark.parametrize("dtype", DTYPES)
def test_the_dtype_stays(dtype, rng):
    model = network([2, 3, 2], rng, dtype)
    assert model(np.ones((4, 2), dtype)).dtype == dtype
    assert model.backward(np.ones((4, 2), dtype)).dtype == dtype
    for name, (P, dP) in model.parameters().items():
        assert (P.dtype, dP.dtype) == (dtype, dtype), name


@pytest.mark.parametrize("method", ["forward", "backward"])
def test_a_layer_of_your_own_says_what_it_lacks(method):
    class Unfinished(Layer):
        pass

    with pytest.raises(NotImplementedError, match=f"Unfinished has no {method}"):
        getattr(Unfinished(), method)(np.ones((1, 1)))


def test_layers_print_what_they_are(rng):
    assert repr(Dense(2, 32, rng)) == "Dense(2 -> 32)"
    assert repr(ReLU()) == "ReLU()"
    assert Sequential([ReLU()]).name == "Sequential"


def test_a_model_prints_as_a_table(rng):
    model = Sequential([Dense(2, 32, rng), ReLU(), Dense(32, 3, rng)])
    assert repr(model).splitlines() == [
        "Sequential(2 -> 3), 195 parameters",
        "  Dense(2 -> 32)      96",
        "  ReLU()               0",
        "  Dense(32 -> 3)      99",
    ]


def test_a_model_inside_a_model_is_indented_and_the_numbers_stay_in_line(rng):
    inner = Sequential([Dense(2, 32, rng), ReLU()])
    model = Sequential([inner, Dense(32, 3, rng), Sequential([ReLU()])])
    assert repr(model).splitlines() == [
        "Sequential(2 -> 3), 195 parameters",
        "  Sequential(2 -> 32), 96 parameters",
        "    Dense(2 -> 32)      96",
        "    ReLU()               0",
        "  Dense(32 -> 3)        99",
        "  Sequential, 0 parameters",
        "    ReLU()               0",
    ]


class Doubling(Layer):
    """A layer as a reader writes it: forward and backward, nothing else."""

    def forward(self, X):
        return 2 * X

    def backward(self, dZ):
        return 2 * dZ


@pytest.mark.parametrize("place", [0, 1, 2])
def test_a_layer_of_the_readers_own_works_anywhere_in_a_model(place, rng):
    layers = [Dense(2, 3, rng), Dense(3, 1, rng)]
    layers.insert(place, Doubling())
    model = Sequential(layers)
    assert repr(layers[place]) == "Doubling()"
    X, Y = rng.normal(size=(5, 2)), rng.normal(size=(5, 1))
    assert max(check_gradients(model, X, Y, MSE()).values()) < 1e-7


def test_a_layer_in_a_model_asks_its_own_backward_for_nan(rng):
    layer = Dense(2, 3, rng)
    model = Sequential([layer])
    model(np.ones((4, 2)))
    model.backward(np.ones((4, 3)))
    with pytest.raises(ValueError, match="dZ must hold finite numbers"):
        layer.backward(np.full((4, 3), np.nan))


def test_an_output_that_overflows_leaves_the_batch_before(rng):
    model = Sequential([Dense(2, 3, rng), ReLU(), Dense(3, 1, rng)])
    model.layers[0].W[:] = 2
    model(np.ones((4, 2)))
    with pytest.raises(ValueError, match="are inputs or weights huge"):
        model(np.full((2, 2), 1.7e308))
    assert model.backward(np.ones((4, 1))).shape == (4, 2)


def test_neighbours_that_no_longer_fit_are_named(rng):
    model = Sequential([Dense(2, 3, rng), ReLU(), Dense(3, 1, rng)])
    model.layers[2].W = np.ones((4, 1))
    with pytest.raises(ValueError, match=r"layer 2, .*4 columns, got 3 from Dense"):
        model(np.ones((5, 2)))


def test_a_gradient_that_is_not_finite_does_not_hinder_the_next_batch(rng):
    layer = Dense(2, 3, rng)
    layer(np.ones((4, 2)))
    layer.backward(np.ones((4, 3)))
    layer.dW[:] = np.nan  # what a diverged training leaves
    assert np.isfinite(layer(np.ones((4, 2)))).all()


@pytest.mark.parametrize("W", [None, [[1, 2]], np.ones(3), 2.0])
def test_a_layer_with_a_wrong_w_can_still_be_printed(W, rng):
    layer = Dense(2, 3, rng)
    layer.W = W
    assert repr(layer) == "Dense(None -> None)"
