"""From a decoded payload to what is told about a lead: as strict as for a lead to be scored."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from leadscore.data.schema import parse_number
from leadscore.serving.faults import (
    TEXT_LENGTH,
    flaw_of,
    moment_of,
    name_of,
    rejected,
    required_lead_id,
)
from leadscore.serving.problems import Fault
from leadscore.serving.store import Event, Kind
from leadscore.serving.store.outcomes import KINDS
from leadscore.serving.store.records import moment_text
from leadscore.serving.strict_json import is_clean

__all__ = ["KEYS", "read_outcome"]

KEYS = ("lead_id", "at", *(key for kind in KINDS for key in (kind, f"{kind}_at")), "reason", "amount")


def read_outcome(payload: Any, arrival: datetime) -> tuple[str, list[Event]]:
    """Read what is told about a lead.

    Parameters
    ----------
    payload
        What `strict_json.decode` returned.
    arrival
        Moment of what names none.

    Returns
    -------
    tuple
        The lead's identifier, and one event for each kind that is told.

    Raises
    ------
    Rejected
        With every fault of the payload.
    """
    if not isinstance(payload, dict):
        raise rejected([Fault((), flaw_of(payload) or "not_an_object")], what="outcome")
    faults = [Fault((name_of(key),), "unknown_outcome_key") for key in payload if key not in KEYS]
    lead_id = required_lead_id(payload, faults)
    common = moment_of(payload.get("at"), ("at",), faults)
    events = [event for kind in KINDS if (event := _event(kind, payload, common, arrival, faults))]
    if not events and not faults:
        faults.append(Fault((), "no_outcome"))
    if faults:
        raise rejected(faults, what="outcome")
    return lead_id, events


def _event(
    kind: Kind, payload: Mapping[str, Any], common: datetime | None, arrival: datetime, faults: list[Fault]
) -> Event | None:
    at = moment_of(payload.get(f"{kind}_at"), (f"{kind}_at",), faults) or common
    # Whoever says when a lead was worked says that it was.
    given = payload.get(kind, True if kind == "worked" and payload.get("worked_at") else None)
    detail = {"accepted": "reason", "closed": "amount"}.get(kind)
    if given is None:
        if detail and payload.get(detail) is not None:
            faults.append(Fault((detail,), f"belongs_to_{kind}"))
        return None
    return Event(
        kind,
        _closed(given, faults) if kind == "closed" else _yes_or_no(given, kind, faults),
        moment_text(at or arrival),
        assumed=at is None,
        amount=_amount(payload.get("amount"), faults) if kind == "closed" else None,
        reason=_reason(payload.get("reason"), faults) if kind == "accepted" else None,
    )


def _closed(given: Any, faults: list[Fault]) -> str:
    if given not in ("won", "lost"):
        faults.append(Fault(("closed",), flaw_of(given) or "not_won_or_lost"))
    return str(given)


def _yes_or_no(given: Any, kind: Kind, faults: list[Fault]) -> str:
    if not isinstance(given, bool):
        faults.append(Fault((kind,), flaw_of(given) or "not_true_or_false"))
    return "yes" if given is True else "no"


def _amount(given: Any, faults: list[Fault]) -> float | None:
    number = parse_number(given) if isinstance(given, (str, int, float)) and not isinstance(given, bool) else None
    if number is None and given is not None:
        faults.append(Fault(("amount",), flaw_of(given) or "not_a_number"))
    return number


def _reason(given: Any, faults: list[Fault]) -> str | None:
    if given is None or (isinstance(given, str) and is_clean(given) and len(given) <= TEXT_LENGTH):
        return given
    wrong = ("too_long" if is_clean(given) else "bad_text") if isinstance(given, str) else "not_text"
    faults.append(Fault(("reason",), flaw_of(given) or wrong))
    return None
