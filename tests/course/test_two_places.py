"""Checks say the same in a student's notebook and in the grader, over a wire."""

import base64
import io
import time

import numpy as np
import pytest
import two_places
from grading.checks import Checker, Link, Overtime, StandIn
from grading.inside.wire import Reader, Side, Writer
from nbformat.v4 import new_notebook
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


def npy(descr, shape):
    """Return the header of an .npy file."""
    file = io.BytesIO()
    header = {"descr": descr, "fortran_order": False, "shape": shape}
    np.lib.format.write_array_header_1_0(file, header)
    return file.getvalue()


# What crosses, and how.


@pytest.fixture
def student():
    """A student's process, and the way to it."""
    process = two_places.Local()
    link = Checker(new_notebook(), process, seconds=5).link
    link.until = time.monotonic() + 60
    return process, link


def there_and_back(value):
    """Return what a value comes to on the other side and back."""
    process = two_places.Local()
    link = Link(process, {})
    link.until = time.monotonic() + 60
    exec("def same(x):\n    return x", process.space)
    return link.look_up("same")(value)


@pytest.mark.parametrize(
    "value",
    [
        None,
        True,
        -7,
        10**30,
        0.1,
        float("inf"),
        "\u00e9\n",
        (1, [2, (3,)]),
        {"a": [1.5], (1, 2): None},
    ],
)
def test_plain_values_come_back_as_they_are(value):
    found = there_and_back(value)
    assert found == value
    assert type(found) is type(value)


@pytest.mark.parametrize("dtype", ["?", "i1", "u8", "f4", "f8", "c16", "U3", ">f4"])
def test_arrays_and_their_scalars_come_back_with_their_kind(dtype):
    array = np.ones((2, 0, 3)).astype(dtype)
    assert there_and_back(array) is array  # the caller's own
    for value in (np.ones((2, 3)).astype(dtype), np.ones(3, dtype)[:2]):
        assert there_and_back((value,))[0] is value
    if dtype != "U3":
        scalar = np.ones(1, dtype)[0]
        assert type(there_and_back(scalar)) is type(scalar)


def test_what_is_changed_in_place_is_changed_for_the_caller(student):
    process, link = student
    exec(
        "def change(a, b, c, d, layer):\n"
        "    a[0] = 7\n    b.append(a)\n    c['new'] = (b,)\n    d.random()\n"
        "    layer.W[...] = 1\n    layer.b = a\n    return layer\n",
        process.space,
    )
    a, b, c, rng = np.zeros(3), [1], {}, np.random.default_rng(0)
    layer = nnlib.Dense(2, 3, np.random.default_rng(0))
    W = layer.W
    assert link.look_up("change")(a, b, c, rng, layer) is layer
    assert a[0] == 7
    assert b[1] is a
    assert c["new"][0] is b
    expected = np.random.default_rng(0)
    expected.random()
    assert rng.random() == expected.random()
    assert layer.W is W
    assert (W == 1).all()
    assert layer.b is a


def test_an_object_of_the_student_s_is_a_stand_in(student):
    process, link = student
    exec(
        "from nnlib.layers import Layer\n"
        "class Own(Layer):\n    shared = 1\n    def forward(self, X):\n"
        "        self.n = getattr(self, 'n', 0) + 1\n        return X + self.n\n"
        "made = Own()\n",
        process.space,
    )
    own = link.look_up("Own")()
    assert isinstance(own, StandIn)
    assert isinstance(own, nnlib.layers.Layer)
    assert type(own).__name__ == "Own"
    assert own(np.zeros((1, 1)))[0, 0] == 1
    assert own.forward(np.zeros((1, 1)))[0, 0] == 2
    own.n = 10
    assert own.n == 10
    assert own.shared == 1
    assert not hasattr(own, "missing")
    assert link.look_up("made") is link.look_up("made")
    model = nnlib.Sequential([own])
    assert model(np.zeros((2, 2)))[0, 0] == 11


def test_an_object_of_nnlib_s_is_the_same_each_time_and_hides_no_method(student):
    process, link = student
    exec(
        "import numpy as np\nimport nnlib\n"
        "model = nnlib.Sequential([nnlib.Dense(2, 2, np.random.default_rng(0))])\n"
        "model.layers[0].forward = lambda X: X * 0\n",
        process.space,
    )
    model = link.look_up("model")
    assert type(model) is nnlib.Sequential
    assert model is link.look_up("model")
    assert type(model.layers[0]) is nnlib.Dense
    assert "forward" not in vars(model.layers[0])


