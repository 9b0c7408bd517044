"""Run an assignment's checks as the grader does: the student's code on the other side.

Everything crosses as JSON, as between two processes, though here it is one.
"""

import json
from types import SimpleNamespace

import nbformat
import running
from grading.checks import Checker
from grading.inside.student import Server
from running import COURSE


class Local:
    """A student's process that is none: it answers in this one."""

    def __init__(self):
        self.space = {"__name__": "__main__"}
        self.server = Server(SimpleNamespace(user_ns=self.space))

    def ask(self, request, seconds):
        """Return the answer to a request, all in JSON."""
        line = json.dumps(request | {"seconds": seconds})
        return json.loads(json.dumps(self.server.answer(json.loads(line))))


def run(name, replaced=()):
    """Run an assignment with some cells replaced, as ``running.run`` does."""
    path, process = COURSE / "source" / name / f"{name}.ipynb", Local()
    checker = Checker(nbformat.read(path, as_version=4), process, seconds=60)

    def check(key, source):
        found = checker.run(key, source)
        return found.points, found.said + found.error

    return running.run(name, replaced, check, process.space)
