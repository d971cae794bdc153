"""What the leads are worth if won: where the figure comes from, how it was chosen, and how far it is off.

Without amounts it is a figure of the recipe. With them, boosted trees and the mean by segment compete on the wins
before the test stretch, are measured on the wins of the test stretch, and the winner is then moved forward like the
likelihoods.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History
from leadscore.data.splits import TimeSplit
from leadscore.errors import RecipeError
from leadscore.models.features import Encoder
from leadscore.models.value import MarginModel, MarginTable, Value
from leadscore.models.value_model import MarginRace, Wins, fit_margins, race_margins
from leadscore.training.recipe import Recipe
from leadscore.training.refit import Final

__all__ = ["MarginErrors", "Valuation", "measure_margins", "value_leads", "wins_among"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_ASSUMED = 1000.0
"""Margin of a won deal where the recipe says nothing."""

_NAMES = {"table": "the mean by segment", "gamma": "boosted trees (Gamma)", "log_normal": "boosted trees (log-normal)"}


@dataclass(frozen=True, slots=True)
class MarginErrors:
    """How far margins are off on wins that nothing was fitted on, in the recipe's currency.

    Parameters
    ----------
    wins
        How many wins the figures rest on.
    median_absolute_error, mean_absolute_error
        Of the margins that were chosen.
    baseline_median_absolute_error, baseline_mean_absolute_error
        Of the mean by segment.
    money_ratio, money_ratio_interval
        Sum of the predicted margins over the sum of those that came, and its 90 % bootstrap interval over the known
        and the later wins.
    """

    wins: int
    median_absolute_error: float
    mean_absolute_error: float
    baseline_median_absolute_error: float
    baseline_mean_absolute_error: float
    money_ratio: float
    money_ratio_interval: tuple[float, float]


@dataclass(frozen=True, slots=True, eq=False)
class Valuation:
    """Margins of won deals, and what is known of them.

    Parameters
    ----------
    margins
        Gives the margin of each encoded lead.
    source
        ``amounts``, ``recipe`` or ``assumption``.
    wins
        Past wins with an amount that were learned from.
    race
        How the families came out.
    errors
        Figures on the test stretch; None without amounts there.
    note
        All of it in a sentence.
    """

    margins: MarginModel
    source: str
    wins: int
    race: MarginRace
    errors: MarginErrors | None
    note: str

    def of(self, leads: History, encoder: Encoder) -> Floats:
        """Margin if won of each lead; the encoder is that of the registered model."""
        return self.margins(encoder.encode_frame(leads.frame), leads.segment)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in ``train --json``."""
        errors = dict.fromkeys(MarginErrors.__slots__) if self.errors is None else asdict(self.errors)
        race = {
            "model": self.margins.kind,
            "runner_up": self.race.runner_up,
            "deviance_difference": self.race.difference,
            "deviance_difference_interval": self.race.difference_interval,
        }
        return {"source": self.source, "wins": self.wins, **race, "test": errors}


def value_leads(
    X: Floats, history: History, split: TimeSplit, encoder: Encoder, final: Final, recipe: Recipe
) -> Valuation:
    """Choose where margins come from, measure them forward in time, and fit them on all that may be learned from.

    Parameters
    ----------
    X, encoder
        Encoded leads of the history, and the encoder that made them, which knows nothing of the test stretch.
    history, split
        The leads and their stretches.
    final
        The model that is registered; the margins learn from the same leads.
    recipe
        Share of the amount or margin of a win, folds and gap.

    Raises
    ------
    RecipeError
        A share of the amount is asked for but no won deal has an amount.
    """
    value = recipe.value
    if value.margin_share is None:
        return _said(value)
    known = wins_among(value, X, history, split.known)
    race = race_margins(known, encoder.levels, folds=recipe.split.folds, gap=recipe.split.gap_days)
    errors = measure_margins(race.winner, known, wins_among(value, X, history, split.test), encoder.levels)
    won = final.rows[_won(history, final.rows)]
    if not len(won):
        raise RecipeError(
            "[value] margin_share needs the amounts of won deals, and none was read: name their column as `amount` "
            "under [close], or give `margin_per_win`."
        )
    learned = _wins(value, final.encoder.encode_frame(history.frame.iloc[won]), history, won)
    margins = fit_margins(race.winner, learned, final.encoder.levels)
    note = _told(value.margin_share, len(learned), race, errors)
    return Valuation(margins, "amounts", len(learned), race, errors, note)


