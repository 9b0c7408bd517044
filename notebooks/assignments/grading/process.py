"""The process that runs a submission, from outside: questions, answers and limits.

It runs in the sandbox (``inside/student.py``) and speaks over two pipes, a line of JSON
for each question and each answer.  Whatever happens in there, this process goes on:
what takes too long is interrupted, what swallows the interruption is killed, and an
answer that is too long is not read.
"""

import contextlib
import json
import os
import select
import shutil
import sys
import tempfile
import time
from pathlib import Path

import matplotlib
import psutil

from grading import sandbox
from grading.inside.wire import ANSWER, MOST_VALUES

GRACE = 3.0  # seconds that interrupted code has to end
LOOK = 0.25  # seconds between two looks at its memory and its files
DEEPEST = 100  # steps of a path; what lies deeper is not looked at
MOST_WRITTEN = 500 * 2**20  # bytes in its folder, those handed in included


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
    """A submission's process, in a folder of its own.

    Args:
        isolation: a kind of ``sandbox``.
        limits: what it may use.
        fill: called with the folder for its files, to put them there.
        start: the folder in it in which it runs.
    """

    def __init__(self, isolation, limits, fill, start=Path()):
        self.limits = limits
        folder = tempfile.mkdtemp(prefix=f"nn-{os.getpid()}-", dir=sandbox.TEMPORARY)
        self.folder = Path(folder)
        work = self.folder / "work"
        work.mkdir()
        fill(work)
        (work / start).mkdir(parents=True, exist_ok=True)
        (self.folder / "home" / "mpl").mkdir(parents=True)
        for found in Path(matplotlib.get_cachedir()).glob("fontlist*.json"):
            shutil.copy(found, self.folder / "home" / "mpl")
        serve = "from grading.inside.student import main; main()"
        command = [sys.executable, "-P", "-c", serve]
        self.process = sandbox.start(isolation, self.folder, command, work / start)
        self.received, self.deadline, self.number = b"", None, 0
        self.looked = time.monotonic()
        os.set_blocking(self.process.stdin.fileno(), False)
        about = {"memory": limits.memory_mb * 2**20}
        about |= {"file_size": limits.file_mb * 2**20}
        about |= {"output": limits.output_kb * 1024}
        about |= {"processes": 0 if isolation == "none" else limits.processes}
        try:
            self.send(about, time.monotonic() + 60)
            self.ask({"do": "cell", "source": ""}, 60)
        except Ended as reason:
            told = (self.folder / "stderr.txt").read_text("utf-8", "replace")[-500:]
            self.close()
            raise RuntimeError(f"it did not start: {reason} {told}") from None
        self.deadline = time.monotonic() + limits.total_seconds

    def close(self):
        """End the process with all that it started, and remove its folder."""
        sandbox.end(self.process)
        self.process.stdin.close()
        self.process.stdout.close()
        sandbox.remove(self.folder)

    def count(self):
        """Return how many processes run in the sandbox."""
        running = psutil.Process().children(recursive=True)
        return sum(x.status() != psutil.STATUS_ZOMBIE for x in running)

    def send(self, request, until):
        """Send a line of JSON; the other side may refuse to read it."""
        line, pipe = json.dumps(request).encode() + b"\n", self.process.stdin.fileno()
        while line:
            _, ready, _ = select.select([], [pipe], [], LOOK)
            try:
                line = line[os.write(pipe, line) if ready else 0 :]
            except BlockingIOError:
                continue
            except OSError:
                raise Ended(self.death()) from None
            if line and time.monotonic() > until:
                raise Ended("it did not take what it was sent")

    def ask(self, request, seconds):
        """Send a request and return the answer, a dict.

        Args:
            request: what to do; see ``inside/student.py``.
            seconds: how long it may take.

        Raises:
            Ended: the process ended, or was killed because it passed a limit.
        """
        now = time.monotonic()
        left = max(self.deadline - now, 0.1) if self.deadline else seconds
        until = now + min(seconds, left) + GRACE
        self.number += 1
        request |= {"seconds": min(seconds, left), "number": self.number}
        self.send(request, until)
        while True:  # an answer that came too late for its question is not taken
            answer = read(self.line(until, seconds))
            if answer.get("number") == self.number or not answer:
                return answer

    def line(self, until, seconds):
        """Return the next line that the process writes."""
        pipe = self.process.stdout.fileno()
        while b"\n" not in self.received:
            if len(self.received) > ANSWER + 1000:
                raise Ended("it gave back more than can be looked at")
            ready, _, _ = select.select([pipe], [], [], LOOK)
            more = os.read(pipe, 2**20) if ready else None
            if more == b"":
                raise Ended(self.death())
            self.received += more or b""
            if time.monotonic() > self.looked + LOOK:
                self.look_at_memory()
                self.look_at_files()
                self.looked = time.monotonic()
            if time.monotonic() > until:
                raise Ended(self.too_late(seconds))
        line, _, self.received = self.received.partition(b"\n")
        return line

    def too_late(self, seconds):
        """Say why the process is killed: it did not even end when interrupted."""
        if self.deadline and time.monotonic() > self.deadline:
            return (
                "the time for the whole notebook was up, "
                f"{self.limits.total_seconds:g} seconds"
            )
        return (
            f"it was stopped after {seconds:g} seconds, went on all the same, and was "
            "killed; what comes after it could not run"
        )

    def look_at_memory(self):
        """Raise Ended if all its processes together take more than the limit."""
        total = 0
        for other in psutil.Process().children(recursive=True):
            try:
                total += other.memory_info().rss
            except psutil.Error:
                continue
        if total > (self.limits.memory_mb + 100) * 2**20:
            raise Ended(
                f"its processes took more memory than the limit of "
                f"{self.limits.memory_mb} MB"
            )

    def look_at_files(self):
        """Raise Ended if what it has written takes more than the limit."""
        total = 0
        for place, folders, files in os.walk(self.folder / "work"):
            if place.count(os.sep) > DEEPEST:
                folders.clear()
            for name in files:
                with contextlib.suppress(OSError):
                    total += os.lstat(os.path.join(place, name)).st_blocks * 512
        if total > MOST_WRITTEN:
            raise Ended(f"its files took more than {MOST_WRITTEN // 2**20} MB")

    def death(self):
        """Say why the process ended, from its exit code."""
        try:
            code = self.process.wait(timeout=5)
        except Exception:
            return "it closed its connection to the grader"
        code = code - 128 if code > 128 else -code if code < 0 else code + 1000
        if code == 9:
            return "it was killed: by itself, or did it use more memory than there is?"
        if code in (6, 7, 11):
            return "Python itself crashed: did it use more memory than the limit?"
        if code < 1000:
            return f"it was ended by signal {code}"
        return (
            f"it ended Python itself, with exit code {code - 1000}: os._exit, exit or "
            "quit do not belong in a notebook"
        )
