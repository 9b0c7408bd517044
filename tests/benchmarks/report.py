"""The run's figures as tables, with every bar met or missed, and as a picture."""

import json
import math
import re
from itertools import pairwise
from pathlib import Path
from statistics import median

import matplotlib.pyplot as plt
import peers
from problems import LARGEST, SERIES

from nnlib.plotting.base import (
    BLUE,
    GREEN,
    ORANGE,
    PURPLE,
    STYLE,
    VERMILION,
)

PICTURE = Path("notebooks/images/benchmark.png")
TITLES = {peer.__name__: title for peer, (title, _) in peers.PEERS.items()}
LINES = {
    "nnlib": BLUE,
    "scikit_learn": ORANGE,
    "pytorch": VERMILION,
    "jax": GREEN,
    "jax_with_compilation": PURPLE,
}
BEGIN, END = "<!-- benchmark: begin -->", "<!-- benchmark: end -->"


def ratio(run, over, under):
    """Return the median over the rounds of one peer's time over another's, or None."""
    pairs = zip(*(run["seconds"].get(name, []) for name in (over, under)), strict=False)
    ratios = [a / b for a, b in pairs]
    return median(ratios) if ratios else None


def bars(found):
    """Return rows (bar, wanted, [(column, value, met), ...]).

    The columns are those of the runs, "float64, 1 thread" and so on, or "" for a figure
    that stands alone.
    """
    rows = []

    def compared(size, over, under, wanted, met, only_one_thread=False):
        cells = []
        for run in found["runs"]:
            if run["size"] != size or (only_one_thread and run["threads"] > 1):
                continue
            value = ratio(run, over, under)
            if value is not None:
                cells.append((column(run), f"{value:.2f}", met(value)))
        name = f"{size}: time of {TITLES[over]} / {TITLES[under]}"
        rows.append((name, wanted, cells))

    for peer, least in (
        ("pytorch", 5),
        ("scikit_learn", 3),
        ("jax_with_compilation", 3),
    ):
        compared(SERIES, peer, "nnlib", f"≥ {least}", lambda r, least=least: r >= least)
    compared(SERIES, "nnlib", "jax", "≤ 1", lambda r: r <= 1)
    compared(SERIES, "nnlib", "c_loop", "≤ 4", lambda r: r <= 4, only_one_thread=True)
    compared(LARGEST, "nnlib", "products", "≤ 1.15", lambda r: r <= 1.15)
    compared(LARGEST, "nnlib", "pytorch", "≤ 1", lambda r: r <= 1)

    def alone(name, wanted, text, met):
        rows.append((name, wanted, [("", text, met)]))

    slope = found["slope"]["slope"]
    alone(
        "time an epoch from 1,000 to 1,000,000 points: slope of the logarithms",
        "0.95 to 1.05",
        f"{slope:.3f}",
        0.95 <= slope <= 1.05,
    )
    extra = {
        size: (part["peak"] - part["data"] - part["order"], part)
        for size, part in found["memory"].items()
    }
    most = max(e / (p["activations"] + p["parameters"]) for e, p in extra.values())
    alone(
        "peak memory above data and shuffled order, in copies of one batch's "
        "activations and of the parameters",
        "≤ 3",
        f"{most:.2f}",
        most <= 3,
    )
    worst = max(e / (3 * p["activations"] + p["parameters"]) for e, p in extra.values())
    alone(
        "the same, with the parameters counted once: share of 3 activations + 1 "
        "parameters",
        "≤ 1",
        f"{worst:.2f}",
        worst <= 1,
    )
    seconds = found["import"]["seconds"]
    alone(
        "`import nnlib` after `import numpy`",
        "≤ 30 ms",
        f"{1000 * seconds:.0f} ms",
        seconds <= 0.030,
    )
    times = zip(*found["notebooks"].values(), strict=True)
    longer = median(lessons / imports for lessons, imports in times)
    alone(
        "`pytest --nbval`: lessons / as many notebooks that only import",
        "≤ 3",
        f"{longer:.2f}",
        longer <= 3,
    )
    return rows


def column(run):
    """Return such as "float64, 1 thread"."""
    return f"{run['dtype']}, {run['threads']} thread{'s' * (run['threads'] > 1)}"


def table_of_bars(found):
    """Return the Markdown table of all bars."""
    columns = list(dict.fromkeys(map(column, found["runs"])))
    lines = [
        "| bar | wanted | " + " | ".join(columns) + " | |",
        "|---|---|" + "---|" * len(columns) + "---|",
    ]
    for name, wanted, cells in bars(found):
        texts = {where: text if met else f"**{text}**" for where, text, met in cells}
        row = [texts.get(where, "") for where in columns]
        if "" in texts:
            row[0] = texts[""]
        verdict = "not measured"
        if cells:
            verdict = "met" if all(met for *_, met in cells) else "**missed**"
        lines.append(f"| {name} | {wanted} | {' | '.join(row)} | {verdict} |")
    return "\n".join(lines)


def table_of_times(found, where):
    """Return the Markdown table of microseconds a step in one column's runs."""
    names = [name for name in TITLES if name not in found["missing"]]
    lines = [
        "| network | " + " | ".join(TITLES[name] for name in names) + " |",
        "|---|" + "--:|" * len(names),
    ]
    for run in found["runs"]:
        if column(run) == where:
            cells = [
                short(1e6 * median(run["seconds"][name]))
                if name in run["seconds"]
                else ""
                for name in names
            ]
            lines.append(f"| {run['size']} | " + " | ".join(cells) + " |")
    return "\n".join(lines)


def short(value):
    """Return a number with at least two digits that count: 7.3, 41, 58,700."""
    return f"{value:.1f}" if value < 10 else f"{value:,.0f}"


