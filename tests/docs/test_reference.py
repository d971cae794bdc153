"""The reference pages say what the code says: every key, option, default, error and setting, and nothing else."""

from __future__ import annotations

import json
import typing

import pytest
import typer.main
from pydantic import BaseModel
from pydantic_core import PydanticUndefined

from leadscore import errors
from leadscore.cli import app
from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.locations import DatabaseTable
from leadscore.data.outcomes import Outcome
from leadscore.data.sources import ActivityLog, Join, Sources
from leadscore.data.splits import Split
from leadscore.decisions import Eligibility, HandOff, ReplyDecay, Role, Structure, TierRow
from leadscore.models.rules import CardTier, Rule, Rules
from leadscore.models.value import Value
from leadscore.serving import Settings, faults, openapi, problems
from leadscore.training.recipe import Recipe, Search, StructureChoice

PAGES = {
    "Top level": Recipe,
    "[data]": Sources,
    "join": Join,
    "activities": ActivityLog,
    "Tables of a database": DatabaseTable,
    "[lead]": LeadColumns,
    "[qualify] and [close]": Outcome,
    "[columns]": Columns,
    "[value]": Value,
    "[structure]": StructureChoice,
    "[split]": Split,
    "[search]": Search,
    "[rules]": Rules,
    "points": Rule,
    "tiers": CardTier,
    "Structure files": Structure,
    "[[role]]": Role,
    "eligible": Eligibility,
    "hands_to": HandOff,
    "reply_decay": ReplyDecay,
}


@pytest.mark.parametrize("heading", PAGES)
def test_each_key_of_a_recipe_stands_in_its_table_with_its_default(tables_of, heading):
    _compare(tables_of("docs/reference/recipe.md")[heading], PAGES[heading])


def test_no_table_of_a_recipe_is_forgotten():
    assert _nested(Recipe) | _nested(Structure) == set(PAGES.values())


def test_each_setting_stands_in_its_table_with_its_default(tables_of):
    _compare(tables_of("docs/reference/http.md")["Settings"], Settings)


def test_each_command_and_option_is_described(tables_of):
    tables = tables_of("docs/reference/commands.md")
    commands = dict(_commands(typer.main.get_command(app)))
    headings = set(tables) - {"Commands"}
    assert headings == {name for name, command in commands.items() if _options(command)}
    for name in headings:
        assert {option for row in tables[name] for option in row[0].replace("`", "").split(", ")} == set(
            _options(commands[name])
        ), name


def test_each_default_of_an_option_is_the_codes_own(tables_of):
    tables = tables_of("docs/reference/commands.md")
    for name, command in _commands(typer.main.get_command(app)):
        said = {row[0].split("`")[1]: row[1].strip("`") for row in tables.get(name, [])}
        for option in command.params:
            default = getattr(option, "default", None)
            if option.opts[0] in said and default not in (None, False) and not callable(default):
                assert said[option.opts[0]] == str(default), (name, option.opts)


def test_each_key_of_the_reply_is_described_in_its_order(tables_of, keys_of):
    rows = tables_of("docs/reference/http.md")["Reply"]
    flat, full = keys_of(rows)[: len(openapi.reply_schema()["required"])], {"reasons", "runner_up", "prices"}
    assert flat == openapi.reply_schema()["required"]
    assert full <= set(keys_of(rows)) - set(flat)


def test_each_key_of_a_lead_is_described(tables_of, keys_of):
    lead = openapi.lead_schema((), (), closed=True)
    assert keys_of([row[:1] for row in tables_of("docs/reference/http.md")["Request"]]) == list(lead["properties"])


def test_each_fault_and_problem_is_described(tables_of, keys_of):
    tables = tables_of("docs/reference/http.md")["Problems"]
    assert set(faults.SAID) <= set(keys_of(tables))
    said = {kind for row in tables for cell in row for kind in cell.replace("`", "").split(", ")}
    assert {"invalid-lead", "store-unavailable", problems.internal_problem()["type"].rsplit(":", 1)[1]} <= said


def test_each_endpoint_is_described(tables_of, endpoints):
    described = {tuple(row[0].strip("`").split()) for row in tables_of("docs/reference/http.md")["HTTP"]}
    assert described == endpoints


def test_each_error_stands_in_its_row_with_its_codes(tables_of):
    rows = {row[0].strip("`"): row for row in tables_of("docs/reference/errors.md")["Errors and exit codes"]}
    for name in errors.__all__:
        cls = getattr(errors, name)
        expected = [cls.__base__.__name__, str(cls.exit_code), str(cls.http_status)]
        assert [cell.strip("`") for cell in rows[name][1:4]] == expected, name


def test_each_exit_code_is_described(tables_of):
    rows = tables_of("docs/reference/errors.md")["Errors and exit codes"]
    codes = {getattr(errors, name).exit_code for name in errors.__all__} | {0, 130}
    assert {int(row[0]) for row in rows if row[0].isdigit()} == codes


def test_each_key_of_a_training_is_described(tables_of, keys_of, small_training):
    tables = tables_of("docs/reference/train-json.md")
    told = json.loads(json.dumps(small_training.to_dict()))
    assert keys_of([row[:1] for row in tables["train --json"]]) == list(told)
    stage = set(told["stages"]["close"])
    assert set(keys_of([row[:1] for row in tables["Stage"]])) == stage
    assert set(keys_of([row[:1] for row in tables["Value"]])) == set(told["value"])
    assert set(keys_of([row[:1] for row in tables["Tier row"]])) == set(TierRow.__slots__)


def _compare(rows: list[list[str]], model: type[BaseModel]) -> None:
    fields = {name: field for name, field in model.model_fields.items() if not field.exclude}
    assert [row[0].strip("`") for row in rows] == list(fields)
    for row, field in zip(rows, fields.values(), strict=True):
        assert _is_default(row[2], field.get_default(call_default_factory=True)), (row, field)


def _is_default(said: str, default: object) -> bool:
    if default is PydanticUndefined:
        return said == "required"
    if default is None:
        return said == "none"
    if isinstance(default, BaseModel):
        return said.startswith("[below](#") or said == "`{}`"
    literal = json.dumps(default) if not isinstance(default, float) else f"{default:g}"
    return said.strip("`") in (literal, f"{literal}.0")


def _nested(model: type[BaseModel]) -> set[type[BaseModel]]:
    inner = {found for field in model.model_fields.values() for found in _models(field.annotation)}
    return {model}.union(*map(_nested, inner))


def _models(annotation: typing.Any) -> set[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return {annotation}
    return set().union(*map(_models, typing.get_args(annotation)))


def _commands(group, prefix=""):
    for name, command in group.commands.items():
        if hasattr(command, "commands"):
            yield from _commands(command, f"{prefix}{name} ")
        else:
            yield prefix + name, command


def _options(command) -> list[str]:
    return [spelling for p in command.params for spelling in p.opts if spelling.startswith("-") and p.name != "help"]
