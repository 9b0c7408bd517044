"""Files: a model's numbers are written whole or not at all, and read whole.

A saved model is an ``.npz`` file without pickled objects: its layers as texts under
"layers", and each parameter under its name, such as "0.W".
"""

import os
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np


@contextmanager
def written_whole(path):
    """Give an open file that takes path's place at the end, if nothing went wrong."""
    new = path.with_name(path.name + ".part")
    try:
        with open(new, "wb") as file:
            yield file
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def check_path(path, who):
    """Return path as a Path that ends in .npz."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"{who} expects the path of a file, got {type(path).__name__}: "
            'write a text such as "digits.npz"'
        )
    if Path(path).suffix != ".npz":
        raise ValueError(
            f"{who} expects a path that ends in .npz, got {str(path)!r}: "
            "that is the form in which NumPy stores arrays"
        )
    return Path(path)


def check_save(path, model):
    """Return path as a Path to write to; raise unless the model is fit to be saved."""
    model.check()
    path = check_path(path, f"{model.name}.save")
    if not path.parent.is_dir():
        raise FileNotFoundError(
            f"{model.name}.save expects a folder to write into, got {str(path)!r}, and "
            f"{path.parent} is none: is it misspelt, or to be made first?"
        )
    return path


def check_load(path, model):
    """Return what the file at path holds, if it is what such a model has saved."""
    who = f"{model.name}.load"
    path = check_path(path, who)
    data = path.read_bytes()
    saved = read_arrays(data, path.name, who)
    if "layers" not in saved or saved["layers"].dtype.kind != "U":
        raise ValueError(
            f"{who} expects a file written by save, got {path.name}, which holds "
            f"{', '.join(saved) or 'nothing'}: was it written by another program?"
        )
    layers = saved.pop("layers").ravel().tolist()
    if layers != model.kinds():
        raise ValueError(
            f"{who} expects the layers of this model, {', '.join(model.kinds())}; got "
            f"{', '.join(layers)} in {path.name}: "
            "build the model as it was when it was saved"
        )
    numbers = {name: np.zeros_like(P) for name, (P, _) in model.parameters().items()}
    missing, other = forms(numbers) - forms(saved), forms(saved) - forms(numbers)
    if missing or other:
        raise ValueError(
            f"{who} expects {', '.join(sorted(missing)) or 'nothing else'}, got "
            f"{', '.join(sorted(other)) or 'none'} in {path.name}: another model's?"
        )
    return BytesIO(data)  # what was checked, should the file change meanwhile


def forms(arrays):
    """Return the arrays in words, such as {"0.W float64 (2, 3)"}."""
    return {
        f"{name} {a.dtype} {a.shape}"
        + " with NaN or inf" * (a.dtype.kind == "f" and not np.isfinite(a).all())
        for name, a in arrays.items()
    }


def read_arrays(data, name, who):
    """Return {name: array} of all that ``data``, the bytes of an .npz file, hold."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            if archive.testzip() is not None:
                raise BadZipFile("a checksum differs")
        with np.load(BytesIO(data), allow_pickle=False) as stored:
            return {name: np.asarray(stored[name]) for name in stored.files}
    except Exception as error:  # a damaged file can fail in any part of the reader
        raise ValueError(
            f"{who} expects a file written by save, got {name}, which cannot be read "
            f"as one ({type(error).__name__}): was it cut short, or is it another kind "
            "of file?"
        ) from None
