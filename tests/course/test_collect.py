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

    def run(files):
        path = tmp_path / "downloads.zip"
        path.write_bytes(files if isinstance(files, bytes) else zipped(files))
        collect.main([TINY, "--from", str(path), "--course", str(tmp_path)])
        top = tmp_path / "submitted"
        found = [p for p in top.rglob("*") if p.is_file()]
        return {p.relative_to(top).as_posix() for p in found}, capsys.readouterr().out

    return run


MOODLE = "assignsubmission_file_"
ROSTER = "name;student;id\nAda Low;al1;12\nBob;bob;13\nAnn May;a1;71\nAnn May;a2;72\n"


@pytest.mark.parametrize(
    "places",
    [
        {f"Ada L\u00f6w_3_{MOODLE}/tiny.ipynb": "Ada L\u00f6w/tiny/tiny.ipynb"},
        {f"Ada_3_{MOODLE}tiny.ipynb": "Ada/tiny/tiny.ipynb"},
        {f"Course 1/Ada_3_{MOODLE}/d/x.txt": "Ada/tiny/d/x.txt"},
        {"lovelaceada_123_4567_tiny-1.ipynb": "lovelaceada/tiny/tiny-1.ipynb"},
        {"lovelaceada_LATE_123_4567_tiny.ipynb": "lovelaceada/tiny/tiny.ipynb"},
        {"ada/tiny.ipynb": "ada/tiny/tiny.ipynb"},
        {"ada.ipynb": "ada/tiny/tiny.ipynb"},
        {f"Some_12_{MOODLE}/a": "al1/tiny/a", "bob_99_5_b": "bob/tiny/b"},
        {f"Ada Low_1_{MOODLE}/a": "al1/tiny/a", f"Al1_2_{MOODLE}/b": "Al1 2/tiny/b"},
        # Of one name are two, and one that two have in the roster is nobody's.
        {f"Max_{n}_{MOODLE}/t": f"Max {n}/tiny/t" for n in (1, 2)},
        {f"Ann May_9_{MOODLE}/a": "Ann May 9/tiny/a", "lowada_77_5_b": "al1/tiny/b"},
    ],
)
def test_whose_a_file_is_and_where_it_goes(take, places, tmp_path):
    (tmp_path / "roster.csv").write_text(ROSTER, "utf-8-sig")
    found, said = take(dict.fromkeys(places, NOTEBOOK))
    assert found == {*places.values()}
    for name, place in places.items():
        assert f"{name} -> submitted/{place}" in said


def test_debris_is_left_out_and_zips_inside_are_opened(take):
    inner = zipped({"work/tiny.ipynb": NOTEBOOK, "__MACOSX/._tiny.ipynb": b"x"})
    found, said = take(
        {
            f"Ada_1_{MOODLE}/hw.zip": inner,
            "Ada_1_assignsubmission_onlinetext_/onlinetext.html": b"<p>",
            f"__MACOSX/Ada_1_{MOODLE}/._hw.zip": b"x",
            f"Bob_2_{MOODLE}/bad.zip": b"PK\3\4 no",
        }
    )
    assert found == {"Ada/tiny/work/tiny.ipynb"}
    assert "bad.zip: left out, it cannot be unpacked: File is not a zip file." in said
    assert "onlinetext.html: left out, it is no file of a student's." in said


def test_no_student_hands_in_for_another(take):
    """Not by a name inside a zip, nor by one inside a folder, nor the time of it."""
    for name in (f"Bob_2_{MOODLE}/tiny.ipynb", "bob_9_9_tiny.ipynb"):
        inner = zipped({name: NOTEBOOK, "Timestamp.txt": b"2001-01-01"})
        found, said = take(
            {
                f"Zed_1_{MOODLE}/mine.zip": inner,
                f"Eve_4_{MOODLE}/{name}": NOTEBOOK,
                f"Kim_7_{MOODLE}mine.zip": inner,
                f"Ann_5_{MOODLE}/timestamp.txt": b"2001-01-01",
                "lou_3_8_mine.zip": inner,
                "max.zip": inner,
            }
        )
        assert {x.split("/")[0] for x in found} == {"Zed", "Eve", "Kim", "lou", "max"}
        assert not [x for x in found if x.casefold().endswith("timestamp.txt")]
        assert "Collected from 5 people." in said
        # where all of a download is in one folder, and where it is one student's
        found, _ = take({f"Eve_4_{MOODLE}/{name}": NOTEBOOK})
        assert f"Eve/tiny/{name}" in found


def test_no_file_gets_out_of_its_folder(take, tmp_path, capsys):
    names = ["../../evil/x.ipynb", "a/../../../x", "/etc/x", "C:\\..\\..\\x/y"]
    names += [f"x_1_2_../{n}" for n in ("evil", "x")]
    inner = zipped({"../../../evil.txt": b"x", "/etc/evil.txt": b"x"})
    take(dict.fromkeys(names, NOTEBOOK) | {"ada/a.zip": inner})
    inside = {tmp_path / "submitted" / "ada", tmp_path / "submitted" / "evil"}
    for path in tmp_path.parent.rglob("*evil*"):
        assert inside & {path, *path.parents}
    assert not (tmp_path / "submitted" / "..").resolve().joinpath("x").exists()
    (tmp_path / "all" / "ada").mkdir(parents=True)
    (tmp_path / "all" / "ada" / "link.ipynb").symlink_to("/etc/passwd")
    assert collect.collect(tmp_path, TINY, tmp_path / "all") == 0
    assert "ada/link.ipynb: left out, it is a link" in capsys.readouterr().out


def test_collecting_again_replaces_but_no_file_of_another_of_the_name(take):
    first, then = (f"=Max_{n}_{MOODLE}/{n}.ipynb" for n in (1, 2))
    take({first: NOTEBOOK})
    assert take({then: NOTEBOOK})[0] == {"=Max/tiny/1.ipynb", "=Max 2/tiny/2.ipynb"}
    new = f"=Max_1_{MOODLE}/new.ipynb"
    found, said = take({new: b"new", then: b"new"})
    assert found == {"=Max/tiny/new.ipynb", "=Max 2/tiny/2.ipynb"}
    assert "=Max: what had been collected before is replaced." in said


def test_what_cannot_be_read_is_told(take, monkeypatch):
    """What is in a zip is measured before it is unpacked."""
    monkeypatch.setattr(collect, "MOST_BYTES", 2000)
    inner = io.BytesIO()
    with zipfile.ZipFile(inner, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("zeros.ipynb", bytes(5000))
    bomb = {"lou_3_8_bomb.zip": inner.getvalue(), "max.ipynb": NOTEBOOK}
    found, said = take(bomb | {"a/.DS_Store": b"", "a/x\n\x1b[1m": b""})
    assert found == {"max/tiny/tiny.ipynb", "a/tiny/x\n\x1b[1m"}
    assert "bomb.zip: left out, it cannot be unpacked: unpacked it would be" in said
    assert "a/x\ufffd\ufffd[1m -> submitted/a/tiny/x\ufffd\ufffd[1m" in said
    monkeypatch.setattr(collect, "MOST_FILES", 1)
    with pytest.raises(SystemExit, match="too large"):
        take({f"ada/{n}.ipynb": NOTEBOOK for n in range(11)})
    with pytest.raises(SystemExit, match="cannot be collected"):
        take(b"no zip")
    with pytest.raises(SystemExit, match="no assignment 'tyni'"):
        collect.main(["tyni", "--from", "x"])
