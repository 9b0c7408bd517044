"""Input of every kind for nnlib's doors, and the rules by which a door is judged.

The rules are those of the docstrings, written a second time and apart from nnlib: what
counts as numbers, as a batch, as labels, as a count.  Sums and products are computed in
fractions, without rounding and without overflow.
"""

import inspect
import math
import re
import warnings
from decimal import Decimal
from fractions import Fraction
from functools import lru_cache

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as nps

# What may come in place of an array ------------------------------------------------


class Sub(np.ndarray):
    """An array of a class derived from NumPy's."""


class Arrayed:
    """An object of a foreign library that NumPy can make an array of."""

    def __init__(self, array):
        self.array = array

    def __array__(self, dtype=None, copy=None):
        return self.array if dtype is None else self.array.astype(dtype)


def spread(a):
    """Return the numbers of a, with others between them in memory."""
    wide = np.full([2 * n for n in a.shape], 7, a.dtype)
    wide[tuple(slice(None, None, 2) for _ in a.shape)] = a
    return wide[tuple(slice(None, None, 2) for _ in a.shape)]


def read_only(a):
    a = a.copy()
    a.flags.writeable = False
    return a


def structured(a):
    return np.zeros(a.shape, [("x", float), ("y", int)])


def masked(a):
    return np.ma.masked_array(a, np.arange(a.size).reshape(a.shape) % 2 == 0)


SAME = {  # the same numbers: the answer must be the same
    "as it is": lambda a: a,
    "list": lambda a: a.tolist(),
    "tuple": lambda a: tuple(a.tolist()) if a.ndim else a,
    "list of arrays": lambda a: list(a) if a.ndim else a,
    "Fortran order": np.asfortranarray,
    "spread": spread,
    "reversed twice": lambda a: a[::-1].copy()[::-1] if a.ndim else a,
    "transposed twice": lambda a: a.T.copy().T,
    "read-only": read_only,
    "read-only and spread": lambda a: read_only(spread(a)),
    "bytes swapped": lambda a: a.astype(a.dtype.newbyteorder()),
    "derived class": lambda a: a.view(Sub),
    "matrix": lambda a: np.matrix(a) if a.ndim == 2 else a,
    "foreign": Arrayed,
}
NUMBER_TYPES = [
    *("f2", "f4", "f8", "g", "b", "B", "h", "H", "i", "I", "q", "Q", "?"),
]
OTHER_TYPES = {
    "complex64": lambda a: a.astype(np.complex64),
    "complex128": lambda a: a + 0j,
    "object": lambda a: a.astype(object),
    "str": lambda a: a.astype(str),
    "bytes": lambda a: a.astype(bytes),
    "datetime64": lambda a: a.astype("i8").astype("datetime64[s]"),
    "timedelta64": lambda a: a.astype("i8").astype("timedelta64[s]"),
    "structured": structured,
    "None in it": lambda a: [*a.tolist(), None] if a.ndim else None,
    "masked": masked,
    "masked, no mask": np.ma.masked_array,
    "list of masked": lambda a: [masked(row) for row in a] if a.ndim else masked(a),
    "masked entry": lambda a: [np.ma.masked, *a.tolist()] if a.ndim == 1 else masked(a),
    "ragged": lambda a: [*a.tolist(), [1, [2, 3]]] if a.ndim else [[1], [2, 3]],
    "huge integers": lambda a: [10**30] * max(1, a.size),
}
SHAPES = {
    "flat": np.ravel,
    "column": lambda a: a.reshape(-1, 1),
    "row": lambda a: a.reshape(1, -1),
    "transposed": lambda a: a.T.copy(),
    "an axis before": lambda a: a[None].copy(),
    "an axis behind": lambda a: a[..., None].copy(),
    "4-d": lambda a: a.reshape(1, 1, *a.shape[:1], -1) if a.ndim and a.size else a,
    "0-d": lambda a: a.ravel()[:1].reshape(()) if a.size else a,
    "a number": lambda a: a.ravel()[0] if a.size else a,
    "a row less": lambda a: a[:-1] if a.ndim else a,
    "a row more": lambda a: np.concatenate([a, a[:1]]) if a.ndim else a,
    "one row": lambda a: a[:1] if a.ndim else a,
    "no row": lambda a: a[:0] if a.ndim else a,
    "first row": lambda a: a[0] if a.ndim > 1 else a,
    "a column less": lambda a: a[..., :-1] if a.ndim else a,
    "a column more": lambda a: np.concatenate([a, a], -1) if a.ndim else a,
    "one column": lambda a: a[..., :1] if a.ndim else a,
    "first column": lambda a: a[..., 0] if a.ndim else a,
    "no column": lambda a: a[..., :0] if a.ndim else a,
}
EDGES = [
    *(np.nan, np.inf, -np.inf, 0.0, -0.0, 1.0, -1.0, 0.5, 1e4, -7e4, 1e19, 1e39),
    *(1e150, 1e160, 1e300, -1e300, 1e306, 1e308, -1e308, 1.7e308, -1.7e308),
    *(1e-10, 1e-160, 1e-300, -1e-300, 5e-324, 2.3e-308),
]


