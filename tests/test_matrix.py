"""The table of environments counts what came out, and names what was not run."""

import json

import matrix
import pytest
from lesson_form import LESSONS, code_cells, read
from test_nbval import SOURCES

GOOD = {
    **{"row": "locked versions", "date": "2026-01-02", "python": "3.11.7"},
    **{"numpy": "2.4.6", "matplotlib": "3.10.9", "ipykernel": "7.4.0"},
    **{"jupyterlab": "4.6.6", "blas": "OpenBLAS 0.3.31 Haswell, 2 threads"},
    **{"figures": 5, "passed": 9, "failed": 0, "skipped": 1},
}
CASE = '<testcase classname="a" name="b" file="{}">{}</testcase>'


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(matrix, "RESULTS", tmp_path)
    monkeypatch.setattr(matrix, "README", tmp_path / "README.md")
    page = f"before\n{matrix.BEGIN}\nold\n{matrix.END}\nafter\n"
    matrix.README.write_text(page, "utf-8")
    return tmp_path


def store(**changes):
    number = matrix.code_cells()
    result = GOOD | {"cells": number, "equal": number, "of": matrix.state()} | changes
    matrix.file_of(result["row"]).write_text(json.dumps(result), "utf-8")


def test_all_code_cells_are_expected():
    number = sum(len(code_cells(read(path))) for path in [*LESSONS, *SOURCES])
    assert matrix.code_cells() == number


def test_at_least_sixteen_environments():
    assert len(matrix.ROWS) >= 16


def test_equal_cells_reach_the_readme_and_rows_not_run_are_named(folder, capsys):
    store()
    store(row="NumPy's SIMD off", **{"left out": "this processor cannot run it"})
    assert matrix.table(readme=True) == 0
    page = matrix.README.read_text("utf-8")
    assert page.startswith("before\n")
    assert page.endswith("after\n")
    number = matrix.code_cells()
    assert f"1 environments, {number} cells compared, {number} equal (100 %)" in page
    assert "| NumPy's SIMD off | not run: this processor cannot run it |" in page
    assert "| NumPy 2.0 | not run: no Python 3.12 here" in page
    assert "old" not in page.split()
    rows = page.split(matrix.BEGIN)[1].split(matrix.END)[0].strip().splitlines()[2:]
    assert len(rows) == len(matrix.ROWS) + 2
    assert len({row.count("|") for row in rows}) == 1


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"equal": 1}, "cells differ"),
        ({"cells": 1, "equal": 1}, "cells were compared"),
        ({"failed": 1}, "1 unit tests fail"),
        ({"passed": 0}, "unit tests fail"),
        ({"of": "another"}, "run before"),
    ],
)
def test_less_than_all_fails_and_leaves_the_readme(folder, capsys, changes, words):
    store(**changes)
    assert matrix.table(readme=True) == 1
    assert words in capsys.readouterr().err
    assert "old" in matrix.README.read_text("utf-8")


def test_nothing_run_fails(folder, capsys):
    assert matrix.table(readme=False) == 1
    assert "no environment was run" in capsys.readouterr().err


def test_the_report_is_counted(tmp_path):
    report = tmp_path / "junit.xml"
    figures = '<properties><property name="figures" value="5"/></properties>'
    cases = [
        CASE.format("notebooks/a.ipynb", ""),
        CASE.format("notebooks/a.ipynb", "<failure/>"),
        CASE.format("notebooks/a.ipynb", "<skipped/>"),
        CASE.format("tests/a.py", figures),
        CASE.format("tests/a.py", "<error/>"),
        CASE.format("tests/a.py", "<skipped/>"),
    ]
    report.write_text(f"<testsuite>{''.join(cases)}</testsuite>", "utf-8")
    count = {"cells": 3, "equal": 1, "figures": 5}
    assert matrix.counted(report) == count | {"passed": 1, "failed": 1, "skipped": 1}


def test_a_pytest_that_died_compared_nothing(tmp_path):
    assert set(matrix.counted(tmp_path / "none.xml").values()) == {0}


def test_a_kernel_of_the_blas_is_named_as_it_runs(monkeypatch):
    """What is asked for and what runs are two things: the table shows the second."""
    threadpoolctl = pytest.importorskip("threadpoolctl")
    found = {"user_api": "blas", "internal_api": "openblas", "version": "0.3.31.1"}
    found |= {"architecture": "Nehalem", "num_threads": 1}
    monkeypatch.setattr(threadpoolctl, "threadpool_info", lambda: [found])
    assert matrix.blas() == "OpenBLAS 0.3.31 Nehalem, 1 thread"


def test_a_library_that_is_not_there_is_said(monkeypatch):
    place = matrix.Place("3.11", {"x": {"LD_LIBRARY_PATH": "/usr/lib/*/no-such-blas"}})
    monkeypatch.setitem(matrix.ROWS, "x", place)
    with pytest.raises(matrix.LeftOut, match="no-such-blas"):
        matrix.variables("x")


@pytest.mark.parametrize(("code", "words"), [(-4, "processor"), (1, "No module")])
def test_a_process_that_dies_is_left_out_and_one_that_raises_is_not(
    monkeypatch, code, words
):
    class Done:
        returncode, stdout, stderr = code, "", "No module named numpy"

    monkeypatch.setattr(matrix.subprocess, "run", lambda *args, **options: Done)
    with pytest.raises(matrix.LeftOut if code < 0 else RuntimeError, match=words):
        matrix.look({})
