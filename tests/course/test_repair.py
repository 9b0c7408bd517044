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
from grading.records import Template
from nbformat.v4 import new_markdown_cell, new_notebook

PNG = base64.b64encode(b"\x89PNG, or so").decode()
PICTURE = {"image.png": {"image/png": PNG}}
NAMES = release.names(release.COURSE)


@pytest.fixture
def course(course, tmp_path):
    """A course of its own for each test."""
    return shutil.copytree(course, tmp_path / "course")


@cache
def of(name):
    return handed_out(release.COURSE, name)


def template_of(course, name=TINY):
    others = {other: of(other) for other in NAMES if other != name}
    return replace(Template.read(course, name), others=others)


def hand(course, student="ada", name=TINY):
    """Return what a student handed in, after a look at what must always hold."""
    template = template_of(course, name)
    out = repair.hand(course / "submitted" / student / name, template)
    source, cells = template.source, out.notebook.cells
    assert len({cell.id for cell in cells}) == len(cells)
    assert out.notebook.metadata == source.metadata
    needed = [
        key_of(cell)
        for cell in source.cells
        if repair.is_grade(cell) or repair.is_solution(cell)
    ]
    found = [key_of(cell) for cell in cells if key_of(cell) in needed]
    assert sorted(found) == sorted(needed)
    places = {key: found.index(key) for key in needed}
    for number in ("1", "2", "3"):
        assert places["task-" + number] < places["check-" + number]
    for cell in cells:
        assert re.fullmatch("[A-Za-z0-9-]{1,64}", cell.id)
        assert set(cell.metadata) <= {"nbgrader"}
        assert not cell.get("outputs")
        if key_of(cell):
            mine = cell_of(source, key_of(cell))
            assert cell.metadata.nbgrader == mine.metadata.nbgrader
            assert cell.cell_type == mine.cell_type
            if mine.metadata.nbgrader.locked:
                assert cell.source == mine.source
    assert json.dumps(out.notebook).encode()
    return out


def reason(course, student="ada", name=TINY):
    """Return the sentence with which a submission is sent back."""
    with pytest.raises(repair.Unreadable) as raised:
        hand(course, student, name)
    return str(raised.value)


def text_of(out, key):
    return cell_of(out.notebook, key).source


def put(course, filename, notebook=None, student="ada"):
    """Hand in the solution, or something else, under a name that may have folders."""
    folder = course / "submitted" / student / TINY
    (folder / filename).parent.mkdir(parents=True, exist_ok=True)
    content = solved(course) if notebook is None else notebook
    return hand_in(course, student, content, filename=filename)


@pytest.mark.parametrize("student", students.CLASS, ids=lambda student: student.name)
def test_the_class(course, student):
    student.make(course, student.name)
    if student.status == "unreadable":
        assert student.says in reason(course, student.name)
        return
    out = hand(course, student.name)
    assert out.repaired == (student.status == "repaired")
    if out.repaired:
        assert student.says in " ".join(out.notes)
    else:
        assert not [x for x in out.notes if not x.startswith(("Of several", "Cell n"))]


def test_a_solution_comes_through_as_it_is(course):
    hand_in(course, "ada", solved(course))
    out = hand(course)
    assert (out.repaired, out.notes) == (False, [])
    assert out.folder == course / "submitted/ada/tiny"
    mine = solved(course)
    assert [key_of(cell) for cell in out.notebook.cells] == [*map(key_of, mine.cells)]
    for cell in mine.cells:
        if not repair.is_check(cell) and key_of(cell):
            assert text_of(out, key_of(cell)) == cell.source


# Repairs.


@pytest.mark.parametrize("change", [students.strip_metadata, students.strip_ids])
def test_lost_metadata_is_found_again(course, change):
    mine = solved(course)
    change(mine)
    insert_at = mine.cells[2].source
    mine.cells.insert(3, nbformat.v4.new_code_cell("double(np.ones((1, 1)))"))
    hand_in(course, "ada", mine)
    out = hand(course)
    assert text_of(out, "task-1") == insert_at
    assert text_of(out, "written").endswith("Because squares are not negative.")
    assert len(out.notebook.cells) == len(mine.cells)
    assert out.notes.count("The cell task-1 had lost its metadata; found again.") == 1


