"""At which days of a lead's life it is looked at: from the day on that its columns or its activities tell something."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.guess_columns import Profile
from leadscore.data.guess_suspects import scored
from leadscore.data.leakage_evidence import area, area_error

__all__ = ["Looks", "best_z", "looks", "told_by_columns"]

Floats = npt.NDArray[np.float64]

_DAYS = (0.0, 7.0, 30.0)
_SAME_ACT = 5 / 1440
_MOSTLY_AFTER = 0.5
_STILL_OPEN = 0.3
_TELLS = 4.0
_FEW = 20


@dataclass(frozen=True, slots=True)
class Looks:
    """Days after creation at which leads of the history are looked at.

    Parameters
    ----------
    days
        ``(0.0,)`` where nothing speaks for another.
    why
        One sentence.
    """

    days: tuple[float, ...]
    why: str


def looks(
    events: pd.DataFrame, ids: pd.Series, created: pd.Series, ended: pd.Series, y: Floats, *, told_at_creation: bool
) -> Looks | None:
    """Choose the days, where most activities that come before an outcome come after the creation.

    Parameters
    ----------
    events
        Activities: ``lead``, ``kind`` and ``at``.
    ids, created, ended
        Identifier, creation and moment of the first outcome of each lead, NaT without one.
    y
        1, 0 or NaN for each lead.
    told_at_creation
        Whether the columns of the leads tell the outcome by themselves.

    Returns
    -------
    Looks or None
        None where most activities come before the creation, as those of a web shop do.
    """
    day = pd.Timedelta(days=1)
    lead = pd.Series(np.arange(len(ids)), index=ids)
    row = events["lead"].map(lead[~lead.index.duplicated()])
    events, row = events[row.notna()], row.dropna().astype(int).to_numpy()
    came = created.iloc[row].reset_index(drop=True)
    age = ((events["at"].reset_index(drop=True) - came) / day).to_numpy(dtype=float)
    open_for = ((ended - created) / day).to_numpy(dtype=float)
    open_for = np.where(np.isnan(open_for), np.inf, open_for)
    useful = ~np.isnan(age) & (age < open_for[row])
    after = float((age[useful] > _SAME_ACT).mean()) if useful.any() else 0.0
    if after < _MOSTLY_AFTER:
        return None
    finite = open_for[np.isfinite(open_for)]
    fitting = [m for m in _DAYS if m == 0 or (len(finite) and (finite > m).mean() >= _STILL_OPEN)]
    telling = [m for m in fitting if _tell(events["kind"], row, age, m, np.where(open_for > m, y, np.nan))]
    first = 0.0 if told_at_creation or not telling else telling[0]
    said = f"{after:.0%} of the activities before an outcome come after the creation"
    early = f", and nothing tells the outcome before day {first:g}" if first else ""
    late = f"; by day {max(_DAYS):g} most outcomes have come" if len(finite) and max(_DAYS) not in fitting else ""
    return Looks(tuple(m for m in fitting if m >= first), said + early + late)


def _tell(kind: pd.Series, row: npt.NDArray[np.intp], age: Floats, day: float, y: Floats) -> bool:
    """Whether the number of activities of some kind up to a day tells the outcome."""
    seen = age <= day
    counts = pd.crosstab(row[seen], kind.to_numpy()[seen]).reindex(range(len(y)), fill_value=0)
    columns = {str(name): counts[name].to_numpy(dtype=float) for name in counts} | {"": counts.sum(axis=1).to_numpy()}
    return best_z(columns, y) > _TELLS


def told_by_columns(columns: Iterable[Profile], y: Floats) -> bool:
    """Whether some column tells the outcome by itself, clearly beyond chance."""
    known = ~np.isnan(y)
    told = y[known]
    plain = [c for c in columns if c.look in ("number", "category", "answer")]
    scores = {c.name: scored(c, c.text[known].to_numpy(dtype=object), told) for c in plain} if known.any() else {}
    return best_z(scores, told) > _TELLS


def best_z(columns: Mapping[str, Floats], y: Floats) -> float:
    """Distance of the most telling column's ROC AUC from chance, in standard errors; 0 with too few outcomes.

    Examples
    --------
    >>> y = np.tile([0.0, 1.0], 50)
    >>> round(best_z({"noise": np.arange(100.0), "visits": y + np.arange(100) % 3}, y), 1)
    4.7
    """
    return max(_distances(columns, y), default=0.0)


def _distances(columns: Mapping[str, Floats], y: Floats) -> Iterator[float]:
    known = ~np.isnan(y)
    told = y[known]
    if min(told.sum(), (1 - told).sum()) < _FEW:
        return
    for column in columns.values():
        auc = area(column[known], told)
        yield abs(auc - 0.5) / max(area_error(0.5, told), 1e-9)
