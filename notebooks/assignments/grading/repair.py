"""Find a student's notebook among what was handed in, and make it one to grade.

What is a notebook, and of which assignment, is told by content.  The assignment's cells
come in its order, texts and tests as the source has them, hidden tests and all; the
student's own cells stay below the cell that they were below.  All repairs are told.
"""

import json
import re
from dataclasses import dataclass, replace
from functools import cached_property

import nbformat
from nbgrader.utils import is_grade, is_solution

from grading.files import decoded, shown, within
from grading.records import Handed

LARGEST = 20 * 2**20  # bytes of a notebook
MOST_MARKS = 1_000_000  # brackets, commas and colons: each may take 100 bytes
MOST_CELLS, LONGEST = 1000, 100_000  # cells, and characters of a cell
MOST_TEXT = 1_000_000  # characters of all cells
MOST_FILES = 20  # that are looked at because they may be the notebook
ARCHIVES = (".zip", ".tar", ".gz", ".tgz", ".7z", ".rar")
MISSING = "# (this cell was missing)"


class Unreadable(Exception):
    """There is no notebook to grade; the message says why, and what to do."""


def key_of(cell):
    """Return the id that nbgrader knows a cell by, or ""."""
    return cell.metadata.get("nbgrader", {}).get("grade_id", "")


def is_check(cell):
    """Tell whether a cell is a test cell: graded, and not the student's to write."""
    return is_grade(cell) and not is_solution(cell)


def points_of(notebook):
    """Return {id: points} of the cells that earn some."""
    graded = filter(is_grade, notebook.cells)
    return {key_of(cell): cell.metadata.nbgrader.points for cell in graded}


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

    def fits(self, cell):
        """Return how well a copy fits: a task is worked on, other cells are not."""
        edited = cell.plain != self.blank.plain
        return bool(cell.names & self.blank.names), edited == self.solution


def hand(folder, template):
    """Return what is in submitted/STUDENT/NAME as a ``Handed``, ready to run."""
    source, released = (
        {key_of(cell) or cell.get("id") or cell.source: cell for cell in notebook.cells}
        for notebook in (template.source, template.released)
    )
    parts = {key: Part(x, cell_of(released.get(key, x))) for key, x in source.items()}
    path, found, notes = find(folder, template, parts)
    out, wanted = Handed(None, path.parent, notes), f"{template.name}.ipynb"
    if path.name != wanted:
        out.repair(f"{shown(path, folder)} was taken for {wanted}.")
    elif path.parent != folder:
        out.notes.append(f"{wanted} was in the folder {shown(out.folder, folder)}.")
    chosen = choose(found, parts, out)
    cells = [in_json(x, parts, out) for x in arrange(found, chosen, parts, out)]
    cells = [cell | {"id": f"cell-{number}"} for number, cell in enumerate(cells, 1)]
    about = {"nbformat": 4, "nbformat_minor": 5, "metadata": template.source.metadata}
    out.notebook = nbformat.from_dict(about | {"cells": cells})
    return out


def find(folder, template, parts):
    """Return (path, cells, notes) of the notebook: worked on, with the right name."""
    found, why, wanted = {}, {}, f"{template.name}.ipynb"
    blank = {part.blank.plain for part in parts.values()}
    files = [folder] if folder.is_symlink() else within(folder)
    files.sort(key=lambda p: (p.name != wanted, p.suffix != ".ipynb", len(p.parts)))
    for path in files[:MOST_FILES]:
        try:
            cells, notes = read(path, shown(path, folder))
            check_fit(cells, template)
            worked = any(cell.plain not in blank for cell in cells)
            rank = worked, path.name == wanted, path.parent == folder
            found.setdefault(rank, []).append((path, cells, notes))
        except Unreadable as reason:
            if path.is_symlink() or path.suffix.lower() in (".ipynb", *ARCHIVES):
                why[path] = str(reason)
    if not found:
        names = ", ".join(shown(path, folder) for path in files[:10]) or "nothing"
        none = f"There is no notebook {wanted}; handed in was: {names}."
        raise Unreadable([*why.values(), none][0])
    best = found[max(found)]
    path, cells, notes = best[0]
    if len(best) > 1:
        names = ", ".join(shown(path, folder) for path, *_ in best)
        raise Unreadable(
            f"There are {len(best)} notebooks ({names}), and it is not clear which one "
            f"is meant: hand in one, called {wanted}."
        )
    notes = [why[path] for path in why if path.name == wanted] + notes
    if sum(map(len, found.values())) > 1:
        notes.append(f"Of several, {shown(path, folder)} was graded.")
    return path, cells, notes


def read(path, name):
    """Return (cells, notes on what was left out) of a file, or raise Unreadable."""
    notes = []
    try:
        if path.is_symlink():
            raise ValueError("it is a link")
        with path.open("rb") as file:
            data = file.read(LARGEST + 1)
        if data.startswith(b"PK\3\4") or path.suffix.lower() in ARCHIVES:
            raise ValueError("it is an archive: unpack it")
        if len(data) > LARGEST or sum(map(data.count, b"[{,:")) > MOST_MARKS:
            raise ValueError("it is too large")
        data = decoded(data)
        raw = json.loads(data)["cells"]
        if len(raw) > MOST_CELLS:
            raise ValueError(f"it has {len(raw)} cells, more than {MOST_CELLS}")
        cells = [cell_of(cell, n, notes) for n, cell in enumerate(raw, 1)]
        if sum(len(cell.source) for cell in cells) > MOST_TEXT:
            raise ValueError("its cells have more than 1 MB of text")
        return cells, notes
    except (OSError, ValueError, RecursionError) as error:
        why = getattr(error, "strerror", None) or error
    except (KeyError, TypeError, AttributeError):
        why = "it has no list of cells"
    raise Unreadable(
        f"{name} is no notebook, or damaged ({why}): open it in JupyterLab, clear the "
        "outputs, save it, and hand in again."
    )


