"""The selling organisation as data: roles, their figures, and who hands a lead to whom."""

from __future__ import annotations

import json
import os
import pathlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
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

__all__ = ["DAYS", "NURTURE", "Eligibility", "HandOff", "Path", "Period", "Role", "Stage", "Structure"]

NURTURE = "nurture"
"""Nobody touches the lead, marketing automation keeps it warm; always possible, never a `Role`."""

Stage: TypeAlias = Literal["screen", "qualify", "close", "grow"]

Period: TypeAlias = Literal["week", "month"]

DAYS: Mapping[Period, float] = {"week": 7.0, "month": 365.25 / 12}
"""Length of each period."""

Path: TypeAlias = tuple[str, ...]
"""Role names from the first touch to the role that closes; the empty path is nurture."""


class _Part(BaseModel):
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
        first = error.errors()[0]
        key = ".".join(map(str, first["loc"]))
        if first["type"] == "extra_forbidden":
            return f"unknown key {key!r}; known are {', '.join(cls.model_fields)}"
        if first["type"] == "missing":
            return f"{key}: this key is missing"
        return f"{key} = {first['input']!r}: {first['msg'][0].lower()}{first['msg'][1:]}"

    def _check(self) -> None:
        """Raise `StructureError` where the keys contradict each other."""


class Eligibility(_Part):
    """Which leads a role may touch."""

    label = "eligible"

    segments: tuple[str, ...] = ()
    """Segments that the role serves; empty for any, also for leads without a segment."""

    customer: bool | None = None
    """True for existing customers only, False for new ones only, None for both."""

    @field_validator("segments")
    @classmethod
    def _as_in_the_data(cls, segments: tuple[str, ...]) -> tuple[str, ...]:
        # Segments of leads are compared without letter case and outer spaces; so are those of a structure.
        return tuple(" ".join(segment.split()).casefold() for segment in segments)


class HandOff(_Part):
    """An arrow from one role to the next."""

    label = "hands_to {name}"

    to: str
    """Name of the receiving role."""

    loss: float = Field(ge=0, lt=1)
    """Share of the handed-over leads that is lost on the way."""


class Role(_Part):
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

    eligible: Eligibility = Eligibility()
    """Which leads the role may touch."""

    reply_within_minutes: int = Field(gt=0)
    """Promised time to the first touch, in minutes of the working calendar."""

    hands_to: tuple[HandOff, ...] = ()
    """Who gets the lead next: after a screen or a qualification, or (from a closing role) after the win."""

    @property
    def closes(self) -> bool:
        """Whether a path of hand-offs ends here."""
        return self.stage in ("close", "grow")

    @property
    def hours_per_touch(self) -> float:
        """Hours that one lead takes."""
        return self.minutes_per_touch / 60

    @property
    def cost_per_touch(self) -> float:
        """Cost of one lead: the hours and the fee per lead."""
        return self.hours_per_touch * self.cost_per_hour + self.fee_per_lead

    @property
    def capacity(self) -> float:
        """Hours of all heads in one period."""
        return self.heads * self.hours_per_period

    def _check(self) -> None:
        if self.name == NURTURE:
            raise StructureError(f"name = {NURTURE!r}: nurture is always there and is no role; choose another name")
        elsewhere = {
            "sensitivity": self.sensitivity != 1 and self.stage != "screen",
            "specificity": self.specificity != 0 and self.stage != "screen",
            "fee_per_qualified": self.fee_per_qualified != 0 and self.stage != "qualify",
            "effect": self.effect != 1 and self.stage == "screen",
        }
        for key in (key for key, misplaced in elsewhere.items() if misplaced):
            raise StructureError(f"{key} = {getattr(self, key):g}: has no meaning at stage {self.stage!r}; remove it")


SETTABLE = tuple(key for key in Role.model_fields if key not in ("name", "stage", "eligible", "hands_to"))


