"""Layers: many neurons at once, for a batch of samples at once.

A layer turns a batch (one sample per row) into another batch.  ``forward`` computes it;
``backward`` takes the gradient of the loss with respect to what came out and returns
the gradient with respect to what went in.  Layers only sum over the samples: the factor
1/m belongs to the loss.  ``backward`` before ``forward`` raises RuntimeError.
"""

import numpy as np

from nnlib._checks import check_batch, check_count, check_real, check_rng


class Layer:
    """What all layers share: the checks, and no parameters unless they say otherwise.

    A layer of your own derives from this class and defines ``forward(X)``, which
    returns the output and remembers what ``backward`` needs, and ``backward(dZ)``,
    which returns dL/dX; with parameters it also defines ``parameters()``.
    """

    n_in = None  # columns that X must have; None: any
    n_out = None  # columns of the output; None: as many as X has
    output_shape = "unknown"  # shape of the last output; None before the first forward

    def __call__(self, X):
        """Check the batch X, shape (m, n_in), and return ``forward(X)``."""
        self.check()
        X = check_batch(X, self.n_in, self.name)
        return check_forward(self, X)

    def check(self):
        """Raise TypeError or ValueError unless the parameters are finite floats."""
        for name, (P, _) in self.parameters().items():
            check_parameter(P, f"{type(self).__name__}: {name}")

    def parameters(self):
        """Return {name: (parameter, its gradient)}, with None before ``backward``."""
        return {}

    @property
    def n_parameters(self):
        """How many numbers training can change."""
        return sum(np.size(P) for P, _ in self.parameters().values())

    @property
    def name(self):
        """Such as ``Dense(2 -> 32)`` or ``ReLU``, for messages."""
        widths = "" if self.n_in is None else f"({self.n_in} -> {self.n_out})"
        return type(self).__name__ + widths

    def __repr__(self):
        return self.name if self.name.endswith(")") else f"{self.name}()"


class Dense(Layer):
    """k neurons that all see the same n inputs: Z = X W + b.

    Shapes: X (m, n), W (n, k) with one neuron per column, b (1, k), Z (m, k).  After
    ``backward``, ``dW`` and ``db`` hold the gradients, in the shapes of W and b.

    Args:
        n_in: n, the number of inputs, at least 1.
        n_out: k, the number of neurons, at least 1.
        rng: NumPy Generator for the start weights, normal with standard deviation
            sqrt(2 / n).

    Source: the start weights follow K. He, X. Zhang, S. Ren and J. Sun, Delving deep
    into rectifiers, ICCV 2015, section 2.2; the gradients follow D. E. Rumelhart,
    G. E. Hinton and R. J. Williams, Learning representations by back-propagating
    errors, Nature 323 (1986), 533-536.
    """

    X = dW = db = None

    def __init__(self, n_in, n_out, rng):
        n_in = check_count(n_in, "Dense: n_in")
        n_out = check_count(n_out, "Dense: n_out")
        check_rng(rng, f"Dense({n_in}, {n_out}, rng)")
        self.W = rng.normal(0, np.sqrt(2 / n_in), size=(n_in, n_out))
        self.b = np.zeros((1, n_out))

    def forward(self, X):
        """Return Z = X W + b, shape (m, k)."""
        self.X = X
        return X @ self.W + self.b

    def backward(self, dZ):
        """Set dW = X^T dZ and db = column sums of dZ; return dX = dZ W^T, (m, n)."""
        dZ = check_gradient(dZ, self)
        self.dW = self.X.T @ dZ
        self.db = dZ.sum(axis=0, keepdims=True)
        return dZ @ self.W.T

    def parameters(self):
        """Return {"W": (W, dW), "b": (b, db)}."""
        return {"W": (self.W, self.dW), "b": (self.b, self.db)}

    def check(self):
        """Raise unless W is (n, k) and b is (1, k), both of finite floats."""
        check_parameter(self.W, "Dense: W", "(n, k)" if self.n_in is None else None)
        check_parameter(self.b, "Dense: b", (1, self.n_out))

    @property
    def n_in(self):
        """Columns that X must have."""
        return None if np.ndim(self.W) != 2 else np.shape(self.W)[0]

    @property
    def n_out(self):
        """Columns of Z: the number of neurons."""
        return None if np.ndim(self.W) != 2 else np.shape(self.W)[1]

    @property
    def output_shape(self):
        """Shape of the last Z; None before the first forward."""
        return None if self.X is None else (len(self.X), self.W.shape[1])


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

    def backward(self, dA):
        """Return dZ = dA where Z > 0, and 0 elsewhere, shape (m, k)."""
        dA = check_gradient(dA, self)
        return dA * (self.Z > 0)

    @property
    def output_shape(self):
        """Shape of the last A; None before the first forward."""
        return None if self.Z is None else self.Z.shape


def check_parameter(P, what, shape=None):
    """Raise unless P holds finite floats, and has the shape if one is given."""
    if getattr(P, "dtype", np.dtype(object)).kind != "f":
        got = f"dtype {P.dtype}" if hasattr(P, "dtype") else type(P).__name__
        raise TypeError(
            f"{what} must be an array of floats, got {got}: "
            "training changes it in small steps, so write np.array([[1.0, 2.0]])"
        )
    if shape not in (None, P.shape):
        raise ValueError(
            f"{what} must have shape {shape}, got {P.shape}: was it set by hand? "
            "W is (n, k), one neuron per column, and b is (1, k)"
        )
    if not np.isfinite(P).all():
        raise ValueError(
            f"{what} must hold finite numbers, got NaN or inf: did training diverge?"
        )


def check_forward(layer, X):
    """Return the layer's output for the batch X, an array with a row per sample."""
    try:
        Z = layer.forward(X)
    except (AttributeError, TypeError, ValueError) as error:
        Z = error
    if np.ndim(Z) == 2 and len(Z) == len(X):
        return Z
    for inner in getattr(layer, "layers", ()):  # the first that is wrong is named
        X = check_forward(inner, X)
    if isinstance(Z, Exception):
        raise Z
    got = "None" if Z is None else f"shape {np.shape(Z)}"
    raise TypeError(
        f"{layer.name}.forward must return an array of shape ({len(X)}, k), one row "
        f"per sample, got {got}: is its return missing?"
    )


def check_gradient(dZ, layer):
    """Return dZ as floats of exactly the shape that the layer's last output had."""
    shape = layer.output_shape
    if shape is None:
        raise RuntimeError(
            f"{layer.name}.backward() came before forward: call {layer.name} on a "
            "batch first, because backward uses what forward remembers"
        )
    if type(dZ) is not np.ndarray or dZ.dtype.kind != "f":
        dZ = check_real(dZ, f"{layer.name}.backward: dZ")
    if dZ.shape != shape and shape != "unknown":
        raise ValueError(
            f"{layer.name}.backward expects dZ of shape {shape}, like the output of "
            f"the last forward, got {dZ.shape}: is it of another batch, or transposed?"
        )
    return dZ
