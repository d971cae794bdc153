"""A structure as a TOML file with a comment beside each key, to edit and to read back."""

from __future__ import annotations

import ast
import inspect
import json
import textwrap
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from leadscore.decisions.delay import ReplyDecay
from leadscore.decisions.structure_parts import Part, Role, has_meaning

if TYPE_CHECKING:
    from leadscore.decisions.structure import Structure

__all__ = ["structure_toml"]

_WIDTH = 120


def structure_toml(structure: Structure) -> str:
    """Text of a TOML file that `Structure.from_toml` reads as this structure.

    What a key means stands above it where it first comes; keys without a meaning at the stage of a role are left out.
    """
    said: set[str] = set()
    tables = ["\n".join(_lines(structure, said, leave=("reply_decay", "role")))]
    decay = structure.reply_decay
    if decay is not None:
        tables.append("[reply_decay]\n" + "\n".join(_lines(decay, said)))
    for role in structure.role:
        idle = [key for key in Role.model_fields if not has_meaning(key, role.stage)]
        tables.append("[[role]]\n" + "\n".join(_lines(role, said, leave=idle)))
    if decay is None:
        tables.append(_dormant_decay())
    return "\n\n".join(tables) + "\n"


def _lines(part: Part, said: set[str], leave: Sequence[str] = ()) -> Iterator[str]:
    meanings = _meanings(type(part))
    for key, value in part.model_dump(mode="json", exclude_none=True).items():
        if key in leave:
            continue
        if (type(part).__name__ + key) not in said:
            said.add(type(part).__name__ + key)
            yield from textwrap.wrap(meanings[key], _WIDTH - 2, initial_indent="# ", subsequent_indent="# ")
        yield f"{key} = {_toml(value)}"


def _dormant_decay() -> str:
    said = ["# To let the odds to qualify fall while a lead waits, put this table above the first role, without the #:"]
    return "\n".join([*said, "# [reply_decay]", *(f"# {line}" for line in _lines(ReplyDecay(), set()))])


def _meanings(part: type[Part]) -> dict[str, str]:
    """What the docstring under each key of a class says."""
    source = ast.parse(textwrap.dedent(inspect.getsource(part))).body[0]
    assert isinstance(source, ast.ClassDef)
    found = {}
    for key, text in zip(source.body, source.body[1:], strict=False):
        if isinstance(key, ast.AnnAssign) and isinstance(key.target, ast.Name) and isinstance(text, ast.Expr):
            found[key.target.id] = inspect.cleandoc(ast.literal_eval(text.value)).replace("``", "")
    return found


def _toml(value: Any) -> str:
    if isinstance(value, Mapping):
        return "{ " + ", ".join(f"{key} = {_toml(item)}" for key, item in value.items()) + " }" if value else "{}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "[" + ", ".join(map(_toml, value)) + "]"
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    # A control character that JSON escapes, TOML escapes alike; DEL is the one that JSON leaves as it is.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
