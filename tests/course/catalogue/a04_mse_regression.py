"""Assignment 04: usual mistakes and right alternatives."""

from running import Alternative, Mistake

NAME = "04_mse_regression"


def huber(forward, backward):
    """Return the cell task-1 with the last lines of its two methods."""
    return f"""
class Huber(Loss):
    def __init__(self, delta):
        self.delta = delta

    def forward(self, Y_hat, Y):
        self.error = Y_hat - Y
        size = np.abs(self.error)
        {forward}

    def backward(self):
        size = np.abs(self.error)
        {backward}
"""


H = "h = np.where(size <= self.delta, self.error**2 / 2, "
LINE = "self.delta * size - self.delta**2 / 2); "
RIGHT_FORWARD = H + LINE + "return float(h.sum() / len(Y))"
RIGHT_BACKWARD = "return np.clip(self.error, -self.delta, self.delta) / len(self.error)"


def weighted_line(lines):
    """Return the cell task-2 with the lines that end it."""
    return f"""
def weighted_line(X, Y, weights):
    X_ones = np.hstack([X, np.ones((len(X), 1))])
    {lines}
"""


def decaying(lines):
    """Return the cell task-3 with the lines of step."""
    return f"""
class DecayingSGD:
    def __init__(self, learning_rate, decay):
        self.learning_rate, self.decay = learning_rate, decay

    def step(self, model):
        for name, (P, dP) in model.parameters().items():
            {lines}
"""


def stopping(lines):
    """Return the cell task-4 with the body of stop_early."""
    body = "\n".join("    " + line for line in lines.strip("\n").split("\n"))
    return f"""
def stop_early(losses, patience):
{body}
"""


