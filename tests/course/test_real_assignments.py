"""The real assignments, end to end through the grader (`make test-course`)."""

import csv
import html
import re
import shutil

import nbformat
import pytest
from classroom import cell_of, hand_in, handed_out, solved
from running import catalogue, maximum

from nnlib.course import feedback, grade, release

pytestmark = pytest.mark.course
MODULES = catalogue()


@pytest.mark.parametrize("name", release.names(release.COURSE))
def test_grades_of_a_real_assignment(tmp_path, name):
    shutil.copy(release.COURSE / release.SETTINGS, tmp_path)
    for step in ("source", "release"):
        shutil.copytree(release.COURSE / step / name, tmp_path / step / name)
    hand_in(tmp_path, "perfect", solved(tmp_path, name), name)
    hand_in(tmp_path, "blank", handed_out(tmp_path, name), name)
    mistakes = dict(enumerate(MODULES[name].MISTAKES[::5]))
    for number, mistake in mistakes.items():
        notebook = solved(tmp_path, name)
        cell_of(notebook, mistake.cell).source = mistake.code
        hand_in(tmp_path, f"mistake-{number}", notebook, name)
    assert grade.main([name, "--course", str(tmp_path), "--workers", "2"]) == 0

    with (tmp_path / "grades.csv").open(newline="", encoding="utf-8") as file:
        rows = {row["student"]: row for row in csv.DictReader(file)}
    full = maximum(name)
    earned = {
        student: {key: float(row[key]) for key in full} for student, row in rows.items()
    }
    assert earned["perfect"] == full
    assert rows["perfect"]["flags"] == rows["perfect"]["notes"] == ""
    assert rows["perfect"]["waiting"] == "written"
    assert earned["blank"] == dict.fromkeys(full, 0)
    assert rows["blank"]["score"] == "0"
    source = tmp_path / "source" / name / f"{name}.ipynb"
    secrets = feedback.secrets_of(nbformat.read(source, as_version=4))
    for student in rows:
        page = tmp_path / "feedback" / student / name / f"{name}.html"
        text = html.unescape(re.sub("<[^>]+>", "", page.read_text("utf-8")))
        assert not [line for line in secrets if line in text]
        if student in ("perfect", "blank"):
            continue
        mistake = mistakes[int(student.rpartition("-")[2])]
        assert earned[student][mistake.task] < full[mistake.task]
        for key in full.keys() - {mistake.task, *mistake.touches}:
            assert earned[student][key] == full[key]
        assert mistake.says in text
