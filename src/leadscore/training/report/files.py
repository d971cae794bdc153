"""What a run keeps beside its figures: the files and tables that a reader of the run opens."""

from __future__ import annotations

import json
from pathlib import Path

import pandas as pd

from leadscore.models.bundle import Bundle, save_bundle
from leadscore.training.report.figures import audit_figure, calibration_figure, gain_figure, tier_figure
from leadscore.training.report.frames import (
    audit_frame,
    calibration_frame,
    drift_frame,
    field_frame,
    gain_frame,
    value_frame,
)
from leadscore.training.report.page import examination_page
from leadscore.training.report.tier_page import tier_page
from leadscore.training.result import AnyResult, CardResult

__all__ = ["run_tables", "write_files", "write_repriced"]


def write_files(result: AnyResult, folder: Path) -> Path:
    """The files that a reader of the run opens."""
    if isinstance(result, CardResult):
        return _write_card(result, folder)
    figures = folder / "figures"
    figures.mkdir(parents=True)
    tiers = result.bundle.policy.tiers
    texts = {
        "recipe.json": result.recipe.model_dump_json(indent=2),
        "train.json": json.dumps(result.to_dict(), indent=2, ensure_ascii=False),
        "card.json": json.dumps(result.bundle.card, indent=2, ensure_ascii=False),
        "tiers.txt": "\n\n".join(
            map(str, (tiers, "\n".join(row.cut_in_words for row in tiers.rows), tiers.loss_in_words))
        ),
        "tiers.html": tier_page(result.bundle.policy, result.recipe.name, result.recipe.currency),
        "tiers.csv": result.tiers.to_csv(index=False),
        "excluded.csv": pd.DataFrame(result.to_dict()["excluded"], columns=["column", "verdict", "reason"]).to_csv(
            index=False
        ),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    for stage, found in result.evaluation.items():
        for name, draw in (("calibration", calibration_figure), ("gain", gain_figure)):
            draw(found.p, found.y, f"P({stage})", weight=found.weight).savefig(figures / f"{name}_{stage}.png")
    if result.examination is not None:
        audit_figure(result.examination.verdicts).savefig(figures / "audit.png")
        (folder / "fields.html").write_text(examination_page(result.examination, result.recipe.name), encoding="utf-8")
    tier_figure(result.bundle.policy, result.bundle.reference).savefig(figures / "tiers.png")
    if result.measured is not None:
        save_bundle(result.measured, folder / "measured")
    return folder


def write_repriced(bundle: Bundle, folder: Path) -> Path:
    """The files that a reader of the run of a re-priced model opens."""
    (folder / "figures").mkdir(parents=True)
    card = bundle.card
    (folder / "card.json").write_text(json.dumps(card, indent=2, ensure_ascii=False), encoding="utf-8")
    page = tier_page(bundle.policy, card["recipe"], card["currency"])
    (folder / "tiers.html").write_text(page, encoding="utf-8")
    tier_figure(bundle.policy, bundle.reference).savefig(folder / "figures" / "tiers.png")
    return folder


def run_tables(result: AnyResult) -> dict[str, pd.DataFrame]:
    """Tables that MLflow's pages show as such, by name; a points card has none."""
    if isinstance(result, CardResult):
        return {}
    tables = {"tiers": result.tiers}
    for stage, found in result.evaluation.items():
        tables[f"calibration_{stage}"] = calibration_frame(found.reliability)
        tables[f"gain_{stage}"] = gain_frame(found.p, found.y, found.weight)
    if (examined := result.examination) is not None:
        tables["audit"] = audit_frame(examined.verdicts)
        tables["fields"], tables["values"] = field_frame(examined.fields), value_frame(examined.fields)
        tables["drift"] = drift_frame(examined.drift)
    return tables


def _write_card(result: CardResult, folder: Path) -> Path:
    folder.mkdir(parents=True)
    rules = [f"{rule.words}: {rule.points_in_words}" for rule in result.bundle.rules.points]
    texts = {
        "recipe.json": result.recipe.model_dump_json(indent=2),
        "train.json": json.dumps(result.to_dict(), indent=2, ensure_ascii=False),
        "card.json": json.dumps(result.bundle.card, indent=2, ensure_ascii=False),
        "rules.txt": "\n".join(rules),
        "tiers.csv": result.tiers.to_csv(index=False),
    }
    for name, text in texts.items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder
