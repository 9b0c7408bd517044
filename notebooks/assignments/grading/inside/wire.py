"""The values that may cross between a check and a student's code, as JSON.

A check runs in the grader's process, and the code that it checks in another one, closed
in.  None, numbers, texts, lists, tuples, dicts, generators of random numbers and arrays
cross as values, an array as the bytes of an .npy file that is read without pickle;
objects of nnlib's classes as their attributes; functions and classes of nnlib as names.
Of everything else only a number crosses, a handle by which one side can ask for more.

What a call was given, and can be changed in place, has a number for the time of the
call, so that the answer can say what has become of it.
"""

import base64
import importlib
import io
import math

import numpy as np

ANSWER = 8 * 2**20  # bytes of the longest answer
MOST_VALUES = 200_000  # brackets and commas in it; each may take 100 bytes
DEEPEST = 60  # lists inside lists
NUMBERS = "biufc"  # kinds of arrays that are numbers, as NumPy calls them


def to_text(array):
    """Return an array as the text of an .npy file."""
    file = io.BytesIO()
    np.save(file, array, allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()


def to_array(text):
    """Return the array in the text of an .npy file."""
    file = io.BytesIO(base64.b64decode(text, validate=True))
    version = np.lib.format.read_magic(file)
    header = {(1, 0): "read_array_header_1_0", (2, 0): "read_array_header_2_0"}[version]
    shape, _, dtype = getattr(np.lib.format, header)(file)
    there = len(file.getbuffer()) - file.tell()
    if dtype.kind not in NUMBERS + "U" or math.prod(shape) * dtype.itemsize != there:
        raise ValueError("this is no array of numbers or texts")
    file.seek(0)
    return np.load(file, allow_pickle=False)


def named(full):
    """Return what a name "module:name" stands for: a thing of nnlib, or a ufunc.

    Raises:
        ValueError: it stands for something else.
    """
    module, _, name = full.partition(":")
    if module == "numpy" and isinstance(vars(np).get(name), np.ufunc):
        return vars(np)[name]
    if module.split(".")[0] == "nnlib" and "plotting" not in module:
        found = vars(importlib.import_module(module)).get(name)
        if getattr(found, "__module__", None) == module:
            return found
    raise ValueError(f"{full} is no name of nnlib")


def name_of(value):
    """Return the name that stands for a value, or None."""
    module = getattr(value, "__module__", None)
    module = "numpy" if isinstance(value, np.ufunc) else module
    full = f"{module}:{value.__name__}"
    try:
        return full if named(full) is value else None
    except (ValueError, ImportError):
        return None


class Side:
    """One of the two processes: how objects of other kinds cross.

    Objects that cross as their attributes are made again on the other side, once for
    each handle, so that what was the same object stays the same.
    """

    def handle(self, value):
        """Return ["handle", number, ...], or None: its attributes cross."""
        raise NotImplementedError

    def head(self, value):
        """Return [handle or None, name of the class] of what crosses by attributes."""
        raise NotImplementedError

    def made(self, handle, kind):
        """Return the object for a handle, or a new one, still empty."""
        raise NotImplementedError

    def from_handle(self, handle, *kind):
        """Return what a handle stands for; kind: names of its type, and of its base."""
        raise NotImplementedError

    def fill(self, thing, handle, names, values):
        """Give an object these attributes."""
        vars(thing).clear()
        vars(thing).update(zip(names, values, strict=True))


def has_number(value):
    """Tell whether a value can be changed in place, and crosses by its content."""
    if isinstance(value, np.ndarray):
        return value.dtype.kind in NUMBERS + "UO"
    return isinstance(value, list | dict) or type(value) is np.random.Generator


class Writer:
    """Turns values into JSON.

    Args:
        side: the process that writes.
        table: the things that have numbers, in this order.
        grows: whether what is new gets a number; otherwise it crosses as a copy.
    """

    def __init__(self, side, table, grows=False):
        self.side, self.table, self.grows = side, table, grows
        self.numbers = {id(x): n for n, x in enumerate(table)}
        self.inside = []

    def write(self, value):
        """Return the JSON of a value."""
        if value is None:
            return None
        if isinstance(value, np.generic) and value.dtype.kind in NUMBERS:
            return ["scalar", to_text(np.asarray(value))]
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind(value)
        if isinstance(value, tuple):
            return ["tuple", self.items(value, value)]
        if id(value) in self.numbers:
            return ["known", self.numbers[id(value)]]
        if not has_number(value):
            if hasattr(value, "__name__") and (name := name_of(value)):
                return ["name", name]
            if (handle := self.side.handle(value)) is not None:
                return handle
        number = None
        if self.grows:
            number = self.numbers[id(value)] = len(self.table)
            self.table.append(value)
        return self.content(value, number)

    def content(self, value, number=None):
        """Return the JSON of what a thing holds, whether it has a number or not."""
        if isinstance(value, np.ndarray) and value.dtype.kind == "O":
            items = self.items(value, value.flat)
            return ["objects", number, list(value.shape), items]
        if isinstance(value, np.ndarray):
            return ["array", number, to_text(np.asarray(value))]
        if isinstance(value, list):
            return ["list", number, self.items(value, value)]
        if isinstance(value, dict):
            return ["dict", number, self.items(value, value), self.values(value)]
        if type(value) is np.random.Generator:
            return ["rng", number, value.bit_generator.state]
        attributes = list(vars(value)), self.values(vars(value), value)
        return ["object", number, *self.side.head(value), *attributes]

    def values(self, pairs, of=None):
        """Write the values of a dict."""
        return self.items(pairs if of is None else of, list(pairs.values()))

    def items(self, value, items):
        """Write the parts of a value, unless it holds itself or is too deep."""
        if any(x is value for x in self.inside) or len(self.inside) > DEEPEST:
            raise ValueError("lists are nested too deeply, or one holds itself")
        self.inside.append(value)
        try:
            return [self.write(x) for x in items]
        finally:
            self.inside.pop()


class Reader:
    """Turns JSON into values; it can make nothing but what this module names.

    Args:
        side: the process that reads.
        table: the things that have numbers; a list to which it adds.
    """

    def __init__(self, side, table):
        self.side, self.table = side, table

    def read(self, said):
        """Return the value of a JSON; nonsense raises ValueError or the like."""
        if isinstance(said, dict):
            raise ValueError("a dict stands for no value")
        if not isinstance(said, list):
            return said
        tag, *rest = said
        simple = {
            "tuple": lambda: tuple(map(self.read, rest[0])),
            "known": lambda: self.table[rest[0]],
            "scalar": lambda: to_array(rest[0])[()],
            "name": lambda: named(rest[0]),
            "handle": lambda: self.side.from_handle(*rest),
        }
        if tag in simple:
            return simple[tag]()
        empty = {
            "list": list,
            "dict": dict,
            "rng": np.random.default_rng,
            "array": lambda: to_array(rest[1]),
            "objects": lambda: np.empty(rest[1], dtype=object),
            "object": lambda: self.side.made(rest[1], rest[2]),
        }
        thing = empty[tag]()
        if rest[0] is not None:
            if rest[0] != len(self.table):
                raise ValueError("the numbers are out of order")
            self.table.append(thing)
        if tag != "array":
            self.refill(thing, said)
        return thing

    def refill(self, thing, said):
        """Give a thing what a JSON says that it holds now."""
        tag, _, *rest = said
        if tag == "list":
            thing[:] = [self.read(x) for x in rest[0]]
        elif tag == "dict":
            pairs = [(self.read(k), self.read(x)) for k, x in zip(*rest, strict=True)]
            thing.clear()
            thing.update(pairs)
        elif tag == "rng":
            thing.bit_generator.state = rest[0]
        elif tag == "array":
            np.copyto(thing, to_array(rest[0]))
        elif tag == "objects":
            for place, x in zip(np.ndindex(thing.shape), rest[1], strict=True):
                thing[place] = self.read(x)
        else:
            handle, _, names, values = rest
            self.side.fill(thing, handle, names, [self.read(x) for x in values])
