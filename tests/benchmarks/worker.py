"""One peer in a process of its own: python worker.py PEER THREADS.

It reads lines "SIZE DTYPE", and answers each with a line of JSON: seconds of wall and
of processor time, and the history of the loss.  Idle, it waits for the next line and
uses no processor.
"""

import gc
import json
import os
import sys
import time

answers = os.fdopen(os.dup(1), "w")  # what a library prints goes to stderr
os.dup2(2, 1)
os.environ.pop("JAX_COMPILATION_CACHE_DIR", None)  # compiling is timed
peer, threads = sys.argv[1], int(sys.argv[2])
for name in ("OMP", "OPENBLAS", "MKL", "BLIS", "NUMEXPR"):  # read on import
    os.environ[f"{name}_NUM_THREADS"] = str(threads)
os.environ["VECLIB_MAXIMUM_THREADS"] = os.environ["NPROC"] = str(threads)  # macOS; JAX
if hasattr(os, "sched_setaffinity"):  # no library gets a core more than the others
    os.sched_setaffinity(0, sorted(os.sched_getaffinity(0))[:threads])

import peers  # noqa: E402
from problems import problem  # noqa: E402

for line in sys.stdin:
    train = getattr(peers, peer)(problem(*line.split()))
    gc.collect()
    wall, processor = time.perf_counter(), time.process_time()
    history = train()
    processor, wall = time.process_time() - processor, time.perf_counter() - wall
    history = history and [float(loss) for loss in history]
    print(json.dumps([wall, processor, history]), file=answers, flush=True)
