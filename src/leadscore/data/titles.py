"""Job titles: the seniority and the function that one speaks of, in six European languages and their abbreviations.

A title is read word by word after accents and letter case are gone, so that ``Geschäftsführerin``,
``GESCHAEFTSFUEHRER`` and ``Gf.`` are one thing. What is not recognised is ``other``; nothing of the title itself is
kept.
"""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

__all__ = ["FUNCTIONS", "SENIORITIES", "function", "plain", "seniority"]

_DOCTORS = re.compile(r"\b(?:dr|prof|dipl|ing|mag|m/w/d|w/m/d|h/f|f/h|m/f)\b\.?")
_DOTTED = re.compile(r"\b(?:[a-z]\.){2,}")

# In the order in which they are tried: an assistant to a chief is no chief, a vice president no president.
_SENIORITY: tuple[tuple[str, str], ...] = (
    (
        "intern",
        r"intern|trainee|apprentice|student\w*|praktikant\w*|werkstudent\w*|azubi|auszubildende\w*|stagiaire?|apprentie?|"
        r"alternante?|etudiante?|becari[oa]|practicas|estudiante|stagista|tirocinante|studente(?:ssa)?",
    ),
    (
        "assistant",
        r"(?:executive|personal|office|administrative) assistant|assistant (?:to|of|de|du|a)|"
        r"assistante? (?:de )?direction|"
        r"assistant(?! (?:vice|director|manager|general|vp))e?|assistent\w*|asistente|assistente|secretary|sekretar\w*|"
        r"secretaire|secretari[oa]|segretari[oa]|secretaresse|receptionist",
    ),
    (
        "vice president",
        r"[sea]?vp|vice ?presidente?|vizeprasident\w*|vicepresidenta|vice general manager",
    ),
    (
        "chief",
        r"c(?:[efiomrt]|hr|is|d|p)o|chief|founder|cofounder|owner|president|proprietor|principal|"
        r"managing (?:director|partner)|general manager|partner|geschae?ftsfue?hr\w*|gf|geschae?ftsleit\w*|"
        r"vorstand\w*|inhaber\w*|(?:mit)?grue?nder\w*|prasident\w*|pdg|dg|directeur general|"
        r"directrice generale|gerante?|presidente?|presidenta|fondat(?:eur|rice|ore)|cofondateur|dirigeante?|"
        r"proprietaire|director general|directora general|gerente general|"
        r"consejer[oa] delegad[oa]|fundador\w*|propietari[oa]|duen[oa]|titolare|"
        r"amministrat(?:ore|rice) delegat[oa]|amministratore(?: unico)?|direttore generale|proprietari[oa]|"
        r"algemeen directeur|eigenaar|oprichter|bestuurder|dga|zaakvoerder",
    ),
    (
        "director",
        r"director\w*|directeur|directrice|direktor\w*|direttore|direttrice|dir|bereichsleit\w*|hauptabteilungsleit\w*",
    ),
    (
        "manager",
        r"teamleit\w*|projektleit\w*|gruppenleit\w*|schichtleit\w*|team ?lead(?:er)?|tech lead|supervisor|teamleider|"
        r"projectleider|chef de (?:projets?|produits?|equipe)|capo ?(?:progetto|squadra)|"
        r"jef[ea] de (?:proyecto|equipo)",
    ),
    (
        "head",
        r"head|leit(?:er|ung)\w*|\w+leit(?:er|erin|ung)|prokurist\w*|responsables?|responsabile|jef[ea]|hoofd|chef|"
        r"chef(?:fe)? de service|capo\w*|lead of",
    ),
    (
        "manager",
        r"managers?|mgr|manageress|\w+manager(?:in)?|gerente|gestionnaire|encargad[oa]|coordinator|coordinat(?:eur|rice)|"
        r"coordinador\w*|coordinatore|koordinator\w*|lead|leader|foreman|leidinggevende",
    ),
    (
        "staff",
        r"specialist\w*|spezialist\w*|analyst\w*|analyste|analista|engineer|ingenieure?|ingenier[oa]|ingegnere|consultant|"
        r"berater\w*|consult(?:eur|ora?)|consulente|adviseur|developer|entwickler\w*|developpeur|desarrollador\w*|"
        r"sviluppatore|ontwikkelaar|executive|representative|rep|officer|sachbearbeiter\w*|mitarbeiter\w*|referent\w*|"
        r"employee?|empleado|impiegat[oa]|medewerker|technician|techniker\w*|technicien\w*|tecnic[oa]|technicus|"
        r"administrator|administrateur|accountant|buchhalter\w*|comptable|contable|contabile|boekhouder|buyer|"
        r"einkaufer\w*|acheteur|acheteuse|comprador\w*|inkoper|clerk|associate|agent|designer|architect|architekt\w*|"
        r"scientist|teacher|nurse|advisor|senior|junior|jr|sr",
    ),
)

