"""Assignment 01: usual mistakes and right alternatives."""

from running import Alternative, Mistake

NAME = "01_neuron"


def changed(code, old, new):
    """Return the code with one passage exchanged; it must occur exactly once."""
    assert code.count(old) == 1, (code.count(old), old)
    return code.replace(old, new)


RAMP = """
def ramp(z):
    return np.maximum(0, z) - np.maximum(0, z - 1)
"""

SLOPE = """
def ramp_slope(z):
    return np.where((z > 0) & (z < 1), 1.0, 0.0)
"""

LINE = """
def line_through(p, q, c):
    along = q - p
    w = np.array([-along[1], along[0]])
    w = w / np.sqrt(w @ w)
    b = -(w @ p)
    if w @ c + b < 0:
        w, b = -w, -b
    return w, b
"""

OPENS = """
def opens():
    return Neuron(np.array([2.0, 1.0, 1.0]), -1.5)
"""

ALONE = """
def alone():
    return Neuron(np.array([1.0, -1.0, -1.0]), -0.5)
"""

SHARE = """
def share_right(neuron, X, y):
    y = np.ravel(y)
    right = [neuron(X[i]) == y[i] for i in range(len(X))]
    return sum(right) / len(right)
"""

WITNESS = """
def witness(w, b, c):
    middle = -(b + c * b) / 2
    return middle / (w @ w) * w
"""

