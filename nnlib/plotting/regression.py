"""The figures of lesson 04: losses, their surfaces, and the paths of descent.

Each function returns a Matplotlib figure.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from nnlib.plotting.base import BLUE, GREEN, GREY, ORANGE, VERMILION, number

LEVELS = [0.1, 0.2, 0.5, 1, 2, 4, 8, 16]  # the losses of the map's contours


def error_squares(X, Y, lines):
    """Draw each error of some lines as a square whose area is the squared error.

    Args:
        X: inputs of a few points, shape (m, 1).
        Y: their targets, shape (m, 1).
        lines: list of (w, b, title), one panel each.
    """
    figure, panels = plt.subplots(1, len(lines), figsize=(4 * len(lines), 4.2))
    for ax, (w, b, title) in zip(panels, lines, strict=True):
        ax.axline((0, b), slope=w, color=VERMILION)
        for x, y in zip(X[:, 0], Y[:, 0], strict=True):
            error = w * x + b - y
            side = abs(error)
            ax.add_patch(
                Rectangle(
                    (x, min(y, y + error)),
                    side,
                    side,
                    facecolor=BLUE,
                    edgecolor=BLUE,
                    alpha=0.25,
                )
            )
            ax.plot([x, x], [y, y + error], color=BLUE, linewidth=1.5)
            if side > 0.5:
                ax.text(
                    x + 0.75 * side,
                    min(y, y + error) + 0.25 * side,
                    number(error**2),
                    ha="center",
                    va="center",
                    color=BLUE,
                )
        ax.plot(X[:, 0], Y[:, 0], "o", color="black", markersize=7)
        ax.set(
            xlim=(-0.6, 6.6),
            ylim=(-0.6, 6.6),
            aspect="equal",
            xlabel="$x$",
            ylabel="$y$",
            title=title,
        )
    return figure


def powers():
    """Draw |u|, u^2 and u^4 of one error u, and beside them their slopes."""
    u = np.linspace(-2, 2, 401)
    left, right = u[u < 0], u[u > 0]
    figure, (loss, slope) = plt.subplots(1, 2, figsize=(8.5, 3.4))
    loss.plot(u, np.abs(u), color=GREEN)
    loss.plot(u, u**2, color=BLUE)
    loss.plot(u, u**4, color=VERMILION)
    loss.set(
        ylim=(-0.2, 4.4), xlabel="error $u$", title="what one error adds to the loss"
    )
    loss.text(1.94, 1.25, "$|u|$", color=GREEN, ha="right")
    loss.text(1.97, 2.95, "$u^2$", color=BLUE, ha="left")
    loss.text(1.34, 3.6, "$u^4$", color=VERMILION, ha="right")
    for side, sign in ((left, -1), (right, 1)):
        slope.plot(side, np.full_like(side, sign), color=GREEN)
    slope.plot(u, 2 * u, color=BLUE)
    slope.plot(u, 4 * u**3, color=VERMILION)
    slope.set(
        ylim=(-8, 8),
        yticks=[-8, -4, 0, 4, 8],
        xlabel="error $u$",
        title="its slope along $u$",
    )
    slope.text(1.97, -0.5, "$\\pm 1$", color=GREEN, ha="right", va="center")
    slope.text(1.97, 2.55, "$2u$", color=BLUE, ha="right", va="center")
    slope.text(1.12, 6.3, "$4u^3$", color=VERMILION, ha="right", va="center")
    return figure


def _surface(ax, X, Y, w_limits, b_limits):
    """Draw the contours of the mean squared error of w x + b, and its lowest point."""
    w, b = np.meshgrid(np.linspace(*w_limits, 120), np.linspace(*b_limits, 120))
    errors = w[..., None] * X[:, 0] + b[..., None] - Y[:, 0]
    ax.contour(
        w,
        b,
        (errors**2).mean(axis=-1),
        levels=LEVELS,
        colors="#999999",
        linewidths=0.9,
    )
    lowest, *_ = np.linalg.lstsq(np.column_stack([X, np.ones_like(X)]), Y, rcond=None)
    ax.plot(*lowest, "*", color=GREEN, markersize=14, zorder=5)
    ax.set(xlim=w_limits, ylim=b_limits, xlabel="$w$", ylabel="$b$")


def descent_paths(X, Y, paths, titles, w_limits, b_limits):
    """Draw paths of descent over the contours of the loss, one panel each.

    Args:
        X: inputs, shape (m, 1).
        Y: targets, shape (m, 1).
        paths: list of arrays of shape (steps + 1, 2) with columns w and b.
        titles: list of texts.
        w_limits: (low, high) of the horizontal axis.
        b_limits: (low, high) of the vertical axis.
    """
    figure, panels = plt.subplots(
        1, len(paths), figsize=(8.8, 3.3), sharex=True, sharey=True
    )
    for ax, path, title in zip(panels, paths, titles, strict=True):
        _surface(ax, X, Y, w_limits, b_limits)
        ax.plot(
            *path.T,
            "o-" if len(path) < 100 else "-",
            color=VERMILION,
            markersize=4,
            linewidth=1.2 if len(path) < 100 else 0.7,
        )
        ax.plot(*path[0], "s", color=BLUE, markersize=8, zorder=5)
        ax.set(title=title)
        ax.label_outer()
    return figure


def one_walk(X, Y, path, title, w_limits, b_limits):
    """Draw one path of descent over the contours, and beside it the loss of each step.

    Args:
        X: inputs, shape (m, 1).
        Y: targets, shape (m, 1).
        path: array of shape (steps + 1, 2) with columns w and b.
        title: text over the map.
        w_limits: (low, high) of the map's horizontal axis.
        b_limits: (low, high) of its vertical axis.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.7))
    _surface(left, X, Y, w_limits, b_limits)
    left.plot(*path.T, "o-", color=VERMILION, markersize=4, linewidth=1.2)
    left.plot(*path[0], "s", color=BLUE, markersize=8, zorder=5)
    left.set(title=title)
    losses = ((path[:, 0] * X + path[:, 1] - Y) ** 2).mean(axis=0)
    right.plot(losses, "o-", color=VERMILION, markersize=4, linewidth=1.2)
    right.plot(0, losses[0], "s", color=BLUE, markersize=8, zorder=5)
    columns = np.column_stack([X, np.ones_like(X)])
    lowest = ((columns @ np.linalg.lstsq(columns, Y, rcond=None)[0] - Y) ** 2).mean()
    right.axhline(lowest, color=GREEN, linestyle="--", linewidth=1.2)
    right.text(0, 0.92 * lowest, "best line", color=GREEN, va="top")
    right.set(xlabel="step", ylabel="loss", yscale="log", ylim=(0.05, 100))
    right.set_xticks(range(0, len(path), 5))
    right.set_yticks([0.1, 1, 10, 100], ["0.1", "1", "10", "100"])
    right.minorticks_off()
    return figure


