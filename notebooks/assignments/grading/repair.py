"""Find a student's notebook among what was handed in, and make it one to grade.

Test cells become the source's again, hidden tests and all; lost metadata is found again
by cell ids, by names that a cell defines, and by text; copies are dropped; what is
missing is added.  Every repair is told in words.
"""

import ast
import itertools
import json
import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

LARGEST = 50 * 2**20  # bytes of a notebook
MOST_CELLS = 1000
DEEPEST = 50  # folders inside folders


class Unreadable(Exception):
    """There is no notebook to grade; the message says why, and what to do."""


@dataclass
class Repaired:
    """A notebook that can be graded, and what was repaired, in words."""

    notebook: object
    notes: list = field(default_factory=list)


def within(folder):
    """Return the files and links in a folder, sorted, down to a sensible depth."""
    found = []
    for place, folders, files in os.walk(folder):
        if len(Path(place).parts) - len(folder.parts) >= DEEPEST:
            folders.clear()
        found += [Path(place, name) for name in [*folders, *files]]
    return sorted(p for p in found if p.is_symlink() or p.is_file())


def find(folder, name):
    """Return (path of the notebook in a submitted folder, notes).

    Raises:
        Unreadable: there is none, or several and none has the right name.
    """
    wanted = f"{name}.ipynb"
    if folder.is_symlink():
        raise Unreadable(f"The folder {name} is a link: hand in a folder.")
    files = [p for p in within(folder) if ".ipynb_checkpoints" not in p.parts]
    links = [p for p in files if p.is_symlink()]
    found = [p for p in files if p.suffix.lower() == ".ipynb" and p not in links]
    exact = [p for p in found if p.parent == folder and p.name == wanted]
    if exact:
        others = [p.name for p in found if p not in exact]
        more = [f"Of several notebooks {wanted} was graded."] if others else []
        return exact[0], more
    if len(found) == 1:
        return found[0], [f"{found[0].name} was taken for {wanted}."]
    if found:
        names = ", ".join(p.name for p in found)
        raise Unreadable(
            f"There are {len(found)} notebooks ({names}), and none is called {wanted}:"
            " rename the right one and hand in again."
        )
    if links:
        raise Unreadable(f"{links[0].name} is a link, not a file: hand in a copy.")
    names = ", ".join(p.name for p in files) or "nothing"
    raise Unreadable(f"There is no notebook {wanted}; handed in was: {names}.")


def read(path):
    """Return the notebook in a file, its cells complete, whatever their metadata say.

    Raises:
        Unreadable: it is not a notebook.
    """
    size = path.stat().st_size
    if size == 0:
        raise Unreadable(f"{path.name} is empty: was it saved before it was copied?")
    if size > LARGEST:
        raise Unreadable(
            f"{path.name} has {size / 2**20:.0f} MB, more than {LARGEST // 2**20}: "
            "clear the outputs, save, and hand in again."
        )
    try:
        content = json.loads(path.read_bytes().decode("utf-8-sig"))
    except UnicodeDecodeError:
        raise Unreadable(f"{path.name} is not a notebook: it is not text.") from None
    except (ValueError, RecursionError) as error:
        raise Unreadable(
            f"{path.name} is not a notebook, or damaged ({error}): open it in "
            "JupyterLab, save it, and hand in again."
        ) from None
    try:
        count = len(content["cells"])
    except (KeyError, TypeError):  # told below
        count = 0
    if count > MOST_CELLS:
        raise Unreadable(f"{path.name} has {count} cells, more than {MOST_CELLS}.")
    try:
        if content.get("nbformat", 4) < 4:
            content = nbformat.convert(nbformat.from_dict(content), 4)
        return new_notebook(cells=[clean(cell) for cell in content["cells"]])
    except Exception:
        raise Unreadable(
            f"{path.name} is JSON but not a notebook: it has no list of cells."
        ) from None


