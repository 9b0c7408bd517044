"""Settings of nbgrader for this course folder.

nbgrader reads this file when it runs here, and so do ``make assignments``,
``make grade`` and the server that ``make lab`` starts.  A course of your own, with
--course DIR, needs a copy of it in DIR.
"""

import os
from pathlib import Path

c = get_config()  # noqa: F821  (nbgrader gives the name)

c.CourseDirectory.root = str(Path(__file__).resolve().parent)
c.CourseDirectory.course_id = "neural-network-from-scratch"
c.Exchange.root = os.environ.get("NBGRADER_EXCHANGE", "/srv/exchange")  # on a hub

# What stands in a hand-out in place of a solution.
c.ClearSolutions.code_stub = {"python": 'raise NotImplementedError("not done yet")'}
c.ClearSolutions.text_stub = "*Write your answer here, in place of this line.*"

# Rubrics stand in the cells of the written answers, and go before the checksum is
# taken: a cell left as it was handed out is then recognised, and gets 0.
c.ClearMarkScheme.enforce_metadata = False
c.GenerateAssignment.preprocessors = [
    f"nbgrader.preprocessors.{step}"
    for step in [
        "LockCells",
        "ClearSolutions",
        "ClearMarkScheme",
        "ClearOutput",
        "CheckCellMetadata",
        "ComputeChecksums",
        "SaveCells",
        "ClearHiddenTests",
        "ComputeChecksums",
        "CheckCellMetadata",
    ]
]

# Time a cell may take under the Validate button and plain `nbgrader autograde`.
c.Execute.timeout = 60
c.OverwriteCells.add_missing_cells = True
