"""Which of several files holds the leads, which are logs of their activities, and which are joined to them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

import pandas as pd

from leadscore.data.guess_columns import Profile, first_match
from leadscore.data.leakage_names import words
from leadscore.data.locations import DatabaseTable, located
from leadscore.data.sources import ActivityLog, Join
from leadscore.errors import BadInput

__all__ = ["CREATED", "Layout", "lay_out", "refuse_log"]

Tables = Mapping[str | DatabaseTable, Mapping[str, Profile]]

CREATED = (
    r"^(lead |contact |record |deal |opportunity |prospect )?(creat(ed?|ion)|erstellt|angelegt)\b",
    r"\bcreated? ?(date|on|at|time)\b",
    r"\b(date added|added|entered|received|submitted|inquiry|enquiry|sign(ed)? ?up|regist(ered|ration))\b|createdate",
    r"\b(erstellt|angelegt|eingang\w*|anfrage\w*|cree le|date de creation|fecha de creacion|cread[oa])\b",
    r"\b(first (contact|seen|touch|visit)|engage|opened|open date|start|inserted|captured|imported)\b",
    r"^(date|datum|time|timestamp|day)$",
)
"""Names of the moment that a lead came in, the likeliest first."""

LATE_NAME = re.compile(
    r"clos|won|lost|modif|updat|last|chang|convert|qualif|end|due|expect|became|disqual|worked|next|sync|load|"
    r"letzte|geandert|abschluss|gewonnen|verloren|verkauft|modific|gagne|perd|vend[ui]|ganad|clotur|cierre|convers"
)
_KEY_NAME = re.compile(r"\b(id|key|uuid|guid|nr|no|number|nummer)\b|\bid$|e ?mail")
_TYPE = (r"\b(activity|event|touch|session|interaction|action) ?type\b", r"^(type|kind|activity|event|action)$")
_TYPE_LOOSE = (r"\b(type|kind|event|action|activity|channel|name)\b",)
_OURS = re.compile(r"(out(bound|going)|sent)\b.*|.*\b(out(bound|going)|sent)")
_OVERLAP = 0.5


@dataclass(frozen=True, slots=True)
class Layout:
    """The part that each file plays.

    Parameters
    ----------
    leads
        File with one row per lead.
    joins
        Files whose columns are added to each lead, in order.
    activities
        Activity logs, the longest first.
    late
        Joined files that have rows only for leads that got far, or that tell what became of them.
    skipped
        File and reason.
    events
        Activities of all logs: ``lead``, ``kind`` and ``at``.
    """

    leads: str | DatabaseTable
    joins: tuple[Join, ...] = ()
    activities: tuple[ActivityLog, ...] = ()
    late: frozenset[str] = frozenset()
    skipped: tuple[tuple[str, str], ...] = ()
    events: pd.DataFrame | None = field(default=None, repr=False, compare=False)


@dataclass(slots=True)
class _Plan:
    root: str | DatabaseTable
    joins: list[Join] = field(default_factory=list)
    logs: list[ActivityLog] = field(default_factory=list)
    late: set[str] = field(default_factory=set)

    @property
    def reach(self) -> int:
        return len(self.joins) + len(self.logs)


def lay_out(tables: Tables) -> Layout:
    """Tell the files apart by what their keys have in common.

    Parameters
    ----------
    tables
        Columns by file, in the order given.

    Examples
    --------
    >>> import pandas as pd
    >>> from leadscore.data.guess_columns import profiles
    >>> leads = profiles(pd.DataFrame({"Id": ["1", "2", "3"], "Firm": ["a", "b", "a"]}))
    >>> firms = profiles(pd.DataFrame({"Firm": ["a", "b"], "Staff": ["5", "9"]}))
    >>> lay_out({"firms.csv": firms, "leads.csv": leads})
    Layout(leads='leads.csv', joins=(Join(file='firms.csv', on='Firm', columns=None),), ...)
    """
    plans = [_plan(root, tables) for root in tables]
    best = max(plans, key=lambda plan: (plan.reach, _looks_like_leads(tables[plan.root])))
    used = {best.root, *(j.file for j in best.joins), *(log.file for log in best.logs)}
    why = f"shares no key with {best.root}"
    skipped = [(str(name), why) for name in tables if name not in used]
    logs = sorted(best.logs, key=lambda log: _rows(tables[log.file]), reverse=True)
    events = [_events(tables[log.file], log) for log in logs]
    return Layout(
        leads=best.root,
        joins=tuple(best.joins),
        activities=tuple(logs),
        late=frozenset(best.late),
        skipped=tuple(skipped),
        events=pd.concat(events, ignore_index=True) if events else None,
    )


def _events(columns: Mapping[str, Profile], log: ActivityLog) -> pd.DataFrame:
    kind = located(log.file).stem if log.type is None else columns[log.type].text
    return pd.DataFrame({"lead": columns[log.id].text, "kind": kind, "at": columns[log.time].times})


def _looks_like_leads(columns: Mapping[str, Profile]) -> tuple[bool, bool, int]:
    dates = [c for c in columns.values() if c.look == "date"]
    keyed = any(c.distinctness == 1 and c.fill == 1 and c.look in ("text", "number") for c in columns.values())
    return first_match(dates, CREATED[:5]) is not None, keyed, _rows(columns)


def _plan(root: str | DatabaseTable, tables: Tables) -> _Plan:
    plan = _Plan(root)
    for name in tables:
        if name != root and (log := _log(tables[root], name, tables[name])) is not None:
            plan.logs.append(log)
    logs = {log.file for log in plan.logs}
    reached, waiting = [root], [n for n in tables if n != root and n not in logs]
    for base in reached:  # grows while it is walked: a joined file may hold the key of the next
        for name in [n for n in waiting if n not in reached]:
            key = _shared_key(tables[base], tables[name])
            if key is None:
                continue
            plan.joins.append(Join(file=name, on=key.name))
            reached.append(name)
            if str(base) in plan.late or (base == root and _is_late(tables[root][key.name], key)):
                plan.late.add(str(name))
    return plan


def _shared_key(base: Mapping[str, Profile], other: Mapping[str, Profile]) -> Profile | None:
    shared = [c for n, c in other.items() if n in base and c.distinctness == 1 and c.look not in ("date", "empty")]
    shared = [c for c in shared if c.filled > 1 and _overlap(base[c.name], c) >= _OVERLAP]
    return max(shared, key=lambda c: (bool(_KEY_NAME.search(c.phrase)), base[c.name].distinctness), default=None)


def _is_late(lead_key: Profile, key: Profile) -> bool:
    """One row per lead, but not for every lead: whether there is a row tells how far the lead got."""
    return lead_key.distinctness > 0.9 and key.filled < 0.98 * len(lead_key.counts)


def _overlap(one: Profile, other: Profile) -> float:
    few, many = sorted((set(one.counts.index), set(other.counts.index)), key=len)
    return len(few & many) / max(len(few), 1)


def _log(leads: Mapping[str, Profile], name: str | DatabaseTable, columns: Mapping[str, Profile]) -> ActivityLog | None:
    dates = [c for c in columns.values() if c.look == "date"]
    keys = [c for c in leads.values() if c.distinctness > 0.9 and c.fill > 0.9 and c.look not in ("date", "answer")]
    links = [
        c
        for c in columns.values()
        if c.look not in ("date", "answer", "empty") and c.distinctness < 0.9
        for key in keys
        if (c.phrase == key.phrase or _KEY_NAME.search(c.phrase)) and _contained(c, key) >= _OVERLAP
    ]
    if not dates or not links:
        return None
    time = first_match(dates, (r"\b(at|time|timestamp|date|on|datum)\b",)) or dates[0]
    kind = _kind(columns, links[0])
    return ActivityLog(
        file=name,
        id=links[0].name,
        time=time.name,
        type=None if kind is None else kind.name,
        values=_measured(columns.values(), links[0]),
        ours=() if kind is None else _ours(kind),
    )


def _measured(columns: Iterable[Profile], link: Profile) -> tuple[str, ...]:
    """Numeric attributes of the events, such as page views, that can be summed up."""
    numbers = [c for c in columns if c.look == "number" and c is not link and not _KEY_NAME.search(c.phrase)]
    return tuple(c.name for c in numbers if c.fill > 0.5 and len(c.counts) > 1)


def _ours(kind: Profile) -> tuple[str, ...]:
    """Kinds whose names say that they are the company's own acts, where others are not."""
    ours = tuple(str(v) for v in kind.counts.index if _OURS.fullmatch(words(str(v))))
    return ours if len(ours) < len(kind.counts) else ()


