"""What a competition may cost, and what takes part in it."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
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

    Examples
    --------
    >>> limits = Limits(trials=4)
    >>> limits.tried = 2
    >>> limits.spent, limits.in_number, limits.in_time
    (0.5, True, True)
    """

    seconds: float = np.inf
    trials: int | None = None
    journal: Path | None = None
    include: tuple[Extra, ...] = EXTRAS
    tried: int = 0
    begun: float = field(default_factory=time.monotonic)

    @property
    def in_time(self) -> bool:
        """Whether another candidate may be begun as to time."""
        return time.monotonic() < self.begun + self.seconds

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