def test_what_is_missing_stands_where_it_belongs(course):
    mine = solved(course)
    for key in ("check-1", "task-2", "check-2", "written"):
        mine.cells.remove(cell_of(mine, key))
    del mine.cells[1]  # the imports
    hand_in(course, "ada", mine)
    out = hand(course)
    order = [key_of(cell) for cell in out.notebook.cells]
    assert order == [key_of(cell) for cell in solved(course).cells]
    assert out.notebook.cells[1].source == solved(course).cells[1].source
    assert text_of(out, "task-2") == "# (this cell was missing)"
    assert text_of(out, "written") == cell_of(handed_out(course), "written").source


def test_of_copies_the_one_that_was_worked_on_is_graded(course):
    mine = solved(course)
    blank = students.json_copy(cell_of(handed_out(course), "task-1"), id="late")
    mine.cells.append(blank)
    again = students.json_copy(cell_of(mine, "check-1"), id="again", source="4")
    mine.cells.append(again)
    hand_in(course, "ada", mine)
    out = hand(course)
    assert "return doubled" in text_of(out, "task-1")
    assert len(out.notebook.cells) == len(solved(course).cells)
    said = "The cell task-1 was there more than once; one was graded."
    assert said in out.notes


def test_a_cell_copied_from_another_assignment_does_not_take_the_place(course):
    mine = solved(course)
    other = students.json_copy(cell_of(mine, "task-1"), id="b", source="def f(X):\n 1")
    mine.cells.append(other)
    hand_in(course, "ada", mine)
    assert "return doubled" in text_of(hand(course), "task-1")


def test_an_edited_copy_of_a_given_text_is_the_student_s_own(course):
    mine = solved(course)
    notes = students.json_copy(cell_of(mine, "text-001"), id="n", source="My notes")
    mine.cells.append(notes)
    mine.cells.append(students.json_copy(cell_of(mine, "text-001"), id="again"))
    hand_in(course, "ada", mine)
    out = hand(course)
    assert (out.notes, out.repaired) == ([], False)
    assert "My notes" in [cell.source for cell in out.notebook.cells]


def test_an_own_cell_is_never_taken_for_a_test(course):
    mine = solved(course, without=("task-1",))
    students.strip_ids(mine)
    mine.cells = [x for x in mine.cells if "Task 1" not in x.source]
    mine.cells.insert(3, nbformat.v4.new_code_cell("def f():\n    return 1"))
    hand_in(course, "ada", mine)
    assert "def f():\n    return 1" in [x.source for x in hand(course).notebook.cells]


def test_line_ends_and_blanks_are_no_change(course):
    for student, change in (
        ("crlf", lambda text: text.replace("\n", "\r\n")),
        ("blanks", lambda text: text.replace("\n", " \t\n") + "\n\n"),
        ("cr", lambda text: text.replace("\n", "\r")),
    ):
        mine = solved(course)
        for cell in mine.cells:
            cell.source = change(cell.source)
        hand_in(course, student, mine)
        out = hand(course, student)
        assert (out.repaired, out.notes) == (False, [])
        assert not any("\r" in cell.source for cell in out.notebook.cells)


def test_raw_cells_become_text_and_odd_cells_do_no_harm(course):
    mine = json.loads(json.dumps(solved(course)))
    odd = [
        {"cell_type": "raw", "source": "raw"},
        {"cell_type": "code", "source": ["a = 1\r\n", 7, "b = 2"], "id": [1]},
        {"cell_type": 5, "source": {"a": 1}, "metadata": [], "id": "x" * 500},
        {"cell_type": "code", "metadata": {"nbgrader": {"grade_id": ["task-1"]}}},
        {"cell_type": "markdown", "source": "\ud800", "attachments": "x"},
        {"cell_type": "code", "source": "7", "id": mine["cells"][0]["id"]},
        {},
    ]
    hand_in(course, "ada", mine | {"cells": mine["cells"] + odd})
    last = hand(course).notebook.cells[-len(odd) :]
    assert (last[0].cell_type, last[0].source) == ("markdown", "raw")
    assert last[1].source == "a = 1\nb = 2"
    assert last[4].source == "?"


