"""Tables of a training for a terminal, readable without colour."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

from rich.box import SIMPLE_HEAD
from rich.markup import escape
from rich.table import Table

from leadscore.decisions import Moves, Policy, Preview, TierRow
from leadscore.training.result import TrainingResult

__all__ = ["cut_table", "excluded_line", "moved_table", "moves_table", "shift_table", "stage_table", "tier_table"]


def tier_table(policy: Policy, currency: str) -> Table:
    """The tiers: which leads they are, who calls them, and what comes of it in one period; 100 columns at most.

    Parameters
    ----------
    policy
        Prices and tiers.
    currency
        ISO 4217 code of the money in it.
    """
    rows, period = policy.tiers.rows, policy.structure.period
    table = _table(
        title=f"Tiers of {policy.structure.name} for {policy.leads_per_period:,.0f} leads a {period}",
        caption="\n".join(_caption(policy, currency)),
    )
    columns = [column for column in _columns(policy, currency) if column.shown]
    for column in columns:
        table.add_column(column.header, justify="left" if column.header in _TEXTS else "right", no_wrap=True)
    for row in rows:
        table.add_row(*(column.cell(row) for column in columns))
    return table


_TEXTS = ("Tier", "Segment", "Deal margin", "Role")


class _Column(NamedTuple):
    header: str
    cell: Callable[[TierRow], str]
    shown: bool = True


def _columns(policy: Policy, currency: str) -> list[_Column]:
    rows = policy.tiers.rows
    outcome = "win" if policy.axis == "p_close" else "qualify"
    return [
        _Column("Tier", lambda r: r.tier),
        _Column("Segment", lambda r: r.segment or "all others", any(r.segment for r in rows)),
        _Column("Deal margin", lambda r: _margins(r.margin_band), any(r.margin_band for r in rows)),
        _Column("Role", lambda r: r.role),
        _Column(f"Chance\nto {outcome}", _band),
        _Column("Leads", lambda r: f"{r.share:.0%}"),
        _Column("Other\nrole", lambda r: f"{r.share_other_role:.0%}", any(map(_other_role, rows))),
        _Column("Quali-\nfied", lambda r: _count(r.expected_qualified), any(r.expected_qualified for r in rows)),
        _Column("Won", lambda r: _count(r.expected_won), any(r.expected_won for r in rows)),
        _Column(f"Value\n{currency}", lambda r: _money(r.expected_value)),
        _Column("Reply\nwithin", lambda r: _time(r.reply_within_minutes)),
    ]


def _caption(policy: Policy, currency: str) -> Iterator[str]:
    rows = policy.tiers.rows
    yield f"Qualified, won and value are expected in one {policy.structure.period}."
    if any(_other_role(row) for row in rows):
        yield "Other role: share of these leads that another role calls first."
        yield policy.tiers.loss_in_words
    worth = [_worth(policy, role, currency) for role, price in policy.prices.per_hour.items() if round(price)]
    yield f"One more hour would bring: {', '.join(worth)}." if worth else "Every role has hours to spare."


def _worth(policy: Policy, role: str, currency: str) -> str:
    low, high = policy.prices.band.get(role, (None, None))
    band = "" if low is None or high is None else f" ({low:,.0f}-{high:,.0f})"
    return f"{role} {policy.prices.per_hour[role]:,.0f} {currency}{band}"


def _other_role(row: TierRow) -> bool:
    return row.share_other_role >= 0.005


def cut_table(policy: Policy) -> Table:
    """How sure each cut is."""
    outcome = "win" if policy.axis == "p_close" else "qualify"
    caption = "Had other leads of the same kind come, nine in ten cuts would lie in this range."
    table = _table(title="How sure the cuts are", caption=caption)
    rows = [row for row in policy.tiers.rows if row.from_p_close_band is not None]
    columns = [
        *(c for c in _columns(policy, "") if c.header in _TEXTS and c.shown),
        _Column(f"Chance to {outcome}", lambda r: f"from {r.from_p_close:.1%}"),
        _Column("Nine in ten cuts", _cut_band),
    ]
    for column in columns:
        table.add_column(column.header, justify="left" if column.header in _TEXTS else "right")
    for row in rows:
        table.add_row(*(column.cell(row) for column in columns))
    return table


def _cut_band(row: TierRow) -> str:
    low, high = row.from_p_close_band or (row.from_p_close, row.from_p_close)
    return f"{low:.1%} - {high:.1%}"


def stage_table(result: TrainingResult) -> Table:
    """How well each stage was told on the last stretch of time, beside plain logistic regression."""
    table = _table(
        title=f"Measured on the last {result.rows['test']:,} leads in time",
        caption="In brackets: 90 % interval.\nPlain: logistic regression on the same leads and columns.",
    )
    figures = result.to_dict()["stages"]
    stages = list(result.evaluation)
    table.add_column("")
    for stage in stages:
        table.add_column(f"P({stage})", justify="right")
    for header, cell in _STAGE_ROWS:
        table.add_row(header, *(cell(figures[stage]) for stage in stages))
    return table


def _interval(name: str, digits: int) -> Callable[[Any], str]:
    def cell(figures: Any) -> str:
        low, high = figures[f"{name}_interval"]
        return f"{figures[name]:.{digits}f} ({low:.{digits}f} to {high:.{digits}f})"

    return cell


_STAGE_ROWS: Sequence[tuple[str, Callable[[Any], str]]] = (
    ("family", lambda f: f"{f['family'].replace('_', ' ')} ({f['settings']})"),
    ("within", lambda f: "no dates, no horizon" if f["horizon_days"] is None else f"{f['horizon_days']} days"),
    ("happened", lambda f: f"{f['positives']:,} of {f['rows']:,} leads ({f['base_rate']:.1%})"),
    ("ROC AUC", _interval("roc_auc", 3)),
    ("  plain", lambda f: f"{f['baseline']['roc_auc']:.3f}"),
    ("log loss", _interval("log_loss", 4)),
    ("  before calibration", lambda f: f"{f['before_calibration']['log_loss']:.4f}"),
    ("  plain", lambda f: f"{f['baseline']['log_loss']:.4f}"),
    ("PR AUC", _interval("pr_auc", 3)),
    ("calibration slope", _interval("calibration_slope", 2)),
)


def moved_table(what_if: Preview, currency: str) -> Table:
    """What moves under another structure or other figures, or with another model."""
    table = _table(title="What moves")
    for header in ("", "Before", "After"):
        table.add_column(header, justify="left" if not header else "right")
    for role, prices in what_if.prices.items():
        if any(prices):
            table.add_row(f"one more hour of {role} would bring, {currency}", *map(_money, prices))
    for role, load in what_if.load.items():
        table.add_row(f"hours of {role} that are used", *("" if share is None else f"{share:.0%}" for share in load))
    table.add_row("won deals expected", *(f"{won:,.1f}" for won in what_if.wins))
    table.add_row(f"value expected, {currency}", *(f"{value:,.0f}" for value in what_if.value))
    if what_if.moves is not None:
        leads, other_tier, other_role, _ = what_if.moves
        for what, count in (("in another tier", other_tier), ("with another role", other_role)):
            table.add_row(f"of {leads:,} leads {what}", "", f"{count:,} ({count / max(leads, 1):.0%})")
    return table


def shift_table(what_if: Preview) -> Table:
    """Where each band begins and what it holds of the leads, before and after."""
    table = _table(title="Bands, before and after", caption="Empty: there is no such band.")
    for header in ("Segment", "Deal margin", "Role", "From", "", "Leads", ""):
        table.add_column(header, justify="right" if header in ("From", "", "Leads") else "left")
    for band in what_if.cuts:
        figures = (*band["from_p_close"], *band["share"])
        cells = ("" if figure is None else f"{figure:.1%}" for figure in figures)
        table.add_row(band["segment"] or "all others", _margins(band["margin_band"]), band["role"], *cells)
    return table


_MOST_LISTED = 40


def moves_table(moves: Moves) -> Table:
    """The first of the leads that move."""
    listed = moves.listed or ()
    more = len(listed) - _MOST_LISTED
    table = _table("Leads that move", f"{more:,} more: --json lists all." if more > 0 else None)
    for header in ("Lead", "Tier", "Role"):
        table.add_column(header)
    for move in listed[:_MOST_LISTED]:
        table.add_row(escape(move.lead_id), *(" to ".join(dict.fromkeys(ends)) for ends in (move.tier, move.role)))
    return table


def excluded_line(result: TrainingResult) -> str:
    """One line on the columns that the model does not use."""
    by_verdict: dict[str, list[str]] = {}
    for column in result.excluded:
        by_verdict.setdefault(column.verdict, []).append(column.column)
    parts = [f"{verdict}: {', '.join(columns)}" for verdict, columns in by_verdict.items()]
    return "columns not used - " + "; ".join(parts) if parts else "every column is used"


def _table(title: str, caption: str | None = None) -> Table:
    return Table(title=title, caption=caption, box=SIMPLE_HEAD, padding=(0, 1, 0, 0), pad_edge=False)


def _band(row: TierRow) -> str:
    low, high = 100 * row.from_p_close, 100 * row.to_p_close
    if low <= 0:
        return "any" if high >= 100 else f"under {high:.1f}%"
    return f"from {low:.1f}%" if high >= 100 else f"{low:.1f} - {high:.1f}%"


def _margins(band: str | None) -> str:
    return "any" if band is None else band.replace(" to ", " - ")


def _count(number: float | None) -> str:
    return "" if number is None else f"{number:,.1f}"


def _money(amount: float | None) -> str:
    return "" if amount is None else f"{amount:,.0f}"


def _time(minutes: int | None) -> str:
    if minutes is None:
        return ""
    return f"{minutes // 60} h" if minutes % 60 == 0 else f"{minutes} min"
