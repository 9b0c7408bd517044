"""Compare the code in lesson cells tagged ``nnlib`` with nnlib itself, as syntax trees.

Docstrings, annotations, decorators and leading checks are left aside: in nnlib a public
function begins with calls of ``check_...`` functions, then come the lesson's lines.
"""

import ast
from itertools import dropwhile
from pathlib import Path

from lesson_form import ROOT, code_cells

FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


class Plain(ast.NodeTransformer):
    """Drop docstrings, annotations, decorators and leading checks."""

    def visit_FunctionDef(self, node):
        self.generic_visit(node)
        node.decorator_list, node.returns, node.type_comment = [], None, None
        if ast.get_docstring(node) is not None:
            node.body = node.body[1:]
        node.body = list(dropwhile(only_checks, node.body))
        return node

    def visit_arg(self, node):
        node.annotation = None
        return node

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        return ast.Assign([node.target], node.value) if node.value else None


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
    """Return {"softmax": tree, "Dense.forward": tree, ...} for what source defines.

    The trees are texts. What a class body holds beside methods and its docstring is
    listed as "Dense:tree".
    """
    found = {}
    for node in ast.parse(source).body:
        if isinstance(node, FUNCTION):
            found[node.name] = dump(node)
        elif isinstance(node, ast.ClassDef):
            rest = []
            for part in node.body:
                if isinstance(part, FUNCTION):
                    found[f"{node.name}.{part.name}"] = dump(part)
                elif not (
                    isinstance(part, ast.Expr) and isinstance(part.value, ast.Constant)
                ):
                    rest.append(dump(part))
            found |= {f"{node.name}:{text}": text for text in rest}
    return found


def dump(node):
    """Return the tree as text, without positions and without what Plain drops."""
    return ast.dump(Plain().visit(node))


def library(folder=ROOT / "nnlib"):
    """Return the definitions of all of nnlib's modules outside plotting."""
    found = {}
    for path in sorted(Path(folder).glob("*.py")):
        found |= definitions(path.read_text("utf-8"))
    return found


def quoted(notebook):
    """Return (names, faults): what cells tagged ``nnlib`` define, where they drift."""
    held = library()
    names, faults = set(), []
    for number, cell in enumerate(code_cells(notebook), 1):
        if "nnlib" not in cell.metadata.get("tags", []):
            continue
        shown = definitions(cell.source)
        if not shown:
            faults.append(f"code cell {number} is tagged nnlib and defines nothing")
        for name, tree in shown.items():
            names.add(name)
            if name not in held:
                faults.append(f"code cell {number}: nnlib has no {name.split(':')[0]}")
            elif held[name] != tree:
                faults.append(f"code cell {number}: {name} differs from nnlib's")
    return names, faults
