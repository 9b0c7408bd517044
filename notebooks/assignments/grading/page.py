"""Write a student's page: one file without script that fetches nothing."""

import re
from pathlib import Path

import jinja2
import nbformat
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grading import clean
from grading.files import write
from grading.records import Mark
from grading.repair import key_of

HEADING = re.compile(r"^#+ +(.+?)(?: *\([^()]*points?\b[^()]*\))?$", re.M)
COLOURS = {
    theme: Markup(HtmlFormatter(style=style).get_style_defs(".code"))
    for theme, style in (("light", "default"), ("dark", "github-dark"))
}
PAGES = jinja2.Environment(
    autoescape=True, loader=jinja2.FileSystemLoader(Path(__file__).parent)
)


def make(job):
    """Write the page of a PageJob, whole or not at all."""
    record, names, cells = job.record, names_of(job.template.released), []
    earned, points = {}, {}
    for key, most in record.most.items():
        mark = job.marks.get(key, Mark())
        score = record.points.get(key) if mark.score is None else mark.score
        earned[key] = None if score is None else score + (mark.extra or 0)
        points[key] = f"not marked yet (of {number(most)})"
        if score is not None:
            points[key] = f"{number(earned[key])} of {number(most)}"
    if record.status != "unreadable":
        cells = cells_of(job, points)
    keys = {cell["key"] for cell in cells}
    html = PAGES.get_template("page.html").render(
        title=names.get(None, job.template.name),
        score=number(max(0, sum(x or 0 for x in earned.values()) - job.penalty)),
        most=number(sum(record.most.values())),
        waiting=None in earned.values(),
        penalty=job.penalty and number(job.penalty),
        notes=record.notes,
        tasks=[(key, names.get(key, key), points[key], key in keys) for key in points],
        cells=cells,
        colours=COLOURS,
    )
    job.target.parent.mkdir(parents=True, exist_ok=True)
    write(job.target, clean.ODD.sub("\ufffd", html))


def number(value):
    """Return a number with at most two decimals: 3.3, 4."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def names_of(released):
    """Return {nbgrader's id: the heading above a cell}; None stands for the title."""
    names, above = {}, None
    for cell in released.cells:
        found = HEADING.search(cell.source) if cell.cell_type == "markdown" else None
        above = re.sub(r"[*`$]", "", found[1]) if found else above
        if above:
            names.setdefault(None, above)
            names[key_of(cell)] = above
    return names


def cells_of(job, points):
    """Return what the page shows of each cell; of a check only what was handed out."""
    handed = {key_of(cell): cell for cell in job.template.released.cells}
    graded, cells = nbformat.read(job.folder / "graded.ipynb", as_version=4), []
    for cell in graded.cells:
        key = key_of(cell)
        locked = cell.metadata.get("nbgrader", {}).get("locked")
        shown = handed[key] if locked else cell
        made = {"key": key, "points": points.get(key, "")}
        made["comment"] = job.marks.get(key, Mark()).comment
        if "original" in cell.metadata:
            made["html"] = Markup(cell.source)
        elif cell.cell_type == "markdown":
            pictures = clean.Pictures(job.template.folder)
            html = clean.markdown(shown.source, shown.get("attachments"), pictures)
            made["html"] = Markup(html)
        else:
            lines, lexer = HtmlFormatter(nowrap=True), PythonLexer(stripnl=False)
            made["code"] = Markup(highlight(shown.source, lexer, lines))
            made["outputs"] = cell.outputs
        if cell.cell_type == "code" and locked:
            made["said"] = clean.text(job.record.said.get(key))
        cells.append(made)
    return cells
