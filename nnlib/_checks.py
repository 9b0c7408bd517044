"""The checks at the door: a caller's arguments are looked at before the arithmetic.

Layers, losses and metrics are the bare lines of the lessons.  The checks they need
stand here, and are put in front of them by ``Layer.__call__``, ``Loss.__call__`` and
the decorators ``door`` and ``after_forward``.  A check returns the value in the form
the arithmetic expects, or raises TypeError or ValueError with what was expected, what
came, and the likely cause.
"""

from contextlib import contextmanager
from contextvars import ContextVar
from functools import wraps
from inspect import signature

import numpy as np

EVERYTHING = object()  # all parts there are
_inside = ContextVar("_inside", default=())
parts_inside = _inside.get  # a function without arguments


def run_inside(parts, call, *args):
    """Return call(*args); meanwhile the doors of these parts stand ajar.

    They ask whether shapes fit, and leave the numbers to who runs the parts: a
    Sequential its layers, fit the model.  With EVERYTHING all doors stand open.
    """
    before = parts_inside()
    try:
        _inside.set(parts)
        return call(*args)
    finally:
        _inside.set(before)


def is_inside(part):
    """Return whether the doors of this part are ajar, or open."""
    parts = parts_inside()
    return parts is EVERYTHING or id(part) in parts


def by_identity(*parts):
    """Return {id(part): part}, in which a part is found at once."""
    return {id(part): part for part in parts}


def door(check):
    """Decorate a function: ``check`` runs first, and what it returns is passed on.

    Where all doors stand open, the arguments are passed on as they came.
    Each check belongs to one function and takes its name, so that Python's own message
    about a missing argument names what the caller has called.
    """

    def decorate(function):
        check.__name__, check.__qualname__ = function.__name__, function.__qualname__

        @wraps(function)
        def checked(*args, **kwargs):
            if parts_inside() is EVERYTHING:
                return function(*args, **kwargs)
            return function(*check(*args, **kwargs))

        return checked

    return decorate


def after_forward(backward):
    """Decorate ``backward``: forward has run, and the gradient has its output's shape.

    What comes in and out must be finite, too.  That is asked at the door that the
    caller came through: not again of the layers that a Sequential then goes through,
    nor of fit's model.
    """

    @wraps(backward)
    def checked(self, *gradient, **named):
        if parts_inside() is EVERYTHING:
            return backward(self, *gradient, **named)
        if named:
            gradient = signature(backward).bind(self, *gradient, **named).args[1:]
        if self.output_shape is None:
            raise RuntimeError(
                f"{self.name}.backward() came before forward: call {self.name} on a "
                "batch first, because backward uses what forward remembers"
            )
        if not gradient:  # of a loss, which its own door has checked
            return backward(self)
        if not is_inside(self):
            self.check()
        gradient = [check_gradient(dZ, self) for dZ in gradient]
        layers = by_identity(*inner_layers(self))
        if is_inside(self):
            return run_inside(layers, backward, self, *gradient)
        who = f"{self.name}.backward"

        def all_gradients(dZ):
            dX = run_inside(layers, backward, self, dZ)
            return dX, *(dP for _, dP in self.parameters().values())

        return finite_or_put_back(who, self, all_gradients, *gradient)[0]

    return checked


def inner_layers(part):
    """Return the layers inside a Sequential, the only part that has ``kinds``."""
    return part.layers if hasattr(part, "kinds") else ()


def all_finite(*arrays):
    """Return whether all arrays of floats, or floats, are finite."""
    return all(np.isfinite(a).all() for a in arrays if np.asarray(a).dtype.kind == "f")


def with_inner(*parts):
    """Return the parts, and the layers inside them, however deep."""
    return [p for part in parts for p in (part, *with_inner(*inner_layers(part)))]


@contextmanager
def attributes_kept(*parts):
    """Give the parts their attributes again, should an Exception leave ``with``."""
    before = [(part, vars(part).copy()) for part in with_inner(*parts)]
    try:
        yield
    except Exception:
        for part, attributes in before:
            vars(part).clear()
            vars(part).update(attributes)
        raise


@contextmanager
def parameters_kept(model, error):
    """Give the parameters their values again, should an ``error`` leave ``with``."""
    before = [P.copy() for P, _ in model.parameters().values()]
    try:
        yield
    except error:
        for (P, _), kept in zip(model.parameters().values(), before, strict=True):
            P[...] = kept
        raise


def finite_or_put_back(who, owner, call, *args):
    """Return call(*args); if not finite, raise ValueError and be as if not called.

    Without a word from NumPy: what overflows on the way may come out right.
    """
    with attributes_kept(owner), np.errstate(all="ignore"):
        result = call(*args)
        if not all_finite(*(result if isinstance(result, tuple) else [result])):
            raise ValueError(
                f"{who} expects numbers that it can reckon with, got some whose result "
                "is NaN or inf: are inputs or weights huge? Scale them to about 1"
            )
    return result


