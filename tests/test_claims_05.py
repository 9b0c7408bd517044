"""What lesson 05 says of training runs, over the seeds 0 to 9.

Each run follows the lesson: one generator draws the training points, the held-out
points, the start weights and the order of the batches, in this order.
"""

from functools import cache

import numpy as np
import pytest

from nnlib import (
    SGD,
    Dense,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    check_gradients,
    datasets,
    fit,
    metrics,
    softmax,
)
from nnlib.layers import Layer

SEEDS = range(10)
LN3 = np.log(3)


class DividesAgain(Dense):
    def backward(self, dZ):
        dX = super().backward(dZ)
        self.dW /= len(dZ)
        self.db /= len(dZ)
        return dX


class Softmax(Layer):
    def forward(self, Z):
        self.A = softmax(Z)
        return self.A

    def backward(self, dA):
        inner = (dA * self.A).sum(axis=1, keepdims=True)
        return self.A * (dA - inner)


class NoMask(ReLU):
    def backward(self, dA):
        return dA


def points(seed):
    rng = np.random.default_rng(seed)
    X, y = datasets.spiral(n_per_class=300, n_classes=3, noise=0.25, rng=rng)
    X_held, y_held = datasets.spiral(n_per_class=100, n_classes=3, noise=0.25, rng=rng)
    return rng, X, y, X_held, y_held


class NeverSteps(SGD):
    def step(self, parameters):
        pass


def network(rng, dense=Dense, relu=ReLU, width=32):
    return Sequential([dense(2, width, rng), relu(), dense(width, 3, rng)])


def twelve(rng):
    return network(rng, width=12)


def four(rng):
    return network(rng, width=4)


def six(rng):
    return network(rng, width=6)


def thirty_two(rng):
    return network(rng)


OWN_GENERATOR = ("linear", "four", "six", "thirty_two")  # start from a new one


def linear(rng):
    return Sequential([Dense(2, 3, rng)])


def divides_again(rng):
    return network(rng, dense=DividesAgain)


def softmax_twice(rng):
    return Sequential([*network(rng).layers, Softmax()])


@cache
def run(build, seed, rate=0.1):
    """Train as the lesson does; return what it reports, as a dictionary."""
    rng, X, y, X_held, y_held = points(seed)
    if build.__name__ in OWN_GENERATOR:  # the lesson keeps its own for the network
        rng = np.random.default_rng(seed)
    model, loss = build(rng), SoftmaxCrossEntropy()
    seen = {0: metrics.accuracy(y, model(X).argmax(axis=1))}
    held = {}

    def watch(epoch, model):
        if epoch in (1, 10, 50, 200):
            seen[epoch] = metrics.accuracy(y, model(X).argmax(axis=1))
            held[epoch] = metrics.accuracy(y_held, model(X_held).argmax(axis=1))

    initial = loss(model(X), y)
    history = fit(
        model,
        X,
        y,
        loss=loss,
        optimizer=SGD(learning_rate=rate),
        epochs=200,
        batch_size=64,
        rng=rng,
        validation=(X_held, y_held),
        on_epoch=watch,
    )
    Z = model(X_held)
    guess = Z.argmax(axis=1)
    return {
        "model": model,
        "initial": initial,
        "loss": np.array(history["loss"]),
        "held-out loss": np.array(history["validation_loss"]),
        "seen": seen,
        "held": held,
        "probabilities": softmax(Z),
        "wrong": guess != y_held,
        "accuracy": metrics.accuracy(y_held, guess),
        "macro F1": metrics.macro_f1(y_held, guess),
        "top-2": metrics.top_k_accuracy(y_held, Z, 2),
    }


def over_seeds(build, what, rate=0.1):
    return np.array([run(build, seed, rate)[what] for seed in SEEDS])


def test_held_out_averages_of_the_network():
    accuracy = over_seeds(network, "accuracy")
    assert accuracy.mean() >= 0.973  # measured 0.9797
    assert over_seeds(network, "macro F1").mean() >= 0.973  # measured 0.9797
    assert over_seeds(network, "top-2").mean() >= 0.999  # measured 1.0000
    # the prose names these: "0.980, 0.980 and 1.000; from 0.967 to 0.990"
    assert accuracy.mean() == pytest.approx(0.980, abs=0.002)
    assert accuracy.min() == pytest.approx(0.967, abs=0.004)
    assert accuracy.max() == pytest.approx(0.990, abs=0.004)


