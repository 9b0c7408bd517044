"""Wrong attempts at lesson 02's exercises."""

RIGHT_W = "W_three = np.array([[1.0, 1, 0], [2, 1, 1], [-1, 0, 0]])\n"
MAKE = """
rng_try = np.random.default_rng(0)
parity = Sequential([Dense(3, {0}, rng_try), ReLU(), Dense({0}, 1, rng_try)])
parity.layers[0].W = np.ones((3, {0}))
"""

ATTEMPTS = {
    "Exercise 1": [
        (
            "W_three = np.vstack([W.T, [0, 1, 0]])\nb_three = np.array([[1, -2, -1]])",
            "a neuron is a column of W, and you wrote it as a row",
        ),
        (
            "W_three = np.vstack([W, [0, 1]])\nb_three = np.array([[1.0, -2, -1]])",
            "W_three has shape (4, 2), expected (3, 3)",
        ),
        (
            RIGHT_W + "b_three = np.array([1.0, -2, -1])",
            "b_three has shape (3,), expected (1, 3)",
        ),
        (
            RIGHT_W + "b_three = np.array([[1.0, -2, 1]])",
            "b_three is 1 at index (0, 2), expected -1",
        ),
    ],
    "Exercise 2": [
        (
            """
def fold(layers):
    W, b = layers[0].W, layers[0].b
    for layer in layers[1:]:
        W, b = W @ layer.W, b + layer.b
    one = Dense(*W.shape, np.random.default_rng(0))
    one.W, one.b = W, b
    return one
""",
            "your code raised ValueError",
        ),
        (
            """
def fold(layers):
    W = layers[0].W
    for layer in layers[1:]:
        W = W @ layer.W
    one = Dense(*W.shape, np.random.default_rng(0))
    one.W, one.b = W, layers[-1].b
    return one
""",
            "the earlier biases pass through the later weights too",
        ),
        (
            """
def fold(layers):
    W, b = layers[0].W, layers[0].b
    for layer in layers[1:]:
        W, b = W @ layer.W, b @ layer.W
    one = Dense(*W.shape, np.random.default_rng(0))
    one.W, one.b = W, b
    return one
""",
            "is the later layer's b missing?",
        ),
        (
            """
def fold(layers):
    one = layers[0]
    for layer in layers[1:]:
        one.b = one.b @ layer.W + layer.b
        one.W = one.W @ layer.W
    return one
""",
            "fold changes the layers that it was given",
        ),
        ("def fold(layers):\n    return Sequential(layers)", "should return a Dense"),
        (
            """
def fold(layers):
    W, b = layers[0].W, layers[0].b
    for layer in layers[1:]:
        W, b = W @ layer.W, b @ layer.W + layer.b
    return W, b
""",
            "fold should return a Dense, got tuple",
        ),
    ],
    "Exercise 3": [
        (
            MAKE.format(3)
            + """
parity.layers[0].b = np.array([[0.0, -1.0, -2.0]])
parity.layers[2].W = np.array([[1.0], [-1.0], [1.0]])
""",
            "the output for [0, 1, 1] is 1, not 0",
        ),
        (
            MAKE.format(4)
            + """
parity.layers[0].b = np.array([[0.0, -1.0, -2.0, 0.0]])
parity.layers[2].W = np.array([[1.0], [-2.0], [2.0], [0.0]])
""",
            "with 4 hidden neurons: three are enough",
        ),
        (
            """
rng_try = np.random.default_rng(0)
parity = Sequential([Dense(3, 3, rng_try), Dense(3, 1, rng_try)])
""",
            "the layers are Dense, Dense",
        ),
        ("parity = [0, 1, 1, 0, 1, 0, 0, 1]", "should be a Sequential"),
    ],
    "Exercise 4": [
        ("def abs_scale(n):\n    return np.sqrt(2 / n)", "does |z| lose half"),
        ("def abs_scale(n):\n    return 1 / n", "is this the variance, not its root"),
        ("def abs_scale(n):\n    return np.sqrt(0.5 / n)", "0.0303 instead of about 1"),
        ("def abs_scale(n):\n    return 1", "1.07e+12 instead of about 1"),
        ("def abs_scale(n):\n    return 1 / 16", "twice as large"),
        ("def abs_scale(n):\n    np.sqrt(1 / n)", "is a return missing"),
    ],
}
