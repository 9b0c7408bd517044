"""Run the checks of an assignment, on code that runs elsewhere.

A check cell of the source notebook runs here, in the grader's own process, which never
runs a line of the student's.  The names that the student's cells define are stand-ins:
they look up, get, set and call in the student's process and bring plain values back, by
``inside/wire.py``.
"""

import ast
import builtins
import contextlib
import io
import symtable
import time
from dataclasses import dataclass

from nbgrader.utils import is_solution

from grading.clean import TooSlow, until
from grading.inside.wire import Wire, name_of, named
from nnlib.exercises import Wrong

MOST_OBJECTS = 10_000
GIVEN = (ast.Import, ast.ImportFrom, ast.FunctionDef, ast.ClassDef)


@dataclass
class Result:
    """What a check came to."""

    points: float = 0.0  # the value of its last line
    said: str = ""  # what it printed
    error: str = ""  # why it did not get to its end
    late: bool = False  # whether it was stopped because it took too long


class StandIn:
    """Stands for an object in the student's process."""

    def __init__(self, link, handle):
        vars(self).update(_link=link, _handle=handle)

    def __getattr__(self, name):
        if name.startswith("__"):
            raise AttributeError(name)
        return self._link.ask("get", self, name)

    def __setattr__(self, name, value):
        self._link.ask("set", self, name, value)

    def __call__(self, *arguments, **options):
        """Call it."""
        return self._link.ask("call", self, arguments, options)

    def __repr__(self):
        return f"<{type(self).__name__}>"


class Link(Wire):
    """The way to the student's process, for one check after the other.

    ``process`` answers by ``ask(request, seconds)``; ``space`` holds the names of the
    assignment's own cells, for objects of their classes.
    """

    def __init__(self, process, space):
        self.process, self.space = process, space
        self.until = time.monotonic() + 60  # when the check that runs must have ended
        self.stand_ins = {}  # handle: StandIn
        self.mirrors, self.handles = {}, {}  # handle: object, id of the object: handle

    def ask(self, what, *given):
        """Let the student's process do something; return, or raise, what came of it."""
        things = []
        request = {"do": what, "given": self.pack(given, things)}
        left = self.until - time.monotonic()
        if left <= 0 or (answer := self.process.ask(request, left)).get("late"):
            raise TooSlow
        try:
            value = self.unpack(answer, things)
            error = made_error(*answer["error"]) if "error" in answer else None
        except Exception as reason:
            error = ValueError(f"the value cannot be read: {reason}")
        if error:
            raise error
        return value

    def is_thing(self, value):
        """Tell whether a value crosses by its content."""
        kind = type(value)
        return self.space.get(kind.__name__) is kind or super().is_thing(value)

    def handle(self, value):
        """Return the JSON of a stand-in."""
        if isinstance(value, StandIn):
            return ["handle", value._handle]
        raise TypeError(f"a check cannot pass on a {type(value).__name__}")

    def from_handle(self, handle, kind, base):
        """Return the stand-in for a handle, of the name and the base of its class."""
        if len(self.stand_ins) > MOST_OBJECTS:
            raise ValueError("there are too many objects")
        if handle not in self.stand_ins:
            kind = kind if kind.isidentifier() and len(kind) < 60 else "object"
            more = {"__class__": named(base)} if base else {}
            self.stand_ins[handle] = type(kind, (StandIn,), more)(self, handle)
        return self.stand_ins[handle]

    def number(self, thing):
        """Return the handle of an object that the student's process has, or None."""
        return self.handles.get(id(thing))

    def made(self, handle, kind):
        """Return the object of nnlib that mirrors a student's, or a new one."""
        if handle not in self.mirrors:
            self.mirrors[handle] = object.__new__(named(kind))
        return self.mirrors[handle]

    def set_all(self, thing, handle, attributes):
        """Give an object these attributes, but only data, and none that hides a method.

        NumPy and Python look for names with underscores on the object itself; and no
        object stands directly where nnlib expects an array.
        """
        names = [x for x in attributes if x.isidentifier() and x[0] != "_"]
        names = [x for x in names if not callable(getattr(type(thing), x, None))]
        own = {x: attributes[x] for x in names if not name_of(type(attributes[x]))}
        super().set_all(thing, handle, own)
        if self.mirrors.setdefault(handle, thing) is thing:
            self.handles[id(thing)] = handle


def made_error(name, base, text, line):
    """Return an exception with the name and the text of one of the student's."""
    if name == "BdbQuit":
        return Wrong("your code stops in the debugger (pdb.set_trace): take it out")
    base = getattr(builtins, base, Exception)
    base = base if issubclass(base, Exception | SystemExit) else Exception
    kind = type(str(name), (base,), {"__str__": lambda self: str(text)})
    error = kind.__new__(kind)
    error.student_line = str(line)
    return error


class Checker:
    """Runs the checks of one assignment, of its source, for one submission.

    What its cells import and define is known to the checks; what students' cells bind
    is asked of their process.
    """

    def __init__(self, source, process, seconds):
        self.seconds, self.space = seconds, {"__name__": "__main__"}
        self.students = set()  # the names that a student's cells bind
        self.link = Link(process, self.space)
        for cell in (cell for cell in source.cells if cell.cell_type == "code"):
            if is_solution(cell):
                names = symtable.symtable(cell.source, "", "exec").get_symbols()
                self.students |= {x.get_name() for x in names if x.is_assigned()}
            elif not cell.metadata.get("nbgrader"):
                for node in ast.parse(cell.source).body:
                    code = compile(ast.Module([node], []), "<given>", "exec")
                    with contextlib.suppress(Exception):  # it may need students' names
                        exec(code if type(node) in GIVEN else "", self.space)

    def run(self, name, source):
        """Run a check cell; return its Result, or raise Ended if no process is left."""
        tree = ast.parse(source, f"<{name}>")
        last = tree.body.pop()
        if not isinstance(last, ast.Expr):
            raise ValueError(f"{name} does not end in its points, such as task.points")
        last = ast.Expression(last.value)
        used = {x.id for x in ast.walk(tree) if isinstance(x, ast.Name)}
        result, said = Result(), io.StringIO()
        self.link.until = end = time.monotonic() + self.seconds
        try:
            with until(end + self.seconds), contextlib.redirect_stdout(said):
                for known in used & self.students:  # they stand for what they are now
                    self.space.pop(known, None)
                    with contextlib.suppress(KeyError):
                        self.space[known] = self.link.ask("name", known)
                exec(compile(tree, f"<{name}>", "exec"), self.space)
                points = eval(compile(last, f"<{name}>", "eval"), self.space)
            result.points = float(points)
        except TooSlow:
            result.late = True
        except (Exception, SystemExit) as error:
            result.error = f"{type(error).__name__}: {error}"[:300]
        result.said = said.getvalue()
        return result
