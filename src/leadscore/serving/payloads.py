"""From a decoded payload to a `Lead`: strict, complete in its complaints, silent about values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Self

from leadscore.data.schema import Field, Kind, category_key, parse_boolean, parse_number
from leadscore.scoring.decision import Activity, Lead
from leadscore.serving.faults import (
    ACTIVITIES,
    TEXT_LENGTH,
    flaw_of,
    is_short,
    moment_of,
    name_of,
    rejected,
    required_lead_id,
)
from leadscore.serving.problems import Fault
from leadscore.serving.strict_json import is_clean

__all__ = ["LeadReader"]

KEYS = frozenset({"lead_id", "fields", "activities", "created", "at"})
ACTIVITY_KEYS = frozenset({"type", "at", "values"})


@dataclass(frozen=True, slots=True)
class LeadReader:
    """Reads the leads that one model understands.

    Parameters
    ----------
    kinds
        Kind of each input of the model, by name.
    known
        Columns that the recipe knows and the model does not use: accepted with any value.
    missing
        Spellings, in lower case, that mean missing in this export beside those of every export.
    refuse_unknown
        Whether any other field is refused, or left out.

    Examples
    --------
    >>> reader = LeadReader.of([Field("Employees", "number")])
    >>> reader.read({"lead_id": 7, "fields": {"Employees": "1,200"}}, datetime(2026, 1, 1)).lead_id
    '7'
    """

    kinds: Mapping[str, Kind]
    known: frozenset[str] = frozenset()
    missing: frozenset[str] = frozenset()
    refuse_unknown: bool = True

    @classmethod
    def of(cls, fields: Iterable[Field], **options: Any) -> Self:
        """Make the reader of a model's fields."""
        return cls({field.name: field.kind for field in fields}, **options)

    def read(self, payload: Any, arrival: datetime) -> Lead:
        """Check a payload and make it a lead.

        Parameters
        ----------
        payload
            What `strict_json.decode` returned.
        arrival
            Scoring moment of a lead that names none.

        Raises
        ------
        Rejected
            With every fault of the payload.
        """
        faults: list[Fault] = []
        if not isinstance(payload, dict):
            raise rejected([Fault((), flaw_of(payload) or "not_an_object")])
        if not payload.keys() <= KEYS:
            faults += [Fault((name_of(key),), "unknown_key") for key in payload if key not in KEYS]
        lead = Lead(
            lead_id=required_lead_id(payload, faults),
            fields=self._fields(payload, faults),
            activities=_activities(payload.get("activities"), faults),
            created=moment_of(payload.get("created"), ("created",), faults),
            at=moment_of(payload.get("at"), ("at",), faults) or arrival,
        )
        if faults:
            raise rejected(faults)
        return lead

    def _fields(self, payload: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
        given = payload.get("fields")
        if not isinstance(given, dict):
            wrong = "missing" if "fields" not in payload else flaw_of(given) or "not_an_object"
            faults.append(Fault(("fields",), wrong))
            return {}
        fields, kinds = {}, self.kinds
        for name, value in given.items():
            kind = kinds.get(name)
            if kind is None and name not in self.known:
                if self.refuse_unknown:
                    faults.append(Fault(("fields", name_of(name)), "unknown_field"))
            elif (wrong_value := _fault_of(value, kind)) is None or self._is_missing(value):
                fields[name] = value
            else:
                faults.append(Fault(("fields", name), wrong_value))
        return fields

    def _is_missing(self, value: Any) -> bool:
        return (
            isinstance(value, str) and is_clean(value) and ((key := category_key(value)) is None or key in self.missing)
        )


def _fault_of(value: Any, kind: Kind | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        if len(value) > TEXT_LENGTH:
            return "too_long"
        if not is_clean(value):
            return "bad_text"
        if kind == "category" or kind is None:
            return None
    elif not isinstance(value, (bool, int, float)):
        return flaw_of(value) or "nested"
    if kind == "number" and parse_number(value) is None:
        return "not_a_number"
    return "not_a_boolean" if kind == "boolean" and parse_boolean(value) is None else None


def _activities(given: Any, faults: list[Fault]) -> tuple[Activity, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > ACTIVITIES:
        wrong = "too_many" if isinstance(given, list) else flaw_of(given) or "not_a_list"
        faults.append(Fault(("activities",), wrong))
        return ()
    found = (_activity(entry, ("activities", index), faults) for index, entry in enumerate(given))
    return tuple(activity for activity in found if activity)


def _activity(entry: Any, loc: tuple[str | int, ...], faults: list[Fault]) -> Activity | None:
    if not isinstance(entry, dict):
        faults.append(Fault(loc, flaw_of(entry) or "not_an_object"))
        return None
    kind, told_at = entry.get("type"), entry.get("at")
    if kind is None or told_at is None or not entry.keys() <= ACTIVITY_KEYS:
        faults += [Fault((*loc, name_of(key)), "unknown_key") for key in entry if key not in ACTIVITY_KEYS]
        faults += [Fault((*loc, key), "missing") for key in ("type", "at") if entry.get(key) is None]
    at = moment_of(told_at, (*loc, "at"), faults)
    values = _values(entry.get("values"), (*loc, "values"), faults)
    if isinstance(kind, str) and is_short(kind):
        return Activity(kind, at, values) if at else None
    if kind is not None:
        faults.append(Fault((*loc, "type"), flaw_of(kind) or "not_text"))
    return None


def _values(given: Any, loc: tuple[str | int, ...], faults: list[Fault]) -> dict[str, float]:
    """Numeric attributes of an activity, under the names of the log's columns."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        faults.append(Fault(loc, flaw_of(given) or "not_an_object"))
        return {}
    numbers = {name: _number(value) for name, value in given.items()}
    faults += [Fault((*loc, name_of(name)), "not_a_number") for name, value in numbers.items() if value is None]
    return {name: value for name, value in numbers.items() if value is not None}


def _number(value: Any) -> float | None:
    return parse_number(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None
