"""What a training leaves in the working folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from leadscore.data.outcomes import Outcome
from leadscore.errors import NoSignal, OutOfReach
from leadscore.training import cold_start, train
from leadscore.training.recipe import Recipe

RECIPE = Recipe(name="acme/2026 EU", close=Outcome(column="Won"))


@pytest.mark.parametrize(("error", "kept"), [(KeyboardInterrupt, 1), (OutOfReach, 1), (NoSignal, 0)])
def test_a_search_can_go_on_where_the_training_was_broken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: type[BaseException], kept: int
) -> None:
    def searching(*_: object, journal: Path, **__: object) -> None:
        journal.write_text("trial 1")
        raise error("stopped")

    monkeypatch.setattr(cold_start, "fit_bundle", searching)
    home = tmp_path / "not" / "made yet"
    with pytest.raises(error):
        train(RECIPE, home=home)
    assert [path.name for path in home.glob("*.journal")] == ["acme_2026_EU.search.journal"] * kept
