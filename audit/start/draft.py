"""A configuration in the making, and how it is written: every key that was guessed with its reason above it."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from audit.config.reading import parse_yaml
from audit.errors import ConfigError
from audit.text import cut, one_line

WIDTH = 110
#: What other readers of YAML (1.1) take for a truth value, and this product for text.
_OTHERWISE = re.compile(r"y|n|yes|no|on|off", re.IGNORECASE)
#: Text that YAML takes for itself without quotes, in flow collections too.
_PLAIN = re.compile(r"(?:[^\W\d]|\.\.?/)[\w ./+-]*(?<! )")


@dataclass
class Draft:
    """What the file will hold.

    Attributes
    ----------
    keys
        The configuration as plain data.
    why
        Dotted key -> what is said above it.
    aside
        Lines at the end, written as comments: what might be added.
    """

    keys: dict[str, Any] = field(default_factory=dict)
    why: dict[str, str] = field(default_factory=dict)
    aside: list[str] = field(default_factory=list)

    def put(self, key: str, value: Any, why: str = "") -> None:
        """Set a dotted key, and say why."""
        *parents, last = key.split(".")
        place = self.keys
        for parent in parents:
            place = place.setdefault(parent, {})
        place[last] = value
        if why:
            self.why[key] = why


def write(draft: Draft, head: Sequence[str]) -> str:
    """Write the file."""
    lines = [line for text in head for line in _comment(text, "")]
    for name, value in draft.keys.items():
        lines += ["", *_entry(draft, name, name, value, "")]
    if draft.aside:
        lines += ["", *(f"# {one_line(line)}".rstrip() for line in draft.aside)]
    return "\n".join(lines) + "\n"


def _entry(draft: Draft, path: str, name: str, value: Any, indent: str) -> list[str]:
    lines = _comment(draft.why[path], indent) if path in draft.why else []
    nested = f"{path}."
    # What has a reason of its own below gets lines of its own.
    if isinstance(value, dict) and (any(key.startswith(nested) for key in draft.why) or len(flow(value)) > 80):
        lines.append(f"{indent}{scalar(name)}:")
        for key, inner in value.items():
            lines += _entry(draft, f"{nested}{key}", key, inner, f"{indent}  ")
        return lines
    if isinstance(value, list) and (any(key.startswith(nested) for key in draft.why) or len(flow(value)) > 80):
        lines.append(f"{indent}{scalar(name)}:")
        for number, inner in enumerate(value):
            lines += _comment(draft.why[f"{nested}{number}"], f"{indent}  ") if f"{nested}{number}" in draft.why else []
            lines.append(f"{indent}  - {flow(inner)}")
        return lines
    return [*lines, f"{indent}{scalar(name)}: {flow(value)}"]


def flow(value: Any) -> str:
    """Write a value on one line."""
    if isinstance(value, dict):
        return "{" + ", ".join(f"{scalar(key)}: {flow(inner)}" for key, inner in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(flow(inner) for inner in value) + "]"
    return scalar(value)


def scalar(value: Any) -> str:
    """Write one value so that it is read as what it is: text that looks like a number stays text."""
    if not isinstance(value, str):
        return json.dumps(value)
    try:
        plain = _PLAIN.fullmatch(value) is not None and parse_yaml(value, "") == value
        plain = plain and not _OTHERWISE.fullmatch(value)
    except ConfigError:
        plain = False
    return value if plain else json.dumps(value, ensure_ascii=not value.isprintable())


def _comment(text: str, indent: str) -> list[str]:
    """Write text as a comment; what the data hold ends no line of it."""
    wrapped = [
        line
        for paragraph in text.split("\n")
        for line in textwrap.wrap(one_line(paragraph), WIDTH - len(indent), break_on_hyphens=False) or [""]
    ]
    return [f"{indent}# {line}".rstrip() for line in wrapped]


def listed(values: Sequence[str], most: int = 6) -> str:
    """Name a few of several values in a sentence."""
    shown = ", ".join(cut(value, 40) for value in values[:most])
    return f"{shown} and {len(values) - most:,} more" if len(values) > most else shown
