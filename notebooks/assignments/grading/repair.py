"""Find a student's notebook among what was handed in, and make it one to grade.

What is a notebook, and of which assignment, is told by content.  Test cells become the
source's again, hidden tests and all; lost metadata is found again by cell ids, by names
that a cell defines and by text (the last text is the answer in words); what is missing
is added.  All is told.
"""

import contextlib
import copy
import json
import re
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import nbformat
from nbgrader.utils import is_grade, is_solution

from grading.files import decoded, shown, within
from grading.records import Handed

LARGEST = 20 * 2**20  # bytes of a notebook
MOST_MARKS = 1_000_000  # brackets, commas and colons: each may take 100 bytes
MOST_CELLS = 1000
LONGEST, MOST_TEXT = 100_000, 1_000_000  # characters of a cell, and of all cells
MOST_PICTURES = 2 * 2**20  # characters of the pictures pasted into a cell
MOST_FILES = 20  # that are looked at because they may be the notebook
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")


class Unreadable(Exception):
    """There is no notebook to grade; the message says why, and what to do."""


def key_of(cell):
    """Return the id that nbgrader knows a cell by, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_check(cell):
    """Tell whether a cell is a test cell: graded, and not the student's to write."""
    return is_grade(cell) and not is_solution(cell)


@dataclass(eq=False)
class Cell:
    """What is kept of a cell; ``key`` says which of the assignment's cells it is."""

    kind: str
    source: str
    id: str
    key: str
    attachments: dict | None

    @cached_property
    def plain(self):
        """The text as it is compared."""
        return "\n".join(line.rstrip() for line in self.source.split("\n")).strip()

    @cached_property
    def names(self):
        """The functions and classes that a code cell defines."""
        defined = r"^(?:async )?(?:def|class) +(\w+)"
        return {*re.findall(defined, self.source * (self.kind == "code"), re.M)}


@dataclass
class Part:
    """A cell of the assignment: as the source has it, and as it was handed out."""

    source: object
    blank: Cell

    def __post_init__(self):
        self.check, self.solution = is_check(self.source), is_solution(self.source)
        self.counts = self.check or self.solution


@dataclass
class Found:
    """A notebook of the assignment that was handed in."""

    path: Path
    cells: list
    notes: list
    worked: bool  # something in it is not as it was handed out


def hand(folder, template):
    """Return what is in submitted/STUDENT/NAME as a ``Handed``, ready to run.

    Raises:
        Unreadable: nothing in the folder can be graded.
    """
    if folder.is_symlink() or not folder.is_dir():
        what = "a link" if folder.is_symlink() else "no folder"
        raise Unreadable(f"The folder {template.name} is {what}: hand in a folder.")
    wanted, parts = f"{template.name}.ipynb", parts_of(template)
    path, cells, notes = find(folder, wanted, template, parts)
    out = Handed(None, path.parent, notes=notes)
    if path.name != wanted:
        repaired(out, f"{shown(path, folder)} was taken for {wanted}.")
    elif path.parent != folder:
        notes.append(f"{wanted} was in the folder {shown(path.parent, folder)}.")
    for key in match(cells, parts):
        repaired(out, f"The cell {key} had lost its metadata; found again.")
    cells = [in_json(cell, parts, out) for cell in assemble(cells, parts, out)]
    for number, cell in enumerate(cells, 1):
        cell["id"] = f"cell-{number}"
    about = {"nbformat": 4, "nbformat_minor": 5, "cells": cells}
    about["metadata"] = copy.deepcopy(template.source.metadata)
    out.notebook = nbformat.from_dict(about)
    return out


def repaired(out, sentence):
    """Note a repair."""
    out.notes.append(sentence)
    out.repaired = True


def find(folder, wanted, template, parts):
    """Return (path, cells, notes) of the notebook to grade, or raise Unreadable."""
    found, why, files = [], [], within(folder)
    files.sort(key=lambda p: (p.name != wanted, p.suffix != ".ipynb", len(p.parts)))
    blank = {part.blank.plain for part in parts.values()}
    for path in files[:MOST_FILES]:
        try:
            cells, notes = read(path, shown(path, folder))
            check_fit(cells, template)
            worked = any(cell.plain not in blank for cell in cells)
            found.append(Found(path, cells, notes, worked))
        except Unreadable as reason:
            if path.is_symlink() or path.suffix.lower() in (".ipynb", *ARCHIVES):
                why.append((path.name == wanted, str(reason)))
    if not found:
        names = ", ".join(shown(path, folder) for path in files[:10]) or "nothing"
        none = f"There is no notebook {wanted}; handed in was: {names}."
        raise Unreadable(why[0][1] if why else none)
    best = likeliest(found, folder, wanted)
    notes = [reason for named, reason in why if named]
    if len(found) > 1:
        notes.append(f"Of several notebooks {shown(best.path, folder)} was graded.")
    return best.path, best.cells, notes + best.notes


