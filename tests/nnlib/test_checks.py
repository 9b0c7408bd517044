"""The check functions: what each refuses and with which words, and what it returns.

Which public function asks which of them is in test_errors.py.
"""

import numpy as np
import pytest
from networks import assert_refused, table

import nnlib
from nnlib import _checks as c


class Sparse:
    """Looks like a matrix of scipy.sparse."""

    def toarray(self):
        return np.ones((6, 2))


NAMES = {  # and the checks as the table calls them
    **vars(nnlib),
    **{"np": np, "A": np.array, "nan": np.nan, "inf": np.inf, "Sparse": Sparse},
    "ones": lambda *shape: np.ones(shape),
    "objects": lambda *entries: np.array(entries, object),
    "array": lambda value: c.check_array(value, "X"),
    "real": lambda value: c.check_real(value, "f: X"),
    "numbers": lambda value: c.check_numbers(value, "f: X"),
    "number": lambda value: c.check_number(value, "b"),
    "batch": lambda X, n_in=None: c.check_batch(X, n_in, "f"),
    "like": lambda target, *shape: c.check_like(target, shape, "f"),
    "labels": lambda y, n_classes=3: c.check_labels(y, n_classes, "f: y"),
    "count": lambda n, least=1: c.check_count(n, "n", least),
    "positive": lambda value: c.check_positive(value, "eta", "like 0.1"),
    "kind": lambda value: c.check_kind(value, nnlib.MSE, "f: loss", "a loss"),
    "rows": lambda a, b: c.check_same_rows(np.array(a), np.array(b), "f", "a and b"),
}
WRONG = table("""
array([[1, 2], [3]]) => ValueError | X must be an array | a ragged list | rows differ
array(Sparse()) => TypeError | a number or an array | got Sparse | its toarray()
array(map(int, "12")) => TypeError | a number or an array | got map | made a list?
array(ReLU()) => TypeError | X must be a number or an array | got ReLU | be called
array({1, 2}) => TypeError | X must be a number or an array | got set | swapped
real(None) => TypeError | got None: does a function lack its return, or was a value
real("x.csv") => TypeError | must hold real numbers | got dtype <U5 | are there strings
real([1j]) => TypeError | real numbers | dtype complex128: are there strings, None or
real(objects(True, 0.5)) => TypeError | got dtype object: X.astype(float) makes numbers
real([["1.5"], ["2"]]) => TypeError | <U3: np.asarray(X).astype(float) makes numbers
numbers([[1, 2], [nan, 4], [5, nan]]) => ValueError | finite | first at index (1, 0):
numbers([inf, 1]) => ValueError | f: X must hold finite numbers | got NaN or inf
numbers([1, -inf]) => ValueError | finite numbers | first at index (1,): was a value
number([1.0]) => ValueError | b must be one number | array of shape (1,) | a[0]
number(nan) => ValueError | b must hold finite numbers, got NaN or inf: was a value
batch(ones(2), 2) => ValueError | f expects X of shape (m, 2) | (2,): one sample is a
batch(ones(1), 1) => ValueError | (m, 1) | got (1,): one sample is a row, X[None, :]
batch(ones(6), 1) => ValueError | (6,): m samples of one number are a column, X[:, None
batch([1, 2]) => ValueError | (m, k) | (2,): one sample is | np.asarray(X)[:, None]
batch(ones(6), 2) => ValueError | (m, 2) | (6,): a batch has two axes, a sample is a
batch(ones(0)) => ValueError | got (0,): a batch has two axes
batch(3.0, 1) => ValueError | got (): a batch has two axes, a sample is a row
batch(ones(5, 8, 8), 64) => ValueError | (5, 8, 8) | a row, X.reshape(len(X), -1)
batch(ones(4, 16), 64) => ValueError | (4, 16): one sample is a row, X.reshape(1, -1)
batch(ones(0, 2), 2) => ValueError | got (0, 2): the batch is empty, were all rows
batch(ones(6, 0), 2) => ValueError | got (6, 0): the samples have no columns
batch(ones(2, 6), 2) => ValueError | (2, 6): is it transposed? A sample is a row, X.T
batch(ones(6, 3), 2) => ValueError | got (6, 3): a sample needs 2 numbers, one per
like(ones(6), 6, 1) => ValueError | f expects a target of shape (6, 1) | y[:, None]
like([1, 2], 2, 1) => ValueError | got (2,): m targets of one number | np.asarray(y)[
like(ones(6), 6, 3) => ValueError | got (6,): are they labels? one_hot(y, 3) makes
like(ones(1, 6), 6, 1) => ValueError | got (1, 6): is it transposed? | a row, y.T
like(ones(5, 3), 6, 3) => ValueError | (6, 3), like the prediction | got (5, 3): is it
labels(A([[1, 0], [0, 1]])) => ValueError | of shape (m,) | got (2, 2): is it one-hot
labels(ones(6, 1)) => ValueError | got (6, 1): flatten it with np.ravel
labels(ones(1, 6)) => ValueError | got (1, 6): flatten it with np.ravel
labels(ones(1, 3)) => ValueError | got (1, 3): flatten it with np.ravel; or is it one
labels(ones(6, 3, 1)) => ValueError | (6, 3, 1): is it one-hot, or scores? argmax(axis
labels(1) => ValueError | integer labels of shape (m,) | got (): the label | [y]
labels([]) => ValueError | got an empty array: were all rows dropped?
labels(A([0.0, 1])) => TypeError | dtype float64: y.astype(int) makes labels of whole
labels([0.0, 1]) => TypeError | float64: np.asarray(y).astype(int) makes labels of
labels(A(["0", "9"])) => TypeError | got dtype <U1: y.astype(int) makes labels
labels([0.5]) => TypeError | float64: number the classes 0, 1, 2, ...
labels(["cat"]) => TypeError | must be integer labels | <U3: number the classes 0, 1,
labels([-1, 0]) => ValueError | labels from 0 to 2, got labels from -1 to 0: do they
labels([1, 3]) => ValueError | labels from 0 to 2, got labels from 1 to 3: do they
labels([-2, 7], None) => ValueError | f: y must be labels 0 or more | from -2 to 7
count(0) => ValueError | n must be at least 1 | got 0 | is it a wrong count, or are
count(1, 2) => ValueError | n must be at least 2 | got 1 | arguments swapped?
count(2.0) => TypeError | n must be a whole number | got 2.0 | is it a float, or are
count(True) => TypeError | n must be a whole number | got True | is it a float
positive(0) => ValueError | eta must be a finite number above 0 | got 0: like 0.1
positive(nan) => ValueError | eta must be a finite number above 0 | got nan: like 0.1
positive(inf) => ValueError | eta must be a finite number above 0 | got inf: like 0.1
positive("0.1") => TypeError | eta must be a number above 0 | got '0.1': like 0.1
positive(True) => TypeError | eta must be a number above 0 | got True: like 0.1
kind("mse") => TypeError | f: loss must be a loss | got str | two arguments swapped?
kind(MSE) => TypeError | f: loss must be a loss | got the class MSE | call it, MSE(..
rows([1, 2, 3], [1, 2]) => ValueError | a and b of the same length | 3 and 2 | sample
rows([1], 1) => ValueError | one row per sample | got 1 and a single value
rows([], []) => ValueError | of the same length | got 0 and 0 | or empty?
""")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("code", "says"), WRONG)
def test_what_is_wrong_is_refused(code, says):
    with np.errstate(all="raise"):
        assert_refused(lambda: eval(code, NAMES), says)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("entries", "kinds"),
    [
        ([b"1", b"2"], [float, int]),
        ([True, False], [float, int]),
        (np.array([1, 2.0, "3"], object), [float, int]),
        (["1.0", "2"], [float]),
        (np.array([0.5, True], object), [float]),
        (np.array([1.0, np.inf], object), []),
        (np.array([1, None], object), []),
        ([10**400], []),
        (["1", "cat"], []),
    ],
)
def test_numbers_in_texts_and_objects_are_recognised(entries, kinds):
    array = np.asarray(entries)
    assert [kind for kind in (float, int) if c.holds_numbers(array, kind)] == kinds


