"""Untouched leads: five retrainings on the model's own routing, ours beside the naive way that counts them as lost.

A year of leads is worked as usual. Then, five times, a model is trained on what the company knows by that day and
routes the next stretch of leads: those it gives to nurture are worked by nobody, but for one in ten, drawn at random
and logged with its chance. Ours names `worked_at` and `propensity` in the recipe; the naive way names neither, so that
a lead which nobody worked is a lost one. Beside both stands the same model where every lead is worked, which shows what
is due to the loop, and what to chance and to the drift of the simulated market. Predicted and true likelihoods are
those of the leads that are routed. Figures are means over ten seeds for ours, since a small tier has a dozen leads in
a round and its segment a few dozen wins to learn from, and over three beside it; over one in the short form.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pandas as pd
from comparison import Row, compare, run, say

from leadscore.data.synthetic import Funnel, simulate, write_sample
from leadscore.models.bundle import Bundle
from leadscore.scoring import Scorer
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Search, load_recipe

SEEDS = {"ours": range(10), "naive": range(3), "all worked": range(3)}
SHORT_SEEDS = range(1)
LEADS = 20_000
ROUNDS = 5
EXPLORED = 0.1
"""Chance that a lead given to nurture is worked all the same."""
NAIVE = {"worked_at": None, "first_role": None}
MOMENTS = ["Worked At", "Qualified At", "Disqualified At", "Closed At"]
FOLLOWING = {"First Role": "Worked At", "Owner": "Qualified At", "Amount": "Closed At"}

Flags = npt.NDArray[np.bool_]


def measure(short: bool) -> Iterable[Row]:
    """Mean predicted over true by tier, over five rounds and in the last one."""
    for way, seeds in SEEDS.items():
        rounds = [
            found.assign(round=number, seed=seed)
            for seed in (SHORT_SEEDS if short else seeds)
            for number, found in enumerate(loop(seed, way), start=1)
        ]
        found = pd.concat(rounds, ignore_index=True)
        for tier, leads in found.groupby("tier"):
            yield row(way, f"tier {tier}", leads)
        for number, leads in found.groupby("round"):
            yield row(way, f"all tiers, round {number}", leads)


def row(way: str, where: str, leads: pd.DataFrame) -> Row:
    """Hold one ratio against the truth; the goal is ours alone."""
    by_seed = [ratio(of_seed) for _, of_seed in leads.groupby("seed")]
    spread = f"seeds {min(by_seed):.2f}-{max(by_seed):.2f}"
    said = f"{way}, {where}: predicted / true over {len(leads):,} leads ({spread})"
    if way != "ours":
        return compare(said, ratio(leads))
    return compare(f"{said}; the truth", ratio(leads), 1.0, at_least=0.9, at_most=1.1)


def ratio(found: pd.DataFrame) -> float:
    """Mean predicted over mean true likelihood."""
    return float(found["predicted"].mean() / found["true"].mean())


def loop(seed: int, way: str) -> Iterator[pd.DataFrame]:
    """Train, route and learn from it: for each round tier, predicted and true likelihood of the leads that came."""
    funnel, rng = simulate(LEADS, seed=seed), np.random.default_rng(seed)
    created = funnel.leads["Created"]
    first, last = created.min(), created.max()
    days = np.linspace(0.5, 1.0, ROUNDS + 1) * (last - first).days
    worked, chance = np.ones(len(created), dtype=bool), np.ones(len(created))
    log = funnel.activities.set_axis(["lead", "type", "at"], axis=1)
    for start, end in zip(days[:-1], days[1:], strict=True):
        begin = first + pd.Timedelta(days=start)
        say(f"{way}, seed {seed}, day {start:.0f}")
        bundle = train(as_of(funnel, begin, worked, chance), naive=way == "naive")
        now = ((created >= begin) & (created < first + pd.Timedelta(days=end))).to_numpy()
        frame = funnel.leads[now].reset_index(drop=True)
        scored = Scorer(bundle).score(frame, activities=log, at=frame["Created"], reasons=0)
        nurtured = (scored["role"] == "nurture").to_numpy() & (way != "all worked")
        chance[now] = np.where(nurtured, EXPLORED, 1.0)
        worked[now] = ~nurtured | (rng.random(len(nurtured)) < EXPLORED)
        true = funnel.truth["p_close"].to_numpy()[now]
        yield pd.DataFrame({"tier": scored["tier"], "predicted": scored["p_close"], "true": true})


def as_of(funnel: Funnel, moment: pd.Timestamp, worked: Flags, chance: npt.NDArray[np.float64]) -> Funnel:
    """What the company knows at a moment: later things have not happened, unworked leads have no outcome."""
    there = (funnel.leads["Created"] < moment).to_numpy()
    outcomes = funnel.outcomes[there].copy()
    for column in MOMENTS:
        outcomes[column] = outcomes[column].where((outcomes[column] < moment) & worked[there])
    for column, needed in FOLLOWING.items():
        outcomes[column] = outcomes[column].where(outcomes[needed].notna())
    leads = funnel.leads[there].assign(Propensity=chance[there])
    return Funnel(leads, funnel.activities[funnel.activities["At"] < moment], outcomes, funnel.truth[there])


def train(known: Funnel, *, naive: bool) -> Bundle:
    """Train on an export of what is known."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder, n_leads=50)
        for file, frame in (("leads", known.leads), ("activities", known.activities), ("outcomes", known.outcomes)):
            frame.to_csv(folder / f"{file}.csv", index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
        recipe = load_recipe(folder / "sample.toml")
        lead = recipe.lead.model_copy(update=NAIVE if naive else {"propensity": "Propensity"})
        ignore = (*recipe.columns.ignore, *(("Propensity", "Worked At", "First Role") if naive else ()))
        columns = recipe.columns.model_copy(update={"ignore": ignore})
        recipe = recipe.model_copy(update={"lead": lead, "columns": columns, "search": Search(trials=2)})
        return fit_bundle(recipe, now=datetime(2026, 11, 1, tzinfo=UTC)).bundle


if __name__ == "__main__":
    run(__doc__.splitlines()[0], measure, packages=["leadscore", "lightgbm", "numpy", "pandas", "scikit-learn"])
