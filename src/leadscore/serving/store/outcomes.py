"""What became of a lead, told in any order and as often as one likes."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, Literal, TypeAlias

from sqlalchemy import Connection, delete, insert, select
from sqlalchemy.dialects import postgresql, sqlite

from leadscore.serving.store.schema import lead, outcome

__all__ = ["KINDS", "Event", "Kind", "flat_outcome", "outcome_of", "tell"]

Kind: TypeAlias = Literal["worked", "accepted", "qualified", "closed"]

KINDS: tuple[Kind, ...] = ("worked", "accepted", "qualified", "closed")
"""What can be told about a lead, in the order of its life."""


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that is known about a lead.

    Parameters
    ----------
    kind
        Which of `KINDS`.
    value
        ``yes`` or ``no``; of ``closed``, ``won`` or ``lost``.
    at
        When it happened, ISO 8601 in UTC.
    assumed
        Whether nobody told when, so that `at` is the moment at which we heard of it.
    amount
        Of ``closed``: what the deal is worth.
    reason
        Of ``accepted``: the rep's words.

    Examples
    --------
    >>> won = Event("closed", "won", "2026-03-01", amount=900.0)
    >>> lost = Event("closed", "lost", "2026-02-01")
    >>> won.after(lost) == lost.after(won) == won
    True
    """

    kind: Kind
    value: str
    at: str
    assumed: bool = False
    amount: float | None = None
    reason: str | None = None

    def after(self, known: Event | None) -> Event:
        """What is known once this is told: the later of the two, whatever the order in which they arrive.

        What comes without a moment and tells the same again changes no moment; of two told for the same moment the
        one that was told last holds.
        """
        if known is None:
            return self
        if self.value == known.value and (self.assumed or known.assumed):
            moment = known if self.assumed else self
            return replace(
                self,
                at=moment.at,
                assumed=moment.assumed,
                amount=_first(self.amount, known.amount),
                reason=_first(self.reason, known.reason),
            )
        return self if self.at >= known.at else known


def _first(told: Any, known: Any) -> Any:
    return known if told is None else told


def tell(connection: Connection, lead_id: str, events: Iterable[Event]) -> dict[str, Any]:
    """Keep what is told about a lead, which need not have been scored yet, and return all that is known.

    Parameters
    ----------
    connection
        In a transaction that may write.
    lead_id
        Identifier of the caller.
    events
        What is told.
    """
    lead_key = _key_of(connection, lead_id)
    known = _known(connection, lead_key)
    for event in events:
        known[event.kind] = event.after(known.get(event.kind))
    connection.execute(delete(outcome).where(outcome.c.lead_key == lead_key))
    rows = [{**asdict(event), "assumed": int(event.assumed), "lead_key": lead_key} for event in known.values()]
    connection.execute(insert(outcome), rows)
    return _flat(known)


def outcome_of(connection: Connection, lead_id: str) -> dict[str, Any] | None:
    """What is known about a lead, flat; None when nothing is."""
    query = select(lead.c.lead_key).where(lead.c.lead_id == lead_id)
    known = _known(connection, connection.execute(query).scalar_one_or_none() or "")
    return _flat(known) if known else None


def _key_of(connection: Connection, lead_id: str) -> str:
    """Pseudonym of a lead, drawn where it has none; its row stays ours until the transaction ends."""
    build = postgresql.insert if connection.dialect.name == "postgresql" else sqlite.insert
    row = {"lead_id": lead_id, "lead_key": secrets.token_hex(16)}
    connection.execute(build(lead).values(row).on_conflict_do_nothing(index_elements=["lead_id"]))
    query = select(lead.c.lead_key).where(lead.c.lead_id == lead_id).with_for_update()
    return str(connection.execute(query).scalar_one())


def _known(connection: Connection, lead_key: str) -> dict[str, Event]:
    return _events(connection.execute(select(outcome).where(outcome.c.lead_key == lead_key)).mappings())


def _events(rows: Iterable[Mapping[Any, Any]]) -> dict[str, Event]:
    told = ({name: value for name, value in row.items() if name != "lead_key"} for row in rows)
    events = (Event(**(row | {"assumed": bool(row["assumed"])})) for row in told)
    return {event.kind: event for event in events}


def flat_outcome(rows: Iterable[Mapping[Any, Any]]) -> dict[str, Any]:
    """Rows of one lead as one object with a key and a moment for each kind, null where nothing is known."""
    return _flat(_events(rows))


def _flat(known: Mapping[str, Event]) -> dict[str, Any]:
    flat: dict[str, Any] = {}
    for kind in KINDS:
        event = known.get(kind)
        said = event and (event.value if kind == "closed" else event.value == "yes")
        flat |= {kind: said, f"{kind}_at": event and event.at}
        if kind == "accepted":
            flat["reason"] = event and event.reason
        if kind == "closed":
            flat["amount"] = event and event.amount
    return flat
