"""The gradebook, the roster and grades.csv."""

import copy
import shutil

import nbformat
import pytest
from classroom import TINY, cell_of, rows_of, tiny
from grading import release
from grading.book import Book, for_a_sheet, roster, write_csv
from grading.records import Mark, Record
from nbgrader.api import Gradebook

BOTH = (TINY, TINY)
POINTS = {"check-1": 4.0, "check-2": 5.0, "check-3": 3.0, "written": None}


def record(**more):
    """Return the record of a submission without fault."""
    return Record("key", "graded", "none", **({"points": dict(POINTS)} | more))


@pytest.fixture
def course(with_book, tmp_path):
    """A course of its own for each test."""
    return shutil.copytree(with_book, tmp_path / "course")


@pytest.fixture
def opened(course):
    """A function that opens the gradebook, with the source entered after a change."""
    books = []

    def run(change=lambda notebook: None):
        notebook = tiny()
        change(notebook)
        nbformat.write(notebook, course / "source" / TINY / f"{TINY}.ipynb")
        books.append(Book(course, TINY))
        source = release.released(course, TINY, until="SaveCells")
        books[-1].told = books[-1].enter_cells(source)
        return books[-1]

    yield run
    for book in books:
        book.close()


def mark(book, student, cell, score, comment=None):
    """Give a mark by hand, as Formgrader does."""
    found = book.book.find_grade(cell, *BOTH, student)
    found.manual_score, found.needs_manual_grade = score, False
    if comment:
        said = book.book.find_comment(cell, *BOTH, student)
        said.manual_comment = comment
    book.book.db.commit()


def points(notebook):
    cell_of(notebook, "check-1").metadata.nbgrader.points = 7


def added(notebook):
    new = copy.deepcopy(cell_of(notebook, "check-1"))
    new.id, new.metadata.nbgrader.grade_id = "new", "check-4"
    notebook.cells.append(new)


def dropped(notebook):
    for key in ("task-3", "check-3"):
        notebook.cells.remove(cell_of(notebook, key))


def renamed(notebook):
    cell_of(notebook, "check-1").metadata.nbgrader.grade_id = "check-one"
    cell_of(notebook, "task-1").metadata.nbgrader.grade_id = "task-one"


@pytest.mark.parametrize(
    ("change", "most", "now", "earned"),
    [
        (points, 22, set(POINTS), 16.5),
        (added, 23, {*POINTS, "check-4"}, 16.5),
        (dropped, 13, {*POINTS} - {"check-3"}, 13.5),
        (renamed, 19, {*POINTS, "check-one"} - {"check-1"}, 12.5),
    ],
    ids=lambda x: getattr(x, "__name__", ""),
)
def test_a_changed_source_keeps_the_marks_of_what_stays(
    course, opened, change, most, now, earned
):
    book = opened()
    book.enter("ada", record())
    mark(book, "ada", "written", 3.5, "Well said.")
    for cell, score in (("check-2", 6), ("check-1", 4), ("check-3", 3)):
        mark(book, "ada", cell, score)
    book = opened(change)
    row = book.row("ada")
    assert set(row) & {*POINTS, "check-4", "check-one"} == now
    assert (float(row["max_score"]), float(row["score"])) == (most, earned)
    marks = {"written": Mark(3.5, None, "Well said."), "check-2": Mark(6.0)}
    marks |= {"check-1": Mark(4.0), "check-3": Mark(3.0)}
    marks = {key: given for key, given in marks.items() if key in now}
    assert book.marks("ada") == marks
    assert bool(book.told) == bool({*POINTS} - now)
    for said in book.told:  # marks of a cell that goes are kept in a copy
        assert "left the source; marks for them are only in gradebook-" in said
        with Gradebook(f"sqlite:///{course}/{said.split()[-1].rstrip('.')}") as old:
            for key in {*POINTS} - now:
                assert old.find_grade(key, *BOTH, "ada").manual_score
    assert opened(change).told == []

    book.enter("ada", record(points=dict.fromkeys(now, 1.0) | {"written": None}))
    book.enter("bob", record(points=dict.fromkeys(now, 1.0)))
    assert {*book.row("ada")["waiting"].split()} == marks.keys()
    assert book.marks("ada") == marks
    assert float(book.row("bob")["score"]) == len(now)
    comments = book.submission("ada").comments
    solutions = book.book.find_notebook(*BOTH).solution_cells
    assert {x.name for x in comments} == {x.name for x in solutions}


def test_an_answer_waits_unless_it_is_left_as_handed_out_and_a_flag_stays(opened):
    book = opened()
    book.enter("ada", record())
    book.submission("ada").flagged = True  # by a person
    for answer, waiting in ((0.0, ""), (None, "written")):
        book.enter("ada", record(points=POINTS | {"written": answer}))
        assert book.row("ada")["waiting"] == waiting
        assert book.submission("ada").flagged


def test_the_csv_is_for_a_spreadsheet(tmp_path):
    path, row = tmp_path / "grades.csv", ["=1+1", None, " \t@x\ny \ud800"]
    row = [*map(for_a_sheet, row)]
    write_csv(path, ["student", "score", "notes"], [row], "utf-8-sig")
    assert path.read_bytes().startswith(b"\xef\xbb\xbfstudent,")
    assert list(rows_of(tmp_path)["'=1+1"].values()) == ["'=1+1", "", "'@x y ?"]
    assert [*map(for_a_sheet, ("-1", "+1", "1-", None))] == ["'-1", "'+1", "1-", ""]


HEADS = "student,name,e-mail,id"


@pytest.mark.parametrize(
    "content",
    [
        f"{HEADS}\nada,Ada L\u00f6w,a@x,1\nbob,,,\n".encode("utf-8-sig"),
        f"{HEADS}\r\nada,Ada L\u00f6w,a@x,1,more\r\nbob\r\n".encode(),
        "id;E-Mail;Student;Name\n1;a@x; ada ;Ada L\xf6w\n;;bob;\n;;;\n".encode(
            "cp1252"
        ),
        "student\tname\te-mail\tid\nada\tAda Lo\u0308w\ta@x\t1\nbob\n".encode("utf-16"),
    ],
)
def test_a_roster(tmp_path, content):
    assert roster(tmp_path) == []
    (tmp_path / "roster.csv").touch()
    assert roster(tmp_path) == []
    (tmp_path / "roster.csv").write_bytes(content)
    ada = {"student": "ada", "name": "Ada L\u00f6w", "e-mail": "a@x", "id": "1"}
    bob = {"student": "bob", "name": "", "e-mail": "", "id": ""}
    assert roster(tmp_path) == [ada, bob]
    (tmp_path / "roster.csv").write_text("name,id\n")
    with pytest.raises(RuntimeError, match="no column called student"):
        roster(tmp_path)
