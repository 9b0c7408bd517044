"""The figures of lesson 05: probabilities, surprise, and the plane in three colours."""

import matplotlib.pyplot as plt
import numpy as np

from nnlib.losses import softmax
from nnlib.plotting.base import (
    BLUE,
    CLASS_COLOURS,
    GREY,
    VERMILION,
    decision_regions,
    grid_of_points,
    label_line,
    scatter_classes,
)

LIMITS = (-1.25, 1.25)


def arms(X, y):
    """Return a figure of the points X (m, 2), each arm named at its outer end."""
    fig, ax = plt.subplots(figsize=(5.2, 4.6))
    scatter_classes(ax, X, y)
    for c in np.unique(y):
        rows = np.flatnonzero(y == c)[-30:]
        x1, x2 = X[rows].mean(axis=0)
        length = np.hypot(x1, x2)
        ax.text(
            1.28 * x1 / length,
            1.18 * x2 / length,
            f"class {c}",
            color=CLASS_COLOURS[c],
            ha="center",
            va="center",
        )
    ax.set(xlim=(-1.6, 1.6), ylim=(-1.35, 1.35), aspect="equal")
    return fig


def scaled_scores(z, factors):
    """Return a figure of softmax(factor * z) as bars, a panel a factor; z is (K,)."""
    fig, axes = plt.subplots(1, len(factors), figsize=(8, 2.9), sharey=True)
    for ax, factor in zip(axes, factors, strict=True):
        probabilities = softmax(factor * z[None, :])[0]
        bars = ax.bar(range(len(z)), probabilities, color=CLASS_COLOURS)
        ax.bar_label(bars, fmt="%.2f", padding=2)
        ax.set(title=f"{factor:g} z", xlabel="class j", xticks=range(len(z)))
        ax.set_ylim(0, 1.12)
        ax.grid(axis="x", visible=False)
    axes[0].set_ylabel(r"$\hat y_j$")
    return fig


def surprises():
    """Return a figure of -ln p: for a class (left), for a Gaussian density (right)."""
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.4))
    p = np.linspace(0.008, 1, 400)
    left.plot(p, -np.log(p), color=BLUE)
    for mark, text, shift in (
        (0.01, "0.01", (10, 2)),
        (1 / 3, "1/3", (8, 8)),
        (1, "1", (-30, 16)),
    ):
        left.plot(mark, -np.log(mark), "o", color=BLUE, clip_on=False)
        left.annotate(
            f"p = {text}: {abs(np.log(mark)):.2f}",
            (mark, -np.log(mark)),
            xytext=shift,
            textcoords="offset points",
            ha="left" if mark < 1 else "center",
        )
    left.set(title="A class of probability p", xlabel="p", ylabel=r"$-\ln\, p$")
    left.set(xlim=(0, 1.03), ylim=(0, 5.3))
    error = np.linspace(-3, 3, 200)
    constant = np.log(np.sqrt(2 * np.pi))
    right.plot(error, constant + error**2 / 2, color=VERMILION)
    right.axhline(constant, color=GREY, linestyle="--", linewidth=1.2)
    right.text(0, 0.72, "the constant", color=GREY, ha="center", va="top")
    right.set(title=r"A value y, Gaussian, $\sigma = 1$", ylim=(0, 5.8))
    right.set(xlabel=r"$y - \hat y$", ylabel=r"$-\ln\, p(y)$")
    return fig


def pushes(y_hat, y):
    """Return a figure of one sample's y_hat, y and y_hat - y as bars, each (K,)."""
    panels = ((r"$\hat y$", y_hat), (r"$y$", y), (r"$\hat y - y$", y_hat - y))
    fig, axes = plt.subplots(1, 3, figsize=(8, 3.2), sharey=True)
    for ax, (title, values) in zip(axes, panels, strict=True):
        bars = ax.bar(range(len(values)), values, color=CLASS_COLOURS)
        texts = [f"{value:.2f}".replace("-", "\N{MINUS SIGN}") for value in values]
        ax.bar_label(bars, labels=texts, padding=2)
        ax.axhline(0, color="black", linewidth=0.8)
        ax.set(title=title, xlabel="class j", xticks=range(len(values)))
        ax.set_ylim(-1.05, 1.25)
        ax.grid(axis="x", visible=False)
    return fig


