"""The figures of lesson 01: one neuron, its line, its surface, its limits.

Each function returns a Matplotlib figure.  Blue circles stand for 0, vermilion triangles for 1.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap
from matplotlib.patches import Circle, FancyBboxPatch, Rectangle

from nnlib.plotting.base import (
    BLUE,
    CLASS_COLOURS,
    CLASS_MARKERS,
    GREEN,
    GREY,
    PURPLE,
    VERMILION,
    decision_regions,
    grid_of_points,
)

LIGHT = LinearSegmentedColormap.from_list("light", ["#7fb8d8", "#ffffff", "#eaae7f"])
BOX = {"boxstyle": "round,pad=0.15", "facecolor": "white", "edgecolor": "none"}


def _arrow(ax, start, end, colour="black"):
    ax.annotate(
        "",
        end,
        start,
        arrowprops={
            "arrowstyle": "-|>,head_width=0.3,head_length=0.6",
            "color": colour,
            "linewidth": 1.8,
            "shrinkA": 0,
            "shrinkB": 0,
        },
        zorder=5,
    )


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


def _number(value):
    """Return 3.0 as 3 and -1.5 with a true minus sign."""
    return f"{value:g}".replace("-", "\u2212")


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
        ax.text(1.2, y, f"$x_{i + 1}$\n{_number(x[i])}", ha="center", va="center")
        end = (6.0, 4.1 + (0.45 if i == 0 else -0.45))
        _arrow(ax, (2.05, y), end, BLUE)
        text = f"$w_{i + 1} x_{i + 1}$ = {_number(w[i])} · {_number(x[i])}"
        ax.text(
            3.9,
            y + (0.35 if i == 0 else -0.35),
            text + f" = {_number(w[i] * x[i])}",
            ha="center",
            va="bottom" if i == 0 else "top",
            color=BLUE,
            bbox={**BOX, "pad": 0.05},
            zorder=6,
        )
    ax.add_patch(Circle((6.9, 4.1), 1.0, fc="white", ec="black", lw=2))
    ax.text(6.9, 4.1, "add", ha="center", va="center")
    ax.text(6.9, 0.35, f"bias $b$ = {_number(b)}", ha="center", color=VERMILION)
    _arrow(ax, (6.9, 1.0), (6.9, 3.1), VERMILION)
    _arrow(ax, (7.9, 4.1), (10.4, 4.1))
    ax.text(9.1, 4.4, f"$z$ = {_number(z)}", ha="center")
    ax.add_patch(
        FancyBboxPatch(
            (10.4, 3.2), 1.8, 1.8, boxstyle="round,pad=0", fc="white", ec="black", lw=2
        )
    )
    ax.plot([10.7, 11.3, 11.3, 11.9], [3.7, 3.7, 4.5, 4.5], color=GREEN)
    ax.text(11.3, 2.7, "step", ha="center", color=GREEN)
    _arrow(ax, (12.2, 4.1), (13.5, 4.1))
    ax.text(13.6, 4.1, f"$a$ = {int(z > 0)}", va="center")
    return fig


def baskets(X, a, w, b):
    """Draw baskets as points, the neuron's answers as colours, and its line.

    Args:
        X: baskets, one a row, shape (m, 2), kilograms.
        a: the neuron's answers 0 or 1, shape (m,).
        w: weights, shape (2,).
        b: bias, a number.
    """
    limits = (-0.4, 5.4)
    fig, ax = plt.subplots(figsize=(6, 4.6))
    _regions(ax, w, b, limits)
    _line(ax, w, b)
    _points(ax, X, a)
    ax.set(xlabel="$x_1$, apples (kg)", ylabel="$x_2$, pears (kg)")
    for text, place, colour in [
        ("$z > 0$: alarm, 1", (1.03, 0.75), VERMILION),
        ("$z \\leq 0$: no alarm, 0", (1.03, 0.2), BLUE),
        ("$z = 0$: the line", (1.03, 0.475), "black"),
    ]:
        ax.text(*place, text, color=colour, transform=ax.transAxes, va="center")
    return fig


def normal_and_distance(w, b, p, q):
    """Draw the line, two of its points, w at right angles to it, and the distance.

    Args:
        w: weights, shape (2,).
        b: bias, a number.
        p, q: two points of the line, shape (2,) each.
    """
    foot = -b / (w @ w) * w
    fig, ax = plt.subplots(figsize=(6.4, 5))
    limits = (-3.2, 6.2)
    _regions(ax, w, b, limits)
    _line(ax, w, b)
    ax.plot(*np.array([[0, 0], foot]).T, color=PURPLE, linewidth=3, zorder=3)
    _arrow(ax, foot, foot + w)
    for point, name, shift, side in [
        (np.zeros(2), "origin", (0, -10), ("center", "top")),
        (foot, "foot", (-8, 16), ("right", "bottom")),
        (p, "$p$", (8, 8), ("left", "bottom")),
        (q, "$q$", (8, 8), ("left", "bottom")),
    ]:
        ax.plot(*point, "o", color="black", markersize=7, zorder=6)
        where = ", ".join(_number(v) for v in point)
        ax.annotate(
            f"{name} ({where})",
            point,
            shift,
            textcoords="offset points",
            ha=side[0],
            va=side[1],
        )
    along, across = np.array([-w[1], w[0]]), -w
    corner = np.array([along, along + across, across]) / np.linalg.norm(w) * 0.35
    ax.plot(*(foot + corner).T, color="black", linewidth=1.2)
    ax.text(*(foot / 2 + [-0.15, 0.15]), _number(np.linalg.norm(foot)), color=PURPLE)
    ax.texts[-1].set(ha="right", va="center", fontweight="bold")
    ax.text(*(foot + w + [0.15, -0.1]), "$w$", va="top", ha="left")
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    return fig


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
        ax.contourf(x1, x2, z, np.linspace(-90, 90, 61), cmap=LIGHT)
        levels = [v for v in range(-80, 81, 10) if v != 0]
        lines = ax.contour(x1, x2, z, levels, colors=GREY, linewidths=0.7)
        for line in lines.collections if hasattr(lines, "collections") else [lines]:
            line.set_linestyle("-")
        _line(ax, w, b)
        foot = -b / (w @ w) * w
        ax.plot(*np.array([[0, 0], foot]).T, color=PURPLE, linewidth=3)
        ax.plot(0, 0, "o", color="black", markersize=6)
        tip = foot + 1.6 * w / np.linalg.norm(w)
        _arrow(ax, foot, tip)
        distance = _number(round(float(np.linalg.norm(foot)), 4))
        ax.text(
            0.96,
            0.05,
            f"distance {distance}",
            color=PURPLE,
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
    return fig


def answers_and_mistakes(X, y, neurons):
    """Draw the right answers as points, each neuron's answer as background, rings round mistakes.

    Args:
        X: baskets, one a row, shape (m, 2), kilograms.
        y: right answers 0 or 1, shape (m,).
        neurons: two triples (title, w of shape (2,), b).
    """
    fig, axes = plt.subplots(1, 2, figsize=(7.2, 3.9), sharey=True)
    for ax, (title, w, b) in zip(axes, neurons, strict=True):
        _regions(ax, w, b, (-0.5, 3.5))
        _line(ax, w, b)
        _points(ax, X, y)
        _rings(ax, X, (X @ w + b > 0) != (y == 1))
        ax.plot(0, 0, "x", color="black", markersize=5, zorder=6)
        ax.set(title=title, xlabel="$x_1$, apples (kg)", xticks=range(4))
    axes[0].set(ylabel="$x_2$, pears (kg)", yticks=range(4))
    return fig


def quotients(f, points, reach=1.0):
    """Draw the difference quotient (f(z + h) - f(z)) / h against h, one panel a point z.

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
        ax.set(title=f"at $z$ = {_number(z)}", xlabel="$h$", ylim=(-0.15, 1.3))
        ax.set_yticks([0, 0.5, 1])
    axes[0].set_ylabel("difference quotient")
    axes[1].text(-0.5, 0.12, "from the left", ha="center", color=BLUE)
    axes[1].text(0.5, 1.12, "from the right", ha="center", color=VERMILION)
    return fig