def test_lessons_own_run():
    own = run(network, 0)
    assert own["accuracy"] >= 0.973
    assert own["macro F1"] >= 0.973
    assert own["top-2"] == 1


def test_without_hidden_layer_at_most_60_percent():
    accuracy = over_seeds(linear, "accuracy")
    assert accuracy.max() <= 0.60
    assert accuracy.mean() == pytest.approx(0.52, abs=0.03)  # "about half"


def test_other_weights_without_hidden_layer_count_better_at_a_higher_loss():
    other = linear(np.random.default_rng(0))
    other.layers[0].W = np.array([[9.0, -9.0, -3.0], [-8.0, 0.0, 0.0]])
    other.layers[0].b = np.array([[3.0, 0.0, 2.0]])
    for seed in SEEDS:
        _, X, y, X_held, y_held = points(seed)
        trained, loss = run(linear, seed), SoftmaxCrossEntropy()
        share = metrics.accuracy(y_held, other(X_held).argmax(axis=1))
        assert 0.63 < share < 0.685  # "64 to 68 %", measured 0.637 to 0.677
        assert share > trained["accuracy"]
        assert loss(other(X), y) > loss(trained["model"](X), y) + 0.1
        assert loss(other(X_held), y_held) > trained["held-out loss"][-1] + 0.1


def test_initial_loss_is_near_ln_3():
    initial = over_seeds(network, "initial")
    assert (initial > 1.0).all()
    assert (initial < 1.4).all()


def test_the_curves_as_the_lesson_reads_them():
    for seed in SEEDS:
        result = run(network, seed)
        held = result["held-out loss"]
        assert result["loss"][-1] < 0.2 * LN3
        # "it still falls at the end"; single epochs tremble, so means of ten
        assert held[190:].mean() < held[140:150].mean() < held[90:100].mean()
        # "the gap grows to 0.06 (with other seeds it is smaller, or there is none)"
        assert -0.02 < (held - result["loss"])[190:].mean() < 0.065
        # "at epoch 1 it is well below": the training loss is a mean over the epoch
        assert held[0] < result["loss"][0] - 0.05
        # "starts near the level of straight borders, is near 0.9 after fifty epochs"
        assert 0.4 < result["held"][1] < 0.7
        assert result["held"][50] > 0.87  # measured 0.89 to 0.94
        assert result["loss"][199] < result["loss"][99] < result["loss"][49]
        shares = [result["seen"][epoch] for epoch in (0, 10, 50, 200)]
        assert shares == sorted(shares)


def test_the_gap_of_the_lessons_own_run():
    own = run(network, 0)
    gap = own["held-out loss"] - own["loss"]
    assert (gap[2:] > 0).all()
    assert gap[45:50].mean() < gap[95:100].mean() < gap[190:].mean()
    assert gap[190:].mean() == pytest.approx(0.06, abs=0.01)


def test_few_hidden_neurons():
    right = {
        build: np.array([run(build, seed)["seen"][200] for seed in SEEDS])
        for build in (four, six, thirty_two)
    }
    assert (right[four] < right[thirty_two] - 0.05).all()
    # "six neurons get 0.82 to 0.97 ... right, thirty-two get 0.97 to 0.99"
    assert right[six].min() == pytest.approx(0.82, abs=0.02)
    assert right[six].max() == pytest.approx(0.97, abs=0.015)
    assert right[thirty_two].min() == pytest.approx(0.97, abs=0.01)
    assert right[thirty_two].max() == pytest.approx(0.99, abs=0.01)


def test_mistakes_are_less_sure_and_far_points_are_certain():
    turns = np.linspace(0, 2 * np.pi, 360)
    far = 20 * np.column_stack([np.sin(turns), np.cos(turns)])
    for seed in SEEDS:
        result = run(network, seed)
        largest = result["probabilities"].max(axis=1)
        wrong = result["wrong"]
        assert largest[wrong].mean() < largest[~wrong].mean()
        assert softmax(result["model"](far)).max(axis=1).mean() > 0.97


def test_one_over_m_twice():
    accuracy = over_seeds(divides_again, "accuracy")
    assert accuracy.max() < 0.70
    assert accuracy.mean() == pytest.approx(0.59, abs=0.03)
    for seed in SEEDS:
        loss = run(divides_again, seed)["loss"]
        assert loss[-1] < 0.75 * loss[0]  # it does learn, and looks merely slow
        assert loss[-1] > 4 * run(network, seed)["loss"][-1]


