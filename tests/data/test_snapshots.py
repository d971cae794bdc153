"""As-of features: what was known at the scoring moment and nothing later."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.snapshots import ActivityFeatures

TYPES = ("email_open", "web_visit")
features = ActivityFeatures(TYPES)

events = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 1), st.floats(-500, 500)), max_size=40)
later = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 1), st.floats(-500, -1e-9)), max_size=10)


def build(rows: list[tuple[int, int, float]], n: int = 4) -> np.ndarray:
    lead, kind, age = (np.array([row[i] for row in rows]) for i in range(3))
    return features.matrix(lead.astype(np.intp), kind.astype(np.intp), age.astype(float), n)


@given(events, later)
def test_an_event_after_the_scoring_moment_changes_nothing(known: list, ahead: list) -> None:
    np.testing.assert_array_equal(build(known + ahead), build(known))


@given(events, st.randoms())
def test_the_order_of_events_changes_nothing(known: list, random) -> None:
    shuffled = list(known)
    random.shuffle(shuffled)
    np.testing.assert_array_equal(build(shuffled), build(known))


@given(events)
def test_a_lead_alone_is_the_lead_among_others(known: list) -> None:
    together = build(known)
    for lead in range(4):
        alone = build([(0, kind, age) for row, kind, age in known if row == lead], n=1)
        np.testing.assert_array_equal(alone[0], together[lead])


def test_counts_and_recency() -> None:
    matrix = build([(0, 0, 7.0), (0, 0, 7.1), (0, 1, 0.0), (0, 1, 30.0), (1, 1, 90.0), (2, -1, 1.0)])
    assert [field.name for field in features.fields] == [
        "email_open, last 7 days",
        "web_visit, last 7 days",
        "email_open, last 30 days",
        "web_visit, last 30 days",
        "days since last activity",
    ]
    np.testing.assert_array_equal(matrix[0], [1, 1, 2, 2, 0.0])
    np.testing.assert_array_equal(matrix[1], [0, 0, 0, 0, 90.0])
    np.testing.assert_array_equal(matrix[2:], [[0, 0, 0, 0, np.nan]] * 2)


def test_a_kind_that_was_never_seen_is_not_counted() -> None:
    assert features.type_index(["web_visit", "fax", "email_open"]).tolist() == [1, -1, 0]


def test_each_feature_names_the_activity_that_it_tells_of() -> None:
    assert features.sources == (*TYPES, *TYPES, "last activity")
    assert len(features.sources) == len(features.fields)


def test_a_log_without_kinds_gives_recency_alone() -> None:
    empty = np.zeros(0)
    matrix = ActivityFeatures(()).matrix(empty.astype(np.intp), empty.astype(np.intp), empty, 2)
    np.testing.assert_array_equal(matrix, [[np.nan], [np.nan]])
