"""The figures of lesson 04: losses, their surfaces, and the paths of descent.

Each function returns a Matplotlib figure that holds its own description.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from nnlib.plotting.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    PURPLE,
    VERMILION,
    described,
    number,
)

LEVELS = [0.1, 0.2, 0.5, 1, 2, 4, 8, 16]  # the losses of the map's contours


def error_squares(X, Y, lines):
    """Draw each error of some lines as a square whose area is the squared error.

    Args:
        X: inputs of a few points, shape (m, 1).
        Y: their targets, shape (m, 1).
        lines: list of (w, b), one panel each.
    """
    figure, panels = plt.subplots(1, len(lines), figsize=(4 * len(lines), 4.2))
    areas = []
    for ax, (w, b) in zip(panels, lines, strict=True):
        ax.axline((0, b), slope=w, color=VERMILION)
        errors = (w * X + b - Y)[:, 0]
        areas.append(f"y = {w:g}x + {b:g}: {', '.join(map(number, errors**2))}")
        for x, y, error in zip(X[:, 0], Y[:, 0], errors, strict=True):
            _square(ax, x, y, error)
        ax.plot(X[:, 0], Y[:, 0], "o", color="black", markersize=7)
        ax.set(
            xlim=(-0.6, 6.6),
            ylim=(-0.6, 6.6),
            aspect="equal",
            xlabel="$x$",
            ylabel="$y$",
            title=f"$w = {w:g}$, $b = {b:g}$: $L = {(errors**2).mean():.2f}$",
        )
    return described(
        figure,
        f"Lines through {len(X)} points, each error the side of a square. "
        f"Areas for {'; '.join(areas)}.",
    )


def _square(ax, x, y, error):
    """Draw the square on the error of one point, with its area."""
    low, side = min(y, y + error), abs(error)
    ax.add_patch(
        Rectangle((x, low), side, side, facecolor=BLUE, edgecolor=BLUE, alpha=0.25)
    )
    ax.plot([x, x], [y, y + error], color=BLUE, linewidth=1.5)
    if side > 0.5:
        ax.text(
            x + 0.75 * side,
            low + 0.25 * side,
            number(error**2),
            ha="center",
            va="center",
            color=BLUE,
        )


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
    return described(
        figure,
        "Left: |u|, u squared and u to the fourth power. Right: their slopes, a jump "
        "from -1 to 1, a straight line, and a curve flat near 0 and steep outside.",
    )


def _surface(ax, X, Y, w_limits, b_limits):
    """Draw the contours of the mean squared error of w x + b, and its lowest point."""
    w, b = np.meshgrid(np.linspace(*w_limits, 120), np.linspace(*b_limits, 120))
    losses = ((w[..., None] * X[:, 0] + b[..., None] - Y[:, 0]) ** 2).mean(axis=-1)
    lines = ax.contour(w, b, losses, levels=LEVELS, colors="#999999", linewidths=0.9)
    lowest = _best_line(X, Y)
    # the value of each contour stands on the way from the best line to the corner at
    # the lower right, which walks do not use
    way = np.linspace(0.12, 0.85, 200)[:, None]
    w_way, b_way = (lowest + way * (np.array([w_limits[1], b_limits[0]]) - lowest)).T
    on_way = ((w_way[:, None] * X[:, 0] + b_way[:, None] - Y[:, 0]) ** 2).mean(axis=1)
    places = [
        (w_way[at], b_way[at])
        for level in LEVELS
        for at in np.flatnonzero((on_way[:-1] < level) & (on_way[1:] >= level))
    ]
    ax.clabel(lines, fmt=number, fontsize=9, manual=places, colors=GREY)
    ax.plot(*lowest, "*", color=GREEN, markersize=14, zorder=5)
    ax.set(xlim=w_limits, ylim=b_limits, xlabel="$w$", ylabel="$b$")


def _best_line(X, Y):
    """Return (w, b) of the least squares line."""
    columns = np.column_stack([X, np.ones_like(X)])
    return np.linalg.lstsq(columns, Y, rcond=None)[0][:, 0]


def _loss(X, Y, theta):
    """Return the mean squared error of the line theta = (w, b)."""
    return float(((theta[0] * X + theta[1] - Y) ** 2).mean())


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
        1, len(paths), figsize=(9.2, 3.5), sharex=True, sharey=True
    )
    ends = []
    for ax, path, title in zip(panels, paths, titles, strict=True):
        _surface(ax, X, Y, w_limits, b_limits)
        _path(ax, path)
        ax.set(title=title)
        ax.label_outer()
        ends.append(f"{_plain(title)}: to a loss of {_loss(X, Y, path[-1]):.2f}")
    return described(
        figure,
        "Paths of descent over contours of the loss, w across and b up, from a square "
        f"towards the best line, a star. {'; '.join(ends)}; "
        f"the star: {_loss(X, Y, _best_line(X, Y)):.2f}.",
    )


def _path(ax, path):
    """Draw a path over w and b, with dots where there is room for them."""
    few = len(path) < 100
    style, width = ("o-", 1.2) if few else ("-", 0.7)
    ax.plot(*path.T, style, color=VERMILION, markersize=4, linewidth=width)
    ax.plot(*path[0], "s", color=BLUE, markersize=8, zorder=5)


def _plain(title):
    """Return a title in words."""
    return title.replace("$", "").replace("\\eta", "rate").replace("\n", ", ")


def one_walk(X, Y, path, rate, w_limits=(-1.2, 3.5), b_limits=(-5.2, 3.2)):
    """Draw one path of descent over the contours, and beside it the loss of each step.

    Args:
        X: inputs, shape (m, 1).
        Y: targets, shape (m, 1).
        path: array of shape (steps + 1, 2) with columns w and b.
        rate: the learning rate, for the title.
        w_limits: (low, high) of the map's horizontal axis.
        b_limits: (low, high) of its vertical axis.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.6, 3.7))
    _surface(left, X, Y, w_limits, b_limits)
    _path(left, path)
    left.set(title=f"$\\eta = {rate:.2f}$")
    losses = [_loss(X, Y, theta) for theta in path]
    right.plot(losses, "o-", color=VERMILION, markersize=4, linewidth=1.2)
    right.plot(0, losses[0], "s", color=BLUE, markersize=8, zorder=5)
    lowest = _loss(X, Y, _best_line(X, Y))
    right.axhline(lowest, color=GREEN, linestyle="--", linewidth=1.2)
    right.text(0, 0.92 * lowest, "best line", color=GREEN, va="top")
    right.set(xlabel="step", ylabel="loss (log axis)", yscale="log")
    right.set_ylim(0.05, max(10, 2 * max(losses)))
    right.set_xticks(range(0, len(path), 5))
    ticks = [0.1, 1, 10, 100, 1000]
    right.set_yticks(ticks, [f"{t:g}" for t in ticks])
    right.set_ylim(0.05, max(10, 2 * max(losses)))
    right.minorticks_off()
    return described(
        figure,
        f"A path of {len(path) - 1} steps of descent with the rate {rate:.2f} on the "
        f"map of the loss, and the loss after each step: from {losses[0]:.2f} to "
        f"{losses[-1]:.2f}, where the best line has {lowest:.2f}.",
    )


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
    ends = [f"{p:g} from 1 to {(1 - p) ** steps + 0.0:.2f}" for p in products]
    return described(
        figure,
        f"Descent on a parabola, {steps} steps for each product of rate and curvature. "
        f"The distance goes, at {'; at '.join(ends)}.",
    )