@pytest.mark.parametrize("cell", ["text", None, [], 3])
def test_what_is_no_cell_is_no_notebook(course, cell):
    hand_in(course, "ada", json.dumps({"cells": [cell], "nbformat": 4}))
    assert "JSON but not a notebook" in reason(course)


# Which file it is.


@pytest.mark.parametrize(
    "filename",
    ["tiny.ipynb.json", "tiny.ipynb.txt", "tiny.json", "tiny", "Tiny.IPYNB", "x.ipynb"],
)
def test_a_notebook_is_told_by_its_content(course, filename):
    put(course, filename)
    put(course, "notes.txt", "{notes}")
    put(course, "data.json", '{"cells": 3}')
    out = hand(course)
    assert out.notes == [f"{filename} was taken for tiny.ipynb."]
    assert out.repaired


@pytest.mark.parametrize("filename", ["hw.zip", "hw.tar.gz", "tiny.ipynb"])
def test_an_archive_is_to_be_unpacked(course, filename):
    put(course, filename, b"PK\3\4\xff\xff")
    said = f"{filename} is an archive: unpack it and hand in again."
    assert reason(course) == said


@pytest.mark.parametrize("filename", ["tiny.ipynb", "tiny (1).ipynb"])
def test_what_systems_leave_behind_is_ignored(course, filename):
    for ghost in (
        f"._{filename}",
        f"__MACOSX/._{filename}",
        f"__MACOSX/{filename}",
        f".ipynb_checkpoints/{filename}",
        "a/.ipynb_checkpoints/other.ipynb",
        ".DS_Store",
    ):
        put(course, ghost, solved(course, without=("task-1",)))
    path = put(course, filename)
    assert not any("several" in note for note in hand(course).notes)
    assert within(path.parent) == [path]


def test_names_are_shown_so_that_they_can_be_printed(course):
    put(course, os.fsdecode(b"M\xfcller\n.ipynb"))
    assert hand(course).notes == ["M\ufffdller\ufffd.ipynb was taken for tiny.ipynb."]
    for number in range(30):
        put(course, f"{number:02}.docx", "x", student="bob")
    assert reason(course, "bob").endswith("08.docx, 09.docx.")


def test_a_notebook_in_a_folder_keeps_the_files_beside_it(course):
    put(course, "homework/tiny/tiny.ipynb")
    put(course, "homework/tiny/data.txt", "2")
    out = hand(course)
    assert out.folder == course / "submitted/ada/tiny/homework/tiny"
    assert out.notes == ["tiny.ipynb was in the folder homework/tiny."]
    assert not out.repaired
    put(course, "homework/work.ipynb", student="bob")
    said = ["homework/work.ipynb was taken for tiny.ipynb."]
    assert hand(course, "bob").notes == said


def test_work_in_a_copy_beside_the_blank_original_is_graded(course):
    put(course, "tiny.ipynb", handed_out(course))
    put(course, "tiny-Copy1.ipynb")
    put(course, "own.ipynb", new_notebook(cells=[new_markdown_cell("My own notes")]))
    out = hand(course)
    assert "return doubled" in text_of(out, "task-1")
    assert out.repaired
    said = "tiny-Copy1.ipynb was taken for tiny.ipynb."
    assert out.notes == ["Of several notebooks tiny-Copy1.ipynb was graded.", said]
    put(course, "tiny-Copy2.ipynb")  # two were worked on: which one is meant?
    assert "There are 2 notebooks (tiny-Copy1.ipynb, " in reason(course)


def test_the_right_name_wins_if_something_is_in_it(course):
    put(course, "tiny.ipynb", solved(course, without=("task-2", "task-3", "written")))
    put(course, "best.ipynb")
    put(course, "deeper/tiny.ipynb")
    out = hand(course)
    assert STUB in text_of(out, "task-2")
    assert out.notes == ["Of several notebooks tiny.ipynb was graded."]


