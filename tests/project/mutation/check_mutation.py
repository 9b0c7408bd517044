"""Tests of the mutation run itself: `make mutants` begins with them."""

import pytest
from cosmic_ray.mutating import mutate_code
from operators import OPERATORS

BODIES = {
    "self.X = X": {"pass"},
    "Z = X @ W": {"Z = X * W"},
    "total += X": {"pass", "total -= X", "total = X"},
    "return X.T": {"pass", "return X"},
    "return X.copy()": {"pass", "return X"},
    "return max(X, 0)": {"pass", "return (X)", "return (0)", "return min(X, 0)"},
    "dX = np.sum(dZ, axis=0)": {"dX = (dZ)", "dX = np.sum(dZ)"},
    "A = Z.sum(axis=0, out=B)": {"A = Z", "A = Z.sum(axis=0)", "A = Z.sum(out=B)"},
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
