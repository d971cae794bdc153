"""What waiting did to the odds to qualify in a company's own history, where it tells who waited how long."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.history import History
from leadscore.data.times import parse_times
from leadscore.decisions import Structure, fit_reply_decay
from leadscore.training.recipe import Recipe

__all__ = ["with_reply_decay", "working_minutes"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_ENOUGH = 500
"""Leads with a known first touch under which the structure's own figure stands as it is."""

_OPENS, _OPEN = 9 * 60, 8 * 60
"""When a working day begins, in minutes after midnight UTC, and how long it is."""


def with_reply_decay(
    structure: Structure, recipe: Recipe, history: History, rows: Index, p_qualify: Floats | None
) -> tuple[Structure, tuple[str, ...]]:
    """Replace the structure's reply decay by what the history says, with the structure's own figure as the prior.

    Nothing is done where the structure has no reply decay, or fewer than 500 of these leads have both a known first
    touch (``worked_at``) and a known outcome. Leads that were called first because they looked better do not count as
    evidence for quick calls: each is held against its own likelihood.

    Parameters
    ----------
    structure
        The selling organisation.
    recipe
        Names the column of the first touch.
    history, rows
        The leads.
    p_qualify
        Their likelihoods, from models that had not seen them; None where the stage is not learned.

    Returns
    -------
    structure, notes
        The structure, and a sentence where its figure was learned.
    """
    prior, column, created = structure.reply_decay, recipe.lead.worked_at, history.created
    if prior is None or p_qualify is None or created is None or column is None or column not in history.frame.columns:
        return structure, ()
    worked = parse_times({column: history.frame[column].iloc[rows]}, file="the leads", order=recipe.data.date_order)
    minutes, y = working_minutes(created.iloc[rows], worked[column]), history.labels["qualify"][rows]
    known = (minutes >= 0) & np.isfinite(y)
    if known.sum() < _ENOUGH:
        return structure, ()
    found = fit_reply_decay(minutes[known], y[known] == 1, p_qualify[known], prior=prior)
    note = (
        f"waiting: the odds to qualify go by x{found.per_doubling:.2f} each time the delay of the first touch doubles, "
        f"from {known.sum():,} leads (x{prior.per_doubling:.2f} before; usual delay {found.usual_minutes:,.0f} min)"
    )
    return structure.model_copy(update={"reply_decay": found}), (note,)


def working_minutes(start: pd.Series, end: pd.Series) -> Floats:
    """Minutes between moments, Monday to Friday from 9 to 17 h UTC; NaN where one is missing, or the end comes first.

    Examples
    --------
    >>> friday, monday = pd.Series(pd.to_datetime(["2026-10-30T16:30Z", "2026-11-02T09:15Z"])).items()
    >>> working_minutes(pd.Series([friday[1]]), pd.Series([monday[1]]))
    array([45.])
    """
    begun, ended = (moments.dt.tz_convert(None).to_numpy("datetime64[m]") for moments in (start, end))
    known = ~(np.isnat(begun) | np.isnat(ended)) & (begun <= ended)
    minutes = np.full(len(begun), np.nan)
    minutes[known] = _clock(ended[known]) - _clock(begun[known])
    return minutes


def _clock(moments: npt.NDArray[np.datetime64]) -> Floats:
    """Working minutes since 1970."""
    days = moments.astype("datetime64[D]")
    today = np.clip((moments - days).astype(np.int64) - _OPENS, 0, _OPEN) * np.is_busday(days)
    return np.asarray(np.busday_count(np.datetime64("1970-01-01"), days) * _OPEN + today, dtype=np.float64)
