"""Whatever lies in a submitted folder becomes a notebook to grade, or a sentence.

Nothing runs here: ``hand`` only reads, compares and puts in order.
"""

import base64
import copy
import json
import os
import re
import shutil
import subprocess
import sys
from dataclasses import replace
from functools import cache
from pathlib import Path

import nbformat
import pytest
import students
from classroom import STUB, TINY, cell_of, hand_in, handed_out, insert, key_of, solved
from grading import release, repair
from grading.files import within
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook

PNG = base64.b64encode(b"\x89PNG, or so").decode()
PICTURE = {"image.png": {"image/png": PNG}}
MB = 2**20
NAMES = release.names(release.COURSE)


@pytest.fixture
def course(course, tmp_path):
    """A course of its own for each test."""
    return shutil.copytree(course, tmp_path / "course")


@pytest.fixture
def mine(course):
    """The solution, to be changed and handed in."""
    return solved(course)


@cache
def of(name):
    return handed_out(release.COURSE, name)


def template_of(course, name=TINY):
    others = {other: repair.features(of(other)) for other in NAMES if other != name}
    return replace(release.template(course, name), others=others)


def hand(course, notebook=None, student="ada"):
    """Return what a student handed in, after a look at what must always hold."""
    if notebook:
        hand_in(course, student, notebook)
    template = template_of(course)
    out = repair.hand(course / "submitted" / student / TINY, template)
    source, cells = template.source, out.notebook.cells
    assert len({cell.id for cell in cells}) == len(cells)
    assert out.notebook.metadata == source.metadata
    keys = [key_of(cell) for cell in cells if key_of(cell)]
    assert keys == [key_of(cell) for cell in source.cells if key_of(cell)]
    for cell in cells:
        assert re.fullmatch("[A-Za-z0-9-]{1,64}", cell.id)
        assert set(cell.metadata) <= {"nbgrader"}
        assert not cell.get("outputs")
        if key_of(cell):
            own = cell_of(source, key_of(cell))
            assert cell.metadata.nbgrader == own.metadata.nbgrader
            assert cell.cell_type == own.cell_type
            assert cell.source == own.source or not own.metadata.nbgrader.locked
    assert json.dumps(out.notebook).encode()
    return out


def text_of(out, key):
    return cell_of(out.notebook, key).source


def sources(out):
    return [cell.source for cell in out.notebook.cells]


@pytest.mark.parametrize("student", students.CLASS, ids=lambda student: student.name)
def test_the_class(course, student):
    student.make(course, student.name)
    if student.status == "unreadable":
        with pytest.raises(repair.Unreadable, match=re.escape(student.says)):
            hand(course, student=student.name)
        return
    out = hand(course, student=student.name)
    assert out.repaired == (student.status == "repaired")
    if out.repaired:
        assert student.says in " ".join(out.notes)
    else:
        assert all(note.startswith(("Of several", "Cell n")) for note in out.notes)


@pytest.mark.parametrize(
    "change", [lambda notebook: None, students.strip_metadata, students.strip_ids]
)
def test_a_solution_comes_through_with_ids_and_without(course, mine, change):
    whole = solved(course).cells
    change(mine)
    mine.cells.insert(3, new_code_cell("double(np.ones((1, 1)))"))
    out = hand(course, mine)
    assert out.folder == course / "submitted/ada/tiny"
    assert len(out.notebook.cells) == len(mine.cells)
    for cell in whole:
        if not repair.is_check(cell):
            assert cell.source in sources(out)
    lost = out.notes.count("The cell task-1 had lost its metadata; found again.")
    assert lost == out.repaired == (not key_of(mine.cells[0]))


def test_what_is_missing_stands_where_it_belongs(course, mine):
    whole = solved(course).cells
    for key in ("check-1", "task-2", "check-2", "written"):
        mine.cells.remove(cell_of(mine, key))
    del mine.cells[1]  # the imports
    out = hand(course, mine)
    assert [key_of(cell) for cell in out.notebook.cells] == [*map(key_of, whole)]
    assert out.notebook.cells[1].source == whole[1].source
    assert text_of(out, "task-2") == "# (this cell was missing)"
    assert text_of(out, "written") == cell_of(handed_out(course), "written").source


