"""Files at the door: a model's numbers are written whole or not at all, and read whole.

A saved model is an ``.npz`` file without pickled objects: its layers as texts under
"layers", and each parameter under its name, such as "0.W".
"""

import os
import shutil
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from zipfile import BadZipFile, ZipFile

import numpy as np

from nnlib._checks import check_parameter, check_writeable


def check_path(path, who):
    """Return path as a Path that ends in .npz."""
    if not isinstance(path, (str, os.PathLike)):
        raise TypeError(
            f"{who} expects the path of a file, got {type(path).__name__}: "
            'write a text such as "digits.npz"'
        )
    path = Path(path)
    try:
        possible = b"\0" not in os.fsencode(path)
    except UnicodeEncodeError:
        possible = False
    if not possible:
        raise ValueError(
            f"{who} expects the path of a file, got {str(path)!r}, which no file can "
            "have: is there a backslash in it that should be doubled?"
        )
    if path.suffix != ".npz":
        raise ValueError(
            f"{who} expects a path that ends in .npz, got {str(path)!r}: "
            "that is the form in which NumPy stores arrays"
        )
    return path


@contextmanager
def written_whole(path):
    """Give an open file that takes path's place at the end, if nothing went wrong."""
    path = Path(os.path.realpath(path))  # through a link, not in its place
    new = path.with_name(f".{path.name}.{os.urandom(8).hex()}")
    try:
        with open(new, "xb") as file:
            yield file
        if path.exists():
            shutil.copymode(path, new)
        os.replace(new, path)
    finally:
        new.unlink(missing_ok=True)


def read_arrays(data, path, who):
    """Return {name: array} of all that ``data``, the bytes of an .npz file, hold."""
    try:
        with ZipFile(BytesIO(data)) as archive:
            if archive.testzip() is not None:
                raise BadZipFile("a checksum differs")
        with np.load(BytesIO(data), allow_pickle=False) as stored:
            return {name: np.asarray(stored[name]) for name in stored.files}
    except Exception as error:  # a damaged file can fail in any part of the reader
        raise ValueError(
            f"{who} expects a file written by save, got {path.name}, which cannot "
            f"be read as one ({type(error).__name__}): was it cut short, or is it "
            "another kind of file?"
        ) from None


def check_saved(saved, layers, parameters, path, who):
    """Raise TypeError or ValueError unless the arrays are those of this very model."""
    for name, P in parameters.items():
        check_parameter(P, f"{who}: {name}", finite=False)
        check_writeable(P, name, who)
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
    extra = [name for name in saved if name not in ("layers", *parameters)]
    if extra:
        raise ValueError(
            f"{who} expects {', '.join(parameters) or 'no parameters'}, got also "
            f"{', '.join(extra)} in {path.name}: was it saved from another model?"
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
