"""When the mutation run fails, and what it says."""

import pytest

pytest.importorskip("resource", reason="the run needs Linux or macOS")

from run import ROOT, TESTS, explained, files_of, summary

KEY = ("layers", "f", "a < b", "a <= b")
KILLED = [(("layers", "f", "a", f"{i}"), "killed") for i in range(18)]
LATE = (("layers", "f", "while a:", "while not a:"), "late")
SURVIVED = (KEY, "survived")


def test_a_survivor_needs_a_reason(capsys):
    results = [*KILLED, LATE, SURVIVED]
    assert summary(results, {KEY: "equivalent: a is never b"})
    assert "equivalent: a is never b" in capsys.readouterr().out
    assert not summary(results, {})
    assert "NOT EXPLAINED" in capsys.readouterr().out


def test_19_of_20_are_enough_and_18_of_19_are_not(capsys):
    reasons = {KEY: "accepted: nobody is promised"}
    assert summary([*KILLED, LATE, SURVIVED], reasons)
    assert capsys.readouterr().out.split("\n")[2].split() == [
        "layers", "20", "19", "1", "1", "95.0%"
    ]  # fmt: skip
    assert not summary([*KILLED, SURVIVED], reasons)


def test_one_module_below_the_bar_is_not_made_up_for_by_others():
    others = [(("losses", "f", "a", f"{i}"), "killed") for i in range(100)]
    assert not summary([*others, *KILLED, SURVIVED], {KEY: "accepted: no promise"})


def test_a_reason_without_a_survivor_is_named(capsys):
    assert summary(KILLED, {KEY: "accepted: nobody is promised"})
    assert "no survivor any more" in capsys.readouterr().out


def test_the_reasons_are_reasons_and_the_tests_are_there():
    for (module, *_), reason in explained().items():
        assert module in TESTS
        assert reason.startswith(("equivalent: ", "accepted: "))
    assert all((ROOT / path).is_file() for m in TESTS for path in files_of(m))
