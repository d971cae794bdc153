"""How sure each cut is."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.decisions import Policy, TierRow, TierTable, fit_policy, preset
from leadscore.decisions.cuts import NOBODY, best_bands, best_cuts

ARRIVALS = 190


def fit(leads) -> Policy:
    return fit_policy(preset("three_tier"), leads, leads_per_period=ARRIVALS)


def bands_of(table: TierTable) -> dict[tuple[str | None, str], tuple[float, float]]:
    return {
        (g.segment, role): band for g in table.groups for role, band in zip(g.roles[:-1], g.bands, strict=True) if band
    }


@given(st.data())
def test_bands_whose_order_is_known_are_cut_where_the_best_ones_are(data):
    n, roles = data.draw(st.integers(5, 40)), data.draw(st.integers(1, 3))
    random = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    axis, gains = random.random(n), random.normal(size=(n, roles)) + np.linspace(-1, 1, n)[:, None]
    best = best_bands(axis, gains)
    chosen = np.column_stack([np.zeros(n) if role == NOBODY else gains[:, role] for role in best.roles])
    again = best_cuts(axis, chosen)
    band = (axis[:, None] < best.cuts).sum(axis=1) if best.cuts else np.zeros(n, dtype=int)
    same = (axis[:, None] < again).sum(axis=1)
    rows = np.arange(n)
    assert chosen[rows, same].sum() == pytest.approx(chosen[rows, band].sum())


def test_every_cut_lies_in_its_band_and_the_lowest_band_has_none(simulate):
    table = fit(simulate(5_000)).tiers
    for group in table.groups:
        assert len(group.bands) == len(group.cuts)
        for cut, (low, high) in zip(group.cuts, group.bands, strict=True):
            assert 0 <= low <= cut <= high <= 1
    for row in table.rows:
        assert (row.from_p_close_band is None) == (row.from_p_close == 0)


def test_bands_are_about_as_wide_as_cuts_of_other_leads_lie_apart(simulate):
    """The same company, forty other histories of 800 leads: no segment is parted by margin in any."""
    told = [bands_of(fit(simulate(800, seed)).tiers) for seed in range(6)]
    cuts: dict[tuple[str | None, str], list[float]] = {}
    for seed in range(100, 140):
        for group in fit(simulate(800, seed)).tiers.groups:
            for role, cut in zip(group.roles[:-1], group.cuts, strict=True):
                cuts.setdefault((group.segment, role), []).append(cut)
    for key in [("small", "SDR"), ("small", "ISR"), ("mid", "ISR")]:
        low, high = np.quantile(cuts[key], [0.05, 0.95])
        width = np.mean([bands[key][1] - bands[key][0] for bands in told if key in bands])
        assert 0.5 * (high - low) < width < 2 * (high - low)


def test_bands_narrow_with_leads(simulate):
    few, many = (bands_of(fit(simulate(n)).tiers) for n in (800, 12_000))
    shared = few.keys() & many.keys()
    widths = np.array([[np.ptp(few[key]), np.ptp(many[key])] for key in shared])
    assert widths[:, 1].mean() < 0.7 * widths[:, 0].mean()


def test_of_very_many_leads_some_are_drawn_and_the_bands_are_those_of_all(simulate, monkeypatch):
    whole = fit(simulate(4_000))
    monkeypatch.setattr("leadscore.decisions.price_bands._AT_MOST", 2_000)
    some = fit(simulate(4_000))
    wide, narrow = (np.mean([np.ptp(b) for b in bands_of(p.tiers).values()]) for p in (whole, some))
    assert narrow == pytest.approx(wide, rel=0.5)


def test_bands_survive_json_and_tables_without_them_are_read(simulate):
    policy = fit(simulate(800))
    content = json.loads(json.dumps(policy.to_dict()))
    assert Policy.from_dict(content) == policy
    for group in content["tiers"]["groups"]:
        del group["bands"]
    for row in content["tiers"]["rows"]:
        del row["from_p_close_band"]
    del content["tiers"]["held_out_loss_share"]
    older = Policy.from_dict(content).tiers
    assert {row.from_p_close_band for row in older.rows} == {None}
    assert [row.tier for row in older.rows] == [row.tier for row in policy.tiers.rows]


def test_a_cut_reads_aloud(simulate):
    row = next(row for row in fit(simulate(5_000)).tiers.rows if row.segment == "mid" and row.role == "ISR")
    low, high = row.from_p_close_band or (0, 0)
    assert row.cut_in_words.startswith(
        f"mid, margin {row.margin_band}: tier {row.tier} (ISR) from {row.from_p_close:.2%};"
    )
    assert f"between {low:.2%} and {high:.2%}" in row.cut_in_words
    plain = TierRow.from_dict(row.to_dict() | {"from_p_close_band": None, "segment": None, "margin_band": None})
    assert plain.cut_in_words == f"all leads: tier {row.tier} (ISR) from {row.from_p_close:.2%}"


def test_the_loss_on_other_leads_is_about_that_on_its_own(simulate):
    policy = fit(simulate(5_000))
    assert policy.table_loss(simulate(5_000)) == pytest.approx(policy.tiers.loss_share, rel=1e-6)
    assert 0 <= policy.table_loss(simulate(5_000, seed=9)) < 0.025
