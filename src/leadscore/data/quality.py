"""The field page: what a column holds, how the outcome differs by value, when it is known, whether it is used."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.guess_columns import missing_spellings
from leadscore.data.history import History
from leadscore.data.inference import TAKEN, Excluded
from leadscore.data.leakage import ColumnVerdict
from leadscore.data.leakage_reading import Floats, read_column
from leadscore.data.schema import category_key

__all__ = ["FieldPage", "ValueRate", "field_pages", "left_out_page", "wilson"]

_MIN_LEADS = 20
_MOST_VALUES = 12
_RANGES = 5
_KNOWN = {"BLOCK": "later", "ASK": "unclear", "ok": "at creation"}
_TYPED = frozenset({"test", "testing", "asdf", "dummy"})


@dataclass(frozen=True, slots=True)
class ValueRate:
    """How often the outcome happened among the leads with one value.

    Parameters
    ----------
    value
        A category, an answer, or a range of numbers; ``(empty)`` for missing cells. Values of fewer than 20 leads are
        not shown: they could name somebody.
    leads
        Decided leads with it.
    rate, low, high
        Share of them for which the outcome happened, with its 95 % Wilson interval.
    differs
        ``above`` or ``below`` the base rate when the interval leaves it out, else ``as all``.
    """

    value: str
    leads: int
    rate: float
    low: float
    high: float
    differs: str


@dataclass(frozen=True, slots=True)
class FieldPage:
    """One column of the export.

    Parameters
    ----------
    column
        Name in the export.
    filled
        Share of cells that are not empty.
    distinct
        Number of different values, spellings of one category counted once.
    known
        When the value becomes known: ``at creation``, ``later``, ``unclear`` or ``with the outcome``.
    used
        Whether the model learns from it.
    kind
        How it is learned from: ``number``, ``boolean``, ``category``, or for personal data ``kind of email``, ``kind of
        phone``, ``kind of name``, whose values below are the kinds; or ``text``; None when it is not used.
    why
        Why not, or what the audit says of it.
    base_rates
        By stage, the share of decided leads for which the outcome happened.
    rates
        By stage, the rates by value; most frequent values first.
    placeholders
        Cells that look like nothing and count as a value (a form's ``Select``, ``test``), by spelling: list them under
        ``missing`` of ``[lead]``.
    """

    column: str
    filled: float
    distinct: int
    known: str
    used: bool
    kind: str | None
    why: str
    base_rates: Mapping[str, float]
    rates: Mapping[str, tuple[ValueRate, ...]]
    placeholders: Mapping[str, int]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def field_pages(
    history: History, verdicts: Sequence[ColumnVerdict], *, max_rows: int = 20_000
) -> tuple[FieldPage, ...]:
    """Describe every column of an export.

    Parameters
    ----------
    history
        All leads, before or after the audit was applied.
    verdicts
        What the audit says of the columns.
    max_rows
        Leads that are looked at, evenly over time.

    Returns
    -------
    tuple of FieldPage
        In the order of the export; columns that the audit did not judge have no rates.
    """
    if len(history) > max_rows:
        history = history.take(np.unique(np.linspace(0, len(history) - 1, max_rows).astype(int)))
    judged = {v.column: v for v in verdicts}
    kinds = {f.name: f.kind if f.contact is None else f"kind of {f.contact}" for f in history.fields}
    reasons = {e.column: (e.verdict, e.reason) for e in history.excluded}
    labels: dict[str, Floats] = {stage: y for stage, y in history.labels.items() if not np.isnan(y).all()}
    base = {stage: float(np.nanmean(y)) for stage, y in labels.items()}
    names = [str(c) for c in history.frame.columns if c not in history.sources]
    placeholders = _placeholders(history, names)
    pages = []
    for name in names:
        column, verdict = history.column(name), judged.get(name)
        keys = column.map({v: category_key(v) for v in column.unique()})
        used = name in kinds and not (verdict is not None and verdict.left_out)
        known, why = _known(verdict, reasons.get(name))
        pages.append(
            FieldPage(
                column=name,
                filled=float(keys.notna().mean()),
                distinct=int(keys.nunique()),
                known=known,
                used=used,
                kind=kinds[name] if used else None,
                why=why,
                base_rates=base,
                rates={} if verdict is None else _rates(_groups(column, keys), labels, base),
                placeholders=placeholders.get(name, {}),
            )
        )
    return tuple(pages)


def _placeholders(history: History, names: Sequence[str]) -> dict[str, dict[str, int]]:
    """By column, the cells that stand for nothing without the recipe saying so."""
    texts = [n for n in names if n not in history.contacts and not pd.api.types.is_numeric_dtype(history.frame[n])]
    found: dict[str, dict[str, int]] = {}
    for spelling, columns in missing_spellings(history.frame[texts]).items():
        for name, count in columns.items():
            found.setdefault(name, {})[spelling] = count
    for name in texts:
        typed = history.frame[name].str.strip().str.casefold().isin(_TYPED).sum()
        if typed:
            found.setdefault(name, {})["test"] = int(typed)
    return found


def wilson(hits: float, n: float, *, z: float = 1.96) -> tuple[float, float]:
    """Interval of a share (Wilson, 1927); it never leaves 0 to 1 and holds for few leads too.

    Examples
    --------
    >>> low, high = wilson(3, 20)
    >>> round(low, 3), round(high, 3)
    (0.052, 0.36)
    """
    if not n:
        return 0.0, 1.0
    share, spread = hits / n, z**2 / n
    middle = (share + spread / 2) / (1 + spread)
    half = z * np.sqrt(share * (1 - share) / n + spread / (4 * n)) / (1 + spread)
    return max(0.0, float(middle - half)), min(1.0, float(middle + half))


def left_out_page(page: FieldPage, excluded: Excluded, allowed: str | None) -> FieldPage:
    """The page of a column that is found to give the outcome away after all; one that the recipe allows stays used."""
    known = _KNOWN[excluded.verdict]
    if allowed is not None:
        return replace(page, known=known, why=f"allowed by the recipe: {allowed}")
    return replace(page, known=known, used=False, kind=None, why=excluded.reason)


def _known(verdict: ColumnVerdict | None, excluded: tuple[str, str] | None) -> tuple[str, str]:
    if excluded is not None and excluded[0] == "outcome":
        return "with the outcome", excluded[1]
    said = excluded[1] if excluded is not None else ""
    if verdict is None or said == TAKEN:
        return "at creation", said
    known = _KNOWN[verdict.verdict]
    if verdict.allowed is not None and verdict.verdict != "ok":
        return known, f"allowed by the recipe: {verdict.allowed}"
    return known, f"{said}; {verdict.reason}" if said and verdict.verdict != "ok" else said or verdict.reason


def _rates(
    shown: npt.NDArray[np.object_], labels: Mapping[str, Floats], base: Mapping[str, float]
) -> dict[str, tuple[ValueRate, ...]]:
    rates = {}
    for stage, y in labels.items():
        rows = ~np.isnan(y)
        found = pd.DataFrame({"value": shown[rows], "y": y[rows]}).groupby("value")["y"].agg(["size", "sum"])
        found = (
            found[found["size"] >= _MIN_LEADS].sort_values("size", ascending=False, kind="stable").head(_MOST_VALUES)
        )
        rates[stage] = tuple(_value_rate(str(v), int(n), float(hits), base[stage]) for v, n, hits in found.itertuples())
    return rates


def _value_rate(value: str, leads: int, hits: float, base: float) -> ValueRate:
    low, high = wilson(hits, leads)
    differs = "above" if low > base else "below" if high < base else "as all"
    return ValueRate(value, leads, hits / leads, low, high, differs)


def _groups(column: pd.Series, keys: pd.Series) -> npt.NDArray[np.object_]:
    """Ranges of a number with many values; else each category in its most frequent spelling."""
    reading = read_column(column)
    if reading.number is not None and reading.moments is None and keys.nunique() > _MOST_VALUES:
        return _ranges(reading.number)
    spelled: dict[object, object] = {}
    for value in column.value_counts().index:
        spelled.setdefault(category_key(value), value)
    spelled.pop(None, None)
    shown: npt.NDArray[np.object_] = keys.map(spelled).fillna("(empty)").to_numpy(dtype=object)
    return shown


def _ranges(number: Floats) -> npt.NDArray[np.object_]:
    known = number[~np.isnan(number)]
    inner = np.unique(np.quantile(known, np.linspace(0, 1, _RANGES + 1)[1:-1], method="lower"))
    edges = [float(f"{edge:.3g}") for edge in inner]
    # The outermost edges are left open: the largest cell would be that of one lead.
    names = [f"to {edges[0]:,g}", *(f"{a:,g} - {b:,g}" for a, b in zip(edges, edges[1:], strict=False))]
    names.append(f"over {edges[-1]:,g}")
    place = np.searchsorted(np.array(edges), number, side="left")
    return np.where(np.isnan(number), "(empty)", np.array(names, dtype=object)[np.minimum(place, len(edges))])
