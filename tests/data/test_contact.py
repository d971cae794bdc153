"""Kinds of addresses, numbers and names."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.contact import KINDS, contact_kind, contact_kinds


@pytest.mark.parametrize(
    ("cell", "kind"),
    [
        ("jo.doe@alder-tools.de", "business"),
        ("Jo Doe <JO@Alder.CO.UK>", "business"),
        ("mailto:jo@acme.com, boss@gmail.com", "business"),
        ("jhschmidt@müller-bau.de", "business"),
        ("jo@gmail.com", "free"),
        ("jo@yahoo.co.uk", "free"),
        ("jo@hotmail.fr ", "free"),
        ("jo@notgmail.com", "business"),
        ("jo@live.example-tools.com", "business"),
        ("jo@cs.stanford.edu", "education"),
        ("jo@ox.ac.uk", "education"),
        ("jo@students.uni-koeln.de", "education"),
        ("jo@unicorn.com", "business"),
        ("jo@cityofx.gov", "government"),
        ("jo@dft.gov.uk", "government"),
        ("jo@mailinator.com", "disposable"),
        ("jo@x.yopmail.com", "disposable"),
        ("jo@example.com", "invalid"),
        ("test123@acme.com", "invalid"),
        ("asdf@acme.com", "invalid"),
        ("jo@acme", "invalid"),
        ("jo@acme..com", "invalid"),
        ("jo acme.com", "invalid"),
        ("@", None),
        ("n/a", None),
        ("None", None),
        ("", None),
        (None, None),
    ],
)
def test_kinds_of_mail_domains(cell: object, kind: str | None) -> None:
    assert contact_kind(cell, "email") == kind


@pytest.mark.parametrize(
    ("cell", "plausible"),
    [
        ("+49 (0)30 1234567-12", True),
        ("(555) 234-8876", True),
        ("030/2345678 ext. 12", True),
        (4930234567, True),
        (4930234567.0, True),
        ("0049 30 2345678", True),
        ("+999 30 2345678", False),
        ("0000000000", False),
        ("+1 111 1111111", False),
        ("1234567890", False),
        ("12345", False),
        ("12345678901234567", False),
        ("4.93E+10", False),
        ("call me", False),
    ],
)
def test_numbers_that_can_be_dialled(cell: object, plausible: bool) -> None:
    assert contact_kind(cell, "phone") == ("plausible" if plausible else "implausible")


@pytest.mark.parametrize(
    ("cell", "plausible"),
    [
        ("Maria Rossi", True),
        ("Ng", True),
        ("O'Brien-Schmidt, Jr.", True),
        ("Krzysztof Brzęczyszczykiewicz", True),
        ("王", True),
        ("Ирина", True),
        ("Demo", True),
        ("J.", False),
        ("aaaa", False),
        ("sdfgsdfg", False),
        ("xkcdqrt", False),
        ("Test User", False),
        ("Maria2", False),
        ("jo@acme.com", False),
        ("www.acme.com", False),
    ],
)
def test_names_that_somebody_may_have(cell: object, plausible: bool) -> None:
    assert contact_kind(cell, "name") == ("plausible" if plausible else "implausible")


@pytest.mark.parametrize("cell", ["Select", "-- none --", "unknown", "...", "keine Angabe"])
def test_what_a_form_writes_for_nothing_is_nothing(cell: str) -> None:
    assert [contact_kind(cell, contact) for contact in KINDS] == [None] * 3


@given(st.one_of(st.text(), st.integers(), st.floats(), st.booleans(), st.none()))
def test_any_cell_is_of_a_known_kind_or_missing(cell: object) -> None:
    for contact, kinds in KINDS.items():
        assert contact_kind(cell, contact) in {*kinds, None}


def test_a_very_long_cell_costs_no_time() -> None:
    for cell in ("a" * 10_000 + "@" + "b" * 10_000, "1 " * 5_000, "a." * 5_000 + "@" + "a-" * 5_000):
        for contact in KINDS:
            assert contact_kind(cell, contact) in KINDS[contact]


def test_a_column_keeps_no_cell() -> None:
    column = pd.Series(["jo@alder.de", "", "Jo@gmail.com", "jo@alder.de"], name="Mail", dtype="str")
    assert contact_kinds(column, "email").tolist() == ["business", "", "free", "business"]
