"""The public names: what importing costs, what help() shows."""

import inspect
import subprocess
import sys

import numpy as np
import pytest

import nnlib
from nnlib import calibration, datasets, gradient_check, metrics, neuron

MODULES = [calibration, datasets, gradient_check, metrics, neuron]
NO_DOOR = {"metrics.ratio", "calibration.temperature_slope"}  # lines of arithmetic
PUBLIC = {name: getattr(nnlib, name) for name in nnlib.__all__} | {
    f"{module.__name__.removeprefix('nnlib.')}.{name}": value
    for module in MODULES
    for name, value in vars(module).items()
    if inspect.isfunction(value)
    and value.__module__ == module.__name__
    and not name.startswith("_")
}
CALLABLE = {name: value for name, value in PUBLIC.items() if callable(value)}
METHODS = {
    f"{name}.{method}": function
    for name, value in PUBLIC.items()
    if inspect.isclass(value)
    for method, function in inspect.getmembers(value, inspect.isfunction)
    if not method.startswith("_") or method == "__call__"
}


def arguments(function):
    """Return the names of the arguments that a caller passes."""
    return [name for name in inspect.signature(function).parameters if name != "self"]


def test_importing_nnlib_needs_numpy_alone():
    code = (
        "import sys, numpy.random; before = set(sys.modules);"
        "import nnlib; print(*(sys.modules.keys() - before))"
    )
    run = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    packages = {name.split(".")[0] for name in run.stdout.split()}
    assert "nnlib" in packages
    assert packages - sys.stdlib_module_names <= {"nnlib", "numpy"}
    assert "nnlib.plotting" not in run.stdout.split()
    assert run.stderr == ""


def test_the_public_names_are_those_of_the_design():
    assert set(nnlib.__all__) == {
        "Neuron",
        "Dense",
        "ReLU",
        "Sequential",
        "MSE",
        "SoftmaxCrossEntropy",
        "softmax",
        "one_hot",
        "SGD",
        "minibatches",
        "fit",
        "check_gradients",
        "metrics",
        "calibration",
        "datasets",
    }


@pytest.mark.parametrize("name", PUBLIC)
def test_a_public_object_has_a_docstring(name):
    assert len(inspect.getdoc(PUBLIC[name]).splitlines()[0]) > 20


@pytest.mark.parametrize("name", CALLABLE)
def test_a_docstring_tells_of_arguments_shapes_and_errors(name):
    text, names = inspect.getdoc(CALLABLE[name]), arguments(CALLABLE[name])
    if name != "SGD":  # it takes a number, and no array has a shape here
        assert "shape" in text.lower()
    if names and name not in NO_DOOR | {"gradient_check.numerical_gradient"}:
        assert "Raises:\n" in text
    if names:
        documented = text.split("Args:\n")[1]
        assert [n for n in names if f"    {n}: " not in documented] == []


@pytest.mark.parametrize("name", METHODS)
def test_a_method_has_a_docstring(name):
    text = inspect.getdoc(METHODS[name])
    assert text.endswith(".")
    doors = ".__call__", ".step", ".save", ".load", "ReLU.backward", "Dense.backward"
    if name.endswith(doors):
        assert "Raises:\n" in text


@pytest.mark.parametrize(
    ("function", "signature"),
    [
        (nnlib.Neuron, ["w", "b", "activation"]),
        (nnlib.Dense, ["n_in", "n_out", "rng"]),
        (nnlib.ReLU, []),
        (nnlib.Sequential, ["layers"]),
        (nnlib.MSE, []),
        (nnlib.SoftmaxCrossEntropy, []),
        (nnlib.SGD, ["learning_rate"]),
        (nnlib.SGD.step, ["model"]),
        (nnlib.Dense.backward, ["dZ"]),
        (nnlib.softmax, ["Z"]),
        (nnlib.one_hot, ["y", "n_classes", "dtype"]),
        (nnlib.minibatches, ["X", "y", "batch_size", "rng"]),
        (nnlib.check_gradients, ["model", "X", "target", "loss", "step"]),
        (datasets.spiral, ["n_per_class", "n_classes", "noise", "rng"]),
        (datasets.stratified_split, ["y", "shares", "rng"]),
        (datasets.digits, []),
        (metrics.top_k_accuracy, ["y", "scores", "k"]),
        (metrics.confusion_matrix, ["y", "y_pred", "n_classes"]),
        (metrics.macro_recall, ["y", "y_pred"]),
        (metrics.reliability, ["y", "Y_hat", "n_bins"]),
        (metrics.expected_calibration_error, ["y", "Y_hat", "n_bins"]),
        (
            metrics.bootstrap_interval,
            ["metric", "y", "y_pred", "rng", "n_resamples", "level"],
        ),
        (calibration.fit_temperature, ["Z", "y"]),
        (nnlib.Sequential.save, ["path"]),
        (nnlib.Sequential.load, ["path"]),
    ],
)
def test_the_signature_is_the_public_one(function, signature):
    assert arguments(function) == signature