def test_what_is_right_comes_back_as_the_lines_below_expect_it():
    """A list has no astype, and a table of pandas takes no [:, None]: see in_code."""
    assert c.in_code(np.ones(2), "X") == "X"
    assert c.in_code([1, 2], "Dense(2 -> 3): X") == "np.asarray(X)"
    for value in (3, [1, 2], [[]], "text", ["a", None]):
        assert c.check_array(value, "X").tolist() == value
    X = np.ones((6, 2), np.float32)
    for check in (c.check_array, c.check_real, c.check_numbers):
        assert check(X, "X") is X
    assert c.check_batch(X, 2, "f") is c.check_batch(X, None, "f") is X
    assert c.check_like(X, (6, 2), "f") is X
    for value in ([1, 0], [True, False], np.array([1, 0], np.uint8)):
        found = c.check_numbers(value, "X")
        assert (found.dtype, found.tolist()) == (np.float64, [1, 0])
    assert c.check_numbers([], "X").shape == (0,)
    assert np.isnan(c.check_real([np.nan], "X"))
    for kind in ("u1", "i2", "i8", "u8"):
        found = c.check_labels(np.array([0, 2, 1], kind), 3, "y")
        assert (found.dtype, found.tolist()) == (np.int64, [0, 2, 1])
    assert c.check_labels([10**9], None, "y").tolist() == [10**9]
    for value in (1, 1.0, np.float32(1), np.array(1)):
        assert repr(c.check_number(value, "b")) == "1.0"
    for value in (1, 1.0, np.int64(1), np.float32(1)):
        assert repr(c.check_positive(value, "eta", "")) == "1.0"
    for value in (1, np.int8(1)):
        assert repr(c.check_count(value, "n", least=1)) == "1"
