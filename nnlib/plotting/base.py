"""One style for all figures, and the pieces that several lessons share."""

import base64
import io

import matplotlib.pyplot as plt
import numpy as np
from IPython.display import display
from matplotlib.colors import ListedColormap

# Okabe and Ito's palette: distinct for colour-blind readers, and in grey.
BLUE, VERMILION, GREEN = "#0072B2", "#D55E00", "#009E73"
ORANGE, PURPLE, SKY, GREY = "#E69F00", "#CC79A7", "#56B4E9", "#666666"
CLASS_COLOURS = [BLUE, VERMILION, GREEN]
CLASS_MARKERS = ["o", "^", "s"]

STYLE = {
    "figure.dpi": 100,
    "figure.facecolor": "white",
    "figure.constrained_layout.use": True,
    "axes.prop_cycle": plt.cycler(color=[BLUE, VERMILION, GREEN, ORANGE, PURPLE, SKY]),
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.grid": True,
    "axes.axisbelow": True,
    "axes.titlelocation": "left",
    "grid.color": "#dddddd",
    "grid.linewidth": 0.6,
    "lines.linewidth": 2,
    "font.family": "DejaVu Sans",
    "font.size": 12,
    "axes.titlesize": 12,
    "axes.labelsize": 12,
    "legend.frameon": False,
    "mathtext.fontset": "dejavusans",
    "svg.hashsalt": "nnlib",
}


def use_style():
    """Set the series' style for all figures that follow, whatever style was set."""
    plt.rcdefaults()  # keeps the backend
    plt.rcParams.update(STYLE)


def described(figure, alt):
    """Give the figure its text alternative, and return it.

    Args:
        figure: Matplotlib figure.
        alt: what the picture shows, in a sentence or two, for those who do not see it.
    """
    figure.alt = alt
    return figure


def show(figure, alt=""):
    """Display the figure as a picture with a text alternative, and close it.

    Args:
        figure: Matplotlib figure.
        alt: what the picture shows; not needed where the figure is ``described``.

    Raises:
        ValueError: the figure has no text alternative.
    """
    alt = (alt or getattr(figure, "alt", "")).strip()
    if not alt:
        raise ValueError(
            "show expects an alt text: say in a sentence what the figure shows"
        )
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", metadata={"Software": None})
    plt.close(figure)
    png = base64.b64encode(buffer.getvalue()).decode()  # JupyterLite leaves it to us
    display(
        {"image/png": png, "text/plain": f"Figure: {alt}"},
        metadata={"image/png": {"alt": alt}},
        raw=True,
    )


def scatter_classes(ax, X, y, size=14):
    """Draw points with a colour and a marker for each class, and return the axes.

    Args:
        ax: Matplotlib axes.
        X: points, shape (m, 2).
        y: labels, shape (m,).
        size: area of a marker, in square points.
    """
    for c in np.unique(y):
        rows = y == c
        ax.scatter(
            X[rows, 0],
            X[rows, 1],
            s=size,
            color=CLASS_COLOURS[c % 3],
            marker=CLASS_MARKERS[c % 3],
            edgecolors="white",
            linewidths=0.4,
            label=f"class {c}",
            zorder=3,
        )
    ax.set(xlabel="$x_1$", ylabel="$x_2$")
    return ax


def grid_of_points(limits, n=200):
    """Return (x1, x2, X): coordinates, each (n, n), and points as rows, (n n, 2)."""
    ticks = np.linspace(*limits, n)
    x1, x2 = np.meshgrid(ticks, ticks)
    return x1, x2, np.column_stack([x1.ravel(), x2.ravel()])


def decision_regions(ax, predict, limits, n=200):
    """Colour the plane by the label that predict gives each point.

    Args:
        ax: Matplotlib axes.
        predict: function from points (p, 2) to labels (p,).
        limits: (low, high) of both axes.
        n: points along each axis.
    """
    x1, x2, X = grid_of_points(limits, n)
    labels = np.asarray(predict(X)).reshape(x1.shape)
    ax.pcolormesh(
        x1,
        x2,
        labels,
        cmap=ListedColormap(CLASS_COLOURS),
        vmin=-0.5,
        vmax=2.5,
        alpha=0.25,
        shading="nearest",
    )
    ax.set(xlim=limits, ylim=limits, aspect="equal")
    return ax


def label_line(ax, x, y, text, colour, **options):
    """Write text beside the last point of the line x, y, in the line's colour."""
    ax.annotate(
        text,
        (x[-1], y[-1]),
        xytext=(6, 0),
        textcoords="offset points",
        va="center",
        color=colour,
        **options,
    )


def arrow(ax, tail, head, colour=GREY, width=1.4, style="-|>", **options):
    """Draw an arrow from tail to head, two points (x, y), that ends exactly there."""
    look = {"arrowstyle": style, "color": colour, "lw": width, "shrinkA": 0}
    ax.annotate("", head, xytext=tail, arrowprops={**look, "shrinkB": 0}, **options)


def number(value):
    """Return a number as short text: 3.0 as 3, and a true minus sign."""
    return f"{float(value) + 0.0:g}".replace("-", "\u2212")