def objects():
    """Return one of each kind of thing that is no array at all."""
    return {
        "None": None,
        "text": "text",
        "a number in a text": "3",
        "empty text": "",
        "bytes": b"3",
        "object": object(),
        "dict": {"a": 1},
        "set": {1, 2},
        "generator": (i for i in range(3)),
        "function": abs,
        "class": dict,
        "Ellipsis": ...,
        "range": range(3),
        "empty list": [],
        "ragged list": [[1.0], [2.0, 3.0]],
        "list of texts": ["a", "b"],
        "the masked constant": np.ma.masked,
        "not a time": np.datetime64("NaT", "D"),
        "deep list": [[[[1.0]]]],
    }


NUMBERS = [
    *(True, False, 0, 1, 2, 3, 4, 5, 7, -1, -3, 0.0, 0.5, 0.95, 1.0, 2.0, 2.5, -0.5),
    *(np.nan, np.inf, -np.inf, 1e-300, 5e-324, 1e150, 1e300, 1e308, -1e300),
    *(10**9, 10**30, -(10**30), 10**400, 2**63, 1j, Fraction(1, 2), Decimal("0.5")),
    *(np.int8(3), np.uint8(2), np.int64(2), np.uint64(3), np.int32(-1), np.int64(0)),
    *(np.float16(0.5), np.float32(0.5), np.float64(3), np.float64("nan")),
    *(np.longdouble("1e400"), np.longdouble("1e-400"), np.longdouble(0.5)),
    *(np.bool_(True), np.complex128(1), np.datetime64(3, "s"), np.str_("3")),
]


def numbers_and_the_like():
    """Return what may come in place of one number."""
    arrays = [np.array(3), np.array(0.5), np.array([3]), np.array([[0.5]]), [2], (2,)]
    frozen = read_only(np.array(2.0))
    return [*NUMBERS, *arrays, frozen, *objects().values()]


def holding(a, value, dtype=np.float64):
    a = a.astype(dtype)
    a.flat[-1:] = value
    return a


def usual_arrays(a):
    """Return the usual things to pass in place of the sound array a."""
    shapes = "flat", "column", "transposed", "an axis before", "a row less", "one row"
    more = "no row", "a column less", "one column", "no column", "0-d"
    others = "complex128", "object", "str", "masked", "list of masked", "None in it"
    floats = [holding(a, x) for x in (np.nan, np.inf, 1e300, 1e308, -1.7e308, 1e-300)]
    return [
        *(same(a) for same in SAME.values()),
        *(a.astype(dtype) for dtype in ("f2", "f4", "g", "i8")),
        *(SHAPES[name](a) for name in shapes + more),
        *(OTHER_TYPES[name](a) for name in (*others, "ragged", "structured")),
        *floats,
        holding(a, 2**64 - 1, np.uint64),
        a * 1e306,
        np.clip(a, -1, 1) * 1.7e308,
        a * 1e-310,
        None,
        "text",
        3,
        (x for x in a),
    ]


USUAL_NUMBERS = [
    *(True, 0, 1, -1, 2.0, 0.5, np.nan, np.inf, 1e300, 1e308, 5e-324, 10**9, 10**30),
    *("3", None, 1j, np.int64(2), np.float32(0.5), np.array(3), [2], 10**400),
]


@st.composite
def in_place_of_an_array(draw, a):
    """Draw something to pass in place of the sound array a."""
    how = draw(
        st.sampled_from(
            ["same", "type", "entry", "scale", "shape", "other", "object", "any"]
        )
    )
    if how == "same":
        return SAME[draw(st.sampled_from(list(SAME)))](a)
    if how == "type":
        with np.errstate(all="ignore"):
            return a.astype(draw(st.sampled_from(NUMBER_TYPES)))
    if how == "entry":
        changed = a.astype(draw(st.sampled_from(["f8", "f4", "f2", "g", "i8", "u8"])))
        kind = changed.dtype.kind
        limits = [np.iinfo(changed.dtype)] if kind in "iu" else []
        edges = [i.max for i in limits] + [i.min for i in limits] + [0, 1, 5, 9999]
        for _ in range(draw(st.integers(1, 2))):
            if changed.size:
                place = draw(st.integers(0, changed.size - 1))
                with np.errstate(all="ignore"):
                    value = draw(st.sampled_from(edges if limits else EDGES))
                    changed.flat[place] = value
        return changed
    if how == "scale":
        with np.errstate(all="ignore"):
            factor = draw(st.sampled_from([1e300, 1e306, 1e150, 1e-300, 1e-310, -1e4]))
            return a * factor + draw(st.sampled_from([0, 1, 1e300]))
    if how == "shape":
        changed = SHAPES[draw(st.sampled_from(list(SHAPES)))](a)
        return changed
    if how == "other":
        with np.errstate(all="ignore"):
            return OTHER_TYPES[draw(st.sampled_from(list(OTHER_TYPES)))](a)
    if how == "object":
        things = [*objects().values(), *numbers_and_the_like()]
        return things[draw(st.integers(0, len(things) - 1))]
    return draw(
        nps.arrays(
            nps.scalar_dtypes(),
            nps.array_shapes(min_dims=0, max_dims=4, min_side=0, max_side=4),
        )
    )


