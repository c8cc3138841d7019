"""Changes of means, R² and AUCs on the same rows: against other computations, and at a known change."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from audit.fairness.bounds.sketch import Sketches
from audit.fairness.compare.paired import joint_batches, tally_pairs
from audit.fairness.compare.score_movement import mean_movement, ranking_movements
from audit.fairness.metrics.definitions import known_metrics, of_numbers
from audit.fairness.tally import Slicing
from tests.fairness.helpers import decisions

CODES = {("a",): 0, ("b",): 1}


def scored(seed: int, n: int = 400, noise: float = 0.3) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    latent = rng.normal(1.2 * y, 1)
    frame = pd.DataFrame({"y_true": y.astype(str), "g": rng.choice(["a", "b"], n, p=[0.7, 0.3])})
    frame["before"] = (1 / (1 + np.exp(-latent))).round(6)
    frame["score"] = (1 / (1 + np.exp(-latent - rng.normal(0, noise, n)))).round(6)
    return frame.assign(y_pred="0")


def tables(frame: pd.DataFrame) -> pa.Table:
    after = decisions(frame.drop(columns="before"), ["g"])
    before = decisions(frame.assign(score=frame["before"]).drop(columns="before"), ["g"])
    (joint,) = joint_batches([(after, before)])
    return joint


def ranked(frame: pd.DataFrame, metric: str = "auc", clustered: bool = False) -> Sketches:
    joint = tables(frame)
    (found,) = ranking_movements(lambda: iter([joint]), [Slicing(("g",), (), clustered)], "1", [metric], [CODES])
    sketches = found[metric].sketches
    assert sketches is not None
    return sketches


def variance(sketches: Sketches, group: int) -> float:
    values, shares = sketches.values[group], sketches.shares[group]
    return float((shares * (values - sketches.mean[group]) ** 2).sum() / sketches.size[group])


def delong(
    positives: np.ndarray, negatives: np.ndarray, weights: tuple[Any, Any] = (None, None)
) -> tuple[float, float]:
    """Change of the AUC and its variance from all pairs: columns are the two versions."""
    wins = [
        (p[:, None] > n[None, :]) + 0.5 * (p[:, None] == n[None, :])
        for p, n in zip(positives.T, negatives.T, strict=True)
    ]
    up, down = (np.ones(k) if w is None else w for w, k in zip(weights, (len(positives), len(negatives)), strict=True))
    values, spread = [], np.zeros(2)
    of_positive = [(w * down).sum(1) / down.sum() for w in wins]
    of_negative = [(w * up[:, None]).sum(0) / up.sum() for w in wins]
    values = [float((v * up).sum() / up.sum()) for v in of_positive]
    for i, (v, w) in enumerate(((of_positive, up), (of_negative, down))):
        moved = v[0] - v[1] - (values[0] - values[1])
        size = w.sum() ** 2 / (w**2).sum()
        spread[i] = (w**2 * moved**2).sum() / w.sum() ** 2 * size / (size - 1)
    return values[0] - values[1], float(spread.sum())


def sides(frame: pd.DataFrame, group: str, metric: str) -> tuple[np.ndarray, np.ndarray]:
    mine, positive = frame["g"] == group, frame["y_true"] == "1"
    up = positive & (mine if metric != "bpsn_auc" else ~mine)
    down = ~positive & (mine if metric != "bnsp_auc" else ~mine)
    columns = ["score", "before"]
    return frame.loc[up, columns].to_numpy(), frame.loc[down, columns].to_numpy()


@pytest.mark.parametrize("metric", ["auc", "bpsn_auc", "bnsp_auc"])
def test_an_auc_moves_with_delongs_variance(metric: str) -> None:
    frame = scored(1)
    found = ranked(frame, metric)
    for group, code in (("a", 0), ("b", 1)):
        change, expected = delong(*sides(frame, group, metric))
        assert found.mean[code] == pytest.approx(change, abs=1e-9)
        assert variance(found, code) == pytest.approx(expected, rel=0.03)


def test_weights_enter() -> None:
    frame = scored(2)
    frame["weight"] = np.random.default_rng(0).choice([1.0, 4.0], len(frame))
    found = ranked(frame)
    mine, positive = frame["g"] == "a", frame["y_true"] == "1"
    weights = tuple(frame.loc[mine & side, "weight"].to_numpy() for side in (positive, ~positive))
    change, expected = delong(*sides(frame, "a", "auc"), weights)
    assert found.mean[0] == pytest.approx(change, abs=1e-9)
    assert variance(found, 0) == pytest.approx(expected, rel=0.05)


def test_copies_of_rows_in_a_cluster_say_nothing_new() -> None:
    frame = scored(3, 200)
    frame["cluster"] = [f"c{i}" for i in range(len(frame))]
    copies = pd.concat([frame] * 4, ignore_index=True)
    alone, crowded, careless = ranked(frame), ranked(copies, clustered=True), ranked(copies)
    assert variance(crowded, 0) == pytest.approx(variance(alone, 0), rel=0.5)
    assert variance(careless, 0) < 0.4 * variance(alone, 0)


def test_a_little_noise_in_the_scores_of_the_same_rows_is_decided() -> None:
    found = ranked(scored(4, 4000, noise=0.02))
    low, high = found.bounds(0.05)
    assert (np.abs([low, high]) < 0.01).all()


def test_scores_that_are_the_same_leave_what_was_not_seen() -> None:
    frame = scored(5)
    found = ranked(frame.assign(score=frame["before"]))
    least = min(map(len, sides(frame, "b", "auc")))
    assert found.bounds(0.05)[1][1] == pytest.approx(1 - 0.05 ** (1 / least), rel=0.02)


def meant(frame: pd.DataFrame, metric: str, positive: str | None = "1") -> Sketches:
    (tally,) = tally_pairs([tables(frame)], [Slicing(("g",))], positive)
    codes = tally.blocks[tally.slicing.group_columns[0]].map({"a": 0, "b": 1}).to_numpy(np.int64)
    worth = np.array([(frame["g"] == g).sum() for g in "ab"], float)
    kind = known_metrics()[metric]
    moved = mean_movement(tally, codes, worth, np.ones(2), kind if positive else of_numbers(kind))
    assert moved.sketches is not None
    return moved.sketches


def test_means_move_with_the_spread_of_the_changes() -> None:
    frame = scored(6, 3000)
    mine = frame[frame["g"] == "a"]
    y = (mine["y_true"] == "1").astype(float)
    moved = {
        "mean_prediction": mine["score"] - mine["before"],
        "mean_squared_error": (mine["score"] - y) ** 2 - (mine["before"] - y) ** 2,
        "mean_absolute_error": (mine["score"] - y).abs() - (mine["before"] - y).abs(),
    }
    for metric, change in moved.items():
        found = meant(frame, metric)
        assert found.mean[0] == pytest.approx(change.mean(), abs=1e-9)
        assert variance(found, 0) == pytest.approx(change.var() / len(mine), rel=0.6)


def test_r_squared_is_paired() -> None:
    """The variance of its change is that of many samples, far below that of two samples."""
    said, seen = [], []
    for seed in range(60):
        rng = np.random.default_rng(seed)
        y = rng.normal(0, 1, 300)
        before = y + rng.normal(0, 0.7, 300)
        after = before + rng.normal(0, 0.1, 300)
        frame = pd.DataFrame({"g": "a", "y_value": y, "score": after, "before": before, "y_true": None, "y_pred": None})
        found = meant(frame, "r2_score", None)
        said.append(variance(found, 0))
        seen.append(found.mean[0])
        r2 = [1 - ((y - x) ** 2).sum() / ((y - y.mean()) ** 2).sum() for x in (after, before)]
        assert found.mean[0] == pytest.approx(r2[0] - r2[1], abs=1e-9)
    assert np.mean(said) == pytest.approx(np.var(seen), rel=0.5)
