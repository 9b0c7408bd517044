"""Work that was not done earns nothing: no stub, constant or inherited method."""

import ast
import textwrap

import pytest
from running import names, released, run

pytestmark = pytest.mark.course

HELPER = """
def zeroed(given):
    for argument in given:
        try:
            argument[...] = 0
        except (TypeError, ValueError):
            pass
    return given
"""
BODY = """
given = [x for name, x in locals().items() if name != "self"] or [None]
return {}
"""
WAYS = ["None", "0.0", "1.0", "True", "()", "zeroed(given)[-1]"]
WAYS += ["np.zeros(np.shape(given[0]))", "np.ones(np.shape(given[0]))"]
WAYS += [f"given[{number} % len(given)]" for number in range(5)]
INHERITS, ALL_ZERO = "its base class's", "np.zeros(np.shape(zeroed(given)[0]))"


class Idle(ast.NodeTransformer):
    """Lets each stub return something instead, or leaves the method out."""

    def __init__(self, way):
        self.way = way

    def visit_FunctionDef(self, node):
        stub = "raise NotImplementedError" in ast.unparse(node)
        if not stub and self.way != ALL_ZERO:
            return node
        if self.way == INHERITS:
            return None
        lines = BODY.format("None" if node.name == "__init__" else self.way)
        made = ast.parse(f"def f():{textwrap.indent(lines, '    ')}")
        node.body = made.body[0].body
        return node

    def visit_ClassDef(self, node):
        self.generic_visit(node)
        node.body = node.body or [ast.Pass()]
        return node


@pytest.mark.parametrize("name", names())
def test_no_work_earns_no_points(name):
    earned = {}
    for key, source in released(name, "solution").items():
        for way in [*WAYS, INHERITS, ALL_ZERO]:
            changed = ast.unparse(Idle(way).visit(ast.parse(source)))
            points, _ = run(name, {key: HELPER + changed})
            check = key.replace("task", "check")
            if points[check]:
                earned[key, way] = points[check]
    assert earned == {}
