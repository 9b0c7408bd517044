"""Wrong attempts at lesson 06's exercises."""

READ = "n_truly_1, n_called_2, share_right = "
SURE = """
def when_sure(y, Y_hat, threshold):
    answered = Y_hat.max(axis=1) {0} threshold
    right = (Y_hat.argmax(axis=1) == y) & answered
    return answered.mean(), {1}
"""

ATTEMPTS = {
    "Exercise 1": [
        (READ + "49, 18, 0.8", "a true class is a row"),
        (READ + "50, 15, 0.8", "a predicted class is a column"),
        (READ + "50, 10, 0.8", "count the others too"),
        (READ + "50, 18, 80", "divide by all 100 samples"),
        (READ + "40, 18, 0.8", "of class 1 were found"),
        (READ + "50, 8, 0.8", "count the right ones too"),
    ],
    "Exercise 2": [
        (
            """
def most_confused(C):
    np.fill_diagonal(C, 0)
    return np.unravel_index(C.argmax(), C.shape)
""",
            "C has changed",
        ),
        (
            """
def most_confused(C):
    return np.unravel_index(C.argmax(), C.shape)
""",
            "the diagonal holds the right answers",
        ),
        (
            """
def most_confused(C):
    C = C * (1 - np.eye(len(C), dtype=int))
    return np.unravel_index(C.argmax(), C.shape)[::-1]
""",
            "in this order",
        ),
        (
            """
def most_confused(C):
    C = C / C.sum(axis=1, keepdims=True)
    np.fill_diagonal(C, 0)
    return np.unravel_index(C.argmax(), C.shape)
""",
            "compare the counts",
        ),
    ],
    "Exercise 3": [
        (SURE.format(">", "right.sum() / len(y)"), "divide by the samples answered"),
        (SURE.format(">=", "right.sum() / max(answered.sum(), 1)"), "use >"),
        (
            SURE.format(">", "(Y_hat.argmax(axis=1) == y).mean()"),
            "the samples answered only",
        ),
        (
            """
def when_sure(y, Y_hat, threshold):
    answered = Y_hat.max(axis=1) > threshold
    right = (Y_hat.argmax(axis=1) == y) & answered
    return right.sum() / max(answered.sum(), 1), answered.mean()
""",
            "the share comes first",
        ),
        (SURE.format(">", "right.sum() / answered.sum()"), "0/0 should be 0"),
        (
            SURE.format(">", "right[answered].mean() if answered.any() else 1"),
            "no sample is answered",
        ),
        (
            SURE.format(">", "right.sum() / answered.sum()").replace("mean()", "sum()"),
            "4 samples are answered",
        ),
    ],
    "Exercise 4": [
        (
            """
from nnlib import one_hot

def brier_score(y, Y_hat):
    return ((Y_hat - one_hot(y, Y_hat.shape[1])) ** 2).mean()
""",
            "add up over the classes",
        ),
        (
            """
from nnlib import one_hot

def brier_score(y, Y_hat):
    return ((Y_hat - one_hot(y, Y_hat.shape[1])) ** 2).sum()
""",
            "this is the sum over the samples",
        ),
        (
            """
def brier_score(y, Y_hat):
    return ((1 - Y_hat[np.arange(len(y)), y]) ** 2).mean()
""",
            "not only the label's",
        ),
        (
            """
from nnlib import one_hot

def brier_score(y, Y_hat):
    return ((Y_hat - one_hot(y, Y_hat.shape[1])) ** 2).sum(axis=1).mean() / 2
""",
            "in full",
        ),
        (
            """
from nnlib import one_hot

def brier_score(y, Y_hat):
    return np.abs(Y_hat - one_hot(y, Y_hat.shape[1])).sum(axis=1).mean()
""",
            "square each difference",
        ),
    ],
}