def likeliest(found, folder, wanted):
    """Return the notebook with the right name, but not if only another was worked on.

    Raises:
        Unreadable: it is not clear which one is meant.
    """

    def rank(one):
        named = one.path.name == wanted
        return named and one.worked, one.worked, named, one.path.parent == folder

    best = [one for one in found if rank(one) == max(map(rank, found))]
    if len(best) > 1:
        names = ", ".join(shown(one.path, folder) for one in best)
        raise Unreadable(
            f"There are {len(best)} notebooks ({names}), and it is not clear which one "
            f"is meant: hand in one, called {wanted}."
        )
    return best[0]


def read(path, name):
    """Return (cells, notes on what was left out) of a file, called so in the notes.

    Raises:
        Unreadable: it is no notebook, or too large.
    """
    content, notes = load(path, name)
    try:
        raw = content["cells"]
        if len(raw) > MOST_CELLS:
            raise Unreadable(f"{name} has {len(raw)} cells, more than {MOST_CELLS}.")
        cells = [cell_of(cell, number, notes) for number, cell in enumerate(raw, 1)]
    except (KeyError, TypeError, AttributeError):
        raise Unreadable(
            f"{name} is JSON but not a notebook: it has no list of cells."
        ) from None
    if sum(len(cell.source) for cell in cells) > MOST_TEXT:
        raise Unreadable(f"The cells of {name} have more than 1 MB of text.")
    return cells, notes


def load(path, name):
    """Return (the JSON in a file, notes): its encoding is noted if it is not UTF-8."""
    if path.is_symlink():
        raise Unreadable(f"{name} is a link, not a file: hand in a copy.")
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError:
        raise Unreadable(f"{name} cannot be opened: hand in a copy.") from None
    if not data:
        raise Unreadable(f"{name} is empty: was it saved before it was copied?")
    if data.startswith(b"PK\3\4") or path.suffix.lower() in ARCHIVES:
        raise Unreadable(f"{name} is an archive: unpack it and hand in again.")
    if len(data) > LARGEST or sum(map(data.count, b"[{,:")) > MOST_MARKS:
        raise Unreadable(
            f"{name} is larger than can be read: clear the outputs, save, and hand in "
            "again."
        )
    text, encoding = decoded(data)
    if "\0" in text:
        raise Unreadable(f"{name} is not a notebook: it is not text.")
    del data
    odd = [f"{name} is not in UTF-8; it was read as {encoding}."]
    try:
        return json.loads(text), [] if encoding.startswith("utf-8") else odd
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            f"{name} is not a notebook, or damaged ({error}): open it in "
            "JupyterLab, save it, and hand in again."
        ) from None


def cell_of(raw, number=0, notes=()):
    """Return the ``Cell`` that one in JSON, which may hold anything, comes to."""
    kind = "code" if raw.get("cell_type") == "code" else "markdown"
    source, pictures, key = raw.get("source"), raw.get("attachments"), ""
    parts = source if isinstance(source, list) else [source]
    source = "".join(part for part in parts if isinstance(part, str))
    source = source.encode("utf-8", "replace").decode("utf-8")
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    if len(source) > LONGEST:
        lost = "it had more than 100 kB of text, which was left out"
        notes.append(f"Cell number {number}: {lost}.")
        source = f"# ({lost})"
    if kind == "code" or not pictures:
        pictures = None
    elif len(json.dumps(pictures)) > MOST_PICTURES:
        notes.append(
            f"Cell number {number}: its pictures, of more than 2 MB, are lost."
        )
        pictures = None
    with contextlib.suppress(KeyError, TypeError):
        key = str(raw["metadata"]["nbgrader"]["grade_id"])
    return Cell(kind, source, str(raw.get("id", "")), key, pictures)


def parts_of(template):
    """Return {key: Part} of the assignment; the key is nbgrader's, or another one."""
    source, released = (
        {key_of(cell) or cell.get("id") or cell.source: cell for cell in notebook.cells}
        for notebook in (template.source, template.released)
    )
    return {key: Part(x, cell_of(released.get(key, x))) for key, x in source.items()}


