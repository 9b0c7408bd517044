"""Make a course folder for one class: tasks, numbers and inputs follow from a key.

Usage: python -m grading.variant KEY FOLDER      (make assignments KEY=... INTO=FOLDER)

For each task that has notebooks siblings/NAME/TASK_....ipynb the key chooses one, and a
row of its numbers.  Its cells take the places of those with the same ids in the source.
In hidden tests data have other seeds.  The sources are run, and the hand-outs made.
"""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
from pathlib import Path

import nbformat

from grading import release
from grading.repair import is_check, key_of

SEED = r"(?<=default_rng\()\d+"


def drawn(below, *words):
    """Return a number from 0 to below - 1 that follows from the words alone."""
    return int.from_bytes(hashlib.sha256(repr(words).encode()).digest()) % below


def cells_of(path):
    """Return (notebook, {id: cell}); the id is nbgrader's, or else the cell's own."""
    notebook = nbformat.read(path, as_version=4)
    return notebook, {key_of(cell) or cell.id: cell for cell in notebook.cells}


def sibling(path, key):
    """Return ({id: text}, {name: number}) of a sibling, with its numbers put in."""
    texts, space = {place: cell.source for place, cell in cells_of(path)[1].items()}, {}
    given = texts.pop("numbers", "ROWS = [()]")
    exec(given, space)
    row = space["ROWS"][drawn(len(space["ROWS"]), key, path.stem)]
    names = re.findall(r"\b[A-Z]+\b(?=.* = ROWS)", given)
    numbers = {name: str(one) for name, one in zip(names, row, strict=True)}
    for place, text in texts.items():
        texts[place] = re.sub(r"\b[A-Z]+\b", lambda x: numbers.get(x[0], x[0]), text)
    return texts, numbers


def variant(key, name):
    """Return an assignment's notebook for a key, and {path of a sibling: numbers}."""
    notebook, cells = cells_of(release.source_of(release.COURSE, name))
    paths, chosen = sorted((release.COURSE / "siblings" / name).glob("*_*.ipynb")), {}
    for task in sorted({path.stem.partition("_")[0] for path in paths}):
        among = [path for path in paths if path.stem.startswith(f"{task}_")]
        path = among[drawn(len(among), key, name, task)]
        texts, chosen[path] = sibling(path, key)
        for place in texts.keys() & cells.keys():
            cells[place].source = texts[place]
        [row] = re.findall(r"(?m)^\| \d \|.*$", texts["title"])  # of the table of tasks
        table = cells["text-001"]
        table.source = re.sub(rf"(?m)^\| {row[2]} \|.*$", row, table.source)
    shift = 1000 + drawn(10**6, key, name)
    for cell in filter(is_check, notebook.cells):
        shown, begin, hidden = cell.source.partition("### BEGIN HIDDEN TESTS")
        hidden = re.sub(SEED, lambda seed: str(int(seed[0]) + shift), hidden)
        cell.source = shown + begin + hidden
    return notebook, chosen


def write(key, folder):
    """Write settings and sources into a course folder, not yet run; return paths."""
    mark, paths = folder / "key.txt", []
    if (folder / "source").exists() and not (mark.exists() and mark.read_text() == key):
        sys.exit(f"{folder} holds another course: name a new folder.")
    for name in release.names(release.COURSE):
        notebook, chosen = variant(key, name)
        target = folder / "source" / name
        shutil.copytree(release.COURSE / "source" / name, target, dirs_exist_ok=True)
        paths.append(target / f"{name}.ipynb")
        nbformat.write(notebook, paths[-1])
        for path, numbers in chosen.items():
            print(f"{name}: {path.stem}", *[*numbers.values()][:1])
    shutil.copy(release.COURSE / release.SETTINGS, folder)
    mark.write_text(key)
    return paths


def main(arguments=None):
    """Make the course folder that the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n\n")[0])
    parser.add_argument("key", metavar="KEY", help="any words, such as spring-2027")
    parser.add_argument("folder", metavar="FOLDER", type=Path, help="a new folder")
    options = parser.parse_args(arguments)
    paths = write(options.key, options.folder)
    execute = release.COURSE.parent / "execute.py"
    subprocess.run([sys.executable, execute, *paths], check=True)
    for path in paths:
        for place, cell in cells_of(path)[1].items():
            if is_check(cell) and "all checks passed" not in str(cell.outputs):
                sys.exit(f"{path}: {place} refuses its own solution: take another key.")
    release.main(["--course", str(options.folder)])


if __name__ == "__main__":
    main()
