"""Settings and fixtures of all tests."""

from collections import Counter

import numpy as np
import pytest
from hypothesis import HealthCheck, settings

# The same examples in every run: a red test is red for everyone.
settings.register_profile("nnlib", derandomize=True, deadline=None, max_examples=40)
# New examples in every run, many more: make fuzz.
settings.register_profile(
    "fuzz",
    deadline=None,
    max_examples=300,
    print_blob=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
)
settings.load_profile("nnlib")

DEEP = 10_000  # calls that the profile "fuzz" makes at least


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def pytest_configure(config):
    config.driven = Counter()  # calls by test_fuzz.py, counted as they are made


def too_few(config):
    deep = config.getoption("hypothesis_profile", None) == "fuzz"
    return deep and config.driven.total() < DEEP


def pytest_terminal_summary(terminalreporter, config):
    total = config.driven.total()
    if total:
        terminalreporter.line(
            f"{total:,} calls with sound and with bad input were made"
        )
    if too_few(config):
        terminalreporter.line(
            f"these are fewer than the {DEEP:,} of make fuzz", red=True
        )


def pytest_sessionfinish(session, exitstatus):
    if exitstatus == 0 and too_few(session.config):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