def check_gradient(dZ, layer):
    """Return dZ as finite floats of exactly the shape that the layer's forward gave."""
    shape = layer.output_shape
    fits = type(dZ) is np.ndarray and dZ.shape == shape and dZ.dtype.kind == "f"
    if fits and (is_inside(layer) or np.isfinite(dZ).all()):
        return dZ
    dZ = check_numbers(dZ, f"{layer.name}.backward: dZ")
    if shape not in (dZ.shape, "unknown"):
        raise ValueError(
            f"{layer.name}.backward expects dZ of shape {shape}, like the output of "
            f"the last forward, got {dZ.shape}: is it of another batch, or transposed?"
        )
    return dZ


def holds_masked(value):
    """Return whether value is a masked array, or a list that holds one."""
    if isinstance(value, (list, tuple)):
        return any(map(holds_masked, value))
    return np.ma.isMaskedArray(value)


def check_array(value, what):
    """Return ``value`` as an array of anything, but neither masked nor ragged."""
    if value is None:
        raise TypeError(
            f"{what} must be a number or an array, got None: "
            "does a function lack its return, or was a value never set?"
        )
    if holds_masked(value):
        raise TypeError(
            f"{what} must be an array, got a masked array, whose mask would be lost: "
            "fill it or drop the rows first"
        )
    try:
        return np.asarray(value)
    except ValueError:
        raise ValueError(
            f"{what} must be an array, got a ragged {type(value).__name__}: "
            "every row needs the same number of columns"
        ) from None


