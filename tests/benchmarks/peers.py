"""What is compared: the same training by nnlib, by its peers, and by two floors.

A peer is a function of a Problem that returns ``train``.  The clock sees ``train()``
alone: it trains from the problem's start weights, as a user of that library would, with
data in the library's own kind of array, and returns the mean loss of each epoch.
"""

import ctypes
import subprocess
import tempfile
import warnings
from functools import lru_cache, partial
from itertools import pairwise
from pathlib import Path
from typing import NamedTuple

import numpy as np

from nnlib import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, datasets, fit

SERIES, WIDE, LARGEST = "2-32-3", "784-128-10", "784-1024-1024-10"


class Problem(NamedTuple):
    """A training: the layers' widths, the data, and the options of fit."""

    widths: tuple
    X: np.ndarray  # (m, n)
    y: np.ndarray  # (m,), integer labels
    batch_size: int
    learning_rate: float
    epochs: int

    def weights(self):
        """Return each layer's start weights W (n, k) and b (1, k), in X's dtype."""
        rng, dtype = np.random.default_rng(1), self.X.dtype
        W = [rng.normal(0, np.sqrt(2 / n), (n, k)) for n, k in pairwise(self.widths)]
        return [(W.astype(dtype), np.zeros((1, W.shape[1]), dtype)) for W in W]


def made_up(m, rng):
    """Return m points of 784 numbers; a random linear map decides their labels 0..9."""
    X = rng.normal(size=(m, 784))
    return X, (X @ rng.normal(size=(784, 10))).argmax(axis=1)


# network: data from a generator, batch size, learning rate, epochs
SIZES = {
    SERIES: (partial(datasets.spiral, 300, 3, 0.25), 64, 0.1, 200),
    "64-32-10": (lambda rng: datasets.digits(), 64, 0.1, 30),
    WIDE: (partial(made_up, 10_000), 128, 0.01, 2),
    LARGEST: (partial(made_up, 2560), 256, 0.01, 2),
}


@lru_cache(maxsize=1)
def problem(network, dtype):
    """Return the Problem of this network with inputs of this dtype."""
    data, *options = SIZES[network]
    X, y = data(np.random.default_rng(0))
    return Problem(tuple(map(int, network.split("-"))), X.astype(dtype), y, *options)


class FirstDense(Dense):
    """A first layer: nobody asks for the gradient along the data."""

    def backward(self, dZ):
        self.dW, self.db = self.X.T @ dZ, dZ.sum(axis=0, keepdims=True)


def nnlib(problem, first=Dense):
    """Train nnlib's Sequential by its fit; the first layer may be of another class."""
    layers = []
    for W, b in problem.weights():
        dense = (Dense if layers else first)(*W.shape, np.random.default_rng(0))
        dense.W, dense.b = W, b
        layers += [dense, ReLU()]
    arguments = [Sequential(layers[:-1]), problem.X, problem.y]
    arguments += [SoftmaxCrossEntropy(), SGD(problem.learning_rate), problem.epochs]
    arguments += [problem.batch_size, np.random.default_rng(2)]
    return lambda: fit(*arguments)["loss"]


def scikit_learn(problem):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    plain = {"solver": "sgd", "alpha": 0, "momentum": 0, "nesterovs_momentum": False}
    to_the_end = {"max_iter": problem.epochs, "tol": 0, "n_iter_no_change": 10**9}
    model = MLPClassifier(problem.widths[1:-1], random_state=2, **plain, **to_the_end)
    rate, size = problem.learning_rate, problem.batch_size
    model.set_params(learning_rate_init=rate, batch_size=size, warm_start=True)
    model.partial_fit(problem.X, problem.y, classes=range(problem.widths[-1]))
    for i, start in enumerate(problem.weights()):  # from which a warm start begins
        model.coefs_[i][...], model.intercepts_[i][...] = start
    model.n_iter_, model.t_, model.loss_curve_ = 0, 0, []
    warnings.simplefilter("ignore", ConvergenceWarning)
    return lambda: model.fit(problem.X, problem.y).loss_curve_


def pytorch(problem):
    import torch
    from torch import nn

    torch.manual_seed(2)
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    layers = []
    for W, b in problem.weights():
        linear = nn.Linear(*W.shape, dtype=X.dtype)
        linear.weight.data.copy_(torch.from_numpy(W.T))
        linear.bias.data.copy_(torch.from_numpy(b[0]))
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])

    def train():
        loss_function = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=problem.learning_rate)
        history = []
        for _ in range(problem.epochs):
            total = 0.0
            for rows in torch.randperm(len(X)).split(problem.batch_size):
                optimizer.zero_grad()
                loss = loss_function(model(X[rows]), y[rows])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(rows)
            history.append(total / len(X))
        return history

    return train


def products(problem):
    """A floor: the matrix products of nnlib's training, into arrays that are there."""
    rng, steps = np.random.default_rng(2), []
    full, rest = divmod(len(problem.X), problem.batch_size)
    for m, count in ((problem.batch_size, full), (rest, int(rest > 0))):
        step = []
        for W, _ in problem.weights():
            X, dZ = (rng.normal(size=(m, n)).astype(W.dtype) for n in W.shape)
            step += [(A, B, A @ B) for A, B in ((X, W), (X.T, dZ), (dZ, W.T))]
        steps += step * count

    def train():
        for _ in range(problem.epochs):
            for A, B, out in steps:
                np.matmul(A, B, out=out)

    return train


def c_loop(problem):
    """A floor for the series' network: plain loops, sizes and order known before."""
    rng = np.random.default_rng(2)
    real = "float" if problem.X.itemsize == 4 else "double"
    options = f"-O3 -march=native -shared -fPIC -DREAL={real} -lm".split()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = Path(folder) / "loop.so"
        source = Path(__file__).with_name("loop.c")
        subprocess.run(["cc", source, "-o", library, *options], check=True)
        epoch = ctypes.CDLL(str(library)).epoch
    epoch.restype = ctypes.c_double
    rate = getattr(ctypes, f"c_{real}")(problem.learning_rate)
    parameters = np.concatenate([P.ravel() for pair in problem.weights() for P in pair])
    orders = [rng.permutation(len(problem.X)) for _ in range(problem.epochs)]
    X, y, P, *orders = (A.ctypes for A in (problem.X, problem.y, parameters, *orders))
    options = len(problem.X), problem.batch_size, rate
    return lambda: [epoch(X, y, P, order, *options) for order in orders]


FIRST = "nnlib with FirstDense"
PEERS = {  # name: (peer, the package or program it needs, its networks)
    "nnlib": (nnlib, "numpy", SIZES),
    FIRST: (partial(nnlib, first=FirstDense), "numpy", (WIDE, LARGEST)),
    "PyTorch": (pytorch, "torch", SIZES),
    "scikit-learn": (scikit_learn, "scikit-learn", SIZES),
    "matrix products alone": (products, "numpy", SIZES),
    "C loop": (c_loop, "cc", (SERIES,)),
}
