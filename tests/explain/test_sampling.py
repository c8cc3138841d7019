from __future__ import annotations

import numpy as np
import pandas as pd

from audit.explain.sampling import draw, outcome_strata


def strata() -> list[np.ndarray]:
    rng = np.random.default_rng(0)
    return [np.sort(rng.choice(4, 2000, p=[0.9, 0.08, 0.015, 0.005])), rng.choice(3, 2000, p=[0.7, 0.2, 0.1])]


def test_exactly_the_budget_with_known_probabilities() -> None:
    sample = draw(strata(), 150, seed=1)
    assert len(sample.positions) == 150
    assert (np.diff(sample.positions) > 0).all()
    assert ((sample.inclusion_probability > 0) & (sample.inclusion_probability <= 1)).all()


def test_small_strata_are_not_lost() -> None:
    first, second = strata()
    sample = draw([first, second], 150, seed=1)
    for codes in (first, second):
        counts = np.bincount(codes[sample.positions], minlength=codes.max() + 1)
        sizes = np.bincount(codes)
        assert (counts >= np.minimum(sizes, 8)).all()


def test_weighted_estimates_are_unbiased() -> None:
    codes = strata()
    value = (np.arange(2000) % 7 == 0) | (codes[0] == 2)
    estimates = []
    for seed in range(300):
        sample = draw(codes, 100, seed)
        estimates.append((value[sample.positions] / sample.inclusion_probability).sum())
    error = np.std(estimates) / np.sqrt(len(estimates))
    assert abs(np.mean(estimates) - value.sum()) < 4 * error


def test_seeded() -> None:
    codes = strata()
    assert (draw(codes, 50, 3).positions == draw(codes, 50, 3).positions).all()
    assert (draw(codes, 50, 3).positions != draw(codes, 50, 4).positions).any()


def test_a_budget_above_the_population_takes_all() -> None:
    sample = draw([np.zeros(5, np.int64)], 10, 0)
    assert sample.positions.tolist() == [0, 1, 2, 3, 4]
    assert (sample.inclusion_probability == 1).all()


def test_strata_tell_right_wrong_and_unlabelled_apart() -> None:
    frame = pd.DataFrame({"g": list("aaab"), "y_true": ["1", "0", None, "1"], "y_pred": ["1", "1", "1", "1"]})
    (codes,) = outcome_strata(frame, ["g"])
    assert len(set(codes.tolist())) == 4
