"""Drift: how the newest leads of a history differ from those before them, and what that may cost.

A model is measured on the newest stretch and used on what comes after it. Columns that tell new leads from old ones,
values that came or went, and a base rate that moved say how far yesterday can be trusted.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History
from leadscore.data.leakage_evidence import area, area_error, crossfitted
from leadscore.data.leakage_reading import Floats, read_column
from leadscore.data.schema import category_key

__all__ = ["ColumnDrift", "Drift", "OutcomeDrift", "drift"]

_NEW_SHARE = 0.25
_VALUE_SHARE = 0.02
_MOST_VALUES = 5
_PRIOR = 20
_FEW = 20


@dataclass(frozen=True, slots=True)
class ColumnDrift:
    """How one column moved.

    Parameters
    ----------
    column
        Name of the field.
    adversarial_auc, error
        ROC AUC with which the column alone tells new leads from old ones (0.5: not at all), and its standard error.
    filled_old, filled_new
        Share of cells that are not empty.
    came, went
        Values that at least 2 % of the new leads have and no old one had, and the other way round.
    expected_shift
        By stage, how far the moved mix of values moves the base rate when each value keeps its old rate.
    cost
        By stage, log loss per new lead, in nats, of going on with the old rate of each value, against the rates that
        the new leads themselves show (cross-fitted); 0 where the old rates serve as well.
    """

    column: str
    adversarial_auc: float
    error: float
    filled_old: float
    filled_new: float
    came: tuple[str, ...]
    went: tuple[str, ...]
    expected_shift: Mapping[str, float]
    cost: Mapping[str, float]


@dataclass(frozen=True, slots=True)
class OutcomeDrift:
    """How the base rate of a stage moved among decided leads.

    Parameters
    ----------
    old, new
        Share of leads for which the outcome happened.
    z
        The difference in standard errors.
    cost
        Log loss per new lead, in nats, of going on with the old rate: what a move of this size costs a model that does
        not see it.
    adversarial_auc
        ROC AUC with which the outcome alone tells new leads from old ones.
    """

    old: float
    new: float
    z: float
    cost: float
    adversarial_auc: float

    @property
    def forecast(self) -> float:
        """How many outcomes the old rate forecasts for each that happens now; infinite when none does."""
        return self.old / self.new if self.new else float("inf")


@dataclass(frozen=True, slots=True)
class Drift:
    """Drift of a history.

    Parameters
    ----------
    columns
        The fields, the most moved first.
    outcomes
        By stage.
    old, new
        Number of leads that were compared.
    """

    columns: tuple[ColumnDrift, ...]
    outcomes: Mapping[str, OutcomeDrift]
    old: int
    new: int

    @property
    def sentences(self) -> tuple[str, ...]:
        """What a reader of the figures should know; empty when nothing moved enough to matter."""
        said = [
            f"[{stage}]: the base rate moved from {o.old:.1%} to {o.new:.1%} in the newest quarter; going on with the "
            f"old rate would forecast {o.forecast:.2f} outcomes for each that happens, and cost {o.cost:.4f} of log "
            "loss a lead"
            for stage, o in self.outcomes.items()
            if abs(o.z) >= 3 and o.cost >= 0.002
        ]
        moved = [c for c in self.columns if c.adversarial_auc - 1.645 * c.error >= 0.7]
        if moved:
            names = ", ".join(f"{c.column!r} (AUC {c.adversarial_auc:.2f})" for c in moved[:4])
            said.append(f"{len(moved)} columns tell the newest quarter of the leads from the rest: {names}")
        came = [f"{c.column!r} {', '.join(map(repr, c.came))}" for c in self.columns if c.came]
        if came:
            said.append(f"values that came up in the newest quarter of the leads: {'; '.join(came[:4])}")
        went = [f"{c.column!r} {', '.join(map(repr, c.went))}" for c in self.columns if c.went]
        if went:
            said.append(f"values that no lead of the newest quarter has: {'; '.join(went[:4])}")
        return tuple(said)

    def only(self, names: Collection[str]) -> Drift:
        """The drift of these columns and of the outcomes."""
        return replace(self, columns=tuple(c for c in self.columns if c.column in names))

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def drift(history: History, *, seed: int = 0, max_rows: int = 20_000) -> Drift:
    """Compare the newest quarter of a history with the rest.

    Parameters
    ----------
    history
        Leads in time order.
    seed
        Seed of the folds.
    max_rows
        Leads that are looked at, evenly over time.
    """
    if len(history) > max_rows:
        history = history.take(np.unique(np.linspace(0, len(history) - 1, max_rows).astype(int)))
    new = np.arange(len(history)) >= round((1 - _NEW_SHARE) * len(history))
    fold = np.random.default_rng(seed).integers(0, 5, len(history))
    columns = [_column(history, field.name, new, fold) for field in history.fields]
    columns.sort(key=lambda c: -c.adversarial_auc)
    outcomes: dict[str, OutcomeDrift] = {s: _outcome(y) for s, y in history.labels.items() if (~np.isnan(y)).sum() >= 8}
    return Drift(tuple(columns), outcomes, int((~new).sum()), int(new.sum()))


def _column(history: History, name: str, new: npt.NDArray[np.bool_], fold: npt.NDArray[np.intp]) -> ColumnDrift:
    column = history.column(name)
    reading = read_column(column, created=history.created)
    is_new = new.astype(float)
    auc = max(0.5, area(crossfitted(reading.levels, is_new, fold), is_new))
    came, went = ((), ()) if reading.number is not None else _values(column.to_numpy(), new)
    return ColumnDrift(
        column=name,
        adversarial_auc=auc,
        error=area_error(auc, is_new),
        filled_old=float((~reading.missing[~new]).mean()),
        filled_new=float((~reading.missing[new]).mean()),
        came=came,
        went=went,
        expected_shift={stage: _shift(reading.levels, y, new) for stage, y in history.labels.items()},
        cost={stage: _cost(reading.levels, y, new, fold) for stage, y in history.labels.items()},
    )


def _values(cells: npt.NDArray[Any], new: npt.NDArray[np.bool_]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    def shares(rows: npt.NDArray[np.bool_]) -> dict[str, float]:
        spelled, counts = np.unique(cells[rows].astype(str), return_counts=True)
        found: dict[str, float] = {}
        for value, count in zip(spelled, counts, strict=True):
            key = category_key(value)
            if key is not None:
                found[key] = found.get(key, 0.0) + count / rows.sum()
        return found

    before, after = shares(~new), shares(new)
    came = [v for v, share in sorted(after.items(), key=lambda x: -x[1]) if share >= _VALUE_SHARE and v not in before]
    went = [v for v, share in sorted(before.items(), key=lambda x: -x[1]) if share >= _VALUE_SHARE and v not in after]
    return tuple(came[:_MOST_VALUES]), tuple(went[:_MOST_VALUES])


def _shift(levels: npt.NDArray[np.intp], y: Floats, new: npt.NDArray[np.bool_]) -> float:
    known = ~np.isnan(y) & ~new
    if not known.any():
        return 0.0
    rates = _rates(levels, y, known)
    size = len(rates)
    mixes = [np.bincount(levels[rows], minlength=size) / max(1, rows.sum()) for rows in (~new, new)]
    return float(((mixes[1] - mixes[0]) * rates).sum())


def _cost(levels: npt.NDArray[np.intp], y: Floats, new: npt.NDArray[np.bool_], fold: npt.NDArray[np.intp]) -> float:
    known = ~np.isnan(y)
    old, now = known & ~new, known & new
    if not old.any() or min((y[now] == 1).sum(), (y[now] == 0).sum()) < _FEW:
        return 0.0
    kept = _rates(levels, y, old)[levels[now]]
    seen = crossfitted(levels[now], y[now], fold[now])
    return max(0.0, _log_loss(kept, y[now]) - _log_loss(seen, y[now]))


def _rates(levels: npt.NDArray[np.intp], y: Floats, rows: npt.NDArray[np.bool_]) -> Floats:
    """Rate of each level among these leads, drawn towards the base rate where they are few."""
    size = int(levels.max(initial=0)) + 1
    counts = np.bincount(levels[rows], minlength=size)
    rates: Floats = (np.bincount(levels[rows], y[rows], minlength=size) + _PRIOR * y[rows].mean()) / (counts + _PRIOR)
    return rates


def _log_loss(p: Floats, y: Floats) -> float:
    p = np.clip(p, 1e-6, 1 - 1e-6)
    return float(-(y * np.log(p) + (1 - y) * np.log1p(-p)).mean())


def _outcome(y: Floats) -> OutcomeDrift:
    y = y[~np.isnan(y)]
    cut = round((1 - _NEW_SHARE) * len(y))
    old, new = float(y[:cut].mean()), float(y[cut:].mean())
    pooled = float(y.mean())
    error = (pooled * (1 - pooled) * (1 / cut + 1 / (len(y) - cut))) ** 0.5
    return OutcomeDrift(
        old=old,
        new=new,
        z=(new - old) / error if error else 0.0,
        cost=_relative_entropy(new, old),
        adversarial_auc=0.5 + abs(new - old) / 2,
    )


def _relative_entropy(p: float, q: float) -> float:
    q = float(np.clip(q, 1e-6, 1 - 1e-6))
    return float(sum(a * np.log(a / b) for a, b in ((p, q), (1 - p, 1 - q)) if a > 0))
