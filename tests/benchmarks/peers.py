"""What is compared: one training by nnlib, by its peers, and by two floors.

A peer is a function of a Problem that returns ``train``, and ``train()`` is what the
clock sees: it trains from the problem's start weights for all epochs, as a user of
that library would, and returns the history of the loss, one float an epoch.  Imports,
start weights, and the data in the library's own kind of array, are not timed.  JAX
takes NumPy's rows at each step, which its step copies inside the clock.
"""

import ctypes
import os
import shutil
import subprocess
import tempfile
import warnings
from functools import lru_cache, partial
from pathlib import Path

import numpy as np
from problems import SERIES, nnlib_fit, nnlib_model


def nnlib(problem):
    model, rng = nnlib_model(problem), np.random.default_rng(2)
    return lambda: nnlib_fit(model, problem, rng)["loss"]


def scikit_learn(problem):
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.neural_network import MLPClassifier

    model = MLPClassifier(
        problem.widths[1:-1],
        solver="sgd",
        alpha=0,
        momentum=0,
        nesterovs_momentum=False,
        learning_rate_init=problem.learning_rate,
        batch_size=problem.batch_size,
        max_iter=problem.epochs,
        tol=0,
        n_iter_no_change=10**9,
        random_state=2,
        warm_start=True,  # so that fit starts from the weights that are set here
    )
    model.partial_fit(problem.X, problem.y, classes=range(problem.widths[-1]))
    pairs = zip(model.coefs_, model.intercepts_, strict=True)
    for (W, b), start in zip(pairs, problem.weights(), strict=True):
        W[...], b[...] = start
    model.n_iter_, model.t_, model.loss_curve_ = 0, 0, []

    def train():
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", ConvergenceWarning)
            return model.fit(problem.X, problem.y).loss_curve_

    return train


def pytorch(problem):
    import torch
    from torch import nn

    torch.set_num_threads(int(os.environ["OMP_NUM_THREADS"]))
    torch.manual_seed(2)
    X, y = torch.from_numpy(problem.X), torch.from_numpy(problem.y)
    layers = []
    for W, b in problem.weights():
        linear = nn.Linear(*W.shape, dtype=X.dtype)
        with torch.no_grad():
            linear.weight.copy_(torch.from_numpy(W.T))
            linear.bias.copy_(torch.from_numpy(b[0]))
        layers += [linear, nn.ReLU()]
    model = nn.Sequential(*layers[:-1])

    def train():
        loss_function = nn.CrossEntropyLoss()
        optimizer = torch.optim.SGD(model.parameters(), lr=problem.learning_rate)
        history = []
        for _ in range(problem.epochs):
            order = torch.randperm(len(X))
            total = 0.0
            for start in range(0, len(X), problem.batch_size):
                rows = order[start : start + problem.batch_size]
                optimizer.zero_grad()
                loss = loss_function(model(X[rows]), y[rows])
                loss.backward()
                optimizer.step()
                total += loss.item() * len(rows)
            history.append(total / len(X))
        return history

    return train


def _jax_step(learning_rate):
    """Return a jitted step; called the first time with new shapes, it is compiled."""
    import jax
    import jax.numpy as jnp

    def mean_loss(weights, X, y):
        *hidden, (W_out, b_out) = weights
        for W, b in hidden:
            X = jax.nn.relu(X @ W + b)
        log_Y_hat = jax.nn.log_softmax(X @ W_out + b_out)
        return -jnp.take_along_axis(log_Y_hat, y[:, None], axis=1).mean()

    @partial(jax.jit, donate_argnums=(0, 1))
    def step(weights, total, X, y):
        loss, gradients = jax.value_and_grad(mean_loss)(weights, X, y)
        weights = jax.tree.map(lambda P, dP: P - learning_rate * dP, weights, gradients)
        return weights, total + loss * len(X)

    return step


_jax_step_once = lru_cache(_jax_step)


