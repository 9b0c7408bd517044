"""Hand out, take in and hand back through nbgrader's exchange, on a hub.

Usage: python -m grading.exchange NAME --hand-out   the assignment, to all students
       python -m grading.exchange NAME --hand-back  feedback, to each student the own

What is handed in lies there as students' own accounts wrote it (grading.collect takes
it).  nbgrader would believe the time and the name that they wrote, follow their links,
and take half a folder for a whole one.  Here whose it is, is who owns it, and its time
is that of its last change, which the system keeps and nobody can set.
"""

import os
import pwd
import re
import shutil
import stat
import time
from datetime import UTC, datetime
from pathlib import Path

from nbgrader.coursedir import CourseDirectory
from nbgrader.exchange import default

from grading import release
from grading.files import MOST_BYTES, MOST_FILES, replacing, say, within

STUDENT = r"[A-Za-z0-9][\w.@-]*"


def part(kind, course, name, student="*"):
    """Return a part of nbgrader's exchange, for an assignment."""
    config = release.settings(course)
    config.ExchangeReleaseAssignment.force = True
    ids = {"assignment_id": name, "student_id": student}
    return kind(coursedir=CourseDirectory(config=config, **ids), config=config)


def newest(course, name):
    """Return {student: folder} of what was handed in last and is whole."""
    collect, found = part(default.ExchangeCollect, course, name), {}
    inbound = Path(collect.root, collect.coursedir.course_id, "inbound")
    if not os.access(inbound, os.R_OK | os.X_OK):
        raise OSError(f"{inbound} is not there, or not yours: hand out first")
    for folder in sorted(inbound.glob(f"*+{name}+*")):
        student, status = folder.name.partition("+")[0], folder.lstat()
        try:
            owner = pwd.getpwuid(status.st_uid).pw_name
        except KeyError:
            owner = f"number {status.st_uid}"
        if not (stat.S_ISDIR(status.st_mode) and re.fullmatch(STUDENT, student)):
            say(f"{folder.name}: left out, it is no folder of a student's.")
        elif collect.check_owner and owner != student:
            say(f"{folder.name}: left out, it was put there by {owner}.")
        elif status.st_mode & 0o777 != 0o777:  # the last thing that nbgrader does
            say(f"{folder.name}: left out, it was cut off while it was handed in.")
        elif student not in found or changed(folder) > changed(found[student]):
            found[student] = folder
    return found


def changed(folder):
    """Return when something in a folder changed last, in seconds."""
    try:
        paths = [folder, *folder.rglob("*")]
        return max(path.lstat().st_ctime for path in paths)
    except (OSError, RecursionError):  # it changes now, or is too deep
        return time.time()


def read(path, owner):
    """Return a file's bytes, if it is the owner's and no link, pipe or device."""
    file = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    with open(file, "rb") as stream:
        status = os.fstat(file)
        if not stat.S_ISREG(status.st_mode) or status.st_uid != owner:
            raise OSError("it is no file of the student's own")
        return stream.read(MOST_BYTES + 1)


def collect(course, name):
    """Put what is handed in into course/submitted; return how many people they are."""
    handed = newest(course, name)
    for student, folder in handed.items():
        with replacing(course / "submitted" / student / name) as part:
            left = MOST_BYTES
            for number, path in enumerate(within(folder)):
                where = path.relative_to(folder)
                try:
                    data = read(path, folder.lstat().st_uid)
                except OSError as error:
                    say(f"{student}/{where}: left out: {error.strerror or error}")
                    continue
                if (left := left - len(data)) < 0 or number >= MOST_FILES:
                    say(f"{student}/{where}: left out with all after it, too much.")
                    break
                (part / where).parent.mkdir(parents=True, exist_ok=True)
                (part / where).write_bytes(data)
            when = datetime.fromtimestamp(changed(folder), UTC)  # now that all is read
            (part / "timestamp.txt").write_text(f"{when:%Y-%m-%d %H:%M:%S.%f} UTC")
        say(f"{student}: handed in {when:%Y-%m-%d %H:%M:%S} UTC")
    return len(handed)


def hand_back(course, name):
    """Put feedback pages where each student alone finds the own; return how many."""
    count = 0
    for page in sorted(course.glob(f"feedback/*/{name}/{name}.html")):
        student = page.parents[1].name
        handed = course / "submitted" / student / name
        try:
            for file in ("timestamp.txt", "submission_secret.txt"):  # it is found by
                shutil.copy(handed / file, page.parent)
            part(default.ExchangeReleaseFeedback, course, name, student).start()
            count += 1
        except (OSError, ValueError) as error:
            say(f"{student}: not handed back, it did not come from a hub: {error}")
    return count


def main(arguments=None):
    """Hand out, or hand back, what the command line names."""
    parser = release.command(__doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument("--hand-out", action="store_true", help="to all students")
    what.add_argument("--hand-back", action="store_true", help="feedback, to each")
    options = parser.parse_args(arguments)
    course = options.course.resolve()
    if options.hand_out:
        part(default.ExchangeReleaseAssignment, course, options.name).start()
        say(f"Handed out {options.name}.")
    else:
        say(f"Handed back {hand_back(course, options.name)} pages.")


if __name__ == "__main__":
    main()
