"""The figures of lesson 05: probabilities, losses, and the plane in three colours."""

import matplotlib.pyplot as plt
import numpy as np

from nnlib.losses import softmax
from nnlib.plotting.base import (
    BLUE,
    CLASS_COLOURS,
    CLASS_MARKERS,
    GREY,
    VERMILION,
    decision_regions,
    described,
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
    return described(
        fig,
        f"{len(y)} points on {len(np.unique(y))} spiral arms that start together at "
        "the centre and wind round one another, each arm named at its outer end.",
    )


def scaled_scores(z, factors):
    """Return a figure of softmax(factor * z) as bars, one panel per factor; z (K,)."""
    said = []
    fig, axes = plt.subplots(1, len(factors), figsize=(8, 2.9), sharey=True)
    for ax, factor in zip(axes, factors, strict=True):
        probabilities = softmax(factor * z[None, :])[0]
        bars = ax.bar(range(len(z)), probabilities, color=CLASS_COLOURS)
        ax.bar_label(bars, fmt="%.2f", padding=2)
        ax.set(title=f"{factor:g} z", xlabel="class j", xticks=range(len(z)))
        ax.set_ylim(0, 1.12)
        ax.grid(axis="x", visible=False)
        bars_said = ", ".join(f"{p:.2f}" for p in probabilities)
        said.append(f"{bars_said} at factor {factor:g}")
    axes[0].set_ylabel(r"$\hat y_j$")
    scores = ", ".join(f"{score:g}" for score in z)
    alt = f"Bars of the softmax of a factor times ({scores}): {'; '.join(said)}."
    return described(fig, alt)


def two_losses():
    """Return a figure of -ln p and the squared error of two classes, and their push.

    Left against the probability p of the true class, right against the lead of the
    wrong class; the push is minus the slope along the true class's logit.
    """
    fig, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.6))
    p = np.linspace(0.008, 1, 400)
    left.plot(p, -np.log(p), color=BLUE)
    left.plot(p, 2 * (1 - p) ** 2, color=VERMILION)
    left.text(0.07, 3.2, r"$-\ln\, p$", color=BLUE)
    left.text(0.04, 0.45, "squared error", color=VERMILION)
    for mark, text, shift in (
        (0.01, "0.01", (10, 2)),
        (1 / 3, "1/3", (8, 6)),
        (1, "1", (-28, 22)),
    ):
        left.plot(mark, -np.log(mark), "o", color=BLUE, clip_on=False)
        left.annotate(
            f"p = {text}: {abs(np.log(mark)):.2f}",
            (mark, -np.log(mark)),
            xytext=shift,
            textcoords="offset points",
            ha="left" if mark < 1 else "center",
        )
    left.set(title="Loss", xlabel="probability p of the true class")
    left.set(xlim=(0, 1.03), ylim=(0, 5.3))
    lead = np.linspace(-10, 10, 400)
    p = 1 / (1 + np.exp(lead))
    right.plot(lead, 1 - p, color=BLUE)
    right.plot(lead, 4 * p * (1 - p) ** 2, color=VERMILION)
    right.text(9.8, 0.94, r"$-\ln\, p$", color=BLUE, ha="right", va="top")
    right.text(2.3, 0.42, "squared error", color=VERMILION)
    right.text(-9.8, 0.2, "model right", color=GREY)
    right.text(9.8, 0.2, "model wrong", color=GREY, ha="right")
    right.axvline(0, color=GREY, linestyle="--", linewidth=1.2)
    right.set(title="Push on the true class's logit", ylim=(0, 1.08))
    right.set(xlabel="lead of the wrong class")
    return described(
        fig,
        "Left, the loss against the probability of the true class: -ln p climbs beyond "
        "all bounds towards p = 0, the squared error ends at 2. Right, the push on the "
        "true class's logit against the lead of the wrong class: that of -ln p rises "
        "from 0 to 1 and stays there, that of the squared error rises to about 0.6 "
        "and falls back to 0 where the model is badly wrong.",
    )


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
    said = (
        f"{name} ({', '.join(f'{value:.2f}' for value in values)})"
        for name, values in (("y_hat", y_hat), ("y", y), ("y_hat - y", y_hat - y))
    )
    return described(
        fig, f"Three panels of bars, one bar per class: {', '.join(said)}."
    )


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
        models: {title: model}; one panel each, at most two side by side.
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
    said = []
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
        said.append(f"{title}, {shares_of_the_plane(model, limits, len(np.unique(y)))}")
    return described(
        fig,
        f"The plane coloured by the class that a model gives it, with {len(y)} points "
        f"on top. {'. '.join(said)}.",
    )


