"""Explanations are refined until each, or all together, are exact enough."""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
import pytest

from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.estimates import ALONE, refine_all


@dataclass
class Halving:
    """Its error halves with every answer."""

    error: float
    answers: list[int] = field(default_factory=list)
    waiting: bool = True

    def missing(self) -> list[int]:
        return [len(self.answers)] if self.waiting else []

    def learn(self, asked: int, answer: int) -> None:
        assert asked == len(self.answers)
        self.answers.append(answer)
        self.error, self.waiting = self.error / 2, False

    def refine(self, tolerance: float, budget: int) -> bool:
        self.waiting = self.error > tolerance and len(self.answers) < budget
        return self.waiting

    def attribution(self) -> Attribution:
        return Attribution(np.ones(1, np.float32), 1.0, 0.0, self.error, len(self.answers))


def run(errors: list[float], *, budget: int = 99, together: bool = False) -> tuple[list[Attribution], list[int], int]:
    told, rounds = [], []

    def ask(asked: list[tuple[int, int]]) -> list[int]:
        rounds.append(len(asked))
        return [what for _, what in asked]

    done = refine_all(
        [Halving(error) for error in errors], ask, tolerance=0.05, budget=budget, together=together,
        advance=told.append,
    )  # fmt: skip
    return done, told, len(rounds)


def test_each_is_asked_until_it_is_exact_enough_and_no_longer() -> None:
    done, told, rounds = run([0.05, 0.8, 0.2])
    assert [one.gradients for one in done] == [1, 4, 2]
    assert rounds == 4
    assert sum(told) == 3


def test_what_is_never_exact_is_given_up() -> None:
    done, told, _ = run([1e9, 0.05], budget=3)
    assert [one.gradients for one in done] == [3, 1]
    assert sum(told) == 2


@pytest.mark.parametrize("errors", [[0.3, 0.01, 0.01, 0.01], [0.39] * 4, [1.0, 0.7, 0.3, 0.02]])
def test_together_their_errors_are_within_the_tolerance_of_all(errors: list[float]) -> None:
    done, told, _ = run(errors, together=True)
    assert sum(one.estimated_error for one in done) <= 0.05 * sum(one.mass for one in done)
    assert max(one.estimated_error for one in done) <= 0.05 * ALONE
    assert sum(told) == len(errors)
    alone, _, _ = run(errors)
    assert sum(one.gradients for one in done) <= sum(one.gradients for one in alone)
