"""Whether likelihoods mean what they say: deciles with the band that chance alone explains, and tests of the whole.

The raw calibration error is no verdict: a perfect model shows .023 on 1,000 leads. It stands beside its mean under
perfect calibration, and below 5,000 leads the answer is that nobody can tell.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import numpy as np
import numpy.typing as npt

__all__ = ["Decile", "Reliability", "reliability"]

Floats = npt.NDArray[np.float64]

MIN_LEADS: Final = 5_000
"""Leads below which calibration is not judged."""


@dataclass(frozen=True, slots=True)
class Decile:
    """A tenth of the leads, by likelihood.

    Parameters
    ----------
    mean
        Mean likelihood.
    observed
        Share for which the outcome happened.
    low, high
        Band that holds ``observed`` in 90 % of the cases if the likelihoods are right.
    leads
        How many there are.
    """

    mean: float
    observed: float
    low: float
    high: float
    leads: int

    @property
    def covered(self) -> bool:
        """Whether chance alone explains what was observed."""
        return self.low <= self.observed <= self.high


@dataclass(frozen=True, slots=True)
class Reliability:
    """Calibration of likelihoods on one stretch of time.

    Parameters
    ----------
    deciles
        By likelihood, the lowest first.
    ece, ece_null
        Expected calibration error over the deciles, and its mean under perfect calibration.
    spiegelhalter_z
        Spiegelhalter's Z (1986), standard normal under perfect calibration.
    verdict
        ``consistent``, ``off``, or ``cannot tell`` under 5,000 leads.
    """

    deciles: tuple[Decile, ...]
    ece: float
    ece_null: float
    spiegelhalter_z: float
    verdict: Literal["consistent", "off", "cannot tell"]

    @property
    def coverage(self) -> float:
        """Share of the deciles whose band holds what was observed; about .9 where the likelihoods are right."""
        return float(np.mean([decile.covered for decile in self.deciles]))

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "ece": self.ece,
            "ece_null": self.ece_null,
            "spiegelhalter_z": self.spiegelhalter_z,
            "calibration_verdict": self.verdict,
            "decile_coverage": self.coverage,
            "deciles": [asdict(decile) for decile in self.deciles],
        }


def reliability(
    p: Floats, y: Floats, *, weight: Floats | None = None, seed: int = 0, draws: int = 200, bins: int = 10
) -> Reliability:
    """Hold likelihoods against outcomes.

    Parameters
    ----------
    p, y
        Likelihoods in (0, 1) and outcomes, 0 or 1.
    weight
        What each lead counts for; all count alike without it.
    seed, draws
        Of the outcomes that are drawn as if the likelihoods were right.
    bins
        Number of equal parts by likelihood.

    Examples
    --------
    >>> rng = np.random.default_rng(1)
    >>> p = rng.uniform(0.02, 0.6, 6000)
    >>> reliability(p, (rng.random(6000) < p).astype(float)).verdict
    'consistent'
    >>> reliability(p, (rng.random(6000) < p / 2).astype(float)).verdict
    'off'
    """
    w = np.ones(len(y)) if weight is None else weight
    parts = [part for part in np.array_split(np.argsort(p, kind="stable"), min(bins, len(p))) if w[part].sum() > 0]
    rng = np.random.default_rng(seed)
    drawn = np.array([_rates(parts, (rng.random(len(p)) < p).astype(float), w) for _ in range(draws)])
    means, observed = _rates(parts, p, w), _rates(parts, y, w)
    low, high = np.quantile(drawn, [0.05, 0.95], axis=0)
    mass = np.array([w[part].sum() for part in parts]) / w.sum()
    null = np.abs(drawn - means) @ mass
    ece, z = float(np.abs(observed - means) @ mass), _spiegelhalter(p, y, w)
    right = abs(z) < 1.96 and ece <= np.quantile(null, 0.95)
    return Reliability(
        deciles=tuple(
            Decile(float(mean), float(seen), float(least), float(most), len(part))
            for mean, seen, least, most, part in zip(means, observed, low, high, parts, strict=True)
        ),
        ece=ece,
        ece_null=float(null.mean()),
        spiegelhalter_z=z,
        verdict="cannot tell" if len(y) < MIN_LEADS else "consistent" if right else "off",
    )


def _rates(parts: list[npt.NDArray[np.intp]], values: Floats, weight: Floats) -> Floats:
    return np.array([np.average(values[part], weights=weight[part]) for part in parts])


def _spiegelhalter(p: Floats, y: Floats, weight: Floats) -> float:
    lean = weight * (1.0 - 2.0 * p)
    spread = float(np.sqrt((lean**2 * p * (1.0 - p)).sum()))
    return float((lean * (y - p)).sum()) / spread if spread else 0.0
