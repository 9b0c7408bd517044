"""Usual mistakes in the siblings: tasks that a class's key may choose.

The code holds a sibling's numbers by their names, such as EDGE.
"""

CLAMP = """
def clamp(z):
    return np.clip(z, -EDGE, EDGE)
"""

CLAMP_SLOPE = """
def clamp_slope(z):
    return np.where((z > -EDGE) & (z < EDGE), 1.0, 0.0)
"""

RAMP = """
def ramp(z):
    return np.clip(z, 0, TOP)
"""

RAMP_SLOPE = """
def ramp_slope(z):
    return np.where((z > 0) & (z < TOP), 1.0, 0.0)
"""

INTERVAL = """
def interval():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, 4, rng), ReLU(), Dense(4, 2, rng)])
    first, _, last = model.layers
    first.W = np.array([[1.0, -1.0, 0.0, 0.0], [0.0, 0.0, 1.0, -1.0]])
    last.W = np.array([[1.0, 1.0], [-1.0, -1.0], [-REACH, REACH], [-REACH, REACH]])
    return model
"""

COMPARE = """
def compare():
    rng = np.random.default_rng(0)
    model = Sequential([Dense(2, 4, rng), ReLU(), Dense(4, 2, rng)])
    first, _, last = model.layers
    first.W = np.array([[1.0, -1.0, 1.0, -1.0], [1.0, -1.0, -1.0, 1.0]])
    last.W = np.array([[0.5, 0.0], [-0.5, 0.0], [0.5, TIMES], [0.5, TIMES]])
    return model
"""

TUNED = """
class MendedTuned(Tuned):
    def backward(self, dY):
        dZ = np.where(self.Z > 0, dY, 0.0)
        self.dg = (dZ * (self.X @ self.W)).sum(axis=0, keepdims=True)
        self.db = dZ.sum(axis=0, keepdims=True)
        dP = self.g * dZ
        self.dW = self.X.T @ dP
        return dP @ self.W.T
"""

SLOPES = """
class MendedSlopes(TwoSlopes):
    def backward(self, dY):
        self.ds = (dY * np.minimum(0, self.Z)).sum(axis=0, keepdims=True)
        dZ = np.where(self.Z > 0, UP * dY, self.s * dY)
        self.dW = self.X.T @ dZ
        self.db = dZ.sum(axis=0, keepdims=True)
        return dZ @ self.W.T
"""

LASSO = """
class LassoSGD:
    def __init__(self, learning_rate, pull):
        self.learning_rate, self.pull = learning_rate, pull

    def step(self, model):
        for name, (P, dP) in model.parameters().items():
            if name.endswith("W"):
                P -= self.learning_rate * (dP + self.pull * np.sign(P))
            else:
                P -= self.learning_rate * dP
"""

POWERED = """
class PoweredSGD:
    def __init__(self, learning_rate, penalty):
        self.learning_rate, self.penalty = learning_rate, penalty

    def step(self, model):
        for name, (P, dP) in model.parameters().items():
            if name.endswith("W"):
                P -= self.learning_rate * (dP + self.penalty * P**LESS)
            else:
                P -= self.learning_rate * dP
"""

FOCAL = """
class Focal(SoftmaxCrossEntropy):
    def forward(self, Z, y):
        log_Y_hat = log_softmax(Z)
        self.Y_hat = np.exp(log_Y_hat)
        self.Y = one_hot(y, Z.shape[1])
        self.log_p = (self.Y * log_Y_hat).sum(axis=1, keepdims=True)
        self.p = np.exp(self.log_p)
        return float(((1 - self.p) ** POWER * -self.log_p).sum() / len(y))

    def backward(self):
        u = (1 - self.p) ** POWER
        along_u = -POWER * (1 - self.p) ** LESS * self.p * -self.log_p
        return (along_u - u) * (self.Y - self.Y_hat) / len(self.Y)
"""

FADING = """
class Fading(SoftmaxCrossEntropy):
    def forward(self, Z, y):
        log_Y_hat = log_softmax(Z)
        self.Y_hat = np.exp(log_Y_hat)
        self.Y = one_hot(y, Z.shape[1])
        self.log_p = (self.Y * log_Y_hat).sum(axis=1, keepdims=True)
        self.p = np.exp(self.log_p)
        return float(((1 - self.p**POWER) * -self.log_p).sum() / len(y))

    def backward(self):
        u = 1 - self.p**POWER
        along_u = -POWER * self.p**POWER * -self.log_p
        return (along_u - u) * (self.Y - self.Y_hat) / len(self.Y)
"""

