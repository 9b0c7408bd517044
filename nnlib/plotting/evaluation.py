"""The figures of lesson 06: who is taken for whom, how sure, and how rightly so.

Each function returns a Matplotlib figure.
"""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.patches import Rectangle

from nnlib.plotting.base import (
    BLUE,
    GREEN,
    GREY,
    ORANGE,
    VERMILION,
    described,
    label_line,
    scatter_classes,
)


def noisy_arms(X, y):
    """Draw points X (m, n), n at least 3: inputs 1 and 2, and inputs 1 and 3."""
    figure, (left, right) = plt.subplots(1, 2, figsize=(8.4, 3.9))
    scatter_classes(left, X, y, size=20)
    left.set(title="the two useful inputs", aspect="equal")
    left.set(xlim=(-1.3, 1.3), ylim=(-1.3, 1.3))
    scatter_classes(right, X[:, [0, 2]], y, size=20)
    right.set(title="a useful input and a useless one", ylabel="$x_3$")
    right.legend(
        ncols=3, loc="upper center", handletextpad=0.1, columnspacing=0.8, fontsize=11
    )
    right.set_ylim(-1.6, 2.1)
    alt = (
        "Left: the training points in inputs 1 and 2, three arms that touch. Right:"
        " inputs 1 and 3, where the three classes lie on top of one another."
    )
    return described(figure, alt)


def _cells(ax, C, shade, texts, size=12):
    """Draw a table of numbers C (K, K) as squares, shaded by ``shade`` (0 to 1)."""
    K = len(C)
    ax.imshow(shade, cmap="Blues", vmin=0, vmax=1.25)
    for j in range(K):
        for guess in range(K):
            ax.text(
                guess,
                j,
                texts[j][guess],
                ha="center",
                va="center",
                fontsize=size,
                color="white" if shade[j, guess] > 0.9 else "black",
            )
    ax.set(xticks=range(K), yticks=range(K))
    ax.set(xlabel="predicted class", ylabel="true class")
    ax.grid(visible=False)
    ax.tick_params(length=0)
    ax.spines[["left", "bottom"]].set_visible(False)


def confusion(matrices):
    """Draw confusion matrices side by side; a square's shade is its share of its row.

    Args:
        matrices: {title: counts of shape (K, K)}, true classes as rows.
    """
    figure, panels = plt.subplots(
        1, len(matrices), figsize=(4.1 * len(matrices), 3.7), squeeze=False
    )
    for ax, (title, C) in zip(panels[0], matrices.items(), strict=True):
        shade = C / np.maximum(C.sum(axis=1, keepdims=True), 1)
        _cells(ax, C, shade, [[str(count) for count in row] for row in C], size=14)
        ax.set_title(title)
    alt = (
        "Confusion matrices, true classes as rows, each square shaded by its share "
        "of the row; the diagonal is darkest. "
    )
    alt += " ".join(
        f"{title}: {'; '.join(' '.join(map(str, row)) for row in C)}."
        for title, C in matrices.items()
    )
    return described(figure, alt)


def one_class(C, c):
    """Draw the counts C (K, K) with TP, FP and FN of class c marked and named."""
    K = len(C)
    figure, ax = plt.subplots(figsize=(6.2, 3.7))
    names = [["" for _ in range(K)] for _ in range(K)]
    for j in range(K):
        names[j][c], names[c][j] = "FP", "FN"
    names[c][c] = "TP"
    texts = [
        [f"{names[j][guess]}\n{C[j, guess]}".strip() for guess in range(K)]
        for j in range(K)
    ]
    _cells(ax, C, np.zeros(C.shape), texts, size=14)
    colours = {"TP": GREEN, "FP": ORANGE, "FN": VERMILION}
    for j in range(K):
        for guess in range(K):
            if name := names[j][guess]:
                ax.add_patch(
                    Rectangle(
                        (guess - 0.5, j - 0.5), 1, 1, color=colours[name], alpha=0.35
                    )
                )
    ax.add_patch(
        Rectangle((c - 0.47, -0.47), 0.94, K - 0.06, fill=False, lw=2.5, color=ORANGE)
    )
    ax.add_patch(
        Rectangle(
            (-0.47, c - 0.47), K - 0.06, 0.94, fill=False, lw=2.5, color=VERMILION
        )
    )
    precision = (
        f"column {c}: precision\n{C[c, c]} of {C[:, c].sum()} called {c} are right"
    )
    recall = f"row {c}: recall\n{C[c, c]} of {C[c].sum()} were found"
    ax.set_anchor("W")
    beside = {"va": "center", "linespacing": 1.4}
    ax.text(K - 0.35, c, recall, color="#A84700", **beside)
    ax.text(
        K - 0.35, c + (1 if c < K - 1 else -1), precision, color="#8A5F00", **beside
    )
    alt = (
        "A confusion matrix with one class marked: TP on the diagonal, FP below and"
        " above it in the column, FN beside it in the row."
    )
    return described(figure, alt)


def intervals(spans, truth):
    """Draw intervals as vertical bars, those that miss the truth in another colour.

    Args:
        spans: (low, high) of each, shape (n, 2).
        truth: the number that they should hold.
    """
    figure, ax = plt.subplots(figsize=(8.2, 3.3))
    for place, (low, high) in enumerate(spans, 1):
        holds = low <= truth <= high
        ax.plot(
            [place, place],
            [low, high],
            color=BLUE if holds else VERMILION,
            linewidth=2 if holds else 3.5,
        )
    ends = [0, len(spans) + 1]
    ax.plot(ends, [truth, truth], color="black", linewidth=1.2, linestyle="--")
    label_line(ax, ends, [truth, truth], f"pool: {truth:.3f}", "black")
    ax.set(xlabel="test set (300 points each)", ylabel="accuracy")
    ax.set_xlim(-0.5, len(spans) + 1.5)
    ax.grid(axis="x", visible=False)
    missed = sum(not low <= truth <= high for low, high in spans)
    alt = (
        f"{len(spans)} vertical bars, one interval for each test set, round a dashed"
        f" line at {truth:.3f}. Those that do not cross it, {missed} here, are thicker."
    )
    return described(figure, alt)


