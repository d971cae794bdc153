"""Which leads get another tier or role from one scorer than from another."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import tee

import pandas as pd

from leadscore.decisions import Move, Moves
from leadscore.scoring.batch import BatchScorer

__all__ = ["compare_batches"]


def compare_batches(before: BatchScorer, after: BatchScorer, frames: Iterable[pd.DataFrame]) -> Moves:
    """Score the same leads twice and list those that move.

    Parameters
    ----------
    before, after
        The two ways to score.
    frames
        The leads.
    """
    ours, theirs = tee(frames)
    leads = other_tier = other_role = 0
    listed: list[Move] = []
    for old, new in zip(before.score(ours), after.score(theirs), strict=True):
        tier, role = ((old[name] != new[name]).to_numpy() for name in ("tier", "role"))
        leads, other_tier, other_role = leads + len(old), other_tier + int(tier.sum()), other_role + int(role.sum())
        columns = (old["lead_id"], old["tier"], new["tier"], old["role"], new["role"])
        for i in (tier | role).nonzero()[0]:
            lead_id, *ends = (str(column.iloc[i]) for column in columns)
            listed.append(Move(lead_id, (ends[0], ends[1]), (ends[2], ends[3])))
    return Moves(leads, other_tier, other_role, tuple(listed))
