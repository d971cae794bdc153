"""Which columns hold e-mail addresses, telephone numbers or names of persons: by their contents, and by their names."""

from __future__ import annotations

import re
from collections.abc import Collection

import pandas as pd

from leadscore.data.leakage_names import words
from leadscore.data.schema import MISSING, Contact

__all__ = ["contact_columns", "contact_of"]

_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")
_PHONE = re.compile(r"[+(]?[\d\s().,/\-]{6,24}(\s*(ext|x|#)\.?\s*\d{1,6})?", re.IGNORECASE)
_EMAIL_NAME = re.compile(r"\be ?mails?\b")
_PHONE_NAME = re.compile(r"\b(phone|telephone|telefon\w*|tel|mobile|mobil\w*|cell|handy|fax|whatsapp)\b")
_PERSON_NAME = re.compile(
    r"((contact|lead|person|customer)s? )?((first|last|full|middle|given|family|maiden) ?name|surname|vorname|nachname|"
    r"familienname)|contact name|contact person|ansprechpartner"
)
_ANY_NAME = re.compile(r"(lead |person |user )?name|contact|person")
_SAMPLE = 200
_MOSTLY = 0.5
_SOME = 0.2
_PERSONS, _DISTINCT = 20, 0.3


def contact_columns(
    frame: pd.DataFrame, *, given: Collection[str] = (), other: Collection[str] = ()
) -> dict[str, Contact]:
    """Find the columns that hold persons' own data.

    Parameters
    ----------
    frame
        Text columns.
    given
        Columns of which the recipe says so; what they hold is told by their contents.
    other
        Columns of which the recipe says that they are something else.

    Examples
    --------
    >>> contact_columns(pd.DataFrame({"Mail": ["a@b.de", "c@d.fr"], "First Name": ["Ann", "Bo"], "Plan": ["A", "B"]}))
    {'Mail': 'email', 'First Name': 'name'}
    """
    found: dict[str, Contact] = {}
    for name in map(str, frame.columns):
        if name in other or pd.api.types.is_numeric_dtype(frame[name]):
            continue
        contact = contact_of(frame[name].str.strip().value_counts(), name, given=name in given)
        if contact is not None:
            found[name] = contact
    return found


def contact_of(counts: pd.Series, name: str, *, given: bool = False) -> Contact | None:
    """What personal data a column of these contents and this name holds; None when it holds none.

    Parameters
    ----------
    counts
        How often each content occurs.
    name
        Of the column.
    given
        Whether it is known to hold personal data, and only asked which.
    """
    cells = [str(v) for v in counts.index if str(v).casefold() not in MISSING]
    sample, phrase = cells[:_SAMPLE], words(name)
    emails = sum(bool(_EMAIL.search(v)) for v in sample) / max(1, len(sample))
    if emails > _MOSTLY or (emails > _SOME and (given or _EMAIL_NAME.search(phrase))):
        return "email"
    phones = sum(bool(_PHONE.fullmatch(v)) for v in sample) / max(1, len(sample))
    abroad = sum(v.startswith("+") for v in sample) > _MOSTLY * len(sample)
    if phones > _MOSTLY and (given or abroad or _PHONE_NAME.search(phrase)):
        return "phone"
    return "name" if given or _names_persons(counts, len(cells), sample, phrase) else None


def _names_persons(counts: pd.Series, distinct: int, sample: list[str], phrase: str) -> bool:
    letters = sum(any(map(str.isalpha, v)) for v in sample) > _MOSTLY * len(sample)
    if not sample or not letters:
        return False
    different = distinct > _PERSONS and distinct > _DISTINCT * counts.sum()
    return bool(_PERSON_NAME.fullmatch(phrase) or (_ANY_NAME.fullmatch(phrase) and different))
