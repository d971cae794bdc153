"""The examination of an export as a training comes to it, for whoever wants to see it before anything is learned.

A text passes the audit of columns, which takes it for an identifier; what its wording gives away is found by the fit
that a training would read it with.
"""

from __future__ import annotations

from leadscore.data.examination import Examination, examine
from leadscore.data.history import History, decided_rows, split_history
from leadscore.data.inference import Excluded
from leadscore.errors import Refused
from leadscore.training.evaluation import check_outcomes
from leadscore.training.recipe import Recipe
from leadscore.training.text_choice import judge_texts

__all__ = ["examine_export"]


def examine_export(
    recipe: Recipe, history: History, *, later: History | None = None, seed: int = 0
) -> tuple[Examination, tuple[str, ...]]:
    """Examine every column of an export, texts by their wording, too.

    Parameters
    ----------
    recipe
        What is learned, and which columns are allowed whatever the audit says.
    history
        All leads, undecided ones too.
    later
        The same leads exported again later.
    seed
        Seed of the folds.

    Returns
    -------
    examination, remarks
        What was found, and a sentence where no wording could be judged.
    """
    found = examine(history, allow=recipe.columns.allow_leaky, later=later, seed=seed)
    if not history.texts:
        return found, ()
    try:
        given_away = _wording(recipe, history, seed)
    except Refused as refusal:
        named = ", ".join(map(repr, history.texts))
        return found, (f"the wording of {named} was not judged, since training would refuse: {refusal}",)
    return found.judging_texts(given_away), ()


def _wording(recipe: Recipe, history: History, seed: int) -> tuple[Excluded, ...]:
    decided = history.take(decided_rows(history))
    split = split_history(decided, recipe.split)
    check_outcomes(decided, split)
    return judge_texts(decided, split, recipe, seed=seed)
