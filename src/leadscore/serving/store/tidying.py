"""A thread that keeps the store to its promises about age while the service runs."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from threading import Event, Thread
from types import TracebackType
from typing import Self

from leadscore.errors import LeadScoreError

__all__ = ["Tidying"]

EVERY_SECONDS = 600.0


class Tidying:
    """Calls again and again until it is left.

    Parameters
    ----------
    tidy
        Given the present moment; what it cannot reach now it is asked for again.
    every
        Seconds between two calls.
    """

    def __init__(self, tidy: Callable[[datetime], object], every: float = EVERY_SECONDS) -> None:
        self._tidy = tidy
        self._every = every
        self._ended = Event()
        self._thread = Thread(target=self._run, name="leadscore-tidying", daemon=True)

    def _run(self) -> None:
        while not self._ended.wait(self._every):
            try:
                self._tidy(datetime.now(UTC))
            except LeadScoreError:
                continue

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()
