"""Is a gradient right?  Nudge each number a little, watch the loss, compare.

The slope measured by nudging needs no calculus, so it is an independent witness.  It is
slow (two forward passes a number) and made for small networks in float64.
"""

import warnings
from collections.abc import Callable
from functools import wraps

import numpy as np

from nnlib._checks import (
    check_batch,
    check_kind,
    check_number,
    check_numbers,
    check_positive,
    check_real,
)
from nnlib.layers import Layer, check_forward
from nnlib.losses import Loss, check_target


def numerical_gradient(f, P, step=1e-5):
    """Return dL/dP by central differences, one entry at a time.

    Args:
        f: function without arguments that returns the loss for P's present values.
        P: array of any shape, float64; each entry is changed and put back.
        step: h in (f(p + h) - f(p - h)) / (2 h).

    Source: W. H. Press et al., Numerical Recipes, 3rd ed., 2007, section 5.7.
    """
    check_nudged(P)
    step = check_positive(step, "numerical_gradient: step", "1e-5 is a good one")
    check_value(f)
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


def relative_error(a, b):
    """Return |a - b| / max(|a|, |b|), |.| the root of the sum of squared entries.

    It is 0 for equal arrays and at most 2.  Two arrays of zeros agree about nothing:
    the value is then inf, so that a gradient never computed does not pass for a right
    one.  It is inf, too, if there is NaN or inf in one of them.

    Args:
        a, b: arrays of the same shape.
    """
    a = check_real(a, "relative_error: a gradient")
    b = check_real(b, "relative_error: a gradient")
    if np.shape(a) != np.shape(b):
        raise ValueError(
            f"the gradients have shapes {np.shape(a)} and {np.shape(b)}, "
            "expected the same"
        )
    scale = np.maximum(np.linalg.norm(a), np.linalg.norm(b))
    return float(np.linalg.norm(a - b) / scale) if 0 < scale < np.inf else np.inf


def tells_doubts(check_gradients):
    """Decorate check_gradients: warn where a right gradient may look wrong.

    There the measured slopes, too, change when the numbers move by half a nudge: on a
    kink they jump, and what is smaller than rounding is noise.
    """

    @wraps(check_gradients)
    def told(model, X, target, loss, step=1e-5):
        errors = check_gradients(model, X, target, loss, step)
        X, target, step = check_problem(model, X, target, loss, step)
        places = {"X": X, **{name: P for name, (P, _) in model.parameters().items()}}

        def value():
            return loss.forward(model.forward(X), target)

        def change(P):
            kept, slopes = P.copy(), []
            for shift in (0, step / 2):
                P += shift
                slopes.append(numerical_gradient(value, P, step))
                P[...] = kept
            return relative_error(*slopes)

        wrong = [name for name, error in errors.items() if error >= 1e-7]
        doubtful = [name for name in wrong if change(places[name]) >= errors[name] / 4]
        if doubtful:
            warnings.warn(
                f"check_gradients cannot tell of {', '.join(doubtful)}: the measured "
                "slopes, too, change when the numbers move by half a nudge. Is a ReLU "
                "on its kink, the gradient nearly 0, or the loss huge? Check with "
                "fresh random numbers, and with inputs and targets of about 1",
                stacklevel=3,
            )
        return errors

    return told


@np.errstate(under="ignore")  # e^-1000 is 0, whatever np.seterr says
@tells_doubts
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
        float64 a right gradient stays below 1e-7, with two exceptions, of which a
        UserWarning tells: a nudge carries a ReLU over its kink; or the gradient is so
        small (near a minimum, for inputs of 1e-6), or the loss so large, that the
        measurement drowns in rounding, which is about |loss| * 1e-16 / step.
    """
    X, target, step = check_problem(model, X, target, loss, step)

    def value():
        return loss.forward(model.forward(X), target)

    value()
    dX = model.backward(loss.backward())
    pairs = {"X": (X, dX), **model.parameters()}
    return {
        name: relative_error(dP, numerical_gradient(value, P, step))
        for name, (P, dP) in pairs.items()
    }


def check_nudged(P):
    """Raise unless nudges can be written into P, an array of finite float64."""
    if getattr(P, "dtype", None) != np.float64:
        got = getattr(P, "dtype", type(P).__name__)
        raise TypeError(
            f"numerical_gradient: P must be an array of float64, got {got}: "
            "elsewhere the nudge is cut off or drowns in rounding"
        )
    check_numbers(P, "numerical_gradient: P")


def check_value(f):
    """Raise unless f is a function without arguments that returns a number."""
    hint = "write lambda: in front of the expression"
    check_kind(f, Callable, "numerical_gradient: f", "a function", hint)
    check_number(f(), "numerical_gradient: f()")


def check_problem(model, X, target, loss, step):
    """Return a copy of X to be nudged, the target as the loss expects it, and step."""
    who = "check_gradients"
    check_kind(model, Layer, f"{who}: model", "a layer or a Sequential")
    check_kind(loss, Loss, f"{who}: loss", "a loss such as MSE()")
    model.check()
    X = check_batch(X, model.n_in, f"{who} with {model.name}")
    for name, (P, _) in {"X": (X, None), **model.parameters()}.items():
        if P.dtype != np.float64:
            raise TypeError(
                f"{who} expects float64 throughout, got {name} of {P.dtype}: in fewer "
                "digits the nudges drown in rounding, use astype(np.float64)"
            )
    Z = check_forward(model, X)
    target = check_target(target, Z.shape, np.float64, loss)
    loss(Z, target)
    step = check_positive(step, f"{who}: step", "1e-5 is a good one")
    return X.copy(), target, step
