"""Grade on several machines: a Dask cluster's workers in place of this one's processes.

All of them see the course folder under the same path, have the same series, and may
start processes (DASK_DISTRIBUTED__WORKER__DAEMON=False in their environment).  Each
attempt has a folder of its own, and the one that came back first is taken: a worker
that was lost, or is only late, counts nothing twice.
"""

import dataclasses
import multiprocessing
import uuid
from concurrent.futures import as_completed
from pathlib import Path

from grading import sandbox, submission
from grading.files import digest
from grading.records import Record

HERE = Path(__file__).parent
LOST = "The worker's process ended without a result; grade again."


def attempt(job, asked, seconds, code):
    """Grade a submission in a process of its own, on a worker; return its folder."""
    if digest(HERE) != code:
        raise RuntimeError("The worker has another version of the series.")
    folder = job.folder.with_name(f"{job.folder.name}.{uuid.uuid4().hex}")
    mine = dataclasses.replace(job, folder=folder, isolation=sandbox.choose(asked))
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["grading.submission"])
    worker = context.Process(target=submission.process, args=(mine,))
    worker.start()
    worker.join(seconds)
    worker.kill()
    worker.join()
    return folder


def run(course, entries):
    """Run submissions on the cluster, and yield what is done."""
    from distributed import Client

    with Client(course.chosen.dask, timeout=20) as client:
        pool = client.get_executor(pure=False)
        how = course.chosen.isolation, course.limits.total_seconds + 120, digest(HERE)
        jobs = {pool.submit(attempt, entry.job, *how): entry for entry in entries}
        for future in as_completed(jobs):
            entry = jobs[future]
            folder = entry.job.folder
            try:
                made = future.result()
                sandbox.remove(folder)
                made.rename(folder)
                entry.record = Record.read(folder) or Record(notes=[LOST])
            except Exception as error:  # of Dask, of the worker, of the file system
                entry.record = Record(notes=[f"Not graded: {error!r}"[:500]])
            for left in folder.parent.glob(f"{folder.name}.*"):
                sandbox.remove(left)
            yield entry
