"""What one stage of grading hands to the next.

repair -> Handed -> submission -> Record (stored) -> book -> PageJob -> page
"""

import json
import os
from dataclasses import asdict, dataclass, field
from pathlib import Path

import nbformat


@dataclass(frozen=True)
class Limits:
    """What a submission may use.

    Args:
        seconds: wall-clock time of one cell, and of one call by a check.
        total_seconds: wall-clock time of the whole notebook.
        memory_mb: memory of all its processes together.
        output_kb: output kept of one cell; the rest is dropped.
        outputs_kb: output kept of all cells together.
        file_mb: size of a file that it writes.
        processes: how many it may start, where user namespaces are in force.
    """

    seconds: float = 60
    total_seconds: float = 600
    memory_mb: int = 2048
    output_kb: int = 200
    outputs_kb: int = 2000
    file_mb: int = 100
    processes: int = 200


@dataclass
class Template:
    """What all submissions of an assignment are graded by.

    Args:
        name: of the assignment.
        folder: of the source, whose files beside the notebook are given to each run.
        source: the instructor's notebook, hidden tests and solutions included.
        released: the hand-out made from it.
        others: {name: hand-out} of the course's other assignments.
    """

    name: str
    folder: Path
    source: object
    released: object
    others: dict = field(default_factory=dict)

    @classmethod
    def read(cls, place, name):
        """Return the template that lies in a folder source/NAME, release/NAME."""
        both = [
            nbformat.read(place / step / name / f"{name}.ipynb", as_version=4)
            for step in ("source", "release")
        ]
        others = {
            path.stem: nbformat.read(path, as_version=4)
            for path in sorted(place.glob("others/*.ipynb"))
        }
        return cls(name, place / "source" / name, *both, others)


@dataclass
class Handed:
    """A submission, found and repaired.

    Args:
        notebook: what runs: each cell has its source, its attachments (pictures only)
            and nbgrader's metadata, checks included; no outputs.
        folder: where the notebook lay; the files beside it are copied for the run.
        repaired: whether something was put right that counts as a repair.
        notes: what happened, a sentence each, for the student.
        flags: what the instructor should look at.
    """

    notebook: object
    folder: Path
    repaired: bool = False
    notes: list = field(default_factory=list)
    flags: list = field(default_factory=list)


@dataclass(frozen=True)
class Job:
    """What is to be done with one submission.

    Args:
        name: of the assignment.
        submitted: the folder that was handed in, submitted/STUDENT/NAME.
        folder: the grader's own for this submission; its name is safe.
        template: folder of the ``Template``.
        isolation: a kind of ``sandbox``.
        limits: what it may use.
        key: stands for all that the result depends on.
    """

    name: str
    submitted: Path
    folder: Path
    template: Path
    isolation: str
    limits: Limits
    key: str


@dataclass
class Record:
    """What a submission came to; record.json in its folder.

    Beside it lies graded.ipynb: the notebook as it ran, hidden tests included, built
    from an allow-list, so that it can be shown without harm.

    Args:
        key: the job's; "" if grading failed, so that it runs again.
        status: "graded", "repaired", "limited", "unreadable" or "failed".
        isolation: the kind of sandbox it ran in.
        points: {cell id: points, or None where a person must mark}.
        most: {cell id: points it is worth}.
        said: {check cell id: what the check printed}.
        notes: sentences on what happened, for the student.
        flags: what the instructor should look at; "notice: ..." may be innocent.
        timestamp: when it was handed in, as nbgrader reads it, or "".
    """

    key: str = ""
    status: str = "failed"
    isolation: str = ""
    points: dict = field(default_factory=dict)
    most: dict = field(default_factory=dict)
    said: dict = field(default_factory=dict)
    notes: list = field(default_factory=list)
    flags: list = field(default_factory=list)
    timestamp: str = ""

    @classmethod
    def read(cls, folder):
        """Return the record in a folder, or None if there is none."""
        try:
            return cls(**json.loads((folder / "record.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, folder):
        """Store the record, whole or not at all."""
        partial = folder / "record.part"
        partial.write_text(json.dumps(asdict(self), indent=1), "utf-8")
        os.replace(partial, folder / "record.json")


@dataclass(frozen=True)
class Mark:
    """What a person gave for a cell in Formgrader; None where nothing was given."""

    score: float | None = None
    extra: float | None = None
    comment: str | None = None


@dataclass(frozen=True)
class PageJob:
    """What a feedback page is made of.

    Args:
        name: of the assignment.
        folder: the submission's, with graded.ipynb.
        template: folder of the ``Template``.
        record: what it came to.
        marks: {cell id: Mark}.
        penalty: points taken off because it was late.
        target: the HTML file to write.
    """

    name: str
    folder: Path
    template: Path
    record: Record
    marks: dict
    penalty: float
    target: Path