def surfaces(w, b, limits=(-1, 5)):
    """Draw z, step(z) and ReLU(z) over the plane: as a surface above, as a map below.

    Args:
        w: weights, shape (2,).
        b: bias, a number.
        limits: (low, high) of both axes.
    """
    x1, x2, X = grid_of_points(limits, 121)
    z = (X @ w + b).reshape(x1.shape)
    fig = plt.figure(figsize=(7.6, 5.6))
    for column, (title, height) in enumerate(
        [
            ("$z$", z),
            ("step($z$)", np.where(z > 0, 1.0, 0.0)),
            ("ReLU($z$)", np.maximum(0, z)),
        ]
    ):
        top = fig.add_subplot(2, 3, column + 1, projection="3d")
        bound = np.abs(height).max()
        colours = LIGHT((height / bound + 1) / 2)
        top.plot_surface(
            x1, x2, height, facecolors=colours, rcount=60, ccount=60, shade=True
        )
        top.view_init(elev=24, azim=-122)
        top.set_title(title, y=0.98)
        ends = [0, 1] if column == 1 else [0, 20] if column == 2 else [-15, 0, 20]
        top.set(xticks=[0, 4], yticks=[0, 4], zticks=ends)
        top.set_xlabel("$x_1$", labelpad=-6)
        top.set_ylabel("$x_2$", labelpad=-6)
        top.tick_params(pad=-2)
        top.set_box_aspect((1, 1, 0.8), zoom=0.92)
        below = fig.add_subplot(2, 3, column + 4)
        below.contourf(
            x1, x2, height, np.linspace(-bound, bound, 81), cmap=LIGHT, zorder=0
        )
        if column != 1:
            levels = [-10, -5, 5, 10, 15, 20]
            rings = below.contour(
                x1, x2, height, levels, colors=GREY, linewidths=0.8, linestyles="-"
            )
            below.clabel(rings, fmt=lambda v: _number(v), fontsize=10)
        else:
            below.text(0.1, 0.2, "0", fontsize=14, color=BLUE)
            below.text(3.2, 3.2, "1", fontsize=14, color=VERMILION)
        _line(below, w, b)
        below.set(xlim=limits, ylim=limits, aspect="equal", xlabel="$x_1$")
        below.set(xticks=[0, 2, 4], yticks=[0, 2, 4])
        below.grid(False)
        if column == 0:
            below.set_ylabel("$x_2$")
    return fig


