"""Outcomes by group: what happened beside what was expected, and what would be at other odds."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.special import chdtrc, expit

__all__ = ["Cases", "Dispersion", "ExpectedSuccesses", "dispersion"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

REACH = 5.0
"""Largest difference in log-odds that is looked at."""
_STEPS = 2_000


@dataclass(frozen=True, slots=True, eq=False)
class Cases:
    """Decided cases with what was expected of each.

    Parameters
    ----------
    expected
        Likelihood of success of each case, in (0, 1), by a model that does not know the group.
    happened
        1 for a success, 0 for none.
    group
        Number of the group of each case, from 0.
    groups
        How many groups there are; some may have no case.
    weight
        What each case counts for, such as a success for those of its age that have not shown yet; None: all alike.
    """

    expected: Floats
    happened: Floats
    group: Index
    groups: int
    weight: Floats | None = None

    def __len__(self) -> int:
        return len(self.group)

    def sums(self, values: Floats, *, power: int = 1) -> Floats:
        """Sum over the cases of each group, times their weights to a power."""
        weighted = values if self.weight is None else values * self.weight**power
        return np.bincount(self.group, weights=weighted, minlength=self.groups).astype(np.float64)

    @property
    def cases(self) -> Index:
        """Cases of each group, whatever they count for."""
        return np.bincount(self.group, minlength=self.groups)

    @property
    def counts(self) -> Floats:
        """What the cases of each group count for."""
        return self.sums(np.ones(len(self)))

    @property
    def variances(self) -> Floats:
        """Variance of the successes of each group if the expectations are true."""
        return self.sums(self.expected * (1 - self.expected), power=2)

    @property
    def evidence(self) -> Floats:
        """What a unit of weight tells in each group, where 1 is a case that counts for itself."""
        information, variance = self.sums(self.expected * (1 - self.expected)), self.variances
        return np.divide(information, variance, out=np.ones(self.groups), where=variance > 0)

    def at(self, effect: float) -> Cases:
        """The same cases with other odds expected of all."""
        return replace(self, expected=expit(np.log(self.expected) - np.log1p(-self.expected) + effect))


@dataclass(frozen=True, slots=True, eq=False)
class ExpectedSuccesses:
    """What the cases of each group would bring at other odds.

    Parameters
    ----------
    effect
        Log-odds that are added to those expected, ascending and evenly spaced.
    expected
        Successes of each group if its cases had that effect, groups by effects.
    log_likelihood
        Of what happened in each group, groups by effects, 0 at its greatest.
    """

    effect: Floats
    expected: Floats
    log_likelihood: Floats

    @classmethod
    def of(cls, cases: Cases) -> ExpectedSuccesses:
        """Look at the cases on a grid that is finer than the likelihood of any group is wide."""
        log_odds = np.log(cases.expected) - np.log1p(-cases.expected)
        narrowest = 1 / np.sqrt(max(float(cases.variances.max(initial=0.0)), 1.0))
        half = int(np.ceil(REACH / np.clip(0.25 * narrowest, 2 * REACH / _STEPS, 0.05)))
        effect = np.linspace(-REACH, REACH, 2 * half + 1)
        expected, logs = (np.empty((cases.groups, len(effect))) for _ in range(2))
        won, told = cases.sums(cases.happened), cases.evidence
        for k, shift in enumerate(effect):
            expected[:, k] = cases.sums(expit(log_odds + shift))
            logs[:, k] = told * (won * shift - cases.sums(np.logaddexp(0.0, log_odds + shift)))
        return cls(effect, expected, logs - logs.max(axis=1, keepdims=True))

    def at(self, effect: Floats) -> Floats:
        """Expected successes of each group, each at effects of its own: groups by any number of them."""
        return np.array([np.interp(e, self.effect, row) for e, row in zip(effect, self.expected, strict=True)])


@dataclass(frozen=True, slots=True)
class Dispersion:
    """Chi-squared test of whether groups differ by more than chance.

    Parameters
    ----------
    chi_squared, degrees_of_freedom
        Sum of the squared standardised differences, and the groups with a case less one.
    p_value
        Chance of at least as much where no group differs.
    """

    chi_squared: float
    degrees_of_freedom: int
    p_value: float


def dispersion(cases: Cases) -> Dispersion:
    """Test whether the groups differ, after the expectation of all together was set to what happened.

    The chi-squared distribution is scaled to the exact variance of the statistic, which is larger where groups expect
    few successes.

    Examples
    --------
    >>> group = np.repeat([0, 1], 100)
    >>> same = Cases(np.full(200, 0.5), np.tile([0.0, 1.0], 100), group, groups=2)
    >>> dispersion(same)
    Dispersion(chi_squared=0.0, degrees_of_freedom=1, p_value=1.0)
    """
    centred = cases.at(common_effect(cases))
    variance = centred.variances
    known = variance > 0
    freedom = int(known.sum()) - 1
    if freedom < 1:
        return Dispersion(0.0, max(freedom, 0), 1.0)
    difference = centred.sums(cases.happened - centred.expected)[known]
    statistic = float((difference**2 / variance[known]).sum())
    p = centred.expected * (1 - centred.expected)
    kurtosis = centred.sums(p * (1 - 6 * p), power=4)[known] / variance[known] ** 2
    scale = max(1 + float(kurtosis.mean()) / 2, 0.1)
    # A scaled chi-squared distribution with the mean of the statistic and its variance.
    return Dispersion(round(statistic, 9), freedom, float(chdtrc(freedom / scale, statistic / scale)))


def common_effect(cases: Cases, *, steps: int = 30) -> float:
    """Log-odds that must be added to all expectations so that they add up to what happened, at most `REACH`."""
    log_odds = np.log(cases.expected) - np.log1p(-cases.expected)
    # Half a success of each kind keeps it finite.
    w = np.ones(len(cases)) if cases.weight is None else cases.weight
    total = float(np.clip(w @ cases.happened, 0.5, w.sum() - 0.5))
    effect = 0.0
    for _ in range(steps):
        p = expit(log_odds + effect)
        step = (total - w @ p) / max(float(w @ (p * (1 - p))), 1e-9)
        effect = float(np.clip(effect + np.clip(step, -1.0, 1.0), -REACH, REACH))
        if abs(step) < 1e-10:
            break
    return effect
