"""Likelihoods and routing measured against the truth of simulated leads, which nobody has of real ones.

Figures are means over five fixed seeds of 20,000 leads each (``--short``: the first seed alone). A model is trained on
the simulated export and looked at on the newest quarter of it, the test stretch. What a routing is worth is reckoned
with the true likelihoods and the model's margins, a week's leads being as many as really came, within the hours that
the roles have: a lead that finds none left goes to nurture, in order of arrival. The optima are spared this, so ours is
judged the harder.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
from comparison import Row, compare, run, say
from rules import Routing, rules_of_thumb, within_capacity

from leadscore.data.history import History, decided_rows
from leadscore.data.splits import split_by_time
from leadscore.data.synthetic import simulate, write_sample
from leadscore.decisions import PRESETS, Economics, Prospects, Structure, first_touch, fit_prices, net
from leadscore.models.bundle import Bundle
from leadscore.models.metrics import roc_auc
from leadscore.scoring import tie_break
from leadscore.training.fitting import plain_baseline
from leadscore.training.pipeline import fit_bundle, read
from leadscore.training.recipe import Search, load_recipe

Floats = npt.NDArray[np.float64]

SEEDS, SHORT_SEEDS = range(5), range(1)
LEADS = 20_000
"""As many as the teams of the presets are made for; with fewer, nobody's time is short."""
NOW = datetime(2026, 11, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Trial:
    """A model trained on one simulated history, and what it says of the newest leads.

    Parameters
    ----------
    bundle
        The model.
    estimated, true
        The test leads in order of arrival, with likelihoods from the model and from the simulation.
    plain
        P(close) of plain logistic regression.
    base_rate
        Share of the leads before the test stretch that closed.
    closed
        1 for test leads that closed.
    weekly
        Leads that came in a week of the test stretch, undecided and untouched ones among them.
    """

    bundle: Bundle
    estimated: Prospects
    true: Prospects
    plain: Floats
    base_rate: float
    closed: Floats
    weekly: float


def trial(seed: int) -> Trial:
    """Simulate, train, and look at the test stretch with the truth in hand."""
    say(f"seed {seed}: simulating and training on {LEADS:,} leads")
    with tempfile.TemporaryDirectory() as folder:
        write_sample(Path(folder), n_leads=LEADS, seed=seed)
        # Every candidate is tried, however long it takes: the figures are the same on any machine.
        recipe = load_recipe(Path(folder) / "sample.toml").model_copy(update={"search": Search(trials=100)})
        result = fit_bundle(recipe, now=NOW, seed=seed)
        whole = read(recipe)
    history = whole.take(decided_rows(whole))
    split = split_by_time(len(history), recipe.split, days=history.days)
    encoder = result.bundle.encoder
    plain = plain_baseline(encoder.encode_frame(history.frame), history, split, encoder)
    estimated = _prospects(result.bundle, result.test)
    truth = simulate(LEADS, seed=seed).truth.set_index("Lead ID").loc[list(result.test.lead_id)]
    return Trial(
        bundle=result.bundle,
        estimated=estimated,
        true=replace(estimated, p_qualify=truth["p_qualify"].to_numpy(), p_close=truth["p_close"].to_numpy()),
        plain=plain["close"],
        base_rate=float(history.labels["close"][: split.test[0]].mean()),
        closed=result.evaluation["close"].y,
        weekly=_weekly(whole, result.test),
    )


def _prospects(bundle: Bundle, leads: History) -> Prospects:
    X = bundle.encoder.encode_frame(leads.frame)
    p_qualify, p_close = bundle.likelihoods(X)
    return Prospects(
        p_qualify=p_qualify,
        p_close=p_close,
        margin=bundle.margins(X, leads.segment),
        segment=leads.segment,
        customer=leads.customer,
        contactable=leads.contactable,
        tie=tie_break(leads.lead_id),
    )


def _weekly(whole: History, test: History) -> float:
    first, last = test.created.iloc[[0, -1]]
    return float(whole.created.between(first, last).sum()) / ((last - first).days / 7)


def likelihood_rows(trials: Sequence[Trial]) -> Iterator[Row]:
    """Compare P(close) with the truth, beside the constant base rate and plain logistic regression."""
    truths = [t.true.along("p_close") for t in trials]
    guesses = {
        "ours": [t.estimated.along("p_close") for t in trials],
        "plain": [t.plain for t in trials],
        "base": [np.full(len(t.closed), t.base_rate) for t in trials],
    }
    error = {
        who: _mean(np.abs(p - q).mean() for p, q in zip(likelihoods, truths, strict=True))
        for who, likelihoods in guesses.items()
    }
    yield compare("mean absolute error of p_close / constant base rate", error["ours"], error["base"], at_most=0.65)
    yield compare("mean absolute error of p_close / plain logistic regression", error["ours"], error["plain"])

    predicted = {who: [float(p.mean()) for p in likelihoods] for who, likelihoods in guesses.items()}
    true = [float(q.mean()) for q in truths]
    yield compare("mean p_close / mean truth", _mean(predicted["ours"]), _mean(true), at_least=0.95, at_most=1.05)
    worst = max(range(len(trials)), key=lambda i: abs(predicted["ours"][i] / true[i] - 1))
    yield compare(
        "mean p_close / mean truth, worst seed", predicted["ours"][worst], true[worst], at_least=0.85, at_most=1.15
    )
    yield compare("mean p_close of plain logistic regression / mean truth", _mean(predicted["plain"]), _mean(true))

    auc = {
        who: _mean(roc_auc(p, t.closed) for p, t in zip(likelihoods, trials, strict=True))
        for who, likelihoods in {**guesses, "truth": truths}.items()
    }
    yield compare("ROC AUC of the truth itself / the most it may be", auc["truth"], 0.82, at_most=1.0)
    yield compare("ROC AUC / the truth itself", auc["ours"], auc["truth"])
    yield compare("ROC AUC / plain logistic regression", auc["ours"], auc["plain"])


@dataclass(frozen=True, slots=True)
class Routed:
    """What routings are truly worth in one trial.

    Parameters
    ----------
    ours
        True value of our policy, in EUR a week.
    peers
        The same of the others, by what they are called.
    load
        Hours that our policy truly asks for over hours there are, by role, before any lead is turned away.
    """

    ours: float
    peers: Mapping[str, float]
    load: Mapping[str, float]


SAME, TRUTH = "optimum that knows the same estimates", "optimum that knows the truth"


def route(structure: Structure, trial: Trial) -> Routed:
    """Route the test leads by our policy, by both optima and by rules of thumb."""
    policy = trial.bundle.policy
    if policy.structure.name != structure.name:
        policy = policy.reprice(trial.bundle.reference, structure)
    estimated, true = first_touch(structure, trial.estimated), first_touch(structure, trial.true)
    weeks = len(trial.true) / trial.weekly
    capacity = np.array([role.capacity for role in structure.role]) * weeks
    every = np.arange(len(trial.true))

    def optimum(economics: Economics) -> Routing:
        tie = trial.true.tie
        prices = fit_prices(structure, economics, tie, leads_per_period=trial.weekly)
        best: Routing = net(economics, prices, tie).argmax(axis=1)
        return best

    def worth(routing: Routing) -> float:
        return float(true.value[every, routing].sum()) / weeks

    ours = policy.decide(trial.estimated).path
    rules = rules_of_thumb(structure, estimated, trial.estimated, trial.bundle.reference)
    return Routed(
        ours=worth(within_capacity(true, ours, capacity)),
        peers={SAME: worth(optimum(estimated)), TRUTH: worth(optimum(true))}
        | {name: worth(within_capacity(true, routing, capacity)) for name, routing in rules.items()},
        load=dict(zip(structure.roles, true.hours[every, ours].sum(axis=0) / capacity, strict=True)),
    )


def routing_rows(structure: Structure, trials: Sequence[Trial]) -> Iterator[Row]:
    """Compare what routings are truly worth, and the hours that ours takes with those there are."""
    routed = [route(structure, t) for t in trials]
    ours = _mean(r.ours for r in routed)
    for peer in routed[0].peers:
        value = _mean(r.peers[peer] for r in routed)
        goal = 0.95 if peer == SAME else None
        yield compare(f"{structure.name}: true value, EUR a week / {peer}", ours, value, at_least=goal)
    for role in structure.role:
        load = [r.load[role.name] for r in routed]
        what = f"{structure.name}: hours asked of {role.name} a week / hours there are"
        yield compare(what, _mean(load) * role.capacity, role.capacity, at_most=1.05)
        if len(trials) > 1:
            yield compare(f"{what}, worst seed", max(load) * role.capacity, role.capacity)


def measure(short: bool) -> Iterator[Row]:
    """Run the trials."""
    trials = [trial(seed) for seed in (SHORT_SEEDS if short else SEEDS)]
    yield from likelihood_rows(trials)
    for structure in PRESETS.values():
        yield from routing_rows(structure, trials)


def _mean(values: Iterable[float]) -> float:
    return float(np.mean(list(values)))


if __name__ == "__main__":
    run(__doc__ or "", measure, packages=("leadscore", "numpy", "scikit-learn", "lightgbm", "scipy"))
