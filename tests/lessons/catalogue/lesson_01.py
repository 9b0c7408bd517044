"""Wrong attempts at lesson 01's exercises."""

LINE = "def distance_to_line(w, b, p):\n    return "

ATTEMPTS = {
    "Exercise 1": [
        ("my_alarm = Neuron(np.array([3.0, 4.0, 5.0]), 20.0)", "minus what you have"),
        ("my_alarm = Neuron(np.array([3.0, 4.0]), -20.0)", "three prices"),
        ("my_alarm = Neuron(np.array([3.0, 4.0, 5.0]), -10.0)", "b is -10"),
        (
            "my_alarm = Neuron(np.array([4.0, 3.0, 5.0]), -20.0)",
            "w is 4 at index 0, expected 3",
        ),
        ("my_alarm = np.array([3.0, 4.0, 5.0])", "should be a Neuron"),
    ],
    "Exercise 2": [
        (LINE + "(w @ p + b) / np.sqrt(w @ w)", "a distance is not negative"),
        (LINE + "abs(w @ p + b)", "divide by the length of w"),
        (LINE + "abs(w @ p + b) / (w @ w)", "once, not by its square"),
        (LINE + "abs(b) / np.sqrt(w @ w)", "the origin's distance"),
        (LINE + "abs(w @ p) / np.sqrt(w @ w)", "is b missing?"),
        (LINE + "abs(w @ p - b) / np.sqrt(w @ w)", "b is added"),
        (LINE + "np.sqrt((w @ p + b)**2 / 25)", "with three inputs"),
        (LINE + "w @ p + b", "this is z"),
    ],
    "Exercise 3": [
        (
            "def at_least(k, n):\n    return Neuron(np.ones(n), -k)",
            "answers 0, although 1 of 1 inputs are 1: z is 0.0 there",
        ),
        (
            "def at_least(k, n):\n    return Neuron(np.ones(2), 0.5 - k)",
            "should have shape (1,)",
        ),
        ("def at_least(k, n):\n    return 0.5 - k", "should return a Neuron"),
        (
            "def at_least(k, n):\n    return Neuron(np.ones(n), k - 0.5)",
            "answers 1, although 0 of 1 inputs are 1",
        ),
        (
            "def at_least(k, n):\n    return Neuron(np.ones(n), 0.5 - k, relu)",
            "answers 0.5, although 1 of 1 inputs are 1",
        ),
    ],
    "Exercise 4": [
        ("computed = {(0, 0, 0, 1), (0, 1, 1, 1)}", "there are 2 tables"),
        ("computed = [tuple(a) for a in found]", "should be a set"),
        ("computed = set(product([0, 1], repeat=4))", "no neuron computes XOR"),
        ("computed = {a.sum() for a in found}", "a tuple of four numbers"),
        (
            "tables = set(product([0, 1], repeat=4))\n"
            "computed = tables - {(0, 1, 1, 0), (1, 1, 1, 1)}",
            "(1, 0, 0, 1) is in it",
        ),
    ],
}
