"""What becomes of a synthetic lead: its true likelihoods, the company's past practice, outcomes and their traces.

The truth counts everything that stands between a lead and its outcome: the lead itself, the hand-offs that lose it
and the delays that may carry it past the horizon. It means "if worked by the usual route".
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.special import expit, ndtr, ndtri

from leadscore.data import synthetic_fields as world
from leadscore.data.synthetic_fields import INBOUND, PROSPECTING
from leadscore.data.synthetic_leads import events, shift

__all__ = ["CLOSE_HORIZON", "QUALIFY_HORIZON", "follow_up", "leaks", "likelihoods", "outcomes", "truth"]

Floats = npt.NDArray[np.float64]
Generator = np.random.Generator

QUALIFY_HORIZON: Final = 60
"""Days after creation within which a lead qualifies, or has gone cold and never closes."""
CLOSE_HORIZON: Final = 180
"""Days after creation within which a deal counts as closed."""


@dataclass(frozen=True, slots=True)
class Route:
    """What the first role does to a lead.

    Parameters
    ----------
    days
        Median days from creation to qualification.
    keep_qualify, keep_close
        Share of leads that survive the hand-offs before and after qualification.
    """

    days: float
    keep_qualify: float
    keep_close: float


ROUTES: Final = {
    "MDR": Route(5.0, 0.90, 0.94),
    "SDR": Route(3.5, 1.00, 0.94),
    "OUT": Route(4.5, 0.97, 0.86),
    "AM": Route(3.0, 1.00, 0.98),
}

PRACTICE: Final = {
    INBOUND: (0.50, 0.45, 0.05, 0.0),
    PROSPECTING: (0.0, 0.55, 0.45, 0.0),
    "customer": (0.0, 0.45, 0.0, 0.55),
}
"""How often each of ``ROUTES`` came first in the past; existing customers went their own way."""

CLOSE_DAYS: Final = {"small": 29.0, "mid": 37.0, "enterprise": 52.0}
"""Median days from qualification to close."""
AMOUNT: Final = {"small": 3_500.0, "mid": 15_000.0, "enterprise": 56_000.0}
"""Typical amount of a won deal in EUR, before the product's share."""
PRICE: Final = {"Starter": 0.9, "Team": 1.05, "Analytics": 1.2, "Enterprise Suite": 1.4}
"""Factor on it by product."""

_FIGURES = np.array([(route.days, route.keep_qualify, route.keep_close) for route in ROUTES.values()])

QUALIFY_SPREAD: Final = 0.9
CLOSE_SPREAD: Final = 0.55
UNTOUCHED: Final = 0.02

_PULL = {
    "Channel": world.CHANNELS,
    "Lead Source": {name: level for table in world.SOURCES.values() for name, level in table.items()},
    "Campaign": {name: level for table in world.CAMPAIGNS.values() for name, level in table.items()},
    "Department": world.DEPARTMENTS,
    "Rank": world.RANKS,
    "E-mail Domain": world.DOMAINS,
    "Industry": world.INDUSTRIES,
    "Company Size": world.SIZES,
    "Country": world.COUNTRIES,
    "Product Interest": world.PRODUCTS,
    "Incumbent Vendor": world.INCUMBENTS,
    "Purchase Timeframe": world.TIMEFRAMES,
    "Existing Customer": world.CUSTOMER,
}


def likelihoods(leads: pd.DataFrame, trail: pd.DataFrame, intent: Floats, when: Floats) -> tuple[Floats, Floats]:
    """Chance that a touched lead qualifies, and that a qualified one closes, before losses and delays."""
    inbound = (leads["Channel"] == INBOUND).to_numpy()
    season = 0.14 * np.sin(np.pi * when)  # moves the base rate by a tenth and back
    engaged = np.where(inbound, 1.0, 0.6) * (_engagement(trail, len(leads)) + 0.2 * intent)
    qualify = -1.5 + _pull(leads, "qualify") + 0.5 * _fits(leads) + engaged + season
    close = -1.88 + _pull(leads, "close") + _hump(leads) + _mismatch(leads) + 0.2 * intent
    return expit(qualify), expit(close)


def _pull(leads: pd.DataFrame, stage: str) -> Floats:
    total = np.zeros(len(leads))
    for column, levels in _PULL.items():
        total += leads[column].map({name: getattr(level, stage) for name, level in levels.items()}).fillna(0.0)
    return total


