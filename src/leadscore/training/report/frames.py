"""Tables of a run: one row per column, value, group of leads or share of them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.drift import Drift
from leadscore.data.leakage import ColumnVerdict
from leadscore.data.quality import FieldPage
from leadscore.models.reliability import Reliability

__all__ = [
    "audit_frame",
    "calibration_frame",
    "drift_frame",
    "field_frame",
    "gain_frame",
    "gains",
    "value_frame",
]

Floats = npt.NDArray[np.float64]

_SHARES = (0.01, 0.02, 0.05, 0.1, 0.2, 0.3, 0.4, 0.5, 0.75, 1.0)


def audit_frame(verdicts: Sequence[ColumnVerdict]) -> pd.DataFrame:
    """What the audit says of each column; BLOCK first, then by what the column tells."""
    order = {word: i for i, word in enumerate(("BLOCK", "ASK", "ok"))}
    ordered = sorted(verdicts, key=lambda v: (order[v.verdict], -(v.auc or 0.0)))
    return pd.DataFrame([v.to_dict() for v in ordered])


def field_frame(pages: Sequence[FieldPage]) -> pd.DataFrame:
    """One row per column: fill, when it is known, whether it is used."""
    plain = ("column", "filled", "distinct", "known", "used", "kind", "why")
    rows = [
        {name: getattr(page, name) for name in plain}
        | {"placeholders": ", ".join(f"{s} ({n})" for s, n in page.placeholders.items())}
        for page in pages
    ]
    return pd.DataFrame(rows, columns=[*plain, "placeholders"])


def value_frame(pages: Sequence[FieldPage]) -> pd.DataFrame:
    """One row per column, stage and value: how often the outcome happened, beside the base rate."""
    rows = [
        {"column": page.column, "stage": stage, "base_rate": page.base_rates[stage], **asdict(rate)}
        for page in pages
        for stage, rates in page.rates.items()
        for rate in rates
    ]
    return pd.DataFrame(rows, columns=["column", "stage", "base_rate", *_VALUE_COLUMNS])


_VALUE_COLUMNS = ("value", "leads", "rate", "low", "high", "differs")


def drift_frame(moved: Drift) -> pd.DataFrame:
    """One row per outcome and column: how far the newest leads differ, and what that costs."""
    outcomes = [
        {
            "what": f"outcome [{stage}]",
            "adversarial_auc": o.adversarial_auc,
            "old": o.old,
            "new": o.new,
            "z": o.z,
            f"cost_{stage}": o.cost,
        }
        for stage, o in moved.outcomes.items()
    ]
    columns = [
        {
            "what": c.column,
            "adversarial_auc": c.adversarial_auc,
            "error": c.error,
            "filled_old": c.filled_old,
            "filled_new": c.filled_new,
            "came": ", ".join(c.came),
            "went": ", ".join(c.went),
            **{f"expected_shift_{stage}": shift for stage, shift in c.expected_shift.items()},
            **{f"cost_{stage}": cost for stage, cost in c.cost.items()},
        }
        for c in moved.columns
    ]
    return pd.DataFrame([*outcomes, *columns])


def calibration_frame(found: Reliability) -> pd.DataFrame:
    """One row per tenth of the leads by likelihood: predicted, observed, and the band that chance explains."""
    return pd.DataFrame([asdict(decile) for decile in found.deciles])


def gains(p: Floats, y: Floats, weight: Floats | None = None) -> tuple[Floats, Floats]:
    """Share of the leads worked, best first, and share of the outcomes found among them; both start at 0.

    Parameters
    ----------
    p, y
        Likelihoods and outcomes of the same leads.
    weight
        What each lead counts for; all count alike without it.

    Examples
    --------
    >>> share, caught = gains(np.array([0.9, 0.1]), np.array([1.0, 0.0]), np.array([1.0, 3.0]))
    >>> share.tolist(), caught.tolist()
    ([0.0, 0.25, 1.0], [0.0, 1.0, 1.0])
    """
    w = np.ones(len(y)) if weight is None else weight
    best = np.argsort(-p, kind="stable")
    share, caught = (np.r_[0.0, np.cumsum(v[best])] / v.sum() for v in (w, w * y))
    return share, caught


def gain_frame(p: Floats, y: Floats, weight: Floats | None = None) -> pd.DataFrame:
    """What working only the best-scored leads finds, at a few shares of them."""
    found = np.interp(_SHARES, *gains(p, y, weight))
    return pd.DataFrame({"leads": _SHARES, "outcomes": found, "lift": found / np.array(_SHARES)})
