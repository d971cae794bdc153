"""As-of features: what the activity log had told at the scoring moment, and nothing stamped after it.

The same function serves a history of many leads and the one lead of a request, so the two cannot drift apart. An event
at the very moment, or within minutes before it, is the act that made the lead (the form that was sent): it counts, but
it says nothing about recency, which would be 0 for every lead.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import Any, Final, Literal, Self

import numpy as np
import numpy.typing as npt

from leadscore.data.schema import Field

__all__ = ["ActivityFeatures", "Measure"]

Floats = npt.NDArray[np.float64]
Integers = npt.NDArray[np.intp]

Measure = Literal["count", "recency", "rate", "trend", "touch"]
"""What is told of the events: see :class:`ActivityFeatures`."""

SAME_ACT: Final = 5 / 1440
"""Days before the moment within which an event is the act that made the lead."""


@dataclass(frozen=True)
class ActivityFeatures:
    """What activities before the scoring moment tell of a lead.

    Parameters
    ----------
    types
        Kinds of activity that were seen in the history; others are not looked at.
    windows
        Lengths, in days, of the stretches before the scoring moment in which events are counted, shortest first.
    measures
        ``count``: events of each kind in each window. ``recency``: days since the last event of each kind.
        ``rate``: events of each kind a day since the first event. ``trend``: events a day in the shortest window minus
        those in the longest. ``touch``: days since the previous and since the first event of any kind.
    amounts
        Numeric attributes of the events, such as page views, that are summed in each window.
    answers
        Kinds that are the company's own; when given, the mean days from an event of the lead to the next answer.
    colleagues
        Whether events of other leads of the same account are counted in each window.
    age
        Whether the days since creation are told, for leads that are looked at several times.
    together
        Kinds that are counted as one, after the name among ``types`` that they are counted under.

    Examples
    --------
    >>> features = ActivityFeatures(types=("visit",), windows=(7,), measures=("count", "touch"))
    >>> [field.name for field in features.fields]
    ['visit, last 7 days', 'days since previous activity', 'days since first activity']
    >>> features.matrix(np.array([0, 0, 1]), np.array([0, 0, 0]), np.array([2.0, 9.0, 0.0]), n_leads=2)
    array([[ 1.,  2.,  9.],
           [ 1., nan, nan]])
    """

    types: tuple[str, ...]
    windows: tuple[int, ...] = (7, 30)
    measures: tuple[Measure, ...] = ("count", "touch")
    amounts: tuple[str, ...] = ()
    answers: tuple[str, ...] = ()
    colleagues: bool = False
    age: bool = False
    together: tuple[tuple[str, tuple[str, ...]], ...] = ()

    @cached_property
    def fields(self) -> tuple[Field, ...]:
        """The features in the order of the matrix columns."""
        return tuple(field for field, _ in self._described())

    @property
    def sources(self) -> tuple[str, ...]:
        """For each feature the activity that it tells of."""
        return tuple(source for _, source in self._described())

    def _described(self) -> Iterator[tuple[Field, str]]:
        short, long = min(self.windows, default=0), max(self.windows, default=0)
        by_kind: dict[Measure, tuple[str, str, float]] = {
            "recency": ("days since last {}", "Days from the last {} to scoring.", 0.5),
            "rate": ("{} a day", "Number of {} for each day since the first activity.", 0.01),
            "trend": (
                "{}, trend",
                f"Number of {{}} a day in the last {short} days minus that in the last {long} days.",
                0.01,
            ),
        }
        if "count" in self.measures:
            for days in self.windows:
                for kind in self.types:
                    yield _count(kind, days, f"Number of {kind} in the {days} days before scoring."), kind
        for measure, (name, text, step) in by_kind.items():
            if measure in self.measures:
                for kind in self.types:
                    yield Field(name.format(kind), "number", text.format(kind), (step,)), kind
        if "touch" in self.measures:
            for which in ("previous", "first"):
                text = f"Days from the {which} activity to scoring; the act that made the lead is none."
                yield Field(f"days since {which} activity", "number", text, (0.5,)), f"{which} activity"
        for amount in self.amounts:
            for days in self.windows:
                yield _count(amount, days, f"Sum of {amount} in the {days} days before scoring."), amount
        if self.answers:
            yield Field("mean days to answer", "number", "Mean days from an activity to our answer.", (0.1,)), "answers"
        if self.colleagues:
            for days in self.windows:
                text = f"Activities of others at the account in the {days} days before scoring."
                yield _count("colleagues' activities", days, text), "colleagues' activities"
        if self.age:
            yield Field("days since creation", "number", "Days from creation to scoring.", (7,)), "days since creation"

    @cached_property
    def given(self) -> tuple[str, ...]:
        """Features that the events of one lead cannot tell, and that a request may therefore carry as fields."""
        return tuple(f.name for f, source in self._described() if source == "colleagues' activities")

    def type_index(self, types: Sequence[str]) -> Integers:
        """Position of each type in ``types``; -1 for one that was never seen."""
        known = self._places
        return np.array([known.get(name, -1) for name in types], dtype=np.intp)

    @cached_property
    def _places(self) -> Mapping[str, int]:
        places = {name: i for i, name in enumerate(self.types)}
        return {kind: places[name] for name, kinds in self.together for kind in kinds} | places

    def matrix(
        self,
        lead: Integers,
        type_index: Integers,
        age_days: Floats,
        n_leads: int,
        *,
        amounts: Mapping[str, Floats] | None = None,
        colleagues: Floats | None = None,
        since_creation: Floats | None = None,
    ) -> Floats:
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
        amounts
            For each name in ``amounts`` its value at each event; NaN counts as 0, an absent name as unknown.
        colleagues
            What :func:`~leadscore.data.colleagues.colleague_counts` gives; unknown when absent.
        since_creation
            Days from each lead's creation to its moment; 0 when absent.

        Returns
        -------
        ndarray of shape (n_leads, len(fields))
        """
        seen = (type_index >= 0) & (age_days >= 0)
        events = _Events(lead[seen], type_index[seen], age_days[seen], n_leads, len(self.types))
        blocks = [*self._of_kinds(events)]
        if "touch" in self.measures:
            blocks += [events.nearest(), events.farthest()]
        for name in self.amounts:
            values = None if amounts is None else amounts.get(name)
            blocks += [events.total(None if values is None else values[seen], days) for days in self.windows]
        if self.answers:
            blocks.append(events.answer_delay(np.isin(events.kind, self.type_index(self.answers))))
        if self.colleagues:
            blocks.append(np.full((n_leads, len(self.windows)), np.nan) if colleagues is None else colleagues)
        if self.age:
            blocks.append(np.zeros(n_leads) if since_creation is None else since_creation)
        return np.column_stack(blocks) if blocks else np.zeros((n_leads, 0))

    @cached_property
    def countable(self) -> bool:
        """Whether :meth:`row` tells all that there is to tell."""
        told = {"count", "touch"}.issuperset(self.measures)
        return told and not (self.amounts or self.answers or self.colleagues or self.age)

    def row(self, types: Sequence[str], age_days: Sequence[float]) -> list[float]:
        """Count the events of one lead one by one: the row of :meth:`matrix`, without the cost of its arrays.

        Parameters
        ----------
        types, age_days
            Kind and age of each event, as for :meth:`type_index` and :meth:`matrix`.
        """
        n, counts = len(self.types), [0.0] * (len(self.types) * len(self.windows))
        nearest, farthest = math.inf, -math.inf
        for kind, age in zip(types, age_days, strict=True):
            place = self._places.get(kind)
            if place is None or not age >= 0:
                continue
            for w, days in enumerate(self.windows):
                if age <= days:
                    counts[w * n + place] += 1.0
            if age > SAME_ACT:
                nearest, farthest = min(nearest, age), max(farthest, age)
        touches = [nearest, farthest] if nearest < math.inf else [math.nan, math.nan]
        return (counts if "count" in self.measures else []) + (touches if "touch" in self.measures else [])

    def _of_kinds(self, events: _Events) -> Iterator[Floats]:
        counts = {days: events.counts(days) for days in self.windows} if {"count", "trend"} & {*self.measures} else {}
        if "count" in self.measures:
            yield from counts.values()
        if "recency" in self.measures:
            yield events.nearest_of_kind()
        if "rate" in self.measures:
            yield events.counts(np.inf) / np.maximum(np.nan_to_num(events.farthest()), 1.0)[:, None]
        if "trend" in self.measures:
            short, long = min(self.windows), max(self.windows)
            yield counts[short] / short - counts[long] / long

    def snapshots(self, lead: Integers, type_index: Integers, at: Floats, moments: Floats) -> Floats:
        """Build the features at several moments of each lead's life.

        Parameters
        ----------
        lead, type_index
            As for :meth:`matrix`.
        at
            Moment of each event, in days.
        moments
            Moments to look from, in days since the same day; shape (n_leads, n_moments).

        Returns
        -------
        ndarray of shape (n_leads, n_moments, len(fields))
        """
        n_leads = len(moments)
        looks = [self.matrix(lead, type_index, moment[lead] - at, n_leads) for moment in moments.T]
        return np.stack(looks, axis=1)

    def to_dict(self) -> dict[str, Any]:
        """JSON form; ``together`` only where kinds are."""
        content = {name: list(v) if isinstance(v, tuple) else v for name, v in asdict(self).items()}
        together = {name: list(kinds) for name, kinds in self.together}
        return {name: v for name, v in content.items() if name != "together"} | (
            {"together": together} if together else {}
        )

    @classmethod
    def from_dict(cls, content: Mapping[str, Any]) -> Self:
        """Read the JSON form."""
        arguments: dict[str, Any] = {name: tuple(v) if isinstance(v, list) else v for name, v in content.items()}
        together = tuple((name, tuple(kinds)) for name, kinds in arguments.pop("together", {}).items())
        return cls(**arguments, together=together)


