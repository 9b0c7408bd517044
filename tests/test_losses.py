"""MSE, softmax and cross-entropy: closed forms, second opinions, and huge logits."""

import numpy as np
import pytest
import scipy.special
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import array_shapes, arrays
from networks import DTYPES, LOSSES, batch
from sklearn.metrics import log_loss, mean_squared_error

from nnlib import MSE, SoftmaxCrossEntropy, one_hot, softmax
from nnlib._checks import after_forward
from nnlib.losses import Loss, log_softmax

logits = arrays(
    np.float64,
    array_shapes(min_dims=2, max_dims=2, max_side=6),
    elements=st.floats(-1e4, 1e4),
)
numbers = arrays(np.float64, (3, 2), elements=st.floats(-100, 100))


def test_mse_sums_over_outputs_and_averages_over_samples():
    loss = MSE()
    prediction = np.array([[1.0, 2.0], [3.0, 4.0]])
    target = np.array([[0.0, 0.0], [3.0, 1.0]])
    assert loss(prediction, target) == (1 + 4 + 0 + 9) / 2
    assert loss.backward().tolist() == [[1, 2], [0, 3]]


@given(Y_hat=numbers, Y=numbers)
def test_mse_agrees_with_scikit_learn(Y_hat, Y):
    assert MSE()(Y_hat, Y) == pytest.approx(2 * mean_squared_error(Y, Y_hat))
    one = MSE()(Y_hat[:, :1], Y[:, :1])
    assert one == pytest.approx(mean_squared_error(Y[:, 0], Y_hat[:, 0]))


@given(Z=logits)
def test_softmax_agrees_with_scipy(Z):
    np.testing.assert_allclose(softmax(Z), scipy.special.softmax(Z, axis=1), atol=1e-15)
    expected = scipy.special.log_softmax(Z, axis=1)
    np.testing.assert_allclose(log_softmax(Z), expected, rtol=1e-12, atol=1e-15)


@given(Z=logits)
def test_softmax_gives_probabilities(Z):
    Y_hat = softmax(Z)
    assert Y_hat.shape == Z.shape
    assert ((Y_hat >= 0) & (Y_hat <= 1)).all()
    np.testing.assert_allclose(Y_hat.sum(axis=1), 1)


def test_softmax_does_not_see_a_shift(rng):
    Z = rng.normal(size=(4, 3))
    np.testing.assert_allclose(softmax(Z + 1000), softmax(Z), rtol=1e-12)
    assert softmax([[0, 0]]).tolist() == [[0.5, 0.5]]


@given(seed=st.integers(0, 2**32 - 1), m=st.integers(1, 8), k=st.integers(2, 6))
def test_cross_entropy_agrees_with_scikit_learn(seed, m, k):
    Z, y = batch(SoftmaxCrossEntropy, m, k, k, np.random.default_rng(seed))
    expected = log_loss(y, scipy.special.softmax(Z, axis=1), labels=range(k))
    assert SoftmaxCrossEntropy()(Z, y) == pytest.approx(expected, rel=1e-12)


def test_cross_entropy_of_a_guess_is_ln_k():
    assert SoftmaxCrossEntropy()(np.zeros((5, 3)), [0, 1, 2, 0, 1]) == pytest.approx(
        np.log(3)
    )


def test_cross_entropy_has_the_gradient_y_hat_minus_y_over_m(rng):
    loss, (Z, y) = SoftmaxCrossEntropy(), batch(SoftmaxCrossEntropy, 4, 3, 3, rng)
    loss(Z, y)
    np.testing.assert_allclose(loss.Y_hat, softmax(Z), rtol=1e-14)
    np.testing.assert_allclose(loss.backward(), (softmax(Z) - one_hot(y, 3)) / 4)
    np.testing.assert_allclose(loss.backward().sum(axis=1), 0, atol=1e-16)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1e4, -1e4])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_huge_logits_stay_finite_without_a_warning(size, label, dtype):
    Z = np.array([[size, 0, -size]], dtype)
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        loss = SoftmaxCrossEntropy()
        value, gradient = loss(Z, [label]), loss.backward()
        assert value == pytest.approx(Z.max() - Z[0, label])
        assert np.isfinite(log_softmax(Z)).all()
        for found in (softmax(Z), loss.Y_hat):
            assert found[0, Z.argmax()] == 1
            assert found.sum() == 1
    assert np.isfinite(gradient).all()
    assert gradient.sum() == 0


