"""Checks that explain: a task's parts, what each is worth, and what is wrong in words.

    task = Task("Task 1", points=4)
    with task.part("one sample by hand"):
        check_array("A", leaky_relu(Z), expected, like="Z")
    with task.part("a whole batch", weight=2):
        ...
    with task.part("other sizes", hidden=True):  # inside a region of hidden tests
        ...
    task.points

A part that raises nothing is passed.  What goes wrong in a part is reported in words
and ends that part only, so that a notebook always runs to its end.  What is said of a
hidden part holds no number of the test: feedback pages show it to the student.  The
last line is the points earned, which nbgrader takes as partial credit.
"""

import contextlib
import io
import textwrap
import traceback
import warnings

import numpy as np

NUMBERS = {bool, int, float, *np.sctypeDict.values()}  # entries of object arrays
_hidden = False  # whether the part that is running is a hidden one


class Wrong(Exception):
    """What a check found, in words; the message is all that a student sees."""


class Task:
    """One task: its parts share the points by their weights.

    Args:
        name: such as "Task 1".
        points: what the whole task is worth.
    """

    def __init__(self, name, points):
        self.name, self.max_points = name, points
        self.passed = self.weight = 0
        self.failed = []

    @contextlib.contextmanager
    def part(self, what, weight=1, hidden=False):
        """Run a part of the check; whatever goes wrong in it is printed in one line.

        Args:
            what: what the part looks at, in a few words.
            weight: its share of the task's points, relative to the other parts.
            hidden: whether it is a hidden test; then shapes and values that check_array
                finds, and the messages of exceptions, are not told.
        """
        global _hidden
        self.weight += weight
        _hidden, sink = hidden, Sink()
        try:
            with (
                contextlib.redirect_stdout(sink),
                contextlib.redirect_stderr(sink),
                warnings.catch_warnings(),
                np.errstate(all="ignore"),
            ):
                warnings.simplefilter("ignore")
                yield
        except (Exception, SystemExit) as error:
            self.failed.append(what)
            print(f"{self.name}, {what}: {in_words(error)}")
        else:
            self.passed += weight
        finally:
            _hidden = False

    @property
    def points(self):
        """The points earned, rounded to two decimals; says so when all is right."""
        if not self.failed and self.weight:
            print(f"{self.name}: all checks passed.")
            return self.max_points
        return round(self.max_points * self.passed / max(self.weight, 1), 2)


class Sink(io.TextIOBase):
    """Takes what is printed inside a part, and forgets it."""

    def writable(self):
        """Say that it can be written to."""
        return True

    def write(self, text):
        """Take the text."""
        return len(text)


def in_words(error):
    """Return what a student should read about an exception."""
    if isinstance(error, Wrong):
        return str(error)
    text = textwrap.shorten(str(error), width=300, placeholder=" ...")
    if isinstance(error, NotImplementedError):
        return "not done yet" if _hidden else text or "not done yet"
    line = student_line(error)
    if isinstance(error, ValueError) and "truth value of an array" in text:
        return (
            "`if` and `and` decide once, not entry by entry: use np.where, which may "
            f"stand inside another np.where{line}"
        )
    said = "" if _hidden or not text else f": {text}"
    if isinstance(error, NameError) and not line:
        return (
            f"{text}: did the cell above run without an error, and does it define "
            "this name?"
        )
    if isinstance(error, SystemExit):
        return f"your code calls exit() or quit(){line}: use return to end a function"
    return f"your code raised {type(error).__name__}{said}{line}"


def student_line(error):
    """Return the last line of the student's own code that the error came through."""
    frames = [
        frame
        for frame in traceback.extract_tb(error.__traceback__)
        if "ipykernel" in frame.filename or frame.filename.startswith("<")
    ]
    # the first frame is the check's own cell
    lines = [f.line for f in frames if f.filename != frames[0].filename and f.line]
    return f" (in the line `{lines[-1]}`)" if lines else ""


def check(condition, message):
    """Raise Wrong with the message unless the condition holds."""
    if not condition:
        raise Wrong(message)


