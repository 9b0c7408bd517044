"""MSE, softmax and cross-entropy: closed forms, second opinions, and huge logits."""

import numpy as np
import pytest
import scipy.special
from networks import DTYPES, LOSSES, assert_refused, batch, network
from sklearn.metrics import log_loss, mean_squared_error

from nnlib import MSE, SGD, SoftmaxCrossEntropy, check_gradients, fit, one_hot, softmax
from nnlib.losses import Loss, log_softmax


def test_mse_sums_over_outputs_and_averages_over_samples(rng):
    loss, (Y_hat, Y) = MSE(), rng.normal(size=(2, 5, 3))
    assert loss(Y_hat, Y) == pytest.approx(3 * mean_squared_error(Y, Y_hat))
    np.testing.assert_allclose(loss.backward(), 2 / 5 * (Y_hat - Y))


def test_softmax_agrees_with_scipy(rng):
    Z = rng.normal(size=(20, 5)) * rng.choice([1, 100, 1e4], size=(20, 1))
    np.testing.assert_allclose(softmax(Z), scipy.special.softmax(Z, axis=1), rtol=1e-12)
    expected = scipy.special.log_softmax(Z, axis=1)
    np.testing.assert_allclose(log_softmax(Z), expected, rtol=1e-12, atol=1e-15)
    assert softmax([[0, 0]]).tolist() == [[0.5, 0.5]]


def test_cross_entropy_agrees_with_scikit_learn_and_has_its_closed_gradient(rng):
    loss, (Z, y) = SoftmaxCrossEntropy(), batch(SoftmaxCrossEntropy, 8, 4, 4, rng)
    assert loss(Z, y) == pytest.approx(log_loss(y, softmax(Z), labels=range(4)))
    np.testing.assert_allclose(loss.Y_hat, softmax(Z), rtol=1e-14)
    np.testing.assert_allclose(loss.backward(), (softmax(Z) - one_hot(y, 4)) / 8)


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("size", [1e4, -1e4])
@pytest.mark.parametrize("label", [0, 1, 2])
def test_huge_logits_stay_finite_also_where_numpy_raises(size, label, dtype):
    Z = np.array([[size, 0, -size]], dtype)
    with np.errstate(all="raise"):
        loss = SoftmaxCrossEntropy()
        assert loss(Z, [label]) == pytest.approx(Z.max() - Z[0, label])
        gradient = loss.backward()
        for found in (softmax(Z), loss.Y_hat):
            assert (found[0, Z.argmax()], found.sum()) == (1, 1)
        assert MSE()([[1e-200]], [[0.0]]) == 0
    assert gradient.sum() == 0  # NaN and inf would stay


@pytest.mark.parametrize("dtype", DTYPES)
@pytest.mark.parametrize("loss", LOSSES)
def test_the_dtype_stays_lists_will_do_and_nothing_is_changed(loss, dtype, rng):
    measure, (prediction, target) = loss(), batch(loss, 4, 3, 3, rng, dtype)
    prediction.flags.writeable = target.flags.writeable = False
    value = measure(prediction, target)
    assert (type(value), repr(measure)) == (float, f"{loss.__name__}()")
    assert measure.backward().dtype == softmax(prediction).dtype == dtype
    if loss is MSE:  # a target of another precision does not change it
        measure(prediction, target.astype(np.float64))
        assert measure.backward().dtype == dtype
    same = measure(prediction.tolist(), target.tolist())
    assert value == pytest.approx(same, rel=1e-5)


def test_one_hot_has_a_1_in_the_label_s_column():
    assert one_hot([2, 0], 3).tolist() == [[0, 0, 1], [1, 0, 0]]
    assert one_hot([0], 1).dtype == np.float64
    assert one_hot(np.array([1], np.uint64), 2, dtype=np.float32).dtype == np.float32


# Losses as a reader writes them.


class Absolute(Loss):
    """The mean over the samples of the sum of the distances."""

    def forward(self, prediction, target):
        self.sign = np.sign(prediction - target)
        return np.abs(prediction - target).sum() / len(target)

    def backward(self):
        return self.sign / len(self.sign)


def test_a_loss_of_one_s_own_needs_forward_and_backward(rng):
    model, (X, Y) = network([2, 3], rng), batch(MSE, 6, 2, 3, rng)
    assert max(check_gradients(model, X, Y, Absolute()).values()) < 1e-7
    history = fit(model, X, Y, Absolute(), SGD(0.01), 50, 6, rng)
    assert history["loss"][-1] < history["loss"][0]


@pytest.mark.parametrize(("factor", "got"), [(None, "NoneType"), (1, "ndarray")])
def test_a_loss_whose_value_is_no_number_is_refused(factor, got, rng):
    class Own(Absolute):
        def forward(self, prediction, target):
            return factor and prediction - target

    model, (X, Y) = network([2, 3], rng), batch(MSE, 6, 2, 3, rng)
    says = f"TypeError | Own.forward's value must be a number, got {got}: is its return"
    assert_refused(lambda: Own()(Y, Y), f"{says} missing, or a mean?")
    assert_refused(lambda: fit(model, X, Y, Own(), SGD(0.1), 1, 4, rng), says)
    assert_refused(lambda: check_gradients(model, X, Y, Own()), says)
