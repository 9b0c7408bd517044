"""What lesson 03 says of gradient checks and training runs, for the seeds 0 to 9."""

import numpy as np
import pytest
from seeds import SEEDS, broken, over_seeds, run

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


def test_the_grid_of_mistakes_is_the_same():
    grids = [run(3, seed).found for seed in SEEDS]
    assert all(grid == grids[0] for grid in grids)


def test_on_the_kink_no_mask_passes():
    for lesson in [run(3, seed) for seed in SEEDS]:
        for mask in (lesson.ReLU, lesson.MaskAtZero):
            model, X, Y = lesson.probe(relu=mask)
            assert {"X", "0.b"} <= set(lesson.failures(model, 0 * X, Y, lesson.MSE()))


def test_a_wrong_mask_shows_on_the_wave_and_hardly_on_the_line():
    right, wrong = over_seeds(3, "right_line[-1]"), over_seeds(3, "wrong_line[-1]")
    assert np.all(wrong < 0.02)  # "both networks reach the noise", which is 0.01
    assert np.all(right < 0.02)
    ratio = over_seeds(3, "wrong_sine[-1] / 0.01")
    assert ratio.min() > 15  # "twenty times the noise"
    assert ratio.max() < 25
