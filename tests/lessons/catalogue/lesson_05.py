"""Wrong attempts at lesson 05's exercises."""

LOGITS = "z_0, z_1 = {}"
AT = "def softmax_at(Z, T):\n    {}"
BINARY = """
class BinaryCrossEntropy(Loss):
    def forward(self, Z, Y):
        self.Z, self.Y = Z, Y
        self.Y_hat = 1 / (1 + np.exp(-Z))
        return {}

    def backward(self):
        return {}
"""
MEAN = "float((np.logaddexp(0, Z) - Y * Z).sum() / len(Y))"
SOFTENED = """
class SoftenedCrossEntropy(SoftmaxCrossEntropy):
    def forward(self, Z, y):
        K = Z.shape[1]
        log_Y_hat = log_softmax(Z)
        self.Y_hat = np.exp(log_Y_hat)
        hard = one_hot(y, K)
        self.Y = soft = {}
        {}
"""
SOFT, LOSS = "0.9 * hard + 0.1 / K", "return float(-(soft * log_Y_hat).sum() / len(y))"

ATTEMPTS = {
    "Exercise 1": [
        (LOGITS.format("2, 10"), "a lead of 2 makes class 0 e^2"),
        (LOGITS.format("1, 5"), "a lead of 1 makes class 0 e"),
        (LOGITS.format("np.log10(2), np.log10(10)"), "has the base 10"),
        (LOGITS.format("np.log(2), 1"), "z_1: this logarithm has the base 10"),
        (LOGITS.format("2 / 13, 10 / 13"), "this is a probability"),
        (LOGITS.format("np.log(2), np.log(5)"), "as class 2, not as class 0"),
        (LOGITS.format("np.log(2), np.log(2) * np.log(5)"), "so leads add"),
        (LOGITS.format("-np.log(2), 0"), "z_0 has the wrong sign"),
        (LOGITS.format("np.log(2), 10"), "10 is the ratio to class 2"),
        (LOGITS.format("np.log(2), np.log(2 / 5)"), "a fifth as likely"),
    ],
    "Exercise 2": [
        (AT.format("return softmax(Z)"), "T changes nothing"),
        (AT.format("return softmax(Z * T)"), "you multiplied by T"),
        (AT.format("return softmax(Z) / T"), "divide the logits, not the result"),
        (
            AT.format("E = np.exp(Z / T); return E / E.sum(axis=0)"),
            "your columns add up to 1",
        ),
        (
            AT.format("E = softmax(Z)**(1 / T); return E / E.sum(axis=1)[:, None]"),
            "are rounded before T acts",
        ),
        (
            AT.format("E = np.exp(Z / T); return E / E.sum(axis=1)[:, None]"),
            "which number may be subtracted",
        ),
        (
            AT.format(
                "E = np.exp((Z - Z.max()) / T); return E / E.sum(axis=1)[:, None]"
            ),
            "each row needs a maximum of its own",
        ),
        (
            AT.format(
                "E = np.exp(Z / T - (Z / T).max(axis=0));"
                " return E / E.sum(axis=1)[:, None]"
            ),
            "not of each column",
        ),
        (AT.format("softmax(Z / T)"), "is None: is a return missing"),
    ],
    "Exercise 3": [
        (BINARY.format("np.logaddexp(0, Z).mean()", "0"), "L misses the term -yz"),
        (BINARY.format("(np.logaddexp(0, Z) + Y * Z).mean()", "0"), "L has +yz"),
        (BINARY.format("(np.logaddexp(0, Z) - Y * Z).sum()", "0"), "L is a sum"),
        (BINARY.format(MEAN, "self.Y_hat - self.Y"), "where is 1/m?"),
        (BINARY.format(MEAN, "self.Y_hat / len(self.Y)"), "the part -yz has a slope"),
        (BINARY.format(MEAN, "(self.Z - self.Y) / len(self.Y)"), "dZ has z in place"),
        (
            BINARY.format(MEAN, "(softmax(self.Z) - self.Y) / len(self.Y)"),
            "the softmax of a single column is 1",
        ),
        (
            BINARY.format(MEAN, "(1 - self.Y_hat - self.Y) / len(self.Y)"),
            "the sign of z is minus",
        ),
        (
            BINARY.format(MEAN, "(self.Y - self.Y_hat) / len(self.Y)"),
            "dZ has the wrong sign everywhere",
        ),
        (
            BINARY.format(
                "(np.log(1 + np.exp(Z)) - Y * Z).sum() / len(Y)",
                "(self.Y_hat - self.Y) / len(self.Y)",
            ),
            "for z = 10000 something is not finite",
        ),
    ],
    "Exercise 4": [
        (SOFTENED.format("hard", LOSS), "L is still that of one-hot targets"),
        (
            SOFTENED.format(SOFT, LOSS.replace("soft *", "hard *")),
            "L is still that of one-hot targets",
        ),
        (SOFTENED.format("hard + 0.1 / K", LOSS), "a row add up to 1.1"),
        (SOFTENED.format("0.9 * hard", LOSS), "a row add up to 0.9"),
        (
            SOFTENED.format("0.9 * hard + 0.1 / (K - 1) * (1 - hard)", LOSS),
            "should get 0.9 + 0.1 / 3",
        ),
        (SOFTENED.format(SOFT, LOSS.replace(" / len(y)", "")), "L is a sum"),
        (
            SOFTENED.format(SOFT, LOSS.replace("len(y)", "soft.size")),
            "a mean over all entries",
        ),
        (SOFTENED.format(SOFT, f"self.Y = hard; {LOSS}"), "dZ is that of one-hot"),
        (SOFTENED.format("0.9 * hard + 0.1 / 3", LOSS), "K is 2 here"),
        (
            SOFTENED.format(SOFT, LOSS.replace("log_Y_hat", "np.log(self.Y_hat)")),
            "a probability is rounded to 0",
        ),
    ],
}
