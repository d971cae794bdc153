"""The pieces of a structure: a role with its figures, whom it serves, whom it hands a lead to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self, TypeAlias

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    ModelWrapValidatorHandler,
    ValidationError,
    field_validator,
    model_validator,
)

from leadscore.errors import StructureError

__all__ = ["NURTURE", "Eligibility", "HandOff", "Part", "Role", "Segments", "Stage"]

NURTURE = "nurture"
"""Nobody touches the lead, marketing automation keeps it warm; always possible, never a `Role`."""

Stage: TypeAlias = Literal["screen", "qualify", "close", "grow"]

Segments: TypeAlias = tuple[str, ...]


class Part(BaseModel):
    """A piece of a structure whose errors say where they lie."""

    model_config = ConfigDict(frozen=True, extra="forbid", allow_inf_nan=False)

    label: ClassVar[str]
    """What this piece is called in an error, with ``{name}`` for its own name."""

    @model_validator(mode="wrap")
    @classmethod
    def _say_where(cls, data: Any, handler: ModelWrapValidatorHandler[Self]) -> Self:
        values = data if isinstance(data, Mapping) else vars(data) if isinstance(data, BaseModel) else {}
        where = cls.label.format(name=repr(values.get("name", values.get("to"))))
        try:
            part = handler(data)
            part._check()
        except ValidationError as error:
            raise StructureError(f"{where}, {cls._explain(error)}") from None
        except StructureError as error:
            raise StructureError(f"{where}, {error}") from None
        return part

    @classmethod
    def _explain(cls, error: ValidationError) -> str:
        # A misspelt key is also a missing one, which would say less.
        first = min(error.errors(), key=lambda found: found["type"] != "extra_forbidden")
        key = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            return f"unknown key {key!r}; known are {', '.join(cls.model_fields)}"
        if first["type"] == "missing":
            return f"{key}: this key is missing"
        return f"{key} = {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}"

    def _check(self) -> None:
        """Raise `StructureError` where the keys contradict each other."""


def as_in_the_data(segments: Segments) -> Segments:
    """Segments of leads are compared without letter case and outer spaces; so are those of a structure."""
    return tuple(" ".join(segment.split()).casefold() for segment in segments)


class Eligibility(Part):
    """Which leads a role may touch."""

    label = "eligible"

    segments: Segments = ()
    """Segments that the role serves; empty for any, also for leads without a segment."""

    customer: bool | None = None
    """True for existing customers only, False for new ones only, None for both."""

    margin_from: float | None = Field(None, ge=0)
    """Least margin of a lead that the role serves, such as accounts over a size; None for any."""

    margin_below: float | None = Field(None, gt=0)
    """Margin that a lead must be under, such as low-end products; None for any."""

    _as_in_the_data = field_validator("segments")(as_in_the_data)

    def _check(self) -> None:
        low, high = self.margin_from, self.margin_below
        if low is not None and high is not None and not low < high:
            raise StructureError(f"margin_below = {high:g}: must be over margin_from = {low:g}")


class HandOff(Part):
    """An arrow from one role to the next."""

    label = "hands_to {name}"

    to: str
    """Name of the receiving role."""

    loss: float = Field(ge=0, lt=1)
    """Share of the handed-over leads that is lost on the way."""


class Role(Part):
    """A kind of person in the selling organisation, with what their time costs and does."""

    label = "role {name}"

    name: str = Field(pattern=r"^[^.\s]+$")
    """Short name, such as SDR; no spaces or dots."""

    stage: Stage
    """What the role does: ``screen`` raw leads, ``qualify``, ``close``, or ``grow`` business with customers."""

    heads: float = Field(gt=0)
    """Number of people; part-time counts in fractions."""

    minutes_per_touch: float = Field(gt=0)
    """Working time that one lead takes at this role, all calls and notes together."""

    hours_per_period: float = Field(gt=0)
    """Hours of one head in one period that are free for leads."""

    cost_per_hour: float = Field(ge=0)
    """Cost of an hour, in the currency of the margins."""

    fee_per_lead: float = Field(0, ge=0)
    """Fee for every lead taken, on top of the hours."""

    fee_per_qualified: float = Field(0, ge=0)
    """Fee for every lead that qualifies (stage ``qualify``)."""

    sensitivity: float = Field(1, gt=0, le=1)
    """Share of the leads that would qualify which a screen lets through (stage ``screen``)."""

    specificity: float = Field(0, ge=0, le=1)
    """Share of the leads that would not qualify which a screen stops (stage ``screen``)."""

    effect: float = Field(1, gt=0)
    """Factor on the odds of success at the role's own stage; 1 is the history that the model learned from."""

    visit_minutes: float = Field(0, ge=0)
    """Further working time of a visit in the field."""

    visit_from_margin: float = Field(0, ge=0)
    """Least margin of a lead that needs the visit; a smaller deal is done from the desk."""

    account_margin: float = Field(0, ge=0)
    """Later margin of an account handed over after a win, as a share of the deal's: renewals and growth (``grow``)."""

    account_minutes: float = Field(0, ge=0)
    """Working time that such an account takes (stage ``grow``)."""

    takes_new: bool = True
    """Whether leads may come here first; false: only by a hand-off."""

    eligible: Eligibility = Eligibility()
    """Which leads the role may touch."""

    reply_within_minutes: int = Field(gt=0)
    """Promised time to the first touch, in minutes of the working calendar."""

    hands_to: tuple[HandOff, ...] = ()
    """Who gets the lead next: after a screen or a qualification; from ``close``, the account after the win."""

    @property
    def closes(self) -> bool:
        """Whether a path of hand-offs may end here."""
        return self.stage in ("close", "grow")

    @property
    def keeps_accounts(self) -> bool:
        """Whether an account that is handed over after a win brings or takes anything here."""
        return self.account_margin > 0 or self.account_minutes > 0

    @property
    def hours_per_touch(self) -> float:
        """Hours that one lead takes, without a visit."""
        return self.minutes_per_touch / 60

    @property
    def cost_per_touch(self) -> float:
        """Cost of one lead: the hours and the fee per lead, without a visit."""
        return self.hours_per_touch * self.cost_per_hour + self.fee_per_lead

    @property
    def capacity(self) -> float:
        """Hours of all heads in one period."""
        return self.heads * self.hours_per_period

    def _check(self) -> None:
        if self.name == NURTURE:
            raise StructureError(f"name = {NURTURE!r}: nurture is always there and is no role; choose another name")
        for key, stages in _MEANINGFUL.items():
            if getattr(self, key) != Role.model_fields[key].default and self.stage not in stages:
                raise StructureError(
                    f"{key} = {getattr(self, key):g}: has no meaning at stage {self.stage!r}; remove it"
                )


_MEANINGFUL: Mapping[str, tuple[Stage, ...]] = {
    "sensitivity": ("screen",),
    "specificity": ("screen",),
    "fee_per_qualified": ("qualify",),
    "effect": ("qualify", "close", "grow"),
    "account_margin": ("grow",),
    "account_minutes": ("grow",),
}
"""Stages at which a key has a meaning, where not at all of them."""


def has_meaning(key: str, stage: Stage) -> bool:
    """Whether a role of this stage can use the key."""
    return stage in _MEANINGFUL.get(key, (stage,))
