"""What the name of a column suggests about when it is filled in."""

from __future__ import annotations

import re
import unicodedata

__all__ = ["is_note", "is_plan", "looks_like_key", "suspicion", "words"]

_TOLD_BY: dict[str, str] = {
    "the outcome": r"converted|conversion|close[ds]?|closing|won|lost|win|loss|outcome|disposition|disqualif\w*|"
    r"gewonnen|verloren|verkauft|verlust|abgeschlossen|gagnee?|perdue?|perte|vendue?|ganad[oa]|perdid[oa]|"
    r"vendid[oa]",
    "how far the lead got": r"stages?|status|sub ?status|state of lead|handover|onboard\w*|invoice[ds]?|contracts?|"
    r"opportunit\w+|is (sql|sal|mql)|next steps?|"
    r"days (in|open|to close).*|tage (in|offen).*",
    "who works the lead": r"(lead|deal|record|opportunity|contact|account) owner|handled by|assigned to|assignee|"
    r"closer",
    "what is negotiated": r"discounts?|rebates?|rabatt|negotiat\w*",
    "the last change of the record": r"(last|latest|recent|newest) (?!names?\b)[a-z]+( [a-z]+)?|modified|updated|"
    r"changed|geandert|letzte[rsn]? .*|modifiee?|derniere? .*|modificad[oa]|modificacion|"
    r"ultim[oa] .*|days since (last|latest).*",
    "an opinion formed on the way": r"ratings?|quality|grades?|tags?|reasons?|motif|raison|motivo|scores?|priority|"
    r"temperature|(rep|sales|call) (notes?|comments?)",
    "a total that keeps growing": r"(meetings?|calls?|touches) (held|made|so far|all|total)|"
    r"(number|count|no|total|num) (of )?(meetings?|calls?|touches)|.* (all|ever|to date|so far|lifetime)|"
    r"(all|lifetime|cumulative) .*",
}
"""By what a name may tell of, the words that say so."""

_PATTERNS = {what: re.compile(rf"(^|.* )({pattern})( .*|$)") for what, pattern in _TOLD_BY.items()}
_PLAN = re.compile(
    r"(^|.* )(desired|planned|requested|preferred|wanted|target|renewal|expir\w*|event|due|appointment|start|deadline)"
    r"( .*|$)"
)
_NOTE = re.compile(
    r"(^|.* )(notes?|comments?|remarks?|descriptions?|notiz(en)?|bemerkung(en)?|kommentare?|anmerkung(en)?|"
    r"beschreibung(en)?|commentaires?|remarques?|notas?|comentarios?|observacion(es)?|descripcion|commenti|osservazioni|"
    r"descrizione|opmerking(en)?|notities|omschrijving)( .*|$)"
)
_KEY = re.compile(r"(^|.* )(id|ids|no|nr|number|key|ref|reference|uuid|guid|serial)( .*|$)")


def words(name: str) -> str:
    """Bring a column's name into lower-case words without accents; the mark of a Salesforce field of one's own goes.

    Examples
    --------
    >>> words("LastModifiedDate"), words("total_touches_all"), words("Won?"), words("Größe__c"), words("Créé le")
    ('last modified date', 'total touches all', 'won', 'grosse', 'cree le')
    """
    spaced = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", " ", name.removesuffix("__c"))
    plain = "".join(c for c in unicodedata.normalize("NFKD", spaced.casefold()) if not unicodedata.combining(c))
    return " ".join(re.sub(r"[\W_]+", " ", plain).split())


def suspicion(name: str) -> str | None:
    """What a column of this name may tell that nobody knows of a new lead; None when the name is no reason to ask.

    Examples
    --------
    >>> suspicion("Lead Quality"), suspicion("Last Activity"), suspicion("Lead Source")
    ('an opinion formed on the way', 'the last change of the record', None)
    """
    text = words(name)
    return next((what for what, pattern in _PATTERNS.items() if pattern.match(text)), None)


def is_plan(name: str) -> bool:
    """Whether the name is that of a moment in the future that a lead may tell when it arrives.

    Examples
    --------
    >>> is_plan("Desired Start Date"), is_plan("Closed Date"), is_plan("Expected Close Date")
    (True, False, False)
    """
    return bool(_PLAN.match(words(name))) and suspicion(name) is None


def is_note(name: str) -> bool:
    """Whether the name is that of a text that people go on writing while they work a lead.

    Examples
    --------
    >>> is_note("Notes"), is_note("Bemerkungen"), is_note("Message")
    (True, True, False)
    """
    return bool(_NOTE.match(words(name)))


def looks_like_key(name: str) -> bool:
    """Whether the name is that of an identifier or a number that is given out.

    Examples
    --------
    >>> looks_like_key("Contract No."), looks_like_key("Number of Employees"), looks_like_key("Annual Revenue")
    (True, False, False)
    """
    text = words(name)
    return bool(_KEY.match(text)) and "number of" not in text and not text.startswith(("no of", "nr of"))
