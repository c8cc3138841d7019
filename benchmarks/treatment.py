"""The test of equal treatment: how often groups treated alike are called different, and how often unlike ones are.

Sparse attributions of a hundred words in 1,000 decisions, drawn by the audit's own sampling from 6,000, where outcomes
are rarer in the small group's strata; in the last design, clusters of four that share their words. "Alike" draws the
group without regard to anything but the size it has; "unlike" makes some words commoner in one group. Beside it the way
it was done before: five folds, each scored by a model of the others, with DeLong's interval as if scores were
independent and decisions were not drawn with different probabilities.

`BENCH_RUNS` sets the number of data sets per cell (default 1000).
"""

from __future__ import annotations

import os
from dataclasses import dataclass

import numpy as np
import pandas as pd
from scipy.stats import norm, rankdata
from sklearn.linear_model import LogisticRegression

from audit.explain.gaps.concepts import Concept, Contributions
from audit.explain.gaps.decomposition import Attributed
from audit.explain.gaps.treatment import equal_treatment
from audit.explain.sampling import draw, outcome_strata

RUNS = int(os.environ.get("BENCH_RUNS", "1000"))
WORDS, POPULATION, SAMPLE = 100, 6000, 1000
FOLDS = 5


@dataclass(frozen=True)
class Design:
    """Share of the small group, decisions per cluster, and the sizes of sample and population."""

    name: str
    minority: float
    cluster: int = 1
    weighted: bool = True
    sample: int = SAMPLE


DESIGNS = (
    Design("half and half, all decisions", 0.5, weighted=False),
    Design("half and half, sampled", 0.5),
    Design("5 % minority, all decisions", 0.05, weighted=False),
    Design("5 % minority, sampled", 0.05),
    Design("half and half, 200 sampled", 0.5, sample=200),
    Design("clusters of four, sampled", 0.3, cluster=4),
)


def make(design: Design, shift: float, rng: np.random.Generator) -> tuple[Attributed, np.ndarray]:
    """Draw decisions; `shift` makes eight words commoner in the first group by so much, as a share."""
    size = POPULATION if design.weighted else design.sample
    blocks = np.repeat(np.arange(-(-size // design.cluster)), design.cluster)[:size]
    first = (rng.random(blocks.max() + 1) < design.minority)[blocks]
    rate = np.clip(0.6 / np.arange(1, WORDS + 1) ** 0.7, 0.02, 0.5)
    rates = np.tile(rate, (size, 1))
    rates[first, 3:40:5] *= 1 + shift
    uniform = rng.random((blocks.max() + 1, WORDS))[blocks] if design.cluster > 1 else rng.random((size, WORDS))
    held = uniform < rates
    sign = np.where(np.arange(WORDS) % 2, 1.0, -1.0)
    phi = np.where(held, sign * (0.1 + 0.05 * rng.normal(size=(size, WORDS))), 0.0)
    f = 1 / (1 + np.exp(-(phi.sum(1) * 2 - 1)))
    frame = pd.DataFrame({"group": first, "y_pred": f > 0.5, "y_true": f + 0.2 * rng.normal(size=size) > 0.5})
    pi = np.ones(size)
    if design.weighted:
        drawn = draw(outcome_strata(frame, ["group"]), design.sample, int(rng.integers(1 << 31)))
        at, pi = drawn.positions, drawn.inclusion_probability
        phi, f, first, blocks = phi[at], f[at], first[at], blocks[at]
    rows, words = np.nonzero(phi)
    names = [Concept("word", str(i)) for i in range(WORDS)]
    found = Contributions(rows, words, [str(w) for w in words], phi[rows, words], rows * 0, names)
    ids = [str(i) for i in range(len(f))]
    return Attributed(f, f * 0, 1 / pi, np.unique(blocks, return_inverse=True)[1], ids, found), first


def cross_fitted(data: Attributed, label: np.ndarray, seed: int) -> tuple[float, float, float]:
    """What was done before."""
    features = np.asarray(data.matrix().todense())
    spread = features.std(0)
    features = (features - features.mean(0)) / np.where(spread > 0, spread, 1.0)
    fold = np.random.default_rng([seed, 9]).permutation(int(data.cluster.max()) + 1)[data.cluster] % FOLDS
    score, y = np.zeros(len(label)), label.astype(int)
    for k in range(FOLDS):
        train, test = fold != k, fold == k
        model = LogisticRegression(C=0.1, solver="newton-cholesky", max_iter=50).fit(features[train], y[train])
        score[test] = (rankdata(model.decision_function(features[test])) - 0.5) / test.sum()
    ones, zeros = score[label], score[~label]
    everything = rankdata(np.concatenate([ones, zeros]))
    placed = (everything[: len(ones)] - rankdata(ones)) / len(zeros)
    against = 1 - (everything[len(ones) :] - rankdata(zeros)) / len(ones)
    half = float(norm.isf(0.025)) * np.sqrt(placed.var(ddof=1) / len(ones) + against.var(ddof=1) / len(zeros))
    return placed.mean(), placed.mean() - half, placed.mean() + half


def shares(design: Design, shift: float, runs: int) -> list[float]:
    """How often each way calls the groups different, and says that they can be told."""
    called = np.zeros(4)
    for seed in range(runs):
        data, first = make(design, shift, np.random.default_rng([seed, 5]))
        found = equal_treatment(data, first, ~first, alpha=0.05, seed=seed)
        before = cross_fitted(data, first, seed)
        called[0] += found is not None and not found.lower <= 0.5 <= found.upper
        called[1] += found is not None and found.lower > 0.5
        called[2] += not before[1] <= 0.5 <= before[2]
        called[3] += before[1] > 0.5
    return [float(value) for value in called / runs]


def main() -> None:
    print(f"{RUNS} data sets per cell; 0.5 outside the 95 % interval, and below it")
    print("| design | words commoner by | outside | told | before: outside | told |\n|---|---|---|---|---|---|")
    for design in DESIGNS:
        for shift in (0.0, 0.5, 1.0):
            runs = RUNS if not shift else max(RUNS // 5, 20)
            cells = " | ".join(f"{value:.3f}" for value in shares(design, shift, runs))
            print(f"| {design.name} | {shift:.0%} | {cells} |", flush=True)


if __name__ == "__main__":
    main()