def _count(name: str, days: int, text: str) -> Field:
    return Field(f"{name}, last {days} days", "number", text, (1,))


class _Events:
    """Events that had happened by the moment, and what can be asked of them."""

    def __init__(self, lead: Integers, kind: Integers, age: Floats, n_leads: int, kinds: int) -> None:
        self.lead, self.kind, self.age = lead, kind, age
        self.n_leads, self.kinds = n_leads, kinds
        self.cell = lead * kinds + kind
        self.earlier = age > SAME_ACT

    def counts(self, days: float) -> Floats:
        cells = np.bincount(self.cell[self.age <= days], minlength=self.n_leads * self.kinds)
        return cells.reshape(self.n_leads, self.kinds).astype(float)

    def nearest_of_kind(self) -> Floats:
        nearest = self._nearest(self.cell, self.age, self.n_leads * self.kinds)
        return nearest.reshape(self.n_leads, self.kinds)

    def nearest(self) -> Floats:
        return self._nearest(self.lead, self.age, self.n_leads)

    def farthest(self) -> Floats:
        return -self._nearest(self.lead, -self.age, self.n_leads)

    def _nearest(self, place: Integers, age: Floats, size: int) -> Floats:
        """Least age at each place; NaN where nothing came before the act that made the lead."""
        least = np.full(size, np.inf)
        np.minimum.at(least, place[self.earlier], age[self.earlier])
        return np.where(np.isinf(least), np.nan, least)

    def total(self, values: Floats | None, days: int) -> Floats:
        """Sum in order of age, so that a lead has the same sum to the bit among others and alone."""
        if values is None:
            return np.full(self.n_leads, np.nan)
        within = self.age <= days
        lead, age, values = self.lead[within], self.age[within], np.nan_to_num(values[within])
        order = np.lexsort((values, age, lead))
        return np.bincount(lead[order], weights=values[order], minlength=self.n_leads).astype(float)

    def answer_delay(self, ours: npt.NDArray[np.bool_]) -> Floats:
        """Mean days from an event of the lead to the first answer after it; NaN without one."""
        order = np.lexsort((ours, -self.age, self.lead))
        lead, age, ours = self.lead[order], self.age[order], ours[order]
        last = len(lead)
        answer = np.minimum.accumulate(np.where(ours, np.arange(last), last)[::-1])[::-1]
        asked = np.flatnonzero(~ours & (answer < last))
        asked = asked[lead[answer[asked]] == lead[asked]]
        delay = np.bincount(lead[asked], weights=age[asked] - age[answer[asked]], minlength=self.n_leads)
        count = np.bincount(lead[asked], minlength=self.n_leads)
        return np.where(count > 0, delay / np.maximum(count, 1), np.nan)
