"""Decisions: what we do with a probability.

A model says how likely a lead is to qualify and to close; this package says who could work it (structure), what that
is worth to each role (economics), what a role's time costs today (prices), which tier that makes (tiers) and who
touches the lead first (routing). It knows neither the model nor HTTP nor data frames: plain numbers in, frozen values
out.
"""

from __future__ import annotations

from leadscore.decisions.adapting import adapt
from leadscore.decisions.banding import fit_tiers
from leadscore.decisions.choices import Choices
from leadscore.decisions.delay import ReplyDecay, fit_reply_decay
from leadscore.decisions.economics import Economics, first_touch
from leadscore.decisions.hysteresis import Earlier
from leadscore.decisions.nightly import prices_for_the_rest
from leadscore.decisions.plain import Best
from leadscore.decisions.presets import PRESETS, preset, read_structure
from leadscore.decisions.preview import Move, Moves, Preview, preview
from leadscore.decisions.price_bands import Resamples, pooled, resampled_prices, with_bands
from leadscore.decisions.prices import Prices, fit_prices, net
from leadscore.decisions.prospects import (
    Assumption,
    Axis,
    Prospects,
    assume_close_rate,
    assume_qualify_rate,
    complete,
)
from leadscore.decisions.routing import Policy, fit_policy
from leadscore.decisions.structure import DAYS, NURTURE, Eligibility, HandOff, Path, Period, Role, Structure
from leadscore.decisions.tier_group import Tiers
from leadscore.decisions.tier_row import TierRow
from leadscore.decisions.tiers import TierTable

__all__ = [
    "DAYS",
    "NURTURE",
    "PRESETS",
    "Assumption",
    "Axis",
    "Best",
    "Choices",
    "Earlier",
    "Economics",
    "Eligibility",
    "HandOff",
    "Move",
    "Moves",
    "Path",
    "Period",
    "Policy",
    "Preview",
    "Prices",
    "Prospects",
    "ReplyDecay",
    "Resamples",
    "Role",
    "Structure",
    "TierRow",
    "TierTable",
    "Tiers",
    "adapt",
    "assume_close_rate",
    "assume_qualify_rate",
    "complete",
    "first_touch",
    "fit_policy",
    "fit_prices",
    "fit_reply_decay",
    "fit_tiers",
    "net",
    "pooled",
    "preset",
    "preview",
    "prices_for_the_rest",
    "read_structure",
    "resampled_prices",
    "with_bands",
]
