"""Awkward exports: the cases that users reported, and generated files of the same kinds.

The property behind most of them: a file may be written in any of these ways and tells the same history.
"""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.history import History, write_left_out
from leadscore.data.outcomes import Outcome
from leadscore.data.reading import read_history
from leadscore.data.schema import category_key
from leadscore.data.sources import Sources
from leadscore.data.tables import read_table, stream_tables
from leadscore.errors import BadInput, OneClass, Refused, TooFewOutcomes
from leadscore.models.features import Encoder, Feature
from leadscore.scoring import Scorer
from leadscore.scoring.batch import BatchScorer
from leadscore.training.pipeline import fit_bundle, read
from leadscore.training.recipe import Recipe

NOW = datetime(2026, 1, 1, tzinfo=UTC)
CONVERTED = {"column": "Converted", "positive": ["1"]}


@pytest.fixture(scope="session")
def cases(data_folder: Path) -> Path:
    folder = data_folder.parent / "cases"
    if not folder.is_dir():
        pytest.skip(f"the cases are not in {folder}")
    return folder


@dataclass(frozen=True)
class Case:
    file: str
    read: int
    won: int
    lost: int
    lead: dict[str, Any] = field(default_factory=lambda: {"id": "Lead ID", "created": "Created Date"})
    close: dict[str, Any] = field(default_factory=lambda: CONVERTED)
    auc: float = 0.79
    said: tuple[str, ...] = ()

    def recipe(self) -> Recipe:
        return Recipe.model_validate({"lead": self.lead, "close": self.close, "search": {"trials": 2}})


CASES = {
    "02-bom-sep-line-decimal-comma": Case(
        "contacts.csv", 250, 73, 177, {"id": "Record ID", "created": "Create Date"},
        {"column": "Customer", "positive": ["1"]}, said=("'Engagement' has decimal commas",),
    ),
    "04-salesforce-report-footer": Case(
        "report1751356800123.csv", 700, 215, 485, {"id": "Lead ID", "created": "Create Date"},
        said=("footer rows skipped: 3 (lines 703, 705 and 706)",),
    ),
    "06-long-and-zero-led-ids": Case("history.csv", 700, 229, 471, {"id": "Record Id", "created": "Created Date"}),
    "08-epoch-millisecond-dates": Case(
        "contacts.csv", 700, 225, 475, {"id": "hs_object_id", "created": "createdate"},
        {"column": "is_customer", "positive": [True], "at": "closedate"},
    ),
    "10-day-first-dates-ambiguous-start": Case(
        "leads.csv", 2000, 575, 1425, {"id": "Lead ID", "created": "Created"}, {**CONVERTED, "at": "Closed"}
    ),
    "12-select-na-and-dash": Case(
        "leads.csv", 800, 211, 589,
        {"id": "Prospect ID", "created": "Created Date", "missing": ["Select", "-"]},
        said=(
            "'Select' is taken for an empty cell: 'Specialisation' (150)",
            "'N/A' is taken for an empty cell: 'Industry' (60)",
            "'-' is taken for an empty cell: 'Pages Viewed' (80)",
        ),
    ),
    "14-country-code-na": Case("leads.csv", 800, 276, 524),
    "16-mixed-yes-true-one-outcome": Case("leads.csv", 800, 215, 495, close={"column": "Won?", "positive": [True]}),
    "18-json-characters-in-headers": Case("leads.csv", 750, 235, 515),
    "20-line-breaks-and-quotes-in-cells": Case("leads.csv", 300, 91, 209),
    "22-odoo-continuation-rows": Case(
        "crm.lead.csv", 200, 60, 140, {"id": "External ID", "created": "Created on"},
        {"column": "Is Won", "positive": [True]}, auc=0.6,
        said=("294 rows without an id go on with the lead above and are joined to it",),
    ),
    "28-closed-before-created-and-future": Case(
        "leads.csv", 800, 239, 553, close={**CONVERTED, "at": "Closed Date"},
        said=(
            "25 leads have 'Closed Date' before their creation (such as 'P-0036' in row 37)",
            "8 leads have 'Created Date' more than a year after all others (from 2099-01-05 on): taken for the future",
            "(such as 'P-0004' in row 5)",
        ),
    ),
    "30-reopened-and-repeated-leads": Case(
        "leads.csv", 760, 178, 522, {"id": "Lead ID", "created": "Created Date", "modified": "Modified Date"},
        said=("60 of 700 ids in 'Lead ID' occur more than once, 60 of them with different outcomes (such as 'F-0057'",),
    ),
    "32-case-and-space-variants": Case("leads.csv", 750, 207, 543),
    "34-empty-constant-and-very-long": Case("leads.csv", 750, 223, 527),
    "38-new-shape-at-scoring": Case("history.csv", 800, 213, 587),
    "40-repeated-ids-in-a-batch": Case("history.csv", 700, 208, 492),
    "42-strings-for-booleans-and-a-big-id": Case("history.csv", 700, 237, 463),
}  # fmt: skip


