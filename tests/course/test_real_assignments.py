"""The real assignments, end to end through the grader (`make test-course`)."""

import shutil

import pytest
from classroom import cell_of, hand_in, hidden_lines, page_of, read, rows_of, solved
from grading import grade, release
from running import catalogue, maximum, names

pytestmark = pytest.mark.course


@pytest.mark.parametrize("name", names())
def test_grades_of_a_real_assignment(tmp_path, name):
    shutil.copy(release.COURSE / release.SETTINGS, tmp_path)
    for step in ("source", "release"):
        shutil.copytree(release.COURSE / step / name, tmp_path / step / name)
    hand_in(tmp_path, "perfect", solved(tmp_path, name), name)
    shutil.copytree(tmp_path / "release", tmp_path / "submitted" / "blank")
    mistakes = dict(enumerate(catalogue()[name].MISTAKES[::12]))
    for number, mistake in mistakes.items():
        notebook = solved(tmp_path, name)
        cell_of(notebook, mistake.cell).source = mistake.code
        hand_in(tmp_path, f"mistake-{number}", notebook, name)
    assert grade.main([name, "--course", str(tmp_path), "--workers", "2"]) == 0

    rows, full = rows_of(tmp_path), maximum(name)
    earned = {who: {key: float(row[key]) for key in full} for who, row in rows.items()}
    assert earned["perfect"] == full
    assert rows["perfect"]["notes"] == ""
    assert rows["perfect"]["waiting"] == "written"
    assert earned["blank"] == dict.fromkeys(full, 0)
    assert rows["blank"]["score"] == "0"
    secrets = hidden_lines(read(tmp_path, "source", name))
    for student in rows:
        text = page_of(tmp_path, student, name)
        assert not [line for line in secrets if line in text]
    for number, mistake in mistakes.items():
        points = earned[f"mistake-{number}"]
        assert points[mistake.task] < full[mistake.task]
        for key in full.keys() - {mistake.task, *mistake.touches}:
            assert points[key] == full[key]
        assert mistake.says in page_of(tmp_path, f"mistake-{number}", name)
