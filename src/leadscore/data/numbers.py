"""Numbers as people write them: thousands, decimal commas, currency and percent signs; one reading per column.

Only one spelling can be read two ways: a single separator before exactly three digits. "1,200" is 1200 or 1.2 and
"1.200" is 1.2 or 1200; the other cells of the column decide, then the other columns of the file. Everything else tells
its own meaning, so "9,99" is never 999.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from typing import Literal

__all__ = ["Decimal", "column_decimals", "decimal_evidence", "parse_number", "reads_as_number"]

Decimal = Literal[".", ","]

_CURRENCY = (
    r"(?:(?:US|CA|A|NZ|HK|S|R)?\$|[€£¥₹₽₩₺₴₪₫₱₦฿¢]|kr\.?|zł|Kč|Fr\.?|Rs\.?|AUD|BRL|CAD|CHF|CNY|CZK|DKK|EUR|GBP|HKD|HUF|INR"
    r"|JPY|KRW|MXN|NOK|NZD|PLN|RON|SEK|SGD|TRY|UAH|USD|ZAR)"
)
_DRESSED = re.compile(rf"(\(?)([-+−]?)\s*(?:{_CURRENCY}\s*)?([-+−]?)([0-9][0-9.,'’\s]*?)\s*(?:{_CURRENCY}|%)?\s*(\)?)")
_AMBIGUOUS = re.compile(r"[-+]?[1-9][0-9]{0,2}([.,])[0-9]{3}")
_SPACED = re.compile(r"[0-9]{1,3}(?:(?P<gap>['’\s])[0-9]{3})(?:(?P=gap)[0-9]{3})*(?:[.,][0-9]+)?")
_GROUPED = {
    sign: re.compile(rf"[1-9][0-9]{{0,2}}(?:{re.escape(sign)}[0-9]{{3}})+|[1-9][0-9]?(?:,[0-9]{{2}})+,[0-9]{{3}}")
    for sign in ".,"
}


def parse_number(value: object, decimal: Decimal = ".") -> float | None:
    """Read a number as the reader of files reads it.

    Parameters
    ----------
    value
        Text, number, boolean or None.
    decimal
        The decimal sign of the column; it decides only what can be read two ways, such as "1,200".

    Returns
    -------
    float or None
        A finite float, or None when the value is missing, infinite or no number.

    Examples
    --------
    >>> parse_number("1,200"), parse_number(" 35 "), parse_number("soon"), parse_number(float("inf"))
    (1200.0, 35.0, None, None)
    >>> parse_number("1,200", ","), parse_number("9,99"), parse_number("€ 1.200,50"), parse_number("12 %")
    (1.2, 9.99, 1200.5, 12.0)
    """
    if isinstance(value, str):
        number = _from_text(value.strip(), decimal)
    elif isinstance(value, (bool, int, float)):
        number = _to_float(value)
    else:
        return None
    return number if number is not None and math.isfinite(number) else None


def reads_as_number(text: str) -> bool:
    """Whether the text is a number, infinite ones among them."""
    number = _from_text(text.strip(), ".")
    return text.strip() == "∞" or (number is not None and not math.isnan(number))


def _from_text(text: str, decimal: Decimal) -> float | None:
    if "_" in text:
        return None
    if decimal == "," and _AMBIGUOUS.fullmatch(text):
        return float(text.replace(".", "").replace(",", "."))
    try:
        return float(text)
    except ValueError:
        return _dressed(text, decimal)


def _dressed(text: str, decimal: Decimal) -> float | None:
    found = _DRESSED.fullmatch(text)
    if found is None or (found[1] == "") != (found[5] == "") or (found[2] and found[3]):
        return None
    plain = _plain(found[4].strip(), decimal)
    if plain is None:
        return None
    negative = found[1] == "(" or (found[2] or found[3]) in ("-", "−")
    return -float(plain) if negative else float(plain)


def _plain(body: str, decimal: Decimal) -> str | None:
    """Bring the digits and separators into the form that ``float`` reads; None when they are no number."""
    if re.search(r"['’\s]", body):
        if not _SPACED.fullmatch(body):
            return None
        body = re.sub(r"['’\s]", "", body)
        return body.replace(",", ".")
    last = max(body.rfind("."), body.rfind(","))
    if last < 0:
        return body
    sign = body[last]
    whole, fraction = body[:last], body[last + 1 :]
    other = "," if sign == "." else "."
    if other in whole:
        grouped = _GROUPED[other].fullmatch(whole)
        return f"{whole.replace(other, '')}.{fraction}" if grouped and sign not in whole and fraction else None
    if sign in whole or (_AMBIGUOUS.fullmatch(body) and sign != decimal):
        return body.replace(sign, "") if _GROUPED[sign].fullmatch(body) else None
    return f"{whole}.{fraction}" if fraction else None


def _to_float(value: float) -> float:
    try:
        return float(value)
    except OverflowError:
        return math.inf


def decimal_evidence(counts: Mapping[str, int]) -> Decimal | None:
    """Find the decimal sign of one column from how often each text occurs; None when no cell tells.

    Examples
    --------
    >>> decimal_evidence({"3,45": 1, "1,200": 1}), decimal_evidence({"1.5": 1, "1,200": 3})
    (',', '.')
    >>> decimal_evidence({"1,200": 5, "35": 9}) is None
    True
    """
    votes = {".": 0, ",": 0}
    for text, count in counts.items():
        sign = _decimal_sign(text)
        if sign is not None:
            votes[sign] += count
    if votes["."] == votes[","]:
        return "," if not votes["."] and _points_are_thousands(counts) else None
    return "," if votes[","] > votes["."] else "."


def _decimal_sign(text: str) -> Decimal | None:
    """The decimal sign that a text betrays, if it does and if it is a number."""
    found = _DRESSED.fullmatch(text.strip())
    if found is None:
        return None
    body = found[4].strip()
    points, commas = body.count("."), body.count(",")
    if (not points and not commas) or _AMBIGUOUS.fullmatch(body) or _plain(body, ".") is None:
        return None
    if points > 1 or commas > 1:
        return "," if points > commas else "."
    return "." if body.rfind(".") > body.rfind(",") else ","


def _points_are_thousands(counts: Mapping[str, int]) -> bool:
    """Whether points only ever group thousands: "1.200" beside "35", and never a plain "1200"."""
    bare = [found[4].strip() for text in counts if (found := _DRESSED.fullmatch(text.strip()))]
    pointed = [b for b in bare if "." in b]
    whole = [b for b in bare if b.isdecimal()]
    return len(pointed) >= 3 and bool(whole) and all(len(b) <= 3 for b in whole)


def column_decimals(columns: Mapping[str, Mapping[str, int]]) -> dict[str, Decimal]:
    """Decide the decimal sign of every column of a file.

    Parameters
    ----------
    columns
        For each column how often each text occurs.

    Returns
    -------
    dict
        A column without a telling cell follows the others where they agree; otherwise its sign is the point.

    Examples
    --------
    >>> column_decimals({"Score": {"3,45": 9}, "Budget": {"1,200": 9}, "Name": {"x": 9}})
    {'Score': ',', 'Budget': ',', 'Name': ','}
    """
    told = {name: decimal_evidence(counts) for name, counts in columns.items()}
    agreed = _agreed(sign for sign in told.values() if sign is not None)
    return {name: sign or agreed for name, sign in told.items()}


def _agreed(signs: Iterable[Decimal]) -> Decimal:
    found = set(signs)
    return "," if found == {","} else "."
