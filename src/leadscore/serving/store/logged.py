"""Reading the log from its beginning, a lead at a time: what was decided first, what was seen, what became of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from sqlalchemy import Connection, select

from leadscore.serving.store.outcomes import flat_outcome
from leadscore.serving.store.schema import decision, lead, lead_snapshot, outcome

__all__ = ["logged_decisions", "logged_leads"]

FETCHED = 1000


def logged_leads(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every lead that is not erased, in the order of pseudonyms.

    Yields
    ------
    dict
        ``lead_id``, ``created``, ``fields`` (as they were at the first decision), ``decision`` (its row), ``outcome``,
        and ``activities`` of all decisions, each once.
    """
    snapshot = lead_snapshot.c
    query = (
        select(lead.c.lead_id, decision, snapshot.created, snapshot.at, snapshot.fields, snapshot.activities)
        .join_from(lead, decision, decision.c.lead_key == lead.c.lead_key)
        .join(lead_snapshot, snapshot.decision_id == decision.c.decision_id)
        .order_by(decision.c.lead_key, decision.c.decided_at, decision.c.decision_id)
    )
    rows = connection.execution_options(yield_per=FETCHED).execute(query).mappings()
    told = _Told(connection)
    for lead_key, of_lead in groupby(rows, lambda row: row["lead_key"]):
        first, *later = (dict(row) for row in of_lead)
        activities = {text: None for row in (first, *later) for text in map(json.dumps, json.loads(row["activities"]))}
        yield {
            "lead_id": first["lead_id"],
            "created": first["created"] or first["at"] or first["decided_at"],
            "fields": json.loads(first["fields"]),
            "decision": first,
            "outcome": told.of(lead_key),
            "activities": [json.loads(text) for text in activities],
        }


def logged_decisions(connection: Connection) -> Iterator[dict[str, Any]]:
    """Every decision about a lead that is not erased, in the order in which they were made."""
    wanted = [column for column in decision.columns if column.name not in ("lead_key", "request")]
    query = (
        select(lead.c.lead_id, *wanted)
        .join_from(lead, decision, decision.c.lead_key == lead.c.lead_key)
        .order_by(decision.c.decided_at, decision.c.decision_id)
    )
    for row in connection.execution_options(yield_per=FETCHED).execute(query).mappings():
        yield dict(row)


class _Told:
    """Outcomes in the order of pseudonyms, read alongside."""

    def __init__(self, connection: Connection) -> None:
        query = select(outcome).order_by(outcome.c.lead_key)
        rows = connection.execution_options(yield_per=FETCHED).execute(query).mappings()
        self._groups = groupby(rows, lambda row: row["lead_key"])
        self._key, self._known = "", flat_outcome([])

    def of(self, lead_key: str) -> dict[str, Any]:
        """Outcome of a lead; those asked for must come in order."""
        while self._key < lead_key and (group := next(self._groups, None)):
            self._key, self._known = group[0], flat_outcome(group[1])
        return self._known if self._key == lead_key else flat_outcome([])
