"""Exports of simulated leads at two moments, with columns of which it is known whether they leak.

Twenty columns are known when a lead arrives, strong and suspicious-looking ones among them. Ten are written down
afterwards, by sales or by the system, each in a way of its own.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

__all__ = ["CLEAN", "LEAKS", "Exports", "exports"]

Floats = npt.NDArray[np.float64]
Cells = npt.NDArray[Any]

CLEAN = (
    "Source", "Campaign", "Country", "Industry", "Head Count", "Revenue", "Title", "Budget Approved", "Wants to Start",
    "Partner Code", "Visits", "Time on Site", "Pages", "Demo Requested", "Newsletter", "Phone Given", "Mail Kind",
    "Credit Rating", "Signup Score", "Device",
)  # fmt: skip
"""Known at creation. A form's answer, a nearly pure partner code and an enriched head count look like leaks."""

LEAKS = (
    "Customer", "Contract No", "Changed", "Meetings", "Rating", "Why Not", "Handled By", "Discount", "Mails", "Sector",
)  # fmt: skip
"""Written afterwards: the outcome by another name, a number given out to customers, the last change, a count that goes
on, an opinion, a reason, an owner that is changed on the way, a cell filled in negotiations, messages sent up to now,
and a category that sales correct in the first call."""

_START, _DAYS = pd.Timestamp("2024-01-01"), 540


@dataclass(frozen=True, slots=True)
class Exports:
    """The same leads exported twice.

    Parameters
    ----------
    earlier, later
        Text columns: ``Id``, ``Created``, ``Result`` (Won, Lost or Open), the clean and the leaky ones.
    """

    earlier: pd.DataFrame
    later: pd.DataFrame


def exports(n: int = 6000, *, seed: int = 0, wins: float = 0.15, apart: int = 45, softness: float = 0.0) -> Exports:
    """Simulate leads and export them at two moments.

    Parameters
    ----------
    n
        Number of leads.
    seed
        The same seed gives the same exports.
    wins
        Share of leads that are won.
    apart
        Days between the exports.
    softness
        Share of the leaky cells that were written down at creation, out of 1: the higher, the less there is to see.
    """
    rng = np.random.default_rng(seed)
    clean, pull = _clean(n, rng)
    created = np.sort(rng.uniform(0, _DAYS, n))
    # The offset is found, so that every seed has the share of wins that was asked for.
    offset = _offset(pull, wins)
    won = rng.random(n) < 1 / (1 + np.exp(-(pull + offset)))
    decided = created + np.where(won, rng.gamma(2, 18, n), rng.gamma(2, 25, n))
    story = _story(n, won, created, decided, rng, softness)
    moments = (_DAYS - apart, _DAYS)
    seen = created <= moments[0]
    frames = []
    for number, at in enumerate(moments):
        enriched = _enriched(clean, rng) if number else clean
        frame = {**_outcome(created, decided, won, at), **enriched, **_leaks(story, won, created, decided, at)}
        frames.append(pd.DataFrame(frame).astype(str).loc[seen].reset_index(drop=True))
    return Exports(*frames)


def _clean(n: int, rng: np.random.Generator) -> tuple[dict[str, Cells], Floats]:
    pull = np.zeros(n)

    def answer(levels: Mapping[str, tuple[float, float]], unit: float = 1.0) -> Cells:
        nonlocal pull
        names = list(levels)
        share = np.array([levels[name][0] for name in names])
        drawn = rng.choice(len(names), n, p=share / share.sum())
        pull = pull + unit * np.array([levels[name][1] for name in names])[drawn]
        return np.array(names, dtype=object)[drawn]

    def measure(weight: float, scale: float, empty: float = 0.0) -> Cells:
        nonlocal pull
        z = rng.normal(size=n)
        pull = pull + weight * z
        value = np.round(scale * np.exp(0.8 * z)).astype(int).astype(str).astype(object)
        value[rng.random(n) < empty] = ""
        return value

    columns = {
        "Source": answer({"Web": (4, 0), "Fair": (2, 0.4), "Referral": (1, 0.9), "List": (3, -0.9)}),
        "Campaign": answer({f"C{i:02d}": (1, 0) for i in range(20)}),
        "Country": answer({"DE": (5, 0.2), "FR": (3, 0), "NA": (1, -0.2), "ES": (2, 0)}),
        "Industry": answer({k: (1, p) for k, p in zip("ABCDEFGH", np.linspace(-0.4, 0.4, 8), strict=True)}),
        "Head Count": measure(0.3, 80, empty=0.4),
        "Revenue": measure(0.2, 900_000, empty=0.3),
        "Title": answer({"CEO": (1, 0.5), "Head": (3, 0.3), "Clerk": (4, -0.3), "": (2, 0)}),
        "Budget Approved": answer({"Yes": (2, 3.5), "No": (5, -1.0), "": (3, -0.4)}),
        "Wants to Start": answer({"At once": (1, 2.0), "This year": (3, 0.3), "Open": (4, -1.0), "": (2, 0)}),
        "Partner Code": answer({"": (92, 0), "P-11": (2, 8.0), "P-12": (4, 0.5), "P-13": (2, -0.5)}),
        "Visits": measure(0.2, 4),
        "Time on Site": measure(1.4, 300),
        "Pages": measure(0.1, 3),
        "Demo Requested": answer({"Yes": (1, 1.1), "No": (4, 0)}),
        "Newsletter": answer({"Yes": (1, 0.1), "No": (2, 0)}),
        "Phone Given": answer({"Yes": (1, 0.3), "No": (1, 0)}),
        "Mail Kind": answer({"business": (5, 0.2), "free": (3, -0.3)}),
        "Credit Rating": answer({"A": (2, 0.25), "B": (3, 0), "C": (2, -0.25)}),
        "Signup Score": measure(0.4, 50),
        "Device": answer({"phone": (1, 0), "desk": (1, 0.1)}),
    }
    return columns, pull


