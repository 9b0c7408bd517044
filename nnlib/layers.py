"""Layers: many neurons at once, for a batch of samples at once.

A layer turns a batch (one sample a row) into another batch.  ``forward`` computes it;
``backward`` takes the gradient of the loss with respect to what came out and returns
the gradient with respect to what went in.  Layers only sum over the samples: the factor
1/m belongs to the loss.
"""

import numpy as np

from nnlib._checks import (
    MOST_NUMBERS,
    after_forward,
    check_batch,
    check_count,
    check_parameter,
    check_rng,
    door,
    finite_or_put_back,
)


class Layer:
    """What all layers share: a door, and no parameters unless they say otherwise.

    A layer of your own derives from this class and defines ``forward(X)`` and
    ``backward(dZ)``; with parameters it also defines ``parameters()``.
    """

    n_in = None  # columns that X must have; None: any
    n_out = None  # columns of the output; None: as many as X has
    output_shape = "unknown"  # shape of the last output; None before the first forward

    def __call__(self, X):
        """Check X and return ``forward(X)``.

        Args:
            X: batch of shape (m, n_in), one sample a row, m >= 1.

        Raises:
            TypeError: X or a parameter does not hold real numbers.
            ValueError: X has the wrong shape, no rows, or holds NaN or inf; or a
                parameter set by hand does; or the output would, because X or a
                parameter is huge.
        """
        self.check()
        X = check_batch(X, self.n_in, self.name)
        return finite_or_put_back(self.name, self, self.forward, X)

    def check(self):
        """Raise TypeError or ValueError unless the parameters are finite floats."""
        for name, (P, _) in self.parameters().items():
            check_parameter(P, f"{type(self).__name__}: {name}")

    def forward(self, X):
        """Return the output for the batch X, and remember what ``backward`` needs."""
        raise NotImplementedError(
            f"{self.name} has no forward: define forward(self, X)"
        )

    def backward(self, dZ):
        """Return dL/dX, given dL/d(output)."""
        raise NotImplementedError(
            f"{self.name} has no backward: define backward(self, dZ)"
        )

    def parameters(self):
        """Return {name: (parameter, its gradient)}, with None before ``backward``."""
        return {}

    @property
    def n_parameters(self):
        """How many numbers training can change."""
        return sum(parameter.size for parameter, _ in self.parameters().values())

    @property
    def name(self):
        """The layer in a few characters, for messages."""
        return type(self).__name__

    def __repr__(self):
        return f"{self.name}()"


def _dense_door(self, n_in, n_out, rng=None):
    n_in = check_count(n_in, "Dense: n_in", most=MOST_NUMBERS)
    n_out = check_count(n_out, "Dense: n_out", most=MOST_NUMBERS // n_in)
    return self, n_in, n_out, check_rng(rng, f"Dense({n_in}, {n_out}, rng)")


def _side(W, axis):
    """Return W's length along the axis; None if W is no matrix, as ``check`` tells."""
    shape = getattr(W, "shape", ())
    return shape[axis] if len(shape) == 2 else None


class Dense(Layer):
    """k neurons that all see the same n inputs: Z = X W + b.

    Shapes: X (m, n), W (n, k) with one neuron a column, b (1, k), Z (m, k).  ``dW`` and
    ``db`` hold the gradients after ``backward`` and have the shapes of W and b.

    Args:
        n_in: n, the number of inputs, at least 1.
        n_out: k, the number of neurons, at least 1.
        rng: NumPy Generator for the start weights, normal with standard deviation
            sqrt(2 / n).

    Raises:
        TypeError: n_in or n_out is not a whole number, or rng is not a Generator.
        ValueError: n_in or n_out is below 1, or there would be more than 10^8 weights.

    Source: the start weights follow K. He, X. Zhang, S. Ren and J. Sun, Delving deep
    into rectifiers, ICCV 2015, section 2.2; the gradients follow D. E. Rumelhart,
    G. E. Hinton and R. J. Williams, Learning representations by back-propagating
    errors, Nature 323 (1986), 533-536.
    """

    X = dW = db = None

    @door(_dense_door)
    def __init__(self, n_in, n_out, rng):
        self.W = rng.normal(0, np.sqrt(2 / n_in), size=(n_in, n_out))
        self.b = np.zeros((1, n_out))

    def forward(self, X):
        """Return Z = X W + b, shape (m, k)."""
        self.X = X
        return X @ self.W + self.b

    @after_forward
    def backward(self, dZ):
        """Set dW = X^T dZ and db = column sums of dZ; return dX = dZ W^T, shape (m, n).

        Raises:
            RuntimeError: forward has not run yet.
            TypeError: dZ does not hold real numbers.
            ValueError: dZ is not of the last output's shape, or holds NaN or inf, or is
                so huge that a gradient would.
        """
        self.dW = self.X.T @ dZ
        self.db = dZ.sum(axis=0, keepdims=True)
        return dZ @ self.W.T

    def check(self):
        """Raise unless W is (n, k) and b is (1, k), both of finite floats."""
        shape = getattr(self.W, "shape", ())
        check_parameter(self.W, "Dense: W", (*shape, "k")[:2])
        check_parameter(self.b, "Dense: b", (1, self.n_out))

    def parameters(self):
        """Return {"W": (W, dW), "b": (b, db)}."""
        return {"W": (self.W, self.dW), "b": (self.b, self.db)}

    @property
    def n_in(self):
        """Columns that X must have."""
        return _side(self.W, 0)

    @property
    def n_out(self):
        """Columns of Z: the number of neurons."""
        return _side(self.W, 1)

    @property
    def output_shape(self):
        """Shape of the last Z; None before the first forward."""
        return None if self.X is None else (len(self.X), self.n_out)

    @property
    def name(self):
        """Such as ``Dense(2 -> 32)``."""
        return f"Dense({self.n_in} -> {self.n_out})"

    def __repr__(self):
        return self.name


class ReLU(Layer):
    """max(0, z), element by element; its slope is 1 where z > 0 and 0 elsewhere.

    Shapes: Z (m, k) in, A (m, k) out.  The slope at exactly 0 is a convention: here 0.

    Source: V. Nair and G. E. Hinton, Rectified linear units improve restricted
    Boltzmann machines, ICML 2010.
    """

    Z = None

    def forward(self, Z):
        """Return A = max(0, Z), shape (m, k)."""
        self.Z = Z
        return np.maximum(0, Z)

    @after_forward
    def backward(self, dA):
        """Return dZ = dA where Z > 0, and 0 elsewhere, shape (m, k).

        Raises:
            RuntimeError: forward has not run yet.
            TypeError: dA does not hold real numbers.
            ValueError: dA is not of the last output's shape, or holds NaN or inf.
        """
        return dA * (self.Z > 0)

    @property
    def output_shape(self):
        """Shape of the last A; None before the first forward."""
        return None if self.Z is None else self.Z.shape
