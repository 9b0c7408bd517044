"""The kernel that a submission runs in: IPython's, with checks that it runs by itself.

``grading.run`` starts it, in the sandbox if there is one, with a connection file;
the first line on its standard input says what it may use.  A student's cells run as in
Jupyter.  A check cell does not go through IPython at all: no transformer, event or
history of the student's sees it.  It runs between two looks of the guard, and a second
time, silently, with the student's names replaced by ones that raise: a check that is
passed without the student's code has been tampered with.
"""

import ast
import builtins
import contextlib
import ctypes
import gc
import hmac
import io
import json
import os
import resource
import signal
import sys
import traceback

from ipykernel.ipkernel import IPythonKernel
from ipykernel.kernelapp import IPKernelApp

from grading.inside.guard import Guard

STUDENT = "__student__"  # in the students' names, not in the check's, while it runs
REACHES = {"sys._getframe", "sys._current_frames", "sys.settrace", "sys.setprofile"}
REACHES |= {"gc.get_objects", "gc.get_referrers", "gc.get_referents"}
PARTS = {"tb_frame", "gi_frame", "cr_frame"}
RESERVE = 64 * 2**20  # memory kept back, so that running out of it can be reported


def limit(memory, file_size, processes):
    """Set this process's limits; the student's code cannot raise them again."""
    if sys.platform == "linux":  # elsewhere the limit on memory has no effect
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory + RESERVE))
        ctypes.CDLL(None).prctl(1, signal.SIGKILL)  # end when the grader ends
        if processes:
            resource.setrlimit(resource.RLIMIT_NPROC, (processes, processes))
    resource.setrlimit(resource.RLIMIT_FSIZE, (file_size, file_size))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def free_reserve():
    """Lift the limit on memory to the hard one: an error is about to be reported."""
    if sys.platform == "linux":
        hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
        resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))


class Absent:
    """Stands for a student's name in the second run of a check: any use raises."""

    def __init__(self, *_, **__):
        raise LookupError("absent")

    def __getattribute__(self, name):
        """Raise."""
        raise LookupError("absent")

    __call__ = __iter__ = __len__ = __array__ = __getitem__ = __init__


class Checks:
    """Runs check cells in the student's name space, guarded."""

    def __init__(self, shell, imports, token):
        self.shell, self.token = shell, token
        self.guard = Guard(imports, shell)
        self.authenticate = hmac.new
        self.reached = None  # while a check runs: what student's code reached for
        sys.addaudithook(self.watch)

    def watch(self, event, arguments):
        """Note that a student's code looks at frames or at all objects in a check.

        The way from there to the check's points leaves no change that the guard sees.
        Python itself reports these looks, under whatever name they are asked for.
        """
        if self.reached is not None and (
            event in REACHES
            or (event == "object.__getattr__" and arguments[1] in PARTS)
        ):
            reached, self.reached = self.reached, None  # the next line is such a look
            caller = sys._getframe(1)
            while caller and caller.f_globals.get("__name__") == "inspect":
                caller = caller.f_back
            if caller and STUDENT in caller.f_globals:
                reached.append(event.replace("object.__getattr__", "a frame"))
            self.reached = reached

    def run(self, name, source):
        """Run a check cell and return what it came to, signed.

        Returns:
            {"report": a JSON text, "mac": its signature}.  The report holds points (of
            the last line), empty (points without the student's code), before and during
            (what the student had changed before the check, or changed in it), rebound
            (names that are not the hand-out's), reached (what the
            student's code looked at in the check) and error (in words, or "").
        """
        tree = ast.parse(source, f"<{name}>")
        last = ast.Expression(tree.body.pop().value)
        code = [compile(tree, f"<{name}>", "exec"), compile(last, f"<{name}>", "eval")]
        report = {"before": self.guard.restore(), "points": 0, "empty": 0, "error": ""}
        space, report["rebound"] = self.guard.space_for_check(self.shell.user_ns)
        before = dict(space)
        self.shell.user_ns[STUDENT], self.reached = True, []
        try:
            report["points"] = self.points(code, space)
        except MemoryError as error:
            free_reserve()
            report["error"] = f"MemoryError: {error}"
        except BaseException as error:  # a student's own exception may be any
            report["error"] = in_words(error)[:300]
        finally:
            reached, self.reached = self.reached, None
            self.shell.user_ns.pop(STUDENT, None)
        new = {k: x for k, x in space.items() if before.get(k, self) is not x}
        self.shell.user_ns.update(new)
        report["during"] = self.guard.restore()
        report["reached"] = [*dict.fromkeys(reached)]
        if report["points"]:
            report["empty"] = self.points_without_student(code, source, before)
            report["during"] += self.guard.restore()
        text = json.dumps(report)
        mac = self.authenticate(self.token, f"{name} {text}".encode(), "sha256")
        return {"report": text, "mac": mac.hexdigest()}

    def points(self, code, space):
        """Run a compiled check and return the value of its last line."""
        exec(code[0], space)
        return float(eval(code[1], space))

    def points_without_student(self, code, source, space):
        """Return the points of a check whose student's names raise when used."""
        names = [x for x in ast.walk(ast.parse(source)) if isinstance(x, ast.Name)]
        bound = {x.id for x in names if isinstance(x.ctx, ast.Store)}
        absent = object.__new__(Absent)
        for name in {x.id for x in names} - bound - self.guard.given.keys():
            if name in space and not hasattr(builtins, name):
                space[name] = absent
        try:
            with contextlib.redirect_stdout(io.StringIO()):
                return self.points(code, space)
        except BaseException:
            return 0


