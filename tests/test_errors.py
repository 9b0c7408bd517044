"""Errors teach: each wrong input has an error that says three things.

What was expected, what came, and the likely cause.  The tables below go through the
wrong inputs door by door; one test then asks the same of all of them.  An entry is

    name: (call, error, expected, came, cause)

where ``call`` takes the fixture ``it``, a bag of sound things to go wrong with.
"""

import copy
import re
from types import SimpleNamespace

import numpy as np
import pytest
from networks import network

from nnlib import (
    MSE,
    SGD,
    Dense,
    Neuron,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    check_gradients,
    datasets,
    fit,
    metrics,
    minibatches,
    one_hot,
    softmax,
)
from nnlib.calibration import fit_temperature
from nnlib.gradient_check import numerical_gradient, relative_error
from nnlib.neuron import relu, step


@pytest.fixture
def it(rng):
    """A classifier, 2 -> 4 -> 3, that has seen a batch of 6; a regression beside it."""
    it = SimpleNamespace(
        rng=np.random.default_rng(1),  # for the call that goes wrong: it draws nothing
        spare=rng,
        model=network([2, 4, 3], rng),
        dense=Dense(2, 3, rng),
        relu=ReLU(),
        fresh=network([2, 3], rng),
        X=rng.normal(size=(6, 2)),
        y=rng.integers(3, size=6),
        Y=rng.normal(size=(6, 3)),
        P=softmax(rng.normal(size=(6, 3))),
        mse=MSE(),
        sce=SoftmaxCrossEntropy(),
        sgd=SGD(0.1),
    )
    it.model(it.X)
    it.dense(it.X)
    it.relu(it.Y)
    return it


def fit_with(it, **changed):
    """Call fit with sound arguments, except for those named."""
    sound = {
        "model": it.model,
        "X": it.X,
        "y": it.y,
        "loss": it.sce,
        "optimizer": it.sgd,
        "epochs": 2,
        "batch_size": 4,
        "rng": it.rng,
    }
    return fit(**sound | changed)


def by_hand(it, W, dW=None):
    """Return a model 2 -> 3 that has seen a batch, with W, and dW, then set by hand."""
    model = Sequential([Dense(2, 3, it.spare)])
    model(np.ones((6, 2)))
    model.backward(np.ones((6, 3)))
    model.layers[0].W = W
    if dW is not None:
        model.layers[0].dW = dW
    return model


def check_with(it, **changed):
    """Call check_gradients with sound arguments, except for those named."""
    sound = {"model": it.model, "X": it.X, "target": it.y, "loss": it.sce}
    return check_gradients(**sound | changed)


def interval_with(it, **changed):
    """Call bootstrap_interval with sound arguments, except for those named."""
    sound = {"metric": metrics.accuracy, "y": it.y, "y_pred": it.y, "rng": it.rng}
    return metrics.bootstrap_interval(**sound | changed)


# Arrays of numbers: who takes them, with a sound one, and what can be wrong in them.

X, Y, P = (lambda it: it.X), (lambda it: it.Y), (lambda it: it.P)
NUMBERS = {
    "step": (X, lambda it, a: step(a)),
    "relu": (X, lambda it, a: relu(a)),
    "Neuron w": (lambda it: it.X[0], lambda it, a: Neuron(a, 0)),
    "Neuron x": (lambda it: it.X[0], lambda it, a: Neuron([1, 1], 0)(a)),
    "Dense": (X, lambda it, a: it.dense(a)),
    "Dense.backward": (Y, lambda it, a: it.dense.backward(a)),
    "ReLU": (Y, lambda it, a: it.relu(a)),
    "ReLU.backward": (Y, lambda it, a: it.relu.backward(a)),
    "Sequential": (X, lambda it, a: it.model(a)),
    "Sequential.backward": (Y, lambda it, a: it.model.backward(a)),
    "MSE prediction": (Y, lambda it, a: it.mse(a, it.Y)),
    "MSE target": (Y, lambda it, a: it.mse(it.Y, a)),
    "SoftmaxCrossEntropy": (Y, lambda it, a: it.sce(a, it.y)),
    "softmax": (Y, lambda it, a: softmax(a)),
    "top_k_accuracy": (Y, lambda it, a: metrics.top_k_accuracy(it.y, a, 2)),
    "reliability": (P, lambda it, a: metrics.reliability(it.y, a)),
    "expected_calibration_error": (
        P,
        lambda it, a: metrics.expected_calibration_error(it.y, a),
    ),
    "fit_temperature": (Y, lambda it, a: fit_temperature(a, it.y)),
    "stratified_split shares": (
        lambda it: np.full(4, 0.25),
        lambda it, a: datasets.stratified_split(it.y, a, it.rng),
    ),
    "fit X": (X, lambda it, a: fit_with(it, X=a)),
    "fit y": (Y, lambda it, a: fit_with(it, y=a, loss=it.mse)),
    "fit validation X": (X, lambda it, a: fit_with(it, validation=(a, it.y))),
    "fit validation y": (
        Y,
        lambda it, a: fit_with(it, y=it.Y, loss=it.mse, validation=(it.X, a)),
    ),
    "check_gradients X": (X, lambda it, a: check_with(it, X=a)),
    "check_gradients target": (Y, lambda it, a: check_with(it, target=a, loss=it.mse)),
}


def holding(value):
    """Return a function that puts value at the end of a copy of an array."""

    def spoil(a):
        a = a.astype(type(value) if isinstance(value, complex) else object)
        a.flat[-1] = value
        return a.astype(float) if isinstance(value, float) else a

    return spoil


NOT_FINITE = (
    ValueError,
    "must hold finite numbers",
    "got NaN or inf",
    "was a value mis",
)
NOT_NUMBERS = (TypeError, "must hold real numbers", "got dtype", "strings, None or")
BAD_NUMBERS = {
    "NaN": (holding(np.nan), *NOT_FINITE),
    "inf": (holding(np.inf), *NOT_FINITE),
    "-inf": (holding(-np.inf), *NOT_FINITE),
    "strings": (lambda a: a.astype(str), *NOT_NUMBERS),
    "a None in it": (holding(None), *NOT_NUMBERS),
    "complex": (holding(1j), *NOT_NUMBERS),
    "None": (lambda a: None, TypeError, "or an array", "got None", "lack its return"),
    "masked": (
        lambda a: np.ma.masked_array(a, a > 0),
        TypeError,
        "must be an array",
        "got a masked array",
        "drop the rows",
    ),
    "ragged": (
        lambda a: [[1.0, 2.0], [3.0]],
        ValueError,
        "must be an array",
        "got a ragged list",
        "every row needs the same number",
    ),
}


