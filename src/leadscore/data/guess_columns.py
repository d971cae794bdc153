"""What each column of an export looks like, before anybody has said what it is for."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import pandas as pd

from leadscore.data.leakage_names import words
from leadscore.data.schema import MISSING, parse_boolean, parse_number
from leadscore.data.times import DateOrder, looks_dated, parse_times
from leadscore.errors import BadInput

__all__ = ["Look", "Profile", "columns_of", "first_match", "missing_spellings", "profile", "profiles"]

Look = Literal["empty", "date", "answer", "number", "category", "text"]
"""``answer``: yes or no in any spelling; ``text``: (nearly) as many contents as filled cells."""

_PLACEHOLDERS = re.compile(
    r"[-–—.?]{1,3}|(please )?(select|choose)( (one|an option))?[ .…]*|-+ ?(none|select|please select) ?-+|"
    r"\((blank|none|empty|not set|unknown|leer)\)|bitte (aus)?wählen|keine angabe|"
    r"not (specified|provided|available|set)",
    re.IGNORECASE,
)
_STAMP = re.compile(r"\d{10}(\d{3})?|\d{5}(\.\d+)?")
_DATED = re.compile(r"date|time|day|datum|created?|closed?|modified|updated|won|converted|\bat\b|\bon\b|\bam\b")
_SAMPLE = 400
_MOSTLY = 0.95
_NUMBERS = 0.98
_TEXT_SHARE = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Profile:
    """One column of an export.

    Parameters
    ----------
    name
        As in the export.
    phrase
        The name as words: ``IsWon`` and ``is_won`` are ``is won``.
    look
        What its cells look like.
    text
        Cells without outer spaces, "" where missing.
    counts
        How often each content occurs, most frequent first; missing cells are not counted.
    times
        Moments of a date column, else None.
    """

    name: str
    phrase: str
    look: Look
    text: pd.Series
    counts: pd.Series
    times: pd.Series | None = None

    @property
    def filled(self) -> int:
        """Number of filled cells."""
        return int(self.counts.sum())

    @property
    def fill(self) -> float:
        """Share of filled cells."""
        return self.filled / max(len(self.text), 1)

    @property
    def distinctness(self) -> float:
        """Different contents per filled cell; 1 for a key."""
        return len(self.counts) / max(self.filled, 1)


def profiles(frame: pd.DataFrame, order: DateOrder | None = None) -> dict[str, Profile]:
    """Look at every column; ``order`` tells how 03/04/2024 is meant."""
    return {str(name): profile(frame[name], order) for name in frame.columns}


def profile(column: pd.Series, order: DateOrder | None = None) -> Profile:
    """Look at one text column.

    Examples
    --------
    >>> profile(pd.Series(["2024-01-31", "", "2024-02-01"], name="Created")).look
    'date'
    >>> profile(pd.Series(["Yes", "no", "1"], name="Won?")).look
    'answer'
    """
    name = str(column.name)
    text = column.astype("str").str.strip()
    counts = text.value_counts()
    counts = counts[[v.casefold() not in MISSING for v in counts.index]]
    text = text.where(text.isin(counts.index), "")
    phrase = words(name)
    times = _times(text, counts, phrase, order)
    look: Look = "date" if times is not None else _look(counts)
    return Profile(name, phrase, look, text, counts, times)


def _look(counts: pd.Series) -> Look:
    if counts.empty:
        return "empty"
    if all(parse_boolean(v) is not None for v in counts.index):
        return "answer"
    filled = counts.sum()
    if counts[[parse_number(v) is not None for v in counts.index]].sum() >= _NUMBERS * filled:
        return "number"
    return "text" if len(counts) > max(20, _TEXT_SHARE * filled) else "category"


def _times(text: pd.Series, counts: pd.Series, phrase: str, order: DateOrder | None) -> pd.Series | None:
    sample = list(counts.index[:_SAMPLE])
    stamped = sum(bool(_STAMP.fullmatch(v)) for v in sample) if _DATED.search(phrase) else 0
    if not sample or not (looks_dated(text) or stamped >= _MOSTLY * len(sample)):
        return None
    try:
        times = parse_times({phrase: text}, file="the export", order=order)[phrase]
    except BadInput as error:
        # Which of both readings is meant does not matter for the question whether it is a date.
        if order is None and "date_order" in str(error):
            return _times(text, counts, phrase, "day_first")
        return None
    known = times.dropna()
    plausible = len(known) >= _MOSTLY * counts.sum() and bool((known.dt.year > 1980).mean() > _MOSTLY)
    return times if plausible else None


def first_match(columns: Sequence[Profile], patterns: Sequence[str]) -> Profile | None:
    """The column whose name fits the earliest of these patterns; the first column among equals."""
    for pattern in patterns:
        for column in columns:
            if re.search(pattern, column.phrase):
                return column
    return None


def missing_spellings(frame: pd.DataFrame) -> dict[str, dict[str, int]]:
    """Cells that stand for nothing, by spelling and column: a form's own prompt, a dash, an NA among numbers.

    Examples
    --------
    >>> missing_spellings(pd.DataFrame({"City": ["Select", "Rome"], "Plan": ["Select Partner", "Basic"]}))
    {'Select': {'City': 1}}
    """
    found: dict[str, dict[str, int]] = {}
    ordinary: set[str] = set()
    for name in map(str, frame.columns):
        counts = frame[name].astype("str").str.strip().value_counts()
        empty = dict(_spelled_missing(counts))
        ordinary |= {v.casefold() for v in counts.index[:200]} - {v.casefold() for v in empty}
        for spelling, count in empty.items():
            found.setdefault(spelling, {})[name] = count
    # What is a category in one column (Namibia's NA) stays one in all.
    return {s: columns for s, columns in found.items() if s.casefold() not in ordinary or _PLACEHOLDERS.fullmatch(s)}


def _spelled_missing(counts: pd.Series) -> Iterator[tuple[str, int]]:
    filled = counts[[v.casefold() not in MISSING for v in counts.index]]
    odd = [v for v in filled.index if parse_number(v) is None]
    numeric = 0 < len(odd) <= 3 and len(filled) > 10 and filled[odd].sum() < 0.5 * filled.sum()
    for value in odd if numeric else filled.index[:200]:
        if _PLACEHOLDERS.fullmatch(value) or (numeric and re.fullmatch(r"[A-Za-z./ ]{1,12}", value)):
            yield value, int(filled[value])


def columns_of(found: Mapping[str, Mapping[str, int]]) -> str:
    """Spellings of missing in a sentence."""
    return "; ".join(f"{s!r} in " + ", ".join(f"{c!r} ({n})" for c, n in where.items()) for s, where in found.items())
