"""What the scorer computes with, made from leads of a request; :mod:`leadscore.scoring.frames` makes it of a frame."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.data.schema import category_key, parse_boolean
from leadscore.data.snapshots import ActivityFeatures
from leadscore.models.bundle import AnyBundle, CardBundle
from leadscore.scoring.decision import Lead

__all__ = ["Inputs", "Notes", "from_leads", "tie_break"]

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
    fields = _with_activities(bundle, leads)
    segment = [category_key(f.get(parts.segment)) if parts.segment else None for f in fields]
    return Inputs(
        ids=[lead.lead_id for lead in leads],
        X=bundle.encoder.encode(fields),
        segment=np.array(segment, dtype=object),
        customer=np.array([_answer(f, parts.customer, False) for f in fields], dtype=bool),
        contactable=np.array([_answer(f, parts.consent, True) for f in fields], dtype=bool),
        fields=fields,
    )


class Notes:
    """Tells what was unusual in a lead; rules were not learned, so that nothing is unseen to them.

    Parameters
    ----------
    bundle
        Whose leads they are.
    """

    def __init__(self, bundle: AnyBundle) -> None:
        learned = not isinstance(bundle, CardBundle)
        cells = [(j, feature) for j, feature in enumerate(bundle.encoder.features) if feature.speaks_for_cell]
        self._own = [(j, feature.column) for j, feature in cells if feature.source == feature.column]
        self._learned = [(j, f.column, len(f.levels)) for j, f in cells if learned and f.kind == "category"]
        self._ignored = bundle.ignored

    def __call__(self, inputs: Inputs, i: int) -> dict[str, list[str]]:
        """Names of the fields of lead ``i`` that are ``missing``, ``unseen`` and ``ignored``."""
        row = inputs.X[i].tolist()
        sent = inputs.fields[i].keys() if inputs.fields else ()
        return {
            "missing": [name for j, name in self._own if row[j] != row[j]],  # NaN is not itself
            "unseen": [name for j, name, another in self._learned if row[j] == another],
            "ignored": [name for name in sent if name in self._ignored],
        }


def _with_activities(bundle: AnyBundle, leads: Sequence[Lead]) -> list[Mapping[str, Any]]:
    """Fields of each lead with what its activities tell."""
    definition = bundle.activities
    if definition is None:
        return [lead.fields for lead in leads]
    moments = [_moment(lead) for lead in leads]
    ages = [[(moment - a.at) / _DAY for a in lead.activities] for lead, moment in zip(leads, moments, strict=True)]
    if definition.countable:
        told = [definition.row([a.type for a in lead.activities], own) for lead, own in zip(leads, ages, strict=True)]
    else:
        told = _matrix(definition, leads, moments, ages).tolist()
    names, given = bundle.made_names, definition.given
    return [
        {**lead.fields, **dict(zip(names, made, strict=True)), **{n: lead.fields[n] for n in given if n in lead.fields}}
        for lead, made in zip(leads, told, strict=True)
    ]


def _matrix(
    definition: ActivityFeatures, leads: Sequence[Lead], moments: Sequence[datetime], ages: Sequence[Sequence[float]]
) -> Floats:
    """What activities tell, reckoned for all leads together."""
    events = [activity for lead in leads for activity in lead.activities]
    lives = [(at - (lead.created or at)) / _DAY for lead, at in zip(leads, moments, strict=True)]
    return definition.matrix(
        np.array([row for row, own in enumerate(ages) for _ in own], dtype=np.intp),
        definition.type_index([activity.type for activity in events]),
        np.array([age for own in ages for age in own], dtype=float),
        len(leads),
        amounts={n: np.array([a.values.get(n, np.nan) for a in events], dtype=float) for n in definition.amounts},
        since_creation=np.maximum(lives, 0.0),
    )


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
