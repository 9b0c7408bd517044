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

DRAWN = "float64, 1 thread"
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


# (network, peer over peer, the least or the most that is wanted)
AT_LEAST, AT_MOST = "≥", "≤"
COMPARED = [
    (SERIES, "pytorch", "nnlib", AT_LEAST, 5),
    (SERIES, "scikit_learn", "nnlib", AT_LEAST, 3),
    (SERIES, "jax_with_compilation", "nnlib", AT_LEAST, 3),
    (SERIES, "nnlib", "jax", AT_MOST, 1),
    (SERIES, "nnlib", "c_loop", AT_MOST, 4),
    (LARGEST, "nnlib", "products", AT_MOST, 1.15),
    (LARGEST, "nnlib", "pytorch", AT_MOST, 1),
]


def number(value, bar):
    """Return the value with two decimals, or as many as tell it from the bar."""
    digits = 2
    while value != bar and float(f"{value:.{digits}f}") == bar:
        digits += 1
    return f"{value:.{digits}f}"


def comparisons(found):
    """Return rows (name, wanted, {column of the run: (text, whether it is met)})."""
    rows = []
    for size, over, under, sign, bar in COMPARED:
        cells = {}
        for run in found["runs"]:
            value = ratio(run, over, under)
            alone = under == "c_loop" and run["threads"] > 1  # which has one thread
            if run["size"] == size and value is not None and not alone:
                met = value >= bar if sign == AT_LEAST else value <= bar
                cells[column(run)] = number(value, bar), met
        name = f"{size}: {TITLES[over]} / {TITLES[under]}"
        rows.append((name, f"{sign} {bar:g}", cells))
    return rows


def allowances(part, copies):
    """Return peak memory over data, 3 batches' activations and so many parameters."""
    order = part["order"] if copies > 1 else 0
    allowed = part["data"] + order + 3 * part["activations"]
    return part["peak"] / (allowed + copies * part["parameters"])


def measures(found):
    """Return rows (name, wanted, text, whether it is met)."""
    slope, seconds = found["slope"]["slope"], found["import"]["seconds"]
    memory = {
        copies: max(allowances(part, copies) for part in found["memory"].values())
        for copies in (1, 3)
    }
    times = zip(*found["notebooks"].values(), strict=True)
    longer = median(lessons / imports for lessons, imports in times)
    return [
        (
            "time of an epoch from 1,000 to 1,000,000 points: slope in a plot of the "
            "logarithms (1: ten times the points take ten times as long)",
            "0.95 to 1.05",
            f"{slope:.3f}",
            0.95 <= slope <= 1.05,
        ),
        (
            "peak memory / (data + 3 batches' activations + parameters)",
            "≤ 1",
            number(memory[1], 1),
            memory[1] <= 1,
        ),
        (
            "the same, if the shuffled order and three copies of the parameters are "
            "allowed",
            "≤ 1",
            number(memory[3], 1),
            memory[3] <= 1,
        ),
        (
            "`import nnlib` after `import numpy`",
            "≤ 30 ms",
            f"{number(1000 * seconds, 30)} ms",
            seconds <= 0.030,
        ),
        (
            "`pytest --nbval`: lessons / as many notebooks that only import",
            "≤ 3",
            number(longer, 3),
            longer <= 3,
        ),
    ]


def column(run):
    """Return such as "float64, 1 thread"."""
    return f"{run['dtype']}, {run['threads']} thread{'s' * (run['threads'] > 1)}"


def marked(text, met):
    """Return the text, bold if its bar is missed."""
    return text if met else f"**{text}**"


