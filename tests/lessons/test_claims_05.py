"""What lesson 05 says of training runs, for the seeds 0 to 9."""

import numpy as np
import pytest
from seeds import SEEDS, broken, near, over_seeds, run

from nnlib import SGD, Dense, ReLU, Sequential, SoftmaxCrossEntropy, datasets, fit


def test_its_assertions_hold_with_other_seeds():
    assert broken(5) <= {
        "new points cost more",  # "with other seeds it is smaller, or there is none"
        "wrong, and nearly certain",  # of the two ringed points
        *("accuracy", "macro F1"),  # 0.973 is below the mean, not below all: see below
    }


def test_held_out_averages_of_the_network():
    accuracy, macro_f1, top_2 = over_seeds(5, "reached").T
    assert accuracy.mean() == near(0.980, 0.002)
    assert macro_f1.mean() == near(0.980, 0.002)
    assert top_2.mean() >= 0.9995
    assert accuracy.min() == near(0.967, 0.004)
    assert accuracy.max() == near(0.990, 0.004)


def test_without_a_hidden_layer():
    assert over_seeds(5, "linear_accuracy").max() < 0.6
    other = over_seeds(5, "accuracy(y_held, other(X_held).argmax(axis=1))")
    assert other.min() == near(0.64, 0.006)  # "the other weights reach 64 to 68 %"
    assert other.max() == near(0.68, 0.006)


def test_the_initial_loss():
    initial = over_seeds(5, "initial_loss")
    assert 1.0 < initial.min() < initial.max() < 1.4


def test_the_curves_as_the_lesson_reads_them():
    loss = over_seeds(5, "history['loss']")  # (seeds, epochs)
    held_loss = over_seeds(5, "history['validation_loss']")
    held = over_seeds(5, "seen['held out']")
    gap = (held_loss - loss)[:, 190:].mean(axis=1)
    assert gap[0] == near(0.06, 0.01)
    assert -0.02 < gap.min() < gap.max() < 0.065  # "smaller, or there is none"
    # "it still falls at the end": single epochs are noisy
    ends = [held_loss[:, end - 10 : end].mean(axis=1) for end in (100, 150, 200)]
    assert (np.diff(ends, axis=0) < 0).all()
    assert (held_loss < loss - 0.05)[:, 0].all()  # "at epoch 1 it is well below"
    assert held[:, 49].min() == near(0.89, 0.01)
    assert held[:, 49].max() == near(0.94, 0.01)


@pytest.mark.parametrize(
    ("neurons", "low", "high"), [(6, 0.82, 0.97), (32, 0.97, 0.99)]
)
def test_more_neurons_get_more_points_right(neurons, low, high):
    right = over_seeds(5, f"accuracy(y, trained({neurons})(X).argmax(axis=1))")
    assert right.min() == near(low, 0.02)
    assert right.max() == near(high, 0.015)


def test_one_over_m_twice():
    accuracy = over_seeds(5, "twice_accuracy")
    assert accuracy.mean() == near(0.59, 0.01)
    assert accuracy.max() < 0.70


def mended(seed):
    """Return the held-out accuracy with 1/m twice at a rate 64 times as large."""
    lesson, rng = run(5, seed), np.random.default_rng(seed)
    for n in (300, 100):  # the lesson's data, so that its weights follow
        datasets.spiral(n, n_classes=3, noise=0.25, rng=rng)
    model = lesson.divides_again(rng)
    fit(model, lesson.X, lesson.y, SoftmaxCrossEntropy(), SGD(6.4), 200, 64, rng)
    return lesson.accuracy(lesson.y_held, model(lesson.X_held).argmax(axis=1))


def test_64_times_the_rate_does_not_mend_it():
    # measured 0.944, worst run 0.853; at so large a rate differences in the last bit
    # grow from step to step, hence the wide bounds
    accuracy = np.array([mended(seed) for seed in SEEDS])
    assert accuracy.mean() == near(0.944, 0.02)
    assert accuracy.min() < 0.93


def test_softmax_twice():
    assert over_seeds(5, "double_accuracy").mean() == near(0.94, 0.01)
    assert over_seeds(5, "flat['loss'][-1]").max() < 0.7


def test_the_entries_of_the_table_that_hang_on_the_seed():
    table = over_seeds(5, "table")  # (seeds, rows, checks)
    assert table[:, 1, 1:].all(), "the large start is found by check 1 alone"
    assert 1 <= table[:, 3, 1].sum() <= 3  # "with some seeds": measured 2
    assert 4 <= table[:, 5, 1].sum() <= 7  # "with about half of them": measured 6


def twelve(rng):
    return Sequential([Dense(2, 12, rng), ReLU(), Dense(12, 3, rng)])


def test_twelve_neurons_pass_all_five_checks_and_are_too_few():
    for seed in SEEDS:
        lesson = run(5, seed)
        passed = [check(twelve, lesson.X, lesson.y, 0.1) for check in lesson.checks]
        assert all(passed)
    accuracy = over_seeds(5, "accuracy(y_held, trained(12)(X_held).argmax(axis=1))")
    assert accuracy.mean() == near(0.96, 0.008)


def test_small_inputs_fail_checks_2_and_4():
    small = over_seeds(5, "[checks[n](sound, X / 10, y, 0.1) for n in (0, 1, 3)]")
    assert small[:, 0].all()
    assert not small[:, 1:].any()
