"""Two snapshots: which columns changed between two exports of the same leads, and whether they moved with the outcome.

A changed share alone convicts nobody: honest enrichment changes as many cells as some leaks do. What convicts is that
the cells change where, and when, the outcome is decided, among leads of the same age.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.history import History
from leadscore.data.leakage_evidence import area, crossfitted
from leadscore.data.leakage_reading import Floats, read_column
from leadscore.data.schema import category_key
from leadscore.errors import UsageError

__all__ = ["Change", "Snapshots", "changes"]

_AGES = 10
Booleans = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Change:
    """How one column moved between two snapshots.

    Parameters
    ----------
    share
        Share of the leads whose cell changed.
    cells, overwritten
        Changed cells, and those of them that had been filled in before.
    leads
        Leads of both exports.
    lift
        How many times more often the cell changed where the outcome was decided (or happened), at equal age.
    z
        The same association in standard errors.
    auc_gain
        ROC AUC of the later cells minus that of the earlier ones, for the same outcomes.
    gain_error
        Half the spread of that gain when the changed cells are dealt to other leads.
    """

    share: float
    cells: int
    overwritten: int
    leads: int
    lift: float
    z: float
    auc_gain: float
    gain_error: float


@dataclass(frozen=True, slots=True, eq=False)
class Snapshots:
    """The same leads at two moments, row by row.

    Parameters
    ----------
    earlier, later
        Text of the columns.
    labels
        By stage, the outcomes as far as the later export knows them.
    decided
        Leads whose outcome columns changed in between.
    age
        Tenth of the leads, by age, that each lead belongs to.
    """

    earlier: pd.DataFrame
    later: pd.DataFrame
    labels: Mapping[str, Floats]
    decided: Booleans
    age: npt.NDArray[np.intp]

    @classmethod
    def match(cls, history: History, later: History | pd.DataFrame) -> Snapshots:
        """Find the leads of a history in a later export.

        Raises
        ------
        UsageError
            The exports have no lead in common.
        """
        frame = later.frame if isinstance(later, History) else later
        ids = later.lead_id if isinstance(later, History) else frame[_id_column(history)].to_numpy()
        place = pd.Series(np.arange(len(ids)), index=ids)
        found = place[~place.index.duplicated()].reindex(history.lead_id)
        rows = np.flatnonzero(found.notna().to_numpy())
        if not len(rows):
            raise UsageError("the later export has none of the leads: `id` under [lead] must mean the same in both.")
        there = found.to_numpy()[rows].astype(int)
        labels: dict[str, Floats] = {stage: y[rows] for stage, y in history.labels.items()}
        if isinstance(later, History):
            known: dict[str, Floats] = {stage: y[there] for stage, y in later.labels.items()}
            labels = {stage: np.where(np.isnan(known[stage]), y, known[stage]) for stage, y in labels.items()}
        one, two = history.frame.iloc[rows].reset_index(drop=True), frame.iloc[there].reset_index(drop=True)
        outcomes = [e.column for e in history.excluded if e.verdict == "outcome" and e.column in two]
        decided = np.any([_differs(one[c], two[c]) for c in outcomes], axis=0) if outcomes else np.zeros(len(one), bool)
        age = (np.arange(len(rows)) * _AGES) // len(rows)
        return cls(one, two, labels, decided, age)


def changes(snapshots: Snapshots, column: str, *, seed: int = 0) -> Change | None:
    """Compare one column of two snapshots; None when the later one lacks it."""
    if column not in snapshots.later or column not in snapshots.earlier:
        return None
    one, two = snapshots.earlier[column], snapshots.later[column].astype("str")
    changed = _differs(one, two)
    if not changed.any():
        return Change(0.0, 0, 0, len(one), 1.0, 0.0, 0.0, 0.0)
    tested = [_association(changed, snapshots.decided, snapshots.age)]
    for y in snapshots.labels.values():
        known = ~np.isnan(y)
        strata = snapshots.age[known] * 2 + snapshots.decided[known]
        tested.append(_association(changed[known], y[known] == 1, strata))
    lift, z = max(tested, key=lambda found: found[1])
    gain, error = max((_gain(one, two, changed, y, seed) for y in snapshots.labels.values()), key=lambda g: g[0])
    had = ~read_column(one).blank
    return Change(float(changed.mean()), int(changed.sum()), int((changed & had).sum()), len(one), lift, z, gain, error)


def _id_column(history: History) -> str:
    for name in history.frame.columns:
        if np.array_equal(history.frame[name].to_numpy(dtype=object), history.lead_id):
            return str(name)
    raise UsageError("two exports are joined by the lead's identifier: name it as `id` under [lead].")


def _differs(one: pd.Series, two: pd.Series) -> Booleans:
    keys = {v: category_key(v) for v in pd.unique(pd.concat([one, two.astype("str")]))}
    differs: Booleans = (one.map(keys).fillna("") != two.astype("str").map(keys).fillna("")).to_numpy()
    return differs


def _association(changed: Booleans, event: Booleans, strata: npt.NDArray[np.intp]) -> tuple[float, float]:
    """How much more often cells change where the event is, and in how many standard errors (Mantel and Haenszel)."""
    size = int(strata.max(initial=0)) + 1
    n, e, c, both = (
        np.bincount(strata, flags, minlength=size)
        for flags in (np.ones(len(strata)), event.astype(float), changed.astype(float), (changed & event).astype(float))
    )
    use = (n > 1) & (e > 0) & (e < n)
    n, e, c, both = n[use], e[use], c[use], both[use]
    expected = e * c / n
    variance = float((expected * (n - e) * (n - c) / (n * (n - 1))).sum())
    if variance <= 0:
        return 1.0, 0.0
    away = float(both.sum() - expected.sum())
    # The ratio of the two rates, pooled over the strata; half a cell keeps it finite.
    there, elsewhere = float((both * (n - e) / n).sum()), float(((c - both) * e / n).sum())
    return (there + 0.5) / (elsewhere + 0.5), (abs(away) - 0.5) / variance**0.5 * float(np.sign(away))


def _gain(one: pd.Series, two: pd.Series, changed: Booleans, y: Floats, seed: int) -> tuple[float, float]:
    rows = np.flatnonzero(~np.isnan(y))
    if min((y[rows] == 1).sum(), (y[rows] == 0).sum()) < 5:
        return 0.0, 0.0
    # One reading of both, so that a level means the same before and after.
    levels = read_column(pd.concat([one, two], ignore_index=True).rename("both")).levels
    before, after = levels[: len(one)][rows], levels[len(one) :][rows]
    fold = np.random.default_rng(seed).integers(0, 5, len(rows))
    told = y[rows]
    gain = area(crossfitted(after, told, fold), told) - area(crossfitted(before, told, fold), told)
    return gain, _null_spread(before, after, changed[rows], told, fold, seed)


def _null_spread(
    before: npt.NDArray[np.intp],
    after: npt.NDArray[np.intp],
    changed: Booleans,
    y: Floats,
    fold: npt.NDArray[np.intp],
    seed: int,
) -> float:
    """Spread of the gain when the new values of the changed cells are dealt to leads drawn at random."""
    rng = np.random.default_rng(seed + 1)
    values, count = after[changed], int(changed.sum())
    start = area(crossfitted(before, y, fold), y)
    gains = []
    for _ in range(12):
        dealt = before.copy()
        dealt[rng.choice(len(y), count, replace=False)] = rng.permutation(values)
        gains.append(area(crossfitted(dealt, y, fold), y) - start)
    return float(np.std(gains))
