"""The checks at the door: what a caller passes is looked at once, before the arithmetic.

Layers, losses and metrics are the bare lines of the lessons.  The checks they need stand here, and are
put in front of them by ``Layer.__call__``, ``Loss.__call__`` and the decorators ``door`` and
``after_forward``.  A check returns the value in the form the arithmetic expects, or raises TypeError or
ValueError with what was expected, what came, and the likely cause.
"""

from functools import wraps

import numpy as np


class NotFiniteError(ValueError):
    """A value holds NaN or inf."""


def door(check):
    """Decorate a function so that ``check(*args, **kwargs)`` runs first and returns its arguments."""

    def decorate(function):
        @wraps(function)
        def checked(*args, **kwargs):
            return function(*check(*args, **kwargs))

        return checked

    return decorate


def after_forward(backward):
    """Decorate ``backward``: forward must have run, and the gradient must have its output's shape."""

    @wraps(backward)
    def checked(self, *gradient):
        shape = self.output_shape
        if shape is None:
            raise RuntimeError(
                f"{self.name}.backward() came before forward: call {self.name} on a batch first, "
                "because backward uses what forward remembers"
            )
        return backward(
            self, *(check_gradient(dZ, shape, self.name) for dZ in gradient)
        )

    return checked


def check_numbers(value, what):
    """Return ``value`` as an array of finite floats; integers and booleans become float64."""
    if np.ma.isMaskedArray(value):
        raise TypeError(
            f"{what} is a masked array: its mask would be lost; fill it or drop the rows first"
        )
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{what} is ragged: every row needs the same number of columns"
        ) from None
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{what} must hold real numbers, got dtype {array.dtype}: "
            "are there strings, None or rows of unequal length in it?"
        )
    if array.dtype.kind != "f":
        array = array.astype(np.float64)
    finite = np.isfinite(array)
    if not finite.all():
        where = tuple(int(i) for i in np.argwhere(~finite)[0])
        raise NotFiniteError(
            f"{what} holds NaN or inf, the first at index {where}: "
            "was a value missing in the data, or did training diverge?"
        )
    return array


def check_batch(X, n_in, who):
    """Return X as a batch of shape (m, n_in) with m >= 1; ``n_in`` None takes any width >= 1."""
    X = check_numbers(X, f"{who}: X")
    width = "n" if n_in is None else n_in
    expects = f"{who} expects X of shape (m, {width}), got {X.shape}"
    if X.ndim == 1 and X.size and n_in in (None, X.size):
        raise ValueError(f"{expects}: one sample is a row, X[None, :]")
    if X.ndim == 1 and X.size and n_in == 1:
        raise ValueError(f"{expects}: m samples of one input are a column, X[:, None]")
    if X.ndim != 2:
        raise ValueError(f"{expects}: a batch has two axes, a sample is a row")
    if len(X) == 0:
        raise ValueError(f"{expects}: the batch is empty")
    if X.shape[1] == 0:
        raise ValueError(f"{expects}: the samples have no columns")
    if n_in is not None and X.shape[1] != n_in:
        hint = (
            "is it transposed? A sample is a row, X.T"
            if X.shape[0] == n_in
            else f"each sample needs {n_in} numbers"
        )
        raise ValueError(f"{expects}: {hint}")
    return X


def check_gradient(dZ, shape, who):
    """Return dZ as floats of exactly the shape that forward returned."""
    dZ = check_numbers(dZ, f"{who}.backward: dZ")
    if dZ.shape != shape:
        raise ValueError(
            f"{who}.backward expects dZ of shape {shape}, like the output of the last forward, "
            f"got {dZ.shape}: is it the gradient of another batch, or transposed?"
        )
    return dZ


def check_labels(y, n_classes, what="y"):
    """Return y as integer labels of shape (m,), each in 0..n_classes-1 (None: any from 0)."""
    if np.ma.isMaskedArray(y):
        raise TypeError(
            f"{what} is a masked array: its mask would be lost; drop the rows first"
        )
    try:
        y = np.asarray(y)
    except ValueError:
        raise ValueError(
            f"{what} is ragged: expected one label a sample, shape (m,)"
        ) from None
    if y.ndim == 2 and y.shape[1] > 1:
        raise ValueError(
            f"{what} expects integer labels of shape (m,), got {y.shape}: "
            "is it one-hot? Use Y.argmax(axis=1)"
        )
    if y.ndim != 1:
        raise ValueError(
            f"{what} expects integer labels of shape (m,), got {y.shape}: flatten it with y.ravel()"
        )
    if len(y) == 0:
        raise ValueError(f"{what} expects at least one label, got an empty array")
    if y.dtype.kind not in "iu":
        hint = (
            "labels are class numbers; use y.astype(int) if they are whole"
            if y.dtype.kind == "f"
            else "number the classes 0, 1, 2, ..."
        )
        raise TypeError(f"{what} expects integer labels, got dtype {y.dtype}: {hint}")
    low, high = int(y.min()), int(y.max())
    if low < 0 or (n_classes is not None and high >= n_classes):
        allowed = "0 or more" if n_classes is None else f"from 0 to {n_classes - 1}"
        raise ValueError(
            f"{what} expects labels {allowed}, got labels from {low} to {high}: "
            "do they start at 1, or has the model too few outputs?"
        )
    return y


def check_count(value, what, least=1):
    """Return ``value`` as an int of at least ``least``."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(value, (int, np.integer)):
        raise TypeError(f"{what} must be a whole number, got {value!r}")
    if value < least:
        raise ValueError(f"{what} must be at least {least}, got {value}")
    return int(value)


def check_positive(value, what, hint):
    """Return ``value`` as a float above 0."""
    if isinstance(value, (bool, np.bool_)) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{what} must be a number, got {value!r}")
    if not (np.isfinite(value) and value > 0):
        raise ValueError(f"{what} must be a finite number above 0, got {value}: {hint}")
    return float(value)


def check_rng(rng, who):
    """Return rng, a NumPy Generator."""
    if not isinstance(rng, np.random.Generator):
        raise TypeError(
            f"{who} expects rng to be a NumPy Generator, got {type(rng).__name__}: "
            "make one with rng = np.random.default_rng(0) and pass it on"
        )
    return rng


def check_same_rows(X, y, who):
    """Raise ValueError unless X and y have one row a sample, the same number in both."""
    if len(X) != len(y):
        raise ValueError(
            f"{who} expects one target a sample, got {len(X)} rows in X and {len(y)} targets"
        )
