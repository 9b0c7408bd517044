"""A neuron, the step and the ReLU."""

from functools import partial

import numpy as np
import pytest

from nnlib import Neuron
from nnlib.neuron import relu, step


@pytest.mark.parametrize(("z", "expected"), [(-2, 0), (0, 0), (1e-300, 1), (3, 1)])
def test_step_is_1_above_0(z, expected):
    assert step(z) == expected


@pytest.mark.parametrize(("z", "expected"), [(-2, 0), (0, 0), (0.5, 0.5), (3, 3)])
def test_relu_is_the_larger_of_0_and_z(z, expected):
    assert relu(z) == expected


def test_activations_work_element_by_element():
    z = np.array([[-1.0, 2.0], [0.0, 0.5]])
    assert step(z).tolist() == [[0, 1], [0, 1]]
    assert relu(z).tolist() == [[0, 2], [0, 0.5]]


def test_a_neuron_weighs_adds_and_decides():
    w, b, x = [2.0, -1.0, 0.5], 0.25, [1.0, 3.0, 2.0]
    z = sum(wi * xi for wi, xi in zip(w, x, strict=True)) + b
    assert z == 0.25
    assert Neuron(w, b)(x) == 1
    assert Neuron(w, b, relu)(x) == z
    assert Neuron(w, b, np.tanh)(x) == pytest.approx(np.tanh(z))


def test_hand_chosen_weights_compute_and_and_or():
    for a in (0, 1):
        for b in (0, 1):
            assert Neuron([1, 1], -1.5)([a, b]) == (a and b)
            assert Neuron([1, 1], -0.5)([a, b]) == (a or b)


@pytest.mark.parametrize(
    ("neuron", "text"),
    [
        (Neuron([1, 2], 0), "Neuron(2 inputs, step)"),
        (Neuron([1], 0, relu), "Neuron(1 input, relu)"),
        (Neuron([1], 0, np.tanh), "Neuron(1 input, tanh)"),
        (Neuron([1], 0, partial(pow, 2)), f"Neuron(1 input, {partial(pow, 2)!r})"),
    ],
)
def test_a_neuron_prints_its_inputs_and_its_activation(neuron, text):
    assert repr(neuron) == text
