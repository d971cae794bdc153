"""What a competition may cost, and what takes part in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Final, Literal, TypeAlias, get_args

import numpy as np

__all__ = ["EXTRAS", "Extra", "Limits"]

Extra: TypeAlias = Literal["blend", "recency", "calibration", "tuning", "segments"]
EXTRAS: Final[tuple[Extra, ...]] = get_args(Extra)


@dataclass(slots=True)
class Limits:
    """What a competition may cost: an upper bound, not a target.

    Parameters
    ----------
    seconds
        After this time no further candidate is begun.
    trials
        Bound on the number of candidates that are fitted.
    journal
        File that an interrupted search goes on from; none is kept when None.
    include
        What takes part beside the standard candidates.
    whole
        What these are a part of.

    Examples
    --------
    >>> limits = Limits(trials=4)
    >>> limits.tried = 2
    >>> limits.spent, limits.in_number, limits.in_time
    (0.5, True, True)
    >>> over = Limits(seconds=0).part(2)
    >>> over.seconds, over.in_time, over.trials is None
    (0.0, False, True)
    """

    seconds: float = np.inf
    trials: int | None = None
    journal: Path | None = None
    include: tuple[Extra, ...] = EXTRAS
    tried: int = 0
    begun: float = field(default_factory=time.monotonic)
    whole: Limits | None = None

    @property
    def in_time(self) -> bool:
        """Whether another candidate may be begun as to time."""
        return self.within(1.0)

    @property
    def in_number(self) -> bool:
        """Whether another candidate may be begun as to their number."""
        return self.trials is None or self.tried < self.trials

    @property
    def spent(self) -> float:
        """Share of the time, or of the number, that is gone."""
        if self.trials is not None:
            return self.tried / self.trials
        return (time.monotonic() - self.begun) / self.seconds if self.seconds else 1.0

    def within(self, share: float) -> bool:
        """Whether less than a share of the time is gone."""
        return time.monotonic() < self.begun + share * self.seconds

    def part(self, of: int) -> Limits:
        """The first of so many equal parts of the time that is left; each part has the whole number."""
        now = time.monotonic()
        left = max(0.0, self.begun + self.seconds - now)
        return replace(self, seconds=left / of, tried=0, begun=now, whole=self)

    def charge(self, seconds: float) -> None:
        """Count time that a search took before it was interrupted."""
        self.begun -= seconds
        if self.whole is not None:
            self.whole.charge(seconds)
