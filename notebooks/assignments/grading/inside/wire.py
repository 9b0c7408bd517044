"""The values that may cross between a check and a student's code, as JSON.

A check runs in the grader's process, and the code that it checks in another one, closed
in.  Numbers, texts, lists, tuples, dicts, generators of random numbers and arrays cross
by their content, an array as the bytes of an .npy file that is read without pickle;
objects of nnlib's classes by their attributes; functions and classes of nnlib as names.
Of everything else only a number crosses, a handle by which one side can ask for more.

What can be changed in place is a thing of the message: values refer to it by its place
among the things.  The answer says what the things of the question hold now.
"""

import base64
import importlib
import io
import math

import numpy as np

ANSWER = 8 * 2**20  # bytes of the longest answer
MOST_VALUES = 200_000  # brackets and commas in it; each may take 100 bytes
NUMBERS = "biufc"  # kinds of arrays that are numbers, as NumPy calls them


def to_text(array):
    """Return an array as the text of an .npy file."""
    file = io.BytesIO()
    np.save(file, np.asarray(array), allow_pickle=False)
    return base64.b64encode(file.getvalue()).decode()


def to_array(text):
    """Return the array in the text of an .npy file; ValueError if it is none."""
    file = io.BytesIO(base64.b64decode(text, validate=True))
    if np.lib.format.read_magic(file) != (1, 0):
        raise ValueError("this is no array, or its type has many parts")
    shape, _, dtype = np.lib.format.read_array_header_1_0(file)
    there = len(file.getbuffer()) - file.tell()
    if dtype.kind not in NUMBERS + "U" or math.prod(shape) * dtype.itemsize != there:
        raise ValueError("this is no array of numbers or texts")
    file.seek(0)
    return np.load(file, allow_pickle=False)


def named(full):
    """Return what "module:name" means in nnlib, or a ufunc, or raise ValueError."""
    module, _, name = full.partition(":")
    if module == "numpy" and isinstance(vars(np).get(name), np.ufunc):
        return vars(np)[name]
    if module.split(".")[0] == "nnlib" and "plotting" not in module:
        found = vars(importlib.import_module(module)).get(name)
        if getattr(found, "__module__", None) == module:
            return found
    raise ValueError(f"{full} is no name of nnlib")


def name_of(value):
    """Return the name that stands for a function or a class, or None."""
    module = "numpy" if isinstance(value, np.ufunc) else value.__module__
    full = f"{module}:{value.__name__}"
    try:
        return full if named(full) is value else None
    except (ValueError, ImportError):
        return None


class Wire:
    """One end of the way: packs values into messages, and unpacks them.

    The two ends differ in what they know of objects: ``handle(value)`` writes what
    crosses as a handle, ``from_handle`` reads it; ``number(thing)`` is the handle of an
    object that crosses by its attributes, ``made(handle, kind)`` finds or makes it.
    """

    def pack(self, value, things):
        """Return the message of a value, and add to the things what it holds."""
        self.things, self.places = things, {id(x): n for n, x in enumerate(things)}
        value = self.refer(value)
        return {"value": value, "things": [self.content(x) for x in things]}

    def refer(self, value):
        """Return the JSON of a value, or of its place among the things."""
        if isinstance(value, np.generic) and value.dtype.kind in NUMBERS:
            return ["scalar", to_text(value)]
        for kind in (bool, int, float, str):
            if isinstance(value, kind):
                return kind(value)
        if isinstance(value, tuple):
            return ["tuple", *map(self.refer, value)]
        if isinstance(value, np.ndarray) and value.dtype.kind == "O":
            return self.refer(value.tolist())
        if value is None or id(value) in self.places:
            return value if value is None else ["thing", self.places[id(value)]]
        if hasattr(value, "__name__") and (name := name_of(value)):
            return ["name", name]
        if not self.is_thing(value):
            return self.handle(value)
        self.places[id(value)] = len(self.things)
        self.things.append(value)
        return ["thing", self.places[id(value)]]

    def is_thing(self, value):
        """Tell whether a value crosses by its content."""
        if isinstance(value, np.ndarray):
            return value.dtype.kind in NUMBERS + "U"
        plain = isinstance(value, list | dict) or type(value) is np.random.Generator
        return plain or name_of(type(value)) is not None

    def content(self, thing):
        """Return the JSON of what a thing holds."""
        if isinstance(thing, np.ndarray):
            return ["array", to_text(thing)]
        if isinstance(thing, list):
            return ["list", *map(self.refer, thing)]
        if isinstance(thing, dict):
            return ["dict", *([self.refer(k), self.refer(x)] for k, x in thing.items())]
        if type(thing) is np.random.Generator:
            return ["rng", thing.bit_generator.state]
        kind = name_of(type(thing)) or f"__main__:{type(thing).__name__}"
        attributes = {name: self.refer(x) for name, x in vars(thing).items()}
        return ["object", self.number(thing), kind, attributes]

    def unpack(self, message, things):
        """Return the value of a message, and give its things what they hold now.

        It can make nothing but what this module names; nonsense raises an exception.
        """
        self.things, contents = things, message["things"]
        things += [self.empty(*content) for content in contents[len(things) :]]
        for thing, content in zip(things, contents, strict=True):
            if content is not None:  # None: it is as it was
                self.fill(thing, *content)
        return self.value(message["value"])

    def value(self, said):
        """Return what a JSON of ``refer`` stands for."""
        if not isinstance(said, list | dict):
            return said
        tag, *rest = said
        if tag == "tuple":
            return tuple(map(self.value, rest))
        if tag == "handle":
            return self.from_handle(*rest)
        (rest,) = rest
        if tag == "thing":
            return self.things[rest]
        return to_array(rest)[()] if tag == "scalar" else named(rest)

    def empty(self, tag, *content):
        """Return a new thing, to be filled."""
        if tag == "array":
            return to_array(content[0])
        if tag == "object":
            return self.made(*content[:2])
        return {"list": list, "dict": dict, "rng": np.random.default_rng}[tag]()

    def fill(self, thing, tag, *content):
        """Give a thing what it holds, in place."""
        if tag == "list":
            thing[:] = map(self.value, content)
        elif tag == "dict":
            pairs = [(self.value(name), self.value(x)) for name, x in content]
            thing.clear()
            thing.update(pairs)
        elif tag == "rng":
            thing.bit_generator.state = content[0]
        elif tag == "array":
            np.copyto(thing, to_array(content[0]))
        else:
            handle, _, attributes = content
            attributes = {name: self.value(x) for name, x in attributes.items()}
            self.set_all(thing, handle, attributes)

    def set_all(self, thing, handle, attributes):
        """Give an object these attributes and no others."""
        vars(thing).clear()
        vars(thing).update(attributes)