def parabola_steps(products, steps=6):
    """Draw descent on L = w^2 / 2 from w = 1, one panel for each product eta c."""
    figure, panels = plt.subplots(
        1, len(products), figsize=(9.2, 3.2), sharex=True, sharey=True
    )
    grid = np.linspace(-2, 2, 201)
    for ax, product in zip(panels, products, strict=True):
        w = (1 - product) ** np.arange(steps + 1)
        factor = f"{1 - product:.1f}" if product <= 1 else f"({1 - product:.1f})"
        ax.plot(grid, grid**2 / 2, color=GREY, linewidth=1.5)
        ax.plot(w, w**2 / 2, "o-", color=VERMILION, markersize=5, linewidth=1.2)
        ax.plot(w[0], w[0] ** 2 / 2, "s", color=BLUE, markersize=8, zorder=5)
        ax.set(
            title=f"$\\eta c = {product:g}$\neach step: $w \\times {factor}$",
            xlabel="$w$",
        )
    panels[0].set(ylabel="$L$", xlim=(-2, 2), ylim=(-0.1, 2), xticks=[-1, 0, 1])
    return figure


def chasing(X, Y, stops, titles):
    """Draw the line a model holds at several stops of one epoch, one panel a model.

    Args:
        X: inputs, shape (m, 1).
        Y: targets, shape (m, 1).
        stops: for each panel a list of (text, w, b).
        titles: list of texts.
    """
    figure, panels = plt.subplots(1, len(stops), figsize=(9, 3.5), sharey=True)
    ends = np.array([-1.0, 1.0])
    colours = ["#c8c8c8", "#9a9a9a", ORANGE, VERMILION]
    for ax, lines, title in zip(panels, stops, titles, strict=True):
        ax.plot(X, Y, "o", color=BLUE, markersize=3, alpha=0.35)
        for (text, w, b), colour in zip(lines, colours, strict=True):
            ax.plot(ends, w * ends + b, color=colour, linewidth=2.5, label=text)
        ax.set(
            xlabel="$x$",
            xticks=[-1, -0.5, 0, 0.5, 1],
            ylim=(-2.1, 2.1),
            title=title,
        )
    panels[0].set(ylabel="$y$")
    panels[0].legend(loc="upper left", fontsize=11)
    return figure


