"""The gradient check: it measures right, finds the usual mistakes, and tells doubts."""

import inspect
import warnings

import numpy as np
import pytest
from networks import LOSSES, assert_refused, assert_same, batch, network, values

import nnlib
from nnlib import MSE, Dense, ReLU, Sequential, SoftmaxCrossEntropy, check_gradients
from nnlib.gradient_check import numerical_gradient, relative_error
from nnlib.layers import Layer

BOUND = 1e-7


def test_numerical_gradient_knows_the_slopes_of_school(rng):
    P = rng.normal(size=(3, 2))
    kept = P.copy()
    cubed = numerical_gradient(lambda: float((P**3).sum()), P)
    np.testing.assert_allclose(cubed, 3 * P**2, rtol=1e-8)
    np.testing.assert_array_equal(P, kept)
    assert numerical_gradient(lambda: 1.0, np.array(2.0)).shape == ()


def test_the_step_is_the_caller_s_or_the_one_that_the_signature_shows(rng):
    """Of x^3 the central difference is 3 x^2 + h^2 exactly."""
    P = np.array([1.0])
    assert numerical_gradient(lambda: float(P[0] ** 3), P, step=0.5).tolist() == [3.25]
    problem = network([2, 3], rng), *batch(MSE, 4, 2, 3, rng), MSE()
    for function, arguments in [
        (numerical_gradient, (lambda: float(P[0] ** 3), P)),
        (check_gradients, problem),
    ]:
        assert inspect.signature(function).parameters["step"].default == 1e-5
        assert function(*arguments) == function(*arguments, 1e-5)
        assert function(*arguments) != function(*arguments, 2e-5)


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0),
        ([3.0, 4.0], [0.0, 0.0], 1),
        ([1.0], [-1.0], 2),
        ([2e9], [1e9], 0.5),
        ([[6.0, 0.0], [0.0, 8.0]], [[6.0, 5.0], [0.0, 8.0]], 5 / 125**0.5),
        ([0.0, 0.0], [0.0, 0.0], np.inf),
        ([], [], np.inf),
        ([np.nan, 1.0], [np.nan, 1.0], np.inf),
        ([np.nan], [1.0], np.inf),
        ([np.inf], [1.0], np.inf),
        ([-np.inf], [-np.inf], np.inf),
    ],
)
def test_relative_error(a, b, expected):
    assert relative_error(np.array(a), np.array(b)) == expected
    assert type(relative_error(a, b)) is float
    assert relative_error(a, b) == relative_error(b, a)


# The usual mistakes.


def changed(kind, change):
    """Return a kind of layer or loss whose backward ends with change(self, dX, dZ)."""

    class Changed(kind):
        def backward(self, *dZ):
            return change(self, super().backward(*dZ), *dZ)

    return Changed


def dense(**gradients):
    """Return a Dense that has other gradients, functions of (self, dZ)."""

    def change(self, dX, dZ):
        new = {name: gradient(self, dZ) for name, gradient in gradients.items()}
        vars(self).update(new)
        return new.get("dX", dX)

    return changed(Dense, change)


