"""SGD, mini-batches and fit: what they do, what they keep, and how they stop."""

import tracemalloc
from functools import partial

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from networks import DTYPES, LOSSES, assert_refused, assert_same, batch, network, values
from sklearn.neural_network import MLPClassifier

from nnlib import MSE, SGD, Dense, ReLU, SoftmaxCrossEntropy, datasets, fit, minibatches
from nnlib.losses import Loss
from nnlib.training import mean_loss


def train(model, X, y, loss, learning_rate=0.1, **options):
    """Call fit with small numbers where the test does not care."""
    options = {"epochs": 3, "batch_size": 4, "rng": np.random.default_rng(5), **options}
    return fit(model, X, y, loss, SGD(learning_rate), **options)


def test_sgd_goes_a_step_against_the_gradient_in_place(rng):
    layer = Dense(2, 1, rng)
    layer.W = layer.W.astype(np.float32)
    W, b, before = layer.W, layer.b, values(layer)
    layer(np.array([[1.0, 2.0]]))
    layer.backward(np.array([[10.0]]))
    assert SGD(0.1).step(layer) is SGD(0.1).step(ReLU()) is None
    assert (layer.W is W, layer.b is b, W.dtype) == (True, True, np.float32)
    np.testing.assert_allclose(before["W"] - W, [[1], [2]], rtol=1e-6)
    np.testing.assert_allclose(before["b"] - b, [[1]])
    assert repr(SGD(learning_rate=np.float32(0.5))) == "SGD(learning_rate=0.5)"


@given(m=st.integers(1, 40), batch_size=st.integers(1, 50), seed=st.integers(0, 99))
def test_batches_are_a_permutation(m, batch_size, seed):
    X, rng = np.arange(2 * m).reshape(m, 2), np.random.default_rng(seed)
    X_batches, y_batches = zip(*minibatches(X, X[:, 0], batch_size, rng), strict=True)
    full, rest = divmod(m, batch_size)
    assert [len(y) for y in y_batches] == full * [batch_size] + [rest] * (rest > 0)
    order = np.concatenate(y_batches) // 2
    assert sorted(order) == list(range(m))
    np.testing.assert_array_equal(np.concatenate(X_batches), X[order])


def test_batches_are_shuffled_anew_and_copied(rng):
    X, y = np.zeros((100, 1)), np.arange(100)
    (_, first), (_, second) = (next(minibatches(X, y, 100, rng)) for _ in range(2))
    assert (first != y).any()
    assert (first != second).any()
    next(minibatches(X, y, 100, rng))[0][:] = 1
    assert not X.any()
    assert next(minibatches([[1]], [2], 1, rng)) == ([[1]], [2])


# fit.


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_loss_falls_and_the_dtype_stays(loss, dtype, rng):
    model = network([2, 8, 3], rng, dtype)
    X, y = batch(loss, 30, 2, 3, rng, dtype)
    y = y.astype(np.float64) if loss is MSE else y
    history = train(model, X, y, loss(), 0.02, epochs=20, validation=(X, y))
    assert history.keys() == {"loss", "validation_loss"}
    for losses in history.values():
        assert len(losses) == 20
        assert all(type(value) is float for value in losses)
        assert losses[-1] < 0.9 * losses[0]
    for name, (P, dP) in model.parameters().items():
        assert (P.dtype, dP.dtype) == (dtype, dtype), name


def test_the_history_is_the_mean_over_samples_also_with_a_short_last_batch(rng):
    """With a step too small to matter, every batch meets the same weights."""
    model, calls = network([2, 4, 3], rng), []
    X, y = batch(SoftmaxCrossEntropy, 10, 2, 3, rng)
    loss = SoftmaxCrossEntropy()
    expected = pytest.approx(loss(model(X), y))
    on_epoch = {"on_epoch": lambda *call: calls.append(call)}
    assert train(model, X, y, loss, 1e-12, **on_epoch) == {"loss": [expected] * 3}
    assert calls == [(1, model), (2, model), (3, model)]
    for batch_size in (1, 3, 10, 100):
        assert mean_loss(model, X, y, loss, batch_size) == expected


