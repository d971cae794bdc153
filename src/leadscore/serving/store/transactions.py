"""What one transaction of the writer does, in the driver's own SQL.

Rows are written in the order of their keys, so that two writers of a PostgreSQL never wait for each other in a
circle.
"""

from __future__ import annotations

import secrets
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from itertools import chain
from operator import itemgetter
from typing import Any

from sqlalchemy import Table

from leadscore.serving.store import schema
from leadscore.serving.store.idempotency import KeyedReply, KeyedRequest
from leadscore.serving.store.records import DecisionRecord, Rows, moment_text

__all__ = ["Entry", "Transaction"]

STATEMENT_ROWS = 32

_CONFLICTS = {
    # Only leads that are new or change their role come back: those that consume capacity.
    "lead": "(lead_id) DO UPDATE SET role = excluded.role WHERE coalesce(lead.role, '') <> excluded.role "
    "RETURNING lead_id",
    # A key that was forgotten but not yet cleared away is free again.
    "idempotency": "(request) DO UPDATE SET body = excluded.body, reply = excluded.reply, created = excluded.created "
    "WHERE idempotency.created < {mark}",
    "capacity": "(day, role) DO UPDATE SET leads = capacity.leads + excluded.leads, "
    "hours = capacity.hours + excluded.hours",
}


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """What is written for one request.

    Parameters
    ----------
    records
        Its decisions.
    keyed
        The request, where it carries an idempotency key.
    reply
        The answer to keep for it.
    """

    records: Sequence[DecisionRecord]
    keyed: KeyedRequest | None = None
    reply: bytes = b""


class Transaction:
    """Writes within a transaction that somebody else opens and commits.

    Parameters
    ----------
    connection
        Of sqlite3 or psycopg.
    mark
        Placeholder of a value in its SQL.
    """

    def __init__(self, connection: Any, mark: str) -> None:
        self._connection = connection
        self._mark = mark

    def write(self, entries: Sequence[Entry]) -> dict[Entry, KeyedReply]:
        """Write all entries but those whose key has been answered already, and return the answers of these."""
        answered: dict[Entry, KeyedReply] = {}
        for entry in sorted(filter(_keyed, entries), key=lambda e: e.keyed.request if e.keyed else ""):
            if (kept := self._claim(entry)) is not None:
                answered[entry] = kept
        fresh = (entry for entry in entries if entry not in answered)
        self.write_rows(r.rows(e.keyed.request if e.keyed else None) for e in fresh for r in e.records)
        return answered

    def write_rows(self, rows: Iterable[Rows]) -> None:
        """Write decisions, and count what those by which a role received a lead take of everybody's time."""
        received: Counter[tuple[str, str]] = Counter()
        hours: defaultdict[tuple[str, str], float] = defaultdict(float)
        for some in _without_repeats(rows):
            leads = [
                {
                    "lead_id": row.lead_id,
                    "lead_key": _pseudonym(row.decision["decision_id"]),
                    "role": row.decision["role"],
                }
                for row in some
            ]
            moved = {lead_id for (lead_id,) in self._insert(schema.lead, leads).fetchall()}
            self._insert(schema.decision, [{**row.decision, "lead_key": row.lead_id} for row in some])
            self._insert(schema.lead_snapshot, [row.snapshot for row in some])
            for row in some:
                if row.lead_id in moved:
                    day = row.decision["decided_at"][:10]
                    received[day, row.decision["role"]] += 1
                    for role, spent in row.hours.items():
                        hours[day, role] += spent
        if received:
            counted = sorted({*received, *hours})
            counts = [{"day": k[0], "role": k[1], "leads": received[k], "hours": hours[k]} for k in counted]
            self._insert(schema.capacity, counts)

    def write_unknown(self, rows: Sequence[Rows]) -> None:
        """Write those decisions that are not written yet."""
        ids = tuple(row.decision["decision_id"] for row in rows)
        query = f"SELECT decision_id FROM decision WHERE decision_id IN ({', '.join([self._mark] * len(ids))})"
        known = {found for (found,) in self._connection.execute(query, ids).fetchall()}
        self.write_rows(row for row in rows if row.decision["decision_id"] not in known)

    def _claim(self, entry: Entry) -> KeyedReply | None:
        """Keep the answer under its key; when another stands there already, return that."""
        keyed = entry.keyed
        assert keyed is not None
        row = {
            "request": keyed.request,
            "body": keyed.body,
            "reply": entry.reply,
            "created": moment_text(keyed.arrived),
        }
        self._insert(schema.idempotency, [row], keyed.oldest)
        query = f"SELECT body, reply FROM idempotency WHERE request = {self._mark}"
        body, reply = self._connection.execute(query, (keyed.request,)).fetchone()
        kept = KeyedReply(body, bytes(reply))
        return None if kept == KeyedReply(keyed.body, entry.reply) else kept

    def _insert(self, table: Table, rows: Sequence[Mapping[str, Any]], *more: Any) -> Any:
        values: Iterator[Any] = chain.from_iterable(map(_values_for(table), rows))
        return self._connection.execute(_statement(table, len(rows), self._mark), (*values, *more))


@cache
def _values_for(table: Table) -> Callable[[Mapping[str, Any]], tuple[Any, ...]]:
    return itemgetter(*(column.name for column in table.columns))


def _pseudonym(decision_id: str) -> str:
    # It begins with the moment of the lead's first decision, which that row tells anyway: new rows then land beside
    # each other in every index, and a write takes half of the time.
    return f"{decision_id[:13]}-{secrets.token_hex(12)}"


def _keyed(entry: Entry) -> bool:
    return entry.keyed is not None


def _without_repeats(rows: Iterable[Rows]) -> Iterator[list[Rows]]:
    """Groups for one statement each, in the order of the leads; none has a lead twice."""
    some: list[Rows] = []
    for row in sorted(rows, key=lambda row: row.lead_id):
        if some and (len(some) == STATEMENT_ROWS or some[-1].lead_id == row.lead_id):
            yield some
            some = []
        some.append(row)
    if some:
        yield some


@cache
def _statement(table: Table, rows: int, mark: str) -> str:
    # One statement for many rows: sqlite3 gives up and takes back the interpreter lock once a statement, and the event
    # loop does not hand it back quickly.
    key = f"(SELECT lead_key FROM lead WHERE lead_id = {mark})"
    names = [column.name for column in table.columns]
    row = ", ".join(key if table is schema.decision and name == "lead_key" else mark for name in names)
    insert = f"INSERT INTO {table.name} ({', '.join(names)}) VALUES {', '.join([f'({row})'] * rows)}"
    conflict = _CONFLICTS.get(table.name)
    return f"{insert} ON CONFLICT {conflict.format(mark=mark)}" if conflict else insert