def test_of_copies_the_one_that_was_worked_on_is_graded(course, mine):
    """Of a text that was given, an edited copy is the student's own."""
    task, given = cell_of(mine, "task-1"), cell_of(mine, "text-001")
    blank = cell_of(handed_out(course), "task-1")
    others = [
        students.json_copy(blank, id="late"),
        students.json_copy(task, id="b", source="def f(X):\n 1"),
        students.json_copy(cell_of(mine, "check-1"), id="again", source="4"),
        students.json_copy(given, id="copy"),
        students.json_copy(given, id="edited", source="My notes"),
    ]
    mine.cells += others
    out = hand(course, mine)
    assert text_of(out, "task-1") == task.source
    assert len(out.notebook.cells) == len(solved(course).cells) + 2
    assert {others[1].source, "My notes"} <= {*sources(out)}
    said = "The cell {} was there more than once; one was graded."
    assert out.notes == [said.format(key) for key in ("task-1", "check-1")]


def test_an_own_cell_is_never_taken_for_a_test(course):
    mine = solved(course, without=("task-1",))
    students.strip_ids(mine)
    mine.cells = [x for x in mine.cells if "Task 1" not in x.source]
    mine.cells.insert(3, new_code_cell("def f():\n    return 1"))
    assert mine.cells[3].source in sources(hand(course, mine))


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n", " \t\n", "\r"], ids=repr)
def test_encodings_line_ends_and_blanks_are_no_change(course, mine, encoding, end):
    insert(mine, "task-2", "# für Zoë")
    for cell in mine.cells:
        cell.source = cell.source.replace("\n", end) + (end if end[0] == " " else "")
    out = hand(course, json.dumps(mine, ensure_ascii=False).encode(encoding))
    assert "# für Zoë" in [source.strip() for source in sources(out)]
    assert not any("\r" in source for source in sources(out))
    assert (out.notes, out.repaired) == ([], False)


def test_raw_cells_become_text_and_odd_cells_do_no_harm(course, mine):
    odd = [
        {"cell_type": "raw", "source": "raw"},
        {"cell_type": "code", "source": ["a = 1\r\n", 7, "b = 2"], "id": [1]},
        {"cell_type": 5, "source": {"a": 1}, "metadata": [], "id": "x" * 500},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["task-1"]}}},
        {"cell_type": "markdown", "source": "\ud800", "attachments": "x"},
        {"cell_type": "code", "source": "7", "id": mine.cells[0].id},
        {},
    ]
    mine.cells += odd
    last = hand(course, mine).notebook.cells[-len(odd) :]
    assert (last[0].cell_type, last[0].source) == ("markdown", "raw")
    assert last[1].source == "a = 1\nb = 2"
    assert last[4].source == "?"


def put(course, files):
    """Hand in files: their content, or a word for one of these notebooks."""
    words = {
        "solved": solved(course),
        "half": solved(course, without=("task-2", "task-3", "written")),
        "blank": handed_out(course),
        "own": new_notebook(cells=[new_markdown_cell("My own notes")]),
    }
    for filename, content in files.items():
        if content is None:
            path = course / "submitted/ada/tiny" / filename
            path.parent.mkdir(parents=True, exist_ok=True)
            path.symlink_to(course / "source/tiny")
        else:
            hand_in(course, "ada", words.get(content, content), filename=filename)


