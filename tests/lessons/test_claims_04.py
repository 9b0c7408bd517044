"""What lesson 04 says of random experiments, for the seeds 0 to 9."""

import numpy as np
import pytest
from seeds import SEEDS, broken, outside, over_seeds, run

pytestmark = pytest.mark.seeds


BOUNDS = {  # beside a bound stands what was measured
    "history['validation_loss'][-1] / line_rung": (0, 0.3),  # 0.17 to 0.29
    "history['validation_loss'][-1] / noise_rung": (0, 2.1),  # 1.05 to 2.03
    "during - history['loss'][0]": (-1e-300, 1e-300),  # the same epoch
    "during - loss(young(X_train), Y_train)": (0, np.inf),  # 0.007 to 0.39
    "off": (28, 33),  # of 32: "at least 29"
    "np.diff(np.array(tried[0.005]['validation_loss'])[[99, -1]])": (-np.inf, -0.02),
    "tried[0.5]['validation_loss'][-1] / mean_rung": (0.5, np.inf),  # 0.53 to 1.1
    "small['loss'][-1] / small['loss'][99]": (0.7, np.inf),
    "small['validation_loss'][-1] / noise_rung": (1.5, np.inf),
    "few['validation_loss'][-1] / few['loss'][-1]": (7, np.inf),
    "enough['validation_loss'][-1] - enough['loss'][-1]": (-np.inf, 0.04),
}


def test_bounds():
    assert outside(4, BOUNDS) == {}


def test_its_assertions_hold_with_other_seeds():
    assert broken(4) == set()


def test_every_step_at_a_rate_below_the_limit_jumps_across_and_lowers_the_loss():
    paths = over_seeds(4, "descend(X, Y, 0.9, 20, (-0.5, 0.0)) - best")
    assert (np.sign(paths[:, 1:, 1]) != np.sign(paths[:, :-1, 1])).all()
    losses = "[loss(w * X + b, Y) for w, b in descend(X, Y, 0.9, 20, (-0.5, 0.0))]"
    assert (np.diff(over_seeds(4, losses), axis=1) < 0).all()


def test_the_spread_of_a_batch_falls_as_the_root_of_its_size():
    ratio = over_seeds(4, "spreads / (sigma_g / np.sqrt(sizes))")
    assert abs(ratio - 1).max() < 0.12  # 500 draws measure a spread to some 3 %


def test_each_batch_size_with_its_own_rate():
    by_rate = over_seeds(4, "[mean_gap(by_size[m], m) for m in (1, 10, 100, 1000)]")
    assert (by_rate.argmin(axis=1) == 1).all()  # "tens" are best at the rate 0.1
    gaps = over_seeds(4, "[gaps[m] for m in (1, 10, 100, 1000)]")
    assert gaps[:, :3].max() < 0.08 < 0.6 < gaps[:, 3].min()  # 0.04 to 0.07; 0.64


def test_the_sorted_order_does_harm_and_both_shuffled_ones_are_alike():
    in_order, once, each = over_seeds(4, "wave_losses").T
    assert (in_order > 1.4 * np.maximum(once, each)).all()
    assert abs(once - each).max() < 0.06
    assert abs(np.median(once) - np.median(each)) < 0.01


def test_targets_in_large_units_turn_all_neurons_off():
    for seed in SEEDS:
        lesson, rng = run(4, seed), np.random.default_rng(seed)
        X, Y, model = lesson.X_train, 100 * lesson.Y_train, lesson.build(rng)
        lesson.fit(model, X, Y, lesson.MSE(), lesson.SGD(0.05), 200, 20, rng)
        assert model.layers[1](model.layers[0](X)).max() == 0


def test_what_it_costs_to_judge_by_the_training_loss():
    held = "few['validation_loss']"
    cost = over_seeds(4, f"{held}[-1] / min({held})")
    assert 1 < cost.min() < 1.05  # "by 1 % to 50 %, in the middle by nearly 30 %"
    assert cost.argmax() == 0  # "the most extreme"
    assert 1.4 < cost[0] < 1.6
    assert 1.2 < np.median(cost) < 1.35
