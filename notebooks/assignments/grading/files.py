"""Files that others made: which there are, what they hold, and how to print names."""

import contextlib
import hashlib
import json
import os
import re
import shutil
import sys
from pathlib import Path

DEEPEST = 50  # folders inside folders
MOST_BYTES, MOST_FILES = 200 * 2**20, 1_000  # that are taken of a student
DEBRIS = re.compile(  # of macOS, Jupyter and Python
    r"\._.*|\.DS_Store|__MACOSX|\.ipynb_checkpoints|__pycache__", re.S
)


def within(folder):
    """Return the files and links in a folder, sorted, down to a sensible depth."""
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not DEBRIS.fullmatch(name)]
        names = folders + [name for name in files if not DEBRIS.fullmatch(name)]
        found += [Path(place, name) for name in names]
        if len(Path(place).parts) - len(folder.parts) >= DEEPEST:
            folders.clear()
    return sorted(p for p in found if os.path.islink(p) or os.path.isfile(p))


def digest(folder):
    """Return a hash of the names and contents in a folder; links are not followed."""
    total = hashlib.sha256()
    for path in [folder] if folder.is_symlink() else within(folder):
        try:
            link = path.is_symlink()
            content = os.fsencode(os.readlink(path)) if link else path.read_bytes()
        except OSError as error:  # it may not be read, or its name is too long
            content = str(error.errno).encode()
        total.update(os.fsencode(path.relative_to(folder)) + b"\n")
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def write(path, text, encoding="utf-8"):
    """Write a text, whole or not at all."""
    part = path.with_name(f".{path.name}.part")
    part.write_text(text, encoding, "replace", newline="")
    os.replace(part, path)


@contextlib.contextmanager
def replacing(place):
    """Give a new folder; if it is filled, it takes the place of what was there."""
    part = place.with_name(f".{place.name}.part")
    shutil.rmtree(part, ignore_errors=True)
    part.mkdir(parents=True)
    yield part
    if any(part.iterdir()):
        shutil.rmtree(place, ignore_errors=True)
        part.rename(place)
    else:
        part.rmdir()


def decoded(data):
    """Return the text in bytes: UTF-8, else UTF-16, else what Windows wrote."""
    try:
        return data.decode(json.detect_encoding(data))
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def shown(path, folder):
    """Return a path inside a folder as it can be printed."""
    return printable(os.fsencode(path.relative_to(folder)).decode("utf-8", "replace"))


def printable(text):
    """Return a text with nothing in it that a terminal obeys."""
    return "".join(x if x.isprintable() else "\ufffd" for x in text)


def say(text, file=None):
    """Print a line, whatever it is made of."""
    file = file or sys.stdout
    code = file.encoding or "utf-8"
    print(printable(text).encode(code, "replace").decode(code), file=file, flush=True)
