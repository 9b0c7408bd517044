"""Put what a learning platform gives out where the grader looks for it.

Usage: python -m grading.collect NAME --from downloads.zip [--course DIR]

Takes a zip or a folder, zips inside included, named as Moodle and Canvas name them, or
with a folder or a file for each student.  Each file's way is told in a line.
"""

import argparse
import contextlib
import functools
import io
import re
import shutil
import sys
import zipfile
from pathlib import Path

from grading import release
from grading.book import roster
from grading.repair import DEBRIS

MOST_BYTES = 200 * 2**20  # of a student's files, and ten times that of all
MOST_FILES = 10_000
MOODLE = (
    r"(?:[^/]+/)*?(?P<who>[^/]+?)_(?P<id>\d+)_assignsubmission_file_?/?(?P<file>.+)"
)
CANVAS = r"(?:[^/]+/)*?(?P<who>[^/_]+)_(?P<late>LATE_)?(?P<id>\d+)_\d+_(?P<file>.+)"
FOLDER = r"(?P<who>[^/]+)/(?P<file>.+)"
FILE = r"(?P<file>(?P<who>[^/]+)\.(?:ipynb|zip))"


def files_in(path, file=None, depth=0):
    """Yield (name, path inside it, size, function that returns the bytes) of all files.

    The path inside is that in a zip which a student handed in, or "": whose a file is,
    is told by the name that the platform gave it, and by nothing that is inside.
    """
    if file is None and path.is_dir():
        for found in sorted(path.rglob("*")):
            if found.is_file() and not found.is_symlink():
                name = found.relative_to(path).as_posix()
                yield from opened(name, found.stat().st_size, found.read_bytes, depth)
        return
    with zipfile.ZipFile(file or path) as archive:
        for info in archive.infolist():
            name = info.filename
            if (
                not info.flag_bits & 0x800
            ):  # not marked as UTF-8; often it is all the same
                with contextlib.suppress(UnicodeError):
                    name = name.encode("cp437").decode("utf-8")
            if info.flag_bits & 1:
                print(f"{name}: left out, it is encrypted.")
            elif not info.is_dir():
                read = functools.partial(unpack, archive, info)
                yield from opened(name.replace("\\", "/"), info.file_size, read, depth)


def opened(name, size, read, depth):
    """Yield a file, or the files in it if it is a zip."""
    if not name.lower().endswith(".zip") or depth > 1 or size > MOST_BYTES:
        yield name, "", size, read
        return
    try:
        for inner, more, *rest in files_in(None, io.BytesIO(read()), depth + 1):
            yield name, f"{inner}/{more}".rstrip("/"), *rest
    except (zipfile.BadZipFile, OSError):
        print(f"{name}: left out, it is a damaged zip.")


def unpack(archive, info):
    """Return the bytes of a file in a zip, which may have more than it says."""
    with archive.open(info) as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise zipfile.BadZipFile("too large")
    return data


def parts_of(name):
    """Return the match of a file's name, or None: who, file, perhaps id and late."""
    for pattern in (MOODLE, CANVAS, FOLDER, FILE):
        if found := re.fullmatch(pattern, name, re.S):
            return {"id": "", "late": None, **found.groupdict()}
    return None


class Class:
    """Who is who: by the roster, or else by the platform's own naming."""

    def __init__(self, people):
        self.by_id = {row.get("id", ""): row["student"] for row in people}
        self.by_name = {
            re.sub(r"\W", "", row.get(key, "").lower()): row["student"]
            for row in people
            for key in ("name", "student")
        }
        self.ids = {}

    def student(self, who, number):
        """Return the name of a student's folder."""
        if number and number in self.by_id:
            return self.by_id[number]
        plain = re.sub(r"\W", "", who.lower())
        if plain and plain in self.by_name:
            return self.by_name[plain]
        safe = re.sub(r"[/\\\0]", "_", who).strip().lstrip(".") or "nameless"
        first = self.ids.setdefault(safe, number)
        return safe if first == number else f"{safe} {number}"


def collect(course, name, source):
    """Copy all files to course/submitted/STUDENT/NAME/; return how many students."""
    people, seen, left, count = Class(roster(course)), {}, 10 * MOST_BYTES, 0
    for name_given, inside, size, read in files_in(source):
        path = f"{name_given}/{inside}".rstrip("/")
        steps, count = path.split("/"), count + 1
        if any(DEBRIS.fullmatch(step) for step in steps) or "_onlinetext" in path:
            continue
        found = parts_of(name_given)
        if not found or ".." in steps or path.startswith("/") or "\0" in path:
            print(f"{path}: left out, the name does not say whose it is.")
            continue
        student = people.student(found["who"], found["id"])
        left -= size
        used = seen.get(student, 0) + size
        if used > MOST_BYTES or left < 0 or count > MOST_FILES:
            print(f"{path}: left out, it is too much.")
            continue
        folder = course / "submitted" / student / name
        file = inside or found["file"]
        if file == "timestamp.txt":
            print(f"{path}: left out, a student does not say when it was handed in.")
            continue
        if file.lower().endswith(".ipynb") and found["who"] == file[:-6]:
            file = f"{name}.ipynb"
        if student not in seen and folder.exists():
            shutil.rmtree(folder)
            print(f"{student}: what had been collected before is replaced.")
        seen[student] = used
        target = folder / file
        try:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(read())
        except (
            OSError,
            zipfile.BadZipFile,
            RuntimeError,
            NotImplementedError,
        ) as error:
            print(f"{path}: left out, it cannot be unpacked ({error}).")
            continue
        late = " (marked as late)" if found["late"] else ""
        print(f"{path} -> submitted/{student}/{name}/{file}{late}")
    return len(seen)


def main(arguments=None):
    """Collect what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", metavar="NAME", help="of the assignment")
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--course", type=Path, default=release.COURSE)
    options = parser.parse_args(arguments)
    if options.name not in release.names(options.course):
        known = ", ".join(release.names(options.course))
        sys.exit(f"There is no assignment {options.name!r} (there are: {known}).")
    try:
        count = collect(options.course, options.name, options.source)
    except (OSError, zipfile.BadZipFile) as error:
        sys.exit(f"{options.source} cannot be read: {error}.")
    print(f"Collected from {count} students.")


if __name__ == "__main__":
    main()
