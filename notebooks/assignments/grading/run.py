"""A kernel in the sandbox: run one cell after the other in it, within limits.

The kernel and this process speak over sockets in the submission's own folder, so the
sandbox needs no network.  Whatever happens in there, this process goes on: a cell that
takes too long is interrupted, one that swallows the interruption is killed, output is
cut off while it arrives.
"""

import hmac
import json
import os
import queue
import secrets
import shutil
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import matplotlib
import psutil
from jupyter_client import BlockingKernelClient
from jupyter_client.connect import write_connection_file
from nbformat.v4 import new_output, output_from_msg

from grading import sandbox

GRACE = 3.0  # seconds that an interrupted cell has to end
OUTPUTS = ("stream", "display_data", "execute_result", "error")


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Args:
        seconds: wall-clock time of one cell.
        total_seconds: wall-clock time of the whole notebook.
        memory_mb: memory of the kernel, and of each process that it starts.
        output_kb: output kept of one cell; the rest is dropped.
        file_mb: size of a file that it writes.
        processes: how many it may start, where user namespaces are in force.
    """

    seconds: float = 60
    total_seconds: float = 600
    memory_mb: int = 2048
    output_kb: int = 200
    file_mb: int = 100
    processes: int = 200


class KernelEnded(Exception):
    """The kernel is gone; the message says why."""


class Kernel:
    """A kernel in the sandbox, for one submission."""

    def __init__(self, isolation, limits, imports, files):
        self.limits, self.isolation = limits, isolation
        # short: a socket's path has at most 107 letters; see sandbox.sweep for its name
        folder = tempfile.mkdtemp(prefix=f"nn-{os.getpid()}-", dir=sandbox.TEMPORARY)
        self.folder = Path(folder)
        work = self.folder / "work"
        (self.folder / "home" / "mpl").mkdir(parents=True)
        for found in Path(matplotlib.get_cachedir()).glob("fontlist*.json"):
            shutil.copy(found, self.folder / "home" / "mpl")
        shutil.copytree(files, work) if files else work.mkdir()
        name, _ = write_connection_file(
            str(self.folder / "connection.json"),
            transport="ipc",
            ip=str(self.folder / "s"),
            key=secrets.token_hex(16).encode(),
        )
        self.token = secrets.token_hex(16)
        about = {"token": self.token, "imports": imports}
        about["memory"] = limits.memory_mb * 2**20
        about["file_size"] = limits.file_mb * 2**20
        about["processes"] = 0 if isolation == "none" else limits.processes
        command = [sys.executable, "-P", "-m", "grading.inside.kernel", name]
        self.process = sandbox.start(isolation, self.folder, command, work)
        self.process.stdin.write(json.dumps(about).encode() + b"\n")
        self.process.stdin.flush()
        self.client = BlockingKernelClient(connection_file=name)
        self.client.load_connection_file()
        self.client.start_channels()
        try:
            self.wait_until_ready()
        except BaseException:
            self.close()
            raise
        self.deadline = time.monotonic() + limits.total_seconds

    def wait_until_ready(self):
        """Wait for the first answer of the kernel."""
        deadline = time.monotonic() + 60
        while time.monotonic() < deadline and self.process.poll() is None:
            try:
                self.client.wait_for_ready(timeout=2)
                return
            except RuntimeError:
                continue
        errors = (self.folder / "stderr.txt").read_text("utf-8", "replace")
        raise RuntimeError(f"the kernel did not start: {errors[-500:]}")

    def close(self):
        """End the kernel with all that it started, and remove its folder."""
        sandbox.end(self.process)
        self.client.stop_channels()
        sandbox.remove(self.folder)

    def processes(self):
        """Return how many processes run in the sandbox."""
        return len(psutil.Process().children(recursive=True))

    def run(self, cell, check=None):
        """Run a cell, fill its outputs, and return (reply or None, what was limited).

        Raises:
            KernelEnded: the kernel ended, or had to be killed.
        """
        content = {"code": cell.source, "silent": False, "store_history": not check}
        content |= {
            "user_expressions": {},
            "allow_stdin": False,
            "stop_on_error": False,
        }
        session = self.client.session
        message = session.msg("execute_request", content, metadata={"check": check})
        if not check:
            message["metadata"] = {}
        self.client.shell_channel.send(message)
        outputs = Outputs(cell, self.limits.output_kb * 1024)
        limited, reply, idle, reply_until = "", None, False, 0.0
        now = time.monotonic()
        deadline = min(now + self.limits.seconds, self.deadline)
        while not (reply and (idle or time.monotonic() > reply_until)):
            for channel in (self.client.iopub_channel, self.client.shell_channel):
                for answer in waiting(channel, 0.02):
                    if answer["parent_header"].get("msg_id") != message["msg_id"]:
                        continue
                    if answer["msg_type"] == "execute_reply":
                        reply, reply_until = answer["content"], time.monotonic() + 2
                    elif answer["msg_type"] == "status":
                        idle = answer["content"]["execution_state"] == "idle"
                    else:
                        outputs.add(answer)
            if self.process.poll() is not None and not reply:
                raise KernelEnded(death_in_words(self.process.returncode))
            if reply is None and time.monotonic() > deadline:
                seconds = f"{self.limits.seconds:g} seconds"
                if limited:
                    raise KernelEnded(
                        f"it was stopped after {seconds}, went on all the same, and was"
                        " killed; what comes after it could not run"
                    )
                if time.monotonic() > self.deadline:
                    raise KernelEnded(
                        "the time for the whole notebook was up, "
                        f"{self.limits.total_seconds:g} seconds"
                    )
                limited = f"it was stopped after {seconds}: does a loop never end?"
                deadline = time.monotonic() + GRACE
                control = self.client.control_channel
                control.send(session.msg("interrupt_request", {}))
        return reply, [x for x in (limited, outputs.limited) if x]

    def points(self, name, reply):
        """Return the report of a check, or raise ValueError if it is not genuine."""
        report, mac = reply["check"]["report"], reply["check"]["mac"]
        signed = hmac.new(self.token.encode(), f"{name} {report}".encode(), "sha256")
        if not hmac.compare_digest(mac, signed.hexdigest()):
            raise ValueError("the signature is wrong")
        return json.loads(report)


class Outputs:
    """Collects a cell's outputs up to a size."""

    def __init__(self, cell, size):
        self.cell, self.left, self.limited = cell, size, ""
        cell.outputs = []

    def add(self, message):
        """Take one message of the kernel's."""
        if message["msg_type"] == "clear_output":
            self.cell.outputs.clear()
        if message["msg_type"] not in OUTPUTS or self.left <= 0:
            return
        output = output_from_msg(message)
        size = len(json.dumps(output, default=str))
        if size > self.left:
            self.limited = "its output was too long and was cut off"
            text = output.get("text", "")[: self.left] + "\n... output cut off ...\n"
            output = new_output("stream", name="stdout", text=text)
        self.left -= size
        last = self.cell.outputs[-1] if self.cell.outputs else {}
        if output.output_type == "stream" and last.get("name") == output.name:
            last["text"] += output.text
        else:
            self.cell.outputs.append(output)


def waiting(channel, timeout):
    """Yield the messages that wait on a channel; wait a little for the first."""
    for _ in range(500):
        try:
            yield channel.get_msg(timeout=timeout)
        except queue.Empty:
            return
        timeout = 0


def death_in_words(code):
    """Say why a kernel's process ended, from its exit code."""
    code = code - 128 if code > 128 else -code if code < 0 else code + 1000
    if code == 9:
        return "the system killed it: did it use more memory than there is?"
    if code in (6, 7, 11):
        return "Python itself crashed: did it use more memory than the limit?"
    if code < 1000:
        return f"it was ended by signal {code}"
    return (
        f"it ended Python itself, with exit code {code - 1000}: os._exit, exit or "
        "quit do not belong in a notebook"
    )
