"""What lesson 01 asserts holds whatever the seed."""

from seeds import broken


def test_its_assertions_hold_with_other_seeds():
    assert not broken(1)
