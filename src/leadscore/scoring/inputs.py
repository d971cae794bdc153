"""What the scorer computes with, made from leads of a request or from a frame of an export."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.colleagues import account_numbers, colleague_counts
from leadscore.data.schema import category_key, parse_boolean
from leadscore.data.snapshots import ActivityFeatures
from leadscore.models.bundle import AnyBundle, CardBundle
from leadscore.scoring.decision import Lead

__all__ = ["Inputs", "from_frame", "from_leads", "notes", "tie_break"]

Floats = npt.NDArray[np.float64]

_DAY, _ONE_DAY = timedelta(days=1), np.timedelta64(1, "D")


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


def from_frame(
    bundle: AnyBundle,
    frame: pd.DataFrame,
    *,
    activities: pd.DataFrame | None = None,
    at: pd.Series | None = None,
    created: pd.Series | None = None,
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
        X=bundle.encoder.encode_frame(_with_activity_columns(bundle, frame, _Log(ids, activities, at, created))),
        segment=_column(frame, parts.segment, category_key, None, object),
        customer=_column(frame, parts.customer, lambda v: parse_boolean(v) == 1, False, bool),
        contactable=_column(frame, parts.consent, lambda v: parse_boolean(v) != 0, True, bool),
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


@dataclass(frozen=True, slots=True, eq=False)
class _Log:
    """Activities beside a frame of leads, and the moments of the leads."""

    ids: Sequence[str]
    activities: pd.DataFrame | None
    at: pd.Series | None
    created: pd.Series | None

    def features(self, definition: ActivityFeatures, account: pd.Series | None) -> Floats:
        """Features of each lead at its moment."""
        n = len(self.ids)
        if self.activities is None or self.at is None:
            none = np.zeros(0, dtype=np.intp)
            return definition.matrix(none, none, np.zeros(0), n, amounts=dict.fromkeys(definition.amounts, np.zeros(0)))
        # An id may stand on several rows of a batch: each of them gets the events.
        events = self.activities.merge(pd.DataFrame({"lead": self.ids, "row": np.arange(n)}), on="lead", how="inner")
        rows = events["row"].to_numpy(dtype=np.intp)
        at, moment = _clock(events["at"]), _clock(self.at)
        created = moment if self.created is None else _clock(self.created.fillna(self.at))
        colleagues = None
        if definition.colleagues and account is not None:
            numbers, first = account_numbers(account), moment.min()
            known, now, then = ((times - first) / _ONE_DAY for times in (created, moment, at))
            colleagues = colleague_counts(rows, then, now, numbers, definition.windows, known_since=known)
        return definition.matrix(
            rows,
            definition.type_index(events["type"].tolist()),
            (moment[rows] - at) / _ONE_DAY,
            n,
            amounts={name: _amount(events, name) for name in definition.amounts},
            colleagues=colleagues,
            since_creation=np.nan_to_num((moment - created) / _ONE_DAY).clip(0.0),
        )


def _with_activity_columns(bundle: AnyBundle, frame: pd.DataFrame, log: _Log) -> pd.DataFrame:
    definition = bundle.activities
    if definition is None:
        return frame
    account = bundle.parts.account
    features = log.features(definition, frame[account] if account in frame.columns else None)
    made = pd.DataFrame(features, columns=list(bundle.made_names), index=frame.index)
    given = [name for name in definition.given if name in frame.columns and made[name].isna().all()]
    made = made.drop(columns=given)
    return pd.concat([frame.drop(columns=list(made.columns), errors="ignore"), made], axis=1)


def _clock(moments: pd.Series) -> npt.NDArray[np.datetime64]:
    return moments.dt.tz_convert(None).to_numpy()


def _amount(events: pd.DataFrame, name: str) -> Floats:
    return events[name].to_numpy(dtype=float) if name in events.columns else np.full(len(events), np.nan)


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
