"""From calibrated likelihoods to prices and tiers: the step between the models and the decisions."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from leadscore.data.history import History
from leadscore.data.outcomes import Stage
from leadscore.decisions import (
    DAYS,
    Assumption,
    Policy,
    Prospects,
    Structure,
    adapt,
    assume_close_rate,
    assume_qualify_rate,
    fit_policy,
    pooled,
)
from leadscore.errors import RecipeError
from leadscore.models.bundle import Bundle
from leadscore.scoring import tie_break
from leadscore.training.arriving import as_they_arrive
from leadscore.training.recipe import Recipe
from leadscore.training.reply_delay import with_reply_decay

__all__ = ["anonymous", "arrivals_per_period", "cut_tiers", "prospects_of", "table_loss", "with_table_loss"]

Floats = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_QUARTER = 91.0


def prospects_of(likelihoods: Mapping[Stage, Floats], history: History, rows: Index, margin: Floats) -> Prospects:
    """The leads of these rows as numbers, which is all that decisions see of them."""
    p = dict(likelihoods)
    if len(p) == 2:
        p["close"] = p["qualify"] * p["close"]
    return Prospects(
        p_qualify=p.get("qualify"),
        p_close=p.get("close"),
        margin=margin,
        segment=history.segment[rows],
        customer=history.customer[rows],
        contactable=history.contactable[rows],
        tie=tie_break(history.lead_id[rows]),
    )


def anonymous(prospects: Prospects) -> Prospects:
    """The same leads with ties drawn anew: a hash of an id could be matched against a list of ids."""
    return replace(prospects, tie=np.random.default_rng(0).random(len(prospects)))


def cut_tiers(
    likelihoods: Mapping[Stage, Floats],
    history: History,
    rows: Index,
    margin: Floats,
    recipe: Recipe,
    *,
    arrivals: History,
) -> tuple[Policy, Prospects, tuple[str, ...]]:
    """Price the roles' time and cut the tiers on leads whose likelihoods come from models that had not seen them.

    Parameters
    ----------
    likelihoods
        By stage, of these rows; ``close`` given that the lead qualified, where both are learned.
    history, rows
        The leads.
    margin
        What they bring if won.
    recipe
        Structure and assumptions.
    arrivals
        All leads of the history, to count how many arrive.

    Returns
    -------
    policy, reference, notes
        The policy, the leads that it was cut from, and what a reader of the table should know.
    """
    used = np.flatnonzero(newest_months(history, rows))
    used = used[as_they_arrive(history, rows[used], recipe)]
    rows, margin = rows[used], margin[used]
    likelihoods = {stage: p[used] for stage, p in likelihoods.items()}
    reference = anonymous(prospects_of(likelihoods, history, rows, margin))
    assumption, notes = _assumption(recipe, reference)
    structure = recipe.selling_structure()
    structure = structure.per(recipe.split.period or structure.period)
    structure, waiting = with_reply_decay(structure, recipe, history, rows, reference.p_qualify)
    structure, dropped = adapt(
        structure,
        has_qualify=reference.p_qualify is not None or assumption is not None,
        has_close=reference.p_close is not None or assumption is not None,
        segments={s for s in history.segment if s is not None} or None,
        has_customers=recipe.lead.customer is not None,
    )
    volume, source = arrivals_per_period(recipe, arrivals, structure)
    policy = fit_policy(structure, reference, leads_per_period=volume, assumption=assumption, volume_note=source)
    return policy, reference, (*notes, *waiting, *dropped, source)


def newest_months(history: History, rows: Index) -> npt.NDArray[np.bool_]:
    """Which of these leads prices and tiers are cut on: the newest month's, and as many before as make 3,000 leads."""
    days = history.days
    if days is None:
        return np.ones(len(rows), dtype=bool)
    age = days[rows].max(initial=0.0) - days[rows]
    return pooled(-(age // DAYS["month"]).astype(np.intp))


def table_loss(bundle: Bundle, history: History) -> float:
    """Share of the net value that is lost on these leads when each takes the role of its tier in place of its own."""
    rows = np.flatnonzero(history.first_looks)
    X = bundle.encoder.encode_frame(history.frame)[rows]
    likelihoods = {stage: likelihood(X) for stage, likelihood in bundle.stages.items()}
    margin = bundle.margins(X, history.segment[rows])
    return bundle.policy.table_loss(prospects_of(likelihoods, history, rows, margin))


def with_table_loss(bundle: Bundle, loss: float) -> Bundle:
    """The same model, whose table tells what it lost on leads that were held out."""
    policy = bundle.policy
    return bundle.with_policy(replace(policy, tiers=replace(policy.tiers, held_out_loss_share=loss)))


def arrivals_per_period(recipe: Recipe, history: History, structure: Structure) -> tuple[float, str]:
    """Leads that arrive in one period, and a sentence that says where the figure comes from."""
    given = recipe.structure.leads_per_period
    period = structure.period
    if given is not None:
        return given, f"{given:g} leads a {period}, as the recipe says"
    days = history.days
    if days is None:
        yearly = len(history) / 365.25 * DAYS[period]
        return yearly, (
            f"{yearly:.0f} leads a {period}: the export has no dates, so it is taken for one year's leads; set "
            "leads_per_period under [structure]"
        )
    span = min(_QUARTER, float(days[-1]) or 1.0)
    count = int((days > days[-1] - span).sum())
    volume = count / span * DAYS[period]
    return volume, f"{volume:.0f} leads a {period}, the mean of the last {span:.0f} days of the history"


def _assumption(recipe: Recipe, reference: Prospects) -> tuple[Assumption | None, tuple[str, ...]]:
    qualify, close = recipe.qualify, recipe.close
    if reference.p_qualify is None and reference.p_close is not None and qualify is not None and qualify.rate:
        note = f"assumed: {qualify.rate:.0%} of the leads qualify ([qualify] rate)"
        return assume_qualify_rate(reference.p_close, qualify.rate), (note,)
    if reference.p_close is None:
        if close is None or close.rate is None:
            raise RecipeError(
                "only [qualify] is learned, so nothing says what a qualified lead is worth: give `rate` under [close], "
                "the share of qualified leads that close."
            )
        return assume_close_rate(close.rate), (f"assumed: {close.rate:.0%} of qualified leads close ([close] rate)",)
    return None, ()
