"""Errors teach: the mistakes that learners make, and what each public function says.

A refused call changes nothing.  The short tables ask each public function for each of
its checks, by the name that the message gives the argument; how the checks themselves
judge is in test_checks.py.  The long table holds what only one function can say.
"""

import copy
from functools import partial
from types import SimpleNamespace

import numpy as np
import pytest
from networks import assert_refused, network, table

import nnlib
from nnlib import Dense, ReLU, calibration, datasets, gradient_check, metrics, neuron

MODULES = [nnlib, calibration, datasets, gradient_check, metrics, neuron]
KINDS = {"V": "ValueError", "T": "TypeError", "R": "RuntimeError"}
WRONG = []  # pairs (code, what the message says)

# A NaN, as A, a row, or as N, a number.

for name, code in table("""
step: z => step(A)
relu: z => relu(A)
Neuron: w => Neuron(A, 0)
Neuron: b => Neuron([1], N)
Neuron(2 inputs, step): x => Neuron([1, 1], 0)(A)
Dense(2 -> 3): X => dense([A])
ReLU: X => ReLU()([A])
Sequential(2 -> 3): X => model([A])
MSE: prediction => mse([A], ones(1, 2))
MSE: target => mse(ones(1, 2), [A])
SoftmaxCrossEntropy: prediction => sce([A], [0])
softmax: Z => softmax([A])
top_k_accuracy: scores => top_k_accuracy([0], [A], 1)
reliability: Y_hat => reliability([0], [A])
expected_calibration_error: Y_hat => expected_calibration_error([0], [A])
fit_temperature: Z => fit_temperature([A], [0])
stratified_split: shares => stratified_split([0], A, rng)
bootstrap_interval: level => interval(level=N)
bootstrap_interval: metric(y, y_pred) => interval(metric=lambda y, y_pred: N)
line: noise => line(5, N, rng)
sine: noise => sine(5, N, rng)
spiral: noise => spiral(5, 3, N, rng)
fit: Sequential(2 -> 3): X => train(X=[A])
fit: MSE: target => train(model=ReLU(), X=ones(1, 2), y=[A], loss=mse)
fit: validation: Sequential(2 -> 3): X => train(validation=([A], [0]))
check_gradients with Sequential(2 -> 3): X => check(X=[A])
numerical_gradient: P => numerical_gradient(lambda: 1.0, A)
numerical_gradient: f() => numerical_gradient(lambda: N, X)
"""):
    WRONG += [(code, f"V | {name} must hold finite numbers, got NaN or inf")]

# Labels L: floats, or from 1 to 3 where there is a class for each column.

BY_CLASS = ["confusion_matrix", "precision", "recall", "f1"]
OF_LABELS = [*BY_CLASS, "accuracy", "macro_precision", "macro_recall", "macro_f1"]
LIMITED = table("""
SoftmaxCrossEntropy: y => sce(Y, L)
one_hot: y => one_hot(L, 3)
top_k_accuracy: y => top_k_accuracy(L, Y, 1)
reliability: y => reliability(L, P)
expected_calibration_error: y => expected_calibration_error(L, P)
fit_temperature: y => fit_temperature(Y, L)
fit: SoftmaxCrossEntropy: y => train(y=L)
fit: validation: SoftmaxCrossEntropy: y => train(validation=(X, L))
SoftmaxCrossEntropy: y => check(target=L)
""")
LIMITED += [(f"{name}: y", f"{name}(L, y, 3)") for name in BY_CLASS]
LIMITED += [(f"{name}: y_pred", f"{name}(y, L, 3)") for name in BY_CLASS]
ANY = [("bootstrap_interval: y", "interval(y=L)")]
ANY += [("stratified_split: y", "stratified_split(L, [1], rng)")]
ANY += [(f"{name}: y", f"{name}(L, y)") for name in OF_LABELS]
ANY += [(f"{name}: y_pred", f"{name}(y, L)") for name in OF_LABELS]
for name, code in LIMITED + ANY:
    y = name.split(": ")[-1]
    says = f"{name} must be integer labels, got dtype float64: {y}.astype(int) makes"
    WRONG += [(code.replace("L", "1.0 * y"), f"T | {says}")]
for name, code in LIMITED:
    says = f"{name} must be labels from 0 to 2, got labels from 1 to 3: do they"
    WRONG += [(code.replace("L", "y + 1"), f"V | {says}")]

# 6 and 5 rows; counts, of which the least is 1; a seed; no model, no loss.

