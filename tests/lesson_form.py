"""What a lesson must look like: each function returns the faults it finds, in words."""

import copy
import re
import statistics
from itertools import pairwise
from pathlib import Path

import execute
import nbformat

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
LESSONS = execute.lessons()
SOURCES = sorted(NOTEBOOKS.glob("assignments/source/*/*.ipynb"))

OPENING = ["**You will be able to**", "**You need**", "**Time**"]
CLOSING = ["What nnlib now holds", "Recap", "Check yourself", "Your turn", "Read more"]
ABSOLUTE = {
    r"(?<![\w.])/(home|root|Users|tmp|work|usr|opt)/|[A-Z]:\\\\?\w": "an absolute path"
}
FORBIDDEN_IN_CODE = ABSOLUTE | {
    r"NBVAL_": "an nbval marker",
    r"np\.random\.(seed|rand|randn|randint|normal|uniform|choice|shuffle)\b": (
        "NumPy's global random state"
    ),
    r"^\s*[%!]": "a magic or shell command",
    r"\btqdm\b": "tqdm",
    r"plt\.show\(": "plt.show(): use plotting.show(figure)",
    r"\bimport (time|datetime)\b": "the clock",
    r";\s*\Z": "a ';' at the end, which nbval runs without",
    r"\A(.*\n){25}": "more than 25 lines",
}
FORBIDDEN_IN_OUTPUT = ABSOLUTE | {
    r"\A\Z": "what nbval does not compare",
    r"0x[0-9a-f]{6,}": "a memory address",
    r"\d\.\d{7,}": "more than 6 decimals",
    r"np\.(float|int|bool)\w*\(": "a NumPy scalar's repr (NumPy 1 and 2 differ)",
    r"-0\.0*(?!\d)": "a negative zero, whose sign hangs on rounding",
}
WITHOUT_NNLIB = """\
except ImportError:
    message = "nnlib of this series is not here: run `make setup`, then `make lab`"
    raise ImportError(message) from None
"""
SLIDER_MARKER = "# NBVAL_IGNORE_OUTPUT\n"
HINT = "For sliders: python -m pip install ipywidgets, then restart JupyterLab."
SLIDER = f"""{SLIDER_MARKER}\
try:
    from ipywidgets import interact
except ImportError:
    print("{HINT}")
else:
    interact("""


def read(path):
    """Return the notebook at path."""
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    """Return the code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    """Return all Markdown cells as one text."""
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def has_tag(cell, tag):
    """Tell whether the cell has the tag."""
    return tag in cell.metadata.get("tags", [])


def pictures_of(cell):
    """Return a code cell's outputs that hold a picture."""
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def output_text(output):
    """Return an output's text, as nbval compares it."""
    return output.get("text") or output.get("data", {}).get("text/plain", "")


def matching(patterns, text):
    """Say what the text holds of the patterns."""
    found = patterns.items()
    return [what for pattern, what in found if re.search(pattern, text, re.MULTILINE)]


def output_faults(cell):
    """Find outputs that nbval passes unchecked, or that readers cannot have."""
    faults = []
    for output in cell.outputs:
        if output.output_type == "error":
            faults.append(f"an end in {output.ename}")
        else:
            faults += matching(FORBIDDEN_IN_OUTPUT, output_text(output))
        if output.get("name") == "stderr":
            faults.append("a text on stderr")
    for picture in pictures_of(cell):
        if not picture.metadata.get("image/png", {}).get("alt", "").strip():
            faults.append("a picture without alt text")
    return faults


def code_faults(notebook):
    """Find the faults of code cells, and cells that were not run or not in order."""
    cells, faults = code_cells(notebook), []
    for number, cell in enumerate(cells, 1):
        marker = SLIDER_MARKER if execute.is_slider(cell) else ""
        found = matching(FORBIDDEN_IN_CODE, cell.source.removeprefix(marker))
        found += output_faults(cell)
        faults += [f"code cell {number} has {fault}" for fault in found]
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        faults.append("execution counts are not 1..n: run make notebooks")
    return faults


