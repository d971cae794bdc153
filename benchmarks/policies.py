"""Who gets which lead: cut-offs, quantile tiers and prices over a month of leads, beside two optima.

A model is trained on two years of synthetic leads; later leads come from the same market, with estimated likelihoods
for the policies and true ones to count by. About 3,000 leads a month meet a four-tier organisation whose hours bind by
the week. One optimum knows each week's leads beforehand by the same estimates, the other by the truth. Quantile tiers
are given the best chance: their shares are those that would have brought most in the month before. Last, leads are
scored again every night, with and without a memory for roles.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from comparison import Row, compare, run, say
from policy_month import DAYS, Books, Market, Month, Wishes, nightly_prices, static_prices

from leadscore.data.synthetic import simulate, write_sample
from leadscore.decisions import Earlier, Policy, Prospects, first_touch, fit_prices, preset
from leadscore.decisions.prospects import shift_odds
from leadscore.models.bundle import Bundle
from leadscore.scoring import tie_break
from leadscore.scoring.frames import from_frame
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Search, load_recipe

Floats = npt.NDArray[np.float64]
Positions = npt.NDArray[np.intp]

SEEDS, SHORT_SEEDS = range(8), range(1)
A_DAY = 3_000 / DAYS
STRUCTURE = "four_tier"
TIMES = 3.0
"""Heads of the preset's, which fit 190 leads a week."""
AGES = range(7, 21)
"""Ages in days at which leads are scored again."""


@dataclass(frozen=True)
class Scenario:
    """What is different in the month from the one before."""

    volume: float = 1.0
    mix: Mapping[str, float] | None = None
    strength: Mapping[str, float] | None = None


SCENARIOS = {
    "stationary": Scenario(),
    "volume +40 %": Scenario(volume=1.4),
    "volume -30 %": Scenario(volume=0.7),
    "mix shift": Scenario(mix={"small": 0.7, "mid": 1.4, "enterprise": 1.8}),
    "SDR at half strength": Scenario(strength={"SDR": 0.5}),
}


def measure(short: bool) -> Iterator[Row]:
    """Rows for each scenario and policy, and for leads that are scored again."""
    say("training the model that estimates")
    bundle = train()
    say("scoring the leads that come")
    market = market_of(bundle)
    for name, scenario in SCENARIOS.items():
        say(name)
        months = [draw(market, scenario, seed) for seed in (SHORT_SEEDS if short else SEEDS)]
        by_estimates, by_truth = (
            sum(month.optimum(economics) for month in months) for economics in (market.seen, market.happens)
        )
        yield compare(f"{name}: optimum of the same estimates / that of the truth", by_estimates, by_truth)
        for policy, decide in POLICIES.items():
            worth = sum(month.worth(market.happens, decide(month)) for month in months)
            least = 0.94 if decide is nightly_prices else None
            yield compare(f"{name}: {policy} / optimum of the same estimates", worth, by_estimates, at_least=least)
            yield compare(f"{name}: {policy} / optimum of the truth", worth, by_truth)
    yield from scored_again(bundle, short)


def train() -> Bundle:
    """A model of leads at several ages, for those that are scored again."""
    with tempfile.TemporaryDirectory() as name:
        write_sample(Path(name), n_leads=20_000)
        recipe = load_recipe(Path(name) / "sample.toml")
        lead = recipe.lead.model_copy(update={"moments": (0, 1, 7, 30)})
        recipe = recipe.model_copy(update={"lead": lead, "search": Search(trials=2)})
        return fit_bundle(recipe, now=datetime(2026, 11, 1, tzinfo=UTC)).bundle


def market_of(bundle: Bundle) -> Market:
    """Twenty thousand leads that the model has not seen."""
    funnel = simulate(20_000, seed=1)
    log = funnel.activities.set_axis(["lead", "type", "at"], axis=1)
    estimated = seen_by(bundle, funnel.leads, log, funnel.leads["Created"])
    p_qualify, p_close = (funnel.truth[name].to_numpy() for name in ("p_qualify", "p_close"))
    heads = {f"{role.name}.heads": TIMES * role.heads for role in preset(STRUCTURE).role}
    return Market(preset(STRUCTURE).with_(heads), estimated, replace(estimated, p_qualify=p_qualify, p_close=p_close))


