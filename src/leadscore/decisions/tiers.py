"""Tiers: contiguous bands of a likelihood, each with the role that usually takes it.

A tier is the band of a lead's likelihood inside its segment and margin band; how the cuts are found stands in
:mod:`leadscore.decisions.banding`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from leadscore.decisions.prospects import Axis, Floats, Objects
from leadscore.decisions.tier_group import TierIndex, Tiers
from leadscore.decisions.tier_row import TierRow

__all__ = ["TierTable"]


@dataclass(frozen=True, slots=True)
class TierTable:
    """The tiers of all groups, and what they held when they were fitted.

    Parameters
    ----------
    groups
        Tiers of every group; those of segment None, last, serve every segment that has none of its own.
    rows
        The published table, best tier first.
    loss_share
        Value lost if every lead took its tier's role instead of its own, as a share of the net value.
    axis
        Likelihood that the cuts lie on.
    held_out_loss_share
        `loss_share` on leads that neither the model nor the table had seen; None where that was not measured.
    """

    groups: tuple[Tiers, ...]
    rows: tuple[TierRow, ...]
    loss_share: float
    axis: Axis = "p_close"
    held_out_loss_share: float | None = None
    _index: TierIndex = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_index", TierIndex(self.groups))

    def assign(self, axis_values: Floats, segment: Objects, margin: Floats) -> tuple[Objects, Objects]:
        """Return the letter and the usual role of each lead.

        Parameters
        ----------
        axis_values
            Likelihood on the table's axis.
        segment, margin
            As in `Prospects`.
        """
        place = self._index.locate(axis_values, segment, margin)
        return self._index.letters[place], self._index.roles[place]

    @property
    def losses(self) -> dict[str, float | None]:
        """`loss_share` and `held_out_loss_share` as published: ``fitted`` and ``held_out``."""
        return {"fitted": self.loss_share, "held_out": self.held_out_loss_share}

    @property
    def loss_in_words(self) -> str:
        """What the table alone would lose, as a sentence."""
        sentence = f"Taking the tier's role in place of each lead's own loses {self.loss_share:.1%} of the value"
        held_out = self.held_out_loss_share
        return f"{sentence}." if held_out is None else f"{sentence} ({held_out:.1%} on held-out leads)."

    def assign_one(self, axis_value: float, segment: str | None, margin: float) -> tuple[str, str]:
        """Return the letter and the usual role of one lead, as `assign` does, sooner."""
        group = self.groups[self._index.group_of(segment, margin)]
        band = sum(axis_value < cut for cut in group.cuts)
        return group.letters[band], group.roles[band]

    def to_dict(self) -> dict[str, Any]:
        """Plain values for JSON; `from_dict` reads them back without loss."""
        return {
            "axis": self.axis,
            "loss_share": self.loss_share,
            "held_out_loss_share": self.held_out_loss_share,
            "groups": [asdict(group) for group in self.groups],
            "rows": [row.to_dict() for row in self.rows],
        }

    @classmethod
    def from_dict(cls, values: Mapping[str, Any]) -> Self:
        """Read what `to_dict` wrote."""
        return cls(
            groups=tuple(map(Tiers.from_dict, values["groups"])),
            rows=tuple(map(TierRow.from_dict, values["rows"])),
            loss_share=values["loss_share"],
            axis=values["axis"],
            held_out_loss_share=values.get("held_out_loss_share"),
        )

    def __str__(self) -> str:
        header = ("tier", "segment", "margin", "role", self.axis, "share", "other role", "qualified", "won", "value")
        lines = [header, *map(_cells, self.rows)]
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _cells(row: TierRow) -> tuple[str, ...]:
    return (
        row.tier,
        row.segment or "",
        row.margin_band or "",
        row.role,
        f"{row.from_p_close:.2%} to {row.to_p_close:.2%}",
        f"{row.share:.1%}",
        f"{row.share_other_role:.1%}",
        "" if row.expected_qualified is None else f"{row.expected_qualified:.1f}",
        "" if row.expected_won is None else f"{row.expected_won:.1f}",
        f"{row.expected_value:,.0f}",
    )