def wins_among(value: Value, X: Floats, history: History, rows: Index) -> Wins:
    """The wins with an amount among these rows; ``X`` has a row for every lead of the history."""
    won = rows[_won(history, rows)]
    return _wins(value, X[won], history, won)


def measure_margins(
    kind: str, known: Wins, later: Wins, levels: Sequence[int], *, seed: int = 0, draws: int = 500
) -> MarginErrors | None:
    """Fit a family on the known wins and hold it against later ones, beside the mean by segment.

    Parameters
    ----------
    kind
        As for `fit_margins`.
    known, later
        What is learned from and what is looked at; None is returned when either is empty.
    levels
        As for `fit_margins`.
    seed, draws
        Of the bootstrap.
    """
    if not len(known) or not len(later):
        return None
    model, table = (fit_margins(k, known, levels) for k in (kind, "table"))
    predicted, baseline = (margins(later.X, later.segment) for margins in (model, table))
    errors, others = abs(predicted - later.margin), abs(baseline - later.margin)
    rng = np.random.default_rng(seed)
    # The known wins are a sample, too: by how much another one would have raised or lowered all margins.
    fitted = model(known.X, known.segment)
    level = fitted.sum() / known.margin.sum() / _money_ratios(fitted, known.margin, rng, draws)
    low, high = np.quantile(_money_ratios(predicted, later.margin, rng, draws) * level, [0.05, 0.95])
    return MarginErrors(
        wins=len(later),
        median_absolute_error=float(np.median(errors)),
        mean_absolute_error=float(errors.mean()),
        baseline_median_absolute_error=float(np.median(others)),
        baseline_mean_absolute_error=float(others.mean()),
        money_ratio=float(predicted.sum() / later.margin.sum()),
        money_ratio_interval=(float(low), float(high)),
    )


def _money_ratios(predicted: Floats, happened: Floats, rng: np.random.Generator, draws: int) -> Floats:
    """Sum of the predicted over the sum of what happened, for bootstrap samples of the wins."""
    counts = rng.multinomial(len(happened), np.full(len(happened), 1 / len(happened)), size=draws)
    ratios: Floats = (counts @ predicted) / (counts @ happened)
    return ratios


def _won(history: History, rows: Index) -> npt.NDArray[np.bool_]:
    """Which rows are wins with an amount, each deal counted at its first look only."""
    won: npt.NDArray[np.bool_] = (np.nan_to_num(history.amount[rows]) > 0) & history.first_looks[rows]
    return won


def _wins(value: Value, X: Floats, history: History, won: Index) -> Wins:
    days = history.days
    margin = history.amount[won] * (value.margin_share or 1.0)
    return Wins(X, history.segment[won], margin, None if days is None else days[won])


def _said(value: Value) -> Valuation:
    margin = value.margin_per_win or _ASSUMED
    source = "recipe" if value.margin_per_win else "assumption"
    reason = "the recipe" if value.margin_per_win else "an assumption: set [value] in the recipe"
    note = f"margin of a won deal: {margin:,.0f} ({reason})"
    return Valuation(MarginTable(margin, {}), source, 0, MarginRace("table"), None, note)


def _told(share: float, wins: int, race: MarginRace, errors: MarginErrors | None) -> str:
    note = f"margin of a won deal: {share:.0%} of the amount, by {_NAMES[race.winner]} of {wins} past wins"
    if race.winner == "table" and race.runner_up is not None:
        note += f", which {_NAMES[race.runner_up]} did not beat forward in time"
    if errors is None:
        return note
    low, high = errors.money_ratio_interval
    note += (
        f"; on {errors.wins} later wins the money foreseen over what came is {errors.money_ratio:.2f} "
        f"({low:.2f} to {high:.2f}), the median error {errors.median_absolute_error:,.0f}"
    )
    if race.winner != "table":
        note += f" against {errors.baseline_median_absolute_error:,.0f} by {_NAMES['table']}"
    return note
