"""What was last said about leads, read beside the event loop's other work: in microseconds, or not at all."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import suppress
from functools import cache
from threading import Event, Thread
from typing import Any

from leadscore.scoring.decision import EarlierDecision
from leadscore.serving.store.databases import Database

__all__ = ["LastSaid"]

RETRY_SECONDS = 0.25

_QUERY = """
SELECT lead.lead_id, said.role, said.p_qualify, said.p_close, said.model_version, said.score, said.trend
FROM lead JOIN decision AS said ON said.decision_id = (
  SELECT decision_id FROM decision WHERE decision.lead_key = lead.lead_key
  ORDER BY decided_at DESC, decision_id DESC LIMIT 1)
WHERE lead.lead_id IN ({marks})
"""


class LastSaid:
    """Looks up the newest decision about each of some leads, for a reply that will not wait for it.

    A database that does not answer costs nothing but the trend: it is left alone, and somebody else waits until it
    can be reached again.

    Parameters
    ----------
    database
        Its tables are there.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Any = database.connect_to_read()
        self._closed = Event()

    def __call__(self, lead_ids: Sequence[str]) -> dict[str, EarlierDecision]:
        """Newest decision by lead; leads that are new, or whose past cannot be read now, are left out."""
        connection = self._connection
        if connection is None or not lead_ids:
            return {}
        try:
            rows = connection.execute(_query(len(lead_ids), self._database.mark), tuple(lead_ids)).fetchall()
        except self._database.unavailable:
            if not self._database.is_open(connection):
                self._connection = None
                Thread(target=self._reconnect, name="leadscore-reader", daemon=True).start()
            return {}
        return {
            lead_id: EarlierDecision(role, p_qualify, p_close, version, score=score, trend=trend)
            for lead_id, role, p_qualify, p_close, version, score, trend in rows
        }

    def close(self) -> None:
        """Let go of the connection."""
        self._closed.set()
        if self._connection is not None:
            with suppress(Exception):  # a connection that the server has closed
                self._connection.close()

    def _reconnect(self) -> None:
        while self._connection is None and not self._closed.wait(RETRY_SECONDS):
            with suppress(self._database.unavailable):
                self._connection = self._database.connect_to_read()


@cache
def _query(leads: int, mark: str) -> str:
    return _QUERY.format(marks=", ".join([mark] * leads))
