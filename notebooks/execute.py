"""Run notebooks from top to bottom in place, and write them in one stable form.

Usage: python notebooks/execute.py [NOTEBOOK ...]      (all lessons unless named)

Outputs come from here and from nowhere else. What would differ from run to run or from
machine to machine (timings, versions, a reader's settings, the random ids of sliders)
is dropped, so that a second run changes no byte.
"""

import argparse
import base64
import sys
from pathlib import Path

import nbformat
from jupyter_client.kernelspec import KernelSpec
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError

HERE = Path(__file__).resolve().parent
PICTURE = HERE / "images" / "spiral.png"
PICTURE_TAG = "readme-picture"
SLIDER_TAG = "slider"
EXERCISE_TAG = "exercise"  # a stub to fill in
CHECK_TAG = "check"  # the check below it
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
        argv += ["--log-level=ERROR"]  # no advice about transport on the terminal
        return KernelSpec(argv=argv, display_name="Python 3", language="python")


def lessons():
    """Return the paths of the numbered lessons, in order."""
    return sorted(HERE.glob("[0-9][0-9]_*.ipynb"))


def execute(notebook, folder=HERE):
    """Run all cells in a fresh kernel started in folder, and return the notebook.

    Raises:
        nbclient.exceptions.CellExecutionError: a cell raised an exception, or the
            function of its sliders did.
    """
    client = NotebookClient(
        notebook,
        kernel_manager_class=ThisPython,
        timeout=120,
        resources={"metadata": {"path": str(folder)}},
        record_timing=False,
        coalesce_streams=True,
    )
    client.on_cell_executed = lambda cell, **_: raise_what_widgets_show(client, cell)
    client.execute()
    return notebook


def raise_what_widgets_show(client, cell):
    """Raise the exception that ipywidgets only shows, below the sliders of the cell."""
    for widget in client.widget_state.values():
        for output in widget.get("outputs", ()):
            if output["output_type"] == "error":
                raise CellExecutionError.from_cell_and_msg(cell, output)


def normalise(notebook):
    """Bring the notebook into its stable form, in place, and return it."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        cell.metadata = chosen(cell.metadata, KEPT_CELL_METADATA)
        if is_folded(cell):  # JupyterLab shows its output, and its source on a click
            cell.metadata["jupyter"] = {"source_hidden": True}
        if is_slider(cell):
            cell.outputs = []
        for output in cell.get("outputs", []):
            if "data" in output:
                output.metadata = chosen(output.metadata, output.data)
    return notebook


def is_folded(cell):
    """Tell whether the cell checks an exercise or a task, or shows the work in use."""
    graded = cell.metadata.get("nbgrader", {})
    of_task = graded.get("grade", False) and not graded.get("solution", True)
    shows = cell.cell_type == "code" and graded.get("grade_id", "").startswith("see-")
    return CHECK_TAG in cell.metadata.get("tags", []) or of_task or shows


def is_slider(cell):
    """Tell whether the cell is tagged as an optional slider cell."""
    return SLIDER_TAG in cell.metadata.get("tags", [])


def chosen(metadata, keys):
    """Return the entries of metadata that have one of the keys and are not empty."""
    kept = {key: value for key, value in metadata.items() if key in keys and value}
    return nbformat.from_dict(kept)


def readme_picture(notebook):
    """Return the picture that the cell tagged for the README draws, or None."""
    for cell in notebook.cells:
        if PICTURE_TAG in cell.metadata.get("tags", []):
            for output in cell.outputs:
                if "image/png" in output.get("data", {}):
                    return base64.b64decode(output.data["image/png"])
    return None


def main(arguments=None):
    """Run and rewrite the notebooks named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("notebook", nargs="*", type=Path, help="default: all lessons")
    for path in parser.parse_args(arguments).notebook or lessons():
        notebook = nbformat.read(path, as_version=4)
        try:
            normalise(execute(notebook, path.resolve().parent))
        except CellExecutionError as error:
            error.add_note(f"This happened in {path}, which is left as it was.")
            raise
        nbformat.write(notebook, path)
        if picture := readme_picture(notebook):
            PICTURE.parent.mkdir(exist_ok=True)
            PICTURE.write_bytes(picture)
        print(f"executed {path.name}")


if __name__ == "__main__":
    main()
