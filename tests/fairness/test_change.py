"""Bounds of changes between two versions hold what they promise, paired and unpaired."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.stats import norm

from audit.fairness.bounds.inference import Estimates
from audit.fairness.compare.change import Changes, change_of_each, group_changes, pair_changes
from audit.fairness.compare.paired import correlation, influence, joint_batches, tally_pairs
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.tally import Slicing
from tests.fairness.helpers import decisions


def estimates(rate: list[float] | np.ndarray, n: list[int] | np.ndarray) -> Estimates:
    return Estimates(np.array(rate, float), np.array(n, float))


def test_a_paired_difference_is_newcombes_method_10() -> None:
    """Newcombe (1998), table II: 36 against 20 of 50, 12 of 36 and so on; here a = 12, b = 9, c = 2, d = 21 of 44."""
    a, b, c, d = 12, 9, 2, 21
    n = a + b + c + d
    phi = (a * d - b * c) / np.sqrt((a + b) * (c + d) * (a + c) * (b + d))
    changes = Changes(estimates([(a + b) / n], [n]), estimates([(a + c) / n], [n]), np.array([phi]))
    z = norm.isf(0.025)

    def wilson(k: int) -> tuple[float, float]:
        p = k / n
        half = z * np.sqrt(p * (1 - p) / n + z**2 / (4 * n**2))
        return (p + z**2 / (2 * n) - half) / (1 + z**2 / n), (p + z**2 / (2 * n) + half) / (1 + z**2 / n)

    (l1, _), (_, u2) = wilson(a + b), wilson(a + c)
    p1, p2 = (a + b) / n, (a + c) / n
    lower = p1 - p2 - np.sqrt((p1 - l1) ** 2 - 2 * phi * (p1 - l1) * (u2 - p2) + (u2 - p2) ** 2)
    # One of the two counts is below fifteen hits, where the exact bounds are a little wider.
    low, high = change_of_each(changes, 0.025)
    assert low[0] == pytest.approx(lower, abs=0.03)
    assert low[0] < p1 - p2 < high[0]


def test_pairing_narrows() -> None:
    c, b = estimates([0.4, 0.5], [400, 400]), estimates([0.38, 0.5], [400, 400])
    loose, tight = Changes(c, b, np.zeros(2)), Changes(c, b, np.full(2, 0.9))
    assert group_changes(tight, (1.0,), 0.05, 0.05).upper < group_changes(loose, (1.0,), 0.05, 0.05).upper


@pytest.mark.parametrize("paired", [True, False])
def test_a_worsening_of_exactly_the_margin_is_rarely_failed_and_rarely_passed(paired: bool) -> None:
    rng = np.random.default_rng(1)
    sizes, base, margin, runs = np.array([300, 500, 120]), 0.3, 0.05, 300
    failed = passed = 0
    for _ in range(runs):
        values = []
        for group, n in enumerate(sizes):
            before = rng.random(n) < base
            worse = base + (margin if group == 1 else 0.0)
            # The later version repeats most decisions of the earlier one.
            if paired:
                after = np.where(rng.random(n) < 0.8, before, rng.random(n) < (worse - 0.8 * base) / 0.2)
                r = np.corrcoef(before, after)[0, 1]
            else:
                after, r = rng.random(n) < worse, 0.0
            values.append((before.mean(), after.mean(), r))
        b, c, r = (np.array(column) for column in zip(*values, strict=True))
        found = group_changes(Changes(estimates(c, sizes), estimates(b, sizes), r), (1.0,), 0.05, 0.05)
        failed += found.lower > margin
        passed += found.upper <= margin
    assert failed <= 26
    assert passed <= 26


@pytest.mark.parametrize(("before", "after"), [(0.0, 0.1), (0.1, 0.2), (-0.05, 0.15), (-0.1, 0.1)])
def test_a_gap_wider_by_exactly_the_margin_is_rarely_failed_and_rarely_passed(before: float, after: float) -> None:
    """Also where the gap changes its direction, and the widening is of the absolute gap."""
    rng = np.random.default_rng(2)
    margin, n, runs = abs(after) - abs(before), 1500, 300
    failed = passed = 0
    for _ in range(runs):
        b = rng.binomial(n, [0.4, 0.4 + before]) / n
        c = rng.binomial(n, [0.4, 0.4 + after]) / n
        changes = Changes(estimates(c, [n, n]), estimates(b, [n, n]), np.zeros(2))
        found = pair_changes(changes, margin, 0.05, 0.05)
        assert found.lower <= found.value <= found.upper
        failed += found.lower > margin + 1e-12
        passed += found.upper <= margin
    assert failed <= 26
    assert passed <= 26


def versions(seed: int, n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    y = rng.integers(0, 2, n)
    latent = rng.normal(1.2 * y, 1)
    before = (latent > 0.6).astype(int)
    after = (latent + rng.normal(0, 0.5, n) > 0.5).astype(int)
    frame = pd.DataFrame({"g": rng.choice(["a", "b"], n), "y_true": y, "y_pred": after, "before": before})
    return frame.astype(str)


@pytest.mark.parametrize(
    "name", ["true_positive_rate", "precision", "selection_rate", "f1_score", "balanced_accuracy", "accuracy"]
)
def test_the_correlation_of_versions_is_that_of_many_samples(name: str) -> None:
    metric = known_metrics()[name]
    said, seen = [], []
    for seed in range(150):
        frame = versions(seed)
        after = decisions(frame.drop(columns="before"), ["g"])
        before = decisions(frame.assign(y_pred=frame["before"]).drop(columns="before"), ["g"])
        (tally,) = tally_pairs(joint_batches([after], [before]), [Slicing(("g",))], "1")
        codes = tally.cells["group:g"].map({"a": 0, "b": 1}).to_numpy()
        classes = {"1": 1} if metric.scope == "class" else {"0": 0, "1": 1}
        said.append(correlation(tally, codes, 2, metric, classes)[0])
        mine = frame[frame["g"] == "a"].drop(columns="g").astype(int)
        seen.append([metric.compute(mine["y_true"], mine[column]) for column in ("y_pred", "before")])
    assert np.mean(said) == pytest.approx(np.corrcoef(np.array(seen).T)[0, 1], abs=0.12)


def test_influence_is_the_derivative() -> None:
    from audit.fairness.metrics import forms

    tables = np.array([[[30.0, 10.0], [5.0, 25.0]]])
    found = influence(forms.f1_score, tables)[0]
    f1 = 2 * 25 / (2 * 25 + 10 + 5)
    below = 2 * 25 + 10 + 5
    assert found == pytest.approx(np.array([[0, -f1 / below], [-f1 / below, (2 - 2 * f1) / below]]), abs=1e-6)
