"""All commands on one app, and the one place where an error becomes a line and an exit code."""

from __future__ import annotations

import os
import sys
import traceback

import typer

from leadscore.cli import audit, batch, demo, export, init, models, recalibrate, review, service, structure, train
from leadscore.cli.terminal import say
from leadscore.errors import LeadScoreError

__all__ = ["app", "main"]

app = typer.Typer(
    name="leadscore",
    help="Lead scoring whose tiers are prices of the sales team's time.",
    epilog="Start with: leadscore demo",
    no_args_is_help=True,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for family in (demo, init, train, recalibrate, audit, models, structure, review, batch, service, export):
    family.register(app)


def main() -> None:
    """Run the command line and exit."""
    sys.exit(_run())


def _run() -> int:
    try:
        code = app(standalone_mode=False)
    except LeadScoreError as error:
        say(f"error: {error}")
        return error.exit_code
    except KeyboardInterrupt:
        code = 130
    except Exception as error:
        return _unexpected(error)
    if code == 130:
        say("interrupted; nothing was left half-written")
    return int(code or 0)


def _unexpected(error: Exception) -> int:
    exit_code = getattr(error, "exit_code", None)
    if isinstance(exit_code, int) and hasattr(error, "format_message"):
        from typer.rich_utils import rich_format_error

        rich_format_error(error)  # type: ignore[arg-type]
        return exit_code
    if os.environ.get("LEADSCORE_DEBUG"):
        traceback.print_exception(error)
    place = traceback.extract_tb(error.__traceback__)[-1]
    # Not the error's own text: it may hold content of a lead.
    say(
        f"error: a bug of ours ({type(error).__name__} in {os.path.basename(place.filename)}:{place.lineno}). "
        "Set LEADSCORE_DEBUG=1 for the whole story, and please report it."
    )
    return 1
