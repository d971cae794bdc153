"""Two scorers on the same leads."""

from __future__ import annotations

import pandas as pd

from leadscore.decisions import preview
from leadscore.scoring import Scorer
from leadscore.scoring.batch import BatchScorer
from leadscore.scoring.comparison import compare_batches


def test_leads_that_move_are_those_whose_replies_differ(sample_scorer: Scorer, leads: pd.DataFrame) -> None:
    bundle = sample_scorer.bundle
    after = preview(bundle.policy, bundle.reference, bundle.policy.structure.with_({"SDR.heads": 0.2})).after
    other = Scorer(bundle.with_policy(after))
    pieces = [leads.iloc[start : start + 90] for start in range(0, len(leads), 90)]
    moves = compare_batches(BatchScorer(sample_scorer), BatchScorer(other), pieces)
    old, new = sample_scorer.score(leads, reasons=0), other.score(leads, reasons=0)
    moving = (old["tier"] != new["tier"]) | (old["role"] != new["role"])
    assert [move.lead_id for move in moves.listed or ()] == old["lead_id"][moving].tolist()
    assert moves.leads == len(leads)
    assert moves.other_tier == (old["tier"] != new["tier"]).sum()
    assert moves.other_role == (old["role"] != new["role"]).sum() > 0


def test_a_scorer_moves_nothing_against_itself(sample_scorer: Scorer, leads: pd.DataFrame) -> None:
    moves = compare_batches(BatchScorer(sample_scorer), BatchScorer(sample_scorer), [leads.head(0), leads])
    assert moves == (len(leads), 0, 0, ())
