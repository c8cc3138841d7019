"""Changes between two versions that find entities: recall entity by entity, precision and F1 by row."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pytest

from audit.fairness.compare.joint import matched_decisions
from audit.fairness.compare.movement import movement
from audit.fairness.compare.paired import joint_batches, tally_pairs
from audit.fairness.metrics.definitions import known_metrics, of_several
from audit.fairness.tally import Slicing
from audit.store.decisions import Decided, decision_schema, several, windows

METRICS = ("true_positive_rate", "precision", "f1_score", "micro_recall", "micro_precision", "micro_f1")
CLASSES = {"O": 0, "person": 1}
Counts = npt.NDArray[np.int64]


def versions(n: int, seed: int) -> tuple[Counts, list[tuple[Counts, Counts]]]:
    """Draw labelled entities of each row, and of each version which of four were met, and how many were invented."""
    rng = np.random.default_rng(seed)
    ease = rng.normal(0, 1, n)
    gold = rng.integers(0, 5, n)
    noise = rng.normal(0, 1, (n, 4)) + ease[:, None]
    drawn = []
    for shift, more in ((0.3, 0.9), (0.0, 0.5)):
        met = noise + 0.6 * rng.normal(0, 1, (n, 4)) > -shift
        drawn.append((met.astype(np.int64), rng.poisson(more * np.exp(-0.5 * ease))))
    return gold, drawn


def scores(gold: Counts, met: Counts, invented: Counts) -> dict[str, float]:
    hits = (met * (np.arange(4) < gold[:, None])).sum()
    recall, precision = hits / gold.sum(), hits / (hits + invented.sum())
    f1 = 2 * hits / (gold.sum() + hits + invented.sum())
    by_name = {"true_positive_rate": recall, "precision": precision, "f1_score": f1}
    return by_name | {"micro_recall": recall, "micro_precision": precision, "micro_f1": f1}


def table(gold: Counts, met: Counts, invented: Counts) -> pa.Table:
    n = len(gold)
    rows = pa.table({
        "row_id": pa.array([str(i) for i in range(n)]), "weight": pa.array([1.0] * n), "count": pa.array([1] * n),
        "cluster": pa.nulls(n, pa.string()), "group:g": pa.array(["a"] * n),
    })  # fmt: skip
    decided = []
    for entities, hits, found in zip(gold.tolist(), met.tolist(), invented.tolist(), strict=True):
        row = [Decided("person", "person" if hits[at] else "O", position=at, end=at) for at in range(entities)]
        row += [Decided("O", "person", position=10 + at, end=10 + at) for at in range(found)]
        decided.append(row or [Decided("O", "O")])
    return several(rows, decided, decision_schema(["g"]))


def changes(n: int, seed: int) -> dict[str, tuple[float, float, float]]:
    gold, drawn = versions(n, seed)
    tables = [windows([table(gold, *version)], 100) for version in drawn]
    pairs = matched_decisions(*tables, "O")
    (tally,) = tally_pairs(joint_batches(pairs), [Slicing(("g",), (), True)], None)
    out = {}
    for name in METRICS:
        metric = of_several(known_metrics()[name])
        classes = {"person": 1} if metric.scope == "class" else CLASSES
        found = movement(tally, np.zeros(len(tally.cells), np.int64), 1, metric, classes).sketches
        assert found is not None
        low, high = found.bounds(0.025)
        out[name] = float(found.mean[0]), float(low[0]), float(high[0])
    return out


def test_a_change_is_the_difference_of_both_versions_own_scores() -> None:
    gold, drawn = versions(200, 3)
    after, before = (scores(gold, *version) for version in drawn)
    for name, (change, low, high) in changes(200, 3).items():
        assert change == pytest.approx(after[name] - before[name], abs=1e-9)
        assert low < change < high


def test_bounds_hold_as_often_as_they_say() -> None:
    gold, drawn = versions(200_000, 0)
    after, before = (scores(gold, *version) for version in drawn)
    runs = [changes(100, seed) for seed in range(30)]
    for name in METRICS:
        true = after[name] - before[name]
        held = sum(low <= true <= high for _, low, high in (run[name] for run in runs))
        # Of 30, 95 % of which should: fewer than 25 has a probability below 1 %.
        assert held >= 25, (name, held)
        spread = np.std([run[name][0] for run in runs])
        width = np.mean([high - low for _, low, high in (run[name] for run in runs)])
        # And no wider than need be.
        assert width < 2 * 1.96 * spread * 1.5, (name, width, spread)
