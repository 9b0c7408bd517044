"""Bad input, tried in bulk: a right answer or an error that teaches, nothing else.

Each door below has sound arguments, a way to call it, and what its docstring says,
computed apart from nnlib.  Hypothesis puts other things in their place.  After a call
the arguments are byte by byte what they were; after an error so are the model, the
loss and the random generator.  ``make fuzz`` drives the doors much longer.
"""

import copy
import importlib
import inspect
import math
import pkgutil
import sys
from fractions import Fraction
from itertools import pairwise
from pathlib import Path

import fuzzing
import numpy as np
import pytest
from fuzzing import (
    Refused,
    Rough,
    anything,
    assert_it_teaches,
    batch,
    count,
    exact,
    fingerprint,
    fits,
    generator,
    in_place_of_a_number,
    in_place_of_an_array,
    labels,
    machine,
    memory,
    number,
    numbers,
    outcome,
    parameter,
    positive,
    probabilities,
    real,
    refuse_unless,
)
from hypothesis import given
from hypothesis import strategies as st

import nnlib
from nnlib import (
    MSE,
    SGD,
    Dense,
    Neuron,
    ReLU,
    Sequential,
    SoftmaxCrossEntropy,
    check_gradients,
    datasets,
    fit,
    metrics,
    minibatches,
    one_hot,
    softmax,
)
from nnlib.calibration import fit_temperature
from nnlib.gradient_check import numerical_gradient, relative_error
from nnlib.layers import Layer
from nnlib.losses import Loss
from nnlib.neuron import relu, step

pytestmark = pytest.mark.filterwarnings("ignore:the matrix subclass")
DOORS = {}
BY_HAND = TypeError, ValueError


class Case:
    """One call to be made, and how to judge it.

    After an error ``watched`` must be as before; ``changes`` are the names of the
    arguments that the call is meant to change.
    """

    def __init__(
        self, call, judge, watched=(), errors=BY_HAND, may_refuse=False, changes=()
    ):
        self.call, self.judge, self.watched = call, judge, watched
        self.errors, self.may_refuse, self.changes = errors, may_refuse, changes


def door(name, says=None, **kinds):
    """Register what draws sound arguments, and then makes a Case of the changed ones.

    The function gets the random generator and sizes m, n, k; it yields its arguments as
    a dict, gets back the changed ones, and yields the Case.  The judge is a function of
    the result, or None if the call must be refused.
    """

    def register(function):
        DOORS[name] = says or name.split(":")[0].split()[0], kinds, function
        return function

    return register


def judged(rule):
    """Return (rule's judge, False); (None, False) where it refuses."""
    try:
        found = rule()
    except Refused:
        return None, False
    return found if isinstance(found, tuple) else (found, False)


RNGS = [None, 0, np.random.RandomState(0), np.random, np.random.default_rng, "rng"]


def twin_of(rng):
    """Return a generator that will draw the same."""
    return copy.deepcopy(rng) if isinstance(rng, np.random.Generator) else None


def instead(kind, value, draw):
    """Draw what to pass instead of the sound value."""
    if kind == "array":
        return draw(in_place_of_an_array(np.asarray(value)))
    if kind == "number":
        return draw(in_place_of_a_number())
    if kind == "rng":
        return draw(st.sampled_from(RNGS))
    if kind == "object":
        pool = [*fuzzing.numbers_and_the_like()]
        return draw(st.sampled_from([x for x in pool if not callable(x)]))
    return draw(st.sampled_from(kind(value)))


def usual(kind, value):
    """Return the usual things to pass instead of the sound value."""
    if kind == "array":
        return fuzzing.usual_arrays(np.asarray(value))
    if kind == "number":
        return fuzzing.USUAL_NUMBERS
    if kind == "rng":
        return RNGS
    return ["text", None, 3, {}] if kind == "object" else kind(value)


def drive(name, seed, sizes, change):
    """Call the door, its arguments changed by ``change(kinds, args)``, and judge it."""
    says, kinds, function = DOORS[name]
    steps = function(np.random.default_rng(seed), *sizes)
    args, said = next(steps), [f"seed {seed}, sizes {sizes}"]
    try:
        said += [f"{arg} = {args[arg]!r}" for arg in change(kinds, args)]
        before = {arg: fingerprint(value) for arg, value in args.items()}
        case = steps.send(args)
        held = [memory(thing) for thing in case.watched]
        found, error = outcome(case.call)
        said.append(f"result: {found!r}, error: {error!r}")
        for arg, value in args.items():
            draws = isinstance(value, np.random.Generator)
            changes = draws or arg in case.changes
            diverged = draws and isinstance(error, FloatingPointError)
            if not (diverged or (error is None and changes)):
                assert fingerprint(value) == before[arg], f"{arg} has changed"
        if error is None:
            assert case.judge is not None, "took what should have been refused"
            case.judge(found)
        else:
            assert case.judge is None or case.may_refuse, "refused a right call"
            assert_it_teaches(error, case.errors, says)
            assert [memory(thing) for thing in case.watched] == held
    except Exception as failure:
        failure.add_note("\n".join(said))
        raise


# Neurons ---------------------------------------------------------------------------


@door("step", z="array")
def _(rng, m, n, k):
    args = yield {"z": rng.normal(size=(m, n))}

    def rule():
        z = numbers(args["z"])

        def judge(found):
            assert found.shape == z.shape
            assert found.dtype == np.float64
            assert found.ravel().tolist() == [float(x > 0) for x in z.ravel()]

        return judge

    yield Case(lambda: step(args["z"]), *judged(rule)[:1])


@door("relu", z="array")
def _(rng, m, n, k):
    args = yield {"z": rng.normal(size=(m, n))}

    def rule():
        return Rough.of(numbers(args["z"])).relu().agrees

    yield Case(lambda: relu(args["z"]), *judged(rule)[:1])


def same(x):
    return x


@door("Neuron", w="array", b="number", x="array", activation="object")
def _(rng, m, n, k):
    w, x = rng.normal(size=(2, n))
    args = yield {"w": w, "b": 0.5, "x": x, "activation": same}

    def rule():
        w, b, x = numbers(args["w"]), number(args["b"]), numbers(args["x"])
        refuse_unless(w.ndim == 1 and w.size and x.shape == w.shape)
        refuse_unless(callable(args["activation"]))
        z = Rough.of(w) @ Rough.of(x)
        high = z.may_overflow()
        z = Rough(np.array([z.value]), z.off, z.peak, z.dtype)
        z = z + Rough(exact([b]), dtype=z.dtype)

        def judge(found):
            assert np.ndim(found) == 0
            assert abs(fraction(found) - z.value[0]) <= z.off[0]

        return judge, high or z.may_overflow()

    judge, may_refuse = judged(rule)
    yield Case(
        lambda: Neuron(args["w"], args["b"], args["activation"])(args["x"]),
        judge,
        may_refuse=may_refuse,
    )


def fraction(x):
    assert np.isfinite(x)
    return exact(np.asarray(x)).item()


# Layers ----------------------------------------------------------------------------


class Scale(Layer):
    """A layer of the user's own: one factor a column."""

    def __init__(self, g):
        self.g, self.dg, self.n_in = g, None, g.shape[1]

    def forward(self, X):
        self.X = X
        return X * self.g

    def backward(self, dZ):
        self.dg = (dZ * self.X).sum(axis=0, keepdims=True)
        return dZ * self.g

    def parameters(self):
        return {"g": (self.g, self.dg)}

    @property
    def output_shape(self):
        return self.X.shape


def dense(W, b):
    """Return Dense with these parameters, whatever they are, after a sound batch."""
    layer = Dense(2, 3, np.random.default_rng(0))
    layer(np.ones((2, 2)))
    layer.backward(np.ones((2, 3)))
    layer.W, layer.b = W, b
    return layer


