"""The gates before a champion: what must hold of a model before it may score real leads."""

from __future__ import annotations

import tempfile
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import numpy.typing as npt

from leadscore.errors import BundleError, GateFailed
from leadscore.models.bundle import AnyBundle, load_bundle, save_bundle
from leadscore.models.registry import CHALLENGER, CHAMPION, Registry, Version
from leadscore.training.result import CardResult, TrainingResult

__all__ = ["CANNOT_TELL", "PASSED", "gates", "gates_again", "is_card", "passed", "promote", "recorded", "tags_of"]

Floats = npt.NDArray[np.float64]

PASSED = "passed"
CANNOT_TELL = "cannot tell"

_TOLERANCE = 1e-9
_ROWS = 500


def gates(result: TrainingResult | CardResult) -> dict[str, str]:
    """Look at a trained model, or a points card, before it is registered.

    Returns
    -------
    dict
        For ``signal``, ``calibration``, ``parity`` and ``golden``: ``passed``, ``cannot tell``, or a sentence that
        says why it failed. A points card claims nothing that could be measured: ``golden`` only.
    """
    if isinstance(result, CardResult):
        return {"golden": _golden(result.bundle)}
    return {
        "signal": _signal(result),
        "calibration": _calibration(result),
        "parity": _parity(result),
        "golden": _golden(result.bundle),
    }


def gates_again(version: Version, bundle: AnyBundle) -> dict[str, str]:
    """The gates of a version for the same model under other prices and tiers.

    Signal, calibration and parity are of the likelihoods, which stay; only the golden rows are scored again. Where none
    were recorded, none are made up.
    """
    verdicts = recorded(version)
    return verdicts and {**verdicts, "golden": _golden(bundle)}


def passed(verdicts: Mapping[str, str]) -> bool:
    """Whether no gate failed; one that cannot tell does not stand in the way.

    Examples
    --------
    >>> passed({"signal": "passed", "calibration": "cannot tell"}), passed({"signal": "[close]: 0.49"})
    (True, False)
    """
    return all(verdict in (PASSED, CANNOT_TELL) for verdict in verdicts.values())


def tags_of(verdicts: Mapping[str, str]) -> dict[str, str]:
    """The tags of a version that keep its gates."""
    return {f"gate.{name}": verdict for name, verdict in verdicts.items()}


def recorded(version: Version) -> dict[str, str]:
    """The gates that were recorded with a version."""
    return {k.removeprefix("gate."): verdict for k, verdict in version.tags.items() if k.startswith("gate.")}


def promote(registry: Registry, model: str = CHALLENGER, *, force: bool = False) -> int:
    """Make a version the champion, if it passed its gates.

    Parameters
    ----------
    registry
        Where it lies.
    model
        ``challenger``, a version number, or a URI of the registered model.
    force
        Also past failed gates, and in place of another recipe's champion.

    Returns
    -------
    int
        Number of the version.

    Raises
    ------
    GateFailed
        A gate failed or none was recorded, the champion was trained by another recipe, or a points card would replace
        a model.
    """
    version = registry.version(model)
    if not force:
        _check_gates(version)
        champion = next((v for v in registry.versions() if CHAMPION in v.aliases), None)
        if champion is not None:
            _check_recipe(version, champion)
            _check_basis(version, champion)
    return registry.promote(str(version.number))


def _check_gates(version: Version) -> None:
    verdicts = recorded(version)
    if not verdicts:
        raise GateFailed(
            f"version {version.number} has no recorded gates, so nothing says that it is sound. Train it with "
            "leadscore, or promote it all the same: leadscore promote --force"
        )
    if not passed(verdicts):
        failed = "; ".join(f"{name}: {v}" for name, v in verdicts.items() if v not in (PASSED, CANNOT_TELL))
        raise GateFailed(
            f"version {version.number} did not pass its gates ({failed}). Train again on better data, or promote it "
            f"all the same: leadscore promote {version.number} --force"
        )


def is_card(version: Version) -> bool:
    """Whether a version is a points card."""
    return version.tags.get("basis") == "rules"


def _check_basis(version: Version, champion: Version) -> None:
    if is_card(version) and not is_card(champion):
        raise GateFailed(
            f"version {version.number} is a points card and the champion, version {champion.number}, a model: rules "
            f"stand in for a model and do not replace one. Do it all the same: leadscore promote {version.number} "
            "--force"
        )


def _check_recipe(version: Version, champion: Version) -> None:
    theirs, ours = champion.tags.get("recipe"), version.tags.get("recipe")
    if theirs != ours:
        raise GateFailed(
            f"version {version.number} was trained by the recipe {ours!r}, and the champion by {theirs!r}: a service "
            f"would get another kind of lead than it knows. Keep them apart with `leadscore train --registry-name "
            f"NAME`, or replace it: leadscore promote {version.number} --force"
        )


def _signal(result: TrainingResult) -> str:
    low = {s: e.measures.signal_bound for s, e in result.evaluation.items() if not e.measures.signal_bound > 0.5}
    if not low:
        return PASSED
    return "; ".join(f"[{s}]: lower bound of the ROC AUC {bound:.3f}, at or under 0.5" for s, bound in low.items())


def _calibration(result: TrainingResult) -> str:
    refuted = {stage: e.measures.calibration_refuted for stage, e in result.evaluation.items()}
    wrong = [stage for stage, verdict in refuted.items() if verdict]
    if wrong:
        return "; ".join(
            f"[{s}]: mean likelihood {result.evaluation[s].mean:.1%}, {result.evaluation[s].base_rate:.1%} happened"
            for s in wrong
        )
    return CANNOT_TELL if None in refuted.values() else PASSED


def _parity(result: TrainingResult) -> str:
    frame, encoder = result.test.frame.head(_ROWS), result.bundle.encoder
    fast = result.bundle.likelihoods(encoder.encode(frame.to_dict("records")))
    X = encoder.encode_frame(frame)
    slow: dict[str, Floats] = {stage: fitted.sklearn_path(X) for stage, fitted in result.fitted.items()}
    if len(slow) == 2:
        slow["close"] = slow["qualify"] * slow["close"]
    apart = [_apart(one, slow.get(stage)) for one, stage in zip(fast, ("qualify", "close"), strict=True)]
    if max(apart) <= _TOLERANCE:
        return PASSED
    return f"the scorer and scikit-learn differ by up to {max(apart):.2g} on {len(frame)} leads"


def _apart(one: Floats | None, other: Floats | None) -> float:
    if one is None or other is None:
        return 0.0 if one is other else np.inf
    return float(np.abs(one - other).max(initial=0.0))


def _golden(bundle: AnyBundle) -> str:
    with tempfile.TemporaryDirectory(prefix="leadscore-") as scratch:
        try:
            load_bundle(save_bundle(bundle, Path(scratch) / "bundle"))
        except BundleError as error:
            return f"saved and loaded again, the model says something else: {error}".replace(scratch, "")
    return PASSED
