"""Every gradient is right: against central differences, on networks drawn at random."""

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st
from networks import LOSSES, assert_same, batch, gradients, network
from scipy.special import log_softmax

from nnlib import MSE, Dense, ReLU, Sequential, SoftmaxCrossEntropy, check_gradients
from nnlib.gradient_check import relative_error

BOUND = 1e-7
seeds = st.integers(0, 2**32 - 1)
sizes = st.integers(1, 7)


def slopes(f, P, h=1e-5):
    """Return df/dP by central differences of a function of P; P is never changed."""
    dP = np.empty(P.size)
    for i in range(P.size):
        nudge = np.zeros(P.size)
        nudge[i] = h
        nudge = nudge.reshape(P.shape)
        dP[i] = (f(P + nudge) - f(P - nudge)) / (2 * h)
    return dP.reshape(P.shape)


def plain_loss(loss, X, parameters, target):
    """Return the loss of a whole network, written down again without nnlib."""
    *hidden, (W, b) = parameters
    for V, c in hidden:
        X = np.clip(np.einsum("ij,jk->ik", X, V) + c, 0, None)
    out = np.einsum("ij,jk->ik", X, W) + b
    if loss is MSE:
        return np.square(out - target).sum(axis=1).mean()
    return -np.mean(
        [row[c] for row, c in zip(log_softmax(out, 1), target, strict=True)]
    )


def distance_to_kink(model):
    """Return the smallest |Z| that a ReLU of the model has met in the last batch."""
    relus = [layer for layer in model.layers if isinstance(layer, ReLU)]
    return min((np.abs(relu.Z).min() for relu in relus), default=np.inf)


@st.composite
def trained_batches(draw, loss):
    """Draw a network of any depth and a batch; no ReLU near its kink, no gradient 0."""
    depth = draw(st.integers(1, 4))
    widths = [draw(sizes) for _ in range(depth + 1)]
    widths[-1] += 1  # softmax over one class has no gradient
    m, rng = draw(st.integers(1, 9)), np.random.default_rng(draw(seeds))
    model = network(widths, rng)
    X, target = batch(loss, m, widths[0], widths[-1], rng)
    found = gradients(model, X, target, loss())
    assume(distance_to_kink(model) > 1e-3)
    assume(all(np.linalg.norm(dP) > 1e-2 for dP in found.values()))
    return model, X, target


@pytest.mark.parametrize("loss", LOSSES)
@settings(max_examples=100)
@given(data=st.data())
def test_whole_networks_pass_check_gradients(loss, data):
    model, X, target = data.draw(trained_batches(loss))
    errors = check_gradients(model, X, target, loss())
    assert errors.keys() == {"X", *model.parameters()}
    assert max(errors.values()) < BOUND


@pytest.mark.parametrize("loss", LOSSES)
@settings(max_examples=100)
@given(data=st.data())
def test_whole_networks_agree_with_a_second_implementation(loss, data):
    model, X, target = data.draw(trained_batches(loss))
    found = gradients(model, X, target, loss())
    dense = [layer for layer in model.layers if isinstance(layer, Dense)]

    def loss_at(P, place):
        parts = [X, *(P for layer in dense for P in (layer.W, layer.b))]
        parts[place] = P
        pairs = list(zip(parts[1::2], parts[2::2], strict=True))
        return plain_loss(loss, parts[0], pairs, target)

    parts = [X, *(P for layer in dense for P in (layer.W, layer.b))]
    for place, (P, dP) in enumerate(zip(parts, found.values(), strict=True)):
        measured = slopes(lambda Q, place=place: loss_at(Q, place), P)
        assert relative_error(dP, measured) < BOUND


@given(m=sizes, n=sizes, k=sizes, seed=seeds)
def test_dense_sums_over_the_batch(m, n, k, seed):
    """With L = sum of dZ * Z, dL/dZ is dZ, so the layer's own gradients stand alone."""
    rng = np.random.default_rng(seed)
    layer, X, dZ = Dense(n, k, rng), rng.normal(size=(m, n)), rng.normal(size=(m, k))
    layer(X)
    dX = layer.backward(dZ)
    for dP, measured in [
        (dX, slopes(lambda X: (dZ * (X @ layer.W + layer.b)).sum(), X)),
        (layer.dW, slopes(lambda W: (dZ * (X @ W + layer.b)).sum(), layer.W)),
        (layer.db, slopes(lambda b: (dZ * (X @ layer.W + b)).sum(), layer.b)),
    ]:
        assert relative_error(dP, measured) < BOUND