def check_fit(cells, template):
    """Compare ids, texts and names with what this and other assignments hand out.

    Raises:
        Unreadable: another assignment fits clearly better, or this one not at all.
    """
    found = set().union(*({cell.id, cell.plain, *cell.names} for cell in cells))
    own = features(template.released)
    for name, other in template.others.items():
        its = features(other)
        if len(found & (its - own)) > 1 + 3 * len(found & (own - its)):
            raise Unreadable(
                f"This looks like assignment {name}, not like {template.name}: hand in "
                "the right notebook."
            )
    if not found & own:
        raise Unreadable(
            "No cell of this assignment is in the notebook: is it another one?"
        )


def features(notebook):
    """Return what a hand-out is known by: ids, given texts, names that tasks define."""
    known = set()
    for cell in notebook.cells:
        made = cell_of(cell)
        known |= {made.id, *(made.names if is_solution(cell) else {made.plain})}
    return known - {""}


def match(cells, parts):
    """Give each cell the key of the part that it is, or "".

    Returns:
        The keys of the student's cells and tests that had lost their metadata.
    """
    for cell in cells:
        cell.key = cell.key if cell.key in parts else ""
    lost = parts.keys() - {cell.key for cell in cells}
    again = []
    for key, part in parts.items():
        some = alike([cell for cell in cells if not cell.key], part)
        if key in lost and some:
            edited = [cell for cell in some if cell.plain != part.blank.plain]
            (edited or some)[-1].key = key
            again += [key] * part.counts
    return again


def alike(cells, part):
    """Return those with a part's id, or else its names, or its text, or an answer."""
    blank, names = part.blank, part.blank.names if part.solution else set()
    written = part.solution and blank.kind == "markdown"
    return (
        [cell for cell in cells if cell.id and cell.id == blank.id]
        or [cell for cell in cells if cell.names & names]
        or [cell for cell in cells if cell.plain and cell.plain == blank.plain][:1]
        or [cell for cell in cells if cell.kind == "markdown" and written][-1:]
    )


def one_of(copies, part, cells, out):
    """Return the copy of a part that is graded: of solutions the last worked on."""

    def rank(cell):
        edited = cell.plain != part.blank.plain
        return bool(cell.names & part.blank.names), edited == part.solution

    *others, best = sorted(copies, key=rank)
    for other in others:
        other.key = ""  # it runs as a cell of the student's own, if it is edited
        if part.check or other.plain == part.blank.plain:
            cells.remove(other)
    if others and part.counts:
        repaired(out, f"The cell {best.key} was there more than once; one was graded.")
    return best


def assemble(cells, parts, out):
    """Return every part, in the place where the student has it, and his own cells."""
    task, here = None, -1  # the task before, and the place of the part before
    for key, part in parts.items():
        if copies := [cell for cell in cells if cell.key == key]:
            cell = one_of(copies, part, cells, out)
        else:
            cell = replace(part.blank, key=key)
            cells.insert(here + 1, cell)
            if part.counts:
                repaired(out, f"The cell {key} was missing; it was added.")
            if part.solution and cell.kind == "code":
                cell.source = "# (this cell was missing)"
        here = cells.index(cell)
        if part.check and task and here < cells.index(task):
            repaired(out, f"The test cell {key} stood before its task; it was moved.")
            cells.insert(cells.index(task), cells.pop(here))
            here = cells.index(cell)
        task = cell if part.counts else task
    return cells


def in_json(cell, parts, out):
    """Return a cell as it is to run, in JSON; a locked one with the source's text."""
    part, metadata = parts.get(cell.key), {}
    about = part and part.source.metadata.get("nbgrader")
    if about:
        metadata = {"nbgrader": dict(about)}
        if cell.kind != part.source.cell_type:
            repaired(out, f"The cell {cell.key} was a {cell.kind} cell; changed back.")
            cell.kind = part.source.cell_type
        if part.check and cell.plain != part.blank.plain:
            repaired(
                out, f"The test cell {cell.key} had been changed; it was restored."
            )
        if about.get("locked") or part.check:
            cell.source = part.source.source
            cell.attachments = part.source.get("attachments")
    made = {"cell_type": cell.kind, "source": cell.source, "metadata": metadata}
    if cell.kind == "code":
        return made | {"outputs": [], "execution_count": None}
    return made | ({"attachments": cell.attachments} if cell.attachments else {})
