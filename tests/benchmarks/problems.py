"""The four sizes: data, start weights, and how long one training runs.

All peers get the same arrays.  The data of the two large sizes are made up: points
whose classes a random linear map decides, so that there is something to learn.
"""

from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise

import numpy as np

from nnlib import (
    SGD,
    Dense,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    datasets,
    fit,
)

SERIES, LARGEST = "2-32-3", "784-1024-1024-10"


@dataclass(frozen=True, eq=False)
class Problem:
    """A training: the layers' widths, the data, and the options of fit."""

    widths: tuple
    X: np.ndarray  # (m, n)
    y: np.ndarray  # (m,), integer labels
    batch_size: int
    learning_rate: float
    epochs: int

    @property
    def steps(self):
        """How many times one training changes the parameters."""
        return self.epochs * -(-len(self.X) // self.batch_size)

    def weights(self):
        """Return fresh start weights [(W (n, k), b (1, k)), ...] in the dtype of X."""
        rng, dtype = np.random.default_rng(1), self.X.dtype
        return [
            (
                rng.normal(0, np.sqrt(2 / n), size=(n, k)).astype(dtype),
                np.zeros((1, k), dtype),
            )
            for n, k in pairwise(self.widths)
        ]


def spiral(n_per_class):
    """Return the series' data: (X (3 n, 2), y (3 n,))."""
    rng = np.random.default_rng(0)
    return datasets.spiral(n_per_class, n_classes=3, noise=0.25, rng=rng)


def made_up(m):
    """Return m points of 784 numbers and their labels 0..9."""
    rng = np.random.default_rng(0)
    X = rng.normal(size=(m, 784))
    return X, (X @ rng.normal(size=(784, 10))).argmax(axis=1)


# widths: (data, batch size, learning rate, epochs)
SIZES = {
    SERIES: (lambda: spiral(300), 64, 0.1, 200),
    "64-32-10": (datasets.digits, 64, 0.1, 30),
    "784-128-10": (lambda: made_up(10_000), 128, 0.01, 2),
    LARGEST: (lambda: made_up(2560), 256, 0.01, 2),
}


@lru_cache(maxsize=1)
def problem(size, dtype):
    """Return the Problem of this size with inputs of this dtype."""
    data, batch_size, learning_rate, epochs = SIZES[size]
    X, y = data()
    widths = tuple(int(width) for width in size.split("-"))
    return Problem(widths, X.astype(dtype), y, batch_size, learning_rate, epochs)


def nnlib_model(problem):
    """Return nnlib's Sequential with the problem's start weights."""
    layers = []
    for W, b in problem.weights():
        dense = Dense(*W.shape, np.random.default_rng(0))
        dense.W, dense.b = W, b
        layers += [dense, ReLU()]
    return Sequential(layers[:-1])


def nnlib_fit(model, problem, rng):
    """Train the model as the problem says, and return fit's history."""
    return fit(
        model,
        problem.X,
        problem.y,
        loss=SoftmaxCrossEntropy(),
        optimizer=SGD(problem.learning_rate),
        epochs=problem.epochs,
        batch_size=problem.batch_size,
        rng=rng,
    )