@st.composite
def in_place_of_a_number(draw):
    """Draw something to pass in place of a single number."""
    if draw(st.integers(0, 4)) == 0:
        return draw(st.one_of(st.integers(-3, 9), st.floats(-2, 2)))
    things = numbers_and_the_like()
    return things[draw(st.integers(0, len(things) - 1))]


# What an input is, by the docstrings -----------------------------------------------


class Refused(Exception):
    """The input must be refused."""


def refuse_unless(condition):
    if not condition:
        raise Refused


def holds_masked(value):
    if isinstance(value, (list, tuple)):
        return any(map(holds_masked, value))
    return isinstance(value, np.ma.MaskedArray)


def anything(value):
    """Return value as an array; refuse None, masked and ragged ones."""
    refuse_unless(value is not None and not holds_masked(value))
    try:
        return np.asarray(value)
    except ValueError:
        raise Refused from None


def real(value):
    """Return value as an array of floats, finite or not."""
    a = anything(value)
    refuse_unless(a.dtype.kind in "fiub")
    return a.astype(a.dtype.newbyteorder("=") if a.dtype.kind == "f" else float)


def numbers(value):
    """Return value as an array of finite floats."""
    a = real(value)
    refuse_unless(np.isfinite(a).all())
    return a


def fits(a, dtype=np.float64):
    """Return a as dtype; refuse what is beyond its range."""
    with np.errstate(all="ignore"):
        a = a.astype(dtype)
    refuse_unless(np.isfinite(a).all())
    return a


def batch(value, width=None):
    a = numbers(value)
    refuse_unless(a.ndim == 2 and a.size > 0)
    refuse_unless(width is None or a.shape[1] == width)
    return a


def labels(value, m=None, n_classes=None):
    """Return value as a list of Python's own integers."""
    a = anything(value)
    refuse_unless(a.ndim == 1 and a.size > 0 and a.dtype.kind in "iu")
    refuse_unless(m is None or len(a) == m)
    y = [int(label) for label in a]
    refuse_unless(max(y) < 2**63)
    refuse_unless(min(y) >= 0 and (n_classes is None or max(y) < n_classes))
    return y


def probabilities(value):
    P = fits(batch(value))
    rows = [sum(map(Fraction, row)) for row in P.tolist()]
    refuse_unless((P >= 0).all() and all(abs(row - 1) <= 0.005 for row in rows))
    return P


def parameter(value, shape=None, writeable=False, matrix=True):
    refuse_unless(
        isinstance(value, np.ndarray)
        and not isinstance(value, (np.matrix, np.ma.MaskedArray))
        and value.dtype.kind == "f"
    )
    refuse_unless(value.ndim == 2 or not matrix)
    refuse_unless(value.size > 0 and np.isfinite(value).all())
    refuse_unless(shape is None or value.shape == shape)
    refuse_unless(value.flags.writeable or not writeable)
    return np.asarray(value)


def count(value, least=1, most=math.inf):
    refuse_unless(isinstance(value, (int, np.integer)) and not isinstance(value, bool))
    refuse_unless(least <= int(value) <= most)
    return int(value)


def positive(value):
    kinds = (int, float, np.integer, np.floating)
    refuse_unless(isinstance(value, kinds) and not isinstance(value, bool))
    try:
        with np.errstate(all="ignore"):
            value = float(value)
    except OverflowError:
        raise Refused from None
    refuse_unless(math.isfinite(value) and value > 0)
    return value


def number(value):
    a = numbers(value)
    refuse_unless(a.ndim == 0)
    return float(fits(a))


def generator(value):
    refuse_unless(isinstance(value, np.random.Generator))
    return value


# Numbers without rounding ----------------------------------------------------------


def exact(a):
    """Return the array with its numbers as fractions."""
    a = np.asarray(a)
    flat = np.empty(a.size, object)
    flat[:] = [Fraction(*x.as_integer_ratio()) for x in a.ravel()]
    return flat.reshape(a.shape)


