from __future__ import annotations

import json
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leadscore.decisions import (
    PRESETS,
    Prospects,
    Tiers,
    TierTable,
    first_touch,
    fit_policy,
    fit_prices,
    fit_tiers,
    net,
    preset,
)
from leadscore.decisions.banding import SMALLEST_SEGMENT


def fit(leads: Prospects, name: str = "three_tier") -> TierTable:
    structure = preset(name)
    economics = first_touch(structure, leads)
    prices = fit_prices(structure, economics, leads.tie, leads_per_period=190)
    return fit_tiers(structure, prices, economics, leads, leads_per_period=190)


@pytest.fixture(scope="module")
def table(simulate) -> TierTable:
    return fit(simulate(5_000))


def assign_one(table: TierTable, p: float, segment: str | None, margin: float) -> tuple[str, str]:
    letter, role = table.assign(np.array([p]), np.array([segment], dtype=object), np.array([margin]))
    return letter[0], role[0]


@given(
    low=st.floats(0, 1),
    high=st.floats(0, 1),
    segment=st.sampled_from(["small", "mid", "enterprise", "unseen", None]),
    margin=st.floats(0, 1e6),
)
def test_a_higher_likelihood_never_has_a_lower_tier(table, low: float, high: float, segment: str | None, margin: float):
    low, high = sorted((low, high))
    assert assign_one(table, high, segment, margin)[0] <= assign_one(table, low, segment, margin)[0]


@settings(max_examples=12)
@given(
    seed=st.integers(0, 100),
    n=st.integers(30, 4_000),
    name=st.sampled_from([*PRESETS]),
    arrivals=st.floats(20, 2_000),
    likelihoods=st.lists(st.floats(0, 1), min_size=2, max_size=20),
    margin=st.floats(0, 1e6),
)
def test_in_any_table_a_higher_likelihood_never_has_a_lower_tier(
    simulate, seed, n, name, arrivals, likelihoods, margin
):
    leads = simulate(n, seed)
    table = fit_policy(preset(name), leads, leads_per_period=arrivals).tiers
    rising = np.sort(likelihoods)
    for segment in ("small", "mid", "enterprise", "unseen", None):
        letters, _ = table.assign(rising, np.full(len(rising), segment, dtype=object), np.full(len(rising), margin))
        assert sorted(letters, reverse=True) == letters.tolist()


def test_the_table_holds_every_lead_once(table, simulate):
    leads = simulate(5_000)
    letters, roles = table.assign(leads.p_close, leads.segment, leads.margin)
    assert sum(row.share for row in table.rows) == pytest.approx(1)
    for tier in {row.tier for row in table.rows}:
        assert sum(row.share for row in table.rows if row.tier == tier) == pytest.approx((letters == tier).mean())
    assert {row.role for row in table.rows} == set(roles)


def test_expected_figures_are_those_of_one_period(table, simulate):
    leads = simulate(5_000)
    structure = preset("three_tier")
    economics = first_touch(structure, leads)
    own = net(economics, fit_prices(structure, economics, leads.tie, leads_per_period=190), leads.tie).argmax(axis=1)
    # A win is what one more unit of margin would bring.
    dearer = first_touch(structure, replace(leads, margin=leads.margin + 1)).value
    chosen = (np.arange(5_000), own)
    won = dearer[chosen] - economics.value[chosen]
    assert sum(row.expected_won for row in table.rows) == pytest.approx(190 * won.mean())
    worked = np.array([bool(path) for path in economics.paths])[own]
    assert sum(row.expected_qualified for row in table.rows) == pytest.approx(190 * (leads.p_qualify * worked).mean())
    assert not worked.all()


def test_bands_meet_without_gap(table):
    for group in table.groups:
        rows = [row for row in table.rows if (row.segment, row.margin_band) == (group.segment, group.margin_band)]
        if rows:
            assert rows[0].to_p_close == 1
            assert rows[-1].from_p_close == 0
            assert [row.from_p_close for row in rows[:-1]] == [row.to_p_close for row in rows[1:]]


def test_no_band_is_under_one_percent_of_its_group(table, simulate):
    leads = simulate(5_000)
    for segment in ("small", "mid", "enterprise"):
        for group in (group for group in table.groups if group.segment == segment):
            margin_low, margin_high = group.margin_from or -np.inf, group.margin_below or np.inf
            own = (leads.segment == segment) & (leads.margin >= margin_low) & (leads.margin < margin_high)
            sizes = np.bincount((leads.p_close[own, None] < np.array(group.cuts)).sum(axis=1))
            assert sizes.min() >= 0.01 * own.sum()


