"""The command cosmic-ray with our operators, and with tests that start at once.

Each mutant is tested in a process of its own, forked from this one, which has loaded
NumPy and scikit-learn: importing them takes longer than most tests.  The file of tests
that killed the last mutant is the first that the next one meets.
"""

import importlib
import os
import resource
import shlex
import signal
import sys
from multiprocessing import get_context
from pathlib import Path

import cosmic_ray.cli
import cosmic_ray.mutating
from cosmic_ray.plugins import OPERATOR_PROVIDERS
from cosmic_ray.work_item import TestOutcome
from operators import OPERATORS

MODULE = Path.cwd().name.strip("_")  # the name of its copy
FILES = sorted(
    Path("tests/nnlib").glob("test_*.py"), key=lambda file: MODULE not in file.name
)
LOADED = ("pytest", "hypothesis.extra.numpy", "scipy.optimize", "scipy.special")
LOADED += ("sklearn.datasets", "sklearn.metrics", "sklearn.neural_network")
CPU = 120  # seconds of a processor: a mutant that takes more counts as killed
MEMORY = 8 << 30  # bytes; a mutant that asks for more gets a MemoryError


class Quick:
    """A plugin for pytest: hypothesis looks for a counterexample, not the smallest."""

    def pytest_collection(self):
        from hypothesis import Phase, settings

        settings.register_profile("quick", settings(), phases=[Phase.generate])
        settings.load_profile("quick")


def fork(options):
    """Run the files of tests here; leave with the number of the first that fails."""
    os.setsid()
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU, CPU))
    with open("output.txt", "w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
    sys.path.insert(0, os.getcwd())
    sys.dont_write_bytecode = True  # a .pyc would hide the next mutant
    import pytest

    for number, file in enumerate(FILES, 1):
        if pytest.main([*options, str(file)], [Quick()]) != pytest.ExitCode.OK:
            sys.stdout.flush()
            os._exit(number)
    import nnlib

    sys.stdout.flush()
    os._exit(not Path(nnlib.__file__).is_relative_to(os.getcwd()))


def run_tests(command, timeout):
    """Do in a fork what cosmic_ray.testing.run_tests does in a new process."""
    for name in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"):
        os.environ[name] = "1"
    for name in LOADED:
        importlib.import_module(name)
    process = get_context("fork").Process(target=fork, args=(shlex.split(command)[1:],))
    process.start()
    process.join(timeout)
    if process.exitcode is None:
        os.killpg(process.pid, signal.SIGKILL)
        process.join()
    killer = process.exitcode
    if killer > 0:
        FILES.insert(0, FILES.pop(killer - 1))
    output = Path("output.txt").read_text("utf-8", errors="replace")
    return TestOutcome.KILLED if killer else TestOutcome.SURVIVED, output


OPERATOR_PROVIDERS["numpy"] = OPERATORS
cosmic_ray.mutating.run_tests = run_tests
if __name__ == "__main__":
    sys.exit(cosmic_ray.cli.main())