def name_regions(ax, model, X, limits):
    """Write the name of each class where its region has most room beside X (m, 2)."""
    stretch = np.array([2.6, 1])  # a name is wider than it is high
    points = grid_of_points(limits, n=40)[2] / stretch
    labels = model(points * stretch).argmax(axis=1)
    low, high = np.outer(limits, 1 / stretch)
    for c in np.unique(labels):
        places = points[labels == c]
        in_the_way = np.concatenate([X / stretch, points[labels != c]])
        apart = places[:, None] - in_the_way  # (places, things in the way, 2)
        room = np.linalg.norm(apart, axis=2).min(axis=1)
        edge = np.minimum(places - low, high - places).min(axis=1)
        x1, x2 = places[np.minimum(room, edge).argmax()] * stretch
        ax.text(x1, x2, f"class {c}", ha="center", va="center", zorder=4)


def regions(models, X, y, limits=LIMITS):
    """Return a figure of the label that each model gives every point of the plane.

    Args:
        models: {title: model}; a panel each, at most two side by side.
        X: points drawn on top, shape (m, 2).
        y: their labels, shape (m,).
        limits: (low, high) of both axes.
    """
    columns = min(2, len(models))
    rows = -(-len(models) // columns)
    fig, axes = plt.subplots(
        rows,
        columns,
        figsize=(4.1 * columns, 3.9 * rows),
        squeeze=False,
        sharex=True,
        sharey=True,
    )
    for ax, (title, model) in zip(axes.flat, models.items(), strict=False):
        decision_regions(
            ax,
            lambda points, model=model: model(points).argmax(axis=1),
            limits,
            n=400,
        )
        scatter_classes(ax, X, y, size=18)
        name_regions(ax, model, X, limits)
        ax.set_title(title)
        ax.label_outer()
    return fig


def curves(history, accuracies, reference):
    """Return a figure of losses (left) and accuracies (right) against the epoch.

    Args:
        history: what ``fit`` returned, with "loss" and "validation_loss".
        accuracies: {name: list of accuracies, one an epoch}, training data first.
        reference: held-out accuracy of the model without a hidden layer.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.6))
    epochs = np.arange(1, len(history["loss"]) + 1)
    for colour, values, text, height in (
        (BLUE, history["loss"], "training", -0.035),
        (VERMILION, history["validation_loss"], "held out", 0.035),
    ):
        left.plot(epochs, values, color=colour)
        label_line(left, epochs, [values[-1] + height], text, colour)
    left.axhline(np.log(3), color=GREY, linestyle="--", linewidth=1.2)
    left.text(epochs[-1], np.log(3) - 0.02, "ln 3", color=GREY, ha="right", va="top")
    left.set(xlabel="epoch", ylabel="L", title="Loss", ylim=(0, 1.2))
    for (name, values), colour, height in zip(
        accuracies.items(), (BLUE, VERMILION), (0.03, -0.03), strict=True
    ):
        right.plot(epochs, values, color=colour)
        label_line(right, epochs, [values[-1] + height], name, colour)
    right.axhline(reference, color=GREY, linestyle="--", linewidth=1.2)
    right.text(
        epochs[-1],
        reference + 0.015,
        "no hidden layer",
        color=GREY,
        ha="right",
        va="bottom",
    )
    right.set(xlabel="epoch", ylabel="share right", title="Accuracy", ylim=(0.3, 1.05))
    return fig


def confidence(model, X, y, limits=LIMITS):
    """Return a figure of the largest probability at every point, mistakes ringed."""
    fig, ax = plt.subplots(figsize=(6, 4.6))
    x1, x2, points = grid_of_points(limits)
    largest = softmax(model(points)).max(axis=1).reshape(x1.shape)
    filled = ax.contourf(
        x1, x2, largest, levels=np.linspace(1 / 3, 1, 9), cmap="Greys_r", alpha=0.8
    )
    bar = fig.colorbar(filled, ax=ax, ticks=[1 / 3, 0.5, 2 / 3, 5 / 6, 1])
    bar.ax.set_yticklabels(["0.33", "0.50", "0.67", "0.83", "1.00"])
    bar.set_label(r"largest $\hat y_{ij}$")
    scatter_classes(ax, X, y, size=20)
    name_regions(ax, model, X, limits)
    wrong = model(X).argmax(axis=1) != y
    ax.scatter(*X[wrong].T, s=130, facecolors="none", edgecolors="black", linewidths=2)
    ax.set(xlim=limits, ylim=limits, aspect="equal")
    ax.set_title(f"{wrong.sum()} of {len(y)} held-out points are wrong")
    return fig