def check_array(name, found, expected, like=None, mistakes=(), hint="", rtol=1e-6):
    """Raise Wrong, with the likeliest cause, unless found equals expected.

    Args:
        name: what the array is called, such as "dW".
        found: what the student's code returned.
        expected: the right array, or number.
        like: what it should be shaped like, such as "W", for the message.
        mistakes: pairs (wrong array, message): a usual mistake and what to say of it.
        hint: a sentence added to the message if nothing else explains the difference.
        rtol: how far entries may be off, relative to the largest expected entry;
            float32 results are given 1e-4.

    In a hidden part the messages hold no shapes and no values.
    """
    expected = np.asarray(expected, dtype=float)
    found = as_numbers(name, found)
    for wrong, message in mistakes:
        wrong = np.asarray(wrong, dtype=float)
        if same(found, wrong, rtol) and not same(found, expected, rtol):
            raise Wrong(message)
    if found.shape != expected.shape:
        raise Wrong(shape_message(name, found, expected, like, rtol))
    if not np.isfinite(found).all():
        raise Wrong(f"{name} holds NaN or inf, where all numbers should be finite")
    if not same(found, expected, rtol):
        said = value_message(name, found, expected, rtol)
        # a hint is a sentence of its own, or a remark in brackets
        raise Wrong(said + (hint and (" " if hint[0] == "(" else ". ") + hint))


def as_numbers(name, found):
    """Return found as an array of numbers, or raise Wrong."""
    if found is None:
        raise Wrong(f"{name} is None: is a return missing, or the name not set?")
    if found is NotImplemented or found is Ellipsis:
        raise Wrong(f"{name} is not done yet")
    try:
        if not isinstance(found, np.ndarray | np.generic | int | float | list | tuple):
            raise TypeError  # what turns itself into an array can look for the answer
        array = np.asarray(found)
        if array.dtype.kind not in "biufO":
            raise TypeError
        if array.dtype.kind == "O" and not {type(x) for x in array.flat} <= NUMBERS:
            raise TypeError
        return array.astype(np.float32 if array.dtype == np.float32 else float)
    except (TypeError, ValueError):
        raise Wrong(
            f"{name} should be an array of numbers, got {type(found).__name__}"
        ) from None


def same(found, expected, rtol):
    """Tell whether two arrays have one shape and agree."""
    if found.shape != expected.shape:
        return False
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return False
    if found.dtype == np.float32:
        rtol = max(rtol, 1e-4)
    size = np.abs(expected).max(initial=0)
    return bool((np.abs(found - expected) <= rtol * max(size, 1e-12)).all())


def shape_message(name, found, expected, like, rtol):
    """Say what is wrong about a shape."""
    like = f", like {like}" if like else ""
    text = f"{name} has shape {found.shape}, expected {expected.shape}{like}"
    if _hidden:
        text = f"{name} does not always have the right shape{like}"
    if found.ndim == expected.ndim == 2 and same(found.T, expected, rtol):
        return f"{text}: it is transposed"
    if found.size == expected.size and same(
        found.reshape(expected.shape), expected, rtol
    ):
        text += ": the numbers are right, the axes are not"
    if expected.ndim == 2 and found.shape == (expected.shape[1],):
        text += ": one row is written [[...]], or does a sum lack keepdims=True?"
    return text


def value_message(name, found, expected, rtol):
    """Say how the values differ: by a factor, a sign, a shift, or where first."""
    if _hidden:
        return f"{name} is not right for other inputs than those shown"
    size = np.abs(expected).max(initial=0)
    if size and not found.any():
        return f"{name} is 0 everywhere"
    if size and same(found, -expected, rtol):
        return f"{name} has the wrong sign everywhere"
    if size:
        factor = float((found * expected).sum() / (expected * expected).sum())
        if found.size > 1 and same(found, factor * expected, rtol):
            return f"{name} is {factor:.4g} times what it should be, in every entry"
    shift = float((found - expected).mean())
    if found.size > 1 and same(found - shift, expected, rtol):
        how = "large" if shift > 0 else "small"
        return f"{name} is {abs(shift):.4g} too {how} in every entry"
    place = tuple(int(i) for i in np.argmax(np.abs(found - expected)).reshape(-1))
    place = tuple(int(i) for i in np.unravel_index(place[0], found.shape or (1,)))
    at = f" at index {place if len(place) > 1 else place[0]}" if found.ndim else ""
    a = found[place] if found.ndim else found
    b = expected[place] if found.ndim else expected
    return f"{name} is {float(a):.6g}{at}, expected {float(b):.6g}"
