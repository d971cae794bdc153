"""Scoring: the one path from a lead to a decision.

HTTP, batches, evaluation and the pyfunc model all go through :class:`Scorer`, so that a lead gets one answer wherever
it is asked. Nothing here reads a file or opens a socket: values in, frozen values out.
"""

from __future__ import annotations

from leadscore.scoring.decision import Activity, Decision, Detail, EarlierDecision, Lead, Reason
from leadscore.scoring.inputs import tie_break
from leadscore.scoring.scorer import Scorer

__all__ = ["Activity", "Decision", "Detail", "EarlierDecision", "Lead", "Reason", "Scorer", "tie_break"]
