"""The decision log as the export that the next training learns from: files, and the recipe that reads them.

A lead is one row, with its fields as they were at the first decision about it, what became of it, and the likelihood
with which the router let somebody work it: whoever learns from routed leads alone learns the router's habits.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any, Literal, TypeAlias

import pandas as pd

from leadscore.data.sinks import write_tables
from leadscore.decisions import NURTURE
from leadscore.training.next_recipe import next_recipe

__all__ = ["FileFormat", "History", "Log", "write_history"]

FileFormat: TypeAlias = Literal["csv", "parquet"]
Rows: TypeAlias = Iterable[Mapping[str, Any]]

CHUNK = 5000

OURS = (
    *("worked", "worked_at", "accepted", "accepted_at", "reason", "qualified", "qualified_at", "closed", "closed_at"),
    *("amount", "decided_at", "model_version", "p_qualify", "p_close", "score", "value", "tier", "role"),
    *("propensity", "worked_propensity"),
)
"""Columns beside the fields of the lead; none may be learned from."""


@dataclass(frozen=True, slots=True)
class Log:
    """A decision log, each part of which can be read from its beginning more than once.

    Parameters
    ----------
    leads
        Mappings of ``lead_id``, ``created``, ``fields``, ``decision``, ``outcome``, ``activities``.
    decisions
        Mappings of one decision each.
    """

    leads: Callable[[], Rows]
    decisions: Callable[[], Rows]


@dataclass(frozen=True, slots=True)
class History:
    """What was written.

    Parameters
    ----------
    recipe
        To train with.
    leads, activities, decisions
        How many rows of each.
    told
        Of how many leads which outcome is known.
    """

    recipe: Path
    leads: int
    activities: int
    decisions: int
    told: Mapping[str, int]


def write_history(folder: Path, log: Log, *, recipe: Path | None = None, form: FileFormat = "csv") -> History:
    """Write a log as an export with its recipe.

    Parameters
    ----------
    folder
        Made where it is missing.
    log
        What the service kept.
    recipe
        Recipe of the last training, which says what the service cannot know.
    form
        Of the files.

    Raises
    ------
    TooFewOutcomes
        No outcome of any lead is known.
    """
    fields, values, told = _survey(log.leads())
    ours = _named_apart(fields)
    names = {part: f"{part}.{form}" for part in ("leads", "activities", "decisions")}
    files: dict[str, Any] = {"leads": names["leads"]}
    if told["activities"]:
        columns = {"id": "lead_id", "time": "at", "type": "type"} | ({"values": values} if values else {})
        files["activities"] = {"file": names["activities"], **columns}
    text = next_recipe(
        folder, recipe, files=files, told=told, columns=[*fields, *ours.values()], ours=list(ours.values())
    )
    folder.mkdir(parents=True, exist_ok=True)
    lead_columns = ["lead_id", "created", *fields, *ours.values()]
    leads = write_tables(
        folder / names["leads"], _frames((_lead_row(lead, ours) for lead in log.leads()), lead_columns)
    )
    rows = (row for lead in log.leads() for row in _activity_rows(lead))
    activities = write_tables(folder / names["activities"], _frames(rows, ["lead_id", "type", "at", *values]))
    decisions = write_tables(folder / names["decisions"], _frames(log.decisions()))
    path = folder / "recipe.toml"
    path.write_text(text, encoding="utf-8")
    return History(path, leads, activities, decisions, told)


def _survey(leads: Rows) -> tuple[list[str], list[str], Counter[str]]:
    """Names of all fields and of all numbers of activities, and how often each outcome is known."""
    fields: dict[str, None] = {}
    values: dict[str, None] = {}
    told: Counter[str] = Counter()
    for lead in leads:
        fields |= dict.fromkeys(lead["fields"])
        for activity in lead["activities"]:
            values |= dict.fromkeys(activity.get("values", ()))
        outcome = lead["outcome"]
        told["activities"] += len(lead["activities"])
        told.update(f"{kind}={outcome[kind]}".lower() for kind in ("qualified", "closed") if outcome[kind] is not None)
        told["worked"] += bool(outcome["worked"])
        told["amount"] += outcome["amount"] is not None
    return list(fields), list(values), told


def _named_apart(fields: Sequence[str]) -> dict[str, str]:
    """Name of each of our columns; a field of the lead keeps its own."""
    return {name: f"leadscore_{name}" if name in fields else name for name in OURS}


def _lead_row(lead: Mapping[str, Any], ours: Mapping[str, str]) -> dict[str, Any]:
    known = {**lead["decision"], **lead["outcome"], "worked_propensity": _worked_propensity(lead["decision"])}
    row = {"lead_id": lead["lead_id"], "created": lead["created"], **lead["fields"]}
    return row | {column: known[name] for name, column in ours.items()}


def _worked_propensity(decision: Mapping[str, Any]) -> float:
    """Chance that the router let somebody work the lead: exploration chooses between the two best roles only.

    Examples
    --------
    >>> _worked_propensity({"role": "SDR", "propensity": 0.98, "runner_up": '{"role": "nurture", "net_value": 0}'})
    0.98
    >>> _worked_propensity({"role": "SDR", "propensity": 0.98, "runner_up": '{"role": "ISR", "net_value": 9}'})
    1.0
    """
    runner_up = json.loads(decision["runner_up"])["role"] if decision["runner_up"] else None
    if NURTURE not in (decision["role"], runner_up):
        return 1.0
    return float(decision["propensity"] if decision["role"] != NURTURE else 1.0 - decision["propensity"]) or 1.0


def _activity_rows(lead: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    for activity in lead["activities"]:
        yield {"lead_id": lead["lead_id"], "type": activity["type"], "at": activity["at"], **activity.get("values", {})}


def _frames(rows: Rows, columns: Sequence[str] | None = None) -> Iterator[pd.DataFrame]:
    """Frames of text, so that no column changes its type from one to the next."""
    rest = iter(rows)
    first = True
    while (some := list(islice(rest, CHUNK))) or first:
        first = False
        frame = pd.DataFrame(some, columns=columns, dtype=object)
        yield frame.map(_cell).astype("string")


def _cell(value: Any) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    return value if isinstance(value, str) else repr(value)
