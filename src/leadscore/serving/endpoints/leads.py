"""What is known about single leads, and how they are forgotten; who received how many."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Query
from starlette.responses import Response

from leadscore.serving.endpoints.service import Period, Service
from leadscore.serving.faults import is_short
from leadscore.serving.problems import JsonReply, Rejected
from leadscore.serving.store import Consumed

__all__ = ["add_leads"]

Limit = Annotated[int, Query(ge=1, le=1000)]


def add_leads(router: APIRouter, service: Service) -> None:
    """Add ``/v1/leads/{lead_id}`` and ``/v1/capacity``."""
    store = service.store

    @router.get("/v1/leads/{lead_id:path}", summary="What is known about a lead: decisions, the newest first, outcome")
    def lead(lead_id: str, limit: Limit = 100) -> Response:
        _refuse_unusable(lead_id)
        decisions, outcome = store.decisions_of(lead_id, limit=limit), store.outcome_of(lead_id)
        if not decisions and outcome is None:
            raise _unknown_lead()
        return JsonReply({"lead_id": lead_id, "outcome": outcome, "decisions": decisions})

    @router.delete("/v1/leads/{lead_id:path}", summary="Delete a lead; decisions about it stay under a pseudonym")
    def erase(lead_id: str) -> Response:
        _refuse_unusable(lead_id)
        erased = store.erase(lead_id)
        if erased is None:
            raise _unknown_lead()
        return JsonReply({"lead_id": lead_id, "erased": True, "decisions": erased})

    @router.get("/v1/capacity", summary="Leads that each role received in the present period, and the hours they take")
    def capacity(period: Period = "week", at: date | None = None) -> Response:
        since, until = _period(period, at or service.clock().date())
        roles = [*_roles(store.capacity(since, until), service.scorer.hours_available(period))]
        return JsonReply({"period": period, "from": since.isoformat(), "until": until.isoformat(), "roles": roles})


def _roles(consumed: Mapping[str, Consumed], available: Mapping[str, float]) -> Iterator[dict[str, Any]]:
    """Every role of the structure in its order, then whoever else received leads: nurture, roles that are no more."""
    for role in dict.fromkeys((*available, *consumed)):
        found, hours = consumed.get(role, Consumed()), available.get(role)
        yield {
            "role": role,
            "leads": found.leads,
            "hours": round(found.hours, 2),
            "hours_available": None if hours is None else round(hours, 2),
            "used": None if hours is None else round(found.hours / hours, 4),
        }


def _refuse_unusable(lead_id: str) -> None:
    """Nothing is stored under what cannot be an identifier, and a PostgreSQL would not even take the question."""
    if not is_short(lead_id):
        raise _unknown_lead()


def _unknown_lead() -> Rejected:
    return Rejected("nothing about this lead is stored", status=404, kind="unknown-lead")


def _period(period: Period, day: date) -> tuple[date, date]:
    """First day of the period that holds a day, and the first after it.

    Examples
    --------
    >>> [str(d) for d in _period("week", date(2026, 11, 25))], [str(d) for d in _period("month", date(2026, 12, 25))]
    (['2026-11-23', '2026-11-30'], ['2026-12-01', '2027-01-01'])
    """
    if period == "month":
        first = day.replace(day=1)
        return first, (first + timedelta(days=32)).replace(day=1)
    first = day - timedelta(days=day.weekday()) if period == "week" else day
    return first, first + timedelta(days=7 if period == "week" else 1)