def shares_of_the_plane(model, limits, n_classes):
    """Return in words how much of the square each class is given."""
    labels = model(grid_of_points(limits)[2]).argmax(axis=1)
    shares = np.bincount(labels, minlength=n_classes) / len(labels)
    parts = (f"class {c} {share:.0%}" for c, share in enumerate(shares))
    return f"shares of the square: {', '.join(parts)}"


def curves(history, accuracies, reference):
    """Return a figure of losses (left) and accuracies (right) against the epoch.

    Args:
        history: what ``fit`` returned, with "loss" and "validation_loss".
        accuracies: {name: list of accuracies, one per epoch}, training data first.
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
    losses = {"training": history["loss"], "held out": history["validation_loss"]}
    said = [
        f"{what}: {', '.join(f'{name} {v[0]:.2f} to {v[-1]:.2f}' for name, v in d)}"
        for what, d in (("Loss", losses.items()), ("Accuracy", accuracies.items()))
    ]
    return described(
        fig,
        f"Curves over {len(epochs)} epochs. {'. '.join(said)}. Dashed: ln 3, and the "
        f"{reference:.2f} of the model without a hidden layer.",
    )


def troubles(histories):
    """Return a figure of losses against the epoch, one panel per training run.

    Args:
        histories: {title: what ``fit`` returned with validation data}.
    """
    fig, axes = plt.subplots(2, 2, figsize=(9.2, 5.6), sharex=True, sharey=True)
    said = []
    top = 2.4
    for ax, (title, history) in zip(axes.flat, histories.items(), strict=True):
        epochs = np.arange(1, len(history["loss"]) + 1)
        for name, colour in (("validation_loss", VERMILION), ("loss", BLUE)):
            ax.plot(epochs, history[name], color=colour, linewidth=1.4)
        ax.axhline(np.log(3), color=GREY, linestyle="--", linewidth=1.2)
        ax.set(title=title, ylim=(0, top))
        ends = (np.mean(history[name][-20:]) for name in ("loss", "validation_loss"))
        said.append("{}: {:.1f} and {:.1f}".format(title, *ends))
    for ax in axes[1]:
        ax.set_xlabel("epoch")
    for ax in axes[:, 0]:
        ax.set_ylabel("L")
    first = axes.flat[0]
    first.text(len(epochs), np.log(3) + 0.04, "ln 3", color=GREY, ha="right")
    first.text(len(epochs), 0.66, "held out", color=VERMILION, ha="right")
    first.text(len(epochs), 0.22, "training", color=BLUE, ha="right")
    return described(
        fig,
        "Training and held-out loss of four runs in trouble; their mean over the last "
        f"20 epochs: {'; '.join(said)}.",
    )


def confidence(model, X, y, limits=LIMITS):
    """Return a figure of the largest probability at every point, mistakes outlined."""
    fig, ax = plt.subplots(figsize=(6.4, 5))
    x1, x2, points = grid_of_points(limits)
    largest = softmax(model(points)).max(axis=1).reshape(x1.shape)
    filled = ax.contourf(
        x1, x2, largest, levels=np.linspace(1 / 3, 1, 9), cmap="Greys_r", alpha=0.8
    )
    bar = fig.colorbar(filled, ax=ax, ticks=[1 / 3, 0.5, 2 / 3, 5 / 6, 1])
    bar.ax.set_yticklabels(["0.33", "0.50", "0.67", "0.83", "1.00"])
    bar.set_label(r"largest $\hat y_{ij}$")
    wrong = model(X).argmax(axis=1) != y
    scatter_classes(ax, X[~wrong], y[~wrong], size=14)
    for c in np.unique(y[wrong]):
        ax.scatter(
            *X[wrong & (y == c)].T,
            s=60,
            color=CLASS_COLOURS[c],
            marker=CLASS_MARKERS[c],
            edgecolors="black",
            linewidths=1.4,
            zorder=5,
        )
    name_regions(ax, model, X, limits)
    ax.set(xlim=limits, ylim=limits, aspect="equal")
    ax.set_title(f"{wrong.sum()} of {len(y)} held-out points are wrong (black edge)")
    places = ", ".join(
        f"({x1:.1f}, {x2:.1f})" for x1, x2 in np.round(X[wrong], 1) + 0.0
    )
    return described(
        fig,
        "The largest probability over the plane, dark along the borders between the "
        f"regions and light elsewhere. {wrong.sum()} of {len(y)} points are wrong, at "
        f"{places}.",
    )
