"""Is a gradient right?  Nudge each number a little, watch the loss, compare.

The slope measured by nudging needs no calculus, so it is an independent witness.  It is
slow (two forward passes a number) and made for small networks in float64.
"""

from functools import wraps

import numpy as np

from nnlib._checks import (
    check_array,
    check_batch,
    check_kind,
    check_positive,
    door,
    kind_of,
)
from nnlib.layers import Layer
from nnlib.losses import Loss


def _numerical_gradient_door(f, P, step=1e-5):
    if not callable(f):
        raise TypeError(
            f"numerical_gradient: f must be a function, got {type(f).__name__}: "
            "write lambda: in front of the expression"
        )
    if not isinstance(P, np.ndarray) or P.dtype != np.float64:
        raise TypeError(
            f"numerical_gradient: P must be an array of float64, got {kind_of(P)}: "
            "elsewhere the nudge is cut off or drowns in rounding"
        )
    hint = "1e-5 is a good one"
    return f, P, check_positive(step, "numerical_gradient: step", hint)


def _put_back(numerical_gradient):
    """Decorate numerical_gradient: P is as before, even if f raises an exception."""

    @wraps(numerical_gradient)
    def guarded(f, P, step):
        before = P.copy()
        try:
            return numerical_gradient(f, P, step)
        finally:
            P[...] = before

    return guarded


@door(_numerical_gradient_door)
@_put_back
def numerical_gradient(f, P, step=1e-5):
    """Return dL/dP by central differences, one entry at a time.

    Args:
        f: function without arguments that returns the loss for P's present values.
        P: array of any shape, float64; changed for the measurement and put back.
        step: h in (f(p + h) - f(p - h)) / (2 h).

    Returns:
        Array of P's shape.

    Raises:
        TypeError: f is not a function, or P is not an array of float64.
        ValueError: step is not above 0.

    Source: W. H. Press et al., Numerical Recipes, 3rd ed., 2007, section 5.7.
    """
    dP = np.zeros_like(P)
    for index in np.ndindex(P.shape):
        kept = P[index]
        P[index] = kept + step
        above = f()
        P[index] = kept - step
        below = f()
        P[index] = kept
        dP[index] = (above - below) / (2 * step)
    return dP


def _relative_error_door(a, b):
    who = "relative_error: a gradient"
    return check_array(a, who), check_array(b, who)


@door(_relative_error_door)
def relative_error(a, b):
    """Return |a - b| / max(|a|, |b|), |.| the root of the sum of squared entries.

    It is 0 for equal arrays and at most 2.  Two arrays of zeros agree about nothing:
    the answer is then inf, so that a gradient never computed does not pass for a right
    one.

    Args:
        a: array of any shape.
        b: array of the same shape.

    Raises:
        TypeError: a gradient is None.
        ValueError: the shapes differ.
    """
    if np.shape(a) != np.shape(b):
        raise ValueError(
            f"the gradients have shapes {np.shape(a)} and {np.shape(b)}, "
            "expected the same"
        )
    scale = max(np.linalg.norm(a), np.linalg.norm(b))
    return float(np.linalg.norm(a - b) / scale) if scale > 0 else np.inf


def _check_gradients_door(model, X, target, loss, step=1e-5):
    check_kind(model, Layer, "check_gradients: model", "a layer or a Sequential")
    check_kind(loss, Loss, "check_gradients: loss", "a loss such as MSE()")
    model.check()
    X = check_batch(X, model.n_in, f"check_gradients with {model.name}").copy()
    step = check_positive(step, "check_gradients: step", "1e-5 is a good one")
    for name, (P, _) in {"X": (X, None), **model.parameters()}.items():
        if P.dtype != np.float64:
            raise TypeError(
                f"check_gradients expects float64 throughout, got {name} of {P.dtype}: "
                "in fewer digits the nudges drown in rounding, use astype(np.float64)"
            )
    target = loss.check_target(target, model.forward(X).shape)
    return model, X, target, loss, step


@door(_check_gradients_door)
def check_gradients(model, X, target, loss, step=1e-5):
    """Compare every gradient that ``backward`` gives with central differences.

    Args:
        model: a layer or a Sequential with float64 parameters.
        X: batch of shape (m, n), float64.
        target: Y of the output's shape, or labels y of shape (m,), as the loss expects.
        loss: MSE(), SoftmaxCrossEntropy() or another Loss.
        step: h of the central differences.

    Returns:
        {name: relative error} for the input "X" and each parameter, such as "0.W".  In
        float64 a right gradient stays below 1e-7 unless a nudge carries a ReLU over its
        kink.

    Raises:
        TypeError: model or loss is of another kind, or something is not float64.
        ValueError: X or target does not fit the model.
    """

    def value():
        return loss.forward(model.forward(X), target)

    value()
    dX = model.backward(loss.backward())
    pairs = {"X": (X, dX), **model.parameters()}
    return {
        name: relative_error(dP, numerical_gradient(value, P, step))
        for name, (P, dP) in pairs.items()
    }
