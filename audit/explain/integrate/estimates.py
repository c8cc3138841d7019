"""Explanations refined until each is exact enough, or all are together, whatever is asked of the model for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from audit.explain.integrate.attribution import ERROR_FLOOR, Attribution

Floats = npt.NDArray[np.float64]

#: How far one decision may miss the tolerance where only means over many are wanted: a group of few hard ones has means
#: as well.
ALONE = 4


class Estimate(Protocol):
    """The explanation of one decision on its way."""

    def missing(self) -> Sequence[Any]:
        """What is to be asked of the model next."""

    def learn(self, asked: Any, answer: Any) -> None:
        """Take what the model answered."""

    def take_in(self, budget: int) -> bool:
        """Estimate anew, all answers being known; say whether more is to be asked before its error is known."""

    def refine(self, tolerance: float, budget: int) -> bool:
        """Take in the answers, and say whether there is more to ask."""

    def errors(self) -> Floats:
        """What may be wrong with each piece that can be worked on, in L1."""

    def work_on(self, pieces: npt.NDArray[np.int64], budget: int) -> bool:
        """Have more asked about some pieces, whose numbers rise; say whether there is anything to ask."""

    def attribution(self) -> Attribution:
        """Sum up what is known."""


def refine_each(
    estimates: Sequence[Estimate],
    ask: Callable[[list[tuple[int, Any]]], Sequence[Any]],
    *,
    tolerance: float,
    budget: int,
    advance: Callable[[int], object],
) -> list[Attribution]:
    """Ask for all decisions at once what each misses, until none does.

    Parameters
    ----------
    ask
        Runs the model: pairs of a decision's number and what is asked -> the answers.
    budget
        When a decision is given up.
    """
    working = list(range(len(estimates)))
    while working:
        _ask(estimates, working, ask)
        still = [i for i in working if estimates[i].refine(tolerance, budget)]
        advance(len(working) - len(still))
        working = still
    return [one.attribution() for one in estimates]


def refine_together(
    estimates: Sequence[Estimate],
    ask: Callable[[list[tuple[int, Any]]], Sequence[Any]],
    *,
    tolerance: float,
    budget: int,
    advance: Callable[[int], object],
) -> list[Attribution]:
    """Ask where it does most for the sum of all errors, until that is within the tolerance of all attribution.

    For means over decisions: a single one may be `ALONE` times less exact, where it counts for little.
    """
    working, open_ones = list(range(len(estimates))), set(range(len(estimates)))
    while working:
        while working:
            _ask(estimates, working, ask)
            working = [i for i in working if estimates[i].take_in(budget)]
        while open_ones and not working:
            worst = _worst(estimates, open_ones, tolerance)
            if not worst:
                break
            working = [i for i, pieces in worst.items() if estimates[i].work_on(pieces, budget)]
            open_ones -= worst.keys() - set(working)
    advance(len(estimates))
    return [one.attribution() for one in estimates]


def _ask(
    estimates: Sequence[Estimate], working: list[int], ask: Callable[[list[tuple[int, Any]]], Sequence[Any]]
) -> None:
    asked = [(i, what) for i in working for what in estimates[i].missing()]
    for (i, what), answer in zip(asked, ask(asked), strict=True):
        estimates[i].learn(what, answer)


def _worst(estimates: Sequence[Estimate], open_ones: set[int], tolerance: float) -> dict[int, npt.NDArray[np.int64]]:
    """The fewest pieces, by decision, without which the errors of all, and of each, are within what is allowed."""
    errors = [one.errors() for one in estimates]
    masses = [one.attribution().mass for one in estimates]
    finite = [i for i, error in enumerate(errors) if np.isfinite(error).all() and np.isfinite(masses[i])]
    usable = [i for i in finite if i in open_ones and len(errors[i])]
    if not usable:
        return {}
    error = np.concatenate([errors[i] for i in usable])
    owner = np.repeat(usable, [len(errors[i]) for i in usable])
    piece = np.concatenate([np.arange(len(errors[i])) for i in usable])
    order = np.argsort(-error, kind="stable")
    whole, allowed = float(sum(errors[i].sum() for i in finite)), tolerance * sum(masses[i] for i in finite)
    chosen = set(order[: _fewest(error[order], whole, allowed)].tolist())
    for i in usable:
        mine = order[owner[order] == i]
        chosen |= set(mine[: _fewest(error[mine], float(error[mine].sum()), ALONE * tolerance * masses[i])].tolist())
    found = np.array(sorted(chosen), np.int64)
    return {int(i): piece[found[owner[found] == i]] for i in np.unique(owner[found])}


def _fewest(falling: Floats, whole: float, allowed: float) -> int:
    """How many of the largest errors are to go until the rest of the whole is allowed."""
    if whole <= max(allowed, ERROR_FLOOR):
        return 0
    return int(np.searchsorted(np.cumsum(falling), whole - allowed)) + 1
