"""What the checks rely on, remembered before a student's code runs, and put back.

    guard = Guard("import numpy as np")      # before any code of the student's
    guard.restore()                          # ["numpy.allclose", ...] had been changed

A check compares arrays with NumPy, counts points with ``nnlib.exercises`` and
calls functions by their names.  Code that runs in the same process can change any of
these; the guard finds what changed and undoes it before and after each check.
"""

import builtins
import sys
import types

GUARDED = ("builtins", "contextlib", "grading", "hmac", "io", "json", "math", "nnlib")
GUARDED += ("numpy", "traceback")
STREAMS = ("stdout", "stderr", "displayhook", "excepthook", "getrecursionlimit")
FUNCTION_PARTS = ("__code__", "__defaults__", "__kwdefaults__")
VARIABLE = {"_", "__doc__", "__annotations__", "__abstractmethods__", "_abc_impl"}


class Guard:
    """Remembers modules, classes, functions and IPython's hooks as they are now.

    Args:
        imports: import statements that the checks' names come from.
        shell: the IPython shell, if there is one.
    """

    def __init__(self, imports, shell=None):
        self.given = {}
        exec(compile(imports, "<imports>", "exec"), self.given)
        del self.given["__builtins__"]
        self.shell = shell
        self.modules = {
            name: module
            for name, module in list(sys.modules.items())
            if name.split(".")[0] in GUARDED and isinstance(module, types.ModuleType)
        }
        self.names = {
            name: {key: x for key, x in vars(module).items() if guarded(key, x)}
            for name, module in self.modules.items()
        }
        self.streams = {key: getattr(sys, key) for key in STREAMS}
        found = {
            id(x): x for space in self.names.values() for x in [*space.values()]
        }.values()
        self.classes = [
            (cls, {k: x for k, x in vars(cls).items() if guarded(k, x, in_class=True)})
            for cls in found
            if isinstance(cls, type)
            and cls.__flags__ & (1 << 9)  # a class made by Python code
            and cls.__module__.split(".")[0] in GUARDED
        ]
        functions = {id(f): f for x in found for f in python_functions(x)}
        for cls, space in self.classes:
            for x in space.values():
                functions.update((id(f), f) for f in python_functions(x))
            functions.update((id(f), f) for f in python_functions(cls))
        self.functions = [
            (f, tuple(getattr(f, part) for part in FUNCTION_PARTS))
            for f in functions.values()
        ]
        self.tracing = {
            "sys.settrace": (sys.gettrace, sys.settrace),
            "sys.setprofile": (sys.getprofile, sys.setprofile),
        }
        self.hooks = [(what, hooks, list(hooks)) for what, hooks in lists(shell)]

    def restore(self):
        """Put back whatever changed, and return the names of it."""
        changed = []
        for name, module in self.modules.items():
            if sys.modules.get(name) is not module:
                sys.modules[name] = module
                changed.append(f"sys.modules[{name!r}]")
            now = vars(module)
            for key, x in self.names[name].items():
                if now.get(key, self) is not x:
                    now[key] = x
                    changed.append(f"{name}.{key}")
        for cls, kept in self.classes:
            changed += restore_class(cls, kept)
        for function, parts in self.functions:
            for part, x in zip(FUNCTION_PARTS, parts, strict=True):
                if getattr(function, part) is not x:
                    setattr(function, part, x)
                    changed.append(f"{function.__module__}.{function.__qualname__}")
        for what, hooks, kept in self.hooks:
            added = [x for x in hooks if not any(x is old for old in kept)]
            if any(made_by_student(x) for x in added) or len(hooks) < len(kept):
                hooks[:] = kept
                changed.append(what)
        self.restore_streams()
        return changed + self.stop_tracing()

    def restore_streams(self):
        """Put sys.stdout and the like back, without which IPython cannot answer."""
        for key, x in self.streams.items():
            setattr(sys, key, x)

    def stop_tracing(self):
        """Take away functions that Python calls at each step; return which ones."""
        found = [what for what, (get, _) in self.tracing.items() if get()]
        for what in found:
            self.tracing[what][1](None)
        monitoring = getattr(sys, "monitoring", None)  # from Python 3.12 on
        for tool in range(6) if monitoring else ():
            if monitoring.get_tool(tool):
                monitoring.set_events(tool, 0)
                found.append(f"sys.monitoring, tool {tool}")
        return found

    def space_for_check(self, space):
        """Return the names that a check sees, and those it has from the hand-out.

        A check has the student's names, but np, Task and what else the hand-out
        imports are its own, and so are Python's: a student who names a number `sum`
        or `np` loses nothing by it.
        """
        rebound = [k for k, x in self.given.items() if space.get(k, x) is not x]
        for key, x in self.given.items():
            space.setdefault(key, x)  # an import that was deleted
        own = {k: x for k, x in space.items() if not hasattr(builtins, k)}
        return {**own, **self.given}, rebound


def guarded(key, x, in_class=False):
    """Tell whether a name of a module or class must stay as it is."""
    wrapped = isinstance(x, property | staticmethod | classmethod)
    kinds = callable(x) or isinstance(x, types.ModuleType) or (in_class and wrapped)
    return kinds and key not in VARIABLE


def python_functions(x):
    """Yield the functions written in Python behind a name."""
    for inner in (x, *(getattr(x, part, None) for part in ("__func__", "fget"))):
        for _ in range(5):  # decorators keep what they wrap
            if isinstance(inner, types.FunctionType):
                yield inner
            inner = getattr(inner, "__wrapped__", None)
            if inner is None:
                break


def restore_class(cls, kept):
    """Put a class's methods back, take added ones out, and return what changed."""
    changed = []
    now = vars(cls)
    for key, x in kept.items():
        if now.get(key) is not x:
            setattr(cls, key, x)
            changed.append(f"{cls.__module__}.{cls.__qualname__}.{key}")
    for key in [key for key in now if key not in kept]:
        if guarded(key, now[key], in_class=True) and made_by_student(now[key]):
            delattr(cls, key)
            changed.append(f"{cls.__module__}.{cls.__qualname__}.{key}")
    return changed


def made_by_student(x):
    """Tell whether a function, or an object's class, was defined in the notebook."""
    inner = getattr(x, "__func__", None) or getattr(x, "fget", None) or x
    homes = {getattr(inner, "__module__", None), type(inner).__module__}
    return "__main__" in homes


def lists(shell):
    """Yield IPython's lists of hooks that see or change code before it runs."""
    if shell is None:
        return
    yield "an AST transformer", shell.ast_transformers
    yield "an input transformer", shell.input_transformers_post
    yield "an input transformer", shell.input_transformer_manager.cleanup_transforms
    yield "an input transformer", shell.input_transformer_manager.line_transforms
    for event, callbacks in shell.events.callbacks.items():
        yield f"a callback for {event}", callbacks
