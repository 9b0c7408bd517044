"""Files at the door: a model's numbers are written whole or not at all, and read whole.

A saved model is an ``.npz`` file without pickled objects: its layers as texts under
"layers", and each parameter under its name, such as "0.W".
"""

import os
import tempfile
from contextlib import contextmanager, suppress
from pathlib import Path

import numpy as np


def check_path(path, who):
    """Return path as a Path that ends in .npz."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"{who} expects the path of a file, got {type(path).__name__}: "
            'write a text such as "digits.npz"'
        )
    path = Path(path)
    if path.suffix != ".npz":
        raise ValueError(
            f"{who} expects a path that ends in .npz, got {str(path)!r}: "
            "that is the form in which NumPy stores arrays"
        )
    return path


@contextmanager
def written_whole(path):
    """Give an open file that takes path's place at the end, if nothing went wrong."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            yield file
        os.replace(name, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(name)
        raise


def read_arrays(path, who):
    """Return {name: array} of all that an .npz file holds."""
    with open(path, "rb") as file:
        try:
            stored = np.load(file, allow_pickle=False)
            return {name: stored[name] for name in stored.files}
        except Exception as error:  # a damaged file can fail in any part of the reader
            raise ValueError(
                f"{who} expects a file written by save, got {path.name}, which cannot "
                f"be read as one ({type(error).__name__}): was it cut short, or is it "
                "another kind of file?"
            ) from None


def check_saved(saved, layers, parameters, path, who):
    """Raise ValueError unless the saved arrays are those of this very model."""
    if "layers" not in saved or saved["layers"].dtype.kind != "U":
        raise ValueError(
            f"{who} expects a file written by save, got {path.name}, which holds "
            f"{', '.join(saved) or 'nothing'}: was it written by another program?"
        )
    if saved["layers"].tolist() != layers:
        raise ValueError(
            f"{who} expects the layers of this model, {', '.join(layers)}; got "
            f"{', '.join(map(str, saved['layers'].ravel()))} in {path.name}: "
            "build the model as it was when it was saved"
        )
    for name, P in parameters.items():
        found = saved.get(name)
        if found is None or (found.shape, found.dtype) != (P.shape, P.dtype):
            got = "none" if found is None else f"{found.dtype} of shape {found.shape}"
            raise ValueError(
                f"{who} expects {name} as {P.dtype} of shape {P.shape}, got {got} in "
                f"{path.name}: was it saved from another model?"
            )
        if not np.isfinite(found).all():
            raise ValueError(
                f"{who} expects finite numbers in {name}, got NaN or inf in "
                f"{path.name}: did training diverge before it was saved?"
            )
