"""The history of a lead: its decisions, who was considered, and what changed from one to the next and why."""

from __future__ import annotations

import json
from collections.abc import Mapping
from itertools import pairwise
from typing import Any

from sqlalchemy import Connection, select

from leadscore.serving.store.schema import decision, lead, lead_snapshot

__all__ = ["change", "decisions_of"]

_JSON = ("eligible", "prices", "runner_up", "net_values", "reasons", "fields", "activities")
_HIDDEN = ("fields", "activities", "net_values")
_COMPARED = ("score", "value", "tier", "role", "p_qualify", "p_close")


def decisions_of(connection: Connection, lead_id: str, limit: int) -> list[dict[str, Any]]:
    """Decisions about a lead, the newest first, each with its change from the one before."""
    wanted = [column for column in decision.columns if column.name not in ("lead_key", "request")]
    snapshot = lead_snapshot.c
    query = (
        select(*wanted, snapshot.reasons, snapshot.created, snapshot.at, snapshot.fields, snapshot.activities)
        .join_from(lead, decision, decision.c.lead_key == lead.c.lead_key)
        .outerjoin(lead_snapshot, snapshot.decision_id == decision.c.decision_id)
        .where(lead.c.lead_id == lead_id)
        .order_by(decision.c.decided_at.desc(), decision.c.decision_id.desc())
        .limit(limit + 1)
    )
    found = [_read(row) for row in connection.execute(query).mappings()]
    told = [_told(later, change(earlier, later)) for later, earlier in pairwise(found)]
    return told if len(found) > limit else told + [_told(row, None) for row in found[-1:]]


def change(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> dict[str, Any]:
    """What became different between two decisions about a lead, and everything that may have made it so.

    Returns
    -------
    dict
        ``from``: by key of the reply what it was before, where it differs; ``causes``: ``model`` (another version
        answered), ``fields`` (named under that key), ``activities`` (how many came), ``prices`` (of the roles' time),
        ``time`` (only the scoring moment moved on).
    """
    fields = _differing(earlier["fields"] or {}, later["fields"] or {})
    came = len(later["activities"] or ()) - len(earlier["activities"] or ())
    differs = {
        "model": earlier["model_version"] != later["model_version"],
        "fields": bool(fields),
        "activities": earlier["activities"] != later["activities"],
        "prices": earlier["prices"] != later["prices"],
    }
    causes = [cause for cause, applies in differs.items() if applies]
    if not causes and earlier["at"] != later["at"]:
        causes = ["time"]
    before = {key: earlier[key] for key in _COMPARED if earlier[key] != later[key]}
    return {"from": before, "causes": causes, "fields": fields, "activities": came}


def _differing(earlier: Mapping[str, Any], later: Mapping[str, Any]) -> list[str]:
    return sorted(name for name in {*earlier, *later} if earlier.get(name) != later.get(name))


def _read(row: Any) -> dict[str, Any]:
    return {name: json.loads(value) if name in _JSON and value is not None else value for name, value in row.items()}


def _told(row: Mapping[str, Any], changed: Mapping[str, Any] | None) -> dict[str, Any]:
    by_value = sorted((row["net_values"] or {}).items(), key=lambda pair: -pair[1])
    told = {name: value for name, value in row.items() if name not in _HIDDEN}
    return told | {"considered": [{"role": role, "net_value": net} for role, net in by_value], "change": changed}
