"""Which columns look as if they told what no decision about a person may rest on, by their names in six languages.

A name is a hint and no proof: what is protected depends on the law and the use, and the recipe has the last word.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from leadscore.data.leakage_names import words

__all__ = ["looks_protected", "unlisted"]

_PERSON = "person|contact|applicant|student|patient|respondent|borrower|insured|user"
_SPAN = "in years|group|range|band|bracket|class|category"

_TOLD_BY: dict[str, str] = {
    "gender": r"(.* )?(gender|geschlecht|genero|genere|geslacht)( .*)?|(.* )?(sex|sexe|sexo|sesso)|"
    r"(is )?(fe)?male|salutation|anrede|civilite|tratamiento|aanhef|(preferred )?pronouns?",
    "age": rf"(.* )?({_PERSON}) age|age( ({_SPAN}))?|(lebens)?alter(sgruppe|sklasse)?|alter in jahren|"
    r"(tranche|groupe) d age|(grupo de )?edad|fascia d[i ]? ?eta|leeftijd(scategorie|sgroep)?|"
    r"birth|(.* )?(birthday|birth ?date|date ?of ?birth|dob|year of birth|birth year)|"
    r"geburts(tag|datum|jahr)|(date|annee|jour) de naissance|(fecha|ano) de nacimiento|"
    r"(data|anno) di nascita|geboorte(datum|jaar)",
    "ethnic origin": r"(.* )?(ethnic\w*|ethnisch\w*|ethnie|etnia|etniciteit|origine? ethnique|origen etnico|"
    r"origine etnica)( .*)?|race( (and|or|code|category|ethnicity).*)?|racial .*|raza|razza|"
    r"skin colou?r|hautfarbe|caste",
    "nationality": r"(.* )?(nationalit\w*|nacionalidad|citizenship|national origin|staatsangehorigkeit|"
    r"staatsburgerschaft|citoyennete|ciudadania|cittadinanza|staatsburgerschap)( .*)?|"
    r"(country|place|city) of birth|birth (country|place)|birthplace|geburts(land|ort)|(pays|lieu) de naissance|"
    r"(pais|lugar) de nacimiento|(paese|luogo) di nascita|geboorte(land|plaats)",
    "religion": r"(.* )?(religion\w*|religious \w+|religios\w* .*|konfession|glaube(nsbekenntnis)?|"
    r"confession religieuse|religione|godsdienst|geloof)( .*)?|faith",
    "marital status": r"(.* )?(marital|marriage|married|familienstand|personenstand|etat civil|situation familiale|"
    r"estado civil|stato civile|burgerlijke staat)( .*)?",
    "pregnancy": r"(.* )?(pregnan\w*|schwanger\w*|enceinte|grossesse|embaraz\w*|gravidanza|incinta|zwanger\w*)( .*)?",
    "health or disability": r"(.* )?(disabilit\w+|disabled person|handicap\w*|(schwer)?behinder\w*|discapacidad|"
    r"minusvalia|invalidite|invalidita|invaliditeit|medical (history|condition)|health (condition|problem)s?|"
    r"diagnos(is|es)|diagnose|krankheit\w*|gesundheitszustand|etat de sante|estado de salud|stato di salute|"
    r"gezondheid\w*)( .*)?",
    "sexual orientation": r"(.* )?(sexual (orientation|preference)|sexuelle orientierung|orientation sexuelle|"
    r"orientacion sexual|orientamento sessuale|seksuele geaardheid|lgbtq?\w*)( .*)?",
    "political opinion or union": r"(political (party|opinion|affiliation|view)s?|party affiliation|"
    r"parteizugehorigkeit|(trade |labou?r )?union member\w*|gewerkschaft\w*|"
    r"affiliation syndicale|afiliacion (politica|sindical))",
    "veteran status": r"(.* )?(protected )?veterans?( status)?",
}
"""By what a name may tell of, the words that say so."""

_PATTERNS = {what: re.compile(pattern) for what, pattern in _TOLD_BY.items()}
_ITALIAN_AGE = re.compile(r"\bet\u00e0\b")


def looks_protected(name: str) -> str | None:
    """What protected trait a column of this name may tell; None when the name is no reason to ask.

    Examples
    --------
    >>> looks_protected("Gender__c"), looks_protected("Geburtsdatum"), looks_protected("maritalStatus")
    ('gender', 'age', 'marital status')
    >>> looks_protected("Lead Age"), looks_protected("Account Health"), looks_protected("Lead Source")
    (None, None, None)
    """
    if _ITALIAN_AGE.search(unicodedata.normalize("NFC", name.casefold())):  # without its accent it is an arrival time
        return "age"
    text = words(name)
    return next((what for what, pattern in _PATTERNS.items() if pattern.fullmatch(text)), None)


def unlisted(columns: Iterable[str]) -> list[str]:
    """Say of each of these columns, which a model may learn from, that it looks protected.

    Examples
    --------
    >>> unlisted(["Sector", "Sex"])
    ["'Sex' may tell of gender, and is learned from: list it under [columns] protected unless the law allows it"]
    """
    return [
        f"{name!r} may tell of {what}, and is learned from: list it under [columns] protected unless the law allows it"
        for name in columns
        if (what := looks_protected(name)) is not None
    ]
