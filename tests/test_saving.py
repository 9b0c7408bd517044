"""A saved model comes back bit by bit; a file that does not fit changes nothing.

The damaged files below differ from a sound one by a cut or by bytes drawn from a seed.
"""

import os
import pickle
import stat
import zipfile
from io import BytesIO
from pathlib import Path

import numpy as np
import pytest
from networks import network, values

from nnlib import Dense, ReLU, Sequential
from nnlib.layers import Layer


class Scale(Layer):
    """A layer of the user's own: one factor a column."""

    def __init__(self, n, rng):
        self.g, self.dg = rng.normal(size=(1, n)), None

    def forward(self, X):
        self.X = X
        return X * self.g

    def backward(self, dZ):
        self.dg = (dZ * self.X).sum(axis=0, keepdims=True)
        return dZ * self.g

    def parameters(self):
        return {"g": (self.g, self.dg)}


class ScaleAndShift(Scale):
    """As Scale, and another parameter; its text is the same."""

    name = "Scale"

    def __init__(self, n, rng):
        super().__init__(n, rng)
        self.c = rng.normal(size=(1, n))

    def parameters(self):
        return {**super().parameters(), "c": (self.c, None)}


def nested(rng):
    inner = Sequential([Dense(3, 4, rng), Scale(4, rng)])
    return Sequential([inner, ReLU(), Sequential([Dense(4, 2, rng)])])


MODELS = {
    "float64": lambda rng: network([2, 4, 3], rng),
    "float32": lambda rng: network([2, 4, 3], rng, np.float32),
    "nested": nested,
    "own": lambda rng: Sequential([Scale(3, rng), ReLU(), ScaleAndShift(3, rng)]),
    "large": lambda rng: network([64, 32, 10], rng),
    "without parameters": lambda rng: Sequential([ReLU()]),
}
CHUNK = "large"  # zipfile reads 4096 bytes at once: W holds more


@pytest.fixture
def path(tmp_path):
    return tmp_path / "model.npz"


@pytest.fixture
def model(rng):
    return MODELS["float64"](rng)


@pytest.fixture(autouse=True)
def silence(capfd):
    yield
    assert capfd.readouterr() == ("", "")


def bits(model):
    """Return the parameters as bytes, by name: -0.0 differs from 0.0 here."""
    return {name: (P.dtype, P.tobytes()) for name, P in values(model).items()}


def refuse(model, path, *parts, error=ValueError):
    """Assert that path is not loaded, for a reason named, and changes nothing."""
    before = bits(model)
    with pytest.raises(error) as caught:
        model.load(path)
    for part in parts:
        assert part in str(caught.value)
    assert type(caught.value) is error
    assert bits(model) == before


# There and back.


@pytest.mark.parametrize("kind", MODELS)
def test_a_model_comes_back_bit_by_bit(kind, path):
    model, other = (MODELS[kind](np.random.default_rng(seed)) for seed in (0, 1))
    arrays = [P for P, _ in other.parameters().values()]
    model.save(path)
    assert other.load(path) is None
    assert bits(other) == bits(model)
    for P, before in zip(other.parameters().values(), arrays, strict=True):
        assert P[0] is before  # the numbers move, the arrays stay


def test_every_bit_counts(model, path, rng):
    model.layers[0].W[:] = [[-0.0, 5e-324, np.pi, 1e308], [1 / 3, -1e-300, 0, 2**53]]
    before = bits(model)
    model.save(path)
    other = network([2, 4, 3], rng)
    other.load(path)
    assert bits(other) == before


def test_the_loaded_model_predicts_the_same(path, rng):
    model, other = nested(rng), nested(rng)
    X = rng.normal(size=(5, 3))
    assert not np.array_equal(model(X), other(X))
    model.save(path)
    other.load(path)
    np.testing.assert_array_equal(other(X), model(X))


