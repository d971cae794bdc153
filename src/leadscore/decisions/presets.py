"""Structures that many companies share, in the order in which the profession came to them; figures to start from.

They fit about 190 inbound leads a week, of which a third qualifies and one in fourteen closes. Hours are those that are
free for leads: an account manager spends the rest of the week on renewals.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from leadscore.decisions.structure import Eligibility, HandOff, Role, Structure
from leadscore.errors import StructureError

__all__ = ["PRESETS", "preset", "read_structure"]

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
_OUT = Role(
    name="OUT",
    stage="qualify",
    heads=2,
    hours_per_period=28,
    minutes_per_touch=45,
    cost_per_hour=0,
    fee_per_qualified=90,
    effect=0.9,
    reply_within_minutes=120,
    hands_to=(HandOff(to="ISR", loss=0.1), HandOff(to="SAR", loss=0.1)),
)
_JUNIOR = Role(
    name="ISR",
    stage="qualify",
    heads=2,
    hours_per_period=26,
    minutes_per_touch=50,
    cost_per_hour=45,
    reply_within_minutes=60,
    hands_to=(HandOff(to="FLD", loss=0.04),),
)
_FLD = Role(
    name="FLD",
    stage="close",
    heads=5,
    hours_per_period=25,
    minutes_per_touch=120,
    cost_per_hour=85,
    effect=1.3,
    visit_minutes=240,
    visit_from_margin=5_000,
    reply_within_minutes=480,
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
_GROWING_AM = _AM.model_copy(
    update={
        "hours_per_period": 16,
        "minutes_per_touch": 80,
        "account_margin": 0.25,
        "account_minutes": 60,
        "hands_to": (HandOff(to="ISR", loss=0.03), HandOff(to="SAR", loss=0.03)),
    }
)

PRESETS: Mapping[str, Structure] = MappingProxyType(
    {
        name: Structure(name=name, role=roles)
        for name, roles in {
            "outside_only": (_FLD,),
            "paired": (_JUNIOR, _FLD.model_copy(update={"heads": 6})),
            "three_tier": (_SDR, _ISR, _SAR, _AM),
            "four_tier": (_MDR, _SDR, _ISR, _SAR, _AM),
            "outsourced": (_OUT, _ISR, _SAR, _AM),
            "am_growth": (_SDR, _ISR, _SAR, _GROWING_AM),
        }.items()
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


def read_structure(name: str) -> Structure:
    """Return a structure by the path of its TOML, which ends in ``.toml``, or by the name of a preset.

    Raises
    ------
    StructureError
        When there is no such preset, or the file cannot be used; names file, role and key.
    """
    return Structure.from_toml(name) if name.endswith(".toml") else preset(name)
