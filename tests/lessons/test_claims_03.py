"""What lesson 03 says of gradient checks and training runs, for the seeds 0 to 9."""

import numpy as np
import pytest
from seeds import SEEDS, broken, outside, run

pytestmark = pytest.mark.seeds


def test_its_assertions_hold_with_other_seeds():
    # among them: the wrong mask stays within a tenth of the best line on the wave
    assert broken(3) == set()


def test_right_errors_lie_far_below_the_line_and_wrong_ones_far_above():
    lesson, right, wrong = run(3, 0), [], []
    for seed in range(100):
        for kind, found in ((lesson.Dense, right), (lesson.TransposedDW, wrong)):
            problem = lesson.probe(kind, seed=seed)
            errors = lesson.check_gradients(*problem, lesson.MSE())
            found += [errors["0.W"], errors["2.W"]]
    assert np.mean((np.array(right) > 1e-11) & (np.array(right) < 1e-10)) > 0.8
    assert max(right) < 1e-8
    assert min(wrong) > 1e-2


def test_right_errors_are_all_rounding():
    # then a larger step is better; an error of the formula would grow with it
    lesson, errors = run(3, 0), {1e-5: [], 1e-3: []}
    for step, found in errors.items():
        for seed in range(20):
            problem = lesson.probe(seed=seed)
            found += lesson.check_gradients(*problem, lesson.MSE(), step).values()
    assert np.median(errors[1e-3]) < np.median(errors[1e-5]) / 20


def test_the_grid_of_mistakes_is_the_same():
    grids = [run(3, seed).found for seed in SEEDS]
    assert all(grid == grids[0] for grid in grids)


def test_on_the_kink_no_mask_passes():
    for lesson in [run(3, seed) for seed in SEEDS]:
        for mask in (lesson.ReLU, lesson.MaskAtZero):
            model, X, Y = lesson.probe(relu=mask)
            assert {"X", "0.b"} <= set(lesson.failures(model, 0 * X, Y, lesson.MSE()))


def test_a_wrong_mask_shows_on_the_wave_and_hardly_on_the_line():
    bounds = {  # the noise is 0.01
        **dict.fromkeys(["right_line[-1]", "wrong_line[-1]"], (0, 0.02)),
        "wrong_sine[-1] / 0.01": (15, 25),  # "twenty times the noise"
        "wrong_sine[-1] / wrong_sine[1000]": (0.95, 1),  # "less than a twentieth"
    }
    assert outside(3, bounds) == {}


@pytest.mark.parametrize(("factor", "ratio"), [(0.5, 2**-9), (2, 2**9)])
def test_gradients_vanish_and_explode_with_the_scale_of_the_weights(factor, ratio):
    def gradients(factor):
        rng = np.random.default_rng(0)
        pairs = [(lesson.Dense(16, 16, rng), lesson.ReLU()) for _ in range(10)]
        model = lesson.Sequential([layer for pair in pairs for layer in pair])
        for dense, _ in pairs:
            dense.W *= factor
        model(rng.normal(size=(5, 16)))
        model.backward(rng.normal(size=(5, 16)))
        return np.array([dense.dW for dense, _ in pairs])

    lesson = run(3, 0)
    assert np.allclose(gradients(factor), ratio * gradients(1), rtol=1e-9)


def test_from_zeros_only_the_last_bias_has_a_slope():
    lesson = run(3, 0)
    rng = np.random.default_rng(0)
    model = lesson.Sequential(
        [lesson.Dense(2, 2, rng), lesson.ReLU(), lesson.Dense(2, 1, rng)]
    )
    for P, _ in model.parameters().values():
        P[:] = 0
    X, Y = lesson.sample[None, :], np.array([[lesson.target]])
    assert lesson.failures(model, X, Y, lesson.MSE()) == ["X", "0.W", "0.b", "2.W"]
    assert lesson.check_gradients(model, X, Y, lesson.MSE())["0.W"] == np.inf
    assert model.layers[2].db == -4