def cell_of(raw, number=0, notes=()):
    """Return the ``Cell`` that one in JSON, which may hold anything, comes to."""
    kind = "code" if raw.get("cell_type") == "code" else "markdown"
    source, pictures, key = raw.get("source"), raw.get("attachments"), raw
    parts = source if isinstance(source, list) else [source]
    source = "".join(part for part in parts if isinstance(part, str))
    source = source.encode("utf-8", "replace").decode("utf-8")
    source = source.replace("\r\n", "\n").replace("\r", "\n")
    if len(source) > LONGEST:
        lost = "it had more than 100 kB of text, which was left out"
        notes.append(f"Cell number {number}: {lost}.")
        source = f"# ({lost})"
    pictures = None if kind == "code" else pictures
    for step in ("metadata", "nbgrader", "grade_id"):
        key = key.get(step) if isinstance(key, dict) else None
    return Cell(kind, source, str(raw.get("id", "")), str(key or ""), pictures)


def check_fit(cells, template):
    """Raise Unreadable if another assignment fits better, or this one not at all."""
    found = set().union(*({cell.id, cell.plain, *cell.names} for cell in cells))
    own = features(template.released)
    for name, its in template.others.items():
        if len(found & (its - own)) > 1 + 3 * len(found & (own - its)):
            raise Unreadable(
                f"This looks like assignment {name}: hand in the right one."
            )
    if not found & own:
        raise Unreadable("No cell of this assignment is in it: is it another notebook?")


def features(notebook):
    """Return what a hand-out is known by: ids, given texts, names that tasks define."""
    known = set()
    for cell in notebook.cells:
        made = cell_of(cell)
        known |= {made.id, *(made.names if is_solution(cell) else {made.plain})}
    return known - {""}


def choose(cells, parts, out):
    """Return {key: the cell that is this part}; the student's, or else a new one.

    Of copies the last that was worked on is taken, by its names; another one runs as a
    cell of the student's own, if it is edited, and no test.
    """
    chosen = {}
    for key, part in parts.items():
        blank, repairs = part.blank, []
        copies = [cell for cell in cells if cell.key == key]
        if not copies and (copies := alike(cells, parts, part)):
            repairs.append("had lost its metadata; found again")
        copies.sort(key=part.fits)
        if len(copies) > 1:
            repairs.append("was there more than once; one was graded")
        if not copies:
            repairs.append("was missing; it was added")
            copies, code = [replace(blank)], part.solution and blank.kind == "code"
            copies[0].source = MISSING if code else blank.source
        for other in copies[:-1]:
            other.key = ""
            if part.check or other.plain == blank.plain:
                cells.remove(other)
        chosen[key], copies[-1].key = copies[-1], key
        for what in repairs if part.check or part.solution else ():
            out.repair(f"The cell {key} {what}.")
    return chosen


def alike(cells, parts, part):
    """Return those with a part's id, or else its names, or its text, or an answer."""
    free = [cell for cell in cells if cell.key not in parts]
    blank, names = part.blank, part.blank.names if part.solution else set()
    written = part.solution and blank.kind == "markdown"
    return (
        [cell for cell in free if cell.id and cell.id == blank.id]
        or [cell for cell in free if cell.names & names]
        or [cell for cell in free if cell.plain and cell.plain == blank.plain][:1]
        or [cell for cell in free if cell.kind == "markdown" and written][-1:]
    )


def arrange(cells, chosen, parts, out):
    """Return all parts in their order, each with the student's own cells below it."""
    below, here, order = {None: []}, None, []
    for cell in cells:
        if chosen.get(cell.key) is cell:
            here = cell.key
            order += [here] * (parts[here].check or parts[here].solution)
        else:
            below.setdefault(here, []).append(cell)
    if order != [key for key in parts if key in order]:
        out.repair("The cells stood in another order than in the assignment.")
    arranged = below[None]
    for key in parts:
        arranged += [chosen[key], *below.get(key, ())]
    return arranged


def in_json(cell, parts, out):
    """Return a cell as it is to run, in JSON; a locked one with the source's text."""
    metadata, part = {}, parts.get(cell.key)
    if about := part and part.source.metadata.get("nbgrader"):
        metadata = {"nbgrader": about}
        kind = part.source.cell_type
        if cell.kind != kind or (part.check and cell.plain != part.blank.plain):
            out.repair(f"The cell {cell.key} had been changed; it was restored.")
        cell.kind = kind
        if about.get("locked") or part.check:
            cell.source = part.source.source
            cell.attachments = part.source.get("attachments")
    made = {"cell_type": cell.kind, "source": cell.source, "metadata": metadata}
    if cell.kind == "code":
        return made | {"outputs": [], "execution_count": None}
    return made | ({"attachments": cell.attachments} if cell.attachments else {})
