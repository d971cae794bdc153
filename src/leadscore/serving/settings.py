"""Settings of the service: frozen, closed, read from a TOML file and overridden by the command line."""

from __future__ import annotations

import ipaddress
import tomllib
from pathlib import Path
from typing import Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leadscore.errors import SettingsError

__all__ = ["Settings"]


class Settings(BaseModel):
    """How the service listens, stores and refuses.

    Examples
    --------
    >>> Settings(port=9000).host, Settings().auth
    ('127.0.0.1', True)
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    host: str = "127.0.0.1"
    """Address to listen on."""

    port: int = Field(8000, ge=0, le=65535)
    """Port to listen on; 0 takes a free one."""

    auth: bool = True
    """Whether every request but ``/live`` and ``/ready`` needs an API key; may be off on a loopback address only."""

    store: str = "serving/decisions.db"
    """Decisions and keys: a SQLite file, in a TOML file relative to that file, or a ``postgresql://`` URL."""

    synchronous: Literal["FULL", "NORMAL"] = "FULL"
    """``FULL`` survives a power cut; ``NORMAL`` survives the end of the process only."""

    spool: str = ""
    """Folder of this machine where decisions wait while the store does not answer, in a TOML file relative to that
    file; the reply says ``"stored": false`` then. Empty: the answer is 503."""

    retention_days: int = Field(0, ge=0)
    """Days after which what a lead said is deleted, and the lead when nothing newer is known of it; 0 keeps all."""

    unknown_fields: Literal["refuse", "ignore"] = "refuse"
    """What becomes of a field that neither the model nor its recipe knows."""

    reasons: int = Field(3, ge=0, le=3)
    """Reasons in a reply unless the request asks for another number."""

    lead_bytes: int = Field(64 * 1024, ge=1024)
    """Largest body of one lead, in bytes."""

    batch_bytes: int = Field(8 * 1024 * 1024, ge=1024)
    """Largest body of a batch, in bytes."""

    batch_max: int = Field(1000, ge=1)
    """Most leads in a batch."""

    log_requests: bool = False
    """Whether each request is logged: route, status, milliseconds; never content."""

    @model_validator(mode="after")
    def _open_on_loopback_only(self) -> Self:
        if not self.auth and not _is_loopback(self.host):
            raise SettingsError(
                f"without API keys the service listens on a loopback address only, got host {self.host!r}. "
                "Use --host 127.0.0.1, or leave auth on and make a key with `leadscore keys add NAME`."
            )
        return self

    @classmethod
    def from_toml(cls, path: str | Path | None = None, **overrides: Any) -> Self:
        """Read a settings file, and let the options of a command override it.

        Parameters
        ----------
        path
            TOML file with the keys of this class; None for the defaults.
        **overrides
            Values by key; None means not given.

        Raises
        ------
        SettingsError
            The file is missing or no TOML, a key is unknown or a value is not allowed.
        """
        values = {} if path is None else _read(Path(path))
        values |= {key: value for key, value in overrides.items() if value is not None}
        try:
            return cls(**values)
        except ValidationError as error:
            raise SettingsError(_explain(error, path)) from None


def _read(path: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(path.read_text("utf-8"))
    except OSError as error:
        raise SettingsError(f"the settings file {path} cannot be read: {error.strerror}") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise SettingsError(f"the settings file {path} is no TOML: {error}") from None
    for key in ("store", "spool"):
        place = values.get(key)
        if isinstance(place, str) and place and "://" not in place:
            values[key] = str(path.parent / place)
    return values


def _explain(error: ValidationError, path: str | Path | None) -> str:
    where = f" in {path}" if path else ""
    named = [(".".join(map(str, fault["loc"])), fault) for fault in error.errors()]
    unknown = ", ".join(key for key, fault in named if fault["type"] == "extra_forbidden")
    said = [f"{key}: {fault['msg']}" for key, fault in named if fault["type"] != "extra_forbidden"]
    said += [f"there is no {unknown}"] if unknown else []
    return f"settings{where}: {'; '.join(said)}. Known keys: {', '.join(Settings.model_fields)}."


def _is_loopback(host: str) -> bool:
    try:
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
