"""Write a student's page: what was earned, what happened, and the notebook as it ran.

The page is one file without any script, and nothing in it is fetched from anywhere.
"""

import os
import re
from pathlib import Path

import jinja2
import nbformat
from markupsafe import Markup
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from grading import clean
from grading.records import Mark, Template
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
    template = Template.read(job.template, job.name)
    names, most = names_of(template.released), job.record.most
    ran = job.record.status not in ("unreadable", "failed")
    cells = cells_of(job, template) if ran else []
    keys = {cell["key"] for cell in cells}
    earned = [earned_in(job, key) for key in most]
    html = PAGES.get_template("page.html").render(
        title=names.get(None, job.name),
        score=number(max(0, sum(x or 0 for x in earned) - job.penalty)),
        most=number(sum(most.values())),
        waiting=None in earned,
        penalty=job.penalty and number(job.penalty),
        notes=job.record.notes,
        tasks=[(k, names.get(k, k), points(job, k), k in keys) for k in most],
        cells=cells,
        colours=COLOURS,
    )
    job.target.parent.mkdir(parents=True, exist_ok=True)
    partial = job.target.with_name(f"{job.target.name}.part")
    partial.write_text(clean.ODD.sub("\ufffd", html), "utf-8")
    os.replace(partial, job.target)


def number(value):
    """Return a number with at most two decimals: 3.3, 4."""
    return f"{value:.2f}".rstrip("0").rstrip(".")


def earned_in(job, key):
    """Return the points of a cell, a mark by hand before others; None if it waits."""
    mark, record = job.marks.get(key, Mark()), job.record
    score = record.points.get(key) if mark.score is None else mark.score
    if score is None and record.status not in ("unreadable", "failed"):
        return None
    return (score or 0) + (mark.extra or 0)


def points(job, key):
    """Say what a cell has earned, "3.3 of 5"; "" if it is worth nothing."""
    if key not in job.record.most:
        return ""
    earned, most = earned_in(job, key), number(job.record.most[key])
    waits = f"not marked yet (of {most})"
    return waits if earned is None else f"{number(earned)} of {most}"


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


def cells_of(job, template):
    """Return what the page shows of each cell; of a check only what was handed out."""
    handed = {key_of(cell): cell for cell in template.released.cells}
    graded = nbformat.read(job.folder / "graded.ipynb", as_version=4)
    cells = []
    for cell in graded.cells:
        key = key_of(cell)
        locked = cell.metadata.get("nbgrader", {}).get("locked")
        shown = handed[key] if locked else cell
        made = {"key": key, "points": points(job, key)}
        made["comment"] = job.marks.get(key, Mark()).comment
        if "original" in cell.metadata:
            made["html"] = Markup(cell.source)
        elif cell.cell_type == "markdown":
            more = shown.get("attachments"), template.folder
            made["html"] = Markup(clean.markdown(shown.source, *more))
        else:
            lines, lexer = HtmlFormatter(nowrap=True), PythonLexer(stripnl=False)
            made["code"] = Markup(highlight(shown.source, lexer, lines))
            made["outputs"] = cell.outputs
        if cell.cell_type == "code" and locked:
            made["said"] = clean.text(job.record.said.get(key))
        cells.append(made)
    return cells
