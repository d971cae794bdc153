"""Contact data: what kind of an e-mail address, telephone number or name was given, and nothing else of it.

A person's own data say nothing of the next lead, but whether somebody writes from a company, leaves a number that can
be dialled and gives a name does. So such a column is learned from only as a kind: ``free``, ``implausible``. The cells
themselves become no level of a model, are stored in no artefact and stand in no reason.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from leadscore.data.contact_lists import (
    CALLING_CODES,
    DISPOSABLE_DOMAINS,
    FREE_BRANDS,
    FREE_DOMAINS,
    KEYBOARD_ROWS,
    MADE_UP,
    PLACEHOLDERS,
    RESERVED_DOMAINS,
)
from leadscore.data.schema import Contact, category_key

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["CONTACT_EXAMPLES", "CONTACT_SAYS", "KINDS", "contact_kind", "contact_kinds"]

KINDS: dict[Contact, tuple[str, ...]] = {
    "email": ("business", "free", "education", "government", "disposable", "invalid"),
    "phone": ("plausible", "implausible"),
    "name": ("plausible", "implausible"),
}
"""What a cell of each kind of column can be; an empty cell is none of them."""

CONTACT_SAYS: dict[Contact, str] = {"email": "domain", "phone": "number", "name": "spelling"}
"""What the kind is a kind of, for the wording of reasons."""

CONTACT_EXAMPLES: dict[Contact, str] = {
    "email": "name@example.com",
    "phone": "+49 30 123456",
    "name": "Maria Rossi",
}
"""Cells that belong to nobody, for pages that show a caller what to send."""

_LOCAL = re.compile(r"[^\s@,;<>()\[\]\"]{1,64}")
_DOMAIN = re.compile(r"(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.){1,8}[^\W\d_][^\W_-]{1,62}")
_EDUCATION = re.compile(
    r".+\.edu|(?:.*\.)?(?:edu|ac)\.[a-z]{2}|(?:.*\.)?(?:uni|univ|fh|tu)-.+|(?:students?|alumni)\..+|.+\.k12\..+"
)
_GOVERNMENT = re.compile(
    r"(?:.*\.)?(?:gov|gob|gouv|gv|govt|mil)(?:\.[a-z]{2})?|(?:.*\.)?(?:bund\.de|admin\.ch|europa\.eu|government\.nl)"
)
_RESERVED = re.compile(r"(?:.*\.)?(?:test|example|invalid|localhost|local)")
_DIALLED = re.compile(r"[+(]?[\d\s().,/\-‐-–]+?(?:\s*(?:ext|x|#|app|durchwahl)\.?\s*\d{1,6})?")
_EXTENSION = re.compile(r"(?:ext|x|#|app|durchwahl).*")
_CONSONANTS = re.compile(r"[bcdfghjklmnpqrstvwxz]{6}")
_VOWELS = frozenset("aeiouy")


def contact_kind(value: object, contact: Contact) -> str | None:
    """What kind of address, number or name a cell holds; None when it holds none.

    Examples
    --------
    >>> contact_kind("Jo.Doe@Yahoo.co.uk", "email"), contact_kind("jo@alder-tools.de", "email")
    ('free', 'business')
    >>> contact_kind("+49 (0)30 1234567", "phone"), contact_kind("000000", "phone"), contact_kind("n/a", "phone")
    ('plausible', 'implausible', None)
    >>> contact_kind("Krzysztof", "name"), contact_kind("asdfgh", "name"), contact_kind("test", "name")
    ('plausible', 'implausible', 'implausible')
    """
    key = category_key(value)
    if key is None or not any(map(str.isalnum, key)) or key.strip(" -_.<>()*") in PLACEHOLDERS:
        return None
    return {"email": _email, "phone": _phone, "name": _name}[contact](key)


def contact_kinds(column: pd.Series, contact: Contact) -> pd.Series:
    """The kind in place of every cell, "" where there is none.

    Examples
    --------
    >>> import pandas as pd
    >>> contact_kinds(pd.Series(["a@gmail.com", ""]), "email").tolist()
    ['free', '']
    """
    kinds = {value: contact_kind(value, contact) or "" for value in column.unique()}
    return column.map(kinds).astype("str")


def _email(key: str) -> str:
    if "<" in key:  # Jo Doe <jo@acme.com>
        key = key.partition("<")[2].partition(">")[0]
    address = re.split(r"[;,\s]", key.strip().removeprefix("mailto:"), maxsplit=1)[0]
    local, _, domain = address.rpartition("@")
    domain = domain.rstrip(".")
    if not _LOCAL.fullmatch(local) or len(domain) > 253 or not _DOMAIN.fullmatch(domain):
        return "invalid"
    typed = local.rstrip("0123456789")
    made_up = typed in MADE_UP or _is_mashed(typed) or len(set(local)) == 1 < len(local)
    return "invalid" if made_up else _domain(domain)


def _domain(domain: str) -> str:
    if domain in RESERVED_DOMAINS or _RESERVED.fullmatch(domain):
        return "invalid"
    if _ends_in(domain, DISPOSABLE_DOMAINS):
        return "disposable"
    brand, _, ending = domain.partition(".")
    if domain in FREE_DOMAINS or (brand in FREE_BRANDS and len(ending) <= 6):
        return "free"
    if _GOVERNMENT.fullmatch(domain):
        return "government"
    return "education" if _EDUCATION.fullmatch(domain) else "business"


def _ends_in(domain: str, listed: frozenset[str]) -> bool:
    labels = domain.split(".")
    return any(".".join(labels[i:]) in listed for i in range(len(labels) - 1))


def _phone(key: str) -> str:
    if len(key) > 40 or not _DIALLED.fullmatch(key):
        return "implausible"
    number = _EXTENSION.sub("", key)
    digits = "".join(c for c in number if c.isdecimal())
    abroad = number.lstrip("( ").startswith(("+", "00"))
    code = digits.removeprefix("00") if abroad else digits
    if abroad and not any(code[:n] in CALLING_CODES for n in (1, 2, 3)):
        return "implausible"
    return "plausible" if 7 <= len(code) <= 15 and not _is_filler(code) else "implausible"


def _is_filler(digits: str) -> bool:
    """Whether one digit, or the digits in a row, were typed to get past a form."""
    own = digits.lstrip("0")
    return len(set(own[-7:])) < 2 or own in "1234567890" * 2 or own in "9876543210" * 2


def _name(key: str) -> str:
    tokens = re.findall(r"[^\W_]+", key)
    letters = "".join(tokens)
    odd = len(key) > 100 or "@" in key or "://" in key or "www." in key or any(map(str.isdecimal, letters))
    if odd or any(token in MADE_UP for token in tokens) or any(_is_mashed(t) or _is_unspeakable(t) for t in tokens):
        return "implausible"
    # One sign is a whole name in Chinese, one letter is none in Latin.
    alike = letters.isascii() and (len(letters) == 1 or (len(letters) > 2 and len(set(letters)) == 1))
    return "implausible" if alike else "plausible"


def _is_mashed(text: str) -> bool:
    """Whether a hand fell on neighbouring keys."""
    return any(row in text for row in KEYBOARD_ROWS)


def _is_unspeakable(token: str) -> bool:
    if _CONSONANTS.search(token):
        return True
    return token.isascii() and len(token) > 4 and not _VOWELS.intersection(token)
