"""Checks: a caller's arguments are looked at before the lesson's lines run.

A public function begins with plain calls of these.  A check returns the value in the
form that the lines below it expect, or raises TypeError or ValueError with what was
expected, what came, and the likely cause.
"""

import numpy as np


def check_array(value, what):
    """Return ``value`` as an array of anything, but neither ragged nor sparse."""
    got = None if value is None else type(value).__name__
    try:
        array = np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{what} must be an array, got a ragged {got}: its rows differ in length"
        ) from None
    if array.ndim == 0 and array.dtype == object:
        hint = "are two arguments swapped, or is it to be called, or made a list?"
        if value is None:
            hint = "does a function lack its return, or was a value never set?"
        if hasattr(value, "toarray"):
            hint = "it is sparse, and its toarray() makes an array of it"
        raise TypeError(f"{what} must be a number or an array, got {got}: {hint}")
    return array


def holds_numbers(array, kind):
    """Return whether astype(kind) makes finite numbers of all that the array holds."""
    try:
        entries = array.astype(object)
        numbers = entries.astype(float)
        return bool((np.isfinite(numbers) & (entries.astype(kind) == numbers)).all())
    except (ArithmeticError, TypeError, ValueError):
        return False


def in_code(value, what):
    """Return code that makes an array of a value, whose name ends ``what``."""
    name = what.split(": ")[-1]
    return name if isinstance(value, np.ndarray) else f"np.asarray({name})"


def check_real(value, what):
    """Return ``value`` as an array of floats; other numbers become float64."""
    array = check_array(value, what)
    if array.dtype.kind not in "fiub":
        hint = "are there strings, None or complex numbers in it?"
        if holds_numbers(array, float):
            hint = f"{in_code(value, what)}.astype(float) makes numbers of it"
        raise TypeError(
            f"{what} must hold real numbers, got dtype {array.dtype}: {hint}"
        )
    return array if array.dtype.kind == "f" else array.astype(np.float64)


def check_numbers(value, what):
    """Return ``value`` as an array of finite floats; other numbers become float64."""
    array = check_real(value, what)
    # NaN and inf show in the extremes, which need no second array as large as the data.
    if array.size and not (np.isfinite(array.min()) and np.isfinite(array.max())):
        where = tuple(int(i) for i in np.argwhere(~np.isfinite(array))[0])
        place = f", the first at index {where}" if where else ""
        raise ValueError(
            f"{what} must hold finite numbers, got NaN or inf{place}: "
            "was a value missing in the data, or did training diverge?"
        )
    return array


def check_number(value, what):
    """Return ``value``, a single finite number, as a float."""
    array = check_numbers(value, what)
    if array.ndim != 0:
        raise ValueError(
            f"{what} must be one number, got an array of shape {array.shape}: "
            "take one entry of it, such as a[0]"
        )
    return float(array)


def check_batch(X, n_in, who, what="X"):
    """Return X as a batch of shape (m, n_in), m >= 1; None takes any width >= 1."""
    named = in_code(X, what)
    X = check_numbers(X, f"{who}: {what}")
    if X.ndim != 2 or X.size == 0 or n_in not in (None, X.shape[1]):
        width = "k" if n_in is None else n_in
        hint = batch_hint(X.shape, n_in, named)
        raise ValueError(
            f"{who} expects {what} of shape (m, {width}), got {X.shape}: {hint}"
        )
    return X


def batch_hint(shape, n_in, X):
    """Return what to do about a batch of a wrong shape; X is its name."""
    row = f"one sample is a row, {X}[None, :]"
    column = f"m samples of one number are a column, {X}[:, None]"
    if len(shape) == 1 and n_in in (None, 1, shape[0]) and shape[0]:
        return {None: f"{row}; {column}", shape[0]: row}.get(n_in, column)
    if len(shape) != 2:
        flat = f", {X}.reshape(len({X}), -1)" if len(shape) > 2 else ""
        return f"a batch has two axes, a sample is a row{flat}"
    if 0 in shape:
        empty = "the batch is empty, were all rows dropped?"
        return "the samples have no columns" if shape[0] else empty
    if shape[0] == n_in:
        return f"is it transposed? A sample is a row, {X}.T"
    if shape[0] * shape[1] == n_in:
        return f"one sample is a row, {X}.reshape(1, -1)"
    return f"a sample needs {n_in} number{'s' * (n_in > 1)}, one per column"


