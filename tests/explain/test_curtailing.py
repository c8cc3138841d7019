"""Stopping a test early keeps its verdict, and how often it passes wrongly."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from audit.explain.verify.curtailing import SURE, correlation, settled

QUESTIONS, FIRST, NEXT = 48, 16, 8


def asked_until(said: np.ndarray, answers: np.ndarray, bar: float) -> int:
    known = FIRST
    while known < QUESTIONS and not settled(said, answers[:known], bar):
        known += NEXT
    return known


def passes(said: np.ndarray, answers: np.ndarray, bar: float) -> bool:
    return bool(correlation(said, answers[None])[0] >= bar)


def drawn(true: float, seeds: int) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Answers whose correlation with what was said is `true`, but for chance."""
    for seed in range(seeds):
        rng = np.random.default_rng([seed, round(1000 * true)])
        said = rng.standard_normal(QUESTIONS)
        yield said, true * said + np.sqrt(1 - true**2) * rng.standard_normal(QUESTIONS)


@pytest.mark.parametrize("true", [0.0, 0.6, 0.8, 0.85, 0.9, 0.97, 0.999])
def test_the_verdict_is_that_of_all_questions(true: float) -> None:
    """Wherever the truth lies, also at the bar itself."""
    bar, other, seeds = 0.85, 0, 60
    for said, answers in drawn(true, seeds):
        known = asked_until(said, answers, bar)
        other += passes(said[:known], answers[:known], bar) != passes(said, answers, bar)
    # Each verdict is another with 1 − γ at most: of 60, more than two would have a chance of .003.
    assert other <= 2


def test_a_bar_that_noise_hardly_reaches_is_reached_no_more_often() -> None:
    """The false passes of all questions and of early stopping, side by side: α against at most α/γ."""
    bar, wrong, early = 0.3, 0, 0
    for said, answers in drawn(0.0, 300):
        known = asked_until(said, answers, bar)
        wrong += passes(said, answers, bar)
        early += passes(said[:known], answers[:known], bar)
    assert wrong > 0
    assert early <= wrong / SURE + 2


@pytest.mark.parametrize(("true", "most"), [(0.3, 20.0), (0.995, 20.0), (0.97, 28.0)])
def test_clear_cases_are_asked_little(true: float, most: float) -> None:
    assert np.mean([asked_until(said, answers, 0.85) for said, answers in drawn(true, 40)]) < most


def test_few_answers_settle_nothing_and_all_of_them_everything() -> None:
    said = np.arange(10.0)
    assert not settled(said, said[:4], 0.5)
    assert settled(said, said, 0.5)


def test_answers_that_do_not_vary_have_no_correlation() -> None:
    said = np.arange(20.0)
    assert correlation(said, np.ones((1, 20))).tolist() == [0.0]
    assert correlation(np.ones(20), said[None]).tolist() == [0.0]
    assert settled(said, np.ones(16), 0.85)


def test_the_same_answers_are_foreseen_alike() -> None:
    said, answers = next(drawn(0.85, 1))
    assert len({settled(said, answers[:24], 0.85) for _ in range(3)}) == 1
