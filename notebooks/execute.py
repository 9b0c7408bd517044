"""Run notebooks from top to bottom in place, and write them in one stable form.

Usage: python notebooks/execute.py [NOTEBOOK ...]      (all lessons unless named)

Outputs come from here and from nowhere else.  What would differ from run to run or from machine to
machine (timings, versions, widths, a reader's settings) is dropped, so a second run changes no byte.
"""

import argparse
import sys
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpec
from nbclient import NotebookClient
from jupyter_client.manager import AsyncKernelManager

HERE = Path(__file__).resolve().parent
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
KEPT_CELL_METADATA = ("tags", "nbgrader")


class ThisPython(AsyncKernelManager):
    """A kernel of the Python that runs this script, whatever kernels are registered."""

    @property
    def kernel_spec(self):
        """The command that starts the kernel."""
        argv = [sys.executable, "-m", "ipykernel_launcher", "-f", "{connection_file}"]
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def lessons():
    """Return the paths of the numbered lessons, in order."""
    return sorted(HERE.glob("[0-9][0-9]_*.ipynb"))


def execute(notebook, folder=HERE):
    """Run all cells in a fresh kernel started in folder; an exception in a cell is raised here."""
    manager = ThisPython()
    NotebookClient(
        notebook,
        km=manager,
        timeout=120,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
    ).execute()
    return notebook


def normalise(notebook):
    """Bring metadata into the stable form, in place; cells, outputs and counts stay."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        kept = {
            key: cell.metadata[key]
            for key in KEPT_CELL_METADATA
            if cell.metadata.get(key)
        }
        cell.metadata = nbformat.from_dict(kept)
        cell.pop("attachments", None)
        for output in cell.get("outputs", []):
            if output.output_type in ("display_data", "execute_result"):
                output.metadata = nbformat.from_dict(
                    {
                        kind: value
                        for kind, value in output.metadata.items()
                        if kind in output.data
                    }
                )
    return notebook


def main(arguments=None):
    """Run and rewrite the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("notebook", nargs="*", type=Path, help="default: all lessons")
    for path in parser.parse_args(arguments).notebook or lessons():
        notebook = nbformat.read(path, as_version=4)
        nbformat.write(normalise(execute(notebook, path.resolve().parent)), path)
        print(f"executed {path.name}")


if __name__ == "__main__":
    main()
