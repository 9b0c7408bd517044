"""The checks of the assignments, against right solutions and usual mistakes."""

import re

import pytest
from running import catalogue, cells, maximum, names, released, run

MODULES = catalogue()
MISTAKES = [
    pytest.param(name, mistake, id=f"{name}-{mistake.task}-{number}")
    for name, module in MODULES.items()
    for number, mistake in enumerate(module.MISTAKES, 1)
]
CORRECT = [
    pytest.param(name, other, id=f"{name}-{other.what.replace(' ', '-')}")
    for name, module in MODULES.items()
    for other in module.CORRECT
]
HIDDEN = r'task\.part\(\s*"([^"]+)"[^()]*hidden=True'  # the name of a hidden part
each_assignment = pytest.mark.parametrize("name", names())


def test_each_assignment_has_a_catalogue():
    assert list(MODULES) == names()


@each_assignment
def test_reference_gets_full_marks_with_hidden_tests_and_without(name):
    for checks in ({}, released(name, "check")):
        points, says = run(name, checks)
        assert points == maximum(name)
        assert all(text.endswith("all checks passed.\n") for text in says.values())


@each_assignment
def test_hand_out_runs_to_its_end_and_gets_nothing(name):
    for kinds in (["solution"], ["solution", "check"]):
        points, says = run(name, released(name, *kinds))
        assert points == dict.fromkeys(maximum(name), 0)
        assert all("not done yet" in text for text in says.values())


@pytest.mark.parametrize(("name", "other"), CORRECT)
def test_other_correct_solutions_get_full_marks(name, other):
    points, says = run(name, other.cells)
    assert points == maximum(name), says


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_mistake_costs_points_on_its_own_task_and_is_named(name, mistake):
    full = maximum(name)
    points, says = run(name, {mistake.cell: mistake.code})
    assert points[mistake.task] < full[mistake.task]
    assert mistake.says in says[mistake.task]
    (source,) = [text for key, *_, text in cells(name) if key == mistake.task]
    hidden = re.findall(HIDDEN, source)
    lines = says[mistake.task].splitlines()
    shown = [x for x in lines if not any(f", {part}: " in x for part in hidden)]
    assert shown, "no check that a student sees finds it"
    for key in full.keys() - {mistake.task, *mistake.touches}:
        assert points[key] == full[key], says[key]


@each_assignment
def test_catalogue_has_enough_and_other_mistakes_for_each_task(name):
    module = MODULES[name]
    assert len(module.MISTAKES) >= 11
    assert len(module.CORRECT) >= 4
    assert {mistake.task for mistake in module.MISTAKES} == maximum(name).keys()
    assert len({mistake.code for mistake in module.MISTAKES}) == len(module.MISTAKES)
    assert all(mistake.why and len(mistake.says) > 5 for mistake in module.MISTAKES)


@each_assignment
def test_parts_are_hidden_where_the_tests_are(name):
    """A part inside a region of hidden tests says hidden=True, no other does."""
    shown = released(name, "check")
    for key, kind, _, source in cells(name):
        parts = source.count("task.part(") - shown.get(key, source).count("task.part(")
        assert "hidden=True" not in shown.get(key, ""), key
        assert source.count("hidden=True") == parts * (kind == "check"), key
