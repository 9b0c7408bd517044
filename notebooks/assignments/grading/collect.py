"""Put what a learning platform gives out where the grader looks for it.

Usage: python -m grading.collect NAME --from downloads.zip [--course DIR]

Takes a zip or a folder, named as Moodle and Canvas name things, or with a folder or a
file for each student.  Whose a file is, is told by the outermost name, which the
platform gave, and by nothing that a student packed.  A line tells what became of each.
On a hub, ``--from exchange`` takes what lies in nbgrader's exchange.
(nbgrader's zip_collect unpacks without limits and does not tell what it leaves out.)
"""

import contextlib
import re
import shutil
import sys
import tempfile
import zipfile
from collections import Counter, defaultdict
from pathlib import Path
from unicodedata import normalize

from grading import exchange, release
from grading.book import roster, write_csv
from grading.files import MOST_BYTES, MOST_FILES, replacing, say, within

MOODLE = r"(?P<who>[^_]+)_(?P<id>\d+)_assignsubmission_file(_(?P<file>.*))?"
CANVAS = r"(?P<who>[^_]+)(_(?i:late))?_(?P<id>\d+)_\d+_(?P<file>.+)"


def unzip(path, folder, times=1):
    """Unpack a zip, which is measured first; zipfile keeps it inside the folder."""
    with zipfile.ZipFile(path) as archive:
        members = archive.infolist()
        size = sum(info.file_size for info in members)
        if size > times * MOST_BYTES or len(members) > times * MOST_FILES:
            raise OSError("unpacked it would be too large")
        for info in members:
            if not info.flag_bits & 0x800:  # not marked as UTF-8, but often it is
                with contextlib.suppress(UnicodeError):
                    info.filename = info.filename.encode("cp437").decode("utf-8")
            info.filename = normalize("NFC", info.filename.replace("\\", "/"))
            try:
                archive.extract(info, folder)
            except Exception as error:  # of zipfile, zlib, the disk; the others go on
                say(f"{info.filename}: left out, it cannot be unpacked: {error}")


def named(step):
    """Return the match of a name that a platform gave, or None."""
    return re.fullmatch(MOODLE, step, re.S) or re.fullmatch(CANVAS, step, re.S)


def by_person(top, assignment):
    """Return {(who, id): [(file, path in what was handed in)]}."""
    files, people = [(x, x.relative_to(top).parts) for x in within(top)], {}
    # All of a download may be in one folder, above the names that the platform gave.
    inside = len({steps[0] for _, steps in files}) == 1 and not named(files[0][1][0])
    inside &= any(named(steps[1]) for _, steps in files if len(steps) > 1)
    for file, steps in files:
        first, *rest = steps[inside:]
        who, number = first, ""
        if says := named(first):
            who, number = says["who"], says["id"]
            rest = [says["file"] or "", *rest]
        elif not rest and Path(first).suffix in (".ipynb", ".zip"):
            who, rest = Path(first).stem, [assignment + Path(first).suffix]
        if rest and "_assignsubmission_onlinetext_" not in first:
            people.setdefault((who, number), []).append((file, Path(*rest)))
        else:
            say(f"{'/'.join(steps)}: left out, it is no file of a student's.")
    return people


def folders(course, name, people):
    """Return {(who, id): student's folder}, never one folder for two people.

    Platforms write a name as Ada King, or as kingada.
    """
    by_key, found = defaultdict(set), {}
    known = [*roster(course), *roster(course / "exports" / name)]
    numbers = {row["id"]: row["student"] for row in known if row.get("id")}
    for row in roster(course):
        words = re.findall(r"\w+", row.get("name", "").casefold())
        turns = ["".join(words[n:] + words[:n]) for n in range(len(words))]
        for key in [*turns, key_of(row["student"])]:
            by_key[key].add(row["student"])
    same = Counter(key_of(who) for who, _ in people)
    for who, number in people:
        students, alone = by_key[key_of(who)] - {""}, same[key_of(who)] == 1
        student = re.sub(r"[/\\\x00-\x1f]", " ", who).lstrip(". ").rstrip()
        if number in numbers:
            student = numbers[number]
        elif alone and len(students) == 1:
            (student,) = students
        elif not (alone and student) or students or student in numbers.values():
            student = f"{student} {number}".strip() or "nameless"
        if student in found.values():
            student = f"{who} {number}"
        found[who, number] = student
    return found


def key_of(name):
    """Return a name without blanks and capital letters."""
    return "".join(re.findall(r"\w+", normalize("NFC", name).casefold()))


def put(file, name, part, path, inner=False):
    """Put a file, called so in the download, into a student's folder, or unpack it."""
    target, why = part / path, ""
    try:
        if path.suffix.lower() == ".zip" and not inner:
            with tempfile.TemporaryDirectory() as folder:
                unzip(file, folder)
                for one in within(Path(folder)):
                    place = one.relative_to(folder)
                    put(one, f"{name}/{place}", part, path.parent / place, inner=True)
            return
        barred = str(path).casefold() == "timestamp.txt" or ".." in path.parts
        if file.is_symlink() or barred or target.exists():
            why = "it is a link, a timestamp, or a second one of this name"
        else:
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(file, target)
    except Exception as error:  # of zipfile, zlib, the disk; the others go on
        why = f"it cannot be unpacked: {error}"
    place = f"submitted/{part.parent.name}/{part.name[1:-5]}/{path}"
    say(f"{name}: left out, {why}." if why else f"{name} -> {place}")


def collect(course, name, top):
    """Put everybody's files into course/submitted; return how many people they are.

    Whom the platform named is written for the next time, and for grading.export:
    Moodle numbers people anew in each assignment, so that roster.csv cannot know it.
    """
    people, exports, count = by_person(top, name), course / "exports" / name, 0
    taken = {row["id"]: [*row.values()] for row in roster(exports)}
    for (who, number), student in folders(course, name, people).items():
        place = course / "submitted" / student / name
        known = place.exists()
        with replacing(place) as part:
            for file, path in people[who, number]:
                put(file, file.relative_to(top), part, path)
            if any(part.iterdir()):
                count += 1
                taken[number] = [student, who, number]
                if known:
                    say(f"{student}: what had been collected before is replaced.")
    taken.pop("", None)
    exports.mkdir(parents=True, exist_ok=True)
    write_csv(exports / "roster.csv", ["student", "name", "id"], taken.values())
    return count


def main(arguments=None):
    """Collect what the command line names."""
    parser = release.command(__doc__)
    parser.add_argument("--from", dest="source", type=Path, required=True)
    options = parser.parse_args(arguments)
    course, name, source = options.course, options.name, options.source
    with tempfile.TemporaryDirectory() as folder:
        try:
            release.source_of(course, name)
            if str(source) == "exchange":
                count = exchange.collect(course, name)
            elif source.is_dir():
                count = collect(course, name, source)
            else:
                unzip(source, folder, 10)
                count = collect(course, name, Path(folder))
        except (OSError, ValueError, RuntimeError, zipfile.BadZipFile) as error:
            sys.exit(f"{source} cannot be collected: {error}.")
    print(f"Collected from {count} people.")


if __name__ == "__main__":
    main()
