"""What one stage of grading hands to the next.

release -> Template, Job -> repair -> Handed -> submission -> Record -> book -> page
"""

import json
from dataclasses import asdict, dataclass, field
from pathlib import Path


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


@dataclass(frozen=True)
class Template:
    """What all submissions of an assignment are graded by."""

    name: str
    folder: Path  # of the source, whose other files are given to each run
    source: object  # the instructor's notebook, hidden tests and solutions included
    released: object  # the hand-out made from it
    others: dict = field(default_factory=dict)  # {name: its features} of other ones


@dataclass
class Handed:
    """A submission, found and repaired."""

    # Each cell has its source, its attachments (pictures only) and nbgrader's metadata,
    # checks included; no outputs.
    notebook: object
    folder: Path  # where it lay; the files beside it are copied for the run
    notes: list  # what happened, for the student
    repaired: bool = False  # whether something was put right that counts as a repair

    def repair(self, sentence):
        """Note a repair."""
        self.notes.append(sentence)
        self.repaired = True


@dataclass(frozen=True)
class Job:
    """What is to be done with one submission."""

    template: Template
    submitted: Path  # the folder that was handed in, submitted/STUDENT/NAME
    folder: Path  # the grader's own for this submission; its name is safe
    isolation: str  # a kind of sandbox
    limits: Limits
    key: str  # stands for all that the result depends on


@dataclass
class Record:
    """What a submission came to; record.json beside graded.ipynb, the run notebook."""

    key: str = ""  # the job's; "" if grading failed, so that it runs again
    status: str = "failed"  # or "graded", "repaired", "limited", "unreadable"
    isolation: str = ""  # the kind of sandbox it ran in
    points: dict = field(default_factory=dict)  # of a cell; None: a person must mark
    most: dict = field(default_factory=dict)  # points that a cell is worth
    said: dict = field(default_factory=dict)  # what a check printed
    notes: list = field(default_factory=list)  # what happened, for the student
    timestamp: str = ""  # when it was handed in, as nbgrader reads it

    @classmethod
    def read(cls, folder):
        """Return the record in a folder, or None if there is none."""
        try:
            return cls(**json.loads((folder / "record.json").read_text("utf-8")))
        except (OSError, ValueError, TypeError):
            return None

    def write(self, folder):
        """Store the record; half of one is not read."""
        (folder / "record.json").write_text(json.dumps(asdict(self), indent=1))


@dataclass(frozen=True)
class Mark:
    """What a person gave for a cell in Formgrader; None where nothing was given."""

    score: float | None = None
    extra: float | None = None
    comment: str | None = None


@dataclass(frozen=True)
class PageJob:
    """What a feedback page is made of."""

    template: Template
    folder: Path  # the submission's, with graded.ipynb
    record: Record
    marks: dict  # {cell id: Mark}
    penalty: float  # points taken off because it was late
    target: Path  # the HTML file to write
