"""Grade on several machines: a Dask cluster's workers in place of this one's processes.

All of them see the course folder under the same path, have the same series, and may
start processes (DASK_DISTRIBUTED__WORKER__DAEMON=False in their environment).  Each
attempt has a folder of its own, and the one that came back first is taken: a worker
that was lost, or is only late, counts nothing twice.
"""

import dataclasses
import uuid
from concurrent.futures import as_completed
from pathlib import Path

from grading import sandbox, submission
from grading.files import digest
from grading.records import Record

HERE = Path(__file__).parent


def attempt(job, asked, code):
    """Grade a submission in a process of its own, on a worker; return its folder."""
    if digest(HERE) != code:
        raise RuntimeError("The worker has another version of the series.")
    folder = job.folder.with_name(f"{job.folder.name}.{uuid.uuid4().hex}")
    isolation = sandbox.choose(asked)
    submission.apart(dataclasses.replace(job, folder=folder, isolation=isolation))
    return folder


def run(course, entries):
    """Run submissions on the cluster, and yield what is done."""
    from distributed import Client

    with Client(course.chosen.dask, timeout=20) as client:
        pool = client.get_executor(pure=False)
        how = course.chosen.isolation, digest(HERE)
        jobs = {pool.submit(attempt, entry.job, *how): entry for entry in entries}
        for future in as_completed(jobs):
            entry = jobs[future]
            folder = entry.job.folder
            try:
                made = future.result()
                sandbox.remove(folder)
                made.rename(folder)
                entry.record = submission.record_in(folder)
            except Exception as error:  # of Dask, of the worker, of the file system
                entry.record = Record(notes=[f"Not graded: {error!r}"[:500]])
            for left in folder.parent.glob(f"{folder.name}.*"):
                sandbox.remove(left)
            yield entry
