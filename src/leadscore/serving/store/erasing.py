"""Forgetting: what a lead said and who it is go, the decisions stay, under a pseudonym that nobody has seen before."""

from __future__ import annotations

import secrets
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import Connection, Select, bindparam, delete, exists, func, select, update

from leadscore.serving.store.idempotency import KEPT_HOURS
from leadscore.serving.store.records import moment_text, new_decision_id
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
    traces = traces_of(connection, lead_key)
    about = select(decision.c.decision_id).where(decision.c.lead_key == lead_key)
    replies = select(decision.c.request).where(decision.c.lead_key == lead_key, decision.c.request.is_not(None))
    connection.execute(delete(idempotency).where(idempotency.c.request.in_(replies)))
    erased = connection.execute(delete(lead_snapshot).where(lead_snapshot.c.decision_id.in_(about))).rowcount
    connection.execute(delete(lead).where(lead.c.lead_key == lead_key))
    _unlink(connection, [lead_key])
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
    connection.execute(delete(lead).where(lead.c.lead_key.in_(keys), ~kept))
    _unlink(connection, keys.difference(connection.scalars(select(lead.c.lead_key).where(lead.c.lead_key.in_(keys)))))
    return len(rows)


def _unlink(connection: Connection, lead_keys: Collection[str]) -> None:
    """Give the rows of leads that are gone new keys and no moment but the day.

    The caller has the identifiers of decisions from its replies, backups and exports have the pseudonyms, and both
    begin with a moment: any of them would lead from a record elsewhere back to these rows.
    """
    fresh = {lead_key: secrets.token_hex(16) for lead_key in lead_keys}
    query = select(decision.c.decision_id, decision.c.lead_key, decision.c.decided_at)
    rows = connection.execute(query.where(decision.c.lead_key.in_(lead_keys))).all()
    days = [datetime.fromisoformat(row.decided_at[:10] + "T00:00:00+00:00") for row in rows]
    changed = [
        {
            "known": row.decision_id,
            "decision_id": new_decision_id(day),
            "lead_key": fresh[row.lead_key],
            "decided_at": moment_text(day),
            "request": None,
        }
        for row, day in zip(rows, days, strict=True)
    ]
    if changed:
        connection.execute(update(decision).where(decision.c.decision_id == bindparam("known")), changed)
    day = func.substr(outcome.c.at, 1, 10) + "T00:00:00.000000+00:00"
    for lead_key, new in fresh.items():
        of_lead = update(outcome).where(outcome.c.lead_key == lead_key)
        connection.execute(of_lead.values(lead_key=new, at=day, reason=None))


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
