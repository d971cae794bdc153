"""Decisions about a batch of leads: role, path, worth, tier, and the runner-up."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from leadscore.decisions.prospects import Flags, Floats, Objects, Positions

__all__ = ["Choices"]


@dataclass(frozen=True, slots=True, eq=False)
class Choices:
    """Decisions for a batch of leads, arrays in the order of the prospects.

    Parameters
    ----------
    role
        Role of the first touch, or ``nurture``.
    path
        Position in `Policy.paths`.
    value
        Expected margin minus cost of the chosen path.
    net
        Value minus the price of the path's hours, with the tie-break.
    runner_up, runner_up_net
        Best path of another first role: its role and net value; None and -inf where the lead has no other.
    tier, tier_role
        Letter of the lead's band and the role that usually takes it.
    reply_within_minutes
        Promise of the chosen role; None for nurture.
    role_net
        Net value of the best path by first role, leads by `Policy.roles`; -inf where the lead may not go.
    """

    role: Objects
    path: Positions
    value: Floats
    net: Floats
    runner_up: Objects
    runner_up_net: Floats
    tier: Objects
    tier_role: Objects
    reply_within_minutes: Objects
    role_net: Floats

    @property
    def eligible(self) -> Flags:
        """First roles that the lead may go to, leads by `Policy.roles`."""
        return np.isfinite(self.role_net)

    def __len__(self) -> int:
        return len(self.role)
