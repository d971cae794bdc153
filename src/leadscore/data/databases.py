"""Reading tables of a database: in pieces, every cell as text, and nothing said that tells a password."""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pandas as pd

from leadscore.data.locations import DatabaseTable
from leadscore.errors import BadInput, LeadScoreError, MissingExtra, OutOfReach

if TYPE_CHECKING:
    from sqlalchemy import URL, Connection
    from sqlalchemy.engine.reflection import Inspector

__all__ = ["cell_text", "stream_table", "tables_of"]

_DRIVER = {"postgresql": "postgresql+psycopg", "postgres": "postgresql+psycopg"}
_EXTRA = {"psycopg": "leadscore[postgres]"}
_CONNECT_SECONDS = 10
_EXACT_FLOAT = 2**53
_THREE_DECIMALS = re.compile(r"-?\d{1,3}\.\d{3}")


def tables_of(database: DatabaseTable) -> tuple[DatabaseTable, ...]:
    """The table itself, or each table of the database in the order of their names where none is named.

    Raises
    ------
    BadInput, OutOfReach, MissingExtra
        As for :func:`stream_table`.
    """
    if database.table or database.query:
        return (database,)
    with _connected(database) as connection:
        return tuple(database.model_copy(update={"table": name}) for name in _names(_inspector(connection), database))


def stream_table(table: DatabaseTable, *, rows: int = 50_000) -> Iterator[pd.DataFrame]:
    """Read a table in pieces of ``rows`` rows; at least one piece, possibly empty, is given.

    Parameters
    ----------
    table
        A table, a query, or a database with one table.
    rows
        Rows of a piece; no more of them are held at once.

    Yields
    ------
    DataFrame
        Text columns, "" where there is no value; the index is the number of the row, from 1.

    Raises
    ------
    BadInput
        The URL, the table or the query is wrong, or a variable that the URL refers to is not set.
    OutOfReach
        The database cannot be reached, or does not let the user in.
    MissingExtra
        SQLAlchemy or the driver of the database is not installed.
    """
    with _connected(table) as connection:
        statement = _statement(table, connection)
        connection = connection.execution_options(stream_results=True, max_row_buffer=rows, no_parameters=True)
        with connection.exec_driver_sql(statement) as result:
            if not result.returns_rows:
                raise BadInput(f"{table}: the query gives no rows. Give a `select`.")
            names = [str(name) for name in result.keys()]
            if repeated := [name for name in names if names.count(name) > 1]:
                raise BadInput(
                    f"{table}: the query gives two columns called {repeated[0]!r}. Rename one of them with `as`."
                )
            first = 1
            for part in result.partitions(rows):
                yield _frame(names, part, first)
                first += len(part)
            if first == 1:
                yield _frame(names, (), first)


def cell_text(value: object) -> str:
    """Write a value as a Parquet file's would be read.

    Examples
    --------
    >>> [cell_text(v) for v in (None, True, 12345678901234567890, Decimal("0.10"), 1.234, 2.0, date(2024, 2, 29))]
    ['', 'True', '12345678901234567890', '0.10', '1.2340', '2', '2024-02-29']
    """
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    if isinstance(value, float):
        return _float_text(value)
    if isinstance(value, Decimal):
        return _unmistakable(format(value, "f")) if value.is_finite() else _float_text(float(value))
    if isinstance(value, datetime):
        return value.isoformat(" ")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, bytes | bytearray | memoryview):
        return bytes(value).hex()
    if isinstance(value, dict | list | tuple):
        return json.dumps(value, ensure_ascii=False, default=cell_text)
    return str(value)


def _float_text(value: float) -> str:
    if math.isnan(value):
        return ""
    if value.is_integer() and abs(value) < _EXACT_FLOAT:
        return str(int(value))
    return _unmistakable(repr(value))


def _unmistakable(number: str) -> str:
    """Write 1.234 as 1.2340, which stays the same number in a model that was trained on decimal commas."""
    return f"{number}0" if _THREE_DECIMALS.fullmatch(number) else number


def _frame(names: Sequence[str], rows: Sequence[Sequence[object]], first: int) -> pd.DataFrame:
    columns: Any = zip(*rows, strict=True) if rows else [()] * len(names)
    index = pd.RangeIndex(first, first + len(rows))
    text = ([cell_text(value) for value in column] for column in columns)
    return pd.DataFrame({name: pd.Series(cells, index, dtype="str") for name, cells in zip(names, text, strict=True)})


