"""notebooks/README.md against the lessons: each symbol is named, each formula is there.

A symbol is a letter with its accent, such as W, \\hat Y or \\sigma; a name in roman,
such as softmax, is none.  Formulas are compared without spaces, brackets and alignment.
"""

import re

from lesson_form import NOTEBOOKS, prose, read

PAGE = (NOTEBOOKS / "README.md").read_text("utf-8")
NOTATION, SHEET = PAGE.split("## Notation")[1].split("## Formula sheet")
ACCENTED = r"\\(?:hat|bar|tilde|overline)\s*\{?\\?[a-zA-Z]+\}?"
GREEK = r"\\(?:beta|delta|(?:var)?epsilon|eta|theta|lambda|mu|sigma|omega|ell)\b"
ROMAN = r"\\(?:text|mathrm|tag|begin|end)\s*\{[^{}]*\}"
ARGUMENT = r"\{((?:[^{}]|\{[^{}]*\})*)\}"
SIDES = r"\s=\s|\\(?:approx|leftarrow|to|ge)\b|(?<!\\),\s"
LAYOUT = r"\\[dt]?frac|\\[lr]vert|\||\\[Bb]igg?[lr]?|\\left|\\right|\\q?quad|\\[,;!]"


def formulas(text):
    """Return what stands between dollars."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", text, flags=re.DOTALL)
    return [found for _, found in re.findall(r"(\$\$?)(.+?)\1", text, re.DOTALL)]


def symbols(text):
    """Return the symbols in all formulas of a text."""
    found = set()
    for formula in formulas(text):
        rest = re.sub(ROMAN, " ", formula)
        for pattern in (ACCENTED, GREEK):
            found |= {re.sub(r"[\s{}]", "", x) for x in re.findall(pattern, rest)}
            rest = re.sub(pattern, " ", rest)
        found |= set(re.findall("[a-zA-Z]", re.sub(r"\\[a-zA-Z]+", " ", rest)))
    return found


def plain(formula):
    """Return a formula without what only sets it."""
    formula = re.sub(r"&&.*?(\\\\|$)", "", formula, flags=re.MULTILINE)
    formula = re.sub(r"\\([dt]?)frac(\d)(\d)", r"\\frac{\2}{\3}", formula)
    formula = re.sub(r"\\[dt]?frac\s*" + ARGUMENT + ARGUMENT, r"\1/\2", formula)
    formula = formula.replace(r"\text", r"\mathrm")
    return re.sub(rf"{LAYOUT}|\\\\|[\s&{{}}().\[\]]", "", formula)


def test_each_symbol_of_a_lesson_is_named(lesson):
    assert symbols(prose(read(lesson))) - symbols(NOTATION) == set()


def test_each_formula_of_the_sheet_stands_in_its_lesson(lesson):
    there = plain(prose(read(lesson)))
    (part,) = [part for part in SHEET.split("\n### ") if f"({lesson.name})" in part]
    sides = [side for formula in formulas(part) for side in re.split(SIDES, formula)]
    assert len(sides) > 4
    assert [side for side in sides if plain(side) not in there] == []
