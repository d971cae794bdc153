"""Trend: whether a lead's score rose or fell since it was scored last, without nervousness."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from leadscore.errors import BadInput

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["BAND", "TURN", "Earlier", "Trend", "earlier_of", "trend_since"]

Trend: TypeAlias = Literal["improving", "steady", "declining", "not_enough_info"]
"""Where a lead is going."""

BAND: Final = 5
"""Points of the score; a smaller change is none."""

TURN: Final = 10
"""Points of the score that it takes to turn from improving to declining or back."""


@dataclass(frozen=True, slots=True)
class Earlier:
    """What was said of a lead the last time.

    Parameters
    ----------
    score
        Its score, 0 to 99.
    trend
        Its trend at that time; None when it is not known.
    model_version
        Which model spoke.
    """

    score: int
    trend: str | None
    model_version: str


def trend_since(earlier: Earlier | None, score: int, model_version: str) -> Trend:
    """Compare a score with the lead's previous one.

    A change of less than 5 points is steady. One that goes against the previous trend turns it only from 10 points on,
    and is steady below, so that noise around one score does not make the trend swing. Scores of two models are
    percentiles among different leads and are not compared.

    Examples
    --------
    >>> trend_since(Earlier(40, "steady", "7"), 46, "7"), trend_since(Earlier(40, "declining", "7"), 46, "7")
    ('improving', 'steady')
    >>> trend_since(Earlier(40, "declining", "7"), 51, "7"), trend_since(None, 51, "7")
    ('improving', 'not_enough_info')
    """
    if earlier is None or earlier.model_version != model_version:
        return "not_enough_info"
    change = score - earlier.score
    towards: Trend = "improving" if change > 0 else "declining"
    needed = TURN if {earlier.trend, towards} == {"improving", "declining"} else BAND
    return towards if abs(change) >= needed else "steady"


def earlier_of(frames: Iterable[pd.DataFrame]) -> dict[str, Earlier]:
    """Read an earlier output of a batch, by id; of an id that stands on several rows the last counts.

    Raises
    ------
    BadInput
        It is no such output.
    """
    found: dict[str, Earlier] = {}
    for frame in frames:
        lacking = [name for name in ("lead_id", "score", "model_version") if name not in frame.columns]
        if lacking:
            raise BadInput(f"--previous has no column {lacking[0]!r}; give a file that `leadscore score` wrote.")
        trends = frame["trend"] if "trend" in frame.columns else [None] * len(frame)
        rows = zip(frame["lead_id"], frame["score"], trends, frame["model_version"], strict=True)
        try:
            found |= {str(lead): Earlier(int(score), trend, str(by)) for lead, score, trend, by in rows}
        except ValueError:
            raise BadInput("--previous has a `score` that is no whole number; give a file as written.") from None
    return found
