"""Commands around the service: serve and keys."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from leadscore.cli.terminal import RegistryName, home, out, remark, say
from leadscore.errors import BadInput

if TYPE_CHECKING:
    from leadscore.serving import Settings

__all__ = ["SettingsFile", "register", "service_settings"]

SettingsFile = Annotated[Path | None, typer.Option("--settings", help="TOML with the settings of the service.")]

keys = typer.Typer(help="API keys of the service: add, list, revoke.", no_args_is_help=True)


def register(app: typer.Typer) -> None:
    """Add the commands to the app."""
    app.command()(serve)
    app.add_typer(keys, name="keys")


def serve(
    model: Annotated[
        str, typer.Argument(help="champion, challenger, a number, a URI or a Bundle folder.")
    ] = "champion",
    settings: SettingsFile = None,
    host: Annotated[str | None, typer.Option(help="Address to listen on; 127.0.0.1 when absent.")] = None,
    port: Annotated[int | None, typer.Option(help="Port to listen on; 8000 when absent, 0 for a free one.")] = None,
    no_auth: Annotated[bool, typer.Option("--no-auth", help="No API key; only on a loopback address.")] = False,
    registry_name: RegistryName = "leadscore",
) -> None:
    """Score and route leads over HTTP.

    Example: leadscore serve --no-auth
    """
    # Not `leadscore.training.load`: what training needs takes seconds to import.
    from leadscore.models.bundle import load_bundle
    from leadscore.models.registry import Registry
    from leadscore.scoring import Scorer
    from leadscore.serving import serve as serve_until_ended

    chosen = service_settings(settings, host=host, port=port, auth=False if no_auth else None)
    folder, name = Registry(home(), name=registry_name).find(model)
    scorer = Scorer(load_bundle(folder), version=name)
    serve_until_ended(
        scorer, chosen, announce=lambda url: say(f"serving {scorer.model_version} on {url} (see {url}/docs)")
    )


@keys.command()
def add(name: Annotated[str, typer.Argument(help="Who will use it.")], settings: SettingsFile = None) -> None:
    """Make an API key and print it, this once.

    Example: leadscore keys add hubspot
    """
    from leadscore.serving import DecisionStore

    with DecisionStore(service_settings(settings).store) as store:
        out.print(store.add_key(name, datetime.now(UTC)), markup=False)
    remark("this is the only time that the key is shown", quiet=False)


@keys.command("list")
def list_keys(settings: SettingsFile = None) -> None:
    """List the API keys by their prefixes."""
    from leadscore.serving import DecisionStore

    with DecisionStore(service_settings(settings).store) as store:
        for key in store.keys():
            state = "active" if key.revoked is None else f"revoked {key.revoked:%Y-%m-%d}"
            out.print(f"{key.prefix}  {key.name}  made {key.created:%Y-%m-%d}  {state}", markup=False)


@keys.command()
def revoke(
    prefix: Annotated[str, typer.Argument(help="Prefix, as `keys list` shows it.")], settings: SettingsFile = None
) -> None:
    """Close an API key; a running service refuses it within seconds."""
    from leadscore.serving import DecisionStore

    with DecisionStore(service_settings(settings).store) as store:
        if not store.revoke(prefix, datetime.now(UTC)):
            raise BadInput(f"there is no active key {prefix!r}; `leadscore keys list` shows the prefixes.")
    remark(f"{prefix} is revoked", quiet=False)


def service_settings(file: Path | None, **options: object) -> Settings:
    """Settings of a file, or the defaults with the store in the working folder."""
    from leadscore.serving import Settings

    store = None if file is not None else str(home() / "serving" / "decisions.db")
    return Settings.from_toml(file, store=store, **options)
