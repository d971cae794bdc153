from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from leadscore.data.synthetic import write_sample
from leadscore.training.recipe import load_recipe

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"


@pytest.fixture(scope="module")
def learning():
    with pytest.MonkeyPatch.context() as patch:
        patch.syspath_prepend(BENCHMARKS)
        import learning

        yield learning


def told(p, name="peer"):
    import peers

    return peers.Peer(name, p, 1.0)


def test_a_log_loss_is_judged_by_the_best_peer_in_standard_errors(learning):
    rng = np.random.default_rng(0)
    p = rng.uniform(0.05, 0.5, 4000)
    y = (rng.random(4000) < p).astype(float)
    blind = np.full(4000, y.mean())
    first, *_ = learning.rows("set", p, y, None, [told(blind, "blind"), told(1 - p, "wrong")])
    assert "(blind)" in first.what
    assert first.ours < 0
    assert first.holds
    first, *_ = learning.rows("set", blind, y, None, [told(p, "knows"), told(1 - p, "wrong")])
    assert "(knows)" in first.what
    assert first.ours > 2
    assert not first.holds


def test_gain_and_lift_of_a_perfect_ranking(learning):
    y = np.r_[np.ones(100), np.zeros(900)]
    figures = learning.figures(np.linspace(0.9, 0.1, 1000), y, None)
    assert figures["gain at 10%"][0] == pytest.approx(1.0)
    assert figures["lift at 10%"][0] == pytest.approx(10.0)
    assert figures["lift at 20%"][0] == pytest.approx(5.0)
    assert all(low <= value <= high + 1e-9 for value, low, high in figures.values())


def test_weights_count_leads_as_often_as_they_say(learning):
    p, y = np.array([0.9, 0.8, 0.2, 0.1]), np.array([1.0, 0.0, 1.0, 0.0])
    twice = learning.gain(np.repeat(p, 2), np.repeat(y, 2), np.ones(8))
    assert learning.gain(p, y, np.full(4, 2.0)) == pytest.approx(twice)


def test_peers_see_the_leads_and_columns_of_the_pipeline(learning, tmp_path):
    recipe = load_recipe(write_sample(tmp_path, n_leads=2_500)[-1])
    result = learning.ours("sample", recipe, None, learning.Effort(0.001, 1, 0))
    task = learning.task_of(result, None)
    found = result.evaluation["close"]
    assert np.array_equal(task.history.labels["close"][task.split.test], found.y)
    assert {f.name for f in task.encoder.features} == {f.name for f in result.bundle.encoder.features}
    logistic = next(learning.plain_peers(task))
    assert learning.log_losses(logistic.p, found.y, found.weight).mean() == pytest.approx(found.baseline["log_loss"])


def test_the_recipe_of_leadforge_is_read(learning, tmp_path):
    import leadforge_sets

    path = tmp_path / "recipe.toml"
    path.write_text(leadforge_sets.RECIPE, encoding="utf-8")
    recipe = load_recipe(path)
    assert recipe.lead.moments == (30.0,)
    assert len(recipe.data.logs) == 5
