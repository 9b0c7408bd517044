"""Assignment 05: usual mistakes and right alternatives."""

from running import Alternative, Mistake

NAME = "05_softmax_classification"


def start_bias(lines):
    """Return the cell task-1 with the body of start_bias."""
    return f"""
def start_bias(y, n_classes):
    {lines}
"""


def weighted(forward, backward):
    """Return the cell task-2 with the lines that end its two methods."""
    return f"""
class WeightedCrossEntropy(SoftmaxCrossEntropy):
    def __init__(self, class_weights):
        self.class_weights = np.asarray(class_weights, dtype=float)

    def forward(self, Z, y):
        log_Y_hat = log_softmax(Z)
        self.Y_hat, self.Y = np.exp(log_Y_hat), one_hot(y, Z.shape[1])
        self.c = self.class_weights[y]
        costs = -log_Y_hat[np.arange(len(y)), y]
        {forward}

    def backward(self):
        rows = self.Y_hat - self.Y
        {backward}
"""


WEIGHTED_FORWARD = "return float((self.c * costs).sum() / self.c.sum())"
WEIGHTED_BACKWARD = "return self.c[:, None] * rows / self.c.sum()"


def focal(forward, backward):
    """Return the cell task-3 with the lines that end its two methods."""
    return f"""
class Focal(SoftmaxCrossEntropy):
    def forward(self, Z, y):
        log_Y_hat = log_softmax(Z)
        self.Y_hat, self.Y = np.exp(log_Y_hat), one_hot(y, Z.shape[1])
        log_p = log_Y_hat[np.arange(len(y)), y][:, None]
        p = np.exp(log_p)
        self.p, self.log_p = p, log_p
        {forward}

    def backward(self):
        p, log_p, rows = self.p, self.log_p, self.Y - self.Y_hat
        m = len(p)
        {backward}
"""


FOCAL_FORWARD = "return float(-((1 - p) ** 2 * log_p).mean())"
FOCAL_BACKWARD = "return (2 * (1 - p) * p * log_p - (1 - p) ** 2) * rows / m"


def margin(forward, backward):
    """Return the cell task-4 with the lines of its two methods."""
    return f"""
class Margin(SoftmaxCrossEntropy):
    def __init__(self, margin):
        self.margin = margin

    def forward(self, Z, y):
        self.Y = one_hot(y, Z.shape[1])
        {forward}

    def backward(self):
        {backward}
"""


STABLE = "log_P = log_softmax(Z); self.Y_hat = np.exp(log_P)"
MEAN = "return float(-(self.Y * log_P).sum() / len(y))"
MARGIN_FORWARD = f"Z = Z - self.margin * self.Y; {STABLE}; {MEAN}"
MARGIN_BACKWARD = "return (self.Y_hat - self.Y) / len(self.Y)"


def fair_top_k(lines):
    """Return the cell task-5 with the lines that end fair_top_k."""
    return f"""
def fair_top_k(y, scores, k):
    own = scores[np.arange(len(y)), y][:, None]
    a, t = (scores > own).sum(axis=1), (scores == own).sum(axis=1)
    {lines}
"""


