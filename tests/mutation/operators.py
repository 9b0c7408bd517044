"""What is changed in the code: cosmic-ray's operators, and some that NumPy code needs.

Of cosmic-ray's, those remain whose mutants are near misses: ``<`` becomes ``<=`` or
``>=``, but not ``is``, and ``*`` becomes ``/``, but not ``^``.  The others die of a
TypeError in every test, which makes a score look better than it is.  Strings are left
alone: a message's wording is prose, and what it must say is in tests/test_errors.py.
"""

import re

import parso
from cosmic_ray.ast import ast_nodes, get_ast
from cosmic_ray.mutating import mutate_code
from cosmic_ray.operators.operator import Operator
from cosmic_ray.plugins import get_operator, operator_names

NEAR_MISSES = re.compile(
    r"core/(AddNot|ExceptionReplacer|NumberReplacer|RemoveDecorator"
    r"|ZeroIterationForLoop|Replace(True|False|And|Or|Break|Continue)With\w+"
    r"|ReplaceUnaryOperator_Delete_\w+"
    r"|ReplaceBinaryOperator_(Add_Sub|Sub_Add|Mul_Div|Div_Mul|FloorDiv_Mul|Mod_Mul"
    r"|Pow_Mul|BitAnd_BitOr|BitOr_BitAnd)"
    r"|ReplaceComparisonOperator_(Eq_NotEq|NotEq_Eq|Is_IsNot|IsNot_Is|Lt_LtE|Lt_GtE"
    r"|LtE_Lt|LtE_Gt|Gt_GtE|Gt_LtE|GtE_Gt|GtE_Lt))"
)

COMMENT = re.compile(r"(^|\s+)# .*")


class Rewrite(Operator):
    """An operator that puts other code in the place of a node."""

    def rewrites(self, node):
        """Yield the codes that shall stand in the node's place, one after the other."""
        raise NotImplementedError

    def mutation_positions(self, node):
        """Yield the node's place once for each of its rewrites."""
        for _ in self.rewrites(node):
            yield node.start_pos, node.end_pos

    def mutate(self, node, index):
        """Return the rewrite of this index."""
        space = node.get_first_leaf().prefix
        return parso.parse(space + list(self.rewrites(node))[index])

    @classmethod
    def examples(cls):
        """Return none: the test has them."""
        return ()


def code(node):
    """Return the node's code without the space and comments before it."""
    return node.get_code(include_prefix=False)


def names(node):
    """Return the names in a node's code."""
    return {leaf.value for leaf in ast_nodes(node) if leaf.type == "name"}


def scope(node):
    """Return the innermost class, function or module around a node."""
    while node.type not in ("classdef", "funcdef", "file_input"):
        node = node.parent
    return node


def where(node):
    """Return the name of the definition around a node, such as ``Dense.backward``."""
    if node.type == "decorator":
        node = node.parent
        while node.type != "decorated":
            node = node.parent
        node = node.children[-1]
    node, found = scope(node), []
    while node.type != "file_input":
        found.insert(0, node.name.value)
        node = scope(node.parent)
    return ".".join(found) or "module"


class DropStatement(Rewrite):
    """``self.X = X`` -> ``pass``; so with calls, return, raise and yield.

    A variable's first assignment is left: without it all ends in a NameError.
    """

    KINDS = ("atom_expr", "return_stmt", "raise_stmt", "yield_expr", "keyword")

    def rewrites(self, node):
        if node.parent is None or node.parent.type != "simple_stmt":
            return
        if node.type == "expr_stmt":
            target, sign, *_, value = node.children
            again = names(target) & names(value) or target.type == "atom_expr"
            again = again or code(sign) != "=" or scope(node).type == "classdef"
            if not again:
                return
        elif node.type not in self.KINDS or code(node) == "pass":
            return
        yield "pass"


class DropKeyword(Rewrite):
    """``Z.max(axis=1, keepdims=True)`` -> ``Z.max(axis=1)``."""

    def rewrites(self, node):
        if node.type == "argument":
            parts = [node]
        elif node.type == "arglist":
            parts = [part for part in node.children if code(part) != ","]
        else:
            return
        if node.type == "argument" and node.parent.type == "arglist":
            return
        for part in parts:
            if part.type == "argument" and part.children[0].type == "name":
                yield ", ".join(code(other) for other in parts if other is not part)


class Unwrap(Rewrite):
    """``Z.sum(axis=1)`` -> ``Z``, ``W.T`` -> ``W``, ``float(a)`` -> ``(a)``.

    A call gives way to what it is called on, and to each of its arguments.
    """

    def rewrites(self, node):
        if node.type != "atom_expr" or node.parent.type == "decorator":
            return
        *before, last = node.children
        receiver = "".join(map(code, before))
        if code(last) == ".T":
            yield receiver
        if code(last)[0] != "(" or node.parent.type == "simple_stmt":
            return
        if len(before) > 1 and code(before[-1])[0] == "." and code(before[0]) != "np":
            yield "".join(map(code, before[:-1]))
        inside = last.children[1]
        parts = inside.children if inside.type == "arglist" else [inside]
        for part in parts:
            texts = part.type in ("string", "fstring", "strings")
            if part.type not in ("argument", "operator") and not texts:
                yield f"({code(part)})"


SWAPS = {
    "@": ["*"],
    "+=": ["-=", "="],
    "-=": ["+=", "="],
    "*=": ["/=", "="],
    "/=": ["*=", "="],
    "max": ["min"],
    "min": ["max"],
    "maximum": ["minimum"],
    "minimum": ["maximum"],
    "argmax": ["argmin"],
    "any": ["all"],
    "all": ["any"],
}


class Swap(Rewrite):
    """``A @ B`` -> ``A * B``, ``+=`` -> ``-=`` or ``=``, ``max(a)`` -> ``min(a)``."""

    def rewrites(self, node):
        if node.type not in ("operator", "name") or node.value not in SWAPS:
            return
        named = node.type == "name" and node.is_definition()
        if not named and node.parent.type not in ("argument", "decorator"):
            yield from SWAPS[node.value]

    def mutate(self, node, index):
        """Return the same leaf with another value."""
        node.value = list(self.rewrites(node))[index]
        return node


OWN = [DropStatement, DropKeyword, Unwrap, Swap]


def mutants(source):
    """Yield (definition, line before, line after, mutated source) for each mutant.

    Where a change spans lines, they are joined.  The same code changed in the same way
    by two operators is one mutant.
    """
    chosen = [get_operator(n) for n in operator_names() if NEAR_MISSES.fullmatch(n)]
    tree, seen = get_ast(source), {source}
    for operator in (operator() for operator in [*OWN, *chosen]):
        places = (
            node for node in ast_nodes(tree) for _ in operator.mutation_positions(node)
        )
        for occurrence, node in enumerate(places):
            mutated = mutate_code(source, operator, occurrence)
            if mutated not in seen and is_code(mutated):
                seen.add(mutated)
                yield where(node), *changed(source, mutated), mutated


def is_code(text):
    """Return whether a text is a Python program."""
    try:
        compile(text, "mutant", "exec")
    except SyntaxError:
        return False
    return True


def changed(source, mutated):
    """Return the lines that differ, before and after: bare code, drawn together."""
    old, new = source.splitlines(), mutated.splitlines()
    while old and new and old[0] == new[0]:
        del old[0], new[0]
    while old and new and old[-1] == new[-1]:
        del old[-1], new[-1]
    return tuple(
        " ".join(word for line in lines for word in COMMENT.sub("", line).split())
        for lines in (old, new)
    )
