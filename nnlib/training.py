"""Training: a batch forward, the loss, a batch backward, a small step; again and again.

One pass over all samples is an epoch.  The samples are shuffled before each epoch, so
that every batch is a fresh sample of the data.
"""

import math
from functools import partial, wraps

import numpy as np

from nnlib._checks import (
    EVERYTHING,
    all_finite,
    as_prediction,
    by_identity,
    check_array,
    check_batch,
    check_count,
    check_kind,
    check_rng,
    check_same_rows,
    check_writeable,
    door,
    inner_layers,
    parameters_kept,
    run_inside,
)
from nnlib.layers import Layer
from nnlib.losses import Loss


def _minibatches_door(X, y, batch_size, rng=None):
    X, y = check_array(X, "minibatches: X"), check_array(y, "minibatches: y")
    if X.ndim == 0 or y.ndim == 0 or len(X) == 0:
        raise ValueError(
            "minibatches expects X and y with at least one row, a sample a row, "
            f"got shapes {X.shape} and {y.shape}: were all rows dropped?"
        )
    check_same_rows(X, y, "minibatches", "X and y")
    batch_size = check_count(batch_size, "minibatches: batch_size")
    return X, y, batch_size, check_rng(rng, "minibatches")


@door(_minibatches_door)
def minibatches(X, y, batch_size, rng):
    """Yield the samples in random order, batch by batch, each exactly once.

    The last batch may be short.

    Args:
        X: inputs, shape (m, n).
        y: targets, one a row of X: shape (m, k) or (m,).
        batch_size: samples a batch, at least 1.
        rng: NumPy Generator that draws the order.

    Yields:
        (X_batch, y_batch), copies of the rows.

    Raises:
        TypeError: batch_size is not a whole number, rng is not a Generator, or X or y
            is a masked array.
        ValueError: batch_size is below 1, there is no sample, X or y is ragged, or they
            differ in length.
    """
    order = rng.permutation(len(X))
    for start in range(0, len(X), batch_size):
        rows = order[start : start + batch_size]
        yield X[rows], y[rows]


def mean_loss(model, X, y, loss, batch_size):
    """Return the mean loss over all samples; nothing is trained.

    It is computed in batches to spare memory.
    """
    total = 0.0
    for start in range(0, len(X), batch_size):
        rows = slice(start, start + batch_size)
        total += loss.forward(model.forward(X[rows]), y[rows]) * len(X[rows])
    return total / len(X)


def stop_if_diverged(value, epoch, optimizer):
    """Raise FloatingPointError if the loss is NaN or inf."""
    if not math.isfinite(value):
        rate = getattr(optimizer, "learning_rate", None)
        smaller = (
            "" if rate is None else f": {rate:g} is too large here, try {rate / 10:g}"
        )
        raise FloatingPointError(
            f"training diverged in epoch {epoch}: the loss is {value}. "
            f"Use a smaller learning rate{smaller}. "
            "If that does not help, scale the inputs down. "
            "The model has its weights from before fit again."
        )


def _check_data(model, loss, X, y, who):
    X = check_batch(X, model.n_in, f"{who}: {model.name}")
    width = X.shape[1] if model.n_out is None else model.n_out
    dtype = np.result_type(X, *(P for P, _ in model.parameters().values()))
    try:
        y = loss.check_target(y, (len(X), width))
        return X, as_prediction(y, dtype, loss.name)
    except (TypeError, ValueError) as error:
        raise type(error)(f"{who}: {error}") from None


def _fit_door(
    model,
    X,
    y,
    loss,
    optimizer,
    epochs,
    batch_size,
    rng=None,
    validation=None,
    on_epoch=None,
):
    check_kind(model, Layer, "fit: model", "a layer or a Sequential")
    check_kind(loss, Loss, "fit: loss", "a loss such as MSE()")
    model.check()
    for name, (P, _) in model.parameters().items():
        check_writeable(P, name, "fit")
    if isinstance(optimizer, type) or not callable(getattr(optimizer, "step", None)):
        raise TypeError(
            "fit: optimizer must be an optimizer such as SGD(learning_rate=0.1), "
            f"got {optimizer!r}: was it called, are two arguments swapped?"
        )
    if on_epoch is not None and not callable(on_epoch):
        raise TypeError(
            f"fit: on_epoch must be a function (epoch, model), got {on_epoch!r}: "
            "pass the function itself, without calling it"
        )
    X, y = _check_data(model, loss, X, y, "fit")
    epochs = check_count(epochs, "fit: epochs")
    batch_size = check_count(batch_size, "fit: batch_size")
    check_rng(rng, "fit")
    if validation is not None:
        if not isinstance(validation, (tuple, list)) or len(validation) != 2:
            raise TypeError(
                "fit: validation must be a pair (X, y) of held-out data, "
                f"got {type(validation).__name__}: put both in brackets, (X, y)"
            )
        validation = _check_data(model, loss, *validation, "fit: validation")
    return model, X, y, loss, optimizer, epochs, batch_size, rng, validation, on_epoch


