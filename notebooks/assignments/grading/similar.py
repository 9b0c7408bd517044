"""Compare the coded cells of all submissions with one another, by copydetect.

Usage: python -m grading.similar NAME [--course DIR] [--threshold 0.8]

Prints pairs of students whose solutions overlap by more than the threshold; what was
handed out does not count.  Short tasks have few right answers, so that a high overlap
proves nothing: read both.  Who renames and reorders much is not found.
"""

import argparse
import itertools
import tempfile
from pathlib import Path

import copydetect
import nbformat

from grading import release
from grading.repair import is_solution

TOKENS, WINDOW = (
    15,
    5,
)  # in a row that count as equal, and how densely they are looked at


def code_of(path):
    """Return the coded solution cells of a notebook, as one text."""
    cells = nbformat.read(path, as_version=4).cells
    return "\n".join(
        c.source for c in cells if c.cell_type == "code" and is_solution(c)
    )


def pairs(course, name, threshold):
    """Return [(overlap, student, student)], the largest first."""
    with tempfile.TemporaryDirectory() as folder:

        def print_of(number, text, known=None):
            file = Path(folder, f"{number}.py")
            file.write_text(text, "utf-8")
            return copydetect.CodeFingerprint(str(file), TOKENS, WINDOW, known)

        blank = print_of("blank", code_of(course / f"release/{name}/{name}.ipynb"))
        students = {}
        for path in sorted(course.glob(f"autograded/*/{name}/{name}.ipynb")):
            code = code_of(path)
            students[path.parts[-3]] = print_of(len(students), code, list(blank.hashes))
    found = []
    for (one, a), (other, b) in itertools.combinations(students.items(), 2):
        _, shares, _ = copydetect.compare_files(a, b)
        if max(shares) > threshold:
            found.append((max(shares), one, other))
    return sorted(found, reverse=True)


def main(arguments=None):
    """Print the pairs."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", metavar="NAME", help="of the assignment")
    parser.add_argument("--course", type=Path, default=release.COURSE)
    parser.add_argument("--threshold", type=float, default=0.8)
    options = parser.parse_args(arguments)
    found = pairs(options.course.resolve(), options.name, options.threshold)
    for share, one, other in found:
        print(f"{share:.0%} of the code: {one}, {other}")
    print(f"{len(found)} pairs overlap by more than {options.threshold:.0%}.")
    print("This proves nothing: short tasks have few right answers. Read both.")


if __name__ == "__main__":
    main()
