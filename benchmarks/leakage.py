"""The leakage audit on columns of which it is known whether they leak, beside `targetleak` on the same files.

Simulated exports carry ten planted leaks and twenty clean columns each; public files carry columns that their domain
knows to be clean, and X Education two that give the outcome away. Found is what is flagged at all (ours BLOCK or ASK,
theirs critical or warning); a false alarm is the same on a clean column. The peer knows one export only.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import venv
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pandas as pd
from comparison import Row, compare, run, say
from leaky_exports import CLEAN, LEAKS, exports
from sklearn.datasets import load_breast_cancer

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.history import History
from leadscore.data.leakage import audit
from leadscore.data.outcomes import Outcome
from leadscore.data.sources import Sources
from leadscore.training.pipeline import read
from leadscore.training.recipe import Recipe, load_recipe

ROOT = Path(__file__).parents[1]
DATA = Path(os.environ.get("LEADSCORE_DATA") or ROOT.parent / "shared" / "data")
CACHE = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "leadscore-benchmarks"
PEER = "targetleak==0.3.2"

SEEDS, SHORT_SEEDS = range(8), range(2)
SHAPES = ({"n": 6000}, {"n": 2500, "wins": 0.3, "softness": 0.3}, {"n": 12_000, "wins": 0.06, "softness": 0.6})
_ASK = "import targetleak; targetleak.main()"
X_EDUCATION_LEAKS = frozenset({"Tags", "Lead Quality"})


@dataclass(slots=True)
class Count:
    """What one auditor said, summed over files.

    Parameters
    ----------
    leaks, found
        Leaky columns, and how many of them were flagged.
    clean, blocked, flagged
        Clean columns, how many of them were convicted, and how many were convicted or doubted.
    """

    leaks: int = 0
    found: int = 0
    clean: int = 0
    blocked: int = 0
    flagged: list[str] = field(default_factory=list)

    def add(self, said: Mapping[str, str], leaks: Iterable[str], clean: Iterable[str], file: str) -> None:
        """Count the verdicts on one file; a column that nobody mentions is ok."""
        for column in leaks:
            self.leaks += 1
            self.found += column in said
        for column in clean:
            self.clean += 1
            self.blocked += said.get(column) in ("BLOCK", "critical")
            if column in said:
                self.flagged.append(f"{file}: {column} ({said[column]})")


class TargetLeak:
    """`targetleak` in an environment of its own, made at first use under the user's cache folder."""

    def __init__(self) -> None:
        home = CACHE / PEER.replace("==", "-")
        self.python = home / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
        if not self.python.exists():
            say(f"installing {PEER} into {home}")
            venv.create(home, with_pip=True)
        done = subprocess.run(
            [self.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", PEER],
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise OSError(done.stderr.strip().splitlines()[-1] if done.stderr.strip() else "pip failed")

    def __call__(self, frame: pd.DataFrame, y: Iterable[float]) -> dict[str, str]:
        """Ask about the columns of a frame."""
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "leads.csv"
            frame.assign(_won=list(map(int, y))).to_csv(file, index=False)
            command = [self.python, "-c", _ASK, file, "--target", "_won", "--json"]
            done = subprocess.run(command, capture_output=True, text=True, check=False)
        said: dict[str, str] = {}
        for finding in json.loads(done.stdout)["findings"]:
            if finding["severity"] in ("critical", "warning") and finding["column"]:
                said[finding["column"]] = min(said.get(finding["column"], "warning"), finding["severity"])
        return said


def ours(history: History, later: History | None = None) -> dict[str, str]:
    """What our audit flags."""
    return {v.column: v.verdict for v in audit(history, allow={}, later=later) if v.verdict != "ok"}


def simulated(frame: pd.DataFrame) -> History:
    """Read a simulated export as a user would."""
    outcome = Outcome(column="Result", positive=("Won",), negative=("Lost",))
    return _read(frame, LeadColumns(id="Id", created="Created"), outcome)


def public() -> Iterator[tuple[str, History]]:
    """Histories of public files; whatever is known to leak there is named in `X_EDUCATION_LEAKS` or left out."""
    cancer = load_breast_cancer(as_frame=True).frame.astype(str)
    yield "breast cancer", _read(cancer, LeadColumns(order="row"), Outcome(column="target", positive=(1,)))
    if not DATA.is_dir():
        say(f"the CRM exports are not in {DATA}: set LEADSCORE_DATA to their folder")
        return
    for name in ("xeducation", "olist", "crm_opportunities"):
        recipe = load_recipe(ROOT / "training" / f"{name}.toml")
        yield name, read(recipe, DATA / ("xeducation_leads.csv" if name == "xeducation" else name))


def _read(frame: pd.DataFrame, lead: LeadColumns, outcome: Outcome) -> History:
    with tempfile.TemporaryDirectory() as folder:
        frame.to_csv(Path(folder) / "leads.csv", index=False)
        sources = Sources(leads="leads.csv")
        return read(Recipe(data=sources, lead=lead, close=outcome, columns=Columns(), folder=Path(folder)))


def measure(short: bool) -> Iterator[Row]:
    """Audit all files with both."""
    peer = _peer()
    planted = {"one": Count(), "two": Count(), "peer": Count()}
    for seed in SHORT_SEEDS if short else SEEDS:
        say(f"seed {seed}: {len(SHAPES)} pairs of exports")
        for shape in SHAPES:
            both = exports(seed=seed, **shape)
            history, later = simulated(both.earlier), simulated(both.later)
            planted["one"].add(ours(history), LEAKS, CLEAN, "simulated")
            planted["two"].add(ours(history, later), LEAKS, CLEAN, "simulated")
            if peer:
                planted["peer"].add(_ask(peer, history, (*LEAKS, *CLEAN)), LEAKS, CLEAN, "simulated")
    known = {"one": Count(), "peer": Count()}
    for name, history in public():
        say(f"{name}: {len(history)} rows")
        leaks = [c for c in history.frame.columns if c in X_EDUCATION_LEAKS]
        clean = [f.name for f in history.fields if f.name not in history.sources]
        known["one"].add(ours(history), leaks, clean, name)
        if peer:
            known["peer"].add(_ask(peer, history, (*leaks, *clean)), leaks, clean, name)
    yield from _rows("simulated", planted["one"], planted["peer"] if peer else None)
    two = planted["two"]
    yield compare("simulated, two exports: planted leaks found / planted", two.found, two.leaks, at_least=1)
    yield compare("simulated, two exports: clean columns blocked, per 100", 100 * two.blocked / two.clean)
    yield compare("simulated, two exports: clean columns flagged, per 100", 100 * len(two.flagged) / two.clean)
    yield from _rows("public", known["one"], known["peer"] if peer else None)
    for who, count in {"ours": known["one"], "targetleak": known["peer"]}.items():
        for alarm in count.flagged:
            say(f"{who} flags on clean public columns: {alarm}")


def _peer() -> TargetLeak | None:
    try:
        return TargetLeak()
    except OSError as error:
        say(f"{PEER} cannot be installed, so it is left out: {error}")
        return None


def _ask(peer: TargetLeak, history: History, columns: Iterable[str]) -> dict[str, str]:
    """Show the peer the decided leads; it knows no others."""
    y = history.labels["close"]
    return peer(history.frame.loc[y == y, list(columns)], y[y == y])


def _rows(where: str, mine: Count, theirs: Count | None) -> Iterator[Row]:
    yield compare(f"{where}: leaks found of {mine.leaks} / targetleak", mine.found, theirs and theirs.found, at_least=1)
    for what, figure in {
        "blocked (theirs: critical)": lambda c: 100 * c.blocked / c.clean,
        "flagged (theirs: warning too)": lambda c: 100 * len(c.flagged) / c.clean,
    }.items():
        name = f"{where}: {mine.clean} clean columns {what}, per 100 / targetleak"
        yield compare(name, figure(mine), figure(theirs) if theirs else None)


if __name__ == "__main__":
    run(
        "The leakage audit beside targetleak.",
        measure,
        packages=("leadscore", "pandas", "scikit-learn"),
        tools={"targetleak": PEER.split("==")[1], "python of targetleak": sys.version.split()[0]},
    )