def numbers():
    """Yield every door for numbers with everything that can be wrong in them."""
    for door, (sound, call) in NUMBERS.items():
        for fault, (spoil, *says) in BAD_NUMBERS.items():
            yield (
                f"{door}: {fault}",
                (lambda it, c=call, f=spoil, s=sound: c(it, f(s(it))), *says),
            )


BY_CLASS = [metrics.confusion_matrix, metrics.precision, metrics.recall, metrics.f1]
MACRO = [metrics.macro_precision, metrics.macro_recall, metrics.macro_f1]

# Batches: the wrong shapes.

SHAPES = {
    (2,): "one sample is a row, X[None, :]",
    (6,): "a batch has two axes, a sample is a row",
    (): "a batch has two axes, a sample is a row",
    (0,): "a batch has two axes, a sample is a row",
    (1, 6, 2): "a batch has two axes, a sample is a row",
    (0, 2): "the batch is empty",
    (6, 0): "the samples have no columns",
    (2, 6): "is it transposed? A sample is a row, X.T",
    (6, 3): "a sample needs 2 numbers, one a column",
}
BATCH_DOORS = ["Dense", "Sequential", "fit X", "fit validation X", "check_gradients X"]
ANY_WIDTH = {
    (6,): "[None, :]; m samples of one number are a column",
    (): "a batch has two axes, a sample is a row",
    (1, 6, 2): "a batch has two axes, a sample is a row",
    (0, 3): "the batch is empty",
    (6, 0): "the samples have no columns",
}
ANY_WIDTH_DOORS = {
    "ReLU": "X",
    "MSE prediction": "prediction",
    "SoftmaxCrossEntropy": "prediction",
    "softmax": "Z",
    "top_k_accuracy": "scores",
    "reliability": "Y_hat",
    "expected_calibration_error": "Y_hat",
    "fit_temperature": "Z",
}


def shapes():
    """Yield every door for a batch with every wrong shape."""
    for doors, wrong, width in [
        (dict.fromkeys(BATCH_DOORS, "X"), SHAPES, 2),
        (ANY_WIDTH_DOORS, ANY_WIDTH, "k"),
    ]:
        for door, what in doors.items():
            for shape, cause in wrong.items():
                yield (
                    f"{door}: {shape}",
                    (
                        lambda it, c=NUMBERS[door][1], s=shape: c(it, np.ones(s)),
                        ValueError,
                        f"expects {what} of shape (m, {width})",
                        f"got {shape}",
                        cause,
                    ),
                )


COLUMN = "m targets of one number are a column, y[:, None]"
OTHER_BATCH = "is it of another batch"
TARGETS = {
    "MSE: (m,) against (m, 1)": (
        lambda it: it.mse(np.ones((6, 1)), np.ones(6)),
        ValueError,
        "MSE expects a target of shape (6, 1), like the prediction",
        "got (6,)",
        COLUMN,
    ),
    "MSE: (m, 1) against (m,)": (
        lambda it: it.mse(np.ones(6), np.ones((6, 1))),
        ValueError,
        "MSE expects prediction of shape (m, k)",
        "got (6,)",
        "m samples of one number are a column, prediction[:, None]",
    ),
    "MSE: another batch": (
        lambda it: it.mse(it.Y, it.Y[:5]),
        ValueError,
        "expects a target of shape (6, 3)",
        "got (5, 3)",
        OTHER_BATCH,
    ),
    "MSE: other outputs": (
        lambda it: it.mse(it.Y, it.Y[:, :2]),
        ValueError,
        "expects a target of shape (6, 3)",
        "got (6, 2)",
        "has the model too many outputs?",
    ),
    "Dense with one input: (m,)": (
        lambda it: Dense(1, 1, it.spare)(np.ones(6)),
        ValueError,
        "Dense(1 -> 1) expects X of shape (m, 1)",
        "got (6,)",
        "m samples of one number are a column, X[:, None]",
    ),
    "SoftmaxCrossEntropy: another batch": (
        lambda it: it.sce(it.Y, it.y[:5]),
        ValueError,
        "expects one label a row of the prediction",
        "got 5 labels for 6 rows",
        "are they of the same batch?",
    ),
    "fit: y (m,) for MSE": (
        lambda it: fit_with(it, model=Dense(2, 1, it.spare), y=it.Y[:, 0], loss=it.mse),
        ValueError,
        "fit: MSE expects a target of shape (6, 1)",
        "got (6,)",
        COLUMN,
    ),
    "fit: y of another length": (
        lambda it: fit_with(it, y=it.y[:5]),
        ValueError,
        "expects one label a row",
        "got 5 labels for 6 rows",
        "are they of the same batch?",
    ),
    "fit: y of another width than a model without layers that fix it": (
        lambda it: fit_with(it, model=ReLU(), y=it.Y, loss=it.mse),
        ValueError,
        "expects a target of shape (6, 2)",
        "got (6, 3)",
        OTHER_BATCH,
    ),
    "fit: validation y of another length": (
        lambda it: fit_with(it, validation=(it.X, it.y[:5])),
        ValueError,
        "fit: validation: SoftmaxCrossEntropy expects one label a row",
        "got 5 labels for 6 rows",
        "are they of the same batch?",
    ),
    "fit: validation is X alone": (
        lambda it: fit_with(it, validation=it.X),
        TypeError,
        "validation must be a pair (X, y)",
        "got ndarray",
        "put both in brackets, (X, y)",
    ),
    "fit: validation is X alone, of two rows": (
        lambda it: fit_with(it, validation=it.X[:2]),
        TypeError,
        "validation must be a pair (X, y)",
        "got ndarray",
        "put both in brackets, (X, y)",
    ),
    "fit: validation has three parts": (
        lambda it: fit_with(it, validation=(it.X, it.y, it.Y)),
        TypeError,
        "validation must be a pair (X, y)",
        "got tuple",
        "put both in brackets, (X, y)",
    ),
    "accuracy: other lengths": (
        lambda it: metrics.accuracy(it.y, it.y[:5]),
        ValueError,
        "accuracy expects y and y_pred of the same length",
        "got 6 and 5",
        "are they of the same samples?",
    ),
    **{
        f"{metric.__name__}: other lengths": (
            lambda it, metric=metric: metric(it.y, it.y[:5]),
            ValueError,
            f"{metric.__name__} expects y and y_pred of the same length",
            "got 6 and 5",
            "are they of the same samples?",
        )
        for metric in (*BY_CLASS, *MACRO)
    },
    **{
        f"{metric.__name__}: other lengths": (
            lambda it, metric=metric: metric(it.y[:5], it.P),
            ValueError,
            f"{metric.__name__} expects y and Y_hat of the same length",
            "got 5 and 6",
            "are they of the same samples?",
        )
        for metric in (metrics.reliability, metrics.expected_calibration_error)
    },
    "fit_temperature: other lengths": (
        lambda it: fit_temperature(it.Y, it.y[:5]),
        ValueError,
        "fit_temperature expects y and Z of the same length",
        "got 5 and 6",
        "are they of the same samples?",
    ),
    "bootstrap_interval: other lengths": (
        lambda it: interval_with(it, y_pred=it.Y[:5]),
        ValueError,
        "bootstrap_interval expects y and y_pred of the same length",
        "got 6 and 5",
        "are they of the same samples?",
    ),
    "bootstrap_interval: a single prediction": (
        lambda it: interval_with(it, y_pred=1),
        ValueError,
        "bootstrap_interval expects y_pred of 6 rows",
        "got a single value",
        "one prediction a sample",
    ),
    "top_k_accuracy: other lengths": (
        lambda it: metrics.top_k_accuracy(it.y[:5], it.Y, 1),
        ValueError,
        "expects y and scores of the same length",
        "got 5 and 6",
        "are they of the same samples?",
    ),
    "top_k_accuracy: k above K": (
        lambda it: metrics.top_k_accuracy(it.y, it.Y, 4),
        ValueError,
        "expects k of at most 3, the number of classes",
        "got 4",
        "are the scores transposed?",
    ),
    "minibatches: other lengths": (
        lambda it: minibatches(it.X, it.y[:5], 2, it.rng),
        ValueError,
        "minibatches expects X and y of the same length",
        "got 6 and 5",
        "are they of the same samples?",
    ),
    "minibatches: empty": (
        lambda it: minibatches(it.X[:0], it.y[:0], 2, it.rng),
        ValueError,
        "expects X and y with at least one row",
        "got shapes (0, 2) and (0,)",
        "were all rows dropped?",
    ),
    "minibatches: X 0-d": (
        lambda it: minibatches(3.0, it.y, 2, it.rng),
        ValueError,
        "expects X and y with at least one row",
        "got shapes () and (6,)",
        "were all rows dropped?",
    ),
    "minibatches: y 0-d": (
        lambda it: minibatches(it.X, 3, 2, it.rng),
        ValueError,
        "expects X and y with at least one row",
        "got shapes (6, 2) and ()",
        "were all rows dropped?",
    ),
    **{
        f"minibatches: {fault}": (
            lambda it, f=BAD_NUMBERS[fault][0]: minibatches(f(it.X), it.y, 2, it.rng),
            *BAD_NUMBERS[fault][1:],
        )
        for fault in ("masked", "ragged", "None")
    },
    **{
        f"bootstrap_interval: y_pred {fault}": (
            lambda it, f=BAD_NUMBERS[fault][0]: interval_with(it, y_pred=f(it.Y)),
            *BAD_NUMBERS[fault][1:],
        )
        for fault in ("masked", "ragged", "None")
    },
}

