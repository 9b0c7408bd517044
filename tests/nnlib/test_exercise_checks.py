"""nnlib.exercises: what a check says, what it costs, and what it never lets out."""

import contextlib
import io
import linecache
import logging
import sys
import warnings

import numpy as np
import pytest

from nnlib.exercises import Task, Wrong, check, check_array, exercise

A = np.array([[1.0, 2.0, 3.0], [4.0, 5.0, 7.0]])  # (2, 3)


def said(function, *args, hidden=False, **named):
    """Return what is printed of a single part that runs the function."""
    task, out = Task("Task 1", points=4), io.StringIO()
    with contextlib.redirect_stdout(out), task.part("first", hidden=hidden):
        function(*args, **named)
    return out.getvalue()


def message(found, expected=A, **named):
    """Return what check_array says, without the task's name."""
    text = said(check_array, "dW", found, expected, **named)
    assert text.startswith("Task 1, first: ")
    assert text.index("\n") == len(text) - 1
    return text.removeprefix("Task 1, first: ").rstrip()


def passes(found, expected=A, **named):
    return said(check_array, "dW", found, expected, **named) == ""


NO_NUMBERS = "dW should be an array of numbers, got"
MESSAGES = {
    "transposed": (A.T, "dW has shape (3, 2), expected (2, 3): it is transposed"),
    "axes": (A.ravel(), "dW has shape (6,), expected (2, 3): the numbers are right"),
    "shape": (A[:1], "dW has shape (1, 3), expected (2, 3)"),
    "empty": (np.zeros(0), "dW has shape (0,), expected (2, 3)"),
    "flat": (A[0], ": one row is written [[...]], or does a sum lack keepdims=True?"),
    "zeros": (0 * A, "dW is 0 everywhere"),
    "sign": (-A, "dW has the wrong sign everywhere"),
    "factor": (A / 4, "dW is 0.25 times what it should be, in every entry"),
    "large": (A + 2, "dW is 2 too large in every entry"),
    "small": (A - 2, "dW is 2 too small in every entry"),
    "entry": (A + (A == 7), "dW is 8 at index (1, 2), expected 7"),
    "nan": (A * [1, np.nan, 1], "dW holds NaN or inf"),
    "None": (None, "dW is None: is a return missing"),
    "Ellipsis": (..., "dW is not done yet"),
    "NotImplemented": (NotImplemented, "dW is not done yet"),
    "function": (np.sum, NO_NUMBERS),
    "texts": ([["1", "2", "3"]] * 2, f"{NO_NUMBERS} list"),
    "objects": (A.astype(str).astype(object), f"{NO_NUMBERS} ndarray"),
    "complex": (A + 1j, f"{NO_NUMBERS} ndarray"),
    "ragged": ([[1, 2], [3]], f"{NO_NUMBERS} list"),
}


@pytest.mark.parametrize(("found", "says"), MESSAGES.values(), ids=MESSAGES)
def test_what_is_wrong_is_said_in_words_and_hidden_parts_tell_no_number(found, says):
    assert says in message(found)
    hidden = message(found, hidden=True)
    assert "dW" in hidden
    assert not any(letter.isdigit() for letter in hidden)


def test_usual_mistakes_hints_and_what_the_shape_is_like():
    mistakes = [(A + 5, "did you add?"), (A.T, "did you write dZ.T @ X?")]
    assert message(A + 5, mistakes=mistakes) == "did you add?"
    assert message(A.T, mistakes=mistakes) == "did you write dZ.T @ X?"
    assert passes(A, mistakes=[(A, "what equals the right answer is none")])
    text = message(A * A, mistakes=mistakes, hint="Look again.")
    assert text == "dW is 49 at index (1, 2), expected 7. Look again."
    text = message(A * A, hint="(for X = 0)", hidden=True)
    assert text == "dW is not right for other inputs than those shown (for X = 0)"
    assert "expected (2, 3), like W: it is transposed" in message(A.T, like="W")
    text = message(A[:1], like="W", hidden=True)
    assert text == "dW does not always have the right shape, like W"