MISTAKES = [
    Mistake(
        task="check-2",
        cell="task-2",
        why="'As if it stood in the data twice' is taken by the letter.",
        says="no sample can be repeated",
        code=weighted_line("""
    rows = np.repeat(np.arange(len(X)), weights.astype(int))
    X_ones = np.column_stack([X[rows], np.ones(len(rows))])
    return np.linalg.lstsq(X_ones, Y[rows], rcond=None)[0]
"""),
    ),
    Mistake(
        task="check-1",
        why="The mean of MSE hides in np.mean elsewhere, so the 1/m is forgotten.",
        says="divide it by m",
        code=huber(H + LINE + "return float(h.sum())", RIGHT_BACKWARD),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="np.mean divides by all entries, which for k outputs is m k.",
        says="you divided by m k",
        code=huber(H + LINE + "return float(h.mean())", RIGHT_BACKWARD),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="A line with slope delta is written down, and not joined to the square.",
        says="without it, h jumps",
        code=huber(
            H + "self.delta * size); return float(h.sum() / len(Y))", RIGHT_BACKWARD
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The error itself is compared, and large negative errors are overlooked.",
        says="compare |r|, not r, with delta",
        code=huber(
            "h = np.where(self.error <= self.delta, self.error**2 / 2, "
            + LINE
            + "return float(h.sum() / len(Y))",
            RIGHT_BACKWARD,
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The slope of |r| is taken as 1, as if all errors were positive.",
        says="keeps the sign of the error",
        code=huber(
            RIGHT_FORWARD,
            "return np.where(size <= self.delta, self.error, self.delta) "
            "/ len(self.error)",
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The slope of |r| is its sign, and the factor delta is dropped.",
        says="delta or -delta, not 1 or -1",
        code=huber(
            RIGHT_FORWARD,
            "return np.where(size <= self.delta, self.error, np.sign(self.error)) "
            "/ len(self.error)",
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="backward is copied from MSE, where the slope of the square is 2 r.",
        says="not 2 r",
        code=huber(
            RIGHT_FORWARD,
            "return np.where(size <= self.delta, 2 * self.error, "
            "self.delta * np.sign(self.error)) / len(self.error)",
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-2",
        why="Both sides are multiplied by the weights before the normal equations.",
        says="the weights enter squared",
        code=weighted_line(
            "X_ones, Y = weights[:, None] * X_ones, weights[:, None] * Y\n"
            "    return np.linalg.lstsq(X_ones, Y, rcond=None)[0]"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="weights has shape (m,) and Y shape (m, 1), so their product is (m, m).",
        says="broadcasts to (m, m)",
        code=weighted_line(
            "WX = weights[:, None] * X_ones\n"
            "    return np.linalg.solve(X_ones.T @ WX, X_ones.T @ (weights * Y))"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The gradient is weighted in the part with Y only.",
        says="missing on the left",
        code=weighted_line(
            "WX = weights[:, None] * X_ones\n"
            "    return np.linalg.solve(X_ones.T @ X_ones, WX.T @ Y)"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The column of ones is put in front, as many texts do.",
        says="the bias belongs in the last row",
        code="""
def weighted_line(X, Y, weights):
    X_ones = np.hstack([np.ones((len(X), 1)), X])
    WX = weights[:, None] * X_ones
    return np.linalg.solve(WX.T @ X_ones, WX.T @ Y)
""",
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The weights are normalised, used nowhere, and the plain line comes out.",
        says="the weights have no effect",
        code=weighted_line(
            "weights = weights / weights.sum()\n"
            "    return np.linalg.solve(X_ones.T @ X_ones, X_ones.T @ Y)"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="P = P - ... looks like the formula, but only gives the name a new array.",
        says="P -= ... changes it",
        code=decaying(
            "slope = dP + self.decay * P if name.endswith('W') else dP\n"
            "            P = P - self.learning_rate * slope"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="All parameters are treated alike, the biases too.",
        says="the bias decays, too",
        code=decaying("P -= self.learning_rate * (dP + self.decay * P)"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The names are compared with 'W', which only a single layer has.",
        says='It ends with "W"',
        code=decaying(
            "slope = dP + self.decay * P if name == 'W' else dP\n"
            "            P -= self.learning_rate * slope"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The step is made first, and the decay then uses the new W.",
        says="use the W from before it",
        code=decaying(
            "P -= self.learning_rate * dP\n"
            "            if name.endswith('W'):\n"
            "                P -= self.learning_rate * self.decay * P"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The decay is taken off directly, without the learning rate.",
        says="multiplied by the learning rate, too",
        code=decaying(
            "decay = self.decay * P if name.endswith('W') else 0\n"
            "            P -= self.learning_rate * dP + decay"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="dP += ... saves a line, and changes the layer's own gradient.",
        says="step must not change it",
        code=decaying(
            "if name.endswith('W'):\n"
            "                dP += self.decay * P\n"
            "            P -= self.learning_rate * dP"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="enumerate counts from 0.",
        says="epochs count from 1",
        code=stopping("""
best, lowest = 0, np.inf
for epoch, value in enumerate(losses):
    if value < lowest:
        best, lowest = epoch, value
    if epoch - best == patience:
        break
return best, epoch
"""),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The whole list is there, so argmin is taken of all of it.",
        says="never sees the 2.0 of epoch 6",
        code=stopping("""
best = int(np.argmin(losses)) + 1
return best, min(best + patience, len(losses))
"""),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The counter of bad epochs is not set back after an improvement.",
        says="an improvement begins a new count",
        code=stopping("""
best, lowest, bad = 0, np.inf, 0
for epoch, value in enumerate(losses, 1):
    if value < lowest:
        best, lowest = epoch, value
    else:
        bad += 1
    if bad == patience:
        break
return best, epoch
"""),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="<= looks harmless, and equal losses then count as progress.",
        says="only equals the lowest is no improvement",
        code=stopping("""
best, lowest = 0, np.inf
for epoch, value in enumerate(losses, 1):
    if value <= lowest:
        best, lowest = epoch, value
    if epoch - best == patience:
        break
return best, epoch
"""),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="'No better' is read as 'no better than the epoch before'.",
        says="not with the epoch before",
        code=stopping("""
best, before, bad = 1, np.inf, 0
for epoch, value in enumerate(losses, 1):
    if value < before:
        best, bad = epoch, 0
    else:
        bad += 1
    before = value
    if bad == patience:
        break
return best, epoch
"""),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="> in place of >=: the training waits one epoch longer.",
        says="the training ends at epoch 5",
        code=stopping("""
best, lowest = 0, np.inf
for epoch, value in enumerate(losses, 1):
    if value < lowest:
        best, lowest = epoch, value
    if epoch - best > patience:
        break
return best, epoch
"""),
        cell="task-4",
    ),
    Mistake(
        task="check-1",
        why="The border is set at 1, as in the example.",
        says="the border between the two pieces is delta",
        code=huber(
            RIGHT_FORWARD.replace("size <= self.delta", "size <= 1"), RIGHT_BACKWARD
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-2",
        why="The formula of section 3 for one input is used for each column.",
        says="as if it were the only one",
        code="""
def weighted_line(X, Y, weights):
    w = weights / weights.sum()
    X_mean, y_mean = w @ X, w @ Y[:, 0]
    R, e = X - X_mean, Y[:, 0] - y_mean
    slopes = (w * e) @ R / (w @ R**2)
    return np.append(slopes, y_mean - slopes @ X_mean)[:, None]
""",
        cell="task-2",
    ),
    Mistake(
        task="check-1",
        why="The sum is forgotten, and the costs come back one by one.",
        says="like a number",
        code=huber(H + LINE + "return h / len(Y)", RIGHT_BACKWARD),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The 1/2 of the example, where delta is 1, is taken for the rule.",
        says="the errors cost 1.125, 6, 4 and 0",
        code=huber(
            H + "self.delta * size - 0.5); return float(h.sum() / len(Y))",
            RIGHT_BACKWARD,
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-2",
        why="lstsq returns four things, of which theta is the first.",
        says="got tuple",
        code=weighted_line(
            "root = np.sqrt(weights)[:, None]\n"
            "    return np.linalg.lstsq(root * X_ones, root * Y, rcond=None)"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The bias is taken from the plain means.",
        says="at least not on b",
        code="""
def weighted_line(X, Y, weights):
    x, y, p = X[:, 0], Y[:, 0], weights / weights.sum()
    x_mean, y_mean = p @ x, p @ y
    w = (p @ (x * y) - x_mean * y_mean) / (p @ x**2 - x_mean**2)
    return np.array([[w], [y.mean() - w * x.mean()]])
""",
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="X is weighted before the ones are put beside it.",
        says="Print the two sides that you solve",
        code="""
def weighted_line(X, Y, weights):
    A = np.hstack([weights[:, None] * X, np.ones((len(X), 1))])
    return np.linalg.solve(A.T @ A, A.T @ (weights[:, None] * Y))
""",
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="Y *= ... saves a line, and changes the caller's targets.",
        says="the numbers in X or Y have changed",
        code=weighted_line(
            "Y *= weights[:, None]\n"
            "    WX = weights[:, None] * X_ones\n"
            "    return np.linalg.solve(X_ones.T @ WX, X_ones.T @ Y)"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="The plain step is made for all, and the whole step for W again.",
        says="W moves twice by dW",
        code=decaying(
            "P -= self.learning_rate * dP\n"
            "            if name.endswith('W'):\n"
            "                P -= self.learning_rate * (dP + self.decay * P)"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The slopes are added, so the step goes uphill.",
        says="W goes uphill",
        code=decaying(
            "slope = dP + self.decay * P if name.endswith('W') else dP\n"
            "            P += self.learning_rate * slope"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The added term stands where its slope should; at W = 2 they are equal.",
        says="its slope is lambda W",
        code=decaying(
            "term = self.decay / 2 * P**2 if name.endswith('W') else 0\n"
            "            P -= self.learning_rate * (dP + term)"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="The return stands in the loop's else.",
        says="the loop ends in its first round",
        code=stopping("""
best = 1
for epoch in range(1, len(losses) + 1):
    if losses[epoch - 1] < losses[best - 1]:
        best = epoch
    if epoch - best == patience:
        return best, epoch
    else:
        return best, len(losses)
"""),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The rule is asked before the new loss is looked at.",
        says="read its loss before you decide",
        code=stopping("""
best = 1
for epoch in range(1, len(losses) + 1):
    if epoch - best == patience:
        break
    if losses[epoch - 1] < losses[best - 1]:
        best = epoch
return best, epoch
"""),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="best begins at 0 and is first set at an improvement on epoch 1.",
        says="best begins at 1",
        code=stopping("""
best, lowest = 0, losses[0]
for epoch, value in enumerate(losses, 1):
    if value < lowest:
        best, lowest = epoch, value
    if epoch - best == patience:
        break
return best, epoch
"""),
        cell="task-4",
    ),
]

CORRECT = [
    Alternative(
        what="a list that is read away",
        cells={
            "task-4": stopping("""
epoch, best, lowest = 0, 0, np.inf
while losses and (best == 0 or epoch - best < patience):
    value, epoch = losses.pop(0), epoch + 1
    if value < lowest:
        best, lowest = epoch, value
return best, epoch
"""),
        },
    ),
    Alternative(
        what="loops",
        cells={
            "task-1": """
class Huber(Loss):
    def __init__(self, delta):
        self.delta = delta

    def forward(self, Y_hat, Y):
        self.Y_hat, self.Y = Y_hat, Y
        total = 0
        for i in range(len(Y)):
            for j in range(Y.shape[1]):
                r = abs(Y_hat[i, j] - Y[i, j])
                if r <= self.delta:
                    total += r * r / 2
                else:
                    total += self.delta * r - self.delta * self.delta / 2
        return total / len(Y)

    def backward(self):
        slopes = np.zeros(self.Y.shape)
        for i in range(len(self.Y)):
            for j in range(self.Y.shape[1]):
                r = self.Y_hat[i, j] - self.Y[i, j]
                if r > self.delta:
                    r = self.delta
                elif r < -self.delta:
                    r = -self.delta
                slopes[i, j] = r / len(self.Y)
        return slopes
""",
            "task-2": """
def weighted_line(X, Y, weights):
    m, n = X.shape
    left, right = np.zeros((n + 1, n + 1)), np.zeros((n + 1, 1))
    for i in range(m):
        row = np.append(X[i], 1.0)
        left += weights[i] * np.outer(row, row)
        right[:, 0] += weights[i] * row * Y[i, 0]
    return np.linalg.inv(left) @ right
""",
            "task-4": """
def stop_early(losses, patience):
    epoch = best = 1
    while epoch < len(losses) and epoch - best < patience:
        epoch += 1
        if losses[epoch - 1] < min(losses[: epoch - 1]):
            best = epoch
    return [best, epoch]
""",
        },
    ),
    Alternative(
        what="einsum and square roots of the weights",
        cells={
            "task-2": """
def weighted_line(X, Y, weights):
    A = np.c_[X, np.ones(len(X))] * np.sqrt(weights)[:, np.newaxis]
    return np.linalg.pinv(A) @ (Y * np.sqrt(weights).reshape(-1, 1))
""",
            "task-3": """
class DecayingSGD:
    def __init__(self, learning_rate, decay):
        self.eta, self.factor = learning_rate, 1 - learning_rate * decay

    def step(self, model):
        for key in model.parameters():
            array, gradient = model.parameters()[key]
            if key[-1] == "W":
                array *= self.factor
            array -= self.eta * gradient
""",
        },
    ),
    Alternative(
        what="float32",
        cells={
            "task-1": huber(
                "h = np.where(size <= self.delta, self.error**2 / 2, "
                "self.delta * (size - self.delta / 2)); "
                "return np.float32(h.astype(np.float32).sum() / len(Y))",
                "return (np.maximum(np.minimum(self.error, self.delta), -self.delta) "
                "/ len(size)).astype(np.float32)",
            ),
            "task-2": weighted_line(
                "WX = (weights[:, None] * X_ones).T\n"
                "    theta = np.linalg.solve(WX @ X_ones, WX @ Y)\n"
                "    return theta.astype(np.float32)"
            ),
        },
    ),
    Alternative(
        what="a matrix of the weights, a mask, a counter",
        cells={
            "task-1": huber(
                "self.inside = size <= self.delta\n"
                "        total = (size[self.inside] ** 2).sum() / 2\n"
                "        outside = size[~self.inside]\n"
                "        total += self.delta * (outside - self.delta / 2).sum()\n"
                "        return total / Y.shape[0]",
                "d = np.sign(self.error) * self.delta\n"
                "        d[self.inside] = self.error[self.inside]\n"
                "        return d / d.shape[0]",
            ),
            "task-2": weighted_line(
                "Omega = np.diag(weights)\n"
                "    left = X_ones.T @ Omega @ X_ones\n"
                "    return np.linalg.solve(left, X_ones.T @ Omega @ Y)"
            ),
            "task-4": stopping("""
record, since = None, 0
for epoch in range(1, len(losses) + 1):
    if record is None or losses[epoch - 1] < losses[record - 1]:
        record, since = epoch, 0
    else:
        since += 1
        if since >= patience:
            return record, epoch
return record, len(losses)
"""),
        },
    ),
]
