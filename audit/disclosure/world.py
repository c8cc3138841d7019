"""Every table that could lie behind what is told: one unknown count for each group, crossing and outcome."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
import numpy.typing as npt
from scipy import sparse

from audit.disclosure.outcomes import Mask

#: Values of attributes and controls that a group has; none: everybody.
Scope = frozenset[tuple[str, str]]


@dataclass(frozen=True)
class Node:
    """One count: the decisions of a group that became of some kind."""

    scope: Scope
    mask: Mask


def order(node: Node) -> tuple[int, list[tuple[str, str]], list[int]]:
    """Key to sort counts by: sets have another order in every process, and a solver that is given another order of rows
    may find another solution."""
    return len(node.scope), sorted(node.scope), sorted(node.mask)


@dataclass(frozen=True)
class _Block:
    """Attributes that are crossed with each other, and where their unknowns begin."""

    names: tuple[str, ...]
    shape: tuple[int, ...]
    start: int


class World:
    """The unknowns, and how they add up.

    Attributes that some group crosses have an unknown for each joint value of all of them, whether it occurs or not;
    attributes that nothing crosses share the totals of the outcomes alone. Margins of a joint table over blocks that
    share nothing but totals can always be met together, so nothing is lost by keeping them apart.

    Parameters
    ----------
    outcomes
        Number of outcomes.
    domains
        Values of each attribute and control; together they hold every decision once.
    scopes
        Groups that something is told of.
    """

    def __init__(self, outcomes: int, domains: Mapping[str, Iterable[str]], scopes: Iterable[Scope]) -> None:
        self.outcomes = outcomes
        self._values = {name: {value: at for at, value in enumerate(values)} for name, values in domains.items()}
        start, blocks = outcomes, []
        for names in _crossed(self._values, scopes):
            shape = tuple(len(self._values[name]) for name in names)
            blocks.append(_Block(names, shape, start))
            start += prod(shape) * outcomes
        self.size = start
        self._blocks = blocks
        self._found: dict[Node, npt.NDArray[np.int64]] = {}
        self._block_of = {name: block for block in blocks for name in block.names}

    def unknowns(self, node: Node) -> npt.NDArray[np.int64]:
        """Which unknowns add up to a count."""
        if node not in self._found:
            self._found[node] = self._unknowns(node)
        return self._found[node]

    def _unknowns(self, node: Node) -> npt.NDArray[np.int64]:
        mask = np.array(sorted(node.mask), np.int64)
        if not node.scope:
            return mask
        fixed = dict(node.scope)
        block = self._block_of[next(iter(fixed))]
        axes = [
            np.array([self._values[name][fixed[name]]]) if name in fixed else np.arange(size)
            for name, size in zip(block.names, block.shape, strict=True)
        ]
        joint = np.ravel_multi_index(np.meshgrid(*axes, indexing="ij"), block.shape).ravel()
        found: npt.NDArray[np.int64] = (block.start + joint[:, None] * self.outcomes + mask[None, :]).ravel()
        return found

    @cached_property
    def sums(self) -> sparse.csr_matrix:
        """Rows that are zero of every table: each block adds up to the totals of the outcomes."""
        rows = sparse.lil_matrix((len(self._blocks) * self.outcomes, self.size))
        for number, block in enumerate(self._blocks):
            for outcome in range(self.outcomes):
                row = number * self.outcomes + outcome
                rows[row, outcome] = -1.0
                rows[row, block.start + outcome : block.start + prod(block.shape) * self.outcomes : self.outcomes] = 1.0
        return rows.tocsr()


def _crossed(names: Iterable[str], scopes: Iterable[Scope]) -> list[tuple[str, ...]]:
    """Sets of attributes that are crossed, directly or by others between them."""
    set_of = {name: {name} for name in names}
    for scope in scopes:
        merged = set().union(*(set_of[name] for name, _ in scope)) if scope else set()
        for name in merged:
            set_of[name] = merged
    found = {id(found): tuple(sorted(found)) for found in set_of.values()}
    return sorted(found.values())
