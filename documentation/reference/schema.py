"""JSON Schema in words: what type a key has, what it may be, and which part of the schema it leads to."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from documentation.reference.markdown import cell, code, table

Node = dict[str, Any]
BOUNDS = {
    "minimum": "≥ {}",
    "exclusiveMinimum": "> {}",
    "maximum": "≤ {}",
    "exclusiveMaximum": "< {}",
    "minItems": "at least {} of them",
    "minLength": "at least {} characters",
}


def name_of(reference: str) -> str:
    """Name of the part that a `$ref` leads to."""
    return reference.rpartition("/")[2]


def kind(node: Node, parts: frozenset[str] = frozenset()) -> str:
    """What a value may be, in Markdown; parts that stand on the same page are links.

    Parameters
    ----------
    node
        A node of the schema.
    parts
        Names of parts that have a heading of their own on the page.
    """
    if "$ref" in node:
        name = name_of(node["$ref"])
        return f"[{name}](#{name.lower()})" if name in parts else name
    if "enum" in node:
        return " or ".join(code(json.dumps(value, ensure_ascii=False)) for value in node["enum"])
    if "const" in node:
        return code(json.dumps(node["const"], ensure_ascii=False))
    for several in ("anyOf", "oneOf"):
        if several in node:
            kinds = [kind(option, parts) for option in node[several]]
            return " or ".join(dict.fromkeys(one for one in kinds if one != "null")) or "null"
    if node.get("type") == "array":
        inner = node.get("items") or {}
        return f"list of {kind(inner, parts)}" if inner else "list"
    if node.get("type") == "object":
        inner = node.get("additionalProperties")
        return f"map to {kind(inner, parts)}" if isinstance(inner, dict) else "map"
    limits = [words.format(node[key]) for key, words in BOUNDS.items() if key in node]
    return str(node.get("type", "any")) + (f", {', '.join(limits)}" if limits else "")


def may_be_null(node: Node) -> bool:
    """Whether null is among what the value may be."""
    return node.get("type") == "null" or any(option.get("type") == "null" for option in node.get("anyOf", []))


def default(node: Node, *, required: bool) -> str:
    """The default of a key as JSON; empty where it is left out, or stands beneath as a part of its own."""
    if required:
        return "*required*"
    value = node.get("default")
    if value is None or value in ({}, []) or isinstance(value, dict):
        return ""
    return code(json.dumps(value, ensure_ascii=False))


def references(node: object) -> Iterator[str]:
    """Names of the parts that a node leads to, in the order in which they stand there."""
    if isinstance(node, dict):
        if "$ref" in node:
            yield name_of(node["$ref"])
        for child in node.values():
            yield from references(child)
    elif isinstance(node, list):
        for child in node:
            yield from references(child)


def keys_table(part: Node, parts: frozenset[str], *, defaults: bool) -> str:
    """A table of the keys of a part: type, default (of what is written) or null (of what is read), and meaning."""
    needed = set(part.get("required", []))
    rows = []
    for key, node in part.get("properties", {}).items():
        middle = default(node, required=key in needed) if defaults else ("yes" if may_be_null(node) else "")
        rows.append([code(key), kind(node, parts), middle, cell(node.get("description", ""))])
    return table(["key", "type", "default" if defaults else "null", "meaning"], rows)
