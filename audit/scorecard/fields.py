"""Finds a field of a result by a path: names joined by dots, each with conditions on what it holds."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

_STEP = re.compile(r"(\w+)((?:\[\w+=[^\]]*\])*)")
_CONDITION = re.compile(r"\[(\w+)=([^\]]*)\]")
_PATH = re.compile(rf"{_STEP.pattern}(?:\.{_STEP.pattern})*")


def check_path(path: str) -> str:
    """Return a path that can be followed.

    Raises
    ------
    ValueError
        If it is none.
    """
    if not _PATH.fullmatch(path):
        raise ValueError(
            f"{path!r} is no path: write names joined by dots, each with conditions like [metric=accuracy]"
        )
    return path


def found_at(path: str, plain: Any) -> list[Any]:
    """Follow a path.

    Parameters
    ----------
    plain
        A result as plain data.

    Returns
    -------
    list
        What is there, in its order: nothing where a part was not measured.
    """
    here = [plain]
    for name, conditions in _STEP.findall(path):
        wanted = _CONDITION.findall(conditions)
        nested = [part.get(name) for part in here if isinstance(part, Mapping)]
        parts = [item for part in nested for item in (part if isinstance(part, list) else [part]) if item is not None]
        here = [part for part in parts if all(_said(part, key) == value for key, value in wanted)]
    return here


def _said(part: Any, key: str) -> str | None:
    """What a part holds under a key, as conditions say it."""
    if not isinstance(part, Mapping) or key not in part:
        return None
    value = part[key]
    if isinstance(value, list):
        return " × ".join(map(str, value))
    if isinstance(value, Mapping):
        return ", ".join(f"{name}: {item}" for name, item in value.items())
    return "" if value is None else str(value)
