"""From grades back into the platform, and who has handed in the same."""

import csv
import zipfile

import pytest
from classroom import TINY, hand_in, make_course, run_grader, solved
from grading import export
from nbgrader.plugins import ExportPlugin

pytestmark = pytest.mark.course


@pytest.fixture(scope="module")
def graded(tmp_path_factory):
    """A course of two who handed in the same, and one who did not."""
    course = make_course(tmp_path_factory.mktemp("export"))
    for student in ("ada", "bob"):
        hand_in(course, student, solved(course))
    text = (
        "student,name,e-mail,id\nada,Ada L\u00f6w,a@x.org,12\nbob,=Bob,,13\ncy,Cy,,14\n"
    )
    (course / "roster.csv").write_text(text, "utf-8")
    assert run_grader(course) == 0
    return course


def table(course, to):
    export.main([TINY, "--to", to, "--course", str(course)])
    with (course / "exports" / f"{TINY}-{to}.csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))


def test_export_for_moodle(graded):
    assert issubclass(export.Table, ExportPlugin)
    head, *rows = table(graded, "moodle")
    assert ",".join(head) == (
        "Identifier,Full name,Email address,Grade,Maximum Grade,"
        "Last modified (grade),Feedback comments"
    )
    assert rows[0][:5] == ["Participant 12", "Ada L\u00f6w", "a@x.org", "15", "19"]
    assert "check-1: 4 of 4." in rows[0][6]
    assert rows[1][1] == "'=Bob"
    assert rows[2] == ["Participant 14", "Cy", "", "", "19", "", ""]


def test_export_for_canvas(graded):
    head, *rows = table(graded, "canvas")
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", TINY]
    assert rows[0] == ["Ada L\u00f6w", "12", "", "ada", "", "15"]


def test_feedback_goes_back_in_one_zip(graded, capsys):
    table(graded, "moodle")
    said = capsys.readouterr().out
    assert "Not in the zip: Cy (no page)." in said
    assert "Marks by hand are lacking in the scores of Ada" in said
    with zipfile.ZipFile(graded / "exports" / f"{TINY}-feedback.zip") as archive:
        names = archive.namelist()
    assert names[0] == f"Ada L\u00f6w_12_assignsubmission_file_/{TINY}.html"
    assert len(names) == 2


def test_equal_solutions_are_found_and_what_was_handed_out_does_not_count(
    graded, capsys
):
    similar = pytest.importorskip("grading.similar", exc_type=ImportError)
    similar.main([TINY, "--course", str(graded)])
    assert "100% of the code: ada, bob" in capsys.readouterr().out


def test_the_downloads_number_goes_before_the_rosters(graded):
    place = graded / "exports" / TINY
    place.mkdir(parents=True, exist_ok=True)
    (place / "roster.csv").write_text("student,name,id\nada,Ada,99\n", "utf-8")
    assert table(graded, "moodle")[1][:2] == ["Participant 99", "Ada L\u00f6w"]
    (place / "roster.csv").unlink()
