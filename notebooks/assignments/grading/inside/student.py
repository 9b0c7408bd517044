"""The process that runs a submission: its cells, and the calls that checks make.

It knows nothing of checks.  Requests come in as lines of JSON, and an answer goes out
for each: {"do": "cell"} runs a cell in an IPython shell, the others look up a name, get
or set an attribute, or make a call.  Whatever it answers, the grader takes as something
that the student's code has said.
"""

import base64
import contextlib
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

from grading.inside.wire import ANSWER, Wire, name_of, named
from nnlib.exercises import quiet, student_line

RESERVE = 64 * 2**20  # memory kept back, so that running out of it can be reported
DO = {  # what a check can ask for
    "name": lambda shell, name: shell.user_ns[name],
    "get": lambda shell, thing, name: getattr(thing, name),
    "set": lambda shell, thing, name, value: setattr(thing, name, value),
    "call": lambda shell, function, given, options: function(*given, **options),
}


class Outputs(io.TextIOBase):
    """What a cell puts out, as notebooks store it, up to a size; also its stdout."""

    encoding = "utf-8"

    def __init__(self, size):
        self.size = size
        self.begin()

    def begin(self):
        """Forget what there is."""
        self.kept, self.left, self.old = [], self.size, False

    def add(self, kind, **content):
        """Take an output, if there is still room for it."""
        if self.old:
            self.begin()
        self.left -= len(json.dumps(content, default=in_json, skipkeys=True))
        if self.left > 0:
            self.kept.append({"output_type": kind, **content})

    def write(self, text):
        """Take the beginning of a text."""
        if self.old or not self.kept or "text" not in self.kept[-1]:
            self.add("stream", name="stdout", text="")
        if self.kept and "text" in self.kept[-1]:
            self.kept[-1]["text"] += str(text)[: max(self.left, 0)]
        self.left -= len(text)
        return len(text)


def in_json(value):
    """Return what stands in JSON for what it has no form for, such as a picture."""
    coded = isinstance(value, bytes)
    return base64.b64encode(value).decode() if coded else str(value)


class _Hook(DisplayHook):
    """Takes the value of a cell's last line, and gives it the name _."""

    def __call__(self, result=None):
        if result is not None and not self.quiet():
            self.shell.user_ns["_"] = result
            self.shell.display_pub.publish(*self.compute_format_data(result))


class _Publisher(DisplayPublisher):
    """Takes what display() shows, and forgets it, now or when more comes."""

    def publish(self, data, metadata=None, **_):
        self.shell.outputs.add("display_data", data=data, metadata=metadata or {})

    def clear_output(self, wait=False):
        self.shell.outputs.old = True
        if not wait:
            self.shell.outputs.begin()


class _Shell(InteractiveShell):
    """IPython without a terminal, without windows, and without files of its own."""

    def _showtraceback(self, kind, error, lines):
        told = {"ename": kind.__name__, "evalue": str(error), "traceback": lines}
        self.outputs.kept.append({"output_type": "error", **told})

    def ask_exit(self):  # by exit() or quit(), which end the cell alone
        raise SystemExit("exit() or quit()")

    def system(self, command):  # after "!"
        out = {"stdout": subprocess.PIPE, "stderr": subprocess.STDOUT}
        done = subprocess.run(command, shell=True, text=True, errors="replace", **out)
        print(done.stdout, end="")

    def enable_gui(self, gui=None):
        pass


def report_memory_error(shell, kind, error, trace, tb_offset=None):
    """Report in one line that memory ran out, with that which was kept back."""
    hard = resource.getrlimit(resource.RLIMIT_DATA)[1]
    resource.setrlimit(resource.RLIMIT_DATA, (hard, hard))
    shell._showtraceback(kind, error, [f"{kind.__name__}: {error}"])