def test_nurture_and_only_nurture_has_the_last_letter(table):
    last = max(row.tier for row in table.rows)
    assert {row.role for row in table.rows if row.tier == last} == {"nurture"}
    assert {row.tier for row in table.rows if row.role == "nurture"} == {last}
    nurture = next(row for row in table.rows if row.role == "nurture")
    assert nurture.reply_within_minutes is None
    assert nurture.price_per_hour == 0


@pytest.mark.parametrize("name", ["three_tier", "four_tier"])
def test_following_the_table_loses_little(name: str, simulate):
    leads = simulate(5_000)
    table = fit(leads, name)
    economics = first_touch(preset(name), leads)
    prices = fit_prices(preset(name), economics, leads.tie, leads_per_period=190)
    by_role = economics.by_first_touch(net(economics, prices, leads.tie))
    names = [*preset(name).roles, "nurture"]
    usual = [names.index(role) for role in table.assign(leads.p_close, leads.segment, leads.margin)[1]]
    taken = by_role[np.arange(len(leads)), usual]
    kept = np.where(np.isfinite(taken), taken, 0).sum() / by_role.max(axis=1).sum()
    assert table.loss_share == pytest.approx(1 - kept)
    assert 0 <= table.loss_share < 0.025


def test_small_segments_and_strangers_share_the_pooled_group(simulate):
    leads = simulate(400)
    table = fit(leads)
    assert (leads.segment == "enterprise").sum() < SMALLEST_SEGMENT
    assert {group.segment for group in table.groups} == {"small", "mid", None}
    for p in (0.001, 0.05, 0.3):
        assert (
            assign_one(table, p, "enterprise", 9e4)
            == assign_one(table, p, "mars", 9e4)
            == assign_one(table, p, None, 9e4)
        )


def test_a_segment_is_parted_by_margin_only_when_it_is_large_and_the_margin_varies(simulate):
    leads = simulate(3_200)
    assert {group.segment: group.margin_band is None for group in fit(leads).groups} == {
        "small": False,
        "mid": True,
        "enterprise": True,
        None: False,
    }
    flat = fit(replace(leads, margin=np.full(3_200, 4_000.0)))
    assert {group.margin_band for group in flat.groups} == {None}


def test_margin_bands_are_told_apart(table):
    bands = [group for group in table.groups if group.segment == "small"]
    assert [band.margin_band.split()[0] == "under" for band in bands] == [True, False, False]
    edge = bands[1].margin_from
    assert bands[0].margin_below == edge
    assert edge == float(f"{edge:.3g}")
    shallow, deep = (bands[0].cuts[-1], bands[1].cuts[-1])
    between = (shallow + deep) / 2
    assert assign_one(table, between, "small", edge) != assign_one(table, between, "small", np.nextafter(edge, 0))


def test_a_group_without_leads_of_its_own_is_not_published(table):
    assert None in {group.segment for group in table.groups}
    assert None not in {row.segment for row in table.rows}


def test_few_leads_make_one_plain_table(simulate):
    table = fit(simulate(40))
    assert {group.segment for group in table.groups} == {None}
    assert sum(row.share for row in table.rows) == pytest.approx(1)


def test_a_table_survives_json(table):
    assert TierTable.from_dict(json.loads(json.dumps(table.to_dict()))) == table


def test_assigning_no_lead_gives_none(table):
    letters, roles = table.assign(np.empty(0), np.empty(0, dtype=object), np.empty(0))
    assert len(letters) == len(roles) == 0


def test_a_table_reads_aloud(table):
    lines = str(table).splitlines()
    assert lines[0].split()[:4] == ["tier", "segment", "margin", "role"]
    assert len(lines) == len(table.rows) + 1
    assert repr(Tiers("AB", cuts=(0.0815,))) == "A >= 8.15 % > B"


@settings(deadline=None, max_examples=10)
@given(seed=st.integers(0, 100), name=st.sampled_from(["three_tier", "four_tier"]))
def test_a_letter_names_one_role(seed: int, name: str, simulate):
    roles: dict[str, str] = {}
    for group in fit(simulate(1_500, seed), name).groups:
        assert list(group.letters) == sorted(group.letters)
        for letter, role in zip(group.letters, group.roles, strict=True):
            assert roles.setdefault(letter, role) == role
