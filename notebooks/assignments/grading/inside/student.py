"""The process that runs a submission: its cells, and the calls that checks make.

It knows nothing of checks.  Requests come in as lines of JSON, and an answer goes out
for each: {"do": "cell"} runs a cell in an IPython shell, the others look up a name, get
or set an attribute, or make a call.  Whatever it answers, the grader takes as something
that the student's code has said.
"""

import base64
import contextlib
import ctypes
import gc
import io
import json
import os
import resource
import signal
import subprocess
import sys

from IPython.core.displayhook import DisplayHook
from IPython.core.displaypub import DisplayPublisher
from IPython.core.interactiveshell import InteractiveShell
from traitlets.config import Config

from grading.inside.wire import ANSWER, Reader, Side, Writer, name_of, named
from nnlib.exercises import quiet, student_line

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


class Outputs:
    """Collects what a cell puts out, up to a size in bytes."""

    def __init__(self, size):
        self.size = size
        self.begin()

    def begin(self):
        """Forget what there is."""
        self.kept, self.left, self.waits, self.cut = [], self.size, False, False

    def add(self, output, size):
        """Take an output, or see that there are too many."""
        if self.waits:
            self.begin()
        self.cut |= size > self.left
        if size <= self.left:
            self.kept.append(output)
            self.left -= size

    def text(self, name, text):
        """Take the beginning of a text that was written to stdout or stderr."""
        if self.waits:
            self.begin()
        last, kept = self.kept[-1] if self.kept else {}, text[: self.left]
        self.cut |= len(kept) < len(text)
        self.left -= len(kept)
        if last.get("name") == name:
            last["text"] += kept
        elif kept:
            self.kept.append({"output_type": "stream", "name": name, "text": kept})

    def shown(self, kind, data, metadata):
        """Take a picture, or the like, in one or more forms."""
        data = {
            key: base64.b64encode(x).decode() if isinstance(x, bytes) else x
            for key, x in data.items()
        }
        output = {"output_type": kind, "data": data, "metadata": metadata or {}}
        self.add(output, sum(len(str(x)) for x in data.values()))


class Stream(io.TextIOBase):
    """Stands for stdout or stderr."""

    encoding = "utf-8"

    def __init__(self, outputs, name):
        self.outputs, self.name = outputs, name

    def write(self, text):
        """Take a text."""
        self.outputs.text(self.name, str(text))
        return len(text)

    def writable(self):
        """Return True."""
        return True


class Hook(DisplayHook):
    """Takes the value of a cell's last line."""

    def write_output_prompt(self):
        """Write none."""

    def write_format_data(self, format_dict, md_dict=None):
        """Take the value in its forms."""
        self.shell.outputs.shown("execute_result", format_dict, md_dict)

    def finish_displayhook(self):
        """Write nothing after it."""


class Publisher(DisplayPublisher):
    """Takes what display() shows."""

    def publish(self, data, metadata=None, **_):
        """Take it in its forms."""
        self.shell.outputs.shown("display_data", data, metadata)

    def clear_output(self, wait=False):
        """Forget what the cell has put out so far, at once or when there is more."""
        if wait:
            self.shell.outputs.waits = True
        else:
            self.shell.outputs.begin()


class Shell(InteractiveShell):
    """IPython without a terminal and without files of its own."""

    outputs = None  # set before the shell is made
    timed_out = False

    def _showtraceback(self, kind, error, lines):
        text = {"ename": kind.__name__, "evalue": str(error), "traceback": lines}
        self.outputs.left += 5000  # the last error is always told
        self.outputs.add({"output_type": "error", **text}, 5000)

    def ask_exit(self):
        """End the cell, as sys.exit does, when it calls exit or quit."""
        raise SystemExit("exit() or quit()")

    def system(self, command):
        """Run a command of the system's, as after "!"; there is no terminal for it."""
        options = {"stdin": subprocess.DEVNULL, "stderr": subprocess.STDOUT}
        done = subprocess.run(command, shell=True, stdout=subprocess.PIPE, **options)
        print(done.stdout.decode("utf-8", "replace"), end="")
        self.user_ns["_exit_code"] = done.returncode

    def enable_gui(self, gui=None):
        """Open no window."""


def make_shell(outputs):
    """Return the shell, its streams in place."""
    Shell.outputs = outputs
    config = Config()
    config.HistoryManager.enabled = False
    config.InteractiveShell.colors = "nocolor"
    config.InteractiveShell.cache_size = 0
    shell = Shell.instance(
        config=config, displayhook_class=Hook, display_pub_class=Publisher
    )
    shell.set_custom_exc((MemoryError,), report_memory_error)
    return shell


def report_memory_error(shell, kind, error, trace, tb_offset=None):
    """Report that memory ran out, after some has been freed for the report."""
    free_reserve()
    text = [f"{kind.__name__}: {error or 'more memory than the limit allows'}"]
    shell._showtraceback(kind, error, text)
    return text