def test_the_validation_loss_is_measured_after_the_epoch_and_trains_nothing(rng):
    model, other = (network([2, 4, 3], np.random.default_rng(1)) for _ in range(2))
    X, y = batch(SoftmaxCrossEntropy, 10, 2, 3, rng)
    X_held, y_held = batch(SoftmaxCrossEntropy, 7, 2, 3, rng)
    loss, measured = SoftmaxCrossEntropy(), []

    def measure(epoch, model):
        measured.append(SoftmaxCrossEntropy()(model(X_held), y_held))

    validation = [X_held.tolist(), y_held.tolist()]
    history = train(model, X, y, loss, validation=validation, on_epoch=measure)
    assert history["validation_loss"] == pytest.approx(measured)
    assert train(other, X, y, SoftmaxCrossEntropy())["loss"] == history["loss"]
    assert_same(values(other), values(model))


def test_fit_holds_no_second_array_as_large_as_the_data(rng):
    """Beside the shuffled order, 8 bytes a sample, it needs a batch or two."""
    X, y = batch(SoftmaxCrossEntropy, 20_000, 50, 3, rng)
    model, loss = network([50, 4, 3], rng), SoftmaxCrossEntropy()
    train(model, X[:10], y[:10], loss)  # loads what is loaded on first use
    tracemalloc.start()
    train(model, X, y, loss, 0.001, epochs=1, batch_size=100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * len(X) + 3 * X[:100].nbytes < X.nbytes / 10


def test_a_refused_fit_leaves_model_and_loss_at_their_last_batch(rng):
    model, loss, (X, Y) = network([2, 3], rng), MSE(), batch(MSE, 6, 2, 3, rng)
    loss(model(X), Y)
    gradient = loss.backward()
    dX, right, wrong = model.backward(gradient), (X[:5], Y[:5]), (X[:5], Y[:5, :2])
    for data, held in [(wrong, None), (right, wrong)]:
        says = "ValueError | MSE expects a target of shape (5, 3) | got (5, 2)"
        assert_refused(partial(train, model, *data, loss, validation=held), says)
        np.testing.assert_array_equal(loss.backward(), gradient)
        np.testing.assert_array_equal(model.backward(gradient), dX)


# Against others.


def test_linear_regression_reaches_least_squares(rng):
    X = rng.normal(size=(50, 3))
    Y = X @ [[1.0], [-2.0], [3.0]] + 4 + 0.5 * rng.normal(size=(50, 1))
    layer = Dense(3, 1, rng)
    train(layer, X, Y, MSE(), epochs=500, batch_size=50)
    best, *_ = np.linalg.lstsq(np.column_stack([X, np.ones(50)]), Y, rcond=None)
    np.testing.assert_allclose(np.vstack([layer.W, layer.b]), best, atol=1e-12)


class InOrder(np.random.Generator):
    """A generator that shuffles nothing."""

    def permutation(self, m):
        return np.arange(m)


@pytest.mark.parametrize("batch_size", [90, 32])
def test_100_epochs_agree_with_scikit_learn(batch_size, rng):
    X, y = datasets.spiral(30, 3, 0.2, rng)
    model, loss = network([2, 16, 3], rng), SoftmaxCrossEntropy()
    plain = {"alpha": 0, "momentum": 0, "nesterovs_momentum": False, "shuffle": False}
    other = MLPClassifier(
        (16,), solver="sgd", learning_rate_init=0.1, batch_size=batch_size, **plain
    )
    other.partial_fit(X, y, classes=range(3))  # makes the arrays that are set below
    theirs = [*zip(other.coefs_, other.intercepts_, strict=True)]
    for mine, (W, b) in zip(model.layers[::2], theirs, strict=True):
        W[...], b[...] = mine.W, mine.b[0]
    options = {"epochs": 100, "rng": InOrder(np.random.PCG64(0))}
    history = train(model, X, y, loss, batch_size=batch_size, **options)
    for _ in range(100):
        other.partial_fit(X, y)
    for mine, (W, b) in zip(model.layers[::2], theirs, strict=True):
        np.testing.assert_allclose(mine.W, W, rtol=0, atol=1e-10)
        np.testing.assert_allclose(mine.b[0], b, rtol=0, atol=1e-10)
    assert history["loss"][-1] == pytest.approx(other.loss_, abs=1e-10)


@pytest.mark.parametrize("loss", LOSSES)
def test_100_steps_agree_with_pytorch(loss, rng):
    torch = pytest.importorskip("torch")
    other_loss = torch.nn.CrossEntropyLoss()
    if loss is MSE:
        other_loss = lambda Y_hat, Y: ((Y_hat - Y) ** 2).sum(dim=1).mean()  # noqa: E731
    model, (X, target) = network([2, 32, 3], rng), batch(loss, 96, 2, 3, rng)
    X_there, target_there = torch.tensor(X), torch.tensor(target)
    there = [torch.tensor(P, requires_grad=True) for P in values(model).values()]
    descent, measure = torch.optim.SGD(there, lr=0.05), loss()
    for _ in range(100):
        rows = rng.choice(96, size=32, replace=False)
        value = measure(model(X[rows]), target[rows])
        model.backward(measure.backward())
        SGD(0.05).step(model)
        descent.zero_grad()
        W1, b1, W2, b2 = there
        Z = torch.relu(X_there[rows] @ W1 + b1) @ W2 + b2
        other_value = other_loss(Z, target_there[rows])
        other_value.backward()
        descent.step()
        assert value == pytest.approx(other_value.item(), abs=1e-10)
    for (P, _), P_there in zip(model.parameters().values(), there, strict=True):
        np.testing.assert_allclose(P, P_there.detach(), rtol=0, atol=1e-10)


# Divergence, and other errors.


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.filterwarnings("error")
def test_a_diverging_fit_gives_the_weights_back(loss, dtype, validated, rng):
    model, (X, y) = network([2, 8, 3], rng, dtype), batch(loss, 12, 2, 3, rng, dtype)
    before, seen = values(model), []
    rate = 1e30 if dtype == np.float32 else 1e200
    options = {"on_epoch": lambda epoch, _: seen.append(epoch), "epochs": 50}
    options["validation"] = (X, y) if validated else None
    with np.errstate(all="raise"), pytest.raises(FloatingPointError) as caught:
        train(model, X, y, loss(), rate, **options)
    message = str(caught.value)
    assert f"training diverged in epoch {len(seen) + 1}: the loss is" in message
    assert f"rate: {rate:g} is too large here, try {rate / 10:g}. If" in message
    assert "scale the inputs down" in message
    assert_same(values(model), before)


class Calm(Loss):
    """The loss says 1 whatever happens; its gradient is large."""

    def forward(self, prediction, target):
        self.shape = prediction.shape
        return 1.0

    def backward(self):
        return np.full(self.shape, 1e108)


def test_a_weight_that_overflows_in_the_last_step_is_seen(rng):
    """Its gradient is 1e308, and the loss tells nothing.  The others are finite."""
    layer, problem = Dense(2, 1, rng), ([[1e200, 1.0]], [[0.0]], Calm(), 0.6)
    before, says = values(layer), "diverged in epoch 3: the loss is nan"
    with pytest.raises(FloatingPointError, match=says):
        train(layer, *problem)
    assert_same(values(layer), before)
    train(layer, *problem, epochs=2)


def test_on_epoch_that_meets_the_nan_first_finds_the_weights_given_back(rng):
    model, (X, Y) = network([2, 3], rng), batch(MSE, 8, 2, 3, rng)
    before, says = values(model), "W must hold finite numbers, .* did training diverge"
    with pytest.raises(ValueError, match=says):
        train(model, X, Y, MSE(), 1e308, batch_size=8, on_epoch=lambda _, m: m(X))
    assert_same(values(model), before)


@pytest.mark.parametrize("error", [ZeroDivisionError, KeyboardInterrupt])
def test_an_error_of_on_epoch_or_an_interrupt_keeps_what_was_learned(error, rng):
    def fail(epoch, model):
        raise error

    model, (X, Y) = network([2, 1], rng), batch(MSE, 5, 2, 1, rng)
    before = values(model)
    with pytest.raises(error):
        train(model, X, Y, MSE(), 0.01, on_epoch=fail)
    assert (values(model)["0.W"] != before["0.W"]).any()


class Renewing:
    """An optimizer of one's own: it has no rate, and binds the parameters anew."""

    def __init__(self, rate):
        self.rate = rate

    def step(self, model):
        for layer in model.layers[::2]:
            layer.W = layer.W - self.rate * layer.dW


def test_an_optimizer_of_one_s_own_needs_only_step_and_may_bind_parameters_anew(rng):
    model, (X, Y) = network([3, 4, 2], rng), batch(MSE, 8, 3, 2, rng)
    before = values(model)
    fit(model, X, Y, MSE(), Renewing(0.01), 2, 4, rng)
    trained = values(model)
    assert (trained["0.W"] != before["0.W"]).any()
    with pytest.raises(FloatingPointError, match=r"Use a smaller learning rate\. If"):
        fit(model, X, Y, MSE(), Renewing(1e200), 5, 4, rng)
    assert_same(values(model), trained)
