"""Who the synthetic leads are and what they did before they became leads.

A hidden intent moves what a lead does and says (events, newsletter, telephone, timeframe), so most of it shows.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data import synthetic_fields as world
from leadscore.data.synthetic_fields import INBOUND, Level

__all__ = ["arrivals", "draw_leads", "events", "hide", "shift", "trail"]

Floats = npt.NDArray[np.float64]
Generator = np.random.Generator

_FIRST = "Alder Birch Cedar Dorn Elm Fern Gale Heron Iris Juniper Kestrel Linden Maple Nettle Osprey Pine Quill Rowan"
_SECOND = "Tools Systems Foods Freight Works Pumps Textiles Optics Metals Papers Labs Clinics Homes Energy Devices"
_THIRD = "Group Partners Brothers Trading Services Holding Network Union Hub Factory"

_TRAIL = {"web_visit": 1.6, "email_open": 0.6, "email_click": 0.3, "content_download": 0.35, "pricing_page": 0.3}
"""Mean number of events in the 30 days before an inbound lead's creation, at average intent."""


def arrivals(rng: Generator, n_leads: int, months: int, end: date) -> tuple[pd.Series[Any], Floats]:
    """Draw the moments of creation, in time order, and the share of the history gone by then (0 to 1)."""
    last = pd.Timestamp(end, tz="UTC") + pd.Timedelta(days=1)
    first = last - pd.DateOffset(months=months)
    days = (last - first).days
    day = np.floor(days * rng.random(n_leads) ** 0.9)  # the volume grows a little
    hour = np.clip(rng.normal(13.0, 3.5, n_leads), 0.0, 23.9)
    since = np.sort(day + hour / 24)
    return shift(pd.Series(first, index=range(n_leads)), since), since / days


def shift(moments: pd.Series[Any], days: Floats) -> pd.Series[Any]:
    """Move moments by a number of days, to the second."""
    return moments + pd.to_timedelta(np.round(days * 86_400), unit="s").as_unit("us")


def pick(rng: Generator, levels: Mapping[str, Level], when: Floats) -> npt.NDArray[np.object_]:
    """Draw one level per lead; shares move linearly from ``share`` to ``later``."""
    start = np.array([level.share for level in levels.values()])
    later = np.array([level.share if level.later is None else level.later for level in levels.values()])
    weight = np.maximum(start + np.outer(when, later - start), 0.0)
    edges = np.cumsum(weight, axis=1) / weight.sum(axis=1, keepdims=True)
    chosen = (rng.random((len(when), 1)) > edges[:, :-1]).sum(axis=1)
    names: npt.NDArray[np.object_] = np.array(list(levels), dtype=object).take(chosen)
    return names


def pick_within(
    rng: Generator, tables: Mapping[str, Mapping[str, Level]], group: npt.NDArray[np.object_], when: Floats
) -> npt.NDArray[np.object_]:
    """Draw one level per lead from the table of its group; None where the group has no table."""
    drawn = np.full(len(group), None, dtype=object)
    for name, levels in tables.items():
        here = group == name
        drawn[here] = pick(rng, levels, when[here])
    return drawn


def yes(chance: Floats, rng: Generator) -> npt.NDArray[np.object_]:
    """Draw ``Yes`` with the given chance, else ``No``."""
    return np.where(rng.random(len(chance)) < chance, "Yes", "No").astype(object)


def draw_leads(rng: Generator, created: pd.Series[Any], when: Floats, intent: Floats) -> pd.DataFrame:
    """Draw the true values of every column that is known at creation, nothing missing but unanswered questions."""
    n = len(created)
    leads = pd.DataFrame({"Lead ID": [f"L-{i:06d}" for i in range(1, n + 1)], "Created": created})
    leads["Channel"] = channel = pick(rng, world.CHANNELS, when)
    leads["Lead Source"] = source = pick_within(rng, world.SOURCES, channel, when)
    leads["Campaign"] = pick_within(rng, world.CAMPAIGNS, source, when)
    _person(rng, leads, when)
    _company(rng, leads)
    inbound = channel == INBOUND
    leads["Phone Given"] = yes(0.35 + 0.1 * np.clip(intent, -2, 2), rng)
    leads["Product Interest"] = pick(rng, world.PRODUCTS, when)
    leads["Incumbent Vendor"] = pick(rng, world.INCUMBENTS, when)
    leads["Purchase Timeframe"] = _timeframe(rng, intent)
    leads["Consent"] = yes(np.where(inbound, 0.97, 0.93), rng)
    leads["Newsletter"] = yes(np.where(inbound, 0.3 + 0.08 * np.clip(intent, -2, 2), 0.08), rng)
    return leads


def _person(rng: Generator, leads: pd.DataFrame, when: Floats) -> None:
    department, rank = pick(rng, world.DEPARTMENTS, when), pick(rng, world.RANKS, when)
    leads["Rank"] = rank
    leads["Title"] = [form.format(name) for form, name in zip(rank, department, strict=True)]
    department[["{}" not in form for form in rank]] = None
    leads["Department"] = department
    domain = pick(rng, world.DOMAINS, when)
    leads["E-mail Domain"] = np.where((rank == "Student") & (rng.random(len(leads)) < 0.6), "education", domain)


