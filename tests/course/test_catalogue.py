"""The checks of the assignments, against right solutions and usual mistakes."""

import ast

import pytest
from running import (
    REGIONS,
    Alternative,
    Mistake,
    catalogue,
    cells,
    maximum,
    names,
    reference,
    released,
    run,
    stubs,
    without,
)

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


def assert_quiet(result):
    assert not result.errors
    assert not result.warned


def test_each_assignment_has_a_catalogue():
    assert list(MODULES) == names()


@pytest.mark.parametrize("name", names())
def test_reference_gets_full_marks(name):
    result = reference(name)
    assert_quiet(result)
    assert result.points == maximum(name)
    for key in maximum(name):
        assert result.says[key].endswith("all checks passed.\n")


@pytest.mark.parametrize("name", names())
def test_reference_gets_full_marks_without_hidden_tests(name):
    result = run(name, hidden=False)
    assert_quiet(result)
    assert result.points == maximum(name)


@pytest.mark.parametrize("name", names())
def test_hand_out_as_released_runs_to_its_end_and_gets_nothing(name):
    for result in (run(name, stubs(name)), run(name, released(name), hidden=False)):
        assert_quiet(result)
        assert result.points == dict.fromkeys(maximum(name), 0)
        for key in maximum(name):
            assert "not done yet" in result.says[key]


@pytest.mark.parametrize("name", names())
def test_stubs_hold_no_line_of_the_solution(name):
    for key, source in stubs(name).items():
        ast.parse(source)
        assert "raise NotImplementedError" in source
        assert not any(f"### BEGIN {region}" in source for region in REGIONS), key


@pytest.mark.parametrize("name", names())
def test_stubs_are_nbgraders(name):
    preprocessors = pytest.importorskip("nbgrader.preprocessors")
    import running
    from nbformat.v4 import new_code_cell, new_notebook
    from traitlets.config import Config

    config = Config()
    config.ClearSolutions.code_stub = {"python": running.STUB}
    for key, kind, _, source in cells(name):
        if not kind:
            continue
        about = {"solution": kind == "solution", "grade": kind == "check"}
        about |= {"schema_version": 3, "grade_id": key, "locked": kind == "check"}
        cell = new_code_cell(source, metadata={"nbgrader": {**about, "task": False}})
        notebook = new_notebook(cells=[cell])
        notebook.metadata.kernelspec = {"language": "python"}
        resources = {"language": "python"}
        for kind_of in ("ClearSolutions", "ClearHiddenTests", "ClearMarkScheme"):
            step = getattr(preprocessors, kind_of)(config=config)
            notebook, resources = step.preprocess(notebook, resources)
        assert notebook.cells[0].source == released(name)[key]


@pytest.mark.parametrize(("name", "other"), CORRECT)
def test_other_correct_solutions_get_full_marks(name, other):
    result = run(name, other.cells)
    assert_quiet(result)
    assert result.points == maximum(name), result.says


@pytest.mark.parametrize(("name", "mistake"), MISTAKES)
def test_mistake_costs_points_on_its_own_task_and_is_named(name, mistake):
    result = run(name, {mistake.cell: mistake.code})
    assert_quiet(result)
    full = maximum(name)
    assert result.points[mistake.task] < full[mistake.task]
    assert mistake.says in result.says[mistake.task], result.says[mistake.task]
    for key in full.keys() - {mistake.task, *mistake.touches}:
        assert result.points[key] == full[key], result.says[key]


@pytest.mark.parametrize("name", MODULES)
def test_catalogue_is_large_enough_and_well_formed(name):
    module, full = MODULES[name], maximum(name)
    solutions = {key for key, kind, _, _ in cells(name) if kind == "solution"}
    assert len(module.MISTAKES) >= 11
    assert len(module.CORRECT) >= 4
    for mistake in module.MISTAKES:
        assert isinstance(mistake, Mistake)
        assert mistake.task in full
        assert mistake.cell in solutions
        assert {*mistake.touches} <= full.keys()
        assert len(mistake.why) > 10
        assert len(mistake.says) > 5
    for other in module.CORRECT:
        assert isinstance(other, Alternative)
        assert other.cells.keys() <= solutions
    assert {mistake.task for mistake in module.MISTAKES} == full.keys()
    assert len({mistake.code for mistake in module.MISTAKES}) == len(module.MISTAKES)


@pytest.mark.parametrize("name", names())
def test_parts_are_hidden_where_the_tests_are(name):
    """A part inside a region of hidden tests says hidden=True, no other does."""
    for key, kind, _, source in cells(name):
        shown = without(source, "HIDDEN TESTS") if kind == "check" else ""
        assert "hidden=True" not in shown, key
        parts = source.count("task.part(") - shown.count("task.part(")
        assert source.count("hidden=True") == parts * (kind == "check"), key


def test_sixty_mistakes_in_all():
    if len(MODULES) < 6:
        pytest.skip("not all six assignments are there")
    assert len(MISTAKES) >= 60


def test_without_takes_out_regions_and_keeps_the_rest():
    source = "a\n    ### BEGIN SOLUTION\n    b\n    ### END SOLUTION\nc"
    assert without(source, "SOLUTION") == "a\nc"
    assert without(source, "SOLUTION", "stub") == "a\n    stub\nc"