def _of_nnlib(what):
    return str(getattr(what, "__module__", "")).split(".")[0] == __name__.split(".")[0]


def _is_ours(part):
    """Return whether a layer, loss or optimizer is nnlib's, and each method of it."""
    if not _of_nnlib(type(part)):
        return False
    places = part, *type(part).__mro__[:-1]
    methods = [m for place in places for m in vars(place).values() if callable(m)]
    return all(map(_of_nnlib, methods)) and all(map(_is_ours, inner_layers(part)))


def _checked_once(fit):
    """Decorate fit: between its parts, the doors ask no more than they must.

    While nnlib's own parts train, all stand open: what comes in was checked at fit's
    own.  With a layer, loss, optimizer or ``on_epoch`` of the reader's, the model's
    stand ajar.  What ``on_epoch`` calls is checked as ever.
    """

    @wraps(fit)
    def guarded(model, X, y, loss, optimizer, *rest):
        *rest, on_epoch = rest
        if on_epoch is None and all(map(_is_ours, (model, loss, optimizer))):
            inside = EVERYTHING
        else:
            inside = by_identity(model)
        outside = None if on_epoch is None else partial(run_inside, (), on_epoch)
        return run_inside(inside, fit, model, X, y, loss, optimizer, *rest, outside)

    return guarded


def _put_back_if_diverged(fit):
    """Decorate fit: if training diverges, the model gets its former parameters back.

    The loss of a batch tells only of the weights before its step.  So the weights are
    looked at after each epoch as well, before ``on_epoch`` sees them.
    """

    @wraps(fit)
    def guarded(model, X, y, loss, optimizer, *rest):
        *rest, on_epoch = rest
        outside = np.geterr()

        def after_epoch(epoch, model):
            if not all_finite(*(P for P, _ in model.parameters().values())):
                stop_if_diverged(np.nan, epoch, optimizer)
            if on_epoch is not None:
                with np.errstate(**outside):
                    on_epoch(epoch, model)

        with parameters_kept(model, FloatingPointError):
            with np.errstate(all="ignore"):
                history = fit(model, X, y, loss, optimizer, *rest, after_epoch)
            for epoch, value in enumerate(history.get("validation_loss", []), 1):
                stop_if_diverged(value, epoch, optimizer)
        return history

    return guarded


@door(_fit_door)
@_checked_once
@_put_back_if_diverged
def fit(
    model,
    X,
    y,
    loss,
    optimizer,
    epochs,
    batch_size,
    rng,
    validation=None,
    on_epoch=None,
):
    """Train the model by mini-batches and return the history of its loss.

    Args:
        model: a Sequential (or a single layer); its parameters are changed in place.
        X: inputs, shape (m, n).
        y: targets: Y of shape (m, k) for MSE, integer labels of shape (m,) for
            SoftmaxCrossEntropy.
        loss: MSE(), SoftmaxCrossEntropy() or another Loss.
        optimizer: SGD(learning_rate=...) or another object with ``step(model)``.
        epochs: passes over the data, at least 1.
        batch_size: samples a step, at least 1; from m upwards a step sees all samples.
        rng: NumPy Generator for the shuffling.
        validation: pair (X, y) of held-out data, or None.
        on_epoch: function (epoch, model) called after each epoch, from 1 on, or None.

    Returns:
        {"loss": [...]}, a float an epoch: the mean of the batch losses while the
        weights moved.  With validation also "validation_loss", measured at the end of
        each epoch.

    Raises:
        TypeError, ValueError: an argument does not fit; the message says which, and
            nothing has changed.
        FloatingPointError: training diverged; the model has its former weights again.

    Source: I. Goodfellow, Y. Bengio and A. Courville, Deep Learning, 2016, section
    8.3.1.
    """
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