def test_numbers_and_other_kinds_of_arrays():
    assert passes(2, 2.0)
    assert passes(np.float32(0.1), 0.1)
    assert message(3.0, 2.0) == "dW is 3, expected 2"
    assert message([3.0], 2.0) == "dW has shape (1,), expected ()"
    assert "the axes are not" in message([2.0], 2.0)
    assert message(1.0, 0.0) == "dW is 1, expected 0"
    assert message([1.0, 5.0], [1.0, 0.0]) == "dW is 5 at index 1, expected 0"
    for found in (A.tolist(), tuple(map(tuple, A)), A.astype(int), A.astype(object)):
        assert passes(found)
    assert passes([True, False], [1.0, 0.0])
    assert passes(np.zeros((0, 3)), np.zeros((0, 3)))


def test_tolerance_is_wider_for_float32_and_relative_to_the_largest_entry():
    assert passes(A * (1 + 5e-7))
    assert not passes(A * (1 + 5e-6))
    assert passes((A * (1 + 5e-5)).astype(np.float32))
    assert not passes((A * (1 + 5e-4)).astype(np.float32))
    assert passes((A * (1 + 5e-4)).astype(np.float32), rtol=1e-3)
    assert passes([1e6, 0.5], [1e6, 0.0])
    assert not passes([1e6, 2.0], [1e6, 0.0])
    assert passes([0.0, 1e-20], np.zeros(2))
    assert not passes([0.0, 1e-9], np.zeros(2))


def test_points_are_shared_by_weight_and_rounded(capsys):
    task = Task("Task 2", points=5)
    assert task.points == 0  # nothing was checked
    assert capsys.readouterr().out == "Task 2: 0 of 5 points\n"
    with task.part("a", weight=2):
        check(True, "never")
    assert task.points == 5
    assert capsys.readouterr().out == "Task 2: all checks passed.\n"
    with task.part("b"):
        check(False, "no")
    assert task.points == 3.33
    assert capsys.readouterr().out == "Task 2, b: no\nTask 2: 3.33 of 5 points\n"


def test_what_student_code_prints_or_warns_is_swallowed(capfd):
    def noisy():
        print("secret")
        print("secret", file=sys.stderr)
        logging.getLogger("student").warning("secret")
        warnings.warn("secret", stacklevel=1)
        sys.stdout.flush()
        return np.array([0.0, 1.0]) / np.array([0.0, 0.0]), np.exp(1000.0)

    with warnings.catch_warnings(), np.errstate(all="raise"):
        warnings.simplefilter("error")
        before = np.geterr(), list(warnings.filters)
        text = said(noisy)
        said(check, False, "no")
        assert (np.geterr(), list(warnings.filters)) == before
    assert text == ""
    out, err = capfd.readouterr()
    assert "secret" not in out
    assert err == ""


# What comes of an exception.


def run_cells(student, body="check_array('A', f(1), 2)", hidden=False):
    """Run a student's cell and a check cell; return what is printed."""
    space = {"__name__": "__main__", "np": np, "Task": Task}
    space["check_array"] = check_array
    test = f"with Task('Task 1', 4).part('first', hidden={hidden}):\n    {body}\n"
    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        for number, source in enumerate((student, test)):
            name = f"/tmp/ipykernel_9/{number}.py"
            linecache.cache[name] = (1, None, source.splitlines(True), name)
            exec(compile(source, name, "exec"), space)
    return out.getvalue().removeprefix("Task 1, first: ").rstrip()


