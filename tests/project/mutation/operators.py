"""Changes of code that cosmic-ray has no operators for, and NumPy code needs.

Strings are left alone: a message's wording is prose.
"""

import parso
from cosmic_ray.ast import ast_nodes
from cosmic_ray.operators.operator import Operator


class Rewrite(Operator):
    """Puts other code in a node's place, one after the other of ``rewrites(node)``."""

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


def in_class_body(node):
    """Return whether a statement is a class's, such as an attribute's first value."""
    return node.search_ancestor("classdef", "funcdef", "file_input").type == "classdef"


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
            if again or code(sign) != "=" or in_class_body(node):
                yield "pass"
        elif node.type in self.KINDS and code(node) != "pass":
            yield "pass"


class DropKeyword(Rewrite):
    """``Z.max(axis=1, keepdims=True)`` -> ``Z.max(axis=1)``."""

    def rewrites(self, node):
        if node.type == "arglist":
            parts = [part for part in node.children if code(part) != ","]
        elif node.type == "argument" and node.parent.type != "arglist":
            parts = [node]
        else:
            return
        for part in parts:
            if part.type == "argument" and code(part.children[1]) == "=":
                yield ", ".join(code(other) for other in parts if other is not part)


class Unwrap(Rewrite):
    """``Z.sum(axis=1)`` -> ``Z``, ``W.T`` -> ``W``, ``float(a)`` -> ``(a)``.

    A call gives way to what it is called on, and to each of its arguments.
    """

    KEPT = ("argument", "operator", "string", "fstring", "strings")

    def rewrites(self, node):
        if node.type != "atom_expr" or node.parent.type == "decorator":
            return
        *before, last = node.children
        if code(last) == ".T":
            yield "".join(map(code, before))
        if code(last)[0] != "(" or node.parent.type == "simple_stmt":
            return
        if len(before) > 1 and code(before[-1])[0] == "." and code(before[0]) != "np":
            yield "".join(map(code, before[:-1]))
        inside = last.children[1]
        for part in inside.children if inside.type == "arglist" else [inside]:
            if part.type not in self.KEPT:
                yield f"({code(part)})"


SWAPS = {
    **{"@": ["*"], "+=": ["-=", "="], "-=": ["+=", "="]},
    **{"*=": ["/=", "="], "/=": ["*=", "="]},
    **{"max": ["min"], "min": ["max"], "any": ["all"], "all": ["any"]},
    **{"maximum": ["minimum"], "minimum": ["maximum"], "argmax": ["argmin"]},
}


class Swap(Rewrite):
    """``A @ B`` -> ``A * B``, ``+=`` -> ``-=`` or ``=``, ``max(a)`` -> ``min(a)``."""

    def rewrites(self, node):
        if node.type not in ("operator", "name"):
            return
        named = node.type == "name" and node.is_definition()
        if not named and node.parent.type not in ("argument", "decorator"):
            yield from SWAPS.get(node.value, ())


# What cosmic-ray asks a provider of operators for: names, and a class for each.
OPERATORS = {op.__name__: op for op in (DropStatement, DropKeyword, Unwrap, Swap)}
