"""What lesson 05 says of training runs, for the seeds 0 to 9."""

import numpy as np
import pytest
from seeds import SEEDS, broken, near, outside, over_seeds, run

from nnlib import SGD, SoftmaxCrossEntropy, fit
from nnlib.losses import one_hot, softmax

pytestmark = pytest.mark.seeds


BOUNDS = {
    "initial_loss": (1.0, 1.5),
    "sure_far": (0.97, 2),  # far outside it is nearly certain
    "twice_accuracy": (0, 0.70),  # with 1/m twice
    "slow['loss'][-1]": (0.5, np.inf),
    "flat['loss'][-1]": (0.5514, 0.7),  # with softmax twice
    "max(errors.values())": (-1, 1e-7),
}


def test_bounds():
    assert outside(5, BOUNDS) == {}


def ladder(rung):
    """Return accuracy, macro F1 and top-2 accuracy of a rung, one row per seed."""
    return over_seeds(5, f"results[{rung!r}]")


def test_its_assertions_hold_with_other_seeds():
    assert broken(5) == set()


def test_held_out_averages_of_the_network():
    accuracy, macro_f1, top_2 = ladder("32 hidden ReLUs").T
    assert accuracy.mean() == near(0.979, 0.002)
    assert accuracy.min() == near(0.967, 0.004)
    assert accuracy.max() == near(0.990, 0.004)
    assert np.all(abs(accuracy - macro_f1) < 0.001)  # "macro F1 agrees with accuracy"
    assert top_2.min() > 0.996


def test_the_rungs_beside_it():
    straight = np.stack([ladder("nearest mean"), ladder("one layer")])[..., 0]
    assert straight.min() > 0.48  # "about 0.5"
    assert straight.max() < 0.58  # "both stay below 0.58"
    other = over_seeds(5, "accuracy(y_held, other(X_held).argmax(axis=1))")
    assert other.min() == near(0.64, 0.006)  # "the other weights reach 0.64 to 0.68"
    assert other.max() == near(0.68, 0.006)
    neighbour, network = ladder("nearest neighbour"), ladder("32 hidden ReLUs")
    assert np.all(neighbour[:, 0] >= network[:, 0])  # "never worse"
    assert neighbour[:, 0].min() > 0.99  # "nearly 1"


def test_other_weights_have_more_right_at_a_higher_loss():
    losses = over_seeds(
        5, "[SoftmaxCrossEntropy()(net(X_held), y_held) for net in (linear, other)]"
    )
    assert np.all(losses[:, 0] < losses[:, 1])


def test_the_curves_as_the_lesson_reads_them():
    loss = over_seeds(5, "history['loss']")  # (seeds, epochs)
    held_loss = over_seeds(5, "history['validation_loss']")
    gap = (held_loss - loss)[:, 190:].mean(axis=1)
    assert gap[0] > 0.05
    assert gap.min() < 0.01  # "with some seeds there is no gap"
    # "it still falls at the end": single epochs are noisy
    ends = [held_loss[:, end - 10 : end].mean(axis=1) for end in (100, 150, 200)]
    assert (np.diff(ends, axis=0) < 0).all()
    assert (held_loss < loss)[:, :2].all()  # "for the first epochs"
    held = over_seeds(5, "seen['held out']")
    assert held[:, 49].min() > 0.87
    assert held[:, 49].max() < 0.95  # "takes 150 more for the rest"


def test_more_neurons_get_more_points_right():
    for neurons, low, high in ((6, 0.82, 0.97), (32, 0.97, 0.99)):
        net = f"train(lambda rng: network(rng, {neurons}), X, y)[0]"
        right = over_seeds(5, f"accuracy(y, {net}(X).argmax(axis=1))")
        assert right.min() == near(low, 0.006)
        assert right.max() == near(high, 0.006)


def mended(seed):
    """Return the held-out accuracy with 1/m twice at a rate 64 times as large."""
    lesson, rng = run(5, seed), np.random.default_rng(seed)
    model = lesson.divides_again(rng)
    fit(model, lesson.X, lesson.y, SoftmaxCrossEntropy(), SGD(6.4), 200, 64, rng)
    return lesson.accuracy(lesson.y_held, model(lesson.X_held).argmax(axis=1))


def test_64_times_the_rate_does_not_mend_it():
    # at so large a rate differences in the last bit grow from step to step
    accuracy = np.array([mended(seed) for seed in SEEDS])
    assert accuracy.mean() == near(0.94, 0.02)
    assert accuracy.min() < 0.93


def test_softmax_twice_costs_accuracy():
    assert over_seeds(5, "double_accuracy").mean() == near(0.94, 0.01)


