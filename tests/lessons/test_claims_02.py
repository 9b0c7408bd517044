"""What lesson 02 says of random networks, for the seeds 0 to 9."""

import numpy as np
import pytest
from seeds import SEEDS, broken, near, over_seeds

from nnlib import Dense, ReLU

pytestmark = pytest.mark.seeds


def test_its_assertions_hold_with_other_seeds():
    assert not broken(2)


def last_size(width, rng):
    """Return the root mean square after ten layers, for fresh inputs and weights."""
    A = rng.normal(size=(100, width))
    for _ in range(10):
        A = ReLU()(Dense(width, width, rng)(A))
    return np.sqrt(np.mean(A**2))


def test_narrow_networks_stray_further():
    for seed in SEEDS:
        rng = np.random.default_rng(seed)
        strays = [
            np.std(np.log([last_size(width, rng) for _ in range(10)]))
            for width in (8, 32, 256)
        ]
        assert strays[0] > strays[1] > strays[2]


def test_an_untrained_network_is_no_better_than_a_guess():
    shares = over_seeds(2, "np.mean(answers == y_spiral)")
    assert shares.mean() == near(1 / 3, 0.1)
    assert shares.min() < 1 / 3 < shares.max()  # "sometimes above ... sometimes below"
