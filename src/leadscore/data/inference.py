"""What a column is: number, yes-or-no answer, category, or nothing to learn from."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
import pandas as pd

from leadscore.data.contact import CONTACT_EXAMPLES, contact_kinds
from leadscore.data.numbers import Decimal, column_decimals, reads_as_number
from leadscore.data.schema import MISSING, Contact, Field, Kind, parse_boolean, parse_number
from leadscore.data.times import looks_dated

__all__ = ["TAKEN", "Excluded", "frame_decimals", "infer_fields", "infer_kind", "possible_texts"]

Verdict = Literal["BLOCK", "ASK", "ignored", "constant", "id", "outcome", "protected"]

TAKEN = "identifies or dates the lead"
"""Reason of a column that the recipe reads for another purpose."""

PROTECTED = "protected by the recipe: never learned from, never a reason"
"""Reason of a column on which no decision may rest."""

_NUMBERS_AT_LEAST = 0.98
_DISTINCT_IDS = 0.5
_SAMPLE = 200
_EPOCH_SECONDS = (946_684_800, 4_102_444_800)  # the years 2000 to 2099


@dataclass(frozen=True, slots=True)
class Excluded:
    """A column of the export that the model does not use.

    Parameters
    ----------
    column
        Name in the export.
    verdict
        ``BLOCK``, ``ASK``, ``ignored``, ``constant``, ``id``, ``outcome`` or ``protected``.
    reason
        One sentence.
    """

    column: str
    verdict: Verdict
    reason: str


def infer_fields(
    frame: pd.DataFrame,
    *,
    taken: Collection[str],
    outcome: Collection[str],
    ignore: Collection[str],
    protected: Collection[str] = (),
    numbers: Collection[str] = (),
    categories: Collection[str] = (),
    texts: Collection[str] = (),
    contacts: Mapping[str, Contact] | None = None,
    origin: Mapping[str, str] | None = None,
    decimals: Mapping[str, Decimal] | None = None,
) -> tuple[tuple[Field, ...], tuple[Excluded, ...]]:
    """Sort the columns of an export into fields to learn from and the rest.

    Parameters
    ----------
    frame
        Text columns.
    taken
        Columns that the recipe reads for another purpose, such as the id and the creation time.
    outcome
        Columns that tell an outcome.
    ignore
        Columns that the recipe leaves out.
    protected
        Columns on which no decision may rest.
    numbers, categories, texts
        Corrections of what is found out.
    contacts
        Columns of persons' own data, of which only the kind is learned.
    origin
        File that a joined column came from.
    decimals
        Decimal sign of the columns where it is no point.

    Returns
    -------
    fields, excluded
    """
    found: list[Field | Excluded] = []
    for name in map(str, frame.columns):
        file = (origin or {}).get(name)
        if name in outcome:
            found.append(Excluded(name, "outcome", "tells an outcome of the recipe"))
        elif name in protected:
            found.append(Excluded(name, "protected", PROTECTED))
        elif name in ignore:
            found.append(Excluded(name, "ignored", "left out by the recipe"))
        elif name in taken:
            found.append(Excluded(name, "id", TAKEN))
        elif contacts and name in contacts:
            found.append(_contact_field(frame[name], contacts[name], file))
        elif name in texts:
            found.append(Excluded(name, "id", "free text"))
        else:
            kind = "number" if name in numbers else "category" if name in categories else infer_kind(frame[name])
            sign = (decimals or {}).get(name, ".")
            found.append(kind if isinstance(kind, Excluded) else _field(name, kind, frame[name], file, sign))
    fields = tuple(f for f in found if isinstance(f, Field))
    return fields, tuple(f for f in found if isinstance(f, Excluded))


def _contact_field(column: pd.Series, contact: Contact, file: str | None) -> Field | Excluded:
    name = str(column.name)
    kinds = contact_kinds(column, contact).unique()
    if len(kinds) == 1:
        return Excluded(name, "constant", f"of every lead the {contact} is {kinds[0] or 'missing'}")
    meaning = f"Column {name!r} of {file or 'the export'}; only the kind of {contact} is learned from."
    return Field(name, "category", meaning, (CONTACT_EXAMPLES[contact],), contact=contact)


def possible_texts(fields: Sequence[Field], excluded: Sequence[Excluded], categories: Collection[str]) -> list[str]:
    """Columns that may hold free text: those taken for ids or for categories, unless the recipe says so."""
    ids = [e.column for e in excluded if e.verdict == "id" and e.reason != TAKEN]
    kinds = [f.name for f in fields if f.kind == "category" and f.contact is None and f.name not in categories]
    return [*ids, *kinds]


def frame_decimals(frame: pd.DataFrame) -> dict[str, Decimal]:
    """Decide the decimal sign of every column of numbers that has separators at all.

    Examples
    --------
    >>> frame_decimals(pd.DataFrame({"Score": ["3,45", "12"], "Name": ["a, b", "c"], "Size": ["1", "2"]}))
    {'Score': ','}
    """
    numbers = {}
    for name in map(str, frame.columns):
        column = frame[name]
        if pd.api.types.is_numeric_dtype(column) or not column.str.contains("[.,]").any():
            continue
        counts = column.str.strip().value_counts()
        counts = counts[[v.casefold() not in MISSING for v in counts.index]]
        sample = counts.index[:_SAMPLE]
        if len(sample) and sum(map(reads_as_number, sample)) >= 0.9 * len(sample):
            numbers[name] = {str(text): int(count) for text, count in counts.items()}
    return column_decimals(numbers)


def infer_kind(column: pd.Series) -> Kind | Excluded:
    """Find out what one text column is.

    Examples
    --------
    >>> infer_kind(pd.Series(["12", "1,200", ""] * 9, name="Employees"))
    'number'
    >>> infer_kind(pd.Series(["Yes", "no", ""] * 9, name="Demo"))
    'boolean'
    >>> infer_kind(pd.Series(["x"] * 9, name="Record Type")).verdict
    'constant'
    """
    name = str(column.name)
    counts = column.str.strip().value_counts()
    counts = counts[[v.casefold() not in MISSING for v in counts.index]]
    distinct, filled = len(counts), int(counts.sum())
    if distinct == 0:
        return Excluded(name, "constant", "every cell is empty")
    if distinct == 1 and filled == len(column):
        return Excluded(name, "constant", "every lead has the same value")
    if all(parse_boolean(v) is not None for v in counts.index):
        return "boolean"
    if looks_dated(column) or _is_epoch(counts.index):
        return Excluded(name, "ignored", "a date: read where [lead] or an outcome names it, never learned from as text")
    readable = counts[[reads_as_number(v) for v in counts.index]].sum()
    if readable >= _NUMBERS_AT_LEAST * filled and not _are_codes(counts):
        return _number_or_id(name, counts.index, len(column))
    if distinct > _DISTINCT_IDS * filled and distinct > 20:
        return Excluded(name, "id", f"{distinct} different texts in {filled} filled cells: an identifier or free text")
    return "category"


def _number_or_id(name: str, values: Sequence[str], rows: int) -> Kind | Excluded:
    whole = [v for v in values if v.isdecimal()]
    if len(whole) == len(values) == rows and rows > 50:
        spread = np.ptp(np.array([float(v) for v in whole]))
        if "id" in name.casefold().split() or spread < 20 * rows:
            return Excluded(name, "id", "a different whole number for every lead: an identifier")
    return "number"


def _is_epoch(values: Sequence[str]) -> bool:
    if not all(v.isdecimal() and len(v) in (10, 13) for v in values):
        return False
    low, high = _EPOCH_SECONDS
    return all(low <= int(v[:10]) < high for v in values)


def _are_codes(counts: pd.Series) -> bool:
    """Whether zeros in front (a postcode) or more digits than a float holds make these no numbers to reckon with."""
    codes = [v.isdecimal() and ((len(v) > 1 and v[0] == "0") or len(v) > 15) for v in counts.index]
    return bool(counts[codes].sum() > (1 - _NUMBERS_AT_LEAST) * counts.sum())


def _field(name: str, kind: Kind, column: pd.Series, file: str | None, decimal: Decimal) -> Field:
    meaning = f"Column {name!r} of {file or 'the export'}."
    return Field(name, kind, meaning, _examples(kind, column, decimal), decimal if kind == "number" else ".")


def _examples(kind: Kind, column: pd.Series, decimal: Decimal) -> tuple[object, ...]:
    if kind == "boolean":
        return (True, False)
    if kind == "category":
        counts = column.str.strip().value_counts()
        return tuple(v for v in counts.index[:4] if v and counts[v] >= 20)[:3]
    codes, spelled = pd.factorize(column)
    read = [parse_number(cell, decimal) for cell in spelled]
    numbers = pd.Series(np.array([*read, None], dtype=float)[codes]).dropna()
    # Rounded quantiles instead of cells: no real lead lies in an artefact.
    return tuple(float(f"{q:.2g}") for q in numbers.quantile([0.5, 0.9]).dropna().unique())
