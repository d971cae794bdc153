"""Every page: its links resolve, and the commands that it names exist with the options that it gives them."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest
import typer.main

from leadscore.cli import app
from leadscore.decisions import Structure, preset

REPOSITORY = Path(__file__).parents[2]
FOLDERS = ("docs", "data", "training", "models", "serving", "benchmarks")
PAGES = sorted(
    [*REPOSITORY.glob("*.md"), *(page for folder in FOLDERS for page in REPOSITORY.glob(f"{folder}/**/*.md"))]
)


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(REPOSITORY)) for path in paths]


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_internal_links_resolve(page):
    for target in re.findall(r"\]\(([^)\s]+)\)", _without_code(page.read_text(encoding="utf-8"))):
        if "://" in target or target.startswith("mailto:"):
            continue
        file, _, anchor = target.partition("#")
        place = (page.parent / file).resolve() if file else page
        assert place.exists(), target
        if anchor:
            assert anchor in _anchors(place), target


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_named_commands_exist(page):
    group = typer.main.get_command(app)
    for words in _commands(page.read_text(encoding="utf-8")):
        command = group
        while hasattr(command, "commands") and words and not words[0].startswith("-"):
            assert words[0] in command.commands, words
            command = command.commands[words.pop(0)]
        known = {spelling for option in command.params for spelling in option.opts} | {"--help", "-h"}
        assert {word.split("=")[0] for word in words if re.match(r"--?[a-z]", word)} <= known, words


@pytest.mark.parametrize("page", PAGES, ids=names(PAGES))
def test_named_make_targets_exist(page):
    targets = set(re.findall(r"^([a-z]+):", (REPOSITORY / "Makefile").read_text(encoding="utf-8"), flags=re.MULTILINE))
    assert set(re.findall(r"^(?:.*`)?make ([a-z]+)\b", page.read_text(encoding="utf-8"), flags=re.MULTILINE)) <= targets


def test_the_structure_to_copy_is_its_preset():
    path = REPOSITORY / "training/structures/three_tier.toml"
    assert path.read_text(encoding="utf-8").endswith("\n\n" + preset("three_tier").to_toml())
    assert Structure.from_toml(path) == preset("three_tier")


def _without_code(text: str) -> str:
    return re.sub(r"```.*?```", "", text, flags=re.DOTALL)


def _anchors(page: Path) -> set[str]:
    headings = re.findall(r"^#+ (.*)$", _without_code(page.read_text(encoding="utf-8")), flags=re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).strip().replace(" ", "-") for heading in headings}


def _commands(text: str) -> list[list[str]]:
    """Words after ``leadscore`` of every command line in a block of shell code."""
    found = []
    for block in re.findall(r"```(?:sh|bash|console)\n(.*?)```", text, flags=re.DOTALL):
        for line in block.replace("\\\n", " ").splitlines():
            for part in re.split(r"&&|\||;", line.partition(" #")[0]):
                words = shlex.split(part) if "leadscore " in part else []
                if "leadscore" in words:
                    found.append(words[words.index("leadscore") + 1 :])
    return found