@pytest.fixture(scope="session")
def history_of(cases: Path) -> Callable[[str], History]:
    return lambda name: read(CASES[name].recipe(), cases / name / CASES[name].file)


@pytest.fixture(scope="session")
def scorer_of(cases: Path) -> Callable[[str], Scorer]:
    def train(name: str) -> Scorer:
        return Scorer(fit_bundle(CASES[name].recipe(), now=NOW, data=cases / name / CASES[name].file).bundle)

    return train


@pytest.mark.parametrize("name", CASES)
def test_a_case_is_read_as_its_user_expects(history_of, name: str) -> None:
    history, case = history_of(name), CASES[name]
    won = history.labels["close"]
    assert history.rows_read == case.read
    assert [int((won == 1).sum()), int((won == 0).sum())] == [case.won, case.lost]
    remarks = "\n".join(history.remarks)
    for sentence in case.said:
        assert sentence in remarks


@pytest.mark.parametrize("name", CASES)
def test_a_case_trains_with_the_signal_that_is_in_it(cases: Path, name: str) -> None:
    case = CASES[name]
    result = fit_bundle(case.recipe(), now=NOW, data=cases / name / case.file)
    assert case.auc < result.evaluation["close"].measures.values["roc_auc"] < 0.97


def kinds(history: History) -> dict[str, str]:
    return {f.name: f.kind for f in history.fields}


def levels(history: History, column: str) -> dict[str | None, int]:
    keys = history.frame[column].map(category_key)
    return {None if k is None or k != k else k: int(c) for k, c in keys.value_counts(dropna=False).items()}


def row_of(history: History, lead_id: str) -> int:
    return history.lead_id.tolist().index(lead_id)


def test_case_02_reads_decimal_commas(history_of) -> None:
    history = history_of("02-bom-sep-line-decimal-comma")
    assert len(history.frame.columns) == 8
    assert next(iter(history.frame)) == "Record ID"
    encoder = Encoder.fit(history.frame, history.fields)
    engagement = encoder.encode_frame(history.frame)[:, [f.name for f in encoder.features].index("Engagement")]
    assert engagement[row_of(history, "D-0002")] == 9.99
    assert engagement[row_of(history, "D-0003")] == 0.75


def test_case_04_keeps_numbers_numbers_and_writes_the_footer_aside(history_of, tmp_path: Path) -> None:
    history = history_of("04-salesforce-report-footer")
    assert kinds(history)["No. of Employees"] == kinds(history)["Web Visits"] == "number"
    assert write_left_out(history.left_out, tmp_path / "left_out.csv") == 3
    assert read_table(tmp_path / "left_out.csv")["row"].tolist() == ["703", "705", "706"]


