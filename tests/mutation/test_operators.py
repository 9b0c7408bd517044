"""The mutants of small pieces of code are those one would think of."""

import pytest

pytest.importorskip("cosmic_ray", reason="needs the extra mutants")

from operators import mutants


def lines(source):
    """Return what becomes of a source's lines, as pairs (where, line after)."""
    return {(where, after) for where, _, after, _ in mutants(source)}


BODIES = {
    "self.X = X": {"pass"},
    "X = X + 1": {"pass", "X = X - 1", "X = X + 2", "X = X + 0"},
    "Z = X @ W": {"Z = X * W"},
    "total += X": {"pass", "total -= X", "total = X"},
    "return X.T": {"pass", "return X"},
    "return X.copy()": {"pass", "return X"},
    "return np.maximum(X, Z)": {
        "pass",
        "return (X)",
        "return (Z)",
        "return np.minimum(X, Z)",
    },
    "dX = dZ.sum(axis=k, keepdims=True)": {
        "dX = dZ",
        "dX = dZ.sum(axis=k)",
        "dX = dZ.sum(keepdims=True)",
        "dX = dZ.sum(axis=k, keepdims=False)",
    },
    "m = len(rows) if X < k else k": {
        "m = (rows) if X < k else k",
        "m = len(rows) if X <= k else k",
        "m = len(rows) if X >= k else k",
        "m = len(rows) if not X < k else k",
    },
    "raise ValueError(f'{X}: is it transposed?')": {"pass"},
    "'''X @ W + b'''": set(),
    "Z = 'a + b'": set(),
}


@pytest.mark.parametrize("body", BODIES)
def test_a_line_becomes_its_near_misses(body):
    found = lines(f"def f(X):\n    {body}\n")
    assert {after for _, after in found} == BODIES[body]
    assert {where for where, _ in found} <= {"f"}


def test_decorators_and_attributes_of_classes_are_dropped():
    source = "class A:\n    b = c = None\n\n    @door(check)\n    def f(self): ...\n"
    assert lines(source) == {("A", "pass"), ("A.f", "")}


def test_a_mutant_is_valid_and_no_two_are_equal():
    line = "return {**a, 'b': g(*a, b=b)} if a and not b else b[1:]"
    source = f"def f(a, b):\n    {line}\n"
    found = [mutated for *_, mutated in mutants(source)]
    assert len(found) == len(set(found)) > 6
    for mutated in found:
        compile(mutated, "mutant", "exec")
        assert mutated != source


def test_a_change_keeps_its_name_when_lines_are_moved_or_wrapped():
    one = [key for *key, _ in mutants("def f(a):\n    g(a, b=a)\n")]
    other = [
        key for *key, _ in mutants("\n\ndef f(a):\n    # why\n    g(a,  b=a)  # yes\n")
    ]
    assert one == other
