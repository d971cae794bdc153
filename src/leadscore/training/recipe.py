"""The recipe: what a company says of its export, its outcomes, its people and its money. A typo stops the run."""

from __future__ import annotations

import difflib
import re
import tomllib
from pathlib import Path
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator

from leadscore.data.columns import Columns, LeadColumns
from leadscore.data.outcomes import Outcome, Stage
from leadscore.data.sources import Sources
from leadscore.data.splits import Split
from leadscore.decisions import Structure, preset
from leadscore.errors import RecipeError
from leadscore.models.points_card import check_card
from leadscore.models.rules import Rules
from leadscore.models.value import Value
from leadscore.training.limits import EXTRAS, Extra
from leadscore.training.protection import misused

__all__ = ["Recipe", "Search", "StructureChoice", "load_recipe"]


class StructureChoice(BaseModel):
    """Which structure of the selling organisation the tiers are cut for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    preset: str | None = None
    """Name of a preset; ``three_tier`` when neither is given."""
    file: str | None = None
    """TOML file of a structure, relative to the recipe."""
    leads_per_period: float | None = Field(None, gt=0)
    """Arrivals in one period; counted from the last mature quarter of the history when absent."""

    @model_validator(mode="after")
    def _not_both(self) -> StructureChoice:
        if self.preset is not None and self.file is not None:
            raise ValueError("give either `preset` or `file`, not both")
        return self


class Search(BaseModel):
    """How much the competition of families and settings may cost."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    minutes: float = Field(1.0, gt=0)
    """Upper bound on the time until all is chosen, for both stages together; what was not tried by then is said."""
    trials: int | None = Field(None, ge=1)
    """Bound on the number of candidates per stage, in place of time."""
    include: tuple[Extra, ...] = EXTRAS
    """What takes part beside the standard candidates."""


class Recipe(BaseModel):
    """Everything that training needs to know; complete in code, a TOML names only what differs.

    Examples
    --------
    >>> Recipe(name="acme", close=Outcome(column="Won", positive=("yes",))).structure.preset is None
    True
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = "leads"
    """Name of the recipe; a champion of another name is never replaced silently."""
    currency: str = Field("EUR", pattern=r"^[A-Z]{3}$")
    """ISO 4217 code of all money."""
    data: Sources = Sources()
    """Where the history lies."""
    lead: LeadColumns = LeadColumns()
    """Which column plays which part."""
    qualify: Outcome | None = None
    """Whether a lead qualifies."""
    close: Outcome | None = None
    """Whether a lead is won."""
    columns: Columns = Columns()
    """Corrections of what is found out about the columns."""
    value: Value = Value()
    """What a won deal brings."""
    structure: StructureChoice = StructureChoice()
    """The selling organisation."""
    split: Split = Split()
    """How the history is cut."""
    search: Search = Search()
    """How much the search may cost."""
    cold_start: Literal["refuse", "rules"] = "refuse"
    """What becomes of a history that is not enough for a model: a refusal, or a points card by the ``[rules]``."""
    rules: Rules | None = None
    """The points card for ``cold_start = "rules"``."""
    folder: Path = Field(default=Path(), exclude=True)
    """Folder that relative paths start from; set when a recipe is loaded."""

    @model_validator(mode="after")
    def _one_learned(self) -> Recipe:
        if not self.outcomes:
            raise ValueError("no outcome to learn: give `column` under [qualify] or [close]")
        return self

    @model_validator(mode="after")
    def _nothing_rests_on_protected(self) -> Recipe:
        if wrong := misused(self.lead, self.outcomes, self.columns, self.rules):
            raise ValueError(wrong)
        return self

    @model_validator(mode="after")
    def _card_holds(self) -> Recipe:
        if self.cold_start == "rules":
            if self.rules is None:
                raise ValueError('cold_start = "rules" needs [rules] with `points` and `tiers`')
            if not self.data.logs and any(rule.activity for rule in self.rules.points):
                raise ValueError("[rules] points count an `activity`, so [data] needs `activities`")
            check_card(self.rules, self.selling_structure())
        return self

    @property
    def outcomes(self) -> dict[Stage, Outcome]:
        """The stages that are learned from a column."""
        stages: tuple[Stage, ...] = get_args(Stage)
        found = {stage: getattr(self, stage) for stage in stages}
        return {stage: o for stage, o in found.items() if o is not None and o.learned}

    @property
    def file_stem(self) -> str:
        """The name as a file beside the user may have it."""
        return re.sub(r"[^\w.-]+", "_", self.name).strip("._-") or "leads"

    def selling_structure(self) -> Structure:
        """The structure that the recipe names."""
        if self.structure.file is not None:
            return Structure.from_toml(self.folder / self.structure.file)
        return preset(self.structure.preset or "three_tier")


def load_recipe(path: Path | str) -> Recipe:
    """Read a recipe.

    Parameters
    ----------
    path
        A TOML file.

    Raises
    ------
    RecipeError
        The file is missing or no TOML, or a key or value is not allowed; the message names it.
    """
    path = Path(path)
    if not path.is_file():
        raise RecipeError(f"{path}: there is no such recipe. `leadscore sample DIR` writes one to start from.")
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        hint = "" if path.suffix == ".toml" else f" `leadscore init {path.name}` writes a recipe for an export."
        raise RecipeError(f"{path.name} is no TOML: {error}.{hint}") from None
    if "folder" in content:
        raise RecipeError(f"{path.name}: unknown key 'folder'; paths are relative to the recipe itself.")
    try:
        return Recipe.model_validate({**content, "folder": path.parent})
    except ValidationError as error:
        raise RecipeError(f"{path.name}: {_in_words(error)}") from None


def _in_words(error: ValidationError) -> str:
    sentences = []
    for problem in error.errors(include_url=False, include_context=False):
        where = [str(part) for part in problem["loc"] if isinstance(part, int) or part in _KEYS]
        if problem["type"] == "extra_forbidden":
            sentences.append(_unknown_key([str(p) for p in problem["loc"]]))
        else:
            key = ".".join(where) or "recipe"
            sentences.append(f"{key}: {problem['msg'].removeprefix('Value error, ')}")
    return "; ".join(dict.fromkeys(sentences))


def _unknown_key(loc: list[str]) -> str:
    table = _model_at(loc[:-1])
    allowed = sorted(set(table.model_fields) - {"folder"})
    near = difflib.get_close_matches(loc[-1], allowed, n=1)
    hint = f"did you mean {near[0]!r}? " if near else ""
    place = f"[{'.'.join(p for p in loc[:-1] if p in _KEYS)}]" if len(loc) > 1 else "the top level"
    return f"unknown key {loc[-1]!r} in {place}; {hint}allowed: {', '.join(allowed)}"


def _model_at(loc: list[str]) -> type[BaseModel]:
    model: type[BaseModel] = Recipe
    for part in loc:
        field = model.model_fields.get(part)
        model = _inner_model(field.annotation, model) if field else model
    return model


def _inner_model(annotation: Any, default: type[BaseModel]) -> type[BaseModel]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return annotation
    for argument in get_args(annotation):
        found = _inner_model(argument, default)
        if found is not default:
            return found
    return default


def _keys(model: type[BaseModel]) -> set[str]:
    keys = set(model.model_fields)
    for field in model.model_fields.values():
        inner = _inner_model(field.annotation, model)
        if inner is not model:
            keys |= _keys(inner)
    return keys


_KEYS = _keys(Recipe)
