"""Free text: what of a title, a source detail or a message becomes a feature, read the same in a file and a request.

A column of text gives at most three features: the seniority and the function of job titles, and one figure for the
wording, a weighted sum over short pieces of its words. The pieces are at most five signs long, without digits, and in
use by 20 leads at least, so that neither a person's name nor a number nor any whole text lies in a model. The weights
are plain numbers by piece, in JSON.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from leadscore.data.titles import function, plain, seniority

if TYPE_CHECKING:
    import pandas as pd

__all__ = ["MIN_LEADS", "Part", "TextReading", "holds_titles", "pieces", "text_columns"]

Part = Literal["seniority", "function", "wording"]

MIN_LEADS = 20
"""Leads that a piece must occur in to lie in a model."""

_SIZES = (3, 4, 5)
_REMEMBERED = 200_000
_ADDRESS = re.compile(r"\S*(?:@|://|www\.)\S*")
_SAMPLE = 200
_LEVELS_OF_A_CATEGORY = 80
_WORDS_OF_A_TITLE = 8


@dataclass(frozen=True)
class TextReading:
    """One thing that is read from a text.

    Parameters
    ----------
    part
        ``seniority``, ``function`` or ``wording``.
    weights
        Of the wording: what each piece adds.

    Examples
    --------
    >>> TextReading("seniority").kind_of("Chef de projet")
    'manager'
    >>> round(TextReading("wording", {" dem": 0.2, "emo": 0.1}).figure_of("a demo, please"), 3)
    0.212
    """

    part: Part
    weights: Mapping[str, float] = field(default_factory=dict)

    def kind_of(self, text: str) -> str:
        """The seniority or the function that a title speaks of."""
        return seniority(text) if self.part == "seniority" else function(text)

    def figure_of(self, text: str) -> float:
        """The figure of a wording; 0 where no piece is known."""
        known = [self.weights[piece] for piece in pieces(text) if piece in self.weights]
        return math.fsum(known) / math.sqrt(len(known)) if known else 0.0

    def __call__(self, text: str) -> str | float:
        """What this reads from a text: a kind, or of the wording a figure."""
        return self.figure_of(text) if self.part == "wording" else self.kind_of(text)

    def remembered(self, text: str) -> str | float:
        """The same for a file, whose texts are read several times in a training."""
        found = self._memory.get(text)
        if found is None:
            if len(self._memory) >= _REMEMBERED:
                self._memory.clear()
            found = self._memory[text] = self(text)
        return found

    @cached_property
    def _memory(self) -> dict[str, str | float]:
        return {}


def pieces(text: str) -> tuple[str, ...]:
    """Runs of three to five letters within the words of a text, each once; a space marks where a word begins or ends.

    Addresses and whatever has a digit are passed over.

    Examples
    --------
    >>> pieces("IT, 3rd floor: a@b.de")[:6]
    (' it', 'it ', ' it ', ' fl', 'flo', 'loo')
    """
    words = (f" {word} " for word in plain(_ADDRESS.sub(" ", text)).split() if word.isalpha())
    found = (word[i : i + n] for word in words for n in _SIZES for i in range(len(word) - n + 1))
    return tuple(dict.fromkeys(found))


def text_columns(frame: pd.DataFrame, possible: Collection[str], *, given: Collection[str] = ()) -> tuple[str, ...]:
    """Find the columns of free text among the possible ones; those that are given are text whatever they look like.

    Examples
    --------
    >>> titles = [f"{a} {b}" for a in ("Head of", "Chief", "Junior") for b in ("Sales", "Data", "Legal")]
    >>> import pandas as pd
    >>> frame = pd.DataFrame({"Title": [f"{t} {s}" for t in titles for s in "abcdefghijk"], "Ref": map(str, range(99))})
    >>> text_columns(frame, ["Title", "Ref"])
    ('Title',)
    """
    return tuple(n for n in map(str, frame.columns) if n in given or (n in possible and _is_text(frame[n])))


def holds_titles(column: pd.Series) -> bool:
    """Whether a column is one of job titles: short texts, in half of which a seniority or a function is recognised.

    Examples
    --------
    >>> import pandas as pd
    >>> holds_titles(pd.Series(["CEO", "Leiter IT", "Poet"])), holds_titles(pd.Series(["a red one", "two blue ones"]))
    (True, False)
    """
    cells = _cells(column)
    short = [c for c in cells if len(c.split()) <= _WORDS_OF_A_TITLE]
    told = [c for c in short if seniority(c) != "other" or function(c) != "other"]
    return len(cells) > 0 and len(told) >= 0.5 * len(cells)


def _is_text(column: pd.Series) -> bool:
    if column.dtype.kind in "iufcb" or column.nunique() <= _LEVELS_OF_A_CATEGORY:
        return False
    cells = _cells(column)
    words = [[w for w in plain(c).split() if w.isalpha()] for c in cells]
    letters = sum(len("".join(w)) for w in words) / max(1, sum(len(c.replace(" ", "")) for c in cells))
    return letters > 0.8 and sum(len(w) > 1 for w in words) >= 0.5 * len(cells)


def _cells(column: pd.Series) -> list[str]:
    cells = column.str.strip().value_counts().index
    return [c for c in map(str, cells[:_SAMPLE]) if c]
