"""Labels and weights of a history: what became of each lead, of which that is known yet, and what each counts for."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.censoring import inverse_propensity
from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.maturity import known_outcomes
from leadscore.data.outcomes import Outcome, Stage
from leadscore.data.schema import category_key, parse_number
from leadscore.data.selection import far_ahead
from leadscore.errors import BadInput

__all__ = ["channel_column", "from_creation_on", "label_history", "last_moment"]

Floats = npt.NDArray[np.float64]

_MAX_CHANNELS = 30


def last_moment(
    created: pd.Series | None,
    outcomes: Mapping[Stage, Outcome],
    times: Mapping[str, pd.Series],
    log_end: pd.Timestamp | None,
) -> pd.Timestamp | None:
    """Last moment that the history knows of; None for an export without dates."""
    if created is None:
        return None
    # A date typed wrongly, or a planned one, must not make every lead look mature.
    told = [moments[~far_ahead(moments)].max() for o in outcomes.values() if o.at for moments in (times[o.at],)]
    ends = [created.max(), log_end, *told]
    return max((e for e in ends if e is not None and not pd.isna(e)), default=None)


def label_history(
    frame: pd.DataFrame,
    lead: LeadColumns,
    outcomes: Mapping[Stage, Outcome],
    columns: Columns,
    times: Mapping[str, pd.Series],
    until: pd.Timestamp | None,
    remarks: list[str],
) -> tuple[dict[Stage, Floats], dict[Stage, Floats]]:
    """Labels and weights: open is not lost, and untouched is not lost."""
    values: dict[Stage, pd.Series] = {stage: frame[o.column] for stage, o in outcomes.items()}
    untouched = _untouched(frame, lead, outcomes, values)
    channel = channel_column(frame, lead, outcomes, columns)
    known = known_outcomes(
        outcomes,
        values,
        at={stage: times.get(o.at or "") for stage, o in outcomes.items()},
        created=times.get(lead.created or ""),
        until=until,
        worked=~untouched,
        channel=None if channel is None else frame[channel],
        channel_named=lead.channel is not None,
    )
    remarks += known.remarks
    labels, weight = dict(known.labels), dict(known.weight)
    if lead.worked_at is not None:
        remarks.append(f"{int(untouched.sum())} leads that nobody worked are left out: untouched is not lost")
        labels = {stage: np.where(untouched, np.nan, y) for stage, y in labels.items()}
    if lead.propensity is not None:
        inverse = inverse_propensity(_propensity(frame, lead.propensity, ~untouched), ~untouched)
        weight = {stage: weight.get(stage, 1.0) * inverse for stage in labels}
        remarks.append(f"worked leads count by the inverse of {lead.propensity!r}")
    return labels, weight


def _untouched(
    frame: pd.DataFrame, lead: LeadColumns, outcomes: Mapping[Stage, Outcome], values: Mapping[Stage, pd.Series]
) -> npt.NDArray[np.bool_]:
    """Leads that nobody worked; an outcome shows that somebody did."""
    if lead.worked_at is None:
        return np.zeros(len(frame), dtype=bool)
    happened = np.any([o.happened(values[stage]) for stage, o in outcomes.items()], axis=0)
    return frame[lead.worked_at].map(category_key).isna().to_numpy() & ~happened


def channel_column(
    frame: pd.DataFrame, lead: LeadColumns, outcomes: Mapping[Stage, Outcome], columns: Columns
) -> str | None:
    """Column that tells channels apart: the named one, else the one of the fewest values that is called so."""
    if lead.channel is not None:
        return lead.channel
    taken = {
        *lead.not_features,
        *columns.ignore,
        *columns.protected,
        *(c for o in outcomes.values() for c in o.columns),
    }
    called = [c for c in frame.columns if c not in taken and any(w in c.casefold() for w in ("channel", "source"))]
    sizes = {c: frame[c].nunique() for c in called}
    fitting = [c for c in called if 2 <= sizes[c] <= _MAX_CHANNELS]
    return min(fitting, key=lambda c: sizes[c], default=None)


def _propensity(frame: pd.DataFrame, column: str, worked: npt.NDArray[np.bool_]) -> Floats:
    chance: Floats = np.array([parse_number(v) or 0.0 for v in frame[column]], dtype=float)
    bad = np.flatnonzero(worked & ~((chance > 0) & (chance <= 1)))
    if len(bad):
        raise BadInput(
            f"column {column!r}: {frame[column].iloc[bad[0]][:40]!r} of a lead that was worked is no chance in (0, 1]. "
            "Mend the cell, or name another column under `propensity` in [lead]."
        )
    return chance


def from_creation_on(
    outcomes: Mapping[Stage, Outcome],
    times: Mapping[str, pd.Series],
    created: pd.Series | None,
    ids: npt.NDArray[np.object_],
    lines: npt.NDArray[np.intp],
) -> tuple[dict[str, pd.Series], list[str]]:
    """Move outcomes before the creation to the creation, since no time to an outcome is negative, and say so."""
    moved, remarks = dict(times), []
    for outcome in outcomes.values():
        if outcome.at is None or created is None:
            continue
        at = times[outcome.at]
        # A date without a clock lies at midnight, before every lead of its own day.
        early = np.flatnonzero((at < created.where(at != at.dt.normalize(), created.dt.normalize())).to_numpy())
        moved[outcome.at] = at.where(~(at < created), created)
        if len(early):
            first = early[np.argmin(lines[early])]
            remarks.append(
                f"{len(early)} leads have {outcome.at!r} before their creation (such as {ids[first]!r} in row "
                f"{lines[first]}): kept, as if it had happened at creation"
            )
    return moved, remarks
