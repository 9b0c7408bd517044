"""Tests of the mutation run itself: `make mutants` begins with them."""

import pytest
import survivors
from cosmic_ray.mutating import mutate_code
from cosmic_ray.work_db import use_db
from cosmic_ray.work_item import MutationSpec, WorkItem, WorkResult
from operators import OPERATORS

BODIES = {
    "self.X = X": {"pass"},
    "Z = X @ W": {"Z = X * W"},
    "total += X": {"pass", "total -= X", "total = X"},
    "return X.T": {"pass", "return X"},
    "return X.copy()": {"pass", "return X"},
    "return np.maximum(X, 0)": {
        "pass",
        "return (X)",
        "return (0)",
        "return np.minimum(X, 0)",
    },
    "dX = dZ.sum(axis=0, keepdims=True)": {
        "dX = dZ",
        "dX = dZ.sum(axis=0)",
        "dX = dZ.sum(keepdims=True)",
    },
    "m = len(rows) if X else 1": {"m = (rows) if X else 1"},
    "raise ValueError(f'{X}: is it transposed?')": {"pass"},
    "'''X @ W + b'''": set(),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_line_becomes_its_near_misses(body):
    source, found = f"def f(X):\n    {body}\n", set()
    for operator in OPERATORS.values():
        occurrence = 0
        while mutated := mutate_code(source, operator(), occurrence):
            found.add(mutated.split("\n")[1].strip())
            occurrence += 1
    assert found == BODIES[body]


@pytest.mark.parametrize(("alive", "reason", "code"), [
    (0, False, 0), (1, False, 1), (1, True, 0), (2, True, 1),
])  # fmt: skip
def test_a_survivor_needs_a_reason_and_few_may_survive(
    tmp_path, monkeypatch, capsys, alive, reason, code
):
    session, reasons = str(tmp_path / "session.sqlite"), tmp_path / "survivors.toml"
    with use_db(session) as work:
        for i in range(40):
            place = MutationSpec("nnlib/layers.py", "op", i, (1, 0), (1, 1), {}, "f")
            work.add_work_items([WorkItem.single(str(i), place)])
            outcome = "survived" if i < alive else "killed"
            diff = "---\n--- a\n+++ b\n@@ 1 @@\n def f():\n-    a <  b\n+    a <= b"
            work.set_result(str(i), WorkResult("normal", "", outcome, diff))
    entry = 'module="layers"\ndefinition="f"\nbefore="a < b"\nafter="a <= b"\n'
    entry = f'[[survivor]]\n{entry}reason="a is never b"' if reason else "survivor = []"
    reasons.write_text(entry, "utf-8")
    monkeypatch.setattr(survivors, "REASONS", reasons)
    assert survivors.main([session]) == code
    printed = capsys.readouterr().out
    assert ("NO REASON" in printed) == (alive > 0 and not reason)
    assert ("a is never b" in printed) == reason
