"""What all benchmarks share: a row that sets ours beside a peer, the options, and how rows are shown."""

from __future__ import annotations

import argparse
import json
import os
import platform
import signal
import sys
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any

__all__ = ["Row", "compare", "machine", "run", "say", "table"]


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of ours beside a peer's.

    Parameters
    ----------
    what
        What was measured, in which unit, and who the peer is.
    ours, peer
        The two figures; `peer` is None where there is no counterpart.
    ratio
        Ours over the peer's; None without a peer, or where the peer's figure is not positive.
    goal
        The bound on the ratio in words; None where the figure is only printed.
    holds
        Whether the goal is met; None without a goal.
    """

    what: str
    ours: float
    peer: float | None
    ratio: float | None
    goal: str | None
    holds: bool | None


def compare(
    what: str, ours: float, peer: float | None = None, *, at_least: float | None = None, at_most: float | None = None
) -> Row:
    """Set a figure beside a peer's and judge the ratio.

    Parameters
    ----------
    what, ours, peer
        As in `Row`.
    at_least, at_most
        Bounds on the ratio; a row with neither is only printed.

    Examples
    --------
    >>> compare("requests/s, an empty endpoint", 300, 1200, at_least=0.15)
    Row(what='requests/s, an empty endpoint', ours=300, peer=1200, ratio=0.25, goal='at least 0.15', holds=True)
    """
    ratio = ours / peer if peer is not None and peer > 0 else None
    bounds = {"at least": at_least, "at most": at_most}
    goal = " and ".join(f"{side} {bound:g}" for side, bound in bounds.items() if bound is not None) or None
    low, high = -float("inf") if at_least is None else at_least, float("inf") if at_most is None else at_most
    return Row(what, ours, peer, ratio, goal, None if goal is None else ratio is not None and low <= ratio <= high)


def run(
    description: str,
    measure: Callable[[bool], Iterable[Row]],
    *,
    packages: Sequence[str],
    tools: Mapping[str, str] = MappingProxyType({}),
) -> None:
    """Measure as the command line asks, and print the rows on stdout.

    Parameters
    ----------
    description
        For ``--help``.
    measure
        Told whether the short form is asked for; gives the rows.
    packages
        Distributions whose versions belong beside the figures.
    tools
        Versions of other things that do.
    """
    parser = argparse.ArgumentParser(description=description)
    parser.add_argument("--short", action="store_true", help="fewer and shorter measurements, for a first look")
    parser.add_argument("--json", action="store_true", help="one JSON object on stdout")
    options = parser.parse_args()
    begun = time.monotonic()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # what was started is ended on this way out, too
    try:
        rows = list(measure(options.short))
    except KeyboardInterrupt:
        sys.exit(130)
    versions = {"python": platform.python_version()} | {name: version(name) for name in packages} | dict(tools)
    if options.json:
        document = {"machine": machine(), "versions": versions, "rows": [asdict(row) for row in rows]}
        print(json.dumps(document, indent=1, default=_plain))
        return
    print(table(rows))
    form = "short form" if options.short else "full form"
    print(f"\n{form}, {time.monotonic() - begun:.0f} s; {_in_words(machine())}; {_in_words(versions)}")


def _plain(value: Any) -> Any:
    """A numpy scalar as Python's own, which JSON knows."""
    return value.item()


def say(text: str) -> None:
    """Tell on stderr what is being measured."""
    print(text, file=sys.stderr, flush=True)


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    return {
        "system": platform.platform(),
        "processor": _processor(),
        "cores": len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count(),
    }


def table(rows: Iterable[Row]) -> str:
    """Lay rows out for people."""
    lines = [("what", "ours", "peer", "ratio", "goal", "holds"), *map(_cells, rows)]
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    return "\n".join("  ".join(map(str.ljust, line, widths)).rstrip() for line in lines)


def _cells(row: Row) -> tuple[str, ...]:
    holds = "" if row.holds is None else "yes" if row.holds else "NO"
    return (row.what, _figure(row.ours), _figure(row.peer), _figure(row.ratio), row.goal or "", holds)


def _figure(value: float | None) -> str:
    """Write about three digits.

    Examples
    --------
    >>> _figure(104881.2), _figure(0.0288), _figure(None)
    ('104,881', '0.0288', '')
    """
    if value is None:
        return ""
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def _processor() -> str:
    """Name of the processor; `platform` knows it on few systems."""
    cpuinfo = Path("/proc/cpuinfo")
    lines = cpuinfo.read_text(encoding="utf-8").splitlines() if cpuinfo.is_file() else []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def _in_words(facts: dict[str, Any]) -> str:
    return ", ".join(f"{name} {value}" for name, value in facts.items())