def _company(rng: Generator, leads: pd.DataFrame) -> None:
    n = max(1, int(0.75 * len(leads)))
    employees = np.maximum(1.0, np.round(np.exp(rng.normal(4.2, 1.7, n))))
    level = np.zeros(n)
    accounts = pd.DataFrame(
        {
            "Company": account_names(rng.permutation(n)),
            "Industry": pick(rng, world.INDUSTRIES, level),
            "Employees": employees,
            "Annual Revenue": np.round(employees * np.exp(rng.normal(11.8, 0.5, n)), -4),
            "Company Size": np.select([employees < 100, employees < 1000], ["small", "mid"], "enterprise"),
            "Country": pick(rng, world.COUNTRIES, level),
            "Existing Customer": pick(rng, world.CUSTOMER, level),
        }
    )
    accounts["Territory"] = accounts["Country"].map(world.TERRITORIES)
    chosen = rng.integers(n, size=len(leads))
    leads[accounts.columns] = accounts.iloc[chosen].to_numpy(dtype=object)
    leads[["Employees", "Annual Revenue"]] = leads[["Employees", "Annual Revenue"]].astype(float)


def account_names(numbers: Iterable[int]) -> list[str]:
    """Invented company names, one per number, never the same twice.

    Examples
    --------
    >>> account_names([0, 19, 2700])
    ['Alder Tools Group', 'Birch Systems Group', 'Alder Tools Group 2']
    """
    first, second, third = _FIRST.split(), _SECOND.split(), _THIRD.split()
    names = []
    for number in numbers:
        rest, i = divmod(int(number), len(first))
        rest, j = divmod(rest, len(second))
        turn, k = divmod(rest, len(third))
        names.append(f"{first[i]} {second[j]} {third[k]}" + (f" {turn + 1}" if turn else ""))
    return names


def _timeframe(rng: Generator, intent: Floats) -> npt.NDArray[np.object_]:
    """Draw what the lead says about its plans: vaguer with less intent, and often nothing."""
    heat = 0.6 * intent + rng.normal(size=len(intent))
    stated = np.select([heat > 1.1, heat > 0.1], ["This quarter", "This year"], "Just looking").astype(object)
    stated[rng.random(len(intent)) < 0.35 - 0.05 * np.clip(intent, -2, 2)] = None
    return stated


def trail(rng: Generator, leads: pd.DataFrame, intent: Floats) -> pd.DataFrame:
    """Draw the events before and at creation: ``lead`` (row of ``leads``), ``Type``, ``days`` since creation (<= 0)."""
    inbound = (leads["Channel"] == INBOUND).to_numpy()
    parts = []
    for kind, mean in _TRAIL.items():
        count = rng.poisson(mean * np.exp(0.5 * intent) * np.where(inbound, 1.0, 0.2))
        nearness = np.repeat(1.5 * np.exp(0.3 * intent), count)
        parts.append(events(kind, np.repeat(np.arange(len(leads)), count), -30 * rng.random(count.sum()) ** nearness))
    attended = np.flatnonzero((leads["Lead Source"] == "Webinar").to_numpy() | (rng.random(len(leads)) < 0.03))
    parts.append(events("webinar_attended", attended, -5 * rng.random(len(attended))))
    asked = inbound & (rng.random(len(leads)) < 1 / (1 + np.exp(2.0 - 0.9 * intent)))
    parts.append(events("demo_request", np.flatnonzero(asked), 0.0))
    parts.append(events("form_submit", np.flatnonzero(inbound & ~asked), 0.0))
    return pd.concat(parts, ignore_index=True)


def events(kind: str, lead: npt.NDArray[np.intp], days: Floats | float) -> pd.DataFrame:
    """Make one row per event of a kind."""
    return pd.DataFrame({"lead": lead, "Type": kind, "days": days})


def hide(rng: Generator, leads: pd.DataFrame, intent: Floats) -> pd.DataFrame:
    """Empty cells as in a real export, partly because of what the lead is."""
    free, small = leads["E-mail Domain"] == "free", leads["Company Size"] == "small"
    chance = {
        "Title": 0.10 - 0.03 * np.clip(intent, -2, 2),
        "Department": np.full(len(leads), 0.25),
        "Industry": np.where(free, 0.20, 0.06),
        "Employees": np.where(free, 0.45, 0.12),
        "Annual Revenue": np.where(small, 0.60, 0.25),
        "Country": np.full(len(leads), 0.04),
        "Company": np.where(free, 0.30, 0.02),
        "Incumbent Vendor": np.full(len(leads), 0.15),
    }
    shown = leads.copy()
    for column, missing in chance.items():
        shown[column] = shown[column].mask(rng.random(len(leads)) < missing)
    return shown
