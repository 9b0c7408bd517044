"""Wrong attempts at lesson 03's exercises."""

FOUR = "slope_z, slope_b, slope_w, slope_x = {}"
LEAKY = """
class LeakyReLU(layers.Layer):
    def forward(self, Z):
        self.Z = Z
        self.A = {}
        return self.A

    def backward(self, dA):
        return {}
"""
LEAKS = "np.where(Z > 0, Z, 0.1 * Z)"
FOURTH = """
class FourthPower(MSE):
    def forward(self, Y_hat, Y):
        self.error = Y_hat - Y
        return {}

    def backward(self):
        return {}
"""
MEAN = "float((self.error**4).sum() / len(Y))"
RESIDUAL = """
class Residual(layers.Layer):
    def __init__(self, inner):
        self.inner = inner

    def forward(self, X):
        return {}

    def backward(self, dZ):
        return {}

    def parameters(self):
        return {}
"""
SUM, PATHS = "X + self.inner.forward(X)", "dZ + self.inner.backward(dZ)"

ATTEMPTS = {
    "Exercise 1": [
        (FOUR.format("9, 9, 18, -9"), "this is L itself"),
        (FOUR.format("3, 3, 6, -3"), "the slope of z squared is 2 z"),
        (FOUR.format("6, 1, 12, -6"), "1 is the local slope"),
        (FOUR.format("6, 6, -6, 12"), "times the OTHER factor"),
        (FOUR.format("6, 6, 2, -1"), "this is the local slope alone"),
        (FOUR.format("6, 6, 6, -6"), "a product still multiplies it"),
        (FOUR.format("6, 6, 12, 6"), "slope_x has the wrong sign"),
        (FOUR.format("6, 6, 12, None"), "slope_x is None"),
    ],
    "Exercise 2": [
        (LEAKY.format("np.maximum(0, Z)", "dA"), "below 0 a tenth should come through"),
        (LEAKY.format(LEAKS, "dA * (self.Z > 0)"), "is that of the plain ReLU"),
        (
            LEAKY.format(LEAKS, "dA * np.where(self.Z >= 0, 1.0, 0.1)"),
            "at z = 0 the slope should be 0.1",
        ),
        (
            LEAKY.format(LEAKS, "np.where(self.Z > 0, 1.0, 0.1)"),
            "dZ is the local slope alone",
        ),
        (LEAKY.format(LEAKS, "dA * (self.A >= -9)"), "dZ is dA unchanged"),
        (
            LEAKY.format(LEAKS, "dA * np.where(dA > 0, 1.0, 0.1)"),
            "the slope should come from Z",
        ),
        (LEAKY.format("Z if Z > 0 else 0.1 * Z", "dA"), "use np.where"),
        (LEAKY.format(LEAKS, "None"), "dZ is None: is a return missing"),
    ],
    "Exercise 3": [
        (
            FOURTH.format("float((self.error**4).sum())", "4 * self.error**3"),
            "L is 5 times too large",
        ),
        (
            FOURTH.format("float((self.error**4).mean())", "4 * self.error**3"),
            "sum over the columns, then average",
        ),
        (
            FOURTH.format("float((self.error**2).sum() / len(Y))", "0"),
            "the fourth power",
        ),
        (FOURTH.format(MEAN, "4 * self.error**3"), "where is 1/m?"),
        (
            FOURTH.format(MEAN, "4 * self.error**3 / len(self.error) ** 2"),
            "is 1/m there twice?",
        ),
        (
            FOURTH.format(MEAN, "4 * self.error**3 / self.error.size"),
            "divide by the samples only",
        ),
        (
            FOURTH.format(MEAN, "self.error**3 / len(self.error)"),
            "dY_hat is 4 times too small",
        ),
        (
            FOURTH.format(MEAN, "2 * self.error**3 / len(self.error)"),
            "dY_hat is half of the right one",
        ),
        (
            FOURTH.format(MEAN, "2 * self.error / len(self.error)"),
            "dY_hat is that of MSE",
        ),
        (
            FOURTH.format(MEAN, "2 * self.error**2 / len(self.error)"),
            "multiply by 2r, the slope of u",
        ),
        (
            FOURTH.format(MEAN, "-4 * self.error**3 / len(self.error)"),
            "dY_hat has the wrong sign everywhere",
        ),
    ],
    "Exercise 4": [
        (RESIDUAL.format("self.inner.forward(X)", PATHS, "{}"), "add the X that goes"),
        (
            RESIDUAL.format(SUM, "self.inner.backward(dZ)", "{}"),
            "dZ also goes back past f",
        ),
        (RESIDUAL.format(SUM, "dZ", "{}"), "dZ also goes back through f"),
        (
            RESIDUAL.format("np.add(X, self.inner.forward(X), out=X)", PATHS, "{}"),
            "forward changes its X",
        ),
        (
            RESIDUAL.format(SUM, "np.add(dZ, self.inner.backward(dZ), out=dZ)", "{}"),
            "backward changes dZ",
        ),
        (
            RESIDUAL.format(SUM, "dZ * self.inner.backward(dZ)", "{}"),
            "you multiplied them",
        ),
        (RESIDUAL.format(SUM, PATHS, "{{}}").replace("{{}}", "{}"), "has 0 entries"),
        (RESIDUAL.format(SUM, PATHS, "None"), "parameters() gives None"),
        (RESIDUAL.format(SUM, PATHS, "self.inner"), "must give a dict"),
    ],
}
