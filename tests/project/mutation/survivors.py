"""Print what became of the mutants: python survivors.py SESSION.sqlite ...

The exit code is 1 if less than 97 % of them are killed, or if survivors.toml has no
reason for a survivor.
"""

import sys
import tomllib
from collections import Counter
from itertools import chain
from pathlib import Path

from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkerOutcome

LEAST = 0.97
REASONS = Path(__file__).with_name("survivors.toml")
FIELDS = ("module", "definition", "before", "after")


def read(session):
    """Yield (module, definition, before, after) and whether it is killed, of each."""
    with use_db(session, WorkDB.Mode.open) as work:
        if rest := work.num_work_items - work.num_results:
            sys.exit(f"{session}: {rest} mutants have not been tested")
        for item, result in work.completed_work_items:
            if result.worker_outcome == WorkerOutcome.SKIPPED:  # by the filter
                continue
            if result.worker_outcome != WorkerOutcome.NORMAL:
                sys.exit(f"{session}: {result.output}")
            (place,), diff = item.mutations, result.diff.split("\n")[4:]
            changed = ([x[1:] for x in diff if x.startswith(sign)] for sign in "-+")
            before, after = (" ".join(" ".join(lines).split()) for lines in changed)
            definition = place.definition_name or "module"
            yield (place.module_path.stem, definition, before, after), result.is_killed


def main(sessions):
    """Print the table and the survivors; return the exit code."""
    entries = tomllib.loads(REASONS.read_text("utf-8"))["survivor"]
    reasons = {tuple(entry[f] for f in FIELDS): entry["reason"] for entry in entries}
    results = list(chain(*map(read, sessions)))
    total = Counter(key[0] for key, _ in results)
    alive = Counter(key[0] for key, killed in results if not killed)
    rows = [(module, total[module], alive[module]) for module in sorted(total)]
    for name, n, left in [*rows, ("all", total.total(), alive.total())]:
        print(f"{name:<16}{n:>6} mutants{n - left:>6} killed{1 - left / n:>8.1%}")
    survivors = {key for key, killed in results if not killed}
    for key in sorted(survivors | {key for key in reasons if key[0] in total}):
        print("\n{}, {}:\n  - {}\n  + {}".format(*key))
        print(f"  {reasons.get(key, 'NO REASON: write a test, or say why not')}")
        if key not in survivors:
            print("  It is killed now: drop its entry.")
    enough = alive.total() <= (1 - LEAST) * total.total()
    return 0 if enough and survivors <= reasons.keys() else 1


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
