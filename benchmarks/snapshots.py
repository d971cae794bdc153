"""As-of features of many leads and of one: how long they take, and how much memory.

The log is drawn at random: types, moments before and after creation, page views, accounts of a few leads and one of a
thousandth of them. The long form is 100,000 leads with 3,000,000 events, the short form a tenth of both.
"""

from __future__ import annotations

import resource
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

import numpy as np
from comparison import Row, compare, run, say

from leadscore.data.colleagues import colleague_counts
from leadscore.data.snapshots import ActivityFeatures

LEADS, EVENTS_A_LEAD = 100_000, 30
TYPES = tuple(f"type_{i}" for i in range(10))
MOMENTS = (0.0, 1.0, 7.0, 30.0)
"""Days after creation from which a lead is looked at."""
SECONDS, GIGABYTES = 60.0, 4.0

FEATURES = ActivityFeatures(
    TYPES,
    measures=("count", "recency", "rate", "trend", "touch"),
    amounts=("pages",),
    answers=TYPES[:2],
    colleagues=True,
)


def measure(short: bool) -> Iterable[Row]:
    """Build every feature there is at creation, the usual ones at four moments, and those of one lead."""
    n_leads = LEADS // 10 if short else LEADS
    n_events = n_leads * EVENTS_A_LEAD
    size = f"{n_leads:,} leads, {n_events:,} events"
    rng = np.random.default_rng(0)
    created = rng.uniform(0, 700, n_leads)
    lead = rng.integers(0, n_leads, n_events)
    at = created[lead] + rng.exponential(20, n_events) - 40
    kind = rng.integers(0, len(TYPES), n_events)
    pages = rng.poisson(3, n_events).astype(float)
    account = rng.integers(0, n_leads // 3, n_leads)
    account[: n_leads // 1000] = 0

    say(f"every feature at creation: {size}")
    begun = time.perf_counter()
    others = colleague_counts(lead, at, created, account, FEATURES.windows)
    amounts = {"pages": pages}
    matrix = FEATURES.matrix(lead, kind, created[lead] - at, n_leads, amounts=amounts, colleagues=others)
    spent = time.perf_counter() - begun
    yield compare(f"seconds, all {matrix.shape[1]} features at creation; allowed: {size}", spent, SECONDS, at_most=1)

    say("the usual features at four moments")
    begun = time.perf_counter()
    looks = ActivityFeatures(TYPES).snapshots(lead, kind, at, created[:, None] + np.array(MOMENTS))
    spent = time.perf_counter() - begun
    yield compare(
        f"seconds, {looks.shape[2]} features at {len(MOMENTS)} moments; allowed: {size}", spent, SECONDS, at_most=1
    )
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    yield compare("peak memory in GB of the whole process; allowed", peak, GIGABYTES, at_most=1)
    yield compare("microseconds, the usual features of one lead of a request, 30 events", _one_lead())


def _one_lead(turns: int = 300) -> float:
    """From the moments of a request to its features."""
    features, now = ActivityFeatures(TYPES), datetime(2026, 11, 1, tzinfo=UTC)
    events = [(TYPES[i % len(TYPES)], now - timedelta(days=i / 3)) for i in range(EVENTS_A_LEAD)]
    begun = time.perf_counter()
    for _ in range(turns):
        index = features.type_index([kind for kind, _ in events])
        age = np.array([(now - at) / timedelta(days=1) for _, at in events], dtype=float)
        features.matrix(np.zeros(len(index), dtype=np.intp), index, age, 1)
    return 1e6 * (time.perf_counter() - begun) / turns


if __name__ == "__main__":
    run(__doc__.splitlines()[0], measure, packages=["leadscore", "numpy"])
