"""From grades back into the platform, and who has handed in the same."""

import csv
import json
import zipfile

import pytest
from classroom import TINY, hand_in, handed_out, make_course, solved
from grading import export

ADA, HTML = "Ada L\u00f6w", f"{TINY}/{TINY}.html"
ROSTER = f"student,name,e-mail,id\nada,{ADA},a@x.org,12\nbob,=Bob,,13\ncy,Cy,,14\n"
ROWS = [
    {"student": "ada", "score": "12", "check-1": "4", "waiting": "written"},
    {"student": "bob", "score": "0", "check-1": "0", "waiting": ""},
    {"student": "cy", "status": "missing", "notes": ""},
]


@pytest.fixture
def course(tmp_path):
    """A course as it is graded: two handed in the same, and one did not."""
    made = make_course(tmp_path / "course")
    hand_in(made, "cy", "left out")
    files = {"roster.csv": ROSTER, f".grading/{TINY}/rows.json": json.dumps(ROWS)}
    for student in ("ada", "bob"):
        path = hand_in(made, student, solved(made)).relative_to(made / "submitted")
        files[f"autograded/{path}"] = json.dumps(solved(made))
        files[f"feedback/{student}/{HTML}"] = "a page"
    for name, text in files.items():
        (made / name).parent.mkdir(parents=True, exist_ok=True)
        (made / name).write_text(text, "utf-8")
    return made


def table(course, to):
    export.main([TINY, "--to", to, "--course", str(course)])
    with (course / "exports" / f"{TINY}-{to}.csv").open(encoding="utf-8") as file:
        return list(csv.reader(file))


def test_export_for_moodle(course, capsys):
    assert [",".join(row) for row in table(course, "moodle")] == [
        "Identifier,Full name,Email address,Grade,Maximum Grade,"
        "Last modified (grade),Feedback comments",
        f"Participant 12,{ADA},a@x.org,12,19,,check-1: 4 of 4.",
        "Participant 13,'=Bob,,0,19,,check-1: 0 of 4.",
        "Participant 14,Cy,,,19,,",
    ]
    said = capsys.readouterr().out
    assert "Not in the zip: Cy (no page)." in said
    assert f"Marks by hand are lacking in the scores of {ADA}.\n" in said
    with zipfile.ZipFile(course / "exports" / f"{TINY}-feedback.zip") as archive:
        folders = [f"{ADA}_12", "=Bob_13"]
        names = [f"{x}_assignsubmission_file_/{TINY}.html" for x in folders]
        assert archive.namelist() == names

    # The number of a download goes before that of the roster.
    (course / "exports" / TINY).mkdir()
    (course / "exports" / TINY / "roster.csv").write_text("student,name,id\nada,A,99\n")
    assert table(course, "moodle")[1][:2] == ["Participant 99", ADA]


def test_export_for_canvas_and_before_grading(course):
    head, *rows = table(course, "canvas")
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", TINY]
    assert rows[0] == [ADA, "12", "", "ada", "", "12"]
    (course / ".grading" / TINY / "rows.json").unlink()
    with pytest.raises(SystemExit, match="has not been graded yet"):
        table(course, "canvas")


def test_equal_solutions_are_found_and_what_was_handed_out_does_not_count(
    course, capsys
):
    similar = pytest.importorskip("grading.similar", exc_type=ImportError)
    for student in ("dan", "eve"):
        path = hand_in(course, student, handed_out(course))
        (course / "autograded" / student).symlink_to(path.parents[1])
    similar.main([TINY, "--course", str(course)])
    said = capsys.readouterr().out
    assert "100% of the code: ada, bob" in said
    assert "Not compared, because nothing of theirs is graded: cy." in said
    assert "1 pairs overlap" in said