class Server(Side):
    """Answers requests, one after the other."""

    def __init__(self, shell, outputs):
        self.shell, self.outputs = shell, outputs
        self.streams = {name: Stream(outputs, name) for name in ("stdout", "stderr")}
        self.handles, self.numbers = [], {}  # what the other side knows by a number
        self.built = {}  # what was made here from attributes, by its id

    def answer(self, request):
        """Return the answer to a request."""
        self.late = False
        signal.signal(signal.SIGALRM, self.stop)
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        try:
            return self.cell(request) if request["do"] == "cell" else self.call(request)
        except KeyboardInterrupt:
            return {"late": self.late}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def stop(self, *_):
        """Interrupt what takes too long."""
        self.late = True
        raise KeyboardInterrupt

    def cell(self, request):
        """Run a cell; return its outputs.  What ran out of memory is forgotten."""
        self.outputs.begin()
        space = self.shell.user_ns
        before = dict(space)
        with (
            contextlib.redirect_stdout(self.streams["stdout"]),
            contextlib.redirect_stderr(self.streams["stderr"]),
            contextlib.suppress(KeyboardInterrupt),
        ):
            self.shell.run_cell(request["source"])
        outputs = self.outputs.kept
        if any(str(x.get("ename")).endswith("MemoryError") for x in outputs):
            for name in [name for name in space if name not in before]:
                del space[name]
            space.update(before)
            for name in ("last_type", "last_value", "last_traceback", "last_exc"):
                vars(sys).pop(name, None)
            gc.collect()
        return {"outputs": outputs, "cut": self.outputs.cut, "late": self.late}

    def call(self, request):
        """Look up, get, set or call; return the value, and what became of arguments."""
        table = []
        given = [Reader(self, table).read(x) for x in request["given"]]
        before, answer = self.contents(table), {}
        try:
            with quiet():
                value = self.do(request["do"], *given)
                answer["value"] = Writer(self, table).write(value)
        except BaseException as error:
            if self.late:
                raise KeyboardInterrupt from None
            if isinstance(error, MemoryError):
                free_reserve()
            answer["error"] = described(error)
        after = self.contents(table)
        pairs = zip(before, after, strict=True)
        answer["changed"] = [[n, b] for n, (a, b) in enumerate(pairs) if a != b]
        return answer

    def do(self, what, *given):
        """Do what a request asks for."""
        if what == "name":
            return self.shell.user_ns[given[0]]
        if what == "get":
            return getattr(*given)
        if what == "set":
            return setattr(*given)
        function, arguments, options = given
        return function(*arguments, **options)

    def contents(self, table):
        """Return the JSON of what each thing in a table holds."""
        writer = Writer(self, table)
        return [writer.content(thing) for thing in table]

    def number(self, value):
        """Return the number under which the other side knows an object."""
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.handles)
            self.handles.append(value)
        return self.numbers[id(value)]

    def handle(self, value):
        """Return a handle, or None for objects that cross by their attributes."""
        if id(value) in self.built or name_of(type(value)):
            return None
        kind = type(value)
        bases = [name for x in kind.__mro__ if (name := name_of(x))]
        return ["handle", self.number(value), kind.__name__, *bases[:1]]

    def head(self, value):
        """Return the handle and the class of an object that crosses."""
        return [self.number(value), name_of(type(value)) or ""]

    def made(self, handle, kind):
        """Return the object for a handle, or an empty one of nnlib or of a cell."""
        if handle is not None:
            return self.handles[handle]
        module, _, name = kind.partition(":")
        cls = self.shell.user_ns[name] if module == "__main__" else named(kind)
        thing = object.__new__(cls)
        self.built[id(thing)] = thing
        return thing

    def from_handle(self, handle, *kind):
        """Return what a handle stands for."""
        return self.handles[handle]


def described(error):
    """Return an exception's type, the builtin type it derives from, text and line."""
    bases = [x.__name__ for x in type(error).__mro__ if x.__module__ == "builtins"]
    try:
        text = str(error)[:2000]
    except Exception:
        text = ""
    return [type(error).__name__, bases[0], text, student_line(error, called=True)]


def main():
    """Read how much this process may use, then answer requests until there are none."""
    requests = os.fdopen(os.dup(0), "rb")
    answers = os.fdopen(os.dup(1), "wb")
    nowhere = os.open(os.devnull, os.O_RDWR)
    os.dup2(nowhere, 0)
    os.dup2(2, 1)
    about = json.loads(requests.readline())
    outputs = Outputs(about["output"])
    shell = make_shell(outputs)
    server = Server(shell, outputs)
    limit(about["memory"], about["file_size"], about["processes"])
    sys.path.insert(0, "")
    me = os.getpid()
    for line in requests:
        request = json.loads(line)
        answer = server.answer(request) | {"number": request["number"]}
        if os.getpid() != me:  # a copy that the student's code made of this process
            os._exit(0)
        line = json.dumps(answer, default=str, skipkeys=True)
        if len(line) > ANSWER:
            text = f"what it gave back has more than {ANSWER // 2**20} MB"
            error = ["ValueError", "ValueError", text, ""]
            answer = {"changed": [], "error": error, "number": request["number"]}
            line = json.dumps(answer)
        answers.write(line.encode() + b"\n")
        answers.flush()
