"""Figures at several moments of a lead's life."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import log_loss, roc_auc_score

from leadscore.data.history import History, split_history
from leadscore.data.splits import Split
from leadscore.models.bundle import Likelihood
from leadscore.models.calibration import Calibrator, expit
from leadscore.models.likelihood import AdditiveModel
from leadscore.training.moments import measure_by_moment

N = 800
SLOPE = AdditiveModel(0.0, [{"knots": [-9.0, 9.0], "values": [-9.0, 9.0], "missing": 0.0}], [0.0])
STAGE: Any = SimpleNamespace(likelihood=Likelihood(SLOPE, Calibrator()))


def looked_at(make_history: Callable[..., History], *, late: float) -> tuple[np.ndarray, History]:
    """Leads that are looked at when they come; every second one that is lost also after a week."""
    rng = np.random.default_rng(0)
    X = rng.normal(-1, 1, (N, 1))
    y = (rng.random(N) < expit(X[:, 0])).astype(float)
    rows = np.repeat(np.arange(N), np.where((y == 0) & (np.arange(N) % 2 == 0), 2, 1))
    again = np.r_[False, rows[1:] == rows[:-1]]
    history = replace(make_history({"close": y[rows]}), moment=np.where(again, late, 0.0))
    return X[rows], history


def test_a_lead_that_is_looked_at_once_has_one_set_of_figures(make_history: Callable[..., History]) -> None:
    X, history = looked_at(make_history, late=7.0)
    once = history.leads
    assert measure_by_moment(X[history.first_looks], once, split_history(once, Split()), {"close": STAGE}) == {}


def test_each_age_has_its_own_figures_on_the_test_leads(make_history: Callable[..., History]) -> None:
    X, history = looked_at(make_history, late=7.0)
    split = split_history(history, Split())
    first, later = measure_by_moment(X, history, split, {"close": STAGE})["close"]
    y, p = history.labels["close"][split.test], expit(X[split.test, 0])
    assert (first.days, later.days) == (0.0, 7.0)
    assert first.leads == len(split.test)
    assert first.roc_auc == pytest.approx(roc_auc_score(y, p))
    assert first.log_loss == pytest.approx(log_loss(y, p))
    assert (first.mean, first.base_rate) == (pytest.approx(p.mean()), pytest.approx(y.mean()))
    late = np.flatnonzero(~history.first_looks & (np.arange(len(history)) >= split.test[0]))
    assert later.leads == len(late) > 20
    assert later.roc_auc is None
    assert later.base_rate == 0.0
    assert later.mean == pytest.approx(expit(X[late, 0]).mean())


def test_close_is_the_product_of_both_stages(make_history: Callable[..., History]) -> None:
    X, history = looked_at(make_history, late=7.0)
    labels = {"qualify": history.labels["close"], "close": history.labels["close"]}
    history = replace(history, labels=labels)
    found = measure_by_moment(X, history, split_history(history, Split()), {"qualify": STAGE, "close": STAGE})
    assert found["close"][0].mean < found["qualify"][0].mean
