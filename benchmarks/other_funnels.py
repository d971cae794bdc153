"""Funnels of other shapes than our synthetic one: mean predicted over true, and what the audit finds there.

A channel that came late, interactions, seasonal base rates, values missing not at random, losses that are stated and
come faster or slower than wins, and activities that the outcome causes. Models are fitted by `fit_bundle`, as a user
would, and asked about leads that arrive now, whose true likelihood is known. Nothing here is taken from
`leadscore.data.synthetic`.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from comparison import Row, compare, run, say
from scipy.special import expit
from scipy.stats import gamma

from leadscore.data.columns import LeadColumns
from leadscore.data.leakage import audit
from leadscore.data.outcomes import Outcome
from leadscore.data.sources import ActivityLog, Sources
from leadscore.training.pipeline import fit_bundle, read
from leadscore.training.recipe import Recipe, Search

Floats = npt.NDArray[np.float64]

END = pd.Timestamp("2025-03-10")
HORIZON, LATE, NOW = 120, 150, 4_000
"""Days within which a win counts, age in days of the late channel, and leads arriving now."""
SEEDS, SHORT_SEEDS = range(3), range(1)


@dataclass(frozen=True)
class Shape:
    """What is unlike other funnels.

    Parameters
    ----------
    days
        Length of the history.
    leads
        In the history.
    late
        Whether a channel came only lately.
    season, phase
        Swing of the log-odds over the year, and the part of a year that has gone since their mean was crossed.
    caused
        Whether a win causes activities, some of them logged hours before the win is stamped.
    stated
        Whether losses are stated, and how many days after creation they come at the middle; None: open or won only.
    moments
        Days at which leads of the history are looked at.
    """

    days: int = 540
    leads: int = 9_000
    late: bool = True
    season: float = 0.0
    phase: float = 0.0
    caused: bool = False
    stated: float | None = None
    moments: tuple[float, ...] = (0.0,)


@dataclass(frozen=True)
class Funnel:
    """Leads of a history and, last, those arriving now; activities; the true likelihood of a win within the horizon."""

    leads: pd.DataFrame
    activities: pd.DataFrame
    true: Floats


def simulate(shape: Shape, seed: int) -> Funnel:
    """Draw a funnel."""
    rng = np.random.default_rng(seed)
    n = shape.leads + NOW
    age = np.r_[np.sort(rng.uniform(1, shape.days, shape.leads))[::-1], rng.uniform(0, 0.5, NOW)]
    channel = rng.choice(["Ads", "Events", "Partners"], n, p=[0.5, 0.3, 0.2])
    if shape.late:
        channel = np.where((age < LATE) & (rng.random(n) < 0.25), "Webinars", channel)
    staff, intent, senior = rng.lognormal(4, 1.2, n), rng.normal(size=n), rng.random(n) < 0.4
    pull = -2.2 + 0.7 * intent + 0.4 * np.log(staff / 55)
    pull += np.where(senior & (channel == "Events"), 1.6, 0) - np.where(senior & (channel == "Ads"), 0.8, 0)
    pull += 0.8 * (channel == "Webinars") + shape.season * np.sin(2 * np.pi * (age / 365.25 + shape.phase))
    slow = np.where(channel == "Partners", 34.0, np.where(channel == "Webinars", 12.0, 22.0))
    win = rng.random(n) < expit(pull)
    delay = np.where(win, rng.gamma(2, slow), np.inf if shape.stated is None else rng.gamma(2, shape.stated / 1.68, n))
    decided = delay <= age
    created = pd.Series(END - pd.to_timedelta(age, unit="D"))
    closed = created + pd.to_timedelta(pd.Series(np.where(decided, delay, np.nan)), unit="D")
    leads = pd.DataFrame(
        {
            "Id": [f"X{seed}-{i:06d}" for i in range(n)],
            "Created": created,
            "Channel": channel,
            # Missing not at random: small firms seldom say how small they are, and the keen fill in every field.
            "Staff": np.where(rng.random(n) < expit(1.2 - staff / 60), "", np.round(staff).astype(int)),
            "Title": np.where(rng.random(n) < expit(-1 - intent), "", np.where(senior, "Head", "Clerk")),
            "Form Length": np.round(40 + 12 * intent + rng.normal(0, 10, n)),
            "Stage": np.where(~decided, "Open", np.where(win, "Won", "Lost")),
            "Closed": closed,
        }
    )
    true = expit(pull) * gamma.cdf(HORIZON, 2, scale=slow)
    return Funnel(leads, _activities(leads, age, intent, delay, win & decided, shape, rng), true)


def _activities(
    leads: pd.DataFrame, age: Floats, intent: Floats, delay: Floats, won: Floats, shape: Shape, rng: np.random.Generator
) -> pd.DataFrame:
    def logged(kind: str, row: npt.NDArray[np.intp], days: Floats) -> pd.DataFrame:
        known = days <= age[row]
        at = leads["Created"].iloc[row[known]].reset_index(drop=True) + pd.to_timedelta(days[known], unit="D")
        return pd.DataFrame({"Lead ID": leads["Id"].to_numpy()[row[known]], "At": at, "Type": kind})

    visits = np.repeat(np.arange(len(age)), rng.poisson(np.exp(0.4 + 0.4 * intent)))
    parts = [logged("visit", visits, rng.uniform(-20, 15, len(visits)))]
    if shape.caused:
        row = np.repeat(np.flatnonzero(won), 3)
        parts += [logged("kick-off", row, delay[row] + rng.uniform(0, 20, len(row)))]
        row = np.flatnonzero(won)
        parts += [logged("contract sent", row, delay[row] - rng.uniform(0, 0.3, len(row)))]
    return pd.concat(parts, ignore_index=True)


def recipe_of(shape: Shape, folder: Path) -> Recipe:
    """The recipe that a user would write."""
    negative = None if shape.stated is None else ("Lost",)
    return Recipe(
        data=Sources(leads="leads.csv", activities=ActivityLog(file="activities.csv", type="Type")),
        lead=LeadColumns(id="Id", created="Created", channel="Channel", moments=shape.moments),
        close=Outcome(column="Stage", positive=("Won",), negative=negative, at="Closed", horizon_days=HORIZON),
        search=Search(trials=2),
        folder=folder,
    )


def ratios(shape: Shape, seed: int) -> dict[str, float]:
    """Mean predicted over true for the leads arriving now, over all and by channel."""
    funnel = simulate(shape, seed)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        recipe = recipe_of(shape, folder)
        funnel.activities.to_csv(folder / "activities.csv", index=False)
        funnel.leads.iloc[:-NOW].to_csv(folder / "leads.csv", index=False)
        bundle = fit_bundle(recipe, now=datetime(2025, 4, 1, tzinfo=UTC), seed=seed).bundle
        funnel.leads.to_csv(folder / "leads.csv", index=False)
        once = recipe.model_copy(update={"lead": recipe.lead.model_copy(update={"moments": (0.0,)})})
        whole = read(once)
    now = whole.take(np.flatnonzero(np.isin(whole.lead_id, funnel.leads["Id"].iloc[-NOW:])))
    for field in bundle.encoder.features:
        if field.name not in now.frame:
            now.frame[field.name] = 0.0  # days since creation
    predicted = bundle.stages["close"](bundle.encoder.encode_frame(now.frame))
    true = pd.Series(funnel.true, funnel.leads["Id"]).loc[list(now.lead_id)].to_numpy()
    found = {"all": float(predicted.mean() / true.mean())}
    for channel in sorted(now.frame["Channel"].unique()):
        here = (now.frame["Channel"] == channel).to_numpy()
        found[channel] = float(predicted[here].mean() / true[here].mean())
    return found


CLEAN = (
    *("Channel", "Staff", "Title", "Form Length", "Budget Confirmed", "Reseller Code", "Quote Wanted", "Deadline"),
    *("Utm", "Consent Version", "Rating By Bureau", "Last School", "Number of Calls Wanted", "Landing Score"),
    *("Stage of Company", "Won Award", "Clicks", "Minutes", "Language", "Region"),
)
LEAKS = (
    *("Client", "Invoice", "Touched", "Mails Sent", "Opinion", "Refusal", "Desk", "Rebate", "Kick-off", "Days in Pipe"),
)


def columns(shape: Shape, seed: int, back: int) -> pd.DataFrame:
    """An export made some days before the end, with clean columns and leaks of ten kinds."""
    rng = np.random.default_rng(seed + 99)
    funnel = simulate(shape, seed)
    leads = funnel.leads.iloc[:-NOW].reset_index(drop=True)
    n, at = len(leads), END - pd.Timedelta(days=back)
    over = (leads["Closed"] <= at).to_numpy()
    won, lost = over & (leads["Stage"] == "Won").to_numpy(), over & (leads["Stage"] == "Lost").to_numpy()
    fate = (leads["Stage"] == "Won").to_numpy()
    leads["Stage"] = np.where(won, "Won", np.where(lost, "Lost", "Open"))
    leads["Closed"] = leads["Closed"].where(over)
    true, age = funnel.true[:n], ((at - leads["Created"]) / pd.Timedelta(days=1)).to_numpy()
    since = age + back
    keen = rng.random(n) < np.clip(true * 1.4, 0, 1)
    leads["Budget Confirmed"] = np.where(keen, "Yes", rng.choice(["No", ""], n))
    leads["Reseller Code"] = np.where(rng.random(n) < 0.05, np.where(true > 0.3, "R-7", "R-2"), "")
    leads["Quote Wanted"] = np.where(keen & (rng.random(n) < 0.5), "x", "")
    leads["Deadline"] = (leads["Created"] + pd.to_timedelta(rng.integers(20, 200, n), unit="D")).dt.strftime("%Y-%m-%d")
    leads["Utm"] = np.where(since < LATE, rng.choice(["new", "old"], n), "old")
    leads["Consent Version"] = np.where(since < 200, "2", "1")
    leads["Rating By Bureau"] = np.where(rng.random(n) < 0.5, np.round(5 + 2 * true + rng.normal(0, 1, n), 1), "")
    for name, levels in {"Last School": 6, "Stage of Company": 4, "Won Award": 2, "Language": 3, "Region": 9}.items():
        leads[name] = rng.integers(0, levels, n).astype(str)
    leads["Number of Calls Wanted"] = rng.poisson(1 + true)
    leads["Landing Score"] = np.round(50 + 30 * true + rng.normal(0, 10, n))
    leads["Clicks"] = rng.poisson(2 + 3 * true)
    leads["Minutes"] = np.round(np.exp(1 + 3 * true + rng.normal(0, 0.6, n)), 1)
    worked = rng.random(n) < np.clip(age / 60, 0, 1)
    leads["Client"] = np.where(won, "C", "P")
    leads["Invoice"] = np.where(won, 30_000 + np.arange(n), "")
    idle = np.where(over, 0, np.clip(age, 0, 9)) * rng.uniform(0, 1, n)
    last = leads["Closed"].fillna(at) - pd.to_timedelta(idle, unit="D")
    leads["Touched"] = np.maximum(last, leads["Created"]).dt.strftime("%Y-%m-%d %H:%M")
    leads["Mails Sent"] = rng.poisson(np.where(won, 6, np.where(lost, 3, 2)) * np.clip(age / 30, 0, 1))
    leads["Opinion"] = np.where(worked, np.round(3 + np.where(fate, 0.9, -0.3) + rng.normal(0, 0.8, n)), 3).astype(int)
    leads["Refusal"] = np.where(lost & (rng.random(n) < 0.5), rng.choice(["price", "late"], n), "")
    leads["Desk"] = np.where(worked & fate & (rng.random(n) < 0.6), "key", rng.choice(["a", "b", "c"], n))
    leads["Rebate"] = np.where(worked & fate & (rng.random(n) < 0.5), rng.integers(2, 20, n), 0)
    leads["Kick-off"] = (leads["Closed"] + pd.Timedelta(days=3)).where(won).dt.strftime("%Y-%m-%d").fillna("")
    leads["Days in Pipe"] = np.floor(np.where(over, (leads["Closed"] - leads["Created"]) / pd.Timedelta(days=1), age))
    return leads[(age > 0) & (leads["Created"] <= at)]


def audited(shape: Shape, seed: int, later: bool) -> dict[str, str]:
    """What the audit flags, and how, in one export or in two that lie 45 days apart."""
    seen = []
    for back in (45, 0):
        with tempfile.TemporaryDirectory() as name:
            recipe = recipe_of(shape, Path(name)).model_copy(update={"data": Sources(leads="leads.csv")})
            columns(shape, seed, back).to_csv(Path(name) / "leads.csv", index=False)
            seen.append(read(recipe))
    found = audit(seen[0], allow={}, later=seen[1] if later else None)
    return {v.column: v.verdict for v in found if v.verdict != "ok"}


FUNNELS = {
    "180 days": Shape(180),
    "365 days": Shape(365),
    "540 days": Shape(540),
    "180 days, quick losses stated": Shape(180, stated=15),
    "365 days, slow losses stated": Shape(365, stated=70),
    "540 days, quick losses stated": Shape(540, stated=15),
    "540 days, wins cause activities": Shape(540, caused=True),
    "the same, looked at on days 0, 7 and 30": Shape(540, caused=True, moments=(0.0, 7.0, 30.0)),
}
SEASONS = {
    f"540 days, season, {phase:g} of a year on": Shape(season=0.5, late=False, phase=phase) for phase in (0, 0.5)
}
AUDITED = (Shape(leads=6_000, stated=30), Shape(leads=3_000, season=0.5, stated=60), Shape(365, late=False, stated=15))


def measure(short: bool) -> Iterator[Row]:
    """Mean predicted over true by funnel, and the audit's findings over all exports."""
    seeds = SHORT_SEEDS if short else SEEDS
    for name, shape in (FUNNELS | SEASONS).items():
        say(name)
        found = pd.DataFrame([ratios(shape, seed) for seed in seeds]).mean()
        goal = {} if name in SEASONS else {"at_least": 0.95, "at_most": 1.05}
        yield compare(f"{name}: predicted / true; the truth", found["all"], 1.0, **goal)
        if shape.late:
            yield compare(f"{name}: the late channel", found["Webinars"], 1.0, at_least=0.9, at_most=1.1)
    for number, later in (("one export", False), ("two exports", True)):
        said = [audited(shape, seed, later) for seed in seeds for shape in AUDITED]
        caught = sum(column in each for each in said for column in LEAKS)
        yield compare(f"{number}: planted leaks found / planted", caught, len(LEAKS) * len(said))
        blocked = sum(each.get(column) == "BLOCK" for each in said for column in CLEAN)
        yield compare(f"{number}: clean columns blocked, of {len(CLEAN) * len(said)}", blocked)
        asked = sorted({column for each in said for column in CLEAN if column in each})
        say(f"{number}: clean columns flagged: {', '.join(asked)}")


if __name__ == "__main__":
    run(
        __doc__.splitlines()[0], measure, packages=["leadscore", "lightgbm", "numpy", "pandas", "scikit-learn", "scipy"]
    )
