"""Report: what was trained, as figures for a run and tables for a terminal.

Figures know arrays and policies, tables know results; neither measures anything itself.
"""

from __future__ import annotations

from leadscore.training.report.figures import calibration_figure, gain_figure, tier_figure
from leadscore.training.report.tables import excluded_line, moved_table, stage_table, tier_table

__all__ = [
    "calibration_figure",
    "excluded_line",
    "gain_figure",
    "moved_table",
    "stage_table",
    "tier_figure",
    "tier_table",
]
