"""The process that runs a submission, from outside: questions, answers and limits.

It runs in the sandbox (``inside/student.py``) and speaks over two pipes, a line of JSON
for each question and each answer.  Whatever happens in there, this process goes on: a
second thread watches the limits and kills what passes one, which closes the pipes.
"""

import contextlib
import json
import math
import shutil
import subprocess
import sys
import threading
import time
from pathlib import Path

import matplotlib

from grading import sandbox
from grading.inside.wire import ANSWER, MOST_VALUES

GRACE = 3.0  # seconds that interrupted code has to end
LOOK = 0.25  # seconds between two looks at time and memory
SERVE = "from grading.inside.student import main; main()"


class Ended(BaseException):
    """The process is gone, or was killed; no check can catch it by mistake."""


class Process:
    """A submission's process, in a kind of sandbox.

    What was handed in lies in ``folder/files/work``; ``where`` is the folder in there
    in which it runs.
    """

    def __init__(self, isolation, limits, folder, where="."):
        self.limits, self.number = limits, 0
        self.until = self.deadline = math.inf  # for an answer, for the notebook
        self.why = ""  # it had to be killed
        fonts = folder / "files" / "home" / "mpl"
        fonts.mkdir(parents=True)
        for found in Path(matplotlib.get_cachedir()).glob("fontlist*.json"):
            shutil.copy(found, fonts)
        most = [limits.output_kb * 2**10, limits.memory_mb * 2**20]
        most += [limits.file_mb * 2**20, (isolation != "none") * limits.processes]
        command = [sys.executable, "-P", "-c", SERVE, *map(str, most)]
        self.process = sandbox.start(isolation, folder, command, where)
        self.closed = threading.Event()
        threading.Thread(target=self.watch, daemon=True).start()
        try:
            self.ask({"do": "cell", "source": ""}, 60)
        except Ended as reason:
            told = (folder / "stderr.txt").read_text("utf-8", "replace")[-500:]
            self.close()
            raise RuntimeError(f"it did not start: {reason} {told}") from None
        self.deadline = time.monotonic() + limits.total_seconds

    def close(self):
        """End the process with all that it started."""
        self.closed.set()
        sandbox.end(self.process)
        with contextlib.suppress(OSError):  # it did not read all
            self.process.communicate()

    def ask(self, request, seconds):
        """Send a request and return the answer, a dict; raise Ended if it is gone."""
        seconds = max(min(seconds, self.deadline - time.monotonic()), 0.1)
        self.until = time.monotonic() + seconds + GRACE
        self.number += 1
        request |= {"seconds": seconds, "number": self.number}
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            while line := self.process.stdout.readline(ANSWER + 1000):
                if len(line) > ANSWER and line[-1:] != b"\n":
                    raise Ended("it gave back more than can be looked at")
                answer = {}
                with contextlib.suppress(ValueError, RecursionError):
                    if sum(map(line.count, b"[{,")) <= MOST_VALUES:
                        answer = json.loads(line)
                if not isinstance(answer, dict):
                    return {}
                if answer.get("number") == self.number or not answer:
                    return answer  # and none that came too late for its question
        except OSError:
            pass
        finally:
            self.until = math.inf
        with contextlib.suppress(subprocess.TimeoutExpired):
            code = self.process.wait(timeout=5)
            ended = f"it ended Python itself, with exit code {code}: os._exit does not"
            ended += " belong in a notebook; or did it use too much memory?"
            raise Ended(self.why or ended)
        raise Ended("it closed its connection to the grader")

    def watch(self):
        """Kill it when it passes a limit; ``why`` says which."""
        limits = self.limits
        while not self.why and not self.closed.wait(LOOK):
            if time.monotonic() > self.until:
                what, seconds = "it was stopped after", limits.seconds
                if self.until > self.deadline:
                    what, seconds = "the time was up,", limits.total_seconds
                self.why = f"{what} {seconds:g} seconds, and went on all the same"
            used = [sandbox.ask(one.memory_info) for one in sandbox.running()]
            used = sum(info.rss for info in used if info) / 2**20
            if used > limits.memory_mb + 100:
                most = f"the limit of {limits.memory_mb} MB"
                self.why = f"its processes took more memory than {most}"
        if self.why:
            sandbox.end(self.process)
