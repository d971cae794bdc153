"""What a training gives back: the Bundle, the figures, and how both are shown."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any, TypeAlias

import numpy as np
import pandas as pd

from leadscore.data.examination import Examination
from leadscore.data.history import History
from leadscore.data.inference import Excluded
from leadscore.data.outcomes import Stage
from leadscore.errors import Refused
from leadscore.models.bundle import Bundle, CardBundle
from leadscore.scoring.decision import Basis
from leadscore.training.evaluation import StageEvaluation
from leadscore.training.fitting import FittedStage
from leadscore.training.recipe import Recipe
from leadscore.training.valuation import Valuation

__all__ = ["AnyResult", "CardResult", "Registered", "TrainingResult"]


@dataclass(frozen=True, slots=True)
class Registered:
    """Where a trained model lies in the registry.

    Parameters
    ----------
    run_id
        MLflow run.
    model
        URI such as ``models:/leadscore/3``.
    aliases
        Aliases that point at this version.
    gates
        What each check before a promotion said; empty when none was made.
    """

    run_id: str
    model: str
    aliases: tuple[str, ...]
    gates: Mapping[str, str]


@dataclass(frozen=True, slots=True, eq=False)
class TrainingResult:
    """A trained model and everything that was measured.

    Parameters
    ----------
    recipe
        What was asked for.
    bundle
        Everything needed to score.
    fitted
        Competitions and estimators by stage.
    evaluation
        Figures on the last stretch of time by stage.
    value
        Where the margins of won deals come from, and how far they are off.
    rows
        ``read``, ``fit``, ``calibrate``, ``test``.
    excluded
        Columns of the export that the model does not use.
    warnings
        What a user should know, in sentences.
    test
        The leads of the test stretch.
    left_out
        Rows of the export that are no lead to learn from, each with its line and the reason.
    seconds
        How long it took.
    registered
        Where the model lies; None when it was not registered.
    examination
        What was found out about the columns; None where no history was audited.
    measured
        The model that the figures are of, where the registered one was moved forward to the newest leads.
    """

    recipe: Recipe
    bundle: Bundle
    fitted: Mapping[Stage, FittedStage]
    evaluation: Mapping[Stage, StageEvaluation]
    value: Valuation
    rows: Mapping[str, int]
    excluded: tuple[Excluded, ...]
    warnings: tuple[str, ...]
    test: History
    left_out: pd.DataFrame
    seconds: float
    registered: Registered | None = None
    examination: Examination | None = None
    measured: Bundle | None = None

    def with_registration(
        self, registered: Registered, seconds: float, remarks: tuple[str, ...] = ()
    ) -> TrainingResult:
        """The same result, registered."""
        return replace(self, registered=registered, seconds=seconds, warnings=(*self.warnings, *remarks))

    @property
    def basis(self) -> Basis:
        """What replies rest on."""
        return "model"

    @property
    def model(self) -> str | None:
        """URI of the registered model."""
        return None if self.registered is None else self.registered.model

    @property
    def metrics(self) -> dict[str, dict[str, Any]]:
        """Figures by stage."""
        return {stage: e.to_dict() for stage, e in self.evaluation.items()}

    @property
    def tiers(self) -> pd.DataFrame:
        """The tier table; the ends of each cut's band in two columns."""
        rows = self.bundle.policy.tiers.rows
        frame = pd.DataFrame([asdict(row) for row in rows]).drop(columns="from_p_close_band")
        bands = [row.from_p_close_band or (None, None) for row in rows]
        frame[["from_p_close_low", "from_p_close_high"]] = np.array(bands, dtype=float)
        return frame

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in ``train --json``."""
        registered = self.registered
        stages: dict[str, Any] = {"qualify": None, "close": None}
        stages |= {stage: self._stage(stage) for stage in self.evaluation}
        return {
            "recipe": self.recipe.name,
            "basis": self.basis,
            "reason": None,
            "run_id": registered and registered.run_id,
            "model": self.model,
            "aliases": list(registered.aliases) if registered else [],
            "gates": dict(registered.gates) if registered else {},
            "rows": dict(self.rows),
            "stages": stages,
            "value": self.value.to_dict(),
            "tiers": [asdict(row) for row in self.bundle.policy.tiers.rows],
            "prices": dict(self.bundle.policy.prices.per_hour),
            "price_bands": {role: list(band) for role, band in self.bundle.policy.prices.band.items()},
            "table_loss": self.bundle.policy.tiers.losses,
            "excluded": [{"column": e.column, "verdict": e.verdict, "reason": e.reason} for e in self.excluded],
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 2),
        }

    def _stage(self, stage: Stage) -> dict[str, Any]:
        competition, move = self.fitted[stage].competition, self.fitted[stage].move
        interval = competition.difference_interval
        return {
            "family": competition.winner.family,
            "settings": competition.winner.settings,
            "runner_up": competition.runner_up and str(competition.runner_up),
            "difference_interval": None if interval is None else list(interval),
            "searched": competition.searched,
            "newest": competition.newest and asdict(competition.newest),
            "move": move and asdict(move),
            "calibrated_by": competition.calibration,
            "calibration": self.fitted[stage].likelihood.calibrator.to_dict(),
            "horizon_days": self.bundle.card["horizon_days"][stage],
            "segments": [asdict(verdict) for verdict in competition.segments],
            "calibration_by_segment": self._lines(stage),
            **self.evaluation[stage].to_dict(),
        }

    def _lines(self, stage: Stage) -> dict[str, dict[str, float]]:
        """Slope and intercept of each segment that is calibrated by itself."""
        lines = self.fitted[stage].lines
        if lines is None:
            return {}
        names = self.bundle.encoder.features[lines.column].labels
        return {names[code]: {"slope": a, "intercept": b} for code, (a, b) in lines.lines.items()}


@dataclass(frozen=True, slots=True, eq=False)
class CardResult:
    """The points card that stands in for a model, and why there is none.

    Parameters
    ----------
    recipe
        What was asked for.
    bundle
        Everything needed to score by the rules.
    refusal
        Why training refused.
    rows
        ``read``; 0 for ``fit``, ``calibrate`` and ``test``.
    warnings
        What a user should know, in sentences.
    seconds
        How long it took.
    registered
        Where the card lies; None when it was not registered.
    """

    recipe: Recipe
    bundle: CardBundle
    refusal: Refused
    rows: Mapping[str, int]
    warnings: tuple[str, ...]
    seconds: float
    registered: Registered | None = None

    def with_registration(self, registered: Registered, seconds: float, remarks: tuple[str, ...] = ()) -> CardResult:
        """The same result, registered."""
        return replace(self, registered=registered, seconds=seconds, warnings=(*self.warnings, *remarks))

    @property
    def basis(self) -> Basis:
        """What replies rest on."""
        return "rules"

    @property
    def model(self) -> str | None:
        """URI of the registered card."""
        return None if self.registered is None else self.registered.model

    @property
    def left_out(self) -> pd.DataFrame:
        """Rows that were not learned from: none, since nothing was."""
        return pd.DataFrame()

    @property
    def tiers(self) -> pd.DataFrame:
        """The tiers of the card."""
        return pd.DataFrame(self.bundle.tier_rows)

    def to_dict(self) -> dict[str, Any]:
        """JSON form, with the keys of a model's; nothing was measured."""
        registered = self.registered
        return {
            "recipe": self.recipe.name,
            "basis": self.basis,
            "reason": {"error": type(self.refusal).__name__, "text": str(self.refusal)},
            "run_id": registered and registered.run_id,
            "model": self.model,
            "aliases": list(registered.aliases) if registered else [],
            "gates": dict(registered.gates) if registered else {},
            "rows": dict(self.rows),
            "stages": {"qualify": None, "close": None},
            "value": None,
            "tiers": self.bundle.tier_rows,
            "prices": {},
            "price_bands": {},
            "table_loss": None,
            "excluded": [],
            "warnings": list(self.warnings),
            "seconds": round(self.seconds, 2),
        }


AnyResult: TypeAlias = TrainingResult | CardResult
"""A model, or the points card that stands in for one."""
