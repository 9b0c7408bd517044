"""The results as a table, with every bar met or missed.

A result is [network, what is divided by what, the ratio in each of COLUMNS].  As a
program it makes the page anew from the results that stand in it: after a change of bar.
"""

import re
from pathlib import Path

from peers import FIRST, LARGEST, SERIES, WIDE

PAGE = Path(__file__).with_name("README.md")
BEGIN, END = "<!-- benchmark: begin -->\n\n", "\n\n<!-- benchmark: end -->"
TYPES, THREADS = ("float64", "float32"), ("1 thread", "2 threads")
COLUMNS = [f"{dtype}, {threads}" for threads in THREADS for dtype in TYPES]
BARS = {  # the least that is wanted with one thread; README.md says why
    (SERIES, "PyTorch / nnlib"): 5,
    (SERIES, "scikit-learn / nnlib"): 3,
    (SERIES, "JAX with compilation / nnlib"): 3,
    (SERIES, "JAX, compiled before / nnlib"): 1,
    (SERIES, "C loop / nnlib"): 0.1,
    (WIDE, "PyTorch / nnlib"): 0.67,
    (WIDE, f"PyTorch / {FIRST}"): 1,
    (LARGEST, "PyTorch / nnlib"): 0.86,
    (LARGEST, f"PyTorch / {FIRST}"): 1,
    (LARGEST, "matrix products alone / nnlib"): 0.87,
}


def table(results):
    """Return the results as a Markdown table."""
    rows = [["network", "time of … / time of …", "wanted", *COLUMNS, ""], ["---"] * 8]
    for network, what, *values in results:
        cells = [f"{v:,.0f}" if v >= 100 else f"{v:#.3g}" for v in values]
        bar, wanted, verdict = BARS.get((network, what)), "", ""
        if bar is not None:
            wanted, verdict = f"≥ {bar}", "met"
            for i in (0, 1):
                if values[i] < bar:
                    cells[i], verdict = f"**{cells[i]}**", "**missed**"
        rows.append([network, what, wanted, *cells, verdict])
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def read():
    """Return what stands between the markers: (made_on, results)."""
    inside = PAGE.read_text("utf-8").split(BEGIN)[1].split(END)[0]
    made_on, lines = inside.split("\n\n")
    results = []
    for line in lines.splitlines()[2:]:
        network, what, _, *cells = (cell.strip(" *") for cell in line.split("|")[1:-2])
        results.append([network, what, *(float(c.replace(",", "")) for c in cells)])
    return made_on, results


def page(made_on, results):
    """Return the page with these results between its markers."""
    before, after = re.split(
        f"{BEGIN}.*{END}", PAGE.read_text("utf-8"), flags=re.DOTALL
    )
    return f"{before}{BEGIN}{made_on}\n\n{table(results)}{END}{after}"


if __name__ == "__main__":
    PAGE.write_text(page(*read()), "utf-8")
