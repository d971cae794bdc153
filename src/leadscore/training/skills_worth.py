"""What better conversion would be worth a month, beside one more head of each role."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History
from leadscore.data.outcomes import Stage
from leadscore.decisions import DAYS
from leadscore.decisions.skills import SkillLevel
from leadscore.models.value import MarginTable, fit_table
from leadscore.training.recipe import Recipe
from leadscore.training.tiering import cut_tiers

__all__ = ["Money", "StageWorth", "money_of"]

Floats = npt.NDArray[np.float64]

_ASSUMED_MARGIN = 1000.0
_RECENT = 0.25
"""Share of the decided leads, the newest, that stand for those to come."""


@dataclass(frozen=True, slots=True)
class StageWorth:
    """Money a month at one stage, before the hours that later roles would need.

    Parameters
    ----------
    leads_per_month
        Leads that reach the stage.
    one_point
        One point of conversion more.
    lower_half, lower_half_interval
        The lower half of the reps raised to the median, with a 90 % interval.
    """

    leads_per_month: float
    one_point: float
    lower_half: float
    lower_half_interval: tuple[float, float]

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {**asdict(self), "lower_half_interval": list(self.lower_half_interval)}


@dataclass(frozen=True, slots=True)
class Money:
    """What turns conversion into money.

    Parameters
    ----------
    leads_per_month, per_success
        By stage, leads that reach it and what a further success there brings; empty where nothing says what it is.
    heads
        Worth of one more head a month, by role: the price of an hour times the hours.
    notes
        Where the figures come from.
    """

    leads_per_month: Mapping[Stage, float]
    per_success: Mapping[Stage, float]
    heads: Mapping[str, float]
    notes: tuple[str, ...]

    def of(self, stage: Stage, reps: SkillLevel) -> StageWorth | None:
        """Worth at a stage, of a point and of what the reps lose."""
        if stage not in self.per_success:
            return None
        monthly = self.leads_per_month[stage] * self.per_success[stage]
        low, high = reps.gain_interval
        return StageWorth(
            leads_per_month=self.leads_per_month[stage],
            one_point=0.01 * monthly,
            lower_half=monthly * reps.gain,
            lower_half_interval=(monthly * low, monthly * high),
        )


def money_of(likelihoods: Mapping[Stage, Floats], history: History, whole: History, recipe: Recipe) -> Money:
    """Price the roles' hours as training would, and say what a success at each stage brings.

    Parameters
    ----------
    likelihoods
        By stage, of the leads of ``history``; ``close`` given that the lead qualified, where both are learned.
    history
        Decided leads.
    whole
        All leads, to count how many arrive.
    recipe
        Margin, structure, assumptions.
    """
    rate = None if recipe.close is None else recipe.close.rate
    if "close" not in likelihoods and rate is None:
        note = "only [qualify] is learned, so nothing says what a lead is worth: give `rate` under [close]"
        return Money({}, {}, {}, (note,))
    rows = np.arange(len(history))[-max(1, round(len(history) * _RECENT)) :]
    margins, source = _margins(history, recipe)
    margin = margins(np.empty((len(rows), 0)), history.segment[rows])
    recent = {stage: p[rows] for stage, p in likelihoods.items()}
    policy, _, notes = cut_tiers(recent, history, rows, margin, recipe, arrivals=whole)
    months = DAYS["month"] / DAYS[policy.structure.period]
    arrivals = policy.leads_per_period * months
    reach, per_success = _by_stage(recent, margin, rate)
    return Money(
        leads_per_month={stage: share * arrivals for stage, share in reach.items()},
        per_success=per_success,
        heads={r.name: policy.prices.per_hour[r.name] * r.hours_per_period * months for r in policy.structure.role},
        notes=(source, *notes),
    )


def _by_stage(
    recent: Mapping[Stage, Floats], margin: Floats, rate: float | None
) -> tuple[dict[Stage, float], dict[Stage, float]]:
    """Share of the leads that reaches each stage, and what one more success there brings."""
    close, qualify = recent.get("close"), recent.get("qualify")
    odds_to_close = np.full(len(margin), rate) if close is None else close
    if qualify is None:
        return {"close": 1.0}, {"close": float(np.average(margin, weights=odds_to_close))}
    # Whoever is nearly won over is worth most at the next stage, so the leads count by their own likelihood.
    per_qualified = float(np.average(odds_to_close * margin, weights=qualify))
    per_win = float(np.average(margin, weights=qualify * odds_to_close))
    return {"qualify": 1.0, "close": float(qualify.mean())}, {"qualify": per_qualified, "close": per_win}


def _margins(history: History, recipe: Recipe) -> tuple[MarginTable, str]:
    share, said = recipe.value.margin_share, recipe.value.margin_per_win
    won = np.nan_to_num(history.amount) > 0
    if share is not None and won.any():
        table = fit_table(history.amount[won] * share, history.segment[won])
        return table, f"margin of a won deal: {share:.0%} of the amount, {table.overall:,.0f} in the mean"
    if said is not None:
        return MarginTable(said, {}), f"margin of a won deal: {said:,.0f} (the recipe)"
    assumed = MarginTable(_ASSUMED_MARGIN, {})
    return assumed, f"margin of a won deal: {_ASSUMED_MARGIN:,.0f} (an assumption: set [value] in the recipe)"
