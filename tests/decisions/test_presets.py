from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leadscore.decisions import PRESETS, fit_policy, preset, read_structure
from leadscore.errors import StructureError


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(StructureError, match=r"'two_tier'.*three_tier, four_tier, outsourced, am_growth"):
        preset("two_tier")


@pytest.mark.parametrize("name", PRESETS)
def test_every_role_of_a_preset_gets_work(name: str, simulate):
    leads = simulate(5_000)
    policy = fit_policy(preset(name), leads, leads_per_period=190)
    choices = policy.decide(leads)
    worked = {role for path in choices.path for role in policy.paths[path]}
    assert worked == set(preset(name).roles)
    assert 0.1 < np.mean(choices.role == "nurture") < 0.9


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_short_of_somebodys_time(name: str, simulate):
    policy = fit_policy(preset(name), simulate(5_000), leads_per_period=190)
    assert max(policy.prices.per_hour.values()) > 0
    assert min(policy.prices.load.values()) > 0.5


def test_an_account_manager_who_grows_accounts_keeps_won_ones_and_engages_closing_roles(simulate):
    leads = simulate(5_000)
    policy = fit_policy(preset("am_growth"), leads, leads_per_period=190)
    taken = {policy.paths[path] for path in policy.decide(leads).path}
    assert {path for path in taken if path[-1:] == ("AM",) and len(path) > 1}
    assert {("AM",)} < {path for path in taken if path[:1] == ("AM",)}


def test_a_name_that_ends_in_toml_is_a_file(tmp_path: Path):
    (tmp_path / "ours.toml").write_text(preset("paired").to_toml(), encoding="utf-8")
    assert read_structure(str(tmp_path / "ours.toml")) == read_structure("paired")