for name, code in table("""
bootstrap_interval expects y and y_pred => interval(y_pred=Y[:5])
minibatches expects X and y => batches(X, y[:5])
top_k_accuracy expects y and scores => top_k_accuracy(y, Y[:5], 1)
reliability expects y and Y_hat => reliability(y, P[:5])
expected_calibration_error expects y and Y_hat => ece(y, P[:5])
fit_temperature expects y and Z => fit_temperature(Y[:5], y)
""") + [(f"{name} expects y and y_pred", f"{name}(y, y[:5])") for name in OF_LABELS]:
    says = f"{name} of the same length, one row per sample, got 6 and 5: are they"
    WRONG += [(code, f"V | {says}")]

for name, code in table("""
Dense: n_in => Dense(N, 3, rng)
Dense: n_out => Dense(2, N, rng)
one_hot: n_classes => one_hot(0 * y, N)
top_k_accuracy: k => top_k_accuracy(y, Y, N)
reliability: n_bins => reliability(y, P, N)
expected_calibration_error: n_bins => expected_calibration_error(y, P, N)
bootstrap_interval: n_resamples => interval(n_resamples=N)
minibatches: batch_size => next(minibatches(X, y, N, rng))
fit: batch_size => train(batch_size=N)
fit: epochs => train(epochs=N)
line: n => line(N, 0, rng)
sine: n => sine(N, 0, rng)
spiral: n_per_class => spiral(N + 1, 3, 0, rng)
spiral: n_classes => spiral(9, N, 0, rng)
""") + [(f"{name}: n_classes", f"{name}(0 * y, 0 * y, N)") for name in BY_CLASS]:
    least = "at least 2, got 1" if "per_class" in name else "at least 1, got 0"
    WRONG += [(code.replace("N", "0"), f"V | {name} must be {least}: is")]
    WRONG += [(code.replace("N", "2.0"), f"T | {name} must be a whole number")]

for name, code in table("""
Dense(2, 3, rng) => Dense(2, 3, 0)
minibatches => next(minibatches(X, y, 2, 0))
line => line(5, 0, 0)
sine => sine(5, 0, 0)
spiral => spiral(5, 3, 0, 0)
stratified_split => stratified_split(y, [1], 0)
bootstrap_interval => interval(rng=0)
fit => train(rng=0)
"""):
    WRONG += [(code, f"T | {name}: rng must be a NumPy Generator, got int: make")]

for name, code in table("""
fit: model must be a layer or a Sequential => train(model=0.5)
fit: loss must be a loss such as MSE() => train(loss=0.5)
check_gradients: model must be a layer or a Sequential => check(model=0.5)
check_gradients: loss must be a loss such as MSE() => check(loss=0.5)
SGD.step: model must be a layer or a Sequential => sgd.step(0.5)
"""):
    WRONG += [(code, f"T | {name}, got float: are two arguments swapped?")]

# What only one function can say.  V, T and R: a ValueError, TypeError, RuntimeError.

