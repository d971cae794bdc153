"""The field page."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.history import History
from leadscore.data.inference import TAKEN, Excluded
from leadscore.data.leakage import audit
from leadscore.data.quality import FieldPage, field_pages, wilson
from leadscore.data.schema import Field

N = 1_000


@pytest.fixture
def pages(make_history: Callable[..., History]) -> dict[str, FieldPage]:
    rng = np.random.default_rng(0)
    y = (rng.random(N) < 0.3).astype(float)
    source = np.where(rng.random(N) < 0.1 + 0.5 * y, "Web ", "fair")
    source[:3] = "Rare"
    frame = pd.DataFrame(
        {
            "Id": [str(i) for i in range(N)],
            "Source": source,
            "Staff": np.where(rng.random(N) < 0.5, rng.integers(1, 4_000, N).astype(str), ""),
            "Status": np.where(y == 1, "Won", "Lost"),
            "Result": np.where(y == 1, "1", "0"),
        }
    )
    fields = (Field("Source", "category"), Field("Staff", "number"), Field("Status", "category"))
    excluded = (Excluded("Id", "id", TAKEN), Excluded("Result", "outcome", "tells an outcome of the recipe"))
    history = replace(make_history({"close": y}), frame=frame, fields=fields, excluded=excluded)
    return {p.column: p for p in field_pages(history, audit(history, allow={}))}


def test_each_column_says_when_it_is_known_and_whether_it_is_used(pages: dict[str, FieldPage]) -> None:
    assert {name: (p.known, p.used) for name, p in pages.items()} == {
        "Id": ("at creation", False),
        "Source": ("at creation", True),
        "Staff": ("at creation", True),
        "Status": ("later", False),
        "Result": ("with the outcome", False),
    }
    assert "won leads" in pages["Status"].why
    assert pages["Id"].why == TAKEN


def test_rates_by_value_stand_beside_the_base_rate(pages: dict[str, FieldPage]) -> None:
    source = pages["Source"]
    rates = {r.value.strip(): r for r in source.rates["close"]}
    assert rates["Web"].differs == "above"
    assert rates["fair"].differs == "below"
    assert rates["Web"].low < rates["Web"].rate < rates["Web"].high
    assert "Rare" not in rates
    assert sum(r.leads for r in rates.values()) == N - 3
    assert source.base_rates["close"] == pytest.approx(0.3, abs=0.04)


def test_numbers_are_shown_in_ranges_and_fill_is_counted(pages: dict[str, FieldPage]) -> None:
    staff = pages["Staff"]
    assert staff.filled == pytest.approx(0.5, abs=0.05)
    shown = [r.value for r in staff.rates["close"]]
    assert len(shown) == 6
    assert "(empty)" in shown
    assert {r.differs for r in staff.rates["close"]} == {"as all"}


def test_personal_data_are_shown_as_kinds_only(make_history: Callable[..., History]) -> None:
    y = (np.random.default_rng(1).random(N) < 0.3).astype(float)
    names = np.where(np.arange(N) % 2 == 0, "Maria", "asdf")
    frame = pd.DataFrame({"First Name": names, "City": np.where(np.arange(N) % 9 == 0, "Select", "Rome")})
    history = replace(make_history({"close": y}), frame=frame, contacts={"First Name": "name"})
    for excluded in ((), (Excluded("First Name", "ignored", "left out by the recipe"),)):
        found = replace(history, fields=(), excluded=excluded)
        name, city = field_pages(found, audit(found, allow={}))
        assert {r.value for r in name.rates["close"]} == {"plausible", "implausible"}
        assert city.placeholders == {"Select": 112}
        assert "Maria" not in str((name, city))


@given(st.integers(0, 500), st.integers(1, 500))
def test_an_interval_holds_its_share(hits: int, more: int) -> None:
    low, high = wilson(hits, hits + more)
    assert 0 <= low <= hits / (hits + more) + 1e-12
    assert hits / (hits + more) <= high <= 1
