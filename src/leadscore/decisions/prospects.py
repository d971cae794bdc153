"""Leads as decisions see them, and what stands in for a likelihood that nobody could train."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from leadscore.errors import StructureError

__all__ = ["Assumption", "Axis", "Prospects", "assume_close_rate", "assume_qualify_rate", "complete", "shift_odds"]

Floats: TypeAlias = npt.NDArray[np.float64]
Flags: TypeAlias = npt.NDArray[np.bool_]
Objects: TypeAlias = npt.NDArray[np.object_]
Positions: TypeAlias = npt.NDArray[np.intp]

Axis: TypeAlias = Literal["p_close", "p_qualify"]
"""Likelihood on which tiers are cut."""


@dataclass(frozen=True, slots=True, eq=False)
class Prospects:
    """Leads as decisions see them: arrays of one length, in one order.

    Parameters
    ----------
    p_qualify
        Likelihood to qualify, 0-1; None when there is no such model.
    p_close
        Likelihood to close, P(qualify) * P(close | qualify), 0-1; None when there is no such model.
    margin
        Money earned if the lead is won.
    segment
        Name of the segment as text, or None.
    customer
        Whether the lead belongs to an existing customer.
    contactable
        Whether consent allows a person to make contact.
    tie
        Number in [0, 1) from a hash of the lead id, which parts leads that are otherwise alike.
    """

    p_qualify: Floats | None
    p_close: Floats | None
    margin: Floats
    segment: Objects
    customer: Flags
    contactable: Flags
    tie: Floats

    def __len__(self) -> int:
        return len(self.margin)

    def along(self, axis: Axis) -> Floats:
        """Return the likelihood of this name.

        Raises
        ------
        StructureError
            When there is none.
        """
        values = self.p_close if axis == "p_close" else self.p_qualify
        if values is None:
            raise StructureError(f"these leads have no {axis}, which the structure's values and tiers need")
        return values

    def take(self, index: npt.NDArray[Any] | slice) -> Prospects:
        """Return the leads at these positions, or those that a mask marks."""
        return Prospects(
            p_qualify=None if self.p_qualify is None else self.p_qualify[index],
            p_close=None if self.p_close is None else self.p_close[index],
            margin=self.margin[index],
            segment=self.segment[index],
            customer=self.customer[index],
            contactable=self.contactable[index],
            tie=self.tie[index],
        )


@dataclass(frozen=True, slots=True)
class Assumption:
    """What stands in for the likelihood that was not trained.

    Parameters
    ----------
    stage
        The stage without a model.
    rate
        Assumed share, 0-1: of leads that qualify, or of qualified leads that close.
    shift
        Log-odds by which the likelihood to close is raised to give the likelihood to qualify; 0 for ``close``.
    """

    stage: Literal["qualify", "close"]
    rate: float
    shift: float = 0.0


def assume_qualify_rate(p_close: Floats, rate: float) -> Assumption:
    """Assume the share of leads that qualifies, when only the likelihood to close was trained.

    Every lead's log-odds to close are raised by one number, found such that the mean likelihood to qualify is `rate`.

    Raises
    ------
    StructureError
        When the rate is under the mean likelihood to close (a lead that closes has qualified) or cannot be reached.

    Examples
    --------
    >>> assume_qualify_rate(np.array([0.1, 0.1]), 0.5)
    Assumption(stage='qualify', rate=0.5, shift=2.197224577336219)
    """
    from scipy.optimize import brentq  # a scoring process fits nothing and starts sooner without it

    lowest, highest = float(np.mean(p_close)), float(np.mean(p_close > 0))
    if not lowest <= rate < highest:
        raise StructureError(
            f"[qualify] rate = {rate:g}: must be at least the mean likelihood to close, {lowest:.4g}, because a lead "
            f"that closes has qualified, and under {highest:.4g}; mend it in the recipe"
        )

    def excess(shift: float) -> float:
        return float(np.mean(shift_odds(p_close, math.exp(shift)))) - rate

    return Assumption("qualify", rate, float(brentq(excess, 0.0, 100.0)) if excess(0.0) < 0 else 0.0)


def assume_close_rate(rate: float) -> Assumption:
    """Assume the share of qualified leads that closes, when only the likelihood to qualify was trained.

    Raises
    ------
    StructureError
        When the rate is not over 0 and at most 1.
    """
    if not 0 < rate <= 1:
        raise StructureError(f"[close] rate = {rate:g}: must be over 0 and at most 1; mend it in the recipe")
    return Assumption("close", rate)


def complete(prospects: Prospects, assumption: Assumption | None) -> Prospects:
    """Return the prospects with both likelihoods, the missing one filled in as assumed.

    Without an assumption, or where the likelihood was trained after all, they are returned as they are.
    """
    p_qualify, p_close = prospects.p_qualify, prospects.p_close
    if assumption is None:
        return prospects
    if assumption.stage == "qualify" and p_qualify is None and p_close is not None:
        p_qualify = shift_odds(p_close, math.exp(assumption.shift))
    elif assumption.stage == "close" and p_close is None and p_qualify is not None:
        p_close = p_qualify * assumption.rate
    return replace(prospects, p_qualify=p_qualify, p_close=p_close)


def complete_one(
    p_qualify: float | None, p_close: float | None, assumption: Assumption | None
) -> tuple[float | None, float]:
    """Return both likelihoods of one lead, the missing one filled in as assumed; see `complete`.

    Raises
    ------
    StructureError
        When there is no likelihood to close, nor an assumption that gives it.
    """
    if p_close is None:
        if assumption is None or assumption.stage != "close" or p_qualify is None:
            raise StructureError("these leads have no p_close, which the structure's values and tiers need")
        return p_qualify, p_qualify * assumption.rate
    if p_qualify is None and assumption is not None and assumption.stage == "qualify":
        raised = p_close * math.exp(assumption.shift)
        return raised / (1 - p_close + raised), p_close
    return p_qualify, p_close


def shift_odds(p: Floats, factor: float | Floats) -> Floats:
    """Multiply the odds of a likelihood.

    Examples
    --------
    >>> float(shift_odds(np.array(0.5), 3.0))
    0.75
    """
    raised = p * factor
    return raised / (1 - p + raised)
