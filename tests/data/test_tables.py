"""Reading exports: what is wrong with a file is said before anything is learned from it."""

from __future__ import annotations

import codecs
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from leadscore.data.joins import read_joined
from leadscore.data.rows import Intake
from leadscore.data.sources import Join, Sources
from leadscore.data.tables import read_table, stream_tables
from leadscore.errors import BadInput


@pytest.fixture
def export(tmp_path: Path) -> Any:
    def write(content: str | bytes, name: str = "leads.csv") -> Path:
        path = tmp_path / name
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return write


def records(frame: pd.DataFrame) -> list[dict[str, str]]:
    return frame.to_dict("records")


def test_every_cell_is_text_as_it_stands(export) -> None:
    frame = read_table(export("Id,Source,N\n007, Web ,1e5\n12345678901234567890,NA,\n"))
    assert records(frame) == [
        {"Id": "007", "Source": " Web ", "N": "1e5"},
        {"Id": "12345678901234567890", "Source": "NA", "N": ""},
    ]


@pytest.mark.parametrize("delimiter", [",", ";", "\t", "|"])
def test_the_delimiter_is_found(export, delimiter: str) -> None:
    path = export(f"a{delimiter}b c{delimiter}d\n1{delimiter}2.5{delimiter}x\n")
    assert records(read_table(path)) == [{"a": "1", "b c": "2.5", "d": "x"}]


def test_a_given_delimiter_is_taken(export) -> None:
    assert list(read_table(export("a;b,c\n1;2,3\n"), delimiter=",")) == ["a;b", "c"]


@pytest.mark.parametrize(
    "head", [(b"", "utf-8"), (codecs.BOM_UTF8, "utf-8"), (b"", "utf-16"), (b"", "utf-16-le"), (b"", "utf-16-be")]
)
def test_unicode_is_recognised(export, head: tuple[bytes, str]) -> None:
    mark, encoding = head
    path = export(mark + "Ort;Größe\nKöln;3\n".encode(encoding))
    assert records(read_table(path)) == [{"Ort": "Köln", "Größe": "3"}]


def test_latin_1_is_found_out_and_said(export) -> None:
    path, intake = export("Ort;N\nKöln – Süd;3\n".encode("cp1252")), Intake()
    assert records(read_table(path, intake=intake)) == [{"Ort": "Köln – Süd", "N": "3"}]
    assert intake.remarks == [
        "leads.csv is not UTF-8 (line 2): read as Windows-1252, which contains Latin-1, unless `encoding` is given"
    ]


def test_a_faulty_byte_in_utf_8_is_named_with_its_remedy(export) -> None:
    path = export("Ort;N\nKöln;3\nGenève;4\n".encode() + b"\xff;5\n")
    with pytest.raises(BadInput, match=r'leads\.csv: line 4, byte \d+ is not utf-8.*encoding = "latin-1"'):
        read_table(path)
    with pytest.raises(BadInput, match=r'leads\.csv: byte \d+ is not utf-8.*encoding = "latin-1"'):
        read_table(path, encoding="utf-8")
    with pytest.raises(BadInput, match=r"'klingon' is no text encoding"):
        read_table(path, encoding="klingon")


def test_a_cell_may_hold_a_line_break_and_the_delimiter(export) -> None:
    path = export('Id,Note\n1,"first, line\nsecond ""line"""\n2,x\n')
    assert records(read_table(path)) == [{"Id": "1", "Note": 'first, line\nsecond "line"'}, {"Id": "2", "Note": "x"}]


@pytest.mark.parametrize(
    ("content", "line"),
    [("a,b\n1,2,3\n4,5\n", "line 2"), ("a,b\n1,2,\n4,5,\n", "line 2"), ("a,b\n1,2\n3,4\n5,6,7\n", "line 4")],
)
@pytest.mark.parametrize("rows", [None, 1, 50])
def test_a_row_that_is_too_long_is_named(export, content: str, line: str, rows: int | None) -> None:
    with pytest.raises(BadInput, match=rf"leads\.csv: .*{line}.*delimiter"):
        list(stream_tables(export(content), rows=rows))


