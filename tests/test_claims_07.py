"""What lesson 07 says of training on the digits, over the splits 0 to 9.

Each round follows the lesson: the seed draws the split, and again the start weights
and the order of the batches.
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
    datasets,
    fit,
    metrics,
    softmax,
)
from nnlib.calibration import fit_temperature

SEEDS = range(10)
X, y = datasets.digits()
PAIRS = [(rate, size) for size in (32, 128) for rate in (0.1, 0.3, 1.0, 3.0)]
CHOSEN = (1.0, 128)  # what the lesson's own split chooses


@cache
def split(seed):
    return datasets.stratified_split(y, (0.6, 0.2, 0.2), np.random.default_rng(seed))


def build(rng):
    return Sequential([Dense(64, 32, rng), ReLU(), Dense(32, 10, rng)])


def train(rows, rate, batch_size, seed, factor=1, divisor=1):
    """Train on factor * X from a first W divided by divisor."""
    rng = np.random.default_rng(seed)
    model, loss = build(rng), SoftmaxCrossEntropy()
    model.layers[0].W /= divisor
    fit(model, factor * X[rows], y[rows], loss, SGD(rate), 60, batch_size, rng)
    return model


def accuracy_on(model, rows, factor=1):
    return metrics.accuracy(y[rows], model(factor * X[rows]).argmax(axis=1))


@cache
def one_round(seed):
    training, validation, test = split(seed)
    candidates = {pair: train(training, *pair, seed) for pair in PAIRS}
    losses = {
        pair: SoftmaxCrossEntropy()(net(X[validation]), y[validation])
        for pair, net in candidates.items()
    }
    chosen = min(losses, key=losses.get)
    final = train(np.concatenate([training, validation]), *chosen, seed)
    held = {pair: accuracy_on(net, validation) for pair, net in candidates.items()}
    peeked = {pair: accuracy_on(net, test) for pair, net in candidates.items()}
    ties = [pair for pair in PAIRS if held[pair] == max(held.values())]
    return {
        "candidates": candidates,
        "losses": losses,
        "chosen": chosen,
        "final": final,
        "accuracy": accuracy_on(final, test),
        "by_validation": peeked[max(held, key=held.get)],
        "ties_by_loss": peeked[min(ties, key=losses.get)],
        "by_test": max(peeked.values()),
    }


def over_rounds(what):
    return np.array([one_round(seed)[what] for seed in SEEDS])


def test_at_least_965_in_1000_on_average_over_ten_splits_choice_included():
    accuracy = over_rounds("accuracy")
    assert accuracy.mean() >= 0.965  # measured 0.9721
    # the prose names these: "0.972", "0.964 or 0.983", "two percentage points"
    assert accuracy.mean() == pytest.approx(0.972, abs=0.0015)
    assert accuracy.min() == pytest.approx(0.964, abs=0.003)
    assert accuracy.max() == pytest.approx(0.983, abs=0.003)


def test_several_pairs_win():
    chosen = [one_round(seed)["chosen"] for seed in SEEDS]
    assert chosen[0] == CHOSEN
    assert len(set(chosen)) >= 3  # measured 4
    assert chosen.count((0.3, 32)) >= 2  # "one of the good settings": measured 3


@cache
def losses_with_a_smaller_rate(seed):
    training, validation, _ = split(seed)
    losses = dict(one_round(seed)["losses"])
    for size in (32, 128):
        net = train(training, 0.03, size, seed)
        losses[0.03, size] = SoftmaxCrossEntropy()(net(X[validation]), y[validation])
    return losses


def test_a_large_batch_wants_a_larger_rate():
    best = {32: [], 128: []}
    for seed in SEEDS:
        losses = losses_with_a_smaller_rate(seed)
        for size, rates in best.items():
            pairs = [pair for pair in losses if pair[1] == size]
            rates.append(min(pairs, key=losses.get)[0])
    assert [best[32].count(rate) for rate in (0.1, 0.3, 1.0)] == [3, 6, 1]
    assert [best[128].count(rate) for rate in (0.1, 0.3, 1.0)] == [0, 1, 9]
    assert (best[32][0], best[128][0]) == (0.3, 1.0)  # the lesson's own split


def test_a_smaller_rate_changes_no_choice():
    chosen = [one_round(seed)["chosen"] for seed in SEEDS]
    for seed in SEEDS:
        losses = losses_with_a_smaller_rate(seed)
        assert min(losses, key=losses.get) == chosen[seed]
    at_the_edge = [seed for seed in SEEDS if chosen[seed][0] == 0.1]
    assert at_the_edge == [1, 4]


def test_choosing_on_the_test_images_gains_a_little_on_paper():
    by_validation, by_test = over_rounds("by_validation"), over_rounds("by_test")
    ties_by_loss = over_rounds("ties_by_loss")
    assert (by_test >= by_validation).all()
    assert (by_test >= ties_by_loss).all()
    assert (by_test - by_validation).mean() == pytest.approx(0.005, abs=0.001)
    assert (by_test - ties_by_loss).mean() == pytest.approx(0.003, abs=0.001)


def test_nearest_class_mean():
    shares = []
    for seed in SEEDS:
        training, _, test = split(seed)
        rows = [training[y[training] == c] for c in range(10)]
        means = np.array([X[r].mean(axis=0) for r in rows])
        apart = X[test][:, None] - means[None]
        nearest = (apart**2).sum(axis=2).argmin(axis=1)
        shares.append(metrics.accuracy(y[test], nearest))
    assert np.mean(shares) == pytest.approx(0.905, abs=0.002)
    assert np.mean(shares) * 359 == pytest.approx(359 - 34, abs=1)


def by_neighbour(known, new):
    """Return the accuracy on the rows new of the nearest neighbour among known."""
    squares = (X**2).sum(axis=1)
    apart = squares[new][:, None] - 2 * X[new] @ X[known].T + squares[known]
    return metrics.accuracy(y[new], y[known][apart.argmin(axis=1)])


def test_the_nearest_neighbour_beats_the_network():
    shares = []
    for seed in SEEDS:
        training, validation, test = split(seed)
        shares.append(by_neighbour(np.concatenate([training, validation]), test))
    assert np.mean(shares) == pytest.approx(0.989, abs=0.002)
    assert (np.array(shares) > over_rounds("accuracy")).all()


def test_the_nearest_neighbour_has_all_of_the_lessons_test_images_right():
    training, validation, test = split(0)
    known = np.concatenate([training, validation])
    assert by_neighbour(known, test) == 1
    assert len(np.intersect1d(known, test)) == 0


def test_the_nearest_neighbour_leads_by_more_in_file_order():
    everything = np.arange(len(y))

    def mean_over(tenths):
        return np.mean([by_neighbour(np.setdiff1d(everything, t), t) for t in tenths])

    in_order = mean_over(np.array_split(everything, 10))
    assert in_order == pytest.approx(0.976, abs=0.001)
    leads = []
    for seed in SEEDS:
        at_random, network_in_order = by_tenths(seed)
        rng = np.random.default_rng(seed)
        neighbour = mean_over(datasets.stratified_split(y, [0.1] * 10, rng))
        leads.append((neighbour - at_random.mean(), in_order - network_in_order.mean()))
    at_random, in_file_order = np.mean(leads, axis=0)  # measured 0.012 and 0.023
    assert in_file_order - at_random > 0.005


def test_a_plain_split_has_uneven_classes():
    counts = np.array(
        [
            np.bincount(y[np.random.default_rng(seed).permutation(len(y))[-359:]])
            for seed in SEEDS
        ]
    )
    assert np.median(counts.min(axis=1)) <= 30  # "from 25 to 45, say": measured 28
    assert np.median(counts.max(axis=1)) >= 42  # measured 46
    for seed in SEEDS:
        assert all(np.ptp(np.bincount(y[part])) <= 6 for part in split(seed))
        assert np.ptp(np.bincount(y[split(seed)[2]])) <= 2


@pytest.mark.parametrize("seed", SEEDS)
def test_rows_in_the_order_of_their_classes(seed):
    first, middle, last = np.split(np.argsort(y, kind="stable"), [1078, 1438])
    model = train(first, 0.3, 32, seed)
    assert accuracy_on(model, first) == 1
    assert accuracy_on(model, middle) < 0.02
    assert accuracy_on(model, last) == 0


@pytest.mark.parametrize("seed", SEEDS)
def test_at_the_rate_3_every_neuron_is_off(seed):
    result, validation = one_round(seed), split(seed)[1]
    for size in (32, 128):
        stuck = result["candidates"][3.0, size]
        on = stuck.layers[0](X[validation]) > 0
        assert on.any(axis=0).sum() <= 1  # "at most one", on the validation images
        assert on.sum() <= 5  # "for a few images": measured 3
        assert result["losses"][3.0, size] == pytest.approx(np.log(10), abs=0.08)
        assert accuracy_on(stuck, validation) < 0.11
    # the last biases follow each batch: the loss stays above ln 10, most for 32
    assert result["losses"][3.0, 32] > result["losses"][3.0, 128] > np.log(10)
    # a larger batch takes fewer steps, so a small rate gets less far
    assert result["losses"][0.1, 128] > result["losses"][0.1, 32]


def test_pixels_from_0_to_16():
    revived, scaled, smaller = [], [], []
    for seed in SEEDS:
        training, validation, _ = split(seed)
        dead = train(training, 1.0, 128, seed, factor=16)
        assert accuracy_on(dead, validation, factor=16) < 0.11
        slow = train(training, 0.03, 128, seed, factor=16)
        revived.append(accuracy_on(slow, validation, factor=16))
        scaled.append(accuracy_on(one_round(seed)["candidates"][CHOSEN], validation))
        start = build(np.random.default_rng(seed))
        raw = SoftmaxCrossEntropy()(start(16 * X[training]), y[training])
        assert raw > 2 * np.log(10)  # "far above ln 10"
        # "the start weights are too large for such inputs"
        lighter = train(training, 0.01, 128, seed, factor=16, divisor=16)
        smaller.append(accuracy_on(lighter, validation, factor=16))
    assert np.mean(revived) == pytest.approx(0.950, abs=0.002)
    assert np.mean(scaled) == pytest.approx(0.968, abs=0.002)
    assert np.mean(revived) + 0.004 < np.mean(smaller) < np.mean(scaled) - 0.004


@pytest.mark.parametrize("seed", SEEDS)
def test_test_images_among_the_training_images(seed):
    training, _, test = split(seed)
    leaky = train(np.concatenate([training, test]), *CHOSEN, seed)
    assert accuracy_on(leaky, test) > 0.9965  # "0.997 or 1.000"


@cache
def by_tenths(seed):
    """Return the accuracies on five random tenths, and on all tenths in file order."""
    random = datasets.stratified_split(y, [0.1] * 10, np.random.default_rng(seed))
    shares = []
    for tenths in (random[:5], np.array_split(np.arange(len(y)), 10)):
        rest = [np.setdiff1d(np.arange(len(y)), tenth) for tenth in tenths]
        shares.append(
            [
                accuracy_on(train(others, *CHOSEN, seed), tenth)
                for others, tenth in zip(rest, tenths, strict=True)
            ]
        )
    return [np.array(each) for each in shares]


def test_tenths_in_file_order_are_harder():
    means = []
    for seed in SEEDS:
        at_random, in_order = by_tenths(seed)
        assert at_random.mean() - in_order.mean() > 0.01
        assert np.ptp(in_order) > 0.05
        assert in_order.min() < 0.93
        means.append((at_random.mean(), in_order.mean()))
    at_random, in_order = np.mean(means, axis=0)
    assert at_random == pytest.approx(0.976, abs=0.004)
    assert in_order == pytest.approx(0.953, abs=0.004)
    assert (1 - in_order) / (1 - at_random) > 1.7  # "the mistakes double"


def test_silent_neurons():
    silent, at_first = [], []
    for seed in SEEDS:
        start = build(np.random.default_rng(seed))
        at_first.append(int((start.layers[0](X) <= 0).all(axis=0).sum()))
        training, validation, _ = split(seed)
        model = train(np.concatenate([training, validation]), *CHOSEN, seed)
        silent.append(int((model.layers[0](X) <= 0).all(axis=0).sum()))
    assert (min(at_first), max(at_first)) == (0, 3)  # of 32
    assert (min(silent), max(silent)) == (2, 8)


def test_8_taken_for_1_is_the_most_frequent_mistake():
    C = np.zeros((10, 10), dtype=int)
    for seed in SEEDS:
        test = split(seed)[2]
        guess = one_round(seed)["final"](X[test]).argmax(axis=1)
        C += metrics.confusion_matrix(y[test], guess, 10)
    off = C - np.diag(np.diag(C))
    assert off.sum() == pytest.approx(100, abs=6)  # "about ten mistakes in 359"
    assert off.argmax() == 81
    assert off[8, 1] > off[off != off[8, 1]].max() + 2
    assert off[1, 8] < off[8, 1] / 2  # "the reverse is rarer": 3 against 11


def test_calibration_is_as_good_as_359_images_can_tell():
    rows, pooled, rng = [], [], np.random.default_rng(0)

    def by_chance(Y_hat):
        sums = Y_hat.cumsum(axis=1)
        drawn = [(sums > rng.random((len(sums), 1))).argmax(axis=1) for _ in range(50)]
        each = [metrics.expected_calibration_error(d, Y_hat) for d in drawn]
        return np.mean(each)

    for seed in SEEDS:
        _, validation, test = split(seed)
        result = one_round(seed)
        Z = result["final"](X[test])
        held = result["candidates"][result["chosen"]](X[validation])
        T = fit_temperature(held, y[validation])
        Y_hat = softmax(Z)
        ece = metrics.expected_calibration_error(y[test], Y_hat)
        cooled = metrics.expected_calibration_error(y[test], softmax(Z / T))
        pooled.append((y[test], Y_hat))
        rows.append((Y_hat.max(axis=1).mean(), ece, T, cooled, by_chance(Y_hat)))
    confidence, ece, T, cooled, chance = np.mean(rows, axis=0)
    assert confidence == pytest.approx(0.975, abs=0.002)
    assert ece == pytest.approx(0.015, abs=0.001)
    assert cooled == pytest.approx(ece, abs=0.002)  # "next to nothing"
    assert chance == pytest.approx(0.014, abs=0.001)
    assert all(0.9 < row[2] < 1.45 for row in rows)  # "on average near 1"
    assert np.isclose(T, 1.1, atol=0.1)
    assert rows[2][3] - rows[2][1] == pytest.approx(0.007, abs=0.002)  # split 2
    labels, Y_hat = (np.concatenate(part) for part in zip(*pooled, strict=True))
    together = metrics.expected_calibration_error(labels, Y_hat)
    assert together == pytest.approx(0.004, abs=0.001)
    assert together < 1.3 * by_chance(Y_hat)  # measured 0.0041 and 0.0048


def test_the_final_model_leaves_nothing_to_fit_on_the_validation_images():
    fitted = {}
    for seed in SEEDS:
        validation, result = split(seed)[1], one_round(seed)
        Z = result["final"](X[validation])
        if (Z.argmax(axis=1) == y[validation]).all():
            with pytest.raises(ValueError, match="always right"):
                fit_temperature(Z, y[validation])
        else:
            held = result["candidates"][result["chosen"]](X[validation])
            pair = [fit_temperature(each, y[validation]) for each in (Z, held)]
            fitted[seed] = pytest.approx(pair, abs=0.02)
    assert fitted == {1: [0.46, 1.01], 4: [0.37, 1.04]}
