"""Splits that know time: the newest stretch is the test, the one before it calibrates, folds are chained forward."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
import numpy.typing as npt
from pydantic import BaseModel, ConfigDict, Field

__all__ = ["Split", "TimeSplit", "forward_folds", "split_by_time"]

Index = npt.NDArray[np.intp]


class Split(BaseModel):
    """How the history is cut."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    test_share: float = Field(0.25, gt=0, lt=0.9)
    """Share of the leads, the newest, on which all figures are measured."""
    calibrate_share: float = Field(0.2, gt=0, lt=0.9)
    """Share of the remaining leads, again the newest, for calibration, prices and tiers."""
    gap_days: int = Field(0, ge=0)
    """Days left empty before the test stretch and before each fold; rows, where the export has no dates."""
    period: Literal["week", "month"] | None = None
    """Period that capacity and the tier table are told in; that of the structure when absent."""
    folds: int = Field(4, ge=2, le=10)
    """Forward-chained folds in which families and settings compete."""
    refit: bool = True
    """Whether the measured procedure is then moved forward: fitted once more, on all mature leads."""


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Row numbers of the three stretches, each in time order."""

    fit: Index
    calibrate: Index
    test: Index

    @property
    def known(self) -> Index:
        """All rows before the test stretch."""
        return np.concatenate([self.fit, self.calibrate])


def split_by_time(n: int, split: Split, *, days: npt.NDArray[np.float64] | None = None) -> TimeSplit:
    """Cut ``n`` rows that lie in time order.

    Parameters
    ----------
    n
        Number of rows.
    split
        Shares and gap.
    days
        Creation of each row in days, ascending; None for an export without dates, whose gap is then counted in rows.

    Examples
    --------
    >>> parts = split_by_time(100, Split(gap_days=5))
    >>> len(parts.fit), len(parts.calibrate), len(parts.test)
    (56, 14, 25)
    """
    start = n - round(n * split.test_share)
    if start >= n:
        start = n - 1
    if days is not None and split.gap_days:
        before = np.flatnonzero(days[:start] <= days[start] - split.gap_days)
    else:
        before = np.arange(max(0, start - split.gap_days))
    cut = len(before) - round(len(before) * split.calibrate_share)
    return TimeSplit(fit=before[:cut], calibrate=before[cut:], test=np.arange(start, n))


def forward_folds(
    n: int, folds: int, *, gap: float = 0.0, moments: npt.NDArray[np.float64] | None = None
) -> Iterator[tuple[Index, Index]]:
    """Chain folds forward: learn from what lies before a stretch, look at the stretch.

    The first half of the rows is only learned from, the rest is looked at in ``folds`` equal stretches.

    Parameters
    ----------
    n
        Number of rows, in time order.
    folds
        Number of stretches.
    gap
        Left empty before each stretch, in the unit of ``moments``.
    moments
        When each row came, ascending; their numbers when absent.

    Examples
    --------
    >>> [(len(before), len(stretch)) for before, stretch in forward_folds(100, 2)]
    [(50, 25), (75, 25)]
    >>> [(len(before), len(stretch)) for before, stretch in forward_folds(100, 2, gap=10)]
    [(40, 25), (65, 25)]
    """
    came = np.arange(n, dtype=float) if moments is None else moments
    edges = np.linspace(n // 2, n, folds + 1).astype(int)
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        early = start if not gap else min(start, int(np.searchsorted(came, came[start] - gap, side="left")))
        yield np.arange(early), np.arange(start, end)