def through(X, W, b, writeable=False):
    """Return X W + b as Rough, or refuse a parameter."""
    W = parameter(W, writeable=writeable)
    b = parameter(b, (1, W.shape[1]), writeable)
    return Rough.of(batch(X, len(W))) @ Rough.of(W) + Rough.of(b)


@door("Dense", n_in="number", n_out="number", rng="rng")
def _(rng, m, n, k):
    args = yield {"n_in": n, "n_out": k, "rng": rng}
    twin = twin_of(args["rng"])

    def rule():
        n, k = count(args["n_in"]), count(args["n_out"])
        refuse_unless(n * k <= 10**8)
        generator(args["rng"])

        def judge(layer):
            W = [[twin.normal() * math.sqrt(2 / n) for _ in range(k)] for _ in range(n)]
            np.testing.assert_allclose(layer.W, W, rtol=1e-15)
            assert layer.b.tolist() == [[0.0] * k]
            assert layer.parameters().keys() == {"W", "b"}
            assert layer.check() is None

        return judge

    yield Case(lambda: Dense(*args.values()), *judged(rule)[:1])


@door("Dense called", X="array", W="array", b="array")
def _(rng, m, n, k):
    X, W, b = rng.normal(size=(m, n)), rng.normal(size=(n, k)), rng.normal(size=(1, k))
    args = yield {"X": X, "W": W, "b": b}
    layer = dense(args["W"], args["b"])

    def rule():
        Z = through(*args.values())
        coarse = min((parameter(args["W"]).dtype, Z.dtype), key=lambda t: t.itemsize)
        return Z.agrees, Z.may_overflow(coarse)

    judge, may_refuse = judged(rule)
    yield Case(lambda: layer(args["X"]), judge, [layer], may_refuse=may_refuse)


def gradient(value, shape):
    """Return a gradient as floats of the output's shape, or refuse it."""
    dZ = numbers(value)
    refuse_unless(dZ.shape == shape)
    return dZ


@door("Dense.backward", says="backward", X="array", dZ="array")
def _(rng, m, n, k):
    X, dZ = rng.normal(size=(m, n)), rng.normal(size=(m, k))
    args = yield {"X": X, "dZ": dZ}
    layer = dense(rng.normal(size=(n, k)), rng.normal(size=(1, k)))
    try:
        batch_X = batch(args["X"], n)
        refuse_unless(not through(batch_X, layer.W, layer.b).may_overflow())
    except Refused:
        batch_X = np.ones((m, n))
    layer(batch_X)

    def rule():
        given = gradient(args["dZ"], (len(batch_X), k))
        ones = Rough(exact(np.ones((1, len(given)))), dtype=given.dtype)
        X, dZ = Rough.of(batch_X.T), Rough.of(given)
        expected = X @ dZ, ones @ dZ, dZ @ Rough.of(layer.W.T)

        def judge(found):
            for rough, array in zip(expected, (layer.dW, layer.db, found), strict=True):
                rough.agrees(array)

        return judge, any(rough.may_overflow() for rough in expected)

    judge, may_refuse = judged(rule)
    yield Case(
        lambda: layer.backward(args["dZ"]), judge, [layer], may_refuse=may_refuse
    )


@door("ReLU", Z="array", dA="array", says="ReLU")
def _(rng, m, n, k):
    args = yield {"Z": rng.normal(size=(m, k)), "dA": rng.normal(size=(m, k))}
    layer = ReLU()

    def rule():
        Z = batch(args["Z"])
        dA = gradient(args["dA"], Z.shape)
        positive = (Z > 0).tolist()

        def judge(found):
            Rough.of(Z).relu().agrees(found[0])
            assert layer.parameters() == {}
            assert found[1].dtype == dA.dtype
            expected = np.where(positive, dA, dA * 0)
            assert found[1].tolist() == expected.tolist()

        return judge

    def call():
        A = layer(args["Z"])
        try:
            return A, layer.backward(args["dA"])
        except Exception:
            layer.Z = None  # what forward has done
            raise

    layer.Z = None
    yield Case(call, *judged(rule)[:1], [layer])


@door("Scale", X="array")
def _(rng, m, n, k):
    args = yield {"X": rng.normal(size=(m, n))}
    layer = Scale(rng.normal(size=(1, n)))
    layer(np.ones((1, n)))

    def rule():
        Z = Rough.of(batch(args["X"], n)) @ Rough.of(np.diag(layer.g[0]))
        return Z.agrees, Z.may_overflow()

    judge, may_refuse = judged(rule)
    yield Case(lambda: layer(args["X"]), judge, [layer], may_refuse=may_refuse)


# Models ----------------------------------------------------------------------------


def network(W, b, V, c):
    """Return Dense, ReLU, Dense with these parameters, after a sound batch."""
    sound = np.random.default_rng(0)
    model = Sequential([Dense(2, 3, sound), ReLU(), Dense(3, 2, sound)])
    model(np.ones((2, 2)))
    model.backward(np.ones((2, 2)))
    first, _, last = model.layers
    first.W, first.b, last.W, last.b = W, b, V, c
    return model


def weights(rng, n, k, h=3):
    """Return sound parameters of n -> h -> k."""
    return {
        "W": rng.normal(size=(n, h)),
        "b": rng.normal(size=(1, h)),
        "V": rng.normal(size=(h, k)),
        "c": rng.normal(size=(1, k)),
    }


def both(X, W, b, V, c):
    """Return the network's output as Rough, and the coarsest type on the way."""
    A = through(X, W, b).relu()
    V = parameter(V)
    c = parameter(c, (1, V.shape[1]))
    refuse_unless(len(V) == A.value.shape[1])
    Z = A @ Rough.of(V) + Rough.of(c)
    types = [Rough.of(batch(X)).dtype, parameter(W).dtype, V.dtype]
    return Z, min(types, key=lambda t: t.itemsize)


@door("Sequential called", says="Sequential|Dense", X="array", V="array", b="array")
def _(rng, m, n, k):
    args = yield {"X": rng.normal(size=(m, n)), **weights(rng, n, k)}
    model = network(*[args[name] for name in "WbVc"])

    def rule():
        Z, coarse = both(*args.values())
        return Z.agrees, Z.may_overflow(coarse)

    judge, may_refuse = judged(rule)
    yield Case(lambda: model(args["X"]), judge, [model], may_refuse=may_refuse)


@door("Sequential.backward", says="backward", dZ="array")
def _(rng, m, n, k):
    args = yield {"dZ": rng.normal(size=(m, k))}
    W, b, V, c = weights(rng, n, k).values()
    model, X = network(W, b, V, c), rng.normal(size=(m, n))
    model(X)

    def rule():
        dZ = Rough.of(gradient(args["dZ"], (m, k)))
        dA = dZ @ Rough.of(V.T)
        mask = exact((X @ W + b > 0).astype(float))
        dA = Rough(dA.value * mask, dA.off * mask, dA.peak, dA.dtype)
        dX, dW = dA @ Rough.of(W.T), Rough.of(X.T) @ dA

        def judge(found):
            dX.agrees(found)
            dW.agrees(model.parameters()["0.W"][1])

        return judge, any(r.may_overflow() for r in (dX, dW, dA)) or dZ.peak > 1e305

    judge, may_refuse = judged(rule)
    yield Case(
        lambda: model.backward(args["dZ"]), judge, [model], may_refuse=may_refuse
    )