@given(Z=logits, data=st.data())
def test_no_logits_make_nan_or_inf(Z, data):
    y = data.draw(arrays(int, len(Z), elements=st.integers(0, Z.shape[1] - 1)))
    loss = SoftmaxCrossEntropy()
    with np.errstate(over="raise", invalid="raise", divide="raise"):
        assert 0 <= loss(Z, y) < np.inf
        assert np.isfinite(loss.backward()).all()
        assert np.isfinite(log_softmax(Z)).all()
        assert np.isfinite(softmax(Z)).all()


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_dtype_stays_and_the_value_is_a_float(loss, dtype, rng):
    measure = loss()
    assert type(measure(*batch(loss, 4, 3, 3, rng, dtype))) is float
    assert measure.backward().dtype == dtype
    assert softmax(np.ones((1, 2), dtype)).dtype == dtype


def test_one_hot_has_a_1_in_the_label_s_column():
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot(np.array([1], np.uint8), 2, dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_does_not_change_what_it_is_given(loss, rng):
    prediction, target = batch(loss, 4, 3, 3, rng)
    kept = prediction.copy(), target.copy()
    measure = loss()
    measure(prediction, target)
    measure.backward()
    np.testing.assert_array_equal(prediction, kept[0])
    np.testing.assert_array_equal(target, kept[1])


def test_a_loss_of_your_own_needs_forward_and_backward():
    class Mean(Loss):
        def forward(self, prediction, target):
            return float((prediction - target).mean())

    assert Mean()([[3.0]], [[1.0]]) == 2
    assert repr(Mean()) == "Mean()"
    with pytest.raises(NotImplementedError, match="Mean has no backward"):
        Mean().backward()
    with pytest.raises(NotImplementedError, match="Loss has no forward"):
        Loss().forward([[1.0]], [[1.0]])


def test_a_loss_of_your_own_can_say_that_backward_came_before_forward():
    class Mean(Loss):
        def forward(self, prediction, target):
            self.output_shape, self.shape = (), prediction.shape
            return float((prediction - target).mean())

        @after_forward
        def backward(self):
            return np.full(self.shape, 1 / np.prod(self.shape))

    loss = Mean()
    with pytest.raises(RuntimeError, match=r"Mean.backward\(\) came before forward"):
        loss.backward()
    loss([[1.0, 2.0]], [[0.0, 0.0]])
    assert loss.backward().tolist() == [[0.5, 0.5]]


def test_losses_print_what_they_are():
    assert repr(MSE()) == "MSE()"
    assert repr(SoftmaxCrossEntropy()) == "SoftmaxCrossEntropy()"


def test_a_float64_target_leaves_the_gradient_of_float32_in_float32(rng):
    prediction, target = rng.normal(size=(2, 3, 2))
    loss = MSE()
    loss(prediction.astype(np.float32), target)
    assert loss.backward().dtype == np.float32


@pytest.mark.filterwarnings("error")
def test_softmax_of_numbers_that_cannot_be_subtracted():
    assert softmax([[1.5e308, -1.5e308]]).tolist() == [[1, 0]]


@pytest.mark.parametrize("loss", LOSSES)
def test_a_loss_that_overflows_keeps_the_batch_before(loss, rng):
    prediction, target = batch(loss, 4, 3, 3, rng)
    measure = loss()
    measure(prediction, target)
    before = measure.backward()
    with pytest.raises(ValueError, match="are inputs or weights huge"):
        measure(np.where(prediction > 0, 1.5e308, -1.5e308), target)
    np.testing.assert_array_equal(measure.backward(), before)