def reliability_diagrams(panels):
    """Draw accuracy against confidence by bins, and below how many samples each holds.

    Args:
        panels: {title: (count, accuracy, confidence)}, arrays of shape (B,) as
            ``metrics.reliability`` returns them.
    """
    figure, axes = plt.subplots(
        2,
        len(panels),
        figsize=(4.3 * len(panels), 5),
        height_ratios=[3, 1],
        squeeze=False,
        sharex=True,
        sharey="row",
    )
    for (top, bottom), (title, (count, acc, conf)) in zip(
        axes.T, panels.items(), strict=True
    ):
        n_bins = len(count)
        middle = (np.arange(n_bins) + 0.5) / n_bins
        used = count > 0
        width = 0.94 / n_bins
        top.bar(middle[used], acc[used], width, color=BLUE, label="accuracy")
        top.plot([0, 1], [0, 1], color=GREY, linestyle="--", linewidth=1.2)
        top.vlines(conf[used], acc[used], conf[used], color=VERMILION, linewidth=2)
        top.plot(conf[used], conf[used], "o", color=VERMILION, label="mean confidence")
        top.set(title=title, xlim=(0, 1.02), ylim=(0, 1.04))
        share = count / count.sum()
        bottom.bar(middle, share, width, color=GREY)
        bottom.set(xlabel="confidence", ylim=(0, 1.15 * share.max()))
    shares = [count.max() / count.sum() for count, _, _ in panels.values()]
    axes[1, 0].set_ylim(0, 1.15 * max(shares))
    axes[0, 0].set_ylabel("share right")
    axes[1, 0].set_ylabel("share of\nsamples")
    axes[0, 0].legend(loc="upper left", handletextpad=0.4)
    said = []
    for title, (count, acc, conf) in panels.items():
        last, below = np.flatnonzero(count)[-1], (conf > acc)[count > 0]
        said.append(
            f'Under "{title}", {below.sum()} of {len(below)} bars end below their '
            f"dots; the last, at {conf[last]:.2f}, is {acc[last]:.2f} high and holds "
            f"{count[last] / count.sum():.0%} of the samples."
        )
    alt = (
        "Reliability diagrams, accuracy against confidence, and below how many "
        f"samples each bin holds. {' '.join(said)}"
    )
    return described(figure, alt)


def training_on(epochs, accuracies, confidences, errors):
    """Draw accuracy and mean confidence (left) and the ECE (right) against the epoch.

    Args:
        epochs: epochs at which the other three, lists of as many numbers, were taken.
        accuracies: accuracy on new points.
        confidences: mean confidence on new points.
        errors: ECE on new points.
    """
    figure, (left, right) = plt.subplots(1, 2, figsize=(9.2, 3.6))
    left.fill_between(epochs, accuracies, confidences, color=GREY, alpha=0.15, lw=0)
    for values, colour, text in (
        (confidences, VERMILION, "mean\nconfidence"),
        (accuracies, BLUE, "accuracy"),
    ):
        left.plot(epochs, values, "o-", color=colour, markersize=4)
        label_line(left, epochs, values, text, colour)
    left.set(xlabel="epoch", ylim=(0.45, 1), title="Accuracy and confidence")
    left.margins(x=0.03)
    right.plot(epochs, errors, "o-", color=GREEN, markersize=4)
    right.set(xlabel="epoch", ylim=(0, 0.3), title="ECE")
    alt = (
        "Left: accuracy and mean confidence over the epochs; they end at "
        f"{accuracies[-1]:.2f} and {confidences[-1]:.2f}. Right: the ECE over the "
        f"epochs, from {errors[0]:.3f} to {errors[-1]:.3f}."
    )
    return described(figure, alt)


def losses_along_beta(betas, losses):
    """Draw losses against beta = 1/T, with a dot where each is lowest inside the axis.

    Args:
        betas: increasing numbers above 0, shape (p,).
        losses: {name: losses of shape (p,)}, training data first.
    """
    figure, ax = plt.subplots(figsize=(7.6, 3.7))
    for (name, values), colour in zip(losses.items(), (BLUE, VERMILION), strict=False):
        values = np.array(values)
        ax.plot(betas, values, color=colour)
        label_line(ax, betas, values, name, colour)
        lowest = values.argmin()
        if lowest < len(betas) - 1:
            ax.plot(betas[lowest], values[lowest], "o", color=colour, markersize=8)
            ax.annotate(
                f"T = {1 / betas[lowest]:.1f}",
                (betas[lowest], values[lowest]),
                xytext=(0, -9),
                textcoords="offset points",
                color=colour,
                ha="left" if lowest < len(betas) / 2 else "center",
                va="top",
            )
    ax.axvline(1, color=GREY, linestyle="--", linewidth=1.2)
    top = max(max(values) for values in losses.values())
    lows = [f"{name} at {betas[np.argmin(x)]:.2f}" for name, x in losses.items()]
    ax.text(1.02, 0.04 * top, "T = 1", color=GREY)
    ax.set(xlabel=r"$\beta = 1/T$", ylabel="cross-entropy", ylim=(0, 1.05 * top))
    ax.set_xlim(0, betas[-1])
    alt = (
        "Cross-entropy against beta on training and on validation data, each with "
        f"its lowest point marked: {', '.join(lows)}."
    )
    return described(figure, alt)
