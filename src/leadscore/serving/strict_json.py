"""Strict JSON: what the standard library lets pass and a decision must not rest on.

The grammar is RFC 8259 in UTF-8. Values that programs read differently (NaN, a number beyond a float, a key given
twice) become a `Flaw` in their place, so that the reader of payloads can name the field and one bad lead does not
spoil a batch. Integers keep every digit.
"""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import Any

from leadscore.serving.problems import Rejected

__all__ = ["Flaw", "decode", "is_clean"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """Stands where the document had a value that is refused.

    Parameters
    ----------
    type
        ``not_finite`` or ``duplicate_key``.
    """

    type: str


def decode(body: bytes) -> Any:
    """Read a JSON document.

    Raises
    ------
    Rejected
        Status 400: the body is no UTF-8, no JSON, or nested too deeply.

    Examples
    --------
    >>> decode(b'{"id": 9007199254740993, "a": [1.5, NaN, 1e999], "twice": {"x": 1, "x": 2}}')["id"]
    9007199254740993
    >>> decode(b'[1e999]')
    [Flaw(type='not_finite')]
    """
    try:
        return _DECODER.decode(body.decode())
    except UnicodeDecodeError:
        problem = "the body is not UTF-8"
    except json.JSONDecodeError as error:
        problem = f"the body is not JSON: wrong at character {error.pos}"
    except ValueError:
        problem = "the body is not usable JSON: an integer has too many digits"
    except RecursionError:
        problem = "the body is nested too deeply"
    raise Rejected(problem, status=400, kind="invalid-json")


def is_clean(text: str) -> bool:
    r"""Whether text can be stored and sent on: no NUL, no half of a surrogate pair.

    Examples
    --------
    >>> is_clean("Zürich \U0001f600"), is_clean("\ud800"), is_clean("a\0")
    (True, False, False)
    """
    if text.isascii():
        return "\0" not in text
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return "\0" not in text


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any] | Flaw:
    result = dict(pairs)
    return result if len(result) == len(pairs) else Flaw("duplicate_key")


def _float(text: str) -> float | Flaw:
    number = float(text)
    return number if math.isfinite(number) else Flaw("not_finite")


def _constant(name: str) -> Flaw:
    return Flaw("not_finite")


_DECODER = json.JSONDecoder(object_pairs_hook=_object, parse_float=_float, parse_constant=_constant)
