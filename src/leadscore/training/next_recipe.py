"""The recipe that reads the decision log: that of the last training, with the columns that the service knows."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any

from leadscore.errors import RecipeError, TooFewOutcomes
from leadscore.training.recipe import load_recipe
from leadscore.training.recipe_text import toml_value

__all__ = ["next_recipe"]

_GIVEN_BY_US = ("id", "created", "order", "modified", "worked_at", "first_role", "propensity", "moments")
_LISTS = ("ignore", "numbers", "categories", "contact")


def next_recipe(
    folder: Path,
    old: Path | None,
    *,
    files: Mapping[str, Any],
    told: Mapping[str, int],
    columns: Sequence[str],
    ours: Collection[str],
) -> str:
    """Write the recipe of a log.

    Parameters
    ----------
    folder
        Where it will lie.
    old
        Recipe of the last training, which says what the service cannot know: segments, horizons, values, structure.
    files
        What stands under ``[data]``.
    told
        Of how many leads it is known: ``qualified=true``, ``closed=lost``, ``worked``, ``amount`` and the like.
    columns, ours
        All columns of the file of leads, and those among them that are not fields of the lead.

    Raises
    ------
    TooFewOutcomes
        Of no lead is it known that it qualified or was won.
    """
    content = _read(old)
    stages = {
        "qualify": _stage(content.get("qualify"), "qualified", True, False, told),
        "close": _stage(content.get("close"), "closed", "won", "lost", told),
    }
    if stages["close"] and told.get("amount"):
        stages["close"]["amount"] = "amount"
    if not any(stages.values()):
        raise TooFewOutcomes(
            "of no lead is it known that it qualified or was won. Tell what becomes of them: POST /v1/outcomes."
        )
    content["data"] = dict(files)
    content["lead"] = _lead(content.get("lead", {}), told, columns)
    content["columns"] = _columns(content.get("columns", {}), columns, ours)
    for stage, found in stages.items():
        assumed = content.get(stage, {}) if "rate" in content.get(stage, {}) else {}
        content[stage] = found or assumed
    if "file" in content.get("structure", {}) and old is not None:
        place = old.parent.resolve() / content["structure"]["file"]
        content["structure"]["file"] = Path(os.path.relpath(place, folder.resolve())).as_posix()
    return _as_toml(content)


def _read(old: Path | None) -> dict[str, Any]:
    if old is None:
        return {}
    load_recipe(old)  # what is wrong with it is said in its own words
    try:
        return tomllib.loads(old.read_text(encoding="utf-8"))
    except OSError as error:
        raise RecipeError(f"the recipe {old} cannot be read: {error.strerror}") from None


def _stage(old: Mapping[str, Any] | None, column: str, yes: Any, no: Any, told: Mapping[str, int]) -> dict[str, Any]:
    if not told.get(f"{column}={yes}".lower()):
        return {}
    # Where nobody ever tells a no, an open lead that is older than the horizon is one.
    values = {"positive": [yes], "negative": [no]} if told.get(f"{column}={no}".lower()) else {"positive": "filled"}
    horizon = {"horizon_days": old["horizon_days"]} if old and "horizon_days" in old else {}
    return {"column": column, **values, "at": f"{column}_at", **horizon}


def _lead(old: Mapping[str, Any], told: Mapping[str, int], columns: Sequence[str]) -> dict[str, Any]:
    kept = {key: value for key, value in old.items() if key not in _GIVEN_BY_US}
    kept = {key: value for key, value in kept.items() if not isinstance(value, str) or value in columns}
    lead = {"id": "lead_id", "created": "created"}
    if told.get("worked"):
        lead |= {"worked_at": "worked_at", "first_role": "role", "propensity": "worked_propensity"}
    return lead | kept


def _columns(old: Mapping[str, Any], columns: Sequence[str], ours: Collection[str]) -> dict[str, Any]:
    kept = {key: [name for name in old[key] if name in columns] for key in _LISTS if key in old}
    allowed = {name: why for name, why in old.get("allow_leaky", {}).items() if name in columns}
    ignored = [*kept.pop("ignore", []), *ours]
    return {"ignore": ignored} | kept | ({"allow_leaky": allowed} if allowed else {})


def _as_toml(content: Mapping[str, Any]) -> str:
    lines = [
        "# Written by `leadscore export` from the decision log. Train: leadscore train THIS_FILE",
        *(f"{key} = {toml_value(value)}" for key, value in content.items() if not isinstance(value, dict)),
    ]
    for table, values in content.items():
        if isinstance(values, dict) and values:
            lines += ["", f"[{table}]", *(f"{_key(key)} = {toml_value(value)}" for key, value in values.items())]
    return "\n".join(lines) + "\n"


def _key(key: str) -> str:
    return key if key.replace("_", "").isalnum() and key.isascii() else toml_value(key)