WEIGHTED = """
def best_threshold(positive, scores):
    found = []
    for threshold in scores:
        called = scores >= threshold
        TP, FP = (called & positive).sum(), (called & ~positive).sum()
        FN = (~called & positive).sum()
        found.append((BOTH * TP / (BOTH * TP + MISS * FN + FP), threshold))
    F, threshold = max(found)
    return threshold, F
"""

BALANCE = """
def best_threshold(positive, scores):
    found = []
    for threshold in scores:
        called = scores >= threshold
        TP, TN = (called & positive).sum(), (~called & ~positive).sum()
        P, N = max(positive.sum(), 1), max((~positive).sum(), 1)
        found.append(((TP / P + TN / N) / 2, threshold))
    B, threshold = max(found)
    return threshold, B
"""

LIMIT = """
def choose(sizes, losses):
    means = losses.mean(axis=0)
    best = min(range(len(sizes)), key=lambda k: (means[k], sizes[k]))
    SE = losses[:, best].std(ddof=1) / np.sqrt(len(losses))
    limit = means[best] + FACTOR * SE
    return min(n for n, v in zip(sizes, means) if v <= limit), limit
"""

DUEL = """
def duel(y, network, baseline):
    a = ((network == y) & (baseline != y)).sum()
    n = a + ((network != y) & (baseline == y)).sum()
    if n == 0:
        return 0.5, 0.0, 1.0
    w = a / n
    SE = np.sqrt(w * (1 - w) / n)
    return w, w - FACTOR * SE, w + FACTOR * SE
"""

