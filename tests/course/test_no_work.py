"""Work that was not done earns nothing: no stub, constant or inherited method."""

import ast
import textwrap

import pytest
from running import names, released, run

STUB = "raise NotImplementedError"
CHANGED = """
for argument in {arguments}:
    try:
        argument[...] = 0
    except (TypeError, ValueError):
        pass
return argument
"""


def bodies(arguments):
    """Return {what is done instead of the work: lines of a body}."""
    own = [name for name in arguments if name != "self"]
    found = {
        f"returns {x}": f"return {x}" for x in ("None", "0.0", "1.0", "True", "()")
    }
    found |= {f"returns {name}": f"return {name}" for name in own}
    if own:
        found["sets its arguments to 0"] = CHANGED.format(
            arguments=f"({', '.join(own)},)"
        )
        found["returns zeros"] = f"return np.zeros(np.shape({own[0]}))"
        found["returns ones"] = f"return np.ones(np.shape({own[0]}))"
    return found


class Idle(ast.NodeTransformer):
    """Puts a body in the place of each stub, or leaves the method out."""

    def __init__(self, what):
        self.what = what

    def visit_FunctionDef(self, node):
        if self.what == "everything is 0":
            own = [name for name in arguments_of(node) if name != "self"]
            first = own[0] if own else "0"
            lines = CHANGED.format(arguments=f"({', '.join(own)},)" if own else "()")
            back = "" if node.name == "__init__" else f"np.zeros(np.shape({first}))"
            lines = lines.replace("return argument", f"return {back}")
            node.body = parsed(lines)
            return node
        if not is_stub(node):
            return node
        if self.what == "inherits":
            return None
        lines = bodies(arguments_of(node)).get(self.what, "return None")
        node.body = parsed(lines)
        return node


def parsed(lines):
    """Return a body of these lines."""
    return ast.parse(f"def f():\n{textwrap.indent(lines, '    ')}").body[0].body


def is_stub(node):
    return isinstance(node, ast.FunctionDef) and STUB in ast.unparse(node)


def arguments_of(node):
    return [argument.arg for argument in node.args.args]


def idle(name):
    """Yield (cell, what is done instead, source) for all tasks of an assignment."""
    for key, source in released(name, "solution").items():
        stubs = [node for node in ast.walk(ast.parse(source)) if is_stub(node)]
        whats = {what: None for node in stubs for what in bodies(arguments_of(node))}
        for what in [*whats, "inherits", "everything is 0"]:
            changed = Idle(what).visit(ast.parse(source))
            for node in ast.walk(changed):
                if isinstance(node, ast.ClassDef) and not node.body:
                    node.body = [ast.Pass()]
            yield key, what, ast.unparse(ast.fix_missing_locations(changed)) or "pass"


@pytest.mark.parametrize("name", names())
def test_no_work_earns_no_points(name):
    earned = {}
    for key, what, source in idle(name):
        points, _ = run(name, {key: source})
        check = key.replace("task", "check")
        if points[check]:
            earned[key, what] = points[check]
    assert earned == {}
