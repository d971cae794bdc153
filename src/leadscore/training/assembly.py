"""From fitted stages to a Bundle: margins, prices, tiers, and the card that tells of all this."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from leadscore.data.history import History
from leadscore.data.outcomes import Stage
from leadscore.data.splits import TimeSplit
from leadscore.models.bundle import Bundle
from leadscore.models.features import Encoder
from leadscore.training.card import model_card, parts_of
from leadscore.training.evaluation import StageEvaluation
from leadscore.training.recipe import Recipe
from leadscore.training.refit import Final
from leadscore.training.tiering import cut_tiers
from leadscore.training.valuation import Valuation, value_leads

__all__ = ["Assembled", "Assembler"]


@dataclass(frozen=True, slots=True, eq=False)
class Assembled:
    """A Bundle with where its margins come from and what a reader should know."""

    bundle: Bundle
    value: Valuation
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, eq=False)
class Assembler:
    """Makes Bundles of the stages that were fitted on one history.

    Parameters
    ----------
    X, history, split, encoder
        Encoded leads, the history that they are from, its stretches, and the encoder of those before the test stretch.
    arrivals
        All leads of the history, to count how many arrive.
    recipe
        What was asked for.
    evaluation
        Figures of the measured procedure.
    remarks
        What the card says beside margins and tiers.
    now, seed
        For the card.
    """

    X: Any
    history: History
    split: TimeSplit
    encoder: Encoder
    arrivals: History
    recipe: Recipe
    evaluation: Mapping[Stage, StageEvaluation]
    remarks: tuple[str, ...]
    now: datetime
    seed: int

    def __call__(self, final: Final) -> Assembled:
        """Value the leads, price the capacity, cut the tiers, and put all of it into one Bundle."""
        history, recipe = self.history, self.recipe
        value = value_leads(self.X, history, self.split, self.encoder, final, recipe)
        margin = value.of(history.take(final.recent), final.encoder)
        policy, reference, notes = cut_tiers(
            final.forecasts, history, final.recent, margin, recipe, arrivals=self.arrivals
        )
        notes = (value.note, *self.remarks, *notes)
        bundle = Bundle(
            encoder=final.encoder,
            activities=history.activities,
            stages={stage: f.likelihood for stage, f in final.fitted.items()},
            margins=value.margins,
            policy=policy,
            reference=reference,
            parts=parts_of(recipe),
            ignored=frozenset(e.column for e in history.excluded),
            card=model_card(recipe, history, final.rows, self.evaluation, notes, now=self.now, seed=self.seed),
        ).scaled_on(final.encoder.encode_frame(history.take(final.recent).frame))
        return Assembled(bundle, value, notes)
