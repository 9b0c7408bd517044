"""The gradient check: it measures right, finds the usual mistakes, and tells doubts."""

import inspect

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from networks import LOSSES, assert_same, batch, gradients, network, values

import nnlib
from nnlib import MSE, Dense, ReLU, Sequential, SoftmaxCrossEntropy, check_gradients
from nnlib.gradient_check import numerical_gradient, relative_error

BOUND = 1e-7
sizes = st.integers(1, 6)


def test_numerical_gradient_knows_the_slopes_of_school(rng):
    """Of x^3 the central difference is 3 x^2 + h^2 exactly."""
    P = rng.normal(size=(3, 2))
    kept = P.copy()
    for step in (1e-5, 0.5):
        found = numerical_gradient(lambda: float((P**3).sum()), P, step)
        np.testing.assert_allclose(found, 3 * P**2 + step**2, rtol=1e-8)
    np.testing.assert_array_equal(P, kept)
    assert numerical_gradient(lambda: 1.0, np.array(2.0)).shape == ()


def test_the_step_is_the_one_that_the_signature_shows_unless_told(rng):
    P = np.array([1.0])
    for function, *arguments in [
        (numerical_gradient, lambda: float(P[0] ** 3), P),
        (check_gradients, network([2, 3], rng), *batch(MSE, 4, 2, 3, rng), MSE()),
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
        ([np.inf], [1.0], np.inf),
        ([-np.inf], [-np.inf], np.inf),
    ],
)
def test_relative_error(a, b, expected):
    assert relative_error(np.array(a), np.array(b)) == expected
    assert type(relative_error(a, b)) is float
    assert relative_error(a, b) == relative_error(b, a)


@pytest.mark.parametrize("loss", LOSSES)
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(widths=st.lists(sizes, min_size=1, max_size=4), m=sizes, seed=st.integers(0, 99))
def test_gradients_agree_with_central_differences(loss, widths, m, seed):
    """Of networks of any depth, where no ReLU is near its kink and no gradient is 0."""
    widths, rng = [*widths, 3], np.random.default_rng(seed)
    model, (X, target) = network(widths, rng), batch(loss, m, widths[0], 3, rng)
    found = gradients(model, X, target, loss())
    assume(all(np.abs(L.Z).min() > 1e-3 for L in model.layers if isinstance(L, ReLU)))
    assume(all(np.linalg.norm(dP) > 1e-2 for dP in found.values()))
    with np.errstate(all="raise"):
        assert max(check_gradients(model, X, target, loss()).values()) < BOUND
    both = np.concatenate([X, X]), np.concatenate([target, target])
    twice = gradients(model, *both, loss())  # a batch repeated twice: the same
    found["X"] = np.concatenate([found["X"], found["X"]]) / 2
    assert_same(twice, found, rtol=1e-9, atol=1e-12)


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


WEIGHTS, BIASES, BELOW = {"0.W", "2.W"}, {"0.b", "2.b"}, {"X", "0.W", "0.b"}
ALL = WEIGHTS | BIASES | BELOW
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
    "1/m twice": ({"dense": dense(dW=lambda self, dZ: self.dW / len(dZ))}, WEIGHTS),
    "a mean": ({"dense": dense(db=lambda self, dZ: dZ.mean(0)[None])}, BIASES),
    "dX with W": ({"dense": dense(dX=lambda self, dZ: dZ @ self.W)}, BELOW),
    "no mask": ({"relu": changed(ReLU, lambda self, dX, dZ: dZ)}, BELOW),
    "m forgotten": ({"loss": changed(MSE, lambda self, dX: len(dX) * dX)}, ALL),
    "2 forgotten": ({"loss": changed(MSE, lambda self, dX: dX / 2)}, ALL),
    "unsolved": ({"dense": UNSOLVED}, ALL),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize(("parts", "wrong"), MISTAKES.values(), ids=MISTAKES)
def test_a_usual_mistake_is_found_where_it_is_and_without_doubt(parts, wrong, rng):
    kinds = {"dense": Dense, "relu": ReLU, "loss": MSE, **parts}
    first, last = (kinds["dense"](3, 3, rng) for _ in range(2))
    model = Sequential([first, kinds["relu"](), last])
    before, (X, Y) = values(model), batch(MSE, 4, 3, 3, rng)
    X.flags.writeable = Y.flags.writeable = False
    errors = check_gradients(model, X, Y, kinds["loss"]())
    assert list(errors) == ["X", "0.W", "0.b", "2.W", "2.b"]
    assert {name for name, error in errors.items() if not error < BOUND} == wrong
    assert_same(values(model), before)


# Where a right gradient may look wrong: the warning.


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


def of_a_huge_loss(rng, X, Y):
    return network([2, 4, 3], rng), X, 3e5 * Y, MSE()


DOUBTFUL = {
    "X, 0.0.W, 0.0.b": of_a_dead_relu,
    "0.W, 0.b": at_the_minimum,
    "X, 0.b": on_a_kink,
    "X, 0.W, 0.b, 2.W, 2.b": of_a_huge_loss,
    "0.W": lambda rng, X, Y: (network([2, 3], rng), 1e-6 * X, Y, MSE()),
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
    assert ", ".join(name for name in errors if errors[name] >= BOUND) == names
    assert [warning.filename for warning in told] == [__file__]
    doubtful = "0.b" if names == "X, 0.b" else f"of {names}"
    for part in (f"{doubtful}: the measured slopes, too, change", "Check with fresh"):
        assert part in str(told[0].message)
    assert_same(values(problem[0]), before)
