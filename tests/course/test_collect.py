"""From the platform's zip into submitted/, and from grades back into the platform."""

import csv
import io
import zipfile

import pytest
from classroom import TINY, hand_in, make_course, run_grader, solved
from grading import collect, export

NOTEBOOK = b'{"cells": []}'


def zipped(files):
    """Return the bytes of a zip with these files."""
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return data.getvalue()


@pytest.fixture
def take(tmp_path, capsys):
    """A function that collects files from a zip; it returns paths and words."""
    (tmp_path / "source" / TINY).mkdir(parents=True)
    (tmp_path / "source" / TINY / f"{TINY}.ipynb").touch()

    def run(files, roster=""):
        if roster:
            (tmp_path / "roster.csv").write_text(roster, "utf-8-sig")
        path = tmp_path / "downloads.zip"
        path.write_bytes(files if isinstance(files, bytes) else zipped(files))
        collect.main([TINY, "--from", str(path), "--course", str(tmp_path)])
        top = tmp_path / "submitted"
        found = [p for p in top.rglob("*") if p.is_file()]
        return {p.relative_to(top).as_posix() for p in found}, capsys.readouterr().out

    return run


@pytest.mark.parametrize(
    ("name", "place"),
    [
        (
            "Ada L\u00f6w_12_assignsubmission_file_/tiny.ipynb",
            "Ada L\u00f6w/tiny/tiny.ipynb",
        ),
        ("Ada_12_assignsubmission_file_tiny.ipynb", "Ada/tiny/tiny.ipynb"),
        ("Course 1/Ada_12_assignsubmission_file_/d/x.txt", "Ada/tiny/d/x.txt"),
        ("lovelaceada_123_4567_tiny-1.ipynb", "lovelaceada/tiny/tiny-1.ipynb"),
        ("lovelaceada_LATE_123_4567_tiny.ipynb", "lovelaceada/tiny/tiny.ipynb"),
        ("ada/tiny.ipynb", "ada/tiny/tiny.ipynb"),
        ("ada.ipynb", "ada/tiny/tiny.ipynb"),
    ],
)
def test_the_platforms_namings(take, name, place):
    found, said = take({name: NOTEBOOK})
    assert found == {place}
    assert f"{name} -> submitted/{place}" in said
    assert ("marked as late" in said) == ("LATE" in name)


def test_the_roster_says_who_is_who(take):
    roster = "name;student;id\nAda L\u00f6w;al1;12\nBob;bob;13\n"
    found, _ = take(
        {
            "Somebody_12_assignsubmission_file_/a.ipynb": NOTEBOOK,
            "bob_99_5_b.ipynb": NOTEBOOK,
        },
        roster,
    )
    assert found == {"al1/tiny/a.ipynb", "bob/tiny/b.ipynb"}


def test_two_of_one_name_are_two(take):
    files = {f"Max_{n}_assignsubmission_file_/t.ipynb": NOTEBOOK for n in (1, 2)}
    assert take(files)[0] == {"Max/tiny/t.ipynb", "Max 2/tiny/t.ipynb"}


def test_debris_is_left_out_and_zips_inside_are_opened(take):
    inner = zipped({"work/tiny.ipynb": NOTEBOOK, "__MACOSX/._tiny.ipynb": b"x"})
    found, said = take(
        {
            "Ada_1_assignsubmission_file_/hw.zip": inner,
            "Ada_1_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
            "__MACOSX/Ada_1_assignsubmission_file_/._hw.zip": b"x",
            "Bob_2_assignsubmission_file_/bad.zip": b"PK\3\4 no",
        }
    )
    assert found == {"Ada/tiny/work/tiny.ipynb"}
    assert "bad.zip: left out, it is a damaged zip." in said


def test_no_student_hands_in_for_another(take):
    """Not by a name inside a zip, nor by one inside a folder, nor the time of it."""
    names = ("Bob_2_assignsubmission_file_/tiny.ipynb", "bob_9_9_tiny.ipynb")
    for name in names:
        inner = zipped({name: NOTEBOOK})
        found, _ = take(
            {
                "Zed_1_assignsubmission_file_/mine.zip": inner,
                f"Eve_4_assignsubmission_file_/{name}": NOTEBOOK,
                "Kim_7_assignsubmission_file_mine.zip": inner,
                "Ann_5_assignsubmission_file_/timestamp.txt": b"2001-01-01",
                "lou_3_8_mine.zip": inner,
                "max.zip": inner,
            }
        )
        assert {path.split("/")[0] for path in found} == {
            "Zed",
            "Eve",
            "Kim",
            "lou",
            "max",
        }


def test_no_file_gets_out_of_its_folder(take, tmp_path):
    names = ["../../evil/x.ipynb", "a/../../../x", "/etc/x", "C:\\..\\..\\x/y", "x.txt"]
    found, said = take(dict.fromkeys(names, NOTEBOOK))
    assert not list(tmp_path.parent.glob("**/evil*"))
    assert said.count("left out") == 5
    assert found == set()


def test_too_much_is_left_out(take, monkeypatch):
    monkeypatch.setattr(collect, "MOST_BYTES", 100)
    found, said = take({"ada/a.ipynb": b"1" * 60, "ada/b.ipynb": b"2" * 60})
    assert found == {"ada/tiny/a.ipynb"}
    assert "ada/b.ipynb: left out, it is too much." in said


def test_collecting_again_replaces(take):
    take({"ada/old.ipynb": NOTEBOOK})
    found, said = take({"ada/new.ipynb": NOTEBOOK})
    assert found == {"ada/tiny/new.ipynb"}
    assert "ada: what had been collected before is replaced." in said


def test_what_cannot_be_read_is_told(take):
    with pytest.raises(SystemExit, match="cannot be read"):
        take(b"no zip")
    with pytest.raises(SystemExit, match="no assignment 'tyni'"):
        collect.main(["tyni", "--from", "x"])


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
    head, *rows = table(graded, "moodle")
    assert ",".join(head) == "Identifier,Full name,Email address,Grade,Maximum grade"
    assert rows[0] == ["Participant 12", "Ada L\u00f6w", "a@x.org", "15", "19"]
    assert rows[1][1] == "'=Bob"
    assert rows[2] == ["Participant 14", "Cy", "", "", "19"]


def test_export_for_canvas(graded):
    head, most, *rows = table(graded, "canvas")
    assert head == ["Student", "ID", "SIS User ID", "SIS Login ID", "Section", TINY]
    assert (most[0], most[-1]) == ("Points Possible", "19")
    assert rows[0] == ["Ada L\u00f6w", "12", "", "ada", "", "15"]


def test_feedback_goes_back_in_one_zip(graded, capsys):
    table(graded, "moodle")
    assert "No page for: Cy." in capsys.readouterr().out
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
