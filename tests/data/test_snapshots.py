"""As-of features: what was known at the scoring moment and nothing later."""

from __future__ import annotations

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.colleagues import colleague_counts
from leadscore.data.snapshots import ActivityFeatures

TYPES = ("call", "email_open", "web_visit")
PLAIN = ActivityFeatures(TYPES)
FULL = ActivityFeatures(
    TYPES,
    measures=("count", "recency", "rate", "trend", "touch"),
    amounts=("pages",),
    answers=("call",),
    colleagues=True,
)

pages = st.floats(0, 50) | st.just(float("nan"))
ages = st.floats(-500, 500) | st.sampled_from([0.0, 0.002, 7.0, 30.0])
events = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2), ages, pages), max_size=40)
later = st.lists(st.tuples(st.integers(0, 3), st.integers(-1, 2), st.floats(-500, -1e-9), pages), max_size=10)


def build(rows: list[tuple[int, int, float, float]], n: int = 4, features: ActivityFeatures = FULL) -> np.ndarray:
    lead, kind, age, amount = (np.array([row[i] for row in rows]) for i in range(4))
    lead, age = lead.astype(np.intp), age.astype(float)
    accounts = np.arange(n) // 2
    others = colleague_counts(lead, -age, np.zeros(n), accounts, features.windows)
    return features.matrix(
        lead, kind.astype(np.intp), age, n, amounts={"pages": amount.astype(float)}, colleagues=others
    )


def of(name: str, matrix: np.ndarray, features: ActivityFeatures = FULL) -> list[float | None]:
    column = matrix[:, [f.name for f in features.fields].index(name)]
    return [None if np.isnan(v) else pytest.approx(v) for v in column.tolist()]


@given(events, later)
def test_an_event_after_the_scoring_moment_changes_nothing(known: list, ahead: list) -> None:
    np.testing.assert_array_equal(build(known + ahead), build(known))


@given(events, st.randoms())
def test_the_order_of_events_changes_nothing(known: list, random) -> None:
    shuffled = list(known)
    random.shuffle(shuffled)
    np.testing.assert_array_equal(build(shuffled), build(known))


@given(events)
def test_a_lead_alone_is_the_lead_among_others_to_the_bit(known: list) -> None:
    features = ActivityFeatures(TYPES, measures=FULL.measures, amounts=FULL.amounts, answers=FULL.answers)
    together = build(known, features=features)
    for lead in range(4):
        alone = build([(0, *event[1:]) for event in known if event[0] == lead], n=1, features=features)
        assert alone[0].tobytes() == together[lead].tobytes()


@given(events, st.sampled_from([("count", "touch"), ("count",), ("touch",), ()]))
def test_events_counted_one_by_one_are_those_of_the_matrix(known: list, measures: tuple) -> None:
    features = ActivityFeatures(TYPES, measures=measures)
    alone = [event for event in known if event[0] == 0]
    kinds = [TYPES[kind] if kind >= 0 else "never seen" for _, kind, _, _ in alone]
    row = np.array(features.row(kinds, [age for _, _, age, _ in alone]))
    assert features.countable
    assert not FULL.countable
    np.testing.assert_array_equal(row, build(known, features=features)[0])


@given(events, st.floats(0, 60))
def test_a_later_look_is_a_look_with_older_events(known: list, days: float) -> None:
    features = ActivityFeatures(TYPES, measures=FULL.measures)
    lead, kind, age, _ = (np.array([row[i] for row in known]) for i in range(4))
    moments = np.column_stack([np.zeros(4), np.full(4, days)])
    looks = features.snapshots(lead.astype(np.intp), kind.astype(np.intp), -age.astype(float), moments)
    for look, moment in enumerate((0.0, days)):
        older = features.matrix(lead.astype(np.intp), kind.astype(np.intp), moment + age.astype(float), 4)
        np.testing.assert_array_equal(looks[:, look], older)


def test_counts_and_touches() -> None:
    rows = [(0, 1, 7.0, 1), (0, 1, 7.1, 1), (0, 2, 0.0, 1), (0, 2, 30.0, 1), (1, 2, 90.0, 1), (2, -1, 1.0, 1)]
    matrix = build(rows, features=PLAIN)
    assert [field.name for field in PLAIN.fields] == [
        "call, last 7 days",
        "email_open, last 7 days",
        "web_visit, last 7 days",
        "call, last 30 days",
        "email_open, last 30 days",
        "web_visit, last 30 days",
        "days since previous activity",
        "days since first activity",
    ]
    np.testing.assert_array_equal(matrix[0], [0, 1, 1, 0, 2, 2, 7.0, 30.0])
    np.testing.assert_array_equal(matrix[1], [0, 0, 0, 0, 0, 0, 90.0, 90.0])
    np.testing.assert_array_equal(matrix[2:], [[0, 0, 0, 0, 0, 0, np.nan, np.nan]] * 2)


