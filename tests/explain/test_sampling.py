from __future__ import annotations

import numpy as np
import pandas as pd
import pyarrow as pa

from audit.explain.sampling import draw, outcome_strata, tickets_of


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


def ids(rows: list[str]) -> pa.Table:
    return pa.table({"row_id": rows})


def test_tickets_are_of_the_id_and_the_seed_alone() -> None:
    rows = [f"r{i}" for i in range(4000)]
    tickets = tickets_of([ids(rows)], 3)
    np.testing.assert_array_equal(tickets_of([ids(rows[:7]), ids(rows[7:])], 3), tickets)
    np.testing.assert_array_equal(tickets_of([ids(rows[::-1])], 3), tickets[::-1])
    assert (tickets_of([ids(rows)], 4) != tickets).all()
    assert len(tickets_of([], 3)) == 0
    assert abs(tickets.mean() - 0.5) < 4 * np.sqrt(1 / 12 / 4000)
    assert 0 <= tickets.min() < tickets.max() < 1


def test_two_versions_that_differ_in_few_decisions_explain_mostly_the_same_rows() -> None:
    """Flips move decisions to other strata, and with them how many are drawn of each."""
    rng = np.random.default_rng(0)
    size, budget, shared = 4000, 60, []
    group, right, predicted = rng.choice(7, size), rng.random(size) < 0.7, rng.integers(0, 2, size)
    for seed in range(20):
        tickets = tickets_of([ids([f"r{i}" for i in range(size)])], seed)
        flipped = rng.permutation(size)[:10]
        after = predicted.copy()
        after[flipped] = 1 - after[flipped]
        turned = np.where(predicted == after, right, ~right)
        samples = [
            draw([(group * 2 + p) * 2 + r], budget, seed, sure, tickets)
            for p, r, sure in ((predicted, right, flipped[:0]), (after, turned, flipped))
        ]
        shared.append(len(np.intersect1d(samples[0].positions, samples[1].positions)) / budget)
    assert np.mean(shared) > 0.9


def test_decisions_of_one_kind_are_drawn_by_their_tickets() -> None:
    tickets = np.random.default_rng(0).permutation(100) / 100
    sample = draw([np.zeros(100, np.int64)], 10, 0, tickets=tickets)
    assert sorted(tickets[sample.positions]) == [i / 100 for i in range(10)]
