"""The whole story on synthetic leads: train, tiers, five leads over HTTP."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from leadscore.cli.terminal import Quiet, Seed, home, out, progress, remark
from leadscore.client import Client
from leadscore.errors import OutOfReach

__all__ = ["register"]

_START_SECONDS = 60.0

_USUAL = {
    "Channel": "Inbound",
    "Lead Source": "Webinar",
    "Industry": "Manufacturing",
    "Country": "Germany",
    "Territory": "Central",
    "Employees": 240,
    "Company Size": "mid",
    "E-mail Domain": "business",
    "Phone Given": True,
    "Product Interest": "Analytics",
    "Purchase Timeframe": "This quarter",
    "Existing Customer": False,
    "Consent": True,
}
_DEMO_REQUEST = (("webinar_attended", "09:00"), ("pricing_page", "10:10"), ("demo_request", "10:14"))

_LEADS: tuple[tuple[str, dict[str, Any], tuple[tuple[str, str], ...]], ...] = (
    (
        "a head of operations at a mid-sized manufacturer, after a webinar",
        {"Title": "Head of Operations", "Department": "Operations"},
        _DEMO_REQUEST,
    ),
    (
        "an IT director of a large insurer, by referral",
        {
            "Lead Source": "Referral",
            "Title": "IT Director",
            "Industry": "Financial Services",
            "Employees": 5200,
            "Company Size": "enterprise",
            "Product Interest": "Enterprise Suite",
        },
        (("pricing_page", "11:02"), ("form_submit", "11:05")),
    ),
    (
        "a student with a free e-mail address, who downloaded a paper",
        {
            "Lead Source": "Content",
            "Title": "Student",
            "Employees": 3,
            "Company Size": "small",
            "E-mail Domain": "free",
            "Phone Given": False,
            "Product Interest": "Starter",
            "Purchase Timeframe": "Just looking",
        },
        (("content_download", "12:30"),),
    ),
    (
        "a purchasing manager of an existing customer",
        {"Title": "Purchasing Manager", "Industry": "Retail", "Employees": 900, "Existing Customer": True},
        (("pricing_page", "13:45"),),
    ),
    (
        "the first lead again, without consent to be contacted",
        {"Title": "Head of Operations", "Department": "Operations", "Consent": False},
        _DEMO_REQUEST,
    ),
)
_DAY = "2026-11-02"


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command()(demo)


def demo(
    leads: Annotated[int, typer.Option(help="How many synthetic leads.")] = 20_000,
    seed: Seed = 0,
    quiet: Quiet = False,
) -> None:
    """Tell the whole story on synthetic leads: train, tiers, five leads over HTTP.

    Example: leadscore demo
    """
    from leadscore.data.synthetic import write_sample
    from leadscore.training import TrainingResult, train
    from leadscore.training.report.tables import stage_table, tier_table

    folder = home() / "data" / "demo"
    out.rule("1. past leads")
    write_sample(folder, n_leads=leads, seed=seed, force=True)
    out.print(f"{leads:,} synthetic leads of 24 months, with their activities and outcomes, in {_short(folder)}")

    out.rule("2. training")
    with progress(quiet=quiet) as advance:
        result = train(folder / "sample.toml", seed=seed, home=home(), progress=advance)
    assert isinstance(result, TrainingResult), "the sample's recipe has no points card"
    for warning in result.warnings:
        remark(f"note: {warning}", quiet=quiet)
    out.print(stage_table(result))

    out.rule("3. tiers")
    out.print(tier_table(result.bundle.policy, result.recipe.currency))

    out.rule("4. five leads over HTTP")
    version = str(result.model).rsplit("/", maxsplit=1)[-1]
    with _service(version) as client:
        for number, (who, fields, activities) in enumerate(_LEADS, start=1):
            events = [{"type": kind, "at": f"{_DAY}T{clock}:00Z"} for kind, clock in activities]
            lead = {"lead_id": f"demo-{number}", "fields": _USUAL | fields, "activities": events}
            _print_reply(who, client.score(lead | {"at": f"{_DAY}T14:00:00Z"}))

    out.rule("next")
    if sys.prefix != sys.base_prefix and "VIRTUAL_ENV" not in os.environ:
        out.print(f"source {_short(Path(sys.prefix))}/bin/activate", markup=False)
    for line in _NEXT:
        out.print(line, markup=False)


_NEXT = (
    "leadscore tiers --set SDR.heads=4        what one more SDR would move",
    "leadscore serve --no-auth                the service on http://127.0.0.1:8000 (pages: /docs)",
    "leadscore score data/demo/leads.csv --activities data/demo/activities.csv --out scored.csv",
    "leadscore ui                             the run with its figures in MLflow",
    "leadscore init EXPORT.csv                a recipe for your own leads, guessed and explained",
    "leadscore train training/xeducation.toml --data ../shared/data/xeducation_leads.csv",
)


def _print_reply(who: str, reply: dict[str, Any]) -> None:
    minutes = reply["reply_within_minutes"]
    promise = "nobody calls" if minutes is None else f"within {minutes} minutes"
    out.print(f"[bold]{who}[/bold]")
    out.print(
        f"  tier {reply['tier']}, {reply['role']} ({promise}); qualifies {reply['p_qualify']:.0%}, "
        f"closes {reply['p_close']:.1%}; worth {reply['value']:,.0f} {reply['currency']}"
    )
    for key in ("reason_1", "reason_2", "reason_3"):
        if reply[key]:
            out.print(f"    {reply[key]}", markup=False)


@contextmanager
def _service(version: str) -> Iterator[Client]:
    """Start the real service on a free local port, and stop it afterwards."""
    command = [sys.executable, "-m", "leadscore", "serve", version, "--no-auth", "--port", "0"]
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True)
    try:
        yield Client(_announced_url(process))
    finally:
        process.terminate()
        process.wait(timeout=10)
        if process.stderr is not None:
            process.stderr.close()


def _announced_url(process: subprocess.Popen[str]) -> str:
    deadline = time.monotonic() + _START_SECONDS
    said = ""
    while process.stderr is not None and time.monotonic() < deadline:
        line = process.stderr.readline()
        if not line:
            break
        said = line.strip()
        if " on http" in line:
            return line.split(" on ", 1)[1].split()[0]
    raise OutOfReach(f"the service did not start: {said or 'it ended without a word'}")


def _short(path: Path) -> str:
    try:
        return str(path.relative_to(Path.cwd()))
    except ValueError:
        return str(path)
