"""Where a recipe is written when nobody says so: beside the export, and named after it."""

from __future__ import annotations

from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadscore.cli import app
from leadscore.errors import BadInput

FOLDERS = [("acme", ".", "acme.toml"), ("acme/notes", "..", "../acme.toml"), (".", "acme", "acme.toml")]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with one in it, ``acme/notes``."""
    (tmp_path / "acme" / "notes").mkdir(parents=True)
    return tmp_path


@pytest.mark.parametrize(("inside", "export", "written"), FOLDERS)
def test_a_recipe_is_called_as_the_folder_is(
    folder: Path, monkeypatch: pytest.MonkeyPatch, inside: str, export: str, written: str
) -> None:
    monkeypatch.chdir(folder / inside)
    Path(written).touch()
    said = CliRunner().invoke(app, ["init", export]).exception
    assert isinstance(said, BadInput)
    assert f"{written} exists already" in str(said)


@pytest.mark.parametrize(("inside", "export", "written"), FOLDERS)
def test_a_folder_is_no_export_and_nothing_is_written(
    folder: Path, monkeypatch: pytest.MonkeyPatch, inside: str, export: str, written: str
) -> None:
    monkeypatch.chdir(folder / inside)
    said = CliRunner().invoke(app, ["init", export]).exception
    assert isinstance(said, BadInput)
    assert "the file is a folder" in str(said)
    assert not Path(written).exists()
