"""A protected column plays no part: not in the score, not in a reason, not in who gets the lead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.outcomes import Outcome, Stage
from leadscore.models.rules import Rules

__all__ = ["misused"]


def misused(lead: LeadColumns, outcomes: Mapping[Stage, Outcome], columns: Columns, rules: Rules | None) -> str | None:
    """What is wrong when a recipe gives a protected column a part; None when it gives none.

    Examples
    --------
    >>> print(misused(LeadColumns(segment="Sex"), {}, Columns(protected=("Sex",)), None))
    [lead] segment is 'Sex', which `protected` of [columns] lists: nothing may rest on it; name another column or none
    """
    protected = {*columns.protected}
    return next(
        (
            f"{key} is {column!r}, which `protected` of [columns] lists: nothing may rest on it; name another column "
            "or none"
            for key, column in _parts(lead, outcomes, columns, rules)
            if column in protected
        ),
        None,
    )


def _parts(
    lead: LeadColumns, outcomes: Mapping[Stage, Outcome], columns: Columns, rules: Rules | None
) -> Iterator[tuple[str, str]]:
    for key, column in lead.model_dump(exclude={"missing", "moments"}, exclude_none=True).items():
        yield f"[lead] {key}", column
    for stage, outcome in outcomes.items():
        yield from ((f"a column of [{stage}]", column) for column in outcome.columns)
    for key in ("numbers", "categories", "text", "contact", "allow_leaky"):
        yield from ((f"a column of [columns] {key}", column) for column in getattr(columns, key))
    for i, rule in enumerate(() if rules is None else rules.points):
        if rule.column is not None:
            yield f"the column of [rules] points.{i}", rule.column
