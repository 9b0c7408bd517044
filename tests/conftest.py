"""Settings and fixtures of all tests."""

import numpy as np
import pytest
from hypothesis import settings

# The same examples in every run: a red test is red for everyone.
settings.register_profile("nnlib", derandomize=True, deadline=None, max_examples=40)
settings.load_profile("nnlib")


@pytest.fixture
def rng():
    return np.random.default_rng(0)