class Structure(_Part):
    """A selling organisation: its roles and the hand-offs between them.

    Examples
    --------
    >>> from leadscore.decisions import preset
    >>> structure = preset("three_tier")
    >>> structure.roles
    ('SDR', 'ISR', 'SAR', 'AM')
    >>> structure.paths()
    (('SDR', 'ISR'), ('SDR', 'SAR'), ('ISR',), ('SAR',), ('AM',), ())
    >>> structure.with_({"SDR.heads": "4"}).role_named("SDR").heads
    4.0
    """

    label = "structure {name}"

    name: str = Field(min_length=1)
    """Name of the structure."""

    period: Period = "week"
    """Period to which `Role.hours_per_period` refers."""

    role: tuple[Role, ...] = Field(min_length=1)
    """The roles, ``[[role]]`` in TOML."""

    @property
    def roles(self) -> tuple[str, ...]:
        """Names of the roles, in the order of the structure."""
        return tuple(role.name for role in self.role)

    def role_named(self, name: str) -> Role:
        """Return the role of this name.

        Raises
        ------
        StructureError
            When there is none; names the roles that there are.
        """
        for role in self.role:
            if role.name == name:
                return role
        raise StructureError(f"structure {self.name!r} has no role {name!r}; it has {', '.join(self.roles)}")

    def paths(self) -> tuple[Path, ...]:
        """Every first touch with every chain of hand-offs down to a closing role, and nurture (``()``) last.

        A path ends at the first role that closes or grows: what that role hands on, it hands on after the win.
        """
        return (*(path for role in self.role for path in self._chains(role)), ())

    def closing_only(self) -> Structure:
        """Return the structure without its screening and qualifying roles.

        Raises
        ------
        StructureError
            When nobody closes.
        """
        return self.keep({role.name for role in self.role if role.closes})

    def keep(self, names: set[str]) -> Structure:
        """Return the structure with these roles only, and the hand-offs between them.

        Raises
        ------
        StructureError
            When no role is left, or one that is left reaches nobody who closes.
        """
        roles = tuple(
            role.model_copy(update={"hands_to": tuple(arrow for arrow in role.hands_to if arrow.to in names)})
            for role in self.role
            if role.name in names
        )
        return Structure(name=self.name, period=self.period, role=roles)

    def per(self, period: Period) -> Structure:
        """Return the same structure with its hours counted in another period."""
        factor = DAYS[period] / DAYS[self.period]
        roles = [role.model_dump() | {"hours_per_period": role.hours_per_period * factor} for role in self.role]
        return Structure.model_validate({"name": self.name, "period": period, "role": roles})

    def with_(self, settings: Mapping[str, float | str]) -> Structure:
        """Return the structure with other figures, for a what-if.

        Parameters
        ----------
        settings
            Values by ``ROLE.key``, such as ``{"SDR.heads": "4"}``; the beginning of a key will do where it is the
            beginning of one only (``MDR.cost``).

        Raises
        ------
        StructureError
            When a role or key is unknown or a value is out of range; names what is allowed.
        """
        changes: dict[str, dict[str, Any]] = {}
        for setting, value in settings.items():
            name, _, key = setting.partition(".")
            changes.setdefault(self.role_named(name).name, {})[self._settable(name, key)] = value
        roles = [role.model_dump() | changes.get(role.name, {}) for role in self.role]
        return Structure.model_validate({"name": self.name, "period": self.period, "role": roles})

    @classmethod
    def from_toml(cls, path: str | os.PathLike[str]) -> Structure:
        """Read a structure from a TOML file.

        Raises
        ------
        StructureError
            When the file is missing, is not TOML or contradicts itself; names file, role and key.
        """
        try:
            return cls.model_validate(tomllib.loads(pathlib.Path(path).read_text(encoding="utf-8")))
        except OSError as error:
            raise StructureError(f"{path}: cannot read this structure file: {error.strerror}") from None
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise StructureError(f"{path}: this is not TOML: {error}") from None
        except StructureError as error:
            raise StructureError(f"{path}: {error}") from None

    def to_toml(self) -> str:
        """Text of a TOML file that `from_toml` reads as this structure."""
        tables = [f"name = {_toml(self.name)}\nperiod = {_toml(self.period)}\n"]
        for role in self.role:
            values = role.model_dump(mode="json", exclude_none=True)
            tables.append("[[role]]\n" + "".join(f"{key} = {_toml(value)}\n" for key, value in values.items()))
        return "\n".join(tables)

    def _chains(self, role: Role, before: Path = ()) -> Iterator[Path]:
        path = (*before, role.name)
        if role.closes:
            yield path
        else:
            for arrow in role.hands_to:
                yield from self._chains(self.role_named(arrow.to), path)

    def _settable(self, role: str, key: str) -> str:
        fitting = [key] if key in SETTABLE else [name for name in SETTABLE if key and name.startswith(key)]
        if len(fitting) != 1:
            raise StructureError(
                f"structure {self.name!r}, role {role!r} has no setting {key!r}; set one of {', '.join(SETTABLE)}"
            )
        return fitting[0]

    def _check(self) -> None:
        for name in self.roles:
            if self.roles.count(name) > 1:
                raise StructureError(f"role {name!r}, name: two roles have this name")
        for role in self.role:
            self._check_arrows(role)
        for role in self.role:
            if not any(self._chains(role)):
                raise StructureError(
                    f"role {role.name!r}, hands_to: reaches no role that closes; let it hand over to one"
                )

    def _check_arrows(self, role: Role) -> None:
        targets = [arrow.to for arrow in role.hands_to]
        for target in targets:
            if target not in self.roles:
                known = ", ".join(self.roles)
                raise StructureError(f"role {role.name!r}, hands_to: there is no role {target!r}; there are {known}")
            if targets.count(target) > 1:
                raise StructureError(f"role {role.name!r}, hands_to: names {target!r} twice")
        self._check_circle(role, ())

    def _check_circle(self, role: Role, before: Path) -> None:
        if role.name in before:
            circle = " -> ".join((*before, role.name))
            raise StructureError(f"role {role.name!r}, hands_to: the hand-offs run in a circle, {circle}")
        for arrow in role.hands_to:
            if arrow.to in self.roles:
                self._check_circle(self.role_named(arrow.to), (*before, role.name))


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return json.dumps(value, ensure_ascii=False)
