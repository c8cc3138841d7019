"""What verdicts on changes of AUC, R², log loss and squared error since a baseline are worth, by the code of audits.

Both versions score the same rows, the later one with noise added and drawn towards the middle. "At": the margin is the
true change, from two million rows, so that a fail and a pass are both errors. "Same": nothing but a little noise
changes, and a rule with a margin of half that change should pass. "Beyond": the margin is a fifth of the true change,
and the rule should fail.

Many groups of one simulated audit are so many data sets: each is judged by itself, at the level of a rule of one group.

`BENCH_RUNS` sets the number of data sets per cell (default 1000).
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa

from audit.fairness.bounds.score_metrics import group_scores
from audit.fairness.compare.change import Changes, change_of_each
from audit.fairness.compare.frame import evaluate
from audit.fairness.compare.paired import tally_pairs
from audit.fairness.compare.score_movement import mean_movement, ranking_movements
from audit.fairness.compare.values import GroupedCells, Values
from audit.fairness.metrics.definitions import Metric, known_metrics, of_numbers
from audit.fairness.scores import tally_scores
from audit.fairness.tally import Slicing
from audit.store.columns import group_column
from benchmarks.calibration import ALPHA, RUNS, Share

Floats = npt.NDArray[np.float64]
SLICING = Slicing(("g",), (), False)
#: Metric -> whether it is of predicted numbers, and whether more is better.
METRICS = {
    "log_loss": (False, False),
    "mean_squared_error": (False, False),
    "r2_score": (True, True),
    "auc": (False, True),
}
SIZES = (200, 1000)
#: Rows and groups of one simulated audit: with more, scores would be binned, or AUCs not be paired.
MOST_ROWS, MOST_GROUPS = 16_000, 50


@dataclass(frozen=True)
class Versions:
    """Labels, and the scores of both versions."""

    truth: Floats
    before: Floats
    after: Floats


def draw(rng: np.random.Generator, n: int, noise: float, shrink: float, *, numbers: bool) -> Versions:
    """Draw rows; the later version's scores have noise added and are drawn towards the middle."""
    if numbers:
        truth = rng.normal(0, 1, n)
        before = truth + rng.normal(0, 0.5, n)
        return Versions(truth, before, shrink * before + rng.normal(0, noise, n))
    truth = (rng.random(n) < 0.4).astype(float)
    latent = 1.5 * (rng.normal(1.5 * truth, 1.0) - 0.75)
    later = shrink * latent + rng.normal(0, noise, n)
    return Versions(truth, 1 / (1 + np.exp(-latent)), 1 / (1 + np.exp(-later)))


def value_of(metric: str, truth: Floats, score: Floats) -> float:
    """A metric of many rows."""
    if metric == "auc":
        ranks = np.empty(len(score))
        ranks[np.argsort(score)] = np.arange(1, len(score) + 1)
        positives = truth.sum()
        return float(
            (ranks[truth > 0].sum() - positives * (positives + 1) / 2) / (positives * (len(truth) - positives))
        )
    if metric == "log_loss":
        return float(-np.where(truth > 0, np.log(score), np.log1p(-score)).mean())
    squared = float(((truth - score) ** 2).mean())
    return squared if metric == "mean_squared_error" else 1 - squared / float(truth.var())


def true_change(metric: str, noise: float, shrink: float, rows: int = 2_000_000) -> float:
    """By how much the later version is worse."""
    numbers, more_is_better = METRICS[metric]
    many = draw(np.random.default_rng(99), rows, noise, shrink, numbers=numbers)
    change = value_of(metric, many.truth, many.after) - value_of(metric, many.truth, many.before)
    return -change if more_is_better else change


def table(group: npt.NDArray[np.int64], versions: Versions, *, numbers: bool) -> pa.Table:
    """Joint decisions of both versions."""
    n = len(group)
    words = pa.array(np.where(versions.truth > 0, "1", "0")) if not numbers else pa.nulls(n, pa.string())
    return pa.table(
        {
            group_column("g"): pa.array(group.astype(str)),
            "y_true": words,
            "y_pred": words,
            "y_before": words,
            "y_value": pa.array(versions.truth) if numbers else pa.nulls(n, pa.float64()),
            "score": pa.array(versions.after),
            "score_before": pa.array(versions.before),
            "status": pa.array(["ok"] * n),
            "status_before": pa.array(["ok"] * n),
            "cluster": pa.nulls(n, pa.string()),
            "weight": pa.array(np.ones(n)),
            "count": pa.array(np.ones(n, np.int64)),
        }
    )


