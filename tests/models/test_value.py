"""What a won deal is worth by segment: means that add up to money."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from leadscore.models.value import MarginTable, Value, fit_table

MARGIN = np.array([100.0] * 20 + [1_000.0] * 19)
SEGMENT = np.array(["small"] * 20 + ["big"] * 18 + [None], dtype=object)


def test_a_segment_with_few_wins_takes_the_overall_mean() -> None:
    table = fit_table(MARGIN, SEGMENT)
    assert table.by_segment == {"small": 100.0}
    assert table.overall == pytest.approx((20 * 100 + 19 * 1_000) / 39)
    small, big, none = table(np.empty((3, 2)), np.array(["small", "big", None], dtype=object))
    assert small == 100.0
    assert big == none == table.overall
    assert table(np.empty((0, 2)), np.empty(0, dtype=object)).shape == (0,)


def test_a_table_survives_json() -> None:
    table = fit_table(MARGIN / 3, SEGMENT)
    again = MarginTable.from_dict(json.loads(json.dumps(table.to_dict())))
    assert vars(again) == vars(table)


@pytest.mark.parametrize(
    "wrong",
    [{"margin_share": 0}, {"margin_share": 1.1}, {"margin_per_win": -1}, {"margin_share": 0.5, "margin_per_win": 5}],
)
def test_a_value_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Value(**wrong)