WRONG += table("""
dense(Y) => V | Dense(2 -> 3) expects X of shape (m, 2), got (6, 3): a sample needs 2
model(X[0]) => V | Sequential(2 -> 3) expects X of shape (m, 2), got (2,): one sample
train(X=Y) => V | fit: Sequential(2 -> 3) expects X of shape (m, 2), got (6, 3)
check(X=Y) => V | check_gradients with Sequential(2 -> 3) expects X of | (m, 2), got (6
SGD(0) => V | SGD: learning_rate must be a finite number above 0, got 0 | such as 0.1
check(step=0) => V | check_gradients: step must be | above 0, got 0 | 1e-5 is a good one
numerical_gradient(sum, X, 0) => V | numerical_gradient: step must be | 1e-5 is a good
train(on_epoch=3) => T | a function (epoch, model) | got int | without calling it
Sequential([ReLU(), "Dense"]) => T | layer 1 must be a layer | got str | derive a layer
Sequential(ReLU()) => T | expects a list of layers | got ReLU | put the layers in
Sequential(dense, ReLU()) => T | a list of layers | got 2 arguments | Sequential([...])
Sequential([]) => V | expects at least one layer | got an empty list | nothing to train
Sequential([rectify, rectify]) => V | layer 1, ReLU, must not stand | twice | a new one
Sequential([rectify, Sequential([ReLU(), rectify])]) => V | layer 1, Seq | twice
Sequential([dense, ReLU(), model]) => V | layer 2, Seq | 2 columns, got 3 from Dense(2 -
mse(ones(6, 1), ones(6)) => V | MSE expects a target of shape (6, 1) | (6,) | y[:, None]
sce(Y, y[:5]) => V | SoftmaxCrossEntropy expects one label per row | 5 labels for 6 rows
train(loss=mse) => V | fit: MSE expects a target of shape (6, 3) | (6,) | one_hot(y, 3)
train(validation=X[:2]) => T | validation must be a pair (X, y) | got ndarray | brackets
train(validation=(X, y, y)) => T | validation must be a pair (X, y) | tuple | brackets
train(optimizer=SGD) => T | such as SGD(learning_rate=0.1) | got <class | was it called
train(optimizer=0.1) => T | such as SGD(learning_rate=0.1) | got 0.1: | swapped?
train(optimizer=namespace(step=1)) => T | such as SGD( | got namespace(step=1) | called
fresh.layers[0].backward(Y) => R | Dense(2 -> 3).backward() came before forward: call
ReLU().backward(Y) => R | ReLU.backward() came before forward: call ReLU on a batch
fresh.backward(Y) => R | Sequential(2 -> 3).backward() came before forward: call
MSE().backward() => R | MSE.backward() came before forward: call MSE on a batch first
SoftmaxCrossEntropy().backward() => R | Entropy.backward() came before forward | call
dense.backward(Y.T) => V | dZ of shape (6, 3), like | got (3, 6) | or transposed?
dense.backward(None) => T | Dense(2 -> 3).backward: dZ must be | got None | lack its
rectify.backward(Y[:1]) => V | ReLU.backward expects dZ of shape (6, 3) | got (1, 3)
model.backward(Y[0]) => V | Sequential(2 -> 3).backward expects dZ of | (6, 3) | (3,)
sgd.step(fresh) => R | came before backward | 0.W, 0.b of Sequential(2 -> 3) | first
check(X=X.astype("f4")) => T | float64 throughout | got X of float32 | drown | astype(np
check(model=narrow) => T | float64 throughout | got 0.W of float32 | drown in rounding
numerical_gradient(1.0, X) => T | f must be a function | got float | write lambda:
numerical_gradient(sum, y) => T | P must be an array of float64 | got int64 | cut off
numerical_gradient(sum, [1.0]) => T | P must be an array of float64 | got list | drowns
relative_error(None, X) => T | relative_error: a gradient must be | None | never set?
relative_error(X, None) => T | relative_error: a gradient must be | None | never set?
relative_error(X, X.T) => V | have shapes (6, 2) and (2, 6), expected the same
batches([[1], [2, 3]], y) => V | minibatches: X must be | a ragged list | rows differ
batches(X, None) => T | minibatches: y must be a number or an array | got None | return
top_k_accuracy(y, Y, 4) => V | k of at most 3, the | got 4 | transposed
interval(metric=0.5) => T | metric must be a function (y, y_pred) | got float | calling
interval(y_pred=None) => T | bootstrap_interval: y_pred must be a number or | got None
interval(level=0) => V | level must lie between 0 and 1, got 0: 95 % is written 0.95
interval(level=1) => V | level must lie between 0 and 1, got 1: 95 % is written 0.95
reliability(y, 0 * P + [1.5, -0.5, 0]) => V | as low as -0.5: are these logits?
reliability(y, 1.006 * P) => V | rows that add up to 1 | sum is off by 0.006 | logits?
reliability(y, 0.994 * P) => V | to hold probabilities, rows | is off by 0.006: are
reliability([0, 0], [[0, 1], [0, 0.9]]) => V | got a row whose sum is off by 0.1: are
reliability(y, P[:, 0]) => V | reliability expects Y_hat of shape (m, K) | (6,) | column
ece(y, P[:, :1]) => V | error expects Y_hat of shape (m, K) | got (6, 1) | column_stack(
fit_temperature(Y, Y.argmax(axis=1)) => V | some row whose largest logit | none | more
fit_temperature(Y, Y.argmin(axis=1)) => V | no temperature below 1000 | same samples?
fit_temperature(small, [0, 0, 1]) => V | no temperature above 0.001 | differ | scaled
stratified_split(y, [[0.5, 0.5]], rng) => V | shares, numbers above 0 | got [[0.5, 0.5]]
stratified_split(y, [0.5, 0.5, 0], rng) => V | numbers above 0 | got [0.5, 0.5, 0.0]
stratified_split(y, [0.3333333] * 3, rng) => V | they add up to 0.9999999; | per cent?
line(5, -1, rng) => V | line: noise must be 0 or more, got -1.0: it is a standard
Neuron([1], 0, "relu") => T | Neuron: activation must be a function | got str | as relu
Neuron([[1], [2]], 0) => V | w of shape (n,), one weight per input | (2, 1) | flat list
Neuron([], 0) => V | Neuron expects w of shape (n,) | got (0,) | at least one weight
Neuron([1, 1], 0)(ones(2, 1)) => V | (2 inputs, step) expects x of shape (2,) | np.ravel
Neuron([1, 1], 0)(ones(1, 2)) => V | x of shape (2,) | got (1, 2): | with np.ravel
Neuron([1, 1], 0)(ones(3, 2)) => V | x of shape (2,) | got (3, 2): | is it a batch?
Neuron([1], 0, relu)(ones(3)) => V | x of shape (1,) | got (3,): | one number per weight
sgd.step(by_hand("dW", ones(1, 3))) => V | gradient of 0.W must have shape (2, 3) | (1,
sgd.step(by_hand("dW", [[1.0]])) => T | gradient of 0.W must be an array of | got list
sgd.step(by_hand("W", None)) => T | SGD.step: 0.W must be an array of floats | NoneType
sgd.step(by_hand("W", whole)) => T | SGD.step: 0.W must be an array of floats | int64
""")