@given(m=sizes, k=sizes, seed=seeds)
def test_relu_passes_the_gradient_where_z_is_positive(m, k, seed):
    rng = np.random.default_rng(seed)
    layer, Z, dA = ReLU(), rng.normal(size=(m, k)), rng.normal(size=(m, k))
    assume(np.abs(Z).min() > 1e-3)
    assume((Z > 0).any())
    layer(Z)
    measured = slopes(lambda Z: (dA * np.clip(Z, 0, None)).sum(), Z)
    assert relative_error(layer.backward(dA), measured) < BOUND


def test_relu_has_slope_0_at_0():
    layer = ReLU()
    layer(np.array([[-1.0, 0.0, 1.0]]))
    assert layer.backward(np.ones((1, 3))).tolist() == [[0, 0, 1]]


@pytest.mark.parametrize("loss", LOSSES)
@given(m=sizes, k=st.integers(2, 7), seed=seeds)
def test_losses_give_the_slope_of_their_value(loss, m, k, seed):
    rng = np.random.default_rng(seed)
    Z, target = batch(loss, m, k, k, rng)
    measure = loss()
    measure(Z, target)
    found = measure.backward()
    assert relative_error(found, slopes(lambda Z: loss()(Z, target), Z)) < BOUND


@pytest.mark.parametrize("loss", LOSSES)
@given(data=st.data())
def test_a_batch_repeated_twice_has_the_same_gradients(loss, data):
    model, X, target = data.draw(trained_batches(loss))
    once = gradients(model, X, target, loss())
    twice = gradients(
        model, np.concatenate([X, X]), np.concatenate([target, target]), loss()
    )
    dX, dX_twice = once.pop("X"), twice.pop("X")
    assert_same(twice, once, rtol=1e-12, atol=1e-12)
    np.testing.assert_allclose(dX_twice, np.concatenate([dX, dX]) / 2, rtol=1e-12)


class TwiceDivided(Dense):
    """The usual mistake: 1/m in the layer, although the loss has it already."""

    def backward(self, dZ):
        dX = super().backward(dZ)
        self.dW, self.db = self.dW / len(dZ), self.db / len(dZ)
        return dX


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("m", [2, 5, 64])
def test_1_over_m_twice_is_wrong_by_exactly_m(loss, m, rng):
    X, target = batch(loss, m, 3, 2, rng)
    layer, right = TwiceDivided(3, 2, rng), Dense(3, 2, rng)
    layer.W, layer.b = right.W, right.b
    found = gradients(layer, X, target, loss())
    expected = gradients(right, X, target, loss())
    for name in ("W", "b"):
        np.testing.assert_allclose(m * found[name], expected[name], rtol=1e-14)
    error = check_gradients(layer, X, target, loss())
    assert error["W"] == pytest.approx(1 - 1 / m)
    assert error["b"] == pytest.approx(1 - 1 / m)
    assert error["X"] < BOUND


def test_a_model_inside_a_model_has_the_same_gradients(rng):
    flat = network([3, 4, 5, 2], rng)
    nested = Sequential([Sequential(flat.layers[:3]), Sequential(flat.layers[3:])])
    X, y = batch(SoftmaxCrossEntropy, 6, 3, 2, rng)
    expected = gradients(flat, X, y, SoftmaxCrossEntropy())
    found = gradients(nested, X, y, SoftmaxCrossEntropy())
    assert list(found) == ["X", "0.0.W", "0.0.b", "0.2.W", "0.2.b", "1.1.W", "1.1.b"]
    assert_same(dict(zip(expected, found.values(), strict=True)), expected)


def test_the_gradients_are_those_of_the_last_batch(rng):
    model = network([2, 4, 3], rng)
    first, last = (batch(SoftmaxCrossEntropy, m, 2, 3, rng) for m in (8, 5))
    alone = gradients(model, *last, SoftmaxCrossEntropy())
    gradients(model, *first, SoftmaxCrossEntropy())
    assert_same(gradients(model, *last, SoftmaxCrossEntropy()), alone)
