"""Where an export lies: a file, or a table of a database whose password stands in no file."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, TypeAlias
from urllib.parse import quote, unquote

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    field_serializer,
    model_validator,
)

from leadscore.errors import BadInput

__all__ = ["DatabaseTable", "Location", "Place", "located", "table_of_url"]

_PASSWORD = re.compile(r"^(?P<before>[\w.+-]+://[^:/@]*):(?P<secret>[^@]*(?:@[^@/?#]*)*)@")
_PARAMETER = re.compile(
    r"(?P<before>[?&](?P<key>\w*(?:password|passwd|pwd|secret|token|api_?key|access_?key|odbc_connect)\w*)=)"
    r"(?P<secret>[^&#]*)",
    re.IGNORECASE,
)
_REFERENCE = re.compile(r"\$\{(\w+)\}")
_FRAGMENT = re.compile(r"^(?P<url>.+://.*|\$\{\w+\})#(?P<table>[^#@/?:]+)$", re.DOTALL)
_SQLITE_FILE = re.compile(r"^(?P<before>sqlite(?:\+\w+)?:///)(?!:memory:|file:)(?P<path>[^?]+)")


class DatabaseTable(BaseModel):
    """A table of a database, or what a query gives.

    Written out, by ``str``, ``repr`` or any dump, it names a password's environment variable in place of the password.

    Examples
    --------
    >>> table = DatabaseTable.parse("postgresql://ann:tiger@db.acme.com/crm#sales.leads")
    >>> table.table, table.model_dump()["url"]
    ('sales.leads', 'postgresql://ann:${CRM_PASSWORD}@db.acme.com/crm')
    >>> print(table)
    postgresql://ann@db.acme.com/crm#sales.leads
    """

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    url: str = Field(repr=False)
    """URL as SQLAlchemy knows it; ``${NAME}`` stands for an environment variable."""
    table: str | None = None
    """Table or view, as ``table`` or ``schema.table``; the only one of the database when neither is given."""
    query: str | None = None
    """A ``select`` in place of a table."""

    @model_validator(mode="before")
    @classmethod
    def _take_fragment(cls, given: Any) -> Any:
        if isinstance(given, dict) and isinstance(given.get("url"), str) and (found := _FRAGMENT.match(given["url"])):
            return {"table": found["table"], **given, "url": found["url"]}
        return given

    @model_validator(mode="after")
    def _checked(self) -> DatabaseTable:
        if "://" not in self.url and not _REFERENCE.fullmatch(self.url):
            raise ValueError("`url` is no URL of a database; allowed: such as postgresql://host/database")
        if self.table is not None and self.query is not None:
            raise ValueError("give either `table` or `query`, not both")
        return self

    @field_serializer("url")
    def _write_url(self, _url: str) -> str:
        return self.shown_url

    @classmethod
    def parse(cls, text: str) -> DatabaseTable:
        """Read ``URL``, ``URL#table`` or ``URL#schema.table``."""
        return cls(url=text)

    @property
    def shown_url(self) -> str:
        """The URL, with references to environment variables in place of passwords."""
        shown = _PASSWORD.sub(lambda m: f"{m['before']}:{self._kept(m['secret'], 'PASSWORD')}@", self.url)
        return _PARAMETER.sub(lambda m: m["before"] + self._kept(m["secret"], m["key"].upper()), shown)

    @property
    def environment(self) -> tuple[str, ...]:
        """Environment variables that the shown URL refers to."""
        return tuple(dict.fromkeys(_REFERENCE.findall(self.shown_url)))

    @property
    def name(self) -> str:
        """What messages call it."""
        return self.table or ("the query" if self.query else "the database")

    @property
    def stem(self) -> str:
        """What its columns are told apart by: the table without its schema."""
        return self.table.rpartition(".")[2] if self.table else "query"

    @property
    def secrets(self) -> tuple[str, ...]:
        """Passwords that stand in the URL, as they are written and as they are meant."""
        found = [m["secret"] for pattern in (_PASSWORD, _PARAMETER) for m in pattern.finditer(self.url)]
        return tuple(dict.fromkeys(s for written in found for s in (written, unquote(written)) if s))

    def with_path(self, change: Callable[[str], str]) -> DatabaseTable:
        """The same with another path of the SQLite file; a database of another kind stays as it is."""
        url = _SQLITE_FILE.sub(lambda m: m["before"] + change(m["path"]), self.url)
        return self.model_copy(update={"url": url})

    @property
    def file(self) -> Path | None:
        """The SQLite file, or None for a database of another kind."""
        found = _SQLITE_FILE.match(self.url)
        return None if found is None else Path(found["path"])

    def filled(self, environ: Mapping[str, str]) -> DatabaseTable:
        """The same with the values of environment variables in place of their names.

        Raises
        ------
        BadInput
            A variable is not set.
        """
        whole = _REFERENCE.fullmatch(self.url) is not None

        def value(reference: re.Match[str]) -> str:
            name = reference[1]
            if name not in environ:
                raise BadInput(
                    f"{self}: the environment variable {name} is not set. Set it to the "
                    f"{'URL' if whole else 'password (or other part)'} that stands for it in `url`, then try again."
                )
            return environ[name].strip() if whole else quote(environ[name], safe="")

        url = _REFERENCE.sub(value, self.url)
        if not whole:  # A password that holds an @ would otherwise be cut at it.
            url = _PASSWORD.sub(lambda m: f"{m['before']}:{quote(unquote(m['secret']), safe='')}@", url)
        return self.model_copy(update={"url": url})

    def __str__(self) -> str:
        plain = _PASSWORD.sub(r"\g<before>@", self.url).partition("?")[0]
        return f"{plain}#{self.table or '(query)'}" if self.table or self.query else plain

    def _kept(self, secret: str, what: str) -> str:
        if not secret or _REFERENCE.fullmatch(secret):
            return secret
        database = _PASSWORD.sub("//", self.url).partition("?")[0].rstrip("/").rpartition("/")[2]
        name = re.sub(r"\W+", "_", database, flags=re.ASCII).strip("_").upper() or "DATABASE"
        return f"${{{'DB_' if name[0].isdigit() else ''}{name}_{what}}}"


def table_of_url(given: Any) -> Any:
    """Let a text with ``://`` mean a table of a database; anything else is given back."""
    return {"url": given} if isinstance(given, str) and "://" in given else given


Location: TypeAlias = Annotated[
    Annotated[str, Tag("path")] | Annotated[DatabaseTable, Tag("table")],
    Discriminator(lambda given: "table" if isinstance(given, dict | DatabaseTable) else "path"),
    BeforeValidator(table_of_url),
]
"""A path, or a table of a database, in a recipe."""

Place: TypeAlias = Path | DatabaseTable
"""A path, or a table of a database, where it lies."""


def located(location: str | Path | DatabaseTable, folder: Path = Path()) -> Place:
    """Where a path or a table lies, seen from a folder; a text with ``://`` is the URL of a database.

    Examples
    --------
    >>> located("leads.csv", Path("acme")).as_posix(), str(located("sqlite:///crm.db#leads", Path("acme")))
    ('acme/leads.csv', 'sqlite:///acme/crm.db#leads')
    """
    if isinstance(location, str) and "://" in location:
        location = DatabaseTable.parse(location)
    if isinstance(location, DatabaseTable):
        return location.with_path(lambda path: (folder / path).as_posix())
    return folder / location
