"""Which predicted entity answers which gold one: each is given to one of the other side at most."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict, deque
from collections.abc import Callable, Hashable, Iterable

from audit.entities.entity import Entity

#: A gold entity and the predicted one that answers it; None on the side that has no other.
Pair = tuple[Entity | None, Entity | None]

Split = tuple[list[Pair], list[Entity], list[Entity]]


def same_place(gold: Iterable[Entity], predicted: Iterable[Entity]) -> Split:
    """Pair the entities with the same boundaries, those of the same type first.

    Returns
    -------
    pairs, gold, predicted
        The pairs, and what is left on either side, in order. An entity that is given twice counts once.
    """
    same, rest, others = _equal(sorted(set(gold)), sorted(set(predicted)), lambda entity: entity)
    placed, rest, others = _equal(rest, others, lambda entity: entity[:2])
    return same + placed, rest, others


def _equal(gold: list[Entity], predicted: list[Entity], key: Callable[[Entity], Hashable]) -> Split:
    waiting: dict[Hashable, deque[Entity]] = defaultdict(deque)
    for entity in gold:
        waiting[key(entity)].append(entity)
    pairs: list[Pair] = []
    others = []
    for entity in predicted:
        found = waiting[key(entity)]
        if found:
            pairs.append((found.popleft(), entity))
        else:
            others.append(entity)
    return pairs, sorted(entity for entities in waiting.values() for entity in entities), others


def align(gold: Iterable[Entity], predicted: Iterable[Entity], *, by_type: bool = False) -> list[Pair]:
    """Pair gold and predicted entities as nervaluate does (after SemEval 2013, task 9.1).

    Entities with the same boundaries are paired first. The other predicted ones choose, from left to right, among the
    gold ones that they overlap and nobody has: the first; or with `by_type` the one of the same type whose boundaries
    are nearest, and the first where none has its type. So a gold entity that two predicted ones overlap is answered by
    the first of them, and the second is spurious, even if the second alone has the right type.

    Where no side overlaps itself, as tags never do, these are the pairs of nervaluate 1.2, apart from gold entities of
    more than a hundred words: there it wants 1 % of the words to be common, here one word is enough. Where a side does
    overlap itself, nervaluate lets a worse answer take a gold entity away from the exact one, and here it does not.

    Returns
    -------
    list of pairs
        Every entity of both sides is in one. Ordered by the place of the gold one, or else of the predicted one.
    """
    pairs, free, others = same_place(gold, predicted)
    starts, taken = [entity.start for entity in free], [False] * len(free)
    first = 0
    for entity in others:
        # Predicted ones are ordered too: what is taken, or ends before this one begins, is out of reach for good.
        while first < len(free) and (taken[first] or free[first].end <= entity.start):
            first += 1
        reach = range(first, bisect_left(starts, entity.end))
        near = [at for at in reach if not taken[at] and free[at].end > entity.start]
        alike = [at for at in near if free[at].type == entity.type] if by_type else []
        chosen = min(alike, key=lambda at: _distance(free[at], entity)) if alike else next(iter(near), None)
        if chosen is not None:
            taken[chosen] = True
        pairs.append((None if chosen is None else free[chosen], entity))
    pairs += [(entity, None) for entity, gone in zip(free, taken, strict=True) if not gone]
    return sorted(pairs, key=lambda pair: (pair[0] or pair[1] or (), pair[1] or ()))


def _distance(one: Entity, other: Entity) -> int:
    return abs(one.start - other.start) + abs(one.end - other.end)
