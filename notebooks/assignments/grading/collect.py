"""Put what a learning platform gives out where the grader looks for it.

Usage: python -m grading.collect NAME --from downloads.zip [--course DIR]

Takes a zip or a folder, named as Moodle and Canvas name things, or with a folder or a
file for each student.  Whose a file is, is told by the outermost name, which the
platform gave, and by nothing that a student packed.  A line tells what became of each.
On a hub, ``--from exchange`` takes what lies in nbgrader's exchange.
(nbgrader's zip_collect unpacks without limits and does not tell what it leaves out.)
"""

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

from grading import exchange, release
from grading.book import roster
from grading.files import DEBRIS, say

MOST_BYTES = 200 * 2**20  # unpacked, of a student; of all, ten times as much
MOST_FILES = 1_000  # likewise
MOODLE = r"(?P<who>[^_]+)_(?P<id>\d+)_assignsubmission_[a-z]+(_(?P<file>.*))?"
CANVAS = r"(?P<who>[^_]+)(_(?i:late))?_(?P<id>\d+)_\d+_(?P<file>.+)"
ALONE = r"(?P<who>.+)\.(ipynb|zip)"


def in_folder(place):
    """Yield (name, function that reads it, why it is left out or "") of all files."""
    for path in sorted(path for path in place.rglob("*") if not path.is_dir()):
        name, link = path.relative_to(place).as_posix(), path.is_symlink()
        yield name, path.read_bytes, "it is a link" if link else ""


def in_zip(file, times):
    """Yield the same of a zip, which is measured first."""
    archive = zipfile.ZipFile(file)
    members = [info for info in archive.infolist() if not info.is_dir()]
    # zipfile reads no more of a file than the size that is added up here.
    if sum(info.file_size for info in members) > times * MOST_BYTES:
        raise OSError("unpacked it would be too large")
    if len(members) > times * MOST_FILES:
        raise OSError("it holds too many files")
    for info in members:
        name, why = info.filename, ""
        if not info.flag_bits & 0x800:  # not marked as UTF-8, but often it is
            with contextlib.suppress(UnicodeError):
                name = name.encode("cp437").decode("utf-8")
        if info.flag_bits & 1 or stat.S_ISLNK(info.external_attr >> 16):
            why = "it is encrypted" if info.flag_bits & 1 else "it is a link"
        yield name, partial(archive.read, info), why


def files_in(place, times=1):
    """Return [(name, function that reads it)] of a zip or a folder; tell of others."""
    folder, kept = isinstance(place, Path) and place.is_dir(), []
    for name, read, why in in_folder(place) if folder else in_zip(place, times):
        name = normalize("NFC", name.replace("\\", "/"))
        steps = name.split("/")
        if {"", ".", ".."} & {*steps} or "\0" in name:
            why = "its path leads elsewhere"
        elif any(map(DEBRIS.fullmatch, steps)):
            why = "it is a system's own file"
        if why:
            say(f"{name}: left out, {why}.")
        else:
            kept.append((name, read))
    return kept


def named(step):
    """Return the match of a name that a platform gave, or None."""
    return re.fullmatch(MOODLE, step, re.S) or re.fullmatch(CANVAS, step, re.S)


def by_person(files, assignment):
    """Return {(who, id): [(name, path in what was handed in, read)]}."""
    people, steps = defaultdict(list), [name.split("/") for name, _ in files]
    # All of a download may be in one folder, above the names that the platform gave.
    inside = len({first for first, *_ in steps}) == 1 and not named(steps[0][0])
    inside = inside and any(map(named, (step[1] for step in steps if len(step) > 1)))
    for (name, read), step in zip(files, steps, strict=True):
        first, *rest = step[inside:]
        alone, says = re.fullmatch(ALONE, first, re.S), named(first)
        who, number = (says["who"], says["id"]) if says else (first, "")
        if says and "_assignsubmission_onlinetext_" in first:
            say(f"{name}: left out, it was typed into the platform.")
            continue
        if says:
            rest.insert(0, says["file"] or "")
        elif not rest and alone:
            who, rest = alone[1], [f"{assignment}.{alone[2]}"]
        if rest:
            people[who, number].append((name, "/".join(rest).strip("/"), read))
        else:
            say(f"{name}: left out, its name does not say whose it is.")
    return people


