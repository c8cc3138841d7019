"""docs/configuration.md tells of every key of the schema, under the heading of its part, with its default."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from audit.config import AuditConfig

PAGE = Path(__file__).parents[2] / "docs" / "configuration.md"
SCHEMA = AuditConfig.model_json_schema()


def headed() -> list[tuple[str, str]]:
    """Headings of the second level, and what stands below each."""
    parts = re.split(r"^## (.+)$", PAGE.read_text(encoding="utf-8"), flags=re.M)
    return list(zip(parts[1::2], parts[2::2], strict=True))


def sections() -> dict[str, str]:
    """Name in a heading -> what stands below it."""
    return {name: text for names, text in headed() for name in names.split(", ")}


def code(text: str) -> str:
    """What is marked as code."""
    fenced = re.findall(r"^```yaml\n(.*?)^```", text, flags=re.M | re.S)
    return " ".join([*fenced, *re.findall(r"`([^`\n]+)`", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S))])


def parts_in(node: Any) -> Iterator[str]:
    """Names of the parts of the schema that a node refers to."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield node["$ref"].rpartition("/")[2]
        for child in node.values():
            yield from parts_in(child)
    elif isinstance(node, list):
        for child in node:
            yield from parts_in(child)


def keys_of(part: str) -> dict[str, Any]:
    """Keys of a part and of the parts within it."""
    keys: dict[str, Any] = dict(SCHEMA["$defs"][part]["properties"])
    for inner in parts_in(list(keys.values())):
        # Told once, where attributes and data are.
        if inner != "AttributeConfig" and (part, inner) != ("RowsConfig", "Columns"):
            keys = keys_of(inner) | keys
    return keys


@pytest.mark.parametrize("top", list(SCHEMA["properties"]))
def test_every_key_is_told_under_the_heading_of_its_part(top: str) -> None:
    keys = [key for part in parts_in(SCHEMA["properties"][top]) for key in keys_of(part)]
    told = set(re.findall(r"\w+", code(sections()[top])))
    assert not [key for key in keys if key not in told]


def test_tables_name_keys_that_exist_and_their_defaults() -> None:
    table = re.compile(r"^\| key([^|\n]*) \| default \|[^\n]*\n\|[-|]+\n((?:\|[^\n]*\n)+)", re.M)
    held = 0
    for names, text in headed():
        for title, rows in table.findall(text):
            keys = dict(SCHEMA["properties"])
            for name in re.findall(r"`(\w+)`", title) or names.split(", "):
                for part in parts_in(SCHEMA["properties"].get(name, {})):
                    keys |= keys_of(part) | {f"{name}.{key}": value for key, value in keys_of(part).items()}
            for key, default in re.findall(r"^\| `([\w.]+)`[^|]* \| ([^|]*?) \|", rows, re.M):
                assert key in keys, f"{names}: {key}"
                if told := re.fullmatch(r"`([^`]+)`", default):
                    assert yaml.safe_load(told[1]) == keys[key]["default"], key
                    held += 1
    assert held > 25
