"""Is a gradient right?  Nudge each number a little, watch the loss, compare.

The slope measured by nudging needs no calculus, so it is an independent witness.  It is
slow (two forward passes a number) and made for small networks in float64.
"""

from functools import wraps

import numpy as np

from nnlib._checks import (
    as_prediction,
    attributes_kept,
    check_batch,
    check_kind,
    check_number,
    check_numbers,
    check_positive,
    check_real,
    check_writeable,
    door,
    finite_or_put_back,
    is_plain,
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
    if not is_plain(P) or P.dtype != np.float64:
        raise TypeError(
            f"numerical_gradient: P must be an array of float64, got {kind_of(P)}: "
            "elsewhere the nudge is cut off or drowns in rounding"
        )
    check_numbers(P, "numerical_gradient: P")
    check_writeable(P, "P", "numerical_gradient")
    hint = "1e-5 is a good one"
    step = check_positive(step, "numerical_gradient: step", hint)
    with np.errstate(all="ignore"):
        check_number(f(), "numerical_gradient: f()")
    return f, P, step


def _put_back(numerical_gradient):
    """Decorate numerical_gradient: P is as before, even if f raises an exception.

    What comes out is finite, or an error.
    """

    @wraps(numerical_gradient)
    def guarded(f, P, step):
        before = P.copy()
        try:
            with np.errstate(all="ignore"):
                dP = numerical_gradient(f, P, step)
        finally:
            P[...] = before
        if not np.isfinite(dP).all():
            raise ValueError(
                "numerical_gradient expects losses that it can subtract, got NaN or "
                f"inf for a step of {step:g}: is P or the loss huge, the step tiny?"
            )
        return dP

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
        TypeError: f is not a function or does not return a number, or P is not an array
            of float64.
        ValueError: step is not above 0, P is read-only, or there is NaN or inf in P, in
            f() or in the result.

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
    return check_real(a, who), check_real(b, who)


def _in_range(relative_error):
    """Decorate relative_error: squares neither overflow nor vanish.

    Both gradients are divided by the same power of 2, which is exact and changes
    nothing.  Gradients with NaN or inf agree with none.
    """

    @wraps(relative_error)
    def guarded(a, b):
        largest = max(abs(g).max(initial=0) for g in (a, b))
        if not all(np.isfinite(g).all() for g in (a, b)):
            a, b = np.zeros(np.shape(a)), np.zeros(np.shape(b))
        elif largest > 0:
            exponent = int(np.frexp(largest)[1])
            a, b = (np.ldexp(g, -exponent).astype(np.float64) for g in (a, b))
        return relative_error(a, b)

    return guarded


@door(_relative_error_door)
@_in_range
def relative_error(a, b):
    """Return |a - b| / max(|a|, |b|), |.| the root of the sum of squared entries.

    It is 0 for equal arrays and at most 2.  Two arrays of zeros agree about nothing:
    the answer is then inf, so that a gradient never computed does not pass for a right
    one.  It is inf, too, if there is NaN or inf in one of them.

    Args:
        a: array of any shape.
        b: array of the same shape.

    Raises:
        TypeError: a gradient is None, or does not hold real numbers.
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
    X = check_batch(X, model.n_in, f"check_gradients with {model.name}")
    X = X.astype(X.dtype.newbyteorder("="))  # a copy, for the nudges
    step = check_positive(step, "check_gradients: step", "1e-5 is a good one")
    for name, (P, _) in {"X": (X, None), **model.parameters()}.items():
        if P.dtype != np.float64:
            raise TypeError(
                f"check_gradients expects float64 throughout, got {name} of {P.dtype}: "
                "in fewer digits the nudges drown in rounding, use astype(np.float64)"
            )
        check_writeable(P, name, "check_gradients")
    return model, X, target, loss, step


def _put_back_if_refused(check_gradients):
    """Decorate check_gradients: an error, such as of an overflow, has changed nothing.

    The target is checked here because its shape is that of the model's output.
    """

    @wraps(check_gradients)
    def guarded(model, X, target, loss, step):
        with attributes_kept(model, loss), np.errstate(all="ignore"):
            Z = finite_or_put_back(model.name, model, model.forward, X)
            target = loss.check_target(target, Z.shape)
            target = as_prediction(target, np.float64, loss.name)
            finite_or_put_back(loss.name, loss, loss.forward, Z, target)
            return check_gradients(model, X, target, loss, step)

    return guarded


@door(_check_gradients_door)
@_put_back_if_refused
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