# Labels.

LABELS = {
    "SoftmaxCrossEntropy": lambda it, y: it.sce(it.Y, y),
    "one_hot": lambda it, y: one_hot(y, 3),
    "accuracy y": lambda it, y: metrics.accuracy(y, it.y),
    "accuracy y_pred": lambda it, y: metrics.accuracy(it.y, y),
    **{
        f"{metric.__name__} y": lambda it, y, metric=metric: metric(y, it.y)
        for metric in (*BY_CLASS, *MACRO)
    },
    **{
        f"{metric.__name__} y_pred": lambda it, y, metric=metric: metric(it.y, y)
        for metric in (*BY_CLASS, *MACRO)
    },
    "bootstrap_interval": lambda it, y: interval_with(it, y=y),
    "stratified_split": lambda it, y: datasets.stratified_split(y, [1], it.rng),
    "top_k_accuracy": lambda it, y: metrics.top_k_accuracy(y, it.Y, 1),
    "confusion_matrix of 3, y": lambda it, y: metrics.confusion_matrix(y, it.y, 3),
    "recall of 3, y_pred": lambda it, y: metrics.recall(it.y, y, 3),
    "reliability": lambda it, y: metrics.reliability(y, it.P),
    "ECE": lambda it, y: metrics.expected_calibration_error(y, it.P),
    "fit_temperature": lambda it, y: fit_temperature(it.Y, y),
    "fit": lambda it, y: fit_with(it, y=y),
    "fit validation": lambda it, y: fit_with(it, validation=(it.X, y)),
    "check_gradients": lambda it, y: check_with(it, target=y),
}
ANY_LABEL = {
    *("accuracy y", "accuracy y_pred", "bootstrap_interval", "stratified_split"),
    *(f"{metric.__name__} y" for metric in (*BY_CLASS, *MACRO)),
    *(f"{metric.__name__} y_pred" for metric in (*BY_CLASS, *MACRO)),
}
INTEGERS = "must be integer labels"
BAD_LABELS = {
    "one-hot": (
        np.eye(3)[[0, 1, 2, 0, 1, 2]],
        ValueError,
        INTEGERS,
        "(6, 3)",
        "one-hot",
    ),
    "a column": (np.zeros((6, 1), int), ValueError, INTEGERS, "(6, 1)", "np.ravel"),
    "0-d": (1, ValueError, INTEGERS, "got ()", "an array of one, [y]"),
    "empty": ([], ValueError, INTEGERS, "got an empty array", "were all rows dropped?"),
    "float": (np.zeros(6), TypeError, INTEGERS, "dtype float64", "astype(int)"),
    "NaN": (np.full(6, np.nan), TypeError, INTEGERS, "dtype float64", "astype(int)"),
    "bool": (np.ones(6, bool), TypeError, INTEGERS, "dtype bool", "astype(int)"),
    "strings": (["cat"] * 6, TypeError, INTEGERS, "dtype <U3", "number the classes"),
    "negative": ([-1] + 5 * [0], ValueError, "must be labels", "from -1 to 0", "start"),
    "None": (None, TypeError, "or an array", "got None", "never set"),
    "masked": (
        np.ma.masked_array([0, 1, 2, 0, 1, 2], [1, 0, 0, 0, 0, 0]),
        *BAD_NUMBERS["masked"][1:],
    ),
    "ragged": ([[0], [1, 2]], *BAD_NUMBERS["ragged"][1:]),
}
TOO_HIGH = (
    ValueError,
    "must be labels from 0 to 2",
    "from 1 to 3",
    "do they start at 1",
)


