"""How the odds to qualify fall while a lead waits: a cautious prior, which a company's own delays replace."""

from __future__ import annotations

import math

import numpy as np
from pydantic import Field

from leadscore.decisions.prospects import Flags, Floats
from leadscore.decisions.structure_parts import Part
from leadscore.errors import StructureError

__all__ = ["ReplyDecay", "fit_reply_decay"]

_FASTEST = 5.0
"""Minutes under which nobody claims that a quicker reply helps."""

_PRIOR_SD = 0.15
"""Standard deviation of the prior on the log-odds per doubling of the delay."""


class ReplyDecay(Part):
    """What waiting for the first touch does to the odds to qualify.

    The defaults are a prior: published figures run from hardly anything to a factor of seven within hours and are taken
    from leads that were not assigned at random, so this one is mild.

    Examples
    --------
    >>> decay = ReplyDecay(usual_minutes=60, per_doubling=0.9)
    >>> round(decay.factor(120), 3), round(decay.factor(30), 3)
    (0.9, 1.111)
    """

    label = "reply_decay"

    usual_minutes: float = Field(240, gt=0)
    """Delay of the first touch in the history that the model learned from, in minutes."""

    per_doubling: float = Field(0.93, gt=0, le=1)
    """Factor on the odds to qualify each time the delay doubles; 1: waiting does no harm."""

    def factor(self, minutes: float) -> float:
        """Factor on the odds to qualify of a lead that waits this long."""
        return float(self.per_doubling ** math.log2(max(minutes, _FASTEST) / max(self.usual_minutes, _FASTEST)))


def fit_reply_decay(
    minutes: Floats, qualified: Flags, p_qualify: Floats, *, prior: ReplyDecay | None = None
) -> ReplyDecay:
    """Learn the decay from leads whose first touch and outcome are known.

    The log-odds of every lead are those of the model plus a constant and a slope on the doublings of the delay; the
    slope has a normal prior, so that a handful of leads moves it little and thousands decide it.

    Parameters
    ----------
    minutes
        Working minutes until the first touch.
    qualified
        Whether the lead qualified.
    p_qualify
        Likelihood to qualify, from a model that had not seen the outcome.
    prior
        What is believed without data; the defaults of `ReplyDecay` when absent.

    Raises
    ------
    StructureError
        When there is no lead.
    """
    if not len(minutes):
        raise StructureError("a reply decay needs leads with a known first touch; keep the prior without any")
    believed = math.log((prior or ReplyDecay()).per_doubling)
    usual = float(np.median(np.maximum(minutes, _FASTEST)))
    doublings = np.log2(np.maximum(minutes, _FASTEST) / usual)
    p = np.clip(p_qualify, 1e-9, 1 - 1e-9)
    design = np.stack([np.ones(len(p)), doublings], axis=1)
    precision = np.diag([0.0, _PRIOR_SD**-2])
    beta = np.array([0.0, believed])
    for _ in range(30):  # Newton on a strictly concave likelihood; the offset is the model's own log-odds
        chance = 1 / (1 + np.exp(-(np.log(p / (1 - p)) + design @ beta)))
        score = design.T @ (qualified - chance) - precision @ (beta - [0.0, believed])
        step = np.linalg.solve((design.T * (chance * (1 - chance))) @ design + precision + 1e-9 * np.eye(2), score)
        beta = beta + np.clip(step, -1, 1)
        if np.abs(step).max() < 1e-10:
            break
    return ReplyDecay(usual_minutes=usual, per_doubling=min(math.exp(beta[1]), 1.0))
