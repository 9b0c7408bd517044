"""The tables of environments and of mutants count what came out, and tell red."""

import importlib
import json
import re
import sys
from unittest.mock import Mock

import matrix
import pytest
from lesson_form import ROOT

FOUND = ["3.11.7", "2.4.6", "3.10.9", "7.4.0", "4.6.6", "openblas"]
GOOD = {"found": FOUND, "cells": 9, "equal": 9, "figures": 5, "passed": 7, "tests": 7}
FIGURES = '<properties><property name="figures" value="5"/></properties>'
RESULTS = ("", "<failure/>", "<skipped/>", "<error/>")
CASE = '<testcase classname="a" name="b" file="{}">{}</testcase>'


@pytest.fixture
def page(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix, "RESULTS", tmp_path)
    monkeypatch.setattr(matrix, "PAGE", tmp_path / "MATRIX.md")
    matrix.PAGE.write_text(f"before\n{matrix.BEGIN}old\n", "utf-8")
    return matrix.PAGE


def test_equal_cells_reach_the_page_and_what_was_not_run_is_named(page):
    (page.parent / "locked versions.json").write_text(json.dumps(GOOD))
    assert matrix.table(page=True) == 0
    text = page.read_text("utf-8")
    assert text.startswith(f"before\n{matrix.BEGIN}")
    assert "1 environments, 9 cells, all of them equal" in text
    assert f"| locked versions | {' | '.join(FOUND)} | 9 of 9 | 5 | 7 of 7 |" in text
    assert "| NumPy 2.0 | not run: no Python 3.12, or" in text
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == len(matrix.ROWS) + 2 == 27
    assert len({row.count("|") for row in rows}) == 1


@pytest.mark.parametrize(
    "changes", [{"equal": 8}, {"passed": 6}, {"passed": 0, "tests": 0}]
)
def test_a_red_row_leaves_the_page(page, changes):
    (page.parent / "locked versions.json").write_text(json.dumps(GOOD | changes))
    assert matrix.table(page=True) == 1
    assert page.read_text("utf-8").endswith("old\n")


def test_the_report_is_counted(tmp_path):
    cases = [CASE.format("notebooks/a.ipynb", result) for result in RESULTS]
    cases += [CASE.format("tests/a.py", result) for result in (FIGURES, *RESULTS)]
    (tmp_path / "junit.xml").write_text(f"<all>{''.join(cases)}</all>", "utf-8")
    found = matrix.counted(tmp_path / "junit.xml")
    assert found.pop("cells") > 400
    assert found == {"equal": 1, "figures": 5, "passed": 2, "tests": 4}


def test_the_readme_quotes_the_page():
    text = matrix.PAGE.read_text("utf-8")
    (environments, cells), *_ = re.findall(r"(\d+) environments, ([\d,]+) cells", text)
    readme = (ROOT / "README.md").read_text("utf-8")
    assert f"[{cells} of {cells} cells](tests/project/MATRIX.md)" in readme
    assert f"in {environments} environments" in readme


def test_a_survivor_without_a_reason_is_red(monkeypatch):
    for name in ("cosmic_ray", "cosmic_ray.work_db", "cosmic_ray.work_item"):
        monkeypatch.setitem(sys.modules, name, Mock())
    monkeypatch.syspath_prepend(ROOT / "tests/project/mutation")
    survivors = importlib.import_module("survivors")
    results = [(("a", "f", f"{n}", ""), n < 99) for n in range(100)]
    monkeypatch.setattr(survivors, "read", lambda session: results)
    assert survivors.main(["session"]) == 1
