"""Which calibration wins forward in time: fitted on earlier stretches and looked at on the next, as it will be used."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeAlias

import numpy as np
import numpy.typing as npt

from leadscore.models.calibration import Calibrator, fit_shift, fit_sigmoid, fit_steps
from leadscore.models.metrics import log_losses, standard_error

__all__ = ["Forecasts", "Method", "Newest", "calibrated_losses", "choose", "fit_calibrator", "gain", "newest"]

Floats: TypeAlias = npt.NDArray[np.float64]
Method: TypeAlias = Literal["none", "sigmoid", "newest", "steps"]

MIN_POSITIVES_FOR_STEPS: Final = 3_000

_FITS: Final[Mapping[Method, Callable[[Floats, Floats, Floats | None], Calibrator]]] = {
    "sigmoid": fit_sigmoid,
    "newest": fit_shift,
    "steps": fit_steps,
}


@dataclass(frozen=True, slots=True, eq=False)
class Forecasts:
    """Raw log-odds of leads by a model that had learned from earlier ones only.

    Parameters
    ----------
    raw, y
        Log-odds and outcomes, in time order.
    stretch
        Number of the fold that each lead lies in, from 0.
    weight
        What each lead counts for; all count alike when None.
    """

    raw: Floats
    y: Floats
    stretch: npt.NDArray[np.intp]
    weight: Floats | None = None

    def of(self, rows: npt.NDArray[np.bool_]) -> Forecasts:
        """Those of these rows."""
        weight = None if self.weight is None else self.weight[rows]
        return Forecasts(self.raw[rows], self.y[rows], self.stretch[rows], weight)

    @property
    def losses(self) -> Floats:
        """Log loss of each lead, uncalibrated."""
        return log_losses(Calibrator()(self.raw), self.y, self.weight)


def fit_calibrator(method: Method, past: Forecasts) -> Calibrator:
    """Fit a calibration: a shift on the newest stretch, everything else on all of them."""
    if method == "newest" and len(past.y):
        past = past.of(past.stretch == past.stretch[-1])
    if method == "none" or not 0 < past.y.sum() < len(past.y):
        return Calibrator()
    return _FITS[method](past.raw, past.y, past.weight)


def calibrated_losses(method: Method, forecasts: Forecasts) -> Floats:
    """Log loss of each lead after the first stretch, calibrated on the stretches before its own."""
    p = np.empty(len(forecasts.y))
    for number in np.unique(forecasts.stretch):
        now = forecasts.stretch == number
        p[now] = fit_calibrator(method, forecasts.of(forecasts.stretch < number))(forecasts.raw[now])
    later = forecasts.stretch > forecasts.stretch[0]
    weight = None if forecasts.weight is None else forecasts.weight[later]
    return log_losses(p[later], forecasts.y[later], weight)


@dataclass(frozen=True, slots=True)
class Newest:
    """The newest stretch of the folds: what happened, what was forecast, and what the remedies made of it.

    Parameters
    ----------
    before, happened
        Rate of the outcome in the leads before the stretch, and in it.
    z
        The move in standard errors.
    forecast, log_loss
        Mean forecast and mean log loss of the winner without remedies: all leads count alike, nothing calibrated.
    forecast_with, log_loss_with
        The same with the remedies that were chosen; equal where none was.
    """

    before: float
    happened: float
    z: float
    forecast: float
    log_loss: float
    forecast_with: float
    log_loss_with: float

    @property
    def moved(self) -> bool:
        """Whether the rate is another, beyond three standard errors."""
        return abs(self.z) >= 3


def newest(before: Forecasts, y_before: Floats, after: Forecasts, method: Method) -> Newest:
    """Compare forecasts of the newest stretch without and with remedies.

    Parameters
    ----------
    before
        Forecasts without remedies.
    y_before
        Outcomes of all leads that count and came before the stretch.
    after, method
        Forecasts of the winner, and its calibration.
    """
    last = after.stretch == after.stretch[-1]
    plain, now = before.of(last), after.of(last)
    with_remedies = fit_calibrator(method, after.of(~last))(now.raw)
    without = Calibrator()(plain.raw)
    rates = float(y_before.mean()), float(now.y.mean())
    error = float(np.sqrt(rates[0] * (1 - rates[0]) * (1 / len(y_before) + 1 / len(now.y))))
    return Newest(
        *rates,
        (rates[1] - rates[0]) / error if error else 0.0,
        float(without.mean()),
        float(log_losses(without, plain.y, plain.weight).mean()),
        float(with_remedies.mean()),
        float(log_losses(with_remedies, now.y, now.weight).mean()),
    )


def choose(forecasts: Forecasts) -> Method:
    """The calibration that wins forward in time.

    None, unless a sigmoid, or a shift on the newest stretch, gains more than one standard error over it; steps where
    there are 3,000 positives and they gain more than two.
    """
    losses = {method: calibrated_losses(method, forecasts) for method in ("none", "sigmoid", "newest")}
    chosen: Method = "none"
    rivals: list[tuple[Method, float]] = [("sigmoid", 1.0), ("newest", 1.0)]
    if forecasts.y.sum() >= MIN_POSITIVES_FOR_STEPS:
        losses["steps"] = calibrated_losses("steps", forecasts)
        rivals.append(("steps", 2.0))
    for method, least in rivals:
        if gain(losses[chosen], losses[method]) > least:
            chosen = method
    return chosen


def gain(losses: Floats, others: Floats) -> float:
    """How much lower the other losses of the same leads are, in standard errors of the difference."""
    error = standard_error(losses - others)
    return float((losses - others).mean()) / error if error else 0.0
