"""Wrong attempts at lesson 07's exercises."""

ATTEMPTS = {
    "Exercise 1": [
        ("def guess_one(y):\n    return np.bincount(y).argmax()", "the label itself"),
        ("def guess_one(y):\n    return np.bincount(y).max()", "how many are right"),
        (
            "def guess_one(y):\n    return 100 * np.bincount(y).max() / len(y)",
            "that is in per cent",
        ),
        ("def guess_one(y):\n    return 1 / len(np.unique(y))", "count instead"),
        ("def guess_one(y):\n    np.bincount(y).max() / len(y)", "is a return missing"),
    ],
    "Exercise 2": [
        (
            """
def group_split(groups, share, rng):
    rows = rng.permutation(len(groups))
    return np.split(rows, [round(share * len(rows))])
""",
            "a writer has rows in both parts",
        ),
        (
            """
def group_split(groups, share, rng):
    writers = np.unique(groups)
    inside = np.isin(groups, writers[: round(share * len(writers))])
    return np.flatnonzero(inside), np.flatnonzero(~inside)
""",
            "draw them with rng",
        ),
        (
            """
def group_split(groups, share, rng):
    writers = rng.permutation(np.unique(groups))
    inside = np.isin(groups, writers[: int(share * len(writers))])
    return np.flatnonzero(inside), np.flatnonzero(~inside)
""",
            "rounded 4",
        ),
        (
            """
def group_split(groups, share, rng):
    writers = rng.permutation(np.unique(groups))
    inside = np.isin(groups, writers[: round(share * len(writers))])
    return groups[inside], groups[~inside]
""",
            "each row number should be in exactly one part",
        ),
        (
            """
def group_split(groups, share, rng):
    writers = rng.permutation(np.unique(groups))
    inside = np.isin(groups, writers[: round(share * len(writers))])
    return inside, ~inside
""",
            "row numbers, not True and False",
        ),
    ],
    "Exercise 3": [
        ("def with_copies(X, y):\n    return X, y", "three images should become nine"),
        (
            """
def with_copies(X, y):
    return np.concatenate([X, moved(X, -1), moved(X, 1)]), np.tile(y, 3)
""",
            "right comes first",
        ),
        (
            """
def with_copies(X, y):
    rolled = [np.roll(X, 1, axis=1), np.roll(X, -1, axis=1)]
    return np.concatenate([X, *rolled]), np.tile(y, 3)
""",
            "ink wraps into the next line",
        ),
        (
            """
def with_copies(X, y):
    return np.concatenate([X, moved(X, 1), moved(X, -1)]), np.repeat(y, 3)
""",
            "thrice in a row",
        ),
        (
            """
def with_copies(X, y):
    return np.concatenate([X, moved(X, 1), moved(X, -1)]), y
""",
            "the labels has shape (3,), expected (9,)",
        ),
    ],
    "Exercise 4": [
        ("class FirstDense(Dense):\n    pass\nsaved_share = 0.329", "return nothing"),
        (
            """
class FirstDense(Dense):
    def backward(self, dZ):
        super().backward(dZ)

saved_share = 0.329
""",
            "still uses W",
        ),
        (
            """
class FirstDense(Dense):
    def backward(self, dZ):
        self.dW = self.X.T @ dZ

saved_share = 0.329
""",
            "self.db",
        ),
        (
            """
class FirstDense(Dense):
    def backward(self, dZ):
        dW = self.X.T @ dZ
        db = dZ.sum(axis=0, keepdims=True)

saved_share = 0.329
""",
            "self.dW",
        ),
        (
            """
class FirstDense(Dense):
    def backward(self, dZ):
        self.dW = self.X.T @ dZ
        self.db = dZ.sum(axis=0, keepdims=True)

saved_share = 1 / 3
""",
            "the second layer still computes its dX",
        ),
    ],
}
