from __future__ import annotations

import numpy as np
import pytest

from leadscore.decisions.month import Month
from leadscore.decisions.review_result import BreakEven, Reviewed, StructureReview


def structure(name: str, nets: np.ndarray, heads: float = 3, *, accounts: bool = False) -> Reviewed:
    months = tuple(Month(float(net), (0.8,), (5.0,)) for net in nets)
    return Reviewed(name, {"ISR": heads}, months, {}, accounts)


def recommended(gains: np.ndarray, *, standing: float = 2, fee: BreakEven | None = None, accounts: bool = False) -> str:
    base = np.full(20, 1000.0)
    other = structure("other", base + gains, accounts=accounts)
    today = structure("ours", base)
    ranking = tuple(sorted((today, other), key=lambda r: -r.net))
    review = StructureReview(structure("ours", base - 30, standing), today, ranking, fee, (), 100.0, "EUR")
    return review.recommendation


@pytest.mark.parametrize(
    ("gains", "changes"),
    [
        (np.full(20, 60.0), True),
        (np.full(20, 40.0), False),  # sure, and too small
        (np.where(np.arange(20) < 17, 200.0, -10.0), False),  # large, and not sure
        (np.where(np.arange(20) < 18, 200.0, -10.0), True),
        (np.full(20, -60.0), False),
    ],
)
def test_a_change_has_to_be_sure_and_large(gains: np.ndarray, changes: bool) -> None:
    said = recommended(gains)
    assert said.startswith("Change from ours to other") == changes
    adjusts = "A minor adjustment of today's structure is enough: keep ours and change the heads of ISR 2 to 3" in said
    assert adjusts != changes


def test_the_right_heads_stay() -> None:
    assert recommended(np.full(20, -60.0), standing=3).startswith("Today's structure, ours, is right as it stands.")


def test_later_money_that_only_one_side_counts_is_told() -> None:
    assert "account_margin" in recommended(np.full(20, 60.0), accounts=True)
    assert "account_margin" not in recommended(np.full(20, 60.0))


def test_fees_are_told_or_never() -> None:
    asked = {"structure": "outsourced", "against": "ours", "asked": 90.0}
    gains = np.zeros(20)
    never = BreakEven(qualification=None, with_development=None, **asked)
    assert "never pays" in recommended(gains, fee=never)
    assert never.to_dict()["qualification"] == "never"
    said = recommended(gains, fee=BreakEven(qualification=None, with_development=70.4, **asked))
    assert "alone never, with early opportunity development up to 70 EUR (asked: 90)" in said
