"""Nobody takes the word of a solver: a count is safe where a table that was checked proves it, else something goes."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable, Hashable
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from audit.disclosure import attack
from audit.disclosure.attack import Attack, Inequality, Unproven
from audit.disclosure.suppress import Item, tellable
from audit.disclosure.world import Node, World

BOTH = frozenset({0, 1})
GROUPS = ("u", "v", "w")


def group(name: str, *outcomes: int) -> Node:
    return Node(frozenset({("a", name)}), frozenset(outcomes) or BOTH)


EVERYBODY = Node(frozenset(), BOTH)
COUNTS = {EVERYBODY: 63, group("u"): 40, group("v"): 20, group("w"): 3}
WORLD = World(2, {"a": GROUPS}, [frozenset({("a", name)}) for name in GROUPS])


def sizes() -> set[Hashable]:
    """Which sizes of three groups, one of them small, may be told."""
    items = [Item(node, frozenset({node}), family=("a",) if node.scope else ()) for node in COUNTS]
    return tellable(items, COUNTS, COUNTS, WORLD, 2)


def test_a_total_does_not_give_the_small_group_back() -> None:
    assert sizes() == {EVERYBODY, group("u")}


def gives_up(*_: Any, **__: Any) -> SimpleNamespace:
    return SimpleNamespace(status=4, x=np.full(WORLD.size, 50.0), message="numerical difficulties")


def has_nothing(*_: Any, **__: Any) -> SimpleNamespace:
    return SimpleNamespace(status=2, x=None, message="infeasible")


@pytest.mark.parametrize("fails", [gives_up, has_nothing])
def test_where_the_solver_fails_only_whole_attributes_are_told(
    fails: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(attack, "linprog", fails)
    assert sizes() == {EVERYBODY}


@pytest.mark.parametrize("number", [50.0, 12.4, -3.0])
def test_a_table_that_contradicts_what_is_told_proves_nothing(number: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """A solver that calls anything an optimum, and says that nothing keeps it from being larger."""

    def lies(*_: Any, A_eq: Any, **__: Any) -> SimpleNamespace:
        prices = SimpleNamespace(marginals=np.zeros(A_eq.shape[0]))
        none = SimpleNamespace(marginals=np.empty(0))
        return SimpleNamespace(status=0, x=np.full(WORLD.size, number), message="", eqlin=prices, ineqlin=none)

    monkeypatch.setattr(attack, "linprog", lies)
    monkeypatch.setattr(attack, "milp", lambda *_, **__: SimpleNamespace(x=np.full(WORLD.size, number)))
    assert sizes() == {EVERYBODY}


def in_parts() -> tuple[World, dict[Node, int], tuple[Inequality, ...]]:
    """Of 14 decisions at most 4.9 and 5.2 of two groups are selected: 10.1 together, but 9 in whole numbers."""
    world = World(2, {"a": ("u", "v")}, [frozenset({("a", "u")})])
    known = {EVERYBODY: 14, group("u"): 7, group("v"): 7}
    terms = (("u", 4.9 / 7), ("v", 5.2 / 7))
    return world, known, tuple(Inequality(((group(name, 1), -1.0), (group(name), rate))) for name, rate in terms)


def test_decisions_are_counted_in_whole_numbers() -> None:
    world, known, inequalities = in_parts()
    found = Attack(world, known, inequalities)
    selected = Node(frozenset(), frozenset({1}))
    assert found.largest([selected]).table is None
    assert found.with_at_least(selected, 10) is None
    table = found.with_at_least(selected, 9)
    assert table is not None and table[world.unknowns(selected)].sum() == 9


def test_a_bound_that_only_holds_of_whole_numbers_is_not_told() -> None:
    world, _, _ = in_parts()
    selected = Node(frozenset(), frozenset({1}))
    counts = {selected: 8, EVERYBODY: 24, group("u"): 12, group("v"): 12}
    items = [Item("size", frozenset({EVERYBODY}))]
    items += [Item(node, frozenset({node}), family=("a",)) for node in (group("u"), group("v"))]
    terms = (("u", 4.9 / 12), ("v", 5.2 / 12))
    bounds = tuple(Inequality(((group(name, 1), -1.0), (group(name), rate))) for name, rate in terms)
    items += [Item("gap", frozenset({group("u"), group("v")}), family=("a",), level=2, inequalities=bounds)]
    assert "gap" not in tellable(items, counts, [selected], world, 2)
    assert "gap" in tellable(items, counts, [], world, 2)


def test_no_table_has_contradicting_counts() -> None:
    known = {EVERYBODY: 63, group("u"): 40, group("v"): 40}
    with pytest.raises(Unproven):
        Attack(WORLD, known).largest([group("w")])


SCRIPT = """
from tests.disclosure.test_attack import crossed
print(sorted(map(str, crossed())))
"""


def crossed() -> set[Hashable]:
    """Which numbers of a crossing with small cells may be told, of many that cost the same."""
    cells = {
        (a, b): np.array([3, 1] if (a, b) in {("u", "r"), ("w", "q")} else [25, 15]) for a in "uvwx" for b in "rstq"
    }
    groups = [(), *[(("a", a),) for a in "uvwx"], *[(("b", b),) for b in "rstq"]]
    groups += [(("a", a), ("b", b)) for a, b in cells]
    items, counts = [], {}
    for scope in groups:
        n = sum(cell for (a, b), cell in cells.items() if {("a", a), ("b", b)} >= set(scope))
        of = {Node(frozenset(scope), mask): int(n[list(mask)].sum()) for mask in (BOTH, *map(frozenset, ([0], [1])))}
        counts |= of
        items += [Item((scope, "size"), frozenset(list(of)[:1])), Item((scope, "rate"), frozenset(of))]
    world = World(2, {"a": "uvwx", "b": "rstq"}, [node.scope for node in counts])
    return tellable(items, counts, counts, world, 2)


def test_the_same_is_told_by_every_process() -> None:
    """What one copy suppresses another would give back: sets of names have another order in each process."""
    told = {
        subprocess.run(
            [sys.executable, "-c", SCRIPT], env={**os.environ, "PYTHONHASHSEED": seed}, check=True, capture_output=True
        ).stdout
        for seed in ("0", "1", "2")
    }
    assert len(told) == 1
