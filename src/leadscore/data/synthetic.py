"""A simulated B2B funnel whose true likelihoods are known: leads, activities, outcomes, and the truth beside them.

The world stands in ``synthetic_fields``, the leads and their trail are drawn in ``synthetic_leads``, their likelihoods
and what becomes of them in ``synthetic_outcomes``. Here they become an export as a CRM would write it on the last day.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from leadscore.data import synthetic_leads as people
from leadscore.data import synthetic_outcomes as results
from leadscore.data.synthetic_fields import FIELDS, KNOWN_LATER
from leadscore.errors import BadInput, UsageError

__all__ = ["FIELDS", "KNOWN_LATER", "RECIPE", "Funnel", "simulate", "write_sample"]

END: Final = date(2026, 10, 31)
"""Last day of the simulated history."""

RECIPE: Final = """# Recipe of the sample: how leadscore reads this export and what it learns from it.
# Try it:  leadscore train sample.toml
name = "sample"
currency = "EUR"

[data]                                # files beside this recipe
leads = "leads.csv"                   # one row a lead
activities = { file = "activities.csv", id = "Lead ID", time = "At", type = "Type" }   # what leads did, and when
join = [{ file = "outcomes.csv", on = "Lead ID" }]   # what became of them

[lead]                                # which column plays which part
id = "Lead ID"
created = "Created"                   # the scoring moment: nothing later is learned from
account = "Company"
segment = "Company Size"              # tiers are cut per segment
territory = "Territory"
customer = "Existing Customer"
consent = "Consent"                   # a lead without consent is never given to a person
worked_at = "Worked At"               # a lead that nobody worked is not a lost lead: it is left out
first_role = "First Role"

[qualify]                             # first likelihood: does the lead qualify ...
column = "Qualified At"
positive = "filled"                   # ... that is, does it have a date here ...
at = "Qualified At"
horizon_days = 60                     # ... within 60 days of creation

[close]                               # second likelihood: does a qualified lead become a customer
column = "Closed At"
positive = "filled"
at = "Closed At"
amount = "Amount"
rep = "Owner"                         # for the review of skills only, never learned from
horizon_days = 180                    # from creation as well

[columns]
ignore = [                            # filled in by sales while they work the lead, so unknown for a new one
  "Lead Status",                      # says how it ended
  "Last Activity Date",               # late dates belong to leads that got far
  "Number of Meetings",               # meetings are held with leads that qualified
  "Sales Rating",                     # an opinion formed after the calls
  "Disqualified At",                  # the other outcome
]
by_segment = ["Product Interest"]     # a Starter is made for small companies, the Enterprise Suite for large ones

[value]
margin_share = 0.6                    # margin of a won deal as a share of its amount

[structure]
preset = "three_tier"                 # SDR qualifies, ISR or SAR closes, AM keeps the customer

