"""Generate the hand-outs: source/NAME/NAME.ipynb to release/NAME/NAME.ipynb.

Usage: python -m grading.release [NAME ...] [--course DIR]      (all unless named)

nbgrader takes out the solutions, the hidden tests and the mark schemes.  It works in a
temporary folder with a gradebook of its own, and what differs from run to run is
dropped: a second run changes no byte.
"""

import argparse
import logging
import os
import shutil
import sys
import tempfile
import warnings
from pathlib import Path

import nbformat
from nbgrader.converters import GenerateAssignment
from nbgrader.coursedir import CourseDirectory
from nbgrader.utils import capture_log
from sqlalchemy.exc import SAWarning
from traitlets.config import PyFileConfigLoader

# nbgrader calls alembic, which stands beside this Python, to make a new gradebook.
BESIDE = os.path.dirname(sys.executable)
if BESIDE not in os.environ.get("PATH", "").split(os.pathsep):
    os.environ["PATH"] = os.pathsep.join([BESIDE, os.environ.get("PATH", os.defpath)])

warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")

COURSE = Path(__file__).resolve().parents[1]
SETTINGS = "nbgrader_config.py"
METADATA = {
    "kernelspec": {
        "display_name": "Python 3 (ipykernel)",
        "language": "python",
        "name": "python3",
    },
    "language_info": {"name": "python"},
}
KEPT_CELL_METADATA = ("tags", "nbgrader", "deletable", "editable")


def settings(course, root, db_url):
    """Return the course's settings, for the folder root and the gradebook db_url."""
    if not (Path(course) / SETTINGS).is_file():
        raise FileNotFoundError(
            f"{course} has no {SETTINGS}: is it the course folder? Copy {COURSE.name}/"
            f"{SETTINGS} of the series into it, or name the folder with --course."
        )
    config = PyFileConfigLoader(SETTINGS, path=str(course)).load_config()
    config.CourseDirectory.root = str(root)
    config.CourseDirectory.db_url = db_url
    return config


def convert(kind, config, name, student="*"):
    """Run one of nbgrader's converters for an assignment.

    Raises:
        RuntimeError: it failed; the message holds what nbgrader said.
    """
    directory = CourseDirectory(config=config)
    directory.assignment_id, directory.student_id = name, student
    maker = kind(coursedir=directory, config=config)
    maker.log = logging.getLogger("grading")
    maker.log.propagate = False
    result = capture_log(maker)
    if not result["success"]:
        said = [x for x in result.get("log", "").splitlines() if "[INFO]" not in x]
        raise RuntimeError("\n".join([*said, result["error"]]))


def names(course):
    """Return the names of the course's assignments, in order."""
    return sorted(path.parent.name for path in Path(course).glob("source/*/*.ipynb"))


def generate(course, name, folder, db_url):
    """Generate a hand-out in another folder, and enter its cells into a gradebook.

    Args:
        course: the course folder.
        name: of the assignment.
        folder: where nbgrader works; gets source/NAME and release/NAME.
        db_url: the gradebook, such as "sqlite:///gradebook.db".

    Returns:
        The folder release/NAME, its notebook in the stable form.
    """
    source, folder = Path(course) / "source" / name, Path(folder)
    if not (source / f"{name}.ipynb").is_file():
        known = ", ".join(names(course)) or "none yet"
        raise FileNotFoundError(
            f"There is no assignment {name!r} in {course}/source (there are: {known})."
        )
    skipped = shutil.ignore_patterns(".*", "__pycache__")
    shutil.copytree(source, folder / "source" / name, ignore=skipped)
    convert(GenerateAssignment, settings(course, folder, db_url), name)
    released = folder / "release" / name
    path = released / f"{name}.ipynb"
    nbformat.write(normalise(nbformat.read(path, as_version=4)), path)
    return released


def normalise(notebook):
    """Drop what does not belong in a hand-out, in place, and return the notebook."""
    notebook.metadata = nbformat.from_dict(METADATA)
    notebook.nbformat, notebook.nbformat_minor = 4, 5
    for cell in notebook.cells:
        kept = {k: v for k, v in cell.metadata.items() if k in KEPT_CELL_METADATA}
        cell.metadata = nbformat.from_dict(kept)
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return notebook


def main(arguments=None):
    """Generate the hand-outs named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", nargs="*", help="assignments (default: all)")
    parser.add_argument("--course", type=Path, default=COURSE, help="course folder")
    options = parser.parse_args(arguments)
    for name in options.name or names(options.course):
        with tempfile.TemporaryDirectory() as folder:
            try:
                url = f"sqlite:///{folder}/gradebook.db"
                released = generate(options.course, name, folder, url)
            except (FileNotFoundError, RuntimeError) as error:
                sys.exit(f"{name} was not generated: {error}")
            target = options.course / "release" / name
            shutil.rmtree(target, ignore_errors=True)
            shutil.copytree(released, target)
        print(f"generated release/{name}")


if __name__ == "__main__":
    main()
