"""A points card in a folder: whole, unaltered, and adding up as when it was made."""

from __future__ import annotations

import json

import pytest

from leadscore.decisions import preset
from leadscore.errors import BundleError
from leadscore.models.bundle import load_bundle, save_bundle
from leadscore.models.card_bundle import RULES_FILE, CardBundle
from leadscore.models.parts import Parts
from leadscore.models.placement import place_bundle
from leadscore.models.points_card import card_activities, card_encoder
from leadscore.models.rules import CardTier, Rule, Rules

RULES = Rules(
    points=(
        Rule(column="Größe", at_least=100, points=15),
        Rule(column="Source", one_of=("Web", 3, True), points=5),
        Rule(activity="visit", at_least=2, within_days=7, points=4),
    ),
    tiers=(CardTier(tier="A", at_least=12, roles=("SDR",)), CardTier(tier="B", roles=("nurture",))),
)


@pytest.fixture
def bundle() -> CardBundle:
    return CardBundle(
        encoder=card_encoder(RULES),
        activities=card_activities(RULES),
        rules=RULES,
        structure=preset("three_tier"),
        parts=Parts(id="Id", consent="Consent"),
        ignored=frozenset({"Id", "Consent"}),
        card={"currency": "EUR", "recipe": "young"},
    )


def test_saved_and_loaded_it_is_the_same(bundle, tmp_path):
    loaded = load_bundle(save_bundle(bundle, tmp_path / "card"))
    assert isinstance(loaded, CardBundle)
    for name in ("encoder", "activities", "rules", "structure", "parts", "ignored", "card", "tier_rows"):
        assert getattr(loaded, name) == getattr(bundle, name), name
    assert {path.suffix for path in (tmp_path / "card").iterdir()} == {".json"}


def test_an_altered_file_is_refused(bundle, tmp_path):
    folder = save_bundle(bundle, tmp_path / "card")
    path = folder / RULES_FILE
    path.write_text(path.read_text().replace("15", "16"))
    with pytest.raises(BundleError, match=r"rules\.json is missing or altered"):
        load_bundle(folder)


def test_golden_rows_that_add_up_otherwise_are_refused(bundle):
    texts = bundle.files()
    golden = json.loads(texts["golden.json"])
    assert len(set(golden["points"])) > 3
    golden["points"][0] += 1
    with pytest.raises(BundleError, match="other points than when the card was made"):
        CardBundle.from_files({**texts, "golden.json": json.dumps(golden)}, bundle.card)


def test_it_is_placed_like_a_model(bundle, tmp_path):
    folder = place_bundle(save_bundle(bundle, tmp_path / "card"), tmp_path / "served", name="leadscore/1")
    assert load_bundle(folder).card["version"] == "leadscore/1"


def test_its_tiers_tell_points_and_scores(bundle):
    rows = {name: [row[name] for row in bundle.tier_rows] for name in bundle.tier_rows[0]}
    assert rows == {
        "tier": ["A", "B"],
        "role": ["SDR", "nurture"],
        "roles": [["SDR"], ["nurture"]],
        "from_points": [12, None],
        "from_score": [49, None],
        "below_points": [None, 12],
        "reply_within_minutes": [60, None],
    }