MISTAKES = [
    Mistake(
        task="check-1",
        why="np.bincount without minlength ends at the last class that occurs.",
        says="class 2 has no sample, but counts too",
        code=start_bias(
            "return np.log((np.bincount(y) + 1) / (len(y) + n_classes))[None, :]"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The plain shares are taken, without the added samples.",
        says="ln 0 is -inf",
        code=start_bias(
            "return np.log(np.bincount(y, minlength=n_classes) / len(y))[None, :]"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="The bias is taken for the probability itself.",
        says="b is their logarithm",
        code=start_bias(
            "return (np.bincount(y, minlength=n_classes)[None, :] + 1) "
            "/ (len(y) + n_classes)"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="1 is added above and not below.",
        says="divide by m + K, not by m",
        code=start_bias(
            "return np.log((np.bincount(y, minlength=n_classes) + 1) / len(y))[None, :]"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-1",
        why="A bias is thought of as a list of K numbers, not as a row.",
        says="b has shape (3,), expected (1, 3)",
        code=start_bias(
            "return np.log((np.bincount(y, minlength=n_classes) + 1) "
            "/ (len(y) + n_classes))"
        ),
        cell="task-1",
    ),
    Mistake(
        task="check-2",
        why="The mean over m stands in every loss so far.",
        says="divide by the sum of the samples' weights, not by m",
        code=weighted(
            "return float((self.c * costs).sum() / len(y))",
            "return self.c[:, None] * rows / len(rows)",
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="forward is changed, and backward is inherited as it is.",
        says="the class weights are missing in backward",
        code=weighted(WEIGHTED_FORWARD, "return rows / len(rows)"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="class_weights of shape (K,) fits the columns, so it broadcasts.",
        says="multiplies its whole row",
        code=weighted(
            WEIGHTED_FORWARD, "return self.class_weights * rows / self.c.sum()"
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The weights of the classes are summed, not those of the samples.",
        says="the weights of the samples, not of the classes",
        code=weighted(
            "self.total = self.class_weights.sum(); "
            "return float((self.c * costs).sum() / self.total)",
            "return self.c[:, None] * rows / self.total",
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="ln is taken of softmax, as the formula is written.",
        says="ln of a probability rounded to 0",
        code=weighted(
            "costs = -np.log(self.Y_hat[np.arange(len(y)), y]); " + WEIGHTED_FORWARD,
            WEIGHTED_BACKWARD,
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The sum of the weights is forgotten in backward.",
        says="the sum of the weights is missing in backward",
        code=weighted(WEIGHTED_FORWARD, "return self.c[:, None] * rows"),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="The new factor is treated as a constant.",
        says="(1 - p)^2 has a slope, too",
        code=focal(FOCAL_FORWARD, "return -((1 - p) ** 2) * rows / m"),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The inner slope of 1 - p, which is -1, is lost.",
        says="the slope of (1 - p)^2 along p is -2 (1 - p)",
        code=focal(
            FOCAL_FORWARD,
            "return (-2 * (1 - p) * p * log_p - (1 - p) ** 2) * rows / m",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The chain stops at p and misses the slope of p along the logits.",
        says="has a factor p",
        code=focal(
            FOCAL_FORWARD, "return (2 * (1 - p) * log_p - (1 - p) ** 2) * rows / m"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="backward gives the whole gradient of a sample, without the mean.",
        says="the 1/m is missing in backward",
        code=focal(
            FOCAL_FORWARD, "return (2 * (1 - p) * p * log_p - (1 - p) ** 2) * rows"
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="Y_hat - Y is written by habit, and the sign is already in the factor.",
        says="wrong sign",
        code=focal(
            FOCAL_FORWARD,
            "return (2 * (1 - p) * p * log_p - (1 - p) ** 2) * -rows / m",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="The maximum of the whole matrix also keeps e^z from overflowing.",
        says="print E",
        code=margin(
            "Z = Z - self.margin * self.Y; E = np.exp(Z - Z.max()); "
            "self.Y_hat = E / E.sum(axis=1, keepdims=True); "
            "return float(-(self.Y * np.log(self.Y_hat)).sum() / len(y))",
            MARGIN_BACKWARD,
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="softmax is mended, and the logarithm of its rounded zeros is left.",
        says="print Y_hat",
        code=margin(
            "Z = Z - self.margin * self.Y; "
            "E = np.exp(Z - Z.max(axis=1, keepdims=True)); "
            "self.Y_hat = E / E.sum(axis=1, keepdims=True); "
            "return float(-np.log(self.Y_hat[np.arange(len(y)), y]).sum() / len(y))",
            MARGIN_BACKWARD,
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The sign in backward is mended, and the factor is not seen.",
        says="dZ is not the slope of L",
        code=margin(MARGIN_FORWARD, "return (self.Y_hat - self.Y) / self.Y.size"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The factor in backward is mended, and the sign is not seen.",
        says="dZ is not the slope of L",
        code=margin(MARGIN_FORWARD, "return (self.Y - self.Y_hat) / len(self.Y)"),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The line with the margin is lost in the mending.",
        says="the margin has no effect",
        code=margin(f"{STABLE}; {MEAN}", MARGIN_BACKWARD),
        cell="task-4",
    ),
    Mistake(
        task="check-5",
        why="The formula is used where more places are left than classes.",
        says="a sample gets 1 at most",
        code=fair_top_k("return float(np.maximum((k - a) / t, 0).mean())"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="The formula is used where no place is left.",
        says="a sample gets 0 at least",
        code=fair_top_k("return float(np.minimum((k - a) / t, 1).mean())"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="A tie is counted in the model's favour.",
        says="equal scores all count as right",
        code=fair_top_k("return float((a < k).mean())"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="A tie is counted against the model.",
        says="equal scores all count as wrong",
        code=fair_top_k("return float((a + t <= k).mean())"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="t is taken as the number of the other classes with the same score.",
        says="t counts the true class itself, too",
        code=fair_top_k("return float(np.clip((k - a) / (t - 1), 0, 1).mean())"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="The shares are added up, and the mean is forgotten.",
        says="take the mean",
        code=fair_top_k("return float(np.clip((k - a) / t, 0, 1).sum())"),
        cell="task-5",
    ),
    Mistake(
        task="check-2",
        why="[:, y] is tried to pick an entry of each row.",
        says="[:, y] takes whole columns",
        code=weighted(
            "top = -(self.class_weights[y] * log_Y_hat[:, y]).sum(); "
            "return float(top / self.c.sum())",
            WEIGHTED_BACKWARD,
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="The two factors of u's slope are mixed up in u itself.",
        says="in u times the slope of v, u is (1 - p)^2",
        code=focal(
            FOCAL_FORWARD,
            "return (2 * (1 - p) * p * log_p - (1 - p) * p) * rows / m",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="u is written down where u's slope belongs.",
        says="has p, not 1 - p",
        code=focal(
            FOCAL_FORWARD,
            "return (2 * (1 - p) ** 2 * log_p - (1 - p) ** 2) * rows / m",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="p is written for 1 - p all the way.",
        says="somewhere p stands for it",
        code=focal(
            FOCAL_FORWARD,
            "return (2 * p * p * log_p - p**2) * rows / m",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="The largest probability is taken, not that of the label.",
        says="p must be that of the label",
        code=focal(
            FOCAL_FORWARD,
            "p = self.Y_hat.max(axis=1, keepdims=True); "
            "return (2 * (1 - p) * p * np.log(p) - (1 - p) ** 2) * rows / m",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="-= looks like a shorter form of =, and changes the caller's array.",
        says="forward changes the caller's Z",
        code=margin(
            f"Z -= self.margin * self.Y; {STABLE}; {MEAN}",
            MARGIN_BACKWARD,
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The row maxima are taken without keepdims, which m = K lets pass.",
        says="keepdims=True makes them a column",
        code=margin(
            "Z = Z - self.margin * self.Y; E = np.exp(Z - Z.max(axis=1)); "
            "self.Y_hat = E / E.sum(axis=1, keepdims=True); "
            "return float(-(self.Y * np.log(self.Y_hat)).sum() / len(y))",
            MARGIN_BACKWARD,
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-4",
        why="The code is copied, and nothing is mended.",
        says="dZ is not the slope of L",
        code=margin(
            "Z = Z - self.margin * self.Y; E = np.exp(Z - Z.max()); "
            "self.Y_hat = E / E.sum(axis=1, keepdims=True); "
            "return float(-(self.Y * np.log(self.Y_hat)).sum() / len(y))",
            "return (self.Y - self.Y_hat) / self.Y.size",
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-5",
        why="The mean is kept between 0 and 1, not each sample's share.",
        says="before you take the mean",
        code=fair_top_k("return float(np.clip(((k - a) / t).mean(), 0, 1))"),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="Places and ties are averaged first, and divided then.",
        says="divide first, then take the mean",
        code=fair_top_k("return float(np.clip((k - a).mean() / t.mean(), 0, 1))"),
        cell="task-5",
    ),
    Mistake(
        task="check-2",
        why="The sum of the weights is mended in forward, and not in backward.",
        says="backward divides by the weights of the classes",
        code=weighted(
            WEIGHTED_FORWARD,
            "return self.c[:, None] * rows / self.class_weights.sum()",
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="1/m is replaced by one over the sum, and the row's weight is lost.",
        says="only the sum of the weights has an effect",
        code=weighted(WEIGHTED_FORWARD, "return rows / self.c.sum()"),
        cell="task-2",
    ),
    Mistake(
        task="check-2",
        why="The number of classes is read off the labels.",
        says="could not be broadcast",
        code=weighted(
            "self.Y = one_hot(y, y.max() + 1); " + WEIGHTED_FORWARD,
            WEIGHTED_BACKWARD,
        ),
        cell="task-2",
    ),
    Mistake(
        task="check-3",
        why="v is -ln p, and the minus is not carried over to its slope.",
        says="the slope of -ln p has a minus, too",
        code=focal(
            FOCAL_FORWARD,
            "return (2 * (1 - p) * p * log_p + (1 - p) ** 2) * rows / m",
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="With two classes the other logit's slope is 1 - p, as in the example.",
        says="1 - p for K = 2 only",
        code=focal(
            FOCAL_FORWARD,
            "rows = np.where(self.Y == 1, 1 - p, p - 1); " + FOCAL_BACKWARD,
        ),
        cell="task-3",
    ),
    Mistake(
        task="check-3",
        why="ln p is computed once more from p, which may be 0.",
        says="take ln p from forward",
        code=focal(FOCAL_FORWARD, "log_p = np.log(p); " + FOCAL_BACKWARD),
        cell="task-3",
    ),
    Mistake(
        task="check-4",
        why="The maximum is taken down the columns.",
        says="only with one number per row",
        code=margin(
            "Z = Z - self.margin * self.Y; E = np.exp(Z - Z.max(axis=0)); "
            "self.Y_hat = E / E.sum(axis=1, keepdims=True); "
            "return float(-(self.Y * np.log(self.Y_hat)).sum() / len(y))",
            MARGIN_BACKWARD,
        ),
        cell="task-4",
    ),
    Mistake(
        task="check-5",
        why="The counts run down the columns.",
        says="count along each row, axis=1",
        code=fair_top_k(
            "a, t = (scores > own).sum(axis=0), (scores == own).sum(axis=0); "
            "return float(np.clip((k - a) / t, 0, 1).mean())"
        ),
        cell="task-5",
    ),
    Mistake(
        task="check-5",
        why="The counts run over the whole matrix.",
        says="each row has its own a and t",
        code=fair_top_k(
            "a, t = (scores > own).sum(), (scores == own).sum(); "
            "return float(np.clip((k - a) / t, 0, 1).mean())"
        ),
        cell="task-5",
    ),
]

CORRECT = [
    Alternative(
        what="loops",
        cells={
            "task-1": """
from math import log

def start_bias(y, n_classes):
    y = list(y)
    return [[log((y.count(j) + 1) / (len(y) + n_classes)) for j in range(n_classes)]]
""",
            "task-2": """
class WeightedCrossEntropy(SoftmaxCrossEntropy):
    def __init__(self, class_weights):
        self.class_weights = class_weights

    def forward(self, Z, y):
        top = bottom = 0.0
        self.Z, self.y = Z, y
        for i, label in enumerate(y):
            top -= self.class_weights[label] * log_softmax(Z)[i, label]
            bottom += self.class_weights[label]
        self.bottom = bottom
        return top / bottom

    def backward(self):
        dZ = np.zeros(self.Z.shape)
        P = np.exp(log_softmax(self.Z))
        for i, label in enumerate(self.y):
            for j in range(dZ.shape[1]):
                slope = P[i, j] - 1 if j == label else P[i, j]
                dZ[i, j] = self.class_weights[label] * slope / self.bottom
        return dZ
""",
            "task-3": """
class Focal(SoftmaxCrossEntropy):
    def forward(self, Z, y):
        self.logs, self.y = log_softmax(Z), y
        terms = []
        for row, t in zip(self.logs, y):
            terms.append(-(1 - np.exp(row[t])) ** 2 * row[t])
        return sum(terms) / len(terms)

    def backward(self):
        dZ = np.zeros_like(self.logs)
        m, K = dZ.shape
        for i in range(m):
            t = self.y[i]
            q = np.exp(self.logs[i])
            for l in range(K):
                inner = (1.0 if l == t else 0.0) - q[l]
                u, v = (1 - q[t]) ** 2, -self.logs[i, t]
                du, dv = 2 * (1 - q[t]) * -1 * q[t] * inner, -inner
                dZ[i, l] = (v * du + u * dv) / m
        return dZ
""",
            "task-5": """
def fair_top_k(y, scores, k):
    total = 0
    for label, row in zip(y, scores):
        places = k - sum(s > row[label] for s in row)
        equal = sum(s == row[label] for s in row)
        if places >= equal:
            total += 1
        elif places > 0:
            total += places / equal
    return total / len(y)
""",
        },
    ),
    Alternative(
        what="einsum and the Jacobian",
        cells={
            "task-2": weighted(
                "self.w = self.c / self.c.sum(); "
                "return np.einsum('i,ij,ij->', self.w, self.Y, -log_Y_hat)",
                "return np.einsum('i,ij->ij', self.w, rows)",
            ),
            "task-3": focal(
                "self.y = y; "
                "return np.einsum('ij,ij->', (1 - p) ** 2, -log_p) / len(y)",
                """K = rows.shape[1]
        along_p = np.zeros((m, K))
        P = np.clip(p[:, 0], 1e-300, None)
        slope = -2 * (1 - P) * -log_p[:, 0] - (1 - P) ** 2 / P
        J = np.einsum('ij,jl->ijl', self.Y_hat, np.eye(K))
        J -= np.einsum('ij,il->ijl', self.Y_hat, self.Y_hat)
        own = np.where(p > 0, P[:, None], 1e-300)
        along_p = J[np.arange(m), self.y] / own * (slope * P)[:, None]
        along_p[p[:, 0] == 0] = -((1 - p) ** 2 * rows)[p[:, 0] == 0]
        return along_p / m""",
            ),
        },
    ),
    Alternative(
        what="float32",
        cells={
            "task-1": start_bias(
                "n = np.array([[(y == j).sum() for j in range(n_classes)]]) + 1\n"
                "    return np.log(n / n.sum()).astype(np.float32)"
            ),
            "task-2": weighted(
                "return np.float32((self.c * costs).sum() / self.c.sum())",
                "return (self.c[:, None] / self.c.sum() * rows).astype(np.float32)",
            ),
            "task-4": margin(
                MARGIN_FORWARD,
                "return ((self.Y_hat - self.Y) / len(self.Y)).astype(np.float32)",
            ),
        },
    ),
    Alternative(
        what="the parent class does the work",
        cells={
            "task-2": """
class WeightedCrossEntropy(SoftmaxCrossEntropy):
    def __init__(self, class_weights):
        self.class_weights = np.array(class_weights)

    def forward(self, Z, y):
        super().forward(Z, y)
        c = self.class_weights[y]
        self.scale = (len(y) * c / c.sum()).reshape(-1, 1)
        return np.average(-log_softmax(Z)[range(len(y)), y], weights=c)

    def backward(self):
        return self.scale * super().backward()
""",
            "task-3": """
class Focal(SoftmaxCrossEntropy):
    def forward(self, Z, y):
        super().forward(Z, y)
        self.costs = -log_softmax(Z)[range(len(y)), y]
        self.miss = 1 - np.exp(-self.costs)
        return np.mean(self.miss**2 * self.costs)

    def backward(self):
        p = 1 - self.miss
        factor = self.miss**2 + 2 * self.miss * p * self.costs
        return factor[:, np.newaxis] * super().backward()
""",
            "task-4": """
class Margin(SoftmaxCrossEntropy):
    def __init__(self, margin):
        self.margin = margin

    def forward(self, Z, y):
        lowered = np.array(Z, dtype=float)
        lowered[np.arange(len(y)), y] -= self.margin
        return super().forward(lowered, y)

    def backward(self):
        return super().backward()
""",
        },
    ),
    Alternative(
        what="log-sum-exp, sorting and searching",
        cells={
            "task-4": """
class Margin(SoftmaxCrossEntropy):
    def __init__(self, margin):
        self.s = margin

    def forward(self, Z, y):
        m, K = Z.shape
        self.Y = np.zeros((m, K))
        self.Y[range(m), y] = 1
        S = Z - self.s * self.Y
        lse = np.logaddexp.reduce(S, axis=1)
        self.P = np.exp(S - lse[:, None])
        return np.mean(lse - S[range(m), y])

    def backward(self):
        m = len(self.P)
        return self.P / m - self.Y / m
""",
            "task-5": """
def fair_top_k(y, scores, k):
    shares = []
    for label, row in zip(y, scores, strict=True):
        ranked = sorted(row.tolist())
        above = len(ranked) - np.searchsorted(ranked, row[label], side="right")
        below = np.searchsorted(ranked, row[label], side="left")
        places = range(above, len(ranked) - below)
        shares.append(np.mean([place < k for place in places]))
    return np.mean(shares)
""",
        },
    ),
]
