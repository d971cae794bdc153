"""Prices of eight roles' time: seconds and duality gap for 10,000 to 1,000,000 leads, beside HiGHS and others.

The leads are drawn, not learned: three segments, likelihoods of which one in fourteen closes. Twice as many come as the
roles have time for, so that every price is over 0. The peers are the whole linear program by HiGHS' interior point
(10,000 leads), coordinate descent on the dual alone, and cutting planes over all prices and leads without it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
from comparison import Row, compare, run, say
from scipy.optimize import linprog
from scipy.sparse import csr_array, kron, vstack

from leadscore.decisions import Economics, Prospects, Structure, first_touch, fit_prices
from leadscore.decisions.descent import descend
from leadscore.decisions.dual import ROUNDS, SAMPLE, _Planes, _top
from leadscore.decisions.offers import Offers
from leadscore.decisions.prices import offers_of

SIZES, SHORT_SIZES = (10_000, 100_000, 1_000_000), (10_000, 100_000)
ARRIVALS = 400.0
MARGINS = {"small": 2_000.0, "mid": 9_000.0, "enterprise": 40_000.0}


def role(
    name: str, stage: str, heads: float, minutes: float, hours: float, cost: float, **other: Any
) -> dict[str, Any]:
    """A role with its figures, as a table of a structure file."""
    hands_to = [{"to": to, "loss": loss} for to, loss in other.pop("hands_to", {}).items()]
    figures = {"heads": heads, "minutes_per_touch": minutes, "hours_per_period": hours, "cost_per_hour": cost}
    return {"name": name, "stage": stage, "reply_within_minutes": 60, "hands_to": hands_to, **figures, **other}


EIGHT = Structure.model_validate(
    {
        "name": "eight roles",
        "role": [
            role(
                "MDR", "screen", 1, 10, 10, 30, sensitivity=0.92, specificity=0.7, hands_to={"SDR": 0.03, "OUT": 0.05}
            ),
            role("SDR", "qualify", 2, 40, 28, 45, hands_to={"ISR": 0.06, "SAR": 0.06, "FLD": 0.1}),
            role("OUT", "qualify", 1, 45, 20, 0, fee_per_qualified=60, hands_to={"ISR": 0.15}),
            role("ISR", "close", 3, 100, 25, 60),
            role("DESK", "close", 1, 60, 25, 50, eligible={"segments": ["small"]}),
            role("SAR", "close", 2, 540, 25, 95, effect=1.5, eligible={"segments": ["enterprise"]}),
            role("FLD", "close", 1, 300, 25, 80, effect=1.2, eligible={"segments": ["mid", "enterprise"]}),
            role("AM", "grow", 1, 100, 8, 70, effect=1.2, eligible={"customer": True}),
        ],
    }
)


def draw(n: int, seed: int = 0) -> Prospects:
    """Draw leads."""
    random = np.random.default_rng(seed)
    segment = random.choice(np.array(list(MARGINS), dtype=object), n, p=[0.62, 0.28, 0.10])
    p_qualify = random.beta(1.1, 2.6, n)
    p_close = p_qualify * np.clip(random.beta(2, 6, n) * (0.5 + p_qualify), 0, 0.95)
    margin = np.array([MARGINS[name] for name in segment]) * np.exp(random.normal(0, 0.35, n))
    customer, contactable = random.random(n) < 0.08, random.random(n) < 0.95
    return Prospects(p_qualify, p_close, margin, segment, customer, contactable, random.random(n))


def measure(short: bool) -> Iterator[Row]:
    """Rows for each number of leads."""
    for n in SHORT_SIZES if short else SIZES:
        leads = draw(n)
        say(f"{n:,} leads")
        valued, economics = timed(lambda leads=leads: first_touch(EIGHT, leads))
        yield compare(f"{n:,} leads: seconds to value {len(economics.paths)} paths", valued)
        spent, prices = timed(lambda e=economics, t=leads.tie: fit_prices(EIGHT, e, t, leads_per_period=ARRIVALS))
        offers = offers_of(EIGHT, economics, leads.tie, prices.jitter, ARRIVALS)
        best = prices.objective * n / ARRIVALS
        yield compare(f"{n:,} leads: seconds for the prices; goal for 1,000,000", spent, 5.0, at_most=1.0)
        yield compare(f"{n:,} leads: duality gap; goal", prices.duality_gap, 1e-6, at_most=1.0)
        if n <= SAMPLE:
            yield from against_highs(offers, economics, spent, best)
        if n <= 10 * SAMPLE:
            yield from against_others(offers, n, spent, best)


def against_highs(offers: Offers, economics: Economics, spent: float, best: float) -> Iterator[Row]:
    """The whole linear program, one variable per lead and path."""
    say("the whole program by HiGHS")
    n, paths = economics.value.shape
    hours = csr_array(economics.hours.reshape(n * paths, -1).T)
    one_path = kron(identity(n), np.ones((1, paths)))
    value = np.where(economics.eligible, offers.value.T, -1e6).ravel()
    limits = [*np.ones(n), *offers.capacity]
    seconds, solved = timed(
        lambda: linprog(
            -value, A_ub=vstack([one_path, hours]).tocsr(), b_ub=limits, bounds=(0, None), method="highs-ipm"
        )
    )
    yield compare(f"{n:,} leads: seconds / HiGHS interior point", spent, seconds)
    off = abs(best + solved.fun) / -solved.fun
    yield compare(f"{n:,} leads: relative distance of the objective from HiGHS; goal", off, 1e-5, at_most=1.0)


def identity(n: int) -> csr_array:
    """Sparse identity matrix."""
    return csr_array((np.ones(n), (np.arange(n), np.arange(n))))


def against_others(offers: Offers, n: int, spent: float, best: float) -> Iterator[Row]:
    """Each half of our solver on its own."""
    top = _top(offers)
    say("coordinate descent alone")
    seconds, price = timed(lambda: descend(offers, np.zeros(len(top)), top))
    yield compare(f"{n:,} leads: seconds / coordinate descent alone", spent, seconds)
    yield compare(
        f"{n:,} leads: how far coordinate descent alone ends over the optimum", offers.bound(price) / best - 1
    )
    if n <= SAMPLE:
        say("cutting planes alone")
        planes = _Planes(offers.capacity, np.maximum(top / 10, 1e-9), best)
        seconds, _ = timed(lambda: planes.lowest(offers, np.zeros(len(top)), top, 1e-10))
        yield compare(f"{n:,} leads: seconds / cutting planes alone, {ROUNDS} at most", spent, seconds)


def timed(work: Callable[[], Any]) -> tuple[float, Any]:
    """Seconds that a piece of work takes, and its result."""
    begun = time.perf_counter()
    result = work()
    return time.perf_counter() - begun, result


if __name__ == "__main__":
    run(__doc__.splitlines()[0], measure, packages=["leadscore", "numpy", "scipy"])