@door("a layer of a Sequential: backward", says="backward", dZ="array")
def _(rng, m, n, k):
    """A layer that stands in a model still has a door of its own."""
    args = yield {"dZ": rng.normal(size=(m, k))}
    model = network(*weights(rng, n, k).values())
    loss, last = MSE(), model.layers[-1]
    loss(model(rng.normal(size=(m, n))), np.zeros((m, k)))
    model.backward(loss.backward())

    def rule():
        dX = Rough.of(gradient(args["dZ"], (m, k))) @ Rough.of(last.W.T)
        return dX.agrees, dX.peak > 1e300

    judge, may_refuse = judged(rule)
    yield Case(lambda: last.backward(args["dZ"]), judge, [model], may_refuse=may_refuse)


def lists_of_layers(layers):
    first, second = layers
    return [
        tuple(layers),
        [],
        (),
        [first],
        [second],
        [second, first],
        [first, first],
        [Sequential([first]), second],
        [Sequential([first]), first],
        [first, None],
        [first, Dense],
        [first, "ReLU"],
        [first, MSE()],
        [first, np.ones((2, 2))],
        first,
        (layer for layer in layers),
        {"0": first},
        {0: first, 1: second},
        np.array(layers, object),
        *fuzzing.objects().values(),
    ]


@door("Sequential", layers=lists_of_layers)
def _(rng, m, n, k):
    layers = [Dense(n, k, rng), Dense(k, n + 1, rng)]
    args = yield {"layers": layers}

    def rule():
        given = args["layers"]
        refuse_unless(isinstance(given, (list, tuple)) and given)
        refuse_unless(all(isinstance(layer, Layer) for layer in given))
        leaves = [leaf for layer in given for leaf in getattr(layer, "layers", [layer])]
        refuse_unless(len({id(leaf) for leaf in leaves}) == len(leaves))
        shapes = [leaf.W.shape for leaf in leaves]
        refuse_unless(all(a[1] == b[0] for a, b in pairwise(shapes)))

        def judge(model):
            assert model.layers == list(given)
            assert model.layers is not given
            assert model.kinds() == [repr(leaf) for leaf in leaves]
            assert repr(model).startswith("Sequential(")
            assert model.check() is None
            assert len(model.parameters()) == 2 * len(given)

        return judge

    yield Case(lambda: Sequential(args["layers"]), *judged(rule)[:1], layers)


@pytest.fixture(autouse=True, scope="module")
def folder(tmp_path_factory):
    """Make the folder of the files, and a folder that is named like one."""
    global FOLDER
    FOLDER = tmp_path_factory.mktemp("fuzz")
    (FOLDER / "folder.npz").mkdir()


def paths(sound):
    return [
        sound,
        Path(sound),
        sound.encode(),
        sound[:-1],
        sound + ".txt",
        str(FOLDER / "folder.npz"),
        str(FOLDER / "none" / "m.npz"),
        str(FOLDER / "m.npz" / "m.npz"),
        str(FOLDER / "a\0b.npz"),
        str(FOLDER / "\ud800.npz"),
        str(FOLDER / ("n" * 300 + ".npz")),
        *fuzzing.numbers_and_the_like(),
    ]


def is_name(path):
    """Return whether the path is one that can be written."""
    return str(path) == str(FOLDER / "m.npz") and isinstance(path, (str, Path))


FILES = *BY_HAND, FileNotFoundError, IsADirectoryError, NotADirectoryError, OSError


@door("Sequential.save", says="save|Dense|npz", path=paths, W="array", c="array")
def _(rng, m, n, k):
    args = yield {"path": str(FOLDER / "m.npz"), **weights(rng, n, k)}
    model = network(*[args[name] for name in "WbVc"])
    Path(FOLDER / "m.npz").write_bytes(b"before")
    files = sorted(FOLDER.iterdir())

    def rule():
        refuse_unless(is_name(args["path"]))
        for P, q in ("Wb", "Vc"):
            parameter(args[q], (1, parameter(args[P]).shape[1]))

        def judge(found):
            assert found is None
            with np.load(FOLDER / "m.npz") as stored:
                for name, file in zip(
                    "WbVc", ("0.W", "0.b", "2.W", "2.b"), strict=True
                ):
                    assert stored[file].tolist() == np.asarray(args[name]).tolist()
            assert sorted(FOLDER.iterdir()) == files

        return judge

    def call():
        try:
            return model.save(args["path"])
        except Exception:
            assert sorted(FOLDER.iterdir()) == files
            assert Path(FOLDER / "m.npz").read_bytes() == b"before"
            raise

    yield Case(call, *judged(rule)[:1], [model], FILES)


@door(
    "Sequential.load",
    says="load|Dense|npz",
    path=paths,
    W="array",
    b="array",
    cut=lambda _: range(0, 2000, 50),
    saved=lambda _: range(5),
)
def _(rng, m, n, k):
    given = {"path": str(FOLDER / "m.npz"), "cut": None, "saved": 0}
    args = yield {**given, **weights(rng, n, k)}
    sound = weights(rng, n, k)
    if args["saved"] == 3:
        sound["V"] = sound["V"].astype(np.float32)
    saved = network(*sound.values())
    if args["saved"] == 1:
        saved.layers.append(ReLU())
    if args["saved"] == 2:
        saved = Sequential([Dense(n + 1, k, rng)])
    saved.save(FOLDER / "m.npz")
    if args["saved"] == 4:
        arrays = {name: P for name, (P, _) in saved.parameters().items()}
        arrays["2.b"] = arrays["2.b"] * np.nan
        np.savez(FOLDER / "m.npz", layers=saved.kinds(), **arrays)
    if args["cut"] is not None:
        whole = (FOLDER / "m.npz").read_bytes()
        (FOLDER / "m.npz").write_bytes(whole[: args["cut"]])
    model = network(*[args[name] for name in "WbVc"])

    def rule():
        refuse_unless(is_name(args["path"]) and args["saved"] == 0)
        refuse_unless(args["cut"] is None or args["cut"] >= len(whole))
        for name in "WbVc":
            P = args[name]
            refuse_unless(isinstance(P, np.ndarray) and P.shape == sound[name].shape)
            parameter(np.zeros_like(P), writeable=False)
            refuse_unless(P.flags.writeable and P.dtype == sound[name].dtype)

        def judge(found):
            assert found is None
            for name, (P, _) in zip("WbVc", model.parameters().values(), strict=True):
                assert P is args[name]
                assert P.tolist() == sound[name].tolist()

        return judge

    yield Case(
        lambda: model.load(args["path"]),
        *judged(rule)[:1],
        [model],
        FILES,
        changes="WbVc",
    )


# Losses ----------------------------------------------------------------------------


class Mean(Loss):
    """A loss of the user's own: the mean difference."""

    def forward(self, prediction, target):
        self.shape, self.dtype = prediction.shape, prediction.dtype
        return float((prediction - target).mean())

    def backward(self):
        return np.full(self.shape, 1 / np.prod(self.shape), self.dtype)


def differences(prediction, target):
    """Return prediction - target as Rough; the target is taken in prediction's type."""
    P, T = batch(prediction), numbers(target)
    refuse_unless(T.shape == P.shape)
    T = Rough.of(fits(T, P.dtype))
    return Rough.of(P) + Rough(-T.value, T.off, T.peak, T.dtype)


@door("MSE", prediction="array", target="array")
def _(rng, m, n, k):
    prediction, target = rng.normal(size=(2, m, k))
    args = yield {"prediction": prediction, "target": target}
    loss = MSE()
    loss(np.ones((2, 2)), np.zeros((2, 2)))

    def rule():
        e = differences(*args.values())
        eps, tiny, most = machine(e.dtype)
        eps = max(eps, machine(np.float64)[0])  # the value is a float
        m, total = len(e.value), (e.value**2).sum()
        off = ((abs(e.value) + e.off) ** 2).sum() - total
        off = (off + (e.value.size + 6) * (eps * total + tiny)) / m

        def judge(found):
            value, dP = found
            assert type(value) is float
            assert abs(fraction(value) - total / m) <= off + machine(np.float64)[1]
            Rough(2 * e.value / m, 4 * e.off, dtype=e.dtype).agrees(dP)

        most = min(most, machine(np.float64)[2])
        return judge, max(total, e.peak) >= most / 4

    def call():
        value = loss(*args.values())
        return value, loss.backward()

    judge, may_refuse = judged(rule)
    yield Case(call, judge, [loss], may_refuse=may_refuse)