def test_the_four_trainings_in_trouble():
    def losses(name, title):
        return over_seeds(5, f"troubles[{title!r}][1][{name!r}]")  # (seeds, epochs)

    for name in ("loss", "validation_loss"):
        small = losses(name, "too small: 4 hidden neurons")
        assert small[:, -20:].mean(axis=1).min() > 0.2  # "far above 0"
        slow = losses(name, "rate 0.001")
        assert (slow[:, -1] > 0.7).all()
        assert (slow[:, -1] < slow[:, -50]).all()  # "still falling at the end"
        assert losses(name, "rate 5")[:, -20:].mean(axis=1).min() > 0.95  # "ln 3"
    assert (losses("loss", "too large: 256 for 15 points")[:, -1] < 0.12).all()
    held = losses("validation_loss", "too large: 256 for 15 points")
    assert (held[:, -20:].mean(axis=1) > 1.2 * held.min(axis=1)).all()  # "climbs"


def test_the_table_of_checks():
    table = over_seeds(5, "table")  # (seeds, rows, checks)
    assert table[:, 0].all(), "the sound network passes all five"
    for n in range(1, 6):
        assert not table[:, n, n - 1].any(), "each planted fault fails its own check"
    assert table[:, 1, 1:].all(), "the large start is found by check 1 alone"
    # without ReLU check 2 fails alone, with 1, or with 4
    assert table[:, 2, [2, 4]].all()
    assert not (~table[:, 2, 0] & ~table[:, 2, 3]).any()
    assert (table[:, 6] == [True, False, True, False, True]).all()
    assert (table[:, 7] == [True, False, False, False, True]).all()


def test_twelve_neurons_pass_all_five_checks_and_are_too_few():
    for seed in SEEDS:
        lesson = run(5, seed)

        def twelve(rng, network=lesson.network):
            return network(rng, 12)

        asked = [ask(twelve, lesson.X, lesson.y, 0.1) for ask in lesson.five_checks]
        assert all(asked)
    net = "train(lambda rng: network(rng, 12), X, y)[0]"
    accuracy = over_seeds(5, f"accuracy(y_held, {net}(X_held).argmax(axis=1))")
    assert accuracy.mean() == near(0.96, 0.008)


def test_small_inputs_fail_checks_2_and_4():
    asked = "[five_checks[n](network, X / 10, y, 0.1) for n in (0, 1, 3)]"
    small = over_seeds(5, asked)
    assert small[:, 0].all()
    assert not small[:, 1:].any()


def test_large_inputs_fail_check_1_and_stop_fit_when_very_large():
    for seed in SEEDS:
        lesson = run(5, seed)
        problem = lesson.network, lesson.X * 10, lesson.y, 0.1
        large = [ask(*problem) for ask in lesson.five_checks]
        assert large == [False, True, True, True, True]  # "1, alone"
        X = lesson.X * 100
        assert not lesson.starts_near_ln_k(lesson.network, X, lesson.y, 0.1)
        with pytest.raises(FloatingPointError):  # "fit may even stop"
            lesson.learns_one_batch(lesson.network, X, lesson.y, 0.1)


def held_out(build):
    """Return the held-out accuracies of an expression for ``train``'s model."""
    return over_seeds(5, f"accuracy(y_held, {build}[0](X_held).argmax(axis=1))")


def test_a_higher_rate_and_the_large_start_end_better():
    assert held_out("train(network, X, y, rate=1.0)").mean() == near(0.995, 0.003)
    assert held_out("train(large_start, X, y)").mean() == near(0.994, 0.003)


def test_too_few_neurons_fail_check_4_or_2():
    asked = "[ask(lambda rng: network(rng, {}), X, y, 0.1) for ask in five_checks]"
    two, four = (over_seeds(5, asked.format(n)) for n in (2, 4))
    assert not (two[:, 1] & two[:, 3]).any()
    assert (two[:, 1] | two[:, 3]).mean() < 0.5  # mostly both
    assert (four == [True, True, True, False, True]).all(axis=1).any()  # "4 alone"


class SquaredError(SoftmaxCrossEntropy):
    """Section 3's squared error of the softmax, with labels as targets."""

    def forward(self, Z, y):
        self.Y_hat, self.Y = softmax(Z), one_hot(y, Z.shape[1])
        return float(((self.Y_hat - self.Y) ** 2).sum() / len(y))

    def backward(self):
        upstream = 2 * (self.Y_hat - self.Y) / len(self.Y)
        inner = (upstream * self.Y_hat).sum(axis=1, keepdims=True)
        return self.Y_hat * (upstream - inner)


def trained_with(loss, seed, lead):
    """Return the held-out accuracy, from a start that favours class 0 by ``lead``."""
    lesson, rng = run(5, seed), np.random.default_rng(seed)
    model = lesson.network(rng)
    model.layers[2].b[0, 0] = lead
    fit(model, lesson.X, lesson.y, loss, SGD(0.1), 200, 64, rng)
    return lesson.accuracy(lesson.y_held, model(lesson.X_held).argmax(axis=1))


def test_the_squared_error_trains_as_well_unless_the_start_is_badly_wrong():
    def accuracies(loss, lead):
        return np.array([trained_with(loss(), seed, lead) for seed in SEEDS])

    assert accuracies(SquaredError, 0).mean() == near(0.977, 0.002)
    assert accuracies(SquaredError, 10) == near(1 / 3, 0.001)
    assert accuracies(SoftmaxCrossEntropy, 10).mean() == near(0.96, 0.008)
