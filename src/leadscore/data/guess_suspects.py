"""Columns that a model had better not see: people's own data, free text, and what is known only afterwards."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping, Sequence

import numpy as np
import numpy.typing as npt

from leadscore.data.contact_columns import contact_of
from leadscore.data.guess_columns import Profile
from leadscore.data.guess_outcomes import echoes_outcome
from leadscore.data.leakage_evidence import area
from leadscore.data.leakage_names import is_note, suspicion
from leadscore.data.schema import Contact, parse_number

__all__ = ["Floats", "contacts_among", "giveaway", "late_or_personal", "personal", "scored", "suspect"]

Floats = npt.NDArray[np.float64]

_PERSONAL = re.compile(
    r"\b(e ?mail|phone|telefon|tel|mobile|handy|fax|linkedin|twitter|website|url|ip( address)?|address|adresse|street|"
    r"strasse|birth\w*)\b|^((first|last|middle|full|contact|lead|person|given|family|user)? ?name|vorname|nachname|"
    r"contact|contact person|person|ansprechpartner)$"
)
_SALES_MADE = re.compile(r"\blead profile\b|\b(activity|profile|engagement) index\b|\bforecast\b|\bclosedate\b")
_HONEST = re.compile(
    r"^(last|family) name$|\bcredit (score|rating)\b|\b(first|original|lead) (source|status of company)\b"
)
_LEARNED_AS_WELL = frozenset({"lead.segment", "lead.territory", "lead.customer"})
_LONG = 60
_TELLS_ALL = 0.97
_ONE_CLASS = 0.02


def late_or_personal(
    columns: Sequence[Profile],
    taken: Mapping[str, str],
    labels: Sequence[Floats],
    origin: Mapping[str, str],
    late: Collection[str],
) -> dict[str, str]:
    """Find the columns to leave out, each with the reason.

    Parameters
    ----------
    columns
        Columns of the leads with all that is joined to them.
    taken
        Key of the recipe by column that plays a part.
    labels
        1, 0 or NaN for each lead, for each outcome.
    origin, late
        File that a joined column came from, and the files that have rows only for leads that got far.
    """
    found: dict[str, str | None] = {}
    for column in columns:
        part = taken.get(column.name)
        if part is not None and part not in _LEARNED_AS_WELL:
            continue
        told = next(filter(None, (giveaway(column, y) for y in labels)), None)
        found[column.name] = told if part else _untimely(column, origin, late) or told or suspect(column)
    return {name: why for name, why in found.items() if why is not None}


def _untimely(column: Profile, origin: Mapping[str, str], late: Collection[str]) -> str | None:
    if column.look == "date":
        return "a date other than the creation: when it is filled is not known in time"
    if origin.get(column.name) in late:
        return f"{origin[column.name]} has rows only for leads that got far"
    echo = "tells an outcome under another name" if echoes_outcome(column) else None
    if contact_of(column.counts, column.name) is not None:
        return None
    return personal(column) or free_text(column) or echo


def contacts_among(columns: Sequence[Profile]) -> dict[str, Contact]:
    """The columns of which a model learns only what kind of address, number or name a lead gave."""
    found = {c.name: contact_of(c.counts, c.name) for c in columns}
    return {name: contact for name, contact in found.items() if contact is not None}


def personal(column: Profile) -> str | None:
    """Why a column is somebody's own data; None when it is not."""
    if contact_of(column.counts, column.name) is not None:
        return "names or reaches a person"
    if _PERSONAL.search(column.phrase) and len(column.counts) > 20 and column.distinctness > 0.3:
        return "names or reaches a person, and says nothing of the next lead"
    return None


def suspect(column: Profile) -> str | None:
    """Why a column may be known only after the lead was worked, by its name; None when nothing says so."""
    if _HONEST.search(column.phrase):
        return None
    if _SALES_MADE.search(column.phrase):
        return "its name tells of an opinion that is formed on the way"
    told = suspicion(column.name)
    return told and f"its name tells of {told}"


def free_text(column: Profile) -> str | None:
    """Why a column is prose that may be written on the way; what a lead itself writes is for the training to judge."""
    if not is_note(column.name):
        return None
    length = column.text.str.len()[column.text != ""]
    if column.look in ("category", "text") and len(length) and len(column.counts) > 20 and length.median() > _LONG:
        return "free text that may be written on the way"
    return None


def giveaway(column: Profile, labels: Floats) -> str | None:
    """Why a column by itself tells the outcome, as none does that is known in time; None when it does not.

    Parameters
    ----------
    column
        The column.
    labels
        1, 0 or NaN for each lead.
    """
    decided = ~np.isnan(labels)
    y = labels[decided]
    if min(y.sum(), (1 - y).sum()) < 20 or column.look in ("empty", "date"):
        return None
    text = column.text[decided]
    filled = (text != "").to_numpy()
    yes, no = filled[y == 1].mean(), filled[y == 0].mean()
    if min(yes, no) < _ONE_CLASS and max(yes, no) > 0.3:
        return f"filled for {yes:.0%} of the leads that made it and {no:.0%} of the others"
    auc = area(scored(column, text.to_numpy(dtype=object), y), y)
    auc = max(auc, 1 - auc)
    return f"by itself it tells the outcome almost wholly (AUC {auc:.3f})" if auc > _TELLS_ALL else None


def scored(column: Profile, text: npt.NDArray[np.object_], y: Floats) -> Floats:
    """Bring the cells of a column, of leads with a known outcome, into numbers that can tell the outcome."""
    if column.look == "number":
        number = np.array([parse_number(v) for v in text], dtype=float)
        return np.where(np.isnan(number), np.nanmin(number, initial=0.0) - 1, number)
    # Every other lead tells the rate of a value, the rest are scored by it: rare values cannot praise themselves.
    _, codes = np.unique(text, return_inverse=True)
    score = np.empty(len(y))
    for half in (0, 1):
        learn, judge = np.arange(len(y)) % 2 == half, np.arange(len(y)) % 2 != half
        counts = np.bincount(codes[learn], minlength=codes.max() + 1)
        hits = np.bincount(codes[learn], y[learn], minlength=codes.max() + 1)
        score[judge] = ((hits + y.mean()) / (counts + 1))[codes[judge]]
    return score
