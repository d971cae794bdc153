"""Batches: record batches in, record batches out, and a tally of what was unusual in them."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

import numpy as np
import pandas as pd

from leadscore.data.times import parse_times
from leadscore.errors import BadInput
from leadscore.scoring.decision import EarlierDecision
from leadscore.scoring.scorer import Scorer

__all__ = ["BatchScorer", "earlier_decisions"]

_NEEDED = ("lead_id", "role", "p_qualify", "p_close", "score", "model_version")

_CRUSHED = re.compile(r"\d(\.\d+)?E\+\d+", re.IGNORECASE)


class BatchScorer:
    """Scores a stream of frames and counts what a user should hear of.

    Parameters
    ----------
    scorer
        The model.
    activities
        Events with columns ``lead``, ``type`` and ``at``; None when there are none.
    as_of
        Scoring moment of every lead; None: its last known activity or its creation, whichever is later.
    reasons
        Sentences of reasons per lead, 0 to 3.
    earlier
        The last decision about each lead that was scored before, by its id; None: all are new.
    """

    def __init__(
        self,
        scorer: Scorer,
        *,
        activities: pd.DataFrame | None = None,
        as_of: datetime | None = None,
        reasons: int = 3,
        earlier: Mapping[str, EarlierDecision] | None = None,
    ) -> None:
        self._scorer = scorer
        self._activities = activities
        self._as_of = as_of
        self._reasons = reasons
        self._earlier = earlier
        self._again = self._moved = 0
        self._rows = 0
        self._ids: Counter[str] = Counter()
        self._absent: list[str] = []
        self._ignored: list[str] = []
        self._missing: Counter[str] = Counter()
        self._unseen: Counter[tuple[str, str]] = Counter()

    def score(self, frames: Iterable[pd.DataFrame]) -> Iterator[pd.DataFrame]:
        """Score frames as they come, each row in its place.

        Raises
        ------
        BadInput
            Not one column that the model reads is there, nor any activity: another file than one of leads.
        """
        for frame in frames:
            self._tally(frame)
            moments, created = self._moments(frame)
            scored = self._scorer.score(
                frame,
                activities=self._activities,
                at=moments,
                created=created,
                reasons=self._reasons,
                first_row=self._rows,
                earlier=self._earlier,
            )
            self._compare(scored)
            yield scored
            self._rows += len(frame)

    def remarks(self) -> list[str]:
        """What was unusual, in sentences; complete once all frames were scored."""
        lines = [f"{self._rows} leads scored"]
        if self._earlier is not None:
            lines.append(f"{self._again} of them were scored before; {self._moved} change role")
        lines += [f"column {name!r} is absent: scored as unknown" for name in self._absent]
        if self._ignored:
            lines.append(f"ignored, since the model does not use them: {', '.join(map(repr, self._ignored))}")
        lines += [f"{count} leads without {name!r}" for name, count in self._missing.items()]
        lines += [
            f"{value!r} is a {name!r} not seen in training ({count} leads)"
            for (name, value), count in self._unseen.most_common(20)
        ]
        return lines + self._repeated()

    def _repeated(self) -> list[str]:
        lines = []
        for lead_id, count in self._ids.most_common(20):
            if count < 2:
                break
            crushed = _CRUSHED.fullmatch(lead_id)
            hint = "; it looks like a number rounded by a spreadsheet: export again with ids as text" if crushed else ""
            lines.append(f"id {lead_id!r} stands on {count} rows{hint}")
        return lines

    def _compare(self, scored: pd.DataFrame) -> None:
        known = [(self._earlier or {}).get(lead_id) for lead_id in scored["lead_id"]]
        self._again += sum(last is not None for last in known)
        self._moved += sum(
            last is not None and last.role != role for last, role in zip(known, scored["role"], strict=True)
        )

    def _tally(self, frame: pd.DataFrame) -> None:
        scorer = self._scorer
        parts = scorer.bundle.parts
        names = [field.name for field in scorer.fields]
        if not self._rows:
            self._absent = [n for n in names if n not in frame.columns]
            if names and len(self._absent) == len(names) and self._activities is None:
                raise BadInput(
                    f"none of the columns that the model reads is in the file: it has {_few(frame.columns)}, and the "
                    f"model reads {_few(names)}. Give leads, with the column names of the export that it learned from."
                )
            used = {*names, *(p for p in (parts.id, parts.created, parts.segment, parts.customer, parts.consent) if p)}
            self._ignored = [str(c) for c in frame.columns if c not in used]
        if parts.id in frame.columns:
            self._ids.update(frame[parts.id].astype(str))
        encoder = scorer.bundle.encoder
        learned = scorer.basis == "model"  # to rules nothing is unseen
        for feature in encoder.features:
            if feature.column not in frame.columns or not feature.speaks_for_cell:
                continue
            counts = frame[feature.column].value_counts(dropna=False)
            for value, count in counts.items():
                code = np.nan if encoder.is_missing(value) else feature.code(value)
                if np.isnan(code):
                    self._missing[feature.column] += int(count)
                elif learned and feature.kind == "category" and feature.contact is None and code == len(feature.levels):
                    self._unseen[feature.name, str(value)] += int(count)

    def _moments(self, frame: pd.DataFrame) -> tuple[pd.Series | None, pd.Series | None]:
        """Scoring moment and creation of each lead, as far as they are known and matter."""
        if self._activities is None:
            return None, None
        parts = self._scorer.bundle.parts
        created = None
        if parts.created is not None and parts.created in frame.columns:
            columns = {parts.created: frame[parts.created]}
            created = parse_times(columns, file="the leads", order=parts.date_order)[parts.created]
        if self._as_of is not None:
            return pd.Series(pd.Timestamp(self._as_of).tz_convert("UTC"), index=frame.index), created
        last = self._activities.groupby("lead")["at"].max()
        ids = frame[parts.id] if parts.id in frame.columns else pd.Series("", index=frame.index)
        moments = last.reindex(ids).set_axis(frame.index)
        return (moments if created is None else pd.concat([moments, created], axis=1).max(axis=1)), created


def _few(names: Iterable[object]) -> str:
    listed = [repr(str(name)) for name in names]
    return ", ".join(listed[:8]) + (f" and {len(listed) - 8} more" if len(listed) > 8 else "")


def earlier_decisions(frames: Iterable[pd.DataFrame]) -> dict[str, EarlierDecision]:
    """Read what an earlier batch wrote, by lead id; of several rows of a lead the last one counts.

    Raises
    ------
    BadInput
        A column is missing.
    """
    found: dict[str, EarlierDecision] = {}
    for frame in frames:
        if missing := [name for name in _NEEDED if name not in frame.columns]:
            raise BadInput(f"--previous has no column {missing[0]!r}; give a file that `leadscore score` wrote.")
        rows = frame.dropna(subset=["lead_id", "role"])
        trends = rows["trend"] if "trend" in rows.columns else [None] * len(rows)
        numbers = [pd.to_numeric(rows[name], errors="coerce") for name in ("p_qualify", "p_close", "score")]
        names = (rows[name].astype("str") for name in ("lead_id", "role", "model_version"))
        for lead_id, role, version, trend, *told in zip(*names, trends, *numbers, strict=True):
            q, p, score = (None if pd.isna(number) else number for number in told)
            points = None if score is None else int(score)
            found[lead_id] = EarlierDecision(role, q, p, version, score=points, trend=trend)
    return found