# A parameter that was set by hand.

USES = ["{}(X)", "{}.save('no/such/m.npz')", "train(model={})", "check(model={})"]
for fault, says in table("""
"W", [[1.0] * 3] * 2 => T | W must be an array of floats | got list | np.array([[1.0, 2
"b", whole[:1] => T | Dense: b must be an array of floats | got dtype int64 | small
"W", ones(3) => V | Dense: W must have shape (n, k) | got (3,) | was it set by hand?
"b", ones(3, 1) => V | Dense: b must have shape (1, 3) | (3, 1) | one neuron per column
"W", N * whole => V | Dense: W must hold finite numbers | got NaN or inf | diverge?
"""):
    WRONG += [(use.format(f"by_hand({fault})"), says) for use in USES]


@pytest.fixture
def it(rng):
    """The public names, a classifier that has seen a batch of 6, and other parts."""
    it = SimpleNamespace(np=np, namespace=SimpleNamespace)
    for module in MODULES:
        vars(it).update(vars(module))
    it.rng = np.random.default_rng(1)  # for the call that goes wrong: it draws nothing
    it.A, it.N = np.array([1, np.nan]), np.nan
    it.batches = lambda X, y: next(nnlib.minibatches(X, y, 2, it.rng))
    it.small, it.whole = 1e-4 * np.eye(2)[[0, 0, 0]], np.ones((2, 3), int)
    it.ones, it.ece = lambda *shape: np.ones(shape), metrics.expected_calibration_error
    it.X, it.Y = rng.normal(size=(6, 2)), rng.normal(size=(6, 3))
    it.y, it.P = np.array([0, 1, 2, 0, 1, 2]), nnlib.softmax(it.Y)
    it.mse, it.sce, it.sgd = nnlib.MSE(), nnlib.SoftmaxCrossEntropy(), nnlib.SGD(0.1)
    it.model, it.fresh = network([2, 4, 3], rng), network([2, 3], rng)
    it.dense, it.rectify = Dense(2, 3, rng), ReLU()
    it.narrow = network([2, 3], rng, np.float32)
    it.model(it.X), it.dense(it.X), it.rectify(it.Y)
    it.model.backward(it.Y), it.dense.backward(it.Y)

    def by_hand(name, value):
        """Return the fresh model after a backward pass, with a parameter then set."""
        it.fresh(it.X)
        it.fresh.backward(it.Y)
        setattr(it.fresh.layers[0], name, value)
        return it.fresh

    sound = {"model": it.model, "X": it.X, "loss": it.sce}
    it.check = partial(nnlib.check_gradients, **sound, target=it.y)
    sound |= {"y": it.y, "optimizer": it.sgd, "epochs": 2, "rng": it.rng}
    it.train = partial(nnlib.fit, **sound, batch_size=4)
    sound = {"metric": metrics.accuracy, "y": it.y, "y_pred": it.y, "rng": it.rng}
    it.interval = partial(metrics.bootstrap_interval, **sound)
    it.by_hand = by_hand
    return it


def state(it):
    """Return all that a wrong call must leave alone."""
    pairs = [*it.model.parameters().values(), *it.dense.parameters().values()]
    return pairs, it.X, it.y, it.Y, it.P, it.rng.bit_generator.state


@pytest.mark.parametrize(("code", "says"), WRONG, ids=[code for code, _ in WRONG])
@pytest.mark.filterwarnings("error")
def test_a_mistake_is_explained_and_changes_nothing(code, says, it):
    before = copy.deepcopy(state(it))
    assert_refused(lambda: eval(code, vars(it)), KINDS[says[0]] + says[1:])
    np.testing.assert_equal(state(it), before)
