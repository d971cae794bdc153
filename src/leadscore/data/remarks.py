"""What a user should know about how cells were read, in sentences with a count, a row and a value."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.outcomes import Outcome, Stage
from leadscore.data.schema import MISSING, Field, category_key, parse_number

__all__ = ["missing_in_words", "numbers_in_words", "outcomes_in_words"]

_SHOWN = 6


def missing_in_words(frame: pd.DataFrame, spellings: Sequence[str]) -> Iterator[str]:
    """For each spelling of missing the columns and the number of cells in which it was taken for an empty one.

    Examples
    --------
    >>> list(missing_in_words(pd.DataFrame({"City": ["Select", "Rome"]}), ["Select"]))
    ["'Select' is taken for an empty cell: 'City' (1)"]
    """
    wanted = {s.strip().casefold() for s in spellings} | (MISSING - {""})
    found: dict[str, list[str]] = {}
    for name in frame.columns:
        counts = frame[name].value_counts()
        for value in counts.index:
            if isinstance(value, str) and value.strip().casefold() in wanted:
                found.setdefault(value.strip(), []).append(f"{name!r} ({counts[value]})")
    for spelling, where in found.items():
        more = f" and {len(where) - _SHOWN} more columns" if len(where) > _SHOWN else ""
        yield f"{spelling!r} is taken for an empty cell: {', '.join(where[:_SHOWN])}{more}"


def numbers_in_words(frame: pd.DataFrame, fields: Sequence[Field], lines: npt.NDArray[np.intp]) -> Iterator[str]:
    """Decimal commas, and cells of number columns that are no number."""
    for field in fields:
        if field.kind != "number" or pd.api.types.is_numeric_dtype(frame[field.name]):
            continue
        if field.decimal == ",":
            yield f"{field.name!r} has decimal commas: 3,45 is read as 3.45"
        odd = [v for v in frame[field.name].unique() if category_key(v) is not None and parse_number(v) is None]
        if odd:
            rows = np.flatnonzero(frame[field.name].isin(odd).to_numpy())
            first = frame[field.name].iloc[rows[0]][:40]
            example = f"such as {first!r} in row {lines[rows[0]]}"
            yield f"{field.name!r}: {len(rows)} cells are no finite number and count as missing ({example})"


def outcomes_in_words(frame: pd.DataFrame, outcomes: Mapping[Stage, Outcome]) -> Iterator[str]:
    """Values of the recipe that no lead has, and how many leads have each value that the recipe does not list."""
    for stage, outcome in outcomes.items():
        if isinstance(outcome.positive, str) or outcome.column is None:
            continue
        counts = frame[outcome.column].map(category_key).value_counts()
        listed = [v for v in (*outcome.positive, *(outcome.negative or ())) if not isinstance(v, bool)]
        absent = [v for v in listed if category_key(v) not in counts.index]
        keys = {category_key(v) for v in listed}
        rest = [f"{key!r} ({count})" for key, count in counts.items() if key not in keys]
        if absent and rest:
            how = "no" if outcome.negative is None else "undecided"
            yield (
                f"[{stage}] no lead has {', '.join(map(repr, absent))} in {outcome.column!r}; "
                f"{', '.join(rest[:_SHOWN])} count as {how}: was a stage renamed?"
            )
