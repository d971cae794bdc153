"""One line for each promise of the service: what was measured, the goal, and whether it holds.

Runs the tests that hold the promises in their full form (in ``make test`` they run in a short one), and the benchmarks
whose rows have goals. Exit 1 when a promise does not hold, or a test fails that tells no figure.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).parents[1]

TESTS = (
    "tests/serving/test_idempotency.py",
    "tests/serving/test_killed.py",
    "tests/serving/test_store_down.py",
    "tests/serving/store",
)
"""Tests that hold promises; those with figures tell them by the fixture ``promise``."""

BENCHMARKS = ("reasons.py", "serving.py")
"""Benchmarks whose rows with a goal are promises; one that is not there is passed over."""


@dataclass(frozen=True, slots=True)
class Line:
    """One promise.

    Parameters
    ----------
    what
        What was measured.
    figure
        What it came to.
    goal
        What it has to be.
    holds
        Whether it is.
    """

    what: str
    figure: float | None
    goal: str
    holds: bool

    def __str__(self) -> str:
        figure = "-" if self.figure is None else f"{self.figure:,.4g}" if self.figure < 1000 else f"{self.figure:,.0f}"
        return f"{'holds' if self.holds else 'FAILS'}  {figure:>9}  {self.goal:<16}  {self.what}"


def from_tests(names: Sequence[str]) -> Iterator[Line]:
    """Run tests in their full form and read the figures that they tell; a failure without a figure is a line too."""
    for name in names:
        with tempfile.NamedTemporaryFile("r", encoding="utf-8") as report:
            environment = {**os.environ, "LEADSCORE_PROOF": report.name}
            command = [sys.executable, "-m", "pytest", "-q", "--no-header", "--tb=short", name]
            done = subprocess.run(command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False)
            yield from (Line(**json.loads(line)) for line in report)
        ended = done.stdout.strip().splitlines()[-1:] or [f"exit {done.returncode}"]
        yield Line(f"{name}: {ended[0]}", None, "all pass", done.returncode == 0)
        if done.returncode:
            print(done.stdout, done.stderr, file=sys.stderr)


def from_benchmark(name: str) -> Iterator[Line]:
    """Run a benchmark and take its rows that have a goal."""
    path = Path(__file__).with_name(name)
    if not path.exists():
        return
    done = subprocess.run([sys.executable, str(path), "--json"], stdout=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        yield Line(f"{name} runs to its end", None, "exit 0", False)
        return
    for row in json.loads(done.stdout)["rows"]:
        if row["goal"] is not None:
            figure = row["ours"] if row["ratio"] is None else row["ratio"]
            yield Line(f"{name}: {row['what']}", figure, row["goal"], bool(row["holds"]))


def lines(benchmarks: bool) -> Iterator[Line]:
    """All promises."""
    yield from from_tests(TESTS)
    for name in BENCHMARKS if benchmarks else ():
        yield from from_benchmark(name)


def main() -> int:
    """Print the lines as they come."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-benchmarks", action="store_true", help="only what tests hold")
    options = parser.parse_args()
    found = []
    for line in lines(not options.without_benchmarks):
        print(line, flush=True)
        found.append(line)
    failed = sum(not line.holds for line in found)
    print(f"\nfull form: {len(found)} promises, {failed} of them do not hold")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
