"""From a decoded payload to a `Lead`: strict, complete in its complaints, silent about values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Self

from leadscore.data.schema import Field, Kind, category_key, parse_boolean, parse_number
from leadscore.scoring.decision import Activity, Lead
from leadscore.serving.problems import Fault, Rejected
from leadscore.serving.strict_json import Flaw, is_clean

__all__ = ["LeadReader", "lead_id_of"]

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
    "unknown_field": "is a field that neither the model nor its recipe knows",
}
"""What each type of fault says to the caller."""

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
    >>> reader.read({"lead_id": 7, "fields": {"Employees": "1,200"}}, datetime(2026, 1, 1, tzinfo=UTC)).lead_id
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
            raise _rejected([Fault((), _flaw(payload) or "not_an_object")])
        faults += [Fault((_name(key),), "unknown_key") for key in payload if key not in KEYS]
        lead = Lead(
            lead_id=_lead_id(payload, faults),
            fields=self._fields(payload, faults),
            activities=_activities(payload.get("activities"), faults),
            created=_moment(payload.get("created"), ("created",), faults),
            at=_moment(payload.get("at"), ("at",), faults) or arrival,
        )
        if faults:
            raise _rejected(faults)
        return lead

    def _fields(self, payload: Mapping[str, Any], faults: list[Fault]) -> dict[str, Any]:
        given = payload.get("fields")
        if not isinstance(given, dict):
            wrong = "missing" if "fields" not in payload else _flaw(given) or "not_an_object"
            faults.append(Fault(("fields",), wrong))
            return {}
        fields = {}
        for name, value in given.items():
            kind = self.kinds.get(name)
            if kind is None and name not in self.known:
                if self.refuse_unknown:
                    faults.append(Fault(("fields", _name(name)), "unknown_field"))
            elif (wrong_value := _fault_of(value, kind)) is None or self._is_missing(value):
                fields[name] = value
            else:
                faults.append(Fault(("fields", name), wrong_value))
        return fields

    def _is_missing(self, value: Any) -> bool:
        return (
            isinstance(value, str) and is_clean(value) and ((key := category_key(value)) is None or key in self.missing)
        )


def lead_id_of(payload: Any) -> str | None:
    """Find the identifier of a payload that may be wrong elsewhere; None when it has no usable one.

    Examples
    --------
    >>> lead_id_of({"lead_id": 12, "nonsense": 1}), lead_id_of({"lead_id": True}), lead_id_of([])
    ('12', None, None)
    """
    given = payload.get("lead_id") if isinstance(payload, dict) else None
    text = str(given) if isinstance(given, int) and not isinstance(given, bool) else given
    return text if isinstance(text, str) and _is_short(text) else None


def _lead_id(payload: Mapping[str, Any], faults: list[Fault]) -> str:
    lead_id = lead_id_of(payload)
    if lead_id is None:
        wrong = _flaw(payload["lead_id"]) or "not_an_identifier" if "lead_id" in payload else "missing"
        faults.append(Fault(("lead_id",), wrong))
    return lead_id or ""


def _fault_of(value: Any, kind: Kind | None) -> str | None:
    if value is None:
        return None
    if isinstance(value, str):
        if len(value) > TEXT_LENGTH:
            return "too_long"
        if not is_clean(value):
            return "bad_text"
        if kind in ("category", None):
            return None
    elif not isinstance(value, (bool, int, float)):
        return _flaw(value) or "nested"
    if kind == "number" and parse_number(value) is None:
        return "not_a_number"
    return "not_a_boolean" if kind == "boolean" and parse_boolean(value) is None else None


def _activities(given: Any, faults: list[Fault]) -> tuple[Activity, ...]:
    if given is None:
        return ()
    if not isinstance(given, list) or len(given) > ACTIVITIES:
        wrong = "too_many" if isinstance(given, list) else _flaw(given) or "not_a_list"
        faults.append(Fault(("activities",), wrong))
        return ()
    found = (_activity(entry, ("activities", index), faults) for index, entry in enumerate(given))
    return tuple(activity for activity in found if activity)


def _activity(entry: Any, loc: tuple[str | int, ...], faults: list[Fault]) -> Activity | None:
    if not isinstance(entry, dict):
        faults.append(Fault(loc, _flaw(entry) or "not_an_object"))
        return None
    faults += [Fault((*loc, _name(key)), "unknown_key") for key in entry if key not in ACTIVITY_KEYS]
    faults += [Fault((*loc, key), "missing") for key in ("type", "at") if entry.get(key) is None]
    kind, at = entry.get("type"), _moment(entry.get("at"), (*loc, "at"), faults)
    values = _values(entry.get("values"), (*loc, "values"), faults)
    if isinstance(kind, str) and _is_short(kind):
        return Activity(kind, at, values) if at else None
    if kind is not None:
        faults.append(Fault((*loc, "type"), _flaw(kind) or "not_text"))
    return None


def _values(given: Any, loc: tuple[str | int, ...], faults: list[Fault]) -> dict[str, float]:
    """Numeric attributes of an activity, under the names of the log's columns."""
    if given is None:
        return {}
    if not isinstance(given, dict):
        faults.append(Fault(loc, _flaw(given) or "not_an_object"))
        return {}
    numbers = {name: _number(value) for name, value in given.items()}
    faults += [Fault((*loc, _name(name)), "not_a_number") for name, value in numbers.items() if value is None]
    return {name: value for name, value in numbers.items() if value is not None}


def _number(value: Any) -> float | None:
    return parse_number(value) if isinstance(value, (str, int, float)) and not isinstance(value, bool) else None


def _moment(given: Any, loc: tuple[str | int, ...], faults: list[Fault]) -> datetime | None:
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given)
        return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
    except (TypeError, ValueError, OverflowError):
        faults.append(Fault(loc, _flaw(given) or "not_a_moment"))
        return None


def _is_short(text: str) -> bool:
    return 0 < len(text) <= ID_LENGTH and is_clean(text)


def _flaw(value: Any) -> str | None:
    return value.type if isinstance(value, Flaw) else None


def _name(key: str) -> str:
    """Shorten a name of the caller's so that it can be said back."""
    return key[:NAME_LENGTH].encode(errors="replace").decode()


def _rejected(faults: Sequence[Fault]) -> Rejected:
    named = [f"{'.'.join(map(str, fault.loc)) or 'lead'}: {SAID[fault.type]}" for fault in faults[:NAMED_FAULTS]]
    if len(faults) > NAMED_FAULTS:
        named.append(f"and {len(faults) - NAMED_FAULTS} more")
    return Rejected("; ".join(named), kind="invalid-lead", faults=faults[:NAMED_FAULTS])