def spread(sizes, spreads, sigma_g):
    """Draw the measured spread of the batch gradient, and sigma_g / sqrt(m).

    Args:
        sizes: batch sizes m.
        spreads: the spread measured for each.
        sigma_g: spread of the gradient over single samples.
    """
    figure, ax = plt.subplots(figsize=(6.5, 3.6))
    ax.loglog(sizes, sigma_g / np.sqrt(sizes), "--", color="black")
    ax.loglog(sizes, spreads, "o", markersize=9)
    ax.set_xticks(sizes, [str(m) for m in sizes])
    ax.set_yticks([0.1, 0.2, 0.5, 1, 2], ["0.1", "0.2", "0.5", "1", "2"])
    ax.minorticks_off()
    ax.set(xlabel="batch size $m$", ylabel="spread of dL/dw")
    middle = sizes[len(sizes) // 2]
    ax.annotate(
        "$\\sigma_g / \\sqrt{m}$",
        (middle, sigma_g / np.sqrt(middle)),
        xytext=(14, 10),
        textcoords="offset points",
    )
    return described(
        figure,
        f"Measured spread of the batch gradient, {spreads[0]:.2f} for size {sizes[0]} "
        f"to {spreads[-1]:.2f} for {sizes[-1]}, on a falling straight line, sigma_g "
        "over root m, where equal factors have equal distances.",
    )


def chasing(X, Y, stops, titles):
    """Draw the line a model holds after each quarter of an epoch, one panel per model.

    Args:
        X: inputs, shape (m, 1).
        Y: targets, shape (m, 1).
        stops: for each panel a list of (w, b), one for each quarter.
        titles: list of texts.
    """
    figure, panels = plt.subplots(1, len(stops), figsize=(9.2, 3.4), sharey=True)
    ends = np.array([-1.0, 1.0])
    colours = [GREY, PURPLE, ORANGE, VERMILION]
    widest = []
    for ax, lines, title in zip(panels, stops, titles, strict=True):
        ax.plot(X, Y, "o", color=BLUE, markersize=3, alpha=0.2)
        for quarter, ((w, b), colour) in enumerate(zip(lines, colours, strict=True), 1):
            ax.plot(ends, w * ends + b, color=colour, linewidth=2.5)
            text = f"after {quarter}/4" + (" of the epoch" if quarter == 1 else "")
            if ax is panels[0]:
                ax.text(-0.97, 2.45 - 0.32 * quarter, text, color=colour, va="center")
        ax.set(xlabel="$x$", xticks=[-1, 0, 1], ylim=(-2.1, 2.4), title=title)
        w, b = np.array(lines).T
        widest.append(f"{title.replace('$', '')}: {np.ptp(b):.2f}")
    panels[0].set(ylabel="$y$")
    return described(
        figure,
        "Points of a sine wave, and the line that the model holds after each quarter "
        f"of an epoch. Its height at x = 0 varies by, {'; '.join(widest)}.",
    )


def training(history, marks, data, curves):
    """Draw the curves of a training run, and beside them what the model has become.

    Args:
        history: of fit, with "loss" and "validation_loss".
        marks: list of (text, loss), drawn as dashed lines.
        data: (X, Y), the points trained on, each of shape (m, 1).
        curves: list of (text, x, y_hat, colour) with x and y_hat of shape (p,).
    """
    figure, left = _losses_and_curves(history, marks, data, curves)
    left.set(yscale="log", ylim=(0.03, 0.5))
    left.legend(loc="upper right", labelcolor="linecolor", bbox_to_anchor=(1, 0.66))
    ticks = [0.03, 0.05, 0.1, 0.2, 0.5]
    left.set_yticks(ticks, [f"{t:g}" for t in ticks])
    left.minorticks_off()
    figure.axes[1].set(ylim=(-2.4, 2.4))
    return figure


def overfitting(history, marks, data, curves):
    """Draw the same as ``training`` for few points and many epochs.

    The epochs have a logarithmic axis, so that the turn of the validation loss shows,
    and its lowest point is marked.
    """
    figure, left = _losses_and_curves(history, marks, data, curves)
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
    left.set(xscale="log", ylim=(0, 1.25), xlabel="epoch (log axis)")
    left.legend(loc="upper right", labelcolor="linecolor")
    left.set_xticks([1, 10, 100, 1000, 8000], ["1", "10", "100", "1000", "8000"])
    left.minorticks_off()
    figure.axes[1].set(ylim=(-2.4, 1.4))
    alt = f"{figure.alt} The validation loss is lowest, {held[best]:.3f}, at epoch "
    return described(figure, f"{alt}{best + 1}.")


def _losses_and_curves(history, marks, data, curves):
    """Return the figure of a training run, and its left axes, the losses."""
    figure, (left, right) = plt.subplots(
        1, 2, figsize=(9, 3.5), gridspec_kw={"width_ratios": (1.1, 1)}
    )
    _losses(left, history, marks)
    left.set(ylabel="mean squared error")
    right.plot(*data, "o", color=BLUE, markersize=4 if len(data[0]) > 50 else 8)
    for text, x, y_hat, colour in curves:
        right.plot(x, y_hat, color=colour, label=text)
    right.set(xlabel="$x$", ylabel="$y$")
    right.legend(fontsize=11, loc="lower right", labelcolor="linecolor")
    names = ", ".join(f"{text} {_ends(y_hat)}" for text, _, y_hat, _ in curves)
    alt = f"Left: {_in_words(history)}. Right: {len(data[0])} points and the curves: "
    return described(figure, f"{alt}{names}."), left


def _ends(y):
    """Return where a curve begins, at x = -1, and ends, at x = 1."""
    first, last = (number(round(float(np.ravel(y)[at]), 1)) for at in (0, -1))
    return f"(from {first} to {last})"


def _losses(ax, history, marks):
    """Draw training and validation loss, and dashed lines with their names."""
    epochs = np.arange(1, len(history["loss"]) + 1)
    ax.plot(epochs, history["validation_loss"], color=VERMILION, label="validation")
    ax.plot(epochs, history["loss"], color=BLUE, label="training")
    for text, value in marks:
        ax.axhline(value, color="black", linestyle="--", linewidth=1.2)
        ax.annotate(
            text,
            (1, value),
            xycoords=("axes fraction", "data"),
            xytext=(0, -3),
            textcoords="offset points",
            ha="right",
            va="top",
        )
    ax.set(xlabel="epoch")


def _in_words(history):
    """Return what the curves of a training run do."""
    training, held = history["loss"], history["validation_loss"]
    return (
        f"over {len(training)} epochs the training loss goes from {training[0]:.3f} to "
        f"{training[-1]:.3f}, the validation loss from {held[0]:.3f} to {held[-1]:.3f}"
    )


def four_runs(runs):
    """Draw the losses of several training runs side by side, to compare their shapes.

    Args:
        runs: list of (title, history, marks), with marks as for ``training``.
    """
    figure, panels = plt.subplots(1, len(runs), figsize=(9.2, 3.3), sharey=True)
    said = []
    for ax, (title, history, marks) in zip(panels, runs, strict=True):
        _losses(ax, history, marks)
        last = len(history["loss"])
        ax.set(title=title, yscale="log", ylim=(0.003, 2), xticks=[0, last])
        ax.label_outer()
        said.append(f"{_plain(title)}: {_in_words(history)}")
    panels[0].set(ylabel="mean squared error")
    ticks = [0.01, 0.1, 1]
    panels[0].set_yticks(ticks, [f"{t:g}" for t in ticks])
    panels[0].minorticks_off()
    panels[0].legend(loc="lower left", labelcolor="linecolor", fontsize=11)
    return described(figure, ". ".join(said) + ".")