def made_on(found):
    """Return the sentence that names machine, date and versions."""
    machine = found["machine"]
    versions = ", ".join(f"{k} {v}" for k, v in machine["versions"].items())
    text = (
        f"Measured on {machine['date']}: {machine['processor']}, {machine['cores']} "
        f"cores, {machine['system']}; {versions}."
    )
    for name, why in found["missing"].items():
        text += f" Not measured: {TITLES[name]} ({why})."
    shares = [
        sum(run["processor"]["nnlib"]) / sum(run["seconds"]["nnlib"])
        for run in found["runs"]
        if run["threads"] == 1
    ]
    if min(shares) < 0.9:
        text += (
            " **The machine was busy: nnlib got a processor for only "
            f"{100 * min(shares):.0f} % of its time, so these figures mean little.**"
        )
    return text


def spread(places, gap):
    """Return the places, moved as little as needed to lie at least gap apart."""
    order = sorted(range(len(places)), key=places.__getitem__)
    moved = list(places)
    for _ in range(200):
        for low, high in pairwise(order):
            short = gap - (moved[high] - moved[low])
            if short > 0:
                moved[low], moved[high] = (
                    moved[low] - short / 2,
                    moved[high] + short / 2,
                )
    return moved


def to_the_fastest(found):
    """Return the sizes, and {library: [its time over the fastest's, size by size]}."""
    runs = [r for r in found["runs"] if column(r) == "float32, 1 thread"]
    times = {
        name: [median(run["seconds"][name]) for run in runs]
        for name in LINES
        if name not in found["missing"]
    }
    fastest = [min(column) for column in zip(*times.values(), strict=True)]
    return [run["size"] for run in runs], {
        name: [t / best for t, best in zip(values, fastest, strict=True)]
        for name, values in times.items()
    }


def alt_text(found):
    """Return what the picture shows, in words."""
    sizes, ratios = to_the_fastest(found)
    told = "; ".join(
        f"{TITLES[name]} " + ", ".join(f"{value:.1f}" for value in values)
        for name, values in ratios.items()
    )
    return (
        "Lines on a logarithmic scale: the time of a training divided by the time of "
        f"the fastest library, for the networks {', '.join(sizes)}. {told}."
    )


def picture(found, path):
    """Draw each library's time over the fastest's, by size."""
    sizes, ratios = to_the_fastest(found)
    with plt.rc_context(STYLE):
        figure, ax = plt.subplots(figsize=(8, 4.8))
        for name, values in ratios.items():
            width = 4 if name == "nnlib" else 2
            ax.plot(range(len(sizes)), values, "o-", color=LINES[name], lw=width)
        places = spread([math.log(values[0]) for values in ratios.values()], 0.2)
        lift = max(0, -min(places))  # no label below the axis
        for (name, values), place in zip(ratios.items(), places, strict=True):
            ax.annotate(
                TITLES[name],
                (0, values[0]),
                xytext=(-0.3, math.exp(place + lift)),
                textcoords="data",
                ha="right",
                va="center",
                fontweight="bold" if name == "nnlib" else "normal",
                fontsize=14,
                arrowprops={"arrowstyle": "-", "color": LINES[name], "lw": 1.5},
            )
        top = max(max(values) for values in ratios.values())
        ticks = [tick for tick in (1, 2, 5, 10, 20, 50) if tick <= 1.5 * top]
        ax.set_yscale("log")
        ax.set_yticks(ticks, map(str, ticks))
        ax.minorticks_off()
        ax.set_ylim(0.88, 1.15 * top)
        ax.set_xlim(-2.05, len(sizes) - 0.6)
        names = [size.replace("1024-1024", "1024-\n1024") for size in sizes]
        ax.set_xticks(range(len(sizes)), names)
        ax.tick_params(labelsize=13)
        ax.set_ylabel("time / time of the fastest", fontsize=14)
        ax.set_xlabel("inputs-hidden-outputs; float32, one thread", fontsize=14)
        figure.savefig(path, metadata={"Software": None})
        plt.close(figure)


def block(found):
    """Return what stands in the README between the markers."""
    image = f"![{alt_text(found)}]({PICTURE.as_posix()})"
    return "\n\n".join([BEGIN, image, table_of_bars(found), made_on(found), END])


def write(found, folder):
    """Write all under the folder, and return the table of bars as text."""
    here = Path(__file__).parent
    results = folder / here.relative_to(here.parents[1])
    results.mkdir(parents=True, exist_ok=True)
    (folder / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1) + "\n"
    (results / "results.json").write_text(text, "utf-8")
    picture(found, folder / PICTURE)
    table, made = table_of_bars(found), made_on(found)
    parts = ["# What the last `make bench` measured", made, "## The bars", table]
    parts += ["Bold: missed. Ratios are medians over the rounds."]
    parts += ["## Microseconds a step, medians"]
    for where in dict.fromkeys(map(column, found["runs"])):
        parts += [f"### {where}", table_of_times(found, where)]
    parts += ["## Calls a step of Python functions, 2-32-3"]
    calls = [f"| `{place}` | {n:.2f} |" for place, n in found["profile"].items()]
    parts += ["\n".join(["| function | calls |", "|---|--:|", *calls])]
    (results / "RESULTS.md").write_text("\n\n".join(parts) + "\n", "utf-8")
    readme = (here.parents[1] / "README.md").read_text("utf-8")
    pattern = re.escape(BEGIN) + ".*" + re.escape(END)
    readme = re.sub(pattern, lambda _: block(found), readme, count=1, flags=re.DOTALL)
    (folder / "README.md").write_text(readme, "utf-8")
    return f"{table}\n\n{made}"
