"""Which columns hold persons' own data."""

from __future__ import annotations

import pandas as pd
import pytest

from leadscore.data.contact_columns import contact_columns

EMAILS = [f"p{i}@acme{i}.com" for i in range(40)]
PHONES = [f"+49 30 23456{i:02d}" for i in range(40)]
NAMES = ["Ann", "Bob", "Cai", "Dee"] * 10
PEOPLE = [
    f"{a} {b}" for a in ("Ann", "Bo", "Cy", "Di", "Ed", "Flo") for b in ("Ash", "Bay", "Cox", "Day", "Eck", "Fox")
]


@pytest.mark.parametrize(
    ("name", "cells", "contact"),
    [
        ("Anything", EMAILS, "email"),
        ("E-Mail", [*EMAILS[:15], *NAMES[:25]], "email"),
        ("Email Opt Out", ["Yes", "No"] * 20, None),
        ("E-mail Domain", ["business", "free"] * 20, None),
        ("Mobile", [p.removeprefix("+") for p in PHONES], "phone"),
        ("Kontakt", PHONES, "phone"),
        ("Phone Given", ["Yes", "No"] * 20, None),
        ("Postcode", [f"{i:05d}" for i in range(40)], None),
        ("Created", [f"2024-01-{i % 28 + 1:02d}" for i in range(40)], None),
        ("First Name", NAMES, "name"),
        ("lastName", NAMES, "name"),
        ("Name", PEOPLE, "name"),
        ("Name", NAMES, None),
        ("Company Name", PEOPLE, None),
        ("Campaign Name", NAMES, None),
        ("Email", [""] * 40, None),
    ],
)
def test_columns_are_told_by_contents_and_name(name: str, cells: list[str], contact: str | None) -> None:
    found = contact_columns(pd.DataFrame({name: cells}, dtype="str"))
    assert found == ({} if contact is None else {name: contact})


def test_the_recipe_has_the_last_word() -> None:
    frame = pd.DataFrame({"Name": NAMES, "Mail": EMAILS, "Ruf": [p.removeprefix("+") for p in PHONES]}, dtype="str")
    assert contact_columns(frame, given=["Name", "Ruf"], other=["Mail"]) == {"Name": "name", "Ruf": "phone"}