def keys(name):
    """Return how platforms write a name: adaking, kingada."""
    words = re.findall(r"\w+", normalize("NFC", name).casefold())
    return {"".join(words[i:] + words[:i]) for i in range(len(words))} or {""}


def folders(course, name, people):
    """Return {(who, id): student's folder}, never one folder for two people."""
    people, by_key, found = list(people), defaultdict(set), {}
    known = [*roster(course), *roster(course / "exports" / name)]
    numbers = {row["id"]: row["student"] for row in known if row.get("id")}
    for row in roster(course):
        for key in keys(row.get("name", "")) | keys(row["student"]):
            by_key[key].add(row["student"])
    same = [max(keys(who)) for who, _ in people]
    for who, number in people:
        students = set().union(*(by_key[key] for key in keys(who) - {""}))
        student = re.sub(r"[/\\\x00-\x1f]", " ", who).lstrip(". ").rstrip()
        alone = same.count(max(keys(who))) == 1
        if number in numbers:
            student = numbers[number]
        elif alone and len(students) == 1:
            student = students.pop()
        elif not (alone and student) or students or student in numbers.values():
            student = f"{student} {number}".strip() or "nameless"
        found[who, number] = student
    return found


def unpack(name, path, read, part, left):
    """Write a file of a student's, or those in a zip; tell what became of it.

    ``name`` is how the download calls it, ``part`` the student's folder, which is not
    yet in its place, ``left`` are the bytes and files that may still come.
    """
    try:
        data, target = read(), part / path
        left[:] = left[0] - len(data), left[1] - 1
        why = "it is too much" if min(left) < 0 else ""
        if path.lower().endswith(".zip") and not why:
            for inner, read_inner in files_in(io.BytesIO(data)):
                unpack(f"{name}/{inner}", inner, read_inner, part, left)
            return
        if path == "timestamp.txt":
            why = "a student does not say when it was handed in"
        elif target.exists():
            why = "there is another one of this name"
        elif not why:
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(data)
    except Exception as error:  # of zipfile, zlib, the disk; the others go on
        why = f"it cannot be unpacked: {error}"
    place = f"submitted/{part.parent.name}/{part.name[1:-5]}/{path}"
    say(f"{name}: left out, {why}." if why else f"{name} -> {place}")


def collect(course, name, source):
    """Put everybody's files into course/submitted; return how many people they are.

    Whom the platform named is written for the next time, and for grading.export:
    Moodle numbers people anew in each assignment, so that roster.csv cannot know it.
    """
    people, exports = by_person(files_in(source, 10), name), course / "exports" / name
    taken = {
        row["id"]: [row["student"], row["name"], row["id"]] for row in roster(exports)
    }
    count = 0
    for (who, number), student in folders(course, name, people).items():
        place = course / "submitted" / student / name
        part, left = place.with_name(f".{name}.part"), [MOST_BYTES, MOST_FILES]
        shutil.rmtree(part, ignore_errors=True)
        for file in people[who, number]:
            unpack(*file, part, left)
        if part.exists():
            if place.exists():
                shutil.rmtree(place)
                say(f"{student}: what had been collected before is replaced.")
            part.rename(place)
            count, taken[number] = count + 1, [student, who, number]
    taken.pop("", None)
    exports.mkdir(parents=True, exist_ok=True)
    with (exports / "roster.csv").open("w", newline="", encoding="utf-8") as file:
        csv.writer(file).writerows([["student", "name", "id"], *taken.values()])
    return count


def main(arguments=None):
    """Collect what the command line names."""
    parser = release.command(__doc__)
    parser.add_argument("--from", dest="source", type=Path, required=True)
    options = parser.parse_args(arguments)
    try:
        release.source_of(options.course, options.name)
    except FileNotFoundError as error:
        sys.exit(str(error))
    try:
        take = exchange.collect if str(options.source) == "exchange" else collect
        count = take(options.course, options.name, options.source)
    except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
        sys.exit(f"{options.source} cannot be read: {error}.")
    print(f"Collected from {count} {'person' if count == 1 else 'people'}.")


if __name__ == "__main__":
    main()
