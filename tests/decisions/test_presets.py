from __future__ import annotations

import pytest

from leadscore.decisions import PRESETS, fit_policy, preset
from leadscore.errors import StructureError


def test_an_unknown_preset_lists_the_known_ones():
    with pytest.raises(StructureError, match=r"'two_tier'.*three_tier, four_tier"):
        preset("two_tier")


@pytest.mark.parametrize("name", PRESETS)
def test_every_role_of_a_preset_gets_a_share_of_the_leads(name: str, simulate):
    leads = simulate(5_000)
    policy = fit_policy(preset(name), leads, leads_per_period=190)
    roles = policy.decide(leads).role.tolist()
    for role in preset(name).roles:
        assert roles.count(role) > 0.01 * len(leads), role
    assert 0.1 < roles.count("nurture") / len(leads) < 0.5


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_short_of_somebodys_time(name: str, simulate):
    policy = fit_policy(preset(name), simulate(5_000), leads_per_period=190)
    assert policy.prices.per_hour["ISR"] > 0
    assert min(policy.prices.load.values()) > 0.5
