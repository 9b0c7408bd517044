"""Assignment 02: usual mistakes and right alternatives."""

from running import Alternative, Mistake

NAME = "02_dense_layer"


def changed(code, old, new):
    """Return the code with one passage exchanged; it must occur exactly once."""
    assert code.count(old) == 1, (code.count(old), old)
    return code.replace(old, new)


STATISTICS = """
def mean_and_spread(X):
    mean = X.mean(axis=0, keepdims=True)
    spread = np.sqrt(((X - mean) ** 2).mean(axis=0, keepdims=True))
    return mean, np.where(spread < 1e-12, 1.0, spread)
"""

LAYER = """
class StandardDense:
    def __init__(self, mean, spread, W, b):
        self.mean, self.spread = mean, spread
        self.W, self.b = W, b

    def forward(self, X):
        return ((X - self.mean) / self.spread) @ self.W + self.b
"""

FOLDED = """
def folded(mean, spread, W, b):
    W_plain = W / spread.T
    b_plain = b - mean @ W_plain
    return W_plain, b_plain
"""

SORTER = """
def sorter():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, 4, rng), ReLU(), Dense(4, 2, rng)])
    first, last = model.layers[0], model.layers[2]
    first.W = np.array([[1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]])
    last.W = np.array([[0.5, 0.5], [-0.5, -0.5], [-0.5, 0.5], [-0.5, 0.5]])
    return model
"""

SPARSE = """
def sparse_weights(n_in, n_out, p, rng):
    W = rng.normal(0, np.sqrt(2 / (p * n_in)), size=(n_in, n_out))
    return W * (rng.random(size=(n_in, n_out)) < p)
"""

