"""Open leads: mean predicted over true likelihood of leads arriving now, ours beside `open = lost`.

Histories of 180, 365 and 540 days are cut from simulated ones whose true likelihoods are known, and one source of leads
is there only since 150 days, which is less than the horizon. A model is fitted on all leads of the history that teach
anything (nothing is held back for a test, as a model is used that has been moved forward) and asked about the leads of
the last 30 days. Figures are means over ten seeds, two in the short form.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from comparison import Row, compare, run, say

from leadscore.data.history import History, decided_rows
from leadscore.data.outcomes import Outcome, Stage
from leadscore.data.splits import TimeSplit
from leadscore.data.synthetic import Funnel, simulate, write_sample
from leadscore.models.features import Encoder
from leadscore.training.fitting import fit_stages
from leadscore.training.pipeline import read
from leadscore.training.recipe import Recipe, Search, load_recipe

SEEDS, SHORT_SEEDS = range(10), range(2)
LEADS = 20_000
"""In 24 months, before the cut."""
DAYS = (180, 365, 540)
SOURCE, SINCE, NOW = "Content", 150, 30
"""The late source, since how many days it is there, and of how many days the leads arriving now are."""


def measure(short: bool) -> Iterable[Row]:
    """Mean predicted over true for each length of the history, over all leads and over the late source."""
    seeds = SHORT_SEEDS if short else SEEDS
    for days in DAYS:
        ratios = {"ours": [], "lost": []}
        for seed in seeds:
            say(f"{days} days, seed {seed}")
            for way, found in trial(days, seed).items():
                ratios[way].append(found)
        ours, lost = np.array(ratios["ours"]), np.array(ratios["lost"])
        for column, (where, low, high) in enumerate((("all leads", 0.95, 1.05), (f"source {SOURCE!r}", 0.9, 1.1))):
            mean, spread = ours[:, column].mean(), ours[:, column].std(ddof=1)
            yield compare(
                f"{days} days, {where}: predicted / true, spread {spread:.2f} over {len(ours)} seeds; the truth",
                float(mean),
                1.0,
                at_least=low,
                at_most=high,
            )
            yield compare(f"{days} days, {where}: predicted / true where open = lost", float(lost[:, column].mean()))


def trial(days: int, seed: int) -> Mapping[str, tuple[float, float]]:
    """Predicted over true of all leads arriving now, and of those of the late source; ours and where open = lost."""
    funnel = cut(simulate(LEADS, seed=seed), days)
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        write_sample(folder, n_leads=50, seed=seed)
        for file, frame in (("leads", funnel.leads), ("activities", funnel.activities), ("outcomes", funnel.outcomes)):
            frame.to_csv(folder / f"{file}.csv", index=False, date_format="%Y-%m-%dT%H:%M:%SZ")
        recipe = load_recipe(folder / "sample.toml")
        lead = recipe.lead.model_copy(update={"channel": "Lead Source"})
        recipe = recipe.model_copy(update={"lead": lead, "search": Search(trials=2)})
        ways = {"ours": recipe, "lost": recipe.model_copy(update=open_is_lost(recipe))}
        return {way: ratios(read(chosen), chosen, funnel) for way, chosen in ways.items()}


def cut(funnel: Funnel, days: int) -> Funnel:
    """Keep the last days of a history, and the late source for its own days only."""
    created = funnel.leads["Created"]
    end = created.max().normalize() + pd.Timedelta(days=1)
    late = funnel.leads["Lead Source"] == SOURCE
    kept = (created >= end - pd.Timedelta(days=days)) & ~(late & (created < end - pd.Timedelta(days=SINCE)))
    ids = set(funnel.leads["Lead ID"][kept])
    parts = (funnel.leads, funnel.activities, funnel.outcomes, funnel.truth)
    return Funnel(*(part[part["Lead ID"].isin(ids)].reset_index(drop=True) for part in parts))


def open_is_lost(recipe: Recipe) -> dict[Stage, Outcome]:
    """The outcomes without their horizons."""
    return {stage: o.model_copy(update={"horizon_days": None}) for stage, o in recipe.outcomes.items()}


def ratios(whole: History, recipe: Recipe, funnel: Funnel) -> tuple[float, float]:
    """Fit on what teaches anything, and hold the mean prediction for leads arriving now against the truth."""
    history = whole.take(decided_rows(whole))
    encoder = Encoder.fit(history.frame, history.fields, sources=history.sources, missing=recipe.lead.missing)
    nothing = np.zeros(0, dtype=np.intp)
    split = TimeSplit(fit=np.arange(len(history)), calibrate=nothing, test=nothing)
    X = encoder.encode_frame(history.frame)
    fitted = fit_stages(X, history, split, encoder, recipe, seed=0, progress=lambda _text, _share: None)
    assert whole.created is not None
    now = whole.take(np.flatnonzero(whole.created >= whole.created.max() - pd.Timedelta(days=NOW)))
    X = encoder.encode_frame(now.frame)
    predicted = fitted["qualify"].likelihood(X) * fitted["close"].likelihood(X)
    true = funnel.truth.set_index("Lead ID").loc[list(now.lead_id), "p_close"].to_numpy()
    late = (now.frame["Lead Source"] == SOURCE).to_numpy()
    return predicted.mean() / true.mean(), predicted[late].mean() / true[late].mean()


if __name__ == "__main__":
    run(__doc__.splitlines()[0], measure, packages=["leadscore", "lightgbm", "numpy", "pandas", "scikit-learn"])
