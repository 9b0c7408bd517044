"""What lesson 03 claims of training runs and of the gradient check, over ten seeds."""

import numpy as np
import pytest

from nnlib import MSE, Dense, ReLU, Sequential, check_gradients, datasets

SEEDS = range(10)


class MaskFromRectified(ReLU):
    def backward(self, dA):
        A = np.maximum(0, self.Z)
        return dA * (A >= 0)


class MaskAtZero(ReLU):
    def backward(self, dA):
        return dA * (self.Z >= 0)


class DividingDense(Dense):
    def backward(self, dZ):
        dX = super().backward(dZ)
        self.dW, self.db = self.dW / len(dZ), self.db / len(dZ)
        return dX


class TransposedDW(Dense):
    def backward(self, dZ):
        dX = super().backward(dZ)
        self.dW = dZ.T @ self.X
        return dX


class UnsummedDb(Dense):
    def backward(self, dZ):
        dX = super().backward(dZ)
        self.db = dZ[:1]
        return dX


class DXWithW(Dense):
    def backward(self, dZ):
        super().backward(dZ)
        return dZ @ self.W


class KeepsOldGradient(Dense):
    def backward(self, dZ):
        old_dW, old_db = self.dW, self.db
        dX = super().backward(dZ)
        if old_dW is not None:
            self.dW, self.db = self.dW + old_dW, self.db + old_db
        return dX


class PerSampleMSE(MSE):
    def backward(self):
        return 2 * self.error


class PlusMSE(MSE):
    def forward(self, Y_hat, Y):
        self.error = Y_hat + Y
        return float((self.error**2).sum() / len(Y))


LAYERS = {"0.W", "0.b", "2.W", "2.b"}
BEFORE_RELU = {"0.W", "0.b", "X"}
# (dense, relu, loss, what the careful check rejects, whether the careless one does)
MISTAKES = {
    "no mistake": (Dense, ReLU, MSE, set(), False),
    "dW transposed": (TransposedDW, ReLU, MSE, {"0.W", "2.W"}, True),
    "db not summed": (UnsummedDb, ReLU, MSE, {"0.b", "2.b"}, False),
    "dX with W": (DXWithW, ReLU, MSE, BEFORE_RELU, True),
    "mask A >= 0": (Dense, MaskFromRectified, MSE, BEFORE_RELU, False),
    "mask Z >= 0": (Dense, MaskAtZero, MSE, set(), False),
    "1/m twice": (DividingDense, ReLU, MSE, LAYERS, False),
    "1/m missing": (Dense, ReLU, PerSampleMSE, LAYERS | {"X"}, False),
    "old gradient kept": (KeepsOldGradient, ReLU, MSE, LAYERS, False),
}


def probe(dense, relu, seed):
    """Return a model and a batch X, Y, drawn as in the lesson."""
    rng = np.random.default_rng(seed)
    model = Sequential([dense(3, 3, rng), relu(), dense(3, 3, rng)])
    return model, rng.normal(size=(5, 3)), rng.normal(size=(5, 3))


def failures(model, X, Y, loss):
    errors = check_gradients(model, X, Y, loss)
    return {name for name, error in errors.items() if not error < 1e-7}


def train(model, X, Y, loss, learning_rate, steps):
    losses = [loss(model(X), Y)]
    for _ in range(steps):
        model.backward(loss.backward())
        for P, dP in model.parameters().values():
            P -= learning_rate * dP
        losses.append(loss(model(X), Y))
    return losses


def run(seed, data, learning_rate, steps, dense=Dense, relu=ReLU):
    rng = np.random.default_rng(seed)
    X, Y = data(100, 0.1, rng)
    model = Sequential([dense(1, 16, rng), relu(), dense(16, 1, rng)])
    return np.array(train(model, X, Y, MSE(), learning_rate, steps))


def both_masks(*arguments):
    return [run(*arguments, relu=relu) for relu in (ReLU, MaskFromRectified)]


@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_careful_check_rejects(name):
    """The grid of section 11 holds for every seed, at points clear of the kink."""
    dense, relu, loss, expected, _ = MISTAKES[name]
    for seed in SEEDS:
        model, X, Y = probe(dense, relu, seed)
        model(X)
        assert np.abs(model.layers[1].Z).min() > 1e-4, "a nudge could cross the kink"
        failures(model, X, Y, loss())
        errors = check_gradients(model, X, Y, loss())
        rejected = {name for name, error in errors.items() if not error < 1e-7}
        assert rejected == expected, seed
        assert all(errors[name] > 1e-4 for name in rejected), "thousands of times above"


