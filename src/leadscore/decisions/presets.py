"""Structures that many companies share; figures to start from, not findings.

They fit about 190 inbound leads a week, of which a third qualifies and one in fourteen closes. Hours are those that are
free for leads: an account manager spends the rest of the week on renewals.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leadscore.decisions.structure import Eligibility, HandOff, Role, Structure
from leadscore.errors import StructureError

__all__ = ["PRESETS", "preset"]

_MDR = Role(
    name="MDR",
    stage="screen",
    heads=1,
    hours_per_period=10,
    minutes_per_touch=10,
    cost_per_hour=30,
    sensitivity=0.92,
    specificity=0.7,
    reply_within_minutes=15,
    hands_to=(HandOff(to="SDR", loss=0.03),),
)
_SDR = Role(
    name="SDR",
    stage="qualify",
    heads=2,
    hours_per_period=28,
    minutes_per_touch=40,
    cost_per_hour=45,
    reply_within_minutes=60,
    hands_to=(HandOff(to="ISR", loss=0.06), HandOff(to="SAR", loss=0.06)),
)
_ISR = Role(
    name="ISR",
    stage="close",
    heads=3,
    hours_per_period=25,
    minutes_per_touch=100,
    cost_per_hour=60,
    reply_within_minutes=240,
    hands_to=(HandOff(to="AM", loss=0),),
)
_SAR = Role(
    name="SAR",
    stage="close",
    heads=2,
    hours_per_period=25,
    minutes_per_touch=540,
    cost_per_hour=95,
    effect=1.5,
    eligible=Eligibility(segments=("enterprise",)),
    reply_within_minutes=480,
    hands_to=(HandOff(to="AM", loss=0),),
)
_AM = Role(
    name="AM",
    stage="grow",
    heads=1,
    hours_per_period=8,
    minutes_per_touch=100,
    cost_per_hour=70,
    effect=1.2,
    eligible=Eligibility(customer=True),
    reply_within_minutes=480,
)

PRESETS: Mapping[str, Structure] = MappingProxyType(
    {
        structure.name: structure
        for structure in (
            Structure(name="three_tier", role=(_SDR, _ISR, _SAR, _AM)),
            Structure(name="four_tier", role=(_MDR, _SDR, _ISR, _SAR, _AM)),
        )
    }
)
"""Structures by name."""


def preset(name: str) -> Structure:
    """Return the preset of this name.

    Raises
    ------
    StructureError
        When there is none; lists those that there are.

    Examples
    --------
    >>> preset("four_tier").roles
    ('MDR', 'SDR', 'ISR', 'SAR', 'AM')
    """
    try:
        return PRESETS[name]
    except KeyError:
        raise StructureError(
            f"there is no preset {name!r}; there are {', '.join(PRESETS)}; a file of your own ends in .toml"
        ) from None
