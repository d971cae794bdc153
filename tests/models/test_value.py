"""What a won deal is worth: means that add up to money."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from leadscore.errors import RecipeError
from leadscore.models.value import MarginTable, Value, fit_margins

AMOUNT = np.array([100.0] * 20 + [1_000.0] * 19 + [np.nan] * 10 + [0.0] + [-50.0])
SEGMENT = np.array(["small"] * 20 + ["big"] * 19 + [None, "small"] * 5 + ["small", None], dtype=object)


def test_the_margin_is_a_share_of_the_mean_amount_of_wins() -> None:
    table, note = fit_margins(Value(margin_share=0.5), AMOUNT, SEGMENT)
    assert table.by_segment == {"small": 50.0}
    assert table.overall == pytest.approx(0.5 * (20 * 100 + 19 * 1_000) / 39)
    assert "39 past wins" in note


def test_a_segment_with_few_wins_takes_the_overall_margin() -> None:
    table, _ = fit_margins(Value(margin_share=0.5), AMOUNT, SEGMENT)
    small, big, none = table(np.array(["small", "big", None], dtype=object))
    assert small == 50.0
    assert big == none == table.overall
    assert table(np.empty(0, dtype=object)).shape == (0,)


@pytest.mark.parametrize(
    ("value", "margin", "note"), [(Value(margin_per_win=450), 450, "the recipe"), (Value(), 1_000, "an assumption")]
)
def test_without_amounts_the_margin_is_said_or_assumed(value: Value, margin: float, note: str) -> None:
    table, said = fit_margins(value, AMOUNT, SEGMENT)
    assert (table.overall, table.by_segment) == (margin, {})
    assert note in said


def test_a_share_of_nothing_is_refused_with_the_remedy() -> None:
    with pytest.raises(RecipeError, match=r"name their column as `amount` under \[close\], or give `margin_per_win`"):
        fit_margins(Value(margin_share=0.5), np.full(3, np.nan), np.full(3, None, dtype=object))


def test_a_table_survives_json() -> None:
    table, _ = fit_margins(Value(margin_share=1 / 3), AMOUNT, SEGMENT)
    again = MarginTable.from_dict(json.loads(json.dumps(table.to_dict())))
    assert vars(again) == vars(table)


@pytest.mark.parametrize(
    "wrong",
    [{"margin_share": 0}, {"margin_share": 1.1}, {"margin_per_win": -1}, {"margin_share": 0.5, "margin_per_win": 5}],
)
def test_a_value_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Value(**wrong)