class Server(Wire):
    """Answers requests, one after the other."""

    def __init__(self, shell):
        self.shell = shell
        self.objects, self.numbers = [], {}  # what the other side knows by a number

    def answer(self, request):
        """Return the answer to a request, or that it came too late."""
        self.late = False
        signal.signal(signal.SIGALRM, self.stop)
        signal.setitimer(signal.ITIMER_REAL, request["seconds"])
        try:
            if request["do"] == "cell":
                return self.cell(request["source"])
            return self.call(request["do"], request["given"])
        except KeyboardInterrupt:
            return {"late": self.late}
        finally:
            signal.setitimer(signal.ITIMER_REAL, 0)

    def stop(self, *_):
        """Interrupt what takes too long."""
        self.late = True
        raise KeyboardInterrupt

    def cell(self, source):
        """Run a cell; return its outputs."""
        outputs = self.shell.outputs
        outputs.begin()
        with (
            contextlib.redirect_stdout(outputs),
            contextlib.redirect_stderr(outputs),
            contextlib.suppress(KeyboardInterrupt),
        ):
            self.shell.run_cell(source)
        return {"outputs": outputs.kept, "cut": outputs.left < 0, "late": self.late}

    def call(self, what, message):
        """Look up, get, set or call; return the value, and what became of arguments."""
        things, before = [], message["things"]
        given = self.unpack(message, things)
        try:
            with quiet():
                answer = self.pack(DO[what](self.shell, *given), things)
        except BaseException as error:
            if self.late:
                raise KeyboardInterrupt from None
            answer = self.pack(None, things[: len(before)])
            bases = [x for x in type(error).__mro__ if x.__module__ == "builtins"]
            text = ""
            with contextlib.suppress(Exception):
                text = str(error)[:2000]
            names = type(error).__name__, bases[0].__name__
            answer["error"] = [*names, text, student_line(error, called=True)]
        for place, content in enumerate(before):
            if answer["things"][place] == content:
                answer["things"][place] = None
        return answer

    def handle(self, value):
        """Return the JSON of a handle, with the name and nnlib's base of its class."""
        bases = [name for x in type(value).__mro__ if (name := name_of(x))]
        return ["handle", self.number(value), type(value).__name__, [*bases, ""][0]]

    def from_handle(self, handle):
        """Return what a handle stands for."""
        return self.objects[handle]

    def number(self, value):
        """Return the number under which the other side knows an object."""
        if id(value) not in self.numbers:
            self.numbers[id(value)] = len(self.objects)
            self.objects.append(value)
        return self.numbers[id(value)]

    def made(self, handle, kind):
        """Return the object for a handle, or an empty one of nnlib or of a cell."""
        if handle is not None:
            return self.objects[handle]
        module, _, name = kind.partition(":")
        own = module == "__main__"
        return object.__new__(self.shell.user_ns[name] if own else named(kind))


def main():
    """Answer requests until there are none; the arguments are the limits."""
    size, memory, file_size, processes = map(int, sys.argv[1:])
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDWR), 0)
    os.dup2(2, 1)
    _Shell.outputs = Outputs(size)
    classes = {"displayhook_class": _Hook, "display_pub_class": _Publisher}
    config = Config({"HistoryManager": {"enabled": False}})
    shell = _Shell.instance(config=config, colors="nocolor", cache_size=0, **classes)
    shell.set_custom_exc((MemoryError,), report_memory_error)
    sys.path.insert(0, "")
    # the student's code cannot raise these limits again
    limits = {resource.RLIMIT_FSIZE: file_size, resource.RLIMIT_CORE: 0}
    if sys.platform == "linux":  # elsewhere the limit on memory has no effect
        resource.setrlimit(resource.RLIMIT_DATA, (memory, memory + RESERVE))
        limits |= {resource.RLIMIT_NPROC: processes} if processes else {}
    for kind, most in limits.items():
        resource.setrlimit(kind, (most, most))
    server, me = Server(shell), os.getpid()
    for line in requests:
        request = json.loads(line)
        answer = server.answer(request)
        if os.getpid() != me:  # a copy that the student's code made of this process
            os._exit(0)
        number = {"number": request["number"]}
        line = json.dumps(answer | number, default=in_json, skipkeys=True)
        if len(line) > ANSWER:
            text = f"what it gave back has more than {ANSWER // 2**20} MB"
            error = {"error": ["ValueError", "ValueError", text, ""], "value": None}
            count = len(request["given"]["things"]) if "given" in request else 0
            line = json.dumps(error | number | {"things": [None] * count})
        answers.write(line.encode() + b"\n")
        answers.flush()
