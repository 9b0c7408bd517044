"""The figures of lesson 02: layers, the matrix product, hidden space, start weights."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from nnlib.plotting.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    SKY,
    VERMILION,
    decision_regions,
    described,
    grid_of_points,
    label_line,
    scatter_classes,
)

NEURON_COLOURS = [BLUE, VERMILION, GREEN, PURPLE]


def _blank(width, height, x_limits, y_limits):
    """Return a figure with one bare axes whose two units are of equal length."""
    figure, ax = plt.subplots(figsize=(width, height))
    ax.set(xlim=x_limits, ylim=y_limits, aspect="equal")
    ax.axis("off")
    return figure, ax


def _matrix(ax, M, left, name, fill=None, ghost_rows=()):
    """Draw M as cells of side 1 around height 0, with name and shape below.

    Args:
        ax: Matplotlib axes.
        M: array of shape (rows, columns).
        left: where the first column begins.
        name: what is written below, before the shape.
        fill: function from (row, column) to a colour or None.
        ghost_rows: rows that are drawn dashed and grey: repeated, not stored.

    Returns:
        Where the last column ends.
    """
    rows, columns = M.shape
    top = rows / 2
    for (i, j), value in np.ndenumerate(M):
        ghost = i in ghost_rows
        colour = fill(i, j) if fill else None
        ax.add_patch(
            Rectangle(
                (left + j, top - i - 1),
                1,
                1,
                facecolor=colour or "white",
                alpha=0.3 if colour else 1,
                zorder=1,
            )
        )
        ax.add_patch(
            Rectangle(
                (left + j, top - i - 1),
                1,
                1,
                fill=False,
                edgecolor=GREY,
                linestyle=":" if ghost else "-",
                linewidth=1,
                zorder=3 if not ghost else 2,
            )
        )
        ax.text(
            left + j + 0.5,
            top - i - 0.5,
            f"{value:g}".replace("-", "−"),
            ha="center",
            va="center",
            color=GREY if ghost else "black",
            zorder=4,
        )
    stored = rows - len(ghost_rows)
    ax.text(
        left + columns / 2,
        -top - 0.35,
        f"{name}\n({stored}, {columns})",
        ha="center",
        va="top",
        linespacing=1.5,
    )
    return left + columns


def _sign(ax, x, text):
    ax.text(x, 0, text, ha="center", va="center", fontsize=18)


def layer_graph(W, b):
    """Draw a layer as circles and lines, and beside it W with one colour per column.

    Args:
        W: weights, shape (n, k), k at most 4; the labels are placed for (3, 2).
        b: bias, shape (1, k).

    Returns:
        The figure.
    """
    n, k = W.shape
    figure, ax = _blank(8, 3.6, (-0.6, 11.2), (-3.2, 2.6))
    heights = 1.8 * ((n - 1) / 2 - np.arange(n))
    outs = 2.4 * ((k - 1) / 2 - np.arange(k))
    for j, v in enumerate(outs):
        for i, h in enumerate(heights):
            ax.plot([0, 4.2], [h, v], color=NEURON_COLOURS[j], linewidth=1.8, zorder=1)
            along = 0.24 if (i, j) in {(0, 0), (2, 1), (1, 0), (1, 1)} else 0.3
            ax.text(
                4.2 * along,
                h + (v - h) * along,
                f"{W[i, j]:g}".replace("-", "−"),
                ha="center",
                va="center",
                color=NEURON_COLOURS[j],
                bbox={"facecolor": "white", "edgecolor": "none", "pad": 1},
                zorder=2,
            )
    for i, h in enumerate(heights):
        ax.scatter(0, h, s=620, color="white", edgecolors=GREY, zorder=3)
        ax.text(0, h, f"$x_{i + 1}$", ha="center", va="center", zorder=4)
    for j, v in enumerate(outs):
        colour = NEURON_COLOURS[j]
        ax.scatter(4.2, v, s=900, color="white", edgecolors=colour, zorder=3)
        ax.text(4.2, v, f"$z_{j + 1}$", ha="center", va="center", zorder=4)
        bias = f"{b[0, j]:g}".replace("-", "−")
        ax.text(4.85, v, f"$b_{j + 1}$ = {bias}", va="center", color=colour)
    ax.text(0, -2.6, f"{n} inputs", ha="center", va="top")
    ax.text(4.2, -2.6, f"{k} neurons", ha="center", va="top")
    left = 8.4
    right = _matrix(ax, W, left, "W", fill=lambda i, j: NEURON_COLOURS[j])
    for i in range(n):
        ax.text(left - 0.25, n / 2 - i - 0.5, f"$x_{i + 1}$", ha="right", va="center")
    for j in range(k):
        ax.text(
            left + j + 0.5,
            n / 2 + 0.25,
            f"$z_{j + 1}$",
            ha="center",
            color=NEURON_COLOURS[j],
        )
    ax.text((left + right) / 2, 2.5, "a neuron is a column", ha="center", va="top")
    alt = (
        f"{n} inputs, each joined to {k} neurons; the weights on the lines are the "
        f"{n * k} entries of W, the weights of one neuron standing in one column."
    )
    return described(figure, alt)


def product(X, W, i, j):
    """Draw X, W and X W with row i of X, column j of W and their entry marked.

    Args:
        X: batch, shape (m, n).
        W: weights, shape (n, k).
        i: row of X, counted from 0.
        j: column of W, counted from 0.

    Returns:
        The figure.
    """
    figure, ax = _blank(8, 4.3, (-0.1, 11), (-4.2, 2.1))
    right = _matrix(ax, X, 0.2, "X", fill=lambda r, c: SKY if r == i else None)
    _sign(ax, right + 0.8, "·")
    right = _matrix(
        ax, W, right + 1.6, "W", fill=lambda r, c: ORANGE if c == j else None
    )
    _sign(ax, right + 0.8, "=")
    _matrix(
        ax,
        X @ W,
        right + 1.6,
        "XW",
        fill=lambda r, c: GREEN if (r, c) == (i, j) else None,
    )

    def number(value):
        return f"(−{-value:g})" if value < 0 else f"{value:g}"

    terms = " + ".join(
        f"{number(x)}·{number(w)}" for x, w in zip(X[i], W[:, j], strict=True)
    )
    value = f"{X[i] @ W[:, j]:g}".replace("-", "−")
    ax.text(
        5.4,
        -4.15,
        f"row {i + 1} times column {j + 1}:   {terms} = {value}",
        ha="center",
        va="bottom",
    )
    alt = (
        f"X times W equals XW. Row {i + 1} of X and column {j + 1} of W are marked, "
        f"and the entry that they give: {terms} = {value}."
    )
    return described(figure, alt)


def broadcasting(XW, b):
    """Draw X W + b = Z with the one row of b repeated for each sample.

    Args:
        XW: products, shape (m, k).
        b: bias, shape (1, k).

    Returns:
        The figure.
    """
    m, k = XW.shape
    figure, ax = _blank(8, 3.9, (0.2, 11.1), (-3.5, 2.8))
    repeated = np.repeat(b, m, axis=0)
    right = _matrix(ax, XW, 0.6, "XW")
    _sign(ax, right + 1, "+")
    left = right + 2
    right = _matrix(
        ax,
        repeated,
        left,
        "b",
        fill=lambda i, j: ORANGE if i == 0 else None,
        ghost_rows=range(1, m),
    )
    ax.annotate(
        "",
        (left - 0.3, -m / 2 + 0.3),
        xytext=(left - 0.3, m / 2 - 0.3),
        arrowprops={"arrowstyle": "->", "color": GREY},
    )
    ax.text(
        left + k / 2,
        m / 2 + 0.2,
        "stored once, used in every row",
        ha="center",
        va="bottom",
        color=GREY,
    )
    _sign(ax, right + 1, "=")
    _matrix(ax, XW + b, right + 2, "Z")
    alt = f"XW plus b equals Z. The row of b is repeated, dotted, for {m} samples."
    return described(figure, alt)


def with_and_without(x, straight, bent):
    """Draw the output of two dense layers without and with ReLU between them.

    Args:
        x: inputs, shape (p,), rising.
        straight: outputs without an activation, shape (p,).
        bent: outputs with ReLU, shape (p,).

    Returns:
        The figure.
    """
    figure, ax = plt.subplots(figsize=(7, 3.5))
    ax.plot(x, straight, color=BLUE)
    ax.plot(x, bent, color=VERMILION)
    turns = np.flatnonzero(np.abs(np.diff(bent, 2)) > 1e-6) + 1
    ax.plot(x[turns], bent[turns], "o", color=VERMILION, ms=7)
    ax.annotate("without activation", (0.1, 4.1), color=BLUE)
    ax.annotate("with ReLU", (-0.6, 0.8), color=VERMILION)
    ax.set(xlabel="input x", ylabel="output")
    corners = ", ".join(f"{place:.3g}" for place in x[turns])
    alt = f"Without activation a straight line; with ReLU corners at {corners}."
    return described(figure, alt)


def xor_spaces(X, A, y, model):
    """Draw the four points of XOR in input space and in hidden space.

    Args:
        X: points, shape (4, 2).
        A: hidden activations of the points, shape (4, 2).
        y: labels, shape (4,).
        model: function from points (p, 2) to outputs (p, 1); class 1 above 0.5.

    Returns:
        The figure.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4))
    limits = (-0.5, 1.5)
    x1, x2, points = grid_of_points(limits, 300)
    high = (model(points) > 0.5).reshape(x1.shape)
    left.contourf(x1, x2, high, levels=[0.5, 1.5], colors=[VERMILION], alpha=0.18)
    scatter_classes(left, X, y, size=130)
    left.set(title="input space", xlim=limits, ylim=limits, aspect="equal")
    for x, label in zip(X, y, strict=True):
        away, side = ((10, 5), "left") if label else ((0, 11), "center")  # of the fold
        text = f"({x[0]:g}, {x[1]:g})"
        left.annotate(text, x, away, textcoords="offset points", ha=side)
    left.plot([-0.5, 1.5], [1.5, -0.5], "--", color=GREY, linewidth=1.2)
    for start, end, text, place in [
        ((0.85, 0.15), (1.1, 0.4), "$a_1 = 0.5$", (1.27, 0.52)),
        ((0.15, 0.85), (-0.1, 0.6), "$a_2 = 0.5$", (-0.27, 0.48)),
    ]:
        arrow = {"arrowstyle": "-|>", "color": "black", "shrinkA": 0, "shrinkB": 0}
        left.annotate("", end, xytext=start, arrowprops=arrow)
        left.text(*place, text, ha="center", va="center")
    left.text(0.61, 0.61, "output > 0.5", ha="center", va="center", rotation=-45)
    for low, high, colour in [(0, 0.5, VERMILION), (0.5, 1.5, BLUE)]:
        look = {"color": colour, "linewidth": 7, "alpha": 0.35, "zorder": 1}
        right.plot([low, high], [0, 0], solid_capstyle="butt", **look)
        right.plot([0, 0], [low, high], solid_capstyle="butt", **look)
    right.plot([-0.5, 1], [1, -0.5], color=GREY, linewidth=1.2)
    right.annotate("$1 - a_1 - a_2 = 0.5$", (0.3, 0.3), color=GREY)
    scatter_classes(right, A, y, size=130)
    right.annotate(
        "(0, 1) and (1, 0)",
        (0, 0),
        (-4, -13),
        textcoords="offset points",
        ha="center",
        va="top",
    )
    right.text(0.32, 0.72, "orange: output > 0.5", color=VERMILION)
    for text, place in {"(0, 0)": (0, 1), "(1, 1)": (1, 0)}.items():
        right.annotate(text, place, (0, 11), textcoords="offset points", ha="center")
    right.set(
        title="hidden space",
        xlabel="$a_1$",
        ylabel="$a_2$",
        xlim=limits,
        ylim=limits,
        aspect="equal",
    )
    for ax in (left, right):
        ax.set(xticks=[0, 1], yticks=[0, 1])
    alt = (
        "Left, the four points of XOR and a diagonal strip where the output is above "
        "0.5, with the fold, dashed, along its middle. Right, the hidden space: all "
        "samples lie on the two axes, orange from 0 to 0.5; two of the four points "
        "coincide at the origin, and one line separates them from the other two."
    )
    return described(figure, alt)


