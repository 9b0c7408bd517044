"""The figures of lesson 07: digits, their means, what is confused, and the weights.

An image is a row of 64 numbers, 8 x 8 pixels row by row.  Each function returns a
Matplotlib figure.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.colors import LinearSegmentedColormap

from nnlib.plotting.base import BLUE, GREY, VERMILION, described

SIGNED = LinearSegmentedColormap.from_list("signed", [BLUE, "white", VERMILION])
INK = {"cmap": "Greys", "vmin": 0, "vmax": 1}


def _image(ax, row, **colours):
    """Draw one row of 64 numbers as an image in a thin frame, without ticks."""
    drawn = ax.imshow(row.reshape(8, 8), **colours)
    ax.set(xticks=[], yticks=[])
    ax.grid(visible=False)
    ax.spines[:].set(visible=True, color="#bbbbbb", linewidth=0.6)
    return drawn


def one(row, label):
    """Return a figure of one image, a row of 64 numbers, under its label."""
    fig, ax = plt.subplots(figsize=(2.4, 2.6))
    _image(ax, row, **INK)
    ax.set_title(f"label {label}")
    return described(fig, f"An image of 8 x 8 grey pixels with the label {label}.")


def samples(X, y, n_each=6):
    """Return a figure of n_each images of each digit, a column per digit."""
    fig, axes = plt.subplots(n_each, 10, figsize=(8, 0.8 * n_each + 0.2))
    for digit in range(10):
        rows = np.flatnonzero(y == digit)[:n_each]
        for ax, row in zip(axes[:, digit], rows, strict=True):
            _image(ax, X[row], **INK)
        axes[0, digit].set_title(f"{digit}", loc="center")
    alt = f"The first {n_each} images of each digit, 8 x 8 grey pixels."
    return described(fig, alt)


def means(M):
    """Return a figure of ten images M (10, 64), each under its digit."""
    fig, axes = plt.subplots(2, 5, figsize=(7, 3.2))
    for digit, (ax, row) in enumerate(zip(axes.flat, M, strict=True)):
        _image(ax, row, **INK)
        ax.set_title(f"{digit}", loc="center")
    alt = "The average image of each digit, blurred but readable."
    return described(fig, alt)


def search(losses):
    """Return a figure of the validation loss against the learning rate.

    Args:
        losses: {(rate, batch size): loss}; a line for each batch size, and a ring round
            the lowest loss of all.
    """
    fig, ax = plt.subplots(figsize=(7, 3.6))
    sizes = sorted({size for _, size in losses})
    for size, colour, shift in zip(sizes, (BLUE, VERMILION), (-14, 14), strict=True):
        rates = sorted(rate for rate, other in losses if other == size)
        values = [losses[rate, size] for rate in rates]
        ax.plot(rates, values, "o-", color=colour)
        ax.annotate(
            f"batch {size}",
            (rates[0], values[0]),
            xytext=(2, shift),
            textcoords="offset points",
            va="center",
            color=colour,
        )
    rate, size = best = min(losses, key=losses.get)
    ax.plot(rate, losses[best], "o", ms=15, mfc="none", mec="black", mew=1.8)
    ax.annotate(
        f"chosen: rate {rate:g}, batch {size}",
        (rate, losses[best]),
        xytext=(0, -14),
        textcoords="offset points",
        ha="center",
        va="top",
    )
    ax.axhline(np.log(10), color=GREY, linestyle="--", linewidth=1.2)
    ax.text(min(rates), np.log(10) * 0.93, "ln 10", color=GREY, va="top")
    ax.set(xscale="log", yscale="log", xlabel=r"learning rate $\eta$")
    ax.set(ylabel="validation loss", ylim=(0.045, 4), xlim=(0.085, 3.6))
    ax.set_xticks(rates, [f"{rate:g}" for rate in rates])
    ticks = [0.05, 0.1, 0.2, 0.5, 1, 2]
    ax.set_yticks(ticks, [f"{tick:g}" for tick in ticks])
    ax.minorticks_off()
    alt = (
        "Validation loss against learning rate, both axes logarithmic, a line for each "
        f"batch size. The lowest point, {losses[best]:.3f}, is at the rate {rate:g} "
        f"with batches of {size}; at the rate {max(rates):g} both lines are near ln 10."
    )
    return described(fig, alt)


def strips(groups):
    """Return a figure of accuracies as dots, a line for each name, a bar at their mean.

    Args:
        groups: {name: accuracies}; the first name stands at the top.
    """
    fig, ax = plt.subplots(figsize=(7.4, 0.75 * len(groups) + 0.9))
    heights = range(len(groups), 0, -1)
    for height, values in zip(heights, groups.values(), strict=True):
        shift = np.zeros(len(values))
        for i, value in enumerate(values):  # lift a dot above its equals on the left
            shift[i] = 0.13 * sum(abs(other - value) < 0.002 for other in values[:i])
        ax.plot(values, height + shift, "o", color=BLUE, ms=8, mec="white")
        mean = np.mean(values)
        ax.plot([mean, mean], [height - 0.3, height - 0.08], color=VERMILION, lw=3)
        ax.annotate(
            f"mean {mean:.3f}",
            (mean, height - 0.2),
            xytext=(6, 0),
            textcoords="offset points",
            va="center",
            color=VERMILION,
        )
    ax.set_yticks(heights, list(groups))
    ax.set(xlabel="accuracy", ylim=(0.5, len(groups) + 0.7))
    ax.grid(axis="y", visible=False)
    rows = [
        f"{name}: {min(v):.2f} to {max(v):.2f}, mean {np.mean(v):.2f}"
        for name, v in groups.items()
    ]
    return described(fig, f"Accuracies as dots. {'; '.join(rows)}.")


def confusion(C):
    """Return a figure of the confusion matrix C (10, 10), mistakes shaded by number."""
    off = np.where(np.eye(10, dtype=bool), 0, C)
    fig, ax = plt.subplots(figsize=(6.2, 5.4))
    ax.imshow(off, cmap="Oranges", vmin=0, vmax=1.6 * off.max())
    for i in range(10):
        for j in range(10):
            if C[i, j]:
                colour = GREY if i == j else "black"
                ax.text(j, i, f"{C[i, j]}", ha="center", va="center", color=colour)
    ax.set(xlabel="predicted", ylabel="true", xticks=range(10), yticks=range(10))
    ax.set_xticks(np.arange(-0.5, 10), minor=True)
    ax.set_yticks(np.arange(-0.5, 10), minor=True)
    ax.grid(visible=False)
    ax.grid(which="minor", color="#dddddd", linewidth=0.6)
    ax.tick_params(which="both", length=0)
    i, j = np.unravel_index(off.argmax(), off.shape)
    alt = (
        f"Confusion matrix of {C.sum()} answers, {np.trace(C)} on the diagonal. "
        f"The largest number off it is {off[i, j]}: {i} taken for {j}."
    )
    return described(fig, alt)


def confused(X, rows, y, Z, pairs, n_each=6):
    """Return a figure of images that were taken for another digit, a pair in each line.

    Args:
        X: images, shape (n, 64).
        rows: for each answer the image's row number in X, shape (m,).
        y: their true labels, shape (m,).
        Z: their logits, shape (m, 10).
        pairs: list of (true, predicted); at most n_each images of each are drawn.
        n_each: images in a line of the figure.
    """
    fig, axes = plt.subplots(
        len(pairs), n_each, figsize=(7.4, 1.05 * len(pairs) + 0.1), squeeze=False
    )
    for line, (true, taken) in zip(axes, pairs, strict=True):
        here = np.unique(rows[(y == true) & (Z.argmax(axis=1) == taken)])
        for ax in line:
            ax.set_axis_off()
        for ax, row in zip(line, here, strict=False):
            ax.set_axis_on()
            _image(ax, X[row], **INK)
        line[0].set_ylabel(
            f"{true} taken\nfor {taken}",
            rotation=0,
            ha="right",
            va="center",
            labelpad=8,
        )
    named = ", ".join(f"{true} taken for {taken}" for true, taken in pairs)
    return described(fig, f"Images of the most frequent mistakes: {named}.")


def mistakes(X, y, Y_hat):
    """Return a figure of the images that Y_hat (m, 10) gets wrong, surest first.

    Args:
        X: images, shape (m, 64).
        y: true labels, shape (m,).
        Y_hat: probabilities, shape (m, 10).
    """
    taken, sure = Y_hat.argmax(axis=1), Y_hat.max(axis=1)
    wrong = np.flatnonzero(taken != y)
    wrong = wrong[np.argsort(-sure[wrong], kind="stable")]
    fig, axes = plt.subplots(1, len(wrong), figsize=(1.35 * len(wrong), 2.1))
    for ax, i in zip(np.atleast_1d(axes), wrong, strict=True):
        _image(ax, X[i], **INK)
        ax.set_title(f"true: {y[i]}", loc="center")
        ax.set_xlabel(f"{taken[i]} with {sure[i]:.2f}")
    said = [f"{y[i]} taken for {taken[i]} with {sure[i]:.2f}" for i in wrong]
    return described(fig, f"{len(wrong)} images and their answers: {', '.join(said)}.")


def shifted(before, after, predict):
    """Return a figure of images, the same after a change, and the answers to both.

    Args:
        before: images, shape (n, 64).
        after: the same images, changed, shape (n, 64).
        predict: function from images to logits, (n, 64) to (n, 10).
    """
    fig, axes = plt.subplots(2, len(before), figsize=(1.2 * len(before), 3.3))
    said = []
    for line, images, name in zip(
        axes, (before, after), ("as it is", "moved"), strict=True
    ):
        answers = predict(images).argmax(axis=1)
        for ax, row, answer in zip(line, images, answers, strict=True):
            _image(ax, row, **INK)
            ax.set_xlabel(f"read as {answer}")
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
        said.append(f"{name}, they are read as {', '.join(map(str, answers))}")
    return described(fig, f"{len(before)} images: {'; '.join(said)}.")


def first_layer(before, after, neurons):
    """Return a figure of neurons' weights as images, before and after training.

    Args:
        before: W at the start, shape (64, k).
        after: W after training, shape (64, k).
        neurons: the columns to draw.
    """
    rows = {"start": before, "trained": after, "change": after - before}
    limit = max(np.abs(W[:, neurons]).max() for W in rows.values())
    fig, axes = plt.subplots(3, len(neurons), figsize=(8.2, 2.9))
    for line, (name, W) in zip(axes, rows.items(), strict=True):
        for ax, j in zip(line, neurons, strict=True):
            drawn = _image(ax, W[:, j], cmap=SIGNED, vmin=-limit, vmax=limit)
        line[0].set_ylabel(name, rotation=0, ha="right", va="center", labelpad=8)
    for ax, j in zip(axes[0], neurons, strict=True):
        ax.set_title(f"neuron {j}", loc="center", fontsize=10)
    fig.colorbar(drawn, ax=axes, label="weight", shrink=0.9)
    still = [j for j in neurons if np.abs(rows["change"][:, j]).max() < 0.05 * limit]
    alt = (
        f"Weights of {len(neurons)} neurons as images: at the start noise, after "
        "training patches and strokes of one sign, and the change between the two; "
        f"hardly changed: {', '.join(map(str, still)) or 'none'}."
    )
    return described(fig, alt)


def reliability(count, acc, conf):
    """Return a figure of accuracy against confidence, a dot with its count per bin.

    Args:
        count: samples in each bin, shape (B,); empty bins are not drawn.
        acc: their accuracy, shape (B,).
        conf: their mean confidence, shape (B,).
    """
    fig, ax = plt.subplots(figsize=(5.6, 4.6))
    ax.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1.2)
    ax.text(0.2, 0.24, "as sure as right", color=GREY, rotation=45, ha="center")
    for n, right, sure in zip(count, acc, conf, strict=True):
        if n:
            ax.plot(sure, right, "o", color=BLUE, ms=5 + 5 * np.log10(n))
            ax.annotate(
                f"{n:.0f}",
                (sure, right),
                xytext=(11, -4),
                textcoords="offset points",
                va="top",
            )
    ax.set(xlabel="confidence", ylabel="accuracy", xlim=(0, 1.1), ylim=(0, 1.05))
    ax.set_xticks(np.linspace(0, 1, 6))
    ax.set_aspect("equal")
    alt = (
        f"Accuracy against confidence, a dot for each bin with its count; "
        f"{count[-1]:.0f} of {sum(count):.0f} images are in the last bin, near the "
        "diagonal."
    )
    return described(fig, alt)
