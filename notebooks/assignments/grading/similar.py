"""Compare the coded cells of all submissions with one another, by copydetect.

Usage: python -m grading.similar NAME [--course DIR] [--threshold 0.8]

Prints pairs of students whose solutions overlap by more than the threshold; what was
handed out does not count.  Other names and another order do not hide a copy; much new
writing does.  Of 65 pairs of right solutions in tests/course/catalogue, made to differ,
none overlaps by more than 0.65.
"""

import itertools
import tempfile
from pathlib import Path

import copydetect
import nbformat
from nbgrader.utils import is_solution

from grading import release
from grading.files import say

TOKENS, WINDOW = 15, 5  # in a row that count as equal, and how densely one looks


def code_of(path):
    """Return the coded solution cells of a notebook as one text, or ""."""
    try:
        cells = nbformat.read(path, as_version=4).cells
        code = [c.source for c in cells if c.cell_type == "code" and is_solution(c)]
        return "\n".join(code)
    except Exception:  # nobody's file keeps the others from being compared
        return ""


def pairs(course, name, threshold):
    """Return ([(overlap, student, student)], largest first; who is not compared)."""
    prints, found, without = {}, [], []
    with tempfile.TemporaryDirectory() as folder:

        def print_of(text, known=()):
            file = Path(folder, f"{len(prints)}.py")
            file.write_text(text, "utf-8", "replace")
            return copydetect.CodeFingerprint(str(file), TOKENS, WINDOW, [*known])

        blank = print_of(code_of(course / f"release/{name}/{name}.ipynb"))
        for student in sorted(
            x.parent.name for x in course.glob(f"submitted/*/{name}")
        ):
            graded = course / "autograded" / student / name / f"{name}.ipynb"
            if text := code_of(graded).strip():
                prints[student] = print_of(text, blank.hashes)
            else:
                without.append(student)
    for (one, a), (other, b) in itertools.combinations(prints.items(), 2):
        share = max(copydetect.compare_files(a, b)[1])
        if share > threshold:
            found.append((share, one, other))
    return sorted(found, reverse=True), without


def main(arguments=None):
    """Print the pairs."""
    parser = release.command(__doc__)
    parser.add_argument("--threshold", type=float, default=0.8)
    options = parser.parse_args(arguments)
    found, without = pairs(options.course, options.name, options.threshold)
    for share, one, other in found:
        say(f"{share:.0%} of the code: {one}, {other}")
    if without:
        say(f"Not compared, because nothing of theirs is graded: {', '.join(without)}.")
    print(f"{len(found)} pairs overlap by more than {options.threshold:.0%}.")
    print("This proves nothing: short tasks have few right answers. Read both.")


if __name__ == "__main__":
    main()
