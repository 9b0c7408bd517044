"""The figures of lesson 01: one neuron, its line, its surface, its limits.

Each function returns a Matplotlib figure.  Blue circles stand for 0, vermilion
triangles for 1.
"""

from itertools import pairwise

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle
from mpl_toolkits.mplot3d.art3d import Poly3DCollection

from nnlib.plotting.base import (
    BLUE,
    CLASS_COLOURS,
    CLASS_MARKERS,
    GREEN,
    GREY,
    PURPLE,
    VERMILION,
    arrow,
    decision_regions,
    described,
    grid_of_points,
    number,
)

LIGHT = LinearSegmentedColormap.from_list("light", ["#7fb8d8", "#ffffff", "#eaae7f"])
SIDES = ["#bfdaea", "#f3d5bf"]  # where a step answers 0, and 1
FLAT = "#d9d9d9"  # where ReLU is 0
BOX = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}

DARK_PURPLE = "#8F3F71"  # for text


def _arrow(ax, start, end, colour="black"):
    style = "-|>,head_width=0.3,head_length=0.6"
    arrow(ax, start, end, colour, width=1.8, style=style, zorder=5)


def _line(ax, w, b, **options):
    """Draw the line w . x + b = 0 through its foot, at right angles to w."""
    foot = -b / (w @ w) * w
    ax.axline(foot, foot + np.array([-w[1], w[0]]), **{"color": "black", **options})


def _points(ax, X, a, size=60):
    for label in (0, 1):
        rows = np.asarray(a) == label
        ax.scatter(
            X[rows, 0],
            X[rows, 1],
            s=size,
            color=CLASS_COLOURS[label],
            marker=CLASS_MARKERS[label],
            edgecolors="white",
            linewidths=0.6,
            zorder=4,
        )


def _rings(ax, X, wrong):
    ax.scatter(
        *X[wrong].T, s=210, facecolors="none", edgecolors="black", linewidths=1.5
    )


def _regions(ax, w, b, limits):
    decision_regions(ax, lambda X: (X @ w + b > 0).astype(int), limits)


def diagram(w, x, b):
    """Draw a neuron with two inputs as a flow from left to right, with its numbers.

    Args:
        w: weights, shape (2,).
        x: one sample, shape (2,).
        b: bias, a number.
    """
    z = w @ x + b
    fig, ax = plt.subplots(figsize=(7.4, 3.3))
    ax.set(xlim=(0, 14.8), ylim=(0, 6.6), aspect="equal")
    ax.axis("off")
    for i, y in enumerate([5.3, 2.9]):
        ax.add_patch(Circle((1.2, y), 0.85, fc="white", ec=BLUE, lw=2))
        ax.text(1.2, y, f"$x_{i + 1}$\n{number(x[i])}", ha="center", va="center")
        end = (6.0, 4.1 + (0.45 if i == 0 else -0.45))
        _arrow(ax, (2.05, y), end, BLUE)
        text = f"$w_{i + 1} x_{i + 1}$ = {number(w[i])} · {number(x[i])}"
        ax.text(
            3.9,
            y + (0.35 if i == 0 else -0.35),
            text + f" = {number(w[i] * x[i])}",
            ha="center",
            va="bottom" if i == 0 else "top",
            color=BLUE,
            bbox={**BOX, "pad": 0.05},
            zorder=6,
        )
    ax.add_patch(Circle((6.9, 4.1), 1.0, fc="white", ec="black", lw=2))
    ax.text(6.9, 4.1, "add", ha="center", va="center")
    ax.text(6.9, 0.35, f"bias $b$ = {number(b)}", ha="center", color=VERMILION)
    _arrow(ax, (6.9, 1.0), (6.9, 3.1), VERMILION)
    _arrow(ax, (7.9, 4.1), (10.4, 4.1))
    ax.text(9.1, 4.4, f"$z$ = {number(z)}", ha="center")
    ax.add_patch(
        FancyBboxPatch(
            (10.4, 3.2), 1.8, 1.8, boxstyle="round,pad=0", fc="white", ec="black", lw=2
        )
    )
    ax.plot([10.7, 11.3, 11.3, 11.9], [3.7, 3.7, 4.5, 4.5], color=GREEN)
    ax.text(11.3, 2.7, "step", ha="center", color=GREEN)
    _arrow(ax, (12.2, 4.1), (13.5, 4.1))
    ax.text(13.6, 4.1, f"$a$ = {int(z > 0)}", va="center")
    alt = (
        f"A neuron: the inputs {number(x[0])} and {number(x[1])} times the weights "
        f"{number(w[0])} and {number(w[1])}, plus the bias {number(b)}, add up to z "
        f"= {number(z)}, and the step gives a = {int(z > 0)}."
    )
    return described(fig, alt)


