"""Where submissions run: on this machine, or on the workers of a Dask cluster.

All of these see the course folder under the same path, have the same series, and may
start processes (DASK_DISTRIBUTED__WORKER__DAEMON=False in their environment).  Each
attempt has a folder of its own, and the one that came back first is taken: a worker
that was lost, or is only late, counts nothing twice.
"""

import contextlib
import multiprocessing
import uuid
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import replace
from pathlib import Path

from grading import sandbox, submission
from grading.files import digest
from grading.records import Record

HERE = Path(__file__).parent
LOST = "The grader's process ended without a result; grade again."


@contextlib.contextmanager
def opened(chosen):
    """Open what takes jobs, and end what still runs when it is closed."""
    if chosen.dask:
        from distributed import Client

        with Client(chosen.dask, timeout=20) as client:
            yield client.get_executor(pure=False)
        return
    pool = ThreadPoolExecutor(max(chosen.workers, 1))
    try:
        yield pool
    finally:
        pool.shutdown(wait=False, cancel_futures=True)
        for worker in multiprocessing.active_children():
            worker.kill()
        pool.shutdown()


def attempt(job, code):
    """Grade a submission in a process of its own, and return its folder."""
    if digest(HERE) != code:
        raise RuntimeError("The worker has another version of the series.")
    folder = job.folder.with_name(f"{job.folder.name}.{uuid.uuid4().hex}")
    folder.mkdir(parents=True)
    isolation = sandbox.choose(job.isolation)
    submission.apart(replace(job, folder=folder, isolation=isolation))
    return folder


def run(course, entries):
    """Run submissions, and yield each when it is done and its folder is in place."""
    code = digest(HERE)
    with opened(course.chosen) as pool:
        jobs = {pool.submit(attempt, entry.job, code): entry for entry in entries}
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
