"""What the scorer computes with, made from a frame of an export; apart, because the service starts without pandas."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.colleagues import account_numbers, colleague_counts
from leadscore.data.schema import category_key, parse_boolean
from leadscore.data.snapshots import ActivityFeatures
from leadscore.models.bundle import AnyBundle
from leadscore.scoring.inputs import Inputs

__all__ = ["from_frame"]

Floats = npt.NDArray[np.float64]

_ONE_DAY = np.timedelta64(1, "D")


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


def _column(
    frame: pd.DataFrame, name: str | None, read: Callable[[Any], Any], default: Any, kind: type
) -> npt.NDArray[Any]:
    if name is None or name not in frame.columns:
        return np.full(len(frame), default, dtype=kind)
    codes, values = pd.factorize(frame[name])
    table: npt.NDArray[Any] = np.array([*map(read, values.tolist()), default], dtype=kind)
    return table[codes]
