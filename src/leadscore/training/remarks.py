"""What a reader of a training should know of its competitions: what moved, what it costs, and what was done."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from leadscore.data.outcomes import Stage
from leadscore.training.base_rate import Move
from leadscore.training.candidates import Recency
from leadscore.training.competition import Competition
from leadscore.training.fitting import FittedStage
from leadscore.training.segments import MIN_OF_EACH_CLASS, SegmentVerdict

__all__ = ["competition_remarks"]


def competition_remarks(fitted: Mapping[Stage, FittedStage]) -> tuple[str, ...]:
    """Sentences about the search, and about a newest stretch that moved."""
    return tuple(
        f"[{stage}]: {sentence}"
        for stage, f in fitted.items()
        for sentence in (*_of_one(f.competition), _moved(f.move))
        if sentence
    )


def _moved(move: Move | None) -> str:
    """What was done about a newest stretch that goes another way, and what nobody can know; empty without one."""
    if move is None:
        return ""
    said = (
        f"the newest {move.leads} leads, of the last {move.span:.0f} {move.unit}, go another way: {move.happened:.1%} "
        f"happened, {move.forecast:.1%} was forecast with all leads alike ({move.z:+.0f} standard errors, "
        f"{move.cost:.4f} of log loss a lead); "
    )
    if not move.followed:
        return said + (
            "the likelihoods do not follow: the rate came and went before, and who followed it would have been worse "
            "off. A season can be told from chance only when it was seen twice"
        )
    return said + (
        "the likelihoods are shifted to them. Between a jump and its first known outcomes nobody can know of it; "
        "retrain, or run `leadscore recalibrate`, when more are known"
    )


def _of_one(competition: Competition) -> Iterator[str]:
    if competition.untried:
        yield (
            f"the time limit of the search left {competition.untried} candidates untried; set search.trials for the "
            "same result on any machine"
        )
    yield competition.remark
    yield _segments(competition.segments)
    found = competition.newest
    if found is None or not found.moved:
        return
    yield (
        f"the newest leads moved: {found.happened:.1%} happened in the last fold, after {found.before:.1%} before; "
        f"with all leads alike {found.forecast:.1%} was forecast there (log loss {found.log_loss:.4f}), "
        f"{_done(competition)}"
    )


def _done(competition: Competition) -> str:
    found, winner = competition.newest, competition.winner
    assert found is not None, "asked only where the newest leads moved"
    remedies = [winner.recency.in_words(winner.unit)] if winner.recency != Recency() else []
    if competition.calibration != "none":
        remedies.append({"newest": "a shift to the newest fold"}.get(competition.calibration, competition.calibration))
    if not remedies:
        return "and no weighting of recent leads was clearly better"
    return f"with {' and '.join(remedies)} {found.forecast_with:.1%} (log loss {found.log_loss_with:.4f})"


def _segments(verdicts: Sequence[SegmentVerdict]) -> str:
    """Which segments have a model of their own, and why not the others; empty where none was looked at."""
    own = [f"{v.segment!r} (log loss lower by {v.gain:.4f}, {v.leads} leads)" for v in verdicts if v.own]
    lost = [repr(v.segment) for v in verdicts if not v.own and v.gain is not None]
    late = [repr(v.segment) for v in verdicts if v.gain is None and v.enough]
    few = [repr(v.segment) for v in verdicts if not v.enough]
    parts = [
        (own, "a model of its own is clearly better forward in time for {}"),
        (lost, "the pooled model serves {}: their own are not clearly better"),
        (late, "the pooled model serves {}: the time limit of the search left their own untried"),
        (few, f"the pooled model serves {{}}: under {MIN_OF_EACH_CLASS} outcomes of a class"),
    ]
    return "; ".join(words.format(", ".join(names)) for names, words in parts if names)