def clean(cell):
    """Return a new cell with the type, text, id and metadata of a cell in JSON."""
    source = cell.get("source", "")
    source = source if isinstance(source, str) else "".join(source)
    source = source.encode("utf-8", "replace").decode("utf-8")
    make = new_code_cell if cell.get("cell_type") == "code" else new_markdown_cell
    made = make(source)
    if re.fullmatch(r"[\w-]{1,64}", str(cell.get("id", ""))):
        made.id = cell["id"]
    metadata = cell.get("metadata")
    about = metadata.get("nbgrader") if isinstance(metadata, dict) else None
    key = about.get("grade_id") if isinstance(about, dict) else None
    made.metadata["grade_id"] = key if isinstance(key, str) else None
    return made


def key_of(cell):
    """Return the id that nbgrader knows a cell by, or None."""
    return cell.metadata.get("nbgrader", {}).get("grade_id")


def is_check(cell):
    """Tell whether a cell is a test cell: graded, and not the student's to write."""
    about = cell.metadata.get("nbgrader", {})
    return bool(about.get("grade") and not about.get("solution"))


def is_text(cell):
    """Tell whether a cell is one of the assignment's texts."""
    about = cell.metadata.get("nbgrader", {})
    return not about.get("grade") and not about.get("solution")


def repair(submitted, source, released):
    """Return what a submitted notebook becomes before it is graded.

    Args:
        submitted: from ``read``.
        source: the instructor's notebook.
        released: the hand-out that belongs to it.

    Raises:
        Unreadable: no cell of it belongs to the assignment.
    """
    out = Repaired(submitted)
    known = {key_of(cell): cell for cell in source.cells if key_of(cell)}
    handed = {key_of(cell): cell for cell in released.cells if key_of(cell)}
    given = {c.source.strip() for c in released.cells if not key_of(c) or is_text(c)}
    match(submitted.cells, handed, given, out.notes)
    if not any(cell.metadata.grade_id in known for cell in submitted.cells):
        raise Unreadable(
            "No cell of this assignment is in the notebook: is it another one?"
        )
    drop_copies(submitted, known, handed, out.notes)
    for cell in submitted.cells:
        key = cell.metadata.pop("grade_id")
        if key in known:
            restore(cell, known[key], handed[key], out.notes)
    add_missing(submitted, source, handed, out.notes)
    put_checks_after_their_tasks(submitted, source, out.notes)
    seen = set()
    for number, cell in enumerate(submitted.cells):
        if cell.id in seen:
            cell.id = f"cell-{number}"
        seen.add(cell.id)
    submitted.metadata = source.metadata
    return out


def match(cells, handed, given, notes):
    """Give each cell the id of the hand-out's cell that it is, or None.

    ``given`` are the texts of the hand-out's cells that are not the student's to write.
    """
    for cell in cells:
        if cell.metadata.grade_id not in handed:
            cell.metadata.grade_id = None
    found, tried = {cell.metadata.grade_id for cell in cells}, set()
    tests = (
        lambda cell, mine: cell.id == mine.id,
        lambda cell, mine: bool(defines(cell) & defines(mine)),
        lambda cell, mine: cell.source.strip() == mine.source.strip(),
    )
    for key, mine in [*handed.items()] * 2:  # by what is in it, then by its place
        if key in found or is_text(mine):
            continue
        free = [cell for cell in cells if cell.metadata.grade_id is None]
        likely = [[cell for cell in free if same(cell, mine)] for same in tests]
        if key in tried:
            likely.append(at_the_place_of(key, cells, handed, given))
        tried.add(key)
        for some in likely:
            if some:
                some[-1].metadata.grade_id = key
                found.add(key)
                notes.append(f"The cell {key} had lost its metadata; found again.")
                break


def at_the_place_of(key, cells, handed, given):
    """Return the unknown cells that stand where a cell of the hand-out should be."""
    keys = list(handed)
    before, after = keys[: keys.index(key)], keys[keys.index(key) + 1 :]
    places = {cell.metadata.grade_id: i for i, cell in enumerate(cells)}
    first = max((places[k] for k in before if k in places), default=-1)
    last = min((places[k] for k in after if k in places), default=len(cells))
    return [
        cell
        for cell in cells[first + 1 : last]
        if cell.metadata.grade_id is None
        and cell.cell_type == handed[key].cell_type
        and cell.source.strip() not in given
    ]


