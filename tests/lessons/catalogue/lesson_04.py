"""Wrong attempts at lesson 04's exercises."""

BY_HAND = "loss_by_hand = {}\ngradient_by_hand = {}"

MAE = """
from nnlib.losses import Loss


class MAE(Loss):
    def forward(self, Y_hat, Y):
        self.error = Y_hat - Y
        return {}

    def backward(self):
        return {}
"""
SUM = "float(np.abs(self.error).sum() / len(Y))"
SIGNS = "np.sign(self.error) / len(self.error)"

FALLING = """
class FallingSGD:
    def __init__(self, first, decay):
        self.first, self.decay, self.t = first, decay, {}

    def step(self, model):
        for P, dP in model.parameters().values():
            {}
        {}
"""
RATE = "self.first / (1 + self.decay * self.t)"

BEST = """
def fit_best(model, X, Y, validation, epochs):
    best = {{"loss": np.inf}}

    def remember(epoch, model):
        value = MSE()(model(validation[0]), validation[1])
        if value < best["loss"]:
            kept = [{} for P, _ in model.parameters().values()]
            best.update(loss=value, kept=kept)

    rng = np.random.default_rng(0)
    history = fit(model, X, Y, MSE(), SGD({}), epochs, 200, rng, {}, remember)
    for (P, _), kept in zip(model.parameters().values(), best["kept"], strict=True):
        {}
    return {}
"""

ATTEMPTS = {
    "Exercise 1": [
        (BY_HAND.format("14", "np.zeros((3, 1))"), "divide it by the 3 samples"),
        (BY_HAND.format("2", "np.zeros((3, 1))"), "square them first"),
        (BY_HAND.format("4.67", "np.zeros((3, 1))"), "do not round"),
        (BY_HAND.format("7 / 3", "np.zeros((3, 1))"), "there is no 1/2 here"),
        (
            BY_HAND.format("14 / 3", "2 / 3 * np.array([[2.0], [1.0], [3.0]])"),
            "an error is prediction minus target",
        ),
        (
            BY_HAND.format("14 / 3", "1 / 3 * np.array([[-2.0], [-1.0], [-3.0]])"),
            "the 2 is missing",
        ),
        (
            BY_HAND.format("14 / 3", "2 * np.array([[-2.0], [-1.0], [-3.0]])"),
            "the 1/m is missing",
        ),
        (
            BY_HAND.format("14 / 3", "np.array([[-2.0], [-1.0], [-3.0]])"),
            "these are the errors",
        ),
        (
            BY_HAND.format("14 / 3", "2 / 3 * np.array([-2.0, -1.0, -3.0])"),
            "has shape (3,), expected (3, 1), like the targets",
        ),
        (
            BY_HAND.format("14 / 3", "2 / 3 * np.array([[-2.0, -1.0, -3.0]])"),
            "it is transposed",
        ),
    ],
    "Exercise 2": [
        (MAE.format("np.abs(self.error).mean()", SIGNS), "divided by all m k numbers"),
        (MAE.format("np.abs(self.error).sum()", SIGNS), "the mean is missing"),
        (MAE.format("self.error.sum() / len(Y)", SIGNS), "the errors cancel"),
        (MAE.format("(self.error**2).sum() / len(Y)", SIGNS), "these are squares"),
        (MAE.format(SUM, "np.sign(self.error)"), "the 1/m is missing"),
        (MAE.format(SUM, "2 * np.sign(self.error) / len(self.error)"), "a 2 too many"),
        (
            MAE.format(SUM, "np.sign(self.error) / self.error.size"),
            "divided by all m k numbers",
        ),
        (MAE.format(SUM, "np.abs(self.error) / len(self.error)"), "1 or -1, however"),
        (MAE.format(SUM, "-np.sign(self.error) / len(self.error)"), "the wrong sign"),
        (
            MAE.format(SUM, "np.ones_like(self.error) / len(self.error)"),
            "is -1 where u < 0",
        ),
        (
            MAE.format(SUM, "self.error / np.abs(self.error) / len(self.error)"),
            "at u = 0 the slope should be 0",
        ),
        (MAE.format(SUM, "self.error / len(self.error)"), "however large u is"),
        (MAE.format(SUM, "2 * self.error / len(self.error)"), "however large u is"),
    ],
    "Exercise 3": [
        (FALLING.format(0, f"P -= {RATE} * dP", "pass"), "is t counted up"),
        (FALLING.format(0, "P -= self.first * dP", "self.t += 1"), "does not fall"),
        (FALLING.format(0, f"P = P - {RATE} * dP", "self.t += 1"), "did not move"),
        (FALLING.format(0, f"P += {RATE} * dP", "self.t += 1"), "goes uphill"),
        (FALLING.format(1, f"P -= {RATE} * dP", "self.t += 1"), "start at 0"),
        (
            FALLING.format(0, f"P -= {RATE} * dP\n            self.t += 1", "pass"),
            "t counts steps, not parameters",
        ),
        (
            FALLING.format(0, f"P -= {RATE} * dP\n            break", "self.t += 1"),
            "b should move like W",
        ),
        (
            FALLING.format(0, "P -= self.first / (1 + self.t) * dP", "self.t += 1"),
            "is decay used",
        ),
    ],
    "Exercise 4": [
        (
            BEST.format("P", "0.02", "validation", "P[...] = kept", "history"),
            "without .copy()",
        ),
        (
            BEST.format("P.copy()", "0.02", "validation", "P = kept", "history"),
            "not put back with P[...]",
        ),
        (
            BEST.format("P.copy()", "0.02", "validation", "P[...] = kept", "model"),
            "return the history",
        ),
        (
            BEST.format("P.copy()", "0.02", "None", "P[...] = kept", "history"),
            "pass validation on",
        ),
        (
            BEST.format("P.copy()", "0.1", "validation", "P[...] = kept", "history"),
            "take the settings from the text",
        ),
        (
            BEST.format(
                "P.copy()", "0.02", "validation", "P[...] = kept", "history"
            ).replace("model(validation[0]), validation[1]", "model(X), Y"),
            "chosen by the training loss",
        ),
        (
            """
def fit_best(model, X, Y, validation, epochs):
    rng = np.random.default_rng(0)
    history = fit(model, X, Y, MSE(), SGD(0.02), epochs, 200, rng, validation)
    return history
""",
            "the weights of the last epoch",
        ),
    ],
}
