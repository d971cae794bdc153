"""All that the audit's rule looks at, measured for each column of an export."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.history import History
from leadscore.data.leakage_evidence import (
    Evidence,
    area,
    crossfitted,
    drops,
    fill_by_age,
    gather,
    monotone,
    robust_z,
)
from leadscore.data.leakage_later import Snapshots, changes
from leadscore.data.leakage_names import is_plan, suspicion, words
from leadscore.data.leakage_reading import Floats, Reading, read_column
from leadscore.data.leakage_rule import Facts

__all__ = ["collect"]


def collect(
    history: History, readings: Mapping[str, Reading], snapshots: Snapshots | None, *, seed: int
) -> dict[str, Facts]:
    """Measure every column that was read.

    Parameters
    ----------
    history
        All leads in time order.
    readings
        The columns by name.
    snapshots
        The same leads at two moments, or None.
    seed
        Seed of the folds.
    """
    fold = np.random.default_rng(seed).integers(0, 5, len(history))
    evidence: dict[str, dict[str, Evidence]] = {name: {} for name in readings}
    lost = dict.fromkeys(readings, 0.0)
    for stage, y in history.labels.items():
        found = {name: gather(reading, y, fold) for name, reading in readings.items()}
        told = {name: pair for name, pair in found.items() if pair is not None}
        if not told:
            continue
        known = y[~np.isnan(y)]
        known = 1 - known if known.mean() > 0.5 else known
        for name, drop in zip(told, drops([rates for _, rates in told.values()], known), strict=True):
            evidence[name][stage] = told[name][0]
            lost[name] = max(lost[name], float(drop))
    z = _outliers(evidence)
    newest = (np.arange(len(history)) >= 0.75 * len(history)).astype(float)
    events = _events(history)
    easy = _easy(evidence)
    return {
        name: Facts(
            name=name,
            evidence=dict(sorted(evidence[name].items(), key=lambda item: -item[1].auc)),
            drop=lost[name],
            z=z.get(name, 0.0),
            adversarial_auc=area(crossfitted(reading.levels, newest, fold), newest),
            fill=fill_by_age(reading.blank),
            # A date runs with creation by its nature; where creation is known, it is judged by how far it lies from it.
            order=0.0 if reading.moments is not None and history.created is not None else monotone(reading),
            key=reading.key,
            suspicion=suspicion(name),
            **_moments(reading, history),
            only_with=_only_with(reading, events),
            easy=easy,
            part=_contained(reading, readings, history, evidence, fold),
            change=None if snapshots is None else changes(snapshots, name, seed=seed),
        )
        for name, reading in readings.items()
    }


def _outliers(evidence: Mapping[str, Mapping[str, Evidence]]) -> dict[str, float]:
    aucs = {name: max(e.auc for e in found.values()) for name, found in evidence.items() if found}
    clipped = np.clip(np.array(list(aucs.values())), 0.5, 1 - 1e-6)
    return dict(zip(aucs, map(float, robust_z(clipped)), strict=True))


def _easy(evidence: Mapping[str, Mapping[str, Evidence]]) -> bool:
    """Whether many columns tell the outcome well without giving it away by their values or by being filled in."""
    strong = sum(
        any(e.surely >= 0.85 and e.blank_auc < 0.85 and e.purity < 0.25 for e in found.values())
        for found in evidence.values()
    )
    return strong >= max(4, len(evidence) / 4)


def _moments(reading: Reading, history: History) -> dict[str, Any]:
    if reading.moments is None or history.created is None:
        return {}
    known = reading.moments.notna()
    at, created = reading.moments[known], history.created[known]
    if not len(at):
        return {}
    # A day without a clock is not after a moment of the same day.
    after = at.dt.floor("D") > created.dt.floor("D") if (at == at.dt.floor("D")).all() else at > created
    return {"after": float(after.mean()), "moments": len(at), "planned": is_plan(reading.name)}


def _events(history: History) -> dict[str, Floats]:
    """Outcome columns that are filled in where the outcome happened and empty elsewhere."""
    events = {}
    for name in (e.column for e in history.excluded if e.verdict == "outcome"):
        filled = ~read_column(history.frame[name]).missing
        for y in history.labels.values():
            known = ~np.isnan(y)
            if 0 < filled.mean() < 0.9 and area(filled[known].astype(float), y[known]) >= 0.85:
                events[name] = filled.astype(float)
    return events


def _only_with(reading: Reading, events: Mapping[str, Floats]) -> str | None:
    filled = ~reading.blank
    count = int(filled.sum())
    for name, event in events.items():
        if count >= 20 and event[filled].mean() >= 0.995 and event.mean() ** count < 1e-6:
            return name
    return None


def _contained(
    reading: Reading,
    readings: Mapping[str, Reading],
    history: History,
    evidence: Mapping[str, Mapping[str, Evidence]],
    fold: npt.NDArray[np.intp],
) -> tuple[str, float] | None:
    """A count that this growing total contains, when what the total has on top of it tells the outcome."""
    if reading.number is None or reading.moments is not None or reading.key:
        return None
    if suspicion(reading.name) != "a total that keeps growing":
        return None
    stems = _stems(reading.name)
    for name, other in readings.items():
        if other is reading or other.number is None or other.moments is not None or not stems & _stems(name):
            continue
        on_top = reading.number - other.number
        known = on_top[~np.isnan(on_top)]
        if len(known) < 100 or (known < 0).mean() > 0.01 or (known > 0).mean() < 0.05:
            continue
        rest = read_column(pd.Series(on_top, name=name))
        for stage, y in history.labels.items():
            found = gather(rest, y, fold)
            if found and found[0].surely > max(0.52, evidence[name][stage].auc + 0.02):
                return name, found[0].auc
    return None


def _stems(name: str) -> set[str]:
    return {w[:5] for w in words(name).split()} - {"numbe", "count", "total", "all", "last", "days", "no", "of"}
