"""What the scorer computes with, made from leads of a request; :mod:`leadscore.scoring.frames` makes it of a frame."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.data.schema import category_key, parse_boolean
from leadscore.models.bundle import AnyBundle, CardBundle
from leadscore.scoring.decision import Lead

__all__ = ["Inputs", "from_leads", "notes", "tie_break"]

Floats = npt.NDArray[np.float64]

_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True, eq=False)
class Inputs:
    """Leads as the scorer sees them, one row each.

    Parameters
    ----------
    ids
        Identifiers of the caller.
    X
        Encoded fields and activities.
    segment, customer, contactable
        What routing needs to know.
    fields
        What was sent, for remarks about it; None for a frame.
    """

    ids: Sequence[str]
    X: Floats
    segment: npt.NDArray[np.object_]
    customer: npt.NDArray[np.bool_]
    contactable: npt.NDArray[np.bool_]
    fields: Sequence[Mapping[str, Any]] | None = None


def tie_break(lead_ids: Iterable[str]) -> Floats:
    """Numbers in [0, 1) from a hash of each id, which part leads that are otherwise alike.

    Examples
    --------
    >>> tie_break(["L-1", "L-2"]).round(3)
    array([0.62 , 0.162])
    """
    digests = (hashlib.blake2b(i.encode("utf-8", "surrogatepass"), digest_size=6).digest() for i in lead_ids)
    return np.array([int.from_bytes(d, "big") / 2**48 for d in digests], dtype=float)


def from_leads(bundle: AnyBundle, leads: Sequence[Lead]) -> Inputs:
    """Encode leads of a request."""
    parts = bundle.parts
    fields = [_with_activities(bundle, lead) for lead in leads]
    segment = [category_key(f.get(parts.segment)) if parts.segment else None for f in fields]
    return Inputs(
        ids=[lead.lead_id for lead in leads],
        X=bundle.encoder.encode(fields),
        segment=np.array(segment, dtype=object),
        customer=np.array([_answer(f, parts.customer, False) for f in fields], dtype=bool),
        contactable=np.array([_answer(f, parts.consent, True) for f in fields], dtype=bool),
        fields=fields,
    )


def notes(bundle: AnyBundle, inputs: Inputs, i: int) -> dict[str, list[str]]:
    """What was unusual in lead ``i``, by field name; rules were not learned, so that nothing is unseen to them."""
    found: dict[str, list[str]] = {"missing": [], "unseen": [], "ignored": []}
    learned = not isinstance(bundle, CardBundle)
    for feature, code in zip(bundle.encoder.features, inputs.X[i].tolist(), strict=True):
        if not feature.speaks_for_cell:
            continue
        if math.isnan(code) and feature.source == feature.column:
            found["missing"].append(feature.column)
        elif learned and feature.kind == "category" and code == len(feature.levels):
            found["unseen"].append(feature.name)
    found["ignored"] = [name for name in (inputs.fields[i] if inputs.fields else ()) if name in bundle.ignored]
    return found


def _with_activities(bundle: AnyBundle, lead: Lead) -> Mapping[str, Any]:
    definition = bundle.activities
    if definition is None:
        return lead.fields
    moment = _moment(lead)
    events = lead.activities
    index = definition.type_index([a.type for a in events])
    age = np.array([(moment - a.at) / _DAY for a in events], dtype=float)
    values = definition.matrix(
        np.zeros(len(index), dtype=np.intp),
        index,
        age,
        1,
        amounts={name: np.array([a.values.get(name, np.nan) for a in events]) for name in definition.amounts},
        since_creation=np.array([0.0 if lead.created is None else max(0.0, (moment - lead.created) / _DAY)]),
    )[0]
    made = dict(zip(bundle.made_names, values.tolist(), strict=True))
    return {**lead.fields, **made, **{n: lead.fields[n] for n in definition.given if n in lead.fields}}


def _moment(lead: Lead) -> datetime:
    if lead.at is not None:
        return lead.at
    known = [a.at for a in lead.activities]
    if lead.created is not None:
        known.append(lead.created)
    return max(known, default=datetime(1970, 1, 1, tzinfo=UTC))


def _answer(fields: Mapping[str, Any], column: str | None, default: bool) -> bool:
    answer = parse_boolean(fields.get(column)) if column else None
    return default if answer is None else answer == 1
