"""A notebook open in JupyterLab: run all its cells, find one again."""

from pathlib import Path
from typing import NamedTuple

import nbformat

SECONDS_FOR_A_LESSON = 300

# The toolbar says "idle" before there is a kernel; the kernel's connection knows it.
KERNEL_IS_READY = """() => {
    const notebook = window.jupyterapp?.shell.currentWidget;
    const kernel = notebook?.sessionContext?.session?.kernel;
    return kernel?.connectionStatus === "connected" && kernel.status === "idle";
}"""
# Without the stored outputs and counts, whatever stands there afterwards is new.
RUN_ALL = """() => {
    const { commands } = window.jupyterapp;
    window.hasRun = false;
    commands.execute("notebook:clear-all-cell-outputs")
        .then(() => commands.execute("notebook:run-all-cells"))
        .finally(() => { window.hasRun = true; });
}"""
CONTENT = """() => JSON.stringify(
    window.jupyterapp.shell.currentWidget.content.model.toJSON()
)"""
SCROLL_TO_CELL = """async (number) => {
    const notebook = window.jupyterapp.shell.currentWidget.content;
    await notebook.scrollToItem(number, "start");
}"""
STOP_KERNEL = "() => window.jupyterapp.shell.currentWidget.sessionContext.shutdown()"


class Lab(NamedTuple):
    """A running JupyterLab: the folder it serves, its address with the token."""

    folder: Path
    address: str


def run_all(page, lab, name):
    """Open the notebook as a reader does, Run All Cells; return what it then holds."""
    page.goto(lab.address.replace("/lab?", f"/lab/workspaces/tests/tree/{name}?reset&"))
    page.wait_for_function(KERNEL_IS_READY)
    page.evaluate(RUN_ALL)
    page.wait_for_function("window.hasRun", timeout=SECONDS_FOR_A_LESSON * 1000)
    return nbformat.reads(page.evaluate(CONTENT), as_version=4)


def scroll_to_cell(page, number):
    """Bring the cell with this number, counted from 0, to the top of the screen."""
    page.evaluate(SCROLL_TO_CELL, number)