def labels():
    """Yield every door for labels with everything that can be wrong with them."""
    for door, call in LABELS.items():
        for fault, (y, *says) in BAD_LABELS.items():
            yield f"{door}: {fault}", (lambda it, c=call, y=y: c(it, y), *says)
        if door not in ANY_LABEL:
            high = [1, 2, 3, 1, 2, 3]
            yield f"{door}: too high", (lambda it, c=call, y=high: c(it, y), *TOO_HIGH)


# Single numbers.

COUNTS = {
    "Dense: n_in": (1, lambda it, n: Dense(n, 3, it.rng)),
    "Dense: n_out": (1, lambda it, n: Dense(2, n, it.rng)),
    "one_hot: n_classes": (1, lambda it, n: one_hot([0], n)),
    "top_k_accuracy: k": (1, lambda it, n: metrics.top_k_accuracy(it.y, it.Y, n)),
    **{
        f"{metric.__name__}: n_classes": (
            1,
            lambda it, n, metric=metric: metric(it.y, it.y, n_classes=n),
        )
        for metric in BY_CLASS
    },
    "reliability: n_bins": (1, lambda it, n: metrics.reliability(it.y, it.P, n)),
    "expected_calibration_error: n_bins": (
        1,
        lambda it, n: metrics.expected_calibration_error(it.y, it.P, n),
    ),
    "bootstrap_interval: n_resamples": (
        1,
        lambda it, n: interval_with(it, n_resamples=n),
    ),
    "minibatches: batch_size": (1, lambda it, n: minibatches(it.X, it.y, n, it.rng)),
    "fit: batch_size": (1, lambda it, n: fit_with(it, batch_size=n)),
    "fit: epochs": (1, lambda it, n: fit_with(it, epochs=n)),
    "line: n": (1, lambda it, n: datasets.line(n, 0, it.rng)),
    "sine: n": (1, lambda it, n: datasets.sine(n, 0, it.rng)),
    "spiral: n_per_class": (2, lambda it, n: datasets.spiral(n, 3, 0, it.rng)),
    "spiral: n_classes": (1, lambda it, n: datasets.spiral(9, n, 0, it.rng)),
}
OPTIONAL = {f"{metric.__name__}: n_classes" for metric in BY_CLASS}  # may be None
POSITIVE = {
    "SGD: learning_rate": (lambda it, v: SGD(v), "a step downhill, such as 0.1"),
    "check_gradients: step": (lambda it, v: check_with(it, step=v), "1e-5 is a good"),
}
NOISY = {
    "line": lambda it, noise: datasets.line(5, noise, it.rng),
    "sine": lambda it, noise: datasets.sine(5, noise, it.rng),
    "spiral": lambda it, noise: datasets.spiral(5, 3, noise, it.rng),
}


def single_numbers():
    """Yield every door for one number with every wrong number."""
    for what, (least, call) in COUNTS.items():
        for n in (least - 1, -3):
            says = f"{what} must be at least {least}", f"got {n}", "is it a wrong count"
            yield f"{what} {n}", (lambda it, c=call, n=n: c(it, n), ValueError, *says)
        for n in (
            2.0,
            True,
            "3",
            np.bool_(True),
            *([] if what in OPTIONAL else [None]),
        ):
            says = f"{what} must be a whole number", f"got {n!r}", "are two arguments"
            yield (
                f"{what} {type(n).__name__} {n!r}",
                (lambda it, c=call, n=n: c(it, n), TypeError, *says),
            )
    for what, (call, cause) in POSITIVE.items():
        for v in (0, -0.1, np.nan, np.inf):
            says = f"{what} must be a finite number above 0", f"got {v}", cause
            yield f"{what} {v}", (lambda it, c=call, v=v: c(it, v), ValueError, *says)
        for v in ("0.1", None, True, [0.1]):
            says = f"{what} must be a number above 0", f"got {v!r}", cause
            yield f"{what} {v!r}", (lambda it, c=call, v=v: c(it, v), TypeError, *says)
    for what, call in [
        *((f"{who}: noise", call) for who, call in NOISY.items()),
        ("Neuron: b", lambda it, b: Neuron([1], b)),
        ("bootstrap_interval: level", lambda it, v: interval_with(it, level=v)),
        (
            "bootstrap_interval: metric(y, y_pred)",
            lambda it, v: interval_with(it, metric=lambda y, y_pred: v),
        ),
    ]:
        for value, *says in [
            (np.nan, *NOT_FINITE),
            (np.inf, *NOT_FINITE),
            ("0.1", *NOT_NUMBERS),
            (None, *BAD_NUMBERS["None"][1:]),
            ([1, 2], ValueError, "must be one number", "array of shape (2,)", "a[0]"),
        ]:
            yield f"{what} {value!r}", (lambda it, c=call, v=value: c(it, v), *says)
    for who, call in NOISY.items():
        says = f"{who}: noise must be 0 or more", "got -1.0", "a standard deviation"
        yield f"{who}: noise -1", (lambda it, c=call: c(it, -1), ValueError, *says)


# The random generator, models, losses, optimizers.

RNGS = {
    "Dense(2, 3, rng)": lambda it, *rng: Dense(2, 3, *rng),
    "minibatches": lambda it, *rng: minibatches(it.X, it.y, 2, *rng),
    "line": lambda it, *rng: datasets.line(5, 0, *rng),
    "sine": lambda it, *rng: datasets.sine(5, 0, *rng),
    "spiral": lambda it, *rng: datasets.spiral(5, 3, 0, *rng),
    "stratified_split": lambda it, *rng: datasets.stratified_split(it.y, [1], *rng),
    "bootstrap_interval": lambda it, *rng: metrics.bootstrap_interval(
        metrics.accuracy, it.y, it.y, *rng
    ),
    "fit": lambda it, *rng: fit(
        it.model, it.X, it.y, it.sce, it.sgd, 2, 4, *rng, validation=None
    ),
}
MODELS = {
    "fit: model": lambda it, model: fit_with(it, model=model),
    "check_gradients: model": lambda it, model: check_with(it, model=model),
    "SGD.step: model": lambda it, model: it.sgd.step(model),
    "Sequential: layer 0": lambda it, model: Sequential([model, ReLU()]),
}
LOSSES = {
    "fit: loss": lambda it, loss: fit_with(it, loss=loss),
    "check_gradients: loss": lambda it, loss: check_with(it, loss=loss),
}