@door("Mean", prediction="array", target="array")
def _(rng, m, n, k):
    prediction, target = rng.normal(size=(2, m, k))
    args = yield {"prediction": prediction, "target": target}
    loss = Mean()

    def rule():
        e = differences(*args.values())
        eps, tiny, most = machine(e.dtype)
        eps = max(eps, machine(np.float64)[0])  # the value is a float
        size = abs(e.value).sum() + e.off.sum()

        def judge(value):
            assert type(value) is float
            off = abs(fraction(value) - e.value.sum() / e.value.size)
            assert off <= e.off.max() + (e.value.size + 2) * (eps * size + tiny)

        return judge, size >= min(most, machine(np.float64)[2]) / 4

    judge, may_refuse = judged(rule)
    yield Case(lambda: loss(*args.values()), judge, [loss], may_refuse=may_refuse)


def log_probabilities(Z):
    """Return, row by row, lists of s = z - max z and ln sum e^s, as fraction, float."""
    for row in exact(Z):
        shifted = [z - max(row) for z in row]
        yield shifted, math.log(math.fsum(math.exp(max(s, -800)) for s in shifted))


def assert_probabilities(found, Z):
    assert found.shape == Z.shape
    assert found.dtype == Z.dtype
    eps = max(machine(Z.dtype)[0], machine(np.float64)[0])  # the reference's own
    off = 8 * (Z.shape[1] + 2) * float(eps) + 1e-300
    for row, (shifted, log_sum) in zip(found, log_probabilities(Z), strict=True):
        for p, s in zip(row, shifted, strict=True):
            assert abs(
                float(p) - math.exp(max(float(max(s, -999)) - log_sum, -745))
            ) <= (off)


@door("softmax", Z="array")
def _(rng, m, n, k):
    args = yield {"Z": rng.normal(size=(m, k))}

    def rule():
        Z = batch(args["Z"])
        return lambda found: assert_probabilities(found, Z)

    yield Case(lambda: softmax(args["Z"]), *judged(rule)[:1])


@door("SoftmaxCrossEntropy", says="SoftmaxCrossEntropy|one_hot", Z="array", y="array")
def _(rng, m, n, k):
    args = yield {"Z": rng.normal(size=(m, k)), "y": rng.integers(k, size=m)}
    loss = SoftmaxCrossEntropy()
    loss(np.ones((2, 2)), [0, 1])

    def rule():
        Z = batch(args["Z"])
        y = labels(args["y"], *Z.shape)
        eps, tiny, most = machine(Z.dtype)
        rows = list(log_probabilities(Z))
        values = [Fraction(ln) - s[j] for (s, ln), j in zip(rows, y, strict=True)]
        size = sum(
            abs(s[j]) + Z.shape[1] + 2 for (s, _), j in zip(rows, y, strict=True)
        )
        spread = max(-min(s) for s, _ in rows)
        eps = max(eps, machine(np.float64)[0])  # of the reference's own logarithm

        def judge(found):
            value, dZ, Y_hat = found
            assert type(value) is float
            off = 4 * eps * size * (len(y) + 1) / len(y) + tiny
            assert abs(fraction(value) - sum(values) / len(y)) <= off
            assert_probabilities(Y_hat, Z)
            Y = np.array([[j == c for c in range(Z.shape[1])] for j in y])
            assert dZ.dtype == Z.dtype
            off = 4 * float(eps)
            np.testing.assert_allclose(dZ, (Y_hat - Y) / len(y), rtol=off, atol=off)

        most = min(most, machine(np.float64)[2])
        return judge, max(spread, sum(map(abs, values))) >= most / 4

    def call():
        value = loss(*args.values())
        return value, loss.backward(), loss.Y_hat

    judge, may_refuse = judged(rule)
    yield Case(call, judge, [loss], may_refuse=may_refuse)


TYPES = ["f4", np.float16, int, bool, complex, None, str, object, "nonsense", "M8[s]"]


@door(
    "one_hot",
    y="array",
    n_classes="number",
    dtype=lambda _: [*TYPES, 3, np.dtype("V3"), [("a", int)], {}],
)
def _(rng, m, n, k):
    y = rng.integers(k, size=m)
    args = yield {"y": y, "n_classes": k, "dtype": np.float64}

    def rule():
        K = count(args["n_classes"], most=30_000)
        y = labels(args["y"], n_classes=K)
        try:
            dtype = np.dtype(args["dtype"])
        except TypeError:
            raise Refused from None
        refuse_unless(dtype.kind in "fiubc")

        def judge(found):
            assert found.dtype == dtype
            assert found.tolist() == [[j == c for c in range(K)] for j in y]

        return judge

    yield Case(lambda: one_hot(*args.values()), *judged(rule)[:1])


# Optimizers and training -----------------------------------------------------------


@door("SGD", learning_rate="number")
def _(rng, m, n, k):
    args = yield {"learning_rate": 0.1}

    def rule():
        rate = positive(args["learning_rate"])

        def judge(optimizer):
            assert optimizer.learning_rate == rate
            assert type(optimizer.learning_rate) is float

        return judge

    yield Case(lambda: SGD(**args), *judged(rule)[:1])


@door(
    "SGD.step",
    says="SGD.step|Dense",
    W="array",
    b="array",
    dW="array",
    db="array",
    rate=lambda _: [1e300, 1e-300, 5e-324, 1.7e308, 1e6],
)
def _(rng, m, n, k):
    W, dW = rng.normal(size=(2, n, k))
    b, db = rng.normal(size=(2, 1, k))
    args = yield {"W": W, "b": b, "dW": dW, "db": db, "rate": 0.1}
    layer, optimizer = dense(args["W"], args["b"]), SGD(args["rate"])
    layer.dW, layer.db = args["dW"], args["db"]

    def rule():  # whatever fits its gradient is moved; a call asks for the shapes
        moved, high = [], False
        for name in "Wb":
            P = parameter(args[name], writeable=True, matrix=False)
            dP = parameter(args["d" + name], P.shape, matrix=False)
            rate = Fraction(args["rate"])
            eps, tiny, most = np.maximum(machine(P.dtype), machine(dP.dtype))
            most = min(machine(P.dtype)[2], machine(dP.dtype)[2])
            change = exact(dP) * rate
            size = abs(exact(P)) + abs(change)
            off = 4 * eps * size + tiny * (abs(exact(dP)) + 1 + rate)
            high = high or max(*size.ravel(), rate) >= most / 4
            moved.append((name, exact(P) - change, off))

        def judge(found):
            for name, value, off in moved:
                assert (abs(exact(args[name]) - value) <= off).all()

        return judge, high

    judge, may_refuse = judged(rule)
    yield Case(
        lambda: optimizer.step(layer),
        judge,
        [layer],
        (*BY_HAND, RuntimeError),
        may_refuse,
        changes="Wb",
    )


@door("SGD.step: model", says="SGD.step", model="object")
def _(rng, m, n, k):
    args = yield {"model": dense(np.ones((2, 3)), np.ones((1, 3)))}
    model = args["model"]

    def judge(found):
        assert found is None

    judge = judge if isinstance(model, Layer) else None
    yield Case(lambda: SGD(0.1).step(model), judge)