TAKEN, SEVERAL = "{} was taken for tiny.ipynb.", "Of several, {} was graded."
BROKEN = (
    "tiny.ipynb is no notebook, or damaged (Expecting property name enclosed in double "
    "quotes: line 1 column 2 (char 1)): open it in JupyterLab, clear the outputs, save "
    "it, and hand in again."
)
ODD = ["tiny.ipynb.json", "tiny.ipynb.txt", "tiny.json", "tiny", "Tiny.IPYNB"]
ODD += ["homework/work.ipynb"]
COPY, HALF = {"tiny-Copy1.ipynb": "solved"}, {"tiny.ipynb": "half"}
OTHERS = {"best.ipynb": "solved", "deeper/tiny.ipynb": "solved"}
FOUND = [
    *[({x: "solved", "a.txt": "{", "b.json": '{"cells": 3}'}, TAKEN) for x in ODD],
    ({os.fsdecode(b"\xfc\n.ipynb"): "solved"}, TAKEN.format("\ufffd\ufffd.ipynb")),
    (COPY | {"tiny.ipynb": "blank", "own.ipynb": "own"}, SEVERAL, TAKEN),
    (HALF | OTHERS, SEVERAL),
    (COPY | {"tiny.ipynb": "{"}, BROKEN, TAKEN),
    (
        {"a/b/tiny.ipynb": "solved", "a/b/data.txt": "2"},
        "tiny.ipynb was in the folder a/b.",
    ),
]


@pytest.mark.parametrize(("files", "notes"), [(x[0], x[1:]) for x in FOUND], ids=str)
def test_the_notebook_is_found_and_told(course, files, notes):
    """It is the first of the files, and what lies beside it stays beside it."""
    put(course, files)
    first = next(iter(files))
    out = hand(course)
    assert out.notes == [note.format(first) for note in notes]
    assert out.repaired == (not first.endswith("tiny.ipynb"))
    assert out.folder == (course / "submitted/ada/tiny" / first).parent
    assert "return doubled" in text_of(out, "task-1")
    assert (STUB in text_of(out, "task-2")) == (files[first] == "half")


NONE = "{} is no notebook, or damaged ({}"
CELLS = "it has no list of cells)"
TWO = "There are 2 notebooks ({0}/tiny.ipynb, {1}/tiny.ipynb), and it is not clear "
UNCLEAR = [
    *[
        ({name: b"PK\3\4\xff\xff"}, NONE.format(name, "it is an archive"))
        for name in ("hw.zip", "hw.tar.gz", "tiny.ipynb")
    ],
    *[
        ({"tiny.ipynb": json.dumps({"cells": [x]})}, NONE.format("tiny.ipynb", CELLS))
        for x in ("text", None, [], 3)
    ],
    ({f"{n:02}.docx": "x" for n in range(30)}, "08.docx, 09.docx."),
    (
        {"a/tiny.ipynb": "solved", "b/tiny.ipynb": "solved"},
        TWO.format("a", "b") + "which one is meant: hand in one, called tiny.ipynb.",
    ),
    (
        {"tiny.ipynb": "blank", "a.ipynb": "solved", "b.ipynb": "solved"},
        "There are 2 notebooks (a.ipynb, b.ipynb), and",
    ),
    ({"all.ipynb": None}, NONE.format("all.ipynb", "it is a link)")),
    ({"": None}, "(it is a link)"),
]


@pytest.mark.parametrize(("files", "said"), UNCLEAR, ids=str)
def test_what_is_no_notebook_or_not_clear_is_told(course, files, said):
    """No link is followed, be it a file or the whole folder."""
    put(course, files)
    with pytest.raises(repair.Unreadable, match=re.escape(said)):
        hand(course)


@pytest.mark.parametrize("filename", ["tiny.ipynb", "tiny (1).ipynb"])
def test_what_systems_leave_behind_is_ignored(course, filename):
    ghosts = [f"._{filename}", f"__MACOSX/._{filename}", f"__MACOSX/{filename}"]
    ghosts += [f".ipynb_checkpoints/{filename}", "a/.ipynb_checkpoints/other.ipynb"]
    put(course, dict.fromkeys([*ghosts, ".DS_Store"], "half") | {filename: "solved"})
    assert not any("several" in note for note in hand(course).notes)
    folder = course / "submitted/ada/tiny"
    assert within(folder) == [folder / filename]


