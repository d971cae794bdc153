"""The registry: which versions of a model there are, which of them is champion, and where their Bundles lie.

One of three doors to MLflow, and the only one that knows aliases. Without a server the store is embedded: SQLite and
files under ``models/`` of the working folder, which may be moved or copied as a whole.
"""

from __future__ import annotations

import hashlib
import json
import logging
import os
import re
import sqlite3
import tempfile
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cached_property
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from leadscore.errors import MissingExtra, OutOfReach, UnknownModel
from leadscore.models.bundle import verify_bundle
from leadscore.models.placement import local_path, place_bundle, put_folder, relocate

__all__ = ["BUNDLE", "CHALLENGER", "CHAMPION", "Registry", "Version", "quiet"]

CHAMPION = "champion"
CHALLENGER = "challenger"

BUNDLE = "artifacts/bundle"
"""Where the Bundle lies inside the files of a pyfunc model."""

_HISTORY = "champions"
_REMEMBERED = 100
_MAKE_ONE = "Make one with: leadscore train RECIPE"

_ENVIRONMENT = {
    # A server that is down is said within seconds rather than minutes.
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    # What is trained here is nobody else's business.
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "GIT_PYTHON_REFRESH": "quiet",
}


@contextmanager
def quiet() -> Iterator[None]:
    """Import MLflow if need be, and keep what it and its libraries say from the terminal.

    Raises
    ------
    MissingExtra
        MLflow is not installed.
    """
    _require_mlflow()
    for name, value in _ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import mlflow  # noqa: F401  (sets up its loggers when first imported)

        loggers = [logging.getLogger(name) for name in ("mlflow", "alembic", "matplotlib")]
        levels = [logger.level for logger in loggers]
        for logger in loggers:
            logger.setLevel(logging.CRITICAL)
        try:
            yield
        finally:
            for logger, level in zip(loggers, levels, strict=True):
                logger.setLevel(level)


def _require_mlflow() -> None:
    if find_spec("mlflow") is None:
        raise MissingExtra("the registry needs MLflow: pip install 'leadscore[train]'. A Bundle folder needs none.")


@dataclass(frozen=True, slots=True)
class Version:
    """One version of the registered model.

    Parameters
    ----------
    number
        1, 2, 3, ...
    aliases
        ``champion``, ``challenger`` or others that point at it.
    tags
        What was recorded when it was registered.
    run_id
        MLflow run that made it.
    location
        Where its files lie.
    """

    number: int
    aliases: tuple[str, ...]
    tags: Mapping[str, str]
    run_id: str
    location: str


