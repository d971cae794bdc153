"""From any export to what a recipe has to say about it: a guess for each part, how sure it is, and what was skipped.

Nothing is invented and nobody is asked: what cannot be told from names and contents is an error that names the option
which gives it.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.databases import tables_of
from leadscore.data.guess_columns import Profile, columns_of, missing_spellings, profiles
from leadscore.data.guess_dates import date_order
from leadscore.data.guess_deals import dated_logs
from leadscore.data.guess_files import Layout, lay_out
from leadscore.data.guess_moments import Looks, looks, told_by_columns
from leadscore.data.guess_roles import Roles
from leadscore.data.guess_suspects import Floats, contacts_among, late_or_personal
from leadscore.data.guess_values import Given, Guess, Remark
from leadscore.data.inference import Excluded, infer_kind
from leadscore.data.joins import read_joined
from leadscore.data.locations import DatabaseTable, located
from leadscore.data.outcomes import Stage, label
from leadscore.data.protected import looks_protected
from leadscore.data.reading import blank_missing
from leadscore.data.rows import Intake
from leadscore.data.schema import category_key
from leadscore.data.sources import ActivityLog, Join, Sources
from leadscore.data.tables import read_table
from leadscore.data.text import text_columns
from leadscore.errors import BadInput

__all__ = ["guess_export", "guess_table"]

_PROTECTED = "no decision may rest on it: no feature of the score, no reason; take one off where the law allows"
_TEXT = "free text: seniority, function and wording are learned from where that pays forward in time"
_CONTACT = "persons' own data: used only for their plausibility and the kind of e-mail domain, never as they stand"


def guess_export(exports: Sequence[str | DatabaseTable], *, folder: Path, given: Given | None = None) -> Guess:
    """Read an export and guess what a recipe has to say about it.

    Parameters
    ----------
    exports
        Files, relative to ``folder``: the leads, and beside them activity logs and files to join, in any order. A
        database stands for its tables.
    folder
        Folder of the recipe.
    given
        What the user says in place of a guess.

    Raises
    ------
    BadInput
        A file cannot be read, or a part cannot be guessed; the message names the option that gives it.
    """
    exports = [table for export in exports for table in _tables(export, folder)]
    layout = Layout(exports[0])
    if len(exports) > 1:
        layout = lay_out({name: profiles(read_table(located(name, folder))) for name in exports})
    intake = Intake()
    frame, origin = read_joined(Sources(leads=layout.leads, join=layout.joins), folder, intake=intake)
    if not len(frame):
        raise BadInput(f"{layout.leads}: there is a header but no lead. Export it again.")
    return guess_table(frame, layout, given or Given(), origin=origin, noticed=intake.remarks)


def _tables(export: str | DatabaseTable, folder: Path) -> Iterable[str | DatabaseTable]:
    """The export, or the tables of a database as the recipe names them."""
    place = located(export, folder)
    if not isinstance(place, DatabaseTable):
        return (export,)
    named = export if isinstance(export, DatabaseTable) else DatabaseTable.parse(export)
    return [named.model_copy(update={"table": t.table}) for t in tables_of(place)]


def guess_table(
    frame: pd.DataFrame,
    layout: Layout,
    given: Given,
    *,
    origin: Mapping[str, str] | None = None,
    noticed: Sequence[str] = (),
) -> Guess:
    """Guess from the table of leads with all that is joined to it.

    Parameters
    ----------
    frame
        Text columns.
    layout
        The part that each file plays.
    given
        What the user says in place of a guess.
    origin
        File that a joined column came from.
    noticed
        Remarks of the reader.
    """
    origin = origin or {}
    missing = missing_spellings(frame)
    frame = blank_missing(frame, tuple(missing))
    columns = list(profiles(frame, given.date_order).values())
    order = date_order([c for c in columns if c.look == "date"], given.date_order, str(layout.leads))
    if order.order is not None:
        columns = list(profiles(frame, order.order).values())
    protected = _protected(columns, given, origin, layout.late)
    judged = [c for c in columns if c.name not in protected]
    roles = Roles(judged, layout, given, origin)
    roles.assign()
    remarks = list(roles.remarks)
    if missing:
        remarks.append(Remark("lead.missing", ", ".join(map(repr, missing)), "likely", columns_of(missing)))
    if order.order is not None:
        remarks.append(Remark("data.date_order", order.order, "given" if given.date_order else "look", order.why))
    text = {c.name: c.text for c in columns}
    labels = {s: label(o, text[str(o.column)], at=None, created=None, until=None) for s, o in roles.decided.items()}
    left_out = late_or_personal(judged, roles.taken, list(labels.values()), origin, layout.late)
    free = [c for c in judged if c.name not in left_out and c.name not in roles.taken]
    chosen = _looks(layout, roles, text, columns, free, labels)
    if chosen is not None:
        remarks.append(Remark("lead.moments", _days(chosen.days), "look", chosen.why))
        left_out |= {str(o.column): f"{chosen.why}, and it has no moment" for o in roles.drop_undated(chosen.days)}
        if max(chosen.days) > 0:
            late = [join for join in layout.joins if str(join.file) in layout.late]
            told = {str(column) for o in roles.outcomes.values() for column in (o.column, o.at)}
            layout = replace(layout, activities=(*layout.activities, *dated_logs(columns, late, origin, told)))
    contacts = contacts_among(free)
    by_itself = _useless(frame, [c for c in free if c.name not in contacts])
    texts = text_columns(frame, by_itself)
    by_itself = {name: why for name, why in by_itself.items() if name not in texts}
    if contacts:
        remarks.append(Remark("columns.contact", ", ".join(map(repr, contacts)), "likely", _CONTACT))
    if texts:
        remarks.append(Remark("columns.text", ", ".join(map(repr, texts)), "likely", _TEXT))
    if protected:
        remarks.append(Remark("columns.protected", ", ".join(map(repr, protected)), "look", _PROTECTED))
    joins, unused = _narrowed(layout, origin, left_out)
    remarks += _of_files(joins, layout.activities)
    not_joined = {c for c, file in origin.items() if file in layout.late and c in left_out}
    uses = (
        roles.taken
        | dict.fromkeys(contacts, "kind only")
        | dict.fromkeys(protected, "protected")
        | dict.fromkeys(texts, "text")
    )
    return Guess(
        sources=Sources(leads=layout.leads, join=joins, date_order=order.order, activities=_single(layout.activities)),
        lead=LeadColumns(**roles.lead, missing=tuple(missing), moments=(0.0,) if chosen is None else chosen.days),
        outcomes=roles.outcomes,
        columns=Columns(
            ignore=tuple(c for c in left_out if c not in not_joined),
            protected=tuple(protected),
            text=texts,
            contact=tuple(contacts),
        ),
        remarks=tuple(remarks),
        left_out=left_out | by_itself | protected,
        skipped=(*layout.skipped, *unused),
        noticed=tuple(noticed),
        rows=len(frame),
        counts={stage: _counted(values) for stage, values in labels.items()},
        table=tuple(_row(c, uses, left_out | by_itself) for c in columns),
    )


def _protected(
    columns: Sequence[Profile], given: Given, origin: Mapping[str, str], late: Collection[str]
) -> dict[str, str]:
    """Columns that look protected, each with the reason; what the user names has a part all the same."""
    named = {given.id, given.created, *(o.rpartition("=")[0] for o in (*given.close, *given.qualify))}
    told = {c.name: looks_protected(c.name) for c in columns if c.name not in named and origin.get(c.name) not in late}
    return {name: f"its name tells of {what}" for name, what in told.items() if what is not None}


def _looks(
    layout: Layout,
    roles: Roles,
    text: Mapping[str, pd.Series],
    columns: Sequence[Profile],
    free: Sequence[Profile],
    labels: Mapping[Stage, Floats],
) -> Looks | None:
    """Days at which leads are looked at; None without activities, or where most of them come before the creation."""
    named = {c.name: c for c in columns}
    created = named[roles.lead["created"]].times if "created" in roles.lead else None
    dated = {s: named[o.at].times for s, o in roles.outcomes.items() if o.at}
    if layout.events is None or created is None or "id" not in roles.lead:
        return None
    never = created.mask(created.notna())
    ended = pd.concat([never, *(at for at in dated.values() if at is not None)], axis=1).min(axis=1)
    y = labels["close" if "close" in (dated or labels) else "qualify"]
    at_creation = told_by_columns(free, y)
    found = looks(layout.events, text[roles.lead["id"]], created, ended, y, told_at_creation=at_creation)
    undated = [stage for stage in roles.outcomes if stage not in dated]
    if found is None or not undated or (found.days[0] > 0 and undated == ["qualify"]):
        return found
    without = " and ".join(f"[{stage}]" for stage in undated)
    return Looks((0.0,), f"{found.why}; looking at leads after it, `moments = [0, 7, 30]`, needs `at` under {without}")


def _days(days: Sequence[float]) -> str:
    return ", ".join(f"{day:g}" for day in days)


def _single(logs: tuple[ActivityLog, ...]) -> ActivityLog | tuple[ActivityLog, ...] | None:
    return logs if len(logs) > 1 else next(iter(logs), None)


def _of_files(joins: Sequence[Join], logs: Sequence[ActivityLog]) -> list[Remark]:
    remarks = [Remark("data.join", str(j.file), "likely", f"one row for each {j.on!r}") for j in joins]
    for log in logs:
        kind = "the file's name is the kind of all its rows" if log.type is None else f"{log.type!r}"
        what = f"{kind} at {log.time!r}, of the lead {log.id!r}"
        summed = f"; {', '.join(map(repr, log.values))} are summed" if log.values else ""
        remarks.append(Remark("data.activities", str(log.file), "likely", what + summed))
    return remarks


def _useless(frame: pd.DataFrame, columns: Sequence[Profile]) -> dict[str, str]:
    kinds = {c.name: infer_kind(frame[c.name]) for c in columns}
    return {name: kind.reason for name, kind in kinds.items() if isinstance(kind, Excluded)}


def _narrowed(
    layout: Layout, origin: Mapping[str, str], left_out: Collection[str]
) -> tuple[tuple[Join, ...], tuple[tuple[str, str], ...]]:
    """Take from files that tell what became of leads only what an outcome needs, and the keys of what is joined next.

    Returns
    -------
    joins, skipped
    """
    joins: list[Join] = []
    skipped: list[tuple[str, str]] = []
    keys: set[str] = set()
    logs = {log.file for log in layout.activities}
    for join in reversed(layout.joins):
        if str(join.file) in layout.late:
            names = [c for c, file in origin.items() if file == str(join.file) and (c not in left_out or c in keys)]
            if not names:
                if join.file in logs:
                    continue
                skipped.append((str(join.file), "tells only what became of leads, and no outcome needs it"))
                continue
            stem = located(join.file).stem + "."
            join = join.model_copy(update={"columns": tuple(n.removeprefix(stem) for n in names)})
        joins.insert(0, join)
        keys.add(join.on)
    return tuple(joins), tuple(skipped)


def _counted(labels: Floats) -> dict[str, int]:
    return {
        "positive": int((labels == 1).sum()),
        "negative": int((labels == 0).sum()),
        "undecided": int(np.isnan(labels).sum()),
    }


def _row(column: Profile, taken: Mapping[str, str], left_out: Mapping[str, str]) -> dict[str, object]:
    use = "left out" if column.name in left_out else taken.get(column.name, "learned from")
    levels = {category_key(v) for v in column.counts.index} if column.look == "category" else column.counts.index
    missing = len(column.text) - column.filled
    return {"column": column.name, "look": column.look, "levels": len(levels), "missing": missing, "use": use}
