"""The review of skills on teams with known effects: how often intervals hold the truth, and whom chance alone names.

Each simulated team has reps of very different numbers of leads, whose likelihoods are known; an effect is the rep's own
less the mean of the team. The peer is what most teams do: the rep's own rate of success over the expected one, with the
interval of a proportion that knows nothing of the others. Teams without any difference show whom each of the two would
call better or worse; there, ours may name somebody in 5 reviews of 100.

The whole review then runs as the command line runs it: on exports whose likelihoods it has to learn, where the good
leads go to some reps more than to others, and on `crm_opportunities`.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import numpy.typing as npt
import pandas as pd
from comparison import Row, compare, run, say
from scipy.special import expit

from leadscore.data.columns import LeadColumns
from leadscore.data.outcomes import Outcome
from leadscore.data.sources import Sources
from leadscore.decisions.group_outcomes import Cases
from leadscore.decisions.skills import SkillLevel, review_groups
from leadscore.training.recipe import Recipe
from leadscore.training.skills_review import review_skills

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "crm_opportunities"
TEAMS, SHORT_TEAMS = 100, 20
EXPORTS, SHORT_EXPORTS = 12, 2
EXPORT_LEADS, EXPORT_REPS, EXPORT_SD = 5_000, 20, 0.3

SOURCES = ("Web", "Fair", "Referral", "Partner", "Call")
RECIPE = Recipe(
    name="simulated",
    data=Sources(leads="leads.csv"),
    lead=LeadColumns(id="Id", created="Created"),
    close=Outcome(column="Won", positive=(1,), negative=(0,), rep="Owner"),
)

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class World:
    """A kind of team.

    Parameters
    ----------
    reps, leads
        Size of the team and mean number of leads of a rep; each has a quarter of that to seven quarters.
    sd
        Standard deviation of the effects, in log-odds.
    base
        Log-odds of the mean lead.
    """

    reps: int
    leads: int
    sd: float
    base: float

    def __str__(self) -> str:
        return f"{self.reps} reps of {self.leads} leads, {expit(self.base):.0%} won, sd {self.sd:g}"

    def team(self, seed: int) -> tuple[Cases, Floats]:
        """Draw a team with its effects."""
        rng = np.random.default_rng(seed)
        group = np.repeat(np.arange(self.reps), rng.integers(self.leads // 4, 7 * self.leads // 4, self.reps))
        log_odds, effect = rng.normal(self.base, 0.8, len(group)), rng.normal(0, self.sd, self.reps)
        happened = rng.random(len(group)) < expit(log_odds + effect[group])
        return Cases(expit(log_odds), happened.astype(float), group, self.reps), effect - effect.mean()


DIFFERENT = (World(30, 150, 0.3, -0.5), World(12, 60, 0.3, -0.5), World(6, 200, 0.2, 0.5), World(40, 80, 0.5, -2.5))
ALIKE = (World(30, 200, 0.0, 0.5), World(8, 100, 0.0, -1.0), World(40, 80, 0.0, -2.5))


def measure(short: bool) -> Iterator[Row]:
    """Coverage and error on teams that differ, false names on teams that do not, and the real set."""
    teams = SHORT_TEAMS if short else TEAMS
    for world in DIFFERENT:
        yield from different_rows(world, teams)
    for world in ALIKE:
        yield from alike_rows(world, teams)
    yield from export_rows(SHORT_EXPORTS if short else EXPORTS)
    yield from opportunity_rows()


def different_rows(world: World, teams: int) -> Iterator[Row]:
    """Intervals and effects beside those of each rep's own leads."""
    say(str(world))
    held, errors, spread = [], [], []
    for seed in range(teams):
        cases, effect = world.team(seed)
        found = review_groups(cases, list(map(str, range(world.reps))))
        ours, low, high = figures(found, world.reps)
        raw, half = by_itself(cases)
        held.append([np.mean((low <= effect) & (effect <= high)), np.mean(abs(raw - effect) <= half)])
        errors.append([np.mean((ours - effect) ** 2), np.mean((raw - effect) ** 2)])
        spread.append(found.sd_interval[0] <= world.sd <= found.sd_interval[1])
    (covers, alone), (error, other) = np.mean(held, axis=0), np.sqrt(np.mean(errors, axis=0))
    nominal = {"at_least": 0.85 / 0.9, "at_most": 0.95 / 0.9}
    yield compare(f"{world}: share of 90 % intervals that hold the effect; 0.9", covers, 0.9, **nominal)
    yield compare(f"{world}: the same for each rep by itself; 0.9", alone, 0.9)
    yield compare(f"{world}: error of the effect, log-odds; each rep by itself", error, other, at_most=1.0)
    yield compare(f"{world}: share of 90 % intervals that hold the sd between reps; 0.9", float(np.mean(spread)), 0.9)