WEIGHTS, BELOW = {"0.W", "2.W"}, {"X", "0.W", "0.b"}
ALL = WEIGHTS | BELOW | {"2.b"}
UNSOLVED = dense(
    dW=lambda self, dZ: np.zeros_like(self.W),
    db=lambda self, dZ: np.zeros_like(self.b),
    dX=lambda self, dZ: np.zeros_like(self.X),
)
MISTAKES = {
    "none": ({}, set()),
    "dW transposed": ({"dense": dense(dW=lambda self, dZ: self.dW.T)}, WEIGHTS),
    "dW is NaN": ({"dense": dense(dW=lambda self, dZ: self.dW * np.nan)}, WEIGHTS),
    "dW nearly": ({"dense": dense(dW=lambda self, dZ: 1.0001 * self.dW)}, WEIGHTS),
    "a mean": ({"dense": dense(db=lambda self, dZ: dZ.mean(0)[None])}, {"0.b", "2.b"}),
    "dX with W": ({"dense": dense(dX=lambda self, dZ: dZ @ self.W)}, BELOW),
    "no mask": ({"relu": changed(ReLU, lambda self, dX, dZ: dZ)}, BELOW),
    "m forgotten": ({"loss": changed(MSE, lambda self, dX: len(dX) * dX)}, ALL),
    "2 forgotten": ({"loss": changed(MSE, lambda self, dX: dX / 2)}, ALL),
    "unsolved": ({"dense": UNSOLVED}, ALL),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_usual_mistake_is_found_where_it_is_and_without_doubt(mistake, rng):
    parts, wrong = MISTAKES[mistake]
    kind, relu = parts.get("dense", Dense), parts.get("relu", ReLU)
    model, loss = (
        Sequential([kind(3, 3, rng), relu(), kind(3, 3, rng)]),
        parts.get("loss"),
    )
    before, (X, Y) = values(model), batch(MSE, 4, 3, 3, rng)
    X.flags.writeable = Y.flags.writeable = False
    errors = check_gradients(model, X, Y, (loss or MSE)())
    assert list(errors) == ["X", "0.W", "0.b", "2.W", "2.b"]
    assert {name for name, error in errors.items() if not error < BOUND} == wrong
    assert (max(errors.values()) < BOUND) == (mistake == "none")
    assert_same(values(model), before)


@pytest.mark.parametrize("loss", LOSSES)
def test_1_over_m_twice_is_wrong_by_exactly_m(loss, rng):
    layer = dense(
        dW=lambda self, dZ: self.dW / len(dZ), db=lambda self, dZ: self.db / len(dZ)
    )
    error = check_gradients(layer(3, 2, rng), *batch(loss, 5, 3, 2, rng), loss())
    expected = pytest.approx(1 - 1 / 5)
    assert (error["W"], error["b"], error["X"] < BOUND) == (expected, expected, True)


@pytest.mark.parametrize("nothing", ["dW", "dX"])
def test_a_backward_that_sets_or_returns_nothing_is_told_so(nothing, rng):
    layer, X = dense(**{nothing: lambda self, dZ: None})(2, 2, rng), np.ones((3, 2))
    says = "TypeError | a gradient must be a number or an array | got None"
    assert_refused(lambda: check_gradients(layer, X, X, MSE()), says)


# Where a right gradient may look wrong: the warning.


class Normalize(Layer):
    """Columns of mean 0 and variance 1: a bias before it has the gradient 0."""

    def forward(self, X):
        self.scale = X.std(axis=0)
        self.A = (X - X.mean(axis=0)) / self.scale
        return self.A

    def backward(self, dA):
        along = self.A * (dA * self.A).mean(axis=0)
        return (dA - dA.mean(axis=0) - along) / self.scale


def at_the_minimum(rng, X, Y):
    X, Y = nnlib.datasets.line(40, 0.3, rng)
    model = Sequential([Dense(1, 1, rng)])
    nnlib.fit(model, X, Y, MSE(), nnlib.SGD(0.1), epochs=2000, batch_size=40, rng=rng)
    return model, X, Y, MSE()


def on_a_kink(rng, X, Y):
    """One corner of XOR is 0, and so are the biases at the start."""
    model = Sequential([Dense(2, 4, rng), ReLU(), Dense(4, 2, rng)])
    return model, *nnlib.datasets.xor(), SoftmaxCrossEntropy()


def of_a_dead_relu(rng, X, Y):
    """Nothing passes it: all gradients are 0, and two zeros agree about nothing."""
    model = network([2, 3], rng)
    model.layers[0].b[:] = -100
    return Sequential([model, ReLU()]), X, 0 * Y, MSE()


DOUBTFUL = {
    "X, 0.0.W, 0.0.b": of_a_dead_relu,
    "0.W, 0.b": at_the_minimum,
    "X, 0.b": on_a_kink,
    "0.W": lambda rng, X, Y: (network([2, 3], rng), 1e-6 * X, Y, MSE()),
    "X, 0.W, 0.b, 2.W, 2.b": lambda rng, X, Y: (
        *(network([2, 4, 3], rng), X, 3e5 * Y, MSE()),
    ),
    "0.b": lambda rng, X, Y: (Sequential([Dense(2, 3, rng), Normalize()]), X, Y, MSE()),
}


@pytest.mark.parametrize("names", DOUBTFUL)
@pytest.mark.parametrize("seed", range(3))
def test_doubts_about_right_gradients_are_told(names, seed):
    """Once, where the reader called; of all that look wrong, or of most on a kink."""
    rng = np.random.default_rng(seed)
    problem = DOUBTFUL[names](rng, *batch(MSE, 6, 2, 3, rng))
    before = values(problem[0])
    with pytest.warns(UserWarning, match="check_gradients cannot tell of ") as told:
        errors = check_gradients(*problem)
    assert [name for name, error in errors.items() if error >= BOUND] == names.split(
        ", "
    )
    assert [warning.filename for warning in told] == [__file__]
    message = str(told[0].message)
    assert (
        f"{'0.b' if names == 'X, 0.b' else f'of {names}'}: the measured slopes"
        in message
    )
    assert "nearly 0, or the loss huge? Check with fresh random" in message
    assert_same(values(problem[0]), before)


@pytest.mark.parametrize("loss", LOSSES)
def test_of_right_gradients_at_an_ordinary_place_there_is_no_doubt(loss):
    for seed in range(20):
        rng = np.random.default_rng(seed)
        model, problem = network([3, 5, 2], rng), batch(loss, 6, 3, 2, rng)
        with warnings.catch_warnings(), np.errstate(all="raise"):
            warnings.simplefilter("error")
            assert max(check_gradients(model, *problem, loss()).values()) < BOUND
