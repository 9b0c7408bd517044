"""The figures of lesson 03: slopes, graphs with gradients, what a gradient check sees.

Circles are operations; edges carry named values.  Values that flow forward are blue,
gradients that flow backward are orange (vermilion) and stand below their value.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import FancyBboxPatch, Rectangle

from nnlib.plotting.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    VERMILION,
    arrow,
    described,
    number,
)

NODE_FILL = "#f2f2f2"


def _bracketed(value):
    return number(value) if value >= 0 else f"({number(value)})"


def _blank(ax, width, height):
    """Make the axes an empty sheet of the given size, with equal units."""
    ax.set(xlim=(0, width), ylim=(0, height), aspect="equal")
    ax.axis("off")
    return ax


def zoom_on_parabola(x0=3.0, half_widths=(2.0, 0.5, 0.05)):
    """Draw x^2 around x0 in ever smaller windows, beside the line of slope 2 x0.

    Args:
        x0: the point that is kept in the middle.
        half_widths: half the width of each window, one panel each.

    Returns:
        Matplotlib figure.
    """
    fig, axes = plt.subplots(1, len(half_widths), figsize=(8, 3.2))
    for ax, half in zip(axes, half_widths, strict=True):
        x = np.linspace(x0 - half, x0 + half, 201)
        ax.plot(x, x**2, color=BLUE, lw=4)
        ax.plot(x, x0**2 + 2 * x0 * (x - x0), color=VERMILION, ls="--", lw=1.6)
        ax.plot(x0, x0**2, "o", color="black", zorder=4)
        ax.set(title=f"{x0:g} ± {half:g}", xlabel="$x$", xlim=(x[0], x[-1]))
        ax.set_xticks([x0 - half, x0, x0 + half])
    axes[0].set_ylabel("$f(x)$")
    axes[0].text(4.3, 20.5, "$x^2$", color=BLUE, ha="right")
    axes[0].text(3.4, 6.2, f"slope {2 * x0:g}", color=VERMILION)
    return described(
        fig,
        f"The parabola near x = {x0:g} in {len(half_widths)} windows, each narrower. "
        f"In the narrowest, the curve and the dashed straight line of slope {2 * x0:g} "
        "lie on each other.",
    )


def strips():
    """Draw what a square and a rectangle gain when one length grows by h.

    Returns:
        Matplotlib figure.
    """
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.1))
    x, y, h = 3.0, 2.0, 0.5
    ax = axes[0]
    ax.add_patch(Rectangle((0, 0), x, x, facecolor=SKY, alpha=0.35))
    ax.add_patch(Rectangle((x, 0), h, x, facecolor=ORANGE))
    ax.add_patch(Rectangle((0, x), x, h, facecolor=ORANGE))
    ax.add_patch(Rectangle((x, x), h, h, facecolor=VERMILION))
    ax.text(x / 2, x / 2, "$x^2$", ha="center", va="center")
    ax.text(x / 2, x + h / 2, "$x h$", ha="center", va="center")
    ax.text(x + h / 2, x / 2, "$x h$", ha="center", va="center", rotation=90)
    ax.text(x + h + 0.15, x + h / 2, "$h^2$", va="center", color=VERMILION)
    ax.text(-0.15, x / 2, "$x$", ha="right", va="center")
    ax.set_title("square: gains $2xh + h^2$")
    ax = axes[1]
    ax.add_patch(Rectangle((0, 0), x, y, facecolor=SKY, alpha=0.35))
    ax.add_patch(Rectangle((x, 0), h, y, facecolor=ORANGE))
    ax.text(x / 2, y / 2, "$x y$", ha="center", va="center")
    ax.text(x + h / 2, y / 2, "$h y$", ha="center", va="center", rotation=90)
    ax.text(-0.15, y / 2, "$y$", ha="right", va="center")
    ax.set_title("rectangle: gains $h y$")
    for ax in axes:
        ax.text(x / 2, -0.15, "$x$", ha="center", va="top")
        ax.text(x + h / 2, -0.15, "$h$", ha="center", va="top")
        ax.set(xlim=(-0.6, 4.6), ylim=(-0.6, 3.6), aspect="equal", anchor="SW")
        ax.axis("off")
    return described(
        fig,
        "A square of side x that grows by h gains two strips of length x and width h, "
        "and a small corner; a rectangle whose side x grows by h gains one strip of "
        "length y.",
    )


def maximum_and_exponential():
    """Draw max(0, z) and e^x with their slopes.

    Returns:
        Matplotlib figure.
    """
    fig, axes = plt.subplots(1, 2, figsize=(8, 3.1))
    ax = axes[0]
    z = np.array([-2.0, 0.0, 2.0])
    ax.plot(z, np.maximum(0, z), color=BLUE)
    ax.plot(0, 0, "o", color="black", ms=5, zorder=4)
    ax.text(-1.95, 0.12, "slope 0")
    ax.text(0.75, 1.25, "slope 1", ha="right")
    ax.text(0.12, -0.12, "no slope here:\na convention", va="top")
    ax.set(title=r"$\max(0, z)$", xlabel="$z$", ylim=(-0.9, 2.1))
    ax = axes[1]
    x = np.linspace(-1.5, 1.6, 200)
    ax.plot(x, np.exp(x), color=BLUE)
    for x0, dx in ((0.0, 0.45), (1.0, 0.32)):
        near = np.array([x0 - dx, x0 + dx])
        ax.plot(near, np.exp(x0) * (1 + near - x0), color=VERMILION, lw=2.5, zorder=3)
        ax.plot(x0, np.exp(x0), "o", color="black", ms=5, zorder=4)
        ax.annotate(
            f"height {np.exp(x0):.2f}\nslope {np.exp(x0):.2f}",
            (x0, np.exp(x0)),
            xytext=(-14, 16),
            textcoords="offset points",
            ha="right",
            va="center",
        )
    ax.set(title="$e^x$: slope = height", xlabel="$x$", ylim=(0, 5))
    return described(
        fig,
        "Left, max(0, z): slope 0 on the left, slope 1 on the right, and a kink at 0. "
        "Right, e to the x with two tangents, each as steep as the curve is high: "
        "1.00 at 0 and 2.72 at 1.",
    )


def _node(ax, where, text, radius=0.34, fontsize=12):
    """Draw an operation."""
    ax.add_patch(
        plt.Circle(where, radius, facecolor=NODE_FILL, edgecolor="black", zorder=3)
    )
    ax.text(*where, text, ha="center", va="center", zorder=4, fontsize=fontsize)


def _named(name, value):
    return f"${name}$" if value is None else f"${name}$ = {number(value)}"


def _edge(ax, start, end, label, gradient, gaps=(0.0, 0.34), off=0.25):
    """Draw an arrow with the label above it and the gradient, if any, below it."""
    start, end = np.array(start, float), np.array(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    tail, head = start + gaps[0] * along, end - gaps[1] * along
    arrow(ax, tail, head, width=1.6, zorder=2)
    middle = (tail + head) / 2
    normal = np.array([-along[1], along[0]])
    normal = normal if normal[1] > 0 else -normal
    offset = (off + 0.15 * abs(along[1])) * normal
    ax.text(*(middle + offset), label, color=BLUE, ha="center", va="center")
    if gradient is not None:
        text = number(gradient)
        ax.text(*(middle - offset), text, color=VERMILION, ha="center", va="center")


def _stacked(ax, x, y, label, gradient, ha="center"):
    """Write the label, and the gradient, if any, on the line below it."""
    up = 0.0 if gradient is None else 0.26
    ax.text(x, y + up, label, color=BLUE, ha=ha, va="center")
    if gradient is not None:
        ax.text(x, y - 0.26, number(gradient), color=VERMILION, ha=ha, va="center")


def _graph_key(ax, x, y):
    ax.text(x, y, "value, forward →", color=BLUE, va="center")
    text = "← slope of the result along it, backward"
    ax.text(x, y - 0.42, text, color=VERMILION, va="center")


def chain_graph(values, gradients):
    """Draw the graph of L = (w x + b)^2 with a value and a gradient on every edge.

    Args:
        values: dictionary with the numbers w, x, b, p = w x, z = p + b and L.
        gradients: dictionary with the slope of L along each of these names.

    Returns:
        Matplotlib figure.
    """
    fig, ax = plt.subplots(figsize=(8, 3.8))
    _blank(ax, 9.0, 4.2)
    times, plus, square = (2.9, 2.8), (5.0, 1.8), (7.0, 1.8)

    def edge(name, start, end, gaps=(0.0, 0.34)):
        _edge(ax, start, end, _named(name, values[name]), gradients[name], gaps)

    edge("w", (0.4, 4.0), times)
    edge("x", (0.4, 1.6), times)
    edge("p", times, plus, gaps=(0.34, 0.34))
    edge("b", (2.7, 0.3), plus)
    edge("z", plus, square, gaps=(0.34, 0.34))
    edge("L", square, (8.9, 1.8), gaps=(0.34, 0.0))
    _node(ax, times, "×")
    _node(ax, plus, "+")
    _node(ax, square, "$(\\;)^2$")
    _graph_key(ax, 4.2, 3.95)
    numbers = ", ".join(
        f"{name} = {values[name]:g} with {gradients[name]:g}" for name in values
    )
    return described(
        fig,
        "The graph of L = (w x + b) squared: circles for times, plus and square, "
        f"joined by edges. On each edge a value with a gradient: {numbers}.",
    )


def fork_graph(values, gradients):
    """Draw the graph of f = u v with u = x^2 and v = 3 x, where x forks.

    Args:
        values: dictionary with the numbers x, u, v and f.
        gradients: dictionary with the slopes of f along f, u, v, along x by either
            path ("x by u", "x by v"), and along x in all ("x").

    Returns:
        Matplotlib figure.
    """
    fig, ax = plt.subplots(figsize=(8, 3.8))
    _blank(ax, 9.0, 4.3)
    fork, square, triple, times = (2.2, 2.1), (4.3, 3.6), (4.3, 0.6), (6.4, 2.1)
    label = {name: _named(name, values[name]) for name in "xuvf"}
    _edge(ax, (0.3, 2.1), fork, label["x"], gradients["x"], gaps=(0, 0.1))
    for node, name in ((square, "u"), (triple, "v")):
        _edge(ax, fork, node, label["x"], gradients[f"x by {name}"], gaps=(0.1, 0.34))
        _edge(ax, node, times, label[name], gradients[name], gaps=(0.34, 0.34))
    _edge(ax, times, (8.6, 2.1), label["f"], gradients["f"], gaps=(0.34, 0))
    ax.plot(*fork, "o", color="black", ms=9, zorder=4)
    _node(ax, square, "$(\\;)^2$")
    _node(ax, triple, "3 ×")
    _node(ax, times, "×")
    total = " + ".join(number(gradients[f"x by {name}"]) for name in "uv")
    total += f" = {number(gradients['x'])}"
    ax.text(0.3, 1.3, total, color=VERMILION, va="center")
    _graph_key(ax, 5.0, 4.1)
    return described(
        fig,
        f"The number x = {values['x']:g} forks into u = x squared and v = 3 x, whose "
        f"product is {values['f']:g}. Backward, {gradients['x by u']:g} comes by one "
        f"path and {gradients['x by v']:g} by the other; at the fork they add up to "
        f"{gradients['x']:g}.",
    )


class _Absent:
    """Stands for an array whose entries are not drawn."""

    def __getitem__(self, index):
        return None


def paper_network(values, gradients=None):
    """Draw the 2-2-1 network with its loss: each operation, and a value on each edge.

    Args:
        values: dictionary with x (2,), W1 (2, 2), b1 (2,), z (2,), a (2,), w2 (2,),
            b2, y_hat, y, r = y_hat - y and L; those from z on may be missing, and
            then the edges carry their names alone.
        gradients: dictionary with the slope of L along each, same names and shapes;
            None draws no gradients.

    Returns:
        Matplotlib figure.
    """
    names = ("x", "W1", "b1", "z", "a", "w2")
    nothing = dict.fromkeys(names, _Absent()) | dict.fromkeys(
        ("b2", "y_hat", "r", "L", "y")
    )
    filled = gradients is not None
    gradients, values = gradients or nothing, nothing | values
    fig, ax = plt.subplots(figsize=(9.2, 6.2))
    _blank(ax, 16.6, 11.2)
    size, gap, off = 0.42, (0.42, 0.42), 0.36
    rows, plus, loss = (8.1, 2.6), (12.9, 5.3), (15.3, 5.3)
    products = {(0, 0): 9.1, (1, 0): 7.1, (0, 1): 3.6, (1, 1): 1.6}

    def enters(x, y, name, value, gradient, side=1, shift=0.0, ha="center"):
        """Draw an arrow that brings a number to the operation at (x, y)."""
        arrow(ax, (x, y + side * 1.15), (x, y + side * size), width=1.6)
        _stacked(ax, x + shift, y + side * 1.65, _named(name, value), gradient, ha)

    for i, y in enumerate(rows):
        label, fork = _named(f"x_{i + 1}", values["x"][i]), (1.9, y)
        _edge(ax, (0.1, y), fork, label, gradients["x"][i], (0, 0.1), off)
        ax.plot(*fork, "o", color="black", ms=8, zorder=4)
    for (i, j), y in products.items():
        arrow(ax, (1.9, rows[i]), (4.3 - 0.4, y + 0.1 * (rows[i] - y) / 2), width=1.6)
        _edge(ax, (4.3, y), (7.05, rows[j]), "", None, gap)
        name, at = f"w^{{(1)}}_{{{i + 1}{j + 1}}}", (i, j)
        numbers = values["W1"][at], gradients["W1"][at]
        if i == j:
            enters(4.3, y, name, *numbers, side=1 - 2 * i)
        else:  # little room: the label stands beside its arrow
            arrow(
                ax, (4.3, y + 1.25 - 2.5 * i), (4.3, y + size - 2 * i * size), width=1.6
            )
            _stacked(
                ax, 4.5, y + 1.1 - 2.2 * i, _named(name, numbers[0]), numbers[1], "left"
            )
        _node(ax, (4.3, y), "×", size)
    for j, y in enumerate(rows):
        numbers = values["b1"][j], gradients["b1"][j]
        enters(7.05, y, f"b^{{(1)}}_{j + 1}", *numbers)
        label = _named(f"z_{j + 1}", values["z"][j])
        _edge(ax, (7.05, y), (9.2, y), label, gradients["z"][j], gap, off)
        label = _named(f"a_{j + 1}", values["a"][j])
        _edge(ax, (9.2, y), (11.5, y), label, gradients["a"][j], gap, off)
        numbers = values["w2"][j], gradients["w2"][j]
        enters(11.5, y, f"w^{{(2)}}_{j + 1}", *numbers, side=1 - 2 * j)
        _edge(ax, (11.5, y), plus, "", None, gap)
        for x, text in ((7.05, "+"), (9.2, "max"), (11.5, "×")):
            _node(ax, (x, y), text, size, 11 if text == "max" else 12)
    enters(*plus, "b^{(2)}", values["b2"], gradients["b2"], shift=-0.15, ha="left")
    label = _named(r"\hat{y}", values["y_hat"])
    _edge(ax, plus, loss, label, gradients["y_hat"], gap, off)
    enters(*loss, "y", values["y"], None)
    below, end = (15.3, 3.1), (15.3, 1.2)
    for name, start, stop in (("r", loss, below), ("L", below, end)):
        _edge(ax, start, stop, "", None, (size, size if stop == below else 0))
        label, middle = _named(name, values[name]), (start[1] + stop[1]) / 2
        _stacked(ax, 15.1, middle, label, gradients[name], ha="right")
    _node(ax, plus, "+", size)
    _node(ax, loss, "−", size)
    _node(ax, below, "$(\\;)^2$", size)
    if filled:
        ax.text(12.9, 10.6, "value, forward →", color=BLUE, va="center")
        ax.text(12.9, 10.05, "← slope of $L$ along it", color=VERMILION, va="center")
    return described(fig, _paper_words(values, gradients, filled))


def _paper_words(values, gradients, filled):
    """Return the text alternative of paper_network."""
    text = (
        "The 2-2-1 network as a graph. Each input forks to both hidden neurons; each "
        "neuron multiplies, adds up with its bias and takes the maximum with 0; the "
        "output multiplies and adds again, y is subtracted, and the rest is squared. "
    )
    if not filled:
        return text + "Inputs, weights, biases and y carry numbers, the rest names."
    named = {
        "x": (2,),
        "z": (2,),
        "a": (2,),
        "W1": (2, 2),
        "b1": (2,),
        "w2": (2,),
        "b2": (),
        "y_hat": (),
        "L": (),
    }
    numbers = []
    for name, shape in named.items():
        for at in np.ndindex(shape):
            place = "".join(str(i + 1) for i in at)
            place = f"_{place}" if place else ""
            value = np.asarray(values[name])[at]
            slope = np.asarray(gradients[name])[at] + 0.0
            numbers.append(f"{name}{place} {value:g} with {slope:g}")
    return text + "Value with gradient: " + ", ".join(numbers) + "."


def _matrix(ax, x, y, M, name, size=0.78, row=None, column=None, colour=SKY):
    """Write the matrix M below (x, y); shade a row, a column or an entry."""
    for r in range(M.shape[0]):
        for c in range(M.shape[1]):
            marked = (row is None or r == row) and (column is None or c == column)
            marked = marked and (row is not None or column is not None)
            ax.add_patch(
                Rectangle(
                    (x + c * size, y - (r + 1) * size),
                    size,
                    size,
                    facecolor=colour if marked else "white",
                    edgecolor=GREY,
                    lw=0.8,
                )
            )
            ax.text(
                x + (c + 0.5) * size,
                y - (r + 0.5) * size,
                number(M[r, c]),
                ha="center",
                va="center",
            )
    rows, columns = M.shape
    ax.text(x, y + 0.15, f"{name}  ({rows}, {columns})", va="bottom")
    return x + columns * size, y - rows * size


def one_entry_of_dW(X, dZ, entry=(0, 0)):
    """Draw dW = X^T dZ as three grids of numbers, with what goes into one entry shaded.

    Args:
        X: inputs, shape (m, n).
        dZ: gradient that arrives, shape (m, k).
        entry: (l, j), the entry of dW to explain.

    Returns:
        Matplotlib figure.
    """
    line, neuron = entry
    dW = X.T @ dZ
    size = 0.78
    width = size * (X.shape[0] + 2 * dZ.shape[1]) + 2.6
    height = size * max(X.shape[0], X.shape[1]) + 0.9
    fig, ax = plt.subplots(figsize=(8, 8 * height / width))
    _blank(ax, width, height)
    top = height - 0.7
    right, _ = _matrix(ax, 0.1, top, X.T, "$X^\\top$", size, row=line)
    ax.text(right + 0.45, top - size, "·", ha="center", va="center", fontsize=18)
    right, _ = _matrix(ax, right + 0.9, top, dZ, "$dZ$", size, column=neuron)
    ax.text(right + 0.45, top - size, "=", ha="center", va="center", fontsize=16)
    _matrix(
        ax, right + 0.9, top, dW, "$dW$", size, row=line, column=neuron, colour=ORANGE
    )
    terms = " + ".join(
        f"{_bracketed(x)}·{_bracketed(d)}"
        for x, d in zip(X[:, line], dZ[:, neuron], strict=True)
    )
    ax.text(
        0.1,
        top - size * (X.shape[1] + 0.7),
        f"{terms} = {number(dW[line, neuron])}",
        va="center",
    )
    return described(
        fig,
        f"Three grids: X transposed with row {line + 1} shaded, dZ with column "
        f"{neuron + 1} shaded, and dW with the entry shaded that their product gives, "
        f"{dW[line, neuron]:g}.",
    )


def stack_both_ways(names, shapes):
    """Draw a stack of layers: forward above, backward below, and the shapes between.

    Args:
        names: the layers' names, in order; those that begin with "Dense" keep dW, db.
        shapes: the shapes between them as text, one more than names.

    Returns:
        Matplotlib figure.
    """
    fig, ax = plt.subplots(figsize=(9, 3.2))
    step, box = 3.0, 1.55
    width = step * len(names) + 1.6
    _blank(ax, width, 3.8)
    for i, name in enumerate(names):
        x = 1.5 + step * i
        ax.add_patch(
            FancyBboxPatch(
                (x, 1.25),
                box,
                1.7,
                boxstyle="round,pad=0,rounding_size=0.15",
                facecolor=NODE_FILL,
                edgecolor="black",
            )
        )
        ax.text(x + box / 2, 2.1, name, ha="center", va="center")
        if name.startswith("Dense"):
            text = "keeps $dW$, $db$"
            ax.text(x + box / 2, 0.95, text, color=VERMILION, ha="center", va="center")
    for i, shape in enumerate(shapes):
        left = 0.05 if i == 0 else 1.5 + step * (i - 1) + box
        right = 1.5 + step * i if i < len(names) else width - 0.05
        for y, tail, head, colour in (
            (2.6, left + 0.05, right - 0.05, BLUE),
            (1.6, right - 0.05, left + 0.05, VERMILION),
        ):
            arrow(ax, (tail, y), (head, y), colour, width=2)
        ax.text((left + right) / 2, 2.1, shape, ha="center", va="center")
    text = "forward: values; each layer remembers what backward needs"
    ax.text(0.1, 3.4, text, color=BLUE, va="center")
    text = "backward: the slopes of $L$, in the same shapes, last layer first"
    ax.text(0.1, 0.4, text, color=VERMILION, va="center")
    layers = ", ".join(name.replace("\n", " ") for name in names)
    return described(
        fig,
        f"Layers in a row: {layers}. Blue arrows carry batches forward, orange arrows "
        "carry gradients of the same shapes backward through the same layers; the "
        "dense ones keep dW and db.",
    )


def u_curve(steps, one_sided, central):
    """Draw the error of two finite differences against their step, on logarithmic axes.

    Args:
        steps: the steps h, shape (s,).
        one_sided: relative errors of (f(x + h) - f(x)) / h, shape (s,).
        central: relative errors of (f(x + h) - f(x - h)) / (2 h), shape (s,).

    Returns:
        Matplotlib figure.
    """
    fig, ax = plt.subplots(figsize=(8, 3.9))
    ax.loglog(steps, one_sided, color=GREY, ls="--")
    ax.loglog(steps, central, "o-", color=BLUE, ms=4)
    ax.axvline(1e-5, color=GREEN, lw=1.5, zorder=1)
    ax.text(1.4e-5, 1.5, "the step used: $10^{-5}$", color=GREEN, va="center")
    ax.text(1.2e-13, 3e-8, "rounding:\ntoo small a step", color="black", va="center")
    ax.text(2.5e-3, 1e-9, "formula:\ntoo large a step", va="center")
    ax.text(1.5e-3, 2e-2, "one-sided", color=GREY, ha="right", va="center")
    ax.text(2.2e-6, 4e-12, "central", color=BLUE, ha="right", va="center")
    ax.set(
        xlabel="step $h$",
        ylabel="relative error",
        ylim=(1e-12, 10),
        xlim=(min(steps) / 2, 1),
    )
    return described(
        fig,
        "Relative error against the step, both axes in powers of ten. Each curve is a "
        "U with straight arms. The central difference is best near 1e-5, and far "
        "better there than the one-sided difference at its own best step.",
    )


def mistakes_grid(rows, columns, failed):
    """Draw which gradients a check rejects, one mistake in each row.

    Args:
        rows: names of the mistakes.
        columns: names of the gradients.
        failed: booleans of shape (len(rows), len(columns)), True where the check fails.

    Returns:
        Matplotlib figure.
    """
    failed = np.asarray(failed, dtype=bool)
    fig, ax = plt.subplots(figsize=(8, 0.46 * len(rows) + 0.7))
    for r in range(len(rows)):
        for c in range(len(columns)):
            bad = failed[r, c]
            ax.add_patch(
                Rectangle(
                    (c + 0.03, r + 0.06),
                    0.94,
                    0.88,
                    facecolor=VERMILION if bad else NODE_FILL,
                )
            )
            ax.text(
                c + 0.5,
                r + 0.5,
                "fails" if bad else "passes",
                ha="center",
                va="center",
                color="white" if bad else GREY,
                fontweight="bold" if bad else "normal",
            )
    ax.set(xlim=(0, len(columns)), ylim=(len(rows), 0))
    ax.set_xticks(np.arange(len(columns)) + 0.5, columns)
    ax.set_yticks(np.arange(len(rows)) + 0.5, rows)
    ax.xaxis.tick_top()
    ax.tick_params(length=0)
    ax.grid(False)
    for spine in ax.spines.values():
        spine.set_visible(False)
    words = "; ".join(
        f"{row}: {', '.join(np.array(columns)[bad]) or 'none'}"
        for row, bad in zip(rows, failed, strict=True)
    )
    return described(
        fig,
        "A grid with a row for each mistake and a column for each gradient, in the "
        f"order of the backward pass. The check fails for these: {words}.",
    )


def two_masks(curves, rungs):
    """Draw loss curves of the right and the wrong ReLU mask, one panel per data set.

    Args:
        curves: {title: (losses with the right mask, losses with the wrong mask)}, each
            with the loss before the first step and after each step.
        rungs: {title: {name: loss}}, levels to compare with.

    Returns:
        Matplotlib figure.
    """
    fig, axes = plt.subplots(1, len(curves), figsize=(9.2, 3.7), sharey=True)
    words = []
    for ax, (title, (right, wrong)) in zip(axes, curves.items(), strict=True):
        last = len(right) - 1
        for names, level in _apart(rungs[title]):
            ax.plot([0, last], [level, level], color=GREY, lw=1, ls=":", zorder=1)
            ax.annotate(
                names,
                (last, level),
                xytext=(5, 0),
                textcoords="offset points",
                va="center",
                color=GREY,
                fontsize=11,
            )
        ax.semilogy(right, color=BLUE)
        ax.semilogy(wrong, color=VERMILION, ls="--")
        ax.set(title=title, xlabel="step", xlim=(0, 1.38 * last), ylim=(5e-3, 2.5))
        ax.set_xticks(np.linspace(0, last, 5))
        at = last // 4
        if wrong[at] > 2 * right[at]:
            ax.text(at, 0.8 * wrong[at], r"mask $A \geq 0$", color=VERMILION, va="top")
            ax.text(at, 1.25 * right[at], "mask $Z > 0$", color=BLUE, va="bottom")
        else:
            ax.text(at, 4 * right[at], "mask $Z > 0$", color=BLUE, va="bottom")
            ax.text(
                at, 2.2 * right[at], r"mask $A \geq 0$", color=VERMILION, va="bottom"
            )
        levels = ", ".join(
            f"{name} {level:.2f}" for name, level in rungs[title].items()
        )
        words.append(
            f"On {title} the loss ends at {right[-1]:.2f} with the right mask and at "
            f"{wrong[-1]:.2f} with the wrong one; marked levels: {levels}."
        )
    axes[0].set_ylabel("loss $L$")
    return described(fig, " ".join(words))


def _apart(levels):
    """Return (names, level) of the levels; two that nearly coincide share a label."""
    found = []
    for name, level in sorted(levels.items(), key=lambda pair: -pair[1]):
        if found and found[-1][1] < 1.3 * level:
            found[-1] = (f"{found[-1][0]},\n{name}", found[-1][1])
        else:
            found.append((name, level))
    return found
