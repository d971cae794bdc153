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
from leadscore.decisions.skill_worth import POINT, worth_per_head, worth_per_point
from leadscore.decisions.skills import SkillLevel
from leadscore.models.value import fit_table
from leadscore.training.expectations import product_column
from leadscore.training.fitting import weight_of
from leadscore.training.recipe import Recipe
from leadscore.training.tiering import cut_tiers

__all__ = ["Money", "StageWorth", "money_of"]

Floats = npt.NDArray[np.float64]

_ASSUMED_MARGIN = 1000.0
_RECENT = 0.25
"""Share of the decided leads, the newest, that stand for those to come."""


@dataclass(frozen=True, slots=True)
class StageWorth:
    """Money a month at one stage, after the cost and the price of the hours that further successes take.

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
    leads_per_month, per_point
        By stage, leads that reach it and what one more point of conversion there brings a month; empty where nothing
        says what a win is worth.
    heads
        Worth of one more head a month, by role.
    notes
        Where the figures come from.
    """

    leads_per_month: Mapping[Stage, float]
    per_point: Mapping[Stage, float]
    heads: Mapping[str, float]
    notes: tuple[str, ...]

    def of(self, stage: Stage, reps: SkillLevel) -> StageWorth | None:
        """Worth at a stage, of a point and of what the reps lose."""
        if stage not in self.per_point:
            return None
        one_point = self.per_point[stage]
        lower_half, low, high = (one_point * share / POINT for share in (reps.gain, *reps.gain_interval))
        return StageWorth(self.leads_per_month[stage], one_point, lower_half, (low, high))


def money_of(likelihoods: Mapping[Stage, Floats], history: History, whole: History, recipe: Recipe) -> Money:
    """Price the roles' hours as training would, and say what a point at each stage and one more head would bring.

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
    if "close" not in likelihoods and (recipe.close is None or recipe.close.rate is None):
        note = "only [qualify] is learned, so nothing says what a lead is worth: give `rate` under [close]"
        return Money({}, {}, {}, (note,))
    rows = np.arange(len(history))[-max(1, round(len(history) * _RECENT)) :]
    margin, source = _margins(history, recipe)
    recent = {stage: p[rows] for stage, p in likelihoods.items()}
    policy, leads, notes = cut_tiers(recent, history, rows, margin[rows], recipe, arrivals=whole)
    arrivals = policy.leads_per_period * DAYS["month"] / DAYS[policy.structure.period]
    qualified = 1.0
    if "qualify" in recent:
        qualified = float(np.average(recent["qualify"], weights=weight_of(history, "qualify", rows)))
    return Money(
        leads_per_month={"qualify": arrivals, "close": qualified * arrivals},
        per_point=worth_per_point(policy, leads),
        heads=worth_per_head(policy, leads),
        notes=(source, *notes),
    )


def _margins(history: History, recipe: Recipe) -> tuple[Floats, str]:
    """Margin of each lead if won, and where it comes from: of the product, where there is one, else of the segment."""
    share, said = recipe.value.margin_share, recipe.value.margin_per_win
    won = np.nan_to_num(history.amount) > 0
    if share is not None and won.any():
        product = product_column(history)
        key = history.segment if product is None else history.frame[product].to_numpy(dtype=object)
        table = fit_table(history.amount[won] * share, key[won])
        by = "segment" if product is None else repr(product)
        note = f"margin of a won deal: {share:.0%} of the amount, by {by}, {table.overall:,.0f} in the mean"
        return table(np.empty((len(key), 0)), key), note
    margin = said or _ASSUMED_MARGIN
    source = "the recipe" if said else "an assumption: set [value] in the recipe"
    return np.full(len(history), margin), f"margin of a won deal: {margin:,.0f} ({source})"