@door("minibatches", X="array", y="array", batch_size="number", rng="rng")
def _(rng, m, n, k):
    X, y = rng.normal(size=(m, n)), rng.integers(k, size=m)
    args = yield {"X": X, "y": y, "batch_size": 2, "rng": rng}
    twin = twin_of(args["rng"])

    def rule():
        X, y = anything(args["X"]), anything(args["y"])
        refuse_unless(X.ndim and y.ndim and len(X) == len(y) > 0)
        size = count(args["batch_size"])
        generator(args["rng"])

        def judge(found):
            order = twin.permutation(len(X)).tolist()
            expected = []
            while order:
                rows, order = order[:size], order[size:]
                expected.append((rows, X.dtype, y.dtype))
            for (X_rows, y_rows), (rows, *types) in zip(found, expected, strict=True):
                assert [X_rows.dtype, y_rows.dtype] == types
                assert repr(X_rows.tolist()) == repr([X.tolist()[i] for i in rows])
                assert repr(y_rows.tolist()) == repr([y.tolist()[i] for i in rows])
                assert not np.shares_memory(X_rows, X)

        return judge

    yield Case(lambda: list(minibatches(**args)), *judged(rule)[:1])


class Enough(Exception):
    """Training has gone on for long enough."""


def trained(X, y, P, loss, rate, epochs, size, rng, validation):
    """Return what fit should: the history and the parameters, in plain NumPy."""
    W, b, V, c = (p.copy() for p in P)
    history = {"loss": []} | ({} if validation is None else {"validation_loss": []})

    def measure(X, y):
        Z = X @ W + b
        A = np.where(Z > 0, Z, 0)
        out = A @ V + c
        if loss == "MSE":
            return Z, A, 2 * (out - y) / len(X), ((out - y) ** 2).sum() / len(X)
        E = np.exp(out - out.max(1)[:, None])
        p = E / E.sum(1)[:, None]
        rows = np.arange(len(y)), y
        dO = p / len(X)
        dO[rows] -= 1 / len(X)
        shifted = out - out.max(1)[:, None]
        return Z, A, dO, -np.mean(shifted[rows] - np.log(E.sum(1)))

    for _ in range(epochs):
        order, total = rng.permutation(len(X)), 0.0
        for start in range(0, len(X), size):
            rows = order[start : start + size]
            Z, A, dO, value = measure(X[rows], y[rows])
            total += value * len(rows)
            dZ = dO @ V.T * (Z > 0)
            steps = X[rows].T @ dZ, dZ.sum(0)[None], A.T @ dO, dO.sum(0)[None]
            for p, dP in zip((W, b, V, c), steps, strict=True):
                p -= rate * dP
            if not np.isfinite(value):
                return None
        history["loss"].append(total / len(X))
        if validation is not None:
            history["validation_loss"].append(measure(*validation)[-1])
        if not all(np.isfinite(p).all() for p in (W, b, V, c)):
            return None
    return history, (W, b, V, c)


def fits_model(X, y, P, loss):
    """Return X and y as fit takes them."""
    X = batch(X, len(P[0]))
    if loss == "MSE":
        y = numbers(y)
        refuse_unless(y.shape == (len(X), P[2].shape[1]))
        return X, fits(y, np.result_type(X, *P))
    return X, np.array(labels(y, len(X), P[2].shape[1]))


def fit_door(loss):
    sound = {"X": "array", "y": "array", "epochs": "number", "batch_size": "number"}
    by_hand = {"W": "array", "c": "array", "rng": "rng", "validation": pairs}
    wrong = {"loss": "object", "optimizer": "object", "on_epoch": "object"}

    @door(
        f"fit: {loss}",
        says="fit|Dense|training diverged|minibatches|one_hot",
        **sound,
        **by_hand,
        **wrong,
        model="object",
        rate=lambda _: [1e300, 1e-300, 5e-324, 1.7e308, 1e6],
    )
    def _(rng, m, n, k):
        X = rng.normal(size=(m, n))
        losses = {"MSE": MSE(), "SoftmaxCrossEntropy": SoftmaxCrossEntropy()}
        y = rng.integers(k, size=m)
        if loss == "MSE":
            y = rng.normal(size=(m, k))
        P = weights(rng, n, k)
        given = {"model": None, "X": X, "y": y, "loss": losses[loss], "optimizer": None}
        more = {"epochs": 2, "batch_size": 2, "rng": rng, "validation": None}
        args = yield {**given, **more, "on_epoch": None, "rate": 0.1, **P}
        names = "WbVc"
        model, optimizer = args["model"], args["optimizer"]
        if model is None:
            model = network(*[args[name] for name in names])
        if optimizer is None:
            optimizer = SGD(args["rate"])
        twin = twin_of(args["rng"])
        started = [fingerprint(args[name]) for name in names]

        def stop(epoch, model):
            if epoch == 3:
                raise Enough

        def call():
            arguments = {**{k: args[k] for k in (*given, *more)}, "on_epoch": stop}
            if args["on_epoch"] is not None:
                arguments["on_epoch"] = args["on_epoch"]
            arguments |= {"model": model, "optimizer": optimizer}
            try:
                return fit(**arguments)
            except Enough:
                return None
            except FloatingPointError:
                for name, before in zip(names, started, strict=True):
                    assert fingerprint(args[name]) == before
                raise

        def rule():
            refuse_unless(args["model"] is None and args["on_epoch"] is None)
            refuse_unless(args["loss"] is given["loss"] and args["optimizer"] is None)
            P = []
            for W, b in ("Wb", "Vc"):
                P.append(parameter(args[W], writeable=True))
                shape = (1, P[-1].shape[1])
                P.append(parameter(args[b], shape, writeable=True))
            refuse_unless(P[0].shape[1] == len(P[2]))
            X, y = fits_model(args["X"], args["y"], P, loss)
            least, size = count(args["epochs"]), count(args["batch_size"])
            generator(args["rng"])
            validation = args["validation"]
            if validation is not None:
                refuse_unless(isinstance(validation, (tuple, list)))
                refuse_unless(len(validation) == 2)
                validation = fits_model(*validation, P, loss)
            with np.errstate(all="ignore"):
                rest = args["rate"], min(least, 3), size, twin, validation
                expected = trained(X, y, P, loss, *rest)

            def judge(history):
                assert expected is not None
                coarse = min(np.finfo(p.dtype).precision for p in (X, *P))
                off = 10.0 ** (2 - coarse) if coarse < 15 else 1e-7
                largest = max([np.abs(v).max() for v in expected[0].values()])
                moved = [args[name] for name in names]
                if largest > 1e3 or not np.isfinite(largest):
                    return  # near overflow a sum's order decides
                for found, wanted in zip(moved, expected[1], strict=True):
                    size = np.abs(wanted).max() + 1
                    np.testing.assert_allclose(found, wanted, rtol=off, atol=off * size)
                if least < 3:
                    assert history.keys() == expected[0].keys()
                    for name, values in expected[0].items():
                        np.testing.assert_allclose(history[name], values, 10 * off, off)

            peak = np.inf
            if expected is not None:
                values = [*map(max, expected[0].values()), *map(np.max, expected[1])]
                peak = max(map(abs, values))
            lowest = min(np.finfo(p.dtype).max for p in (X, *P))
            return judge, not peak < float(lowest) ** 0.4

        judge, may_refuse = judged(rule)
        errors = (FloatingPointError,) if judge else BY_HAND
        watched = [model, args["loss"]] if judge is None else []
        watched = [thing for thing in watched if isinstance(thing, (Layer, Loss))]
        yield Case(call, judge, watched, errors, may_refuse, "WbVc")


