"""As-of features: what the activity log had told at the scoring moment, and nothing stamped after it.

The same function serves a history of many leads and the one lead of a request, so the two cannot drift apart.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from leadscore.data.schema import Field

__all__ = ["ActivityFeatures"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class ActivityFeatures:
    """Counts and recency of activities before the scoring moment.

    Parameters
    ----------
    types
        Kinds of activity that were seen in the history; others are not counted.
    windows
        Lengths, in days, of the stretches before the scoring moment in which events are counted.

    Examples
    --------
    >>> features = ActivityFeatures(types=("visit",), windows=(7,))
    >>> [field.name for field in features.fields]
    ['visit, last 7 days', 'days since last activity']
    >>> features.matrix(np.array([0, 0]), np.array([0, 0]), np.array([2.0, 9.0]), n_leads=2)
    array([[ 1.,  2.],
           [ 0., nan]])
    """

    types: tuple[str, ...]
    windows: tuple[int, ...] = (7, 30)

    @property
    def fields(self) -> tuple[Field, ...]:
        """The features in the order of the matrix columns."""
        counts = tuple(
            Field(f"{kind}, last {days} days", "number", f"Number of {kind} in the {days} days before scoring.", (1,))
            for days in self.windows
            for kind in self.types
        )
        recency = Field("days since last activity", "number", "Days from the last activity to scoring.", (0.5,))
        return (*counts, recency)

    @property
    def sources(self) -> tuple[str, ...]:
        """For each feature the kind of activity that it tells of."""
        return (*self.types * len(self.windows), "last activity")

    def type_index(self, types: Sequence[str]) -> Integers:
        """Position of each type in ``types``; -1 for one that was never seen."""
        known = {name: i for i, name in enumerate(self.types)}
        return np.array([known.get(name, -1) for name in types], dtype=np.intp)

    def matrix(self, lead: Integers, type_index: Integers, age_days: Floats, n_leads: int) -> Floats:
        """Build the features of ``n_leads`` leads from their events.

        Parameters
        ----------
        lead
            Row number of the lead that each event belongs to.
        type_index
            Kind of each event, as given by :meth:`type_index`.
        age_days
            Days from each event to the scoring moment; negative when it came after, and then not looked at.
        n_leads
            Number of rows to build.

        Returns
        -------
        ndarray of shape (n_leads, len(fields))
        """
        kinds = len(self.types)
        known = (type_index >= 0) & (age_days >= 0)
        lead, age_days = lead[known], age_days[known]
        cell = lead * kinds + type_index[known]
        counts = [
            np.bincount(cell[age_days <= days], minlength=n_leads * kinds).reshape(n_leads, kinds)
            for days in self.windows
        ]
        last = np.full(n_leads, np.inf)
        np.minimum.at(last, lead, age_days)
        return np.column_stack([*counts, np.where(np.isinf(last), np.nan, last)])