def seen_by(bundle: Bundle, frame: pd.DataFrame, log: pd.DataFrame, at: pd.Series) -> Prospects:
    """The leads as the model sees them at these moments."""
    inputs = from_frame(bundle, frame, activities=log, at=at, created=frame["Created"])
    p_qualify, p_close = bundle.likelihoods(inputs.X)
    margin = bundle.margins(inputs.X, inputs.segment)
    return Prospects(
        p_qualify, p_close, margin, inputs.segment, inputs.customer, inputs.contactable, tie_break(inputs.ids)
    )


def draw(market: Market, scenario: Scenario, seed: int) -> Month:
    """Draw the leads of a month and of the one before."""
    random, segment = np.random.default_rng(seed), market.estimated.segment
    usual = np.ones(len(segment))
    weight = usual if scenario.mix is None else np.array([scenario.mix.get(name, 1.0) for name in segment])
    before, before_day = market.draw(A_DAY, usual, random)
    leads, day = market.draw(A_DAY * scenario.volume, weight, random)
    strength = scenario.strength or {}
    capacity = market.capacity * [strength.get(role, 1.0) for role in market.structure.roles]
    return Month(market, before, before_day, leads, day, capacity)


LADDER = (("ISR", "SAR", "AM"), ("SDR", "ISR", "SAR", "AM"), ("MDR", "SDR", "ISR", "SAR", "AM"))
"""Roles of the tiers from the top; the first that may take the lead does. Who is in no tier is nurtured."""


def tiered(month: Month, score: Floats, cuts: Iterable[float], *, cascades: bool) -> Positions:
    """Tiers by cut-offs of a score: the best leads to who closes, the next to who qualifies, then to who screens."""
    market = month.market
    firsts = np.array([path[0] if path else "" for path in market.seen.paths], dtype=object)
    value, limits = market.seen.value, np.array([*cuts])

    def path_of(lead: int, rung: int) -> list[int]:
        for role in LADDER[rung] if rung else [LADDER[0]]:
            own = np.flatnonzero(np.isin(firsts, role) & np.isfinite(value[lead]))
            if len(own):
                return [int(own[value[lead, own].argmax()])]
        return []

    def wishes(leads: Positions, _day: int, _left: Floats) -> Wishes:
        rungs = (score[leads, None] < limits).sum(axis=1).tolist()
        spill = len(LADDER) if cascades else 1
        return [
            [path for rung in range(own, min(own + spill, len(LADDER))) for path in path_of(lead, rung)]
            for lead, own in zip(leads.tolist(), rungs, strict=True)
        ]

    return Books(month).run(wishes)


def fixed(month: Month) -> Positions:
    """80/60/40 on the likelihood to qualify, as points out of 100."""
    return tiered(month, month.market.estimated.along("p_qualify"), (0.8, 0.6, 0.4), cascades=False)


def percentile(month: Month) -> Positions:
    """80/60/40 on the percentile of the likelihood to close, by last month's leads."""
    score = month.market.estimated.along("p_close")
    return tiered(month, score, np.quantile(score[month.before], (0.8, 0.6, 0.4)), cascades=False)


def quantiles(score_of: Callable[[Prospects], Floats], *, cascades: bool) -> Callable[[Month], Positions]:
    """Tiers of the shares that would have brought most last month, by the estimates."""

    def decide(month: Month) -> Positions:
        score, past = score_of(month.market.estimated), month.past

        def cuts(shares: tuple[float, ...]) -> Floats:
            return np.quantile(score[month.before], np.maximum(1 - np.cumsum(shares), 0.0))

        def brought(shares: tuple[float, ...]) -> float:
            return past.worth(month.market.seen, tiered(past, score, cuts(shares), cascades=cascades))

        return tiered(month, score, cuts(max(SHARES, key=brought)), cascades=cascades)

    return decide


