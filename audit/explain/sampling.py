"""Which decisions get explained: a seeded sample in which small groups and rare outcomes are not lost.

Every decision gets an inclusion probability, higher where its stratum (group of one attribute × predicted class ×
correct, wrong or unlabelled) is small, for whichever attribute asks for most. Systematic sampling then says how many of
each kind are drawn, exactly the budget with exactly these probabilities, so a weighted estimate over the sample is
unbiased (Madow 1949). Which of a kind are drawn is said by a number that each decision has of its own id (permanent
random numbers, Ohlsson 1995): two versions of a model then explain mostly the same rows, and can be compared by them.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa


@dataclass(frozen=True)
class Sample:
    """Positions of the drawn decisions, rising, with the probability each had of being drawn."""

    positions: npt.NDArray[np.int64]
    inclusion_probability: npt.NDArray[np.float64]
    strata: int


def outcome_strata(decisions: pd.DataFrame, attributes: list[str]) -> list[npt.NDArray[np.int64]]:
    """Code each decision's stratum, once per attribute: group × predicted class × correct, wrong or unlabelled."""
    correct = np.where(decisions["y_true"].isna(), 2, decisions["y_true"] == decisions["y_pred"]).astype(int)
    return [
        decisions.assign(correct=correct)
        .groupby([name, "y_pred", "correct"], dropna=False, observed=True)
        .ngroup()
        .to_numpy()
        .astype(np.int64)
        for name in attributes
    ]


def tickets_of(batches: Iterable[pa.Table], seed: int) -> npt.NDArray[np.float64]:
    """Give every decision a number from 0 to 1 that depends on its `row_id` and the seed alone."""
    secret = f"{seed % 10**16:016d}"
    hashed = [pd.util.hash_array(batch["row_id"].to_numpy(), hash_key=secret, categorize=False) for batch in batches]
    whole = np.concatenate([np.zeros(0, np.uint64), *hashed])
    return np.asarray((whole >> np.uint64(11)) * 2.0**-53, np.float64)


def draw(
    strata: list[npt.NDArray[np.int64]],
    budget: int,
    seed: int,
    certain: npt.NDArray[np.int64] | None = None,
    tickets: npt.NDArray[np.float64] | None = None,
) -> Sample:
    """Draw `budget` decisions.

    Parameters
    ----------
    strata
        Stratum code of every decision, once per attribute, each of shape (decisions,).
    certain
        Positions that are drawn with certainty, beside the budget: weighted estimates stay unbiased.
    tickets : array of shape (decisions,), optional
        Uniform from 0 to 1: of decisions of one kind, those with the lowest are drawn. Default: at random by the seed.
    """
    size = len(strata[0])
    if tickets is None:
        tickets = np.random.default_rng([seed, 5]).random(size)
    if certain is not None and len(certain):
        others = np.setdiff1d(np.arange(size), certain)
        rest = draw([codes[others] for codes in strata], budget, seed, tickets=tickets[others])
        positions = np.concatenate([certain, others[rest.positions]])
        probability = np.concatenate([np.ones(len(certain)), rest.inclusion_probability])
        order = np.argsort(positions)
        total = sum(len(np.unique(codes)) for codes in strata)
        return Sample(positions[order], probability[order], total)
    if not budget:
        return Sample(np.zeros(0, np.int64), np.zeros(0), 0)
    total = sum(int(codes.max()) + 1 for codes in strata) if size else 0
    if budget >= size:
        return Sample(np.arange(size), np.ones(size), total)
    scarcity = np.max([1.0 / np.bincount(codes)[codes] for codes in strata], axis=0)
    # Half by scarcity, half alike: no decision weighs more than twice what it would in a simple random sample, so
    # estimates over everybody keep at least about half of the sample's worth.
    probability = _scale(scarcity / scarcity.mean() + 1, budget)
    # Decisions of one kind, alike in all strata, stand together, so that each kind gets its share to within one. They
    # have one probability; of those ranked by their tickets, as many are drawn as ticks fall among them.
    order = np.lexsort((tickets, *reversed(strata)))
    edges = np.concatenate([[0.0], np.cumsum(probability[order])])
    edges *= budget / edges[-1]
    ticks = np.arange(budget) + np.random.default_rng([seed, 4]).random()
    at = np.clip(np.searchsorted(edges, ticks, side="right") - 1, 0, size - 1)
    begins = np.zeros(size, bool)
    begins[0] = True
    for codes in strata:
        begins[1:] |= np.diff(codes[order]) != 0
    kind, first = np.cumsum(begins) - 1, np.flatnonzero(begins)
    rank = np.arange(size) - first[kind]
    drawn = np.sort(order[rank < np.bincount(kind[at], minlength=len(first))[kind]])
    return Sample(drawn, probability[drawn], total)


def _scale(scarcity: npt.NDArray[np.float64], budget: int) -> npt.NDArray[np.float64]:
    """Find m with Σ min(1, m·scarcity) = budget, by bisection."""
    low, high = 0.0, 1.0 / scarcity.min()
    for _ in range(100):
        middle = (low + high) / 2
        if np.minimum(1.0, middle * scarcity).sum() < budget:
            low = middle
        else:
            high = middle
    return np.asarray(np.minimum(1.0, high * scarcity), dtype=np.float64)
