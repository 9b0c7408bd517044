"""SGD, mini-batches and fit: what they do, what they keep, and how they stop."""

import _thread
import copy
import gc
import inspect
import tracemalloc
from contextvars import ContextVar
from functools import partial

import numpy as np
import pytest
from networks import DTYPES, LOSSES, assert_same, batch, network, values
from sklearn.neural_network import MLPClassifier

from nnlib import (
    MSE,
    SGD,
    Dense,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    datasets,
    fit,
    minibatches,
    one_hot,
)
from nnlib._checks import EVERYTHING, parts_inside
from nnlib.layers import Layer
from nnlib.losses import Loss
from nnlib.training import mean_loss


def train(model, X, y, loss, learning_rate=0.1, **options):
    """Call fit with small numbers where the test does not care."""
    options = {"epochs": 3, "batch_size": 4, "rng": np.random.default_rng(5), **options}
    return fit(model, X, y, loss, SGD(learning_rate), **options)


# SGD ---------------------------------------------------------------------------


def test_sgd_goes_a_step_against_the_gradient_in_place(rng):
    layer = Dense(2, 1, rng)
    W, b, before = layer.W, layer.b, values(layer)
    layer(np.array([[1.0, 2.0]]))
    layer.backward(np.array([[10.0]]))
    SGD(0.1).step(layer)
    assert layer.W is W
    assert layer.b is b
    np.testing.assert_allclose(before["W"] - W, [[1], [2]])
    np.testing.assert_allclose(before["b"] - b, [[1]])


def test_sgd_prints_its_learning_rate():
    assert repr(SGD(0.1)) == "SGD(learning_rate=0.1)"
    assert repr(SGD(learning_rate=np.float32(0.5))) == "SGD(learning_rate=0.5)"


# minibatches -------------------------------------------------------------------


