"""The rules of a points card, as a recipe writes them under ``[rules]``."""

from __future__ import annotations

from typing import Literal, TypeAlias

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from leadscore.data.schema import category_key

__all__ = ["CardTier", "Rule", "Rules", "Test"]

Test: TypeAlias = Literal["one_of", "answer", "number", "missing"]
"""What a rule asks of a value."""


class Rule(BaseModel):
    """Points for one thing that is known of a lead.

    Examples
    --------
    >>> Rule(column="Employees", at_least=100, points=15).words
    'Employees is at least 100'
    >>> Rule(activity="form_submit", at_least=1, within_days=30, points=10).words
    'form_submit in the last 30 days is at least 1'
    """

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    column: str | None = None
    """Column of the export that is looked at; either this or ``activity``."""
    activity: str | None = None
    """Kind of activity that is counted."""
    within_days: int | None = Field(None, ge=1)
    """Days before the scoring moment in which the activity is counted."""
    one_of: tuple[str | bool | int | float, ...] = ()
    """Values of which the column has one, in any letter case."""
    answer: bool | None = None
    """Yes (true) or no (false), in any spelling."""
    at_least: float | None = None
    """Least number."""
    below: float | None = None
    """Number that is too great."""
    missing: bool = False
    """Whether the points are for an empty cell."""
    points: int = Field(ge=-1000, le=1000)
    """Points when all of this holds; may be negative, not 0."""

    @field_validator("one_of")
    @classmethod
    def _not_missing(cls, values: tuple[str | bool | int | float, ...]) -> tuple[str | bool | int | float, ...]:
        if any(category_key(value) is None for value in values):
            raise ValueError("an empty value is asked for with `missing = true`")
        return values

    @model_validator(mode="after")
    def _one_question(self) -> Rule:
        if (self.column is None) == (self.activity is None):
            raise ValueError("give either `column` or `activity`")
        asked = [self.one_of != (), self.answer is not None, self._limits, self.missing]
        if self.activity is not None and (self.within_days is None or asked != [False, False, True, False]):
            raise ValueError("an `activity` needs `within_days`, and `at_least` or `below`")
        if self.column is not None and (self.within_days is not None or sum(asked) != 1):
            raise ValueError("a `column` needs one of `one_of`, `answer`, `at_least` and `below`, `missing`")
        if self.at_least is not None and self.below is not None and self.at_least >= self.below:
            raise ValueError("no number is at least `at_least` and under `below`")
        if not self.points:
            raise ValueError("a rule of 0 points says nothing; remove it")
        return self

    @property
    def _limits(self) -> bool:
        return self.at_least is not None or self.below is not None

    @property
    def test(self) -> Test:
        """What is asked."""
        if self.missing:
            return "missing"
        return "one_of" if self.one_of else "number" if self._limits else "answer"

    @property
    def subject(self) -> str:
        """Column, or activity with its window, as the encoder names it."""
        return self.column or f"{self.activity}, last {self.within_days} days"

    @property
    def words(self) -> str:
        """The condition in words."""
        name = self.column or f"{self.activity} in the last {self.within_days} days"
        if self.test == "missing":
            return f"{name} is missing"
        if self.test == "answer":
            return f"{name} is {'yes' if self.answer else 'no'}"
        if self.test == "one_of":
            return f"{name} is {' or '.join(map(str, self.one_of))}"
        return f"{name} is {self.limits}"

    @property
    def limits(self) -> str:
        """The numbers that are asked for, in words."""
        ends = (("at least", self.at_least), ("below", self.below))
        return " and ".join(f"{word} {end:,.15g}" for word, end in ends if end is not None)

    @property
    def points_in_words(self) -> str:
        """The points with their sign."""
        return f"{self.points:+d} point{'' if abs(self.points) == 1 else 's'}"


class CardTier(BaseModel):
    """A band of points and who touches its leads first."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    tier: str = Field(pattern=r"^[A-Z]$")
    """Letter of the tier."""
    at_least: int | None = None
    """Least points; none for the last tier, which takes all others."""
    roles: tuple[str, ...] = Field(min_length=1)
    """Roles of the structure: the first of them that may touch the lead does, and ``nurture`` when none may."""


class Rules(BaseModel):
    """A points card: rules that a person wrote, and tiers of their points.

    Examples
    --------
    >>> Rules(
    ...     points=(Rule(column="Source", one_of=("Referral",), points=20),),
    ...     tiers=(CardTier(tier="A", at_least=20, roles=("SDR",)), CardTier(tier="B", roles=("nurture",))),
    ... ).columns
    ('Source',)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    points: tuple[Rule, ...] = Field(min_length=1)
    """The rules; the points of those that hold are added up."""
    tiers: tuple[CardTier, ...] = Field(min_length=1)
    """The tiers, best first."""

    @field_validator("points")
    @classmethod
    def _one_reading(cls, rules: tuple[Rule, ...]) -> tuple[Rule, ...]:
        read: dict[str, Test] = {}
        for rule in rules:
            if rule.test != "missing" and read.setdefault(rule.subject, rule.test) != rule.test:
                raise ValueError(
                    f"the column {rule.column!r} is read in two ways, {read[rule.subject]} and {rule.test}; keep one"
                )
        return rules

    @field_validator("tiers")
    @classmethod
    def _falling(cls, tiers: tuple[CardTier, ...]) -> tuple[CardTier, ...]:
        letters, cuts = [tier.tier for tier in tiers], [tier.at_least for tier in tiers[:-1]]
        if letters != sorted(set(letters)):
            raise ValueError(f"the tiers are {', '.join(letters)}; allowed: each letter once, A first")
        if tiers[-1].at_least is not None or None in cuts:
            raise ValueError("every tier but the last needs `at_least`, and the last has none")
        known = [cut for cut in cuts if cut is not None]
        if known != sorted(set(known), reverse=True):
            raise ValueError(f"`at_least` has to fall from tier to tier, got {known}")
        return tiers

    @property
    def columns(self) -> tuple[str, ...]:
        """Columns that are looked at, each once."""
        return tuple(dict.fromkeys(rule.column for rule in self.points if rule.column is not None))
