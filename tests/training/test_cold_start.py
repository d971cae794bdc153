"""Which refusals a points card stands in for, and what stays a refusal."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from leadscore.errors import (
    GateFailed,
    HorizonTooLong,
    NoSignal,
    NoUsableColumn,
    OneClass,
    RecipeError,
    TooFewOutcomes,
    UsageError,
)
from leadscore.models.registry import Registry
from leadscore.training import CardResult, load, preview, train
from leadscore.training.promotion import promote
from leadscore.training.recipe import Recipe

RULES = {
    "points": [
        {"column": "Source", "one_of": ["Web"], "points": 10},
        {"column": "Size", "at_least": 3, "points": 5},
    ],
    "tiers": [{"tier": "A", "at_least": 10, "roles": ["ISR"]}, {"tier": "B", "roles": ["nurture"]}],
}


def export(folder: Path, n: int, *, share: float = 0.3, telling: bool = True, columns: bool = True) -> None:
    rng = np.random.default_rng(3)
    size = rng.integers(0, 6, n)
    won = rng.random(n) < (share * size / 2.5 if telling else share)
    frame = pd.DataFrame(
        {
            "Id": [f"L-{i}" for i in range(n)],
            "Created": [(date(2025, 1, 1) + timedelta(days=int(d))).isoformat() for d in np.linspace(0, 300, n)],
            "Source": rng.choice(["Web", "Fair"], n) if columns else "Web",
            "Size": size if columns else 1,
            "Won": np.where(won, "yes", "no"),
        }
    )
    frame.to_csv(folder / "leads.csv", index=False)


def recipe(folder: Path, **changes: object) -> Recipe:
    close = {"column": "Won", "positive": ["yes"]} | ({"negative": ["no"]} if "horizon" not in changes else {})
    if (horizon := changes.pop("horizon", None)) is not None:
        close |= {"horizon_days": horizon}
    return Recipe.model_validate(
        {
            "name": "young",
            "lead": {"id": "Id", "created": "Created"},
            "close": close,
            "qualify": {"rate": 0.9},
            "search": {"trials": 1},
            "cold_start": "rules",
            "rules": RULES,
            "folder": folder,
            **changes,
        }
    )


CASES = {
    "too few": ({"n": 30}, {}, TooFewOutcomes),
    "one class": ({"n": 300, "share": 0.0}, {}, OneClass),
    "no signal": ({"n": 600, "telling": False}, {}, NoSignal),
    "no usable column": ({"n": 300, "columns": False}, {}, NoUsableColumn),
    "horizon too long": ({"n": 300}, {"horizon": 2000}, HorizonTooLong),
}


@pytest.mark.parametrize("case", CASES)
def test_each_refusal_stays_one_without_the_word_and_is_a_card_with_it(tmp_path, case):
    data, changes, refusal = CASES[case]
    export(tmp_path, **data)
    with pytest.raises(refusal, match='Until then `cold_start = "rules"` routes leads') as refused:
        train(recipe(tmp_path, cold_start="refuse", **changes), home=tmp_path)
    assert type(refused.value) is refusal
    assert refused.value.exit_code == 4
    assert Registry(tmp_path).versions() == ()

    result = train(recipe(tmp_path, **changes), home=tmp_path)
    assert isinstance(result, CardResult)
    told = result.to_dict()
    assert (told["basis"], told["reason"]["error"]) == ("rules", refusal.__name__)
    assert told["aliases"] == ["challenger", "champion"]
    assert told["gates"] == {"golden": "passed"}
    assert load(home=tmp_path).score_one({"Source": "web", "Size": 4}).score == 99


def test_a_card_gives_way_to_a_model_and_never_the_other_way(tmp_path):
    export(tmp_path, 30)
    card = train(recipe(tmp_path), home=tmp_path)
    other = recipe(tmp_path, rules={**RULES, "points": RULES["points"][:1]})
    assert train(other, home=tmp_path).to_dict()["aliases"] == ["challenger", "champion"]
    export(tmp_path, 1200)
    model = train(recipe(tmp_path), home=tmp_path)
    assert (model.to_dict()["basis"], model.to_dict()["aliases"]) == ("model", ["challenger", "champion"])
    assert list(card.to_dict()) == list(model.to_dict())
    export(tmp_path, 30)
    assert train(recipe(tmp_path), home=tmp_path).to_dict()["aliases"] == ["challenger"]
    registry = Registry(tmp_path)
    with pytest.raises(GateFailed, match="do not replace one"):
        promote(registry)
    assert promote(registry, force=True) == 4
    scorer = load(home=tmp_path)
    assert scorer.basis == "rules"
    with pytest.raises(UsageError, match="no likelihoods"):
        preview(scorer, settings=["SDR.heads=4"])


def test_a_card_of_another_recipe_is_not_replaced_by_itself(tmp_path):
    export(tmp_path, 30)
    train(recipe(tmp_path), home=tmp_path)
    result = train(recipe(tmp_path, name="other"), home=tmp_path)
    assert result.to_dict()["aliases"] == ["challenger"]


@pytest.mark.parametrize(
    ("rule", "said"),
    [
        ({"column": "Sise", "at_least": 1, "points": 1}, r"points\.0 names the column 'Sise'.* did you mean 'Size'\?"),
        ({"column": "Won", "one_of": ["yes"], "points": 1}, r"'Won' tells the outcome of \[close\]"),
    ],
)
def test_a_rule_that_cannot_work_is_told_although_there_is_data_for_a_model(tmp_path, rule, said):
    export(tmp_path, 1200)
    tiers = [{"tier": "A", "at_least": 1, "roles": ["SDR"]}, {"tier": "B", "roles": ["nurture"]}]
    with pytest.raises(RecipeError, match=said):
        train(recipe(tmp_path, rules={"points": [rule], "tiers": tiers}), home=tmp_path)


def test_roles_that_get_no_lead_and_activities_never_seen_are_told(tmp_path):
    export(tmp_path, 30)
    log = pd.DataFrame({"Lead ID": ["L-1"], "At": ["2025-01-01T10:00:00"], "Type": ["visit"]})
    log.to_csv(tmp_path / "log.csv", index=False)
    rules = {
        "points": [{"activity": "vist", "at_least": 1, "within_days": 7, "points": 9}],
        "tiers": [{"tier": "A", "at_least": 9, "roles": ["AM", "SAR"]}, {"tier": "B", "roles": ["SDR"]}],
    }
    changed = recipe(tmp_path, rules=rules, data={"activities": "log.csv"})
    said = " ".join(train(changed, home=tmp_path).warnings)
    assert "counts the activity 'vist', which the log does not have; it has visit" in said
    assert "AM takes customers only" in said
    assert "SAR takes some segments only" in said


def test_the_word_needs_rules_and_a_log_for_activities(tmp_path):
    with pytest.raises(ValueError, match=r"needs \[rules\]"):
        recipe(tmp_path, rules=None)
    counted = {**RULES, "points": [{"activity": "visit", "at_least": 1, "within_days": 7, "points": 20}]}
    with pytest.raises(ValueError, match=r"\[data\] needs `activities`"):
        recipe(tmp_path, rules=counted)
