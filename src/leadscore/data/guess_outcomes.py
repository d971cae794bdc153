"""Which column tells what became of a lead, and which of its values mean yes."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from leadscore.data.guess_columns import Profile
from leadscore.data.outcomes import Outcome, Stage, Value, label
from leadscore.data.schema import parse_boolean
from leadscore.errors import BadInput

__all__ = [
    "GIVEN",
    "WITHIN",
    "OutcomeGuess",
    "echoes_outcome",
    "guess_outcomes",
    "outcome_from_option",
]

GIVEN = 6
"""Strength of what the user says."""

_NAMES: dict[Stage, tuple[str, ...]] = {
    "close": (
        r"\bconverted\b|^conversion$|\bwon\b|^win$|gewonnen|^(est )?(gagnee?|converti)$|^(ganad[oa]|convertid[oa])$",
        r"closed? ?won|became (a )?customer|^(is |is a )?customer$|^kunde$",
        r"^(is |has |was )?(sold|sale|purchase[ds]?|bought|enrolled|signed|ordered|subscribed|deposit|"
        r"abgeschlossen|verkauft|bestellt|vendue?|achete|vendid[oa]|comprad[oa])$",
        r"^(y|target|label|outcome|result|class|response|success)$",
    ),
    "qualify": (
        r"^(is |was |became a? ?)?(\w+ )?qualified\b|^qualifi(ed|cation|ziert)\b|^(is |became )?(an? )?(mql|sql|sal)\b",
        r"sales accepted|(meeting|demo) booked|opportunity created|^is (mql|sql|sal)",
    ),
}
_NOT_AN_OUTCOME = re.compile(
    r"existing|current customer|previous|former|first conversion|recent conversion|\brate\b|\bcount\b|\bnum(ber)?\b|"
    r"reason|probability|disqualif|unqualif|(?<!status )(?<!stage )\btype\b|\bid\b"
)
_STAGE_NAME = re.compile(
    r"\b(status|stage|phase|state|outcome|result|disposition|lifecyclestage|stufe|statut|etape|estado|etapa|fase)\b"
)
_WON = re.compile(
    r"(closed?|deal|opportunity|status|stage)?[\s:_/()-]*(won|converted|gewonnen|verkauft|gagnee?|ganad[oa]|"
    r"sold|signed|customer|kunde|enrolled)\)?|"
    r"won[\s-]+.*|(is )?converted to (customer|opportunity|deal)|closed?[\s-]+won.*|(deal|order|contract) (won|signed)"
)
_LOST = re.compile(
    r"(closed?|deal|opportunity|status|stage)?[\s:_/()-]*(lost|verloren|perdue?|perdid[oa]|dead|rejected|abandoned|cancell?ed|junk|"
    r"not converted|disqualified|unqualified|no sale|declined)\)?|closed?[\s-]+(lost|not converted).*|"
    r"(not|no longer) (a customer|interested|converted)|lost[\s-]+.*|(un|dis)qualified.*"
)
_QUALIFIED = re.compile(r"(sales |marketing )?qualified( lead)?|qualifiziert|accepted|sql|mql|meeting booked")
_YES = frozenset({"ja", "oui", "si", "sí", "x", "✓", "✔", "wahr", "vrai", "sim", "tak"})
_NO = frozenset({"nein", "non", "falsch", "faux", "não", "nie", "-"})
WITHIN = re.compile(r"within (\d+) days?")
_LEVELS = 60


@dataclass(frozen=True, slots=True)
class OutcomeGuess:
    """One outcome as found in an export.

    Parameters
    ----------
    stage
        ``qualify`` or ``close``.
    outcome
        As a recipe writes it.
    strength
        6 when given; 5 for an outcome within stated days, 4 for a stage with won, lost and open values, 3 for a telling
        name, 2 for a general one.
    why
        One sentence.
    """

    stage: Stage
    outcome: Outcome
    strength: int
    why: str


def guess_outcomes(columns: Sequence[Profile]) -> dict[Stage, OutcomeGuess]:
    """Find the best column for each stage; the earlier column among equals.

    Examples
    --------
    >>> import pandas as pd
    >>> from leadscore.data.guess_columns import profile
    >>> found = guess_outcomes([profile(pd.Series(["Won", "Lost", "Open", "Won"], name="Deal Stage"))])
    >>> found["close"].outcome.positive, found["close"].outcome.negative
    (('Won',), ('Lost',))
    """
    best: dict[Stage, OutcomeGuess] = {}
    for column in columns:
        for found in _candidates(column):
            if found.stage not in best or found.strength > best[found.stage].strength:
                best[found.stage] = found
    return best


def _candidates(column: Profile) -> Iterator[OutcomeGuess]:
    if _NOT_AN_OUTCOME.search(column.phrase) or column.look in ("empty", "text"):
        return
    yield from _by_values(column)
    for stage, patterns in _NAMES.items():
        for rank, pattern in enumerate(patterns):
            found = _by_name(column, stage, rank == 3) if re.search(pattern, column.phrase) else None
            if found is not None:
                yield found
                break


def _by_name(column: Profile, stage: Stage, general: bool) -> OutcomeGuess | None:
    name, what = column.name, "is a usual name of an outcome" if general else "says so by its name"
    if column.look == "date":
        reason = f"{name!r} is a date that only some leads have"
        some = 0 < column.fill < 0.98 and not general
        return OutcomeGuess(stage, Outcome(column=name, positive="filled", at=name), 2, reason) if some else None
    answers = _answers(column)
    if answers is None:
        return None
    positive, negative = answers
    outcome = Outcome(column=name, positive=positive, negative=negative)
    strength = 2 if general else 5 if WITHIN.search(column.phrase) else 3
    return OutcomeGuess(stage, outcome, strength, f"{name!r} {what}")


def _answers(column: Profile) -> tuple[tuple[Value, ...] | str, tuple[Value, ...] | None] | None:
    values = list(map(str, column.counts.index))
    if column.look == "answer":
        told = {parse_boolean(v) for v in values}
        if told == {1.0} and column.fill < 1:
            return "filled", None
        return ((True,), (False,)) if told == {0.0, 1.0} else None
    if not 1 <= len(values) <= 6:
        return None
    yes = tuple(v for v in values if parse_boolean(v) == 1 or v.casefold() in _YES or _WON.fullmatch(_plain(v)))
    no = tuple(v for v in values if parse_boolean(v) == 0 or v.casefold() in _NO or _LOST.fullmatch(_plain(v)))
    if len(yes) == len(values) and column.fill < 1:  # a tick, or nothing
        return "filled", None
    return (yes, no) if yes and no else None


def _by_values(column: Profile) -> Iterator[OutcomeGuess]:
    values = [str(v) for v in column.counts.index[:_LEVELS]]
    if column.look != "category" or len(column.counts) > _LEVELS:
        return
    won = tuple(v for v in values if _WON.fullmatch(_plain(v)))
    lost = tuple(v for v in values if _LOST.fullmatch(_plain(v)) and v not in won)
    qualified = tuple(v for v in values if _QUALIFIED.fullmatch(v.casefold()))
    named = bool(_STAGE_NAME.search(column.phrase))
    stage: Stage = "close" if won else "qualify"
    positive = won or qualified
    if not positive or not (named or lost):
        return
    rest = len(values) - len(positive) - len(lost)
    strength = (4 if rest else 3) if lost else 2
    why = f"{column.name!r} has the values {_listed(positive)}" + (f" and {_listed(lost)}" if lost else "")
    why += f"; the other {rest} are undecided" if lost and rest else ""
    yield OutcomeGuess(stage, Outcome(column=column.name, positive=positive, negative=lost or None), strength, why)


def _plain(value: str) -> str:
    """A value in lower case and without accents."""
    return "".join(c for c in unicodedata.normalize("NFKD", value.casefold()) if not unicodedata.combining(c))


def _listed(values: Sequence[str]) -> str:
    return ", ".join(repr(v[:30]) for v in values[:4])


def echoes_outcome(column: Profile) -> bool:
    """Whether a column's name or values would make it an outcome, were there no better one."""
    return any(True for _ in _candidates(column))