def test_a_transposed_view_is_saved_and_loaded(path, rng):
    model, other = network([2, 4], rng), network([2, 4], rng)
    for each in (model, other):
        each.layers[0].W = np.asfortranarray(each.layers[0].W)[:, ::-1]
    model.save(path)
    other.load(path)
    np.testing.assert_array_equal(other.layers[0].W, model.layers[0].W)


def test_a_model_that_has_diverged_may_be_loaded_into(model, path):
    model.save(path)
    before = bits(model)
    model.layers[0].W[0, 0] = np.nan
    model.load(path)
    assert bits(model) == before


@pytest.mark.parametrize("kind", [str, Path, lambda p: os.fspath(p).encode()])
def test_a_path_is_a_text_or_a_path(kind, model, path):
    if kind in (str, Path):
        model.save(kind(path))
        model.load(kind(path))
    else:
        for call in (model.save, model.load):
            with pytest.raises(TypeError, match="the path of a file, got bytes"):
                call(kind(path))


def test_a_name_alone_is_a_file_in_the_present_folder(model, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    model.save("model.npz")
    model.load("model.npz")
    assert [p.name for p in tmp_path.iterdir()] == ["model.npz"]


@pytest.mark.parametrize("kind", MODELS)
def test_the_same_model_gives_the_same_bytes(kind, path):
    found = []
    for _ in range(2):
        MODELS[kind](np.random.default_rng(0)).save(path)
        found.append(path.read_bytes())
    assert found[0] == found[1]


def test_the_file_is_plain_npz_with_the_names_of_the_parameters(path, rng):
    model = nested(rng)
    model.save(path)
    with np.load(path) as stored:
        assert set(stored) == {"layers", "0.0.W", "0.0.b", "0.1.g", "2.0.W", "2.0.b"}
        assert stored["layers"].tolist() == model.kinds()
        np.testing.assert_array_equal(stored["0.1.g"], model.layers[0].layers[1].g)


def test_kinds_are_the_layers_as_texts(rng):
    expected = ["Dense(3 -> 4)", "Scale()", "ReLU()", "Dense(4 -> 2)"]
    assert nested(rng).kinds() == expected


# Files that are damaged.


@pytest.mark.parametrize("kind", ["float32", "nested"])
def test_a_file_cut_short_anywhere_is_refused(kind, path, rng):
    model = MODELS[kind](rng)
    model.save(path)
    whole = path.read_bytes()
    for length in range(len(whole)):
        path.write_bytes(whole[:length])
        refuse(model, path, "expects a file written by save", "was it cut short")


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", ["float64", "float32", CHUNK])
@pytest.mark.parametrize("n_changed", [1, 3])
def test_changed_bytes_are_noticed_or_mean_nothing(kind, n_changed, path, rng):
    """What may change unnoticed is what no number depends on, such as a date."""
    saved, model = MODELS[kind](rng), MODELS[kind](rng)
    saved.save(path)
    whole, kept, before = np.fromfile(path, np.uint8), values(model), bits(model)
    refused = 0
    for _ in range(1000):
        damaged = whole.copy()
        where = rng.choice(len(whole), size=n_changed, replace=False)
        damaged[where] ^= rng.integers(1, 256, size=n_changed, dtype=np.uint8)
        path.write_bytes(damaged.tobytes())
        try:
            model.load(path)
        except ValueError:
            refused += 1
            assert bits(model) == before
        else:
            assert bits(model) == bits(saved)
            for name, (P, _) in model.parameters().items():
                P[...] = kept[name]
    assert refused > 500


def test_each_bit_of_each_header_is_guarded(path, rng):
    """A shorter header would move the numbers by some bytes, and find their type."""
    saved, model = MODELS[CHUNK](rng), MODELS[CHUNK](rng)
    saved.save(path)
    whole = path.read_bytes()
    starts = [i for i in range(len(whole)) if whole.startswith(b"\x93NUMPY", i)]
    assert len(starts) == 5
    for start in starts:
        for place in range(start, start + 12):
            for bit in range(8):
                damaged = bytearray(whole)
                damaged[place] ^= 1 << bit
                path.write_bytes(damaged)
                refuse(model, path, "expects a file written by save")


# Files of other kinds.


class Trap:
    """What runs code when it is unpickled."""

    def __reduce__(self):
        return (open, (os.environ["NNLIB_TRAP"], "w"))


def as_npy(array, **kwargs):
    np.save(file := BytesIO(), array, **kwargs)
    return file.getvalue()


def as_npz(**arrays):
    np.savez(file := BytesIO(), **arrays)
    return file.getvalue()


def as_zip(**texts):
    with zipfile.ZipFile(file := BytesIO(), "w") as archive:
        for name, text in texts.items():
            archive.writestr(name, text)
    return file.getvalue()


KINDS = ["Dense(2 -> 4)", "ReLU()", "Dense(4 -> 3)"]
FOREIGN = {
    "empty": b"",
    "text": b"epoch,loss\n1,0.5\n",
    "jpg": b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(range(256)) * 4,
    "zeros": bytes(2000),
    "npy": as_npy(np.ones((2, 4))),
    "npy with a huge shape": as_npy(np.ones(8)).replace(
        b"(8,), ", b"(8888888888888,), "
    ),
    "pickle": pickle.dumps({"0.W": [1.0]}),
    "empty zip": as_zip(),
    "zip": as_zip(readme="text", other="text"),
    "zip with a text named layers": as_zip(layers="Dense(2 -> 4)"),
    "npz": as_npz(images=np.ones(3), labels=np.arange(3)),
    "npz without layers": as_npz(**{"0.W": np.ones((2, 4))}),
    "layers are numbers": as_npz(layers=np.arange(3)),
    "layers are bytes": as_npz(layers=np.array(KINDS, dtype=bytes)),
}


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("kind", FOREIGN)
def test_a_file_of_another_kind_is_refused(kind, model, path):
    path.write_bytes(FOREIGN[kind])
    refuse(model, path, "expects a file written by save, got model.npz", "?")


@pytest.mark.parametrize("place", ["layers", "0.W", "another"])
@pytest.mark.parametrize("whole", [True, False])
def test_no_code_in_a_file_runs(place, whole, model, path, tmp_path, monkeypatch):
    trap = tmp_path / "sprung"
    monkeypatch.setenv("NNLIB_TRAP", str(trap))
    spiked = np.array([Trap()], dtype=object)
    if whole:
        path.write_bytes(pickle.dumps(Trap()))
    else:
        arrays = {"layers": np.array(model.kinds()), **values(model), place: spiked}
        np.savez(path, **arrays)
    refuse(model, path, "cannot be read as one")
    assert not trap.exists()
    if not whole:
        with np.load(path, allow_pickle=True) as stored:  # it is a trap indeed
            stored[place][0].close()
        assert trap.exists()


# Models that are not the one saved.

OTHERS = {
    "other widths": lambda rng: network([2, 5, 3], rng),
    "no ReLU": lambda rng: Sequential([Dense(2, 4, rng), Dense(4, 3, rng)]),
    "other order": lambda rng: Sequential([ReLU(), Dense(2, 4, rng), Dense(4, 3, rng)]),
    "one more": lambda rng: Sequential([*network([2, 4, 3], rng).layers, ReLU()]),
    "nothing": lambda rng: Sequential([ReLU()]),
}


@pytest.mark.parametrize("kind", OTHERS)
def test_the_file_of_a_model_with_other_layers_is_refused(kind, model, path, rng):
    saved = OTHERS[kind](rng)
    saved.save(path)
    named = ", ".join(model.kinds()), ", ".join(saved.kinds())
    refuse(model, path, "Sequential(2 -> 3).load expects the layers of this", *named)


def test_the_same_layers_in_other_brackets_are_refused(path, rng):
    flat = network([2, 4, 3], rng)
    Sequential([Sequential(network([2, 4, 3], rng).layers)]).save(path)
    refuse(flat, path, "expects 0.W, 0.b, 2.W, 2.b", "got also 0.0.W")


def test_a_file_with_more_or_less_than_the_layers_hold_is_refused(path, rng):
    less, more = Sequential([Scale(3, rng)]), Sequential([ScaleAndShift(3, rng)])
    more.save(path)
    refuse(less, path, "expects 0.g, got also 0.c in model.npz", "another model?")
    less.save(path)
    refuse(more, path, "expects 0.c as float64 of shape (1, 3), got none", "another")


CHANGED = {
    "NaN": (lambda W: W * np.nan, "expects finite numbers in 2.W", "got NaN or inf"),
    "inf": (lambda W: W / 0.0, "expects finite numbers in 2.W", "got NaN or inf"),
    "float32": (
        lambda W: W.astype(np.float32),
        "expects 2.W as float64 of shape (4, 3)",
        "got float32 of shape (4, 3)",
    ),
    "transposed": (lambda W: W.T, "of shape (4, 3)", "got float64 of shape (3, 4)"),
    "a row": (lambda W: W[:1], "of shape (4, 3)", "got float64 of shape (1, 3)"),
    "0-d": (lambda W: W[0, 0], "of shape (4, 3)", "got float64 of shape ()"),
    "text": (lambda W: W.astype(str), "2.W as float64", "got <U32 of shape (4, 3)"),
}


@pytest.mark.parametrize("kind", CHANGED)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_numbers_of_another_form_are_refused(kind, model, path):
    """2.W stands behind others that do fit: they must not be set either."""
    change, *parts = CHANGED[kind]
    arrays = {name: P + 1 for name, P in values(model).items()}
    arrays["2.W"] = change(arrays["2.W"])
    np.savez(path, layers=model.kinds(), **arrays)
    refuse(model, path, *parts, "model.npz")


def test_a_parameter_missing_in_the_file_is_named(model, path):
    arrays = values(model)
    del arrays["2.b"]
    np.savez(path, layers=model.kinds(), **arrays)
    refuse(model, path, "expects 2.b as float64 of shape (1, 3), got none in model.npz")


def test_a_bare_text_in_place_of_a_parameter_is_refused(model, path):
    model.save(path)
    arrays = values(model)
    del arrays["2.b"]
    np.savez(path, layers=model.kinds(), **arrays)
    with zipfile.ZipFile(path, "a") as archive:
        archive.writestr("2.b", "0, 0, 0")
    refuse(model, path, "expects 2.b as float64 of shape (1, 3), got |S7")


def test_a_parameter_that_cannot_be_written_is_named_before_any_is_set(model, path):
    model.save(path)
    model.layers[0].W += 1
    model.layers[2].b.flags.writeable = False
    refuse(model, path, "expects 2.b as an array to write into, got a read-only one")


def test_what_was_checked_is_what_is_loaded(model, path, rng, monkeypatch):
    """Another process may save a model of its own between the check and the reading."""
    model.save(path)
    before, other = bits(model), OTHERS["other widths"](rng)
    load = np.load

    def load_and_replace(*args, **kwargs):
        stored = load(*args, **kwargs)
        other.save(path)
        return stored

    monkeypatch.setattr(np, "load", load_and_replace)
    model.layers[0].W += 1
    model.load(path)
    assert bits(model) == before


# Paths.


def test_a_missing_file_is_a_file_not_found(model, path):
    refuse(model, path, str(path), error=FileNotFoundError)
    refuse(model, path.parent / "no" / "m.npz", "no", error=FileNotFoundError)


def test_a_folder_is_no_file(model, path):
    path.mkdir()
    refused = PermissionError if os.name == "nt" else IsADirectoryError
    refuse(model, path, path.name, error=refused)
    with pytest.raises(OSError, match=path.name):
        model.save(path)
    assert list(path.parent.rglob("*")) == [path]


def test_a_folder_that_is_missing_is_named_and_not_made(model, tmp_path):
    with pytest.raises(FileNotFoundError, match="a folder to write into"):
        model.save(tmp_path / "no" / "model.npz")
    assert list(tmp_path.iterdir()) == []


@pytest.mark.skipif(
    not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write anywhere"
)
def test_a_folder_that_may_not_be_written_is_an_error_and_keeps_the_file(model, path):
    model.save(path)
    before = path.read_bytes()
    path.parent.chmod(0o500)
    try:
        with pytest.raises(PermissionError, match=path.name):
            model.save(path)
    finally:
        path.parent.chmod(0o700)
    assert path.read_bytes() == before


# Writing: all or nothing.


@pytest.mark.parametrize("error", [OSError("disk full"), KeyboardInterrupt()])
@pytest.mark.parametrize("there", [True, False])
def test_a_write_that_fails_midway_leaves_all_as_it_was(
    error, there, model, path, monkeypatch
):
    if there:
        model.save(path)
    before = {p: p.read_bytes() for p in path.parent.iterdir()}
    assert len(before) == there

    def half_of_savez(file, **arrays):
        file.write(FOREIGN["npz"][:500])
        raise error

    model.layers[0].W += 1
    monkeypatch.setattr(np, "savez", half_of_savez)
    with pytest.raises(type(error)):
        model.save(path)
    assert {p: p.read_bytes() for p in path.parent.iterdir()} == before


@pytest.mark.parametrize("there", [True, False])
def test_a_last_step_that_fails_leaves_all_as_it_was(there, model, path, monkeypatch):
    def refused(*args):
        raise PermissionError("in use by another program")

    if there:
        model.save(path)
    before = {p: p.read_bytes() for p in path.parent.iterdir()}
    model.layers[0].W += 1
    monkeypatch.setattr(os, "replace", refused)
    with pytest.raises(PermissionError):
        model.save(path)
    assert {p: p.read_bytes() for p in path.parent.iterdir()} == before


def test_the_old_file_is_whole_until_the_new_one_is(model, path, monkeypatch):
    model.save(path)
    before, savez, seen = path.read_bytes(), np.savez, []

    def watched(file, **arrays):
        savez(file, **arrays)
        file.flush()
        seen.append(path.read_bytes())

    monkeypatch.setattr(np, "savez", watched)
    model.layers[0].W += 1
    model.save(path)
    assert seen == [before]
    assert path.read_bytes() != before
    assert list(path.parent.iterdir()) == [path]


def test_two_that_save_at_once_do_not_meet(model, path, rng, monkeypatch):
    other, savez = network([2, 4, 3], rng), np.savez

    def while_another_saves(file, **arrays):
        monkeypatch.setattr(np, "savez", savez)
        file.write(b"PK")
        other.save(path)
        file.seek(0)
        savez(file, **arrays)

    before = bits(model)
    monkeypatch.setattr(np, "savez", while_another_saves)
    model.save(path)
    other.load(path)
    assert bits(other) == before
    assert list(path.parent.iterdir()) == [path]


def test_a_model_that_has_diverged_is_not_saved_over_a_sound_one(model, path):
    model.save(path)
    before = path.read_bytes()
    model.layers[2].W[0, 0] = np.inf
    with pytest.raises(ValueError, match="Dense: W must hold finite numbers"):
        model.save(path)
    assert path.read_bytes() == before


posix = pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX systems")


def permissions(path):
    return stat.S_IMODE(path.stat().st_mode)


@posix
@pytest.mark.parametrize("umask", [0o022, 0o077, 0o002, 0o027])
def test_a_new_file_has_the_permissions_of_any_new_file(umask, model, path):
    kept = os.umask(umask)
    try:
        model.save(path)
        ordinary = path.with_name("ordinary")
        ordinary.touch()
    finally:
        os.umask(kept)
    assert permissions(path) == permissions(ordinary) == 0o666 & ~umask


@posix
def test_a_file_written_again_keeps_its_permissions(model, path):
    model.save(path)
    path.chmod(0o604)
    model.save(path)
    assert permissions(path) == 0o604


@posix
def test_a_link_stays_a_link(model, path):
    link = path.with_name("latest.npz")
    link.symlink_to(path.name)
    model.save(link)
    assert link.is_symlink()
    assert path.is_file()
    model.load(link)
