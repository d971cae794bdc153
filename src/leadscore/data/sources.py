"""Where an export lies, as a recipe says it: the leads, the files joined to them, and the logs of their activities."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

from pydantic import BaseModel, BeforeValidator, ConfigDict, Discriminator, Field, Tag

from leadscore.data.locations import DatabaseTable, Location, table_of_url
from leadscore.data.snapshots import Measure

__all__ = ["ActivityLog", "Join", "Sources"]


class Join(BaseModel):
    """A further file whose columns are added to each lead."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: Location
    """Path of the file, relative to the recipe or to the folder given by ``--data``; or a table of a database."""
    on: str
    """Column that both files have; it must not repeat in the joined file."""
    columns: tuple[str, ...] | None = None
    """Columns to take; all of them when absent."""


def _kind_of_log(given: object) -> str:
    if isinstance(given, ActivityLog) or (isinstance(given, dict) and "url" not in given):
        return "log"
    return "table" if isinstance(given, dict | DatabaseTable) else "path"


class ActivityLog(BaseModel):
    """A log with one row per activity of a lead."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    file: Location
    """Path of the log, or a table of a database."""
    id: str = "Lead ID"
    """Column with the id of the lead."""
    time: str = "At"
    """Column with the moment of the activity."""
    type: str | None = None
    """Column with the kind of activity; when absent ``Type``, or else the file's name is the kind of all its rows."""
    values: tuple[str, ...] = ()
    """Numeric columns, such as page views, that are summed up to the scoring moment."""
    ours: tuple[str, ...] = ()
    """Kinds that are the company's own acts; how soon they answer the lead's is a feature."""


Log: TypeAlias = Annotated[
    Annotated[ActivityLog, Tag("log")] | Annotated[DatabaseTable, Tag("table")] | Annotated[str, Tag("path")],
    Discriminator(_kind_of_log),
    BeforeValidator(table_of_url),
]
Logs: TypeAlias = Annotated[
    Annotated[Log, Tag("one")] | Annotated[tuple[Log, ...], Tag("several")],
    Discriminator(lambda given: "several" if isinstance(given, list | tuple) else "one"),
]


class Sources(BaseModel):
    """Where the history of leads lies."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    leads: Location = "leads.csv"
    """File, or table of a database, with one row per lead."""
    activities: Logs | None = None
    """Activity log, as a path, as a table of a database, or with the names of its columns; or a list of such logs."""
    windows: tuple[int, ...] = (7, 30)
    """Lengths, in days, of the stretches before the scoring moment in which activities are counted."""
    measures: tuple[Measure, ...] | None = None
    """What is told of the activities; when absent ``count`` and ``touch``, and for leads that are looked at after
    creation also ``recency`` and ``trend``."""
    colleagues: bool = False
    """Whether activities of other leads of the same ``account`` are counted too."""
    join: tuple[Join, ...] = ()
    """Further files, joined in order; a joined column may be the next key."""
    encoding: str | None = None
    """Text encoding; found out when absent."""
    delimiter: str | None = Field(None, min_length=1, max_length=1)
    """Character between cells; found out when absent."""
    date_order: Literal["day_first", "month_first"] | None = None
    """How 03/04/2024 is meant; found out when absent."""
    decimal: Literal[".", ","] | None = None
    """Decimal sign of all columns; found out for each column when absent."""

    @property
    def logs(self) -> tuple[ActivityLog, ...]:
        """The activity logs, each with the names of its columns."""
        given = self.activities if isinstance(self.activities, tuple) else (self.activities,)
        return tuple(log if isinstance(log, ActivityLog) else ActivityLog(file=log) for log in given if log is not None)

    @property
    def environment(self) -> tuple[str, ...]:
        """Environment variables that hold passwords of the databases."""
        places = (self.leads, *(join.file for join in self.join), *(log.file for log in self.logs))
        return tuple(dict.fromkeys(name for p in places if isinstance(p, DatabaseTable) for name in p.environment))
