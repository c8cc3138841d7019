"""What the documents point to is there: files, headings, commands with their options, benchmarks."""

from __future__ import annotations

import pkgutil
import re
from functools import cache
from pathlib import Path

import click
import pytest

from audit.cli import main as cli
from audit.config import load_config
from benchmarks.__main__ import NAMES
from documentation.reference import pages as reference_pages

ROOT = Path(__file__).parents[1]
PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *(ROOT / "sample_data").rglob("DATASHEET.md")])
#: Where a name between backticks is a path of the project.
PATH = re.compile(r"^(?:tests|audit|benchmarks|docs|sample_data|reports)/[\w./-]+$")


def pages() -> pytest.MarkDecorator:
    return pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())


@cache
def generated() -> dict[Path, str]:
    """Pages that are made from the code when the site is built."""
    return {ROOT / "docs" / place: text for place, text in reference_pages().items()}


def anchors(page: Path) -> set[str]:
    """Anchors of the headings of a page, as GitHub makes them."""
    written = generated()[page] if page in generated() else page.read_text(encoding="utf-8")
    text = re.sub(r"^```.*?^```", "", written, flags=re.M | re.S)
    headings = re.findall(r"^#+ (.+)$", text, flags=re.M)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


@pages()
def test_links_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        if "://" in link:
            continue
        name, _, anchor = link.partition("#")
        target = (page.parent / name).resolve() if name else page
        there = target.exists() or target in generated()
        if not there or (anchor and anchor not in anchors(target)):
            broken.append(link)
    assert not broken


@pages()
def test_paths_exist(page: Path) -> None:
    named = re.findall(r"`([^`\n]+)`", page.read_text(encoding="utf-8"))
    assert not [name for name in named if PATH.match(name) and not (ROOT / name).exists()]


@pages()
def test_names_of_the_package_exist(page: Path) -> None:
    for name in re.findall(r"`(audit(?:\.\w+)+)(?:\([^`]*)?`", page.read_text(encoding="utf-8")):
        if not name.endswith((".yaml", ".sarif", ".json")):
            assert pkgutil.resolve_name(name) is not None


@pages()
def test_benchmarks_exist(page: Path) -> None:
    text = re.sub(r"\s+", " ", page.read_text(encoding="utf-8"))
    assert set(re.findall(r"python -m benchmarks (\w+)", text)) <= set(NAMES)


@pages()
def test_commands_and_their_options_exist(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    lines = re.findall(r"^\$ (audit .+)$", text, flags=re.M) + re.findall(
        r"`(audit [a-z][^`]*)`", text.replace("\n", " ")
    )
    wrong = []
    for line in lines:
        command = cli.commands.get(line.split()[1])
        if isinstance(command, click.Group) and len(line.split()) > 2:
            command = command.commands.get(line.split()[2])
        options = {name for option in command.params for name in option.opts} if command else set()
        if command is None or not {option.split("=")[0] for option in re.findall(r"--[a-z-]+", line)} <= options:
            wrong.append(line)
    assert not wrong


def test_every_command_is_in_the_readme() -> None:
    text = (ROOT / "README.md").read_text(encoding="utf-8")
    assert isinstance(cli, click.Group)
    assert not [name for name in cli.commands if f"audit {name}" not in text and name != "schema"]


@pytest.mark.parametrize("path", sorted((ROOT / "docs" / "examples").glob("*.yaml")), ids=lambda path: path.name)
def test_examples_are_valid_configurations(path: Path) -> None:
    config = load_config(path)
    assert config.policy.rules
