"""One decision per entity, how each gold entity was met, and what of it stays readable."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import accumulate
from typing import NamedTuple

from audit.entities.alignment import align, same_place
from audit.entities.entity import OUTSIDE, Entity

#: How a gold entity was met: place and type; place alone; type alone, where they overlap; overlap alone; not at all.
MEETINGS = ("exact", "wrong_type", "wrong_boundary", "wrong_both", "missed")


class EntityDecision(NamedTuple):
    """A decision about one entity.

    Attributes
    ----------
    start, end
        First word (or character), and the one after the last.
    y_true, y_pred
        Its type; `O` where it is no gold entity, or none was predicted with these boundaries.
    """

    start: int
    end: int
    y_true: str
    y_pred: str


def match(gold: Iterable[Entity], predicted: Iterable[Entity]) -> list[EntityDecision]:
    """List the decisions of one row: every gold entity, and every predicted one that is at no gold one's place.

    A wrong boundary is two decisions, a miss and an invention; right boundaries with a wrong type are one. So recall,
    precision and F1 of each type against the rest are the strict scores of the field (conlleval, seqeval). There are
    no true negatives: nobody counts the entities that are neither there nor predicted.

    Returns
    -------
    list of decisions
        Ordered by place. First and last word tell each decision from the others, unless a side gives one place two
        types, which tags never do. The first word alone does not: a miss and an invention may begin with the same.
    """
    pairs, missed, invented = same_place(gold, predicted)
    decided = [EntityDecision(g.start, g.end, g.type, p.type) for g, p in pairs if g and p]
    decided += [EntityDecision(*entity, OUTSIDE) for entity in missed]
    decided += [EntityDecision(entity.start, entity.end, OUTSIDE, entity.type) for entity in invented]
    return sorted(decided)


def meetings(gold: Iterable[Entity], predicted: Iterable[Entity]) -> dict[Entity, str]:
    """Say of each gold entity how it was met, one of `MEETINGS`.

    In the words of MUC and SemEval 2013, task 9.1, an entity that is met exactly is correct and a missed one missing;
    the others are incorrect, apart from `wrong_type` being correct by boundaries, `wrong_boundary` by type, and
    `wrong_boundary` and `wrong_both` being partial where type does not count.
    """
    return {g: _meeting(g, p) for g, p in align(gold, predicted, by_type=True) if g}


def _meeting(gold: Entity, predicted: Entity | None) -> str:
    if predicted is None:
        return "missed"
    if gold[:2] == predicted[:2]:
        return "exact" if gold.type == predicted.type else "wrong_type"
    return "wrong_boundary" if gold.type == predicted.type else "wrong_both"


class Leak(NamedTuple):
    """Characters of one entity, and how many of them no predicted entity covers."""

    characters: int
    uncovered: int


def leakage(entities: Iterable[Entity], predicted: Iterable[Entity], characters: Sequence[int]) -> dict[Entity, Leak]:
    """Count what of each entity would stay readable, were all that was predicted blacked out.

    The type does not count: a name that is taken for a place is as hidden.

    Parameters
    ----------
    characters
        Characters of each word, or where entities are over characters, `characters_of` the text.
    """
    hidden = [False] * len(characters)
    for entity in predicted:
        hidden[entity.start : entity.end] = [True] * (entity.end - entity.start)
    total = [0, *accumulate(characters)]
    open_ = [0, *accumulate(0 if covered else n for n, covered in zip(characters, hidden, strict=True))]
    return {
        entity: Leak(total[entity.end] - total[entity.start], open_[entity.end] - open_[entity.start])
        for entity in entities
    }


def characters_of(text: str) -> list[int]:
    """Count each character of a text as one, and white space as none: a blank between two names gives nothing away."""
    return [0 if character.isspace() else 1 for character in text]
