"""Protected columns: found by their names in six languages, and never learned from."""

from __future__ import annotations

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.inference import infer_fields
from leadscore.data.protected import looks_protected, unlisted


@pytest.mark.parametrize(
    ("what", "names"),
    [
        ("gender", "Gender,gender_identity,Sex,Contact Gender,Geschlecht,Sexe,Género,Sesso,Geslacht,Anrede,IsFemale"),
        ("age", "Age,Age Group,contact_age,Alter,Âge,Edad,Età,Leeftijd,DOB,Date of Birth,birthDate,Geburtsdatum"),
        ("age", "Date de naissance,Fecha de nacimiento,Data di nascita,Geboortedatum"),
        ("ethnic origin", "Ethnicity,Race,race_ethnicity,Ethnische Herkunft,Origine ethnique,Etnia,Etniciteit"),
        ("nationality", "Nationality,Citizenship,Staatsangehörigkeit,Nationalité,Nacionalidad,Country of Birth"),
        ("religion", "Religion,Religious Affiliation,Konfession,Religión,Religione,Godsdienst"),
        ("marital status", "Marital Status,maritalStatus,Familienstand,État civil,Estado civil,Stato civile"),
        (
            "health or disability",
            "Disability,Disabilities,Schwerbehinderung,Handicap,Discapacidad,Disabilità,Diagnosis",
        ),
        ("sexual orientation", "Sexual Orientation,Orientation sexuelle"),
        ("pregnancy", "Pregnant,Is pregnant,Schwangerschaft"),
    ],
)
def test_names_of_protected_traits(what: str, names: str) -> None:
    assert {name: looks_protected(name) for name in names.split(",")} == dict.fromkeys(names.split(","), what)


def test_names_of_other_things() -> None:
    leads = [
        "Lead Age",
        "Account Age",
        "Company Age",
        "Account Health",
        "Health Score",
        "Herkunft",
        "Lead Source",
        "ETA",
    ]
    others = ["Page Views", "Stage", "Language", "Message", "Essex Branch", "Race Track", "Package", "Union Square"]
    assert [name for name in (*leads, *others) if looks_protected(name)] == []


def test_a_column_that_looks_protected_and_is_learned_from_is_told() -> None:
    (told,) = unlisted(["Industry", "Marital Status"])
    assert "'Marital Status' may tell of marital status" in told


@given(
    cells=st.lists(st.sampled_from(["a", "b", "12", "yes", "jo@x.org", "", "Head of IT"]), min_size=4, max_size=30),
    named=st.sampled_from(["numbers", "categories", "texts", "ignore"]),
)
def test_a_protected_column_is_never_a_field_whatever_it_holds(cells: list[str], named: str) -> None:
    frame = pd.DataFrame({"X": cells, "Y": cells}, dtype="str")
    parts = {"ignore": [], named: ["X"]}
    fields, excluded = infer_fields(frame, taken=[], outcome=[], protected=["X"], **parts)
    assert "X" not in {field.name for field in fields}
    assert {e.column: e.verdict for e in excluded}["X"] == "protected"
