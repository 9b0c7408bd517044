"""Put what a learning platform gives out where the grader looks for it.

Usage: python -m grading.collect NAME --from downloads.zip [--course DIR]

Takes a zip or a folder, named as Moodle and Canvas name things, or with a folder or a
file for each student.  Whose a file is, is told by the outermost name, which the
platform gave, and by nothing that a student packed.  A line tells what became of each.
(nbgrader's zip_collect unpacks without limits and does not tell what it leaves out.)
"""

import argparse
import contextlib
import csv
import io
import re
import shutil
import stat
import sys
import zipfile
from collections import defaultdict
from functools import partial
from pathlib import Path
from unicodedata import normalize

from grading import release
from grading.book import roster
from grading.files import DEBRIS, printable

MOST_BYTES = 200 * 2**20  # unpacked, of a student; of all, ten times as much
MOST_FILES = 1_000  # likewise
MOODLE = r"(?P<who>[^_]+)_(?P<id>\d+)_assignsubmission_(?P<kind>[a-z]+)(_(?P<file>.*))?"
CANVAS = r"(?P<who>[^_]+)(?P<late>_(?i:late))?_(?P<id>\d+)_\d+_(?P<file>.+)"
COLUMNS = ["student", "name", "id"]
ALONE = r"(?P<who>.+)\.(?P<kind>ipynb|zip)"


def tell(line):
    """Print one line, whatever a file's name is made of."""
    print(printable(line))


def wanted(name, encrypted=False, link=False):
    """Tell whether a file may be taken; print why not."""
    steps, why = name.split("/"), ""
    if {"", ".", ".."} & {*steps} or "\0" in name:
        why = "its path leads elsewhere"
    elif any(map(DEBRIS.fullmatch, steps)):
        why = "it is a system's own file"
    elif encrypted or link:
        why = "it is encrypted" if encrypted else "it is a link"
    if why:
        tell(f"{name}: left out, {why}.")
    return not why


def unzipped(file, times=1):
    """Return [(name, function that reads it)] of what is in a zip."""
    archive, found = zipfile.ZipFile(file), []
    members = [info for info in archive.infolist() if not info.is_dir()]
    # zipfile reads no more of a file than the size that is added up here.
    if sum(info.file_size for info in members) > times * MOST_BYTES:
        raise OSError("unpacked it would be too large")
    if len(members) > times * MOST_FILES:
        raise OSError("it holds too many files")
    for info in members:
        name = info.filename
        if not info.flag_bits & 0x800:  # not marked as UTF-8, but often it is
            with contextlib.suppress(UnicodeError):
                name = name.encode("cp437").decode("utf-8")
        name = normalize("NFC", name.replace("\\", "/"))
        if wanted(name, info.flag_bits & 1, stat.S_ISLNK(info.external_attr >> 16)):
            found.append((name, partial(archive.read, info)))
    return found


def opened(place):
    """Return the same list of what is in a zip or a folder."""
    if not place.is_dir():
        return unzipped(place, times=10)
    files = []
    for path in sorted(path for path in place.rglob("*") if not path.is_dir()):
        name = normalize("NFC", path.relative_to(place).as_posix())
        if wanted(name, link=path.is_symlink()):
            files.append((name, path.read_bytes))
    return files


def named(step):
    """Return what a platform's name says: who, id, file, kind, late; or None."""
    found = re.fullmatch(MOODLE, step, re.S) or re.fullmatch(CANVAS, step, re.S)
    return found and {"kind": "", "late": None, **found.groupdict()}


def depth_of(files):
    """Return how many steps stand before the platform's names, or None."""
    columns = zip(*(name.split("/") for name, _ in files), strict=False)
    for depth, steps in enumerate(columns):
        if any(map(named, steps)):
            return depth
        if len(set(steps)) > 1:
            return None
    return None


def sort_out(files, assignment):
    """Return {(who, id): [(name, path in what was handed in, late, read)]}."""
    depth, found = depth_of(files), defaultdict(list)
    for name, read in files:
        first, *rest = name.split("/")[depth or 0 :]
        says, path, late, why = named(first), "/".join(rest), "", ""
        if says and says["kind"] == "onlinetext":
            why = "it was typed into the platform, not handed in as a file"
        elif says:
            path = f"{says['file'] or ''}/{path}".strip("/")
            late = " (marked as late)" if says["late"] else ""
        elif any(re.fullmatch(MOODLE, step, re.S) for step in rest):
            why = "it is of a download inside; name that one with --from"
        elif rest:
            says = {"who": first, "id": ""}
        elif says := re.fullmatch(ALONE, first, re.S):
            path = f"{assignment}.{says['kind']}"
            says = {"who": says["who"], "id": ""}
        else:
            why = "its name does not say whose it is"
        if why:
            tell(f"{name}: left out, {why}.")
        else:
            found[says["who"], says["id"]].append((name, path, late, read))
    return found


