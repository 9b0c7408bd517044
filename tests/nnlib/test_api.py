"""The public names: what importing costs, what help() shows."""

import inspect
import subprocess
import sys

import pytest

import nnlib
from nnlib import calibration, datasets, gradient_check, metrics, neuron

MODULES = [calibration, datasets, gradient_check, metrics, neuron]
PUBLIC = {name: getattr(nnlib, name) for name in nnlib.__all__} | {
    f"{module.__name__.removeprefix('nnlib.')}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if inspect.isfunction(value)
    and value.__module__ == module.__name__
    and not name.startswith(("check_", "tells_"))
}


def arguments(function):
    """Return the names of the arguments that a caller passes."""
    return [name for name in inspect.signature(function).parameters if name != "self"]


def test_importing_nnlib_needs_numpy_alone():
    code = (
        "import sys, numpy.random; before = set(sys.modules);"
        "import nnlib; print(*(sys.modules.keys() - before))"
    )
    loaded = subprocess.check_output([sys.executable, "-c", code], text=True).split()
    packages = {name.split(".")[0] for name in loaded}
    assert packages - sys.stdlib_module_names <= {"nnlib", "numpy"}
    assert not {"nnlib.exercises", "nnlib.plotting"} & {*loaded}
    assert "nnlib.layers" in loaded


@pytest.mark.parametrize("name", PUBLIC)
def test_a_docstring_tells_of_each_argument(name):
    """Functions with the same arguments may refer to one that tells of them."""
    value = PUBLIC[name]
    text = inspect.getdoc(value)
    assert len(text.splitlines()[0]) > 20
    if "Args:\n" in text and name != "Sequential":
        told = [line.split(":")[0] for line in text.split("Args:\n")[1].splitlines()]
        told = ", ".join(told).replace(" ", "").split(",")
        assert [n for n in arguments(value) if n not in told] == []
    if inspect.isclass(value):
        for method, function in inspect.getmembers(value, inspect.isfunction):
            if not method.startswith("_") or method == "__call__":
                assert inspect.getdoc(function).endswith("."), method


def test_what_is_wrong_in_general_is_told_once_in_the_package_s_docstring():
    for word in ("TypeError", "ValueError", "expected", "came", "likely cause"):
        assert word in nnlib.__doc__
    for function in (nnlib.fit, nnlib.SGD.step, calibration.fit_temperature):
        assert "Raises:\n" in function.__doc__


def test_jupyter_shows_the_arguments_of_a_model_of_one_s_own():
    own = type("Own", (nnlib.Sequential,), {"__init__": lambda self, n, rng: None})
    assert arguments(own) == ["n", "rng"]
