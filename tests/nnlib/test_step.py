"""A step of fit runs the lessons' lines, and of the checks only the cheap ones."""

import sys
from collections import Counter
from functools import partial

import pytest
from lesson_code import quoted
from lesson_form import LESSONS, read
from networks import LOSSES, batch, network

from nnlib import SGD, fit

# What runs at each step beside the lessons' functions.
BESIDE = {
    *("check_gradient", "check_remembered"),  # forward has run, and dZ is of its shape
    *("check_gradients_set", "check_kind"),  # the optimizer has a model with gradients
    *("Dense.output_shape", "ReLU.output_shape", "Sequential.output_shape"),
    *("Layer.parameters", "stop_if_diverged"),
}


def calls_of_nnlib(call):
    """Return how often call() runs each Python function of nnlib, by qualified name."""
    calls = Counter()

    def count(frame, event, _):
        if event == "call" and frame.f_globals["__name__"].startswith("nnlib."):
            calls[frame.f_code.co_qualname.split(".<locals>")[0]] += 1

    sys.setprofile(count)
    try:
        call()
    finally:
        sys.setprofile(None)
    return calls


@pytest.mark.parametrize("loss", LOSSES)
def test_a_step_of_fit_runs_the_lessons_lines_and_cheap_checks(loss, rng):
    """What runs more often with more steps, runs at each step."""
    X, y = batch(loss, 40, 2, 3, rng)

    def train(batch_size):
        fit(network([2, 4, 3], rng), X, y, loss(), SGD(0.1), 3, batch_size, rng)

    few, many = (calls_of_nnlib(partial(train, size)) for size in (20, 4))
    at_each_step = {name for name in many if many[name] > few[name]}
    lessons = set().union(*(quoted(read(path))[0] for path in LESSONS))
    assert {"Dense.backward", f"{loss.__name__}.forward"} < at_each_step
    assert at_each_step - lessons == BESIDE
