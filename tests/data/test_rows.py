"""Rows that are no leads: what is furniture of a report and what is a lead of which little is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadscore.data.rows import Intake
from leadscore.data.tables import read_table

HEAD = "Lead ID,Source,Staff,Won\nL-1,Web,3,0\nL-2,Trade Fair,5,1\n"


def ids(folder: Path, text: str, intake: Intake | None = None) -> list[str]:
    (folder / "leads.csv").write_text(text, encoding="utf-8")
    return read_table(folder / "leads.csv", intake=intake)["Lead ID"].tolist()


@pytest.mark.parametrize(
    "footer",
    [
        "Grand Totals (2 records)\n",
        "Total,,8,\n",
        "\n\nSome words of a colleague\n",
        "2 rows\n",
        '"Copyright, all rights reserved"\n',
        "Generated on 2024-05-01 by somebody,,,\n\n",
        "---------\n",
        "\x1a",
    ],
)
def test_a_footer_is_skipped(tmp_path: Path, footer: str) -> None:
    assert ids(tmp_path, HEAD + footer) == ["L-1", "L-2"]


@pytest.mark.parametrize("lead", ["L-3\n", "L-3,,,\n", "Total Energies,,,1\n", "L 3,Web,,\n", ",Web,2,1\n"])
def test_a_lead_is_kept_however_little_is_known_of_it(tmp_path: Path, lead: str) -> None:
    assert len(ids(tmp_path, HEAD + lead)) == 3


def test_a_text_in_the_middle_is_no_footer(tmp_path: Path) -> None:
    assert len(ids(tmp_path, HEAD + "Grand Totals (2 records)\nL-3,Web,2,1\n")) == 4


def test_lines_are_those_of_the_file_though_cells_have_line_breaks(tmp_path: Path) -> None:
    intake = Intake()
    text = 'Lead ID,Note,Staff\nL-1,"one\ntwo",3\n\nL-2,"x\r\ny",4\nTotal: 2\n'
    (tmp_path / "leads.csv").write_bytes(text.encode())
    read_table(tmp_path / "leads.csv", intake=intake)
    assert [int(line) for line in intake.lines[0]] == [2, 5]
    assert intake.left_out["row"].tolist() == [7]
    assert intake.remarks == [
        "leads.csv: footer rows skipped: 1 (line 7)",
        "leads.csv: empty rows skipped: 1 (line 4)",
    ]


@pytest.mark.parametrize("title", ["Leads of May\n\n", "Leads,of May\n", '"Report\nof May",,,\nAcme,,,\n'])
def test_title_lines_are_skipped_and_said(tmp_path: Path, title: str) -> None:
    intake = Intake()
    assert ids(tmp_path, title + HEAD, intake) == ["L-1", "L-2"]
    assert any("title rows above the header skipped" in remark for remark in intake.remarks)


def test_a_sparse_header_is_a_header(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Lead ID,,,\nL-1,Web,3,0\nL-2,Fair,5,1\n")
    assert list(read_table(tmp_path / "leads.csv")) == ["Lead ID", "column 2", "column 3", "column 4"]


def test_sparse_leads_without_a_first_cell_are_not_taken_for_continuations(tmp_path: Path) -> None:
    (tmp_path / "leads.csv").write_text("Twitter,Id,Source,Staff\n@a,1,Web,3\n,2,,\n,3,Web,\n@b,4,Fair,1\n")
    assert read_table(tmp_path / "leads.csv")["Id"].tolist() == ["1", "2", "3", "4"]
