"""When an outcome happened, within how many days it must, and the money it brought."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from leadscore.data.guess_columns import Profile, first_match
from leadscore.data.guess_outcomes import WITHIN, OutcomeGuess
from leadscore.data.outcomes import Stage
from leadscore.data.schema import parse_number

__all__ = ["amount_of", "horizon"]

Flags = npt.NDArray[np.bool_]

_WHEN: dict[Stage, tuple[str, ...]] = {
    "close": (
        r"\b(converted|conversion|won|win|customer|gewonnen|gagnee?|ganad[oa])\b",
        r"\b(closed?|sold|sale|purchased?|signed|order(ed)?|contract|abschluss\w*|geschlossen|verkauft|vendue?|"
        r"cloture|cierre|venta)\b|closedate",
    ),
    "qualify": (r"qualif\w*|\b(mql|sql|sal)\b|accepted|meeting booked|opportunity created",),
}
_WINS_ONLY = 0.05


def horizon(
    found: OutcomeGuess, columns: Sequence[Profile], created: Profile | None
) -> tuple[OutcomeGuess, str | None, str | None]:
    """Add the moment of the outcome and the days within which it must happen, where the export has both dates.

    Returns
    -------
    guess, why_at, why_horizon
        The sentences are None where nothing was added.
    """
    outcome = found.outcome
    told = next(c for c in columns if c.name == outcome.column)
    happened = outcome.happened(told.text)
    dates = [c for c in columns if c.times is not None and c is not created and _tells_when(c, happened, created)]
    at = next((c for c in dates if c.name == outcome.at), None) or first_match(dates, _WHEN[found.stage])
    if at is None or at.times is None or created is None or created.times is None:
        return _with(found, at=at.name if at else None), f"{at.name!r} dates it" if at else None, None
    delays = ((at.times - created.times) / pd.Timedelta(days=1)).to_numpy(dtype=float)[happened]
    within = WITHIN.search(told.phrase)
    days, why = _days(delays, created.times, at.times, within)
    negative = outcome.negative
    if within is None and negative is not None and _dates_wins_only(told, at.times, happened):
        # "No" is "not yet" here: whether such a lead is lost depends on its age.
        negative, why = None, why + "; an open lead that is older counts as no, a younger one is not known yet"
    return _with(found, at=at.name, horizon_days=days, negative=negative), f"{at.name!r} dates it", why


def _dates_wins_only(told: Profile, at: pd.Series, happened: Flags) -> bool:
    """Whether the date is that of wins alone, so that nothing tells a lost lead from one that waits.

    Where lost leads have a date as well, leads in a stage of neither list are undecided: what is filled in along the
    way, such as an account, would otherwise tell that they are still open.
    """
    others = ~happened & (told.text != "").to_numpy()
    return bool(others.any()) and float(at.notna().to_numpy()[others].mean()) < _WINS_ONLY


def _with(found: OutcomeGuess, **changes: object) -> OutcomeGuess:
    return replace(found, outcome=found.outcome.model_copy(update=changes))


def _tells_when(column: Profile, happened: Flags, created: Profile | None) -> bool:
    assert column.times is not None
    known = column.times[happened]
    if not len(known) or known.notna().mean() < 0.8:
        return False
    if created is None or created.times is None:
        return True
    early = (known < created.times[happened]).mean()
    return bool(early < 0.2)


def _days(
    delays: npt.NDArray[np.float64], created: pd.Series, at: pd.Series, within: re.Match[str] | None
) -> tuple[int, str]:
    # Quantiles, since a few typing errors put leads into 2099.
    known = created.dropna()
    newest = max(known.quantile(0.99), at.dropna().quantile(0.95))
    history = max((newest - known.quantile(0.01)) / pd.Timedelta(days=1), 1.0)
    if within:
        return int(within[1]), f"{within[1]} days, as the name of the column says"
    late = float(np.nanquantile(np.clip(delays, 0, None), 0.9))
    wanted = max(30, 30 * math.ceil(late / 30))
    most = max(1, int(history / 3))
    days = min(wanted, most)
    why = f"nine in ten of those that happened came within {late:.0f} days"
    return days, why + (f"; at most a third of the {history:.0f} days of history" if days < wanted else "")


def amount_of(columns: Sequence[Profile], happened: Flags) -> Profile | None:
    """Column with the money of a won deal: a number that (nearly) every won deal has."""
    money = [
        c
        for c in columns
        if c.look == "number" and (c.text[happened] != "").mean() > 0.8 and "annual" not in c.phrase.split()
    ]
    patterns = (
        r"^(close |deal |opportunity |order |contract |won |purchase )?(amount|value|acv|arr|tcv|betrag|\w*wert)\b",
        r"\b(amount|acv|arr|tcv|deal value|deal size|contract value|betrag|umsatz|montant|importe|valor)\b",
        r"^((est(imated)?|expected|actual) revenue|revenu (espere|attendu)|ingresos? (esperados?|estimados?))$",
    )
    found = first_match(money, patterns)
    positive = found is not None and (found.text[happened].map(parse_number).astype(float) > 0).any()
    return found if positive else None