def test_case_06_gives_every_id_back_as_text(cases: Path, scorer_of) -> None:
    name = "06-long-and-zero-led-ids"
    scored = pd.concat(BatchScorer(scorer_of(name)).score(stream_tables(cases / name / "new.csv")))
    with (cases / name / "new.csv").open(newline="") as file:
        ids = [row["Record Id"] for row in csv.DictReader(file)]
    assert scored["lead_id"].tolist() == ids
    assert len(set(ids)) == 12


def test_case_08_reads_epoch_milliseconds_as_moments(history_of) -> None:
    history = history_of("08-epoch-millisecond-dates")
    assert history.created is not None
    assert history.created[row_of(history, "900401")] == pd.Timestamp("2024-03-01", tz="UTC")
    assert set(history.created.dt.year) == {2023, 2024}
    assert not {"createdate", "closedate"} & set(kinds(history))


def test_case_10_reads_all_dates_day_first(history_of) -> None:
    history = history_of("10-day-first-dates-ambiguous-start")
    assert history.created is not None
    assert history.created[row_of(history, "T-0001")] == pd.Timestamp("2024-04-03 09:15", tz="UTC")
    assert len(history) == 2000
    assert not any("before their creation" in remark for remark in history.remarks)


def test_case_12_empties_prompts_and_keeps_what_only_looks_like_one(history_of) -> None:
    history = history_of("12-select-na-and-dash")
    assert (len(levels(history, "Specialisation")) - 1, levels(history, "Specialisation")[None]) == (4, 150)
    assert (len(levels(history, "Industry")) - 1, levels(history, "Industry")[None]) == (5, 60)
    assert "select partner programme" in levels(history, "Programme")
    assert None not in levels(history, "Programme")
    assert kinds(history)["Pages Viewed"] == "number"


def test_case_14_tells_namibia_from_nothing(history_of, scorer_of) -> None:
    counts = levels(history_of("14-country-code-na"), "Country Code")
    assert (len(counts), counts["na"], counts[None]) == (6, 200, 52)
    scorer = scorer_of("14-country-code-na")
    lead = {"Lead Source": "Web", "Industry": "Retail", "Employees": "40", "Pages Viewed": "5", "Demo Requested": "No"}
    assert scorer.score_one({**lead, "Country Code": "NA"}).p_close != scorer.score_one(lead).p_close


def test_case_20_keeps_a_note_of_three_lines(history_of) -> None:
    history = history_of("20-line-breaks-and-quotes-in-cells")
    note = history.frame["Notes"][row_of(history, "Q-0001")]
    assert len(note.splitlines()) == 3
    assert 'says "yes, maybe"' in note
    assert set(history.frame["Converted"]) == {"0", "1"}


def test_case_22_joins_the_tags_of_a_lead(history_of) -> None:
    history = history_of("22-odoo-continuation-rows")
    tags = history.frame["Tags/Name"]
    assert tags[row_of(history, "__export__.crm_lead_101")] == "Hardware; Services; Training"
    assert kinds(history)["Expected Revenue"] == "number"


def test_case_24_is_too_few_and_says_how_many_it_needs(cases: Path) -> None:
    recipe = Case("leads.csv", 30, 6, 24).recipe()
    with pytest.raises(TooFewOutcomes, match=r"30 decided leads with 6 positives .* 40 of each are needed"):
        fit_bundle(recipe, now=NOW, data=cases / "24-thirty-leads" / "leads.csv")


def test_case_30_has_every_lead_once_and_the_others_aside(history_of) -> None:
    history = history_of("30-reopened-and-repeated-leads")
    assert len(set(history.lead_id)) == len(history) == 700
    assert len(history.left_out) == 60


def test_case_32_brings_28_spellings_to_5_levels(history_of) -> None:
    assert len(levels(history_of("32-case-and-space-variants"), "Lead Source")) == 5


def test_case_34_names_what_carries_nothing_and_prints_no_long_cell(history_of) -> None:
    history = history_of("34-empty-constant-and-very-long")
    verdicts = {e.column: e.verdict for e in history.excluded}
    assert verdicts["Fax"] == verdicts["Record Type"] == "constant"
    assert max(map(len, history.remarks), default=0) < 1000