def in_words(error):
    """Return the last line of a traceback, and the check's line if it raised there."""
    return "".join(traceback.format_exception_only(error)).strip()


class GradingKernel(IPythonKernel):
    """IPython's kernel, which runs a cell marked as a check in its own way."""

    checks = None

    async def do_execute(self, code, silent, *args, cell_meta=None, **options):
        """Run a student's cell as ever, and a check cell under the guard."""
        name = (cell_meta or {}).get("check")
        if name is None:
            return await self.run_cell(code, silent, *args, **options)
        reply = {"status": "ok", "execution_count": self.execution_count}
        reply |= {"user_expressions": {}, "payload": []}
        return reply | {"check": self.checks.run(name, code)}

    async def run_cell(self, code, silent, *args, **options):
        """Run a student's cell; what ran out of memory is forgotten again."""
        space = self.shell.user_ns
        before = dict(space)
        reply = await super().do_execute(code, silent, *args, **options)
        self.checks.guard.restore_streams()
        if reply.get("ename", "").endswith("MemoryError"):
            for name in [name for name in space if name not in before]:
                del space[name]
            space.update(before)
            for name in ("last_type", "last_value", "last_traceback", "last_exc"):
                vars(sys).pop(name, None)
            self.shell.user_ns.pop("_", None)
            gc.collect()
        return reply


def main():
    """Start the kernel with the connection file named on the command line."""
    about = json.loads(sys.stdin.readline())
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    limit(about["memory"], about["file_size"], about["processes"])
    app = IPKernelApp.instance(kernel_class=GradingKernel, quiet=True)
    app.initialize(["-f", sys.argv[1], "--HistoryManager.hist_file=:memory:"])
    app.shell.set_custom_exc((MemoryError,), report_memory_error)
    token = about["token"].encode()
    app.kernel.checks = Checks(app.shell, about["imports"], token)
    sys.path.insert(0, "")
    app.start()


def report_memory_error(shell, kind, error, trace, tb_offset=None):
    """Report that memory ran out, after some has been freed for the report."""
    free_reserve()
    text = [f"{kind.__name__}: {error or 'more memory than the limit allows'}"]
    shell._showtraceback(kind, error, text)
    return text


if __name__ == "__main__":
    main()
