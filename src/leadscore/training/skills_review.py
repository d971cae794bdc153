"""The review of skills: at which stage conversion is lost, by whom if by anybody, and what mending that would bring."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History, decided_rows
from leadscore.data.locations import Place
from leadscore.data.outcomes import Stage
from leadscore.data.schema import category_key
from leadscore.decisions.group_outcomes import Cases
from leadscore.decisions.skills import SIGNIFICANCE, SkillLevel, review_groups
from leadscore.errors import RecipeError, TooFewOutcomes
from leadscore.training.expectations import Expectations, expect, without_columns_of
from leadscore.training.fitting import stage_rows, weight_of
from leadscore.training.pipeline import Progress, read, silent
from leadscore.training.recipe import Recipe, load_recipe
from leadscore.training.skills_worth import Money, StageWorth, money_of

__all__ = ["SkillsReview", "StageReview", "review_skills"]

Floats = npt.NDArray[np.float64]
Objects = npt.NDArray[np.object_]


@dataclass(frozen=True, slots=True)
class StageReview:
    """One stage.

    Parameters
    ----------
    leads, unnamed
        Decided leads that reached the stage with a rep, and without.
    base_rate
        Share for which the outcome happened.
    reps, teams
        What is known of each; ``teams`` is None where the recipe names none.
    worth
        What better conversion would bring a month; None where nothing says what a win is worth.
    """

    leads: int
    unnamed: int
    base_rate: float
    reps: SkillLevel
    teams: SkillLevel | None
    worth: StageWorth | None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return {
            "leads": self.leads,
            "unnamed": self.unnamed,
            "base_rate": self.base_rate,
            "reps": self.reps.to_dict(),
            "teams": None if self.teams is None else self.teams.to_dict(),
            "worth": None if self.worth is None else self.worth.to_dict(),
        }


@dataclass(frozen=True, slots=True)
class SkillsReview:
    """Review of all stages at which the recipe names a rep.

    Parameters
    ----------
    recipe
        What was reviewed.
    basis
        ``model`` or ``base_rate``: where the expectations come from.
    stages
        By stage, in the order in which they happen.
    heads
        Worth of one more head a month, by role; empty where nothing says what a win is worth.
    notes
        What a reader should know.
    """

    recipe: Recipe
    basis: str
    stages: Mapping[Stage, StageReview]
    heads: Mapping[str, float]
    notes: tuple[str, ...]

    @property
    def reps_flagged(self) -> int:
        """Reps named at any stage."""
        return sum(len(s.reps.flagged) for s in self.stages.values())

    @property
    def conclusion(self) -> tuple[str, ...]:
        """One sentence a stage on who differs, and one on what mending it would bring beside one more head."""
        money = self._money
        return (*(_concluded(stage, s.reps) for stage, s in self.stages.items()), *([money] if money else []))

    @property
    def _money(self) -> str:
        worth = [
            f"the lower half of the reps at the median of {stage} would bring {s.worth.lower_half:,.0f} "
            f"({s.worth.lower_half_interval[0]:,.0f} to {s.worth.lower_half_interval[1]:,.0f}), one point of "
            f"conversion there {s.worth.one_point:,.0f}"
            for stage, s in self.stages.items()
            if s.worth is not None
        ]
        best = max(self.heads, key=lambda role: self.heads[role], default=None)
        heads = [] if best is None else [f"one more {best} {self.heads[best]:,.0f}"]
        return f"{self.recipe.currency} a month: {'; '.join([*worth, *heads])}" if worth else ""

    def to_dict(self) -> dict[str, Any]:
        """JSON form, as in ``review --skills --json``; the interval at the top is that of the last stage."""
        last = list(self.stages.values())[-1].reps
        return {
            "recipe": self.recipe.name,
            "currency": self.recipe.currency,
            "basis": self.basis,
            "reps_flagged": self.reps_flagged,
            "between_sd_interval": list(last.sd_interval),
            "conclusion": list(self.conclusion),
            "stages": {stage: s.to_dict() for stage, s in self.stages.items()},
            "worth_per_head": dict(self.heads),
            "notes": list(self.notes),
        }


def review_skills(
    recipe: Recipe | Path | str, *, data: Place | str | None = None, seed: int = 0, progress: Progress = silent
) -> SkillsReview:
    """Hold what each rep and team achieved at each stage against what was to be expected of their leads.

    Parameters
    ----------
    recipe
        A recipe, or the path of its TOML; names ``rep``, and perhaps ``team``, under a stage.
    data
        In place of the recipe's folder (a folder) or of its leads (a file, or a database's URL).
    seed
        The same seed gives the same review.
    progress
        Told what is being done.

    Raises
    ------
    BadInput
        The export or the recipe cannot be used as it stands, or the recipe names no rep.
    Refused
        No lead is decided, all have the same outcome, or no rep has any.
    """
    recipe = recipe if isinstance(recipe, Recipe) else load_recipe(recipe)
    named = {stage: o for stage, o in recipe.outcomes.items() if o.rep is not None}
    if not named:
        raise RecipeError("no stage names who worked the leads: give `rep` under [qualify] or [close].")
    progress("reading the history", 0.02)
    whole = read(recipe, data).leads
    history = whole.take(decided_rows(whole))
    who = {stage: _names(history, str(o.rep)) for stage, o in named.items()}
    history, told = without_columns_of(history, who.values())
    expected = expect(history, recipe, seed=seed, progress=progress)
    progress("comparing reps, and pricing what a difference is worth", 0.9)
    money = money_of(expected.likelihoods, history, whole, recipe)
    reviews = {}
    for stage, outcome in named.items():
        teams = None if outcome.team is None else _names(history, outcome.team)
        reviews[stage] = _review_stage(
            stage, history, expected, who[stage], teams, money, significance=SIGNIFICANCE / len(named), seed=seed
        )
    notes = (f"expected: {expected.note}", *_left_out(told), *money.notes)
    return SkillsReview(recipe, expected.basis, reviews, money.heads, notes)


def _review_stage(
    stage: Stage,
    history: History,
    expected: Expectations,
    reps: Objects,
    teams: Objects | None,
    money: Money,
    *,
    significance: float,
    seed: int,
) -> StageReview:
    every = stage_rows(history, stage, np.arange(len(history)))
    rows = every[np.array([reps[i] is not None for i in every], dtype=bool)]
    if not len(rows):
        raise TooFewOutcomes(f"[{stage}]: no decided lead names a rep. Check `rep`, or export the leads that were won.")
    p, y = expected.likelihoods[stage], history.labels[stage]
    weight = weight_of(history, stage, np.arange(len(history)))

    def level(names: Objects) -> SkillLevel:
        known = rows[np.array([names[i] is not None for i in rows], dtype=bool)]
        people, group = np.unique(names[known].astype(str), return_inverse=True)
        cases = Cases(p[known], y[known], group, len(people), None if weight is None else weight[known])
        return review_groups(cases, people.tolist(), significance=significance, seed=seed)

    found = level(reps)
    return StageReview(
        leads=len(rows),
        unnamed=len(every) - len(rows),
        base_rate=float(np.average(y[rows], weights=None if weight is None else weight[rows])),
        reps=found,
        teams=None if teams is None or all(teams[i] is None for i in rows) else level(teams),
        worth=money.of(stage, found),
    )


def _names(history: History, column: str) -> Objects:
    """Who is named in each row; spellings of one name are one person, who has the first of them."""
    cells = history.frame[column]
    keys = {v: category_key(v) for v in cells.unique()}
    shown: dict[str | None, str | None] = {None: None}
    for cell in sorted(keys, key=str):
        shown.setdefault(keys[cell], " ".join(str(cell).split()))
    return np.array([shown[keys[v]] for v in cells], dtype=object)


def _left_out(told: tuple[str, ...]) -> tuple[str, ...]:
    if not told:
        return ()
    return (
        f"{', '.join(map(repr, told))}: one value for all leads of a rep, so what it tells cannot be told from who did "
        "the work, and it is no part of the expectation",
    )


def _concluded(stage: Stage, reps: SkillLevel) -> str:
    test, (low, high) = reps.dispersion, reps.sd_interval
    figures = f"chi-squared {test.chi_squared:.1f} on {test.degrees_of_freedom}, p = {test.p_value:.2g}"
    spread = f"standard deviation between reps {low:.2f} to {high:.2f} log-odds"
    if test.degrees_of_freedom < 1:
        return f"[{stage}]: one rep alone cannot be compared with anybody"
    if not reps.ranked:
        return f"[{stage}]: the reps differ no more than chance makes them ({figures}; {spread}): nobody is ranked"
    names = "; ".join(
        f"{word} {', '.join(g.name for g in reps.flagged if g.flag == flag)}"
        for word, flag in (("above:", "above"), ("below:", "below"))
        if any(g.flag == flag for g in reps.flagged)
    )
    return f"[{stage}]: the reps differ by more than chance ({figures}; {spread}); {names or 'nobody stands out'}"
