"""What a lesson must look like: each function returns the faults it finds, in words."""

import ast
import copy
import re
import statistics
from pathlib import Path

import execute
import nbformat

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = ROOT / "notebooks"
LESSONS = execute.lessons()

CLOSING = [
    "What nnlib now holds",
    "Recap",
    "Check yourself",
    "Your turn",
    "Read more",
]
OPENING = ["**You will be able to**", "**You need**", "**Time**"]
FORBIDDEN_IN_CODE = {
    r"NBVAL_": "an nbval marker",
    r"np\.random\.(seed|rand|randn|randint|normal|uniform|choice|shuffle)\b": (
        "NumPy's global random state"
    ),
    r"^\s*[%!]": "a magic or shell command",
    r"\btqdm\b": "tqdm",
    r"plt\.show\(": "plt.show(): use plotting.show(figure)",
    r"\bimport (time|datetime)\b": "the clock",
}
FORBIDDEN_IN_OUTPUT = {
    r"0x[0-9a-f]{6,}": "a memory address",
    r"\d\.\d{7,}": "more than 6 decimals",
    r"np\.(float|int|bool)\w*\(": "a NumPy scalar's repr (NumPy 1 and 2 differ)",
    r"-0\.0*(?!\d)": "a negative zero, whose sign hangs on rounding",
}
FOLDED = r"<details>.*?</details>"
WITHOUT_NNLIB = """\
except ImportError:
    message = "nnlib of this series is not here: run `make setup`, then `make lab`"
    raise ImportError(message) from None
"""
SLIDER_MARKER = "# NBVAL_IGNORE_OUTPUT"
HINT = "For sliders: python -m pip install ipywidgets, then restart JupyterLab."
SLIDER = f"""{SLIDER_MARKER}
try:
    from ipywidgets import interact
except ImportError:
    print("{HINT}")
else:
    interact("""
ABSOLUTE_PATH = r"(?<![\w.])/(home|root|Users|tmp|work|usr|opt)/|[A-Z]:\\\\?\w"


def read(path):
    """Return the notebook at path."""
    return nbformat.read(path, as_version=4)


def code_cells(notebook):
    """Return the code cells, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code"]


def prose(notebook):
    """Return all Markdown cells as one text."""
    return "\n\n".join(c.source for c in notebook.cells if c.cell_type == "markdown")


def pictures(notebook):
    """Return all outputs that hold a picture."""
    return [output for cell in code_cells(notebook) for output in pictures_of(cell)]


def pictures_of(cell):
    """Return a code cell's outputs that hold a picture."""
    return [output for output in cell.outputs if "image/png" in output.get("data", {})]


def output_text(output):
    """Return an output's text, as nbval compares it."""
    if output.output_type == "stream":
        return output.text
    return str(output.get("data", {}).get("text/plain", ""))


def execution_faults(notebook):
    """Find cells that nbval passes unchecked, and outputs that cannot come again."""
    cells = code_cells(notebook)
    faults = []
    if [cell.execution_count for cell in cells] != list(range(1, len(cells) + 1)):
        faults.append("execution counts are not 1..n: run make notebooks")
    for number, cell in enumerate(cells, 1):
        if not cell.source.strip():
            faults.append(f"code cell {number} is empty: nbval has nothing to check")
        for output in cell.outputs:
            if output.output_type == "error":
                faults.append(f"code cell {number} ends in {output.ename}")
            elif output.get("name") == "stderr":
                faults.append(f"code cell {number} writes to stderr")
            elif not output_text(output):
                faults.append(f"code cell {number} shows what nbval does not compare")
            for pattern, what in FORBIDDEN_IN_OUTPUT.items():
                if re.search(pattern, output_text(output)):
                    faults.append(f"code cell {number} prints {what}")
    return faults


def source_faults(notebook):
    """Find source that ties outputs to the machine, or hides them from nbval."""
    faults = []
    for number, cell in enumerate(code_cells(notebook), 1):
        if cell.source.rstrip().endswith(";"):
            faults.append(f"code cell {number} ends with ';', which nbval runs without")
        source = cell.source
        if execute.is_slider(cell):
            source = source.removeprefix(SLIDER_MARKER + "\n")
        for pattern, what in FORBIDDEN_IN_CODE.items():
            if re.search(pattern, source, re.MULTILINE):
                faults.append(f"code cell {number} uses {what}")
    return faults


def metadata_faults(notebook):
    """Find metadata that make notebooks would drop."""
    if execute.normalise(copy.deepcopy(notebook)) != notebook:
        return ["metadata is not in its stable form: run make notebooks"]
    return []


def path_faults(notebook):
    """Find absolute paths in sources and text outputs."""
    faults = []
    for number, cell in enumerate(notebook.cells, 1):
        texts = [cell.source, *map(output_text, cell.get("outputs", []))]
        for text in texts:
            if found := re.search(ABSOLUTE_PATH, text):
                faults.append(f"cell {number} holds an absolute path, {found[0]}")
    return faults


