"""Three real exports, trained by their recipes as the README says."""

from __future__ import annotations

from pathlib import Path

import pytest

RECIPES = Path(__file__).parents[2] / "training"


@pytest.mark.parametrize(
    ("recipe", "data", "least"), [("xeducation", "xeducation_leads.csv", 0.865), ("olist", "olist", 0.67)]
)
def test_a_real_export_trains(user, shared_data, recipe, data, least):
    ended = user.run("train", RECIPES / f"{recipe}.toml", "--data", shared_data(data), "--json")
    assert ended.code == 0, ended.err
    close = ended.json["stages"]["close"]
    assert ended.json["stages"]["qualify"] is None
    assert close["roc_auc"] >= least
    worse = close["log_loss"] - close["baseline"]["log_loss"]
    assert worse <= max(0.5 * close["log_loss_difference_se"], 0.003)
    assert [row["role"] for row in ended.json["tiers"]][-1] == "nurture"


def test_columns_that_tell_nothing_are_refused(user, shared_data):
    ended = user.run("train", RECIPES / "crm_opportunities.toml", "--data", shared_data("crm_opportunities"), "--quiet")
    assert ended.code == 4
    assert "no signal" in ended.last_line
    assert "lower bound" in ended.last_line
    assert not (user.home / "models").exists()
