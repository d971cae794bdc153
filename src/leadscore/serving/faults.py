"""What can be wrong with a payload, place by place, and the parts that payloads share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from leadscore.serving.problems import Fault, Rejected
from leadscore.serving.strict_json import Flaw, is_clean

__all__ = [
    "ACTIVITIES",
    "SAID",
    "TEXT_LENGTH",
    "flaw_of",
    "is_short",
    "lead_id_of",
    "moment_of",
    "name_of",
    "rejected",
    "required_lead_id",
]

ID_LENGTH = 200
TEXT_LENGTH = 10_000
ACTIVITIES = 10_000
NAMED_FAULTS = 50
NAME_LENGTH = 60

SAID = {
    "missing": "is missing",
    "not_an_object": "is not an object",
    "not_a_list": "is not a list",
    "not_an_identifier": f"is neither an integer nor text of 1 to {ID_LENGTH} characters",
    "not_text": f"is not text of 1 to {ID_LENGTH} characters",
    "not_a_moment": "is not an ISO 8601 date and time",
    "not_a_number": "is not a number",
    "not_a_boolean": "is not a boolean",
    "not_finite": "is not a finite number",
    "nested": "is neither text, number, boolean nor null",
    "bad_text": "has a character that cannot be stored",
    "too_long": f"is longer than {TEXT_LENGTH} characters",
    "too_many": f"has more than {ACTIVITIES} entries",
    "duplicate_key": "has a key twice",
    "unknown_key": "is not a key of a lead; those are lead_id, fields, activities, created, at",
    "unknown_outcome_key": "is not a key of an outcome; those are lead_id, at, worked, worked_at, accepted, "
    "accepted_at, reason, qualified, qualified_at, closed, closed_at, amount",
    "not_true_or_false": "is neither true nor false",
    "not_won_or_lost": "is neither `won` nor `lost`",
    "belongs_to_accepted": "is told with `accepted` only",
    "belongs_to_closed": "is told with `closed` only",
    "no_outcome": "tells nothing: it has none of worked, accepted, qualified, closed",
    "unknown_field": "is a field that neither the model nor its recipe knows",
}
"""What each type of fault says to the caller."""


def lead_id_of(payload: Any) -> str | None:
    """Find the identifier of a payload that may be wrong elsewhere; None when it has no usable one.

    Examples
    --------
    >>> lead_id_of({"lead_id": 12, "nonsense": 1}), lead_id_of({"lead_id": True}), lead_id_of([])
    ('12', None, None)
    """
    given = payload.get("lead_id") if isinstance(payload, dict) else None
    text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    return text if isinstance(text, str) and is_short(text) else None


def required_lead_id(payload: Mapping[str, Any], faults: list[Fault]) -> str:
    """Identifier of a payload; empty, and a fault more, when it has no usable one."""
    lead_id = lead_id_of(payload)
    if lead_id is None:
        wrong = flaw_of(payload["lead_id"]) or "not_an_identifier" if "lead_id" in payload else "missing"
        faults.append(Fault(("lead_id",), wrong))
    return lead_id or ""


def moment_of(given: Any, loc: tuple[str | int, ...], faults: list[Fault]) -> datetime | None:
    """Read a moment, in UTC when it names no zone; None when it is absent or wrong, which is a fault more."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        if moment.tzinfo is UTC:  # nearly always
            return moment
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        faults.append(Fault(loc, flaw_of(given) or "not_a_moment"))
        return None


def is_short(text: str) -> bool:
    """Whether a text may serve as identifier or name."""
    return 0 < len(text) <= ID_LENGTH and is_clean(text)


def flaw_of(value: Any) -> str | None:
    """What was wrong with a value before anybody asked what it means."""
    return value.type if isinstance(value, Flaw) else None


def name_of(key: str) -> str:
    """Shorten a name of the caller's so that it can be said back."""
    return key[:NAME_LENGTH].encode(errors="replace").decode()


def rejected(faults: Sequence[Fault], *, what: str = "lead") -> Rejected:
    """Problem with every fault of a payload, the first of them in words."""
    named = [f"{'.'.join(map(str, fault.loc)) or what}: {SAID[fault.type]}" for fault in faults[:NAMED_FAULTS]]
    if len(faults) > NAMED_FAULTS:
        named.append(f"and {len(faults) - NAMED_FAULTS} more")
    return Rejected("; ".join(named), kind=f"invalid-{what}", faults=faults[:NAMED_FAULTS])
