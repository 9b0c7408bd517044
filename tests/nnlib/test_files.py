"""A saved model comes back bit by bit; a file that does not fit changes nothing."""

import os
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from networks import assert_refused, network, values

from nnlib import ReLU, Sequential, datasets
from nnlib.layers import Layer


class Scale(Layer):
    """A layer of the user's own, with one parameter or two; its text is the same."""

    def __init__(self, *names):
        self.held = {name: np.arange(3.0) for name in names}

    def parameters(self):
        return {name: (P, None) for name, P in self.held.items()}


MODELS = {
    "float64": lambda rng: network([2, 4, 3], rng),
    "float32": lambda rng: network([2, 4, 3], rng, np.float32),
    "nested": lambda rng: Sequential([network([3, 4], rng), Scale("g"), ReLU()]),
    "large": lambda rng: network([64, 32, 10], rng),  # zipfile reads 4096 bytes at once
    "without parameters": lambda rng: Sequential([ReLU()]),
}
WHO = "ValueError | Sequential(2 -> 3).load expects"
READ = f"{WHO} a file written by save, got model.npz, which"


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


@pytest.fixture
def model(rng):
    return MODELS["float64"](rng)


def bits(model):
    """Return the parameters as bytes, by name: -0.0 differs from 0.0 here."""
    return {name: (P.dtype, P.tobytes()) for name, P in values(model).items()}


def refuse(model, path, says):
    """Assert that path is not loaded, for a reason named, and changes nothing."""
    before = bits(model)
    assert_refused(lambda: model.load(path), says)
    assert bits(model) == before


def content(folder):
    """Return what the files of a folder hold."""
    return {path.name: path.read_bytes() for path in folder.iterdir()}


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_comes_back_bit_by_bit(kind, path):
    model, other = (MODELS[kind](np.random.default_rng(seed)) for seed in (0, 1))
    for P, _ in model.parameters().values():
        P.flat[:3] = [-0.0, 1 / 3, 1e-40]
    arrays = [P for P, _ in other.parameters().values()]
    assert model.save(path) is other.load(str(path)) is None
    assert bits(other) == bits(model)
    for (P, _), before in zip(other.parameters().values(), arrays, strict=True):
        assert P is before  # the numbers move, the arrays stay
    before = content(path.parent)
    other.save(str(path))
    assert content(path.parent) == before
    assert list(before) == ["model.npz"]
    with np.load(path) as stored:
        assert set(stored) == {"layers", *model.parameters()}


def test_a_model_that_has_diverged_may_be_loaded_into_and_is_not_saved(model, path):
    model.save(path)
    before, saved = bits(model), content(path.parent)
    model.layers[0].W[0, 0] = np.nan
    assert_refused(lambda: model.save(path), "ValueError | W must hold finite numbers")
    assert content(path.parent) == saved
    model.load(path)
    assert bits(model) == before


