"""Figures of a training, drawn without any global state of matplotlib."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from scipy.stats import binom

from leadscore.decisions import NURTURE, Policy, Prospects, TierRow, complete
from leadscore.training.report.frames import gains

if TYPE_CHECKING:
    from collections.abc import Sequence

    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

    from leadscore.data.leakage import ColumnVerdict

__all__ = ["audit_figure", "calibration_figure", "gain_figure", "tier_figure"]

Floats = npt.NDArray[np.float64]

# Okabe and Ito's palette, which colour-blind readers tell apart.
_BLUE, _ORANGE, _GREEN, _PURPLE, _RED, _SKY = "#0072B2", "#E69F00", "#009E73", "#CC79A7", "#D55E00", "#56B4E9"
_ROLES = (_BLUE, _ORANGE, _GREEN, _PURPLE, _RED, _SKY)
_GREY, _INK = "#BBBBBB", "#333333"
_VERDICTS = {
    "BLOCK": (_RED, "X", "gives it away"),
    "ASK": (_ORANGE, "D", "known in time?"),
    "ok": (_BLUE, "o", "may be learned from"),
}


def calibration_figure(p: Floats, y: Floats, title: str, *, weight: Floats | None = None, bins: int = 10) -> Figure:
    """What happened against what was predicted, with the bands in which chance alone would keep it.

    Parameters
    ----------
    p, y
        Likelihoods and outcomes of the same leads.
    title
        What is predicted.
    weight
        What each lead counts for; all count alike without it.
    bins
        Groups of equally many leads.

    Notes
    -----
    Consistency bands after Broecker and Smith, Increasing the reliability of reliability diagrams (2007), with the
    binomial in place of resampling: within a tenth of the leads the likelihoods hardly differ. Weighted leads tell as
    much as Kish's number of leads that count alike.
    """
    w = np.ones(len(y)) if weight is None else weight
    groups = [g for g in np.array_split(np.argsort(p, kind="stable"), bins) if w[g].sum() > 0]
    mean, happened = (np.array([np.average(v[g], weights=w[g]) for g in groups]) for v in (p, y))
    sizes = np.array([max(1.0, np.round(w[g].sum() ** 2 / (w[g] ** 2).sum())) for g in groups])
    low, high = binom.ppf([[0.05], [0.95]], sizes, mean) / sizes
    predicted, rate = np.average(p, weights=w), np.average(y, weights=w)
    figure, (above, below) = _sheet(6.0, 6.4, rows=(4, 1))
    edge = 1.08 * max(float(mean.max()), float(happened.max()), float(high.max()))
    above.plot([0, edge], [0, edge], color=_GREY, linewidth=1, zorder=1)
    band, points = "where 90 % fall if the likelihoods are right", f"{len(groups)} groups of equally many leads"
    above.vlines(mean, low, high, color=_SKY, linewidth=7, alpha=0.6, label=band)
    above.plot(mean, happened, "o", color=_INK, markersize=5, clip_on=False, label=points)
    above.set(xlim=(0, edge), ylim=(0, edge), ylabel="share that happened")
    counted = "leads" if weight is None else "weighted leads"
    above.set_title(f"{title}: {predicted:.1%} predicted, {rate:.1%} happened ({len(y):,} {counted})", fontsize=11)
    above.legend(loc="upper left", frameon=False)
    below.hist(p[p <= edge], bins=40, range=(0, edge), weights=w[p <= edge], color=_BLUE)
    below.set(xlim=(0, edge), xlabel="predicted likelihood", ylabel=counted)
    _percent(above, "both")
    _percent(below, "x")
    return figure


def gain_figure(p: Floats, y: Floats, title: str, *, weight: Floats | None = None) -> Figure:
    """How many of the outcomes lie among the best-scored leads, against working leads in any order.

    Parameters
    ----------
    p, y
        Likelihoods and outcomes of the same leads.
    title
        What is predicted.
    weight
        What each lead counts for; all count alike without it.
    """
    figure, (axes,) = _sheet(6.0, 5.4, rows=(1,))
    share, caught = gains(p, y, weight)
    best = np.minimum(share / np.average(y, weights=weight), 1.0)
    axes.plot(share, best, color=_GREY, linewidth=1, linestyle="--", label="if the outcomes were known")
    axes.plot(share, caught, color=_BLUE, linewidth=2, label="by likelihood, best first")
    axes.plot([0, 1], [0, 1], color=_GREY, linewidth=1, label="in any order")
    for part in (0.1, 0.3):
        found = float(np.interp(part, share, caught))
        axes.plot([part], [found], "o", color=_ORANGE, markersize=6)
        axes.annotate(
            f"best {part:.0%} of the leads: {found:.0%} ({found / part:.1f} times)",
            (part, found),
            xytext=(10, -12),
            textcoords="offset points",
            fontsize=9,
        )
    axes.set(xlim=(0, 1), ylim=(0, 1.02), xlabel="share of the leads worked", ylabel="share of the outcomes found")
    counted = "leads" if weight is None else "weighted leads"
    axes.set_title(f"{title}: {int(y.sum()):,} outcomes among {len(y):,} {counted}", fontsize=11)
    axes.legend(loc="lower right", frameon=False)
    _percent(axes, "both")
    return figure


def audit_figure(verdicts: Sequence[ColumnVerdict], *, most: int = 40) -> Figure:
    """How well each column by itself tells the outcome, and what the audit says of it.

    Parameters
    ----------
    verdicts
        Of the audit; columns without an AUC are not drawn.
    most
        Columns that are drawn, those that tell most.
    """
    known = sorted((v for v in verdicts if v.auc is not None), key=lambda v: -float(v.auc or 0.0))
    shown = known[:most]
    figure, (axes,) = _sheet(8.0, 1.6 + 0.24 * max(len(shown), 4))
    place = {v.column: i for i, v in enumerate(shown)}
    for word, (colour, marker, meaning) in _VERDICTS.items():
        own = [v for v in shown if v.verdict == word]
        if not own:
            continue
        auc, rows = [float(v.auc or 0.0) for v in own], [place[v.column] for v in own]
        axes.hlines(rows, 0.5, auc, color=colour, linewidth=1.5, alpha=0.6)
        axes.plot(auc, rows, marker, color=colour, markersize=7, clip_on=False, label=f"{word}: {meaning} ({len(own)})")
    axes.axvline(0.5, color=_GREY, linewidth=1)
    axes.set_yticks(range(len(shown)), [_short(v.column) for v in shown], fontsize=9)
    axes.set(xlim=(min([0.48, *(float(v.auc or 0.5) for v in shown)]), 1.0), ylim=(max(len(shown), 1) - 0.4, -0.6))
    axes.set_xlabel("ROC AUC of the column by itself (0.5: tells nothing, 1: tells all)")
    left = "" if len(known) == len(shown) else f", the {len(shown)} strongest of {len(known)}"
    axes.set_title(f"Does the column give the outcome away?{left}", fontsize=11, loc="left")
    if shown:
        axes.legend(loc="lower right", frameon=False, fontsize=9)
    return figure


def tier_figure(policy: Policy, reference: Prospects) -> Figure:
    """The tiers as bands of a likelihood, and what each holds of the leads and of the deals.

    Parameters
    ----------
    policy
        Prices and tiers.
    reference
        The leads that they were cut from.
    """
    rows, period = policy.tiers.rows, policy.structure.period
    figure, (bands, shares) = _sheet(10.0, 1.9 + 0.4 * len(rows), columns=(3, 2))
    figure.suptitle(
        f"Tiers of {policy.structure.name} for {policy.leads_per_period:,.0f} leads a {period}", fontsize=11
    )
    place, edge = np.arange(len(rows)), _top(policy, reference)
    for name, colour in _colours(policy).items():
        own = [(i, row) for i, row in enumerate(rows) if row.role == name]
        low, high = (np.minimum([getattr(r, end) for _, r in own], edge) for end in ("from_p_close", "to_p_close"))
        if own:
            bands.barh([i for i, _ in own], high - low, left=low, height=0.62, color=colour, label=name)
    unsure = [(i, row.from_p_close_band) for i, row in enumerate(rows) if row.from_p_close_band is not None]
    if unsure:
        ends = np.minimum([band for _, band in unsure], edge)
        label = "nine in ten cuts"
        bands.hlines([i for i, _ in unsure], ends[:, 0], ends[:, 1], color=_INK, linewidth=2.5, label=label)
    bands.set(xlim=(0, edge), xlabel=f"likelihood to {policy.axis.removeprefix('p_')}")
    bands.set_yticks(place, [_label(row) for row in rows])
    won = np.array([row.expected_won or 0.0 for row in rows])
    shares.barh(place - 0.16, [row.share for row in rows], height=0.3, color=_GREY, label="share of the leads")
    shares.barh(place + 0.16, won / max(won.sum(), 1e-12), height=0.3, color=_INK, label="share of the won deals")
    shares.set_yticks([])
    for axes in (bands, shares):
        axes.set_ylim(len(rows) - 0.5, -0.5)
        axes.legend(loc="lower center", bbox_to_anchor=(0.5, 1.0), ncols=6, frameon=False, fontsize=9)
        _percent(axes, "x")
    return figure


def _top(policy: Policy, reference: Prospects) -> float:
    likelihood = complete(reference, policy.assumption).along(policy.axis)
    cuts = [row.from_p_close for row in policy.tiers.rows]
    return float(min(1.0, 1.1 * max(np.quantile(likelihood, 0.995), *cuts)))


def _colours(policy: Policy) -> dict[str, str]:
    roles = [name for name in policy.roles if name != NURTURE]
    return {name: _ROLES[i % len(_ROLES)] for i, name in enumerate(roles)} | {NURTURE: _GREY}


def _short(name: str, most: int = 44) -> str:
    # A dollar sign would start a formula.
    return (name if len(name) <= most else f"{name[: most - 1]}…").replace("$", r"\$")


def _label(row: TierRow) -> str:
    return ", ".join(part for part in (row.tier, row.segment, row.margin_band) if part)


def _sheet(
    width: float, height: float, *, rows: tuple[float, ...] = (1,), columns: tuple[float, ...] = (1,)
) -> tuple[Figure, list[Axes]]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    figure = Figure(figsize=(width, height), dpi=150, layout="constrained")
    FigureCanvasAgg(figure)
    grid = figure.subplots(
        len(rows), len(columns), squeeze=False, gridspec_kw={"height_ratios": rows, "width_ratios": columns}
    )
    for axes in grid.flat:
        axes.spines[["top", "right"]].set_visible(False)
    return figure, list(grid.flat)


def _percent(axes: Any, which: str) -> None:
    for name in ("x", "y") if which == "both" else (which,):
        getattr(axes, f"{name}axis").set_major_formatter(lambda share, _: f"{100 * share:.4g}%")