def test_which_of_several_is_asked(course):
    students.two_wrong_names(course, "ada")
    assert reason(course) == (
        "There are 2 notebooks (a.ipynb, b.ipynb), and it is not clear which one is "
        "meant: hand in one, called tiny.ipynb."
    )
    put(course, "a/tiny.ipynb", student="bob")
    put(course, "b/tiny.ipynb", student="bob")
    assert "(a/tiny.ipynb, b/tiny.ipynb), and" in reason(course, "bob")


def test_a_damaged_file_does_not_hide_a_good_one(course):
    put(course, "tiny.ipynb", "{")
    put(course, "tiny-Copy1.ipynb")
    out = hand(course)
    assert out.notes[0].startswith("tiny.ipynb is not a notebook, or damaged")
    assert "tiny-Copy1.ipynb was taken for tiny.ipynb." in out.notes


def test_a_folder_that_is_none(course):
    (course / "submitted/ada").mkdir(parents=True)
    assert reason(course) == "The folder tiny is no folder: hand in a folder."
    (course / "submitted/ada/tiny").symlink_to(course / "source/tiny")
    assert reason(course) == "The folder tiny is a link: hand in a folder."
    students.link(course, "bob")
    said = "tiny.ipynb is a link, not a file: hand in a copy."
    assert reason(course, "bob") == said


def test_links_are_not_followed(course):
    put(course, "notes.txt", "x")
    (course / "submitted/ada/tiny/all").symlink_to(course / "source")
    assert "all is a link" in reason(course)


@pytest.mark.parametrize(
    ("encoding", "said"),
    [
        ("utf-8", []),
        ("utf-8-sig", []),
        ("utf-16", ["tiny.ipynb is not in UTF-8; it was read as utf-16."]),
        ("cp1252", ["tiny.ipynb is not in UTF-8; it was read as cp1252."]),
    ],
)
def test_encodings(course, encoding, said):
    mine = solved(course)
    insert(mine, "task-2", "# für Zoë")
    content = json.dumps(mine, ensure_ascii=False).encode(encoding)
    hand_in(course, "ada", content)
    out = hand(course)
    assert "# für Zoë" in [cell.source for cell in out.notebook.cells]
    assert (out.notes, out.repaired) == (said, False)


# Which assignment it is.


def test_another_assignment_is_named(course):
    hand_in(course, "ada", of("02_dense_layer"))
    assert reason(course).startswith("This looks like assignment 02_dense_layer, not")


@pytest.mark.parametrize("name", NAMES)
def test_a_lesson_is_not_repaired_into_an_assignment(course, name):
    lesson = (release.COURSE.parent / f"{name}.ipynb").read_text("utf-8")
    hand_in(course, "ada", lesson, name, f"{name}.ipynb")
    with pytest.raises(repair.Unreadable, match="No cell of this assignment is in"):
        repair.hand(course / "submitted/ada" / name, template_of(release.COURSE, name))


@pytest.mark.parametrize("name", NAMES)
def test_real_assignments_are_told_apart_without_ids(tmp_path, name):
    template = template_of(release.COURSE, name)
    for other in NAMES:
        mine = solved(release.COURSE, other)
        students.strip_ids(mine)
        path = hand_in(tmp_path, other, mine, name)
        if other != name:
            with pytest.raises(repair.Unreadable, match=f"like assignment {other},"):
                repair.hand(path.parent, template)
            continue
        out = repair.hand(path.parent, template)
        kept = {key_of(cell): cell.source for cell in out.notebook.cells}
        for cell in solved(release.COURSE, name).cells:
            if key_of(cell) and not repair.is_check(cell):
                assert kept[key_of(cell)] == cell.source


def test_a_cell_of_another_assignment_does_no_harm(course):
    mine = solved(course)
    mine.cells += of("02_dense_layer").cells[:8]
    hand_in(course, "ada", mine)
    out = hand(course)
    assert "return doubled" in text_of(out, "task-1")