def training(history, floor, data, curves):
    """Draw the curves of a training run, and beside them what the model has become.

    Args:
        history: of fit, with "loss" and "validation_loss".
        floor: the loss that the noise alone gives; drawn as a dashed line.
        data: (X, Y), the points trained on, each of shape (m, 1).
        curves: list of (text, x, y_hat, colour) with x and y_hat of shape (p,).
    """
    figure, left = _losses_and_curves(history, floor, data, curves)
    left.set(yscale="log")
    ticks = [0.05, 0.1, 0.2]
    left.set_yticks(ticks, [f"{t:g}" for t in ticks])
    left.minorticks_off()
    return figure


def overfitting(history, floor, data, curves):
    """Draw the same as ``training`` for few points and many epochs.

    The epochs have a logarithmic axis, so that the turn of the validation loss shows,
    and its lowest point is marked.
    """
    figure, left = _losses_and_curves(history, floor, data, curves)
    held = np.array(history["validation_loss"])
    best = held.argmin()
    left.plot(best + 1, held[best], "o", color=VERMILION, markersize=7)
    left.annotate(
        f"lowest: epoch {best + 1}",
        (best + 1, held[best]),
        xytext=(0, -20),
        textcoords="offset points",
        ha="center",
        color=VERMILION,
    )
    left.set(xscale="log", ylim=(0, 1.25))
    left.set_xticks([1, 10, 100, 1000, 8000], ["1", "10", "100", "1000", "8000"])
    left.minorticks_off()
    figure.axes[1].set(ylim=(-2.1, 2.4))
    return figure


def _losses_and_curves(history, floor, data, curves):
    """Return the figure of a training run, and its left axes, the losses."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 3.5), gridspec_kw={"width_ratios": (1.1, 1)}
    )
    epochs = np.arange(1, len(history["loss"]) + 1)
    left.plot(epochs, history["validation_loss"], color=VERMILION, label="validation")
    left.plot(epochs, history["loss"], color=BLUE, label="training")
    left.axhline(floor, color="black", linestyle="--", linewidth=1.2, label="noise")
    left.set(xlabel="epoch", ylabel="mean squared error")
    left.legend()
    right.plot(*data, "o", color=BLUE, markersize=4 if len(data[0]) > 50 else 8)
    for text, x, y_hat, colour in curves:
        right.plot(x, y_hat, color=colour, label=text)
    right.set(xlabel="$x$", ylabel="$y$")
    right.legend(fontsize=11, loc="upper left")
    return figure, left
