"""Moving base rates: what each remedy does, retrained stretch by stretch on what was mature then.

Five simulated exports, each cut into twelve stretches: a rate of wins that rises from 6 to 28 %, with and without
dates; one that jumps with the ninth stretch; one that comes and goes; and one that stands still, where a remedy can
only cost. For each of the last three stretches (the last 25 % of the leads) a model is trained on the leads whose
outcome was known when it began. Predicted over happened may be 20 % off; the peer of ROC AUC and log loss is plain
logistic regression, trained on the same leads. Means over two seeds, one in the short form.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
from comparison import Row, compare, run, say
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

from leadscore.data.columns import LeadColumns
from leadscore.data.outcomes import Outcome
from leadscore.models.metrics import log_losses, roc_auc
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Recipe, Search

LEADS, STRETCHES, HORIZON = 9_600, 12, 14
LATE = range(9, 12)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SEEDS, SHORT_SEEDS = range(2), range(1)

REMEDIES = {
    "none, as measured": ((), False),
    "moved forward": ((), True),
    "and recent leads weighted": (("recency",), True),
    "and calibrated anew": (("calibration",), True),
    "all": (("blend", "recency", "calibration"), True),
    "all, not moved forward": (("blend", "recency", "calibration"), False),
}
CARRIED = "rate of the newest known month carried on"
SHORT_REMEDIES = ("none, as measured", "moved forward", "all")
NUMBERS, CATEGORIES = ["Size", "Visits", "Pages"], ["Channel", "Industry", "Country"]


@dataclass(frozen=True, slots=True)
class Shape:
    """A simulated export.

    Parameters
    ----------
    name
        What moves.
    rates
        Rate of wins in each stretch.
    dated
        Whether the export has dates; wins then come within two weeks of creation.
    judged
        Whether the predicted mean is held to 20 %.
    """

    name: str
    rates: np.ndarray
    dated: bool
    judged: bool = True


SHAPES = (
    Shape("rises, no dates", np.linspace(0.06, 0.28, STRETCHES), dated=False),
    Shape("rises, dates", np.linspace(0.06, 0.28, STRETCHES), dated=True),
    Shape("jumps, dates", np.where(np.arange(STRETCHES) < 8, 0.06, 0.28), dated=True),
    Shape("stands still, dates", np.full(STRETCHES, 0.15), dated=True),
    Shape("comes and goes, dates", 0.15 + 0.08 * np.sin(np.arange(STRETCHES)), dated=True, judged=False),
)
JUMP, JUMPED = SHAPES[2], 8 * LEADS // STRETCHES
WEEKS, WEEK, BLIND = range(1, 9), 7 * LEADS // 360, 3
"""Weeks after the jump, leads in one, and weeks that begin before any outcome of it is mature."""
SHORT_SHAPES = (SHAPES[0], SHAPES[3])


def measure(short: bool) -> Iterable[Row]:
    """Predicted over happened, ROC AUC and log loss of each shape under each remedy."""
    seeds = SHORT_SEEDS if short else SEEDS
    for shape in SHORT_SHAPES if short else SHAPES:
        names = SHORT_REMEDIES if short else tuple(REMEDIES)
        found = pd.concat([trial(shape, seed, names) for seed in seeds]).groupby(level=0, sort=False).mean()
        yield from rows(shape, found)
    found = pd.DataFrame([by_week(seed) for seed in seeds]).mean()
    for week in WEEKS:
        known = f"{week - BLIND} weeks of it matured" if week > BLIND else "nothing of it known"
        goal = {"at_least": 0.8, "at_most": 1.2} if week > BLIND else {}
        yield compare(f"week {week} after a jump, {known}: predicted / happened, all", found[week], 1.0, **goal)


def by_week(seed: int) -> dict[int, float]:
    """Predicted over happened in the weeks after the jump, each by a training at its begin."""
    say(f"after the jump, seed {seed}")
    export, told = simulate(JUMP, seed), {}
    for week in WEEKS:
        begin = JUMPED + (week - 1) * WEEK
        coming = export.iloc[begin : begin + WEEK]
        p = ours(known_by(export, begin, dated=True), coming, JUMP, REMEDIES["all"][0])[True]
        told[week] = float(p.mean() / coming["Won"].eq("yes").mean())
    return told


def rows(shape: Shape, found: pd.DataFrame) -> Iterator[Row]:
    """The figures of one shape."""
    remedies = found.to_dict("index")
    plain, carried = remedies.pop("plain"), remedies.pop(CARRIED)
    yield compare(f"{shape.name}: predicted / happened, {CARRIED}", carried["ratio"], 1.0)
    for name, figures in remedies.items():
        goal = {"at_least": 0.8, "at_most": 1.2} if shape.judged and name == "all" else {}
        yield compare(f"{shape.name}: predicted / happened, {name}", figures["ratio"], 1.0, **goal)
    for name, figures in remedies.items():
        goal = {"at_least": 1.0} if name == "all" else {}
        yield compare(f"{shape.name}: ROC AUC, {name}; plain regression", figures["auc"], plain["auc"], **goal)
    for name, figures in remedies.items():
        goal = {"at_most": 1.0} if name == "all" else {}
        yield compare(f"{shape.name}: log loss, {name}; plain regression", figures["loss"], plain["loss"], **goal)


def trial(shape: Shape, seed: int, names: Iterable[str]) -> pd.DataFrame:
    """Retrain three times under each remedy; predicted over happened, ROC AUC and log loss on the last quarter."""
    say(f"{shape.name}, seed {seed}")
    export = simulate(shape, seed)
    told: dict[str, list[np.ndarray]] = {name: [] for name in (*names, "plain", CARRIED)}
    outcomes = []
    for number in LATE:
        begin, end = (LEADS * edge // STRETCHES for edge in (number, number + 1))
        past, coming = known_by(export, begin, dated=shape.dated), export.iloc[begin:end]
        outcomes.append(coming["Won"].eq("yes").to_numpy(float))
        told["plain"].append(plain(past, coming))
        newest = past["Won"].iloc[-LEADS // STRETCHES :].eq("yes").mean()
        told[CARRIED].append(np.full(len(coming), newest))
        for wanted in dict.fromkeys(REMEDIES[name][0] for name in names):
            found = ours(past, coming, shape, wanted)
            for name in names:
                include, moved = REMEDIES[name]
                if include == wanted:
                    told[name].append(found[moved])
    y = np.concatenate(outcomes)
    return pd.DataFrame({name: figures(np.concatenate(p), y, told, outcomes) for name, p in told.items()}).T


def figures(p: np.ndarray, y: np.ndarray, told: Mapping[str, object], outcomes: list[np.ndarray]) -> dict[str, float]:
    """Of the whole quarter; the ROC AUC within each stretch, since a ranking is used within one."""
    edges = np.cumsum([0, *map(len, outcomes)])
    within = [roc_auc(p[a:b], y[a:b]) for a, b in zip(edges[:-1], edges[1:], strict=True)]
    return {"ratio": p.mean() / y.mean(), "auc": float(np.mean(within)), "loss": float(log_losses(p, y).mean())}


def ours(past: pd.DataFrame, coming: pd.DataFrame, shape: Shape, include: tuple[str, ...]) -> dict[bool, np.ndarray]:
    """Train on an export of what is known, and predict the leads that come: as measured, and moved forward."""
    dated = {"created": "Created"} if shape.dated else {"order": "Number"}
    late = {"at": "Won on", "horizon_days": HORIZON} if shape.dated else {}
    recipe = Recipe(
        lead=LeadColumns(id="Id", **dated),
        close=Outcome(column="Won", positive=("yes",), **late),
        search=Search(trials=14, include=include),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        past.to_csv(path, index=False)
        result = fit_bundle(recipe, now=NOW, data=path)
    bundles = {False: result.measured, True: result.bundle}
    leads = coming.astype(str)
    return {moved: bundle.likelihoods(bundle.encoder.encode_frame(leads))[1] for moved, bundle in bundles.items()}


def plain(past: pd.DataFrame, coming: pd.DataFrame) -> np.ndarray:
    """Logistic regression on standardised numbers and one-hot categories."""
    design = make_column_transformer((StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), CATEGORIES))
    model = make_pipeline(design, LogisticRegression(max_iter=2000)).fit(past, past["Won"].eq("yes"))
    return model.predict_proba(coming)[:, 1]


def known_by(export: pd.DataFrame, begin: int, *, dated: bool) -> pd.DataFrame:
    """The leads before a row whose outcome was known when it came."""
    past = export.iloc[:begin]
    if not dated:
        return past
    moment = pd.Timestamp(export["Created"].iloc[begin])
    return past[pd.to_datetime(past["Created"]) <= moment - pd.Timedelta(days=HORIZON)]


def simulate(shape: Shape, seed: int) -> pd.DataFrame:
    """Leads in time order whose fields tell the outcome in the same way all along, at a base rate that moves."""
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "Id": [f"L-{i:05}" for i in range(LEADS)],
            "Number": np.arange(LEADS),
            "Size": np.round(rng.lognormal(4, 1.2, LEADS)),
            "Visits": rng.poisson(3, LEADS),
            "Pages": np.round(rng.gamma(2, 3, LEADS), 1),
            "Channel": rng.choice(["Web", "Fair", "Referral", "List"], LEADS, p=[0.5, 0.2, 0.1, 0.2]),
            "Industry": rng.choice([f"Industry {i}" for i in range(8)], LEADS),
            "Country": rng.choice(["DE", "AT", "CH"], LEADS, p=[0.7, 0.2, 0.1]),
        }
    )
    pull = (
        1.1 * np.tanh((np.log(frame["Size"] + 1) - 4) / 1.5)
        + 0.5 * np.minimum(frame["Visits"], 5) / 2
        + frame["Channel"].map({"Web": 0.0, "Fair": 0.4, "Referral": 1.2, "List": -0.8})
        + frame["Industry"].str[-1].astype(int).map(dict(enumerate(rng.normal(0, 0.5, 8))))
    ).to_numpy(copy=True)
    for rows in np.array_split(np.arange(LEADS), STRETCHES):
        stretch = rows[0] * STRETCHES // LEADS
        pull[rows] += _intercept(pull[rows], shape.rates[stretch])
    won = rng.random(LEADS) < 1 / (1 + np.exp(-pull))
    frame["Won"] = np.where(won, "yes", "no")
    if shape.dated:
        created = pd.Timestamp("2025-01-01") + pd.to_timedelta(np.sort(rng.uniform(0, 360, LEADS)), unit="D")
        frame["Created"] = created.round("min")
        delay = pd.to_timedelta(rng.uniform(0, HORIZON - 1, LEADS), unit="D")
        frame["Won on"] = (frame["Created"] + delay).dt.round("min").where(won)
    return frame


def _intercept(pull: np.ndarray, rate: float) -> float:
    low, high = -20.0, 20.0
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if (1 / (1 + np.exp(-pull - middle))).mean() < rate else (low, middle)
    return low


if __name__ == "__main__":
    run(__doc__ or "", measure, packages=["leadscore", "scikit-learn", "lightgbm"])
