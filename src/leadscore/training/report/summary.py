"""Settings and figures of a training as names and single values, by which runs are compared."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Any

from leadscore.decisions.review_result import StructureReview
from leadscore.training.result import AnyResult, CardResult

__all__ = ["metrics_of", "params_of", "review_metrics"]


def params_of(result: AnyResult, seed: int) -> dict[str, Any]:
    """Settings: what was asked for and what was chosen."""
    if isinstance(result, CardResult):
        return {
            "recipe": result.recipe.name,
            "basis": result.basis,
            "structure": result.bundle.structure.name,
            "rules": len(result.bundle.rules.points),
            "data_fingerprint": result.bundle.card["data_fingerprint"],
        }
    recipe, policy = result.recipe, result.bundle.policy
    params = {
        "recipe": recipe.name,
        "seed": seed,
        "currency": recipe.currency,
        "structure": policy.structure.name,
        "period": policy.structure.period,
        "leads_per_period": f"{policy.leads_per_period:g}",
        "features": len(result.bundle.encoder.features),
        "value.source": result.value.source,
        "value.model": result.value.margins.kind,
        "data_fingerprint": result.bundle.card["data_fingerprint"],
    }
    params |= {f"split.{name}": value for name, value in recipe.split.model_dump(mode="json").items()}
    for stage, fitted in result.fitted.items():
        competition, calibrator = fitted.competition, fitted.likelihood.calibrator
        params[f"{stage}.family"] = competition.winner.family
        params[f"{stage}.settings"] = competition.winner.settings
        params[f"{stage}.runner_up"] = competition.runner_up
        params[f"{stage}.calibration"] = f"slope {calibrator.slope:.4g}, intercept {calibrator.intercept:.4g}"
        params[f"{stage}.horizon_days"] = recipe.outcomes[stage].horizon_days
    return params


def metrics_of(result: AnyResult) -> dict[str, float]:
    """Figures that are finite numbers, by dotted names."""
    if isinstance(result, CardResult):
        return {"rows.read": result.rows["read"], "seconds": result.seconds}
    policy = result.bundle.policy
    metrics: dict[str, float] = {f"rows.{name}": count for name, count in result.rows.items()}
    for stage, figures in result.metrics.items():
        metrics |= {f"{stage}.{name}": value for name, value in _flat(figures)}
    if result.value.errors is not None:
        metrics |= {f"value.{name}": value for name, value in _flat(asdict(result.value.errors))}
    metrics |= {f"price_per_hour.{role}": price for role, price in policy.prices.per_hour.items()}
    metrics |= {f"tiers.loss_share.{on}": loss for on, loss in policy.tiers.losses.items() if loss is not None}
    metrics["seconds"] = result.seconds
    return {name: value for name, value in metrics.items() if value is not None and math.isfinite(value)}


def review_metrics(review: StructureReview) -> dict[str, float]:
    """Figures of a structure review by dotted names."""
    metrics = {"today.net_value": review.standing.net}
    for reviewed in review.ranking:
        metrics[f"{reviewed.name}.net_value"] = reviewed.net
        metrics[f"{reviewed.name}.probability_beats_today"] = review.probability(reviewed)
        metrics |= {f"{reviewed.name}.heads.{role}": n for role, n in reviewed.heads.items()}
    fee = review.break_even_fee
    fees = {} if fee is None else {"qualification": fee.qualification, "with_development": fee.with_development}
    return metrics | {f"break_even_fee.{name}": value for name, value in fees.items() if value is not None}


def _flat(figures: Mapping[str, Any]) -> Iterator[tuple[str, float]]:
    for name, value in figures.items():
        if isinstance(value, Mapping):
            yield from ((f"{name}.{inner}", figure) for inner, figure in _flat(value))
        elif name.endswith("_interval"):
            yield from zip((f"{name.removesuffix('_interval')}.{end}" for end in ("low", "high")), value, strict=True)
        elif not isinstance(value, str | list):  # the verdict and the deciles are in train.json
            yield name, value