@pytest.mark.parametrize("batch_size", [1, 3, 4, 10, 11, 1000])
def test_every_sample_comes_once_with_its_own_target(batch_size, rng):
    X, y = np.arange(20).reshape(10, 2), np.arange(10)
    batches = list(minibatches(X, y, batch_size, rng))
    sizes = [len(y_batch) for _, y_batch in batches]
    assert sizes[:-1] == [batch_size] * (10 // batch_size - (10 % batch_size == 0))
    assert sum(sizes) == 10
    assert sorted(np.concatenate([y_batch for _, y_batch in batches])) == list(
        range(10)
    )
    for X_batch, y_batch in batches:
        np.testing.assert_array_equal(X_batch, X[y_batch])


def test_batches_are_shuffled_anew_and_copied(rng):
    X, y = np.zeros((100, 1)), np.arange(100)
    (_, first), (_, second) = (next(minibatches(X, y, 100, rng)) for _ in range(2))
    assert (first != y).any()
    assert (first != second).any()
    next(minibatches(X, y, 100, rng))[0][:] = 1
    assert not X.any()


def test_minibatches_reports_a_wrong_argument_when_it_is_called(rng):
    with pytest.raises(ValueError, match="batch_size must be at least 1"):
        minibatches(np.zeros((3, 1)), np.zeros(3), 0, rng)


# fit ---------------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
def test_the_loss_falls_and_the_dtype_stays(loss, dtype, rng):
    model = network([2, 8, 3], rng, dtype)
    X, y = batch(loss, 30, 2, 3, rng, dtype)
    history = train(model, X, y, loss(), 0.02, epochs=20, validation=(X, y))
    assert history.keys() == {"loss", "validation_loss"}
    for losses in history.values():
        assert len(losses) == 20
        assert all(type(value) is float for value in losses)
        assert losses[-1] < 0.9 * losses[0]
    for name, (P, dP) in model.parameters().items():
        assert (P.dtype, dP.dtype) == (dtype, dtype), name


def test_the_history_has_validation_only_if_asked(rng):
    X, y = batch(MSE, 5, 2, 1, rng)
    assert list(train(network([2, 1], rng), X, y, MSE())) == ["loss"]


def test_the_history_is_the_mean_over_samples_also_with_a_short_last_batch(rng):
    """With a step too small to matter, every batch meets the same weights."""
    model = network([2, 4, 3], rng)
    X, y = batch(SoftmaxCrossEntropy, 10, 2, 3, rng)
    expected = SoftmaxCrossEntropy()(model(X), y)
    history = train(model, X, y, SoftmaxCrossEntropy(), 1e-12, batch_size=4)
    assert history["loss"] == pytest.approx([expected] * 3)


def test_the_validation_loss_is_measured_after_the_epoch_and_trains_nothing(rng):
    model, other = (network([2, 4, 3], np.random.default_rng(1)) for _ in range(2))
    X, y = batch(SoftmaxCrossEntropy, 10, 2, 3, rng)
    held_out = batch(SoftmaxCrossEntropy, 7, 2, 3, rng)
    measured = []

    def measure(epoch, model):
        measured.append(SoftmaxCrossEntropy()(model(held_out[0]), held_out[1]))

    history = train(
        model, X, y, SoftmaxCrossEntropy(), validation=held_out, on_epoch=measure
    )
    assert history["validation_loss"] == pytest.approx(measured)
    assert train(other, X, y, SoftmaxCrossEntropy())["loss"] == history["loss"]
    assert_same(values(other), values(model))


@pytest.mark.parametrize("batch_size", [1, 3, 7, 100])
def test_mean_loss_does_not_depend_on_the_batches(batch_size, rng):
    model = network([2, 3], rng)
    X, y = batch(SoftmaxCrossEntropy, 7, 2, 3, rng)
    found = mean_loss(model, X, y, SoftmaxCrossEntropy(), batch_size)
    assert found == pytest.approx(SoftmaxCrossEntropy()(model(X), y))


def test_on_epoch_is_called_after_each_epoch_counted_from_1(rng):
    model, calls = network([2, 1], rng), []
    X, y = batch(MSE, 5, 2, 1, rng)
    train(model, X, y, MSE(), on_epoch=lambda *call: calls.append(call), epochs=4)
    assert calls == [(1, model), (2, model), (3, model), (4, model)]


def test_batches_from_m_upwards_are_one_step_with_all_samples(rng):
    X, y = batch(MSE, 6, 2, 1, rng)
    steps = []
    for batch_size in (6, 1000):
        model = network([2, 1], np.random.default_rng(1))
        train(model, X, y, MSE(), epochs=1, batch_size=batch_size)
        steps.append(values(model))
    assert_same(steps[0], steps[1])
    model = network([2, 1], np.random.default_rng(1))
    loss = MSE()
    loss(model(X), y)
    model.backward(loss.backward())
    SGD(0.1).step(model)
    assert_same(values(model), steps[0], rtol=1e-12)


def test_the_same_rng_gives_the_same_training(rng):
    X, y = batch(SoftmaxCrossEntropy, 20, 2, 3, rng)
    runs = []
    for seed in (5, 5, 6):
        model = network([2, 3], np.random.default_rng(1))
        generator = np.random.default_rng(seed)
        runs.append(train(model, X, y, SoftmaxCrossEntropy(), rng=generator)["loss"])
    assert runs[0] == runs[1] != runs[2]


def test_a_single_layer_can_be_trained_on_lists(rng):
    layer = Dense(1, 1, rng)
    history = train(layer, [[0], [1], [2]], [[1], [3], [5]], MSE(), epochs=200)
    assert history["loss"][-1] < 1e-3


def test_an_optimizer_of_your_own_needs_only_step(rng):
    class Still:
        def step(self, model):
            pass

    model, (X, y) = network([2, 1], rng), batch(MSE, 5, 2, 1, rng)
    before = values(model)
    fit(model, X, y, MSE(), Still(), epochs=2, batch_size=2, rng=rng)
    assert_same(values(model), before)
    model.parameters()["0.W"][0][...] = 1e200
    with pytest.raises(FloatingPointError, match=r"Use a smaller learning rate\. If"):
        fit(model, X, y, MSE(), Still(), epochs=2, batch_size=2, rng=rng)


@pytest.mark.parametrize("validated", [False, True])
def test_the_doors_of_fit_do_not_change_what_its_loop_computes(validated, rng):
    """The loop without them, as lesson 04 shows it, gives the same numbers."""
    X, y = batch(SoftmaxCrossEntropy, 10, 2, 3, rng)
    options = {"validation": (X, y) if validated else None, "on_epoch": None}
    runs = []
    for loop in (fit, inspect.unwrap(fit)):
        model, shuffle = network([2, 3], np.random.default_rng(1)), copy.deepcopy(rng)
        loss, optimizer = SoftmaxCrossEntropy(), SGD(0.1)
        runs.append(loop(model, X, y, loss, optimizer, 3, 4, shuffle, **options))
        runs.append(values(model))
    assert runs[0] == runs[2]
    assert_same(runs[1], runs[3])


@pytest.mark.parametrize("loss", LOSSES)
def test_fit_holds_no_second_array_as_large_as_the_data(loss, rng):
    """Beside the shuffled order, 8 bytes a sample, it needs a batch or two."""
    X, y = batch(loss, 20_000, 50, 3, rng)
    model = network([50, 4, 3], rng)
    train(model, X[:10], y[:10], loss())  # loads what is loaded on first use
    tracemalloc.start()
    train(model, X, y, loss(), 0.001, epochs=1, batch_size=100)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 * len(X) + 3 * X[:100].nbytes < X.nbytes / 10


def test_all_doors_stand_open_only_where_no_code_of_the_readers_takes_part(
    monkeypatch, rng
):
    seen = []

    class Watching(np.random.Generator):
        def permutation(self, m):
            seen.append(parts_inside())
            return super().permutation(m)

    class Slotted:
        __slots__ = ()

        def step(self, model):
            SGD(0.1).step(model)

    class Own(ReLU):
        pass

    def seen_in_fit(model, optimizer, on_epoch=None):
        shuffle = Watching(np.random.PCG64(0))
        fit(model, X, Y, MSE(), optimizer, 1, 4, shuffle, on_epoch=on_epoch)
        return seen.pop()

    X, Y = batch(MSE, 8, 2, 1, rng)
    model = network([2, 3, 1], rng)
    own = Sequential([Dense(2, 3, rng), Own(), Dense(3, 1, rng)])
    ajar = {id(model): model}
    assert seen_in_fit(model, SGD(0.1)) is EVERYTHING
    assert seen_in_fit(model, SGD(0.1), on_epoch=lambda *_: None) == ajar
    assert seen_in_fit(model, Slotted()) == ajar
    assert seen_in_fit(own, SGD(0.1)) == {id(own): own}
    monkeypatch.setattr(Layer, "check", lambda self: None)
    assert seen_in_fit(model, SGD(0.1)) == ajar


def test_parts_of_your_own_are_checked_at_each_step_of_fit(rng):
    class Flat(MSE):
        def backward(self):
            return super().backward()[:, 0]

    class Negative(SGD):
        def step(self, model):
            one_hot([-1], 3)

    class Wide(ReLU):
        def backward(self, dA):
            return np.hstack([dA, dA])

    X, Y = batch(MSE, 8, 2, 1, rng)
    with pytest.raises(ValueError, match="backward expects dZ of shape"):
        train(network([2, 1], rng), X, Y, Flat())
    model = Sequential([Dense(2, 3, rng), Sequential([Wide(), Dense(3, 1, rng)])])
    with pytest.raises(ValueError, match="backward expects dZ of shape"):
        train(model, X, Y, MSE())
    with pytest.raises(ValueError, match="one_hot: y must be labels from 0 to 2"):
        fit(network([2, 1], rng), X, Y, MSE(), Negative(0.1), 1, 4, rng)


def test_after_fit_and_in_on_epoch_everything_is_checked_again(rng):
    X, Y = batch(MSE, 8, 2, 1, rng)
    model, seen = network([2, 1], rng), []

    def look(epoch, model):
        with pytest.raises(ValueError, match="one_hot: y must be labels from 0 to 2"):
            one_hot([-1], 3)
        seen.append(epoch)

    train(model, X, Y, MSE(), on_epoch=look)
    assert seen == [1, 2, 3]
    with pytest.raises(ValueError, match="backward expects dZ of shape"):
        model.backward(np.ones((4, 2)))
    with pytest.raises(FloatingPointError):
        train(model, X, Y, MSE(), learning_rate=1e200)
    with pytest.raises(ValueError, match="one_hot: y must be labels from 0 to 2"):
        one_hot([-1], 3)


# Against others ----------------------------------------------------------------


def test_linear_regression_reaches_least_squares(rng):
    X = rng.normal(size=(50, 3))
    Y = X @ [[1.0], [-2.0], [3.0]] + 4 + 0.5 * rng.normal(size=(50, 1))
    layer = Dense(3, 1, rng)
    train(layer, X, Y, MSE(), epochs=500, batch_size=50)
    best, *_ = np.linalg.lstsq(np.column_stack([X, np.ones(50)]), Y, rcond=None)
    np.testing.assert_allclose(np.vstack([layer.W, layer.b]), best, atol=1e-12)


@pytest.mark.parametrize("batch_size", [90, 32])
def test_100_epochs_agree_with_scikit_learn(batch_size, rng):
    X, y = datasets.spiral(30, 3, 0.2, rng)
    model = network([2, 16, 3], rng)
    other = MLPClassifier(
        (16,),
        solver="sgd",
        alpha=0,
        momentum=0,
        nesterovs_momentum=False,
        learning_rate_init=0.1,
        batch_size=batch_size,
        shuffle=False,
    )
    other.partial_fit(X, y, classes=range(3))  # makes the arrays that are set below
    dense = model.layers[::2]
    for mine, W, b in zip(dense, other.coefs_, other.intercepts_, strict=True):
        W[...], b[...] = mine.W, mine.b[0]

    class InOrder(np.random.Generator):
        def permutation(self, m):
            return np.arange(m)

    generator = InOrder(np.random.PCG64(0))
    history = train(
        model,
        X,
        y,
        SoftmaxCrossEntropy(),
        epochs=100,
        batch_size=batch_size,
        rng=generator,
    )
    for _ in range(100):
        other.partial_fit(X, y)
    for mine, W, b in zip(dense, other.coefs_, other.intercepts_, strict=True):
        np.testing.assert_allclose(mine.W, W, rtol=0, atol=1e-10)
        np.testing.assert_allclose(mine.b[0], b, rtol=0, atol=1e-10)
    assert history["loss"][-1] == pytest.approx(other.loss_, abs=1e-10)


# Divergence --------------------------------------------------------------------


@pytest.mark.parametrize("loss", LOSSES)
@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("validated", [False, True])
@pytest.mark.parametrize("epochs", [1, 50])
@pytest.mark.filterwarnings("error")
def test_a_diverging_training_stops_and_gives_the_weights_back(
    loss, dtype, validated, epochs, rng, capfd
):
    model = network([2, 8, 3], rng, dtype)
    X, y = batch(loss, 12, 2, 3, rng, dtype)
    before, seen = values(model), []

    def look(epoch, model):
        seen.append(epoch)
        assert all(np.isfinite(P).all() for P in values(model).values())

    rate = 1e30 if dtype == np.float32 else 1e200
    validation = (X, y) if validated else None
    with pytest.raises(FloatingPointError) as caught:
        train(
            model,
            X,
            y,
            loss(),
            rate,
            epochs=epochs,
            validation=validation,
            on_epoch=look,
        )
    message = str(caught.value)
    assert f"training diverged in epoch {len(seen) + 1}: the loss is" in message
    assert f"{rate:g} is too large here, try {rate / 10:g}" in message
    assert "smaller learning rate" in message
    assert_same(values(model), before)
    assert capfd.readouterr() == ("", "")


class Calm(Loss):
    """The loss says 1 whatever happens; its gradient is what the test wants."""

    output_shape = ()

    def __init__(self, slope):
        self.slope = slope

    def forward(self, prediction, target):
        self.shape = prediction.shape
        return 1.0

    def backward(self):
        return np.full(self.shape, self.slope)


def test_weights_that_overflow_under_a_calm_loss_are_seen_in_their_epoch(rng):
    model, seen = network([1, 1], rng), []
    X, y = np.ones((4, 1)), np.ones((4, 1))
    before = values(model)
    with pytest.raises(
        FloatingPointError, match="diverged in epoch 3: the loss is nan"
    ):
        train(
            model,
            X,
            y,
            Calm(1e307),
            learning_rate=2.0,
            batch_size=4,
            epochs=5,
            on_epoch=lambda epoch, model: seen.append(epoch),
        )
    assert seen == [1, 2]
    assert_same(values(model), before)


def test_a_single_weight_that_overflows_under_a_calm_loss_is_enough(rng):
    """Its gradient is 1e200 times 1e200; that of the other weight and of b is 1e200."""
    layer = Dense(2, 1, rng)
    before = values(layer)
    with pytest.raises(FloatingPointError, match="diverged in epoch 1"):
        train(layer, [[1e200, 1.0]], [[0.0]], Calm(1e200))
    assert_same(values(layer), before)


def test_a_validation_loss_that_overflows_is_not_kept(rng):
    model = network([1, 1], rng)
    before = values(model)
    held_out = np.full((1, 1), 1e200), np.zeros((1, 1))
    with pytest.raises(
        FloatingPointError, match="diverged in epoch 1: the loss is inf"
    ):
        train(model, [[1.0]], [[1.0]], MSE(), validation=held_out)
    assert_same(values(model), before)


def test_what_on_epoch_does_is_its_own_affair(rng):
    """Its errors come through as they are, its warnings too, and the weights stay."""
    model, (X, y) = network([2, 1], rng), batch(MSE, 5, 2, 1, rng)
    before = values(model)

    def warn(epoch, model):
        np.log(np.zeros(1))

    def fail(epoch, model):
        model([[np.nan, 0]])

    with pytest.warns(RuntimeWarning, match="divide by zero"):
        train(model, X, y, MSE(), on_epoch=warn)
    with pytest.raises(ValueError, match="got NaN or inf, the first at index"):
        train(model, X, y, MSE(), on_epoch=fail)
    assert (values(model)["0.W"] != before["0.W"]).any()


# Randomness --------------------------------------------------------------------


def everything(seed):
    """Use all that draws random numbers, and return what came of it."""
    rng = np.random.default_rng(seed)
    X, y = datasets.spiral(10, 3, 0.2, rng)
    model = Sequential([Dense(2, 3, rng)])
    history = train(model, X, y, SoftmaxCrossEntropy(), rng=rng)
    return [*datasets.line(3, 1, rng), *datasets.sine(3, 1, rng), X, *history["loss"]]


def test_nothing_depends_on_the_global_random_state_or_changes_it():
    np.random.seed(0)  # noqa: NPY002
    first, state = everything(1), np.random.get_state()[1].copy()  # noqa: NPY002
    np.random.seed(0)  # noqa: NPY002
    np.testing.assert_array_equal(np.random.get_state()[1], state)  # noqa: NPY002
    np.random.random(100)  # noqa: NPY002
    for one, other in zip(first, everything(1), strict=True):
        np.testing.assert_array_equal(one, other)


def test_float64_targets_leave_the_gradients_of_float32_in_float32(rng):
    model = network([3, 2], rng, np.float32)
    X, y = batch(MSE, 8, 3, 2, rng, np.float32)
    train(model, X, y.astype(np.float64), MSE())
    assert {dP.dtype for _, dP in model.parameters().values()} == {np.dtype("f4")}


def test_on_epoch_finds_the_doors_in_place(rng):
    """While fit runs the layers are not checked; what on_epoch calls is."""
    model, (X, y) = network([3, 2], rng), batch(MSE, 8, 3, 2, rng)

    def on_epoch(epoch, model):
        model(X)
        model.backward(np.full(y.shape, np.nan))

    with pytest.raises(ValueError, match="dZ must hold finite numbers"):
        train(model, X, y, MSE(), on_epoch=on_epoch)
    assert parts_inside() == ()


def test_an_interrupt_in_on_epoch_leaves_no_door_open(rng):
    """What comes during an operator is raised where the next function starts."""

    class Interrupt:
        __neg__ = staticmethod(_thread.interrupt_main)

    model, (X, y), interrupt = (
        network([3, 2], rng),
        batch(MSE, 8, 3, 2, rng),
        Interrupt(),
    )
    with pytest.raises(KeyboardInterrupt):
        train(model, X, y, MSE(), on_epoch=lambda epoch, model: -interrupt)
    gc.collect()
    assert parts_inside() == ()


@pytest.mark.parametrize("change", ["labels", "backward", "step", "layers"])
def test_what_a_reader_changes_is_checked_in_fit(change, rng):
    X, y = batch(SoftmaxCrossEntropy, 8, 3, 2, rng)
    model, optimizer = network([3, 4, 2], rng), SGD(0.1)
    fails = partial(fit, model, X, y, SoftmaxCrossEntropy(), optimizer, 3, 4, rng)
    if change == "labels":

        def on_epoch(epoch, model):
            y[:] = -1

        with pytest.raises(ValueError, match="one_hot: y must be labels from 0 to 1"):
            fails(on_epoch=on_epoch)
    elif change == "backward":
        model.layers[0].backward = lambda dZ: None
        with pytest.raises(RuntimeError, match=r"0\.W, 0\.b of .* has no gradient"):
            fails()
    elif change == "step":
        optimizer.step = lambda model: one_hot([-1], 2)
        with pytest.raises(ValueError, match="one_hot: y must be labels from 0 to 1"):
            fails()
    else:
        model.layers.append(model.layers[1])
        with pytest.raises(ValueError, match="must not stand in the list twice"):
            fails()


def test_another_model_in_a_loss_of_your_own_is_checked_as_ever(rng):
    other = network([3, 2], rng)

    class Critic(MSE):
        def forward(self, Y_hat, Y):
            other(np.ones((1, 3)))
            other.backward(np.full((1, 2), np.nan))

    model, (X, y) = network([3, 2], rng), batch(MSE, 8, 3, 2, rng)
    with pytest.raises(ValueError, match="dZ must hold finite numbers"):
        train(model, X, y, Critic())


def test_a_layer_of_your_own_may_give_its_gradient_as_a_number(rng):
    class Scale(Layer):
        a, da = np.array(1.0), None

        def forward(self, X):
            self.X = X
            return self.a * X

        def backward(self, dZ):
            self.da = (dZ * self.X).sum()
            return self.a * dZ

        def parameters(self):
            return {"a": (self.a, self.da)}

    X, y = batch(MSE, 8, 3, 1, rng)
    history = train(Sequential([Dense(3, 1, rng), Scale()]), X, y, MSE())
    assert history["loss"][-1] < history["loss"][0]


def test_a_method_set_on_the_class_is_checked_in_fit(monkeypatch, rng):
    def for_all(self):
        return 2 * self.error.mean(axis=0, keepdims=True)

    monkeypatch.setattr(MSE, "backward", for_all)
    X, y = batch(MSE, 8, 3, 1, rng)
    with pytest.raises(ValueError, match=r"backward expects dZ of shape \(4, 1\)"):
        train(network([3, 1], rng), X, y, MSE())


def test_the_most_classes_are_asked_before_training(rng):
    model = network([2, 1], rng)
    model.layers[0].W, model.layers[0].b = np.ones((2, 31_000)), np.zeros((1, 31_000))
    with pytest.raises(ValueError, match="classes must be at most 30,000, got 31000"):
        train(model, np.ones((4, 2)), np.arange(4), SoftmaxCrossEntropy())


def test_what_on_epoch_sets_stays_set(rng):
    model, (X, y) = network([3, 2], rng), batch(MSE, 8, 3, 2, rng)
    level = ContextVar("level", default=0)
    train(model, X, y, MSE(), on_epoch=lambda epoch, model: level.set(epoch))
    assert level.get() == 3


def test_after_divergence_parameters_that_were_set_anew_are_as_before_too(rng):
    class Renewing(SGD):
        def step(self, model):
            for layer in model.layers:
                layer.W = layer.W - self.learning_rate * layer.dW

    model, (X, y) = network([3, 2], rng), batch(MSE, 8, 3, 2, rng)
    before = model.layers[0].W.copy()
    with pytest.raises(FloatingPointError):
        fit(model, X, y, MSE(), Renewing(1e200), 5, 4, rng)
    np.testing.assert_array_equal(model.layers[0].W, before)


def test_after_fit_the_doors_are_in_place_again(rng):
    model, (X, y) = network([3, 2], rng), batch(MSE, 8, 3, 2, rng)
    train(model, X, y, MSE())
    model(X)
    with pytest.raises(ValueError, match="dZ must hold finite numbers"):
        model.backward(np.full(y.shape, np.nan))


def test_a_step_that_overflows_moves_no_parameter(rng):
    layer = Dense(2, 3, rng)
    layer(np.ones((1, 2)))
    layer.backward(np.ones((1, 3)))
    layer.dW[0, 0] = 1e300
    W, b = layer.W.copy(), layer.b.copy()
    with pytest.raises(ValueError, match="a step to finite parameters"):
        SGD(learning_rate=1e10).step(layer)
    np.testing.assert_array_equal(layer.W, W)
    np.testing.assert_array_equal(layer.b, b)
