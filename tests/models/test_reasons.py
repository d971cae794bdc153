"""Reasons: sums of effects, worded for a sales rep."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.models.features import Encoder, Feature
from leadscore.models.reasons import Reason, explain

ENCODER = Encoder(
    (
        Feature("Lead Source", "category", ("web", "fair"), ("Web", "Trade Fair"), "Web", "Lead Source"),
        Feature("Demo", "boolean", typical=0.0, source="Demo"),
        Feature("Employees", "number", typical=30.0, source="Employees"),
        Feature("open, last 7 days", "number", typical=1.0, source="open"),
        Feature("open, last 30 days", "number", typical=2.0, source="open"),
    )
)
ROW = np.array([1.0, 1.0, 1_250.0, 4.0, 9.0])


def texts(effects: list[float], row: np.ndarray = ROW, top: int | None = None) -> list[str]:
    return [reason.text for reason in explain(ENCODER, row, np.array(effects), top=top)]


def test_reasons_are_sentences_with_the_value_and_the_usual_one() -> None:
    assert texts([0.5, 0.4, -0.3, 0.1, 0.1]) == [
        "Lead Source Trade Fair, typical Web: raises it",
        "Demo yes, typical no: raises it",
        "Employees 1,250, typical 30: lowers it",
        "open, last 7 days 4, typical 1: raises it",
    ]


def test_a_missing_value_is_unknown_and_a_new_level_another() -> None:
    row = np.array([2.0, np.nan, 0.256, np.nan, np.nan])
    assert texts([0.5, 0.4, -0.3, 0.0, 0.0], row) == [
        "Lead Source another, typical Web: raises it",
        "Demo unknown, typical no: raises it",
        "Employees 0.26, typical 30: lowers it",
    ]


def test_what_is_usual_is_not_said_twice() -> None:
    assert texts([0.5, 0, 0, 0, 0], np.array([0.0, 0, 0, 0, 0])) == ["Lead Source Web: raises it"]


def test_features_of_one_source_add_up_under_the_strongest() -> None:
    (reason,) = explain(ENCODER, ROW, np.array([0, 0, 0, -0.1, 0.4]))
    assert (reason.field, reason.effect) == ("open", pytest.approx(0.3))
    assert reason.text == "open, last 30 days 9, typical 2: raises it"
    assert explain(ENCODER, ROW, np.array([0, 0, 0, -0.4, 0.4])) == []


def test_a_long_label_is_cut() -> None:
    label = "x" * 200
    encoder = Encoder((Feature("Source", "category", (label,), (label,), label, "Source"),))
    (reason,) = explain(encoder, np.zeros(1), np.ones(1))
    assert len(reason.text) < 90


@given(st.lists(st.floats(-5, 5), min_size=5, max_size=5), st.integers(0, 5))
def test_the_strongest_come_first_and_no_more_than_asked(effects: list[float], top: int) -> None:
    everything = explain(ENCODER, ROW, np.array(effects))
    sizes = [abs(reason.effect) for reason in everything]
    assert sizes == sorted(sizes, reverse=True)
    assert all(size >= 0.01 for size in sizes)
    assert explain(ENCODER, ROW, np.array(effects), top=top) == everything[:top]


def test_the_direction_has_a_word() -> None:
    assert Reason("a", None, 0.1, "").direction == "raises"
    assert Reason("a", None, -0.1, "").direction == "lowers"