def test_cells_that_a_spreadsheet_left_off_at_the_end_are_empty(export) -> None:
    assert records(read_table(export("a,b,c\n1,2\n3,4,5\n"))) == [
        {"a": "1", "b": "2", "c": ""},
        {"a": "3", "b": "4", "c": "5"},
    ]


def test_a_quote_that_is_never_closed_is_named(export) -> None:
    with pytest.raises(BadInput, match=r"the quote that opens in line 3 is never closed"):
        read_table(export('a,b\n1,2\n"3,4\n'))


@pytest.mark.parametrize(
    ("header", "names"),
    [
        ("a,b,a", ["a", "b", "a (2)"]),
        ("a,b, a ", ["a", "b", "a (2)"]),
        ("a,a,a", ["a", "a (2)", "a (3)"]),
        ("a,a (2),a", ["a", "a (2)", "a (3)"]),
        ("a,,", ["a", "column 2", "column 3"]),
    ],
)
def test_a_name_that_occurs_twice_is_numbered_and_a_missing_one_made(export, header: str, names: list[str]) -> None:
    intake = Intake()
    assert list(read_table(export(f"{header}\n1,2,3\n"), intake=intake)) == names
    said = [r for r in intake.remarks if "the column 'a' occurs again and is called" in r]
    assert len(said) == header.replace(" ", "").split(",").count("a") - 1


def test_spaces_around_names_are_dropped(export) -> None:
    assert list(read_table(export(" a , b\n1,2\n"))) == ["a", "b"]


@pytest.mark.parametrize("rows", [None, 2])
def test_a_header_alone_gives_one_empty_piece_with_its_columns(export, rows: int | None) -> None:
    pieces = list(stream_tables(export("a,b\n"), rows=rows))
    assert [(len(piece), list(piece)) for piece in pieces] == [(0, ["a", "b"])]


def test_missing_empty_and_blank_files_are_told_apart(export, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"nowhere.csv: the file does not exist"):
        read_table(tmp_path / "nowhere.csv")
    with pytest.raises(BadInput, match=r"the file is a folder"):
        read_table(tmp_path)
    with pytest.raises(BadInput, match=r"the file is empty"):
        read_table(export(""))
    for blank in ("\n\n", codecs.BOM_UTF8):
        with pytest.raises(BadInput, match=r"there is no header row"):
            read_table(export(blank))


