"""From a decision to the reply that tells it."""

from __future__ import annotations

from typing import Any

from leadscore.scoring.decision import Detail, Reason
from leadscore.serving.store import DecisionRecord

__all__ = ["reply_of"]


def reply_of(record: DecisionRecord, *, full: bool, stored: bool) -> dict[str, Any]:
    """Flat reply of one decision, with all its detail on demand."""
    decision = record.decision
    reply = {"lead_id": decision.lead_id, "decision_id": record.decision_id} | decision.reply() | {"stored": stored}
    if full and decision.detail is not None:
        reply |= _full(decision.detail)
    return reply


def _full(detail: Detail) -> dict[str, Any]:
    return {
        "reasons": {stage: [_reason(reason) for reason in reasons] for stage, reasons in detail.reasons.items()},
        "runner_up": detail.runner_up and {"role": detail.runner_up[0], "net_value": detail.runner_up[1]},
        "prices": dict(detail.prices),
        "eligible": list(detail.eligible),
        "notes": {name: list(fields) for name, fields in detail.notes.items()},
    }


def _reason(reason: Reason) -> dict[str, Any]:
    return {
        "field": reason.field,
        "value": reason.value,
        "effect": reason.effect,
        "direction": reason.direction,
        "text": reason.text,
    }
