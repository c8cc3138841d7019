"""Choose what is not told, so that no count under ten can be told from what is.

Numbers of fewer than `LEAST` decisions go first. Then an attacker is asked how large each of the counts behind them can
be, given all that is left (`attack`): where the answer is less than `LEAST`, one of the numbers that keep it so small
goes too, the one that costs least, and the attacker is asked again. In the end each such count might be `LEAST` or more
for all that anybody can tell. What was given up on the way is then tried once more, and told where that still holds.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Hashable, Iterable, Mapping
from dataclasses import dataclass, field, replace

from audit.disclosure.attack import Attack, Floats, Inequality, Unproven
from audit.disclosure.world import Node, World, order

#: Counts below are not told.
LEAST = 10
#: Sets of counts that are tried again after some were given up.
MOST_TRIES = 100
#: Unknowns of the largest world that an attacker is asked about.
MOST_UNKNOWNS = 6000


@dataclass(frozen=True)
class Item:
    """Something of the result that is told as a whole, or not at all.

    Attributes
    ----------
    key
        Which one.
    nodes
        Counts that whoever knows it is taken to know.
    fit
        False where it is made of too few decisions in a way that no count says.
    cost
        What is lost without it.
    family
        Attributes and controls of its groups, which an attacker combines.
    level
        0: sizes of groups; 1: labels and predictions of groups; 2: labels against predictions.
    inequalities
        What else it tells.
    """

    key: Hashable
    nodes: frozenset[Node]
    fit: bool = True
    cost: float = 1.0
    family: tuple[str, ...] = ()
    level: int = 0
    inequalities: tuple[Inequality, ...] = field(default=())


def tellable(
    items: Iterable[Item],
    counts: Mapping[Node, int],
    protected: Iterable[Node],
    world: World | None,
    kinds: int,
    *,
    few: Collection[Node] = (),
    asked_only: Collection[Hashable] = (),
    most_unknowns: int = MOST_UNKNOWNS,
) -> set[Hashable]:
    """Say which items may be told.

    Parameters
    ----------
    counts
        What is counted by the nodes of the items.
    protected
        Counts that nobody may learn where they are small; those that `counts` does not hold may be small.
    world
        How counts add up; None where that is not known.
    kinds
        Number of classes.
    few
        Counts that are large, but of few clusters: nobody may learn them either, so each might be `LEAST` larger.
    asked_only
        Keys of items that leave a small count over, which the attacker knows, and whole families do not.
    """
    given = [replace(item, fit=False) if item.nodes & set(few) else item for item in items]
    large = [item for item in given if item.fit and all(counts.get(node, 0) >= LEAST for node in item.nodes)]
    plain = [replace(item, fit=False) if item.key in asked_only else item for item in given]
    if world is None or world.size > most_unknowns:
        return _whole_families(plain, counts, kinds)
    wanted = {node: LEAST for node in protected if counts.get(node, 0) < LEAST}
    wanted |= {node: counts.get(node, 0) + LEAST for node in few}
    try:
        kept = _asked(large, counts, wanted, world)
        return _given_back(large, kept, counts, wanted, world)
    except Unproven:
        return _whole_families(plain, counts, kinds)


def _asked(items: list[Item], counts: Mapping[Node, int], least: Mapping[Node, int], world: World) -> set[Hashable]:
    """Ask the attacker until every count that is wanted might be large; what might be stays so as less is told."""
    told = {item.key: item for item in items}
    places = {node: world.unknowns(node) for node in least}
    everybody = {node for item in items for node in item.nodes if not node.scope and len(node.mask) == world.outcomes}
    wanted = set(least)

    def still_wanted(table: Floats | None) -> set[Node]:
        """Counts of which a table does not prove that they might be large."""
        return wanted if table is None else {node for node in wanted if table[places[node]].sum() < least[node]}

    while wanted:
        attack = _attack(told.values(), counts, world)
        wanted = still_wanted(attack.largest(wanted).table)
        for node in sorted(wanted, key=order):
            if node not in wanted:
                continue
            answer = attack.largest([node])
            left = still_wanted(answer.table)
            if node in left:
                # The largest table may be one of broken numbers, where a smaller one of whole numbers is large enough.
                left = still_wanted(attack.with_at_least(node, least[node]))
            if node in left:
                _tell_less(told, set(answer.told) - everybody, answer.inequalities, counts)
                break
            wanted = left
    return set(told)


def _given_back(
    items: list[Item], kept: set[Hashable], counts: Mapping[Node, int], least: Mapping[Node, int], world: World
) -> set[Hashable]:
    """Tell again what was given up and turns out to tell nothing now: what was given up first may have been too much.

    What one set of counts tells is tried together, single attributes and what tells most first. Each try is one more
    attack, so that there is an end to them.
    """
    together: dict[frozenset[Node], list[Item]] = {}
    for item in items:
        if item.key not in kept:
            together.setdefault(item.nodes, []).append(item)
    tries = sorted(together.values(), key=_worth)
    told = {item.key: item for item in items if item.key in kept}
    asked = sorted(least, key=order)
    for same in tries[:MOST_TRIES]:
        more = told | {item.key: item for item in same}
        found = _small(_attack(more.values(), counts, world), asked, least, world)
        if found is None:
            told = more
        else:
            # What one more number gives away, the next is likely to give away, too: it is asked about first.
            asked.remove(found)
            asked.insert(0, found)
    return set(told)


def _small(attack: Attack, asked: list[Node], least: Mapping[Node, int], world: World) -> Node | None:
    """Name a count that is not proven to be possibly large; None if every one of these is."""
    rest = asked

    def still_asked(table: Floats | None) -> list[Node]:
        return rest if table is None else [node for node in rest if table[world.unknowns(node)].sum() < least[node]]

    while rest:
        node = rest[0]
        left = still_asked(attack.largest([node]).table)
        if node in left:
            left = still_asked(attack.with_at_least(node, least[node]))
        if node in left:
            return node
        rest = left
    return None


def _worth(same: list[Item]) -> tuple[int, float, int, list[tuple[int, list[tuple[str, str]], list[int]]]]:
    first = same[0]
    return len(first.family), -sum(item.cost for item in same), first.level, sorted(map(order, first.nodes))


def _attack(items: Iterable[Item], counts: Mapping[Node, int], world: World) -> Attack:
    known: dict[Node, int] = {}
    inequalities: dict[Inequality, None] = {}
    for item in items:
        known |= {node: counts[node] for node in item.nodes}
        inequalities |= dict.fromkeys(item.inequalities)
    # Where both counts of a rate are told, that it lies between two others says nothing.
    open_ones = [item for item in inequalities if not all(node in known for node, _ in item.terms)]
    return Attack(world, known, open_ones)


def _tell_less(
    told: dict[Hashable, Item], blockers: set[Node], held: list[Inequality], counts: Mapping[Node, int]
) -> None:
    """Give up the cheapest of what keeps a count small."""
    comparisons = [key for key, item in told.items() if set(item.inequalities) & set(held)]
    if comparisons:
        for key in comparisons:
            del told[key]
        return
    if not blockers:
        raise Unproven("a count is small by what everybody knows")
    price: Counter[Node] = Counter()
    for item in told.values():
        for node in item.nodes & blockers:
            price[node] += item.cost  # type: ignore[assignment]
    cheapest = min(blockers, key=lambda node: (price[node], counts[node], sorted(node.scope), sorted(node.mask)))
    for key in [key for key, item in told.items() if cheapest in item.nodes]:
        del told[key]


def _whole_families(items: list[Item], counts: Mapping[Node, int], kinds: int) -> set[Hashable]:
    """Tell all of a family and level, or nothing: for worlds too large to ask, where no part can be taken from a whole.

    What is told is of everybody and of single attributes. Everybody's numbers are told up to a level, and those of an
    attribute up to the same, or sizes alone. A count that is not told then lies in a table of groups by outcomes of
    which nothing but large margins are told, so that it might be as large as the smaller of two. Of more classes than
    two, labels against predictions have no such table.
    """
    families: dict[tuple[str, ...], dict[int, list[Item]]] = {}
    for item in items:
        if not item.inequalities and len(item.family) <= 1:
            families.setdefault(item.family, {}).setdefault(item.level, []).append(item)

    def reaches(family: tuple[str, ...]) -> int:
        """The level up to which all of a family is large; -1 where not even sizes are."""
        for level in range(3):
            of_level = families[family].get(level, [])
            if not all(item.fit and all(counts.get(node, 0) >= LEAST for node in item.nodes) for item in of_level):
                return level - 1
        return 2

    top = min(reaches(()), 2 if kinds == 2 else 1)
    kept: set[Hashable] = set()
    for family, by_level in families.items():
        reached = min(reaches(family), top)
        for level in range((reached if reached == top else min(reached, 0)) + 1):
            kept |= {item.key for item in by_level.get(level, [])}
            # What is told of all groups leaves nothing for a comparison to tell.
            kept |= {item.key for item in items if item.inequalities and (item.family, item.level) == (family, level)}
    return kept
