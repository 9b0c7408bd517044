"""Small networks and data that several tests share, and how an error is tested."""

from itertools import pairwise

import numpy as np
import pytest

from nnlib import MSE, Dense, ReLU, Sequential, SoftmaxCrossEntropy

LOSSES = [MSE, SoftmaxCrossEntropy]
DTYPES = [np.float32, np.float64]


def network(widths, rng, dtype=np.float64):
    """Return Dense layers of these widths with a ReLU between each two."""
    layers = []
    for n_in, n_out in pairwise(widths):
        dense = Dense(n_in, n_out, rng)
        dense.W = dense.W.astype(dtype)
        dense.b = rng.normal(size=(1, n_out)).astype(dtype)  # zeros would hide errors
        layers += [dense, ReLU()]
    return Sequential(layers[:-1])


def batch(loss, m, n_in, n_out, rng, dtype=np.float64):
    """Return m random inputs, and targets of the kind that the loss class expects."""
    X = rng.normal(size=(m, n_in)).astype(dtype)
    if loss is SoftmaxCrossEntropy:
        return X, rng.integers(n_out, size=m)
    return X, rng.normal(size=(m, n_out)).astype(dtype)


def values(model):
    """Return copies of the parameters, by name."""
    return {name: P.copy() for name, (P, _) in model.parameters().items()}


def gradients(model, X, target, loss):
    """Return {"X": dX, "0.W": dW, ...} after one pass forward and backward."""
    loss(model(X), target)
    dX = model.backward(loss.backward())
    return {"X": dX, **{name: dP for name, (_, dP) in model.parameters().items()}}


def assert_same(found, expected, rtol=0, atol=0):
    """Assert that two dicts of arrays agree, name by name; exactly unless told."""
    assert found.keys() == expected.keys()
    for name in found:
        np.testing.assert_allclose(
            found[name], expected[name], rtol, atol, err_msg=name
        )


def table(text):
    """Return the rows of a table, "left => right", one a line, as pairs."""
    rows = [row.split("=>") for row in text.strip().splitlines()]
    return [(left.strip(), right.strip()) for left, right in rows]


def assert_refused(call, says):
    """Assert that call() raises what ``says`` tells: "ValueError | part | part"."""
    with pytest.raises(Exception) as caught:  # noqa: PT011
        call()
    error, *parts = says.split(" | ")
    message = f"{type(caught.value).__name__}: {caught.value}"
    assert message.startswith(f"{error}: ")
    assert [part for part in parts if part not in message] == [], message