@pytest.mark.parametrize(
    ("line", "says"),
    [
        ("return x / 0", "raised ZeroDivisionError: division by zero"),
        ("return np.ones(2) @ np.ones(3)", "raised ValueError: matmul"),
        ("return nothing", "raised NameError: name 'nothing' is not defined"),
        ("raise ValueError", "raised ValueError (in"),
        ("return f(x)", "raised RecursionError: maximum"),
        ("raise ValueError('a b\\n' * 1000)", "raised ValueError: a b a b"),
        ("raise SystemExit", "calls exit() or quit()"),
    ],
)
def test_an_exception_is_told_in_a_line_with_the_student_s_own(line, says):
    text = run_cells(f"def f(x):\n    {line}\n")
    assert text.startswith(f"your code {says}")
    assert f" (in the line `{line}`)" in text
    assert len(text) < 400
    assert "\n" not in text


@pytest.mark.parametrize("line", ["if x > 1:", "if 0 < x < 2:", "if max(0, x) is x:"])
@pytest.mark.parametrize("hidden", [False, True])
def test_an_if_on_an_array_is_explained_and_not_numpy_s_way_out(line, hidden):
    student = f"def f(x):\n    {line}\n        return x\n    return 0\n"
    text = run_cells(student, "f(np.arange(3.0))", hidden=hidden)
    assert text.startswith("`if` and `and` decide once, not entry by entry: use np.w")
    assert text.endswith(f"(in the line `{line}`)")
    assert "any()" not in text


def test_the_line_is_the_innermost_of_the_student_s_and_none_of_the_check_s():
    text = run_cells("def g(x):\n    return x / 0\ndef f(x):\n    return g(x)\n")
    assert text.endswith("(in the line `return x / 0`)")
    text = run_cells("f = None\n")
    assert text == "your code raised TypeError: 'NoneType' object is not callable"
    text = run_cells("g = 1\n")
    assert text.startswith("name 'f' is not defined: did the cell above run")


def test_a_line_that_was_found_in_another_process_is_told_as_it_is():
    def fail():
        error = ValueError("no")
        error.student_line = " (in the line `return y`)"
        raise error

    assert "raised ValueError: no (in the line `return y`)" in said(fail)


def test_not_done_yet():
    stub = "def f(x):\n    raise NotImplementedError"
    assert run_cells(f"{stub}('not done yet')") == run_cells(stub) == "not done yet"
    assert run_cells(f"{stub}('f has no backward')") == "f has no backward"


def test_an_interrupt_leaves_the_part():
    with pytest.raises(KeyboardInterrupt), Task("Task 1", 1).part("first"):
        raise KeyboardInterrupt


@pytest.mark.parametrize("kind", ["ValueError", "NameError", "NotImplementedError"])
def test_a_hidden_part_tells_the_kind_of_an_exception_and_not_its_message(kind):
    leak = f"def f(x):\n    raise {kind}(f'it is {{x}}')\n"
    assert "it is 1" in run_cells(leak)
    text = run_cells(leak, hidden=True)
    assert text.startswith((f"your code raised {kind} (in", "not done yet"))
    assert "it is 1" not in text


def test_what_turns_itself_into_an_array_is_no_array():
    class Spy:
        def __array__(self, *_, **__):
            return np.ones(2)

        def __float__(self):
            return 1.0

    for found in (Spy(), np.fromiter([Spy(), Spy()], dtype=object)):
        with pytest.raises(Wrong, match="array of numbers"):
            check_array("A", found, np.ones(2))
    check_array("A", np.array([1, np.float64(1)], dtype=object), np.ones(2))


@pytest.mark.parametrize(
    ("answer", "filled_in", "says"),
    [
        (lambda: [1.0, 2.0], [], "all checks passed."),
        (lambda: [0.0, 0.0], [], "A is 0 everywhere"),
        (lambda: ..., [1, ...], "not done yet"),
    ],
)
def test_an_exercise_is_answered_in_one_line(answer, filled_in, says, capsys):
    with exercise("Exercise 1", *filled_in):
        print("the learner's own output is not shown")
        check_array("A", answer(), [1.0, 2.0])
    assert capsys.readouterr().out == f"Exercise 1: {says}\n"
