"""One neuron: weigh the inputs, add them up, decide.

A neuron multiplies each input by a weight, adds the products and a bias, and passes the
sum through an activation.  Everything later in the series is many of these at once.
"""

from collections.abc import Callable

import numpy as np

from nnlib._checks import check_kind, check_number, check_numbers


def step(z):
    """Return 1 where z > 0 and 0 elsewhere, element by element, for z of any shape.

    Source: W. S. McCulloch and W. Pitts, A logical calculus of the ideas immanent in
    nervous activity, Bulletin of Mathematical Biophysics 5 (1943), 115-133.
    """
    z = check_numbers(z, "step: z")
    return np.where(z > 0, 1.0, 0.0)


def relu(z):
    """Return max(0, z), element by element: the rectified linear unit, z of any shape.

    Source: V. Nair and G. E. Hinton, Rectified linear units improve restricted
    Boltzmann machines, ICML 2010.
    """
    z = check_numbers(z, "relu: z")
    return np.maximum(0, z)


class Neuron:
    """A neuron with n inputs: activation(w . x + b).

    Args:
        w: weights, shape (n,).
        b: bias, a number.
        activation: function of one number; ``step`` unless given.

    Source: F. Rosenblatt, The perceptron, Psychological Review 65 (1958), 386-408.
    """

    def __init__(self, w, b, activation=step):
        w, b = check_neuron(w, b, activation)
        self.w = w
        self.b = b
        self.activation = activation

    def forward(self, x):
        """Return activation(w . x + b) for one sample x of shape (n,)."""
        z = self.w @ x + self.b
        return self.activation(z)

    def __call__(self, x):
        """Check x, of shape (n,), and return ``forward(x)``."""
        x = check_sample(x, self)
        return self.forward(x)

    @property
    def name(self):
        """Such as ``Neuron(2 inputs, step)``."""
        n = len(self.w)
        activation = getattr(self.activation, "__name__", repr(self.activation))
        return f"Neuron({n} input{'s' if n > 1 else ''}, {activation})"

    def __repr__(self):
        return self.name


def check_neuron(w, b, activation):
    """Return w as floats of shape (n,), n >= 1, and b as a float."""
    hint = "pass the function itself, such as relu"
    check_kind(activation, Callable, "Neuron: activation", "a function", hint)
    w = check_numbers(w, "Neuron: w")
    if w.ndim != 1 or w.size == 0:
        raise ValueError(
            f"Neuron expects w of shape (n,), one weight per input, got {w.shape}: "
            "make it a flat list of at least one weight"
        )
    return w, check_number(b, "Neuron: b")


def check_sample(x, neuron):
    """Return x as floats of shape (n,), a number for each of the neuron's weights."""
    x = check_numbers(x, f"{neuron.name}: x")
    shape = np.shape(neuron.w)
    if x.shape != shape:
        hint = "one number per weight"
        if x.shape[1:] == shape:
            hint = "is it a batch? A Neuron takes one sample at a time"
        if x.size == np.size(neuron.w):
            hint = "flatten it with np.ravel"
        raise ValueError(
            f"{neuron.name} expects x of shape {shape}, got {x.shape}: {hint}"
        )
    return x