def defines(cell):
    """Return the names of the functions and classes that a code cell defines."""
    if cell.cell_type != "code":
        return set()
    return set(re.findall(r"^(?:async )?(?:def|class) +(\w+)", cell.source, re.M))


def drop_copies(notebook, known, handed, notes):
    """Keep one cell of each id: the last that is not as it was handed out."""
    for key in known:
        copies = [c for c in notebook.cells if c.metadata.grade_id == key]
        edited = [c for c in copies if c.source.strip() != handed[key].source.strip()]
        kept = (edited or copies)[-1] if copies else None
        for cell in copies:
            if cell is kept:
                continue
            cell.metadata.grade_id = None
            if is_text(known[key]):
                continue
            notes.append(f"The cell {key} was there more than once; one was graded.")
            if known[key].metadata.nbgrader.get("locked") or cell not in edited:
                notebook.cells = [c for c in notebook.cells if c is not cell]


def restore(cell, source, handed, notes):
    """Give a cell its metadata again, and a locked one its text."""
    key = key_of(source)
    if cell.cell_type != source.cell_type:
        notes.append(f"The cell {key} was a {cell.cell_type} cell; changed back.")
        make = new_code_cell if source.cell_type == "code" else new_markdown_cell
        other = make(cell.source, id=cell.id)
        cell.clear()
        cell.update(other)
    cell.metadata.nbgrader = dict(source.metadata.nbgrader)
    if source.metadata.nbgrader.locked:
        if is_check(source) and cell.source.strip() != handed.source.strip():
            notes.append(f"The test cell {key} had been changed; it was restored.")
        cell.source = source.source


def add_missing(notebook, source, handed, notes):
    """Add the graded cells, and given code, that are not in the notebook."""
    cells, place = notebook.cells, 0
    bound = set().union(*(binds(cell) for cell in cells))
    texts = {cell.source.strip() for cell in cells} | {cell.id for cell in cells}
    for mine in source.cells:
        key = key_of(mine)
        here = [i for i, c in enumerate(cells) if key and key_of(c) == key]
        if here:
            place = max(place, here[0] + 1)
            continue
        about = mine.metadata.get("nbgrader", {})
        if key is None:
            known = {mine.id, mine.source.strip()} & texts
            if mine.cell_type != "code" or known or binds(mine) <= bound:
                continue
            added = new_code_cell(mine.source, id=mine.id)
        elif about.get("grade") or about.get("solution"):
            notes.append(f"The cell {key} was missing; it was added.")
            make = new_code_cell if mine.cell_type == "code" else new_markdown_cell
            text = mine.source if about.locked else "# (this cell was missing)"
            text = handed[key].source if mine.cell_type == "markdown" else text
            added = make(text, id=mine.id, metadata={"nbgrader": dict(about)})
        else:
            continue
        cells.insert(place, added)
        place += 1


def binds(cell):
    """Return the names that a code cell binds at its top level."""
    if cell.cell_type != "code":
        return set()
    try:
        body = ast.parse(cell.source).body
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return defines(cell)
    found = defines(cell)
    for node in body:
        if isinstance(node, ast.Import | ast.ImportFrom):
            found |= {(x.asname or x.name).split(".")[0] for x in node.names}
        elif isinstance(node, ast.Assign):
            names = [x for target in node.targets for x in ast.walk(target)]
            found |= {x.id for x in names if isinstance(x, ast.Name)}
    return found


def put_checks_after_their_tasks(notebook, source, notes):
    """Move a test cell that stands before the cells it belongs to."""
    graded = [cell for cell in source.cells if key_of(cell) and not is_text(cell)]
    order = [key_of(cell) for cell in graded]
    checks = {key_of(cell) for cell in graded if is_check(cell)}
    for before, key in itertools.pairwise(order):
        keys = [key_of(cell) for cell in notebook.cells]
        if key in checks and keys.index(key) < keys.index(before):
            cell = notebook.cells.pop(keys.index(key))
            place = [key_of(c) for c in notebook.cells].index(before) + 1
            notebook.cells.insert(place, cell)
            notes.append(f"The test cell {key} stood before its task; it was moved.")
