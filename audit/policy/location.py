"""Where each rule stands in its file, for tools that show a finding at a line."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import yaml

from audit.config import PolicyConfig
from audit.policy.rules import describe
from audit.result import PolicySource
from audit.text import visible


def locate_rules(path: Path, policy: PolicyConfig, keys: tuple[str, ...] = ("policy",)) -> PolicySource:
    """Find the line of every rule and preset.

    Parameters
    ----------
    path
        An audit.yaml, or a policy file.
    policy
        What was read from it.
    keys
        Path to the policy in the file; empty for a policy file.
    """
    lines: dict[str, int] = {}
    root = yaml.compose(path.read_text(encoding="utf-8"), Loader=yaml.SafeLoader)
    for key in keys:
        root = _child(root, key)
    for node in _items(_child(root, "presets")):
        lines[str(node.value)] = node.start_mark.line + 1
    for node, rule in zip(_items(_child(root, "rules")), policy.rules, strict=False):
        lines.setdefault(rule.name or describe(rule), node.start_mark.line + 1)
    try:
        shown = path.resolve().relative_to(Path.cwd())
    except ValueError:
        shown = Path(path.name)
    return PolicySource(file=visible(shown.as_posix(), keep=""), lines=lines)


def _child(node: Any, key: str) -> Any:
    if not isinstance(node, yaml.MappingNode):
        return None
    return next((value for name, value in node.value if name.value == key), None)


def _items(node: Any) -> Iterator[Any]:
    if isinstance(node, yaml.SequenceNode):
        yield from node.value