def _engagement(trail: pd.DataFrame, n: int) -> Floats:
    """Pull of the events up to creation: each kind with diminishing returns, and fresh interest counts more."""
    weight = {"web_visit": 0.25, "email_click": 0.3, "content_download": 0.2, "pricing_page": 0.6, "demo_request": 0.9}
    total = np.zeros(n)
    for kind, pull in weight.items():
        total += pull * np.log1p(np.bincount(trail["lead"][trail["Type"] == kind], minlength=n))
    fresh = trail["lead"][(trail["days"] < 0) & (trail["days"] > -2)].unique()
    total[fresh] += 0.3
    return total


def _fits(leads: pd.DataFrame) -> Floats:
    """1 where the lead's department usually buys the product asked for."""
    fit = np.zeros(len(leads))
    for product, buyers in world.BUYERS.items():
        fit += ((leads["Product Interest"] == product) & leads["Department"].isin(buyers)).to_numpy()
    return fit


def _hump(leads: pd.DataFrame) -> Floats:
    """Companies of a few hundred close best; the very small and the very large do not."""
    employees: Floats = leads["Employees"].to_numpy()
    return 0.5 - 0.55 * np.minimum(((np.log(employees) - 5.0) / 2.2) ** 2, 2.5)


def _mismatch(leads: pd.DataFrame) -> Floats:
    """Pull of a product on a company of the size it was made for, or of another."""
    pull = {"small Enterprise Suite": -1.0, "enterprise Starter": -1.2, "enterprise Enterprise Suite": 1.3}
    pair = leads["Company Size"] + " " + leads["Product Interest"]
    return np.array([pull.get(name, 0.0) for name in pair])


def practice(leads: pd.DataFrame) -> Floats:
    """Chance of each of ``ROUTES`` to come first, a row per lead."""
    case = leads["Channel"].mask(leads["Existing Customer"] == "Yes", "customer")
    return np.array([PRACTICE[name] for name in case])


def truth(leads: pd.DataFrame, qualify: Floats, close: Floats) -> pd.DataFrame:
    """Exact likelihoods of qualifying and closing within the horizons, over routes, losses and delays."""
    days, keep_qualify, keep_close = _FIGURES.T
    within = keep_qualify * ndtr(np.log(QUALIFY_HORIZON / days) / QUALIFY_SPREAD)
    in_time = np.array([[_in_time(first, second) for second in CLOSE_DAYS.values()] for first in days])
    won = in_time * (within * keep_close)[:, None]
    share, size = practice(leads), leads["Company Size"].map(list(CLOSE_DAYS).index).to_numpy()
    p_qualify = qualify * (share @ within)
    p_close = qualify * close * (share @ won)[np.arange(len(leads)), size]
    return pd.DataFrame(
        {
            "Lead ID": leads["Lead ID"],
            "p_qualify": p_qualify,
            "p_close_given_qualify": p_close / p_qualify,
            "p_close": p_close,
        }
    )


def _in_time(qualify_days: float, close_days: float) -> float:
    """P(both delays end within the close horizon | the first ends within its own), by quadrature over the first."""
    last = ndtr(np.log(QUALIFY_HORIZON / qualify_days) / QUALIFY_SPREAD)
    middle = (np.arange(2000) + 0.5) / 2000
    first = qualify_days * np.exp(QUALIFY_SPREAD * ndtri(middle * last))
    return float(ndtr(np.log((CLOSE_HORIZON - first) / close_days) / CLOSE_SPREAD).mean())


def outcomes(rng: Generator, leads: pd.DataFrame, qualify: Floats, close: Floats) -> pd.DataFrame:
    """Draw who touched each lead and what came of it, also what has not happened yet."""
    n, created = len(leads), leads["Created"]
    route = (rng.random((n, 1)) > np.cumsum(practice(leads), axis=1)[:, :-1]).sum(axis=1)
    days, keep_qualify, keep_close = _FIGURES[route].T
    touched = rng.random(n) >= UNTOUCHED
    kept = touched & (rng.random(n) < keep_qualify)
    qualified = kept & (rng.random(n) < qualify)
    wait = days * np.exp(QUALIFY_SPREAD * rng.normal(size=n))
    won = qualified & (wait <= QUALIFY_HORIZON) & (rng.random(n) < keep_close * close)
    deal = leads["Company Size"].map(CLOSE_DAYS) * np.exp(CLOSE_SPREAD * rng.normal(size=n))
    return pd.DataFrame(
        {
            "Lead ID": leads["Lead ID"],
            "Worked At": shift(created, wait * rng.uniform(0.05, 0.6, n)).where(touched),
            "First Role": np.where(touched, np.array(list(ROUTES), dtype=object)[route], None),
            "Qualified At": shift(created, wait).where(qualified),
            "Disqualified At": shift(created, 1.5 * wait).where(kept & ~qualified),
            "Closed At": shift(created, wait + deal.to_numpy()).where(won),
            "Amount": _amounts(rng, leads).where(won),
            "Owner": _owners(rng, leads).where(qualified),
        }
    )


