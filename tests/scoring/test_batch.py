"""Batches: each row in its place, and what was unusual is told."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pytest

from leadscore.data.activities import read_activities
from leadscore.data.tables import read_table, stream_tables
from leadscore.errors import BadInput
from leadscore.scoring import Activity, EarlierDecision, Lead, Scorer
from leadscore.scoring.batch import BatchScorer, earlier_decisions
from leadscore.scoring.trend import trend_since
from leadscore.training.recipe import Recipe


def pieces(frame: pd.DataFrame, size: int) -> list[pd.DataFrame]:
    return [frame.iloc[start : start + size] for start in range(0, len(frame), size)]


def joined(frames) -> pd.DataFrame:
    return pd.concat([frame.astype(object) for frame in frames])


@pytest.fixture(scope="module")
def activities(sample_recipe: Recipe) -> pd.DataFrame:
    return read_activities(sample_recipe.data, sample_recipe.folder)


@pytest.mark.parametrize("size", [1, 7])
def test_pieces_of_any_size_give_the_same_rows(scorer: Scorer, leads: pd.DataFrame, activities, size: int) -> None:
    leads = leads.head(30)
    whole = joined(BatchScorer(scorer, activities=activities).score([leads]))
    parts = joined(BatchScorer(scorer, activities=activities).score(pieces(leads, size)))
    pd.testing.assert_frame_equal(parts, whole, check_exact=True)


def test_a_batch_scores_each_lead_as_of_its_last_known_moment(sample_scorer: Scorer, leads, activities) -> None:
    leads = leads.head(40)
    found = joined(BatchScorer(sample_scorer, activities=activities).score([leads]))
    log = activities.groupby("lead")
    for (_, row), p in zip(leads.iterrows(), found["p_close"], strict=True):
        events = log.get_group(row["Lead ID"]) if row["Lead ID"] in log.groups else activities.head(0)
        seen = [Activity(kind, at.to_pydatetime()) for kind, at in zip(events["type"], events["at"], strict=True)]
        created = datetime.fromisoformat(row["Created"])
        (alone,) = sample_scorer.decide([Lead(row["Lead ID"], row.to_dict(), seen, created=created)])
        assert alone.p_close == p


def test_a_moment_may_be_said(sample_scorer: Scorer, leads: pd.DataFrame, activities: pd.DataFrame) -> None:
    early = datetime(2000, 1, 1, tzinfo=UTC)
    found = joined(BatchScorer(sample_scorer, activities=activities, as_of=early).score([leads]))
    pd.testing.assert_frame_equal(found, joined(BatchScorer(sample_scorer).score([leads])), check_exact=True)


def test_a_log_without_events_is_no_log(sample_scorer: Scorer, leads: pd.DataFrame, activities: pd.DataFrame) -> None:
    found = joined(BatchScorer(sample_scorer, activities=activities.head(0)).score([leads.head(9)]))
    pd.testing.assert_frame_equal(found, joined(BatchScorer(sample_scorer).score([leads.head(9)])), check_exact=True)


def test_neither_an_id_nor_a_date_is_needed(
    sample_scorer: Scorer, leads: pd.DataFrame, activities: pd.DataFrame
) -> None:
    bare = leads.head(5).drop(columns=["Lead ID", "Created"])
    found = joined(BatchScorer(sample_scorer, activities=activities).score(pieces(bare, 2)))
    assert found["lead_id"].tolist() == ["0", "1", "2", "3", "4"]


def test_a_file_with_a_header_alone_is_scored_as_no_leads(sample_scorer: Scorer, sample_folder, tmp_path: Path) -> None:
    path = tmp_path / "none.csv"
    path.write_text((sample_folder / "leads.csv").read_text().splitlines()[0] + "\n")
    batch = BatchScorer(sample_scorer)
    (found,) = batch.score(stream_tables(path))
    assert len(found) == 0
    assert batch.remarks()[0] == "0 leads scored"


def test_a_file_of_something_else_is_refused(sample_scorer: Scorer, sample_folder: Path) -> None:
    events = stream_tables(sample_folder / "activities.csv")
    with pytest.raises(BadInput, match=r"it has 'Lead ID', 'Type', 'At', and the model reads 'Channel'.* and \d+ more"):
        list(BatchScorer(sample_scorer).score(events))


def test_what_was_unusual_is_told_once(sample_scorer: Scorer, leads: pd.DataFrame) -> None:
    frame = leads.head(20).drop(columns=["Title"]).assign(Extra="x")
    frame.loc[:2, "Lead Source"] = "Carrier Pigeon"
    frame["Industry"] = ["N/A"] * 3 + [""] + frame["Industry"].tolist()[4:]
    frame.loc[:1, "Lead ID"] = "4.5E+12"
    batch = BatchScorer(sample_scorer)
    list(batch.score(pieces(frame, 6)))
    remarks = batch.remarks()
    assert remarks[0] == "20 leads scored"
    assert remarks.count("column 'Title' is absent: scored as unknown") == 1
    assert "'Carrier Pigeon' is a 'Lead Source' not seen in training (3 leads)" in remarks
    (ignored,) = [line for line in remarks if line.startswith("ignored, since the model does not use them")]
    assert "'Extra'" in ignored
    assert "'Company Size'" not in ignored
    (missing,) = [line for line in remarks if line.endswith("leads without 'Industry'")]
    assert int(missing.split()[0]) >= 4
    (repeated,) = [line for line in remarks if "stands on 2 rows" in line]
    assert "rounded by a spreadsheet" in repeated


def test_an_id_that_repeats_is_told(sample_scorer: Scorer, leads: pd.DataFrame) -> None:
    batch = BatchScorer(sample_scorer)
    list(batch.score([leads.head(3), leads.head(1)]))
    assert batch.remarks()[-1] == f"id {leads['Lead ID'][0]!r} stands on 2 rows"


def test_the_sample_is_scored_whole(sample_scorer: Scorer, sample_folder: Path, activities: pd.DataFrame) -> None:
    export = sample_folder / "leads.csv"
    batch = BatchScorer(sample_scorer, activities=activities, reasons=0)
    found = joined(batch.score(stream_tables(export, rows=700)))
    assert found["lead_id"].tolist() == read_table(export)["Lead ID"].tolist()
    assert found["p_close"].notna().all()


@pytest.mark.parametrize("size", [1, 40])
def test_a_trend_is_told_of_leads_that_were_scored_before(
    sample_scorer: Scorer, leads: pd.DataFrame, size: int
) -> None:
    leads = leads.head(40)
    plain = joined(BatchScorer(sample_scorer).score([leads]))
    assert set(plain["trend"]) == {"not_enough_info"}
    version = sample_scorer.model_version
    replies = plain.head(30).assign(score=40, trend="steady").to_dict("records")
    earlier = {reply["lead_id"]: EarlierDecision.of(reply) for reply in replies}
    found = joined(BatchScorer(sample_scorer, earlier=earlier).score(pieces(leads, size)))
    pd.testing.assert_frame_equal(found.drop(columns="trend"), plain.drop(columns="trend"), check_exact=True)
    expected = [trend_since(earlier.get(i), s, version) for i, s in zip(plain["lead_id"], plain["score"], strict=True)]
    assert found["trend"].tolist() == expected
    assert len(set(expected)) > 2


def test_leads_scored_before_keep_their_role_for_little(
    sample_scorer: Scorer, leads: pd.DataFrame, tmp_path: Path
) -> None:
    first = joined(BatchScorer(sample_scorer, reasons=0).score([leads]))
    path = tmp_path / "scored.csv"
    first.to_csv(path, index=False)
    earlier = earlier_decisions(stream_tables(path))
    assert list(earlier) == first["lead_id"].tolist()
    batch = BatchScorer(sample_scorer, reasons=0, earlier=earlier)
    again = joined(batch.score([leads]))
    assert set(again["trend"]) == {"steady"}
    pd.testing.assert_frame_equal(again.drop(columns="trend"), first.drop(columns="trend"), check_exact=True)
    assert batch.remarks()[1] == f"{len(leads)} of them were scored before; 0 change role"


def test_what_was_said_by_another_model_keeps_roles_and_no_likelihoods(sample_scorer: Scorer, leads) -> None:
    (now,) = sample_scorer.decide([Lead("1", leads.iloc[0].to_dict())])
    sure = EarlierDecision("ISR", 1.0, 1.0, now.model_version)
    stranger = replace(sure, model_version="another")
    rows = [Lead(str(i), row) for i, row in enumerate(leads.head(100).to_dict("records"))]
    plain = [d.role for d in sample_scorer.decide(rows)]
    kept = [d.role for d in sample_scorer.decide(rows, earlier=[stranger] * 100)]
    assert [role for role, before in zip(kept, plain, strict=True) if role != before] == ["ISR"] * sum(
        role != before for role, before in zip(kept, plain, strict=True)
    )
    smoothed = [d.role for d in sample_scorer.decide(rows, earlier=[sure] * 100)]
    assert smoothed != kept
    assert [d.tier for d in sample_scorer.decide(rows, earlier=[sure] * 100)] == [
        d.tier for d in sample_scorer.decide(rows)
    ]


def test_a_file_of_something_else_is_no_earlier_decision(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"no column 'role'; give a file that `leadscore score` wrote"):
        earlier_decisions([pd.DataFrame({"lead_id": ["1"]})])