def baskets(X, a, w, b):
    """Draw baskets as points, the neuron's answers as colours, and its line.

    Args:
        X: baskets, one per row, shape (m, 2), kilograms.
        a: the neuron's answers 0 or 1, shape (m,).
        w: weights, shape (2,).
        b: bias, a number.
    """
    limits = (-0.4, 5.4)
    fig, ax = plt.subplots(figsize=(6.3, 4.3))
    _regions(ax, w, b, limits)
    _line(ax, w, b)
    _points(ax, X, a)
    ax.text(0.3, 2.38, "$z = 0$")
    ax.set(xlabel="$x_1$, apples (kg)", ylabel="$x_2$, pears (kg)")
    for text, place, colour in [
        ("$z > 0$: alarm, 1", (1.03, 0.6), VERMILION),
        ("$z \\leq 0$: no alarm, 0", (1.03, 0.2), BLUE),
    ]:
        ax.text(*place, text, color=colour, transform=ax.transAxes, va="center")
    alt = (
        f"{len(X)} baskets on a grid and a straight line. Above it the alarm rings, "
        f"for {int(np.sum(a))} of them; below it and on it there is no alarm."
    )
    return described(fig, alt)


def _difference(ax, u, v):
    """Draw the arrows u, v and u - v, the last one also moved to the origin."""
    ax.plot(*np.array([[0, 0], u - v]).T, "--", color=PURPLE, linewidth=1.5)
    for start, end, colour in [((0, 0), u, BLUE), ((0, 0), v, GREEN), (v, u, PURPLE)]:
        _arrow(ax, start, end, colour)
    _arrow(ax, 0.97 * (u - v), u - v, PURPLE)
    ax.plot(0, 0, "o", color="black", markersize=7, zorder=6)
    for text, place, colour in [
        ("$u$", u + np.array([0.1, 0.1]), BLUE),
        ("$v$", v + np.array([-0.1, 0.2]), GREEN),
        ("$u - v$", (u + v) / 2 + [0.2, 0.2], DARK_PURPLE),
        ("moved to\nthe origin", (u - v) / 2 + [-0.15, -0.35], DARK_PURPLE),
    ]:
        ax.text(*place, text, color=colour)
    ax.texts[1].set(ha="right")
    ax.texts[-1].set(ha="right", va="top")
    ax.set(xlim=(-1.2, 5.3), ylim=(-2.6, 3.9), aspect="equal")
    ax.set(xlabel="$x_1$", ylabel="$x_2$", title="two arrows")


def _line_and_foot(ax, w, b, p, q):
    """Draw the line, two of its points, its foot and w, without the foot's numbers."""
    foot = -b / (w @ w) * w
    _regions(ax, w, b, (-3.2, 6.2))
    _line(ax, w, b)
    ax.plot(*np.array([[0, 0], foot]).T, color=PURPLE, linewidth=3, zorder=3)
    _arrow(ax, foot, foot + w)
    for point, name, shift, side in [
        (np.zeros(2), "origin", (0, -9), ("center", "top")),
        (foot, "foot", (-14, 0), ("right", "center")),
        (p, "$p$", (7, 6), ("left", "bottom")),
        (q, "$q$", (7, 6), ("left", "bottom")),
    ]:
        ax.plot(*point, "o", color="black", markersize=7, zorder=6)
        ax.annotate(
            name, point, shift, textcoords="offset points", ha=side[0], va=side[1]
        )
    along, across = np.array([-w[1], w[0]]), w
    corner = np.array([along, along + across, across]) / np.linalg.norm(w) * 0.4
    ax.plot(*(foot + corner).T, color="black", linewidth=1.2)
    ax.text(
        *(foot / 2 + [-0.3, 0]), "distance", color=DARK_PURPLE, ha="right", va="center"
    )
    ax.text(*(foot + w + [0.15, -0.1]), "$w$", va="top", ha="left")
    ax.text(4.2, 1.5, "$z > 0$", color=VERMILION)
    ax.text(-2.7, -2.5, "$z < 0$", color=BLUE)
    ax.set(xlabel="$x_1$", ylabel="$x_2$", title="the alarm's line")


