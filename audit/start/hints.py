"""What names of columns, and values in them, say about their meaning; the lists stand in `hints.yaml`."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable
from functools import cache
from importlib.resources import files
from typing import Any

from audit.config.reading import parse_yaml
from audit.config.spelling import alike

_CAMEL = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_BETWEEN = re.compile(r"[\W_]+")
_NOT = re.compile(r"^(?:not?|non|un)[\W_]*")


@cache
def hints() -> dict[str, Any]:
    """Read the lists."""
    source = files("audit.start") / "hints.yaml"
    return dict(parse_yaml(source.read_text(encoding="utf-8"), "hints.yaml", only_text=True))


def words(name: str) -> list[str]:
    """Take a name apart."""
    return [word for word in _BETWEEN.split(_CAMEL.sub(" ", name).casefold()) if word]


def says(name: str, kind: str) -> bool:
    """Whether a word of a column's name says that it holds this."""
    return any(word in hints()["columns"][kind] for word in words(name))


def names_people(values: Iterable[str]) -> bool:
    """Whether at least half of the values name groups of people."""
    known = list(values)
    said = [value for value in known if any(word in hints()["people"] for word in words(value))]
    return bool(known) and 2 * len(said) >= len(known)


def sides(values: Collection[str]) -> tuple[str, str] | None:
    """Tell which of two values is the negative and which the positive one; None where nothing says so."""
    if len(values) != 2:
        return None
    first, second = values
    signs = _side(first), _side(second)
    if signs in {(1, -1), (1, 0), (0, -1)}:
        return second, first
    if signs in {(-1, 1), (0, 1), (-1, 0)}:
        return first, second
    # Whatever it is called, `not_x` is the negative of `x`.
    for one, other in ((first, second), (second, first)):
        bare = _NOT.sub("", alike(one))
        if bare != alike(one) and bare == alike(other):
            return one, other
    return None


def _side(value: str) -> int:
    """Say which of two classes a value probably is: 1 the one that is looked for, -1 the other, 0 unknown."""
    plain = alike(value)
    bare = _NOT.sub("", plain)
    if plain in hints()["positive"]:
        return 1
    if plain in hints()["negative"] or (bare != plain and bare in hints()["positive"]):
        return -1
    return 0


def scale(values: Collection[str]) -> list[str] | None:
    """Put the steps of a scale in words in their order; None if they are none."""
    known = {alike(value): value for value in values}
    for steps in hints()["scales"]:
        if known.keys() == set(steps):
            return [known[step] for step in steps]
    return None