[search]
trials = 6                            # candidates per stage; a count, so that every machine finds the same model
"""
"""The recipe that ``write_sample`` puts beside its files."""


@dataclass(frozen=True, slots=True)
class Funnel:
    """A simulated history.

    Parameters
    ----------
    leads
        The CRM export, one row a lead in order of creation; its columns are ``FIELDS``.
    activities
        ``Lead ID``, ``Type``, ``At``: what leads did and sales did with them, before and after creation.
    outcomes
        One row a lead: ``Lead ID``, ``Worked At``, ``First Role``, ``Qualified At``, ``Disqualified At``,
        ``Closed At``, ``Amount`` (EUR, won deals only), ``Owner``; empty where it had not happened by the end.
    truth
        ``Lead ID``, ``p_qualify``, ``p_close_given_qualify``, ``p_close``: true likelihoods at creation, within 60
        and 180 days, for a lead that is worked by the usual route.
    """

    leads: pd.DataFrame
    activities: pd.DataFrame
    outcomes: pd.DataFrame
    truth: pd.DataFrame


def simulate(n_leads: int = 20_000, *, months: int = 24, end: date = END, seed: int = 0) -> Funnel:
    """Simulate the history of a company's leads up to the close of a day.

    Parameters
    ----------
    n_leads
        Number of leads, at least 1.
    months
        Length of the history.
    end
        Last day of the history; what happens later is not in the frames.
    seed
        The same seed gives the same frames.

    Returns
    -------
    Funnel
        Leads, activities, outcomes and truth, each in order of creation.

    Raises
    ------
    UsageError
        When there are no leads or no months.

    Examples
    --------
    >>> funnel = simulate(500, seed=1)
    >>> len(funnel.leads), len(funnel.truth), round(float(funnel.truth["p_close"].mean()), 2)
    (500, 500, 0.07)
    """
    if n_leads < 1 or months < 1:
        raise UsageError(f"got {n_leads} leads over {months} months; at least 1 of each is needed.")
    rng = np.random.default_rng(seed)
    created, when = people.arrivals(rng, n_leads, months, end)
    intent = rng.normal(size=n_leads)
    leads = people.draw_leads(rng, created, when, intent)
    trail = people.trail(rng, leads, intent)
    qualify, close = results.likelihoods(leads, trail, intent, when)
    outcomes = results.outcomes(rng, leads, qualify, close)
    later = results.follow_up(rng, leads, outcomes, intent)
    now = pd.Timestamp(end, tz="UTC") + pd.Timedelta(days=1)
    activities = _log(leads, pd.concat([trail, later]), now)
    known = _known(outcomes, now)
    shown = people.hide(rng, leads, intent).join(results.leaks(rng, leads, activities, known))
    columns = [field.name for field in FIELDS]
    return Funnel(_tidy(shown[columns]), _tidy(activities), _tidy(known), results.truth(leads, qualify, close))


def _log(leads: pd.DataFrame, events: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Order the events of each lead in time and drop what lies ahead."""
    events = events.sort_values(["lead", "days"], kind="stable", ignore_index=True)
    row = events["lead"].to_numpy()
    at = people.shift(leads["Created"].iloc[row].reset_index(drop=True), events["days"].to_numpy())
    log = pd.DataFrame({"Lead ID": leads["Lead ID"].to_numpy()[row], "Type": events["Type"], "At": at})
    return log[at < now].reset_index(drop=True)


def _known(outcomes: pd.DataFrame, now: pd.Timestamp) -> pd.DataFrame:
    """Empty what lies ahead, and what follows from it."""
    known = outcomes.copy()
    for column in ("Worked At", "Qualified At", "Disqualified At", "Closed At"):
        known[column] = known[column].where(known[column] < now)
    for column, moment in {"First Role": "Worked At", "Owner": "Qualified At", "Amount": "Closed At"}.items():
        known[column] = known[column].where(known[moment].notna())
    return known


def _tidy(frame: pd.DataFrame) -> pd.DataFrame:
    """Make text of the columns of text, whatever they were made of."""
    return frame.astype({name: "str" for name, dtype in frame.dtypes.items() if dtype.kind == "O"})


def write_sample(
    directory: Path, *, n_leads: int = 4_000, months: int = 24, end: date = END, seed: int = 0, force: bool = False
) -> tuple[Path, ...]:
    """Write a simulated export with the recipe that trains on it.

    Parameters
    ----------
    directory
        Folder to write to; made when absent.
    n_leads, months, end, seed
        As for `simulate`; 4,000 leads are enough to train on.
    force
        Whether files of these names may be overwritten.

    Returns
    -------
    tuple of Path
        ``leads.csv``, ``activities.csv``, ``outcomes.csv`` and ``sample.toml``.

    Raises
    ------
    BadInput
        When one of the files exists and ``force`` is not set, or the folder cannot be made.
    """
    paths = tuple(directory / name for name in ("leads.csv", "activities.csv", "outcomes.csv", "sample.toml"))
    if not force and (there := [path for path in paths if path.exists()]):
        raise BadInput(f"{there[0]} exists already. Choose another folder, or --force to overwrite it.")
    try:
        directory.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot make the folder {directory}: {error.strerror}. Choose another one.") from error
    funnel = simulate(n_leads, months=months, end=end, seed=seed)
    for path, frame in zip(paths, (funnel.leads, funnel.activities, funnel.outcomes), strict=False):
        frame.to_csv(path, index=False, float_format="%.0f", date_format="%Y-%m-%dT%H:%M:%SZ", lineterminator="\n")
    paths[-1].write_text(RECIPE, encoding="utf-8", newline="\n")
    return paths