def alike_rows(world: World, teams: int) -> Iterator[Row]:
    """Reviews in which somebody is named although all are alike, beside tests of each rep by itself."""
    say(str(world))
    named = []
    for seed in range(teams):
        cases, _ = world.team(seed)
        found = review_groups(cases, list(map(str, range(world.reps))))
        raw, half = by_itself(cases)
        named.append([bool(found.flagged), bool((abs(raw) > half).any())])
    ours, peer = 100 * np.mean(named, axis=0)
    yield compare(f"{world}: reviews of 100 that name somebody; the limit", ours, 5.0, at_most=1.0)
    yield compare(f"{world}: the same; each rep by itself at 90 %", ours, peer)


def figures(found: SkillLevel, reps: int) -> tuple[Floats, Floats, Floats]:
    """Effects and intervals in the order of the reps."""
    groups = sorted(found.groups, key=lambda g: int(g.name))
    assert len(groups) == reps
    effect, low, high = np.array([(g.effect, g.low, g.high) for g in groups]).T
    return effect, low, high


def by_itself(cases: Cases) -> tuple[Floats, Floats]:
    """Log of the odds of each rep's own rate over the expected one, and half of its 90 % interval."""
    won, lost = (cases.sums(v) + 0.5 for v in (cases.happened, 1 - cases.happened))
    expected = cases.sums(cases.expected)
    effect = np.log(won / lost) - np.log(expected / (cases.counts - expected))
    return effect, 1.645 * np.sqrt(1 / won + 1 / lost)


def export_rows(exports: int) -> Iterator[Row]:
    """The whole review on exports with features, beside the raw rates that know nothing of the leads."""
    held, errors = [], []
    with TemporaryDirectory() as folder:
        for seed in range(exports):
            say(f"export {seed}")
            frame, effect = export(seed)
            frame.to_csv(Path(folder) / "leads.csv", index=False)
            review = review_skills(RECIPE, data=folder)
            assert review.basis == "model", review.notes
            ours, low, high = figures(review.stages["close"].reps, EXPORT_REPS)
            rate = frame.groupby("Owner")["Won"].mean().to_numpy()
            raw = np.log(rate / (1 - rate))
            held.append(np.mean((low <= effect) & (effect <= high)))
            errors.append([np.mean((ours - effect) ** 2), np.mean((raw - raw.mean() - effect) ** 2)])
    error, other = np.sqrt(np.mean(errors, axis=0))
    what = f"{exports} exports of {EXPORT_LEADS:,} leads, {EXPORT_REPS} reps, sd {EXPORT_SD:g}, likelihoods learned"
    nominal = {"at_least": 0.85 / 0.9, "at_most": 0.95 / 0.9}
    yield compare(f"{what}: share of 90 % intervals that hold the effect; 0.9", np.mean(held), 0.9, **nominal)
    yield compare(f"{what}: error of the effect, log-odds; of raw rates", error, other, at_most=1.0)


def export(seed: int) -> tuple[pd.DataFrame, Floats]:
    """Leads with attributes that tell the outcome; the better ones go to the reps with higher numbers more often."""
    rng = np.random.default_rng(seed)
    source = rng.integers(0, 5, EXPORT_LEADS)
    employees = np.exp(rng.normal(4, 1, EXPORT_LEADS)).round()
    log_odds = -1.0 + 0.6 * (source - 2) + 0.5 * (np.log(employees + 1) - 4)
    rep = np.argsort(np.argsort(log_odds + rng.normal(0, 1.5, EXPORT_LEADS))) * EXPORT_REPS // EXPORT_LEADS
    effect = rng.normal(0, EXPORT_SD, EXPORT_REPS)
    won = rng.random(EXPORT_LEADS) < expit(log_odds + effect[rep])
    created = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 500, EXPORT_LEADS)), unit="D")
    columns = {"Id": np.arange(EXPORT_LEADS), "Created": created, "Source": np.array(SOURCES)[source]}
    frame = pd.DataFrame(columns | {"Employees": employees, "Owner": rep, "Won": won.astype(int)})
    return frame, effect - effect.mean()


def opportunity_rows() -> Iterator[Row]:
    """The real set, whose thirty reps look different and are not."""
    say("crm_opportunities")
    review = review_skills(ROOT / "training" / "crm_opportunities.toml", data=DATA)
    reps = review.stages["close"].reps
    rates = [g.happened / g.leads for g in reps.groups]
    what = "crm_opportunities"
    yield compare(f"{what}: reps flagged", review.reps_flagged)
    yield compare(f"{what}: highest raw rate; lowest", max(rates), min(rates))
    test = reps.dispersion
    yield compare(f"{what}: chi-squared; degrees of freedom", test.chi_squared, test.degrees_of_freedom)
    yield compare(f"{what}: p-value of the test of dispersion; level", test.p_value, 0.05, at_least=1.0)
    for end, value in zip(("lower", "upper"), reps.sd_interval, strict=True):
        yield compare(f"{what}: sd between reps, log-odds, {end} end of the 90 % interval", value)


if __name__ == "__main__":
    run(
        __doc__.splitlines()[0], measure, packages=["leadscore", "lightgbm", "numpy", "pandas", "scikit-learn", "scipy"]
    )
