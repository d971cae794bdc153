"""What the scorer computes with, made from leads of a request or from a frame of an export."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.schema import category_key, parse_boolean
from leadscore.models.bundle import Bundle
from leadscore.scoring.decision import Lead

__all__ = ["Inputs", "from_frame", "from_leads", "tie_break"]

Floats = npt.NDArray[np.float64]


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


def from_leads(bundle: Bundle, leads: Sequence[Lead]) -> Inputs:
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


def from_frame(
    bundle: Bundle,
    frame: pd.DataFrame,
    *,
    activities: pd.DataFrame | None = None,
    at: pd.Series | None = None,
    first_row: int = 0,
) -> Inputs:
    """Encode a frame; its arguments are those of :meth:`Scorer.score`."""
    parts = bundle.parts
    if parts.id in frame.columns:
        ids = frame[parts.id].astype("str").fillna("").tolist()
    else:
        ids = [str(first_row + i) for i in range(len(frame))]
    return Inputs(
        ids=ids,
        X=bundle.encoder.encode_frame(_with_activity_columns(bundle, frame, ids, activities, at)),
        segment=_column(frame, parts.segment, category_key, None, object),
        customer=_column(frame, parts.customer, lambda v: parse_boolean(v) == 1, False, bool),
        contactable=_column(frame, parts.consent, lambda v: parse_boolean(v) != 0, True, bool),
    )


def _with_activities(bundle: Bundle, lead: Lead) -> Mapping[str, Any]:
    definition = bundle.activities
    if definition is None:
        return lead.fields
    moment = _moment(lead)
    index = definition.type_index([a.type for a in lead.activities])
    age = np.array([(moment - a.at) / timedelta(days=1) for a in lead.activities], dtype=float)
    values = definition.matrix(np.zeros(len(index), dtype=np.intp), index, age, 1)[0]
    return {**lead.fields, **dict(zip(bundle.made_names, values.tolist(), strict=True))}


def _with_activity_columns(
    bundle: Bundle, frame: pd.DataFrame, ids: Sequence[str], activities: pd.DataFrame | None, at: pd.Series | None
) -> pd.DataFrame:
    definition = bundle.activities
    if definition is None:
        return frame
    rows, index, age = np.zeros(0, dtype=np.intp), np.zeros(0, dtype=np.intp), np.zeros(0)
    if activities is not None and at is not None:
        # An id may stand on several rows of a batch: each of them gets the events.
        events = activities.merge(pd.DataFrame({"lead": ids, "row": np.arange(len(ids))}), on="lead", how="inner")
        rows = events["row"].to_numpy(dtype=np.intp)
        index = definition.type_index(events["type"].tolist())
        age = (at.to_numpy()[rows] - events["at"].to_numpy()) / np.timedelta64(1, "D")
    names = list(bundle.made_names)
    made = pd.DataFrame(definition.matrix(rows, index, age, len(frame)), columns=names, index=frame.index)
    return pd.concat([frame.drop(columns=names, errors="ignore"), made], axis=1)


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


def _column(
    frame: pd.DataFrame, name: str | None, read: Callable[[Any], Any], default: Any, kind: type
) -> npt.NDArray[Any]:
    if name is None or name not in frame.columns:
        return np.full(len(frame), default, dtype=kind)
    codes, values = pd.factorize(frame[name])
    table: npt.NDArray[Any] = np.array([*map(read, values.tolist()), default], dtype=kind)
    return table[codes]
