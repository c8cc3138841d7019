"""Explanations are refined until each, or all together, are exact enough."""

from __future__ import annotations

import copy
from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.estimates import ALONE, Floats, refine_each, refine_together


@dataclass
class Halving:
    """The error of each piece halves with every answer about it; the first answer is about all."""

    pieces: list[float]
    mass: float = 1.0
    answers: list[int] = field(default_factory=list)
    waiting: list[int] = field(default_factory=lambda: [-1])

    def missing(self) -> list[int]:
        return self.waiting

    def learn(self, asked: int, answer: int) -> None:
        assert asked == answer
        self.answers.append(answer)
        for piece in range(len(self.pieces)) if asked < 0 else [asked]:
            self.pieces[piece] /= 2

    def take_in(self, budget: int) -> bool:
        self.waiting = []
        return False

    def refine(self, tolerance: float, budget: int) -> bool:
        self.take_in(budget)
        wrong = sum(self.pieces) > tolerance * self.mass
        return wrong and self.work_on(np.array([int(np.argmax(self.pieces))]), budget)

    def errors(self) -> Floats:
        return np.array(self.pieces)

    def work_on(self, pieces: npt.NDArray[np.int64], budget: int) -> bool:
        assert (np.diff(pieces) > 0).all()
        if len(self.answers) + len(pieces) > budget:
            return False
        self.waiting = pieces.tolist()
        return True

    def attribution(self) -> Attribution:
        values = np.full(1, self.mass, np.float32)
        return Attribution(values, self.mass, 0.0, sum(self.pieces), len(self.answers))


def run(
    estimates: list[Halving], *, budget: int = 99, together: bool = False
) -> tuple[list[Attribution], list[int], list[int]]:
    told, rounds = [], []

    def ask(asked: list[tuple[int, int]]) -> list[int]:
        rounds.append(len(asked))
        return [what for _, what in asked]

    refine = refine_together if together else refine_each
    done = refine(estimates, ask, tolerance=0.05, budget=budget, advance=told.append)
    return done, told, rounds


def test_each_is_asked_until_it_is_exact_enough_and_no_longer() -> None:
    done, told, rounds = run([Halving([0.05]), Halving([0.8]), Halving([0.2])])
    assert [one.gradients for one in done] == [1, 4, 2]
    assert rounds == [3, 2, 1, 1]
    assert sum(told) == 3


def test_what_is_never_exact_is_given_up() -> None:
    done, told, _ = run([Halving([1e9]), Halving([0.05])], budget=3)
    assert [one.gradients for one in done] == [3, 1]
    assert sum(told) == 2


pieces = st.lists(st.floats(0, 2), min_size=1, max_size=4)
decisions = st.lists(st.tuples(pieces, st.floats(0.5, 2)), min_size=1, max_size=6)


@given(decisions)
def test_together_their_errors_are_within_the_tolerance_of_all(given: list[tuple[list[float], float]]) -> None:
    done, told, _ = run([Halving(list(each), mass) for each, mass in given], together=True)
    assert sum(one.estimated_error for one in done) <= 0.05 * sum(one.mass for one in done) * (1 + 1e-9)
    assert all(one.estimated_error <= max(ALONE * 0.05 * one.mass * (1 + 1e-9), 1e-3) for one in done)
    assert sum(told) == len(given)


@given(decisions)
def test_nothing_is_asked_about_that_another_piece_needed_more(given: list[tuple[list[float], float]]) -> None:
    """Where errors halve, no piece that was worked on was smaller than what was left alone in the end.

    But for those of decisions that were too far off by themselves, which none is that weighs this much.
    """
    given = [(each, mass + 5 * sum(each)) for each, mass in given]
    estimates = [Halving(list(each), mass) for each, mass in given]
    run(estimates, together=True)
    worked = [
        2 * one.pieces[piece] for one in estimates for piece in set(one.answers) if piece >= 0
    ]  # the last time that each was chosen
    alone = [error for one in estimates for k, error in enumerate(one.pieces) if k not in one.answers]
    assert not worked or not alone or max(alone) <= max(worked) * (1 + 1e-9)


def test_a_decision_that_counts_for_little_is_left_far_less_exact() -> None:
    done, _, _ = run([Halving([0.4], 10.0), Halving([0.002], 0.01)], together=True)
    assert [one.gradients for one in done] == [1, 1]
    alone, _, _ = run([Halving([0.4], 10.0), Halving([0.002], 0.01)])
    assert alone[1].gradients == 2


def test_a_few_hard_decisions_are_not_left_wrong_among_many_easy_ones() -> None:
    easy, hard = [Halving([0.002]) for _ in range(30)], [Halving([0.9]) for _ in range(2)]
    done, _, _ = run([*easy, *hard], together=True)
    assert sum(one.estimated_error for one in done) < 0.05 * 32 / 2
    assert [one.gradients for one in done[:30]] == [1] * 30
    assert max(one.estimated_error for one in done) <= ALONE * 0.05


def test_what_is_given_up_together_leaves_the_others_to_do_what_they_can() -> None:
    done, told, _ = run([Halving([1e9]), Halving([0.5])], budget=3, together=True)
    assert [one.gradients for one in done] == [3, 3]
    assert sum(told) == 2


@pytest.mark.parametrize("broken", [Halving([float("nan")]), Halving([], float("nan"))])
def test_nothing_is_said_of_what_is_no_number(broken: Halving) -> None:
    done, _, _ = run([copy.deepcopy(broken), Halving([0.5])], together=True)
    assert [one.gradients for one in done] == [1, 4]