def kinds():
    """Yield every door for an object of some kind with objects of another."""
    for who, call in RNGS.items():
        for name, rng in {
            "missing": (),
            "None": (None,),
            "int": (0,),
            "RandomState": (np.random.RandomState(0),),
            "module": (np.random,),
        }.items():
            says = (
                f"{who} expects rng to be a NumPy Generator",
                f"got {'none' if name in ('missing', 'None') else name}",
                "make one with rng = np.random.default_rng(0)",
            )
            yield (
                f"{who}: rng {name}",
                (lambda it, c=call, r=rng: c(it, *r), TypeError, *says),
            )
    for doors, a_class in [(MODELS, Dense), (LOSSES, MSE)]:
        for who, call in doors.items():
            name = a_class.__name__
            says = f"{who} must be a", f"got the class {name}", f"call it, {name}(...)"
            yield (
                f"{who}: class",
                (lambda it, c=call, k=a_class: c(it, k), TypeError, *says),
            )
            cause = "layer of your own" if "Sequential" in who else "arguments swapped?"
            says = f"{who} must be a", "got str", cause
            yield f"{who}: str", (lambda it, c=call: c(it, "mse"), TypeError, *says)


READ_ONLY = "got a read-only one", "set a copy of it, P.copy()"


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


OTHERS = {
    "fit: optimizer a class": (
        lambda it: fit_with(it, optimizer=SGD),
        TypeError,
        "optimizer must be an optimizer such as SGD(learning_rate=0.1)",
        "got <class 'nnlib.optimizers.SGD'>",
        "was it called",
    ),
    "fit: optimizer a number": (
        lambda it: fit_with(it, optimizer=0.1),
        TypeError,
        "optimizer must be an optimizer such as SGD(learning_rate=0.1)",
        "got 0.1",
        "are two arguments swapped?",
    ),
    "fit: optimizer with a step that is a number": (
        lambda it: fit_with(it, optimizer=SimpleNamespace(step=0.1)),
        TypeError,
        "optimizer must be an optimizer such as SGD(learning_rate=0.1)",
        "got namespace(step=0.1)",
        "was it called",
    ),
    "fit: on_epoch a number": (
        lambda it: fit_with(it, on_epoch=3),
        TypeError,
        "on_epoch must be a function (epoch, model)",
        "got 3",
        "pass the function itself",
    ),
    "Dense.backward before forward": (
        lambda it: Dense(2, 3, it.spare).backward(it.Y),
        RuntimeError,
        "call Dense(2 -> 3) on a batch first",
        "Dense(2 -> 3).backward() came before forward",
        "backward uses what forward remembers",
    ),
    "ReLU.backward before forward": (
        lambda it: ReLU().backward(it.Y),
        RuntimeError,
        "call ReLU on a batch first",
        "ReLU.backward() came before forward",
        "backward uses what forward remembers",
    ),
    "Sequential.backward before forward": (
        lambda it: it.fresh.backward(it.Y),
        RuntimeError,
        "call Sequential(2 -> 3) on a batch first",
        "Sequential(2 -> 3).backward() came before forward",
        "backward uses what forward remembers",
    ),
    "MSE.backward before forward": (
        lambda it: MSE().backward(),
        RuntimeError,
        "call MSE on a batch first",
        "MSE.backward() came before forward",
        "backward uses what forward remembers",
    ),
    "SoftmaxCrossEntropy.backward before forward": (
        lambda it: SoftmaxCrossEntropy().backward(),
        RuntimeError,
        "call SoftmaxCrossEntropy on a batch first",
        "SoftmaxCrossEntropy.backward() came before forward",
        "backward uses what forward remembers",
    ),
    **{
        f"{door}: gradient {shape}": (
            lambda it, c=NUMBERS[door][1], s=shape: c(it, np.ones(s)),
            ValueError,
            "backward expects dZ of shape (6, 3), like the output of the last forward",
            f"got {shape}",
            "is it of another batch, or transposed?",
        )
        for door in ("Dense.backward", "ReLU.backward", "Sequential.backward")
        for shape in [(3, 6), (5, 3), (1, 3), (3,), ()]
    },
    "SGD.step before backward": (
        lambda it: it.sgd.step(it.fresh),
        RuntimeError,
        "call model.backward(loss.backward()) first",
        "0.W, 0.b of Sequential(2 -> 3) has no gradient yet",
        "SGD.step came before backward",
    ),
    "Sequential: not a list": (
        lambda it: Sequential(ReLU()),
        TypeError,
        "Sequential expects a list of layers",
        "got ReLU",
        "put the layers in brackets, Sequential([...])",
    ),
    "Sequential: no brackets": (
        lambda it: Sequential(it.dense, ReLU()),
        TypeError,
        "Sequential expects a list of layers",
        "got 2 arguments",
        "put the layers in brackets, Sequential([...])",
    ),
    "Sequential: empty": (
        lambda it: Sequential([]),
        ValueError,
        "Sequential expects at least one layer",
        "got an empty list",
        "nothing to train",
    ),
    "Sequential: a layer twice": (
        lambda it: Sequential([it.relu, it.relu]),
        ValueError,
        "must not stand in the list twice",
        "layer 1, ReLU",
        "a layer remembers one batch, so make a new one",
    ),
    "Sequential: mismatched widths": (
        lambda it: Sequential([it.dense, ReLU(), Dense(4, 1, it.spare)]),
        ValueError,
        "layer 2, Dense(4 -> 1), expects 4 columns",
        "got 3 from Dense(2 -> 3)",
        "both numbers must be the same",
    ),
    "Sequential: a model inside with a mismatched width": (
        lambda it: Sequential([it.model, Dense(2, 1, it.spare)]),
        ValueError,
        "layer 1, Dense(2 -> 1), expects 2 columns",
        "got 3 from Sequential(2 -> 3)",
        "both numbers must be the same",
    ),
    "check_gradients: float32 X": (
        lambda it: check_with(it, X=it.X.astype(np.float32)),
        TypeError,
        "check_gradients expects float64 throughout",
        "got X of float32",
        "the nudges drown in rounding",
    ),
    "check_gradients: float32 model": (
        lambda it: check_with(it, model=network([2, 3], it.spare, np.float32)),
        TypeError,
        "check_gradients expects float64 throughout",
        "got 0.W of float32",
        "use astype(np.float64)",
    ),
    **{
        f"{metric.__name__}: a label of a billion": (
            lambda it, metric=metric: metric(it.y, [10**9, 0, 0, 0, 0, 0]),
            ValueError,
            f"{metric.__name__} expects labels below 10000",
            "got 1000000000",
            "so number the classes 0, 1, 2, ...",
        )
        for metric in (*BY_CLASS, *MACRO[:2])
    },
    **{
        f"{metric.__name__}: {fault}": (
            lambda it, metric=metric, spoil=spoil: metric(it.y, spoil(it.P)),
            ValueError,
            "expects Y_hat to hold probabilities, rows that add up to 1",
            came,
            "are these logits? softmax(Z) makes probabilities of them",
        )
        for metric in (metrics.reliability, metrics.expected_calibration_error)
        for fault, (spoil, came) in {
            "logits": (lambda P: P - 0.5, "got entries as low as -0."),
            "below 0": (lambda P: np.full((6, 3), [1.25, -0.25, 0]), "low as -0.25"),
            "per cent": (lambda P: 100 * P, "got a row whose sum is off by 99"),
            "a column short": (lambda P: np.full((6, 3), 0.3), "is off by 0.1"),
            "huge": (lambda P: np.full((6, 3), 1e308), "is off by inf"),
        }.items()
    },
    **{
        f"bootstrap_interval: level {level}": (
            lambda it, level=level: interval_with(it, level=level),
            ValueError,
            "level must lie between 0 and 1",
            f"got {level}",
            "95 % is written 0.95",
        )
        for level in (0, 1, 95, -0.5)
    },
    "bootstrap_interval: metric called": (
        lambda it: interval_with(it, metric=metrics.accuracy(it.y, it.y)),
        TypeError,
        "expects metric to be a function (y, y_pred) -> float",
        "got float",
        "pass metrics.accuracy itself, without calling it",
    ),
    "bootstrap_interval: a metric by class": (
        lambda it: interval_with(it, metric=metrics.f1),
        ValueError,
        "metric(y, y_pred) must be one number",
        "got an array of shape (3,)",
        "take one entry of it",
    ),
    "fit_temperature: always right": (
        lambda it: fit_temperature(it.Y, it.Y.argmax(axis=1)),
        ValueError,
        "expects some row whose largest logit is not that of the true class",
        "got none",
        "use more data, held out from training",
    ),
    "fit_temperature: worse than guessing": (
        lambda it: fit_temperature(it.Y, it.Y.argmin(axis=1)),
        ValueError,
        "found no temperature below 1000",
        "got logits that favour the true class no more than the others",
        "are y and Z of the same samples?",
    ),
    "fit_temperature: tiny logits": (
        lambda it: fit_temperature(1e-4 * np.eye(2)[[0, 0, 0]], [0, 0, 1]),
        ValueError,
        "found no temperature above 0.001",
        "got logits that hardly differ",
        "were they scaled down?",
    ),
    **{
        f"stratified_split: shares {shares}": (
            lambda it, s=shares: datasets.stratified_split(it.y, s, it.rng),
            ValueError,
            "stratified_split expects shares",
            f"got {np.asarray(shares, float).tolist()}",
            cause,
        )
        for shares, cause in [
            (0.8, "was a part left out?"),
            ((), "was a part left out?"),
            ((0.5, 0.5, 0), "was a part left out?"),
            ((1.5, -0.5), "was a part left out?"),
            (((0.5, 0.5),), "was a part left out?"),
            ((60, 20, 20), "they add up to 100; are they counts or per cent?"),
            ((0.6, 0.2), "they add up to 0.8; are they counts or per cent?"),
            ((0.3333333,) * 3, "they add up to 0.9999999; are they counts"),
        ]
    },
    **{
        f"Sequential.{method}: {path!r}": (
            lambda it, m=method, p=path: getattr(it.model, m)(p),
            error,
            f"Sequential(2 -> 3).{method} expects {expected}",
            came,
            cause,
        )
        for method in ("save", "load")
        for path, error, expected, came, cause in [
            (None, TypeError, "the path of a file", "got NoneType", "write a text"),
            (3, TypeError, "the path of a file", "got int", "write a text"),
            (b"m.npz", TypeError, "the path of a file", "got bytes", "write a text"),
            *(
                (
                    p,
                    ValueError,
                    "a path that ends in .npz",
                    f"got {p!r}",
                    "NumPy stores",
                )
                for p in ("model", "model.npy", "model.npz.txt", ".npz")
            ),
        ]
    },
    "Sequential.save: no folder": (
        lambda it: it.model.save("no/such/model.npz"),
        FileNotFoundError,
        "Sequential(2 -> 3).save expects a folder to write into",
        "got 'no/such/model.npz'",
        "is it misspelt, or to be made first?",
    ),
    "Sequential.load: another file": (
        lambda it: it.model.load(datasets.DIGITS),
        ValueError,
        "Sequential(2 -> 3).load expects a file written by save",
        "got digits.npz, which holds pixels, labels",
        "was it written by another program?",
    ),
    "SGD.step: too far": (
        lambda it: SGD(1e300).step(by_hand(it, np.ones((2, 3)), np.full((2, 3), 1e9))),
        ValueError,
        "SGD.step expects a step to finite parameters",
        "got NaN or inf",
        "is the learning rate, 1e+300, or a gradient too large?",
    ),
    "Dense: no neuron left": (
        lambda it: by_hand(it, np.ones((2, 0)))(it.X),
        ValueError,
        "Dense: W must hold at least one number",
        "got shape (2, 0)",
        "was it sliced?",
    ),
    "Dense: W ragged": (
        lambda it: by_hand(it, [[1], [2, 3]])(it.X),
        TypeError,
        "Dense: W must be an array of floats",
        "got list",
        "training changes it",
    ),
    "MSE: a target beyond float32": (
        lambda it: it.mse(np.ones((1, 1), "f4"), [[1e39]]),
        ValueError,
        "MSE: target must hold numbers within the range of float32",
        "got float64 beyond it",
        "scale them down",
    ),
    "accuracy: a label beyond int64": (
        lambda it: metrics.accuracy(it.y, np.full(6, 2**63, np.uint64)),
        ValueError,
        "accuracy: y_pred must be labels within the range of int64",
        "got 9223372036854775808",
        "number the classes 0, 1, 2, ...",
    ),
    "softmax: a list of masked arrays": (
        lambda it: softmax([np.ma.masked_array([1.0, 2.0], [True, False])]),
        *BAD_NUMBERS["masked"][1:],
    ),
    "softmax: a masked entry": (
        lambda it: softmax([[1.0, np.ma.masked]]),
        *BAD_NUMBERS["masked"][1:],
    ),
    "one_hot: a dtype of texts": (
        lambda it: one_hot(it.y, 3, str),
        TypeError,
        "one_hot expects a dtype of numbers",
        "got <class 'str'>",
        "such as np.float32",
    ),
    "one_hot: a dtype that is none": (
        lambda it: one_hot(it.y, 3, "floaty"),
        TypeError,
        "one_hot expects a dtype of numbers",
        "got 'floaty'",
        "such as np.float32",
    ),
    **{
        f"Sequential.{method}: the path {path!r}": (
            lambda it, m=method, p=path: getattr(it.model, m)(p),
            ValueError,
            f"Sequential(2 -> 3).{method} expects the path of a file",
            f"got {path!r}, which no file can have",
            "is there a backslash in it",
        )
        for method in ("save", "load")
        for path in ("a\0b.npz", "\ud800.npz")
    },
    "numerical_gradient: P read-only": (
        lambda it: numerical_gradient(lambda: 1.0, read_only(it.X)),
        ValueError,
        "numerical_gradient expects P as an array to write into",
        *READ_ONLY,
    ),
    "numerical_gradient: P with NaN": (
        lambda it: numerical_gradient(lambda: 1.0, np.array([np.nan])),
        *(ValueError, "numerical_gradient: P must hold finite", *NOT_FINITE[2:]),
    ),
    "numerical_gradient: f returns nothing": (
        lambda it: numerical_gradient(lambda: None, it.X),
        TypeError,
        "numerical_gradient: f() must be a number or an array",
        "got None",
        "does a function lack its return",
    ),
    "numerical_gradient: too long a step": (
        lambda it: numerical_gradient(lambda: it.X[0, 0], it.X, 1e308),
        ValueError,
        "numerical_gradient expects losses that it can subtract",
        "got NaN or inf for a step of 1e+308",
        "is P or the loss huge",
    ),
    "relative_error: texts": (
        lambda it: relative_error(["a"], ["b"]),
        TypeError,
        "relative_error: a gradient must hold real numbers",
        "got dtype <U1",
        "are there strings",
    ),
    "relative_error: None": (
        lambda it: relative_error(None, it.X),
        TypeError,
        "a gradient must be a number or an array",
        "got None",
        "or was a value never set?",
    ),
    "Neuron: w a number": (
        lambda it: Neuron(2.0, 0),
        ValueError,
        "expects w of shape (n,), one weight an input",
        "got ()",
        "make it a flat list",
    ),
    "Neuron: w a column": (
        lambda it: Neuron([[1], [2]], 0),
        ValueError,
        "expects w of shape (n,), one weight an input",
        "got (2, 1)",
        "make it a flat list",
    ),
    "Neuron: no weight": (
        lambda it: Neuron([], 0),
        ValueError,
        "expects w of shape (n,), one weight an input",
        "got (0,)",
        "at least one weight",
    ),
    "Neuron: activation not a function": (
        lambda it: Neuron([1], 0, "relu"),
        TypeError,
        "expects activation to be a function",
        "got 'relu'",
        "pass the function itself",
    ),
    **{
        f"Neuron: x of shape {shape}": (
            lambda it, s=shape: Neuron([1, 1], 0)(np.ones(s)),
            ValueError,
            "Neuron(2 inputs, step) expects x of shape (2,)",
            f"got {shape}",
            cause,
        )
        for shape, cause in {
            (2, 1): "flatten it with np.ravel",
            (1, 2): "flatten it with np.ravel",
            (3, 2): "is it a batch? A Neuron takes one sample at a time",
            (3,): "one number a weight",
            (): "one number a weight",
        }.items()
    },
}

