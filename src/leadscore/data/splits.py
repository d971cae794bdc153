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
    """Days left empty before the test stretch; rows, where the export has no dates."""
    period: Literal["week", "month"] | None = None
    """Period that capacity and the tier table are told in; that of the structure when absent."""
    folds: int = Field(4, ge=2, le=10)
    """Forward-chained folds in which families and settings compete."""


@dataclass(frozen=True, slots=True)
class TimeSplit:
    """Row numbers of the three stretches, each in time order."""

    fit: Index
    calibrate: Index
    test: Index


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


def forward_folds(n: int, folds: int) -> Iterator[tuple[Index, Index]]:
    """Chain folds forward: learn from everything before a stretch, look at the stretch.

    The first half of the rows is only learned from, the rest is looked at in ``folds`` equal stretches.

    Examples
    --------
    >>> [(len(before), len(stretch)) for before, stretch in forward_folds(100, 2)]
    [(50, 25), (75, 25)]
    """
    edges = np.linspace(n // 2, n, folds + 1).astype(int)
    for start, end in zip(edges[:-1], edges[1:], strict=True):
        yield np.arange(start), np.arange(start, end)
