"""Find a student's notebook among what was handed in, and make it one to grade.

What is a notebook, and of which assignment, is told by content.  Test cells become the
source's again, hidden tests and all; lost metadata is found again by cell ids, by names
that a cell defines, by text and by place; what is missing is added.  All is told.
"""

import base64
import copy
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat

from grading.records import Handed

LARGEST = 20 * 2**20  # bytes of a notebook
MOST_MARKS = 1_000_000  # brackets, commas and colons: each may take 100 bytes
MOST_CELLS = 1000
LONGEST, MOST_TEXT = 100_000, 1_000_000  # characters of a cell, and of all cells
MOST_PICTURES = 2 * 2**20  # characters of the pictures pasted into a cell
MOST_FILES = 20  # that are looked at because they may be the notebook
DEEPEST = 50  # folders inside folders
DEBRIS = re.compile(r"\._.*|\.DS_Store|__MACOSX|\.ipynb_checkpoints", re.S)
PICTURES = {"image/png", "image/jpeg", "image/gif"}
LOST = {
    "text": "it had more than 100 kB of text, which was left out",
    "pictures": "pasted pictures are kept only if PNG, JPEG or GIF, 2 MB in a cell",
}


class Unreadable(Exception):
    """There is no notebook to grade; the message says why, and what to do."""


@dataclass
class Cell:
    """What is kept of a cell, and of what kind something was left out."""

    kind: str
    source: str
    id: str | None
    key: str | None  # of the assignment's cell that it is
    pictures: dict
    lost: list

    def __post_init__(self):
        lines = [line.rstrip() for line in self.source.split("\n")]
        self.plain = "\n".join(lines).strip()  # what is compared
        defined = r"^(?:async )?(?:def|class) +(\w+)"
        code = self.source if self.kind == "code" else ""
        self.names = set(re.findall(defined, code, re.M))


def within(folder):
    """Return the files and links in a folder, sorted, down to a sensible depth.

    What macOS and Jupyter leave behind is left out.
    """
    found = []
    for place, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not DEBRIS.fullmatch(name)]
        names = folders + [name for name in files if not DEBRIS.fullmatch(name)]
        found += [Path(place, name) for name in names]
        if len(Path(place).parts) - len(folder.parts) >= DEEPEST:
            folders.clear()
    return sorted(p for p in found if os.path.islink(p) or os.path.isfile(p))


def shown(path, folder):
    """Return a path inside a folder as it can be printed."""
    name = os.fsencode(path.relative_to(folder)).decode("utf-8", "replace")
    return printable(name)


def printable(text, instead="\ufffd"):
    """Return a text with nothing in it that a terminal obeys."""
    return "".join(x if x.isprintable() else instead for x in text)


def listed(words):
    """Return the first of some words, and how many more there are."""
    more = [f"and {len(words) - 10} more"] if len(words) > 10 else []
    return ", ".join([*words[:10], *more])


def read(path, name):
    """Return (cells, notes on what was left out) of a file, called so in the notes.

    Raises:
        Unreadable: it is no notebook, or too large.
    """
    content, notes = load(path, name)
    try:
        sheets = content.get("worksheets") or [content]  # until 2015
        count = sum(len(sheet["cells"]) for sheet in sheets)
        if count > MOST_CELLS:
            raise Unreadable(f"{name} has {count} cells, more than {MOST_CELLS}.")
        cells = [clean(cell) for sheet in sheets for cell in sheet["cells"]]
    except (KeyError, TypeError, AttributeError):
        raise Unreadable(
            f"{name} is JSON but not a notebook: it has no list of cells."
        ) from None
    if sum(len(cell.source) for cell in cells) > MOST_TEXT:
        raise Unreadable(f"The cells of {name} have more than 1 MB of text.")
    for what, sentence in LOST.items():
        if which := [str(n) for n, cell in enumerate(cells, 1) if what in cell.lost]:
            notes.append(f"Cell number {listed(which)}: {sentence}.")
    return cells, notes


