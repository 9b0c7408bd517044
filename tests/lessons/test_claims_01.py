"""What lesson 01 says and its cells do not assert; nothing in it is drawn at random."""

from itertools import product

import numpy as np
import pytest
from seeds import broken, run

pytestmark = pytest.mark.seeds


@pytest.fixture(scope="module")
def lesson():
    return run(1, 0)


def test_its_assertions_hold():
    assert not broken(1)


def test_four_settings_of_the_sliders_draw_the_line_of_the_alarm(lesson):
    settings = product(range(-8, 9), range(-8, 9), range(-20, 21))
    same = {
        (w1, w2, b) for w1, w2, b in settings if (4 * w1, 10 * w1) == (3 * w2, -3 * b)
    }
    same.discard((0, 0, 0))
    assert same == {(3, 4, -10), (6, 8, -20), (-3, -4, 10), (-6, -8, 20)}


def test_without_a_bias_12_of_16_is_the_most_and_no_price_list(lesson):
    assert (lesson.top, len(lesson.best)) == (12, 10)
    assert all(w1 <= 0 for w1, _ in lesson.best)
    assert lesson.y_trap.sum() == 8
    angles = np.linspace(0, 2 * np.pi, 20_001)
    all_w = np.column_stack([np.cos(angles), np.sin(angles)])  # z = 0 exactly aside
    counts = (lesson.y_trap == (lesson.X_trap @ all_w.T > 0).T).sum(axis=1)
    assert counts.max() == 12


def test_the_repaired_product_fails_between_10_and_20_euros(lesson):
    bills = lesson.X @ lesson.w
    wrong = np.array(lesson.wrong)
    assert (wrong == (bills > 10) & (bills <= 20)).all()
    assert wrong.sum() == 15


def test_the_rows_right_of_xor(lesson):
    zeros = [
        int((table == 0).sum()) for table in (lesson.y_and, lesson.y_or, lesson.y_xor)
    ]
    assert zeros == [3, 1, 2]
    assert max(int((a == lesson.y_xor).sum()) for a in lesson.found) == 3
    assert (lesson.agree.sum(), lesson.agree.mean()) == (10, 0.625)


def test_an_activation_that_rises_and_falls_computes_xor(lesson):
    def bump(z):
        return np.where(abs(z) < 0.5, 1.0, 0.0)

    neuron = lesson.Neuron(np.array([1.0, 1.0]), -1.0, bump)
    assert (lesson.answers(neuron) == lesson.y_xor).all()