def pairs(_):
    X, y = np.ones((2, 2)), np.zeros(2, int)
    rest = [X, (X,), (X, y, y), [X, y[:1]], (X, None), (None, y), "ab", ("a", "b")]
    more = [(X, y), [X.tolist(), [0, 1]], (X, X), (X * 1e300, y), (X[:0], y[:0])]
    return [*rest, *more, {0: X, 1: y}, 3, True, np.ones((2, 2, 2)), (X * np.nan, y)]


for _loss in ("MSE", "SoftmaxCrossEntropy"):
    fit_door(_loss)


# Gradients -------------------------------------------------------------------------


def slopes(_):
    """Return functions without arguments that are no loss."""
    results = [None, "1", np.ones(2), np.ones((1, 1)), 1j, np.nan, np.inf, [], object()]
    return [1.0, "f", None, np.ones(2), *((lambda r=r: r) for r in results)]


@door("numerical_gradient", f=slopes, P="array", step="number")
def _(rng, m, n, k):
    args = yield {"f": None, "P": rng.normal(size=(m, n)), "step": 1e-5}
    P = args["P"]
    C = rng.normal(size=getattr(P, "shape", (1,)))

    def f():
        return float((np.asarray(P) * C).sum())

    def rule():
        refuse_unless(args["f"] is None)
        refuse_unless(isinstance(P, np.ndarray) and P.dtype == np.float64)
        refuse_unless(not isinstance(P, (np.ma.MaskedArray, np.matrix)))
        refuse_unless(P.flags.writeable and np.isfinite(P).all())
        step = positive(args["step"])
        size = float(np.abs(C).max(initial=0)) * (
            float(np.abs(P).max(initial=0)) * P.size / 2**52 + 1e-320
        )

        def judge(found):
            assert found.shape == P.shape
            assert found.dtype == np.float64
            tolerance = 10 * size / step + 1e-6
            assert np.isfinite(found).all()
            assert (np.abs(found - C) <= tolerance).all() or tolerance > 0.1

        return judge, step > 1e150 or np.abs(P).max(initial=0) > 1e150 or step < 1e-150

    judge, may_refuse = judged(rule)
    yield Case(
        lambda: numerical_gradient(
            args["f"] if args["f"] is not None else f, P, args["step"]
        ),
        judge,
        may_refuse=may_refuse,
    )


@door("relative_error", says="relative_error|the gradients", a="array", b="array")
def _(rng, m, n, k):
    a, b = rng.normal(size=(2, m, n))
    args = yield {"a": a, "b": b}

    def rule():
        a, b = real(args["a"]), real(args["b"])
        refuse_unless(a.shape == b.shape)

        def judge(found):
            assert isinstance(found, float)
            if not (np.isfinite(a).all() and np.isfinite(b).all()):
                assert found == np.inf
                return
            x, y = exact(a).ravel(), exact(b).ravel()
            scale = max((x**2).sum(), (y**2).sum())
            if scale == 0:
                assert found == np.inf
            else:
                expected = math.sqrt(((x - y) ** 2).sum() / scale)
                assert abs(found - expected) <= 1e-12

        return judge

    yield Case(lambda: relative_error(**args), *judged(rule)[:1])


@door(
    "check_gradients",
    says="check_gradients|MSE|Dense|Sequential|numerical_gradient",
    X="array",
    target="array",
    W="array",
    b="array",
    step="number",
    loss="object",
    model="object",
)
def _(rng, m, n, k):
    X, target = rng.normal(size=(m, n)), rng.normal(size=(m, k))
    W, b = rng.normal(size=(n, k)), rng.normal(size=(1, k))
    given = {"model": None, "X": X, "target": target, "loss": MSE(), "step": 1e-5}
    args = yield {**given, "W": W, "b": b}
    layer = dense(args["W"], args["b"])
    model, loss = args["model"], args["loss"]
    if model is None:
        model = Sequential([layer])

    def rule():
        refuse_unless(args["model"] is None and args["loss"] is given["loss"])
        P = batch(args["X"], len(parameter(args["W"])))
        step = positive(args["step"])
        W = parameter(args["W"], writeable=True)
        b = parameter(args["b"], (1, W.shape[1]), writeable=True)
        refuse_unless(all(a.dtype == np.float64 for a in (P, W, b)))
        T = fits(numbers(args["target"]))
        refuse_unless(T.shape == (len(P), W.shape[1]))
        largest = max(np.abs(a).max() for a in (P, W, b, T))

        def judge(errors):
            assert errors.keys() == {"X", "0.W", "0.b"}
            assert all(type(error) is float and error >= 0 for error in errors.values())
            zero = np.all(W == 0) or np.all(P == 0)
            if largest < 30 and 1e-6 < step < 1e-3 and not zero:
                error = P @ W + b - T
                if np.abs(error).max() > 1e-3 and np.abs(error @ W.T).max() > 1e-3:
                    assert errors["0.b"] < 1e-5 or np.abs(error.sum(axis=0)).max() < 0.1
                    assert errors["X"] < 1e-4

        return judge, largest > 1e100 or step > 1e100 or step < 1e-150

    judge, may_refuse = judged(rule)
    watched = [thing for thing in (model, loss) if isinstance(thing, (Layer, Loss))]
    rest = [args[name] for name in ("X", "target", "loss", "step")]
    yield Case(
        lambda: check_gradients(model, *rest),
        judge,
        watched,
        may_refuse=may_refuse,
    )


# Metrics ---------------------------------------------------------------------------


def table(y, y_pred, K):
    """Count, for each class, TP, FP and FN, in plain loops."""
    pairs = list(zip(y, y_pred, strict=True))
    TP = [sum(t == p == c for t, p in pairs) for c in range(K)]
    FP = [sum(t != p == c for t, p in pairs) for c in range(K)]
    FN = [sum(c == t != p for t, p in pairs) for c in range(K)]
    return zip(TP, FP, FN, strict=True)


BY_CLASS = {
    metrics.precision: lambda TP, FP, FN: TP / (TP + FP or 1),
    metrics.recall: lambda TP, FP, FN: TP / (TP + FN or 1),
    metrics.f1: lambda TP, FP, FN: 2 * TP / (2 * TP + FP + FN or 1),
}
MACRO = {
    metrics.macro_precision: BY_CLASS[metrics.precision],
    metrics.macro_recall: BY_CLASS[metrics.recall],
    metrics.macro_f1: BY_CLASS[metrics.f1],
}


def two_lists(args, n_classes=None):
    y = labels(args["y"], None, n_classes)
    return y, labels(args["y_pred"], len(y), n_classes)


def metric_door(metric):
    name = metric.__name__
    by_class = metric in BY_CLASS or metric is metrics.confusion_matrix
    more = {"n_classes": "number"} if by_class else {}

    @door(name, y="array", y_pred="array", **more)
    def _(rng, m, n, k):
        y, y_pred = rng.integers(k, size=(2, m))
        more = {"n_classes": [None, k][rng.integers(2)]} if by_class else {}
        args = yield {"y": y, "y_pred": y_pred, **more}

        def rule():
            K = args.get("n_classes")
            if K is not None:
                K = count(K, most=30_000)
            y, y_pred = two_lists(args, K)
            if metric in (metrics.accuracy, metrics.macro_f1):
                seen = {c: i for i, c in enumerate(sorted({*y, *y_pred}))}
                y, y_pred = [seen[c] for c in y], [seen[c] for c in y_pred]
            highest = max(*y, *y_pred)
            refuse_unless(K is not None or highest < 10_000)
            K = K or highest + 1
            used = sorted({*y, *y_pred})

            def judge(found):
                if metric is metrics.accuracy:
                    right = sum(a == b for a, b in zip(y, y_pred, strict=True))
                    assert found == pytest.approx(right / len(y), rel=1e-14)
                elif metric in MACRO:
                    small = [used.index(c) for c in y], [used.index(c) for c in y_pred]
                    rows = [MACRO[metric](*row) for row in table(*small, len(used))]
                    assert type(found) is float
                    assert found == pytest.approx(sum(rows) / len(rows), rel=1e-12)
                elif metric in BY_CLASS:
                    assert found.shape == (K,)
                    small = [used.index(c) for c in y], [used.index(c) for c in y_pred]
                    rows = [BY_CLASS[metric](*row) for row in table(*small, len(used))]
                    assert found[used].tolist() == pytest.approx(rows, rel=1e-14)
                    assert found.sum() == pytest.approx(sum(rows), rel=1e-12)
                else:
                    assert found.shape == (K, K)
                    assert found.sum() == len(y)
                    pairs = list(zip(y, y_pred, strict=True))
                    assert all(found[pair] == pairs.count(pair) for pair in pairs)

            return judge

        yield Case(lambda: metric(**args), *judged(rule)[:1])


