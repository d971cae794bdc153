"""One lead, one answer: alone or in a batch, as a mapping or in a frame, in any order of columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.decisions import NURTURE
from leadscore.scoring import Activity, Decision, EarlierDecision, Lead, Scorer, tie_break
from leadscore.scoring.decision import REPLY_KEYS

MOMENT = datetime(2026, 6, 1, tzinfo=UTC)
NAMES = ["Lead Source", "Title", "Employees", "Company Size", "Existing Customer", "Consent", "Newsletter", "Nonsense"]

odd = (
    st.text()
    | st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.sampled_from(["Webinar", " wEBINAR ", "small", "Yes", "no", "1,200", "N/A", "\u0130", 10**400])
)
kinds = st.sampled_from(["web_visit", "email_open", "demo_request", "never seen"])
events = st.builds(
    lambda kind, seconds: Activity(kind, MOMENT - timedelta(seconds=seconds)), kinds, st.floats(-1e7, 1e7)
)
odd_leads = st.builds(
    Lead,
    lead_id=st.text(),
    fields=st.dictionaries(st.sampled_from(NAMES), odd),
    activities=st.lists(events, max_size=6),
    at=st.just(MOMENT),
)
few = settings(max_examples=20, suppress_health_check=[HealthCheck.too_slow])


def replies(decisions: Sequence[Decision]) -> pd.DataFrame:
    return pd.DataFrame([d.reply() for d in decisions], columns=list(REPLY_KEYS))


def same(one: pd.DataFrame, other: pd.DataFrame) -> None:
    plain = [frame.reset_index(drop=True).astype(object) for frame in (one, other)]
    pd.testing.assert_frame_equal(*(frame.mask(frame.isna(), None) for frame in plain), check_exact=True)


@few
@given(batch=st.lists(odd_leads, min_size=1, max_size=8), random=st.randoms())
def test_a_lead_alone_is_the_lead_in_any_batch(scorer: Scorer, batch: list[Lead], random: Any) -> None:
    together = scorer.decide(batch)
    assert [scorer.decide([lead])[0] for lead in batch] == together
    order = list(range(len(batch)))
    random.shuffle(order)
    assert scorer.decide([batch[i] for i in order]) == [together[i] for i in order]


@few
@given(batch=st.lists(odd_leads, min_size=1, max_size=8), order=st.permutations(["Lead ID", *NAMES]))
def test_a_frame_is_scored_like_its_leads(scorer: Scorer, batch: list[Lead], order: list[str]) -> None:
    batch = [replace(lead, lead_id=f"{i} {lead.lead_id}") for i, lead in enumerate(batch)]
    rows = [{"Lead ID": lead.lead_id, **{n: lead.fields.get(n) for n in NAMES}} for lead in batch]
    frame = pd.DataFrame({name: pd.Series([row[name] for row in rows], dtype=object) for name in order})
    log = [{"lead": lead.lead_id, "type": a.type, "at": a.at} for lead in batch for a in lead.activities]
    activities = pd.DataFrame(log, columns=["lead", "type", "at"]).astype({"at": "datetime64[us, UTC]"})
    at = pd.Series([MOMENT] * len(batch), dtype="datetime64[us, UTC]")
    same(scorer.score(frame, activities=activities, at=at), replies(scorer.decide(batch)))


@few
@given(data=st.data())
def test_rows_of_an_export_are_scored_alike_alone_in_pieces_and_in_any_order_of_columns(
    scorer: Scorer, leads: pd.DataFrame, data: st.DataObject
) -> None:
    rows = data.draw(st.lists(st.integers(0, len(leads) - 1), min_size=1, max_size=12, unique=True))
    columns = data.draw(st.permutations(list(leads)))
    whole = scorer.score(leads.iloc[rows])
    same(scorer.score(leads.iloc[rows][columns]), whole)
    same(pd.concat([scorer.score(leads.iloc[[row]]) for row in rows]), whole)
    mappings = [Lead(row["Lead ID"], row) for row in leads.iloc[rows].to_dict("records")]
    same(replies(scorer.decide(mappings)), whole)


@given(lead=odd_leads, later=st.lists(st.tuples(kinds, st.floats(1e-6, 1e7)), min_size=1, max_size=5))
@few
def test_what_comes_after_the_scoring_moment_changes_nothing(
    sample_scorer: Scorer, lead: Lead, later: list[tuple[str, float]]
) -> None:
    ahead = [Activity(kind, MOMENT + timedelta(seconds=seconds)) for kind, seconds in later]
    assert sample_scorer.decide([replace(lead, activities=[*lead.activities, *ahead])]) == sample_scorer.decide([lead])


@few
@given(lead=odd_leads)
def test_every_answer_is_within_its_bounds(scorer: Scorer, lead: Lead) -> None:
    (found,) = scorer.decide([lead], reasons=None, detail=True)
    assert found.p_qualify is not None
    assert found.p_close is not None
    assert 0 < found.p_close <= found.p_qualify < 1
    assert 0 <= found.score <= 99
    assert found.role in (*scorer.bundle.policy.structure.roles, NURTURE)
    assert found.tier in {row.tier for row in scorer.bundle.policy.tiers.rows}
    assert (found.reply_within_minutes is None) == (found.role == NURTURE)
    assert found.detail is not None
    assert found.role in found.detail.eligible
    assert found.detail.net_values[found.role] == max(found.detail.net_values.values())
    assert set(found.detail.reasons) == {"qualify", "close"}


@pytest.mark.parametrize("no", [False, "no", "No", "false", 0, 0.0, "0"])
def test_without_consent_no_person_makes_contact(scorer: Scorer, leads: pd.DataFrame, no: Any) -> None:
    frame = leads.head(30).assign(Consent=no)
    if isinstance(no, str):
        frame["Consent"] = frame["Consent"].astype("str")
    assert (scorer.score(frame)["role"] == NURTURE).all()
    alone = scorer.decide([Lead("", {**row, "Consent": no}) for row in frame.to_dict("records")])
    assert {d.role for d in alone} == {NURTURE}
    assert (scorer.score(leads.assign(Consent="yes"))["role"] != NURTURE).any()


@pytest.mark.parametrize(
    "column",
    [
        pd.Series([True, False, True]),
        pd.Series([1, 0, 1]),
        pd.Series([1.0, 0.0, np.nan]),
        pd.Series([True, False, None], dtype="boolean"),
        pd.Series([1, 0, None], dtype="Int64"),
        pd.Series([True, "no", None], dtype=object),
        pd.Series(["yes", "no", ""], dtype="category"),
    ],
    ids=lambda column: f"{column.dtype} {column.tolist()}",
)
def test_a_typed_answer_is_the_answer_of_its_value(scorer: Scorer, leads: pd.DataFrame, column: pd.Series) -> None:
    for name in ("Consent", "Existing Customer"):
        frame = leads.head(3).assign(**{name: column})
        values = [None if pd.isna(v) else v for v in column.tolist()]
        rows = [{**row, name: v} for row, v in zip(leads.head(3).to_dict("records"), values, strict=True)]
        same(scorer.score(frame), replies(scorer.decide([Lead(r["Lead ID"], r) for r in rows])))


def test_no_leads_are_no_error(scorer: Scorer, leads: pd.DataFrame) -> None:
    assert scorer.decide([]) == []
    empty = scorer.score(leads.head(0))
    assert empty.shape == (0, len(REPLY_KEYS))
    assert list(empty) == list(REPLY_KEYS)


def test_an_index_that_repeats_is_kept(scorer: Scorer, leads: pd.DataFrame) -> None:
    frame = leads.head(4).set_axis([7, 7, 1, 7])
    found = scorer.score(frame)
    assert found.index.tolist() == [7, 7, 1, 7]
    assert found["lead_id"].tolist() == frame["Lead ID"].tolist()


def test_a_lead_that_stands_twice_gets_its_activities_twice(sample_scorer: Scorer, leads: pd.DataFrame) -> None:
    frame = leads.iloc[[5, 6, 5]]
    lead_id = leads["Lead ID"][5]
    at = pd.Series(pd.Timestamp(MOMENT), index=frame.index)
    events = pd.DataFrame({"lead": [lead_id] * 9, "type": "demo_request", "at": pd.Timestamp(MOMENT)})
    found = sample_scorer.score(frame, activities=events, at=at)
    assert found["p_qualify"].iloc[0] == found["p_qualify"].iloc[2]
    assert found["p_qualify"].iloc[0] != sample_scorer.score(frame)["p_qualify"].iloc[0]


def test_a_model_without_an_id_names_leads_by_their_row(sample_scorer: Scorer, leads: pd.DataFrame) -> None:
    found = sample_scorer.score(leads.head(3).drop(columns="Lead ID"), first_row=40)
    assert found["lead_id"].tolist() == ["40", "41", "42"]


@pytest.mark.parametrize("reasons", [0, 1, 2, 3])
def test_as_many_reasons_as_asked_and_they_move_nothing(scorer: Scorer, leads: pd.DataFrame, reasons: int) -> None:
    whole = scorer.score(leads.head(50))
    found = scorer.score(leads.head(50), reasons=reasons)
    texts = [f"reason_{i}" for i in (1, 2, 3)]
    same(found[texts[:reasons]], whole[texts[:reasons]])
    assert found[texts[reasons:]].isna().all(axis=None)
    scales = ["fit", "engagement"]
    same(found.drop(columns=[*texts, *scales]), whole.drop(columns=[*texts, *scales]))
    if reasons:
        same(found[scales], whole[scales])
    else:
        assert found[scales].isna().all(axis=None)


def test_engagement_is_what_the_lead_does_and_fit_is_who_it_is(sample_scorer: Scorer, leads: pd.DataFrame) -> None:
    fields = [row for row in leads.head(200).to_dict("records") if row["Consent"] == "Yes"]
    busy = [Activity("demo_request", MOMENT - timedelta(days=d)) for d in (1, 2, 3)]
    idle, active = (
        sample_scorer.decide([Lead("", row, activities, at=MOMENT) for row in fields]) for activities in ((), busy)
    )
    assert all(0 <= f.fit <= 100 and 0 <= f.engagement <= 100 for f in (*idle, *active))
    assert np.mean([f.engagement for f in active]) > np.mean([f.engagement for f in idle]) + 20


def test_the_trend_is_told_of_leads_that_were_scored_before(scorer: Scorer, leads: pd.DataFrame) -> None:
    asked = [Lead(str(i), row) for i, row in enumerate(leads.head(40).to_dict("records"))]
    plain = scorer.decide(asked)
    assert {d.trend for d in plain} == {"not_enough_info"}
    before = [EarlierDecision.of(d.reply() | {"score": max(0, d.score - 20), "trend": "steady"}) for d in plain[:10]]
    earlier = [*before, *[None] * (len(plain) - 10)]
    found = scorer.decide(asked, earlier=earlier)
    assert [d.trend for d in found] == [d.since(e).trend for d, e in zip(plain, earlier, strict=True)]
    assert {d.trend for d in found[:10]} <= {"improving", "steady"}
    assert {d.trend for d in found[10:]} == {"not_enough_info"}


def test_the_card_says_what_the_scales_mean(scorer: Scorer) -> None:
    told = scorer.card["scales"]
    assert "effects of attributes" in told["fit"]
    assert (told["engagement"] is None) == (scorer.bundle.activities is None)


def test_fit_spreads_over_its_scale(scorer: Scorer, leads: pd.DataFrame) -> None:
    fit = scorer.score(leads)["fit"]
    assert fit.quantile(0.1) < 25
    assert fit.quantile(0.9) > 75


def test_the_flat_reasons_are_those_of_the_stage_that_decides_the_role(scorer: Scorer, leads: pd.DataFrame) -> None:
    decisions = scorer.decide([Lead("", row) for row in leads.head(150).to_dict("records")], reasons=None, detail=True)
    closing = {role.name for role in scorer.bundle.policy.structure.role if role.stage in ("close", "grow")}
    for found in decisions:
        assert found.detail is not None
        stage = "close" if found.role in closing else "qualify"
        sentences = [reason.text for reason in found.detail.reasons[stage][:3]]
        assert [t for t in (found.reason_1, found.reason_2, found.reason_3) if t is not None] == sentences


def test_detail_says_what_was_unusual(sample_scorer: Scorer) -> None:
    fields = {"Lead Source": "Carrier Pigeon", "Employees": "many", "Lead Status": "Won", "Shoe Size": 42}
    detail = sample_scorer.decide([Lead("L-1", fields)], detail=True)[0].detail
    assert detail is not None
    assert detail.notes["unseen"] == ["Lead Source"]
    assert detail.notes["ignored"] == ["Lead Status"]
    assert {"Employees", "Title"} <= set(detail.notes["missing"])
    assert not any("last" in name for name in detail.notes["missing"])


def test_the_scoring_moment_is_said_or_the_last_that_is_known(sample_scorer: Scorer) -> None:
    seen = [Activity("demo_request", MOMENT), Activity("web_visit", MOMENT - timedelta(days=40))]
    implied, said, later, created_later = sample_scorer.decide(
        [
            Lead("x", activities=seen),
            Lead("x", activities=seen, at=MOMENT),
            Lead("x", activities=seen, at=MOMENT + timedelta(days=365)),
            Lead("x", activities=seen, created=MOMENT + timedelta(days=365)),
        ]
    )
    assert implied == said
    assert later == created_later
    assert later.p_qualify != said.p_qualify


def test_another_time_zone_is_the_same_moment(sample_scorer: Scorer) -> None:
    zone = datetime.now().astimezone().tzinfo
    one = Lead("x", activities=[Activity("web_visit", MOMENT)], at=MOMENT)
    other = Lead("x", activities=[Activity("web_visit", MOMENT.astimezone(zone))], at=MOMENT.astimezone(zone))
    assert sample_scorer.decide([one]) == sample_scorer.decide([other])


def test_the_score_is_the_percentile_among_the_reference(scorer: Scorer) -> None:
    values = scorer.bundle.policy.decide(scorer.bundle.reference).value
    shares = np.searchsorted(np.sort(values), values) / len(values)
    assert scorer._judge._values == sorted(values)
    assert 40 <= np.median(np.floor(100 * shares)) <= 50


def test_score_one_is_decide(sample_scorer: Scorer, leads: pd.DataFrame) -> None:
    row = leads.iloc[3].to_dict()
    assert sample_scorer.score_one(row, lead_id="L-9") == sample_scorer.decide([Lead("L-9", row)])[0]


def test_the_version_is_that_of_the_caller_or_of_the_card(sample_scorer: Scorer) -> None:
    assert sample_scorer.model_version == "unregistered"
    named = Scorer(sample_scorer.bundle, version="leadscore/3")
    assert named.score_one({}).model_version == named.card["model"] == named.tier_table["model"] == "leadscore/3"


def test_the_fields_are_the_columns_of_the_export_that_the_model_reads(sample_scorer: Scorer) -> None:
    names = {field.name for field in sample_scorer.fields}
    assert {"Lead Source", "Employees", "Company Size"} <= names
    assert not names & sample_scorer.known_columns
    assert not any("last" in name for name in names)
    assert all(field.meaning for field in sample_scorer.fields)


@given(st.lists(st.text(st.characters())))
def test_ties_are_broken_by_the_id_and_nothing_else(ids: list[str]) -> None:
    ties = tie_break(ids)
    assert ((ties >= 0) & (ties < 1)).all()
    assert ties.tolist() == [float(tie_break([i])[0]) for i in ids]


def test_ties_are_spread_evenly() -> None:
    counts, _ = np.histogram(tie_break(map(str, range(10_000))), bins=10, range=(0, 1))
    assert counts.min() > 900