def test_case_38_names_every_change_of_shape(cases: Path, scorer_of) -> None:
    name = "38-new-shape-at-scoring"
    batch = BatchScorer(scorer_of(name))
    scored = pd.concat(batch.score(stream_tables(cases / name / "new.csv")))
    assert len(scored) == 8
    assert scored["p_close"].between(0, 1).all()
    remarks = "\n".join(batch.remarks())
    for sentence in (
        "column 'Industry' is absent",
        "'Podcast' is a 'Lead Source' not seen in training (2 leads)",
        "2 leads without 'Employees'",
        "'Twitter Followers'",
    ):
        assert sentence in remarks


def test_case_40_scores_each_row_of_a_repeated_id_by_itself(cases: Path, scorer_of) -> None:
    name = "40-repeated-ids-in-a-batch"
    table = read_table(cases / name / "new.csv")
    batch = BatchScorer(scorer_of(name))
    scored = pd.concat(batch.score(stream_tables(cases / name / "new.csv")))
    assert scored["lead_id"].tolist() == table["Lead ID"].tolist()
    remarks = "\n".join(batch.remarks())
    assert "'70010' stands on 2 rows" in remarks
    assert "'1.23E+10' stands on 3 rows; it looks like a number rounded by a spreadsheet" in remarks


def test_case_42_reads_text_like_the_thing_itself(cases: Path, scorer_of) -> None:
    name = "42-strings-for-booleans-and-a-big-id"
    scorer = scorer_of(name)

    def p(kind: str) -> float:
        content = json.loads((cases / name / f"request_{kind}.json").read_text())
        return scorer.score_one(content["fields"]).p_close or 0.0

    assert p("strings") == p("native") < p("true")


# Generated files: the same leads, written in many ways.

LEAD = LeadColumns(id="Ref", created="Opened")
WON = {"close": Outcome(column="Deal", positive=("Won",))}
SOURCES = ["Messe Köln", "Web, inbound", "Cold; list", "Referral"]
FOOTERS = [
    [
        "Grand Totals ({n} records)",
        "Confidential Information - Do Not Distribute",
        "Copyright (c) 2019-2024 acme, inc.",
    ],
    ["Total: {n}"],
    ["", "{n} rows", "Report generated by J. Doe on 2024-05-01"],
    ["Summe", "Vertraulich"],
    ["Filtered by: owner = me", "End of report"],
    ["prepared for the board meeting"],
]
TITLES = [["Leads by month"], ["Leads by month", "", "as of 2024-05-01"], ["Acme Inc.", "Export", "2024-05-01", ""]]


def leads(n: int, seed: int) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    days = pd.Timestamp("2023-01-20") + pd.to_timedelta(np.sort(rng.integers(0, 500, n)), unit="D")
    return pd.DataFrame(
        {
            "Ref": [f"{number:05d}" for number in rng.permutation(n)],
            "Opened": days,
            "Origin": rng.choice(SOURCES, n),
            "Staff": rng.integers(1, 5000, n),
            "Points": rng.integers(0, 2000, n) / 100,
            "Asked": rng.choice(["Yes", "No"], n),
            "Deal": rng.choice(["Won", "Lost"], n),
        }
    )


@dataclass(frozen=True)
class Style:
    delimiter: str = ","
    encoding: str = "utf-8"
    comma: bool = False
    dates: str = "iso"
    quote_all: bool = False
    hint: bool = False
    titles: tuple[str, ...] = ()
    footer: tuple[str, ...] = ()
    gaps: bool = False
    header_again: bool = False
    padded: bool = False
    money: str = ""