def load(path, name):
    """Return (the JSON in a file, notes): its encoding is noted if it is not UTF-8."""
    try:
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
    except OSError:
        raise Unreadable(f"{name} cannot be opened: hand in a copy.") from None
    if not data:
        raise Unreadable(f"{name} is empty: was it saved before it was copied?")
    if data.startswith(b"PK\3\4"):
        raise Unreadable(f"{name} is an archive: unpack it and hand in again.")
    marks = sum(data.count(mark) for mark in b"[{,:")
    if len(data) > LARGEST or marks > MOST_MARKS:
        raise Unreadable(
            f"{name} has {path.stat().st_size / 2**20:.0f} MB, more than can be "
            "read: clear the outputs, save, and hand in again."
        )
    wide = data.startswith((b"\xff\xfe", b"\xfe\xff"))
    for encoding in ("utf-16",) if wide else ("utf-8-sig", "cp1252", None):
        try:
            text = data.decode(encoding)
            break
        except (UnicodeDecodeError, TypeError):
            text = "\0"
    if "\0" in text:
        raise Unreadable(f"{name} is not a notebook: it is not text.")
    odd = [f"{name} is not in UTF-8; it was read as {encoding}."]
    del data
    try:
        return json.loads(text), odd if encoding != "utf-8-sig" else []
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            f"{name} is not a notebook, or damaged ({error}): open it in "
            "JupyterLab, save it, and hand in again."
        ) from None


def joined(value):
    """Return a text of JSON, which may be in parts, with plain line ends."""
    parts = value if isinstance(value, list) else [value]
    text = "".join(part for part in parts if isinstance(part, str))
    text = text.encode("utf-8", "replace").decode("utf-8")
    return text.replace("\r\n", "\n").replace("\r", "\n")


def clean(cell):
    """Return the ``Cell`` that a cell in JSON, which may hold anything, comes to."""
    kind = "code" if cell.get("cell_type") == "code" else "markdown"
    source = joined(cell.get("source", cell.get("input")))
    lost = ["text"] if len(source) > LONGEST else []
    about = cell.get("metadata")
    for step in ("nbgrader", "grade_id"):
        about = about.get(step) if isinstance(about, dict) else None
    names = [x if isinstance(x, str) else None for x in (cell.get("id"), about)]
    made = Cell(kind, f"# ({LOST['text']})" if lost else source, *names, {}, lost)
    if kind == "markdown" and cell.get("attachments"):
        try:
            made.pictures = pictures(cell["attachments"])
        except (AttributeError, ValueError):
            made.lost.append("pictures")
    return made


def pictures(attachments):
    """Return attachments if all of them are pictures, and small.

    Raises:
        AttributeError, ValueError: they are not.
    """
    kept, size = {}, 0
    for name, kinds in attachments.items():
        kept[name] = {kind: joined(data) for kind, data in kinds.items()}
        size += sum(map(len, kept[name].values()))
        if size > MOST_PICTURES or not PICTURES.issuperset(kinds):
            raise ValueError
        for data in kept[name].values():
            if not base64.b64decode("".join(data.split()), validate=True):
                raise ValueError
        if not kinds or not name.isprintable():
            raise ValueError
    return kept


def key_of(cell):
    """Return the id that nbgrader knows a cell by, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_check(cell):
    """Tell whether a cell is a test cell: graded, and not the student's to write."""
    about = cell.metadata.get("nbgrader", {})
    return bool(about.get("grade") and not about.get("solution"))


def is_solution(cell):
    """Tell whether a cell is the student's to write."""
    return bool(cell.metadata.get("nbgrader", {}).get("solution"))


def is_text(cell):
    """Tell whether a cell is one of the assignment's texts."""
    return not is_check(cell) and not is_solution(cell)


@dataclass
class Found:
    """A file that may be the notebook; ``reason`` is why it cannot be graded, or ""."""

    path: Path
    name: str
    cells: list = ()
    notes: list = field(default_factory=list)
    again: list = ()  # keys of cells that had lost their metadata
    worked: bool = False  # a solution is not as it was handed out
    reason: str = ""