def outcome_from_option(stage: Stage, given: Sequence[str], columns: Sequence[Profile]) -> OutcomeGuess:
    """Read ``--close COLUMN=VALUE``; the value may be ``filled``, and the option repeated for further values.

    Raises
    ------
    BadInput
        There is no such column or value.
    """
    known = {c.name: c for c in columns}
    pairs = [text.rpartition("=") for text in given]
    names = {name.strip() for name, _, _ in pairs}
    name = names.pop()
    if names or name not in known:
        allowed = ", ".join(repr(c) for c in list(known)[:40])
        raise BadInput(f"--{stage} {given[0]!r}: give COLUMN=VALUE of one column of the export; it has {allowed}.")
    values = [value.strip() for _, _, value in pairs]
    outcome = _given(name, values)
    labels = label(outcome, known[name].text, at=None, created=None, until=None)
    if not (labels == 1).any():
        seen = ", ".join(repr(str(v)[:30]) for v in known[name].counts.index[:8])
        raise BadInput(f"--{stage} {given[0]!r}: no lead has that value in {name!r}; it has {seen}.")
    return OutcomeGuess(stage, outcome, GIVEN, f"given by --{stage}")


def _given(name: str, values: Sequence[str]) -> Outcome:
    if list(values) == ["filled"]:
        return Outcome(column=name, positive="filled")
    if all(parse_boolean(v) == 1 for v in values):
        return Outcome(column=name, positive=(True,), negative=(False,))
    return Outcome(column=name, positive=tuple(values))
