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
    """What a submission may use."""

    seconds: float = 60  # of one cell, and of one check
    total_seconds: float = 600  # of the whole notebook
    memory_mb: int = 2048  # of all its processes together
    output_kb: int = 200  # kept of one cell; the rest is dropped
    outputs_kb: int = 2000  # kept of all cells together
    file_mb: int = 100  # of a file that it writes
    processes: int = 200  # that it may start, where user namespaces are in force


@dataclass
class Template:
    """What all submissions of an assignment are graded by."""

    name: str
    folder: Path  # of the source, whose other files are given to each run
    source: object  # the instructor's notebook, hidden tests and solutions included
    released: object  # the hand-out made from it
    others: dict = field(
        default_factory=dict
    )  # {name: hand-out} of the course's others

    @classmethod
    def read(cls, place, name):
        """Return the template that lies in a folder source/NAME, release/NAME."""
        paths = [
            place / step / name / f"{name}.ipynb" for step in ("source", "release")
        ]
        others = sorted(place.glob("others/*.ipynb"))
        source, released, *read = [nbformat.read(x, 4) for x in (*paths, *others)]
        names = [path.stem for path in others]
        others = dict(zip(names, read, strict=True))
        return cls(name, place / "source" / name, source, released, others)


@dataclass
class Handed:
    """A submission, found and repaired."""

    # Each cell has its source, its attachments (pictures only) and nbgrader's metadata,
    # checks included; no outputs.
    notebook: object
    folder: Path  # where it lay; the files beside it are copied for the run
    repaired: bool = False  # whether something was put right that counts as a repair
    notes: list = field(default_factory=list)  # what happened, for the student


@dataclass(frozen=True)
class Job:
    """What is to be done with one submission."""

    name: str  # of the assignment
    submitted: Path  # the folder that was handed in, submitted/STUDENT/NAME
    folder: Path  # the grader's own for this submission; its name is safe
    template: Path  # folder of the Template
    isolation: str  # a kind of sandbox
    limits: Limits
    key: str  # stands for all that the result depends on


@dataclass
class Record:
    """What a submission came to; record.json in its folder.

    Beside it lies graded.ipynb: the notebook as it ran, hidden tests included, built
    from an allow-list, so that it can be shown without harm.
    """

    key: str = ""  # the job's; "" if grading failed, so that it runs again
    status: str = "failed"  # or "graded", "repaired", "limited", "unreadable"
    isolation: str = ""  # the kind of sandbox it ran in
    points: dict = field(default_factory=dict)  # of a cell; None: a person must mark
    most: dict = field(default_factory=dict)  # points that a cell is worth
    said: dict = field(default_factory=dict)  # what a check printed
    notes: list = field(default_factory=list)  # what happened, for the student
    flags: list = field(default_factory=list)  # what the instructor may want to look at
    timestamp: str = ""  # when it was handed in, as nbgrader reads it

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
    """What a feedback page is made of."""

    name: str  # of the assignment
    folder: Path  # the submission's, with graded.ipynb
    template: Path  # folder of the Template
    record: Record
    marks: dict  # {cell id: Mark}
    penalty: float  # points taken off because it was late
    target: Path  # the HTML file to write