def test_the_signature_of_fit_has_its_defaults():
    parameters = inspect.signature(nnlib.fit).parameters
    assert list(parameters)[5:] == [
        "epochs",
        "batch_size",
        "rng",
        "validation",
        "on_epoch",
    ]
    assert parameters["rng"].default is inspect.Parameter.empty
    assert parameters["on_epoch"].default is None


@pytest.mark.parametrize("name", ["Dense", "fit", "check_gradients"])
def test_help_shows_no_private_name(name):
    run = subprocess.run(
        [sys.executable, "-c", f"import nnlib; help(nnlib.{name})"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert f"{name}(" in run.stdout
    assert "_door" not in run.stdout


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: nnlib.Dense(2), r"^Dense.__init__\(\) missing .* 'n_out'"),
        (lambda: nnlib.Dense(2, 3, seed=0), r"^Dense.__init__\(\) got an .* 'seed'"),
        (lambda: nnlib.SGD(), r"^SGD.__init__\(\) missing .* 'learning_rate'"),
        (lambda: nnlib.SGD(lr=0.1), r"^SGD.__init__\(\) got an unexpected .* 'lr'"),
        (lambda: nnlib.SGD(0.1).step(), r"^SGD.step\(\) missing .* 'model'"),
        (lambda: nnlib.fit(), r"^fit\(\) missing 7 required"),
        (lambda: nnlib.softmax(), r"^softmax\(\) missing .* 'Z'"),
        (lambda: metrics.accuracy([0]), r"^accuracy\(\) missing .* 'y_pred'"),
        (lambda: metrics.macro_f1([0]), r"^macro_f1\(\) missing .* 'y_pred'"),
        (lambda: metrics.recall([0]), r"^recall\(\) missing .* 'y_pred'"),
        (lambda: metrics.macro_recall([0]), r"^macro_recall\(\) missing .* 'y_pred'"),
        (lambda: metrics.reliability([0]), r"^reliability\(\) missing .* 'Y_hat'"),
        (
            lambda: metrics.bootstrap_interval([0]),
            r"^bootstrap_interval\(\) missing .* 'y' and 'y_pred'",
        ),
        (
            lambda: calibration.fit_temperature([0]),
            r"^fit_temperature\(\) missing .* 'y'",
        ),
        (
            lambda: nnlib.Sequential([nnlib.ReLU()]).save(),
            r"^Sequential.save\(\) missing .* 'path'",
        ),
        (
            lambda: nnlib.Sequential([nnlib.ReLU()]).load(),
            r"^Sequential.load\(\) missing .* 'path'",
        ),
        (
            lambda: datasets.stratified_split([0]),
            r"^stratified_split\(\) missing .* 'shares'",
        ),
        (lambda: datasets.line(3), r"^line\(\) missing .* 'noise'"),
        (lambda: datasets.spiral(3, 3), r"^spiral\(\) missing .* 'noise'"),
    ],
)
def test_python_s_own_messages_name_what_was_called(call, message):
    with pytest.raises(TypeError, match=message):
        call()


def test_a_backward_without_its_gradient_names_what_was_called():
    layer = nnlib.Dense(1, 1, np.random.default_rng(0))
    layer([[1.0]])
    with pytest.raises(TypeError, match=r"^Dense.backward\(\) missing .* 'dZ'"):
        layer.backward()
