"""Partial pooling: how far groups differ in their odds of success, when each has few cases and chance makes noise.

Every case of group j succeeds with the odds that were expected of it times ``exp(centre + effect_j)``, and the effects
are normal with mean 0 and a standard deviation that is learned, like the centre, from all groups together. Both are
integrated over, with a weak half-normal prior on the standard deviation: intervals that take an estimate of it for the
truth are too short where groups are few, and collapse where the estimate is 0.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import ndtr

from leadscore.decisions.group_outcomes import REACH, Cases, ExpectedSuccesses, common_effect

__all__ = ["Pooling", "pool"]

Floats = npt.NDArray[np.float64]

PRIOR_SD = 1.0
"""Scale of the half-normal prior on the standard deviation between groups, in log-odds."""
_LARGEST_SD = 2.0
_SDS, _CENTRES, _CENTRE_REACH = 81, 11, 3.0
_NEGLIGIBLE = 1e-7


@dataclass(frozen=True, slots=True, eq=False)
class Pooling:
    """Effects of groups on the log-odds, pooled; 0 is the mean group.

    Parameters
    ----------
    centre
        Log-odds by which the mean group differs from what was expected.
    sd, sd_interval
        Standard deviation between groups: median and interval.
    raw
        What the cases of each group say by themselves; infinite where all or none succeeded, NaN without cases.
    effect
        Most likely effect of each group given ``sd``, between 0 and ``raw``.
    low, high
        Interval of each effect, against the mean of the groups with cases; it allows for the doubt about that mean and
        about the standard deviation.
    """

    centre: float
    sd: float
    sd_interval: tuple[float, float]
    raw: Floats
    effect: Floats
    low: Floats
    high: Floats
    _mixture: Mixture

    def draws(self, rng: np.random.Generator, count: int) -> Floats:
        """Centre plus effect of all groups together as they may be, groups by draws."""
        return self._mixture.draws(rng, count)


def pool(cases: Cases, *, level: float = 0.9, successes: ExpectedSuccesses | None = None) -> Pooling:
    """Pool the effects of groups.

    Parameters
    ----------
    cases
        Decided cases.
    level
        Chance that an interval holds the truth.
    successes
        Of these cases, where they are at hand.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> group = np.repeat(np.arange(4), 400)
    >>> happened = (rng.random(1600) < np.array([0.2, 0.3, 0.3, 0.42])[group]).astype(float)
    >>> found = pool(Cases(np.full(1600, 0.3), happened, group, groups=4))
    >>> found.effect.round(1), bool(found.high[0] < 0 < found.low[3])
    (array([-0.5, -0. , -0.1,  0.6]), True)
    """
    successes = successes or ExpectedSuccesses.of(cases)
    mixture = Mixture.of(cases, successes)
    against = mixture.against(cases.counts > 0)
    centre = float(mixture.weight @ mixture.centre)
    sd = float(mixture.sd_quantiles(np.array(0.5)))
    score = cases.evidence[:, None] * (cases.sums(cases.happened)[:, None] - successes.expected)
    prior = (successes.effect - centre) / max(sd, 1e-6) ** 2
    raw = np.array([_root(successes.effect, row) for row in score]) - centre
    return Pooling(
        centre=centre,
        sd=sd,
        sd_interval=mixture.sd_interval(level),
        raw=np.where(cases.counts > 0, raw, np.nan),
        effect=np.array([_root(successes.effect, row - prior) for row in score]) - centre,
        low=against.quantiles((1 - level) / 2),
        high=against.quantiles((1 + level) / 2),
        _mixture=mixture,
    )


@dataclass(frozen=True, slots=True, eq=False)
class Mixture:
    """The posterior as a mixture over pairs of centre and standard deviation, in each of which effects are normal.

    Parameters
    ----------
    weight, centre, sd
        Of each component.
    mean, width
        Mean and standard deviation of each group's effect in each component, groups by components.
    """

    weight: Floats
    centre: Floats
    sd: Floats
    mean: Floats
    width: Floats

    @classmethod
    def of(cls, cases: Cases, successes: ExpectedSuccesses) -> Mixture:
        """Weigh each pair by how likely it makes what happened."""
        theta, step = successes.effect, successes.effect[1] - successes.effect[0]
        centre, sd, volume = _components(cases)
        prior = np.exp(-0.5 * ((theta - centre[:, None]) / np.maximum(sd, step / 2)[:, None]) ** 2)
        prior /= prior.sum(axis=1, keepdims=True)
        likelihood = np.exp(successes.log_likelihood)
        chance = np.maximum(likelihood @ prior.T, 1e-300)
        log_weight = np.log(volume) + np.log(chance).sum(axis=0) - 0.5 * (sd / PRIOR_SD) ** 2
        weight = np.exp(log_weight - log_weight.max())
        kept = weight > _NEGLIGIBLE * weight.sum()
        weight, centre, prior, chance = weight[kept] / weight[kept].sum(), centre[kept], prior[kept], chance[:, kept]
        mean = likelihood @ (prior * theta).T / chance
        square = likelihood @ (prior * theta**2).T / chance
        width = np.sqrt(np.maximum(square - mean**2, 1e-12))
        return cls(weight, centre, sd[kept], mean - centre, width)

    def sd_quantiles(self, tails: Floats) -> Floats:
        """Quantiles of the standard deviation between groups."""
        values, place = np.unique(self.sd, return_inverse=True)
        share = np.bincount(place, weights=self.weight)
        # Each value stands for its surroundings; below the first one there is only 0.
        return np.interp(tails, np.r_[0.0, np.cumsum(share) - share / 2], np.r_[0.0, values])

    def sd_interval(self, level: float) -> tuple[float, float]:
        """The shortest interval of the standard deviation, which begins at 0 where nothing speaks for more."""
        tails = np.linspace(0.0, 1 - level, 201)
        low, high = self.sd_quantiles(tails), self.sd_quantiles(tails + level)
        shortest = int(np.argmin(high - low))
        return float(low[shortest]), float(high[shortest])

    def against(self, groups: npt.NDArray[np.bool_]) -> Mixture:
        """Effects less the mean effect of these groups."""
        share = groups / groups.sum()
        variance = self.width**2
        # The effects of a component are independent, but each is part of the mean.
        variance = variance * (1 - 2 * share)[:, None] + share**2 @ variance
        return replace(self, mean=self.mean - share @ self.mean, width=np.sqrt(np.maximum(variance, 1e-12)))

    def quantiles(self, tail: float) -> Floats:
        """The same quantile of every group's effect, by bisection."""
        low, high = np.full(len(self.mean), -2 * REACH), np.full(len(self.mean), 2 * REACH)
        for _ in range(40):
            middle = (low + high) / 2
            under = ndtr((middle[:, None] - self.mean) / self.width) @ self.weight < tail
            low, high = np.where(under, middle, low), np.where(under, high, middle)
        return (low + high) / 2

    def draws(self, rng: np.random.Generator, count: int) -> Floats:
        """Centre plus effect of all groups together, groups by draws."""
        chosen = rng.choice(len(self.weight), size=count, p=self.weight)
        noise = rng.standard_normal((len(self.mean), count))
        return self.centre[chosen] + self.mean[:, chosen] + noise * self.width[:, chosen]


def _components(cases: Cases) -> tuple[Floats, Floats, Floats]:
    """Centres and standard deviations that are looked at, and the volume that each stands for."""
    root = np.linspace(0, np.sqrt(_LARGEST_SD), _SDS)
    sds = root**2
    z = np.linspace(-_CENTRE_REACH, _CENTRE_REACH, _CENTRES)
    common = common_effect(cases)
    variance = cases.at(common).variances
    # Centres as far around the common effect as the groups leave open at each standard deviation.
    open_to = 1 / np.sqrt(np.maximum((variance / (1 + variance * sds[:, None] ** 2)).sum(axis=1), 1e-2))
    centre = np.clip(common + open_to[:, None] * z, -REACH, REACH)
    volume = np.gradient(sds)[:, None] * open_to[:, None] * np.ones_like(z)
    return centre.ravel(), np.repeat(sds, len(z)), volume.ravel()


def _root(effect: Floats, score: Floats) -> float:
    """Where a falling score is 0; infinite where it never is."""
    if score[0] <= 0 or score[-1] >= 0:
        return -np.inf if score[0] <= 0 else np.inf
    return float(np.interp(0.0, -score, effect))
