"""Compare the coded cells of all submissions with one another, by copydetect.

Usage: python -m grading.similar NAME [--course DIR]

Prints pairs of students whose solutions overlap by more than 80 %; what was handed
out does not count.  Other names and another order do not hide a copy; much new
writing does.  Of 65 pairs of right solutions in tests/course/catalogue, made to differ,
none overlaps by more than 0.65.
"""

import contextlib
import io
import itertools

import copydetect
import nbformat
from nbgrader.utils import is_solution

from grading import release
from grading.files import say

TOKENS, WINDOW = 15, 5  # in a row that count as equal, and how densely one looks
MOST = 0.8


def print_of(path, known=()):
    """Return the fingerprint of a notebook's coded solution cells, or None."""
    with contextlib.suppress(Exception):  # nobody's file keeps out the others
        cells = nbformat.read(path, as_version=4).cells
        code = [c.source for c in cells if c.cell_type == "code" and is_solution(c)]
        if code := "\n".join(code).strip():
            given = TOKENS, WINDOW, [*known]
            return copydetect.CodeFingerprint("a.py", *given, fp=io.StringIO(code))


def main(arguments=None):
    """Print the pairs whose code overlaps, and who was not compared."""
    options = release.command(__doc__).parse_args(arguments)
    course, name, prints, found = options.course, options.name, {}, []
    known = print_of(course / f"release/{name}/{name}.ipynb").hashes
    for path in sorted(course.glob(f"submitted/*/{name}")):
        graded = course / "autograded" / path.parent.name / name / f"{name}.ipynb"
        prints[path.parent.name] = print_of(graded, known)
    without = ", ".join(student for student, made in prints.items() if not made)
    prints = [(student, made) for student, made in prints.items() if made]
    for (one, a), (other, b) in itertools.combinations(prints, 2):
        share = max(copydetect.compare_files(a, b)[1])
        if share > MOST:
            found.append((share, one, other))
    for share, one, other in sorted(found, reverse=True):
        say(f"{share:.0%} of the code: {one}, {other}")
    say(f"Not compared, because nothing of theirs is graded: {without or 'nobody'}.")
    print(f"{len(found)} pairs overlap by more than {MOST:.0%}.")
    print("This proves nothing: short tasks have few right answers. Read both.")


if __name__ == "__main__":
    main()
