"""Checks say the same in a student's notebook and in the grader, over a wire."""

import base64
import functools
import io
import time
from types import SimpleNamespace

import numpy as np
import pytest
import two_places
from grading.checks import Link, StandIn
from grading.clean import TooSlow
from running import catalogue, names, released, run

import nnlib

OTHERS = [
    pytest.param(name, cells, id=f"{name}-{number}")
    for name, module in catalogue().items()
    for number, cells in enumerate(
        [{x.cell: x.code} for x in module.MISTAKES] + [x.cells for x in module.CORRECT]
    )
]


@pytest.mark.parametrize("name", names())
def test_solutions_and_stubs_come_to_the_same(name):
    for cells in ({}, released(name, "solution")):
        assert two_places.run(name, cells) == run(name, cells)


@pytest.mark.course
@pytest.mark.parametrize(("name", "cells"), OTHERS)
def test_all_mistakes_and_other_solutions_come_to_the_same(name, cells):
    assert two_places.run(name, cells) == run(name, cells)


SAME = "def same(x):\n    return x\n"


def student(code):
    """Return a way to look up what a student's code defines."""
    process = two_places.Local()
    exec("import numpy as np\nimport nnlib\n" + code, process.space)
    return functools.partial(Link(process, {}).ask, "name")


PLAIN = [None, True, -7, 10**30, 0.1, np.inf, "\u00e9\n", (1, [2])]


