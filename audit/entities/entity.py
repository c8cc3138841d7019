"""What an entity is: a place and a type."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise
from typing import NamedTuple

#: The tag, and the class of a decision, of what is part of no entity.
OUTSIDE = "O"
#: The type of entities whose tags name none ("B", "I"), called as seqeval calls it.
UNTYPED = "_"


class Entity(NamedTuple):
    """An entity over words, or over characters.

    Attributes
    ----------
    start, end
        First word (or character), and the one after the last.
    type
        What it is: person, location.
    """

    start: int
    end: int
    type: str


def overlapping(entities: Iterable[Entity]) -> int:
    """Count the entities that begin within an earlier one; sequences of tags cannot write these."""
    reached, found = 0, 0
    ordered = sorted(entities)
    for before, entity in pairwise(ordered):
        reached = max(reached, before.end)
        found += entity.start < reached
    return found