def check_real(value, what):
    """Return ``value`` as an array of floats; other numbers become float64."""
    array = check_array(value, what)
    if array.dtype.kind not in "fiub":
        raise TypeError(
            f"{what} must hold real numbers, got dtype {array.dtype}: "
            "are there strings, None or complex numbers in it?"
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


def check_range(array, dtype, what):
    """Return the array as ``dtype``, another type of floats, if it can hold them."""
    with np.errstate(over="ignore"):
        changed = array.astype(dtype, copy=False)
    if changed is not array and not np.isfinite(changed).all():
        raise ValueError(
            f"{what} must hold numbers within the range of {np.dtype(dtype)}, got "
            f"{array.dtype} beyond it: scale them down"
        )
    return changed


def as_prediction(target, dtype, who):
    """Return a target of floats in the prediction's dtype, so that float32 stays."""
    if target.dtype.kind != "f":
        return target
    return check_range(target, dtype, f"{who}: target")


def check_number(value, what):
    """Return ``value``, a single finite number, as a float."""
    array = check_numbers(value, what)
    if array.ndim != 0:
        raise ValueError(
            f"{what} must be one number, got an array of shape {array.shape}: "
            "take one entry of it, such as a[0]"
        )
    return float(check_range(array, np.float64, what))


def check_batch(X, n_in, who, what="X"):
    """Return X as a batch of shape (m, n_in), m >= 1; None takes any width >= 1."""
    X = check_numbers(X, f"{who}: {what}")
    width = "k" if n_in is None else n_in
    expects = f"{who} expects {what} of shape (m, {width}), got {X.shape}"
    row = f"one sample is a row, {what}[None, :]"
    column = f"m samples of one number are a column, {what}[:, None]"
    if len(X.shape) == 1 and X.size:
        if n_in is None:
            raise ValueError(f"{expects}: {row}; {column}")
        if n_in == X.size:
            raise ValueError(f"{expects}: {row}")
        if n_in == 1:
            raise ValueError(f"{expects}: {column}")
    if X.ndim != 2:
        raise ValueError(f"{expects}: a batch has two axes, a sample is a row")
    if len(X) == 0:
        raise ValueError(f"{expects}: the batch is empty, were all rows dropped?")
    if X.shape[1] == 0:
        raise ValueError(f"{expects}: the samples have no columns")
    if n_in is not None and X.shape[1] != n_in:
        hint = (
            f"is it transposed? A sample is a row, {what}.T"
            if X.shape[0] == n_in
            else f"a sample needs {n_in} numbers, one a column"
        )
        raise ValueError(f"{expects}: {hint}")
    return X


def is_plain(P):
    """Return whether P is an array, of no kind that multiplies in another way."""
    unfit = np.matrix, np.ma.MaskedArray
    return isinstance(P, np.ndarray) and not isinstance(P, unfit)


def kind_of(P):
    """Return what P is in a word or two, for messages."""
    return f"dtype {P.dtype}" if is_plain(P) else type(P).__name__


def check_parameter(P, what, shape=None, finite=True):
    """Raise unless P is an array of finite floats, of the shape if one is given."""
    if not is_plain(P) or P.dtype.kind != "f":
        raise TypeError(
            f"{what} must be an array of floats, got {kind_of(P)}: "
            "training changes it in small steps, so write np.array([[1.0, 2.0]])"
        )
    if shape is not None and P.shape != shape:
        raise ValueError(
            f"{what} must have shape {shape}, got {P.shape}: was it set by hand? "
            "W is (n, k), one neuron a column, and b is (1, k)"
        )
    if P.size == 0:
        raise ValueError(
            f"{what} must hold at least one number, got shape {P.shape}: was it sliced?"
        )
    if finite and not np.isfinite(P).all():
        raise ValueError(
            f"{what} must hold finite numbers, got NaN or inf: did training diverge?"
        )


def check_writeable(P, name, who):
    """Raise ValueError if the parameter P is read-only."""
    if not P.flags.writeable:
        raise ValueError(
            f"{who} expects {name} as an array to write into, got a read-only one: "
            "set a copy of it, P.copy()"
        )


def check_labels(y, n_classes, what):
    """Return y as integer labels of shape (m,) in 0..n_classes-1 (None: from 0)."""
    y = check_array(y, what)
    if y.ndim != 1:
        hint = (
            "is it one-hot, or scores? argmax(axis=1) makes labels of them"
            if y.ndim == 2 and y.shape[1] > 1
            else "the label of a single sample is an array of one, [y]"
            if y.ndim == 0
            else "flatten it with np.ravel"
        )
        raise ValueError(
            f"{what} must be integer labels of shape (m,), got {y.shape}: {hint}"
        )
    if len(y) == 0:
        raise ValueError(
            f"{what} must be integer labels of shape (m,), got an empty array: "
            "were all rows dropped?"
        )
    if y.dtype.kind not in "iu":
        hint = (
            "y.astype(int) makes labels of whole numbers"
            if y.dtype.kind in "fb"
            else "number the classes 0, 1, 2, ..."
        )
        raise TypeError(f"{what} must be integer labels, got dtype {y.dtype}: {hint}")
    low, high = int(y.min()), int(y.max())
    if low < 0 or (n_classes is not None and high >= n_classes):
        allowed = "0 or more" if n_classes is None else f"from 0 to {n_classes - 1}"
        raise ValueError(
            f"{what} must be labels {allowed}, got labels from {low} to {high}: "
            "do they start at 1, or are there fewer columns than classes?"
        )
    if high > np.iinfo(np.int64).max:
        raise ValueError(
            f"{what} must be labels within the range of int64, got {high}: "
            "number the classes 0, 1, 2, ..."
        )
    return y.astype(np.int64, copy=False)


def check_probabilities(Y_hat, who, what="Y_hat"):
    """Return Y_hat as float64, a batch of probabilities, rows that add up to 1."""
    Y_hat = check_batch(Y_hat, None, who, what)
    Y_hat = check_range(Y_hat, np.float64, f"{who}: {what}")
    with np.errstate(over="ignore"):
        low, off = float(Y_hat.min()), float(np.abs(Y_hat.sum(axis=1) - 1).max())
    if low < 0 or off > 5e-3:  # the arithmetic of float16 is off by 1e-3
        wrong = (
            f"entries as low as {low:g}"
            if low < 0
            else f"a row whose sum is off by {off:g}"
        )
        raise ValueError(
            f"{who} expects {what} to hold probabilities, rows that add up to 1, got "
            f"{wrong}: are these logits? softmax(Z) makes probabilities of them"
        )
    return Y_hat


# What a number may ask for; memory in float64.
MOST_NUMBERS = 10**8  # in one array: 800 MB
MOST_CLASSES = 30_000  # in a table of K x K: 7 GB
MOST_CLASSES_UNASKED = 10_000  # the same, when K is found in the labels: 800 MB
MOST_BINS = MOST_RESAMPLES = 1_000_000


def check_count(value, what, least=1, most=None):
    """Return ``value`` as an int of at least ``least`` and at most ``most``."""
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
    if most is not None and value > most:
        raise ValueError(
            f"{what} must be at most {most:,}, got {value}: "
            "memory and time grow with it, are two arguments swapped?"
        )
    return int(value)


def check_positive(value, what, hint):
    """Return ``value`` as a float above 0."""
    if isinstance(value, bool) or not isinstance(
        value, (int, float, np.integer, np.floating)
    ):
        raise TypeError(f"{what} must be a number above 0, got {value!r}: {hint}")
    try:
        with np.errstate(over="ignore"):
            number = float(value)
    except OverflowError:
        number = np.inf
    if not (np.isfinite(number) and number > 0):
        raise ValueError(f"{what} must be a finite number above 0, got {value}: {hint}")
    return number


def check_rng(rng, who):
    """Return rng, a NumPy Generator."""
    if not isinstance(rng, np.random.Generator):
        got = "none" if rng is None else type(rng).__name__
        raise TypeError(
            f"{who} expects rng to be a NumPy Generator, got {got}: "
            "make one with rng = np.random.default_rng(0) and pass it on"
        )
    return rng


def check_kind(value, kind, what, wanted, hint="are two arguments swapped?"):
    """Return ``value``, an instance of ``kind``; ``wanted`` says so in words."""
    if not isinstance(value, kind):
        got = type(value).__name__
        if isinstance(value, type):
            got = f"the class {value.__name__}"
            hint = f"call it, {value.__name__}(...)"
        raise TypeError(f"{what} must be {wanted}, got {got}: {hint}")
    return value


def check_same_rows(a, b, who, names):
    """Raise ValueError unless a and b have the same number of rows."""
    if len(a) != len(b):
        raise ValueError(
            f"{who} expects {names} of the same length, one row a sample, "
            f"got {len(a)} and {len(b)}: are they of the same samples?"
        )
