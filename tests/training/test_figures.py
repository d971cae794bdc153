"""Figures and tables of a training: drawn without global state, readable without colour."""

from __future__ import annotations

import sys
from io import StringIO

import numpy as np
import pytest
from rich.console import Console

from leadscore.decisions import preset, preview
from leadscore.training.report import (
    audit_figure,
    calibration_figure,
    excluded_line,
    gain_figure,
    moved_table,
    stage_table,
    tier_figure,
    tier_table,
)


def printed(table, width=100):
    out = StringIO()
    Console(file=out, width=width, no_color=True).print(table)
    return out.getvalue()


@pytest.fixture
def outcomes():
    rng = np.random.default_rng(0)
    p = rng.beta(1, 8, 2000)
    return p, (rng.random(2000) < p).astype(float)


def test_calibrated_likelihoods_lie_in_their_bands(outcomes):
    above, below = calibration_figure(*outcomes, "P(close)").axes
    [bands] = above.collections
    ends = np.array([segment[:, 1] for segment in bands.get_segments()])
    happened = above.lines[1].get_ydata()
    inside = (ends[:, 0] <= happened) & (happened <= ends[:, 1])
    assert inside.sum() >= 8
    assert sum(bar.get_height() for bar in below.patches) > 1900


def test_likelihoods_that_are_twice_too_high_do_not(outcomes):
    p, y = outcomes
    above, _ = calibration_figure(np.minimum(2 * p, 0.99), y, "P(close)").axes
    low = np.array([segment[0, 1] for segment in above.collections[0].get_segments()])
    assert (above.lines[1].get_ydata() < low).sum() >= 8


def test_gain_counts_what_the_best_leads_hold():
    p, y = np.array([0.9, 0.8, 0.2, 0.1]), np.array([1.0, 0.0, 1.0, 0.0])
    [axes] = gain_figure(p, y, "P(close)").axes
    assert axes.lines[1].get_ydata().tolist() == [0, 0.5, 0.5, 1, 1]


def test_a_weight_counts_like_as_many_leads(outcomes):
    p, y = outcomes
    weight = np.random.default_rng(1).integers(1, 4, len(p))
    repeated = [np.repeat(v, weight) for v in (p, y)]
    [weighted], [plain] = gain_figure(p, y, "", weight=weight.astype(float)).axes, gain_figure(*repeated, "").axes
    at = np.linspace(0, 1, 50)
    curves = [np.interp(at, *axes.lines[1].get_data()) for axes in (weighted, plain)]
    assert np.abs(curves[0] - curves[1]).max() < 0.01
    assert "weighted" in weighted.get_title()


def test_weights_move_what_happened_and_widen_the_bands(outcomes):
    p, y = outcomes
    weight = np.where(y == 1, 4.0, 1.0)
    (above, _), (plain, _) = (
        calibration_figure(p, y, "", weight=weight).axes,
        calibration_figure(p, y, "").axes,
    )
    assert (above.lines[1].get_ydata() >= plain.lines[1].get_ydata()).all()
    heights = [np.mean([s[1, 1] - s[0, 1] for s in axes.collections[0].get_segments()]) for axes in (above, plain)]
    assert heights[0] > heights[1]


def test_each_column_of_the_audit_has_its_mark(sample_result, tmp_path):
    verdicts = sample_result.examination.verdicts
    [axes] = audit_figure(verdicts).axes
    known = {v.column for v in verdicts if v.auc is not None}
    assert {label.get_text() for label in axes.get_yticklabels()} == known
    assert any("BLOCK" in text.get_text() for text in axes.get_legend().get_texts())
    assert len(audit_figure(verdicts, most=3).axes[0].get_yticklabels()) == 3
    audit_figure([]).savefig(tmp_path / "empty.png")


def test_a_likelihood_that_never_differs_is_drawn(tmp_path):
    p, y = np.full(30, 0.2), np.r_[np.ones(6), np.zeros(24)]
    for figure in (calibration_figure(p, y, "P(close)"), gain_figure(p, y, "P(close)")):
        figure.savefig(tmp_path / "flat.png")


def test_every_tier_has_its_bars(sample_result, tmp_path):
    policy = sample_result.bundle.policy
    figure = tier_figure(policy, sample_result.bundle.reference)
    bands, shares = figure.axes
    assert len(bands.patches) == len(policy.tiers.rows)
    assert len(shares.patches) == 2 * len(policy.tiers.rows)
    figure.savefig(tmp_path / "tiers.png")
    assert (tmp_path / "tiers.png").read_bytes().startswith(b"\x89PNG")


def test_pyplot_is_left_alone(outcomes):
    calibration_figure(*outcomes, "P(close)")
    assert "matplotlib.pyplot" not in sys.modules or not sys.modules["matplotlib.pyplot"].get_fignums()


def test_the_tier_table_fits_a_terminal(sample_result):
    policy = sample_result.bundle.policy
    text = printed(tier_table(policy, "EUR"))
    assert max(map(len, text.splitlines())) <= 100
    assert "…" not in text
    for row in policy.tiers.rows:
        assert f"{row.share:.0%}" in text
    for word in ("Role", "Chance", "Won", "EUR", "Reply"):
        assert word in text


def test_the_stage_table_tells_both_stages_beside_plain_logistic_regression(sample_result):
    text = printed(stage_table(sample_result))
    assert "P(qualify)" in text
    assert f"{sample_result.evaluation['close'].baseline['roc_auc']:.3f}" in text


def test_what_moves_is_told(sample_result):
    bundle = sample_result.bundle
    what_if = preview(bundle.policy, bundle.reference, preset("three_tier").with_({"ISR.heads": 0.1}))
    assert "one more hour of ISR would bring" in printed(moved_table(what_if, "EUR"))


def test_columns_that_are_not_used_are_told_with_the_reason(sample_result):
    line = excluded_line(sample_result)
    assert "outcome: " in line
    assert "Sales Rating" in line