@pytest.mark.parametrize("name", NAMES)
def test_real_assignments_and_lessons_are_told_apart_without_ids(tmp_path, name):
    template = template_of(release.COURSE, name)
    lesson = (release.COURSE.parent / f"{name}.ipynb").read_text("utf-8")
    handed = {"lesson": (lesson, "No cell of this assignment is in")}
    for other in NAMES:
        mine = solved(release.COURSE, other)
        students.strip_ids(mine)
        handed[other] = mine, f"like assignment {other}:"
    for student, (notebook, said) in handed.items():
        path = hand_in(tmp_path, student, notebook, name)
        if student != name:
            with pytest.raises(repair.Unreadable, match=said):
                repair.hand(path.parent, template)
    out = repair.hand(tmp_path / "submitted" / name / name, template)
    kept = {key_of(cell): cell.source for cell in out.notebook.cells}
    for cell in solved(release.COURSE, name).cells:
        if key_of(cell) and not repair.is_check(cell):
            assert kept[key_of(cell)] == cell.source


def test_of_cells_of_another_assignment_none_is_needed(course, mine):
    task = cell_of(mine, "task-1").source
    mine.cells += of("02_dense_layer").cells[:8]
    assert text_of(hand(course, mine), "task-1") == task
    alone = new_notebook(cells=[new_code_cell(task)])  # and one of this is enough
    assert text_of(hand(course, alone), "task-1") == task


def test_pasted_pictures_are_kept_but_those_of_a_locked_text_are_the_sources(course):
    path = course / "source/tiny/tiny.ipynb"
    source = nbformat.read(path, as_version=4)
    source.cells[0]["attachments"] = {"net.png": {"image/png": PNG}}
    nbformat.write(source, path)
    mine = solved(course)
    mine.cells[0] |= {"source": "gone", "attachments": PICTURE}
    cell_of(mine, "written")["attachments"] = PICTURE
    mine.cells.append(new_markdown_cell("mine", attachments=copy.deepcopy(PICTURE)))
    out = hand(course, mine)
    assert out.notes == []
    pictures = [cell.get("attachments") for cell in out.notebook.cells]
    assert pictures[0] == source.cells[0].attachments
    assert pictures[-2:] == [PICTURE, PICTURE]


BAD = {  # what is to cost memory or time, each as much of it as is read at all
    "more than is read": " " * 45 * MB,
    "a wide text": '"\N{GRINNING FACE}' + "x" * 19 * MB + '"',
    "many brackets": "[" * 20_000,
    "lists": "[" + "[]," * 490_000 + "0]",
    "texts": "[" + '"\N{GREEK SMALL LETTER ALPHA}bcdefghijkl",' * 990_000 + "0]",
    "digits": "1" * 18 * MB,
    "too many": "[" + "[]," * 1_100_000 + "0]",
    "a text for cells": '0, "cells": "' + "x" * 19 * MB + '"',
}
REFUSED = {*BAD, "many files"} - {"a wide text", "lists", "texts"}
COST = """
import json, sys, time
from pathlib import Path
from grading import release, repair
course, start, said = Path(sys.argv[1]), time.process_time(), {}
template = release.template(course, "tiny")
for folder in course.glob("submitted/*/tiny"):
    try:
        repair.hand(folder, template)
    except repair.Unreadable as reason:
        said[folder.parent.name] = str(reason)
memory = int(open('/proc/self/status').read().split('VmHWM:')[1].split()[0]) / 1024
print(json.dumps([memory, time.process_time() - start, said]))
"""


@pytest.mark.course
@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_bad_files_cost_little_memory_and_time(course, mine):
    whole = json.dumps(mine)
    for kind, value in BAD.items():
        hand_in(course, kind, f'{whole[:-1]}, "x": {value}}}')
    text = "\N{GRINNING FACE}" + "def f(x):\n" * 90
    mine.cells += [{"cell_type": "code", "source": text}] * 985
    whole = json.dumps(mine, ensure_ascii=False)
    for number in range(40):
        hand_in(course, "many files", whole, filename=f"{number}.ipynb")
    command, path = [sys.executable, "-c", COST, course], str(release.COURSE)
    made = subprocess.check_output(command, env=os.environ | {"PYTHONPATH": path})
    memory, seconds, said = json.loads(made)
    assert set(said) == REFUSED
    assert said["many files"].startswith("There are 20 notebooks")
    assert memory < 400  # MB
    assert seconds < 20
