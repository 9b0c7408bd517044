"""Compare the code in lesson cells tagged ``nnlib`` with nnlib itself, as syntax trees.

Docstrings, annotations, decorators and leading checks are left aside: in nnlib a public
function begins with calls of ``check_...`` functions, then come the lesson's lines.
"""

import ast
from functools import cache
from itertools import dropwhile

from lesson_form import ROOT, code_cells, has_tag


class Plain(ast.NodeTransformer):
    """Drop docstrings, annotations, decorators and leading checks."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.decorator_list, node.returns = [], None
        node.body = list(dropwhile(only_checks, node.body))
        return node

    def visit_Expr(self, node):
        return None if isinstance(node.value, ast.Constant) else node

    def visit_arg(self, node):
        return ast.arg(node.arg)

    def visit_AnnAssign(self, node):
        return node.value and ast.Assign([node.target], node.value, lineno=0)


def only_checks(statement):
    """Tell whether a statement is ``check_...(...)``, or ``X, y = check_...(...)``.

    What a check returns may be kept under plain names only: an attribute that it sets
    is part of the code.
    """
    match statement:
        case ast.Expr(ast.Call(ast.Name(name))):
            kept = []
        case ast.Assign([ast.Tuple(kept)] | kept, ast.Call(ast.Name(name))):
            pass
        case _:
            return False
    return name.startswith("check_") and all(isinstance(k, ast.Name) for k in kept)


def definitions(source):
    """Return {"softmax": code, "Dense.forward": code, ...} for what source defines.

    What a class holds beside methods goes by its own code.
    """
    found = {}
    for node in Plain().visit(ast.parse(source)).body:
        if isinstance(node, ast.FunctionDef):
            found[node.name] = ast.unparse(node)
        elif isinstance(node, ast.ClassDef):
            for part in node.body:
                code = ast.unparse(part)
                found[f"{node.name}.{getattr(part, 'name', code)}"] = code
    return found


@cache
def library():
    """Return {module: its definitions} of nnlib outside plotting."""
    paths = sorted(ROOT.glob("nnlib/*.py"))
    return {path.stem: definitions(path.read_text("utf-8")) for path in paths}


def quoted(notebook):
    """Return (names, faults): what cells tagged ``nnlib`` define, where they drift."""
    held = {name: code for of in library().values() for name, code in of.items()}
    names, faults = set(), []
    for cell in code_cells(notebook):
        if has_tag(cell, "nnlib"):
            shown = definitions(cell.source)
            names |= shown.keys()
            faults += [] if shown else [f"a cell defines nothing: {cell.source}"]
            missing = shown.keys() - held.keys()
            faults += [f"nnlib has no {name}" for name in missing]
            drifted = [n for n in shown.keys() - missing if shown[n] != held[n]]
            faults += [f"{name} differs from nnlib's" for name in drifted]
    return names, faults
