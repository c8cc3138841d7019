"""How much somebody can find out about counts that are not told, who knows all that is."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
import numpy.typing as npt
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, linprog, milp

from audit.disclosure.world import Node, World, order

Floats = npt.NDArray[np.float64]
_Thing = TypeVar("_Thing")
#: What a rate between two others may be off by, in decisions; prices of the solver that are not more are none.
SLACK = 1e-6
#: Branches after which the search for a table of whole numbers is given up; no seconds, so that machines agree.
MOST_BRANCHES = 200


@dataclass(frozen=True)
class Inequality:
    """A weighted sum of counts that is not negative, as of a rate between two others."""

    terms: tuple[tuple[Node, float], ...]


class Unproven(ValueError):
    """Nobody can say what these counts tell: no table has them, or the solver gave up."""


@dataclass(frozen=True)
class Answer:
    """What the attacker found.

    Attributes
    ----------
    table
        A table of whole numbers that could lie behind what is told, checked without the solver; None where the
        solver's is none.
    told, inequalities
        Counts and inequalities that keep the sum from being larger.
    """

    table: Floats | None
    told: list[Node]
    inequalities: list[Inequality]


class Attack:
    """Whoever knows some counts, that counts are not negative, and which groups make up which.

    A table of the solver is believed where it is one of whole numbers that was checked; where there is none, what is
    asked about counts as found out.

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
        self._known = sorted(known, key=order)
        self._inequalities = list(inequalities)
        told = _rows(world, [((node, 1.0),) for node in self._known])
        self._equal = sparse.vstack([world.sums, told], format="csr")
        self._sums = world.sums.shape[0]
        self._counts = np.array([0.0] * self._sums + [float(known[node]) for node in self._known])
        rows = [tuple((node, -weight) for node, weight in item.terms) for item in self._inequalities]
        self._below = _rows(world, rows)

    def largest(self, nodes: Iterable[Node]) -> Answer:
        """Find a table in which the sum of some counts is as large as can be.

        Raises
        ------
        Unproven
            If the solver finds no optimum.
        """
        objective = np.zeros(self._world.size)
        for node in nodes:
            objective[self._world.unknowns(node)] -= 1.0
        found = linprog(
            objective, A_ub=self._below, b_ub=np.full(len(self._inequalities), SLACK),
            A_eq=self._equal, b_eq=self._counts, bounds=(0, None), method="highs",
        )  # fmt: skip
        if found.status != 0 or found.x is None:
            raise Unproven(found.message)
        told = _priced(self._known, found.eqlin.marginals[self._sums :])
        return Answer(self._checked(found.x), told, _priced(self._inequalities, found.ineqlin.marginals))

    def with_at_least(self, node: Node, least: int) -> Floats | None:
        """Find a table of whole numbers in which a count is so large; None where the solver finds none."""
        limits = [
            LinearConstraint(self._equal, self._counts, self._counts),
            LinearConstraint(_rows(self._world, [((node, 1.0),)]), least, np.inf),
        ]
        if self._inequalities:
            limits.append(LinearConstraint(self._below, -np.inf, SLACK))
        size = self._world.size
        found = milp(
            np.zeros(size), integrality=np.ones(size), bounds=Bounds(0, np.inf), constraints=limits,
            options={"node_limit": MOST_BRANCHES},
        )  # fmt: skip
        return None if found.x is None else self._checked(found.x)

    def _checked(self, table: Floats) -> Floats | None:
        """Round a table, and see for oneself that all that is told holds of it: whole numbers are added exactly."""
        whole: Floats = np.rint(table)
        fits = np.all(whole >= 0) and np.array_equal(self._equal @ whole, self._counts)
        return whole if fits and np.all(self._below @ whole <= SLACK) else None


def _priced(things: Sequence[_Thing], prices: Floats) -> list[_Thing]:
    """Those that an optimum depends on."""
    return [thing for thing, price in zip(things, prices, strict=True) if abs(price) > SLACK]


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
