"""The lead schema: what a field is, how its text is read, and nothing about any one export.

A field is written once here and read by four: the reader of files, the payloads of the service, the dictionary page
and the synthetic leads. So "1,200", 1200 and "1200" are one number, and "false", "No" and False are one answer,
whether they come from a CSV file or over HTTP.
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Literal

from leadscore.data.numbers import Decimal, parse_number
from leadscore.data.text import TextReading

__all__ = ["MISSING", "Contact", "Decimal", "Field", "Kind", "category_key", "parse_boolean", "parse_number"]

Kind = Literal["number", "boolean", "category"]
Contact = Literal["email", "phone", "name"]
"""A column of a person's own data, of which only the kind is learned: a category of few levels."""

MISSING: frozenset[str] = frozenset(
    {"", "n/a", "null", "nan", "#n/a", "#value!", "#ref!", "#div/0!", "#name?", "#num!", "#null!"}
)
"""Spellings that mean missing in every export, errors of a spreadsheet among them; a recipe adds its own."""

_TRUE = frozenset({"true", "yes", "y", "t", "1", "1.0"})
_FALSE = frozenset({"false", "no", "n", "f", "0", "0.0"})
_WHOLE_AS_FLOAT = re.compile(r"-?[0-9]+\.0+")


@dataclass(frozen=True, slots=True)
class Field:
    """One input of a model, named as in the export.

    Parameters
    ----------
    name
        Column name of the export, to the letter.
    kind
        ``number``, ``boolean`` or ``category``.
    meaning
        One sentence for the dictionary and the OpenAPI page.
    examples
        Values as a caller would send them; never those of a real lead.
    decimal
        Decimal sign of a number's texts, which decides what "1,200" is.
    contact
        What personal data a category is read from; None for every other column.
    texts
        What is read from free text, each a feature of its own; empty for every other column.
    """

    name: str
    kind: Kind
    meaning: str = ""
    examples: tuple[Any, ...] = ()
    decimal: Decimal = "."
    contact: Contact | None = None
    texts: tuple[TextReading, ...] = ()


def parse_boolean(value: object) -> float | None:
    """Read a yes-or-no answer; None when it is missing or something else.

    Examples
    --------
    >>> parse_boolean("false"), parse_boolean("Yes"), parse_boolean(True), parse_boolean(0), parse_boolean("maybe")
    (0.0, 1.0, 1.0, 0.0, None)
    """
    if isinstance(value, bool):
        return float(value)
    text = _text(value).strip().casefold() if isinstance(value, (str, int, float)) else ""
    return 1.0 if text in _TRUE else 0.0 if text in _FALSE else None


def category_key(value: object) -> str | None:
    r"""Bring spellings of one category together: spaces, letter case, composed accents, the order of a multi-select.

    Examples
    --------
    >>> category_key("  Trade\u00a0 Show "), category_key(True), category_key(3.0), category_key("NA")
    ('trade show', 'true', '3', 'na')
    >>> category_key("N/A") is None, category_key("Mail; Web") == category_key("web;mail"), category_key("3.0")
    (True, True, '3')
    """
    if value is None:
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, float):
        if math.isnan(value):
            return None
        if value.is_integer():
            value = int(value)
    text = " ".join(unicodedata.normalize("NFC", _text(value)).split()).casefold()
    if ";" in text:
        text = "; ".join(sorted({p for part in text.split(";") if (p := part.strip())})) or text
    elif _WHOLE_AS_FLOAT.fullmatch(text):  # whole numbers with gaps come back from pandas as 3.0
        text = text.partition(".")[0]
    return None if text in MISSING else text


def _text(value: object) -> str:
    try:
        return str(value)
    except ValueError:  # an integer with more digits than Python will print
        return ""


def same_answers(values: Iterable[str]) -> bool:
    """Whether every one of these spellings is a yes or a no."""
    return all(parse_boolean(value) is not None for value in values)
