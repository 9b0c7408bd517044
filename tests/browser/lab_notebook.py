"""A notebook open in JupyterLab: run all its cells, find one again."""

from pathlib import Path
from typing import NamedTuple

import nbformat

# The toolbar says "idle" before there is a kernel; the kernel's connection knows it.
KERNEL_IS_READY = """() => {
    const notebook = window.jupyterapp?.shell.currentWidget;
    const kernel = notebook?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
# Without the stored outputs and counts, whatever stands there afterwards is new.
RUN_ALL = """async () => {
    const { commands, shell } = window.jupyterapp;
    await commands.execute("notebook:clear-all-cell-outputs");
    await commands.execute("notebook:run-all-cells");
    return JSON.stringify(shell.currentWidget.content.model.toJSON());
}"""
SCROLL_TO_CELL = """async (number) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    await notebook.scrollToItem(number, "start");
}"""
STOP_KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"


class Lab(NamedTuple):
    """A running JupyterLab: the folder it serves, and the address that it printed."""

    folder: Path
    address: str


def open_notebook(page, lab, path):
    """Open a notebook as a reader does, and wait for its kernel."""
    start, _, token = lab.address.partition("/tree/notebooks/01_neuron.ipynb?")
    page.goto(f"{start}/workspaces/tests/tree/{path.as_posix()}?reset&{token}")
    page.wait_for_function(KERNEL_IS_READY)


def run_all(page):
    """Run All Cells; return the notebook that JupyterLab then holds."""
    return nbformat.reads(page.evaluate(RUN_ALL), as_version=4)


def scroll_to_cell(page, number):
    """Bring the cell with this number, counted from 0, to the top of the screen."""
    page.evaluate(SCROLL_TO_CELL, number)
