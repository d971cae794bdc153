"""Gates before a champion, and who may replace it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from leadscore.errors import GateFailed, UnknownModel
from leadscore.models.calibration import Calibrator
from leadscore.training.promotion import gates, passed, promote, recorded


def with_measures(result, stage, **changes):
    found = result.evaluation[stage]
    changed = replace(found, measures=replace(found.measures, **changes))
    return replace(result, evaluation={**result.evaluation, stage: changed})


def test_a_sound_model_passes(sample_result):
    verdicts = gates(sample_result)
    assert list(verdicts) == ["signal", "calibration", "parity", "golden"]
    assert passed(verdicts), verdicts
    assert (verdicts["signal"], verdicts["parity"], verdicts["golden"]) == ("passed",) * 3


@pytest.mark.parametrize("bound", [0.5, 0.41, np.nan])
def test_no_signal_fails(sample_result, bound):
    verdicts = gates(with_measures(sample_result, "close", signal_bound=bound))
    assert "[close]" in verdicts["signal"]
    assert not passed(verdicts)


@pytest.mark.parametrize(("refuted", "goes_on"), [(True, False), (None, True), (False, True)])
def test_calibration_fails_only_when_refuted(sample_result, refuted, goes_on):
    result = with_measures(sample_result, "close", calibration_refuted=refuted)
    result = with_measures(result, "qualify", calibration_refuted=False)
    verdict = gates(result)["calibration"]
    assert passed({"calibration": verdict}) is goes_on
    assert (verdict == "cannot tell") is (refuted is None)


def test_a_scorer_that_differs_from_scikit_learn_fails(sample_result):
    fitted = sample_result.fitted["qualify"]
    bent = replace(fitted, likelihood=replace(fitted.likelihood, calibrator=Calibrator(1.0, 1e-6)))
    verdicts = gates(replace(sample_result, fitted={**sample_result.fitted, "qualify": bent}))
    assert "differ by up to" in verdicts["parity"]


def test_a_bundle_that_does_not_come_back_fails(sample_result):
    class Forgetful(Calibrator):
        def to_dict(self):
            return {"slope": 1.0, "intercept": 0.0}

    close = sample_result.bundle.stages["close"]
    stages = {**sample_result.bundle.stages, "close": replace(close, calibrator=Forgetful(0.5, 0.1))}
    verdicts = gates(replace(sample_result, bundle=replace(sample_result.bundle, stages=stages)))
    assert "golden rows" in verdicts["golden"]
    assert not passed(verdicts)


def register(registry, **tags):
    version = registry.version("1")
    with registry.reaching():
        run = registry.client.get_run(version.run_id)
        model_id = run.outputs.model_outputs[0].model_id
    return registry.register(version.location, run_id=version.run_id, model_id=model_id, tags=tags)


def test_promotion_asks_the_recorded_gates(registry):
    assert recorded(registry.version("1")) == dict.fromkeys(("signal", "calibration", "parity", "golden"), "passed")
    number = register(registry, recipe="sample", **{"gate.signal": "[close]: at or under 0.5"})
    with pytest.raises(GateFailed, match=r"signal: \[close\].*--force"):
        promote(registry, "challenger")
    assert registry.resolve("champion") == 1
    assert promote(registry, "challenger", force=True) == number
    assert registry.resolve("champion") == number


def test_a_version_without_gates_is_not_promoted(registry):
    register(registry, recipe="sample")
    with pytest.raises(GateFailed, match="no recorded gates"):
        promote(registry)


def test_a_champion_of_another_recipe_is_not_replaced_silently(registry):
    number = register(registry, recipe="other", **{"gate.signal": "passed"})
    with pytest.raises(GateFailed, match=r"'other'.*'sample'.*--force"):
        promote(registry)
    assert promote(registry, force=True) == number
    assert registry.rollback() == 1


def test_promoting_nothing_says_what_there_is(registry):
    with pytest.raises(UnknownModel, match="versions 1 = challenger = champion"):
        promote(registry, "7")