# Files that are damaged, or of another kind.


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["float64", "large"])
def test_a_damaged_file_is_refused_unless_the_damage_means_nothing(kind, path, rng):
    """What may change unnoticed is what no number depends on, such as a date."""
    saved, model = MODELS[kind](rng), MODELS[kind](rng)
    saved.save(path)
    whole = path.read_bytes()
    for length in range(0, len(whole), len(whole) // 100):
        path.write_bytes(whole[:length])
        refuse(
            model, path, "ValueError | cannot be read as one (BadZipFile): was it cut"
        )
    headers = [i for i in range(len(whole)) if whole.startswith(b"\x93NUMPY", i)]
    refused, places = 0, [h + i for h in headers for i in range(12)]
    for place in [*places, *rng.choice(len(whole), 300)]:
        damaged, model = bytearray(whole), MODELS[kind](np.random.default_rng(1))
        damaged[place] ^= rng.integers(1, 256, dtype=np.uint8)
        path.write_bytes(damaged)
        before = bits(model)
        try:
            model.load(path)
        except ValueError:
            refused += 1
            assert bits(model) == before
        else:
            assert bits(model) == bits(saved)
    assert refused > 150


def npz(**arrays):
    np.savez(file := BytesIO(), **arrays)
    return file.getvalue()


FOREIGN = {
    npz(): "holds nothing: was it written by another program?",
    npz(layers=b"Dense(2 -> 4)"): "holds layers: was it written by another program?",
    datasets.DIGITS.read_bytes(): "holds pixels, labels, source, licence: was it",
}


@pytest.mark.parametrize("held", FOREIGN, ids=FOREIGN.get)
def test_a_file_of_another_kind_is_refused(held, model, path):
    path.write_bytes(held)
    refuse(model, path, f"{READ} {FOREIGN[held]}")


class Trap:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return (open, (os.environ["NNLIB_TRAP"], "w"))


@pytest.mark.parametrize("place", ["layers", "0.W", "another"])
def test_no_code_in_a_file_runs(place, model, path, tmp_path, monkeypatch):
    trap = tmp_path / "sprung"
    monkeypatch.setenv("NNLIB_TRAP", str(trap))
    spiked = {place: np.array([Trap()], dtype=object)}
    np.savez(path, **{"layers": model.kinds(), **values(model), **spiked})
    refuse(model, path, f"{READ} cannot be read as one (ValueError)")
    assert not trap.exists()
    with np.load(path, allow_pickle=True) as stored:  # it is a trap indeed
        stored[place][0].close()
    assert trap.exists()


# Models that are not the one saved.


def test_the_file_of_a_model_of_other_layers_is_refused(model, path, rng):
    for saved in (network([2, 5, 3], rng), Sequential([*model.layers, ReLU()])):
        saved.save(path)
        mine, other = ", ".join(model.kinds()), ", ".join(saved.kinds())
        says = f"{WHO} the layers of this model, {mine}; got {other} in model.npz"
        refuse(model, path, says)


def test_parameters_too_many_or_too_few_are_refused(path):
    for saved, model, says in [
        ("gcd", "g", "nothing else, got 0.c float64 (3,), 0.d float64 (3,) in model"),
        ("g", "gc", "0.c float64 (3,), got none in model.npz: another model's?"),
    ]:
        Sequential([Scale(*saved)]).save(path)
        says = f"ValueError | Sequential.load expects {says}"
        refuse(Sequential([Scale(*model)]), path, says)


@pytest.mark.parametrize(
    ("change", "found"),
    [
        (lambda W: np.where(W > 0, W, np.nan), "2.W float64 (4, 3) with NaN or inf"),
        (lambda W: W.astype(np.float32), "2.W float32 (4, 3)"),
        (lambda W: W.T, "2.W float64 (3, 4)"),
        (lambda W: W.astype(str), "2.W <U"),
    ],
)
def test_numbers_of_another_form_are_refused(change, found, model, path):
    """2.W stands behind others that do fit: they must not be set either."""
    arrays = {name: P + 1 for name, P in values(model).items()}
    arrays["2.W"] = change(arrays["2.W"])
    np.savez(path, layers=model.kinds(), **arrays)
    says = f"{WHO} 2.W float64 (4, 3), got {found} | in model.npz: another"
    refuse(model, path, says)


# Paths, and writing: all or nothing.


@pytest.mark.parametrize("method", ["save", "load"])
@pytest.mark.parametrize(
    ("path", "says"),
    [
        (None, "TypeError | expects the path of a file, got NoneType: write"),
        (b"m.npz", "TypeError | expects the path of a file, got bytes: write"),
        (Path("m.npz.txt"), "ValueError | that ends in .npz, got 'm.npz.txt': that is"),
        (".npz", "ValueError | that ends in .npz, got '.npz': that is the form"),
    ],
)
def test_what_is_no_path_of_an_npz_file_is_refused(method, path, says, model):
    assert_refused(lambda: getattr(model, method)(path), f"{says} | {method} expects")


def test_a_missing_file_or_folder_is_named_and_not_made(model, path):
    refuse(model, path, f"FileNotFoundError | {path}")
    says = "FileNotFoundError | save expects a folder to write | and no/such is none"
    assert_refused(lambda: model.save("no/such/model.npz"), says)
    path.mkdir()
    for call in (model.load, model.save):
        with pytest.raises(OSError, match=path.name):
            call(path)
    assert list(path.parent.rglob("*")) == [path]


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("name", ["savez", "replace"])
def test_a_write_that_fails_leaves_all_as_it_was(error, name, model, path, monkeypatch):
    """It fails midway, or when the new file is to take the old one's place."""

    def fails(file, *args, **arrays):
        if name == "savez":
            file.write(b"half")
        raise error

    monkeypatch.chdir(path.parent)  # a name alone is a file here
    model.save(path.name)
    before = content(path.parent)
    model.layers[0].W += 1
    monkeypatch.setattr(np if name == "savez" else os, name, fails)
    for target in (path.name, "new.npz"):
        with pytest.raises(type(error)):
            model.save(target)
        assert content(path.parent) == before
