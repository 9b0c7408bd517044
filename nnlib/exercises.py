"""Checks that explain: what is wrong with an answer, in words.

Below an exercise of a lesson::

    with exercise("Exercise 1", answer):
        check_array("A", answer, expected, like="Z")

For a task of an assignment, whose parts are worth points::

    task = Task("Task 1", points=4)
    with task.part("one sample by hand"):
        check_array("A", leaky_relu(Z), expected, like="Z")
    with task.part("a whole batch", weight=2):
        ...
    with task.part("other sizes", hidden=True):  # a test that is not shown
        ...
    task.points

A part that raises nothing is passed.  What goes wrong in a part is reported in words
and ends that part only, so that a notebook always runs to its end.  What is said of a
hidden part holds no number of the test.  The last line is the points earned, which
nbgrader takes as partial credit.
"""

import contextlib
import io
import textwrap
import traceback
import warnings

import numpy as np

# What an array of objects may hold.
CODES = "?" + np.typecodes["AllInteger"] + np.typecodes["Float"]
NUMBERS = {bool, int, float, *(np.dtype(code).type for code in CODES)}


@contextlib.contextmanager
def exercise(name, *answers):
    """Check a lesson's exercise; say in one line what is wrong, or that all is right.

    Args:
        name: such as "Exercise 1".
        answers: what the learner was to fill in; ``...`` means not done yet.
    """
    said = "all checks passed."
    try:
        with quiet():
            yield
    except (Exception, SystemExit) as error:
        said = in_words(error)
    if any(answer is ... for answer in answers):
        said = "not done yet"
    print(f"{name}: {said}")


class Wrong(Exception):
    """What a check found, in words; the message is all that a student sees.

    Args:
        message: what is wrong.
        hidden: the same without shapes and values, for a hidden part.
    """

    def __init__(self, message, hidden=None):
        super().__init__(message)
        self.hidden = hidden or message


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
        self.weight += weight
        try:
            with quiet():
                yield
        except (Exception, SystemExit) as error:
            self.failed.append(what)
            print(f"{self.name}, {what}: {in_words(error, hidden)}")
        else:
            self.passed += weight

    @property
    def points(self):
        """The points earned, rounded to two decimals; they are also told in words."""
        if not self.failed and self.weight:
            print(f"{self.name}: all checks passed.")
            return self.max_points
        earned = round(self.max_points * self.passed / max(self.weight, 1), 2)
        print(f"{self.name}: {earned:.3g} of {self.max_points} points")
        return earned


@contextlib.contextmanager
def quiet():
    """Forget what is printed and warned of."""
    sink = Sink()
    with (
        contextlib.redirect_stdout(sink),
        contextlib.redirect_stderr(sink),
        warnings.catch_warnings(),
        np.errstate(all="ignore"),
    ):
        warnings.simplefilter("ignore")
        yield


class Sink(io.StringIO):
    """Takes what is printed inside a part, and forgets it."""

    def write(self, text):
        """Take the text."""
        return len(text)


def in_words(error, hidden=False):
    """Return what a student should read about an exception."""
    if isinstance(error, Wrong):
        return error.hidden if hidden else str(error)
    text = textwrap.shorten(str(error), width=300, placeholder=" ...")
    if isinstance(error, NotImplementedError):
        return "not done yet" if hidden else text or "not done yet"
    line = student_line(error)
    if isinstance(error, ValueError) and "truth value of an array" in text:
        return (
            "`if` and `and` decide once, not entry by entry: use np.where, which may "
            f"stand inside another np.where{line}"
        )
    if isinstance(error, NameError) and not line:
        return (
            f"{text}: did the cell above run without an error, and does it define "
            "this name?"
        )
    if isinstance(error, SystemExit):
        return f"your code calls exit() or quit(){line}: use return to end a function"
    said = "" if hidden or not text else f": {text}"
    return f"your code raised {type(error).__name__}{said}{line}"