# {the sibling's file: (its task, a right solution, (what the check says, mistake) ...)}
SIBLINGS = {
    "01_neuron/task-1_clamp": (
        1,
        CLAMP + CLAMP_SLOPE,
        [
            (
                "clamp goes below -EDGE",
                "def clamp(z):\n    return np.minimum(z, EDGE)\n" + CLAMP_SLOPE,
            ),
            (
                "the limits are -EDGE and EDGE, not -1 and 1",
                CLAMP.replace("EDGE", "1") + CLAMP_SLOPE,
            ),
            (
                "at the kinks -EDGE and EDGE the slope is 0 here",
                CLAMP + CLAMP_SLOPE.replace(">", ">=").replace("<", "<="),
            ),
            (
                "the clamp rises from -EDGE on, not only from 0 on",
                CLAMP + CLAMP_SLOPE.replace("> -EDGE", "> 0"),
            ),
            (
                "the numbers in z itself have changed",
                "def clamp(z):\n    z = np.asarray(z)\n"
                "    return np.clip(z, -EDGE, EDGE, out=z)\n" + CLAMP_SLOPE,
            ),
        ],
    ),
    "01_neuron/task-1_ramp": (
        1,
        RAMP + RAMP_SLOPE,
        [
            (
                "above TOP it should stay at TOP",
                "def ramp(z):\n    return np.maximum(0, z)\n" + RAMP_SLOPE,
            ),
            ("ramp stays at 1", RAMP.replace("TOP", "1") + RAMP_SLOPE),
            (
                "at the kinks 0 and TOP the slope is 0 here",
                RAMP + RAMP_SLOPE.replace(">", ">=").replace("<", "<="),
            ),
            (
                "the second kink is at TOP, not at 1",
                RAMP + RAMP_SLOPE.replace("TOP", "1"),
            ),
        ],
    ),
    "02_dense_layer/task-3_interval": (
        3,
        INTERVAL,
        [
            (
                "the lower end comes first",
                INTERVAL.replace("-REACH, REACH", "REACH, -REACH"),
            ),
            (
                "|x2| needs two ReLUs",
                INTERVAL.replace("1.0, -1.0]])", "1.0, 0.0]])"),
            ),
            (
                "the sign of x2 comes through",
                INTERVAL.replace("[-REACH, REACH]]", "[REACH, -REACH]]"),
            ),
            ("|x2| counts REACH times", INTERVAL.replace("REACH", "1.0")),
            (
                "a negative middle is lost",
                INTERVAL.replace("[[1.0, -1.0,", "[[1.0, 0.0,"),
            ),
            (
                "a neuron is a column of W",
                INTERVAL.replace("0.0, 1.0, -1.0]])", "0.0, 1.0, -1.0]]).T"),
            ),
        ],
    ),
    "02_dense_layer/task-3_compare": (
        3,
        COMPARE,
        [
            ("the distance counts TIMES times", COMPARE.replace("TIMES", "1.0")),
            (
                "add the distance",
                COMPARE.replace("[0.5, TIMES]", "[-0.5, TIMES]"),
            ),
            (
                "the distance has a sign",
                COMPARE.replace("TIMES]])", "-TIMES]])"),
            ),
            (
                "lacks its division by 2",
                COMPARE.replace("0.5", "1.0"),
            ),
            ("a negative sum is lost", COMPARE.replace("[-0.5, 0.0]", "[0.0, 0.0]")),
            (
                "the larger number comes first",
                COMPARE.replace(
                    "return model", "last.W = last.W[:, ::-1]\n    return model"
                ),
            ),
        ],
    ),
    "03_backprop/task-4_tuned": (
        4,
        TUNED,
        [
            (
                "dg is not the slope that nudging finds",
                TUNED.replace("(self.X @ self.W)", "self.Z"),
            ),
            (
                "dW is not the slope that nudging finds",
                TUNED.replace("self.g * dZ", "dZ / self.g"),
            ),
            (
                "db is not the slope that nudging finds",
                TUNED.replace("dZ.sum", "dZ.mean"),
            ),
            ("dX is None", TUNED.replace("return dP", "dP")),
            (
                "add up their m paths",
                TUNED.replace("dZ.sum(axis=0, keepdims=True)", "dZ"),
            ),
        ],
    ),
    "03_backprop/task-4_two_slopes": (
        4,
        SLOPES,
        [
            (
                "ds is not the slope that nudging finds",
                SLOPES.replace("np.minimum(0, self.Z)", "self.Z"),
            ),
            (
                "dW is not the slope that nudging finds",
                SLOPES.replace("self.Z > 0", "self.Y > 0"),
            ),
            (
                "db is not the slope that nudging finds",
                SLOPES.replace("dZ.sum", "dZ.mean"),
            ),
            (
                "dX is not the slope that nudging finds",
                SLOPES.replace("dZ @", "dY @"),
            ),
            (
                "add up their m paths",
                SLOPES.replace(".sum(axis=0, keepdims=True)", "", 1),
            ),
        ],
    ),
    "04_mse_regression/task-3_lasso": (
        3,
        LASSO,
        [
            (
                "W is pulled by lambda W",
                LASSO.replace("np.sign(P)", "P"),
            ),
            (
                "must be multiplied by the learning rate, too",
                LASSO.replace("(dP + self.pull * np.sign(P))", "dP + self.pull"),
            ),
            (
                "lambda is added whatever the sign of W",
                LASSO.replace(" * np.sign(P)", ""),
            ),
            (
                "the bias is pulled, too",
                LASSO.replace('name.endswith("W")', "True"),
            ),
            (
                'does "0.W" count as a weight matrix?',
                LASSO.replace('name.endswith("W")', 'name == "W"'),
            ),
            (
                "at W = 0 the slope is 0 here",
                LASSO.replace("np.sign(P)", "np.where(P >= 0, 1, -1)"),
            ),
        ],
    ),
    "04_mse_regression/task-3_power": (
        3,
        POWERED,
        [
            ("raise W to the power LESS", POWERED.replace("P**LESS", "P")),
            ("the exponent is POWER, one too many", POWERED.replace("LESS", "POWER")),
            (
                "has no factor POWER",
                POWERED.replace("self.penalty *", "POWER * self.penalty *"),
            ),
            ("W grows", POWERED.replace("(dP + ", "(dP - ")),
            (
                "the bias is pulled, too",
                POWERED.replace('name.endswith("W")', "True"),
            ),
            (
                "a weight below 0 is pushed away from 0",
                POWERED.replace("P**LESS", "abs(P)**LESS"),
            ),
        ],
    ),
    "05_softmax_classification/task-3_focal": (
        3,
        FOCAL,
        [
            (
                "only -ln p was differentiated",
                FOCAL.replace("(along_u - u)", "-u"),
            ),
            (
                "this is the gradient for the exponent 2",
                FOCAL.replace("** LESS ", "").replace("POWER", "2"),
            ),
            (
                "has a minus",
                FOCAL.replace("-POWER *", "POWER *"),
            ),
            (
                "the slope of p along the logits has a factor p",
                FOCAL.replace("** LESS * self.p", "** LESS"),
            ),
            ("the 1/m is missing", FOCAL.replace(" / len(self.Y)", "")),
        ],
    ),
    "05_softmax_classification/task-3_fading": (
        3,
        FADING,
        [
            (
                "only -ln p was differentiated",
                FADING.replace("(along_u - u)", "-u"),
            ),
            (
                "so must be -ln p",
                FADING.replace("(along_u - u)", "along_u"),
            ),
            (
                "has a factor POWER",
                FADING.replace("-POWER *", "-"),
            ),
            (
                "one factor p too many",
                FADING.replace(
                    "-self.log_p\n        return",
                    "-self.log_p * self.p\n        return",
                ),
            ),
            ("the 1/m is missing", FADING.replace(" / len(self.Y)", "")),
        ],
    ),
    "06_evaluation/task-2_weighted": (
        2,
        WEIGHTED,
        [
            ("this is F1", WEIGHTED.replace("BOTH", "2").replace("MISS", "1")),
            (
                "belongs to the misses FN",
                WEIGHTED.replace("MISS * FN + FP", "FN + MISS * FP"),
            ),
            ("is positive, too: use >=", WEIGHTED.replace(">=", ">")),
            (
                "the pair is (threshold, F)",
                WEIGHTED.replace("threshold, F\n", "F, 0.4\n"),
            ),
            (
                "of equal F the highest threshold is wanted",
                WEIGHTED.replace(
                    "max(found)", "min(found, key=lambda x: (-x[0], x[1]))"
                ),
            ),
        ],
    ),
    "06_evaluation/task-2_balance": (
        2,
        BALANCE,
        [
            ("take their mean", BALANCE.replace(" / 2", "")),
            (
                "TP belongs over P",
                BALANCE.replace("TP / P + TN / N", "TP / N + TN / P"),
            ),
            ("TN is divided by P", BALANCE.replace("TN / N", "TN / P")),
            ("is positive, too: use >=", BALANCE.replace(">=", ">")),
            (
                "of equal B the highest threshold is wanted",
                BALANCE.replace(
                    "max(found)", "min(found, key=lambda x: (-x[0], x[1]))"
                ),
            ),
            (
                "the second number is the accuracy",
                BALANCE.replace("(TP / P + TN / N) / 2", "(TP + TN) / len(scores)"),
            ),
            (
                "not as NaN",
                BALANCE.replace("max(positive.sum(), 1)", "positive.sum()"),
            ),
        ],
    ),
    "07_handwritten_digits/task-2_limit": (
        2,
        LIMIT,
        [
            ("one SE is added", LIMIT.replace("FACTOR * SE", "SE")),
            ("(ddof=1)", LIMIT.replace("std(ddof=1)", "std()")),
            ("divided by the root of R?", LIMIT.replace(" / np.sqrt(len(losses))", "")),
            (
                "return the size",
                LIMIT.replace(
                    "min(n for n, v in zip(sizes, means)",
                    "max(k for k, v in enumerate(means)",
                ),
            ),
            (
                "the smallest is wanted, 16",
                LIMIT.replace("min(n for", "max(n for"),
            ),
            (
                "the smaller one is the best, and gives the SE",
                LIMIT.replace("(means[k], sizes[k])", "means[k]"),
            ),
        ],
    ),
    "07_handwritten_digits/task-3_duel": (
        3,
        DUEL,
        [
            ("not by all m", DUEL.replace("(1 - w) / n", "(1 - w) / len(y)")),
            ("w is a / n", DUEL.replace("w = a / n", "w = a / len(y)")),
            (
                "the two answers may differ and both be wrong",
                DUEL.replace(
                    "n = a + ((network != y) & (baseline == y)).sum()",
                    "n = (network != baseline).sum()",
                ),
            ),
            ("the root is missing", DUEL.replace("np.sqrt", "")),
            (
                "that the baseline wins",
                DUEL.replace("w = a / n", "w = 1 - a / n"),
            ),
            (
                "look at n first",
                DUEL.replace("if n == 0:", "if False:"),
            ),
        ],
    ),
}
