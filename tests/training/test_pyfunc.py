"""The model as MLflow loads it: the same scores as the service, whatever a frame looks like."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from io import StringIO

import httpx
import mlflow
import numpy as np
import pandas as pd
import pytest
from mlflow.pyfunc import scoring_server
from mlflow.pyfunc.scoring_server import predictions_to_json

from leadscore.data.tables import read_table
from leadscore.models.registry import Registry, quiet
from leadscore.scoring import Activity, Lead, Scorer
from leadscore.scoring.decision import REPLY_KEYS

AT = datetime(2026, 11, 2, 9, 30, tzinfo=UTC)
FIELDS = {"Lead Source": "Webinar", "Employees": "1,200", "Existing Customer": "no", "Industry": None}


@pytest.fixture(scope="module")
def model(logged_home):
    with quiet():
        return mlflow.pyfunc.load_model(Registry(logged_home, uri="").version("1").location)


@pytest.fixture(scope="module")
def scorer(sample_result) -> Scorer:
    return Scorer(sample_result.bundle)


def test_a_frame_gives_the_keys_of_the_reply(model, scorer):
    scored = model.predict(pd.DataFrame([{"Lead ID": "001", **FIELDS}]))
    assert list(scored.columns) == list(REPLY_KEYS)
    [row] = scored.to_dict("records")
    assert row["lead_id"] == "001"
    assert row["p_close"] == pytest.approx(scorer.score_one(FIELDS).p_close, abs=1e-12)
    assert row["model_version"].startswith("runs:/")


def test_activities_count_as_in_the_service(model, scorer):
    events = [{"type": kind, "at": "2026-11-02T09:00:00Z"} for kind in scorer.bundle.activities.types[:3]]
    frame = pd.DataFrame([{"Lead ID": "L-1", **FIELDS, "at": AT.isoformat()}] * 3)
    frame["activities"] = [events, json.dumps(events), None]
    lead = Lead("L-1", FIELDS, [Activity(e["type"], datetime.fromisoformat(e["at"])) for e in events], at=AT)
    [decision] = scorer.decide([lead])
    assert model.predict(frame)["p_close"].tolist()[:2] == [decision.p_close] * 2
    assert model.predict(frame)["p_close"].iloc[2] != decision.p_close


@pytest.mark.parametrize(
    "frame",
    [
        pd.DataFrame({"Lead ID": [7, 8], "Employees": [10, 20]}),
        pd.DataFrame({"Lead ID": ["7", "8"], "Existing Customer": [True, None]}),
        pd.DataFrame({"Lead ID": [7.0, 8.0], "Employees": ["ten", float("nan")], "Lead Source": [1, "Web"]}),
        pd.DataFrame({"Lead ID": ["7", "8"], "Unheard of": ["x", "y"]}),
    ],
)
def test_any_type_and_any_missing_column_is_scored(model, frame):
    with quiet():
        scored = model.predict(frame)
    assert scored["lead_id"].tolist() == ["7", "8"]
    assert scored["p_close"].between(0, 1).all()


def test_a_lead_without_id_is_named_by_its_row(model):
    assert model.predict(pd.DataFrame({"Employees": [10, 20]}))["lead_id"].tolist() == ["0", "1"]
    assert model.predict(pd.DataFrame({"Lead ID": ["001", None]}))["lead_id"].tolist() == ["001", "1"]


def test_the_reply_is_json(model):
    text = StringIO()
    predictions_to_json(model.predict(model.input_example), text)

    def refuse(constant):
        raise AssertionError(f"{constant} is no JSON")

    predictions = json.loads(text.getvalue(), parse_constant=refuse)["predictions"]
    assert [p["lead_id"] for p in predictions] == ["001", "002", "003"]


def test_the_signature_names_the_columns_in_and_out(model):
    assert model.metadata.signature.outputs.input_names() == list(REPLY_KEYS)
    names = model.metadata.signature.inputs.input_names()
    assert {"Lead ID", "Lead Source", "Consent", "activities", "at"} <= set(names)
    assert not any(column.required for column in model.metadata.signature.inputs)


@pytest.fixture(scope="module")
def leads(sample_folder) -> pd.DataFrame:
    """Leads of the export, with the types that pandas sees in them: whole numbers with gaps become floats."""
    return pd.read_csv(sample_folder / "leads.csv").tail(150).reset_index(drop=True)


def agrees(found: pd.DataFrame, expected: pd.DataFrame) -> None:
    for key in ("p_qualify", "p_close"):
        np.testing.assert_allclose(found[key].astype(float), expected[key].astype(float), rtol=0, atol=1e-12)
    for key in ("lead_id", "score", "tier", "role", "reason_1", "reason_2", "reason_3"):
        assert found[key].where(found[key].notna(), None).tolist() == expected[key].tolist()


def expected_of(scorer: Scorer, sample_folder) -> pd.DataFrame:
    """What the service says of them, one by one, from the texts of the export."""
    rows = read_table(sample_folder / "leads.csv").tail(150).to_dict("records")
    return pd.DataFrame([scorer.score_one(row, lead_id=row["Lead ID"]).reply() for row in rows])


def test_the_model_says_what_the_service_says(model, scorer, leads, sample_folder):
    with quiet():
        agrees(model.predict(leads), expected_of(scorer, sample_folder))


def test_the_served_model_says_what_the_service_says(model, scorer, leads, sample_folder):
    """As `mlflow models serve` answers, JSON and pandas between."""
    body = json.dumps({"dataframe_split": json.loads(leads.to_json(orient="split", index=False))})

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(scoring_server.init(model))
        async with httpx.AsyncClient(transport=transport, base_url="http://mlflow") as client:
            return await client.post("/invocations", content=body, headers={"Content-Type": "application/json"})

    with quiet():
        reply = asyncio.run(ask())
    assert reply.status_code == 200
    agrees(pd.DataFrame(reply.json()["predictions"]), expected_of(scorer, sample_folder))