def student_line(error, called=False):
    """Return the last line of the student's own code that the error came through.

    Args:
        error: the exception, caught.
        called: whether no check's cell is among the cells that it came through.
    """
    if hasattr(error, "student_line"):  # found where the code ran
        return error.student_line
    frames = traceback.walk_tb(error.__traceback__)
    cells = [x for x in frames if x[0].f_globals.get("__name__") == "__main__"]
    lines = traceback.StackSummary.extract(iter(cells))
    others = [x.line for x in lines if called or x.filename != lines[0].filename]
    return f" (in the line `{others[-1]}`)" if others and others[-1] else ""


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
    if same(found, expected, rtol):
        return
    for wrong, message in mistakes:
        check(not same(found, np.asarray(wrong, dtype=float), rtol), message)
    if found.shape != expected.shape:
        like = f", like {like}" if like else ""
        like += cause_of_shape(found, expected, rtol)
        raise Wrong(
            f"{name} has shape {found.shape}, expected {expected.shape}{like}",
            hidden=f"{name} does not always have the right shape{like}",
        )
    if not np.isfinite(found).all():
        raise Wrong(f"{name} holds NaN or inf, where all numbers should be finite")
    # a hint is a sentence of its own, or a remark in brackets
    hint = hint and (" " if hint[0] == "(" else ". ") + hint
    raise Wrong(
        f"{name} {difference(found, expected, rtol)}{hint}",
        hidden=f"{name} is not right for other inputs than those shown{hint}",
    )


def as_numbers(name, found):
    """Return found as an array of numbers, or raise Wrong."""
    if found is None:
        raise Wrong(f"{name} is None: is a return missing, or the name not set?")
    if found is NotImplemented or found is Ellipsis:
        raise Wrong(f"{name} is not done yet")
    # what turns itself into an array, or a number, could look for the answer
    if isinstance(found, np.ndarray | np.generic | int | float | list | tuple):
        with contextlib.suppress(TypeError, ValueError):
            array = np.asarray(found)
            if array.dtype.kind in "biuf" or {type(x) for x in array.flat} <= NUMBERS:
                return array.astype(np.float32 if array.dtype == np.float32 else float)
    raise Wrong(f"{name} should be an array of numbers, got {type(found).__name__}")


def same(found, expected, rtol):
    """Tell whether two arrays have one shape and agree."""
    if found.shape != expected.shape:
        return False
    if not (np.isfinite(found).all() and np.isfinite(expected).all()):
        return False
    if found.dtype == np.float32:
        rtol = max(rtol, 1e-4)
    size = max(np.abs(expected).max(initial=0), 1e-12)
    return bool((np.abs(found - expected) <= rtol * size).all())


def cause_of_shape(found, expected, rtol):
    """Return what the wrong shape is likely to come from, or ""."""
    if found.ndim == expected.ndim == 2 and same(found.T, expected, rtol):
        return ": it is transposed"
    cause, size = "", expected.size
    if found.size == size and same(found.reshape(expected.shape), expected, rtol):
        cause += ": the numbers are right, the axes are not"
    if expected.ndim == 2 and found.shape == (expected.shape[1],):
        cause += ": one row is written [[...]], or does a sum lack keepdims=True?"
    return cause


def difference(found, expected, rtol):
    """Say how the values differ: by a factor, a sign, a shift, or where most."""
    several = found.size > 1
    if expected.any():
        if not found.any():
            return "is 0 everywhere"
        if same(found, -expected, rtol):
            return "has the wrong sign everywhere"
        factor = (found * expected).sum() / (expected * expected).sum()
        if several and same(found, factor * expected, rtol):
            return f"is {factor:.4g} times what it should be, in every entry"
    shift = (found - expected).mean()
    if several and same(found - shift, expected, rtol):
        how = "large" if shift > 0 else "small"
        return f"is {abs(shift):.4g} too {how} in every entry"
    place = np.unravel_index(np.argmax(np.abs(found - expected)), found.shape)
    index = tuple(map(int, place))
    at = f" at index {index if len(index) > 1 else index[0]}" if index else ""
    return f"is {found[index]:.6g}{at}, expected {expected[index]:.6g}"
