"""Whether the kinds of an activity log are told apart: where they are noise, their number alone says more.

The kinds of a log are counted as one where, on the forward folds, the log loss of all stages together is more than one
standard error better so; where the time is over, they are told apart.
"""

from __future__ import annotations

from dataclasses import replace

from leadscore.data.history import History
from leadscore.data.kinds import count_together
from leadscore.data.splits import TimeSplit
from leadscore.training.limits import Limits
from leadscore.training.recalibration import gain
from leadscore.training.recipe import Recipe
from leadscore.training.text_choice import FOR_CHOICES, forward_losses

__all__ = ["choose_kinds"]

_CLEARLY = 1.0
"""Standard errors of the paired difference by which counting together must make the log loss better."""


def choose_kinds(history: History, split: TimeSplit, recipe: Recipe, *, limits: Limits) -> History:
    """The history with its activity logs as they pay forward in time: kinds apart, or counted as one.

    A log is left as it is where the audit left out a kind of it.

    Parameters
    ----------
    history
        Decided leads, after the leakage audit.
    split
        The test stretch is not looked at.
    recipe
        Folds and gap.
    limits
        Whether there is time to try.
    """
    out = {excluded.column for excluded in history.excluded}
    judged_out = {source for column, source in history.sources.items() if column in out}
    groups = {name: kinds for name, kinds in history.kinds.items() if judged_out.isdisjoint(kinds)}
    if not groups:
        return history
    named = ", ".join(map(repr, groups))
    if not limits.within(FOR_CHOICES):
        remark = f"the kinds of {named} are told apart: the time limit of the search left their number alone untried"
        return replace(history, remarks=(*history.remarks, remark))
    offered = count_together(history, groups)
    losses, others = (forward_losses(h, split, recipe) for h in (history, offered))
    if gain(losses, others) <= _CLEARLY:
        return history
    remark = (
        f"the kinds of {named} are counted as one: log loss forward in time "
        f"{others.mean():.4f}, {losses.mean():.4f} with kinds apart"
    )
    return replace(offered, remarks=(*offered.remarks, remark))
