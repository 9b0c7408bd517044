"""From the platform's zip into submitted/."""

import io
import zipfile

import pytest
from classroom import TINY
from grading import collect

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
    assert take(files)[0] == {"Max 1/tiny/t.ipynb", "Max 2/tiny/t.ipynb"}


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
    assert "bad.zip: left out, it cannot be unpacked: File is not a zip file." in said


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


def test_of_one_name_none_gets_the_others_folder_later(take):
    first, then = (f"Max_{n}_assignsubmission_file_/{n}.ipynb" for n in (1, 2))
    take({first: NOTEBOOK})
    assert take({then: NOTEBOOK})[0] == {"Max/tiny/1.ipynb", "Max 2/tiny/2.ipynb"}
    again = take({first: b"new", then: b"new"})[0]
    assert again == {"Max/tiny/1.ipynb", "Max 2/tiny/2.ipynb"}


def test_a_name_that_two_have_in_the_roster_is_nobodys(take):
    roster = "student,name,id\nmm1,Max May,1\nmm2,Max May,2\nal,Ada Low,3\n"
    names = ["Max May_9_assignsubmission_file_/a.ipynb", "lowada_77_5_b.ipynb"]
    found, _ = take(dict.fromkeys(names, NOTEBOOK), roster)
    assert found == {"Max May 9/tiny/a.ipynb", "al/tiny/b.ipynb"}


def test_an_inner_zip_is_measured_before_it_is_unpacked(take, monkeypatch):
    monkeypatch.setattr(collect, "MOST_BYTES", 2000)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.ipynb", bytes(5000))
    found, said = take({"lou_3_8_bomb.zip": inner.getvalue(), "max.ipynb": NOTEBOOK})
    assert found == {"max/tiny/tiny.ipynb"}
    assert "bomb.zip: left out, it cannot be unpacked: unpacked it would be" in said


def test_too_many_files_are_refused(take, monkeypatch):
    monkeypatch.setattr(collect, "MOST_FILES", 1)
    with pytest.raises(SystemExit, match="too many files"):
        take({f"ada/{n}.ipynb": NOTEBOOK for n in range(11)})


def test_every_file_is_told_of_in_one_line(take):
    link = zipfile.ZipInfo("ada/link.ipynb")
    link.external_attr = 0o120777 << 16
    _, said = take({link: b"/etc/passwd", "a/.DS_Store": b"", "a/x\n\x1b[1m": b""})
    assert "ada/link.ipynb: left out, it is a link." in said
    assert "a/.DS_Store: left out, it is a system's own file." in said
    assert "a/x\ufffd\ufffd[1m -> submitted/a/tiny/x\ufffd\ufffd[1m" in said
