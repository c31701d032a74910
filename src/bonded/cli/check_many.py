"""Our own rules over many projects, on every core; a few are faster in this process.

Nothing is shared between projects, so each is judged wherever there is room. Where the system lets no process be
started, this one does it all.
"""

import os
from collections.abc import Sequence

from bonded.cli.check_facts import Checkout
from bonded.workflows.audit import audit, syntax
from bonded.workflows.findings import Finding

# Fewer files are done before another process has begun.
MANY = 60
# So many portions for each core that none waits long for the last.
PORTIONS = 8


def judged(checkouts: Sequence[Checkout], *, cores: int | None = None) -> list[tuple[Finding, ...]]:
    """Return what our rules find in each project, in the same order."""
    files = sum(len(checkout.sources) for checkout in checkouts)
    workers = min(cores or _cores(), len(checkouts))
    if files < MANY or workers < 2:  # noqa: PLR2004 - one is this process
        return [_own(checkout) for checkout in checkouts]
    from concurrent.futures import ProcessPoolExecutor
    from concurrent.futures.process import BrokenProcessPool

    from bonded.cli.interrupts import end_at_once

    portion = max(1, len(checkouts) // (workers * PORTIONS))
    try:
        with ProcessPoolExecutor(workers, initializer=end_at_once) as pool:
            return list(pool.map(_own, checkouts, chunksize=portion))
    except (OSError, ImportError, BrokenProcessPool):
        return [_own(checkout) for checkout in checkouts]


def _own(checkout: Checkout) -> tuple[Finding, ...]:
    unread = [syntax(fault) for fault in checkout.faults]
    return (*unread, *audit(checkout.sources, checkout.facts))


def _cores() -> int:
    """Return how many cores this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1