for _metric in (metrics.accuracy, metrics.confusion_matrix, *BY_CLASS, *MACRO):
    metric_door(_metric)


@door("top_k_accuracy", y="array", scores="array", k="number")
def _(rng, m, n, k):
    y, scores = rng.integers(k, size=m), rng.normal(size=(m, k))
    args = yield {"y": y, "scores": scores, "k": 2}

    def rule():
        S = batch(args["scores"])
        y = labels(args["y"], *S.shape)
        k = count(args["k"], most=S.shape[1])

        def judge(found):
            held = 0
            for label, row in zip(y, S, strict=True):
                above = [j for j, s in enumerate(row) if (s, j) > (row[label], label)]
                held += len(above) < k
            assert found == pytest.approx(held / len(y), rel=1e-14)

        return judge

    yield Case(lambda: metrics.top_k_accuracy(**args), *judged(rule)[:1])


def bins_of(P, y, B):
    """Return the bins that hold a sample: {bin: [(right, confidence), ...]}."""
    held = {}
    for row, label in zip(P.tolist(), y, strict=True):
        confidence = max(row)
        b = min(max(math.ceil(confidence * B), 1), B) - 1
        while b > 0 and confidence <= b / B:
            b -= 1
        while b < B - 1 and confidence > (b + 1) / B:
            b += 1
        held.setdefault(b, []).append((row.index(confidence) == label, confidence))
    return held


for _metric in (metrics.reliability, metrics.expected_calibration_error):

    @door(_metric.__name__, y="array", Y_hat="array", n_bins="number")
    def _(rng, m, n, k, metric=_metric):
        P = rng.random((m, k))
        P /= P.sum(axis=1)[:, None]
        args = yield {"y": rng.integers(k, size=m), "Y_hat": P, "n_bins": 10}

        def rule():
            P = probabilities(args["Y_hat"])
            y = labels(args["y"], *P.shape)
            B = count(args["n_bins"], most=10**6)
            held = bins_of(P, y, B)

            def judge(found):
                means = {b: np.mean(pairs, axis=0) for b, pairs in held.items()}
                if metric is metrics.reliability:
                    filled = sorted(held)
                    assert [a.shape for a in found] == [(B,)] * 3
                    assert np.flatnonzero(found[0]).tolist() == filled
                    expected = [[len(held[b]), *means[b].tolist()] for b in filled]
                    np.testing.assert_allclose(np.array(found)[:, filled].T, expected)
                    assert sum(a.sum() for a in found) == pytest.approx(
                        np.sum(expected)
                    )
                else:
                    gaps = [
                        len(held[b]) / len(y) * abs(acc - conf)
                        for b, (acc, conf) in means.items()
                    ]
                    assert type(found) is float
                    assert found == pytest.approx(sum(gaps), rel=1e-9, abs=1e-12)

            return judge

        yield Case(lambda: metric(**args), *judged(rule)[:1])


def by_row(y, y_pred):
    """Return a number that tells which rows came together."""
    rows = [len(repr(row)) for row in y_pred]
    return float(np.mean([(int(a) % 97) * b for a, b in zip(y, rows, strict=True)]))


@door(
    "bootstrap_interval",
    metric=lambda _: [
        *((lambda y, y_pred, r=r: r) for r in (None, "1", [1, 2], np.nan, np.inf, 1j)),
        *(x for x in fuzzing.numbers_and_the_like() if not callable(x)),
    ],
    y="array",
    y_pred="array",
    rng="rng",
    n_resamples="number",
    level="number",
)
def _(rng, m, n, k):
    y, y_pred = rng.integers(k, size=m), rng.normal(size=(m, n))
    given = {"metric": by_row, "y": y, "y_pred": y_pred, "rng": rng}
    args = yield {**given, "n_resamples": 7, "level": 0.9}
    twin = twin_of(args["rng"])

    def rule():
        refuse_unless(args["metric"] is by_row)
        y, y_pred = labels(args["y"]), anything(args["y_pred"])
        refuse_unless(y_pred.ndim and len(y_pred) == len(y))
        generator(args["rng"])
        times = count(args["n_resamples"], most=10**6)
        level = number(args["level"])
        refuse_unless(0 < level < 1)

        def judge(found):
            values = []
            for _ in range(times):
                rows = twin.integers(len(y), size=len(y))
                values.append(by_row([y[i] for i in rows], y_pred[rows]))
            values.sort()
            for end, q in zip(found, ((1 - level) / 2, (1 + level) / 2), strict=True):
                assert type(end) is float
                place = q * (times - 1)
                low = min(math.floor(place), times - 1)
                high = min(low + 1, times - 1)
                part = values[low] + (place - low) * (values[high] - values[low])
                assert end == pytest.approx(part, rel=1e-9, abs=1e-9)

        return judge

    yield Case(lambda: metrics.bootstrap_interval(**args), *judged(rule)[:1])


# Calibration -----------------------------------------------------------------------


def slope(beta, rows, y):
    """Return the slope of the mean cross-entropy along beta, as a fraction."""
    total = Fraction(0)
    for row, label in zip(rows, y, strict=True):
        powers = [math.exp(max(beta * z, Fraction(-999))) for z in row]
        whole = Fraction(math.fsum(powers))
        total += sum(Fraction(e) * z for e, z in zip(powers, row, strict=True)) / whole
        total -= row[label]
    return total / len(y)


@door("fit_temperature", Z="array", y="array")
def _(rng, m, n, k):
    args = yield {"Z": 5 * rng.normal(size=(m, k)), "y": rng.integers(k, size=m)}

    def rule():
        Z = fits(batch(args["Z"]))
        y = labels(args["y"], *Z.shape)
        rows = [[z - max(row) for z in row] for row in exact(Z)]
        refuse_unless(any(row[label] < 0 for row, label in zip(rows, y, strict=True)))
        size = max(-z for row in rows for z in row)
        ends = slope(Fraction(1, 1000), rows, y), slope(Fraction(1000), rows, y)
        unclear = min(map(abs, ends)) <= size / 10**9
        refuse_unless(unclear or (ends[0] < 0 < ends[1]))

        def judge(T):
            assert type(T) is float
            assert 1e-3 * (1 - 1e-9) <= T <= 1e3 * (1 + 1e-9)
            below = slope(1 / Fraction(T * (1 + 1e-6)), rows, y)
            above = slope(1 / Fraction(T * (1 - 1e-6)), rows, y)
            assert below <= size / 10**9
            assert above >= -size / 10**9

        return judge, unclear

    judge, may_refuse = judged(rule)
    yield Case(lambda: fit_temperature(**args), judge, may_refuse=may_refuse)


# Data ------------------------------------------------------------------------------


def noise_of(value):
    noise = number(value)
    refuse_unless(0 <= noise <= 1e300)
    return noise