def every_pair(row, column, table):
    """Draw the table that a flat array and a column give: the diagonal is what was meant.

    Args:
        row: array of shape (m,), written along the top.
        column: array of shape (m, 1), written down the side.
        table: booleans of shape (m, m), true where the two agree.
    """
    m = len(row)
    fig, ax = plt.subplots(figsize=(5.6, 4))
    for i in range(m):
        ax.text(i, -1, _number(row[i]), ha="center", va="center", color=BLUE)
        ax.text(-1, i, _number(column[i, 0]), ha="center", va="center", color=GREEN)
        for j in range(m):
            fill = "#f3cfb3" if table[i, j] else "#ffffff"
            ax.add_patch(Rectangle((j - 0.5, i - 0.5), 1, 1, fc=fill, ec=GREY, lw=0.8))
            text = "equal" if table[i, j] else "not"
            colour = "black" if table[i, j] else GREY
            ax.text(j, i, text, ha="center", va="center", color=colour, fontsize=11)
        ax.add_patch(
            Rectangle((i - 0.45, i - 0.45), 0.9, 0.9, fc="none", ec="black", lw=2.5)
        )
    ax.text((m - 1) / 2, -1.6, "answers, shape (4,)", ha="center", color=BLUE)
    ax.text(-1.6, (m - 1) / 2, "targets, shape (4, 1)", rotation=90, va="center")
    ax.texts[-1].set(color=GREEN, ha="center")
    ax.set(xlim=(-1.9, m - 0.4), ylim=(m - 0.4, -2), aspect="equal")
    ax.axis("off")
    return fig


def gates(X, panels):
    """Draw truth tables as points, a neuron's answer as background, rings round mistakes.

    Args:
        X: the four inputs, one a row, shape (4, 2).
        panels: three tuples (title, y of shape (4,), w of shape (2,), b).
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
    axes[0].set_ylabel("$x_2$")
    return fig