def in_style(frame: pd.DataFrame, style: Style) -> bytes:
    """Write leads as a program would that has this style."""
    patterns = {"iso": "%Y-%m-%d", "day": "%d/%m/%Y", "month": "%m/%d/%Y", "points": "%d.%m.%Y", "named": "%d %b %Y"}
    out = frame.astype({"Origin": object})
    seconds = (frame["Opened"] - pd.Timestamp("1970-01-01")) // pd.Timedelta(seconds=1)
    numbers = {"ms": seconds * 1000, "s": seconds, "serial": seconds // 86_400 + 25_569}
    out["Opened"] = (
        numbers[style.dates].astype(str)
        if style.dates in numbers
        else frame["Opened"].dt.strftime(patterns[style.dates])
    )
    out["Staff"] = [f"{v:,}".replace(",", "." if style.comma else ",") for v in frame["Staff"]]
    out["Points"] = [style.money + f"{v:.2f}".replace(".", "," if style.comma else ".") for v in frame["Points"]]
    quoting = csv.QUOTE_ALL if style.quote_all else csv.QUOTE_MINIMAL
    body = out.to_csv(index=False, sep=style.delimiter, quoting=quoting, lineterminator="\r\n").split("\r\n")[:-1]
    if style.header_again:
        body.insert(len(body) // 2, body[0])
    if style.gaps:
        body[3:3] = ["", style.delimiter * 6]
    pad = style.delimiter * 6 if style.padded else ""
    texts = [f'"{t.format(n=len(frame))}"{pad}' if t else pad for t in (*style.titles, *style.footer)]
    lines = [f"sep={style.delimiter}"] * style.hint + texts[: len(style.titles)] + body + texts[len(style.titles) :]
    return "\r\n".join([*lines, ""]).encode(style.encoding)


styles = st.builds(
    Style,
    delimiter=st.sampled_from(",;\t|"),
    encoding=st.sampled_from(["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "cp1252"]),
    comma=st.booleans(),
    dates=st.sampled_from(["iso", "day", "month", "points", "named", "ms", "s", "serial"]),
    quote_all=st.booleans(),
    hint=st.booleans(),
    titles=st.sampled_from([(), *map(tuple, TITLES)]),
    footer=st.sampled_from([(), *map(tuple, FOOTERS)]),
    gaps=st.booleans(),
    header_again=st.booleans(),
    padded=st.booleans(),
    money=st.sampled_from(["", "€ ", "$", "EUR "]),
)


def told(folder: Path, content: bytes, name: str = "export.csv", lead: LeadColumns = LEAD) -> History:
    (folder / name).write_bytes(content)
    return read_history(Sources(leads=name), lead, WON, Columns(numbers=("Staff", "Points")), folder=folder)


def matrix(history: History) -> np.ndarray:
    return Encoder.fit(history.frame, history.fields).encode_frame(history.frame)


@settings(max_examples=25, suppress_health_check=[HealthCheck.too_slow])
@given(n=st.integers(60, 120), seed=st.integers(0, 5), style=styles)
def test_whatever_the_style_the_history_is_the_same(tmp_path_factory, n: int, seed: int, style: Style) -> None:
    folder, frame = tmp_path_factory.mktemp("style"), leads(n, seed)
    plain, styled = told(folder, in_style(frame, Style())), told(folder, in_style(frame, style))
    assert styled.lead_id.tolist() == plain.lead_id.tolist()
    assert styled.created is not None
    assert plain.created is not None
    assert styled.created.tolist() == plain.created.tolist()
    np.testing.assert_array_equal(styled.labels["close"], plain.labels["close"])
    np.testing.assert_array_equal(matrix(styled), matrix(plain))
    footers = sum(text != "" for text in style.footer)
    assert (styled.left_out["reason"] == "footer of the report").sum() == footers
    assert (styled.left_out["reason"] == "the header again").sum() == style.header_again


@settings(max_examples=12, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 5), style=styles, rows=st.integers(7, 90))
def test_a_batch_is_read_as_in_training_in_pieces_too(tmp_path_factory, seed: int, style: Style, rows: int) -> None:
    folder, frame = tmp_path_factory.mktemp("batch"), leads(80, seed)
    history = told(folder, in_style(frame, Style(comma=True, delimiter=";")))
    encoder = Encoder.fit(history.frame, history.fields)
    new = leads(30, seed + 9)
    (folder / "new.csv").write_bytes(in_style(new, replace(style, comma=True)))
    pieces = pd.concat(stream_tables(folder / "new.csv", rows=rows), ignore_index=True)
    X = dict(zip((f.name for f in encoder.features), encoder.encode_frame(pieces).T, strict=True))
    assert pieces["Ref"].tolist() == new["Ref"].tolist()
    np.testing.assert_array_equal(X["Points"], new["Points"])
    np.testing.assert_array_equal(X["Staff"], new["Staff"])
    typed = new.astype({"Opened": str})
    typed.to_parquet(folder / "new.parquet")
    typed.to_json(folder / "new.jsonl", orient="records", lines=True)
    for file in ("new.jsonl", "new.parquet"):
        encoded = encoder.encode_frame(read_table(folder / file))
        X = dict(zip((f.name for f in encoder.features), encoded.T, strict=True))
        np.testing.assert_array_equal(X["Points"], new["Points"])
        np.testing.assert_array_equal(X["Staff"], new["Staff"])


@pytest.mark.parametrize("text", ["1.234", "-1.234", "12.500", "999.999"])
def test_a_typed_number_is_no_text_with_thousands(tmp_path: Path, text: str) -> None:
    (tmp_path / "a.jsonl").write_text(f'{{"N": {text}}}\n')
    pd.DataFrame({"N": [float(text)]}).to_parquet(tmp_path / "a.parquet")
    feature = Feature("N", "number", decimal=",")
    assert feature.code(text) == float(text) * 1000
    for name in ("a.jsonl", "a.parquet"):
        assert feature.code(read_table(tmp_path / name)["N"][0]) == float(text)


@pytest.mark.parametrize("n_early", [1, 7])
@pytest.mark.parametrize("n_future", [0, 1, 4])
@pytest.mark.parametrize("year", [2031, 2099])
def test_creation_in_the_future_and_outcomes_before_it(tmp_path: Path, n_early: int, n_future: int, year: int) -> None:
    frame = leads(100, 3)
    frame["Decided"] = frame["Opened"] + pd.Timedelta(days=9)
    frame.loc[20 : 19 + n_early, "Decided"] = frame["Opened"] - pd.Timedelta(days=3)
    frame.loc[50 : 49 + n_future, ["Opened", "Decided"]] = pd.Timestamp(f"{year}-02-03")
    frame.to_csv(tmp_path / "l.csv", index=False)
    close = {"close": WON["close"].model_copy(update={"at": "Decided"})}
    history = read_history(Sources(leads="l.csv"), LEAD, close, Columns(), folder=tmp_path)
    assert len(history) == 100 - n_future
    assert history.until is not None
    assert history.until.year == 2024
    remarks = "\n".join(history.remarks)
    assert f"{n_early} leads have 'Decided' before their creation" in remarks
    assert (f"{n_future} leads have 'Opened' more than a year after all others" in remarks) == (n_future > 0)
    assert history.left_out["row"].tolist() == list(range(52, 52 + n_future))


@pytest.mark.parametrize("modified", [None, "Changed"])
@pytest.mark.parametrize("seed", range(3))
def test_of_repeated_leads_one_row_is_kept(tmp_path: Path, modified: str | None, seed: int) -> None:
    rng = np.random.default_rng(seed)
    frame = leads(90, seed).assign(Deal="Lost")
    frame["Changed"] = frame["Opened"] + pd.Timedelta(days=20)
    again = frame.sample(15, random_state=seed).assign(Deal="Won")
    again["Changed"] += pd.Timedelta(days=5)
    both = pd.concat([again, frame] if modified else [frame, again])
    both = both.sample(frac=1, random_state=int(rng.integers(99))) if modified else both
    both.to_csv(tmp_path / "l.csv", index=False)
    lead = LEAD.model_copy(update={"modified": modified})
    history = read_history(Sources(leads="l.csv"), lead, WON, Columns(), folder=tmp_path)
    assert len(set(history.lead_id)) == len(history) == 90
    assert set(history.lead_id[history.labels["close"] == 1]) == set(again["Ref"])
    assert len(history.left_out) == 15
    assert any("15 of 90 ids in 'Ref' occur more than once, 15 of them with" in remark for remark in history.remarks)


def test_ids_that_differ_by_case_zeros_or_length_are_different_leads(tmp_path: Path) -> None:
    ids = ["a1", "A1", "0417", "417", "1E5", "100000", "5725767000012345679", "5725767000012345681"]
    frame = leads(8, 0).assign(Ref=ids)
    history = told(tmp_path, frame.to_csv(index=False).encode())
    assert sorted(history.lead_id) == sorted(ids)


@settings(max_examples=15, suppress_health_check=[HealthCheck.too_slow])
@given(seed=st.integers(0, 9), rows=st.integers(1, 40), tags=st.lists(st.integers(0, 3), min_size=30, max_size=30))
def test_rows_that_go_on_with_a_lead_are_joined_in_pieces_too(
    tmp_path_factory, seed: int, rows: int, tags: list[int]
) -> None:
    folder, frame = tmp_path_factory.mktemp("rows"), leads(30, seed).astype(str)
    lines = []
    for row, more in zip(frame.to_dict("records"), tags, strict=True):
        lines.append({**row, "Tags": "tag 0"})
        lines += [{"Tags": f"tag {number}"} for number in range(1, more + 1)]
    pd.DataFrame(lines).to_csv(folder / "l.csv", index=False)
    expected = ["; ".join(f"tag {number}" for number in range(more + 1)) for more in tags]
    whole = read_table(folder / "l.csv")
    assert whole["Tags"].tolist() == expected
    pieces = pd.concat(stream_tables(folder / "l.csv", rows=rows, id="Ref"), ignore_index=True)
    pd.testing.assert_frame_equal(pieces, whole)


def test_the_order_of_a_multi_select_and_of_accents_does_not_matter(tmp_path: Path) -> None:
    frame = leads(60, 1)
    frame["Origin"] = ["Web; Mail", "mail ;web", "WEB;Mail;", "Cafe\u0301", "Café", " CAFÉ\u00a0"] * 10
    history = told(tmp_path, frame.to_csv(index=False).encode())
    assert levels(history, "Origin") == {"mail; web": 30, "café": 30}


def test_infinite_and_broken_numbers_are_missing_and_said(tmp_path: Path) -> None:
    frame = leads(80, 2).astype({"Points": object})
    frame.loc[frame.index[:12], "Points"] = ["inf", "-Infinity", "#DIV/0!", "1e999"] * 3
    (tmp_path / "l.csv").write_text(frame.to_csv(index=False))
    history = read_history(Sources(leads="l.csv"), LEAD, WON, Columns(), folder=tmp_path)
    assert kinds(history)["Points"] == "number"
    assert "'Points': 9 cells are no finite number and count as missing" in "\n".join(history.remarks)
    assert np.isfinite(matrix(history)).sum(axis=0).min() == 68


def test_whole_numbers_with_gaps_are_the_same_numbers_and_codes(tmp_path: Path) -> None:
    frame = leads(80, 2)
    frame["Region"] = np.arange(80) % 3
    plain = told(tmp_path, frame.to_csv(index=False).encode())
    gaps = frame.astype({"Staff": float, "Region": float})
    gaps.loc[[5, 9], ["Staff", "Region"]] = np.nan
    floats = told(tmp_path, gaps.to_csv(index=False).encode())
    encoder = Encoder.fit(plain.frame, plain.fields)
    kept = ~np.isin(np.arange(80), [row_of(plain, frame["Ref"][i]) for i in (5, 9)])
    np.testing.assert_array_equal(encoder.encode_frame(floats.frame)[kept], encoder.encode_frame(plain.frame)[kept])


def test_a_renamed_stage_is_noticed(tmp_path: Path) -> None:
    frame = leads(60, 0).replace({"Won": "Closed - Won"})
    history = told(tmp_path, frame.to_csv(index=False).encode())
    assert any(
        "no lead has 'Won' in 'Deal'" in remark and "'closed - won'" in remark and "was a stage renamed?" in remark
        for remark in history.remarks
    )


def test_one_class_one_day_and_an_empty_report_are_refused_in_words(tmp_path: Path) -> None:
    def train(frame: pd.DataFrame, **split: Any) -> None:
        frame.to_csv(tmp_path / "l.csv", index=False)
        recipe = Recipe(lead=LEAD, close=WON["close"]).model_copy(update={"folder": tmp_path})
        recipe = recipe.model_copy(update={"split": recipe.split.model_copy(update=split)})
        fit_bundle(recipe, now=NOW, data=tmp_path / "l.csv")

    with pytest.raises(OneClass):
        train(leads(200, 0).assign(Deal="Lost"))
    with pytest.raises(Refused):
        train(leads(400, 0).assign(Opened="2024-01-01"))
    with pytest.raises(Refused):
        train(leads(400, 0).assign(Opened="2024-01-01"), gap_days=7)
    (tmp_path / "l.csv").write_text('Ref,Opened,Deal\n\n"Grand Totals (0 records)"\n')
    with pytest.raises(BadInput, match="there is a header but no lead"):
        read_history(Sources(leads="l.csv"), LEAD, WON, Columns(), folder=tmp_path)


def test_an_ambiguous_date_column_follows_the_others(tmp_path: Path) -> None:
    frame = leads(40, 0)
    frame["Opened"] = "03/04/2024"
    frame["Seen"] = "25/12/2023"
    history = told(tmp_path, frame.to_csv(index=False).encode())
    assert history.created is not None
    assert set(history.created) == {pd.Timestamp("2024-04-03", tz="UTC")}


def test_clocks_with_offsets_stay_in_order_over_daylight_saving(tmp_path: Path) -> None:
    moments = pd.date_range("2024-10-26 22:00", periods=40, freq="15min", tz="UTC")
    frame = leads(40, 0)
    local = [m.tz_convert("Europe/Berlin") for m in moments]
    for spelled in (str, lambda m: m.strftime("%d/%m/%Y %H:%M %Z"), lambda m: m.strftime("%m/%d/%Y, %I:%M %p%z")):
        frame["Opened"] = list(map(spelled, local))
        history = told(tmp_path, frame.to_csv(index=False).encode())
        assert history.created is not None
        assert history.created.tolist() == moments.tolist()
        assert history.lead_id.tolist() == frame["Ref"].tolist()


@pytest.mark.parametrize("content", [b"Ref,Staff\r\n", b"Ref;Staff\r\n\r\n", "Ref\tStaff\n".encode("utf-16")])
def test_an_empty_batch_is_an_empty_table_with_its_columns(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "new.csv").write_bytes(content)
    pieces = list(stream_tables(tmp_path / "new.csv"))
    assert [(len(piece), list(piece)) for piece in pieces] == [(0, ["Ref", "Staff"])]


def test_a_lead_of_which_nothing_is_known_but_its_id_is_no_footer(tmp_path: Path) -> None:
    (tmp_path / "new.csv").write_text("Ref,Origin,Staff\nL-1,Web,3\nL-2,,\nL-3,,\n")
    assert read_table(tmp_path / "new.csv")["Ref"].tolist() == ["L-1", "L-2", "L-3"]


@pytest.mark.parametrize("magic", [b"PK\x03\x04rest", b"\x1f\x8brest", b"%PDF-1.7"])
def test_a_file_that_is_no_text_is_named(tmp_path: Path, magic: bytes) -> None:
    (tmp_path / "leads.csv").write_bytes(magic)
    with pytest.raises(BadInput, match=r"leads\.csv is .*Save it as CSV"):
        read_table(tmp_path / "leads.csv")
