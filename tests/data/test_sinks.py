"""Writing tables: whole or not at all."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pandas as pd
import pytest

from leadscore.data.sinks import write_tables
from leadscore.data.tables import read_table
from leadscore.errors import BadInput

PIECES = [
    pd.DataFrame({"Id": ["1", "2"], "p": [0.1, 0.123456789012345], "role": [None, None]}),
    pd.DataFrame({"Id": ["3"], "p": [0.5], "role": ["SDR, é\n"]}),
]


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_pieces_become_one_table_that_can_be_read_back(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"scored.{ending}"
    assert write_tables(path, PIECES) == 3
    frame = read_table(path)
    assert frame["Id"].tolist() == ["1", "2", "3"]
    assert frame["p"].map(float).tolist() == [0.1, 0.123456789012345, 0.5]
    assert frame["role"].tolist() == ["", "", "SDR, é\n"]
    assert [p.name for p in tmp_path.iterdir()] == [path.name]


@pytest.mark.parametrize("ending", ["csv", "parquet", "jsonl"])
def test_an_interruption_leaves_the_old_file_and_nothing_else(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"scored.{ending}"
    path.write_text("old")

    def broken() -> Iterator[pd.DataFrame]:
        yield PIECES[1]
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        write_tables(path, broken())
    assert [p.name for p in tmp_path.iterdir()] == [path.name]
    assert path.read_text() == "old"


@pytest.mark.parametrize("ending", ["csv", "parquet"])
def test_a_table_without_leads_keeps_its_columns(tmp_path: Path, ending: str) -> None:
    path = tmp_path / f"scored.{ending}"
    assert write_tables(path, [PIECES[0].iloc[:0]]) == 0
    assert list(read_table(path)) == ["Id", "p", "role"]


def test_a_wrong_ending_and_a_missing_folder_are_named(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot write '.xlsx'; allowed: .csv, .jsonl, .parquet"):
        write_tables(tmp_path / "scored.xlsx", PIECES)
    with pytest.raises(BadInput, match=r"a file without an ending"):
        write_tables(tmp_path / "scored", PIECES)
    with pytest.raises(BadInput, match=r"the folder .* does not exist"):
        write_tables(tmp_path / "nowhere" / "scored.csv", PIECES)