@given(
    table=st.lists(
        st.lists(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\x00")), min_size=2, max_size=2)
    ),
    rows=st.integers(1, 5),
)
def test_a_table_comes_back_whatever_its_cells_and_pieces(tmp_path_factory, table: list[list[str]], rows: int) -> None:
    table = [[f"L-{number}", *cells] for number, cells in enumerate(table)]
    written = pd.DataFrame(table, columns=["id", "first", "second"], dtype="str")
    path = tmp_path_factory.mktemp("round") / "leads.csv"
    written.to_csv(path, index=False, quoting=1)
    pieces = list(stream_tables(path, rows=rows))
    pd.testing.assert_frame_equal(pd.concat(pieces, ignore_index=True), written)


def test_json_lines_keep_what_json_says(export) -> None:
    path = export(
        '{"Id": "007", "N": 1, "Yes": true, "Share": 1.5, "At": "2024-03-31", "Big": 12345678901234567}\n'
        '{"Id": "8", "N": null, "Yes": null, "Share": 2, "At": null, "Big": 1}\n',
        "leads.jsonl",
    )
    assert records(read_table(path)) == [
        {"Id": "007", "N": "1", "Yes": "True", "Share": "1.5", "At": "2024-03-31", "Big": "12345678901234567"},
        {"Id": "8", "N": "", "Yes": "", "Share": "2", "At": "", "Big": "1"},
    ]


def test_parquet_is_read_as_text_in_pieces(tmp_path: Path) -> None:
    moments = pd.to_datetime(["2024-03-31T09:15:00Z", None])
    frame = pd.DataFrame({"Id": ["1", "2"], "N": [3.0, None], "Yes": [True, False], "At": moments})
    frame.to_parquet(tmp_path / "leads.parquet")
    pieces = list(stream_tables(tmp_path / "leads.parquet", rows=1))
    assert [records(piece) for piece in pieces] == [
        [{"Id": "1", "N": "3", "Yes": "True", "At": "2024-03-31 09:15:00+00:00"}],
        [{"Id": "2", "N": "", "Yes": "False", "At": ""}],
    ]


@pytest.mark.parametrize("name", ["leads.jsonl", "leads.ndjson", "leads.parquet"])
def test_a_file_that_is_not_what_its_ending_says_is_refused(export, name: str) -> None:
    with pytest.raises(BadInput, match=f"{name} is no"):
        read_table(export("a,b\n1,2\n", name))


@pytest.fixture
def joined(export) -> Any:
    export("Id,account,name\n1,Acme,x\n2,Bolt,y\n3,,z\n")

    def read(other: str, **join: Any) -> tuple[pd.DataFrame, dict[str, str]]:
        path = export(other, "accounts.csv")
        entry = Join(file="accounts.csv", **{"on": "account", **join})
        return read_joined(Sources(join=(entry,)), path.parent)

    return read


def test_a_join_keeps_every_lead_in_its_place(joined) -> None:
    frame, origin = joined("account,size\nBolt,9\nAcme,5\n,7\nOther,1\n")
    assert frame["Id"].tolist() == ["1", "2", "3"]
    assert frame["size"].tolist() == ["5", "9", ""]
    assert origin == {"size": "accounts.csv"}


def test_a_joined_name_that_is_taken_gets_the_name_of_its_file(joined) -> None:
    frame, origin = joined("account,name\nAcme,long\n")
    assert list(frame) == ["Id", "account", "name", "accounts.name"]
    assert frame["name"].tolist() == ["x", "y", "z"]
    assert frame["accounts.name"].tolist() == ["long", "", ""]
    assert origin == {"accounts.name": "accounts.csv"}


def test_only_the_named_columns_are_joined(joined) -> None:
    assert list(joined("account,size,rank\nAcme,5,1\n", columns=("rank",))[0]) == ["Id", "account", "name", "rank"]
    with pytest.raises(BadInput, match=r"accounts.csv has no column 'rnk'; it has 'account', 'size'"):
        joined("account,size\nAcme,5\n", columns=("rnk",))


def test_a_key_that_repeats_would_count_a_lead_twice(joined) -> None:
    with pytest.raises(BadInput, match=r"accounts.csv, row 4, column 'account': the key repeats \(2 times"):
        joined("account,size\nAcme,5\nBolt,9\nAcme,6\nAcme,7\n")


def test_empty_keys_may_repeat(joined) -> None:
    assert joined("account,size\n,5\n,6\nAcme,1\n")[0]["size"].tolist() == ["1", "", ""]


def test_a_missing_key_column_is_named_with_its_file(joined) -> None:
    with pytest.raises(BadInput, match=r"join on 'account': accounts.csv has no such column; it has 'konto', 'size'"):
        joined("konto,size\nAcme,5\n")
    with pytest.raises(BadInput, match=r"join on 'size': the leads has no such column"):
        joined("account,size\nAcme,5\n", on="size")


def test_a_joined_column_may_be_the_next_key(export) -> None:
    folder = export("Id,agent\n1,Ann\n").parent
    export("agent,office\nAnn,Kyiv\n", "agents.csv")
    export("office,country\nKyiv,UA\n", "offices.csv")
    sources = Sources(join=(Join(file="agents.csv", on="agent"), Join(file="offices.csv", on="office")))
    assert records(read_joined(sources, folder)[0]) == [{"Id": "1", "agent": "Ann", "office": "Kyiv", "country": "UA"}]
