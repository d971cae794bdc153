"""Store: every decision durably on disk before its reply.

The schema is written once in SQLAlchemy Core for SQLite and PostgreSQL and read through it; the writer speaks to the
driver directly and shares one fsync among all who wait. What a lead said lies in tables of its own; the decision row
knows it by a pseudonym, drawn anew once the lead is erased. Nothing here knows HTTP or the model.
"""

from __future__ import annotations

from leadscore.serving.store.capacity import Consumed
from leadscore.serving.store.decisions import DecisionStore
from leadscore.serving.store.idempotency import KeyedReply, KeyedRequest
from leadscore.serving.store.jobs import StoreUnavailable, Written
from leadscore.serving.store.outcomes import Event, Kind
from leadscore.serving.store.records import DecisionRecord, new_decision_id
from leadscore.serving.store.tidying import Tidying
from leadscore.serving.store.writer import GroupWriter

__all__ = [
    "Consumed",
    "DecisionRecord",
    "DecisionStore",
    "Event",
    "GroupWriter",
    "KeyedReply",
    "KeyedRequest",
    "Kind",
    "StoreUnavailable",
    "Tidying",
    "Written",
    "new_decision_id",
]