def keys(name):
    """Return how platforms write a name: adaking, kingada."""
    words = re.findall(r"\w+", normalize("NFC", name).casefold())
    return {"".join(words[i:] + words[:i]) for i in range(len(words))} or {""}


def folders(course, name, people):
    """Return {(who, id): student's folder}, never one folder for two people."""
    before = roster(course / "exports" / name)  # what was collected of NAME
    numbers = {x.get("id", ""): x["student"] for x in [*roster(course), *before]}
    owners, by_key, found = {x: n for n, x in numbers.items()}, defaultdict(set), {}
    for row in roster(course):
        for key in keys(row.get("name", "")) | keys(row["student"]):
            by_key[key].add(row["student"])
    same = [max(keys(who)) for who, _ in people]
    for who, number in people:
        students = set().union(*(by_key[key] for key in keys(who) - {""}))
        student = re.sub(r"[/\\\x00-\x1f]", " ", who).lstrip(". ").rstrip()
        alone = same.count(max(keys(who))) == 1
        if number in numbers and number:
            student = numbers[number]
        elif alone and len(students) == 1:
            student = students.pop()
        elif not (alone and student) or students or owners.get(student):
            student = f"{student} {number}".strip() or "nameless"
        found[who, number] = student
    return found


def remember(course, name, found):
    """Write whom the platform named, for the next time and for grading.export.

    Moodle numbers people anew in each assignment, so that roster.csv cannot know it.
    """
    place = course / "exports" / name
    place.mkdir(parents=True, exist_ok=True)
    rows = {row["id"]: [row[x] for x in COLUMNS] for row in roster(place)} | found
    with (place / "roster.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([COLUMNS, *rows.values()])


class Student:
    """Takes what a student handed in, into submitted/STUDENT/NAME."""

    def __init__(self, folder, everybody):
        self.folder, self.part = folder, folder.with_name(f".{folder.name}.part")
        self.mine, self.everybody = [MOST_BYTES, MOST_FILES], everybody
        shutil.rmtree(self.part, ignore_errors=True)

    def take(self, name, path, late, read):
        """Take a file, or the files in a zip, and tell."""
        shown = f"submitted/{self.folder.parent.name}/{self.folder.name}/{path}{late}"
        try:
            why = self.write(name, path, late, read())
        except Exception as error:  # of zipfile, zlib, the disk; the others go on
            why = f"it cannot be unpacked: {error}"
        if why != "opened":
            tell(f"{name}: left out, {why}." if why else f"{name} -> {shown}")

    def write(self, name, path, late, data):
        """Write a file; return "opened" for a zip, "" if written, or why not."""
        for left in (self.mine, self.everybody):
            left[:] = left[0] - len(data), left[1] - 1
        if min(self.mine + self.everybody) < 0:
            return "it is too much"
        if path.lower().endswith(".zip"):
            for inner, read in unzipped(io.BytesIO(data)):
                self.take(f"{name}/{inner}", inner, late, read)
            return "opened"
        if path == "timestamp.txt":
            return "a student does not say when it was handed in"
        target = self.part / path
        if target.exists():
            return "there is another one of this name"
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(data)
        return ""

    def keep(self):
        """Put the files in the place of older ones; return whether there are any."""
        if not self.part.exists():
            return False
        if self.folder.exists():
            shutil.rmtree(self.folder)
            student = self.folder.parent.name
            tell(f"{student}: what had been collected before is replaced.")
        self.part.rename(self.folder)
        return True


def collect(course, name, source):
    """Put everybody's files into course/submitted; return how many people they are."""
    everybody, taken = [10 * MOST_BYTES, 10 * MOST_FILES], {}
    found = sort_out(opened(source), name)
    for (who, number), student in folders(course, name, list(found)).items():
        person = Student(course / "submitted" / student / name, everybody)
        for file in found[who, number]:
            person.take(*file)
        if person.keep():
            taken[who, number] = [student, who, number]
    remember(course, name, {row[2]: row for row in taken.values() if row[2]})
    return len(taken)


def main(arguments=None):
    """Collect what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n\n")[0])
    parser.add_argument("name", metavar="NAME", help="of the assignment")
    parser.add_argument("--from", dest="source", type=Path, required=True)
    parser.add_argument("--course", type=Path, default=release.COURSE)
    options = parser.parse_args(arguments)
    try:
        release.source_of(options.course, options.name)
    except FileNotFoundError as error:
        sys.exit(str(error))
    try:
        count = collect(options.course, options.name, options.source)
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        sys.exit(f"{options.source} cannot be read: {error}.")
    print(f"Collected from {count} {'person' if count == 1 else 'people'}.")


if __name__ == "__main__":
    main()
