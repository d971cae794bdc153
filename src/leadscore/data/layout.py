"""How a text file is laid out: its encoding, its delimiter, the lines above the header and the names in it."""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from leadscore.data.numbers import reads_as_number
from leadscore.data.rows import Intake, listed
from leadscore.errors import BadInput

__all__ = ["Layout", "layout", "undecodable"]

DELIMITERS = ",;\t|"

_HEAD = 100_000  # below the largest cell that the csv module takes
_SEP = re.compile(r'\ufeff?"?sep=(.)"?[ ,;\t]*\r?(\n|$)', re.IGNORECASE)
_DATE = re.compile(r"\d{1,4}[-/.]\d{1,2}[-/.]\d{1,4}.*")
_TITLES = 30


@dataclass(frozen=True, slots=True)
class Layout:
    """Where the table of a text file begins and how it is written.

    Parameters
    ----------
    encoding, delimiter
        As Python and pandas name them.
    names
        Columns, each name once.
    skip
        Records up to and with the header.
    first_line
        Line of the file in which the first row begins.
    """

    encoding: str
    delimiter: str
    names: list[str]
    skip: int
    first_line: int


def layout(path: Path, encoding: str | None, delimiter: str | None, intake: Intake) -> Layout:
    """Find out how a text file is laid out.

    Parameters
    ----------
    path
        The file.
    encoding, delimiter
        Found out when None.
    intake
        Told what is unusual.

    Raises
    ------
    BadInput
        The file has no header, or is in no encoding that can be told.
    """
    encoding = _known(encoding, path) if encoding else _encoding(path, intake)
    head, cut = _head(path, encoding)
    hint = _SEP.match(head)
    delimiter = delimiter or (hint[1] if hint else _delimiter(head, cut))
    records = list(_records(head, delimiter, cut))
    start = 1 if hint else 0
    start += next((i for i, (cells, _) in enumerate(records[start:]) if any(cells)), 0)
    if start >= len(records) or not any(records[start][0]):
        raise BadInput(f"{path.name}: there is no header row. Export it again, with a header and at least one lead.")
    header = _header(records, start)
    titles = [records[i - 1][1] + 1 if i else 1 for i in range(start, header) if any(records[i][0])]
    if titles:
        intake.remarks.append(f"{path.name}: title rows above the header skipped: {len(titles)} ({listed(titles)})")
    return Layout(encoding, delimiter, _names(records[header][0], path, intake), header + 1, records[header][1] + 1)


def _known(encoding: str, path: Path) -> str:
    try:
        name = codecs.lookup(encoding).name
    except LookupError:
        raise BadInput(f"{path.name}: {encoding!r} is no text encoding that Python knows; try 'latin-1'.") from None
    return "utf-8-sig" if name == "utf-8" else name


def _encoding(path: Path, intake: Intake) -> str:
    with path.open("rb") as file:
        head = file.read(4)
    if head.startswith((codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE)):
        return "utf-32"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    zeros = [byte == 0 for byte in head[:2]]
    wide = {(False, True): "utf-16-le", (True, False): "utf-16-be"}.get((zeros[0], zeros[-1]))
    return wide or _narrow(path, intake)


def _narrow(path: Path, intake: Intake) -> str:
    """UTF-8 when every byte is, else Windows-1252, the superset of Latin-1 that exports are really written in."""
    content = path.read_bytes()
    try:
        content.decode("utf-8")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        if _mostly_utf8(content):
            raise undecodable(path, error, line) from None
        try:
            content.decode("cp1252")
            found, name = "cp1252", "Windows-1252, which contains Latin-1"
        except UnicodeDecodeError:
            found, name = "latin-1", "Latin-1"
        intake.remarks.append(f"{path.name} is not UTF-8 (line {line}): read as {name}, unless `encoding` is given")
        return found
    return "utf-8-sig"


def _mostly_utf8(content: bytes) -> bool:
    """Whether a file with faulty bytes is UTF-8 nevertheless: most of what is beyond ASCII decodes."""
    good = len(re.findall(rb"[\xc3-\xf4][\x80-\xbf]+", content))
    beyond = len(re.findall(rb"[\x80-\xff]+", content))
    return good > 0.5 * beyond


def undecodable(path: Path, error: UnicodeDecodeError, line: int | None = None) -> BadInput:
    """The message for a byte that is not of the encoding."""
    where = f"line {line}, byte" if line else "byte"
    return BadInput(
        f"{path.name}: {where} {error.start} is not {error.encoding}. Set `encoding` under [data], for example "
        'encoding = "latin-1", or export the file as UTF-8.'
    )


def _head(path: Path, encoding: str) -> tuple[str, bool]:
    try:
        with path.open(encoding=encoding, newline="") as file:
            head = file.read(_HEAD)
            return head, len(head) == _HEAD
    except UnicodeDecodeError as error:
        raise undecodable(path, error) from None


def _records(head: str, delimiter: str, cut: bool) -> Iterator[tuple[list[str], int]]:
    """Cells of each record, stripped, with the line that it ends in; the last one is left off when it is cut."""
    reader = csv.reader(io.StringIO(head, newline=""), delimiter=delimiter)
    held: tuple[list[str], int] | None = None
    for cells in reader:
        if held is not None:
            yield held
        held = [cell.strip(" \t\ufeff\xa0\x1a") for cell in cells], reader.line_num
    if held is not None and (not cut or held[1] == 1):
        yield held


def _delimiter(head: str, cut: bool) -> str:
    def regular(delimiter: str) -> float:
        widths = Counter(len(cells) for cells, _ in _records(head, delimiter, cut) if any(cells))
        if not widths:
            return 0.0
        width, count = max(widths.items(), key=lambda item: item[1] * (1 - 1 / item[0]))
        return count / widths.total() * (1 - 1 / width)

    return max(DELIMITERS, key=regular)


def _header(records: Sequence[tuple[list[str], int]], start: int) -> int:
    """The first record that could be a header: the very first, unless it is much emptier than a later one."""
    widths = Counter(len(cells) for cells, _ in records[start : start + 200] if len(cells) > 1)
    usual = max(widths, key=lambda w: (widths[w] * (w - 1), w), default=1)
    if _filled(records[start][0]) > usual / 2:
        return start
    for place in range(start + 1, min(start + _TITLES, len(records))):
        cells = records[place][0]
        if _filled(cells) >= 0.7 * usual and _are_names(cells):
            return place
    return start


def _filled(cells: Sequence[str]) -> int:
    return sum(cell != "" for cell in cells)


def _are_names(cells: Sequence[str]) -> bool:
    filled = [cell for cell in cells if cell]
    return len(set(filled)) == len(filled) and not any(reads_as_number(c) or _DATE.fullmatch(c) for c in filled)


def _names(header: Sequence[str], path: Path, intake: Intake) -> list[str]:
    names: list[str] = []
    for place, cell in enumerate(header, 1):
        plain = " ".join(cell.split()) if cell else f"column {place}"
        name, number = plain, 2
        while name in names or (name != plain and name in header):
            name, number = f"{plain} ({number})", number + 1
        if name != plain:
            intake.remarks.append(f"{path.name}: the column {plain!r} occurs again and is called {name!r}")
        names.append(name)
    return names
