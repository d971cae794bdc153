"""How one value of each kind of feature becomes a float; what cannot be read is missing, which is NaN."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from leadscore.data.contact import contact_kind
from leadscore.data.schema import Contact, Decimal, category_key, parse_boolean, parse_number

if TYPE_CHECKING:
    import pandas as pd

__all__ = [
    "boolean_codec",
    "category_codec",
    "contact_codec",
    "encode_column",
    "number_codec",
    "text_codec",
    "wording_codec",
]


def category_codec(levels: Sequence[str], labels: Sequence[str]) -> Callable[[Any], float]:
    """Encode the spellings of a category's levels; any other value is one more."""
    codes: dict[str | None, float] = {level: float(i) for i, level in enumerate(levels)}
    codes[None] = math.nan
    another = float(len(levels))
    # Nearly every value is spelled as in the export, and then its key need not be made.
    as_spelled = {label: codes[category_key(label)] for label in labels}

    def encode(value: Any) -> float:
        if type(value) is str and value in as_spelled:
            return as_spelled[value]
        return codes.get(category_key(value), another)

    return encode


def contact_codec(value: Any, contact: Contact, codec: Callable[[Any], float]) -> float:
    """Encode the kind of a contact's address, number or name."""
    return codec(contact_kind(value, contact))


def text_codec(value: Any, read: Callable[[str], Any], codec: Callable[[Any], float]) -> float:
    """Encode what is read from a free text."""
    key = category_key(value)
    return math.nan if key is None else codec(read(key))


def wording_codec(value: Any, read: Callable[[str], Any]) -> float:
    """Give the figure that is read from a text's wording."""
    key = category_key(value)
    return math.nan if key is None else float(read(key))


def number_codec(value: Any, decimal: Decimal = ".") -> float:
    """Read a number; what is none, or not finite, is missing."""
    if type(value) is float:
        return value if math.isfinite(value) else math.nan
    number = parse_number(value, decimal)
    return math.nan if number is None else number


def boolean_codec(value: Any) -> float:
    """Read an answer as 0 or 1."""
    answer = parse_boolean(value)
    return math.nan if answer is None else answer


def encode_column(
    column: pd.Series, codec: Callable[[Any], float], is_missing: Callable[[Any], bool] | None = None
) -> npt.NDArray[np.float64]:
    """Encode each distinct value of a column once."""
    import pandas as pd  # not at the top: the service encodes leads of requests, and starts without it

    def code(value: Any) -> float:
        return math.nan if is_missing is not None and is_missing(value) else codec(value)

    if column.dtype == object:
        # A mixed column is read cell by cell: to factorize, True and 1 are one value.
        pairs = zip(column, column.notna(), strict=True)
        return np.array([code(value) if known else math.nan for value, known in pairs], dtype=float)
    codes, values = pd.factorize(column, use_na_sentinel=True)
    table = np.array([*map(code, values.tolist()), np.nan])
    encoded: npt.NDArray[np.float64] = table[codes]
    return encoded
