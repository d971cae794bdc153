"""Where the files of a model lie, and putting a Bundle in its place without a moment of half of it."""

from __future__ import annotations

import ctypes
import os
import re
import sqlite3
import tempfile
from contextlib import closing
from dataclasses import replace
from pathlib import Path
from urllib.parse import urlsplit
from urllib.request import url2pathname

from leadscore.errors import BadInput
from leadscore.models.bundle import load_bundle, save_bundle

__all__ = ["local_path", "place_bundle", "put_folder", "relocate"]

# Tables and columns of MLflow's store that hold absolute paths.
_PLACES = (
    ("experiments", "artifact_location"),
    ("runs", "artifact_uri"),
    ("logged_models", "artifact_location"),
    ("model_versions", "source"),
    ("model_versions", "storage_location"),
)
_ARTIFACTS = "/models/artifacts"


def local_path(location: str) -> Path | None:
    """Path of files that lie on this machine; None for others.

    Examples
    --------
    >>> local_path("file:///a%20b/c"), local_path("/a b/c"), local_path("mlflow-artifacts:/0/c")
    (PosixPath('/a b/c'), PosixPath('/a b/c'), None)
    """
    if re.match(r"file:", location):
        return Path(url2pathname(urlsplit(location).path))
    return None if re.match(r"[a-z][a-z0-9+.-]+:/", location) else Path(location)


def place_bundle(source: Path, to: Path, *, name: str = "") -> Path:
    """Copy a Bundle into a folder, in place of an older one; a reader never sees half of it.

    Parameters
    ----------
    source
        Folder of a Bundle.
    to
        Where it goes; made if need be.
    name
        Name that the model has in replies from there, such as ``leadscore/3``.

    Raises
    ------
    BadInput
        The folder holds something else than a Bundle, or cannot be written.
    """
    if to.exists() and not (to / "manifest.json").is_file() and not (to.is_dir() and not any(to.iterdir())):
        raise BadInput(f"{to} holds something else than a Bundle; choose an empty folder or a new one.")
    try:
        to.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=f".{to.name}-", dir=to.parent) as scratch:
            fresh = Path(scratch) / "bundle"
            bundle = load_bundle(source)
            save_bundle(replace(bundle, card={**bundle.card, "version": name}) if name else bundle, fresh)
            load_bundle(fresh)
            put_folder(fresh, to)
    except OSError as error:
        raise BadInput(f"{to} cannot be written: {error.strerror}. Choose another folder.") from error
    return to


def put_folder(fresh: Path, to: Path) -> None:
    """Put a folder in the place of another: in one step where the system can, in two renames elsewhere.

    Parameters
    ----------
    fresh
        The new folder, on the same file system; afterwards the old one, if there was one, lies here or beside it.
    to
        Its place.
    """
    if not to.exists() or not any(to.iterdir()):
        fresh.rename(to)
    elif not _exchange(fresh, to):
        to.rename(fresh.with_name("before"))
        fresh.rename(to)


def relocate(database: Path, artifacts: Path) -> None:
    """Let an MLflow store in SQLite know where its artifacts lie now: it keeps absolute paths, and folders are moved.

    Parameters
    ----------
    database
        SQLite file of the store.
    artifacts
        Folder of its artifacts; paths that end in ``/models/artifacts`` elsewhere are brought here.
    """
    here = str(artifacts)
    with closing(sqlite3.connect(database)) as connection, connection:
        found = connection.execute("SELECT DISTINCT artifact_location FROM experiments").fetchall()
        elsewhere = [place for (place,) in found if place and place != here and place.endswith(_ARTIFACTS)]
        for before in elsewhere:
            for table, column in _PLACES:
                connection.execute(
                    f"UPDATE {table} SET {column} = ? || substr({column}, ?) "
                    f"WHERE {column} = ? OR substr({column}, 1, ?) = ?",
                    (here, len(before) + 1, before, len(before) + 1, f"{before}/"),
                )


def _exchange(one: Path, other: Path) -> bool:
    renameat2 = getattr(ctypes.CDLL(None), "renameat2", None) if os.name == "posix" else None
    here, exchange = -100, 2  # AT_FDCWD and RENAME_EXCHANGE of Linux
    return renameat2 is not None and renameat2(here, os.fsencode(one), here, os.fsencode(other), exchange) == 0
