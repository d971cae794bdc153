"""A guess written as a recipe: TOML that trains as it stands, with the reason beside each line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from pydantic import BaseModel

from leadscore.data.guess_values import Guess
from leadscore.data.outcomes import Outcome, Stage
from leadscore.data.sources import ActivityLog
from leadscore.errors import BadInput

__all__ = ["recipe_text", "toml_value"]

_COMMENT_AT = 38
_LEAD_KEYS = (
    *("id", "created", "order", "account", "segment", "territory", "customer", "consent", "worked_at", "first_role"),
    *("modified", "missing", "moments"),
)
_OUTCOME_KEYS = ("column", "positive", "negative", "at", "amount", "rep", "team", "horizon_days")
_STAGE_SAYS: dict[Stage, str] = {"qualify": "does the lead qualify", "close": "is it won"}
_DOUBT = "LOOK: "


def recipe_text(guess: Guess, *, name: str) -> str:
    """Write a recipe.

    Parameters
    ----------
    guess
        What was guessed about the export.
    name
        Name of the recipe.

    Returns
    -------
    str
        TOML whose comments give the reason for each guess; ``LOOK`` marks what the user should look at.
    """
    blocks = [_head(guess, name), _data(guess), _lead(guess)]
    blocks += [_stage(guess, stage, outcome) for stage, outcome in guess.outcomes.items()]
    if "close" not in guess.outcomes:
        blocks.append(_assumed_close())
    blocks += [_columns(guess), _value(guess), _structure(guess)]
    return "\n\n".join("\n".join(block) for block in blocks) + "\n"


def toml_value(value: object) -> str:
    r"""Write a value as TOML.

    Examples
    --------
    >>> print(toml_value('Budget, "EUR" [k]\n'), toml_value(True), toml_value(("a", 1)), toml_value({"file": "a.csv"}))
    "Budget, \"EUR\" [k]\n" true ["a", 1] { file = "a.csv" }
    """
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{', '.join(map(toml_value, value))}]"
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml_value(v)}" for key, v in value.items()) + " }"
    return str(value)


def _line(text: str, comment: str | None = None) -> str:
    if comment is None:
        return text
    # A control character would end the comment and break the file.
    comment = re.sub(r"[\x00-\x1f\x7f\u0085\u2028\u2029]+", " ", comment)
    return f"{text:<{_COMMENT_AT - 1}} # {comment}" if text else f"# {comment}"


def _key(guess: Guess, part: str, value: object) -> str:
    found = guess.remark(part)
    why = found and (_DOUBT if found.sure == "look" else "") + found.why
    return _line(f"{part.rpartition('.')[2]} = {toml_value(value)}", why or None)


def _head(guess: Guess, name: str) -> Iterator[str]:
    yield f"# Written by `leadscore init` from {guess.rows} leads; every line is a guess that you may change."
    yield "# Train: leadscore train THIS_FILE       Judge the columns first: leadscore audit THIS_FILE"
    yield f"name = {toml_value(name)}"
    yield _line('currency = "EUR"', "an assumption: the export does not name one")


def _data(guess: Guess) -> Iterator[str]:
    yield _line("[data]", "files, relative to this one")
    if names := guess.sources.environment:
        yield _line("", f"set {' and '.join(names)} in the environment: no password stands in this file")
    yield _line(f"leads = {toml_value(_dumped(guess.sources.leads))}", f"one row per lead: {guess.rows}")
    data = guess.sources.model_dump(exclude_defaults=True, exclude={"leads", "activities", "join"})
    yield from (_key(guess, f"data.{key}", value) for key, value in data.items())
    yield from _logs(guess)
    if guess.sources.join:
        yield "join = ["
        yield from (f"  {toml_value(join.model_dump(exclude_none=True))}," for join in guess.sources.join)
        yield "]"
    yield from (_line("", f"not used: {file}: {why}") for file, why in guess.skipped)


def _logs(guess: Guess) -> Iterator[str]:
    logs = guess.sources.logs
    if len(logs) == 1:
        yield _key(guess, "data.activities", _dumped(logs[0]))
    elif logs:
        reasons = [r.why for r in guess.remarks if r.part == "data.activities"]  # a file may be two logs
        yield "activities = ["
        yield from (_line(f"  {toml_value(_dumped(log))},", why) for log, why in zip(logs, reasons, strict=True))
        yield "]"


def _dumped(part: object) -> object:
    if isinstance(part, ActivityLog):
        content = part.model_dump(exclude_none=True)
        return {key: value for key, value in content.items() if value != ()}
    return part.model_dump(exclude_none=True) if isinstance(part, BaseModel) else part


def _lead(guess: Guess) -> Iterator[str]:
    yield _line("[lead]", "which column plays which part")
    if guess.lead.id is None:
        yield _line("", "no `id`: the row number serves")
    content = guess.lead.model_dump(exclude_none=True)
    content["moments"] = [int(m) if m == int(m) else m for m in guess.lead.moments]
    if guess.remark("lead.moments") is None:
        del content["moments"]
    yield from (_key(guess, f"lead.{key}", content[key]) for key in _LEAD_KEYS if content.get(key))


def _stage(guess: Guess, stage: Stage, outcome: Outcome) -> Iterator[str]:
    counts = guess.counts[stage]
    yield _line(f"[{stage}]", f"what is learned: {_STAGE_SAYS[stage]}")
    content = outcome.model_dump(exclude_none=True)
    for key in (k for k in _OUTCOME_KEYS if k in content):
        if key == "positive":
            yield _line(f"positive = {toml_value(content[key])}", f"{counts['positive']} leads")
        elif key == "negative":
            rest = f"; the other {counts['undecided']} are undecided" if counts["undecided"] else ""
            yield _line(f"negative = {toml_value(content[key])}", f"{counts['negative']} leads{rest}")
        else:
            yield _key(guess, f"{stage}.{key}", content[key])


def _assumed_close() -> Iterator[str]:
    yield _line("[close]", "nothing in the export tells which leads were won")
    yield _line("rate = 0.25", _DOUBT + "an assumption: the share of qualified leads that close")


def _columns(guess: Guess) -> Iterator[str]:
    yield "[columns]"
    if not guess.columns.ignore:
        yield "ignore = []"
    else:
        yield _line("ignore = [", "left out of the learning; delete a line to let `leadscore audit` judge")
        yield from (_line(f"  {toml_value(c)},", guess.left_out[c]) for c in guess.columns.ignore)
        yield "]"
    if guess.columns.protected:
        yield _line("protected = [", "no feature of the score, no reason; take one off only where the law allows")
        yield from (_line(f"  {toml_value(c)},", guess.left_out[c]) for c in guess.columns.protected)
        yield "]"
    if guess.columns.text:
        yield _key(guess, "columns.text", guess.columns.text)
    if guess.columns.contact:
        yield _key(guess, "columns.contact", guess.columns.contact)
    listed = {*guess.columns.ignore, *guess.columns.protected}
    by_itself = {c: why for c, why in guess.left_out.items() if c not in listed}
    yield from (_line("", f"also left out: {column!r}: {why}") for column, why in list(by_itself.items())[:40])


def _value(guess: Guess) -> Iterator[str]:
    yield "[value]"
    close = guess.outcomes.get("close")
    if close is not None and close.amount is not None:
        yield _line("margin_share = 0.5", _DOUBT + "an assumption: the part of the amount that is margin")
    else:
        yield _line("margin_per_win = 1000", _DOUBT + "an assumption: margin of one won deal, in the currency above")


def _structure(guess: Guess) -> Iterator[str]:
    yield "[structure]"
    yield _line('preset = "three_tier"', "SDR, ISR, SAR, AM; see `leadscore structure` and docs/reference/recipe.md")
    if guess.lead.created is None:
        yield _line("# leads_per_period = 100", "arrivals a week; without dates the export is taken for one year")


def check_name(name: str) -> str:
    """A recipe's name from that of a file.

    Raises
    ------
    BadInput
        Nothing of it is left.
    """
    stem = re.sub(r"[^\w.-]+", "_", name).strip("._-")
    if not stem:
        raise BadInput(f"{name!r} gives no name for a recipe; name one with --out.")
    return stem
