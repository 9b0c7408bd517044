"""Assignment 03: usual mistakes and right alternatives."""

from running import Alternative, Mistake

NAME = "03_backprop"


def sigmoid(forward, backward):
    """Return the cell task-1 with the lines of its two methods."""
    return f"""
class Sigmoid(layers.Layer):
    def forward(self, Z):
        {forward}
        return self.A

    def backward(self, dA):
        {backward}
"""


RIGHT_FORWARD = "self.A = 1 / (1 + np.exp(-Z))"
RIGHT_BACKWARD = "return dA * self.A * (1 - self.A)"

NETWORK = """
X_mazur, Y_mazur = np.array([[0.05, 0.10]]), np.array([[0.01, 0.99]])

def mazur_network():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, 2, rng), Sigmoid(), Dense(2, 2, rng), Sigmoid()])
    model.layers[0].W = np.array([[0.15, 0.25], [0.20, 0.30]])
    model.layers[0].b = np.array([[0.35, 0.35]])
    model.layers[2].W = np.array([[0.40, 0.50], [0.45, 0.55]])
    model.layers[2].b = np.array([[0.60, 0.60]])
    return model
"""

STEP = """
def step_weights(model, X, Y, loss, learning_rate):
    before = loss(model(X), Y)
    model.backward(loss.backward())
    for layer in model.layers:
        if hasattr(layer, "W"):
            layer.W = layer.W - learning_rate * layer.dW
    return before
"""

HASTY = """
def step_weights(model, X, Y, loss, learning_rate):
    before = loss(model(X), Y)
    dZ = loss.backward()
    for layer in reversed(model.layers):
        dX = layer.backward(dZ)
        if hasattr(layer, "W"):
            layer.W = layer.W - learning_rate * layer.dW
            dX = layer.backward(dZ)
        dZ = dX
    return before
"""

MENDED = """
class MendedGain(Gain):
    def backward(self, dY):
        self.dg = (dY * self.A).sum(axis=0, keepdims=True)
        dZ = dY * self.g * (self.Z > 0)
        self.dW = self.X.T @ dZ
        self.db = dZ.sum(axis=0, keepdims=True)
        return dZ @ self.W.T
"""


def changed(code, old, new):
    """Return the code with one passage exchanged; it must occur exactly once."""
    assert code.count(old) == 1, (code.count(old), old)
    return code.replace(old, new)