@pytest.mark.parametrize("name", MISTAKES)
def test_what_the_careless_check_rejects(name):
    """One sample, all positive, a fresh model: two of the eight mistakes are caught."""
    dense, relu, loss, _, expected = MISTAKES[name]
    for seed in SEEDS:
        model, X, Y = probe(dense, relu, seed)
        for layer in (model.layers[0], model.layers[2]):
            layer.W = np.abs(layer.W)
        assert bool(failures(model, np.abs(X[:1]), Y[:1], loss())) is expected, seed


def test_wrong_mask_trains_almost_as_well_on_the_line():
    """Typically a tenth above the right mask (noise decides the rest), never twice.

    With seed 0, the lesson's own run, it is a little below.
    """
    runs = [both_masks(seed, datasets.line, 0.1, 200) for seed in SEEDS]
    ratio = np.array([wrong[-1] / right[-1] for right, wrong in runs])
    assert ratio.max() < 2
    assert 1 < np.median(ratio) < 1.2
    assert 0.95 < ratio[0] < 1
    assert max(wrong[-1] / wrong[0] for _, wrong in runs) < 0.05


def test_wrong_mask_levels_off_on_the_sine():
    """It stays many times above the right mask, and hardly moves in the last half."""
    runs = [both_masks(seed, datasets.sine, 0.05, 2000) for seed in SEEDS]
    assert min(wrong[-1] / right[-1] for right, wrong in runs) > 10
    assert min(wrong[-1] / wrong[1000] for _, wrong in runs) > 0.8


def test_one_over_m_twice_is_the_run_at_a_rate_m_times_smaller():
    """Exactly so, up to rounding; at the same rate it is far behind after 50 steps."""
    behind = []
    for seed in SEEDS:
        right = run(seed, datasets.line, 0.1, 50)
        twice = run(seed, datasets.line, 0.1, 50, DividingDense)
        slow = run(seed, datasets.line, 0.1 / 100, 50)
        np.testing.assert_allclose(twice, slow, rtol=1e-6)
        assert np.all(np.diff(twice) < 0), "it looks like a slow learner"
        behind.append(right[-1] / twice[-1])
    assert max(behind) < 0.1


def equal_neurons(seed, outgoing):
    """Return the hidden layer's W after 50 updates from three equal neurons."""
    rng = np.random.default_rng(seed)
    X, Y = rng.normal(size=(8, 2)), rng.normal(size=(8, 1))
    W_out = np.ones((3, 1)) if outgoing == "equal" else rng.normal(size=(3, 1))
    model = Sequential([Dense(2, 3, rng), ReLU(), Dense(3, 1, rng)])
    model.layers[0].W[:], model.layers[2].W[:] = 0.5, W_out
    train(model, X, Y, MSE(), 0.1, 50)
    return model.layers[0].W


def test_equal_neurons_stay_equal_only_with_equal_outgoing_weights():
    for seed in SEEDS:
        tied, freed = (equal_neurons(seed, kind) for kind in ("equal", "random"))
        assert not np.allclose(tied, 0.5, atol=1e-3), "they did move"
        np.testing.assert_allclose(tied, tied[:, [0, 0, 0]], rtol=1e-9)
        assert np.ptp(freed, axis=1).max() > 0.01, seed


def test_on_the_kink_both_masks_fail():
    """With zero inputs and zero biases the measurement agrees with neither mask."""
    for seed in SEEDS:
        for relu in (ReLU, MaskAtZero):
            model, X, Y = probe(Dense, relu, seed)
            assert {"X", "0.b"} <= failures(model, 0 * X, Y, MSE()), seed


def test_a_wrong_loss_passes_the_check_and_learns_the_mirror_image():
    X = np.linspace(-1, 1, 21)[:, None]
    for seed in SEEDS:
        assert not failures(*probe(Dense, ReLU, seed), PlusMSE())
        model = Sequential([Dense(1, 1, np.random.default_rng(seed))])
        losses = train(model, X, 2 * X, PlusMSE(), 0.5, 50)
        assert losses[-1] < 1e-6
        assert abs(float(model(np.array([[1.0]]))[0, 0]) + 2) < 1e-3
