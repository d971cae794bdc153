"""The bench says what the code does."""

from __future__ import annotations

import tomllib
from pathlib import Path

from leadscore.serving import Settings

BENCH = Path(__file__).parents[2] / "serving"


def test_the_settings_file_shows_every_key_with_its_default():
    shown = tomllib.loads((BENCH / "service.toml").read_text("utf-8"))
    defaults = Settings().model_dump()
    assert shown | {"store": None} == defaults | {"store": None}
    assert Settings.from_toml(BENCH / "service.toml").store == str(BENCH / shown["store"])
