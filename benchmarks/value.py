"""Margin of a won deal: boosted trees learned from the lead's attributes beside the median by group, on later wins.

The value model alone, without any likelihood: the procedure of training chooses among the mean by segment, Gamma and
log-normal boosted trees on the first 75 % of the leads, and is measured on the wins among the last 25 %.

On `crm_opportunities` the peer is the median amount by product. The amounts there are the product's list price times a
noise of a tenth that neither account nor agent nor region explains (their means spread no more than chance would have
it), so that nothing beats the product, and ours does not: the interval of the ratio holds 1, and the row shows how near
it comes without being told which field matters. On simulated wins the margin depends on four of eight attributes; the
peer is the median by the strongest of them, and the figures are means over ten seeds, two in the short form.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import numpy.typing as npt
from comparison import Row, compare, run, say

from leadscore.data.history import decided_rows, split_history
from leadscore.models.features import Encoder
from leadscore.models.value import Value
from leadscore.models.value_model import Wins, fit_margins, race_margins
from leadscore.training.pipeline import read
from leadscore.training.recipe import load_recipe
from leadscore.training.valuation import MarginErrors, measure_margins, wins_among

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "crm_opportunities"
SEEDS, SHORT_SEEDS = range(10), range(2)
WINS = 3_000
"""Simulated wins of a seed."""
LEVELS = (0, 8, 5, 0, 0, 6, 4, 0)
"""Codes of the simulated attributes, 0 for a number."""

Floats = npt.NDArray[np.float64]


def measure(short: bool) -> Iterator[Row]:
    """Errors and money, on the real set and on simulated ones."""
    yield from opportunity_rows()
    yield from simulated_rows(SHORT_SEEDS if short else SEEDS)


def opportunity_rows() -> Iterator[Row]:
    """`crm_opportunities` beside the median by product."""
    say("crm_opportunities")
    recipe = load_recipe(ROOT / "training" / "crm_opportunities.toml")
    whole = read(recipe, DATA)
    history = whole.take(decided_rows(whole))
    split = split_history(history, recipe.split)
    encoder = Encoder.fit(history.take(split.known).frame, history.fields, missing=recipe.lead.missing)
    X = encoder.encode_frame(history.frame)
    known, later = (wins_among(Value(margin_share=1), X, history, rows) for rows in (split.known, split.test))
    product = [feature.name for feature in encoder.features].index("product")
    kind, ours = judge(known, later, encoder.levels)
    peer = abs(medians(known, later, product) - later.margin)
    errors = abs(fit_margins(kind, known, encoder.levels)(later.X, later.segment) - later.margin)
    low, high = ratio_interval(errors, peer)
    what = f"crm_opportunities, {ours.wins} later wins, {kind}"
    yield compare(
        f"{what}: median error, USD, ratio {low:.2f} to {high:.2f}; median by product",
        ours.median_absolute_error,
        float(np.median(peer)),
    )
    yield compare(f"{what}: mean error, USD; median by product", ours.mean_absolute_error, float(peer.mean()))
    yield compare(f"{what}: money foreseen / came, USD", ours.money_ratio, 1.0, at_least=0.97, at_most=1.03)


def simulated_rows(seeds: range) -> Iterator[Row]:
    """Simulated wins beside the median by industry, the strongest attribute."""
    found = []
    for seed in seeds:
        say(f"simulated wins, seed {seed}")
        wins = simulated(seed)
        known, later = wins.take(np.arange(WINS * 3 // 4)), wins.take(np.arange(WINS * 3 // 4, WINS))
        _, ours = judge(known, later, LEVELS)
        peer = np.median(abs(medians(known, later, 1) - later.margin))
        found.append((ours.median_absolute_error, peer, ours.money_ratio))
    error, peer, money = np.mean(found, axis=0)
    yield compare("simulated: median error; median by the strongest attribute", error, peer, at_most=0.8)
    yield compare(f"simulated: money foreseen / came, {len(found)} seeds", money, 1.0, at_least=0.97, at_most=1.03)


def ratio_interval(errors: Floats, others: Floats, *, draws: int = 1000) -> tuple[float, float]:
    """90 % bootstrap interval, over wins, of the ratio of two median errors on the same wins."""
    rows = np.random.default_rng(0).integers(0, len(errors), (draws, len(errors)))
    low, high = np.quantile(np.median(errors[rows], axis=1) / np.median(others[rows], axis=1), [0.05, 0.95])
    return float(low), float(high)


def judge(known: Wins, later: Wins, levels: tuple[int, ...]) -> tuple[str, MarginErrors]:
    """Choose a family on the known wins, and measure it on later ones."""
    kind = race_margins(known, levels).winner
    errors = measure_margins(kind, known, later, levels)
    assert errors is not None
    return kind, errors


def medians(known: Wins, later: Wins, column: int) -> Floats:
    """Median margin of the known wins that are alike in one category."""
    by_code = {code: np.median(known.margin[known.X[:, column] == code]) for code in np.unique(known.X[:, column])}
    overall = np.median(known.margin)
    return np.array([by_code.get(code, overall) for code in later.X[:, column]], dtype=float)


def simulated(seed: int) -> Wins:
    """Wins whose margin depends on employees, industry, plan and whether they came by a partner, times a noise."""
    rng = np.random.default_rng(seed)
    columns = [rng.integers(0, levels, WINS) if levels else rng.lognormal(4, 1, WINS) for levels in LEVELS]
    employees, industry, plan, *_ = columns
    columns[7] = partner = (rng.random(WINS) < 0.3).astype(float)
    by_industry, by_plan = np.linspace(-1.2, 1.2, 8), np.linspace(-0.5, 0.5, 5)
    effect = by_industry[industry] + by_plan[plan] + 0.5 * (np.log(employees) - 4) - 0.5 * partner
    margin = np.exp(8 + effect + rng.normal(0, 0.4, WINS))
    return Wins(np.column_stack(columns).astype(float), np.full(WINS, None, dtype=object), margin)


if __name__ == "__main__":
    run(__doc__.splitlines()[0], measure, packages=["leadscore", "lightgbm", "numpy", "pandas", "scikit-learn"])
