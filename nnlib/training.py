"""Training: a batch forward, the loss, a batch backward, a small step; again and again.

One pass over all samples is an epoch.  The samples are shuffled before each epoch, so
that every batch is a fresh sample of the data.
"""

import copy
import math
from collections.abc import Callable
from functools import wraps

import numpy as np

from nnlib._checks import (
    check_array,
    check_batch,
    check_count,
    check_kind,
    check_rng,
    check_same_rows,
)
from nnlib.layers import Layer, check_forward
from nnlib.losses import Loss, check_target


def minibatches(X, y, batch_size, rng):
    """Yield the samples in random order, batch by batch, each exactly once.

    A batch is a pair (X_batch, y_batch) of copies; the last one may be short.

    Args:
        X: inputs, shape (m, n).
        y: targets, one per row of X: shape (m, k) or (m,).
        batch_size: samples per batch, at least 1.
        rng: NumPy Generator that draws the order.
    """
    X = check_array(X, "minibatches: X")
    y = check_array(y, "minibatches: y")
    check_same_rows(X, y, "minibatches", "X and y")
    batch_size = check_count(batch_size, "minibatches: batch_size")
    check_rng(rng, "minibatches")
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X.take(rows, axis=0), y.take(rows, axis=0)


def mean_loss(model, X, y, loss, batch_size):
    """Return the mean loss over all samples, in batches to spare memory."""
    total = 0.0
    for start in range(0, len(X), batch_size):
        rows = slice(start, start + batch_size)
        total += loss.forward(model.forward(X[rows]), y[rows]) * len(X[rows])
    return total / len(X)


def stop_if_diverged(value, epoch, optimizer):
    """Raise FloatingPointError if the loss is NaN or inf."""
    if not math.isfinite(value):
        rate, smaller = getattr(optimizer, "learning_rate", None), ""
        if rate is not None:
            smaller = f": {rate:g} is too large here, try {rate / 10:g}"
        raise FloatingPointError(
            f"training diverged in epoch {epoch}: the loss is {value}. "
            f"Use a smaller learning rate{smaller}. "
            "If that does not help, scale the inputs down. "
            "The model has its weights from before fit again."
        )


def gives_weights_back(fit):
    """Decorate fit: if training diverges, the model has its former weights again.

    The loss of a batch tells of the weights before its step; what the last step did is
    looked at here.
    """

    @wraps(fit)
    def guarded(model, X, y, loss, optimizer, *args, **kwargs):
        before = copy.deepcopy(weights(model))
        try:
            history = fit(model, X, y, loss, optimizer, *args, **kwargs)
            if not are_finite(model):
                stop_if_diverged(math.nan, len(history["loss"]), optimizer)
        except Exception as error:
            if isinstance(error, FloatingPointError) or not are_finite(model):
                for name, P in weights(model).items():
                    P[...] = before[name]
            raise
        return history

    return guarded


@gives_weights_back
@np.errstate(all="ignore")  # of training that diverges, fit tells itself
def fit(model, X, y, loss, optimizer, epochs, batch_size, rng,
        validation=None, on_epoch=None):  # fmt: skip
    """Train the model by mini-batches and return the history of its loss.

    Args:
        model: a Sequential (or a single layer); its parameters are changed in place.
        X: inputs, shape (m, n).
        y: targets: Y of shape (m, k) for MSE, integer labels of shape (m,) for
            SoftmaxCrossEntropy.
        loss: MSE(), SoftmaxCrossEntropy() or another Loss.
        optimizer: SGD(learning_rate=...) or another object with ``step(model)``.
        epochs: passes over the data, at least 1.
        batch_size: samples per step, at least 1; from m on a step sees all samples.
        rng: NumPy Generator for the shuffling.
        validation: pair (X, y) of held-out data, or None.
        on_epoch: function (epoch, model) called after each epoch, from 1 on, or None.

    Returns:
        {"loss": [...]}, a float per epoch: the mean of the batch losses while the
        weights moved.  With validation also "validation_loss", measured at the end of
        each epoch.

    Raises:
        FloatingPointError: training diverged; the model has its former weights again.

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, section
    8.3.1.
    """
    check_parts(model, loss, optimizer, on_epoch)
    epochs = check_count(epochs, "fit: epochs")
    batch_size = check_count(batch_size, "fit: batch_size")
    check_rng(rng, "fit")
    X, y = check_data(model, loss, X, y, batch_size, "fit")
    validation = check_validation(model, loss, validation, batch_size)
    history = (
        {"loss": []} if validation is None else {"loss": [], "validation_loss": []}
    )
    for epoch in range(1, epochs + 1):
        total = 0.0
        for X_batch, y_batch in minibatches(X, y, batch_size, rng):
            batch_loss = loss.forward(model.forward(X_batch), y_batch)
            stop_if_diverged(batch_loss, epoch, optimizer)
            model.backward(loss.backward())
            optimizer.step(model)
            total += batch_loss * len(X_batch)
        history["loss"].append(total / len(X))
        if validation is not None:
            history["validation_loss"].append(
                mean_loss(model, *validation, loss, batch_size)
            )
        if on_epoch is not None:
            on_epoch(epoch, model)
    return history


def weights(model):
    """Return {name: parameter}; nothing of what is no layer or array: fit checks it."""
    pairs = model.parameters() if isinstance(model, Layer) else {}
    return {name: P for name, (P, _) in pairs.items() if isinstance(P, np.ndarray)}


def are_finite(model):
    """Return whether all parameters are finite."""
    return all(np.isfinite(P).all() for P in weights(model).values())


def check_parts(model, loss, optimizer, on_epoch):
    """Raise TypeError unless each is of its kind."""
    check_kind(model, Layer, "fit: model", "a layer or a Sequential")
    check_kind(loss, Loss, "fit: loss", "a loss such as MSE()")
    if isinstance(optimizer, type) or not callable(getattr(optimizer, "step", None)):
        raise TypeError(
            "fit: optimizer must be an optimizer such as SGD(learning_rate=0.1), "
            f"got {optimizer!r}: was it called, are two arguments swapped?"
        )
    hint = "pass the function itself, without calling it"
    wanted = "a function (epoch, model)"
    check_kind(on_epoch, Callable | None, "fit: on_epoch", wanted, hint)


def check_data(model, loss, X, y, batch_size, who):
    """Return X and y as expected; copies of model and loss try the first batch."""
    model.check()
    X = check_batch(X, model.n_in, f"{who}: {model.name}")
    prediction = check_forward(copy.deepcopy(model), X[:batch_size])
    try:
        y = check_target(y, (len(X), prediction.shape[1]), prediction.dtype, loss)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{who}: {error}") from None
    copy.deepcopy(loss)(prediction, y[:batch_size])
    return X, y


def check_validation(model, loss, validation, batch_size):
    """Return the pair of held-out data, or None."""
    if validation is None:
        return None
    if not isinstance(validation, (tuple, list)) or len(validation) != 2:
        raise TypeError(
            "fit: validation must be a pair (X, y) of held-out data, "
            f"got {type(validation).__name__}: put both in brackets, (X, y)"
        )
    return check_data(model, loss, *validation, batch_size, "fit: validation")