def arrows_and_line(u, v, w, b, p, q):
    """Sketch what section 4 derives: u - v between two arrows, and a line's foot.

    Args:
        u: an arrow from the origin, shape (2,).
        v: another one.
        w: weights, shape (2,).
        b: bias, a number.
        p: a point of the line, shape (2,).
        q: another one.
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.4, 3.9))
    _difference(axes[0], u, v)
    _line_and_foot(axes[1], w, b, p, q)
    alt = (
        "Left: the arrows u, v and u - v, which joins the tip of v to that of u. "
        "Right: a line with two of its points, its foot, its distance from the "
        "origin, and w at right angles to it."
    )
    return described(fig, alt)


def _label_contour(ax, w, b, value, bound):
    """Write the value on the contour w . x + b = value, beside the arrow of w."""
    foot = (value - b) / (w @ w) * w
    along = np.array([-w[1], w[0]]) / np.linalg.norm(w)
    along = along if along[1] > 0 else -along
    for far in (2.4, 1.5, -1.5, -2.4, 0.9, -0.9):
        place = foot + far * along
        if np.abs(place).max() < bound:
            box = {"facecolor": "white", "edgecolor": "none", "alpha": 0.7, "pad": 1}
            text = ax.text(*place, number(value), fontsize=11, bbox=box)
            text.set(ha="center", va="center")
            return


def what_w_and_b_do(neurons, limits=(-5, 5)):
    """Draw the map of z for four neurons: colour and contours for z, the line in black.

    Args:
        neurons: four triples (title, w of shape (2,), b).
        limits: (low, high) of both axes.
    """
    fig, axes = plt.subplots(2, 2, figsize=(7, 7), sharex=True, sharey=True)
    x1, x2, X = grid_of_points(limits, 60)
    for ax, (title, w, b) in zip(axes.flat, neurons, strict=True):
        z = (X @ w + b).reshape(x1.shape)
        ax.contourf(x1, x2, z, np.linspace(-60, 60, 61), cmap=LIGHT, extend="both")
        levels = [v for v in range(-80, 81, 10) if v != 0]
        ax.contour(x1, x2, z, levels, colors=GREY, linewidths=0.7, linestyles="-")
        _line(ax, w, b)
        foot = -b / (w @ w) * w
        for value in (-20, -10, 10, 20):
            _label_contour(ax, w, b, value, limits[1] - 0.6)
        ax.plot(*np.array([[0, 0], foot]).T, color=PURPLE, linewidth=3)
        ax.plot(0, 0, "o", color="black", markersize=6)
        tip = foot + 1.6 * w / np.linalg.norm(w)
        _arrow(ax, foot, tip)
        distance = number(round(float(np.linalg.norm(foot)), 4))
        ax.text(
            0.96,
            0.05,
            f"distance {distance}",
            color=DARK_PURPLE,
            transform=ax.transAxes,
            ha="right",
            bbox=BOX,
        )
        ax.set(title=title, xlim=limits, ylim=limits, aspect="equal")
        ax.grid(False)
    for ax in axes[1]:
        ax.set_xlabel("$x_1$")
    for ax in axes[:, 0]:
        ax.set_ylabel("$x_2$")
    distances = [
        number(round(float(abs(b) / np.linalg.norm(w)), 2)) for _, w, b in neurons
    ]
    alt = "Contour maps of z, with the line's distance from the origin. " + "; ".join(
        f"{title}: distance {far}"
        for (title, _, _), far in zip(neurons, distances, strict=True)
    )
    return described(fig, alt)


def one_neuron(w, b, limits=(-5, 5)):
    """Draw where a neuron with a step answers 0 and 1, its line, and the line's foot.

    Args:
        w: weights, shape (2,).
        b: bias, a number.
        limits: (low, high) of both axes.
    """
    fig, ax = plt.subplots(figsize=(6.3, 4.4))
    _regions(ax, w, b, limits)
    title = f"w = ({number(w[0])}, {number(w[1])}), b = {number(b)}"
    if w.any():
        foot = -b / (w @ w) * w
        tip = foot + 1.6 * w / np.linalg.norm(w)
        _line(ax, w, b)
        ax.plot(*np.array([[0, 0], foot]).T, color=PURPLE, linewidth=8)
        seen = np.abs([foot, tip]).max() < limits[1]
        if seen:
            _arrow(ax, foot, tip)
        title += f", distance {number(round(float(np.linalg.norm(foot)), 2))}"
    else:
        seen = False
        title += ", no line"
    ax.plot(0, 0, "o", color="black", markersize=6)
    ax.set(title=title, xlabel="$x_1$", ylabel="$x_2$", xlim=limits, ylim=limits)
    legend = [
        ("$z > 0$: answer 1", 0.6, VERMILION),
        ("$z \\leq 0$: answer 0", 0.5, BLUE),
    ]
    if w.any():
        arrow_or_not = "arrow: direction of $w$" if seen else "no room for the arrow"
        legend += [
            (arrow_or_not, 0.3, "black"),
            ("bar: distance from\nthe origin", 0.2, DARK_PURPLE),
        ]
    for text, height, colour in legend:
        ax.text(1.03, height, text, color=colour, transform=ax.transAxes, va="top")
    alt = (
        f"Answers 0 and 1 on the two sides of the line of w = ({number(w[0])}, "
        f"{number(w[1])}), b = {number(b)}."
    )
    return described(fig, alt)


def answers_and_mistakes(X, y, neurons):
    """Draw the right answers as points, two neurons' answers behind, mistakes ringed.

    Args:
        X: baskets, one per row, shape (m, 2), kilograms.
        y: right answers 0 or 1, shape (m,).
        neurons: two triples (title, w of shape (2,), b).
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 4.3), sharey=True)
    for ax, (title, w, b) in zip(axes, neurons, strict=True):
        _regions(ax, w, b, (-0.5, 3.5))
        _line(ax, w, b)
        _points(ax, X, y)
        _rings(ax, X, (X @ w + b > 0) != (y == 1))
        ax.set(title=title, xlabel="$x_1$, apples (kg)", xticks=range(4))
    axes[0].set(ylabel="$x_2$, pears (kg)", yticks=range(4))
    alt = (
        f"{len(X)} points and two neurons: "
        f"{'; '.join(name for name, _, _ in neurons)}. Points that a neuron gets "
        "wrong are ringed."
    )
    return described(fig, alt)


