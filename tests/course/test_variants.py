"""A class's own variant of the assignments: what a key chooses, and that it holds."""

import re
import shutil
import textwrap
from functools import cache

import pytest
import two_places
from catalogue.siblings import SIBLINGS
from classroom import hand_in, read, rows_of, solved
from grading import release, variant
from running import cells as committed
from running import maximum, names, run
from test_release import files, lines_of

KEYS = ["spring-2027", "autumn-2027", "spring-2028", "autumn-2028", "spring-2029"]
SLOW = [KEYS[0], *(pytest.param(key, marks=pytest.mark.course) for key in KEYS[1:])]
PASSED = "all checks passed"
CASES = [
    (place, *case)
    for place, (_, right, wrong) in SIBLINGS.items()
    for case in [(PASSED, right), *wrong]
]
HIDDEN = r"### BEGIN HIDDEN(?s:.*?)### END HIDDEN TESTS"


@cache
def made(key, name):
    """Return {id: text} of a variant's code cells that run, and {sibling: numbers}."""
    notebook, chosen = variant.variant(key, name)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    texts = {variant.key_of(cell) or cell.id: cell.source for cell in code}
    runs = {place: x for place, x in texts.items() if not place.startswith("see-")}
    return runs, {f"{name}/{path.stem}": row for path, row in chosen.items()}


def run_task(name, cells, task, code):
    """Return (whether the task has all points, what its check said) with other code."""
    check, others = f"check-{task}", [x for x in cells if x.startswith("check-")]
    alone = dict.fromkeys(others, "0") | {check: cells[check], f"task-{task}": code}
    points, says = run(name, cells | alone)
    return points[check] == maximum(name)[check], says[check]


def test_each_sibling_is_met_and_each_assignment_changes():
    met = [set(made(key, name)[1]) for key in KEYS for name in names()]
    there = [x.with_suffix("") for x in release.COURSE.glob("siblings/*/*.ipynb")]
    assert {f"{x.parent.name}/{x.name}" for x in there} == set(SIBLINGS)
    assert set().union(*met) == set(SIBLINGS)
    assert all(met)
    assert all(len(wrong) >= 4 for *_, wrong in SIBLINGS.values())


@pytest.mark.parametrize("key", SLOW)
@pytest.mark.parametrize("name", names())
def test_its_own_solution_gets_full_marks_and_the_committed_one_does_not(key, name):
    cells, chosen = made(key, name)
    points, says = run(name, cells)
    assert points == maximum(name), says
    source = {place: text for place, *_, text in committed(name)}
    for task in (SIBLINGS[place][0] for place in chosen):
        old = textwrap.indent(source[f"task-{task}"], "    ")
        old = f"try:\n{old}\nexcept NameError:\n    pass"
        assert not run_task(name, cells, task, old)[0]


@pytest.mark.course
@pytest.mark.parametrize("key", KEYS)
def test_a_key_makes_one_course_that_gives_nothing_away(key, tmp_path, monkeypatch):
    monkeypatch.setattr(two_places, "COURSE", tmp_path / "one")
    for folder in (tmp_path / "one", tmp_path / "two"):
        variant.write(key, folder)
        release.main(["--course", str(folder)])
    assert files(tmp_path / "one") == files(tmp_path / "two")
    with pytest.raises(SystemExit, match="holds another course"):
        variant.write("another", tmp_path / "one")
    for name in names():
        assert made(key, name) != made("another", name)
        secret, shown = lines_of(read(tmp_path / "one", "source", name))
        cells, _ = made(key, name)
        handed = read(tmp_path / "one", "release", name).cells
        lines = {x.strip() for cell in handed for x in cell.source.split("\n")}
        assert not (secret - shown) & lines
        stubs = {variant.key_of(cell): cell.source for cell in handed}
        stubs = {place: stubs[place] for place in cells if place.startswith("task-")}
        assert run(name, cells | stubs)[0] == dict.fromkeys(maximum(name), 0)
        assert two_places.run(name, cells)[0] == maximum(name)


@pytest.mark.parametrize(("place", "told", "code"), CASES)
def test_what_the_check_that_a_student_sees_says(place, told, code):
    name, task = place.partition("/")[0], SIBLINGS[place][0]
    key = next(key for key in KEYS if place in made(key, name)[1])
    cells, chosen = made(key, name)
    shown = cells | {f"check-{task}": re.sub(HIDDEN, "", cells[f"check-{task}"])}
    told, code = (
        re.sub(r"\b[A-Z]+\b", lambda x: chosen[place].get(x[0], x[0]), text)
        for text in (told, code)
    )
    full, says = run_task(name, shown, task, code)
    assert (told in says, full) == (True, told == PASSED)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """The course folder of the first key, made as the command makes it."""
    folder = tmp_path_factory.mktemp("whole")
    variant.main([KEYS[0], str(folder)])
    return folder


@pytest.mark.course
@pytest.mark.parametrize("name", names())
def test_the_course_is_graded_as_any_other(name, whole, tmp_path):
    from grading import grade  # not to be had on Windows

    shutil.copytree(whole, tmp_path, dirs_exist_ok=True)
    hand_in(tmp_path, "own", solved(tmp_path, name), name)
    hand_in(tmp_path, "committed", solved(release.COURSE, name), name)
    hand_in(tmp_path, "blank", read(tmp_path, "release", name), name)
    assert grade.main([name, "--course", str(tmp_path), "--workers", "2"]) == 0
    rows, full = rows_of(tmp_path), sum(maximum(name).values())
    scores = {student: float(row["score"]) for student, row in rows.items()}
    assert (scores["own"], scores["blank"]) == (full, 0)
    assert 0 < scores["committed"] < full
