"""Explanations refined until each is exact enough, or all are together, whatever is asked of the model for it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, Protocol

import numpy as np

from audit.explain.integrate.attribution import Attribution

#: How far one decision may miss the tolerance where only means over many are wanted.
ALONE = 4


class Estimate(Protocol):
    """The explanation of one decision on its way."""

    def missing(self) -> Sequence[Any]:
        """What is to be asked of the model next."""

    def learn(self, asked: Any, answer: Any) -> None:
        """Take what the model answered."""

    def refine(self, tolerance: float, budget: int) -> bool:
        """Estimate anew, all answers being known, and say whether there is more to ask."""

    def attribution(self) -> Attribution:
        """Sum up what is known."""


def refine_all(
    estimates: Sequence[Estimate],
    ask: Callable[[list[tuple[int, Any]]], Sequence[Any]],
    *,
    tolerance: float,
    budget: int,
    together: bool,
    advance: Callable[[int], object],
) -> list[Attribution]:
    """Ask for all decisions at once what each misses, until none does.

    Parameters
    ----------
    ask
        Runs the model: pairs of a decision's number and what is asked -> the answers.
    budget
        When a decision is given up.
    together
        Only means over decisions are wanted: each may miss its tolerance by `ALONE`, as long as the errors of all are
        together within the tolerance of all their attribution.
    """
    allowed = tolerance * (ALONE if together else 1)
    working, told = list(range(len(estimates))), False
    while working:
        asked = [(i, what) for i in working for what in estimates[i].missing()]
        for (i, what), answer in zip(asked, ask(asked), strict=True):
            estimates[i].learn(what, answer)
        still = [i for i in working if estimates[i].refine(allowed, budget)]
        if not told:
            advance(len(working) - len(still))
        working = still
        if not working and allowed > tolerance and not _settled(estimates, tolerance):
            allowed, told = allowed / 2, True
            working = [i for i, one in enumerate(estimates) if one.refine(allowed, budget)]
    return [one.attribution() for one in estimates]


def _settled(estimates: Sequence[Estimate], tolerance: float) -> bool:
    """Whether the errors of all decisions together are within the tolerance of all that they attribute."""
    done = [one.attribution() for one in estimates]
    finite = [item for item in done if np.isfinite(item.convergence_delta)]
    error = sum(max(item.estimated_error, abs(item.convergence_delta)) for item in finite)
    return error <= tolerance * sum(item.mass for item in finite)
