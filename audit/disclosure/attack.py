"""How much somebody can find out about counts that are not told, who knows all that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import linprog

from audit.disclosure.world import Node, World

Floats = npt.NDArray[np.float64]
#: What the solver may be off by, in decisions.
SLACK = 1e-6


@dataclass(frozen=True)
class Inequality:
    """A weighted sum of counts that is not negative, as of a rate between two others."""

    terms: tuple[tuple[Node, float], ...]


class Contradiction(ValueError):
    """No table has these counts: decisions are not counted as this model of them says."""


class Attack:
    """Whoever knows some counts, that counts are not negative, and which groups make up which.

    Parameters
    ----------
    world
        How counts add up.
    known
        Counts that are told.
    inequalities
        What else is told.
    """

    def __init__(self, world: World, known: Mapping[Node, int], inequalities: Sequence[Inequality] = ()) -> None:
        self._world = world
        self._known = list(known)
        self._inequalities = list(inequalities)
        told = _rows(world, [((node, 1.0),) for node in self._known])
        self._equal = sparse.vstack([world.sums, told], format="csr")
        self._sums = world.sums.shape[0]
        self._counts = np.array([0.0] * self._sums + [float(known[node]) for node in self._known])
        rows = [tuple((node, -weight) for node, weight in item.terms) for item in self._inequalities]
        self._bounds = _rows(world, rows) if rows else None

    def largest(self, nodes: Iterable[Node]) -> tuple[Floats, list[Node], list[Inequality]]:
        """Find a table in which the sum of some counts is as large as can be.

        Returns
        -------
        table, told, inequalities
            The table, and the counts and inequalities that keep the sum from being larger.

        Raises
        ------
        Contradiction
            If there is no table at all.
        """
        objective = np.zeros(self._world.size)
        for node in nodes:
            objective[self._world.unknowns(node)] -= 1.0
        found = linprog(
            objective, A_ub=self._bounds, b_ub=None if self._bounds is None else np.full(self._bounds.shape[0], SLACK),
            A_eq=self._equal, b_eq=self._counts, bounds=(0, None), method="highs",
        )  # fmt: skip
        if found.x is None:
            raise Contradiction(found.message)
        prices = found.eqlin.marginals[self._sums :]
        told = [node for node, price in zip(self._known, prices, strict=True) if abs(price) > SLACK]
        held = []
        if self._bounds is not None:
            pairs = zip(self._inequalities, found.ineqlin.marginals, strict=True)
            held = [item for item, price in pairs if abs(price) > SLACK]
        return np.asarray(found.x, np.float64), told, held


def _rows(world: World, rows: Sequence[tuple[tuple[Node, float], ...]]) -> sparse.csr_matrix:
    """Sums of unknowns, one in each row; the same unknown in two terms counts twice."""
    parts = [[(world.unknowns(node), weight) for node, weight in row] for row in rows]
    found = [np.concatenate([at for at, _ in row]) for row in parts]
    numbers = [np.concatenate([np.full(len(at), weight) for at, weight in row]) for row in parts]
    ends = np.cumsum([0, *map(len, found)])
    none: list[Floats] = [np.empty(0)]
    matrix = sparse.csr_matrix(
        (np.concatenate(none + numbers), np.concatenate(none + found).astype(np.int64), ends),
        shape=(len(parts), world.size),
    )
    matrix.sum_duplicates()
    return matrix
