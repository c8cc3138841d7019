"""The test of equal treatment: its false alarms are those it promises, and groups that differ are told apart."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import binom

from audit.explain.gaps.concepts import Concept, Contributions
from audit.explain.gaps.decomposition import Attributed
from audit.explain.gaps.treatment import equal_treatment
from audit.fairness.bounds.auc import weighted_auc

WORDS = 12


def decisions(
    rng: np.random.Generator,
    n: int,
    *,
    minority: float = 0.5,
    cluster: int = 1,
    shift: float = 0.0,
    drawn: bool = False,
) -> tuple[Attributed, np.ndarray]:
    """Sparse attributions; drawn decisions of one group are those with much attribution, at a known probability."""
    blocks = np.repeat(np.arange(n), cluster)[:n]
    first = (rng.random(n) < minority)[blocks]
    uniform = rng.random((n, WORDS))[blocks]
    rates = np.tile(np.linspace(0.5, 0.1, WORDS), (len(first), 1))
    rates[first, :4] *= 1 + shift
    phi = np.where(uniform < rates, np.where(np.arange(WORDS) % 2, 0.1, -0.1) + 0.03 * rng.normal(size=rates.shape), 0)
    pi = np.ones(len(first))
    if drawn:
        pi = np.where(first & (phi.sum(1) > 0.05), 0.8, 0.2)
        kept = rng.random(len(first)) < pi
        phi, first, blocks, pi = phi[kept], first[kept], blocks[kept], pi[kept]
    rows, words = np.nonzero(phi)
    names = [Concept("word", str(i)) for i in range(WORDS)]
    found = Contributions(rows, words, [str(w) for w in words], phi[rows, words], rows * 0, names)
    f = phi.sum(1)
    ids = [str(i) for i in range(len(f))]
    return Attributed(f, f * 0, 1 / pi, np.unique(blocks, return_inverse=True)[1], ids, found), first


@pytest.mark.parametrize(
    "design",
    [{}, {"minority": 0.15}, {"drawn": True}, {"cluster": 3}],
    ids=["halves", "minority", "weights", "clusters"],
)
def test_groups_treated_alike_are_called_different_at_the_stated_rate(design: dict[str, float]) -> None:
    called = tried = 0
    for seed in range(150):
        data, first = decisions(np.random.default_rng([seed, 1]), 600 if design.get("drawn") else 300, **design)  # type: ignore[arg-type]
        found = equal_treatment(data, first, ~first, alpha=0.05, seed=seed)
        if found is not None:
            tried += 1
            called += not found.lower <= 0.5 <= found.upper
    assert tried > 100
    assert binom.sf(called - 1, tried, 0.05) > 0.005


def test_groups_that_write_other_words_are_told_apart() -> None:
    told = 0
    for seed in range(20):
        data, first = decisions(np.random.default_rng([seed, 2]), 600, shift=1.0)
        found = equal_treatment(data, first, ~first, alpha=0.05, seed=seed)
        assert found is not None
        told += found.lower > 0.5
    assert told >= 18


def test_the_held_out_half_holds_whole_clusters_and_enough_of_both_groups() -> None:
    data, first = decisions(np.random.default_rng(3), 300, cluster=3)
    found = equal_treatment(data, first, ~first, alpha=0.05, seed=0)
    assert found is not None
    assert abs(found.held_out - found.n / 2) <= 6
    assert equal_treatment(data, first & (np.arange(300) < 30), ~first, alpha=0.05, seed=0) is None
    # Many decisions in few clusters are no evidence.
    few, groups = decisions(np.random.default_rng(3), 300, cluster=60)
    assert equal_treatment(few, groups, ~groups, alpha=0.05, seed=0) is None


def test_weighted_auc_is_that_of_repeated_decisions() -> None:
    rng = np.random.default_rng(4)
    score, label = rng.integers(0, 6, 60).astype(float), rng.integers(0, 2, 60)
    times = rng.integers(1, 4, 60)
    many, mine = np.repeat(score, times), np.repeat(label, times)
    pairs = many[mine == 1][:, None] - many[mine == 0][None, :]
    expected = (pairs > 0).mean() + (pairs == 0).mean() / 2
    assert weighted_auc(score, label, times.astype(float), np.arange(60), 0.05)[0] == pytest.approx(expected)
    alone = weighted_auc(many, mine, np.ones(len(many)), np.repeat(np.arange(60), times), 0.05)
    assert alone == pytest.approx(weighted_auc(score, label, times.astype(float), np.arange(60), 0.05))


def test_perfect_order_is_not_certainty() -> None:
    score, label = np.arange(16.0), (np.arange(16) >= 8).astype(int)
    auc, lower, upper = weighted_auc(score, label, np.ones(16), np.arange(16), 0.05)
    assert (auc, upper) == (1.0, 1.0)
    assert lower == pytest.approx(0.025 ** (1 / 8))


@pytest.mark.parametrize("alike", [0.0, 0.3])
def test_attributions_that_are_all_alike_tell_nothing(alike: float) -> None:
    data, first = decisions(np.random.default_rng(4), 200)
    rows, words = np.repeat(np.arange(200), WORDS), np.tile(np.arange(WORDS), 200)
    phi = np.full(len(rows), alike)
    same = replace(data.contributions, rows=rows, concepts=words, words=[""] * len(rows), phi=phi, units=rows * 0)
    assert equal_treatment(replace(data, contributions=same), first, ~first, alpha=0.05, seed=0) is None


def test_one_score_for_all_orders_nothing() -> None:
    label = np.array([1, 0] * 10)
    one, many = np.full(20, 0.3), np.arange(20)
    assert weighted_auc(one, label, np.ones(20), many, 0.05) == (0.5, 0.5, 0.5)
    # Each cluster holds the error of the other: of the spread nothing is known.
    opposed = np.array([1.0, 3.0, 3.0, 1.0])
    found = weighted_auc(opposed, np.array([1, 1, 0, 0]), np.ones(4), np.array([0, 0, 1, 1]), 0.05)
    assert found == (0.5, 0.0, 1.0)