SHARES = [*product((0.02, 0.05, 0.1, 0.2), (0.1, 0.2, 0.35), (0.0, 0.2))]


def expected_value(leads: Prospects) -> Floats:
    """Likelihood to close times margin."""
    return leads.along("p_close") * leads.margin


POLICIES: Mapping[str, Callable[[Month], Positions]] = {
    "fixed 80/60/40 of 100 x P(qualify)": fixed,
    "fixed 80/60/40 of the percentile": percentile,
    "quantile tiers on P(close)": quantiles(lambda leads: leads.along("p_close"), cascades=False),
    "quantile tiers on expected value": quantiles(expected_value, cascades=False),
    "cascading quantile tiers": quantiles(expected_value, cascades=True),
    "static prices": static_prices,
    "nightly prices": nightly_prices,
}


def scored_again(bundle: Bundle, short: bool) -> Iterator[Row]:
    """Leads that are scored again every night, at prices of 3,000 leads of which 30 are others each night."""
    say("leads that are scored again every night")
    funnel, random = simulate(20_000, seed=2), np.random.default_rng(0)
    frame = funnel.leads.tail(500 if short else 2_000).reset_index(drop=True)
    log = funnel.activities.set_axis(["lead", "type", "at"], axis=1)
    log = log[log["lead"].isin(set(frame["Lead ID"]))]
    nights = [seen_by(bundle, frame, log, frame["Created"] + pd.Timedelta(days=age)) for age in AGES]
    window, policies = random.integers(0, len(bundle.reference), 3_000), []
    for _ in nights:
        window = np.concatenate([window[30:], random.integers(0, len(bundle.reference), 30)])
        policies.append(repriced(bundle.policy, bundle.reference.take(window)))
    for what, leads in {
        "only prices move": [nights[0]] * len(nights),
        "likelihoods flicker by 10 % of their odds": [flickering(nights[0], random) for _ in nights],
        "a week-old lead ages to three weeks": nights,
    }.items():
        held, free, lost = changes(policies, leads)
        yield compare(f"{what}: share of leads a night that change role, with a memory / without", held, free)
        yield compare(f"{what}: share of the net value that the memory loses; goal", lost, 0.005, at_most=1.0)


def flickering(leads: Prospects, random: np.random.Generator) -> Prospects:
    """The same leads with slightly other likelihoods."""
    q = leads.along("p_qualify")
    p_qualify = shift_odds(q, np.exp(random.normal(0, 0.1, len(leads))))
    return replace(leads, p_qualify=p_qualify, p_close=leads.along("p_close") * p_qualify / q)


def changes(policies: Iterable[Policy], nights: Iterable[Prospects]) -> tuple[float, float, float]:
    """Mean share of the leads that change role each night, with a memory and without, and the net value it loses."""
    earlier, before, found = None, None, []
    for policy, leads in zip(policies, nights, strict=True):
        free, held = policy.decide(leads), policy.decide(leads, earlier)
        if earlier is not None:
            shares = np.mean(held.role != earlier.role), np.mean(free.role != before)
            found.append((*shares, free.net.sum() - held.net.sum(), free.net.sum()))
        earlier, before = Earlier(held.role, leads.along("p_qualify"), leads.along("p_close")), free.role
    held_share, free_share, lost, best = np.mean(found, axis=0).tolist()
    return held_share, free_share, lost / best


def repriced(policy: Policy, leads: Prospects) -> Policy:
    """The policy at the prices that these leads give."""
    economics = first_touch(policy.structure, leads)
    prices = fit_prices(policy.structure, economics, leads.tie, leads_per_period=policy.leads_per_period)
    return replace(policy, prices=prices)


if __name__ == "__main__":
    run(__doc__.splitlines()[0], measure, packages=["leadscore", "numpy", "pandas", "scikit-learn", "scipy"])