MISTAKES = [
    Mistake(
        task="check-2",
        cell="task-2",
        why="The side of c is judged by w alone: b is forgotten.",
        says="the line faces the wrong way",
        code="""
def line_through(p, q, c):
    along = q - p
    w = np.array([-along[1], along[0]]) / np.sqrt(along @ along)
    b = -(w @ p)
    if w @ c < 0:
        w, b = -w, -b
    return w, b
""",
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="ReLU of the lesson is copied, and the upper end forgotten.",
        says="above 1 it should stay at 1",
        code="def ramp(z):\n    return np.maximum(0, z)\n" + SLOPE,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The slope of ReLU is taken over: the ramp looks like ReLU on the left.",
        says="for z >= 1 the ramp is flat",
        code=RAMP + "def ramp_slope(z):\n    return np.where(z > 0, 1.0, 0.0)\n",
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The kinks are counted as parts of the middle piece.",
        says="at the kinks 0 and 1 the slope is 0 here",
        code=RAMP + changed(SLOPE, "(z > 0) & (z < 1)", "(z >= 0) & (z <= 1)"),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="In the middle piece z is returned, the value and not the slope.",
        says="between 0 and 1 the slope is 1",
        code=RAMP + changed(SLOPE, "1.0, 0.0", "z, 0.0"),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="An if is written, as for a number; an array has no single truth value.",
        says="decide once, not entry by entry: use np.where",
        code="""
def ramp(z):
    if z <= 0:
        return 0.0
    return z if z < 1 else 1.0
"""
        + SLOPE,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Entries are overwritten in the caller's own array.",
        says="the numbers in z itself have changed",
        code="""
def ramp(z):
    z = np.asarray(z)
    z[z < 0] = 0
    z[z > 1] = 1
    return z
"""
        + SLOPE,
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Numbers and rows are told apart, and a table is not thought of.",
        says="decide once, not entry by entry: use np.where",
        code="""
def ramp(z):
    if isinstance(z, float):
        return min(1, max(0, z))
    return np.array([min(1, max(0, entry)) for entry in z])
"""
        + SLOPE,
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The arrow along the line is taken for the normal.",
        says="w runs along the line",
        code=changed(LINE, "[-along[1], along[0]]", "along"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The two entries are exchanged and no sign is turned.",
        says="w is not at right angles to q - p",
        code=changed(LINE, "[-along[1], along[0]]", "[along[1], along[0]]"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="w . p is moved to the other side without changing its sign.",
        says="b has the wrong sign",
        code=changed(LINE, "b = -(w @ p)", "b = w @ p"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="w is left as long as q - p is.",
        says="the length of w is 5, expected 1",
        code=changed(LINE, "    w = w / np.sqrt(w @ w)\n", ""),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="b is made with the long w, and then only w is divided.",
        says="was w divided by its length, and b was not?",
        code=changed(
            changed(LINE, "    w = w / np.sqrt(w @ w)\n", ""),
            "    return w, b",
            "    return w / np.sqrt(w @ w), b",
        ),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The third point is not used: one normal is as good as the other.",
        says="the line faces the wrong way",
        code=changed(LINE, "    if w @ c + b < 0:\n        w, b = -w, -b\n", ""),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The school form y = s x + t has no vertical lines.",
        says="w is (0, 0)",
        code="""
def line_through(p, q, c):
    if p[0] == q[0]:
        return np.zeros(2), 0.0
    slope = (q[1] - p[1]) / (q[0] - p[0])
    w = np.array([-slope, 1.0])
    w = w / np.sqrt(w @ w)
    b = -(w @ p)
    return (w, b) if w @ c + b > 0 else (-w, -b)
""",
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The line faces the wrong way, and w alone is turned.",
        says="w . p + b must be 0, also after w is turned round",
        code=changed(LINE, "w, b = -w, -b", "w = -w"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The length of the example by hand is built in.",
        says="the length of w is 2, expected 1",
        code=changed(LINE, "np.sqrt(w @ w)", "5"),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="b is taken as 1 and w solved for: no line through the origin has that.",
        says="Singular matrix",
        code="""
def line_through(p, q, c):
    w = np.linalg.solve(np.array([p, q]), [-1.0, -1.0])
    length = np.sqrt(w @ w)
    w, b = w / length, 1 / length
    return (w, b) if w @ c + b > 0 else (-w, -b)
""",
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="All weights are 1, as for AND and OR.",
        says="opens: for x = (1, 0, 0)",
        code=changed(OPENS, "2.0, 1.0, 1.0", "1.0, 1.0, 1.0") + ALONE,
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The threshold is put at 2, where z is 0 for the rows that should open.",
        says="the step of exactly 0 is 0",
        code=changed(OPENS, "-1.5", "-2.0") + ALONE,
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The other keys count nothing, where they should count against.",
        says="alone: for x = (1, 0, 1)",
        code=OPENS + changed(ALONE, "1.0, -1.0, -1.0", "1.0, 0.0, 0.0"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The comparison is done with whole arrays, whatever the shape of y.",
        says="every answer was compared with every target",
        code="""
def share_right(neuron, X, y):
    a = np.array([neuron(row) for row in X])
    return (a == y).mean()
""",
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The right answers are counted and not divided.",
        says="divide by the number of samples",
        code=changed(SHARE, "sum(right) / len(right)", "sum(right)"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The average looks like the share, and is that of the answers alone.",
        says="the share is 0.4, expected 0.8",
        code="""
def share_right(neuron, X, y):
    return sum(neuron(x) for x in X) / len(X)
""",
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="All matches with a column are counted, and there are m times m pairs.",
        says="every answer was compared with every target",
        code="""
def share_right(neuron, X, y):
    a = np.array([neuron(row) for row in X])
    return (a == y).sum() / len(X)
""",
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="Python's sum adds the rows of the comparison, not its entries.",
        says="every answer was compared with every target",
        code="""
def share_right(neuron, X, y):
    a = np.array([neuron(row) for row in X])
    return sum(a == y) / len(X)
""",
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="With a column, y[i] holds one number and is an array.",
        says="this is an array that holds one number: make y flat first",
        code=changed(SHARE, "    y = np.ravel(y)\n", ""),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The answers are worked out anew, with >= in the step.",
        says="z = 0 answered by 1",
        code="""
def share_right(neuron, X, y):
    a = np.where(X @ neuron.w + neuron.b >= 0, 1, 0)
    return (a == np.ravel(y)).mean()
""",
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The return stands inside the loop, which ends after one sample.",
        says="the return stands inside the loop",
        code="""
def share_right(neuron, X, y):
    y, count = np.ravel(y), 0
    for i in range(len(X)):
        if neuron(X[i]) == y[i]:
            count += 1
        return count / len(X)
""",
    ),
    Mistake(
        task="check-5",
        cell="task-5",
        why="The length is not squared: the foot is taken as b / |w| times w.",
        says="it should lie between 10 and 20",
        code=changed(WITNESS, "(w @ w)", "np.sqrt(w @ w)"),
    ),
    Mistake(
        task="check-5",
        cell="task-5",
        why="The minus sign is lost: w . x > b instead of w . x > -b.",
        says="w . x is -15",
        code=changed(WITNESS, "-(b + c * b)", "(b + c * b)"),
    ),
    Mistake(
        task="check-5",
        cell="task-5",
        why="The case by hand, c = 2, is built in.",
        says="c = 0 both answer",
        code=changed(WITNESS, "-(b + c * b) / 2", "-1.5 * b"),
    ),
    Mistake(
        task="check-5",
        cell="task-5",
        why="The factor t is taken for the result.",
        says="return the sample x, not the factor t",
        code=changed(WITNESS, " * w\n", "\n"),
    ),
]

CORRECT = [
    Alternative(
        what="loops over entries",
        cells={
            "task-1": """
def one(z):
    return 0.0 if z <= 0 else (z if z < 1 else 1.0)

def one_slope(z):
    return 1.0 if 0 < z < 1 else 0.0

def ramp(z):
    if np.ndim(z) == 0:
        return one(z)
    return np.array([ramp(part) for part in z])

def ramp_slope(z):
    if np.ndim(z) == 0:
        return one_slope(z)
    return [ramp_slope(part) for part in z]
""",
            "task-4": """
def share_right(neuron, X, y):
    m = X.shape[0]
    count = 0
    for i in range(m):
        target = y[i] if np.ndim(y) == 1 else y[i, 0]
        if neuron(X[i]) == target:
            count += 1
    return count / m
""",
        },
    ),
    Alternative(
        what="clip and sign",
        cells={
            "task-1": """
def ramp(z):
    return np.clip(z, 0, 1)

def ramp_slope(z):
    return (np.clip(z, 0, 1) == z) * (z != 0) * (z != 1)
""",
            "task-2": """
def line_through(p, q, c):
    dx, dy = q[0] - p[0], q[1] - p[1]
    n = np.hypot(dx, dy)
    a = np.array([dy, -dx]) / n
    side = np.sign(a[0] * (c[0] - q[0]) + a[1] * (c[1] - q[1]))
    return [side * a, -side * (a @ q)]
""",
        },
    ),
    Alternative(
        what="c projected on the line",
        cells={
            "task-2": """
def line_through(p, q, c):
    u = (q - p) / np.linalg.norm(q - p)
    towards = (c - p) - ((c - p) @ u) * u
    w = towards / np.linalg.norm(towards)
    return (w, float(-w @ (p + q) / 2))
""",
            "task-5": """
def witness(w, b, c):
    x = np.zeros(len(w))
    place = int(np.abs(w).argmax())
    x[place] = (-b - c * b) / 2 / w[place]
    return x.tolist()
""",
        },
    ),
    Alternative(
        what="other weights",
        cells={
            "task-3": """
def opens():
    return Neuron([10, 4, 4], -7)

def alone():
    return Neuron(np.array([3, -5, -4]), 0)
"""
        },
    ),
    Alternative(
        what="float32 results",
        cells={
            "task-1": """
def ramp(z):
    return np.minimum(np.maximum(np.asarray(z, dtype=np.float32), 0), 1)

def ramp_slope(values):
    inside = np.logical_and(values > 0, values < 1)
    return np.asarray(inside, dtype=np.float32)
""",
            "task-4": """
def share_right(neuron, X, y):
    y = np.reshape(y, -1)
    z = (X * neuron.w).sum(axis=1) + neuron.b
    return np.float32(np.mean((z > 0) == (y == 1)))
""",
        },
    ),
]