# A title that names several functions (sales and marketing) counts for the first of this order.
_FUNCTION: tuple[tuple[str, str], ...] = (
    (
        "procurement",
        r"procurement|purchas\w*|buyer|sourcing|\w*einkauf\w*|beschaffung\w*|achats?|acheteu(?:r|se)|compras|comprador\w*|"
        r"acquisti|inkoop\w*|inkoper|cpo",
    ),
    (
        "sales",
        r"sales|account (?:executive|manager)|business development|bizdev|revenue|cro|\w*vertrieb\w*|verkauf\w*|"
        r"verkaeuf\w*|aussendienst\w*|ventes?|commercial[e]?s?|vendeu(?:r|se)|ventas|comercial|vendedor\w*|vendite|"
        r"commerciale|verkoop\w*|verkoper",
    ),
    (
        "marketing",
        r"\w*marketing\w*|cmo|brand|communications?|growth|seo|content|kommunikation\w*|werbung|marca|comunicacion|"
        r"comunicazione|communicatie|public relations|pr",
    ),
    (
        "people",
        r"hr|human resources|people|talent|recruit\w*|chro|personal(?:leit\w*|wesen|abteilung|referent\w*)|drh|"
        r"rh|ressources humaines|recursos humanos|rrhh|risorse umane|personeel\w*|payroll",
    ),
    (
        "finance",
        r"financ\w*|cfo|account(?:ant|ing)|controll\w*|treasur\w*|audit\w*|tax|\w*finanz\w*|buchhalt\w*|rechnungswesen|"
        r"steuer\w*|comptab\w*|daf|tresor\w*|finanzas|finanzier[oa]|contab\w*|finanza|amministrazione|financie\w*|boekhoud\w*",
    ),
    (
        "legal",
        r"legal|lawyer|counsel|attorney|compliance|recht|jurist\w*|juridique|avocat\w*|abogad[oa]|legale|avvocat[oa]|dpo",
    ),
    (
        "support",
        r"customer (?:service|success|support|care)|support|helpdesk|service desk|kundendienst|kundenservice|"
        r"service client|relation client|atencion al cliente|assistenza clienti|klantenservice",
    ),
    (
        "information technology",
        r"it|ict|cio|ciso|information|systems?|sysadmin|network|infrastructure|security|cyber\w*|edv|informatik\w*|"
        r"informatique|informatica|sistemas|sistemi|dsi|rssi|systeembeheer\w*|data|devops|cloud|crm|erp|digital\w*",
    ),
    (
        "engineering",
        r"engineer\w*|developer|development|software|cto|product|r d|research|technology|technical|\w*entwickl\w*|"
        r"forschung|technik\w*|technisch\w*|konstruktion\w*|produkt\w*|ingenieu\w*|developp\w*|technique|produits?|"
        r"recherche|ingenier\w*|desarroll\w*|tecnic[oa]|producto|ingegner\w*|sviluppo|prodotto|ricerca|ontwikkel\w*|design\w*",
    ),
    (
        "operations",
        r"operation\w*|ops|coo|logisti\w*|supply|production|manufacturing|plant|quality|warehouse|facility|"
        r"betrieb\w*|produktion\w*|fertigung\w*|werk\w*|lager|qualitat\w*|usine|exploitation|qualite|operaciones|"
        r"produccion|calidad|planta|projets?|proyectos?|progett\w+|operazioni|operativ[oa]|produzione|stabilimento|productie|magazijn|"
        r"project\w*|projekt\w*",
    ),
    (
        "general management",
        r"ceo|founder|cofounder|owner|president\w*|managing (?:director|partner)|general manager|geschae?fts\w+|"
        r"gf|vorstand\w*|inhaber\w*|grue?nder\w*|pdg|dg|directeur general|gerante?|fondat\w+|"
        r"dirigeante?|director general|gerente general|consejer[oa] delegad[oa]|fundador\w*|propietari[oa]|titolare|"
        r"amministrat\w+|direttore generale|algemeen directeur|eigenaar|oprichter|dga|zaakvoerder|strategy|strateg\w+",
    ),
)

SENIORITIES: tuple[str, ...] = (*dict.fromkeys(name for name, _ in _SENIORITY), "other")
"""What `seniority` answers."""

FUNCTIONS: tuple[str, ...] = (*(name for name, _ in _FUNCTION), "other")
"""What `function` answers."""

_BY_SENIORITY = tuple((name, re.compile(rf"\b(?:{words})\b")) for name, words in _SENIORITY)
_BY_FUNCTION = tuple((name, re.compile(rf"\b(?:{words})\b")) for name, words in _FUNCTION)
_LONGEST = 300


def plain(text: str) -> str:
    """Bring a text to lower case without accents or signs, words apart by one space.

    Examples
    --------
    >>> plain(" Sr. Vice-Président, R&D  (C.T.O.)")
    'sr vice president r d cto'
    """
    text = unicodedata.normalize("NFKD", text[:_LONGEST].casefold())
    text = "".join(c for c in text if not unicodedata.combining(c))
    text = _DOTTED.sub(lambda found: found[0].replace(".", ""), text)
    return " ".join(re.findall(r"[^\W_]+", text))


@lru_cache(maxsize=4096)
def seniority(title: str) -> str:
    """How high a job title stands; ``other`` where that is not recognised.

    Examples
    --------
    >>> [seniority(t) for t in ("CEO", "Geschäftsführerin", "VP Sales", "Directrice des achats", "Leiter Einkauf")]
    ['chief', 'chief', 'vice president', 'director', 'head']
    >>> [seniority(t) for t in ("Assistant to the CEO", "Responsabile acquisti", "Hoofd inkoop", "Becario", "Poet")]
    ['assistant', 'head', 'head', 'intern', 'other']
    """
    return _first(title, _BY_SENIORITY)


@lru_cache(maxsize=4096)
def function(title: str) -> str:
    """What part of a company a job title speaks of; ``other`` where that is not recognised.

    Examples
    --------
    >>> [function(t) for t in ("VP Sales", "Leiter Einkauf", "Directeur financier", "Head of Operations", "CEO")]
    ['sales', 'procurement', 'finance', 'operations', 'general management']
    """
    return _first(title, _BY_FUNCTION)


def _first(title: str, patterns: tuple[tuple[str, re.Pattern[str]], ...]) -> str:
    words = plain(_DOCTORS.sub(" ", title.casefold()))
    return next((name for name, pattern in patterns if pattern.search(words)), "other")
