"""The leakage audit: which columns tell what nobody can know when a lead arrives.

A column that sales fill in, that is stamped after the scoring moment, or that follows from the outcome makes a model
that looks superb in every report and is useless in use. Five tests look for it (moments after creation, two snapshots,
one snapshot, old against new leads, fill by age) and one rule sums them up: BLOCK, ASK or ok. Soft leaks are invisible
in one snapshot; export the same leads again later and give both.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from leadscore.data.history import History
from leadscore.data.inference import TAKEN, Excluded
from leadscore.data.leakage_facts import collect
from leadscore.data.leakage_later import Snapshots
from leadscore.data.leakage_reading import read_column
from leadscore.data.leakage_rule import Facts, Verdict, judge
from leadscore.errors import NoUsableColumn

__all__ = ["ColumnVerdict", "apply_audit", "audit"]


@dataclass(frozen=True, slots=True)
class ColumnVerdict:
    """What the audit says of one column; figures are those of the outcome that it tells best.

    Parameters
    ----------
    column
        Name in the export.
    verdict
        ``BLOCK`` (it gives the outcome away), ``ASK`` (a person should say whether it is known in time) or ``ok``.
    reason
        One sentence.
    auc, forward_auc
        ROC AUC of the column by itself, cross-fitted and forward in time; None without both outcomes.
    missing_auc
        ROC AUC of whether the cell is empty.
    purity
        Share of the positive leads that lie in values nearly all of whose leads are positive.
    drop
        ROC AUC that a quick model of all columns loses without this one.
    adversarial_auc
        How well the column alone tells the newest quarter of the leads from the others.
    fill_old, fill_new
        Share of cells that are neither empty nor zero in the older half and among the newest leads.
    changed, auc_gain
        Share of cells that changed between two snapshots and what that did to the AUC; None without a second one.
    allowed
        Why the recipe uses the column all the same.
    """

    column: str
    verdict: Verdict
    reason: str
    auc: float | None
    forward_auc: float | None
    missing_auc: float | None
    purity: float | None
    drop: float | None
    adversarial_auc: float
    fill_old: float
    fill_new: float
    changed: float | None = None
    auc_gain: float | None = None
    allowed: str | None = None

    @property
    def left_out(self) -> bool:
        """Whether a training leaves the column out."""
        return self.verdict != "ok" and self.allowed is None

    def to_dict(self) -> dict[str, Any]:
        """JSON form."""
        return asdict(self)


def audit(
    history: History,
    *,
    allow: Mapping[str, str],
    later: History | pd.DataFrame | None = None,
    seed: int = 0,
    max_rows: int = 20_000,
) -> tuple[ColumnVerdict, ...]:
    """Judge every column of an export that could be learned from, those under ``ignore`` among them.

    Parameters
    ----------
    history
        All leads, undecided ones too: that a column is empty for the newest is a sign.
    allow
        Columns that the recipe uses whatever the audit says, each with the reason.
    later
        The same leads exported again later, read by the same recipe (then its outcomes count) or as text columns.
    seed
        Seed of the folds.
    max_rows
        Leads that are looked at, evenly over time.

    Returns
    -------
    tuple of ColumnVerdict
        In the order of the export.
    """
    if len(history) > max_rows:
        history = history.take(np.unique(np.linspace(0, len(history) - 1, max_rows).astype(int)))
    readings = {name: read_column(history.column(name), created=history.created) for name in _columns(history)}
    snapshots = None if later is None else Snapshots.match(history, later)
    facts = collect(history, readings, snapshots, seed=seed)
    return tuple(_verdict(found, allow.get(name)) for name, found in facts.items())


def apply_audit(history: History, verdicts: Sequence[ColumnVerdict], allow: Mapping[str, str]) -> History:
    """Leave out what the audit does not pass; a column that the recipe allows stays, and that is said.

    Raises
    ------
    NoUsableColumn
        Nothing is left to learn from.
    """
    out = {v.column: v for v in verdicts if v.verdict != "ok" and v.column not in allow}
    fields = tuple(f for f in history.fields if f.name not in out)
    if history.fields and not fields:
        raise NoUsableColumn(
            f"no column is left to learn from: the leakage audit leaves out all {len(history.fields)} ("
            f"{', '.join(repr(f.name) for f in history.fields[:10])}). `leadscore audit` says why; a column that is "
            "known when a lead arrives may stay: name it under [columns] allow_leaky with the reason."
        )
    could = {f.name for f in history.fields} | {e.column for e in history.excluded if _inferred(e)}
    found = tuple(
        Excluded(v.column, v.verdict, v.reason)
        for v in verdicts
        if v.verdict != "ok" and v.column in out and v.column in could
    )
    kept = tuple(e for e in history.excluded if not (_inferred(e) and e.column in out))
    used = {f.name for f in fields}
    remarks = tuple(
        f"{v.column!r} is used although the audit says {v.verdict} ({v.reason}); the recipe: {allow[v.column]}"
        for v in verdicts
        if v.verdict != "ok" and v.column in allow and v.column in used
    )
    return replace(history, fields=fields, excluded=kept + found, remarks=history.remarks + remarks)


def _inferred(excluded: Excluded) -> bool:
    """Whether it was found out, and not said by the recipe, that nothing is to be learned from the column."""
    return excluded.verdict == "id" and excluded.reason != TAKEN


def _columns(history: History) -> list[str]:
    # Activity features are made as of the scoring moment and need no audit.
    made = set(history.sources)
    out = {e.column for e in history.excluded if e.verdict in ("outcome", "constant", "protected") or e.reason == TAKEN}
    return [str(name) for name in history.frame.columns if name not in made | out]


def _verdict(facts: Facts, allowed: str | None) -> ColumnVerdict:
    verdict, reason = judge(facts)
    _, e = facts.strongest or (None, None)
    change = facts.change
    return ColumnVerdict(
        column=facts.name,
        verdict=verdict,
        reason=reason,
        auc=None if e is None else e.auc,
        forward_auc=None if e is None else e.forward_auc,
        missing_auc=None if e is None else e.missing_auc,
        purity=None if e is None else e.purity,
        drop=None if e is None else facts.drop,
        adversarial_auc=facts.adversarial_auc,
        fill_old=facts.fill.old,
        fill_new=facts.fill.new,
        changed=None if change is None else change.share,
        auc_gain=None if change is None else change.auc_gain,
        allowed=allowed,
    )
