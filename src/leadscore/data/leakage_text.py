"""The leakage audit of a free text: by what its wording tells of leads whose outcome it has not seen."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from leadscore.data.history import History
from leadscore.data.leakage_facts import collect
from leadscore.data.leakage_names import is_note
from leadscore.data.leakage_reading import Floats, read_column
from leadscore.data.leakage_rule import Verdict, judge

__all__ = ["judge_text"]

_ON_THE_WAY = "what is written on the way"


def judge_text(history: History, name: str, figures: Floats, *, seed: int = 0) -> tuple[Verdict, str]:
    """Put the figures of a text's wording before the same rule as a column.

    A note that sales write down afterwards tells the outcome by its words, which nobody sees who takes the text for an
    identifier.

    Parameters
    ----------
    history
        Leads in time order.
    name
        Column of the text.
    figures
        Of each lead by a fit on others; NaN where there is none.
    seed
        Of the folds.

    Returns
    -------
    verdict, reason
    """
    rows = np.flatnonzero(~np.isnan(figures))
    # Coarse, so that one text is no value of its own.
    reading = read_column(pd.Series(figures[rows].round(2), name=name))
    facts = collect(history.take(rows), {name: reading}, None, seed=seed)[name]
    return judge(replace(facts, suspicion=facts.suspicion or (_ON_THE_WAY if is_note(name) else None)))