def test_a_notebook_with_one_function_of_the_assignment_fits(course):
    double = nbformat.v4.new_code_cell("def double(X):\n    return 2 * X")
    hand_in(course, "ada", new_notebook(cells=[double]))
    assert text_of(hand(course), "task-1") == double.source


# Pictures.


def test_pasted_pictures_are_kept(course):
    mine = solved(course)
    cell_of(mine, "written")["attachments"] = PICTURE
    mine.cells.append(new_markdown_cell("mine", attachments=copy.deepcopy(PICTURE)))
    hand_in(course, "ada", mine)
    out = hand(course)
    assert out.notes == []
    assert cell_of(out.notebook, "written").attachments == PICTURE
    assert out.notebook.cells[-1].attachments == PICTURE


@pytest.mark.parametrize(
    "attachments",
    [
        {"a.png": {"image/png": "A" * 3 * 2**20}},
        {f"{n}.png": {"image/png": "A" * 2**20} for n in range(3)},
    ],
)
def test_large_attachments_are_dropped_and_told(course, attachments):
    mine = json.loads(json.dumps(solved(course)))
    mine["cells"][-1]["attachments"] = attachments
    mine["cells"][2]["attachments"] = attachments  # a code cell has none
    hand_in(course, "ada", mine)
    out = hand(course)
    assert not any("attachments" in cell for cell in out.notebook.cells)
    assert [note[:14] for note in out.notes] == ["Cell number 9:"]
    assert not out.repaired


def test_a_locked_text_has_the_pictures_of_the_source(course):
    path = course / "source/tiny/tiny.ipynb"
    source = nbformat.read(path, as_version=4)
    source.cells[0]["attachments"] = {"net.png": {"image/png": PNG}}
    nbformat.write(source, path)
    mine = solved(course)
    mine.cells[0].source = "gone"
    mine.cells[0]["attachments"] = PICTURE
    hand_in(course, "ada", mine)
    out = hand(course)
    assert cell_of(out.notebook, "text-001").attachments == source.cells[0].attachments


# Limits.


def test_a_long_cell_is_left_out(course):
    mine = solved(course)
    insert(mine, "task-2", "x" * 4_000_000)
    hand_in(course, "ada", mine)
    out = hand(course)
    assert out.notes[0].startswith("Cell number 5: it had more than 100 kB of text")
    long = out.notebook.cells[4].source
    assert long == "# (it had more than 100 kB of text, which was left out)"


MB = 2**20
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
REFUSED = {"more than is read", "many brackets", "digits", "too many"}
REFUSED |= {"a text for cells", "many files"}


COST = """
import json, sys, time
from pathlib import Path
from grading import records, repair
course, start, said = Path(sys.argv[1]), time.process_time(), {}
template = records.Template.read(course, "tiny")
for folder in course.glob("submitted/*/tiny"):
    try:
        repair.hand(folder, template)
    except repair.Unreadable as reason:
        said[folder.parent.name] = str(reason)
status = Path("/proc/self/status").read_text()
memory = int(status.split("VmHWM:")[1].split()[0]) / 1024
print(json.dumps([memory, time.process_time() - start, said]))
"""


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="Linux only")
def test_bad_files_cost_little_memory_and_time(course):
    whole = json.dumps(solved(course))
    for kind, value in BAD.items():
        hand_in(course, kind, f'{whole[:-1]}, "x": {value}}}')
    mine = json.loads(whole)
    text = "\N{GRINNING FACE}" + "def f(x):\n" * 90
    mine["cells"] += [{"cell_type": "code", "source": text}] * 985
    whole = json.dumps(mine, ensure_ascii=False)
    for number in range(40):
        hand_in(course, "many files", whole, filename=f"{number}.ipynb")
    result = subprocess.run(
        [sys.executable, "-c", COST, str(course)],
        env=os.environ | {"PYTHONPATH": str(release.COURSE)},
        capture_output=True,
        text=True,
        check=True,
    )
    memory, seconds, said = json.loads(result.stdout)
    print(memory, seconds)
    assert set(said) == REFUSED
    assert said["many files"].startswith("There are 20 notebooks")
    assert memory < 350  # MB
    assert seconds < 20
