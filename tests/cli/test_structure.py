"""Structures by the command line: drawn, written, read back; a broken one is named by file and key with exit 3."""

from __future__ import annotations

import json
import sys
import xml.etree.ElementTree as ElementTree
from pathlib import Path

import pytest
from typer.testing import CliRunner

from leadscore.cli import app, main
from leadscore.decisions import PRESETS, Structure, preset

GOOD = preset("four_tier").to_toml()


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_drawn_with_its_figures(name: str) -> None:
    result = CliRunner().invoke(app, ["structure", "show", name])
    assert result.exit_code == 0
    for role in preset(name).role:
        assert f"┌─ {role.name} ── {role.stage} " in result.stdout
        assert f"{role.minutes_per_touch:g} min a touch, {role.cost_per_hour:g} an hour" in result.stdout
        for arrow in role.hands_to:
            assert f"─▶ {arrow.to} " in result.stdout


@pytest.mark.parametrize("name", PRESETS)
def test_the_picture_is_xml_with_all_boxes_inside(name: str, tmp_path: Path) -> None:
    picture = tmp_path / "ours.svg"
    assert CliRunner().invoke(app, ["structure", "show", name, "--svg", str(picture)]).exit_code == 0
    root = ElementTree.parse(picture).getroot()
    width, height = float(root.attrib["width"]), float(root.attrib["height"])
    boxes = [box.attrib for box in root.iter("{http://www.w3.org/2000/svg}rect") if "rx" in box.attrib]
    assert len(boxes) == len(preset(name).role)
    for box in boxes:
        assert float(box["x"]) + float(box["width"]) <= width
        assert float(box["y"]) + float(box["height"]) <= height


@pytest.mark.parametrize("name", PRESETS)
def test_a_written_preset_reads_back_equal(name: str, tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    assert CliRunner().invoke(app, ["structure", "show", name, "--write", str(file)]).exit_code == 0
    assert Structure.from_toml(file) == preset(name)
    again = CliRunner().invoke(app, ["structure", "show", str(file), "--json"])
    document = json.loads(again.stdout)
    assert document.pop("paths") == [list(path) for path in preset(name).paths()]
    assert Structure.model_validate(document) == preset(name)


def test_a_file_is_not_overwritten_by_accident(tmp_path: Path) -> None:
    file = tmp_path / "ours.toml"
    file.write_text("mine")
    result = CliRunner().invoke(app, ["structure", "show", "paired", "--write", str(file)])
    assert result.exit_code != 0
    assert file.read_text() == "mine"
    assert CliRunner().invoke(app, ["structure", "show", "paired", "--write", str(file), "--force"]).exit_code == 0


BROKEN = {
    "unreachable role": ('name = "SAR"', 'name = "SAR"\ntakes_new = false', "takes_new"),
    "no closing role": (
        'hands_to = [{ to = "ISR", loss = 0.06 }, { to = "SAR", loss = 0.06 }]',
        "hands_to = []",
        "hands_to",
    ),
    "cycle": ('hands_to = [{ to = "SDR", loss = 0.03 }]', 'hands_to = [{ to = "MDR", loss = 0.03 }]', "hands_to"),
    "no capacity": ("heads = 2", "heads = 0", "heads"),
    "no hours": ("hours_per_period = 28", "hours_per_period = 0", "hours_per_period"),
    "no time": ("minutes_per_touch = 40", "minutes_per_touch = 0", "minutes_per_touch"),
    "unknown segment": ('segments = ["enterprise"]', 'segments = ["enterprize"]', "eligible.segments"),
    "negative cost": ("cost_per_hour = 45", "cost_per_hour = -45", "cost_per_hour"),
    "negative fee": ("fee_per_qualified = 0", "fee_per_qualified = -1", "fee_per_qualified"),
    "everything lost": ("loss = 0.06", "loss = 1", "loss"),
    "sensitivity over 1": ("sensitivity = 0.92", "sensitivity = 1.2", "sensitivity"),
    "unknown stage": ('stage = "screen"', 'stage = "greet"', "stage"),
    "unknown role": ('to = "SAR"', 'to = "SAM"', "hands_to"),
    "role twice": ('name = "SAR"', 'name = "ISR"', "name"),
    "typo": ("heads = 2", "haeds = 2", "haeds"),
    "missing key": ("cost_per_hour = 45\n", "", "cost_per_hour"),
    "unknown period": ('period = "week"', 'period = "day"', "period"),
    "no TOML": ("heads = 2", "heads 2", "not TOML"),
}


@pytest.mark.parametrize(("old", "new", "key"), BROKEN.values(), ids=BROKEN)
def test_a_broken_structure_exits_3_and_names_file_and_key(
    old: str, new: str, key: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    good = GOOD.replace("segments = []", 'segments = ["small", "enterprise"]', 1)
    if "takes_new = false" in new:
        good = good.replace(', { to = "SAR", loss = 0.06 }', "")
        good = good.replace(
            'takes_new = true\neligible = { segments = ["enterprise"] }', "eligible = { segments = [] }"
        )
    file = tmp_path / "broken.toml"
    assert old in good
    file.write_text(good.replace(old, new, 1), encoding="utf-8")
    monkeypatch.setattr(sys, "argv", ["leadscore", "structure", "show", str(file)])
    with pytest.raises(SystemExit) as ended:
        main()
    said = capsys.readouterr().err.replace("\n", " ")
    assert ended.value.code == 3
    assert "broken.toml" in said
    assert key in said