def test_no_attribute_of_a_mirrored_object_is_more_than_data():
    hidden = ["__array_interface__", "_x", "W", "forward", "layers"]
    inner = ["object", None, 1, "nnlib.layers:ReLU", [], []]
    values = [["dict", None, [], []], 1, inner, 1, ["list", None, [inner]]]
    said = ["object", None, 0, "nnlib.layers:Dense", hidden, values]
    found = Link(Liar({"changed": [], "value": said}), {}).ask("name", "x")
    assert list(vars(found)) == ["layers"]


@pytest.mark.parametrize(
    "data",
    [
        b"PK\3\4",
        b"\x93NUMPY\1\0",
        npy("|S0", (10**12,)),
        npy("<f8", (10**12,)),
        npy("|O", (1,)) + b"\x80\4N.",
        npy("<f8", (2,)) + bytes(24),
    ],
)
def test_what_is_no_array_of_numbers_is_refused(data):
    said = ["array", None, base64.b64encode(data).decode()]
    with pytest.raises(ValueError, match="the value cannot be read"):
        Link(Liar({"changed": [], "value": said}), {}).ask("name", "x")


def test_exceptions_keep_name_base_text_and_line(student):
    process, link = student
    exec("class Own(ValueError): pass\ndef f():\n    raise Own('a', 1)", process.space)
    with pytest.raises(ValueError, match=r"\('a', 1\)") as found:
        link.look_up("f")()
    assert type(found.value).__name__ == "Own"
    with pytest.raises(NameError, match="name 'g' is not defined"):
        link.look_up("g")


def test_what_cannot_cross_to_the_student_is_told(student):
    process, link = student
    exec("def f(x):\n    return x", process.space)
    with pytest.raises(TypeError, match="a check cannot pass on a function"):
        link.look_up("f")(lambda x: x)


class Liar:
    """A process that answers what it likes."""

    def __init__(self, answer):
        self.answer = answer

    def ask(self, request, seconds):
        return self.answer


NONSENSE = [
    {"a": 1},
    [],
    [[]],
    ["known", 5],
    ["known", "x"],
    ["array", None, "AAAA"],
    ["array", 3, "AAAA"],
    ["scalar", None],
    ["objects", None, [10**12], []],
    ["objects", None, [2], [1]],
    ["list", None, 5],
    ["dict", None, [[]], [1]],
    ["rng", None, {"bit_generator": "os"}],
    ["name", "os:system"],
    ["name", "nnlib.plotting:show"],
    ["name", "nnlib.layers:np"],
    ["name", 5],
    ["object", None, 0, "os:system", [], []],
    ["object", None, 0, "nnlib.layers:Dense", ["W"], []],
    ["object", None, [], "nnlib.layers:Dense", ["W"], [1]],
    ["handle"],
    ["handle", 0, 5],
    ["handle", {}, "x"],
    ["handle", 0, "x", "os:path"],
    ["tuple", 5],
    ["unknown", 1],
]


@pytest.mark.parametrize("value", NONSENSE)
def test_nonsense_is_refused_in_a_sentence(value):
    given = np.zeros(1)
    for answer in ({"changed": [], "value": value}, {"changed": [[0, value]]}):
        link = Link(Liar(answer), {})
        with pytest.raises(ValueError, match="the value cannot be read"):
            link.ask("name", given)


@pytest.mark.parametrize(
    "answer", [{}, {"changed": []}, {"changed": 5}, {"changed": [], "error": 5}]
)
def test_an_answer_that_is_none_is_refused(answer):
    with pytest.raises(ValueError, match="the value cannot be read"):
        Link(Liar(answer), {}).ask("name", "x")


def test_a_late_answer_ends_the_check():
    with pytest.raises(Overtime):
        Link(Liar({"late": True}), {}).ask("name", "x")


def test_a_list_in_itself_is_not_written():
    endless = []
    endless.append(endless)
    with pytest.raises(ValueError, match="holds itself"):
        Writer(Side(), []).write(endless)
    assert Reader(Side(), []).read(["list", 0, [["known", 0]]])[0] is not None
