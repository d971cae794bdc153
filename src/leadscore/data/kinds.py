"""Kinds of activities: apart, or those of one log counted as one.

A log that tells calls from e-mails may know more by that, or the kinds are noise and each of them holds a part of what
their number says. Counts of a log are sums over its kinds, so a history can be told either way without reading it anew.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from functools import reduce

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.history import History
from leadscore.data.snapshots import ActivityFeatures

__all__ = ["count_together", "kinds_by_log", "told_as"]

Floats = npt.NDArray[np.float64]


def kinds_by_log(log: pd.DataFrame, definition: ActivityFeatures) -> Mapping[str, tuple[str, ...]]:
    """Kinds of each log that may be counted as one: no other log has them, and none of them answers another.

    Examples
    --------
    >>> log = pd.DataFrame({"log": ["calls", "calls", "web"], "type": ["in", "out", "visit"]})
    >>> kinds_by_log(log, ActivityFeatures(("in", "out", "visit")))
    {'calls': ('in', 'out')}
    """
    told = {*definition.measures}
    if "rate" in told or ("trend" in told and "count" not in told):
        return {}  # neither is a sum over kinds to the bit
    logs = log.groupby("type")["log"].nunique()
    shared = {*logs[logs > 1].index, *definition.answers}
    kinds = {str(name): tuple(sorted(part.unique())) for name, part in log.groupby("log")["type"]}
    return {n: k for n, k in kinds.items() if len(k) > 1 and shared.isdisjoint(k) and n not in definition.types}


def told_as(history: History, definition: ActivityFeatures | None) -> History:
    """The history with its activities told as another one's are: the same kinds counted as one."""
    if definition is None or history.activities is None or not definition.together:
        return history
    seen = {*history.activities.types}
    groups = {name: tuple(kind for kind in kinds if kind in seen) for name, kinds in definition.together}
    return count_together(history, {name: kinds for name, kinds in groups.items() if kinds})


def count_together(history: History, groups: Mapping[str, tuple[str, ...]]) -> History:
    """The history with some kinds counted as one, under the name of their group.

    Equal to the bit to what the definition makes of the events themselves.
    """
    apart = history.activities
    assert apart is not None, "kinds come with activities"
    inside = {kind for kinds in groups.values() for kind in kinds}
    types = tuple(sorted((*(kind for kind in apart.types if kind not in inside), *groups)))
    together = replace(apart, types=types, together=tuple(groups.items()))
    cells = {name: history.frame[name] for name in _names(apart)}
    for name, kinds in groups.items():
        cells |= _counted(cells, name, kinds, together)
    made = pd.DataFrame({name: cells[name] for name in _names(together)}, index=history.frame.index)
    frame = pd.concat([history.frame.drop(columns=_names(apart)), made], axis=1)
    other = tuple(f for f in history.fields if f.name not in cells)
    kept = {f.name for f in history.fields}
    new = {*_names(together)} - {*_names(apart)}
    told = (f for f in together.fields if f.name in kept or (f.name in new and made[f.name].nunique(dropna=False) > 1))
    return replace(history, frame=frame, fields=(*other, *told), activities=together)


def _names(definition: ActivityFeatures) -> list[str]:
    return [field.name for field in definition.fields]


def _counted(
    cells: Mapping[str, pd.Series], name: str, kinds: tuple[str, ...], definition: ActivityFeatures
) -> dict[str, pd.Series]:
    made = {}
    if "count" in definition.measures:
        for days in definition.windows:
            counts = [cells[f"{kind}, last {days} days"] for kind in kinds]
            made[f"{name}, last {days} days"] = reduce(pd.Series.add, counts)
    if "recency" in definition.measures:
        made[f"days since last {name}"] = reduce(np.fmin, [cells[f"days since last {kind}"] for kind in kinds])
    if "trend" in definition.measures:
        short, long = (made[f"{name}, last {days} days"] / days for days in _ends(definition))
        made[f"{name}, trend"] = short - long
    return made


def _ends(definition: ActivityFeatures) -> tuple[int, int]:
    return min(definition.windows), max(definition.windows)