MISTAKES = [
    Mistake(
        task="check-1",
        cell="task-1",
        why="axis=1 is taken for the columns.",
        says="a sample is a row, so average with axis=0",
        code="""
def mean_and_spread(X):
    mean = X.mean(axis=1, keepdims=True)
    spread = np.sqrt(((X - mean) ** 2).mean(axis=1, keepdims=True))
    return mean, np.where(spread < 1e-12, 1.0, spread)
"""
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The spread is compared with 0 exactly, as algebra has it.",
        says="below 1e-12 it counts as 0",
        code=changed(STATISTICS, "spread < 1e-12", "spread == 0") + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="keepdims is left out: (n,) works as well, until it is transposed.",
        says="does a sum lack keepdims=True?",
        code=changed(STATISTICS, "X.mean(axis=0, keepdims=True)", "X.mean(axis=0)")
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The mean square is taken for the spread.",
        says="its root is missing",
        code=changed(STATISTICS, "np.sqrt((", "1.0 * ((") + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Statistics packages divide by m - 1.",
        says="spread divides by m - 1",
        code="""
def mean_and_spread(X):
    spread = X.std(axis=0, ddof=1, keepdims=True)
    return X.mean(axis=0, keepdims=True), np.where(spread == 0, 1.0, spread)
"""
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="m and n are exchanged: the sum is divided by the number of columns.",
        says="or by n: average over the m samples",
        code=changed(
            STATISTICS,
            "** 2).mean(axis=0, keepdims=True)",
            "** 2).sum(axis=0, keepdims=True) / X.shape[1]",
        )
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The root is drawn of the sum, before it is divided by m.",
        says="spread is not divided by m under the root",
        code=changed(
            STATISTICS,
            "** 2).mean(axis=0, keepdims=True))",
            "** 2).sum(axis=0, keepdims=True)) / len(X)",
        )
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The column without spread is forgotten: it is rare in examples.",
        says="the spread of the equal column is 0",
        code="""
def mean_and_spread(X):
    return X.mean(axis=0, keepdims=True), X.std(axis=0, keepdims=True)
"""
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The batch at hand is standardised by itself, as the training data were.",
        says="the batch's own mean is used",
        code=STATISTICS
        + changed(
            LAYER,
            "((X - self.mean) / self.spread)",
            "((X - X.mean(axis=0)) / X.std(axis=0))",
        ),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Division binds more strongly than subtraction.",
        says="brackets are missing",
        code=STATISTICS
        + changed(
            LAYER, "((X - self.mean) / self.spread)", "(X - self.mean / self.spread)"
        ),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="X is used for what is left after the mean, in place.",
        says="mean_and_spread changes the numbers in X itself",
        code="""
def mean_and_spread(X):
    mean = X.mean(axis=0, keepdims=True)
    X -= mean
    spread = np.sqrt((X**2).mean(axis=0, keepdims=True))
    return mean, np.where(spread < 1e-12, 1.0, spread)
"""
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The axis is forgotten: one mean for all columns.",
        says="mean is one number for all columns",
        code="""
def mean_and_spread(X):
    spread = np.sqrt(((X - X.mean()) ** 2).mean())
    return X.mean(), np.where(spread < 1e-12, 1.0, spread)
"""
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The axis is forgotten in the second mean.",
        says="spread is one number for all columns",
        code=changed(STATISTICS, "** 2).mean(axis=0, keepdims=True)", "** 2).mean()")
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The variance as the mean square minus the square of the mean.",
        says="subtract the mean before squaring",
        code="""
def mean_and_spread(X):
    mean = X.mean(axis=0, keepdims=True)
    spread = np.sqrt((X**2).mean(axis=0, keepdims=True) - mean**2)
    return mean, np.where(spread < 1e-12, 1.0, spread)
"""
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The bound is taken for the variance, before the root.",
        says="only below 1e-12 comes a 1",
        code="""
def mean_and_spread(X):
    variance = X.var(axis=0, keepdims=True)
    variance[variance < 1e-12] = 1
    return X.mean(axis=0, keepdims=True), np.sqrt(variance)
"""
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="A column of equal numbers makes the whole spread 1.",
        says="only the equal column gets a 1",
        code=changed(
            STATISTICS,
            "np.where(spread < 1e-12, 1.0, spread)",
            "spread**0 if (spread < 1e-12).any() else spread",
        )
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The distances are averaged, and the root undoes the square at once.",
        says="first square, then the mean, then the root",
        code=changed(
            STATISTICS,
            "np.sqrt(((X - mean) ** 2).mean(axis=0, keepdims=True))",
            "np.sqrt((X - mean) ** 2).mean(axis=0, keepdims=True)",
        )
        + LAYER,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="A ReLU is put on, because a neuron has an activation.",
        says="Z has no ReLU",
        code=STATISTICS
        + changed(
            LAYER,
            "((X - self.mean) / self.spread) @ self.W + self.b",
            "np.maximum(0, ((X - self.mean) / self.spread) @ self.W + self.b)",
        ),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="b is read as one number.",
        says="each neuron has its own bias",
        code=STATISTICS + changed(LAYER, "+ self.b", "+ self.b[0, 0]"),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The layer's own W is divided, once more in each call.",
        says="a second call gives other numbers",
        code=STATISTICS
        + changed(
            LAYER,
            "        return ((X - self.mean) / self.spread)",
            "        self.W /= self.spread.T\n        return (X - self.mean)",
        ),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Without brackets the product comes before the subtraction.",
        says="brackets are missing",
        code=STATISTICS
        + changed(
            LAYER,
            "((X - self.mean) / self.spread) @",
            "X - self.mean / self.spread @",
        ),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="W / spread runs when n = k: a row of numbers meets the columns of W.",
        says="s belongs to the rows of W",
        code=changed(
            FOLDED,
            "W / spread.T",
            "W / spread if W.shape[0] == W.shape[1] else W / spread.T",
        ),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The bias is left as it was: the mean seems to be gone with the inputs.",
        says="the mean goes into the bias",
        code=changed(FOLDED, "b - mean @ W_plain", "b + 0"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The mean is multiplied by the old weights.",
        says="the division by the spread is missing",
        code=changed(FOLDED, "mean @ W_plain", "mean @ W"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The minus sign of x - mean is lost on the way.",
        says="the mean is added to the bias",
        code=changed(FOLDED, "b - mean", "b + mean"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="/= saves a line, and changes the caller's W.",
        says="folded changes the arrays that it is given",
        code="""
def folded(mean, spread, W, b):
    W /= spread.T
    return W, b - mean @ W
""",
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The mean itself goes into the bias, as it went out of the inputs.",
        says="subtracts the mean itself",
        code=changed(FOLDED, "b - mean @ W_plain", "b - mean.sum()"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="mean / spread is subtracted: what the inputs lost, without the weights.",
        says="the weights are missing",
        code=changed(FOLDED, "b - mean @ W_plain", "b - (mean / spread).sum()"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The mean is divided, and W_plain holds the division already.",
        says="the mean is divided by the spread twice",
        code=changed(FOLDED, "mean @ W_plain", "mean / spread @ W_plain"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The whole product is divided by the spread.",
        says="before the sum",
        code=changed(FOLDED, "mean @ W_plain", "mean @ W / spread"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The sum runs over inputs and neurons at once.",
        says="sum over the inputs only",
        code=changed(FOLDED, "mean @ W_plain", "(mean.T * W_plain).sum()"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="Only the weights are returned.",
        says="folded should return two arrays",
        code=changed(FOLDED, "return W_plain, b_plain", "return W_plain"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The sum goes through a single ReLU, which is enough for positive numbers.",
        says="a negative number is lost",
        code=changed(SORTER, "[-0.5, -0.5]", "[0.0, 0.0]"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The columns of the last W are in the order larger, smaller.",
        says="the outputs are exchanged",
        code=changed(
            SORTER,
            "[-0.5, 0.5], [-0.5, 0.5]]",
            "[0.5, -0.5], [0.5, -0.5]]",
        ),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The half of the formula is forgotten.",
        says="both outputs are twice too large",
        code=changed(
            SORTER, "    return model", "    last.W = 2 * last.W\n    return model"
        ),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="A last ReLU is put on, because every layer seems to need one.",
        says="expected Dense, ReLU, Dense",
        code=changed(SORTER, "Dense(4, 2, rng)]", "Dense(4, 2, rng), ReLU()]"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The neurons are written as rows of W, as other texts do.",
        says="W of the first layer has shape (4, 2), expected (2, h)",
        code=changed(
            SORTER,
            "first.W = np.array([[1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]])",
            "first.W = np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])",
        ),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The bias is set as a column, one number below the other.",
        says="b of the first layer has shape (4, 1), expected (1, 4)",
        code=changed(
            SORTER,
            "    return model",
            "    first.b = np.zeros((4, 1))\n    return model",
        ),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The pair of ReLUs is added for the sum too, as for the difference.",
        says="the sum has lost its sign",
        code=changed(SORTER, "[-0.5, -0.5]", "[0.5, 0.5]"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="A large bias keeps the sum above 0, for the numbers that were tried.",
        says="With a bias ReLU still loses numbers",
        code="""
def sorter():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, 3, rng), ReLU(), Dense(3, 2, rng)])
    first, last = model.layers[0], model.layers[2]
    first.W = np.array([[1.0, 1.0, -1.0], [1.0, -1.0, 1.0]])
    first.b = np.array([[100.0, 0.0, 0.0]])
    last.W = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5]])
    last.b = np.array([[-50.0, -50.0]])
    return model
""",
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The same with a bias so large that all numbers shown come out right.",
        says="With a bias ReLU still loses numbers",
        code="""
def sorter():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, 3, rng), ReLU(), Dense(3, 2, rng)])
    first, last = model.layers[0], model.layers[2]
    first.W = np.array([[1.0, 1.0, -1.0], [1.0, -1.0, 1.0]])
    first.b = np.array([[10000.0, 0.0, 0.0]])
    last.W = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5]])
    last.b = np.array([[-5000.0, -5000.0]])
    return model
""",
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="A huge bias: the sum comes through, but its last digits are rounded away.",
        says="or very small ones",
        code="""
def sorter():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, 3, rng), ReLU(), Dense(3, 2, rng)])
    first, last = model.layers[0], model.layers[2]
    first.W = np.array([[1.0, 1.0, -1.0], [1.0, -1.0, 1.0]])
    first.b = np.array([[1e10, 0.0, 0.0]])
    last.W = np.array([[0.5, 0.5], [-0.5, 0.5], [-0.5, 0.5]])
    last.b = np.array([[-5e9, -5e9]])
    return model
""",
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="One ReLU of the difference is taken for its absolute value.",
        says="|x1 - x2| needs two ReLUs",
        code=changed(SORTER, "[-0.5, 0.5], [-0.5, 0.5]]", "[-0.5, 0.5], [0.0, 0.0]]"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The minus of the sum's pair is used for the difference as well.",
        says="|u| is ReLU(u) + ReLU(-u)",
        code=changed(SORTER, "[-0.5, 0.5], [-0.5, 0.5]]", "[-0.5, 0.5], [0.5, -0.5]]"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="Only the absolute value is halved.",
        says="the sum is not divided by 2",
        code=changed(SORTER, "[0.5, 0.5], [-0.5, -0.5],", "[1.0, 1.0], [-1.0, -1.0],"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The rule of the lesson is kept, as if no connection were missing.",
        says="is the answer for a full layer",
        code=changed(SPARSE, "2 / (p * n_in)", "2 / n_in"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="normal asks for the standard deviation, and gets its square.",
        says="sigma is the root",
        code=changed(SPARSE, "np.sqrt(2 / (p * n_in))", "2 / (p * n_in)"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="Whole neurons are left out, with one draw a column.",
        says="decide for each connection by itself",
        code=changed(
            SPARSE, "rng.random(size=(n_in, n_out))", "rng.random(size=(1, n_out))"
        ),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="p is read as the share that is left out, as in dropout.",
        says="p is the share that is kept",
        code=changed(SPARSE, "< p", ">= p"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="A generator of its own is made, so that results can be repeated.",
        says="another seed gives the same weights",
        code=changed(
            SPARSE, "    W = rng", "    rng = np.random.default_rng(0)\n    W = rng"
        ),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The mask gets a generator of its own, and is the same in every layer.",
        says="draw them from rng as well",
        code=changed(SPARSE, "(rng.random", "(np.random.default_rng(1).random"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="Any distribution of the right size seems to do, such as a uniform one.",
        says="not drawn from a normal distribution",
        code=changed(
            SPARSE,
            "rng.normal(0, np.sqrt(2 / (p * n_in)), ",
            "np.sqrt(6 / (p * n_in)) * rng.uniform(-1, 1, ",
        ),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="sigma is taken for the size of each weight, with a sign at random.",
        says="draw one for each connection",
        code=changed(
            SPARSE,
            "rng.normal(0, np.sqrt(2 / (p * n_in)), ",
            "np.sqrt(2 / (p * n_in)) * rng.choice([-1, 1], ",
        ),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="One weight is drawn for each input, and broadcast to all neurons.",
        says="draw one for each connection",
        code=changed(
            SPARSE,
            "rng.normal(0, np.sqrt(2 / (p * n_in)), size=(n_in, n_out))",
            "rng.normal(0, np.sqrt(2 / (p * n_in)), size=(n_in, 1))",
        ),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="n_in and n_out are exchanged: sqrt(2 / k).",
        says="what counts is the number of inputs",
        code=changed(SPARSE, "(p * n_in)", "(p * n_out)"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The gaps are forgotten, and only the size is right.",
        says="no weight is 0",
        code=changed(SPARSE, " * (rng.random(size=(n_in, n_out)) < p)", ""),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="Each neuron is given exactly p n inputs.",
        says="keep equally many inputs",
        code="""
def sparse_weights(n_in, n_out, p, rng):
    W, h = np.zeros((n_in, n_out)), round(p * n_in)
    for j in range(n_out):
        kept = rng.choice(n_in, h, replace=False)
        W[kept, j] = rng.normal(0, np.sqrt(2 / (p * n_in)), size=h)
    return W
""",
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The share of the gaps is taken into sigma.",
        says="1 - p does not belong in sigma",
        code=changed(SPARSE, "2 / (p * n_in)", "2 / max(1e-9, 1 - p) / n_in"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="Brackets are missing below the fraction stroke.",
        says="write 2 / (p * n)",
        code=changed(SPARSE, "2 / (p * n_in)", "2 / p * n_in"),
    ),
]

CORRECT = [
    Alternative(
        what="loops",
        cells={
            "task-1": """
def mean_and_spread(X):
    m, n = X.shape
    mean, spread = np.zeros((1, n)), np.zeros((1, n))
    for j in range(n):
        for i in range(m):
            mean[0, j] += X[i, j] / m
        for i in range(m):
            spread[0, j] += (X[i, j] - mean[0, j]) ** 2 / m
        spread[0, j] = 1 if spread[0, j] < 1e-20 else spread[0, j] ** 0.5
    return mean, spread


class StandardDense:
    def __init__(self, mean, spread, W, b):
        self.mean, self.spread = mean, spread
        self.W, self.b = W, b

    def forward(self, X):
        Z = np.zeros((len(X), self.W.shape[1]))
        for i in range(len(X)):
            for j in range(self.W.shape[1]):
                total = self.b[0, j]
                for p in range(X.shape[1]):
                    x = (X[i, p] - self.mean[0, p]) / self.spread[0, p]
                    total += x * self.W[p, j]
                Z[i, j] = total
        return Z
""",
        },
    ),
    Alternative(
        what="einsum and diag",
        cells={
            "task-1": """
def mean_and_spread(X):
    mean = np.mean(X, 0)[None, :]
    spread = np.std(X, 0)[None, :]
    spread[spread < 1e-12] = 1
    return [mean, spread]


class StandardDense:
    def __init__(self, mean, spread, W, b):
        self.mean, self.spread = mean, spread
        self.W, self.b = W, b

    def forward(self, X):
        U = np.einsum("il,l->il", X - self.mean, 1 / self.spread[0])
        return np.einsum("il,lj->ij", U, self.W) + self.b
""",
            "task-2": """
def folded(mean, spread, W, b):
    D = np.diag(1 / spread.ravel())
    return D @ W, b + (-mean) @ D @ W
""",
            "task-4": """
def sparse_weights(n_in, n_out, p, rng):
    keep = rng.binomial(1, p, size=(n_in, n_out))
    return keep * rng.normal(size=(n_in, n_out)) * (2 / p / n_in) ** 0.5
""",
        },
    ),
    Alternative(
        what="other hidden neurons",
        cells={
            "task-3": """
def sorter():
    rng = np.random.default_rng(7)
    a, c = Dense(2, 4, rng), Dense(4, 2, rng)
    a.W = np.array([[1.0, -1.0, 0.0, 0.0], [-1.0, 1.0, 1.0, -1.0]])
    c.W = np.array([[0.0, 1.0], [-1.0, 0.0], [1.0, 1.0], [-1.0, -1.0]])
    return Sequential([a, ReLU(), c])
""",
        },
    ),
    Alternative(
        what="float32 results",
        cells={
            "task-1": """
def mean_and_spread(X):
    X = X.astype(np.float32)
    mean = X.sum(axis=0, keepdims=True) / len(X)
    spread = (((X - mean) ** 2).sum(axis=0, keepdims=True) / len(X)) ** 0.5
    return mean, np.where(spread < 1e-12, np.float32(1), spread)


class StandardDense:
    def __init__(self, mean, spread, W, b):
        self.mean, self.spread = mean, spread
        self.W, self.b = W, b

    def forward(self, X):
        scaled = ((X - self.mean) / self.spread).astype(np.float32)
        return scaled @ self.W.astype(np.float32) + self.b.astype(np.float32)
""",
            "task-2": """
def folded(mean, spread, W, b):
    rows = [W[i] / spread[0, i] for i in range(len(W))]
    plain = np.array(rows, dtype=np.float32)
    return plain, (b - mean @ plain).astype(np.float32)
""",
            "task-3": """
def sorter():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, 4, rng), ReLU(), Dense(4, 2, rng)])
    for j, (p, q) in enumerate([(1, 1), (-1, -1), (1, -1), (-1, 1)]):
        model.layers[0].W[:, j] = p, q
        half, gap = (p + q) / 4, abs(p - q) / 4
        model.layers[2].W[j] = half - gap, half + gap
    return model
""",
            "task-4": """
def sparse_weights(n_in, n_out, p, rng):
    W = rng.standard_normal((n_in, n_out), dtype=np.float32) * np.sqrt(2 / (p * n_in))
    W[rng.random((n_in, n_out)) > p] = 0
    return W
""",
        },
    ),
    Alternative(
        what="lists returned",
        cells={
            "task-2": changed(
                FOLDED,
                "return W_plain, b_plain",
                "return W_plain.tolist(), b_plain.tolist()",
            ),
            "task-4": """
def sparse_weights(n_in, n_out, p, rng):
    sigma = np.sqrt(2 / (p * n_in))
    row = range(n_out)
    return [
        [rng.normal(0, sigma) if rng.random() < p else 0 for _ in row]
        for _ in range(n_in)
    ]
""",
        },
    ),
    Alternative(
        what="folded inside forward",
        cells={
            "task-1": STATISTICS
            + changed(
                LAYER,
                "        return ((X - self.mean) / self.spread) @ self.W + self.b",
                "        W = self.W / self.spread.T\n"
                "        return X @ W + self.b - self.mean @ W",
            ),
        },
    ),
]
