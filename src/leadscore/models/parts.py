"""The columns of an export that play a part in routing."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from leadscore.data.times import DateOrder

__all__ = ["Parts"]


@dataclass(frozen=True, slots=True)
class Parts:
    """Columns of the export that play a part in routing; None where the recipe names none."""

    id: str | None = None
    created: str | None = None
    account: str | None = None
    segment: str | None = None
    customer: str | None = None
    consent: str | None = None
    date_order: DateOrder | None = None