MISTAKES = [
    Mistake(
        task="check-1",
        cell="task-1",
        why="The most common slip with classes: self. is forgotten.",
        says="name 'Z' is not defined",
        code="""
class Sigmoid(layers.Layer):
    def forward(self, Z):
        return 1 / (1 + np.exp(-Z))

    def backward(self, dA):
        A = 1 / (1 + np.exp(-Z))
        return dA * A * (1 - A)
""",
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The slope is coded as the text derives it: inf by inf far from 0.",
        says="dZ is NaN at z = -800",
        code=sigmoid(
            "self.Z, self.A = Z, 1 / (1 + np.exp(-Z))",
            "u = 1 + np.exp(-self.Z); return dA * (1 / u) * (np.exp(-self.Z) / u)",
        ),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The minus sign of the exponent is lost when the formula is typed.",
        says="is the minus sign of e^-z missing?",
        code=sigmoid("self.A = 1 / (1 + np.exp(Z))", RIGHT_BACKWARD),
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Texts write the slope as s (1 - s), and s is taken for z.",
        says="the slope is a (1 - a), not z (1 - z)",
        code=sigmoid(
            "self.Z, self.A = Z, 1 / (1 + np.exp(-Z))",
            "return dA * self.Z * (1 - self.Z)",
        ),
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="The local slope is derived with care, and what arrives is forgotten.",
        says="multiply it by dA, which arrives",
        code=sigmoid(RIGHT_FORWARD, "return self.A * (1 - self.A)"),
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="backward of lesson 03's ReLU is copied and its mask is kept.",
        says="dZ is that of ReLU",
        code=sigmoid(
            "self.Z, self.A = Z, 1 / (1 + np.exp(-Z))", "return dA * (self.Z > 0)"
        ),
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="backward computes dZ and does not return it.",
        says="is a return missing",
        code=sigmoid(RIGHT_FORWARD, "dZ = dA * self.A * (1 - self.A)"),
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="A is kept once, so that it need not be computed again.",
        says="after a second forward",
        code=sigmoid(
            "self.A = 1 / (1 + np.exp(-Z))\n"
            '        self.first = getattr(self, "first", self.A)',
            "return dA * self.first * (1 - self.first)",
        ),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Brackets are forgotten where the fraction bar stood.",
        says="A is 1 + e^-z",
        code=sigmoid("self.A = 1 / 1 + np.exp(-Z)", RIGHT_BACKWARD),
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Brackets are forgotten around the second factor.",
        says="put brackets around (1 - a)",
        code=sigmoid(RIGHT_FORWARD, "return dA * self.A * 1 - self.A"),
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="-z is written into the array that arrived.",
        says="forward changes the numbers in Z itself",
        code=sigmoid("Z *= -1; self.A = 1 / (1 + np.exp(Z))", RIGHT_BACKWARD),
        touches=("check-3",),
    ),
    Mistake(
        task="check-1",
        cell="task-1",
        why="Loops collect the numbers in a list, and the list is returned.",
        says="A is a list: return an array",
        code="""
class Sigmoid(layers.Layer):
    def forward(self, Z):
        self.A = 1 / (1 + np.exp(-Z))
        return [list(row) for row in self.A]

    def backward(self, dA):
        return dA * self.A * (1 - self.A)
""",
        touches=("check-3",),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="w1 and w2 stand in one row of the table, and are typed in one row of W.",
        says="a neuron is a column, and w1 and w2 lead into h1",
        code=changed(
            NETWORK, "[[0.15, 0.25], [0.20, 0.30]]", "[[0.15, 0.20], [0.25, 0.30]]"
        ),
        touches=("check-3",),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The same in the output layer, where the error is easy to overlook.",
        says="a neuron is a column, and w5 and w6 lead into o1",
        code=changed(
            NETWORK, "[[0.40, 0.50], [0.45, 0.55]]", "[[0.40, 0.45], [0.50, 0.55]]"
        ),
        touches=("check-3",),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The biases are left as Dense makes them, since they are not trained.",
        says="b of the output layer is still 0",
        code=changed(NETWORK, "    model.layers[2].b = np.array([[0.60, 0.60]])\n", ""),
        touches=("check-3",),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="Lesson 03's networks end with a Dense; the last sigmoid is left out.",
        says="expected Dense, Sigmoid, Dense, Sigmoid",
        code=changed(NETWORK, "Dense(2, 2, rng), Sigmoid()])", "Dense(2, 2, rng)])"),
        touches=("check-3",),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="The two biases of the table are exchanged.",
        says="and (0, 0) is 0.25 too large in every entry",
        code=changed(
            changed(NETWORK, "[[0.35, 0.35]]", "[[0.60, 0.60]]"),
            "layers[2].b = np.array([[0.60, 0.60]])",
            "layers[2].b = np.array([[0.35, 0.35]])",
        ),
        touches=("check-3",),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="A bias is typed with one pair of brackets.",
        says="b of the hidden layer has shape (2,), expected (1, 2): one row, [[...]]",
        code=changed(NETWORK, "[[0.35, 0.35]]", "[0.35, 0.35]"),
        touches=("check-3",),
    ),
    Mistake(
        task="check-2",
        cell="task-2",
        why="W is set to a list of lists, as the numbers are typed.",
        says="W must be an array of floats, got list",
        code=changed(
            NETWORK,
            "np.array([[0.15, 0.25], [0.20, 0.30]])",
            "[[0.15, 0.25], [0.20, 0.30]]",
        ),
        touches=("check-3",),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The gradient points uphill, and the step is taken along it.",
        says="went uphill",
        code=changed(STEP, "W - learning", "W + learning"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The two dense layers of the examples are named by their places.",
        says="not right for other inputs",
        code="""
def step_weights(model, X, Y, loss, learning_rate):
    before = loss(model(X), Y)
    model.backward(loss.backward())
    for place in (0, 2):
        layer = model.layers[place]
        layer.W = layer.W - learning_rate * layer.dW
    return before
""",
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The function does its work, and what it is to return is forgotten.",
        says="the loss returned is None",
        code=changed(STEP, "    return before\n", ""),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The learning rate is passed in and never used.",
        says="the learning rate is missing",
        code=changed(STEP, "learning_rate * layer.dW", "layer.dW"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="Training usually moves the biases as well.",
        says="a bias has changed: only W moves",
        code=changed(
            STEP,
            "learning_rate * layer.dW\n",
            "learning_rate * layer.dW\n"
            "            layer.b = layer.b - learning_rate * layer.db\n",
        ),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="A local name is set to the new weights, and the layer never sees them.",
        says="is the new array stored in layer.W?",
        code=changed(STEP, "layer.W = layer.W -", "W = layer.W -"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The loss is computed at the end, where the result is looked at.",
        says="this is the loss after the step",
        code=changed(STEP, "return before", "return loss(model(X), Y)"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="One loop goes back through the layers and updates on the way.",
        says="a W was changed before backward had run through the whole model",
        code=HASTY,
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="A mean over the samples is taken once more, though the loss has taken it.",
        says="Use dW just as backward sets it",
        code=changed(STEP, "layer.dW", "layer.dW / len(X)"),
    ),
    Mistake(
        task="check-3",
        cell="task-3",
        why="The error is passed back, in place of what the loss gives.",
        says="Use dW just as backward sets it",
        code=changed(STEP, "loss.backward()", "model(X) - Y"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The faulty backward is handed in as it was given, unchanged.",
        says="dg is not the slope that nudging finds",
        code=changed(
            changed(
                changed(MENDED, "(dY * self.A).sum", "(dY * self.Z).sum"),
                "(self.Z > 0)",
                "(self.Y > 0)",
            ),
            "dZ.sum(axis=0",
            "dZ.mean(axis=0",
        ),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The line looks right: y was made from z, and dg is a product.",
        says="dg is not the slope that nudging finds",
        code=changed(MENDED, "(dY * self.A).sum", "(dY * self.Z).sum"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The mask from the output is right for ReLU alone, and for gains above 0.",
        says="dW is not the slope that nudging finds",
        code=changed(MENDED, "(self.Z > 0)", "(self.Y > 0)"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The mean looks natural where the loss is a mean.",
        says="db is not the slope that nudging finds",
        code=changed(MENDED, "dZ.sum(axis=0", "dZ.mean(axis=0"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The mask is mended with >=, on the rectified numbers.",
        says="do the gradients that come before it on the way back pass?",
        code=changed(MENDED, "(self.Z > 0)", "(self.A >= 0)"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="dg is not summed: broadcasting hid that one row serves all samples.",
        says="all samples use the same g",
        code=changed(MENDED, "(dY * self.A).sum(axis=0, keepdims=True)", "dY * self.A"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The sum is taken without keepdims, and the row has lost an axis.",
        says="like b: does a sum lack keepdims=True?",
        code=changed(MENDED, "dZ.sum(axis=0, keepdims=True)", "dZ.sum(axis=0)"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="The gradients are set, and what the layer below needs is forgotten.",
        says="dX is None",
        code=changed(MENDED, "return dZ @", "dX = dZ @"),
    ),
    Mistake(
        task="check-4",
        cell="task-4",
        why="As in PyTorch, a gradient is added to the one that is there.",
        says="is wrong in a second backward: is the old dW added?",
        code=changed(
            MENDED,
            "self.dW = self.X.T @ dZ",
            "old = 0 if self.dW is None else self.dW\n"
            "        self.dW = self.X.T @ dZ + old",
        ),
    ),
]

CORRECT = [
    Alternative(
        what="tanh and cosh",
        cells={
            "task-1": """
class Sigmoid(layers.Layer):
    def forward(self, Z):
        self.kept = Z
        return (1 + np.tanh(Z / 2)) / 2

    def backward(self, upstream):
        return upstream / (np.exp(self.kept / 2) + np.exp(-self.kept / 2)) ** 2
"""
        },
    ),
    Alternative(
        what="loops and math",
        cells={
            "task-1": """
import math

class Sigmoid(layers.Layer):
    def forward(self, Z):
        self.out = np.zeros(Z.shape)
        for i in range(Z.shape[0]):
            for j in range(Z.shape[1]):
                z = Z[i, j]
                e = math.exp(-abs(z))
                self.out[i, j] = 1 / (1 + e) if z >= 0 else e / (1 + e)
        return self.out

    def backward(self, dA):
        dZ = np.zeros_like(dA)
        for index in np.ndindex(dA.shape):
            a = self.out[index]
            dZ[index] = dA[index] * (a - a * a)
        return dZ
""",
            "task-4": """
class MendedGain(Gain):
    def backward(self, dY):
        m, k = dY.shape
        n = self.W.shape[0]
        self.dW, self.db = np.zeros((n, k)), np.zeros((1, k))
        self.dg, dX = np.zeros((1, k)), np.zeros((m, n))
        for i in range(m):
            for j in range(k):
                if self.Z[i, j] > 0:
                    self.dg[0, j] += dY[i, j] * self.A[i, j]
                    dz = dY[i, j] * self.g[0, j]
                    self.db[0, j] += dz
                    for p in range(n):
                        self.dW[p, j] += dz * self.X[i, p]
                        dX[i, p] += dz * self.W[p, j]
        return dX
""",
        },
    ),
    Alternative(
        what="in place and by parameters",
        cells={
            "task-2": """
def mazur_network():
    g = np.random.default_rng(5)
    first, second = Dense(2, 2, g), Dense(2, 2, g)
    first.W[:, 0], first.W[:, 1], first.b[:] = [0.15, 0.2], [0.25, 0.3], 0.35
    second.W[:, 0], second.W[:, 1], second.b[:] = [0.4, 0.45], [0.5, 0.55], 0.6
    return Sequential([first, Sigmoid(), second, Sigmoid()])
""",
            "task-3": """
def step_weights(model, X, Y, loss, learning_rate):
    start = loss(model(X), Y)
    model.backward(loss.backward())
    for name, (P, dP) in model.parameters().items():
        if name.endswith("W"):
            P -= learning_rate * dP
    return np.float64(start)

""",
        },
    ),
    Alternative(
        what="einsum and own differences",
        cells={
            "task-4": """
class MendedGain(Gain):
    def backward(self, dY):
        awake = np.sign(self.A)
        self.dg = np.einsum("ij,ij->j", dY, self.A)[None, :]
        dZ = np.einsum("ij,j,ij->ij", dY, self.g[0], awake)
        self.dW = np.einsum("il,ij->lj", self.X, dZ)
        self.db = np.ones((1, len(dZ))) @ dZ
        return np.einsum("ij,lj->il", dZ, self.W)
""",
        },
    ),
    Alternative(
        what="float32 results",
        cells={
            "task-1": """
class Sigmoid(layers.Layer):
    def forward(self, Z):
        self.A = 1 / (1 + np.exp(-Z))
        return self.A

    def backward(self, dA):
        return dA * self.A * (1 - self.A)
""",
            "task-4": """
class MendedGain(Gain):
    def backward(self, dY):
        dY = dY.astype(np.float32)
        self.dg = (dY * self.A.astype(np.float32)).sum(0, keepdims=True)
        dZ = np.where(self.Z > 0, dY * self.g.astype(np.float32), np.float32(0))
        self.dW = self.X.astype(np.float32).T @ dZ
        self.db = dZ.sum(0).reshape(1, -1)
        return dZ @ self.W.astype(np.float32).T
""",
        },
    ),
]
