"""What holds for all inputs, tried on inputs drawn by hypothesis."""

import numpy as np
import pytest
import sklearn.metrics as sk
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from networks import LOSSES, assert_same, batch, gradients, network, values

from nnlib import ReLU, check_gradients, datasets, metrics, minibatches, one_hot
from nnlib.gradient_check import relative_error
from nnlib.losses import log_softmax, softmax

seeds, sizes = st.integers(0, 2**32 - 1), st.integers(1, 6)
logits = arrays(float, st.tuples(sizes, sizes), elements=st.floats(-1e4, 1e4))
vectors = arrays(float, 4, elements=st.integers(-1000, 1000))
PER_CLASS = ["precision", "recall", "f1"]


@st.composite
def scored(draw):
    """Draw labels, scores with many ties, and a number between 1 and K."""
    m, n_classes = draw(st.integers(1, 30)), draw(st.integers(3, 6))
    y = draw(arrays(int, m, elements=st.integers(0, n_classes - 1)))
    scores = draw(arrays(float, (m, n_classes), elements=st.sampled_from([0, 0.5, 1])))
    return y, scores, draw(st.integers(1, n_classes))


@given(Z=logits, shift=st.floats(-1e4, 1e4))
def test_softmax_gives_probabilities_that_a_shift_does_not_change(Z, shift):
    P = softmax(Z)
    assert ((P >= 0) & (P <= 1)).all()
    np.testing.assert_allclose(P.sum(axis=1), 1)
    np.testing.assert_allclose(softmax(Z + shift), P, rtol=1e-10, atol=1e-300)
    np.testing.assert_allclose(np.exp(log_softmax(Z)), P, rtol=1e-10, atol=1e-300)


@pytest.mark.parametrize("loss", LOSSES)
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(widths=st.lists(sizes, min_size=1, max_size=4), m=sizes, seed=seeds)
def test_gradients_agree_with_central_differences(loss, widths, m, seed):
    """Of networks of any depth, where no ReLU is near its kink and no gradient is 0."""
    widths, rng = [*widths, 3], np.random.default_rng(seed)
    model, (X, target) = network(widths, rng), batch(loss, m, widths[0], 3, rng)
    found = gradients(model, X, target, loss())
    assume(all(np.abs(L.Z).min() > 1e-3 for L in model.layers if isinstance(L, ReLU)))
    assume(all(np.linalg.norm(dP) > 1e-2 for dP in found.values()))
    assert max(check_gradients(model, X, target, loss()).values()) < 1e-7
    both = np.concatenate([X, X]), np.concatenate([target, target])
    twice = gradients(model, *both, loss())  # a batch repeated twice: the same
    dX, dX_twice = found.pop("X"), twice.pop("X")
    assert_same(twice, found, rtol=1e-9, atol=1e-12)
    np.testing.assert_allclose(dX_twice, np.concatenate([dX, dX]) / 2, rtol=1e-9)


@given(m=st.integers(1, 40), batch_size=st.integers(1, 50), seed=seeds)
def test_minibatches_are_a_permutation(m, batch_size, seed):
    X, rng = np.arange(2 * m).reshape(m, 2), np.random.default_rng(seed)
    X_batches, y_batches = zip(*minibatches(X, X[:, 0], batch_size, rng), strict=True)
    full, rest = divmod(m, batch_size)
    assert [len(y) for y in y_batches] == full * [batch_size] + [rest] * (rest > 0)
    order = np.concatenate(y_batches) // 2
    assert sorted(order) == list(range(m))
    np.testing.assert_array_equal(np.concatenate(X_batches), X[order])