def _amounts(rng: Generator, leads: pd.DataFrame) -> pd.Series[Any]:
    typical = leads["Company Size"].map(AMOUNT) * leads["Product Interest"].map(PRICE)
    return (typical * np.exp(0.5 * rng.normal(size=len(leads)))).round(-1)


def _owners(rng: Generator, leads: pd.DataFrame) -> pd.Series[Any]:
    """One of three inside reps of the territory, or of four strategic reps for enterprises."""
    number = rng.random(len(leads))
    inside = leads["Territory"] + " ISR " + pd.Series(1 + np.floor(3 * number)).astype(int).astype(str)
    strategic = "SAR " + pd.Series(1 + np.floor(4 * number)).astype(int).astype(str)
    return inside.mask(leads["Company Size"] == "enterprise", strategic)


def follow_up(rng: Generator, leads: pd.DataFrame, results: pd.DataFrame, intent: Floats) -> pd.DataFrame:
    """Draw the events after creation, marketing's and those of sales work: ``lead``, ``Type``, ``days``."""
    created, everyone = leads["Created"], np.arange(len(leads))
    worked, qualified, won = (_days(results[name] - created) for name in ("Worked At", "Qualified At", "Closed At"))
    touched, met = everyone[~np.isnan(worked)], everyone[~np.isnan(qualified)]
    parts = []
    for kind, mean in {"email_open": 1.0, "email_click": 0.3, "web_visit": 0.8}.items():
        lead = np.repeat(everyone, rng.poisson(mean * np.exp(0.3 * intent)))
        parts.append(events(kind, lead, 20 * rng.exponential(size=len(lead))))
    again = np.repeat(touched, rng.poisson(0.6, len(touched)))
    parts.append(events("call", touched, worked[touched]))
    parts.append(events("call", again, worked[again] + 4 * rng.exponential(size=len(again))))
    meetings = np.repeat(met, 1 + rng.poisson(0.8, len(met)))
    parts.append(events("meeting_held", meetings, qualified[meetings] + 10 * rng.exponential(size=len(meetings))))
    offered = met[(rng.random(len(met)) < 0.35) | ~np.isnan(won[met])]
    sent = np.fmin(qualified[offered] + 20 * rng.exponential(size=len(offered)), won[offered])
    parts.append(events("proposal_sent", offered, sent))
    return pd.concat(parts, ignore_index=True)


def _days(waits: pd.Series[Any]) -> Floats:
    days: Floats = (waits / pd.Timedelta(days=1)).to_numpy(dtype=float)
    return days


def leaks(rng: Generator, leads: pd.DataFrame, activities: pd.DataFrame, results: pd.DataFrame) -> pd.DataFrame:
    """Fill in the columns that sales work leaves behind, as they stand at the export."""
    by_lead = activities.groupby("Lead ID")["At"].max()
    meetings = activities.loc[activities["Type"] == "meeting_held", "Lead ID"].value_counts()
    has = {name: results[f"{name} At"].notna() for name in ("Closed", "Qualified", "Disqualified", "Worked")}
    opinion = rng.normal(size=len(leads)) + 1.2 * has["Qualified"] + 1.5 * has["Closed"] - 0.5 * has["Disqualified"]
    rated = has["Worked"] & (rng.random(len(leads)) < 0.8)
    status = np.select([*has.values()], ["Won", "Qualified", "Disqualified", "Working"], "New")
    return pd.DataFrame(
        {
            "Lead Status": status,
            "Last Activity Date": leads["Lead ID"].map(by_lead),
            "Number of Meetings": leads["Lead ID"].map(meetings).fillna(0.0),
            "Sales Rating": pd.Series(np.select([opinion > 1.3, opinion > 0.2], ["Hot", "Warm"], "Cold")).where(rated),
        }
    )
