"""Which column of an export plays which part, and corrections of what is found out about the columns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, field_validator

__all__ = ["Columns", "LeadColumns"]


class LeadColumns(BaseModel):
    """Which column of the export plays which part."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    id: str | None = None
    """Identifier of the lead; the row number serves when absent."""
    created: str | None = None
    """Creation, which is the scoring moment of the history."""
    order: str | None = None
    """Column that rises with time, for an export without dates; ``row`` trusts the file's own order."""
    modified: str | None = None
    """Last change of the row; of several rows with one id the one changed last is kept."""
    account: str | None = None
    """Company of the lead."""
    segment: str | None = None
    """Segment that structures and tiers speak of, such as the size of the company."""
    territory: str | None = None
    """Sales territory."""
    customer: str | None = None
    """Whether the lead belongs to an existing customer (yes or no)."""
    consent: str | None = None
    """Whether people may contact the lead (yes or no)."""
    worked_at: str | None = None
    """When somebody first worked the lead; leads that nobody worked are left out."""
    first_role: str | None = None
    """Role that worked the lead first."""
    propensity: str | None = None
    """Logged chance, in (0, 1], that the router let somebody work the lead; the worked ones count by its inverse."""
    channel: str | None = None
    """Column that tells channels apart whose outcomes come at different speeds; found by its name when absent."""
    moments: tuple[Annotated[float, Field(ge=0)], ...] = Field((0.0,), min_length=1)
    """Days after creation at which a lead of the history is looked at, as far as it was still open then."""
    missing: tuple[str, ...] = ()
    """Spellings that mean missing in this export."""

    @field_validator("moments")
    @classmethod
    def _ascending(cls, moments: tuple[float, ...]) -> tuple[float, ...]:
        if list(moments) != sorted(set(moments)):
            raise ValueError(f"{list(moments)} are not in ascending order, each once; allowed: [0, 7, 30]")
        return moments

    @property
    def not_features(self) -> tuple[str, ...]:
        """Columns that are read for another purpose and never learned from."""
        parts = ("id", "created", "order", "modified", "account", "consent", "worked_at", "first_role", "propensity")
        return tuple(n for part in parts if (n := getattr(self, part)) is not None)


class Columns(BaseModel):
    """Corrections of what is found out about the columns."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    ignore: tuple[str, ...] = ()
    """Columns that are not learned from."""
    protected: tuple[str, ...] = ()
    """Columns on which no decision may rest (gender, age): never a feature, never a reason, no part in routing."""
    allow_leaky: Mapping[str, str] = Field(default_factory=dict)
    """Columns that the audit would leave out, each with the reason why it may stay."""
    numbers: tuple[str, ...] = ()
    """Columns that are numbers whatever they look like."""
    categories: tuple[str, ...] = ()
    """Columns that are categories whatever they look like."""
    by_segment: tuple[str, ...] = ()
    """Categories that work otherwise in each segment, such as a product that is made for one size of company."""
    text: tuple[str, ...] = ()
    """Columns of free text (a title, a message), kept where they pay forward in time; found when absent."""
    contact: tuple[str, ...] = ()
    """Columns of e-mail addresses, telephone numbers or names, learned from only as kinds; found when absent."""