@given(case=scored(), more=st.integers(0, 3))
@pytest.mark.filterwarnings("ignore::UserWarning:sklearn")
def test_metrics_agree_with_scikit_learn(case, more):
    """Classes that occur nowhere have a row and a column as well."""
    y, scores, k = case
    pair = y, scores.argmax(axis=1)
    n_classes = int(np.max(pair)) + 1
    every, zero = range(n_classes + more), {"zero_division": 0}
    assert metrics.accuracy(*pair) == sk.accuracy_score(*pair)
    found = metrics.confusion_matrix(*pair, n_classes=len(every))
    np.testing.assert_array_equal(found, sk.confusion_matrix(*pair, labels=every))
    assert metrics.confusion_matrix(*pair).shape == (n_classes, n_classes)
    for name in PER_CLASS:
        score = getattr(sk, f"{name}_score")
        expected = score(*pair, labels=every, average=None, **zero)
        found = getattr(metrics, name)(*pair, len(every))
        np.testing.assert_allclose(found, expected, rtol=1e-14)
        macro = getattr(metrics, f"macro_{name}")(*pair)
        assert macro == pytest.approx(score(*pair, average="macro", **zero), rel=1e-14)
    expected = sk.top_k_accuracy_score(y, scores, k=k, labels=range(scores.shape[1]))
    assert metrics.top_k_accuracy(y, scores, k) == pytest.approx(expected, rel=1e-14)


@given(case=scored(), seed=seeds)
def test_reliability_agrees_with_a_loop_and_no_metric_with_the_samples_order(
    case, seed
):
    y, scores, k = case
    P, n_bins, ece = softmax(4 * scores), 2 * k, metrics.expected_calibration_error
    held = [[] for _ in range(n_bins)]
    for label, row in zip(y, P, strict=True):
        inside = [b for b in range(1, n_bins) if row.max() > b / n_bins]
        held[len(inside)].append((row.argmax() == label, row.max()))
    rows = [(len(bin_), *(np.mean(bin_, axis=0) if bin_ else (0, 0))) for bin_ in held]
    np.testing.assert_allclose(metrics.reliability(y, P, n_bins), np.transpose(rows))
    expected = sum(n * abs(acc - conf) for n, acc, conf in rows) / len(y)
    assert ece(y, P, n_bins) == pytest.approx(expected, abs=1e-14)
    order = np.random.default_rng(seed).permutation(len(y))
    for metric, prediction in [
        *(
            (getattr(metrics, name), P.argmax(axis=1))
            for name in ["accuracy", *PER_CLASS]
        ),
        (lambda y, P: metrics.top_k_accuracy(y, P, k), P),
        (ece, P),
    ]:
        found = metric(y[order], prediction[order])
        np.testing.assert_allclose(found, metric(y, prediction), rtol=1e-12, atol=1e-15)


@given(widths=st.lists(sizes, min_size=2, max_size=4), seed=seeds)
def test_save_and_load_and_one_hot_and_argmax_undo_each_other(widths, seed, path):
    saved, other = (network(widths, np.random.default_rng(s)) for s in (seed, 0))
    saved.save(path)
    other.load(path)
    assert_same(values(other), values(saved))
    np.testing.assert_array_equal(one_hot(widths, 7).argmax(axis=1), widths)


@pytest.fixture(scope="module")
def path(tmp_path_factory):
    return tmp_path_factory.mktemp("properties") / "model.npz"


@given(a=vectors, b=vectors, scale=st.floats(1e-6, 1e6))
def test_the_relative_error_is_symmetric_free_of_scale_and_at_most_2(a, b, scale):
    assume(a.any() or b.any())
    error = relative_error(a, b)
    assert 0 <= error == relative_error(b, a) <= 2 + 1e-15
    assert relative_error(scale * a, scale * b) == pytest.approx(error, abs=1e-12)


@given(case=scored(), parts=st.lists(sizes, min_size=1), seed=seeds)
def test_a_split_is_a_partition_with_each_class_by_its_share(case, parts, seed):
    y, shares = case[0], np.array(parts) / sum(parts)
    found = datasets.stratified_split(y, shares, np.random.default_rng(seed))
    assert sorted(np.concatenate(found).tolist()) == list(range(len(y)))
    for part, share in zip(found, shares, strict=True):
        counts = np.bincount(y[part], minlength=6) - share * np.bincount(y, minlength=6)
        assert np.abs(counts).max() <= 1 + 1e-9
