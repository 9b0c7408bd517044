"""A neuron, the step and the ReLU."""

from functools import partial

import numpy as np
import pytest

from nnlib import Neuron
from nnlib.neuron import relu, step


def test_step_is_1_above_0_and_relu_the_larger_of_0_and_z():
    z = np.array([[-2, 0, 1e-300], [0.5, 3, -1e-300]])
    assert step(z).tolist() == [[0, 0, 1], [1, 1, 0]]
    assert relu(z).tolist() == [[0, 0, 1e-300], [0.5, 3, 0]]
    assert step([-1, 2]).dtype == relu([-1, 2]).dtype == np.float64
    assert (step(0), step(1), relu(-1), relu(2)) == (0, 1, 0, 2)


def test_a_neuron_weighs_adds_and_decides():
    w, b, x = [2.0, -1.0, 0.5], 0.25, [1.0, 3.0, 2.0]
    assert Neuron(w, b)(x) == 1
    assert Neuron(w, b, relu)(x) == 2 * 1 - 1 * 3 + 0.5 * 2 + 0.25
    assert Neuron(w, b, np.tanh)(x) == pytest.approx(np.tanh(0.25))


def test_a_neuron_prints_its_inputs_and_its_activation():
    square = partial(pow, 2)
    assert repr(Neuron([1, 2], 0)) == "Neuron(2 inputs, step)"
    assert repr(Neuron([1], 0, relu)) == "Neuron(1 input, relu)"
    assert repr(Neuron([1], 0, square)) == f"Neuron(1 input, {square!r})"