def _statement(table: DatabaseTable, connection: Connection) -> str:
    if table.query is not None:
        return table.query.strip().rstrip(";")
    inspector = _inspector(connection)
    name = table.table or _only_table(inspector, table)
    schema, _, plain = name.rpartition(".")
    if not inspector.has_table(plain, schema=schema or None):
        known = ", ".join(map(repr, _names(inspector, table)))
        raise BadInput(f"{table}: the database has no table {name!r}; it has {known}.")
    quoted = connection.dialect.identifier_preparer.quote_identifier
    keys = inspector.get_pk_constraint(plain, schema=schema or None)["constrained_columns"]
    # A table has no order of its own, and the same seed should give the same model.
    order = f" order by {', '.join(map(quoted, keys))}" if keys else ""
    return f"select * from {'.'.join(quoted(part) for part in (schema, plain) if part)}{order}"


def _only_table(inspector: Inspector, database: DatabaseTable) -> str:
    names = _names(inspector, database)
    if len(names) > 1:
        raise BadInput(
            f"{database}: the database has {len(names)} tables: {', '.join(map(repr, names))}. Name one as `table` in "
            "the recipe, or as URL#table on the command line."
        )
    return names[0]


def _names(inspector: Inspector, database: DatabaseTable) -> list[str]:
    names = sorted(inspector.get_table_names()) or sorted(inspector.get_view_names())
    if not names:
        raise BadInput(
            f"{database}: the database has no table. Name one of another schema as `schema.table`, or another database."
        )
    return names


def _inspector(connection: Connection) -> Inspector:
    from sqlalchemy import inspect

    return inspect(connection)


@contextmanager
def _connected(table: DatabaseTable) -> Iterator[Connection]:
    """A connection that reads only, and whose errors are told in a sentence."""
    try:
        from sqlalchemy import create_engine, exc, pool
    except ImportError:
        raise MissingExtra(
            f"{table}: databases need SQLAlchemy. Install it with: pip install 'leadscore[sql]'"
        ) from None
    filled = table.filled(os.environ)
    url = _url(filled, table)
    if filled.file is not None and not filled.file.is_file():
        raise BadInput(f"{table}: there is no such SQLite file. Give its path, as in sqlite:///folder/crm.db.")
    wait = {} if url.get_backend_name() != "postgresql" else {"connect_timeout": _CONNECT_SECONDS}
    try:
        engine = create_engine(
            url, poolclass=pool.NullPool, connect_args={k: v for k, v in wait.items() if k not in url.query}
        )
    except exc.NoSuchModuleError:
        raise MissingExtra(
            f"{table}: SQLAlchemy knows no database {url.drivername!r}. Mend the URL, or install the package for it."
        ) from None
    except ImportError as error:
        driver = error.name or "psycopg"
        package = _EXTRA.get(driver, driver)
        raise MissingExtra(
            f"{table}: the driver {driver} is not installed. Install it with: pip install '{package}'"
        ) from None
    try:
        with engine.connect() as connection:
            yield connection.execution_options(postgresql_readonly=True)
    except exc.SQLAlchemyError as error:
        raise _failure(error, table, filled) from None
    finally:
        engine.dispose()


def _url(filled: DatabaseTable, table: DatabaseTable) -> URL:
    from sqlalchemy import exc, make_url

    try:
        url = make_url(filled.url)
    except (exc.ArgumentError, ValueError):
        raise BadInput(
            f"{table}: not a URL that SQLAlchemy reads; allowed: dialect://user:password@host/database."
        ) from None
    return url.set(drivername=_DRIVER.get(url.drivername, url.drivername))


def _failure(error: Exception, table: DatabaseTable, filled: DatabaseTable) -> LeadScoreError:
    from sqlalchemy import exc

    reason = " ".join(str(getattr(error, "orig", None) or error).strip().splitlines()[:1])
    for secret in filled.secrets:
        reason = reason.replace(secret, "***")
    lost = isinstance(error, exc.DBAPIError) and error.connection_invalidated
    if lost or (isinstance(error, exc.OperationalError | exc.InterfaceError) and filled.file is None):
        return OutOfReach(f"{table}: the database cannot be reached: {reason}. Look at host, port, user and password.")
    return BadInput(f"{table}: the database refuses to read this: {reason}. Mend `table` or `query`, or the URL.")
