"""One published line of the tier table: whose band it is, how sure its cut, and what it holds."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any, Self

__all__ = ["TierRow"]


@dataclass(frozen=True, slots=True)
class TierRow:
    """One published line of the tier table.

    Parameters
    ----------
    tier
        Letter.
    segment, margin_band
        Group of the leads; None where leads are not parted (a segment None beside others means all others).
    role
        Usual role of the band.
    from_p_close, to_p_close
        The band, from inclusive, to exclusive, on the table's axis.
    share
        Share of all leads.
    share_other_role
        Share of the band's leads whose own role is another.
    expected_qualified, expected_won, expected_value
        Qualified leads, won deals, and margin minus cost in one period, each lead worked by its own role; a lead in
        nurture adds nothing. None for a stage without a likelihood.
    reply_within_minutes
        Promise of the role; None for nurture.
    price_per_hour
        Price of the role's time; 0 for nurture.
    from_p_close_band
        Where nine in ten of `from_p_close` lie that other leads of the same kind give; None for the lowest band, and
        where that was not asked for.
    """

    tier: str
    segment: str | None
    margin_band: str | None
    role: str
    from_p_close: float
    to_p_close: float
    share: float
    share_other_role: float
    expected_qualified: float | None
    expected_won: float | None
    expected_value: float
    reply_within_minutes: int | None
    price_per_hour: float
    from_p_close_band: tuple[float, float] | None = None

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON, by the names of the fields; a band is a list."""
        band = self.from_p_close_band
        return {**asdict(self), "from_p_close_band": band and list(band)}

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote; JSON knows no tuples."""
        band = values.get("from_p_close_band")
        return cls(**{**values, "from_p_close_band": band and (band[0], band[1])})

    @property
    def cut_in_words(self) -> str:
        """The lower end of the band as a sentence, with how sure it is."""
        who = ", ".join(filter(None, (self.segment, self.margin_band and f"margin {self.margin_band}"))) or "all leads"
        if self.from_p_close <= 0:
            return f"{who}: tier {self.tier} ({self.role}) below that"
        sentence = f"{who}: tier {self.tier} ({self.role}) from {self.from_p_close:.2%}"
        if self.from_p_close_band is None:
            return sentence
        low, high = self.from_p_close_band
        return f"{sentence}; other leads of the same kind would cut between {low:.2%} and {high:.2%}, nine times in ten"
