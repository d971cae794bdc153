from __future__ import annotations

from pathlib import Path

import pytest

from leadscore.data.joins import read_joined
from leadscore.data.sources import Join, Sources


@pytest.mark.parametrize(("columns", "joined"), [(None, ["Sector", "Size"]), (("Size",), ["Size"]), ((), [])])
def test_a_join_takes_the_columns_that_it_names_and_all_when_it_names_none(
    tmp_path: Path, columns: tuple[str, ...] | None, joined: list[str]
) -> None:
    (tmp_path / "leads.csv").write_text("Id,Account\n1,acme\n2,none\n")
    (tmp_path / "accounts.csv").write_text("Account,Sector,Size\nacme,steel,9\n")
    sources = Sources(join=(Join(file="accounts.csv", on="Account", columns=columns),))
    frame, origin = read_joined(sources, tmp_path)
    assert list(frame.columns) == ["Id", "Account", *joined]
    assert origin == dict.fromkeys(joined, "accounts.csv")