def hand(folder, template):
    """Return what is in submitted/STUDENT/NAME as a ``Handed``, ready to run.

    Raises:
        Unreadable: nothing in the folder can be graded.
    """
    wanted, parts = f"{template.name}.ipynb", parts_of(template)
    found = look(folder, template, parts)
    chosen = choose(found, folder, wanted)
    named = [x for x in found if x.path.name == wanted and x is not chosen]
    out = Handed(None, chosen.path.parent, notes=[x.reason for x in named if x.reason])
    if len(found) > 1:
        out.notes.append(f"Of several notebooks {chosen.name} was graded.")
    if chosen.path.name != wanted:
        blank = any(not x.reason for x in named)
        more = ", which is as it was handed out" if blank else ""
        repaired(out, f"{chosen.name} was taken for {wanted}{more}.")
    elif out.folder != folder:
        out.notes.append(f"{wanted} was in the folder {shown(out.folder, folder)}.")
    out.notes += chosen.notes
    for key in chosen.again:
        repaired(out, f"The cell {key} had lost its metadata; found again.")
    cells = assemble(chosen.cells, parts, out)
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


def look(folder, template, parts):
    """Return what may be the notebook, the likeliest first."""
    wanted, name = f"{template.name}.ipynb", template.name
    if folder.is_symlink() or not folder.is_dir():
        what = "a link" if folder.is_symlink() else "no folder"
        raise Unreadable(f"The folder {name} is {what}: hand in a folder.")
    files = within(folder)
    likely = [path for path in files if not path.is_symlink() and may_be(path)]
    likely.sort(key=lambda p: (p.name != wanted, not called_so(p), len(p.parts)))
    found = []
    for path in likely[:MOST_FILES]:
        new = Found(path, shown(path, folder))
        try:
            new.cells, new.notes = read(path, new.name)
            check_fit(new.cells, template)
            new.again = match(new.cells, parts)
            new.worked = any(
                is_solution(parts[cell.key][0])
                and cell.plain != parts[cell.key][1].plain
                for cell in new.cells
                if cell.key
            )
        except Unreadable as reason:
            new.reason = str(reason)
        if new.cells or called_so(path):
            found.append(new)
    if found:
        return found
    for path in files:
        if path.is_symlink():
            what = "a link, not a file: hand in a copy"
        elif path.suffix.lower() in (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar"):
            what = "an archive: unpack it and hand in again"
        else:
            continue
        raise Unreadable(f"{shown(path, folder)} is {what}.")
    names = listed([shown(path, folder) for path in files]) or "nothing"
    raise Unreadable(f"There is no notebook {wanted}; handed in was: {names}.")


def called_so(path):
    """Tell whether a file is called a notebook."""
    return path.suffix.lower() == ".ipynb"


def may_be(path):
    """Tell whether a file is called a notebook, or is not huge and begins like one."""
    if called_so(path):
        return True
    try:
        with path.open("rb") as file:
            start = file.read(100).lstrip(b"\xef\xbb\xbf\xff\xfe\0 \t\r\n")
        return start.startswith(b"{") and path.stat().st_size <= LARGEST
    except OSError:
        return False


def choose(found, folder, wanted):
    """Return the one to grade: the right name wins, but not if only another was worked.

    Raises:
        Unreadable: none can be graded, or it is not clear which one is meant.
    """
    fine = [x for x in found if not x.reason]
    if not fine:
        raise Unreadable(found[0].reason)
    named = [x for x in fine if x.path.name == wanted]
    named = [x for x in named if x.path.parent == folder] or named
    worked = [x for x in fine if x.worked]
    best = [x for x in named if x.worked] or worked or named or fine
    if len(best) > 1:
        none = f"worked on is called {wanted}" if named else f"is called {wanted}"
        none = f"lies in {folder.name}" if best[0] in named else none
        raise Unreadable(
            f"There are {len(best)} notebooks ({listed([x.name for x in best])}), and "
            f"none {none}: rename the right one and hand in again."
        )
    return best[0]


def parts_of(template):
    """Return {key: (the source's cell, the hand-out's)}, nbgrader's keys or others."""
    source, released = (
        {key_of(cell) or cell.get("id") or cell.source: cell for cell in notebook.cells}
        for notebook in (template.source, template.released)
    )
    return {key: (x, clean(released.get(key, x))) for key, x in source.items()}


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
        made, solution = clean(cell), is_solution(cell)
        known |= {made.id, *(made.names if solution else {made.plain})}
    return known - {None, ""}


def match(cells, parts):
    """Give each cell the key of the part that it is, or None.

    Returns:
        The keys of the student's cells and tests that had lost their metadata.
    """
    for cell in cells:
        cell.key = cell.key if cell.key in parts else None
    again = []
    for likely in (alike, at_the_place_of):
        have = {cell.key for cell in cells}
        for key, (source, blank) in parts.items():
            some = [] if key in have else likely(cells, parts, key)
            if some:
                edited = [cell for cell in some if cell.plain != blank.plain]
                (edited or some)[-1].key = key
                again += [] if is_text(source) else [key]
    return again


def alike(cells, parts, key):
    """Return the unknown cells with a part's id, or else its names, or its text."""
    source, blank = parts[key]
    names = blank.names if is_solution(source) else set()
    free = [cell for cell in cells if cell.key is None]
    return (
        [cell for cell in free if cell.id and cell.id == blank.id]
        or [cell for cell in free if cell.names & names]
        or [cell for cell in free if cell.plain and cell.plain == blank.plain][:1]
    )


def at_the_place_of(cells, parts, key):
    """Return the unknown cells that stand where a cell to be solved should be."""
    if not is_solution(parts[key][0]):
        return []
    keys = list(parts)
    before, after = keys[: keys.index(key)], keys[keys.index(key) + 1 :]
    places = {cell.key: i for i, cell in enumerate(cells)}
    first = max((places[k] for k in before if k in places), default=-1)
    last = min((places[k] for k in after if k in places), default=len(cells))
    kind = parts[key][1].kind
    between = [cell for cell in cells[first + 1 : last] if cell.key is None]
    return [cell for cell in between if cell.kind == kind and cell.plain]


def assemble(cells, parts, out):
    """Return the cells to run, in JSON: every part, and the student's own cells."""
    cells = drop_copies(cells, parts, out)
    index = {cell.key: i for i, cell in enumerate(cells) if cell.key}
    placed = [((i, 0), in_json(x)) for i, x in enumerate(cells) if not x.key]
    here = task = (-1, 0)
    for order, (key, (source, blank)) in enumerate(parts.items(), 1):
        about = source.metadata.get("nbgrader")
        if key in index:
            cell, spot = cells[index[key]], (index[key], 0)
            if is_check(source) and spot < task:
                moved = f"The test cell {key} stood before its task; it was moved."
                repaired(out, moved)
                spot = (max(here, task)[0], order)
        elif is_text(source) and (about or source.cell_type != "code"):
            continue
        else:
            cell, spot = copy.copy(blank), (here[0], order)
            if about:
                repaired(out, f"The cell {key} was missing; it was added.")
            if is_solution(source) and blank.kind == "code":
                cell.source = "# (this cell was missing)"
        placed.append((spot, as_part(cell, key, source, blank, out)))
        here, task = spot, task if is_text(source) else spot
    return [cell for _, cell in sorted(placed, key=lambda pair: pair[0])]


def drop_copies(cells, parts, out):
    """Return the cells, one of each key: of solutions the last that was worked on."""
    for key, (source, blank) in parts.items():
        copies = [(x, x.plain != blank.plain) for x in cells if x.key == key]
        wanted = is_solution(source)
        copies.sort(key=lambda x: (bool(x[0].names & blank.names), x[1] == wanted))
        for cell, edited in copies[:-1]:
            cell.key = None
            if edited and not is_check(source):
                continue  # it runs as a cell of the student's own
            cells = [x for x in cells if x is not cell]
        if len(copies) > 1 and not is_text(source):
            repaired(out, f"The cell {key} was there more than once; one was graded.")
    return cells


def as_part(cell, key, source, blank, out):
    """Return a part of the assignment in JSON, a locked one with the source's text."""
    about = source.metadata.get("nbgrader")
    if not about:
        return in_json(cell)
    if cell.kind != source.cell_type:
        repaired(out, f"The cell {key} was a {cell.kind} cell; changed back.")
        cell.kind = source.cell_type
    if about.get("locked") or is_check(source):
        if is_check(source) and cell.plain != blank.plain:
            repaired(out, f"The test cell {key} had been changed; it was restored.")
        cell.source, cell.pictures = source.source, source.get("attachments")
    return in_json(cell) | {"metadata": {"nbgrader": dict(about)}}


def in_json(cell):
    """Return a cell as it stands in a notebook, without id and metadata."""
    made = {"cell_type": cell.kind, "source": cell.source, "metadata": {}}
    if cell.kind == "code":
        return made | {"outputs": [], "execution_count": None}
    return made | ({"attachments": cell.pictures} if cell.pictures else {})
