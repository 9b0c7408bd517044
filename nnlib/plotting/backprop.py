"""The figures of lesson 03: slopes, graphs with gradients, what a gradient check sees.

Values that flow forward are blue, gradients that flow backward are orange (vermilion).
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.offsetbox import AnnotationBbox, HPacker, TextArea
from matplotlib.patches import FancyBboxPatch, Rectangle

from nnlib.plotting.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    SKY,
    VERMILION,
    arrow,
    label_line,
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
        ax.plot(x, x0**2 + 2 * x0 * (x - x0), color=VERMILION, linestyle="--")
        ax.plot(x, x**2, color=BLUE)
        ax.plot(x0, x0**2, "o", color="black", zorder=4)
        ax.set(title=f"{x0:g} ± {half:g}", xlabel="$x$", xlim=(x[0], x[-1]))
        ax.set_xticks([x0 - half, x0, x0 + half])
    axes[0].set_ylabel("$f(x)$")
    axes[0].text(4.3, 20.5, "$x^2$", color=BLUE, ha="right")
    axes[0].text(3.4, 6.2, f"slope {2 * x0:g}", color=VERMILION)
    return fig


def _square_and_rectangle(axes):
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
    ax.text(x / 2, -0.15, "$x$", ha="center", va="top")
    ax.text(x + h / 2, -0.15, "$h$", ha="center", va="top")
    ax.set_title("square: gains $2xh + h^2$")
    ax = axes[1]
    ax.add_patch(Rectangle((0, 0), x, y, facecolor=SKY, alpha=0.35))
    ax.add_patch(Rectangle((x, 0), h, y, facecolor=ORANGE))
    ax.text(x / 2, y / 2, "$x y$", ha="center", va="center")
    ax.text(x + h / 2, y / 2, "$h y$", ha="center", va="center", rotation=90)
    ax.text(x / 2, -0.15, "$x$", ha="center", va="top")
    ax.text(x + h / 2, -0.15, "$h$", ha="center", va="top")
    ax.text(-0.15, y / 2, "$y$", ha="right", va="center")
    ax.set_title("rectangle: gains $h y$")
    for ax in axes:
        ax.set(xlim=(-0.6, 4.6), ylim=(-0.5, 3.6), aspect="equal", anchor="SW")
        ax.axis("off")


def four_slopes():
    """Draw where the slopes of x^2, x y, e^x and max(0, z) come from, one panel each.

    Returns:
        Matplotlib figure.
    """
    fig, axes = plt.subplots(2, 2, figsize=(8, 6))
    _square_and_rectangle(axes[0])
    ax = axes[1, 0]
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
    ax = axes[1, 1]
    z = np.array([-2.0, 0.0, 2.0])
    ax.plot(z, np.maximum(0, z), color=BLUE)
    ax.plot(0, 0, "o", color="black", ms=5, zorder=4)
    ax.text(-1.95, 0.12, "slope 0")
    ax.text(0.75, 1.25, "slope 1", ha="right")
    ax.text(0.12, -0.12, "no slope here:\na convention", va="top")
    ax.set(title=r"$\max(0, z)$", xlabel="$z$", ylim=(-0.75, 2.1))
    return fig


def _node(ax, x, y, text, radius=0.34):
    ax.add_patch(
        plt.Circle((x, y), radius, facecolor=NODE_FILL, edgecolor="black", zorder=3)
    )
    ax.text(x, y, text, ha="center", va="center", zorder=4)


def _edge(ax, start, end, value, gradient, name="", gaps=(0.0, 0.34), at=0.5):
    """Draw an arrow with the value above it and the gradient below it."""
    start, end = np.array(start, float), np.array(end, float)
    along = (end - start) / np.linalg.norm(end - start)
    tail, head = start + gaps[0] * along, end - gaps[1] * along
    arrow(ax, tail, head, width=1.6, zorder=2)
    middle = tail + at * (head - tail)
    normal = np.array([-along[1], along[0]])
    normal = normal if normal[1] > 0 else -normal
    offset = (0.25 + 0.15 * abs(along[1])) * normal
    above, below = middle + offset, middle - offset
    text = f"{name} = {number(value)}" if name else number(value)
    ax.text(*above, text, color=BLUE, ha="center", va="center")
    ax.text(*below, number(gradient), color=VERMILION, ha="center", va="center")


def _graph_key(ax, x, y):
    ax.text(x, y, "value, forward →", color=BLUE, va="center")
    ax.text(
        x, y - 0.42, "← slope of the result, backward", color=VERMILION, va="center"
    )


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
        _edge(ax, start, end, values[name], gradients[name], f"${name}$", gaps)

    edge("w", (0.4, 4.0), times)
    edge("x", (0.4, 1.6), times)
    edge("p", times, plus, gaps=(0.34, 0.34))
    edge("b", (2.7, 0.3), plus)
    edge("z", plus, square, gaps=(0.34, 0.34))
    edge("L", square, (8.9, 1.8), gaps=(0.34, 0.0))
    _node(ax, *times, "×")
    _node(ax, *plus, "+")
    _node(ax, *square, "$(\\;)^2$")
    _graph_key(ax, 5.0, 3.95)
    return fig


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
    _edge(
        ax,
        (0.3, 2.1),
        fork,
        values["x"],
        gradients["x"],
        "$x$",
        gaps=(0, 0.1),
    )
    for node, name in ((square, "u"), (triple, "v")):
        _edge(ax, fork, node, values["x"], gradients[f"x by {name}"], gaps=(0.1, 0.34))
        _edge(ax, node, times, values[name], gradients[name], f"${name}$", (0.34, 0.34))
    _edge(ax, times, (8.6, 2.1), values["f"], gradients["f"], "$f$", (0.34, 0))
    ax.plot(*fork, "o", color="black", ms=9, zorder=4)
    _node(ax, *square, "$(\\;)^2$")
    _node(ax, *triple, "3 ×")
    _node(ax, *times, "×")
    total = " + ".join(number(gradients[f"x by {name}"]) for name in "uv")
    ax.text(
        0.3,
        1.3,
        f"{total} = {number(gradients['x'])}",
        color=VERMILION,
        va="center",
    )
    _graph_key(ax, 5.3, 4.1)
    return fig


def _box(ax, x, y, name, value, gradient, width=1.3, height=0.95):
    ax.add_patch(
        FancyBboxPatch(
            (x - width / 2, y - height / 2),
            width,
            height,
            boxstyle="round,pad=0,rounding_size=0.15",
            facecolor=NODE_FILL,
            edgecolor="black",
            zorder=3,
        )
    )
    text = name if value is None else f"{name} = {number(value)}"
    up = 0.0 if gradient is None else 0.2
    ax.text(x, y + up, text, color=BLUE, ha="center", va="center", zorder=4)
    if gradient is not None:
        text = number(gradient)
        ax.text(x, y - 0.22, text, color=VERMILION, ha="center", va="center", zorder=4)


def _pair(ax, where, text, gradient):
    """Write a blue text, and beside it a gradient if any, on a white patch."""
    parts = [TextArea(text, textprops={"color": BLUE})]
    if gradient is not None:
        parts.append(TextArea(number(gradient), textprops={"color": VERMILION}))
    packed = HPacker(children=parts, align="baseline", pad=0, sep=9)
    frame = {"facecolor": "white", "edgecolor": "none"}
    ax.add_artist(
        AnnotationBbox(packed, where, frameon=True, pad=0.15, bboxprops=frame)
    )


def _weight(ax, start, end, value, gradient, at, offset):
    """Draw an edge from box to box and write its weight and gradient beside it."""
    start, end = np.array(start, float), np.array(end, float)
    tail, head = start + np.array([0.65, 0]), end - np.array([0.65, 0])
    arrow(ax, tail, head, zorder=1)
    _pair(
        ax, tail + at * (head - tail) + np.array([0, offset]), number(value), gradient
    )


class _Absent:
    """Stands for an array whose entries are not drawn."""

    def __getitem__(self, index):
        return None


def paper_network(values, gradients=None):
    """Draw the 2-2-1 network: values in boxes, weights on edges, and all gradients.

    Args:
        values: dictionary with x (2,), W1 (2, 2), b1 (2,), z (2,), a (2,), w2 (2,),
            b2, y_hat and L; without z, a, y_hat and L their boxes stay empty.
        gradients: dictionary with the slope of L along each, same names and shapes;
            None draws no gradients.

    Returns:
        Matplotlib figure.
    """
    unknown = {"z": _Absent(), "a": _Absent(), "y_hat": None, "L": None}
    names = ("x", "W1", "b1", "z", "a", "w2")
    key = gradients is not None
    if not key:
        gradients = dict.fromkeys(names, _Absent()) | dict.fromkeys(
            ("b2", "y_hat", "L")
        )
    values = unknown | values
    fig, ax = plt.subplots(figsize=(9.2, 4.4))
    _blank(ax, 12.4, 5.9)
    rows = (4.1, 0.8)
    columns = {"x": 0.75, "z": 4.6, "a": 7.0}
    out, loss = (9.6, 2.45), (11.65, 2.45)
    for source in range(2):
        for neuron in range(2):
            straight = source == neuron
            _weight(
                ax,
                (columns["x"], rows[source]),
                (columns["z"], rows[neuron]),
                values["W1"][source, neuron],
                gradients["W1"][source, neuron],
                at=0.5 if straight else 0.27,
                offset=(0.3 if source == 0 else -0.3) if straight else 0,
            )
    for j in range(2):
        _weight(
            ax,
            (columns["a"], rows[j]),
            out,
            values["w2"][j],
            gradients["w2"][j],
            at=0.42,
            offset=0,
        )
        arrow(ax, (columns["z"] + 0.65, rows[j]), (columns["a"] - 0.65, rows[j]))
        ax.text(5.8, rows[j] + 0.3, "ReLU", ha="center", va="center", fontsize=11)
        for name, x in columns.items():
            _box(
                ax,
                x,
                rows[j],
                f"${name}_{j + 1}$",
                values[name][j],
                gradients[name][j],
            )
        _bias(
            ax,
            columns["z"],
            rows[j],
            f"$b^{{(1)}}_{j + 1}$",
            values["b1"][j],
            gradients["b1"][j],
        )
    arrow(ax, (out[0] + 0.65, out[1]), (loss[0] - 0.6, loss[1]))
    _box(ax, *out, r"$\hat{y}$", values["y_hat"], gradients["y_hat"])
    _bias(ax, *out, "$b^{(2)}$", values["b2"], gradients["b2"])
    _box(ax, *loss, "$L$", values["L"], gradients["L"], width=1.2)
    if key:
        ax.text(7.6, 5.6, "value", color=BLUE, va="center")
        ax.text(8.8, 5.6, "slope of $L$ along it", color=VERMILION, va="center")
    return fig


def _bias(ax, x, y, name, value, gradient):
    arrow(ax, (x, y + 0.95), (x, y + 0.48))
    _pair(ax, (x, y + 1.16), f"{name} = {number(value)}", gradient)


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
    right, _ = _matrix(ax, right + 0.9, top, dZ, "d$Z$", size, column=neuron)
    ax.text(right + 0.45, top - size, "=", ha="center", va="center", fontsize=16)
    _matrix(
        ax, right + 0.9, top, dW, "d$W$", size, row=line, column=neuron, colour=ORANGE
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
    return fig


def stack_both_ways(names, shapes):
    """Draw a stack of layers: forward above, backward below, and the shapes between.

    Args:
        names: the layers' names, in order.
        shapes: the shapes between them as text, one more than names.

    Returns:
        Matplotlib figure.
    """
    fig, ax = plt.subplots(figsize=(9, 2.9))
    step, box = 3.0, 1.55
    width = step * len(names) + 1.6
    _blank(ax, width, 3.4)
    for i, name in enumerate(names):
        x = 1.5 + step * i
        ax.add_patch(
            FancyBboxPatch(
                (x, 0.85),
                box,
                1.7,
                boxstyle="round,pad=0,rounding_size=0.15",
                facecolor=NODE_FILL,
                edgecolor="black",
            )
        )
        ax.text(x + box / 2, 1.7, name, ha="center", va="center")
    for i, shape in enumerate(shapes):
        left = 0.05 if i == 0 else 1.5 + step * (i - 1) + box
        right = 1.5 + step * i if i < len(names) else width - 0.05
        for y, tail, head, colour in (
            (2.2, left + 0.05, right - 0.05, BLUE),
            (1.2, right - 0.05, left + 0.05, VERMILION),
        ):
            arrow(ax, (tail, y), (head, y), colour, width=2)
        ax.text((left + right) / 2, 1.7, shape, ha="center", va="center")
    ax.text(
        0.1,
        3.0,
        "forward: values, each layer remembers its input",
        color=BLUE,
        va="center",
    )
    ax.text(
        0.1,
        0.4,
        "backward: the slopes of $L$, in the same shapes, last layer first",
        color=VERMILION,
        va="center",
    )
    return fig


def u_curve(ax, steps, one_sided, central):
    """Draw the error of two finite differences against their step, on logarithmic axes.

    Args:
        ax: Matplotlib axes.
        steps: the steps h, shape (s,).
        one_sided: relative errors of (f(x + h) - f(x)) / h, shape (s,).
        central: relative errors of (f(x + h) - f(x - h)) / (2 h), shape (s,).

    Returns:
        The axes.
    """
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
        xlim=(steps.min() / 2, 1),
    )
    return ax


def mistakes_grid(rows, columns, failed):
    """Draw which gradients a check rejects, one mistake a row.

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
    return fig


def two_masks(curves):
    """Draw loss curves of the right and the wrong ReLU mask, one panel a data set.

    Args:
        curves: {title: (losses with the right mask, losses with the wrong mask)}, each
            with the loss before the first step and after each step.

    Returns:
        Matplotlib figure.
    """
    fig, axes = plt.subplots(1, len(curves), figsize=(8.6, 3.5), sharey=True)
    for ax, (title, (right, wrong)) in zip(axes, curves.items(), strict=True):
        ax.semilogy(right, color=BLUE)
        ax.semilogy(wrong, color=VERMILION, ls="--")
        room = 1.3 if ax is axes[-1] else 1.1  # for the labels
        ax.set(title=title, xlabel="step", xlim=(0, room * (len(right) - 1)))
        ax.set_xticks(np.linspace(0, len(right) - 1, 5))
    axes[0].set_ylabel("loss $L$")
    (_, (right, wrong)), last = list(curves.items())[-1], axes[-1]
    steps = np.arange(len(right))
    label_line(last, steps, right, "$Z > 0$", BLUE)
    label_line(last, steps, wrong, r"$A \geq 0$", VERMILION)
    return fig