def check_like(target, shape, who):
    """Return the target as finite floats of the prediction's shape."""
    y = in_code(target, "y")
    target = check_numbers(target, f"{who}: target")
    if target.shape != shape:
        hint = "is it of another batch, or has the model too many outputs?"
        if target.shape == shape[::-1]:
            hint = f"is it transposed? A sample is a row, {y}.T"
        if target.shape == shape[:1]:
            hint = f"are they labels? one_hot(y, {shape[1]}) makes rows of them"
        if (*target.shape, 1) == shape:
            hint = f"m targets of one number are a column, {y}[:, None]"
        raise ValueError(
            f"{who} expects a target of shape {shape}, like the prediction, "
            f"got {target.shape}: {hint}"
        )
    return target


def check_labels(y, n_classes, what):
    """Return y as integer labels of shape (m,) in 0..n_classes-1 (None: from 0)."""
    named = in_code(y, what)
    y = check_array(y, what)
    if y.ndim != 1 or len(y) == 0:
        raise ValueError(
            f"{what} must be integer labels of shape (m,), got "
            f"{'an empty array' if y.ndim == 1 else y.shape}: "
            f"{labels_hint(y.shape, n_classes)}"
        )
    if y.dtype.kind not in "iu":
        hint = "number the classes 0, 1, 2, ..."
        if holds_numbers(y, int):
            hint = f"{named}.astype(int) makes labels of whole numbers"
        raise TypeError(f"{what} must be integer labels, got dtype {y.dtype}: {hint}")
    low, high = int(y.min()), int(y.max())
    if low < 0 or (n_classes is not None and high >= n_classes):
        allowed = "0 or more" if n_classes is None else f"from 0 to {n_classes - 1}"
        raise ValueError(
            f"{what} must be labels {allowed}, got labels from {low} to {high}: "
            "do they start at 1, or are there fewer columns than classes?"
        )
    return y.astype(np.int64, copy=False)


def labels_hint(shape, n_classes):
    """Return what to do about labels of a wrong shape."""
    one_hot = "is it one-hot, or scores? argmax(axis=1) makes labels of them"
    if len(shape) < 2:
        single = "the label of a single sample is an array of one, [y]"
        return "were all rows dropped?" if shape else single
    if shape == (1, n_classes):
        return f"flatten it with np.ravel; or {one_hot}"
    return "flatten it with np.ravel" if 1 in shape[:2] else one_hot


def check_count(value, what, least=1):
    """Return ``value`` as an int of at least ``least``."""
    if isinstance(value, bool) or not isinstance(value, (int, np.integer)):
        raise TypeError(
            f"{what} must be a whole number, got {value!r}: "
            "is it a float, or are two arguments swapped?"
        )
    if value < least:
        raise ValueError(
            f"{what} must be at least {least}, got {value}: "
            "is it a wrong count, or are two arguments swapped?"
        )
    return int(value)


def check_positive(value, what, hint):
    """Return ``value`` as a float above 0."""
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise TypeError(f"{what} must be a number above 0, got {value!r}: {hint}")
    if not 0 < value < np.inf:
        raise ValueError(f"{what} must be a finite number above 0, got {value}: {hint}")
    return float(value)


def check_rng(rng, who):
    """Raise TypeError unless rng is a NumPy Generator."""
    hint = "make one with rng = np.random.default_rng(0) and pass it on"
    check_kind(rng, np.random.Generator, f"{who}: rng", "a NumPy Generator", hint)


def check_kind(value, kind, what, wanted, hint="are two arguments swapped?"):
    """Raise TypeError unless value is an instance of kind, in words ``wanted``."""
    if not isinstance(value, kind):
        got = type(value).__name__
        if isinstance(value, type):
            got, hint = f"the class {value.__name__}", f"call it, {value.__name__}(...)"
        raise TypeError(f"{what} must be {wanted}, got {got}: {hint}")


def check_same_rows(a, b, who, names):
    """Raise ValueError unless the arrays a and b have equally many rows, at least 1."""
    rows = [len(array) if array.ndim else "a single value" for array in (a, b)]
    if rows[0] != rows[1] or not a.size:
        raise ValueError(
            f"{who} expects {names} of the same length, one row per sample, "
            f"got {rows[0]} and {rows[1]}: are they of the same samples, or empty?"
        )
