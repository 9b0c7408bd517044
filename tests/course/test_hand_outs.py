"""The form of the hand-outs."""

import ast

import execute
import pytest
from lesson_form import NOTEBOOKS, code_cells, read

SOURCES = sorted((NOTEBOOKS / "assignments" / "source").glob("*/*.ipynb"))


def top_names(source):
    """Return the names that a cell defines for all cells after it."""
    names = set()
    for node in ast.parse(source).body:
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            names.add(node.name)
        else:
            stored = [x for x in ast.walk(node) if isinstance(x, ast.Name)]
            names |= {x.id for x in stored if isinstance(x.ctx, ast.Store)}
    return names


@pytest.mark.parametrize("path", SOURCES, ids=lambda path: path.stem)
def test_checks_are_folded_and_leave_no_name_that_a_forgotten_self_could_find(path):
    checks = [cell for cell in code_cells(read(path)) if execute.is_check(cell)]
    assert len(checks) >= 4
    for cell in checks:
        assert cell.metadata.jupyter == {"source_hidden": True}
        assert top_names(cell.source) == {"task", "checks"}