@pytest.mark.parametrize("value", [*PLAIN, {"a": [1], (1, 2): None}])
def test_plain_values_come_back_as_they_are(value):
    found = student(SAME)("same")(value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f4", "f8", "c16", "U3", ">f4"])
def test_arrays_and_their_scalars_come_back_with_their_kind(dtype):
    same = student(SAME)("same")
    empty, whole = np.ones((2, 0, 3)).astype(dtype), np.ones((2, 3)).astype(dtype)
    assert same(empty) is empty  # the caller's own
    for value in (whole, whole[:2], np.broadcast_to(whole, (4, 2, 3))):
        assert same((value,))[0] is value
    if dtype != "U3":
        assert type(same(whole[0, 0])) is type(whole[0, 0])


def test_what_is_changed_in_place_is_changed_for_the_caller():
    change = student(
        "def change(a, b, c, d, layer):\n"
        "    a[0] = 7\n    b.append(a)\n    c['new'] = (b,)\n    d.random()\n"
        "    layer.W[...] = 1\n    layer.b = a\n    return layer\n"
    )("change")
    a, b, c, rng = np.zeros(3), [1], {}, np.random.default_rng(0)
    layer = nnlib.Dense(2, 3, np.random.default_rng(0))
    W = layer.W
    assert change(a, b, c, rng, layer) is layer
    assert a[0] == 7
    assert b[1] is a
    assert c["new"][0] is b
    expected = np.random.default_rng(0)
    expected.random()
    assert rng.random() == expected.random()
    assert layer.W is W
    assert (W == 1).all()
    assert layer.b is a


def test_an_object_is_a_stand_in_or_one_of_nnlib_s_and_the_same_each_time():
    look_up = student(
        "class Own(nnlib.layers.Layer):\n    shared = 1\n    def forward(self, X):\n"
        "        self.n = getattr(self, 'n', 0) + 1\n        return X + self.n\n"
        "made = Own()\n"
        "model = nnlib.Sequential([nnlib.Dense(2, 2, np.random.default_rng(0))])\n"
        "model.layers[0].forward = lambda X: X * 0\n"
    )
    own, model = look_up("Own")(), look_up("model")
    assert isinstance(own, StandIn)
    assert isinstance(own, nnlib.layers.Layer)
    assert type(own).__name__ == "Own"
    assert own(np.zeros((1, 1)))[0, 0] == 1
    assert own.forward(np.zeros((1, 1)))[0, 0] == 2
    own.n = 10
    assert (own.n, own.shared, hasattr(own, "missing")) == (10, 1, False)
    assert look_up("made") is look_up("made")
    assert nnlib.Sequential([own])(np.zeros((2, 2)))[0, 0] == 11

    assert model is look_up("model")
    assert type(model) is nnlib.Sequential
    assert type(model.layers[0]) is nnlib.Dense
    assert "forward" not in vars(model.layers[0])  # no method is hidden


def test_exceptions_keep_name_base_text_and_line():
    look_up = student(
        "class Own(ValueError): pass\ndef f():\n    raise Own('a', 1)\n" + SAME
    )
    with pytest.raises(ValueError, match=r"\('a', 1\)") as found:
        look_up("f")()
    assert type(found.value).__name__ == "Own"
    with pytest.raises(KeyError, match="g"):
        look_up("g")
    with pytest.raises(TypeError, match="a check cannot pass on a function"):
        look_up("same")(lambda x: x)


def said(late=False, **answer):
    """Return what comes of a question to a process that answers what it likes."""
    liar = SimpleNamespace(ask=lambda request, seconds: answer | {"late": late})
    return Link(liar, {}).ask("name", np.zeros(1))


def npy(descr, shape):
    """Return the header of an .npy file."""
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


NO_ARRAYS = [
    b"PK\3\4",
    b"\x93NUMPY\1\0",
    npy("|S0", (10**12,)),
    npy("<f8", (10**12,)),
    npy("|O", (1,)) + b"\x80\4N.",
    npy("<f8", (2,)) + bytes(24),
]
NO_VALUES = [
    *[{"a": 1}, [], [[]], ["scalar", None], ["tuple", []], ["unknown", 1]],
    *[["thing", x] for x in (5, "x")],
    *[["name", x] for x in ("os:system", "nnlib.plotting:show", "nnlib.layers:np", 5)],
    *[["handle"], ["handle", 0, 5, ""], ["handle", {}, "x", ""]],
    ["handle", 0, "x", "os:path"],
]
NO_THINGS = [
    *[5, [], ["array", "AAAA"], ["list", ["thing", 9]], ["unknown", 1]],
    *[["array", base64.b64encode(data).decode()] for data in NO_ARRAYS],
    *[["dict", x] for x in (1, [1], [["thing", 0], 1])],
    ["rng", {"bit_generator": "os"}],
    ["object", 0, "os:system", {}],
    ["object", 0, "nnlib.layers:Dense", ["W"]],
    ["object", [], "nnlib.layers:Dense", {"W": 1}],
]
ANSWERS = [{"value": x, "things": [None]} for x in [*NO_VALUES, *NO_THINGS[1:]]]
ANSWERS += [{"value": 1, "things": [thing]} for thing in NO_THINGS]
ANSWERS += [{}, {"value": 1}, {"things": [None]}, {"value": 1, "things": 5}]
ANSWERS += [{"value": 1, "things": []}, {"value": 1, "things": [None], "error": 5}]


@pytest.mark.parametrize("answer", ANSWERS, ids=str)
def test_nonsense_is_refused_in_a_sentence(answer):
    with pytest.raises(ValueError, match="the value cannot be read"):
        said(**answer)


def test_no_attribute_of_a_mirrored_object_is_more_than_data():
    inner, several = ["object", 1, "nnlib.layers:ReLU", {}], ["list", ["thing", 2]]
    hidden = dict.fromkeys(["__array_interface__", "_x", "forward"], 1)
    hidden |= {"W": ["thing", 2], "n": ["thing", 3]}
    things = [None, ["object", 0, "nnlib.layers:Dense", hidden], inner, several]
    assert list(vars(said(value=["thing", 1], things=things))) == ["n"]


def test_a_late_answer_ends_the_check():
    with pytest.raises(TooSlow):
        said(late=True)
    link = Link(None, {})
    link.until = time.monotonic()
    with pytest.raises(TooSlow):
        link.ask("name", "x")
