"""The gradient check: it measures right, and it turns red for the usual mistakes."""

import inspect

import numpy as np
import pytest
from networks import batch, network, values

from nnlib import MSE, Dense, ReLU, Sequential, SoftmaxCrossEntropy, check_gradients
from nnlib.gradient_check import numerical_gradient, relative_error

BOUND = 1e-7


def test_numerical_gradient_knows_the_slopes_of_school(rng):
    P = rng.normal(size=(3, 2))
    kept = P.copy()
    cubed = numerical_gradient(lambda: float((P**3).sum()), P)
    np.testing.assert_allclose(cubed, 3 * P**2, rtol=1e-8)
    np.testing.assert_array_equal(P, kept)


def test_numerical_gradient_takes_its_step_from_the_caller():
    """Of x^3 the central difference is 3 x^2 + h^2 exactly."""
    P = np.array([1.0])
    found = numerical_gradient(lambda: float(P[0] ** 3), P, step=0.5)
    assert found.tolist() == [3.25]


def test_the_step_is_the_one_that_the_signature_shows(rng):
    def shown(function):
        return inspect.signature(function).parameters["step"].default

    P = np.array([1.0])

    def cubed():
        return float(P[0] ** 3)

    found = numerical_gradient(cubed, P)
    assert found == pytest.approx(3, rel=1e-9)
    assert found == numerical_gradient(cubed, P, shown(numerical_gradient))
    arguments = network([2, 3], rng), *batch(MSE, 4, 2, 3, rng), MSE()
    errors = check_gradients(*arguments)
    assert errors == check_gradients(*arguments, shown(check_gradients))


@pytest.mark.parametrize(
    ("a", "b", "expected"),
    [
        ([3.0, 4.0], [3.0, 4.0], 0),
        ([3.0, 4.0], [0.0, 0.0], 1),
        ([1.0], [-1.0], 2),
        ([2.0], [1.0], 0.5),
        ([2e9], [1e9], 0.5),
        ([0.0, 0.0], [0.0, 0.0], np.inf),
    ],
    ids=str,
)
def test_relative_error(a, b, expected):
    assert relative_error(np.array(a), np.array(b)) == expected
    assert relative_error(a, b) == relative_error(b, a)
    assert type(relative_error(a, b)) is float


def test_a_gradient_that_is_none_is_reported_on_either_side():
    for pair in (None, np.ones(2)), (np.ones(2), None):
        with pytest.raises(TypeError, match=r"a gradient must be .* got None"):
            relative_error(*pair)


@pytest.mark.parametrize("a", [[np.nan], [np.inf]])
def test_a_gradient_that_is_not_finite_never_agrees(a):
    with np.errstate(invalid="ignore"):
        assert not relative_error(np.array(a), np.array([1.0])) < BOUND
        assert not relative_error(np.array([1.0]), np.array(a)) < BOUND


def test_gradients_of_other_shapes_are_not_broadcast():
    with pytest.raises(ValueError, match=r"\(3, 1\) and \(3,\), expected the same"):
        relative_error(np.ones((3, 1)), np.ones(3))


def test_check_gradients_leaves_parameters_and_inputs_as_they_were(rng):
    model = network([3, 4, 2], rng)
    X, y = batch(SoftmaxCrossEntropy, 5, 3, 2, rng)
    before, kept = values(model), (X.copy(), y.copy())
    check_gradients(model, X, y, SoftmaxCrossEntropy())
    for name, P in values(model).items():
        np.testing.assert_array_equal(P, before[name])
    np.testing.assert_array_equal(X, kept[0])
    np.testing.assert_array_equal(y, kept[1])


def test_check_gradients_nudges_a_copy_of_the_inputs(rng):
    X, y = batch(SoftmaxCrossEntropy, 5, 3, 2, rng)
    X.flags.writeable = False
    assert (
        check_gradients(network([3, 2], rng), X, y, SoftmaxCrossEntropy())["X"] < BOUND
    )


class TransposedDW(Dense):
    def backward(self, dZ):
        dX = super().backward(dZ)
        self.dW = self.dW.T
        return dX


class MeanDb(Dense):
    def backward(self, dZ):
        dX = super().backward(dZ)
        self.db = dZ.mean(axis=0, keepdims=True)
        return dX


class DXWithW(Dense):
    def backward(self, dZ):
        super().backward(dZ)
        return dZ @ self.W


class AccumulatedDW(Dense):
    def backward(self, dZ):
        before = 0 if self.dW is None else self.dW
        dX = super().backward(dZ)
        self.dW = self.dW + before
        return dX


class FirstBatchKept(Dense):
    def forward(self, X):
        kept = self.X
        Z = super().forward(X)
        self.X = X if kept is None else kept
        return Z


class MaskFromRectified(ReLU):
    def backward(self, dA):
        super().backward(dA)
        return dA * (np.maximum(0, self.Z) >= 0)


class NoMask(ReLU):
    def backward(self, dA):
        super().backward(dA)
        return dA


class WithoutM(MSE):
    def backward(self):
        return super().backward() * len(self.error)


class WithoutTwo(MSE):
    def backward(self):
        return super().backward() / 2


class Unsolved(Dense):
    """A stub as an assignment hands it out: everything stays zero."""

    def backward(self, dZ):
        self.dW, self.db = np.zeros_like(self.W), np.zeros_like(self.b)
        return np.zeros_like(self.X)


