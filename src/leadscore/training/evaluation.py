"""Measuring on the last, untouched stretch of time, and refusing where there is nothing to learn."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History
from leadscore.data.outcomes import Stage
from leadscore.data.splits import TimeSplit
from leadscore.errors import NoSignal, OneClass, TooFewOutcomes
from leadscore.models.calibration import Calibrator
from leadscore.models.metrics import Measures, log_losses, measure, paired_difference, roc_auc
from leadscore.models.reliability import Reliability, reliability
from leadscore.training.fitting import FittedStage, past_of, stage_rows, weight_of
from leadscore.training.moments import MomentFigures, measure_by_moment

__all__ = ["StageEvaluation", "check_outcomes", "cross_check", "evaluate", "refuse_without_signal"]

Floats = npt.NDArray[np.float64]

CROSS_CHECK = 0.05
"""Relative difference of the means of P(close) from which two stages and a direct model are said to disagree."""

MIN_OF_EACH_CLASS = 40
"""Outcomes of each class that a stage needs in all (Microsoft's product states the same)."""

MIN_OF_EACH_CLASS_IN_FIT = 10
"""Outcomes of each class that the stretch which a stage is fitted on needs."""

MIN_OF_EACH_CLASS_IN_TEST = 10
"""Outcomes of each class that the test stretch needs, so that its figures mean something."""


@dataclass(frozen=True, slots=True, eq=False)
class StageEvaluation:
    """Figures of one stage on the test stretch.

    Parameters
    ----------
    measures
        After calibration.
    before_calibration
        The same figures with the raw likelihoods.
    baseline
        ``roc_auc`` and ``log_loss`` of plain logistic regression on the same rows and columns.
    log_loss_difference, log_loss_difference_se
        Ours minus the baseline's on the same leads, and its standard error.
    p, y
        Likelihoods and outcomes of the test stretch.
    weight
        What each of its leads counts for; None where all count alike.
    reliability
        Deciles and tests of the calibration.
    direct_mean
        Mean likelihood of a model that learned P(close) directly; None where ``close`` is no product.
    by_moment
        Figures by the age of the test leads; None where each is looked at once.
    """

    measures: Measures
    before_calibration: Mapping[str, float]
    baseline: Mapping[str, float]
    log_loss_difference: float
    log_loss_difference_se: float
    p: Floats
    y: Floats
    reliability: Reliability
    weight: Floats | None = None
    direct_mean: float | None = None
    by_moment: tuple[MomentFigures, ...] | None = None

    @property
    def base_rate(self) -> float:
        """Share of the test stretch for which the outcome happens."""
        return float(np.average(self.y, weights=self.weight))

    @property
    def mean(self) -> float:
        """Mean likelihood of the test stretch, to be held against ``base_rate``."""
        return float(np.average(self.p, weights=self.weight))

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in ``train --json``."""
        return {
            "base_rate": self.base_rate,
            "baseline": dict(self.baseline),
            "log_loss_difference": self.log_loss_difference,
            "log_loss_difference_se": self.log_loss_difference_se,
            "before_calibration": dict(self.before_calibration),
            **self.measures.to_dict(),
            **self.reliability.to_dict(),
            "mean": self.mean,
            "direct_mean": self.direct_mean,
            "by_moment": None if self.by_moment is None else [asdict(figures) for figures in self.by_moment],
        }


def check_outcomes(history: History, split: TimeSplit) -> None:
    """Refuse a history with too few outcomes of a class.

    Raises
    ------
    OneClass, TooFewOutcomes
        With the counts and what would be needed.
    """
    first = history.first_looks
    if not len(split.calibrate):
        raise TooFewOutcomes(
            f"of {len(history)} decided leads none is left to calibrate on: lower `gap_days` or raise "
            "`calibrate_share` under [split]."
        )
    for stage, labels in history.labels.items():
        y = labels[first]
        yes, no = int((y == 1).sum()), int((y == 0).sum())
        if not yes or not no:
            raise OneClass(
                f"[{stage}]: all {yes + no} decided leads have the same outcome ({'yes' if yes else 'no'}), so there "
                "is nothing to tell apart. Check `positive` and `negative`, or export the other leads too."
            )
        if min(yes, no) < MIN_OF_EACH_CLASS:
            raise TooFewOutcomes(
                f"[{stage}]: {yes + no} decided leads with {yes} positives and {no} negatives are too few; "
                f"{MIN_OF_EACH_CLASS} of each are needed. Export a longer history, or shorten `horizon_days`."
            )
        early = labels[stage_rows(history, stage, split.fit[first[split.fit]])]
        if min((early == 1).sum(), (early == 0).sum()) < MIN_OF_EACH_CLASS_IN_FIT:
            raise TooFewOutcomes(
                f"[{stage}]: of the {len(early)} leads to fit on {int(early.sum())} are positive; "
                f"{MIN_OF_EACH_CLASS_IN_FIT} of each class are needed there. Export a longer history, or lower "
                "`test_share` under [split]."
            )
        late = labels[split.test]
        if min((late == 1).sum(), (late == 0).sum()) < MIN_OF_EACH_CLASS_IN_TEST:
            raise TooFewOutcomes(
                f"[{stage}]: the last {len(late)} leads have {int(late.sum())} positives; "
                f"{MIN_OF_EACH_CLASS_IN_TEST} of each class are needed there to measure anything. Raise "
                "`test_share` under [split], or export a longer history."
            )


def evaluate(
    X: Floats,
    history: History,
    split: TimeSplit,
    fitted: Mapping[Stage, FittedStage],
    baseline: Mapping[Stage, Floats],
    *,
    seed: int,
) -> Mapping[Stage, StageEvaluation]:
    """Measure each stage on the test stretch; close is the product with qualify where both are learned.

    Where it is, a model that learns P(close) directly checks its mean, unless the families were kept as they were.
    """
    calibrated = {stage: f.likelihood(X[split.test]) for stage, f in fitted.items()}
    raw = {stage: Calibrator()(f.likelihood.model.log_odds(X[split.test])) for stage, f in fitted.items()}
    for likelihoods in (calibrated, raw):
        if len(likelihoods) == 2:
            likelihoods["close"] = likelihoods["qualify"] * likelihoods["close"]
    checked = len(fitted) == 2 and hasattr(fitted["close"].competition.winner.estimator, "fit")
    direct = _direct_mean(X, history, split, fitted["close"]) if checked else None
    by_moment = measure_by_moment(X, history, split, fitted)
    measured = {
        stage: _measure(
            calibrated[stage],
            raw[stage],
            baseline[stage],
            history.labels[stage][split.test],
            weight_of(history, stage, split.test),
            seed,
        )
        for stage in fitted
    }
    return {
        stage: replace(found, direct_mean=direct if stage == "close" else None, by_moment=by_moment.get(stage))
        for stage, found in measured.items()
    }


def cross_check(evaluation: Mapping[Stage, StageEvaluation]) -> tuple[str, ...]:
    """Warn where P(qualify) x P(close | qualify) and a direct P(close) differ in their means by more than 5 %."""
    close = evaluation.get("close")
    if close is None or close.direct_mean is None or abs(close.mean / close.direct_mean - 1) <= CROSS_CHECK:
        return ()
    return (
        f"[close]: P(qualify) x P(close | qualify) is {close.mean:.2%} in the mean, and {close.direct_mean:.2%} when "
        f"learned directly ({close.base_rate:.2%} happened): more than 5% apart, so one of the stages is not what it "
        "was",
    )


def refuse_without_signal(evaluation: Mapping[Stage, StageEvaluation]) -> None:
    """Refuse a model that does not tell outcomes better than chance.

    Raises
    ------
    NoSignal
        The one-sided 97.5 % lower bound of the forward-time ROC AUC is at or under 0.5.
    """
    for stage, found in evaluation.items():
        bound = found.measures.signal_bound
        if bound <= 0.5:
            raise NoSignal(
                f"[{stage}]: no signal. Forward in time the ROC AUC is {found.measures.values['roc_auc']:.3f} with a "
                f"one-sided 97.5 % lower bound of {bound:.3f}, at or under 0.5 ({found.measures.rows} leads, "
                f"{found.measures.positives} positives): the columns do not tell the outcome. Nothing was registered."
            )


def _direct_mean(X: Floats, history: History, split: TimeSplit, close: FittedStage) -> float:
    past = past_of(X, history, "close", split.known)
    everyone = replace(past, counts=np.ones(len(past.y), dtype=bool))
    p = Calibrator()(close.competition.winner.log_odds(everyone, X[split.test]))
    return float(np.average(p, weights=weight_of(history, "close", split.test)))


def _measure(p: Floats, raw: Floats, plain: Floats, y: Floats, weight: Floats | None, seed: int) -> StageEvaluation:
    losses, plain_losses, raw_losses = (log_losses(q, y, weight) for q in (p, plain, raw))
    difference, (low, high) = paired_difference(losses, plain_losses)
    return StageEvaluation(
        measures=measure(p, y, weight=weight, seed=seed),
        before_calibration={
            "log_loss": float(raw_losses.mean()),
            "brier": float(np.average((raw - y) ** 2, weights=weight)),
            "mean": float(np.average(raw, weights=weight)),
        },
        baseline={"roc_auc": roc_auc(plain, y, weight), "log_loss": float(plain_losses.mean())},
        log_loss_difference=difference,
        log_loss_difference_se=(high - low) / 2 / 1.645,
        p=p,
        y=y,
        weight=weight,
        reliability=reliability(p, y, weight=weight, seed=seed),
    )