def test_64_times_the_rate_does_not_mend_it():
    mended = over_seeds(divides_again, "accuracy", rate=6.4)
    right = over_seeds(network, "accuracy")
    # measured 0.944 against 0.980, worst run 0.853; at so large a rate differences in
    # the last bit grow from step to step, hence the wide bounds
    assert mended.mean() == pytest.approx(0.944, abs=0.02)
    assert mended.mean() < right.mean() - 0.015
    assert mended.min() < 0.93


def test_softmax_twice():
    floor = np.log(1 + 2 / np.e)
    accuracy = over_seeds(softmax_twice, "accuracy")
    assert accuracy.mean() == pytest.approx(0.94, abs=0.01)
    assert (accuracy < over_seeds(network, "accuracy")).all()
    for seed in SEEDS:
        loss = run(softmax_twice, seed)["loss"]
        assert floor < 0.6 < loss[-1] < 0.7
        _, X, y, _, _ = points(seed)
        model = softmax_twice(np.random.default_rng(seed))
        errors = check_gradients(model, X[::60], y[::60], SoftmaxCrossEntropy())
        assert np.median(list(errors.values())) < 1e-7


# The five checks of section 9, with the seed free instead of 0.


def large_start(rng):
    model = network(rng)
    model.layers[2].W *= 32 / 2
    return model


def no_relu(rng):
    return Sequential([Dense(2, 32, rng), Dense(32, 3, rng)])


def no_mask(rng):
    return network(rng, relu=NoMask)


def train(build, X, y, rate, epochs, batch_size, seed, sgd=SGD):
    rng = np.random.default_rng(seed)
    loss, optimizer = SoftmaxCrossEntropy(), sgd(rate)
    return fit(build(rng), X, y, loss, optimizer, epochs, batch_size, rng)["loss"]


def starts_near_ln_k(build, X, y, seed):
    L = SoftmaxCrossEntropy()(build(np.random.default_rng(seed))(X), y)
    return 0.75 < L / LN3 < 1.5


def learns_one_batch(build, X, y, seed, sgd=SGD):
    rows = np.random.default_rng(seed).permutation(len(X))[:16]
    return train(build, X[rows], y[rows], 0.5, 1000, 16, seed, sgd)[-1] < 0.1


def gradients_pass(build, X, y, seed):
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(X))[:16]
    errors = check_gradients(build(rng), X[rows], y[rows], SoftmaxCrossEntropy())
    return max(errors.values()) < 1e-7


def falls_at_rate(build, X, y, rate, seed, sgd=SGD):
    start = SoftmaxCrossEntropy()(build(np.random.default_rng(seed))(X), y)
    return train(build, X, y, rate, 5, 64, seed, sgd)[-1] < 0.8 * start


def neighbours_agree(X, y):
    distance = ((X[:, None] - X[None]) ** 2).sum(axis=2)
    np.fill_diagonal(distance, np.inf)
    return metrics.accuracy(y, y[distance.argmin(axis=1)])


