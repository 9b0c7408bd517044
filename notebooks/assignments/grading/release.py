"""Generate the hand-outs: source/NAME/NAME.ipynb to release/NAME/NAME.ipynb.

Usage: python -m grading.release [NAME ...] [--course DIR]      (all unless named)

nbgrader's preprocessors take out solutions, hidden tests, mark schemes and outputs.
"""

import argparse
import shutil
import sys
import warnings
from pathlib import Path

import nbformat
from nbgrader.nbgraderformat import ValidationError
from sqlalchemy.exc import SAWarning
from traitlets.config import PyFileConfigLoader
from traitlets.utils.importstring import import_item

from grading.records import Template
from grading.repair import features

warnings.filterwarnings("ignore", category=SAWarning, module="nbgrader")

COURSE = Path(__file__).resolve().parents[1]
SETTINGS = "nbgrader_config.py"


def command(doc, **more):
    """Return a parser for a command that works on an assignment of a course."""
    kind = argparse.ArgumentDefaultsHelpFormatter
    start = doc.partition("\n\n")[0]
    parser = argparse.ArgumentParser(description=start, formatter_class=kind)
    parser.add_argument("name", metavar="NAME", help="such as 03_backprop", **more)
    parser.add_argument("--course", type=Path, default=COURSE, help="course folder")
    return parser


def settings(course):
    """Return the course's settings of nbgrader."""
    try:
        config = PyFileConfigLoader(SETTINGS, path=str(course)).load_config()
    except Exception as error:
        why = f"{SETTINGS} of {course} cannot be used ({error!r})"
        raise RuntimeError(f"{why}: is it the course folder?") from error
    config.CourseDirectory.root = str(course)
    config.CourseDirectory.db_url = f"sqlite:///{course}/gradebook.db"
    return config


def names(course):
    """Return the names of the course's assignments, in order."""
    return sorted(path.parent.name for path in Path(course).glob("source/*/*.ipynb"))


def source_of(course, name):
    """Return the path of an assignment's source notebook."""
    path = Path(course) / "source" / name / f"{name}.ipynb"
    if path.is_file():
        return path
    known = ", ".join(names(course)) or "none yet"
    raise FileNotFoundError(
        f"There is no assignment {name!r} in {course}/source (there are: {known})."
    )


def released(course, name, until=None):
    """Return the hand-out; or the source as it comes to one of the preprocessors."""
    path, config = source_of(course, name), settings(course)
    try:
        notebook, resources = nbformat.read(path, as_version=4), {}
        for step in config.GenerateAssignment.preprocessors:
            kind = step.rpartition(".")[2]
            if kind == until:
                break
            if kind != "SaveCells":  # it would need a gradebook
                step = import_item(step)(config=config)
                notebook, resources = step.preprocess(notebook, resources)
    except Exception as error:
        cause = error.__context__  # nbgrader says there which cell it is
        reason = cause if isinstance(cause, ValidationError) else error
        line = str(reason).partition("\n")[0]
        raise RuntimeError(f"{path.name}: {line}") from error
    return notebook


def template(course, name):
    """Return the Template that submissions of an assignment are graded by."""
    source = source_of(course, name)
    places = [p for p in course.glob("release/*/*.ipynb") if p.stem == p.parent.name]
    others = {p.stem: features(nbformat.read(p, 4)) for p in places if p.stem != name}
    made = released(course, name)  # says so if there is something wrong with it
    return Template(name, source.parent, nbformat.read(source, 4), made, others)


def main(arguments=None):
    """Generate the hand-outs named on the command line."""
    options = command(__doc__, nargs="*").parse_args(arguments)
    for name in options.name or names(options.course):
        try:
            notebook = released(options.course, name)
        except (FileNotFoundError, RuntimeError) as error:
            sys.exit(f"{name} was not generated: {error}")
        target = options.course / "release" / name
        shutil.rmtree(target, ignore_errors=True)
        skipped = shutil.ignore_patterns(".*", "__pycache__", f"{name}.ipynb")
        shutil.copytree(options.course / "source" / name, target, ignore=skipped)
        nbformat.write(notebook, target / f"{name}.ipynb")
        print(f"generated release/{name}")


if __name__ == "__main__":
    main()