def table_of_bars(found):
    """Return the two Markdown tables of all bars."""
    columns = list(dict.fromkeys(map(column, found["runs"])))
    lines = [
        "| time of one / time of the other | wanted | " + " | ".join(columns) + " | |",
        "|---|---|" + "---|" * len(columns) + "---|",
    ]
    for name, wanted, cells in comparisons(found):
        row = [marked(*cells[where]) if where in cells else "" for where in columns]
        met = all(met for _, met in cells.values())
        verdict = marked("met" if met else "missed", met) if cells else "not measured"
        lines.append(f"| {name} | {wanted} | {' | '.join(row)} | {verdict} |")
    lines += ["", "| nnlib alone | wanted | measured | |", "|---|---|---|---|"]
    for name, wanted, text, met in measures(found):
        verdict = marked("met" if met else "missed", met)
        lines.append(f"| {name} | {wanted} | {marked(text, met)} | {verdict} |")
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
    share = min(
        sum(run["processor"][name]) / sum(run["seconds"][name])
        for run in found["runs"]
        for name in ("nnlib", "scikit_learn", "products", "c_loop")
        if run["threads"] == 1 and name in run["seconds"]
    )
    if share < 0.9:
        text += (
            " **The machine was busy: some of them got a processor for only "
            f"{100 * share:.0f} % of their time, so these figures mean little.**"
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
    """Return the sizes, and {library: [its time over the fastest's, size by size]}.

    Compiling takes the same time for a short training and for a long one, so that only
    at the series' own network is it counted.
    """
    runs = [run for run in found["runs"] if column(run) == DRAWN]
    ratios = {}
    for run in runs:
        best = min(
            (name for name in LINES if name in run["seconds"]),
            key=lambda name: median(run["seconds"][name]),
        )
        for name in LINES:
            counted = name != "jax_with_compilation" or run["size"] == SERIES
            if name in run["seconds"] and counted:
                ratios.setdefault(name, []).append(ratio(run, name, best))
    return [run["size"] for run in runs], ratios


def alt_text(found):
    """Return what the picture shows, in words."""
    sizes, ratios = to_the_fastest(found)
    told = "; ".join(
        TITLES[name]
        + (" " if len(values) == len(sizes) else f" (at {sizes[0]} only) ")
        + ", ".join(f"{value:.1f}" for value in values)
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
            ax.plot(range(len(values)), values, "o-", color=LINES[name], lw=width)
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
        ax.set_xlabel("inputs-hidden-outputs; float64, one thread", fontsize=14)
        figure.savefig(path, metadata={"Software": None})
        plt.close(figure)


def block(found):
    """Return what stands in the README between the markers."""
    image = f"![{alt_text(found)}]({PICTURE.as_posix()})"
    return "\n\n".join([BEGIN, image, table_of_bars(found), made_on(found), END])


def page(found):
    """Return RESULTS.md."""
    parts = ["# What the last `make bench` measured", made_on(found)]
    parts += ["## The bars", table_of_bars(found)]
    parts += ["Bold: missed. Ratios are medians over the rounds."]
    parts += ["## Microseconds a step, medians"]
    for where in dict.fromkeys(map(column, found["runs"])):
        parts += [f"### {where}", table_of_times(found, where)]
    parts += ["## Calls a step of Python functions, 2-32-3"]
    calls = [f"| `{place}` | {n:.2f} |" for place, n in found["profile"].items()]
    parts += ["\n".join(["| function | calls |", "|---|--:|", *calls])]
    return "\n\n".join(parts) + "\n"


def write(found, folder):
    """Write all under the folder, and return the tables of bars as text."""
    here = Path(__file__).parent
    results = folder / here.relative_to(here.parents[1])
    results.mkdir(parents=True, exist_ok=True)
    (folder / PICTURE).parent.mkdir(parents=True, exist_ok=True)
    text = json.dumps(found, indent=1) + "\n"
    (results / "results.json").write_text(text, "utf-8")
    (results / "RESULTS.md").write_text(page(found), "utf-8")
    picture(found, folder / PICTURE)
    readme = (here.parents[1] / "README.md").read_text("utf-8")
    pattern = re.escape(BEGIN) + ".*" + re.escape(END)
    readme = re.sub(pattern, lambda _: block(found), readme, count=1, flags=re.DOTALL)
    (folder / "README.md").write_text(readme, "utf-8")
    return f"{table_of_bars(found)}\n\n{made_on(found)}"