@pytest.mark.parametrize("seed", SEEDS)
def test_checks_pass_the_sound_network_and_find_the_planted_faults(seed):
    _, X, y, _, _ = points(seed)
    assert starts_near_ln_k(network, X, y, seed)
    assert learns_one_batch(network, X, y, seed)
    assert gradients_pass(network, X, y, seed)
    assert falls_at_rate(network, X, y, 0.1, seed)
    assert neighbours_agree(X, y) > 2 / 3

    assert not starts_near_ln_k(large_start, X, y, seed)
    assert not learns_one_batch(no_relu, X, y, seed)
    assert not gradients_pass(no_mask, X, y, seed)
    assert not falls_at_rate(network, X, y, 0.0001, seed)
    assert not falls_at_rate(network, X, y, 100.0, seed)
    y_planted = np.random.default_rng(seed).permutation(y)
    assert neighbours_agree(X, y_planted) < 2 / 3
    # "found by check 1 alone: its loss has fallen and the later checks pass"
    assert learns_one_batch(large_start, X, y, seed)
    assert gradients_pass(large_start, X, y, seed)
    assert falls_at_rate(large_start, X, y, 0.1, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_softmax_twice_and_an_update_that_never_steps_fail_checks_2_and_4(seed):
    _, X, y, _, _ = points(seed)
    assert starts_near_ln_k(softmax_twice, X, y, seed)
    assert not learns_one_batch(softmax_twice, X, y, seed)
    assert gradients_pass(softmax_twice, X, y, seed)
    assert not falls_at_rate(softmax_twice, X, y, 0.1, seed)
    # the other three checks take no step
    assert not learns_one_batch(network, X, y, seed, NeverSteps)
    assert not falls_at_rate(network, X, y, 0.1, seed, NeverSteps)


@pytest.mark.parametrize("seed", SEEDS)
def test_one_over_m_twice_fails_checks_2_3_and_4(seed):
    _, X, y, _, _ = points(seed)
    assert starts_near_ln_k(divides_again, X, y, seed)
    assert not learns_one_batch(divides_again, X, y, seed)
    assert not gradients_pass(divides_again, X, y, seed)
    assert not falls_at_rate(divides_again, X, y, 0.1, seed)


@pytest.mark.parametrize("seed", SEEDS)
def test_small_inputs_fail_checks_2_and_4_alone(seed):
    _, X, y, _, _ = points(seed)
    assert starts_near_ln_k(network, X / 10, y, seed)
    assert not learns_one_batch(network, X / 10, y, seed)
    assert not falls_at_rate(network, X / 10, y, 0.1, seed)
    # "more often if the inputs are small": with seeds 5 and 9 a nudge crosses a kink
    assert any(gradients_pass(network, X / 10, y, seed + 10 * n) for n in range(5))
    assert neighbours_agree(X / 10, y) > 2 / 3


def all_zero(rng):
    model = last_layer_zero(rng)
    model.layers[0].W[:] = 0
    return model


def last_layer_zero(rng):
    model = network(rng)
    model.layers[2].W[:] = 0
    return model


def every_relu_off(rng):
    model = network(rng)
    model.layers[0].b[:] = -50
    return model


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("build", [all_zero, last_layer_zero, every_relu_off])
def test_zero_gradients_of_a_right_backward_are_reported_as_inf(build, seed):
    _, X, y, _, _ = points(seed)
    rng = np.random.default_rng(seed)
    rows = rng.permutation(len(X))[:16]
    errors = check_gradients(build(rng), X[rows], y[rows], SoftmaxCrossEntropy())
    zero = {"X", "0.W", "0.b"} | (set() if build is last_layer_zero else {"2.W"})
    assert {name for name, error in errors.items() if error == np.inf} == zero
    assert all(error < 1e-7 for name, error in errors.items() if name not in zero)
    if build is last_layer_zero:  # the last question of "Check yourself"
        assert learns_one_batch(build, X, y, seed)


def test_check_5_where_the_lesson_limits_it():
    for seed in SEEDS:
        rng, X, y, _, _ = points(seed)
        noisy = np.column_stack([X, rng.normal(size=(len(X), 10))])
        assert neighbours_agree(noisy, y) < 2 / 3  # measured 0.37 to 0.45
        unequal = rng.permutation(np.repeat([0, 1], [855, 45]))
        assert neighbours_agree(X, unequal) > 3 / 4  # measured 0.90 to 0.91


def test_twelve_neurons_pass_all_five_and_are_too_few():
    for seed in SEEDS:
        _, X, y, _, _ = points(seed)
        assert starts_near_ln_k(twelve, X, y, seed)
        assert learns_one_batch(twelve, X, y, seed)
        assert gradients_pass(twelve, X, y, seed)
        assert falls_at_rate(twelve, X, y, 0.1, seed)
    accuracy = over_seeds(twelve, "accuracy")
    assert accuracy.mean() == pytest.approx(0.956, abs=0.005)
    assert accuracy.mean() < over_seeds(network, "accuracy").mean() - 0.015


def test_one_batch_is_learnt_with_some_seeds_in_spite_of_two_faults():
    without_mask = reordered = 0
    for seed in SEEDS:
        _, X, y, _, _ = points(seed)
        without_mask += learns_one_batch(no_mask, X, y, seed)
        y_planted = np.random.default_rng(seed).permutation(y)
        reordered += learns_one_batch(network, X, y_planted, seed)
    # losses near the bound of 0.1 may fall on either side on another machine
    assert 1 <= without_mask <= 3  # "with some seeds", measured 2
    assert 4 <= reordered <= 7  # "with about half of them", measured 6
