"""The selling organisation as data: roles, their figures, and who hands a lead to whom."""

from __future__ import annotations

import os
import pathlib
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Literal, TypeAlias

from pydantic import Field, field_validator

from leadscore.decisions.delay import ReplyDecay
from leadscore.decisions.structure_checks import check_structure
from leadscore.decisions.structure_parts import (
    NURTURE,
    Eligibility,
    HandOff,
    Part,
    Role,
    Segments,
    Stage,
    as_in_the_data,
)
from leadscore.decisions.structure_toml import structure_toml
from leadscore.errors import StructureError

__all__ = ["DAYS", "NURTURE", "Eligibility", "HandOff", "Path", "Period", "Role", "Stage", "Structure"]

Period: TypeAlias = Literal["week", "month"]

DAYS: Mapping[Period, float] = {"week": 7.0, "month": 365.25 / 12}
"""Length of each period."""

Path: TypeAlias = tuple[str, ...]
"""Role names from the first touch to the role that closes, or that keeps the account; the empty path is nurture."""

SETTABLE = tuple(key for key in Role.model_fields if key not in ("name", "stage", "takes_new", "eligible", "hands_to"))


class Structure(Part):
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

    segments: Segments = ()
    """All segments that leads may have, to find a typo in a role; empty: whatever the data hold."""

    reply_decay: ReplyDecay | None = None
    """What waiting for the first touch does to the odds to qualify; None: nothing."""

    role: tuple[Role, ...] = Field(min_length=1)
    """The roles, ``[[role]]`` in TOML."""

    _as_in_the_data = field_validator("segments")(as_in_the_data)

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

        A path ends at the role that closes. From a role of stage ``close`` it may go on to one that keeps the account
        after the win; a role of stage ``grow`` closes itself, or engages a closing role.
        """
        return (*(path for role in self.role if role.takes_new for path in self.chains(role)), ())

    def chains(self, role: Role, before: Path = ()) -> Iterator[Path]:
        """Yield every path that goes on with this role."""
        path = (*before, role.name)
        nexts = [self.role_named(arrow.to) for arrow in role.hands_to if arrow.to not in path]
        if role.closes:
            yield path
        if role.stage == "close":
            yield from ((*path, keeper.name) for keeper in nexts if keeper.keeps_accounts)
        else:
            for follower in nexts:
                yield from self.chains(follower, path)

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
        return self._with_roles(roles)

    def per(self, period: Period) -> Structure:
        """Return the same structure with its hours counted in another period."""
        factor = DAYS[period] / DAYS[self.period]
        roles = [role.model_dump() | {"hours_per_period": role.hours_per_period * factor} for role in self.role]
        return self._with_roles(roles, period=period)

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
        return self._with_roles(roles)

    def changes_to(self, other: Structure) -> dict[str, list[Any]]:
        """What another structure has otherwise, as ``[here, there]`` by ``ROLE.key``; None where there is no such role.

        Examples
        --------
        >>> from leadscore.decisions import preset
        >>> structure = preset("three_tier")
        >>> structure.changes_to(structure.with_({"SDR.heads": 4}))
        {'SDR.heads': [2.0, 4.0]}
        """
        here, there = self._flat(), other._flat()
        names = dict.fromkeys((*here, *there))
        return {name: [here.get(name), there.get(name)] for name in names if here.get(name) != there.get(name)}

    def _flat(self) -> dict[str, Any]:
        values = self.model_dump(mode="json")
        roles = values.pop("role")
        return values | {f"{role['name']}.{key}": value for role in roles for key, value in role.items()}

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
        """Text of a TOML file, with comments to edit it by, that `from_toml` reads as this structure."""
        return structure_toml(self)

    def _with_roles(self, roles: Sequence[Any], **other: Any) -> Structure:
        return Structure.model_validate(dict(self) | other | {"role": roles})

    def _settable(self, role: str, key: str) -> str:
        fitting = [key] if key in SETTABLE else [name for name in SETTABLE if key and name.startswith(key)]
        if len(fitting) != 1:
            raise StructureError(
                f"structure {self.name!r}, role {role!r} has no setting {key!r}; set one of {', '.join(SETTABLE)}"
            )
        return fitting[0]

    def _check(self) -> None:
        check_structure(self)