for _curve, _formula in {
    datasets.line: lambda x: 2 * x - 1,
    datasets.sine: lambda x: math.sin(math.pi * x),
}.items():

    @door(_curve.__name__, n="number", noise="number", rng="rng")
    def _(rng, m, n, k, curve=_curve, formula=_formula):
        args = yield {"n": m, "noise": 0.5, "rng": rng}
        twin = twin_of(args["rng"])

        def rule():
            n, noise = count(args["n"], most=10**8), noise_of(args["noise"])
            generator(args["rng"])

            def judge(found):
                X = [twin.uniform(-1, 1) for _ in range(n)]
                Y = [formula(x) + noise * twin.normal() for x in X]
                np.testing.assert_allclose(found[0], np.array(X)[:, None], rtol=1e-15)
                np.testing.assert_allclose(
                    found[1], np.array(Y)[:, None], rtol=1e-12, atol=1e-15
                )

            return judge

        yield Case(lambda: curve(**args), *judged(rule)[:1])


@door("spiral", n_per_class="number", n_classes="number", noise="number", rng="rng")
def _(rng, m, n, k):
    args = yield {"n_per_class": m + 1, "n_classes": k, "noise": 0.2, "rng": rng}
    twin = twin_of(args["rng"])

    def rule():
        n, K = count(args["n_per_class"], 2), count(args["n_classes"])
        refuse_unless(n * K <= 10**8)
        noise = noise_of(args["noise"])
        generator(args["rng"])

        def judge(found):
            X, y = found
            assert y.tolist() == [c for c in range(K) for _ in range(n)]
            assert np.isfinite(X).all()
            rows = [(c, i) for c in range(K) for i in range(n)]
            for (c, i), x in zip(rows, X, strict=True):
                r = 0.05 + 0.95 * i / (n - 1)
                angle = 4 * i / (n - 1) + 2 * math.pi * c / K + noise * twin.normal()
                assert math.hypot(*x) == pytest.approx(r)
                if noise < 1e3:
                    expected = r * math.sin(angle), r * math.cos(angle)
                    assert x.tolist() == pytest.approx(expected, abs=1e-9)

        return judge

    yield Case(lambda: datasets.spiral(**args), *judged(rule)[:1])


@door("stratified_split", y="array", shares="array", rng="rng")
def _(rng, m, n, k):
    y = rng.integers(k, size=4 * m)
    shares = np.array([[1.0], [0.5, 0.5], [0.6, 0.2, 0.2], [0.25] * 4][n % 4])
    args = yield {"y": y, "shares": shares, "rng": rng}

    def rule():
        y = labels(args["y"])
        shares = numbers(args["shares"])
        refuse_unless(shares.ndim == 1 and shares.size and (shares > 0).all())
        refuse_unless(abs(sum(exact(shares)) - 1) <= Fraction(1, 10**9))
        generator(args["rng"])

        def judge(parts):
            assert len(parts) == len(shares)
            assert sorted(np.concatenate(parts).tolist()) == list(range(len(y)))
            for c in set(y):
                cuts = 0, *np.cumsum(shares.astype(float))
                n = y.count(c)
                for part, low, high in zip(parts, cuts[:-1], cuts[1:], strict=True):
                    held = sum(y[row] == c for row in part)
                    assert abs(held - (high - low) * n) <= 1 + 1e-6

        return judge

    yield Case(lambda: datasets.stratified_split(**args), *judged(rule)[:1])


@door("xor")
def _(rng, m, n, k):
    yield {}

    def judge(found):
        X, y = found
        assert sorted(X.tolist()) == [[0, 0], [0, 1], [1, 0], [1, 1]]
        assert y.tolist() == [a != b for a, b in X]

    yield Case(datasets.xor, judge)


@door("digits")
def _(rng, m, n, k):
    yield {}

    def judge(found):
        X, y = found
        assert X.shape == (1797, 64)
        assert 0 <= X.min() < X.max() <= 1
        assert sorted(set(y.tolist())) == list(range(10))

    yield Case(datasets.digits, judge)


# All of them -----------------------------------------------------------------------


@pytest.fixture(autouse=True)
def silence(capfd):
    yield
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", DOORS)
@given(data=st.data())
def test_a_door_answers_right_or_explains_itself(name, data, request):
    def change(kinds, args):
        chosen = st.lists(st.sampled_from([*kinds]), max_size=2, unique=True)
        for changed in data.draw(chosen) if kinds else []:
            args[changed] = instead(kinds[changed], args[changed], data.draw)
            yield changed

    seed = data.draw(st.integers(0, 99))
    sizes = [data.draw(st.integers(low, 5)) for low in (1, 1, 2)]
    request.config.driven[name] += 1
    drive(name, seed, sizes, change)


@pytest.mark.parametrize("name", DOORS)
def test_each_argument_of_a_door_with_each_usual_fault(name, request):
    """The same on every run, and however few examples Hypothesis is asked for."""
    sizes, left = (4, 2, 3), None

    def change(kinds, args):
        nonlocal left
        if left is None:
            faults = {arg: len(usual(kind, args[arg])) for arg, kind in kinds.items()}
            left = [(arg, i) for arg, number in faults.items() for i in range(number)]
        if left:
            changed, i = left.pop()
            args[changed] = usual(kinds[changed], args[changed])[i]
            yield changed

    while left is None or left:
        request.config.driven[name] += 1
        drive(name, 0, sizes, change)


NO_DOOR = {  # lines of arithmetic, which others stand before
    "nnlib.calibration.temperature_slope",
    "nnlib.losses.log_softmax",
    "nnlib.metrics.ratio",
    "nnlib.training.mean_loss",
    "nnlib.training.stop_if_diverged",
}
TO_DEFINE = {  # what a class of one's own must define
    *("nnlib.layers.Layer.forward", "nnlib.layers.Layer.backward"),
    *("nnlib.losses.Loss.forward", "nnlib.losses.Loss.backward"),
}


def public_code():
    """Return {code: name} of all public functions and methods outside plotting."""
    found = {}
    for module in pkgutil.iter_modules(nnlib.__path__, "nnlib."):
        if module.ispkg or module.name.startswith("nnlib._"):
            continue
        for name, value in vars(importlib.import_module(module.name)).items():
            if name.startswith("_") or getattr(value, "__module__", 0) != module.name:
                continue
            named = {name: value}
            if inspect.isclass(value):
                named = {f"{name}.{method}": f for method, f in vars(value).items()}
            for path, function in named.items():
                own = path.split(".")[-1]
                public = not own.startswith("_") or own in ("__init__", "__call__")
                if public and inspect.isfunction(function):
                    code = inspect.unwrap(function).__code__
                    found[code] = f"{module.name}.{path}"
    return found


def called_from_here(frame):
    """Return whether the call comes from this file, at most through doors."""
    caller = frame.f_back
    while caller.f_code.co_filename != __file__:
        path, name = caller.f_code.co_filename, caller.f_code.co_name
        inside = path.startswith(nnlib.__path__[0]) and not path.endswith("_checks.py")
        if inside and name not in ("guarded", "measure", "__call__"):
            return False
        caller = caller.f_back
    return True


def test_no_public_name_is_left_out():
    public, seen = public_code(), set()

    def profile(frame, event, arg):
        if event == "call" and frame.f_code in public and called_from_here(frame):
            seen.add(public[frame.f_code])

    for _, _, function in DOORS.values():
        steps = function(np.random.default_rng(0), 3, 2, 3)
        case = steps.send(next(steps))
        sys.setprofile(profile)
        try:
            case.judge(case.call())
        finally:
            sys.setprofile(None)
    assert set(public.values()) - seen == NO_DOOR | TO_DEFINE