def sum_of_relus(t, v, start, end):
    """Draw the parts v_j ReLU(x - t_j), and beside them the sum with its slopes.

    Args:
        t: kinks, shape (k,), rising.
        v: output weights, shape (k,).
        start: the sum's value at t[0].
        end: where the picture ends on the right.

    Returns:
        The figure.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.6))
    x = np.linspace(t[0] - 0.6, end, 400)
    parts = v * np.maximum(0, x[:, None] - t)  # (400, k)
    signs = "₁₂₃₄₅₆₇₈₉"
    for j in range(len(t)):
        left.plot(x, parts[:, j], color=NEURON_COLOURS[j])
        shift = f" − {t[j]:g}" if t[j] else ""
        text = f"{v[j]:g} ReLU(x{shift})".replace("-", "−")
        label_line(left, x, parts[:, j], text, NEURON_COLOURS[j])
    left.plot([x[0], end], [start, start], "--", color=GREY, linewidth=1.2)
    left.annotate(
        f"b = {start:g}",
        (end, start),
        (6, 0),
        textcoords="offset points",
        va="center",
        color=GREY,
    )
    left.set(title="the parts", xlabel="x", ylabel="part")
    total = start + parts.sum(axis=1)
    right.plot(x, total, color="black")
    edges = np.append(t, end)
    corners = start + (v * np.maximum(0, edges[:, None] - t)).sum(axis=1)
    right.scatter(t, corners[:-1], s=60, color=NEURON_COLOURS[: len(t)], zorder=3)
    for j in range(len(t)):
        middle = (edges[j] + edges[j + 1]) / 2, (corners[j] + corners[j + 1]) / 2
        slope = v[: j + 1].sum()
        right.annotate(
            f"s{signs[j]} = {slope:g}".replace("-", "−"),
            middle,
            (8, -14) if slope > 0 else (-3, 14),
            textcoords="offset points",
        )
    right.set(title="their sum", xlabel="x", ylabel="f(x)")
    right.set_ylim(total.min() - 0.4, total.max() + 0.6)
    slopes = ", ".join(f"{slope:g}" for slope in np.cumsum(v))
    alt = (
        f"Left, {len(t)} ReLU parts with their corners and the constant {start:g}. "
        f"Right, their sum: straight pieces of the slopes {slopes}."
    )
    return described(figure, alt)


def approximations(f, models, low, high):
    """Draw the curve f and what each model makes of it, one panel per model.

    Args:
        f: function of an array.
        models: {number of kinks: model}, each a function from (p, 1) to (p, 1).
        low: left end.
        high: right end.

    Returns:
        The figure.
    """
    figure, panels = plt.subplots(1, len(models), figsize=(9, 3), sharey=True)
    x = np.linspace(low, high, 1000)
    for ax, (count, model) in zip(panels, models.items(), strict=True):
        drawn = model(x[:, None])[:, 0]
        ax.plot(x, f(x), color=SKY, linewidth=5, solid_capstyle="butt")
        ax.plot(x, drawn, color="black", linewidth=1.5)
        ax.set(title=f"{count} neurons", xlabel="x", xticks=[-1, 0, 1])
    panels[0].set_ylabel("f(x)")
    panels[0].annotate("curve", (-0.97, 0.42), color=BLUE)
    panels[0].annotate("network", (-0.97, 0.14), color="black")
    counts = ", ".join(str(count) for count in models)
    alt = f"A smooth curve and the straight pieces of networks with {counts} neurons."
    return described(figure, alt)


def spread_through_layers(runs):
    """Draw the spread of the activations after each layer, on a logarithmic axis.

    Args:
        runs: {scale: spreads of shape (networks, layers)}.

    Returns:
        The figure.
    """
    figure, ax = plt.subplots(figsize=(7.4, 3.9))
    for (scale, spreads), colour in zip(
        runs.items(), [BLUE, GREEN, VERMILION], strict=True
    ):
        layers = np.arange(1, spreads.shape[1] + 1)
        ax.plot(layers, spreads.T, color=colour, linewidth=1, alpha=0.6)
        ax.plot(layers, scale**layers, color="black", linewidth=1.5, linestyle="--")
        ax.annotate(
            f"{scale:g} √(2/n)",
            (layers[-1] + 0.25, scale ** layers[-1]),
            va="center",
            color=colour,
        )
    ax.annotate("dashed: prediction", (1, 300), color="black")
    ax.annotate("thin: ten networks each", (1, 80), color=GREY)
    ax.set(
        yscale="log",
        xlim=(0.8, 12.4),
        xticks=range(1, 11),
        xlabel="layer",
        ylabel="root mean square of A",
    )
    medians = [float(f"{np.median(x[:, -1]):.2g}") for x in runs.values()]
    ends = ", ".join(f"{median:g}" for median in medians)
    alt = (
        "Root mean square of the activations over the layers, logarithmic axis: one "
        f"bundle of lines for each scale, which end near {ends}."
    )
    return described(figure, alt)


def network(n_in, n_hidden, n_out):
    """Draw a network with one hidden layer: all neurons, the shapes, and some lines.

    The weights are drawn for every fourth hidden neuron, where they can be told apart.

    Args:
        n_in: inputs.
        n_hidden: neurons of the hidden layer.
        n_out: neurons of the output layer.

    Returns:
        The figure.
    """
    figure, ax = plt.subplots(figsize=(7.2, 4.5))
    ax.set(xlim=(-1, 11), ylim=(-3.4, 12))
    ax.axis("off")
    columns = [(0, n_in, 2.4), (3.9, n_hidden, 0.29), (6.1, n_hidden, 0.29)]
    columns.append((10, n_out, 1.9))
    places = [
        (x, 5 + gap * ((count - 1) / 2 - np.arange(count))) for x, count, gap in columns
    ]
    drawn = slice(n_hidden % 4 // 2 + 1, None, 4)
    for outer, inner in [(0, 1), (3, 2)]:
        for low in places[outer][1]:
            for high in places[inner][1][drawn]:
                ax.plot(
                    [places[outer][0], places[inner][0]],
                    [low, high],
                    color=SKY,
                    linewidth=0.8,
                    zorder=1,
                )
    for height in places[1][1]:
        ax.plot([3.9, 6.1], [height, height], color=GREY, linewidth=0.5, zorder=1)
    for (x, heights), size, colour in zip(
        places, [380, 20, 20, 380], [GREY, BLUE, GREEN, BLUE], strict=True
    ):
        filled = size < 100
        ax.scatter(
            np.full(len(heights), x),
            heights,
            s=size,
            color=colour if filled else "white",
            edgecolors=colour,
            zorder=3,
        )
    for place, letter in [(0, "x"), (3, "z")]:
        x, heights = places[place]
        for index, height in enumerate(heights, 1):
            ax.text(
                x, height, f"${letter}_{index}$", ha="center", va="center", zorder=4
            )
    heads = [
        (0, "X", f"(m, {n_in})"),
        (3.9, "$Z^{(1)}$", f"(m, {n_hidden})"),
        (6.1, "$A^{(1)}$", f"(m, {n_hidden})"),
        (10, "$Z^{(2)}$", f"(m, {n_out})"),
    ]
    for x, name, shape in heads:
        ax.text(x, 11.9, f"{name}\n{shape}", ha="center", va="top", linespacing=1.3)
    feet = [
        (
            1.9,
            f"Dense({n_in} → {n_hidden})\n"
            f"$W^{{(1)}}$ ({n_in}, {n_hidden})   $b^{{(1)}}$ (1, {n_hidden})\n"
            f"{n_in * n_hidden} + {n_hidden} = {n_in * n_hidden + n_hidden} numbers",
            BLUE,
        ),
        (5.0, "ReLU\nno W, no b\n0 numbers", GREEN),
        (
            8.1,
            f"Dense({n_hidden} → {n_out})\n"
            f"$W^{{(2)}}$ ({n_hidden}, {n_out})   $b^{{(2)}}$ (1, {n_out})\n"
            f"{n_hidden * n_out} + {n_out} = {n_hidden * n_out + n_out} numbers",
            BLUE,
        ),
    ]
    for x, text, colour in feet:
        ax.text(x, -0.7, text, ha="center", va="top", color=colour, linespacing=1.5)
    alt = (
        f"{n_in} inputs, {n_hidden} hidden neurons, ReLU, {n_out} outputs, with the "
        "weights of every fourth hidden neuron as lines and the shapes above."
    )
    return described(figure, alt)


def untrained(X, y, model):
    """Draw labelled points, and the regions where a model's outputs are largest.

    Args:
        X: points, shape (m, 2).
        y: labels, shape (m,).
        model: function from points (p, 2) to outputs (p, K).

    Returns:
        The figure.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 4))
    limits = (-1.25, 1.25)
    scatter_classes(left, X, y)
    left.set(title="the points and their classes", xlim=limits, ylim=limits)
    left.set_aspect("equal")
    decision_regions(right, lambda points: model(points).argmax(axis=1), limits)
    scatter_classes(right, X, y, size=6)
    right.set_title("the answers of the untrained network")
    return described(
        figure,
        "Left, three spiral arms of points, one class each. Right, the same points on "
        "the network's answers: wedges from the origin, which do not follow the arms.",
    )