def _enriched(clean: Mapping[str, Cells], rng: np.random.Generator) -> dict[str, object]:
    """Fill in some head counts between the exports, whatever becomes of the leads."""
    count = clean["Head Count"].copy()
    filled = (count == "") & (rng.random(len(count)) < 0.04)
    count[filled] = rng.integers(10, 500, filled.sum()).astype(str)
    return {**clean, "Head Count": count}


def _offset(pull: Floats, wins: float) -> float:
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-(pull + middle)))).mean() < wins else (low, middle)
    return low


def _story(
    n: int, won: Cells, created: Floats, decided: Floats, rng: np.random.Generator, softness: float
) -> dict[str, Cells]:
    worked = created + rng.uniform(0.3, 1.0, n) * (decided - created)
    return {
        "worked": worked,
        "contract": np.argsort(np.argsort(np.where(won, decided, np.inf))),
        "meetings": rng.poisson(np.where(won, 4.0, 0.8)),
        "mails": rng.poisson(np.where(won, 7.0, 4.5)),
        "rating": np.clip(np.round(3 + np.where(won, 1.0, -0.4) + rng.normal(0, 1, n)), 1, 5).astype(int),
        "why": rng.choice(["Price", "Timing", "No answer"], n),
        "owner": rng.choice(["Ann", "Ben", "Cem"], n),
        "closer": np.where(rng.random(n) < np.where(won, 0.8, 0.3), "Desk", rng.choice(["Ann", "Ben", "Cem"], n)),
        "discount": np.where(rng.random(n) < np.where(won, 0.6, 0.15), rng.integers(5, 20, n), 0),
        "first": rng.choice(list("KLMN"), n),
        "second": np.where(won & (rng.random(n) < 0.5), "K", rng.choice(list("KLMN"), n)),
        "early": rng.random(n) < softness,
    }


def _outcome(created: Floats, decided: Floats, won: Cells, at: float) -> dict[str, object]:
    return {
        "Id": [f"L{i:06d}" for i in range(len(created))],
        "Created": _days(created),
        "Result": np.where(decided > at, "Open", np.where(won, "Won", "Lost")),
    }


def _leaks(
    story: Mapping[str, Cells],
    won: Cells,
    created: Floats,
    decided: Floats,
    at: float,
) -> dict[str, object]:
    over, worked = decided <= at, story["worked"] <= at
    progress = np.clip((at - created) / (decided - created), 0, 1)
    late = worked & ~story["early"]
    return {
        "Customer": np.where(over & won, "active", ""),
        "Contract No": np.where(over & won, story["contract"] + 70_000, "").astype(object),
        "Changed": _days(np.minimum(np.where(over, decided, created + (at - created) * progress), at)),
        "Meetings": np.floor(story["meetings"] * progress).astype(int),
        "Rating": np.where(late, story["rating"].astype(str), "3"),
        "Why Not": np.where(over & ~won & (np.arange(len(won)) % 3 > 0), story["why"], ""),
        "Handled By": np.where(late, story["closer"], story["owner"]),
        "Discount": np.where(late, story["discount"], 0),
        "Mails": np.floor(story["mails"] * progress).astype(int),
        "Sector": np.where(late, story["second"], story["first"]),
    }


def _days(days: Floats) -> pd.Series:
    return pd.Series(_START + pd.to_timedelta(days, unit="D")).dt.strftime("%Y-%m-%d %H:%M:%S")