@lru_cache
def machine(dtype):
    """Return eps, the smallest and the largest number of a floating-point type."""
    kind = np.dtype(dtype).newbyteorder("=").type
    ends = np.finfo(kind).eps, np.nextafter(kind(0), kind(1)), np.finfo(kind).max
    return [Fraction(*x.as_integer_ratio()) for x in ends]


class Rough:
    """Numbers as fractions, how far off a computation in dtype may be, and its peak."""

    def __init__(self, value, off=0, peak=0, dtype=np.float64):
        self.value, self.dtype = value, np.dtype(dtype).newbyteorder("=")
        self.off = off + value * 0
        self.peak = max([peak, *np.ravel(abs(value) + self.off)])

    @classmethod
    def of(cls, a):
        return cls(exact(a), dtype=a.dtype)

    def __matmul__(self, other):
        dtype = np.result_type(self.dtype, other.dtype)
        eps, tiny, _ = machine(dtype)
        value = self.value @ other.value
        left, right = abs(self.value) + self.off, abs(other.value) + other.off
        n = self.value.shape[-1] + 2
        off = left @ right - abs(self.value) @ abs(other.value)
        off = off + n * eps * (left @ right) + n * tiny
        return Rough(value, off, self.peaks(other, left @ right), dtype)

    def __add__(self, other):
        dtype = np.result_type(self.dtype, other.dtype)
        eps, tiny, _ = machine(dtype)
        size = abs(self.value) + self.off + abs(other.value) + other.off
        off = self.off + other.off + 2 * eps * size + tiny
        return Rough(self.value + other.value, off, self.peaks(other, size), dtype)

    def relu(self):
        return Rough(np.maximum(self.value, 0), self.off, self.peak, self.dtype)

    def peaks(self, other, size):
        return max([self.peak, other.peak, *np.ravel(size)])

    def may_overflow(self, dtype=None):
        return self.peak >= machine(dtype or self.dtype)[2] / 4

    def agrees(self, found):
        assert isinstance(found, (np.ndarray, np.floating)), type(found)
        assert found.dtype == self.dtype, (found.dtype, self.dtype)
        assert np.shape(found) == np.shape(self.value)
        assert np.isfinite(found).all()
        assert np.all(abs(exact(found) - self.value) <= self.off)


# How a call is judged --------------------------------------------------------------


def fingerprint(value):
    """Return all that must not change in an argument, in a form that compares."""
    if isinstance(value, np.ma.MaskedArray):
        mask = np.ma.getmaskarray(value).tobytes()
        return id(value), repr(value.data.tolist()), mask
    if isinstance(value, np.ndarray):
        content = value.tolist() if value.dtype.hasobject else value.tobytes()
        flags = value.flags.writeable, value.strides, value.shape
        return type(value), id(value), value.dtype, *flags, repr(content)
    if isinstance(value, np.random.Generator):
        return id(value), repr(value.bit_generator.state)
    if isinstance(value, Arrayed):
        return fingerprint(value.array)
    if isinstance(value, (list, tuple)):
        return type(value), [fingerprint(item) for item in value]
    if inspect.isgenerator(value):
        return inspect.getgeneratorstate(value)
    return type(value), id(value), repr(value)


def memory(thing):
    """Return what a layer, a loss or an optimizer holds, by name."""
    held = {k: v for k, v in vars(thing).items() if k != "layers"}
    inner = [memory(layer) for layer in vars(thing).get("layers", [])]
    return {k: fingerprint(v) for k, v in held.items()}, inner


PYTHONS_OWN = re.compile(
    r"ufunc|operand|has no attribute|not supported|cannot convert|Unable to allocate"
    r"|broadcast|casting|not iterable|inhomogeneous|not subscriptable|dimensions"
)


def assert_it_teaches(error, kinds, name):
    """Assert that the error is a documented one, in a sentence that names what came.

    ``name`` is a pattern of the names under which the caller knows the door.
    """
    text = str(error)
    assert type(error) in kinds, f"{type(error).__name__}: {text}"
    assert re.search(name, text), text
    if isinstance(error, OSError) and error.errno:
        return  # the system's own words, with the file's name
    assert re.search(r"\bgot\b|came before|twice|diverged|expected the same", text)
    assert len(text.split()) >= 8, text
    assert not PYTHONS_OWN.search(text), text


def outcome(call):
    """Return (result, None) or (None, the exception); no warning may come."""
    with warnings.catch_warnings(record=True) as caught:
        warnings.simplefilter("always")
        try:
            found = call(), None
        except Exception as error:
            found = None, error
    assert [str(w.message) for w in caught] == []
    return found