def picture_faults(notebook):
    """Find pictures without a text alternative."""
    return [
        f"picture {number} has no alt text"
        for number, output in enumerate(pictures(notebook), 1)
        if not output.metadata.get("image/png", {}).get("alt", "").strip()
    ]


def slider_faults(notebook):
    """Find a slider cell that hides something, or that fails without ipywidgets."""
    sliders = [n for n, cell in enumerate(notebook.cells) if execute.is_slider(cell)]
    faults = [] if len(sliders) < 2 else ["more than one slider cell"]
    for number in sliders:
        begin, slider, turned = notebook.cells[number].source.partition(SLIDER)
        if begin or not slider or "\n" in turned:
            faults.append("the slider cell has another form than the others")
        call = turned.partition(",")[0] + "("
        before = nbformat.v4.new_notebook(cells=notebook.cells[:number][-2:])
        drawn = [cell for cell in code_cells(before) if pictures_of(cell)]
        if not any(cell.source.split("\n")[-1].startswith(call) for cell in drawn):
            faults.append("no picture by the slider's function in the two cells before")
    return faults


def lesson_faults(notebook):
    """Find what a numbered lesson lacks in its build-up."""
    faults = []
    first = notebook.cells[0].source
    if not re.match(r"# \d\d · \S", first):
        faults.append("the first cell does not begin with '# NN · Title'")
    faults += [f"the first cell lacks {part}" for part in OPENING if part not in first]
    if not all(cell.source.strip() for cell in notebook.cells):
        faults.append("a cell is empty")
    text = prose(notebook)
    if len(re.findall(r"^> \*\*Predict first\.\*\*", text, re.MULTILINE)) < 3:
        faults.append("fewer than three 'Predict first' prompts")
    if len(re.findall(r"^### Trap: \S", text, re.MULTILINE)) < 2:
        faults.append("fewer than two traps")
    sections = re.findall(r"^## (.+)$", text, re.MULTILINE)
    if sections[-len(CLOSING) :] != CLOSING:
        faults.append(f"the last sections are not {', '.join(CLOSING)}")
    if text.count("<details>") != text.count("</details>"):
        faults.append("a <details> is not closed")
    words = len(re.sub(FOLDED, "", text, flags=re.DOTALL).split())
    if words > 6000:
        faults.append(f"{words} words outside folded parts, more than 6000")
    pauses = re.findall(r"^> \*\*A place to pause\.\*\*.*", text, re.MULTILINE)
    if not pauses or not all("Run All Above" in pause for pause in pauses):
        faults.append("no place to pause that says which cells to run on coming back")
    stubs = [n for n, cell in enumerate(notebook.cells) if has_tag(cell, "exercise")]
    if not stubs or stubs[0] > len(notebook.cells) / 4:
        faults.append("no exercise in the first quarter")
    lengths = [len(cell.source.splitlines()) for cell in code_cells(notebook)]
    if max(lengths) > 25:
        faults.append(f"a code cell has {max(lengths)} lines, more than 25")
    if statistics.median(lengths) > 8:
        faults.append(f"the median code cell has {statistics.median(lengths)} lines")
    return faults + import_faults(notebook)


def has_tag(cell, tag):
    """Tell whether the cell has the tag."""
    return tag in cell.metadata.get("tags", [])


def import_faults(notebook):
    """Find a first code cell that imports nnlib first, or says nothing if it cannot."""
    source = code_cells(notebook)[0].source
    faults = [] if WITHOUT_NNLIB in source else ["no word on where nnlib is found"]
    modules = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Import):
            modules += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            modules.append(node.module)
    ours = [i for i, name in enumerate(modules) if name.split(".")[0] == "nnlib"]
    if not ours or "numpy" not in modules[: ours[0]]:
        faults.append("the first code cell does not import numpy before nnlib")
    return faults


def faults(notebook):
    """Return all faults of a lesson."""
    return [
        fault
        for check in (
            execution_faults,
            source_faults,
            metadata_faults,
            path_faults,
            picture_faults,
            slider_faults,
            lesson_faults,
        )
        for fault in check(notebook)
    ]


def broken_links(path):
    """Return the link targets in a notebook or Markdown file that do not exist."""
    text = prose(read(path)) if path.suffix == ".ipynb" else path.read_text("utf-8")
    text = re.sub(r"```.*?```", "", text, flags=re.DOTALL)
    targets = re.findall(r"\]\(([^)\s]+)\)", text)
    targets += re.findall(r"(?:src|href)=\"([^\"]+)\"", text)
    return [target for target in targets if not resolves(target, path)]


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
    return anchor in anchors(place.read_text("utf-8"))


def anchors(markdown):
    """Return the anchors of a Markdown text's headings, as code hosts form them."""
    headings = re.findall(r"^#+ (.+)$", markdown, re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", h.lower()).replace(" ", "-") for h in headings}