def _contained(column: Profile, key: Profile) -> float:
    return len(set(column.counts.index) & set(key.counts.index)) / max(len(column.counts), 1)


def _kind(columns: Mapping[str, Profile], link: Profile) -> Profile | None:
    few = [c for c in columns.values() if c.look in ("category", "answer") and len(c.counts) <= 60 and c is not link]
    found = first_match(few, (*_TYPE, *_TYPE_LOOSE))
    return found or next((c for c in few if c.look == "category"), None)


def _rows(columns: Mapping[str, Profile]) -> int:
    return max((len(c.text) for c in columns.values()), default=0)


def refuse_log(name: str | DatabaseTable, columns: Mapping[str, Profile]) -> None:
    """Refuse a log of activities that is given as the leads.

    Raises
    ------
    BadInput
        The rows are activities; the message says by what that shows and which file is wanted.
    """
    if (lead := _lead_of_log(columns)) is None:
        return
    said = [f"{name} has {_rows(columns)} rows for {len(lead.counts)} different {lead.name!r}s and no outcome"]
    said += _faults(columns, lead)
    raise BadInput(
        f"{', '.join(said)}: it is a log of activities, not of leads. Give the file with one row per lead, and this "
        f"one after it (leadscore init leads.csv {name}), or name the outcome with --close COLUMN=VALUE."
    )


def _lead_of_log(columns: Mapping[str, Profile]) -> Profile | None:
    if not any(c.look == "date" for c in columns.values()):
        return None
    keys = [c for c in columns.values() if _KEY_NAME.search(c.phrase) and c.look in ("category", "text", "number")]
    repeated = [c for c in keys if c.fill > 0.9 and len(c.counts) > 20 and c.distinctness < 0.6]
    patterns = (r"\b(lead|prospect|contact|person|record|customer|deal|opportunity)\b", r"\bid\b", ".")
    return first_match(repeated, patterns)


def _faults(columns: Mapping[str, Profile], lead: Profile) -> Iterator[str]:
    for column in columns.values():
        repeats = column.filled - len(column.counts)
        if column is not lead and _KEY_NAME.search(column.phrase) and column.distinctness > 0.6 and repeats:
            yield f"{repeats} {column.name!r}s are repeated"
    times = next((c.times for c in columns.values() if c.times is not None), None)
    if times is not None and not times.dropna().is_monotonic_increasing:
        yield "the rows are not in time order"
