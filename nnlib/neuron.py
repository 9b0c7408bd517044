"""One neuron: weigh the inputs, add them up, decide.

A neuron multiplies each input by a weight, adds the products and a bias, and passes the
sum through an activation.  Everything later in the series is many of these at once.
"""

import numpy as np

from nnlib._checks import check_number, check_numbers, door, finite_or_put_back


def _step_door(z):
    return (check_numbers(z, "step: z"),)


def _relu_door(z):
    return (check_numbers(z, "relu: z"),)


@door(_step_door)
def step(z):
    """Return 1 where z > 0 and 0 elsewhere, element by element.

    Args:
        z: number or array of any shape.

    Returns:
        Array of z's shape, holding 0.0 and 1.0.

    Raises:
        TypeError: z does not hold real numbers.
        ValueError: z holds NaN or inf.

    Source: W. S. McCulloch and W. Pitts, A logical calculus of the ideas immanent in
    nervous activity, Bulletin of Mathematical Biophysics 5 (1943), 115-133.
    """
    return np.where(z > 0, 1.0, 0.0)


@door(_relu_door)
def relu(z):
    """Return max(0, z), element by element: the rectified linear unit.

    Args:
        z: number or array of any shape.

    Returns:
        Array or number of z's shape.

    Raises:
        TypeError: z does not hold real numbers.
        ValueError: z holds NaN or inf.

    Source: V. Nair and G. E. Hinton, Rectified linear units improve restricted
    Boltzmann machines, ICML 2010.
    """
    return np.maximum(0, z)


def _neuron_door(self, w, b, activation=step):
    w = check_numbers(w, "Neuron: w")
    b = check_number(b, "Neuron: b")
    if w.ndim != 1 or w.size == 0:
        raise ValueError(
            f"Neuron expects w of shape (n,), one weight an input, got {w.shape}: "
            "make it a flat list of at least one weight"
        )
    if not callable(activation):
        raise TypeError(
            f"Neuron expects activation to be a function, got {activation!r}: "
            "pass the function itself, such as relu"
        )
    return self, w, b, activation


class Neuron:
    """A neuron with n inputs: activation(w . x + b).

    Args:
        w: weights, shape (n,).
        b: bias, a number.
        activation: function of one number; ``step`` unless given.

    Raises:
        TypeError: w or b does not hold real numbers, or activation is not a function.
        ValueError: w is not of shape (n,), b is not one number, or there is NaN or inf.

    Source: F. Rosenblatt, The perceptron, Psychological Review 65 (1958), 386-408.
    """

    @door(_neuron_door)
    def __init__(self, w, b, activation=step):
        self.w = w
        self.b = b
        self.activation = activation

    def forward(self, x):
        """Return activation(w . x + b) for one sample x of shape (n,)."""
        z = self.w @ x + self.b
        return self.activation(z)

    def __call__(self, x):
        """Check x and return ``forward(x)``.

        Raises:
            TypeError: x does not hold real numbers.
            ValueError: x is not of shape (n,), or holds NaN or inf; or the result
                would, because a number is huge.
        """
        x = check_numbers(x, f"{self!r}: x")
        if x.shape != self.w.shape:
            hint = (
                "flatten it with np.ravel"
                if x.size == self.w.size
                else "is it a batch? A Neuron takes one sample at a time"
                if x.shape[1:] == self.w.shape
                else "one number a weight"
            )
            raise ValueError(
                f"{self!r} expects x of shape {self.w.shape}, got {x.shape}: {hint}"
            )
        return finite_or_put_back(self.name, self, self.forward, x)

    @property
    def name(self):
        """Such as ``Neuron(2 inputs, step)``."""
        n = len(self.w)
        activation = getattr(self.activation, "__name__", repr(self.activation))
        return f"Neuron({n} input{'s' if n > 1 else ''}, {activation})"

    def __repr__(self):
        return self.name