def quotients(f, points, reach=1.0):
    """Draw the quotient (f(z + h) - f(z)) / h against h, one panel for each point z.

    Args:
        f: function of one number or an array.
        points: three values of z.
        reach: h goes from -reach to reach, without 0.
    """
    fig, axes = plt.subplots(1, 3, figsize=(7.4, 3), sharey=True)
    right = np.linspace(0.004, reach, 200)
    for ax, z in zip(axes, points, strict=True):
        for h, colour in [(-right, BLUE), (right, VERMILION)]:
            ax.plot(h, (f(z + h) - f(z)) / h, color=colour)
        for h, colour in [(-right[0], BLUE), (right[0], VERMILION)]:
            ax.plot(h, (f(z + h) - f(z)) / h, "o", color=colour, mfc="white", ms=8)
        ax.axvline(0, color=GREY, linewidth=0.8, zorder=1)
        ax.set(title=f"at $z$ = {number(z)}", xlabel="$h$", ylim=(-0.15, 1.3))
        ax.set_yticks([0, 0.5, 1])
    axes[0].set_ylabel("difference quotient")
    axes[1].text(-0.55, 0.08, "from\nthe left", ha="center", color=BLUE)
    axes[1].text(0.55, 0.92, "from\nthe right", ha="center", va="top")
    axes[1].texts[-1].set_color(VERMILION)
    alt = (
        f"The difference quotient against the nudge h at the points {points}: "
        "near h = 0 both sides have the same value, but at the kink they differ."
    )
    return described(fig, alt)


