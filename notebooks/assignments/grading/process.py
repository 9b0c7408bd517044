"""The process that runs a submission, from outside: questions, answers and limits.

It runs in the sandbox (``inside/student.py``) and speaks over two pipes, a line of JSON
for each question and each answer.  Whatever happens in there, this process goes on: a
second thread watches the limits and kills what passes one, which closes the pipes.
"""

import contextlib
import json
import math
import os
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
LOOK = 0.25  # seconds between two looks at what it uses
STARTING = 60  # seconds that it may take to start
DEEPEST = 100  # folders inside folders; what lies deeper is not looked at
MOST_WRITTEN = 500 * 2**20  # bytes in its folder, those handed in included
SERVE = "from grading.inside.student import main; main()"
CRASH = "Python itself crashed: did it use more memory than the limit?"
KILLED = "it was killed: by itself, or did it use more memory than there is?"
DEATHS = {6: CRASH, 7: CRASH, 9: KILLED, 11: CRASH}


class Ended(BaseException):
    """The process is gone, or had to be killed; the message says why.

    No check can catch it by mistake.
    """


def read(line):
    """Return the answer in a line, {} if it is none."""
    if sum(line.count(mark) for mark in b"[{,") > MOST_VALUES:
        return {}
    try:
        answer = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return answer if isinstance(answer, dict) else {}


class Process:
    """A submission's process.

    Args:
        isolation: a kind of ``sandbox``.
        limits: what it may use.
        folder: of its own; what was handed in lies in ``folder/work``.
        start: the folder in ``folder/work`` in which it runs.
    """

    def __init__(self, isolation, limits, folder, start=Path()):
        self.limits, self.folder = limits, folder
        (folder / "home" / "mpl").mkdir(parents=True)
        for fonts in Path(matplotlib.get_cachedir()).glob("fontlist*.json"):
            shutil.copy(fonts, folder / "home" / "mpl")
        most = [limits.output_kb * 2**10, limits.memory_mb * 2**20]
        most += [limits.file_mb * 2**20, (isolation != "none") * limits.processes]
        command = [sys.executable, "-P", "-c", SERVE, *map(str, most)]
        self.process = sandbox.start(
            isolation, folder, command, folder / "work" / start
        )
        self.number, self.why = 0, ""  # of questions; why it had to be killed
        self.until = self.deadline = math.inf  # for an answer, for the notebook
        self.closed = threading.Event()
        threading.Thread(target=self.watch, daemon=True).start()
        try:
            self.ask({"do": "cell", "source": ""}, STARTING)
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
            self.process.stdin.close()
        self.process.stdout.close()

    def ask(self, request, seconds):
        """Send a request and return the answer, a dict.

        Args:
            request: what to do; see ``inside/student.py``.
            seconds: how long it may take.

        Raises:
            Ended: the process ended, or was killed because it passed a limit.
        """
        seconds = max(min(seconds, self.deadline - time.monotonic()), 0.1)
        self.until = time.monotonic() + seconds + GRACE
        self.number += 1
        request |= {"seconds": seconds, "number": self.number}
        try:
            self.process.stdin.write(json.dumps(request).encode() + b"\n")
            self.process.stdin.flush()
            while True:  # an answer that came too late for its question is not taken
                line = self.process.stdout.readline(ANSWER + 1000)
                if not line.endswith(b"\n"):
                    much = "it gave back more than can be looked at"
                    raise Ended(much if len(line) > ANSWER else self.death())
                answer = read(line)
                if answer.get("number") == self.number or not answer:
                    return answer
        except OSError:
            raise Ended(self.death()) from None
        finally:
            self.until = math.inf

    def watch(self):
        """Kill it when it passes a limit."""
        while not self.why and not self.closed.wait(LOOK):
            self.why = self.passed()
        if self.why:
            sandbox.end(self.process)

    def passed(self):
        """Return which limit it has passed, as a sentence, or ""."""
        limits, now = self.limits, time.monotonic()
        if now > self.until > self.deadline:
            total = f"{limits.total_seconds:g} seconds"
            return f"the time for the whole notebook was up, {total}"
        if now > self.until:
            return (
                f"it was stopped after {limits.seconds:g} seconds, went on all the "
                "same, and was killed; what comes after it could not run"
            )
        if sandbox.memory() > (limits.memory_mb + 100) * 2**20:
            most = f"the limit of {limits.memory_mb} MB"
            return f"its processes took more memory than {most}"
        if written(self.folder) > MOST_WRITTEN:
            return f"its files took more than {MOST_WRITTEN // 2**20} MB"
        return ""

    def death(self):
        """Say why the process ended: it was killed, or else from its exit code."""
        if self.why:
            return self.why
        try:
            code = self.process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            return "it closed its connection to the grader"
        signal = code - 128 if code > 128 else -code
        if signal > 0:
            return DEATHS.get(signal, f"it was ended by signal {signal}")
        return (
            f"it ended Python itself, with exit code {code}: os._exit, exit or quit do "
            "not belong in a notebook"
        )


def written(folder):
    """Return how many bytes the files in a folder take."""
    total = 0
    for place, folders, files in os.walk(folder):
        if place.count(os.sep) - str(folder).count(os.sep) > DEEPEST:
            folders.clear()
        for name in files:
            with contextlib.suppress(OSError):  # it is gone
                total += os.lstat(os.path.join(place, name)).st_blocks * 512
    return total