class Registry:
    """Versions and aliases of one registered model.

    Parameters
    ----------
    home
        Working folder; the embedded store lies under its ``models/``.
    name
        Name of the registered model.
    uri
        MLflow tracking URI; ``MLFLOW_TRACKING_URI``, or else the embedded store, when absent.

    Examples
    --------
    >>> import tempfile
    >>> Registry(Path(tempfile.mkdtemp()), uri="").versions()
    ()
    """

    def __init__(self, home: Path | str, *, name: str = "leadscore", uri: str | None = None) -> None:
        self.home = Path(home).resolve()
        self.name = name
        self._given = os.environ.get("MLFLOW_TRACKING_URI", "") if uri is None else uri

    @property
    def embedded(self) -> bool:
        """Whether the store is the one under ``models/``."""
        return not self._given

    @property
    def uri(self) -> str:
        """MLflow tracking URI."""
        return self._given or f"sqlite:///{self._database}"

    @property
    def artifacts(self) -> Path:
        """Where the embedded store keeps files."""
        return self.home / "models" / "artifacts"

    @property
    def _database(self) -> Path:
        return self.home / "models" / "mlflow.db"

    @property
    def _shown(self) -> str:
        # A tracking URI may carry a password.
        return str(self._database) if self.embedded else re.sub(r"//[^/@]*@", "//", self.uri)

    @cached_property
    def client(self) -> Any:
        """MLflow's client for this store, without any global setting."""
        from mlflow import MlflowClient

        self.relocate()
        return MlflowClient(tracking_uri=self.uri, registry_uri=self.uri)

    @contextmanager
    def reaching(self) -> Iterator[None]:
        """Talk to MLflow quietly; its errors become ours.

        Raises
        ------
        OutOfReach, UnknownModel
            The store cannot be reached, read or written; it has no such thing.
        """
        with quiet():
            from mlflow.exceptions import MlflowException

            try:
                yield
            except MlflowException as error:
                first = str(error).strip().splitlines()[0][:200]
                if error.error_code == "RESOURCE_DOES_NOT_EXIST":
                    raise UnknownModel(f"MLflow at {self._shown} knows no such model: {first}") from error
                if "Max retries exceeded" in first:
                    raise OutOfReach(f"MLflow at {self._shown} cannot be reached. Is it running?") from error
                raise OutOfReach(f"MLflow at {self._shown} does not do what was asked: {first}") from error
            except (OSError, sqlite3.Error) as error:
                raise OutOfReach(f"MLflow at {self._shown} cannot be reached: {error}") from error

    def check(self) -> None:
        """Find out early whether the store can be used at all; nothing is written.

        Raises
        ------
        MissingExtra, OutOfReach
            MLflow is not installed, or its server does not answer.
        """
        _require_mlflow()
        if not self.embedded:
            with self.reaching():
                self.client.search_experiments(max_results=1)

    def create(self) -> None:
        """Make the embedded store where there is none; it appears whole or not at all."""
        if not self.embedded or self._database.exists():
            return
        with self.reaching():
            from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore

            self.artifacts.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".mlflow-", dir=self._database.parent) as scratch:
                fresh = Path(scratch) / "mlflow.db"
                SqlAlchemyStore(f"sqlite:///{fresh}", str(self.artifacts)).engine.dispose()
                fresh.rename(self._database)

    def relocate(self) -> None:
        """Let the embedded store know that it was moved; done whenever it is opened."""
        if self.embedded and self.artifacts.is_dir() and self._database.exists():
            relocate(self._database, self.artifacts)

    def versions(self) -> tuple[Version, ...]:
        """All versions, oldest first; none where there is no store yet."""
        model = self._model()
        if model is None:
            return ()
        with self.reaching():
            found = self.client.search_model_versions(f"name = '{self.name}'")
        aliases = dict(model.aliases)
        versions = (
            Version(
                number=int(v.version),
                aliases=tuple(sorted(a for a, number in aliases.items() if int(number) == int(v.version))),
                tags=dict(v.tags),
                run_id=v.run_id or "",
                location=v.source,
            )
            for v in found
        )
        return tuple(sorted(versions, key=lambda v: v.number))

    def version(self, model: str) -> Version:
        """The version that an alias, a number or a URI of this registered model names.

        Raises
        ------
        UnknownModel
            There is none; the message says what there is.
        """
        versions = self.versions()
        wanted = str(model).removeprefix(f"models:/{self.name}@").removeprefix(f"models:/{self.name}/")
        for version in versions:
            if wanted in (str(version.number), *version.aliases):
                return version
        raise UnknownModel(self._nothing_like(wanted, versions))

    def resolve(self, model: str) -> int:
        """Number of the version that ``champion``, ``challenger``, a number or a URI names."""
        return self.version(model).number

    def alias_of(self, version: int) -> tuple[str, ...]:
        """Aliases that point at a version."""
        return self.version(str(version)).aliases

    def set_alias(self, alias: str, version: int) -> None:
        """Point an alias at a version."""
        with self.reaching():
            self.client.set_registered_model_alias(self.name, alias, str(version))

    def register(self, location: str, *, run_id: str, model_id: str, tags: Mapping[str, str]) -> int:
        """Make a version of a logged model; the newest version is always the challenger."""
        with self.reaching():
            if self._model() is None:
                self.client.create_registered_model(self.name)
            made = self.client.create_model_version(
                self.name, location, run_id, tags=dict(tags), await_creation_for=None, model_id=model_id
            )
            self.client.set_registered_model_alias(self.name, CHALLENGER, made.version)
        return int(made.version)

    def forget(self, run_id: str) -> None:
        """Remove the versions that a run made; the newest of the others is the challenger again."""
        versions = self.versions()
        gone = [v for v in versions if v.run_id == run_id]
        kept = [v for v in versions if v.run_id != run_id]
        with self.reaching():
            for version in gone:
                self.client.delete_model_version(self.name, str(version.number))
            if gone and kept:
                self.client.set_registered_model_alias(self.name, CHALLENGER, str(kept[-1].number))

    def promote(self, model: str) -> int:
        """Make a version the champion, and remember the champion before it.

        Returns
        -------
        int
            Number of the version.
        """
        number = self.resolve(model)
        champions = self._champions()
        if champions[-1:] != [number]:
            self._crown([*champions, number])
        return number

    def rollback(self) -> int:
        """Make the champion before the present one champion again.

        Returns
        -------
        int
            Number of the version.

        Raises
        ------
        UnknownModel
            There is no champion, or there was none before it.
        """
        present = self.resolve(CHAMPION)
        champions = self._champions()[:-1]
        if not champions:
            raise UnknownModel(
                f"there is no champion before version {present} of {self.name!r}. {_MAKE_ONE}, then: leadscore promote"
            )
        self._crown(champions)
        return champions[-1]

    def _champions(self) -> list[int]:
        """Champions up to the present one, without those that were deleted since."""
        versions = {v.number: v for v in self.versions()}
        present = next((v.number for v in versions.values() if CHAMPION in v.aliases), None)
        model = self._model()
        noted = json.loads(model.tags.get(_HISTORY, "[]")) if model is not None else []
        before = noted[: len(noted) - noted[::-1].index(present) - 1] if present in noted else noted
        kept = [n for n in before if n in versions and n != present]
        return kept if present is None else [*kept, present]

    def _crown(self, champions: list[int]) -> None:
        with self.reaching():
            self.client.set_registered_model_tag(self.name, _HISTORY, json.dumps(champions[-_REMEMBERED:]))
            self.client.set_registered_model_alias(self.name, CHAMPION, str(champions[-1]))

    def bundle_of(self, model: str = CHAMPION) -> Path:
        """Folder with the Bundle of a model, its hashes checked; local files are used in place.

        Parameters
        ----------
        model
            ``champion``, ``challenger``, a version number, an MLflow model URI, or the path of a Bundle folder.

        Raises
        ------
        UnknownModel, BundleError, OutOfReach
            There is no such model, its files were altered, or they cannot be reached.
        """
        return self.find(model)[0]

    def find(self, model: str = CHAMPION) -> tuple[Path, str]:
        """As :meth:`bundle_of`, with the name that the model has in replies, such as ``leadscore/3``."""
        version = self.own(str(model))
        if version is not None:
            folder, name = self._folder(version.location), f"{self.name}/{version.number}"
            if not folder.is_dir():
                raise OutOfReach(
                    f"the registry says that version {version.number} lies in {folder}, and it does not. Move "
                    "models/mlflow.db and models/artifacts together, or train again: leadscore train RECIPE"
                )
        else:
            is_uri = str(model).startswith(("models:/", "runs:/"))
            folder, name = self._folder(self._location(model)) if is_uri else Path(model), ""
            if not folder.is_dir():
                raise UnknownModel(self._nothing_like(model, self.versions()))
        verify_bundle(folder)
        return folder, name

    def own(self, model: str) -> Version | None:
        """The version that an alias, a number or a URI of this registered model names; None for other names.

        Raises
        ------
        UnknownModel
            The name is such a one, and there is no such version.
        """
        known = model in (CHAMPION, CHALLENGER) or model.isdigit()
        return self.version(model) if known or re.match(rf"models:/{re.escape(self.name)}[@/]", model) else None

    def pull(self, model: str, to: Path) -> Path:
        """Put the Bundle of a model into a folder, in place of an older one; a reader never sees half of it.

        Parameters
        ----------
        model
            As in :meth:`bundle_of`.
        to
            Folder of the Bundle; made if need be.

        Raises
        ------
        BadInput
            The folder holds something else than a Bundle, or cannot be written.
        """
        source, name = self.find(model)
        return place_bundle(source, Path(to).resolve(), name=name)

    def _location(self, uri: str) -> str:
        """Where the files of any MLflow model URI lie."""
        scheme, _, rest = uri.partition(":/")
        head, _, tail = rest.strip("/").partition("/")
        with self.reaching():
            if scheme == "runs":
                run = self.client.get_run(head)
                made = run.outputs.model_outputs if run.outputs else []
                logged = [self.client.get_logged_model(output.model_id) for output in made]
                found = [m.artifact_location for m in logged if m.name == tail]
                return str(found[-1] if found else f"{run.info.artifact_uri}/{tail}")
            if not tail and "@" not in head:
                return str(self.client.get_logged_model(head).artifact_location)
        name, _, alias = head.partition("@")
        return Registry(self.home, name=name, uri=self._given).version(alias or tail).location

    def _folder(self, location: str) -> Path:
        """Folder of the Bundle inside the files of a model."""
        local = local_path(location)
        return self._fetch(location) if local is None else local / BUNDLE

    def _fetch(self, location: str) -> Path:
        """A copy of a Bundle that lies elsewhere; a version never changes, so that one copy serves for ever."""
        folder = self.home / "models" / "bundles" / f"fetched-{hashlib.sha256(location.encode()).hexdigest()[:16]}"
        if folder.is_dir():
            return folder
        with self.reaching():
            from mlflow.artifacts import download_artifacts

            folder.parent.mkdir(parents=True, exist_ok=True)
            with tempfile.TemporaryDirectory(prefix=".fetched-", dir=folder.parent) as scratch:
                found = Path(download_artifacts(f"{location}/{BUNDLE}", dst_path=scratch, tracking_uri=self.uri))
                put_folder(found, folder)
        return folder

    def _model(self) -> Any:
        """The registered model; None where there is none, or no store."""
        if self.embedded and not self._database.exists():
            return None
        with self.reaching():
            found = self.client.search_registered_models(f"name = '{self.name}'")
        return found[0] if found else None

    def _nothing_like(self, wanted: str, versions: tuple[Version, ...]) -> str:
        if not versions:
            return f"there is no model {wanted!r}: the registry ({self._shown}) is empty. {_MAKE_ONE}"
        known = ", ".join(" = ".join((str(v.number), *v.aliases)) for v in versions)
        return f"there is no model {wanted!r}; {self.name!r} has the versions {known}. {_MAKE_ONE}"
