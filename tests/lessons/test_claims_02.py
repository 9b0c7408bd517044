"""What lesson 02 says of random networks, for the seeds 0 to 9."""

from seeds import broken, near, over_seeds


def test_its_assertions_hold_with_other_seeds():
    assert not broken(2)


def test_an_untrained_network_is_no_better_than_a_guess():
    shares = over_seeds(2, "np.mean(answers == y_spiral)")
    assert shares.mean() == near(1 / 3, 0.1)
    assert shares.min() < 1 / 3 < shares.max()  # "sometimes above ... sometimes below"