# What is huge, or asks for more than memory holds.

RECKON = "expects numbers that it can reckon with"
RESULT = "got some whose result is NaN or inf"
HUGE = {
    "Neuron": ("Neuron(1 input, abs)", lambda it: Neuron([1e300], 0, abs)([1e300])),
    "Dense": ("Dense(2 -> 3)", lambda it: it.dense(1.5e308 * np.ones((6, 2)))),
    "Sequential": (
        "Sequential(2 -> 3)",
        lambda it: it.model(1.7e308 * np.ones((6, 2))),
    ),
    "Dense.backward": (
        "Dense(2 -> 3).backward",
        lambda it: it.dense.backward(1.7e308 * np.ones((6, 3))),
    ),
    "Sequential.backward": (
        "Sequential(2 -> 3).backward",
        lambda it: it.model.backward(1.7e308 * np.ones((6, 3))),
    ),
    "MSE": ("MSE", lambda it: it.mse(1e300 * it.Y, it.Y)),
    "MSE in float16": (
        "MSE",
        lambda it: it.mse(np.full((9, 1), 200, "f2"), np.zeros((9, 1))),
    ),
    "SoftmaxCrossEntropy": (
        "SoftmaxCrossEntropy",
        lambda it: it.sce([[1e308, -1e308]], [0]),
    ),
    "check_gradients": (
        "MSE",
        lambda it: check_with(it, loss=MSE(), target=it.Y / 1e-300),
    ),
}
COUNTED = {
    "Dense: n_in": (10**8, lambda it, n: Dense(n, 1, it.rng)),
    "Dense: n_out": (10**8 // 3, lambda it, n: Dense(3, n, it.rng)),
    "one_hot: n_classes": (30_000, lambda it, n: one_hot([0], n)),
    **{
        f"{metric.__name__}: n_classes": (
            30_000,
            lambda it, n, metric=metric: metric(it.y, it.y, n),
        )
        for metric in BY_CLASS
    },
    "reliability: n_bins": (10**6, lambda it, n: metrics.reliability(it.y, it.P, n)),
    "expected_calibration_error: n_bins": (
        10**6,
        lambda it, n: metrics.expected_calibration_error(it.y, it.P, n),
    ),
    "bootstrap_interval: n_resamples": (
        10**6,
        lambda it, n: interval_with(it, n_resamples=n),
    ),
    "line: n": (10**8, lambda it, n: datasets.line(n, 0, it.rng)),
    "sine: n": (10**8, lambda it, n: datasets.sine(n, 0, it.rng)),
    "spiral: n_per_class": (10**8, lambda it, n: datasets.spiral(n, 1, 0, it.rng)),
    "spiral: n_classes": (10**8 // 7, lambda it, n: datasets.spiral(7, n, 0, it.rng)),
}


def too_much():
    """Yield every door with numbers too large for the arithmetic or for memory."""
    for name, (who, call) in HUGE.items():
        says = ValueError, f"{who} {RECKON}", RESULT, "are inputs or weights huge?"
        yield f"{name}: huge", (call, *says)
    for what, (most, call) in COUNTED.items():
        for n in (most + 1, 10**30):
            says = f"{what} must be at most {most:,}", f"got {n}", "memory and time"
            yield f"{what} {n}", (lambda it, c=call, n=n: c(it, n), ValueError, *says)
    for who, call in NOISY.items():
        says = f"{who}: noise must be at most 1e300", "got 1e+301", "must still be fin"
        yield f"{who}: huge noise", (lambda it, c=call: c(it, 1e301), ValueError, *says)
    for rate in (10**400, np.longdouble(10) ** 400):
        says = (
            "learning_rate must be a finite number above 0",
            f"got {rate}",
            "downhill",
        )
        if np.finfo(np.longdouble).max > 1e308 or isinstance(rate, int):
            yield f"SGD: {type(rate)}", (lambda it, r=rate: SGD(r), ValueError, *says)


# Parameters and gradients that were set by hand.

USES = {
    "call": lambda it, model: model(it.X),
    "backward": lambda it, model: model.backward(it.Y),
    "save": lambda it, model: model.save("model.npz"),
    "load": lambda it, model: model.load(datasets.DIGITS),
    "fit": lambda it, model: fit_with(it, model=model),
    "check_gradients": lambda it, model: check_with(it, model=model),
    "SGD.step": lambda it, model: it.sgd.step(model),
}
FLOATS = "must be an array of floats"
SET_BY_HAND = {
    "a list": (lambda W: W.tolist(), TypeError, FLOATS, "got list", "small steps"),
    "integers": (
        lambda W: W.astype(int),
        TypeError,
        FLOATS,
        "got dtype int64",
        "small",
    ),
    "masked": (np.ma.masked_array, TypeError, FLOATS, "got MaskedArray", "small steps"),
    "a matrix": (
        lambda W: W.view(np.matrix),
        TypeError,
        FLOATS,
        "got matrix",
        "small steps",
    ),
}


def parameters():
    """Yield every use of a model with everything that can be wrong in a parameter."""
    for use, call in USES.items():
        for fault, (spoil, *says) in SET_BY_HAND.items():

            def used(it, call=call, spoil=spoil):
                return call(it, by_hand(it, spoil(it.X[:2] @ it.Y[:2])))

            yield f"{use}: W {fault}", (used, *says)
        if use in ("load", "fit", "check_gradients", "SGD.step"):
            yield (
                f"{use}: W read-only",
                (
                    lambda it, c=call: c(it, by_hand(it, read_only(it.Y[:2]))),
                    ValueError,
                    "as an array to write into",
                    *READ_ONLY,
                ),
            )
    for name, dW, *says in [
        (
            "one row",
            np.ones((1, 3)),
            ValueError,
            "must have shape (2, 3)",
            "got (1, 3)",
        ),
        ("a list", [[1, 2, 3]] * 2, TypeError, FLOATS, "got list"),
        (
            "NaN",
            np.full((2, 3), np.nan),
            ValueError,
            "finite numbers",
            "got NaN or inf",
        ),
    ]:
        yield (
            f"SGD.step: dW {name}",
            (
                lambda it, g=dW: it.sgd.step(by_hand(it, np.ones((2, 3)), g)),
                *says,
                "SGD.step: the gradient of 0.W",
            ),
        )


WRONG = dict(
    [
        *numbers(),
        *shapes(),
        *TARGETS.items(),
        *labels(),
        *single_numbers(),
        *kinds(),
        *too_much(),
        *parameters(),
        *OTHERS.items(),
    ]
)


def state(it):
    """Return all that a wrong call must leave alone."""
    models = [it.model, it.dense, it.fresh]
    return {
        "parameters": [P for m in models for P, _ in m.parameters().values()],
        "inputs": [it.X, it.y, it.Y],
        "random": it.rng.bit_generator.state["state"],
    }


@pytest.mark.parametrize("name", WRONG)
@pytest.mark.filterwarnings("error")
def test_a_wrong_input_is_explained_and_changes_nothing(name, it, capfd):
    call, error, expected, came, cause = WRONG[name]
    before = copy.deepcopy(state(it))
    with pytest.raises(error) as caught:
        call(it)
    assert type(caught.value) is error
    for part in (expected, came, cause):
        assert part in str(caught.value)
    after = state(it)
    for part in ("parameters", "inputs"):
        for found, kept in zip(after[part], before[part], strict=True):
            np.testing.assert_array_equal(found, kept)
    assert after["random"] == before["random"]
    assert capfd.readouterr() == ("", "")


def test_the_place_of_the_first_nan_is_named():
    X = np.ones((3, 2))
    X[1, 0] = X[2, 1] = np.nan
    with pytest.raises(ValueError, match=re.escape("the first at index (1, 0): ")):
        softmax(X)


@pytest.mark.parametrize("model", ["dense", "model"])
def test_a_wrong_gradient_leaves_the_right_one_in_place(model, it):
    model = getattr(it, model)
    model.backward(np.ones((6, 3)))
    before = copy.deepcopy(model.parameters())
    for wrong in (np.ones((5, 3)), np.full((6, 3), np.nan)):
        with pytest.raises(ValueError, match="backward"):
            model.backward(wrong)
    for name, pair in model.parameters().items():
        np.testing.assert_array_equal(pair, before[name])
