"""Free text beside leaving it out: the log loss on later leads where job titles matter, and where they do not.

Leads are simulated with a dirty title in six languages, two plain fields and an outcome. In one set the outcome
depends on the seniority and the function that the title speaks of, in the other on the plain fields alone. The peers
are the same training without the title, and one that is given the true seniority and function in two clean columns.
Where titles matter the text must be kept and the log loss fall; where they do not, it must be left out, and the log
loss stays the same to the bit. Figures are over ten seeds, two in the short form.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pandas as pd
from comparison import Row, compare, run, say

from leadscore.data.outcomes import Outcome
from leadscore.training.pipeline import fit_bundle
from leadscore.training.recipe import Recipe, Search
from leadscore.training.result import TrainingResult

SEEDS, SHORT_SEEDS = range(10), range(2)
LEADS = 6_000
NOW = datetime(2026, 11, 1, tzinfo=UTC)

RANKS: dict[str, tuple[float, tuple[str, ...]]] = {
    "chief": (1.2, ("Chief {} Officer", "C-Level {}", "Geschäftsführer {}", "Directeur général {}", "Founder / {}")),
    "head": (0.6, ("Head of {}", "{} Director", "Leitung {}", "Responsable {}", "Hoofd {}", "VP {}")),
    "manager": (0.0, ("{} Manager", "{} mgr.", "Teamleiter {}", "Gerente de {}", "{} lead")),
    "staff": (-0.7, ("{} Specialist", "Referent {}", "Técnico de {}", "{} analyst")),
    "intern": (-1.8, ("Intern {}", "Praktikant {}", "Stagiaire {}", "Becario de {}", "{} student")),
}
AREAS: dict[str, tuple[float, tuple[str, ...]]] = {
    "operations": (0.6, ("Operations", "Betrieb", "Logistics", "Ops", "Operaciones", "Produktion")),
    "sales": (-0.3, ("Sales", "Vertrieb", "Ventas", "Ventes", "Vendite", "Verkoop")),
    "finance": (0.0, ("Finance", "Finanzen", "Comptabilité", "Contabilidad")),
    "technology": (0.2, ("IT", "Informatik", "Software", "Sistemas", "Data")),
}
PLACES = tuple(
    f"{side} {thing}" for side in ("North", "South", "East", "West", "EMEA", "DACH") for thing in ("", "II", "/ B2B")
)


def simulate(seed: int, *, matter: bool, n: int = LEADS) -> pd.DataFrame:
    """Leads with a dirty title; ``matter`` is whether the outcome depends on it."""
    rng = np.random.default_rng(seed)
    source, employees = rng.choice(["Web", "Fair", "Call", "Partner"], n), rng.lognormal(4, 1, n).round()
    log_odds = -1.2 + 0.6 * (source == "Partner") + 0.3 * (np.log(np.maximum(employees, 1)) - 4)
    titles, ranks, areas = [], [], []
    for i in range(n):
        rank, area = str(rng.choice([*RANKS])), str(rng.choice([*AREAS]))
        (effect, forms), (shift, words) = RANKS[rank], AREAS[area]
        log_odds[i] += (effect + shift) * matter
        title = str(rng.choice(forms)).format(rng.choice(words)) + " " + str(rng.choice(PLACES))
        ranks.append(rank)
        areas.append(area)
        titles.append(str(rng.choice([title, title.upper(), title.lower(), f" {title}", title[:-1]])))
    won = np.where(rng.random(n) < 1 / (1 + np.exp(-log_odds)), "yes", "no")
    told = {"Title": titles, "Rank": ranks, "Area": areas, "Source": source, "Employees": employees.astype(int)}
    return pd.DataFrame(told | {"Won": won})


def train(frame: pd.DataFrame, given: Literal["title", "nothing", "truth"]) -> TrainingResult:
    """Train with the title as text, without it, or with what it truly stands for."""
    columns: dict[str, Any] = {
        "title": {"text": ["Title"], "ignore": ["Rank", "Area"]},
        "nothing": {"ignore": ["Title", "Rank", "Area"]},
        "truth": {"ignore": ["Title"]},
    }[given]
    recipe = Recipe(
        lead={"order": "row"},
        close=Outcome(column="Won", positive=("yes",)),
        columns=columns,
        search=Search(trials=2, include=()),
    )
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "leads.csv"
        frame.to_csv(path, index=False)
        return fit_bundle(recipe, now=NOW, data=path)


def measure(short: bool) -> Iterator[Row]:
    """Both sets."""
    seeds = SHORT_SEEDS if short else SEEDS
    for matter in (True, False):
        name = "titles matter" if matter else "titles do not matter"
        found = []
        for seed in seeds:
            say(f"{name}, seed {seed}")
            frame = simulate(seed, matter=matter)
            ours, without, oracle = train(frame, "title"), train(frame, "nothing"), train(frame, "truth")
            losses = [result.evaluation["close"].measures.values["log_loss"] for result in (ours, without, oracle)]
            found.append((*losses, any(f.text is not None for f in ours.bundle.encoder.features)))
        loss, peer, truth, kept = np.mean(found, axis=0)
        yield compare(
            f"{name}: log loss on later leads; without the title", loss, peer, at_most=0.97 if matter else 1.002
        )
        yield compare(
            f"{name}: log loss on later leads; with the true seniority and function", loss, truth, at_most=1.03
        )
        share = kept if matter else 1 - kept
        yield compare(
            f"{name}: share of {len(found)} seeds decided rightly", share, 1.0, at_least=0.9 if matter else 0.8
        )


if __name__ == "__main__":
    run(__doc__.splitlines()[0], measure, packages=["leadscore", "lightgbm", "numpy", "pandas", "scikit-learn"])
