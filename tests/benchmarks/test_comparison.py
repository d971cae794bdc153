from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

BENCHMARKS = Path(__file__).parents[2] / "benchmarks"
KEYS = ["what", "ours", "peer", "ratio", "goal", "holds"]


@pytest.fixture
def comparison(monkeypatch):
    monkeypatch.syspath_prepend(BENCHMARKS)
    import comparison

    return comparison


@pytest.mark.parametrize(
    ("ours", "bounds", "holds"),
    [
        (3, {}, None),
        (3, {"at_least": 1.5}, True),
        (3, {"at_least": 1.6}, False),
        (3, {"at_least": 1.4, "at_most": 1.5}, True),
        (3, {"at_most": 1.4}, False),
    ],
)
def test_a_goal_bounds_the_ratio(comparison, ours, bounds, holds):
    row = comparison.compare("what", ours, 2, **bounds)
    assert (row.ratio, row.holds, row.goal is None) == (1.5, holds, not bounds)


@pytest.mark.parametrize("peer", [None, 0.0, -1.0])
def test_without_a_peer_to_divide_by_no_goal_holds(comparison, peer):
    row = comparison.compare("what", 3, peer, at_most=1.0)
    assert (row.ratio, row.holds) == (None, False)


def test_json_is_one_object_whose_rows_have_all_six_keys(comparison, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["benchmark", "--json", "--short"])
    asked = []

    def measure(short):
        asked.append(short)
        return [comparison.compare("printed", 1.0), comparison.compare("judged", 1.0, 2.0, at_least=0.4)]

    comparison.run("A benchmark.", measure, packages=["numpy"], tools={"wrk": "4"})
    document = json.loads(capsys.readouterr().out)
    assert asked == [True]
    assert list(document) == ["machine", "versions", "rows"]
    assert [list(row) for row in document["rows"]] == [KEYS, KEYS]
    assert set(document["versions"]) == {"python", "numpy", "wrk"}


def test_numpy_scalars_are_numbers_and_answers_in_json(comparison, monkeypatch, capsys):
    monkeypatch.setattr("sys.argv", ["bench.py", "--json"])
    rows = [comparison.Row("a ratio", np.float32(0.5), np.int64(2), np.float64(0.25), "at most 1", np.bool_(True))]
    comparison.run("A measurement.", lambda short: rows, packages=["numpy"])
    (row,) = json.loads(capsys.readouterr().out)["rows"]
    assert list(row.values()) == ["a ratio", 0.5, 2, 0.25, "at most 1", True]


def test_a_table_says_which_goals_are_missed(comparison):
    table = comparison.table([comparison.compare("speed", 1.0, 2.0, at_least=0.6), comparison.compare("size", 1234.0)])
    assert table.splitlines()[1].split() == ["speed", "1", "2", "0.5", "at", "least", "0.6", "NO"]
    assert table.splitlines()[2].split() == ["size", "1,234"]