def changes_of(
    name: str, rng: np.random.Generator, n: int, groups: int, noise: float, shrink: float
) -> tuple[Changes, npt.NDArray[np.bool_]]:
    """Simulate one audit of many groups: their changes, and of which these carry a guarantee."""
    numbers = METRICS[name][0]
    positive = None if numbers else "1"
    group = np.repeat(np.arange(groups), n)
    batch = table(group, draw(rng, n * groups, noise, shrink, numbers=numbers), numbers=numbers)
    metric = of_numbers(known_metrics()[name]) if numbers else known_metrics()[name]
    then = batch.set_column(batch.schema.get_field_index("score"), "score", batch["score_before"])
    after, before = (values_of(metric, half, positive, groups) for half in (batch, then))
    if name == "auc":
        known = [{(str(code),): code for code in range(groups)}]
        moved = ranking_movements(lambda: iter([batch]), [SLICING], positive, [name], known)[0][name]
    else:
        (tally,) = tally_pairs([batch], [SLICING], positive)
        codes = tally.blocks[group_column("g")].astype(int).to_numpy(np.int64)
        ends = after.sketches
        reach = np.zeros(groups) if ends is None else ends.most - ends.least
        moved = mean_movement(tally, codes, after.effective, reach, metric)
    doubts = zip(after.doubt or [], before.doubt or [], moved.doubt or [None] * groups, strict=True)
    sure = np.array([not any(codes) for codes in doubts])
    every = np.arange(groups)
    paired = np.ones(groups, bool)
    return Changes(after.among(every), before.among(every), moved.correlation, moved.sketches, paired), sure


def values_of(metric: Metric, batch: pa.Table, positive: str | None, groups: int) -> Values:
    """One version's metric in every group."""
    (tally,) = tally_scores([batch], [SLICING], positive)
    at = (found[group_column("g")].astype(int).to_numpy(np.int64) for found in (tally.sums, tally.counts))
    none = pd.DataFrame({"y_true": [], "y_pred": [], "n": [], "w": [], "w2": []})
    made = GroupedCells(none, np.zeros(0, np.int64), groups, scores=group_scores(tally, *at, groups))
    (values,) = evaluate(made, [metric], classes=["0", "1"], asked=["1"], alpha=ALPHA)
    return values


def verdicts(name: str, n: int, noise: float, shrink: float, margin: float, runs: int) -> list[Share]:
    """Shares of fails, passes, data sets in doubt, and passes as if of different rows."""
    rng, out = np.random.default_rng(12), [Share() for _ in range(4)]
    while out[0].of < runs:
        groups = min(MOST_ROWS // n, MOST_GROUPS, runs - out[0].of)
        changes, sure = changes_of(name, rng, n, groups, noise, shrink)
        apart = replace(changes, sketches=None, paired=None)
        for way, (fail, passed) in ((changes, out[:2]), (apart, (Share(), out[3]))):
            low, high = change_of_each(way, ALPHA)
            lower, upper = (-high, -low) if METRICS[name][1] else (low, high)
            for known, least, most in zip(sure, lower, upper, strict=True):
                fail.add(known and least > margin)
                passed.add(known and most <= margin)
        for known in sure:
            out[2].add(not known)
    return out


def tables(runs: int) -> Iterator[str]:
    """Rows of the table."""
    for name in METRICS:
        real = true_change(name, 0.6, 0.8)
        for n in SIZES:
            for label, noise, shrink, margin in (
                ("at", 0.6, 0.8, real),
                ("same", 0.02, 1.0, real / 2),
                ("beyond", 0.6, 0.8, real / 5),
            ):
                told = " | ".join(str(share) for share in verdicts(name, n, noise, shrink, margin, runs))
                yield f"| {name} | {n} | {label} | {margin:.4f} | {told} |"


def main() -> None:
    print(f"{RUNS} data sets per cell, shares ± 1.96 standard errors\n")
    print("| metric | rows | change | margin | fail | pass | in doubt | pass as if of different rows |")
    print("|---|---|---|---|---|---|---|---|")
    for row in tables(RUNS):
        print(row, flush=True)


if __name__ == "__main__":
    sys.exit(main())
