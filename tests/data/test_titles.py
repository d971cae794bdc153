"""Job titles in six languages."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.titles import FUNCTIONS, SENIORITIES, function, seniority

TITLES = [
    ("C.E.O.", "chief", "general management"),
    ("Chief Financial Officer", "chief", "finance"),
    ("Geschäftsführer", "chief", "general management"),
    ("GESCHAEFTSFUEHRERIN", "chief", "general management"),
    ("PDG", "chief", "general management"),
    ("Directeur Général", "chief", "general management"),
    ("Consejera delegada", "chief", "general management"),
    ("Amministratore Delegato", "chief", "general management"),
    ("Algemeen directeur", "chief", "general management"),
    ("Co-Founder & CTO", "chief", "engineering"),
    ("Sr. Vice-President, Sales", "vice president", "sales"),
    ("EVP Marketing", "vice president", "marketing"),
    ("Assistant Vice President", "vice president", "general management"),
    ("Directrice des achats", "director", "procurement"),
    ("Direttore commerciale", "director", "sales"),
    ("Bereichsleiterin Finanzen", "director", "finance"),
    ("Head of Operations", "head", "operations"),
    ("Vertriebsleiter", "head", "sales"),
    ("Responsable informatique", "head", "information technology"),
    ("Jefa de ventas", "head", "sales"),
    ("Hoofd inkoop", "head", "procurement"),
    ("Dr. Leiter Personalwesen (m/w/d)", "head", "people"),
    ("Chef de projet", "manager", "operations"),
    ("Teamleiter Kundendienst", "manager", "support"),
    ("Mktg Mgr", "manager", "other"),
    ("Sachbearbeiter Einkauf", "staff", "procurement"),
    ("Software Engineer", "staff", "engineering"),
    ("Assistant to the CEO", "assistant", "general management"),
    ("Secrétaire", "assistant", "other"),
    ("Werkstudentin Marketing", "intern", "marketing"),
    ("Stagiaire RH", "intern", "people"),
    ("Tirocinante", "intern", "other"),
    ("Poet", "other", "other"),
]


@pytest.mark.parametrize(("title", "rank", "area"), TITLES)
def test_common_titles(title: str, rank: str, area: str) -> None:
    assert (seniority(title), function(title)) == (rank, area)


@given(st.text())
def test_every_text_has_one_of_the_answers(text: str) -> None:
    assert seniority(text) in SENIORITIES
    assert function(text) in FUNCTIONS