def test_the_act_that_made_the_lead_counts_but_is_no_earlier_touch() -> None:
    sent, moments_before, visit = (0, 1, 0.0, 1), (0, 2, 60 / 86_400, 1), (0, 2, 3.0, 1)
    matrix = build([sent, moments_before, visit], n=1)
    assert of("email_open, last 7 days", matrix) == [1]
    assert of("web_visit, last 7 days", matrix) == [2]
    assert of("days since previous activity", matrix) == [3]
    assert of("days since last web_visit", matrix) == [3]
    assert of("days since last email_open", matrix) == [None]


def test_rate_and_trend_are_events_a_day() -> None:
    matrix = build([(0, 1, 2.0, 1), (0, 1, 20.0, 1), (0, 1, 40.0, 1)], n=1)
    assert of("email_open a day", matrix) == [3 / 40]
    assert of("email_open, trend", matrix) == [1 / 7 - 2 / 30]


def test_amounts_are_summed_and_unknown_when_nobody_gives_them() -> None:
    rows = [(0, 1, 2.0, 5.0), (0, 2, 20.0, 4.0), (0, 2, 3.0, np.nan), (0, 2, -1.0, 9.0)]
    matrix = build(rows, n=1)
    assert of("pages, last 7 days", matrix) == [5]
    assert of("pages, last 30 days", matrix) == [9]
    empty = np.zeros(0)
    silent = FULL.matrix(empty.astype(np.intp), empty.astype(np.intp), empty, 1)
    assert of("pages, last 7 days", silent) == [None]
    assert of("colleagues' activities, last 7 days", silent) == [None]


def test_the_delay_runs_from_each_activity_to_the_first_answer_after_it() -> None:
    asked, again, answer, unanswered = (0, 2, 10.0, 1), (0, 1, 8.0, 1), (0, 0, 7.0, 1), (0, 2, 1.0, 1)
    stranger = (1, 0, 0.5, 1)
    matrix = build([unanswered, answer, asked, stranger, again], n=2)
    assert of("mean days to answer", matrix) == [(3 + 1) / 2, None]


def test_an_answer_at_the_same_moment_took_no_time() -> None:
    assert of("mean days to answer", build([(0, 0, 2.0, 1), (0, 2, 2.0, 1)], n=1)) == [0]


def test_colleagues_are_others_of_the_account_and_known_once_they_are_leads() -> None:
    lead = np.array([0, 0, 1, 2, 3])
    at = np.array([1.0, 9.0, 2.0, 3.0, 3.0])
    created = np.array([10.0, 4.0, 30.0, 10.0])
    account = np.array([5, 5, 5, -1])
    counts = colleague_counts(lead, at, created, account, (7, 30))
    np.testing.assert_array_equal(counts, [[1, 1], [0, 0], [0, 3], [np.nan, np.nan]])


@given(st.lists(st.tuples(st.integers(0, 5), st.integers(-30, 30)), max_size=30), st.lists(st.integers(-20, 20)))
def test_colleague_counts_are_those_of_a_loop(rows: list[tuple[int, int]], moments: list[int]) -> None:
    moment = np.array([*moments, 0, 0, 0, 0, 0, 0][:6], dtype=float)
    account = np.array([0, 0, 0, 1, 1, -1])
    lead, at = (np.array([row[i] for row in rows], dtype=np.intp) for i in range(2))
    counts = colleague_counts(lead, at.astype(float), moment, account, (7,))
    for i in range(5):
        known = [max(t, moment[j]) for j, t in rows if j != i and account[j] == account[i]]
        assert counts[i, 0] == sum(moment[i] - 7 <= t <= moment[i] for t in known)


def test_a_kind_that_was_never_seen_is_not_counted() -> None:
    assert PLAIN.type_index(["web_visit", "fax", "email_open"]).tolist() == [2, -1, 1]


@pytest.mark.parametrize("features", [PLAIN, FULL, ActivityFeatures(())])
def test_names_sources_and_columns_go_together_and_survive_json(features: ActivityFeatures) -> None:
    names = [field.name for field in features.fields]
    assert len(names) == len(set(names)) == len(features.sources) == build([], features=features).shape[1]
    assert ActivityFeatures.from_dict(json.loads(json.dumps(features.to_dict()))) == features


def test_each_feature_names_the_activity_that_it_tells_of() -> None:
    assert PLAIN.sources == (*TYPES, *TYPES, "previous activity", "first activity")
