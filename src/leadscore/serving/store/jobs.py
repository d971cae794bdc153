"""Who waits for a record to become durable, and how each hears of it on its own event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from leadscore.errors import OutOfReach
from leadscore.serving.store.idempotency import KeyedReply
from leadscore.serving.store.transactions import Entry

__all__ = ["Job", "StoreUnavailable", "Written", "resolve", "settle"]


class StoreUnavailable(OutOfReach):
    """The decision store did not answer; nothing was recorded and nothing decided, send the request again."""


@dataclass(frozen=True, slots=True)
class Written:
    """What became of an entry.

    Parameters
    ----------
    stored
        Whether it is durable.
    kept
        What stood under its idempotency key already; then nothing was written.
    """

    stored: bool = True
    kept: KeyedReply | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Job:
    """An entry and who waits for it.

    Parameters
    ----------
    entry
        What is to be written.
    done
        Told when it is, or why it is not.
    """

    entry: Entry
    done: asyncio.Future[Written]


def settle(results: Mapping[Job, Written | StoreUnavailable]) -> None:
    """Tell every caller, on its own loop, from another thread."""
    for loop in {job.done.get_loop() for job in results}:
        told = [(job.done, result) for job, result in results.items() if job.done.get_loop() is loop]
        with suppress(RuntimeError):  # the loop has closed, and with it all who waited there
            loop.call_soon_threadsafe(resolve, told)


def resolve(told: Sequence[tuple[asyncio.Future[Written], Written | StoreUnavailable]]) -> None:
    """Tell callers from their own loop."""
    for future, result in told:
        if future.done():
            continue
        if isinstance(result, Written):
            future.set_result(result)
        else:
            future.set_exception(result)
