"""Skills: who converts more or less than the leads that they were given would explain, if anybody does.

Nobody is named as better or worse unless the groups as a whole differ by more than chance (a chi-squared test) and the
interval of their own pooled effect leaves out 0. Where there is no difference at all, the two together name somebody
in one or two reviews of a hundred.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from leadscore.decisions.group_outcomes import Cases, Dispersion, ExpectedSuccesses, common_effect, dispersion
from leadscore.decisions.partial_pooling import Pooling, pool

__all__ = ["Flag", "GroupEffect", "SkillLevel", "review_groups"]

Flag = Literal["above", "below"]
Floats = npt.NDArray[np.float64]

LEVEL = 0.9
"""Chance that an interval holds the truth."""
SIGNIFICANCE = 0.025
"""Level of the test of dispersion, of all stages together: how often chance names somebody at most."""
_DRAWS = 1_000


@dataclass(frozen=True, slots=True)
class GroupEffect:
    """One rep or team at one stage.

    Parameters
    ----------
    name
        As the export has it.
    leads, happened
        Decided leads, and for how many the outcome happened; where open leads count by their age, each of them for
        those of its age for which it has not shown yet.
    expected, deviation
        For how many it would have happened with all groups alike, and the standard deviation of that by chance.
    raw
        Effect on the log-odds by these leads alone; infinite where all or none succeeded.
    effect, low, high
        Effect on the log-odds against the mean group, pooled, and its 90 % interval.
    points
        The pooled effect in points of conversion on the leads that the group had, as a share.
    flag
        ``above`` or ``below`` where the difference is more than chance explains.
    """

    name: str
    leads: int
    happened: float
    expected: float
    deviation: float
    raw: float
    effect: float
    low: float
    high: float
    points: float
    flag: Flag | None = None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "name": self.name,
            "leads": self.leads,
            "happened": self.happened,
            "expected": self.expected,
            "effect": self.effect,
            "effect_interval": [self.low, self.high],
            "raw_effect": self.raw if np.isfinite(self.raw) else None,
            "points": self.points,
            "flag": self.flag,
        }


@dataclass(frozen=True, slots=True)
class SkillLevel:
    """All reps, or all teams, at one stage.

    Parameters
    ----------
    groups
        By effect, the greatest first, where they differ by more than chance; by name where they do not.
    dispersion
        Test of whether they differ.
    ranked
        Whether they do.
    sd, sd_interval
        Standard deviation between groups in log-odds, with a 90 % interval.
    gain, gain_interval
        Share of the leads that would succeed in addition if the lower half of the groups were at the median.
    """

    groups: tuple[GroupEffect, ...]
    dispersion: Dispersion
    ranked: bool
    sd: float
    sd_interval: tuple[float, float]
    gain: float
    gain_interval: tuple[float, float]

    @property
    def flagged(self) -> tuple[GroupEffect, ...]:
        """Groups that differ from the mean by more than chance explains."""
        return tuple(g for g in self.groups if g.flag is not None)

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "chi_squared": self.dispersion.chi_squared,
            "degrees_of_freedom": self.dispersion.degrees_of_freedom,
            "p_value": self.dispersion.p_value,
            "ranked": self.ranked,
            "flagged": len(self.flagged),
            "between_sd": self.sd,
            "between_sd_interval": list(self.sd_interval),
            "groups": [g.to_dict() for g in self.groups],
        }


def review_groups(
    cases: Cases, names: Sequence[str], *, significance: float = SIGNIFICANCE, seed: int = 0
) -> SkillLevel:
    """Hold what each group achieved against what was expected of its leads.

    Parameters
    ----------
    cases
        Decided leads of one stage.
    names
        Of the groups, in the order of their numbers.
    significance
        Level of the test of dispersion.
    seed
        Of the draws for the interval of the gain.

    Examples
    --------
    >>> group = np.repeat(np.arange(3), 400)
    >>> happened = (np.arange(1200) % 100 < np.array([30, 30, 45])[group]).astype(float)
    >>> found = review_groups(Cases(np.full(1200, 0.35), happened, group, groups=3), ["Ann", "Bob", "Cid"])
    >>> [(g.name, g.flag) for g in found.groups]
    [('Cid', 'above'), ('Ann', 'below'), ('Bob', 'below')]
    """
    successes = ExpectedSuccesses.of(cases)
    pooled, test = pool(cases, level=LEVEL, successes=successes), dispersion(cases)
    ranked = test.p_value < significance
    gains = _gains(pooled.draws(np.random.default_rng(seed), _DRAWS), successes, cases)
    low, high = np.quantile(gains, [(1 - LEVEL) / 2, (1 + LEVEL) / 2])
    return SkillLevel(
        groups=_in_order(_effects(cases, names, pooled, successes), ranked=ranked),
        dispersion=test,
        ranked=ranked,
        sd=pooled.sd,
        sd_interval=pooled.sd_interval,
        gain=float(gains.mean()),
        gain_interval=(float(low), float(high)),
    )


def _effects(
    cases: Cases, names: Sequence[str], pooled: Pooling, successes: ExpectedSuccesses
) -> Iterator[GroupEffect]:
    alike = cases.at(common_effect(cases))
    at_effect, at_mean = (successes.at(pooled.centre + e) for e in (pooled.effect, np.zeros(cases.groups)))
    figures = {
        "expected": alike.sums(alike.expected),
        "deviation": np.sqrt(alike.variances),
        "raw": pooled.raw,
        "effect": pooled.effect,
        "low": pooled.low,
        "high": pooled.high,
        "points": (at_effect - at_mean) / np.maximum(cases.counts, 1),
    }
    happened, leads = cases.sums(cases.happened).round(1), cases.cases
    for j, name in enumerate(names):
        told = {figure: float(values[j]) for figure, values in figures.items()}
        count = float(happened[j])
        yield GroupEffect(
            name=name, leads=int(leads[j]), happened=int(count) if count.is_integer() else count, flag=None, **told
        )


def _in_order(groups: Iterable[GroupEffect], *, ranked: bool) -> tuple[GroupEffect, ...]:
    if not ranked:
        return tuple(sorted(groups, key=lambda g: g.name.casefold()))
    flagged = [replace(g, flag=_flag(g)) for g in groups]
    return tuple(sorted(flagged, key=lambda g: -g.effect))


def _flag(group: GroupEffect) -> Flag | None:
    return "above" if group.low > 0 else "below" if group.high < 0 else None


def _gains(effects: Floats, successes: ExpectedSuccesses, cases: Cases) -> Floats:
    """Share of further successes with the lower half at the median, for each draw of the effects."""
    effects = effects[cases.counts > 0]
    known = ExpectedSuccesses(
        successes.effect, successes.expected[cases.counts > 0], successes.log_likelihood[cases.counts > 0]
    )
    raised = np.maximum(effects, np.median(effects, axis=0))
    gains: Floats = (known.at(raised) - known.at(effects)).sum(axis=0) / cases.counts.sum()
    return gains
