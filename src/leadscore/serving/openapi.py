"""What the OpenAPI page says: the model's own fields going in, the keys of the reply coming out."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, get_type_hints

from pydantic import TypeAdapter

from leadscore.data.schema import Field
from leadscore.scoring.decision import REPLY_KEYS, Decision
from leadscore.serving.problems import PROBLEM_SCHEMA

__all__ = ["batch_docs", "lead_docs", "lead_schema", "outcome_docs", "reply_schema"]

_TYPES: dict[str, list[str]] = {
    "number": ["number", "string", "null"],
    "boolean": ["boolean", "string", "integer", "null"],
    "category": ["string", "number", "boolean", "null"],
}
_PARAMETERS = [
    {
        "name": "detail",
        "in": "query",
        "description": "`full` adds all reasons by stage, the runner-up role, prices, eligible roles and notes.",
        "schema": {"type": "string", "enum": ["full"]},
    },
    {
        "name": "reasons",
        "in": "query",
        "description": "How many of reason_1 .. reason_3 are filled; with `detail=full` all of them.",
        "schema": {"type": "integer", "minimum": 0, "maximum": 3},
    },
    {
        "name": "Idempotency-Key",
        "in": "header",
        "description": "Sent again within 24 hours, the request gets the same reply and makes no new decision.",
        "schema": {"type": "string", "minLength": 1, "maxLength": 255},
    },
]
_MOMENT = {"type": ["string", "null"], "format": "date-time"}


def lead_schema(fields: Iterable[Field], known: Iterable[str], *, closed: bool) -> dict[str, Any]:
    """JSON schema of a lead for one model.

    Parameters
    ----------
    fields
        Inputs of the model.
    known
        Columns that are accepted and not used.
    closed
        Whether any other field is refused.
    """
    properties = {name: {"description": "Known to the recipe, not used by the model."} for name in sorted(known)}
    properties |= {field.name: _field_schema(field) for field in fields}
    activity = {
        "type": "object",
        "required": ["type", "at"],
        "additionalProperties": False,
        "properties": {
            "type": {"type": "string"},
            "at": {"type": "string", "format": "date-time"},
            "values": {"type": ["object", "null"], "additionalProperties": {"type": ["number", "string"]}},
        },
    }
    return {
        "type": "object",
        "required": ["lead_id", "fields"],
        "additionalProperties": False,
        "properties": {
            "lead_id": {"type": ["string", "integer"], "examples": ["L-1042"]},
            "fields": {"type": "object", "properties": properties, "additionalProperties": not closed},
            "activities": {"type": ["array", "null"], "items": activity},
            "created": _MOMENT | {"description": "Creation of the lead; the scoring moment when absent."},
            "at": _MOMENT | {"description": "Scoring moment; the arrival of the request when absent."},
        },
    }


def _field_schema(field: Field) -> dict[str, Any]:
    schema: dict[str, Any] = {"type": _TYPES[field.kind]}
    if field.meaning:
        schema["description"] = field.meaning
    if field.examples:
        schema["examples"] = list(field.examples)
    return schema


def reply_schema() -> dict[str, Any]:
    """JSON schema of the flat reply, from the fields of `Decision`."""
    hints = get_type_hints(Decision)
    properties = {name: TypeAdapter(hints[name]).json_schema() for name in REPLY_KEYS}
    first = {"lead_id": properties.pop("lead_id"), "decision_id": {"type": "string"}}
    properties = first | properties | {"stored": {"type": "boolean"}}
    return {"type": "object", "required": list(properties), "properties": properties}


def lead_docs(lead: dict[str, Any]) -> dict[str, Any]:
    """Keyword arguments of the route that scores one lead."""
    return _docs(lead, reply_schema())


def batch_docs(lead: dict[str, Any], batch_max: int) -> dict[str, Any]:
    """Keyword arguments of the route that scores a list."""
    refused = {
        "type": "object",
        "required": ["lead_id", "problem"],
        "properties": {"lead_id": {"type": ["string", "null"]}, "problem": PROBLEM_SCHEMA},
    }
    entry = {"anyOf": [reply_schema(), refused]}
    return _docs({"type": "array", "maxItems": batch_max, "items": lead}, {"type": "array", "items": entry})


def outcome_docs(batch_max: int) -> dict[str, Any]:
    """Keyword arguments of the route that hears what became of leads."""
    flag = {"type": ["boolean", "null"]}
    told = {
        "lead_id": {"type": ["string", "integer"]},
        "at": _MOMENT | {"description": "When it happened, for every key below without a moment of its own."},
        **{key: known for kind in ("worked", "accepted", "qualified") for key, known in _of_kind(kind, flag).items()},
        **_of_kind("closed", {"type": ["string", "null"], "enum": ["won", "lost", None]}),
        "reason": {"type": ["string", "null"], "description": "Of `accepted`: the words of the rep."},
        "amount": {"type": ["number", "string", "null"], "description": "Of `closed`: what the deal is worth."},
    }
    one = {"type": "object", "required": ["lead_id"], "additionalProperties": False, "properties": told}
    properties = {key: schema for key, schema in told.items() if key != "at"}
    known = {"type": "object", "required": list(properties), "properties": properties}
    many = {"type": "array", "maxItems": batch_max, "items": one}
    docs = _docs({"anyOf": [one, many]}, {"anyOf": [known, {"type": "array"}]})
    docs["openapi_extra"].pop("parameters")
    return docs


def _of_kind(kind: str, value: dict[str, Any]) -> dict[str, Any]:
    return {kind: value, f"{kind}_at": _MOMENT}


def _docs(body: dict[str, Any], reply: dict[str, Any]) -> dict[str, Any]:
    problem = {"description": "Problem document", "content": {"application/problem+json": {"schema": PROBLEM_SCHEMA}}}
    return {
        "openapi_extra": {
            "parameters": _PARAMETERS,
            "requestBody": {"required": True, "content": {"application/json": {"schema": body}}},
        },
        "responses": {
            200: {"description": "The decision", "content": {"application/json": {"schema": reply}}},
            "4XX": problem,
            "5XX": problem,
        },
    }
