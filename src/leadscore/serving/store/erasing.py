"""Forgetting: what a lead said and who it is go, the decision stays under its pseudonym."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, delete, exists, select, update

from leadscore.serving.store.idempotency import KEPT_HOURS
from leadscore.serving.store.records import moment_text
from leadscore.serving.store.schema import decision, idempotency, lead, lead_snapshot, outcome
from leadscore.serving.store.scrubbing import traces_of

__all__ = ["CHUNK", "Erased", "erase", "forget_old_leads", "forget_old_replies"]

CHUNK = 500
"""Rows of one transaction, so that a clearing never holds up the writer for long."""


@dataclass(frozen=True, slots=True)
class Erased:
    """What was deleted of a lead.

    Parameters
    ----------
    decisions
        How many were about it; they stay without it.
    traces
        Bytes that its rows had in a file.
    """

    decisions: int
    traces: tuple[bytes, ...]


def erase(connection: Connection, lead_id: str) -> Erased | None:
    """Delete a lead in the open transaction; None for a lead never seen."""
    # Held from here on, so that no decision about the lead slips in between.
    query = select(lead.c.lead_key).where(lead.c.lead_id == lead_id).with_for_update()
    lead_key = connection.execute(query).scalar_one_or_none()
    if lead_key is None:
        return None
    traces = traces_of(connection, lead_id, lead_key)
    about = select(decision.c.decision_id).where(decision.c.lead_key == lead_key)
    replies = select(decision.c.request).where(decision.c.lead_key == lead_key, decision.c.request.is_not(None))
    connection.execute(delete(idempotency).where(idempotency.c.request.in_(replies)))
    erased = connection.execute(delete(lead_snapshot).where(lead_snapshot.c.decision_id.in_(about))).rowcount
    connection.execute(delete(lead).where(lead.c.lead_key == lead_key))
    connection.execute(update(outcome).where(outcome.c.lead_key == lead_key).values(reason=None))
    return Erased(erased, tuple(traces))


def forget_old_leads(connection: Connection, now: datetime, days: int) -> int:
    """Delete what was said more than some days ago, and leads of whom nothing newer is known; return how many rows."""
    old = _decided_before(now - timedelta(days=days))
    rows = connection.execute(old).all()
    if not rows:
        return 0
    connection.execute(delete(lead_snapshot).where(lead_snapshot.c.decision_id.in_([row.decision_id for row in rows])))
    keys = {row.lead_key for row in rows}
    kept = exists().where(decision.c.lead_key == lead.c.lead_key, lead_snapshot.c.decision_id == decision.c.decision_id)
    gone = delete(lead).where(lead.c.lead_key.in_(keys), ~kept)
    connection.execute(gone)
    nobody = ~exists().where(lead.c.lead_key == outcome.c.lead_key)
    connection.execute(update(outcome).where(outcome.c.lead_key.in_(keys), nobody).values(reason=None))
    return len(rows)


def forget_old_replies(connection: Connection, now: datetime) -> int:
    """Delete replies whose time to be repeated is over, and return how many."""
    before = moment_text(now - timedelta(hours=KEPT_HOURS))
    old = select(idempotency.c.request).where(idempotency.c.created < before).limit(CHUNK)
    requests = list(connection.execute(old).scalars())
    connection.execute(delete(idempotency).where(idempotency.c.request.in_(requests)))
    return len(requests)


def _decided_before(moment: datetime) -> Select[tuple[str, str]]:
    # Identifiers begin with their moment, so their key serves as the index by age.
    start = f"{int(moment.timestamp() * 1000):012x}"
    first = f"{start[:8]}-{start[8:]}-0000-0000-000000000000"
    snapshot = lead_snapshot.c.decision_id
    return (
        select(snapshot, decision.c.lead_key)
        .join_from(lead_snapshot, decision, decision.c.decision_id == snapshot)
        .where(snapshot < first)
        .order_by(snapshot)
        .limit(CHUNK)
    )
