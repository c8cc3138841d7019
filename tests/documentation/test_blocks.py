"""Every block of code of every page is what it says: configurations hold, commands and Python parse, JSON is JSON."""

from __future__ import annotations

import ast
import copy
import json
import re
from pathlib import Path
from typing import Any

import click
import pytest

from audit.cli import main
from audit.config import AuditConfig, parse_config
from audit.config.reading import parse_yaml
from tests.conftest import ROOT
from tests.documentation.blocks import Block, blocks

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *(ROOT / "sample_data").rglob("DATASHEET.md")])
LANGUAGES = {"console", "cron", "csv", "html", "json", "jsonl", "python", "sh", "text", "toml", "yaml", ""}
#: What a part of a configuration is put into, so that it can be checked as a whole.
WHOLE: dict[str, Any] = {
    "model": {"path": "model"},
    "data": {"path": "data.csv", "columns": {"input": "text", "label": "label"}},
    "attributes": ["gender", "ethnicity", "age", "region"],
    "crossings": [["gender", "ethnicity"], ["gender", "age"]],
}
FEATURES = {"sex": "category", "age": "number", "name": "category"}
ROOM = set(AuditConfig.model_fields)


def every(*languages: str) -> pytest.MarkDecorator:
    """Parametrise over all blocks in some languages."""
    found = [(page, block) for page in PAGES for block in blocks(page) if block.language in languages]
    ids = [f"{page.relative_to(ROOT).as_posix()}:{block.line}" for page, block in found]
    return pytest.mark.parametrize("block", [block for _, block in found], ids=ids)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_languages_are_known(page: Path) -> None:
    assert {block.language for block in blocks(page)} <= LANGUAGES


@every("yaml")
def test_yaml_is_a_configuration_or_part_of_one(block: Block) -> None:
    plain = parse_yaml(block.text, "block")
    if isinstance(plain, dict) and set(plain) & ROOM and set(plain) <= ROOM:
        parse_config(completed(plain))


def completed(plain: dict[str, Any]) -> dict[str, Any]:
    """Make a whole configuration of a part: of the kind that the part speaks of."""
    if {"data", "attributes"} <= set(plain) and "path" in plain["data"]:
        return plain
    exchange = plain.get("exchange") or {}
    whole = copy.deepcopy(WHOLE)
    if "attributes" in plain:
        del whole["crossings"]
    if any("entity" in attribute for attribute in plain.get("attributes", []) if isinstance(attribute, dict)):
        whole["data"]["outcome"] = "entities"
    if "model" not in plain and {"prediction", "predictions", "score"} & set(plain.get("data", {}).get("columns", {})):
        del whole["model"]
    if "encoding" in (plain.get("model") or {}):
        whole["model"] = {"factory": "module:function", "path": "weights.safetensors", "classes": ["no", "yes"]}
        whole["data"]["positive_label"] = "yes"
    if "values" in exchange:
        whole["model"] = {"callable": "module:function", "classes": ["no", "yes"]}
        whole["data"]["columns"] = {"features": FEATURES, "label": "label"}
        whole["data"]["positive_label"] = "yes"
    if "tone" in exchange:
        whole["data"]["columns"] = {"image": "image", "label": "label"}
        whole["attributes"] = [exchange["tone"]["attribute"]]
        del whole["crossings"]
    for key, value in plain.items():
        inner = value if isinstance(value, dict) and isinstance(whole.get(key), dict) else None
        whole[key] = whole[key] | inner if inner is not None else value
    return whole


@every("json")
def test_json_is_json(block: Block) -> None:
    json.loads(block.text)


@every("jsonl")
def test_each_line_is_json(block: Block) -> None:
    assert [json.loads(line) for line in block.text.splitlines()]


@every("python")
def test_python_parses(block: Block) -> None:
    ast.parse(block.text)


@every("console", "sh")
def test_commands_take_their_options(block: Block) -> None:
    assert block.language == "sh" or block.commands, "a console block shows at least one command, after `$ `"
    for command in block.commands:
        words = command.words
        if words[0] == "audit":
            check([re.split(r"[|>]", word)[0] for word in until_a_pipe(words[1:])])


def until_a_pipe(words: list[str]) -> list[str]:
    ends = [i for i, word in enumerate(words) if word in {"|", ">", "&&", "||", "2>", ";"}]
    return words[: ends[0]] if ends else words


def check(words: list[str]) -> None:
    """Parse the words of a command as the command line does; nothing is run."""
    command: click.Command = main
    name = "audit"
    while isinstance(command, click.Group):
        name = words.pop(0)
        if name in {"--help", "-h", "--version"}:
            return
        assert name in command.commands, name
        command = command.commands[name]
    if "--help" not in words:
        command.make_context(name, words)


@pytest.mark.parametrize(
    "text",
    [
        "model: {path: m, colour: red}",
        "policy: {rules: [{metric: selection_rate}]}",
        "data: {path: x.csv}\nattributes: []",
        "a: 1\na: 2",
    ],
)
def test_what_is_wrong_is_found(text: str) -> None:
    with pytest.raises(Exception, match=r"\w"):
        test_yaml_is_a_configuration_or_part_of_one(Block("yaml", None, text, 1))


@pytest.mark.parametrize("line", ["audit rum audit.yaml", "audit run --gates audit.yaml", "audit run a b c"])
def test_a_wrong_command_is_found(line: str) -> None:
    with pytest.raises((AssertionError, click.UsageError)):
        test_commands_take_their_options(Block("console", None, f"$ {line}\n", 1))
