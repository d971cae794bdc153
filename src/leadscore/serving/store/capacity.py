"""What the leads of some days took of the roles' time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from sqlalchemy import Connection, func, select

from leadscore.serving.store import schema

__all__ = ["Consumed", "consumed"]


@dataclass(frozen=True, slots=True)
class Consumed:
    """What a role was given to do.

    Parameters
    ----------
    leads
        Leads that were routed to it first, or came to it from another role.
    hours
        Hours of it that leads take in expectation, also those that another role touches first.
    """

    leads: int = 0
    hours: float = 0.0


def consumed(connection: Connection, since: date, until: date) -> dict[str, Consumed]:
    """What each role was given from a day on and before another."""
    table = schema.capacity
    between = (table.c.day >= since.isoformat()) & (table.c.day < until.isoformat())
    query = select(table.c.role, func.sum(table.c.leads), func.sum(table.c.hours)).where(between)
    rows = connection.execute(query.group_by(table.c.role).order_by(table.c.role))
    return {role: Consumed(int(leads), float(hours)) for role, leads, hours in rows}
