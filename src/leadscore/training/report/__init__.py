"""Report: what was trained, as figures, tables and a page for a run, and as tables for a terminal.

Figures know arrays and policies, tables know results; neither measures anything itself.
"""

from __future__ import annotations

from leadscore.training.report.figures import audit_figure, calibration_figure, gain_figure, tier_figure
from leadscore.training.report.frames import (
    audit_frame,
    calibration_frame,
    drift_frame,
    field_frame,
    gain_frame,
    gains,
    value_frame,
)
from leadscore.training.report.page import examination_page
from leadscore.training.report.tables import cut_table, excluded_line, moved_table, stage_table, tier_table
from leadscore.training.report.tier_page import tier_page

__all__ = [
    "audit_figure",
    "audit_frame",
    "calibration_figure",
    "calibration_frame",
    "cut_table",
    "drift_frame",
    "examination_page",
    "excluded_line",
    "field_frame",
    "gain_figure",
    "gain_frame",
    "gains",
    "moved_table",
    "stage_table",
    "tier_figure",
    "tier_page",
    "tier_table",
    "value_frame",
]