def _cut(corners, w, low):
    """Return the part of a convex polygon (corners (c, 2)) where w . x >= low."""
    kept = []
    for here, there in zip(corners, np.roll(corners, -1, axis=0), strict=True):
        at_here, at_there = w @ here - low, w @ there - low
        if at_here >= 0:
            kept.append(here)
        if at_here * at_there < 0:
            kept.append(here + at_here / (at_here - at_there) * (there - here))
    return np.array(kept).reshape(-1, 2)


def _sheet(ax, square, w, b, edges, height, colour):
    """Draw height(z) over the square as strips between the given values of z."""
    for low, high in pairwise(edges):
        strip = _cut(_cut(square, w, low - b), -w, b - high)
        if len(strip) > 2:
            # the corners may lie on the edge itself, so the height is taken inside
            z = np.clip(strip @ w + b, low + 1e-9, high - 1e-9)
            ax.add_collection3d(
                Poly3DCollection(
                    [np.column_stack([strip, height(z)])],
                    facecolor=colour((low + high) / 2),
                    edgecolor="#888888",
                    linewidth=0.5,
                    zorder=1 if high <= 0 else 3,
                )
            )


def surfaces(w, b, limits=(-1, 5)):
    """Draw z, step(z) and ReLU(z) over the plane: as a surface above, as a map below.

    Args:
        w: weights, shape (2,).
        b: bias, a number.
        limits: (low, high) of both axes.
    """
    low, high = limits
    square = np.array([[low, low], [high, low], [high, high], [low, high]], dtype=float)
    x1, x2, X = grid_of_points(limits, 121)
    z = (X @ w + b).reshape(x1.shape)
    bound = np.abs(z).max()
    fine = np.arange(-40, 41, 2.5)
    functions = [
        ("$z$", lambda z: z, fine, [0, 20]),
        ("step($z$)", lambda z: np.where(z > 0, 1.0, 0.0), [-40, 0, 40], [0, 1]),
        ("ReLU($z$)", lambda z: np.maximum(0, z), [-40, *fine[fine >= 0]], [0, 20]),
    ]
    fig = plt.figure(figsize=(7.6, 5.7))
    for column, (title, f, edges, zticks) in enumerate(functions):

        def colour(z, f=f, column=column):
            if column == 1:
                return SIDES[int(z > 0)]
            if column == 2 and z < 0:
                return FLAT
            return LIGHT((float(f(z)) / bound + 1) / 2)

        above = fig.add_subplot(2, 3, column + 1, projection="3d")
        above.computed_zorder = False  # the line is drawn last, so that it is seen
        _sheet(above, square, w, b, edges, f, colour)
        ends = _cut(_cut(square, w, -b - 1e-9), -w, b - 1e-9)
        ends = ends[np.argsort(ends[:, 0])][[0, -1]]
        if column == 1:
            wall = np.column_stack([ends[[0, 1, 1, 0]], [0, 0, 1, 1]])
            above.add_collection3d(
                Poly3DCollection([wall], fc="#faeadf", ec="#888888", zorder=2)
            )
        above.plot(*ends.T, [0, 0], color="black", zorder=4)
        above.view_init(elev=26, azim=-118)
        above.set_title(title, y=0.98)
        floor = f(z).min()
        above.set(xlim=limits, ylim=limits, zlim=(floor, f(z).max()))
        above.set(xticks=[0, 4], yticks=[0, 4], zticks=zticks)
        above.set_xlabel("$x_1$", labelpad=-6)
        above.set_ylabel("$x_2$", labelpad=-6)
        above.tick_params(pad=-2)
        above.set_box_aspect((1, 1, 0.8), zoom=1.0)

        below = fig.add_subplot(2, 3, column + 4)
        if column == 1:
            below.contourf(x1, x2, z, [-99, 0, 99], colors=SIDES)
            below.text(0.2, 0.2, "0", ha="center", va="center")
            below.text(3.2, 3.2, "1", ha="center", va="center")
        else:
            below.contourf(x1, x2, f(z), np.linspace(-bound, bound, 82), cmap=LIGHT)
            if column == 2:
                below.contourf(x1, x2, z, [-99, 0], colors=FLAT)
                below.text(0.2, 0.2, "0", ha="center", va="center")
            levels = [-10, -5, 5, 10, 15, 20] if column == 0 else [5, 10, 15, 20]
            lines = below.contour(
                x1, x2, f(z), levels, colors=GREY, linewidths=0.8, linestyles="-"
            )
            places = [
                (v - b) / (w @ w) * w + (v > 0) * np.array([1, -0.75]) for v in levels
            ]
            below.clabel(lines, manual=[tuple(p) for p in places], fmt=number)
        _line(below, w, b)
        below.set(xlim=limits, ylim=limits, aspect="equal", xlabel="$x_1$")
        below.set(xticks=[0, 2, 4], yticks=[0, 2, 4])
        below.grid(False)
        if column == 0:
            below.set_ylabel("$x_2$")
    alt = (
        "Three surfaces over the plane with their maps: z is a tilted plane, "
        "step(z) a cliff between 0 and 1, ReLU(z) flat up to the line and then a "
        "slope."
    )
    return described(fig, alt)


def every_pair(row, column, table):
    """Draw the table that a flat array and a column give; only the diagonal is meant.

    Args:
        row: array of shape (m,), written along the top.
        column: array of shape (m, 1), written down the side.
        table: booleans of shape (m, m), true where the two agree.
    """
    m = len(row)
    fig, ax = plt.subplots(figsize=(4.8, 4))
    for i in range(m):
        ax.text(i, -0.85, number(row[i]), ha="center", va="center", color=BLUE)
        ax.text(-0.85, i, number(column[i, 0]), ha="center", va="center", color=GREEN)
        for j in range(m):
            fill = "#f3cfb3" if table[i, j] else "#ffffff"
            ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fc=fill, ec=GREY, lw=0.8))
            text = "equal" if table[i, j] else "not"
            colour = "black" if table[i, j] else GREY
            ax.text(j, i, text, ha="center", va="center", color=colour, fontsize=11)
        ax.add_patch(
            Rectangle((i - 0.45, i - 0.45), 0.9, 0.9, fc="none", ec="black", lw=2.5)
        )
    ax.text((m - 1) / 2, -1.3, "answers, shape (4,)", ha="center", color=BLUE)
    ax.text(-1.4, (m - 1) / 2, "targets, shape (4, 1)", rotation=90, va="center")
    ax.texts[-1].set(color=GREEN, ha="center")
    ax.set(xlim=(-1.65, m - 0.4), ylim=(m - 0.4, -1.65), aspect="equal")
    ax.axis("off")
    alt = (
        f"A table of comparisons, each answer with each target: {int(table.sum())} "
        f"of {table.size} are equal, the framed diagonal among them."
    )
    return described(fig, alt)


def gates(X, panels, dashed):
    """Draw truth tables as points, a neuron's answers behind, rings round mistakes.

    Args:
        X: the four inputs, one per row, shape (4, 2).
        panels: three tuples (title, y of shape (4,), w of shape (2,), b).
        dashed: (w, b) of one more line for the last panel.
    """
    fig, axes = plt.subplots(1, 3, figsize=(7.4, 3.1), sharey=True)
    for ax, (title, y, w, b) in zip(axes, panels, strict=True):
        _regions(ax, w, b, (-0.5, 1.5))
        _line(ax, w, b)
        _points(ax, X, y, size=110)
        wrong = (X @ w + b > 0) != (np.asarray(y) == 1)
        ax.scatter(
            *X[wrong].T, s=330, facecolors="none", edgecolors="black", linewidths=1.5
        )
        ax.set(title=title, xlabel="$x_1$", xticks=[0, 1], yticks=[0, 1])
    _line(axes[2], *dashed, linestyle="--")
    axes[0].set_ylabel("$x_2$")
    right = [
        int(((X @ w + b > 0) == (np.asarray(y) == 1)).sum()) for _, y, w, b in panels
    ]
    names = [title.replace("$", "") for title, *_ in panels]
    alt = "Truth tables as four points each, and a neuron's line. " + "; ".join(
        f"{name}, {count} right" for name, count in zip(names, right, strict=True)
    )
    alt += ". Mistakes are ringed. The last panel has a second, dashed line."
    return described(fig, alt)
