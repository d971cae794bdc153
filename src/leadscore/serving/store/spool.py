"""Decisions that wait for the store in files of this machine, synced before anybody is answered.

Each process appends to a file of its own, which it holds locked, so that whoever starts later can tell the files of the
dead from those of the living and brings them in.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from leadscore.errors import SettingsError
from leadscore.serving.store.records import Rows

try:
    import fcntl
except ModuleNotFoundError:  # not everywhere: Windows has other locks
    fcntl = None  # type: ignore[assignment]

__all__ = ["Spool"]

CHUNK = 200
"""Decisions brought in at once, so that requests need not wait long for their turn."""


class Spool:
    """A folder of waiting decisions.

    Parameters
    ----------
    folder
        Made where it is missing; its files hold what leads said.

    Attributes
    ----------
    waiting : bool
        Whether there may be something to bring in.

    Raises
    ------
    SettingsError
        This platform has no locks by which the files of the dead are told from those of the living.
    """

    def __init__(self, folder: Path) -> None:
        if fcntl is None:
            raise SettingsError(
                "`spool` needs the file locks of Linux or macOS, which this platform lacks. Leave it out of the "
                "settings: while the store is down the answer is 503 then."
            )
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self.folder = folder
        self.waiting = any(self._files())
        self._own: BinaryIO | None = None
        self._at: Path | None = None

    def write(self, rows: Iterable[Rows]) -> None:
        """Return when the rows are on this machine's disk.

        Raises
        ------
        OSError
            They are not.
        """
        self.waiting = True
        file = self._own = self._own or self._open()
        file.write(b"".join(json.dumps(asdict(row), separators=(",", ":")).encode() + b"\n" for row in rows))
        file.flush()
        os.fsync(file.fileno())

    def pieces(self) -> Iterator[list[Rows]]:
        """Give what waits piece by piece; a file goes when more is asked for after its last piece."""
        self.close()
        for path in sorted(self._files()):
            with _unless_held(path) as file:
                if file is None:
                    continue
                rows, self._at = _rows(file), path
                while some := list(islice(rows, CHUNK)):
                    yield some
                path.unlink()
        self.waiting = False

    def close(self) -> None:
        """Let go of the file of this process; what it holds stays."""
        if self._own is not None:
            self._own.close()
            self._own = None

    def set_aside(self) -> None:
        """Put the file of the last piece out of the way, because it cannot be read, or the store refuses it."""
        if self._at is not None:
            with suppress(OSError):
                self._at.rename(self._at.with_suffix(".refused"))

    def _files(self) -> Iterator[Path]:
        return self.folder.glob("*.jsonl")

    def _open(self) -> BinaryIO:
        path = self.folder / f"{secrets.token_hex(8)}.jsonl"
        file = open(os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600), "ab")  # noqa: SIM115
        fcntl.flock(file, fcntl.LOCK_EX)
        # The file's name is as durable as its content only when the folder is synced, too.
        folder = os.open(self.folder, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)
        return file


@contextmanager
def _unless_held(path: Path) -> Iterator[BinaryIO | None]:
    """Hold a file; None when a living process does, or another one has brought it in."""
    try:
        with path.open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            except OSError:
                yield None
            else:
                yield file if path.exists() else None
    except FileNotFoundError:
        yield None


def _rows(file: BinaryIO) -> Iterator[Rows]:
    for line in file:
        # A line without its end was being written when the process died, so nobody was told of it.
        if line.endswith(b"\n"):
            yield Rows(**json.loads(line))