def slider_faults(notebook):
    """Find a slider cell that hides something, or that fails without ipywidgets."""
    faults = []
    for before, cell in pairwise(code_cells(notebook)):
        if execute.is_slider(cell):
            begin, slider, turned = cell.source.partition(SLIDER)
            if begin or not slider or "\n" in turned:
                faults.append("the slider cell has another form than the others")
            call = turned.partition(",")[0] + "("
            drawn = before.source.split("\n")[-1].startswith(call)
            if not (drawn and pictures_of(before)):
                faults.append("no picture by the slider's function in the cell before")
    return faults


def lesson_faults(notebook):
    """Find what a numbered lesson lacks in its build-up."""
    text, cells = prose(notebook), code_cells(notebook)
    first, begin = notebook.cells[0].source, cells[0].source
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    folded = r"<details>.*?</details>"
    words = len(re.sub(folded, "", text, flags=re.DOTALL).split())
    pauses = re.findall(r"^> \*\*A place to pause\.\*\*.*", text, re.MULTILINE)
    early = notebook.cells[: len(notebook.cells) // 4]
    lines = statistics.median(len(cell.source.splitlines()) for cell in cells)
    wanted = {
        "no '# NN · Title' at the beginning": re.match(r"# \d\d · \S", first),
        f"not all of {OPENING}": all(part in first for part in OPENING),
        "an empty cell": all(cell.source.strip() for cell in notebook.cells),
        "an absolute path in the text": not matching(ABSOLUTE, text),
        "fewer than three predictions": text.count("\n> **Predict first.**") > 2,
        "fewer than two traps": text.count("\n### Trap: ") > 1,
        f"other last sections than {CLOSING}": sections[-len(CLOSING) :] == CLOSING,
        "an open <details>": text.count("<details>") == text.count("</details>"),
        f"{words} words outside folded parts, more than 6000": words <= 6000,
        "no place to pause that says which cells to run on coming back": (
            pauses and all("Run All Above" in pause for pause in pauses)
        ),
        "no exercise in the first quarter": any(has_tag(c, "exercise") for c in early),
        f"{lines} lines in the median code cell": lines <= 8,
        "more than one slider cell": sum(map(execute.is_slider, cells)) < 2,
        "no word on where nnlib is found": WITHOUT_NNLIB in begin,
        "nnlib before numpy": "import numpy" in begin.partition("nnlib")[0],
        "metadata not in its stable form: run make notebooks": (
            execute.normalise(copy.deepcopy(notebook)) == notebook
        ),
    }
    return [fault for fault, holds in wanted.items() if not holds]


def faults(notebook):
    """Return all faults of a lesson."""
    return code_faults(notebook) + slider_faults(notebook) + lesson_faults(notebook)


def broken_links(path):
    """Return the link targets in a notebook or Markdown file that do not exist."""
    text = prose(read(path)) if path.suffix == ".ipynb" else path.read_text("utf-8")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    found = re.findall(r"\]\(([^)\s]+)\)|(?:src|href)=\"([^\"]+)\"", text)
    return [target for target in map("".join, found) if not resolves(target, path)]


def resolves(target, path):
    """Tell whether a link in the file at path leads to a file, or out of the repo."""
    if re.match(r"(https?|mailto):", target):
        return True
    name, _, anchor = target.partition("#")
    place = (path.parent / name).resolve() if name else path
    if not place.exists() or not place.is_relative_to(ROOT):
        return False
    if not anchor or place.suffix != ".md":
        return True
    headings = re.findall(r"^#+ (.+)$", place.read_text("utf-8"), re.MULTILINE)
    anchors = [re.sub(r"[^\w\- ]", "", heading.lower()) for heading in headings]
    return anchor in [words.replace(" ", "-") for words in anchors]