def _jax(problem, step_for):
    import jax
    import jax.numpy as jnp

    jax.config.update("jax_enable_x64", problem.X.dtype == np.float64)

    start_weights = problem.weights()

    def train(epochs=problem.epochs):
        step = step_for(problem.learning_rate)
        rng = np.random.default_rng(2)
        weights = jax.tree.map(jnp.array, start_weights)
        history = []
        for _ in range(epochs):
            order = rng.permutation(len(problem.X))
            total = jnp.zeros((), problem.X.dtype)
            for start in range(0, len(order), problem.batch_size):
                rows = order[start : start + problem.batch_size]
                weights, total = step(weights, total, problem.X[rows], problem.y[rows])
            history.append(float(total) / len(order))  # waits for all steps
        return history

    return train


def jax(problem):
    train = _jax(problem, _jax_step_once)
    train(epochs=1)  # compiles, before the clock starts
    return train


def jax_with_compilation(problem):
    import jax

    jax.clear_caches()
    return _jax(problem, _jax_step)


def products(problem):
    """A floor: the matrix products of nnlib's training, into arrays that are there."""
    rng, m, steps = np.random.default_rng(2), len(problem.X), []
    full, rest = divmod(m, problem.batch_size)
    for size, count in ((problem.batch_size, full), (rest, 1)):
        step = []
        for W, _ in problem.weights() if size else []:
            X = rng.normal(size=(size, W.shape[0])).astype(W.dtype)
            dZ = rng.normal(size=(size, W.shape[1])).astype(W.dtype)
            for A, B in ((X, W), (X.T, dZ), (dZ, W.T)):
                step.append((A, B, A @ B))
        steps += [step] * count

    def train():
        for _ in range(problem.epochs):
            for step in steps:
                for A, B, out in step:
                    np.matmul(A, B, out=out)

    return train


def compiler():
    """Return the path of a C compiler, or None."""
    return next(filter(None, map(shutil.which, ("gcc", "clang", "cc"))), None)


@lru_cache
def compiled(dtype):
    """Return the C loop as a function; CalledProcessError if it does not compile."""
    names = (
        ("float", "expf", "logf") if dtype == "float32" else ("double", "exp", "log")
    )
    named = zip(("REAL", "EXP", "LOG"), names, strict=True)
    options = ["-O3", "-march=native", "-shared", "-fPIC"]
    options += [f"-D{name}={value}" for name, value in named]
    source = Path(__file__).with_name("loop.c")
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        library = Path(folder) / "loop.so"
        subprocess.run([compiler(), *options, source, "-o", library, "-lm"], check=True)
        return ctypes.CDLL(str(library)).fit


def c_loop(problem):
    """A floor for the series' network: plain loops in C, its sizes known beforehand."""
    dtype = problem.X.dtype
    fit = compiled(dtype.name)
    rate = (ctypes.c_float if dtype == np.float32 else ctypes.c_double)(
        problem.learning_rate
    )
    parameters = [P for pair in problem.weights() for P in pair]
    history = np.empty(problem.epochs)

    def at(array):
        return ctypes.c_void_p(array.ctypes.data)

    def train():
        X, y, m = at(problem.X), at(problem.y), len(problem.X)
        W1, b1, W2, b2 = map(at, parameters)
        options = problem.epochs, problem.batch_size, rate, at(history)
        if fit(X, y, m, W1, b1, W2, b2, *options):
            raise MemoryError("the C loop got no memory")
        return history.tolist()

    return train


# Each peer's name in the tables, and the module it needs.
PEERS = {
    nnlib: ("nnlib", "nnlib"),
    scikit_learn: ("scikit-learn", "sklearn"),
    pytorch: ("PyTorch", "torch"),
    jax: ("JAX, compiled before", "jax"),
    jax_with_compilation: ("JAX with compilation", "jax"),
    products: ("matrix products alone", "numpy"),
    c_loop: ("C loop", "ctypes"),
}
ONLY = {c_loop: SERIES}
