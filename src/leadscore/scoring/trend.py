"""Trend: whether a lead's score rose or fell since it was scored last, without nervousness."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from leadscore.scoring.decision import EarlierDecision

__all__ = ["BAND", "TURN", "Trend", "trend_since"]

Trend: TypeAlias = Literal["improving", "steady", "declining", "not_enough_info"]
"""Where a lead is going."""

BAND: Final = 5
"""Points of the score; a smaller change is none."""

TURN: Final = 10
"""Points of the score that it takes to turn from improving to declining or back."""


def trend_since(earlier: EarlierDecision | None, score: int, model_version: str) -> Trend:
    """Compare a score with the lead's previous one.

    A change of less than 5 points is steady. One that goes against the previous trend turns it only from 10 points on,
    and is steady below, so that noise around one score does not make the trend swing. Scores of two models are
    percentiles among different leads and are not compared.

    Examples
    --------
    >>> from leadscore.scoring import EarlierDecision
    >>> rose = EarlierDecision("SDR", model_version="7", score=40, trend="improving")
    >>> fell = EarlierDecision("SDR", model_version="7", score=40, trend="declining")
    >>> trend_since(rose, 46, "7"), trend_since(fell, 46, "7")
    ('improving', 'steady')
    >>> trend_since(fell, 51, "7"), trend_since(None, 51, "7")
    ('improving', 'not_enough_info')
    """
    if earlier is None or earlier.score is None or earlier.model_version != model_version:
        return "not_enough_info"
    change = score - earlier.score
    towards: Trend = "improving" if change > 0 else "declining"
    needed = TURN if {earlier.trend, towards} == {"improving", "declining"} else BAND
    return towards if abs(change) >= needed else "steady"