def errors_with(rng, dense=Dense, relu=ReLU, loss=MSE):
    """Return the errors of a square network with these parts, on its second batch."""
    model = Sequential([dense(3, 3, rng), relu(), dense(3, 3, rng)])
    first, second = batch(MSE, 4, 3, 3, rng), batch(MSE, 4, 3, 3, rng)
    check_gradients(model, *first, loss())
    return check_gradients(model, *second, loss())


def test_right_parts_pass(rng):
    assert max(errors_with(rng).values()) < BOUND


@pytest.mark.parametrize(
    ("parts", "wrong"),
    [
        ({"dense": TransposedDW}, {"0.W", "2.W"}),
        ({"dense": MeanDb}, {"0.b", "2.b"}),
        ({"dense": DXWithW}, {"X", "0.W", "0.b"}),
        ({"dense": AccumulatedDW}, {"0.W", "2.W"}),
        ({"dense": FirstBatchKept}, {"0.W", "2.W"}),
        ({"relu": MaskFromRectified}, {"X", "0.W", "0.b"}),
        ({"relu": NoMask}, {"X", "0.W", "0.b"}),
        ({"loss": WithoutM}, {"X", "0.W", "0.b", "2.W", "2.b"}),
        ({"loss": WithoutTwo}, {"X", "0.W", "0.b", "2.W", "2.b"}),
        ({"dense": Unsolved}, {"X", "0.W", "0.b", "2.W", "2.b"}),
    ],
    ids=lambda value: (
        next(iter(value.values())).__name__ if isinstance(value, dict) else ""
    ),
)
def test_a_usual_mistake_is_found_where_it_is(parts, wrong, rng):
    errors = errors_with(rng, **parts)
    assert {name for name, error in errors.items() if not error < 1e-3} == wrong
    assert all(errors[name] < BOUND for name in errors.keys() - wrong)


def test_a_stub_fails_even_where_the_true_gradient_is_0(rng):
    """Behind a ReLU that lets nothing through: two zeros agree about nothing."""
    layer = Unsolved(2, 2, rng)
    layer.b = np.full((1, 2), -100.0)
    model, X = Sequential([layer, ReLU()]), rng.normal(size=(3, 2))
    errors = check_gradients(model, X, np.zeros((3, 2)), MSE())
    assert set(errors.values()) == {np.inf}


def test_a_stub_that_sets_no_gradient_is_told_so(rng):
    class Empty(Dense):
        def backward(self, dZ):
            return dZ @ self.W.T

    with pytest.raises(TypeError, match="got None: does a function lack its return"):
        check_gradients(Empty(2, 2, rng), np.ones((3, 2)), np.ones((3, 2)), MSE())


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("size", [1e300, 1.5e308, 1e-300, 5e-324])
def test_huge_and_tiny_gradients_have_a_relative_error(size):
    assert relative_error([size, 0.0], [0.0, 0.0]) == 1
    assert relative_error([size, 0.0], [size, 0.0]) == 0


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("wrong", [np.nan, np.inf, -np.inf])
def test_a_gradient_that_is_not_finite_is_infinitely_far_off(wrong):
    assert relative_error([wrong], [1.0]) == np.inf
    assert relative_error([1.0], [wrong]) == np.inf
    assert relative_error([wrong], [wrong]) == np.inf
    assert relative_error([wrong, 1.0], [1.0, 1.0]) == np.inf


def test_no_gradient_at_all_agrees_with_nothing():
    assert relative_error(np.zeros((0, 2)), np.zeros((0, 2))) == np.inf


@pytest.mark.filterwarnings("error")
def test_a_function_that_overflows_at_once_is_reported_without_a_warning():
    P = np.array([1000.0])
    with pytest.raises(ValueError, match=r"f\(\) must hold finite numbers"):
        numerical_gradient(lambda: float(np.exp(P[0])), P)


def test_numbers_in_the_other_byte_order_are_float64_too(rng):
    X, y = batch(SoftmaxCrossEntropy, 5, 3, 2, rng)
    model, swapped = network([3, 2], rng), X.astype(X.dtype.newbyteorder("S"))
    found = check_gradients(model, swapped, y, SoftmaxCrossEntropy())
    assert max(found.values()) < BOUND


def test_a_read_only_parameter_is_named(rng):
    model, (X, y) = network([3, 2], rng), batch(MSE, 5, 3, 2, rng)
    model.layers[0].b.flags.writeable = False
    with pytest.raises(
        ValueError, match=r"check_gradients expects 0\.b as an array to"
    ):
        check_gradients(model, X, y, MSE())


def test_after_an_error_the_model_remembers_the_batch_before(rng):
    model, (X, y) = network([3, 2], rng), batch(MSE, 5, 3, 2, rng)
    model(X)
    with pytest.raises(ValueError, match="MSE expects"):
        check_gradients(model, X[:2], y, MSE())
    assert model.output_shape == y.shape


def test_a_target_beyond_float64_is_reported(rng):
    if np.finfo(np.longdouble).max == np.finfo(np.float64).max:
        pytest.skip("longdouble is float64 here")
    model, (X, y) = network([3, 2], rng), batch(MSE, 5, 3, 2, rng)
    huge = y.astype(np.longdouble) * np.longdouble("1e400")
    with pytest.raises(ValueError, match="within the range of float64"):
        check_gradients(model, X, huge, MSE())


@pytest.mark.filterwarnings("error")
def test_a_backward_of_the_readers_own_that_overflows_prints_nothing(rng):
    class Louder(ReLU):
        def backward(self, dZ):
            return np.full(dZ.shape, 1e308) * 10

    X = rng.uniform(1, 2, size=(3, 2))
    assert check_gradients(Louder(), X, X, MSE()) == {"X": np.inf}
