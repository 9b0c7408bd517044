"""One feedback page a student: what happened, what was earned, and no hidden test.

nbgrader writes the page; before it does, hidden tests are taken out of the test cells,
lines of them out of all outputs, and a box with what happened is put on top.
"""

import html
import re
import shutil

from nbformat.v4 import new_markdown_cell
from nbgrader.converters import GenerateFeedback
from nbgrader.preprocessors import NbGraderPreprocessor
from traitlets import List

from grading import release

BEGIN, END = "### BEGIN HIDDEN TESTS", "### END HIDDEN TESTS"
SHOWN = "# (more tests ran here)"
REMOVED = "[a line of the tests was removed here]"
PAGE = """<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{title}</title>
<style>body {{ font: 16px/1.5 sans-serif; max-width: 42em; margin: 2em auto; }}</style>
</head><body><h1>{title}</h1><p>Score: 0 of {maximum:g}</p>
<p>Your notebook could not be graded.</p><ul>{notes}</ul>
<p>When you have put it right, hand it in again, or ask your instructor.</p>
</body></html>
"""


def split(source):
    """Return (the source with hidden parts replaced by one line, hidden lines)."""
    shown, hidden, inside = [], [], False
    for line in source.split("\n"):
        if BEGIN in line:
            inside = True
            shown.append(line[: len(line) - len(line.lstrip())] + SHOWN)
        elif END in line:
            inside = False
        else:
            (hidden if inside else shown).append(line)
    return "\n".join(shown), hidden


def secrets_of(notebook):
    """Return the hidden tests' lines that no visible text of the notebook holds."""
    parts = [split(cell.source) for cell in notebook.cells]
    visible = "\n".join(shown for shown, _ in parts)
    lines = {line.strip() for _, hidden in parts for line in hidden}
    lines = {x for x in lines if len(re.findall(r"\w", x)) > 5 and x not in visible}
    return lines | {BEGIN, END}


def redact(text, secrets):
    """Return a text without the lines that hold a line of the hidden tests."""
    forms = (
        secrets | {repr(x)[1:-1] for x in secrets} | {html.escape(x) for x in secrets}
    )
    if not any(x in text for x in forms):
        return text
    lines = text.split("\n")
    return "\n".join(REMOVED if any(x in y for x in forms) else y for y in lines)


def redact_output(value, secrets):
    """Return an output, or a part of one, without lines of the hidden tests."""
    if isinstance(value, str):
        return redact(value, secrets)
    if isinstance(value, list):
        return [redact_output(x, secrets) for x in value]
    if isinstance(value, dict):
        for key in value:
            value[key] = redact_output(value[key], secrets)
    return value


class Redact(NbGraderPreprocessor):
    """Takes the hidden tests out of a graded notebook, and says what happened."""

    notes = List([], help="what happened, one sentence each").tag(config=True)
    lines = List([], help="lines that no page may hold").tag(config=True)

    def preprocess(self, notebook, resources):
        """Return the notebook as its student may see it."""
        secrets = set(self.lines)
        for cell in notebook.cells:
            if cell.metadata.get("nbgrader", {}).get("locked"):
                cell.source, _ = split(cell.source)
            else:
                cell.source = redact(cell.source, secrets)
            if cell.cell_type == "code":
                cell.outputs = [redact_output(x, secrets) for x in cell.outputs]
        if self.notes:
            told = "".join(f"<li>{html.escape(note)}</li>" for note in self.notes)
            told = redact(told, secrets)
            box = f"<b>What happened when this was graded</b><ul>{told}</ul>"
            style = "border: 2px solid #d55e00; padding: 0.5em 1em"
            text = f'<div style="{style}">{box}</div>'
            notebook.cells.insert(0, new_markdown_cell(text))
        return notebook, resources


def write(config, name, student, notes, secrets):
    """Write the feedback page by nbgrader, in the folder that config names.

    The course's settings put ``Redact`` first, so that nbgrader by itself, as under
    Formgrader's buttons, shows no hidden test either.
    """
    root = config.CourseDirectory.root
    shutil.rmtree(f"{root}/feedback", ignore_errors=True)
    config.Redact.notes, config.Redact.lines = list(notes), sorted(secrets)
    release.convert(GenerateFeedback, config, name, student)


def write_page(path, name, notes, maximum):
    """Write a page of our own, where there is no notebook to show."""
    told = "".join(f"<li>{html.escape(note)}</li>" for note in notes)
    path.parent.mkdir(parents=True, exist_ok=True)
    page = PAGE.format(title=html.escape(name), notes=told, maximum=maximum)
    path.write_text(page, "utf-8")
