"""Bounds of changes between two versions hold what they promise, paired and unpaired."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pandas as pd
import pytest

from audit.fairness.bounds.inference import Estimates
from audit.fairness.bounds.sketch import Sketches
from audit.fairness.compare.change import Changes, change_of_each, group_changes, pair_changes
from audit.fairness.compare.movement import movement
from audit.fairness.compare.paired import PairedTally, joint_batches, tally_pairs
from audit.fairness.metrics.definitions import known_metrics
from audit.fairness.tally import Slicing
from benchmarks import calibration_changes
from benchmarks.calibration_changes import Pair
from tests.fairness.helpers import decisions


def estimates(rate: list[float] | np.ndarray, n: list[int] | np.ndarray) -> Estimates:
    return Estimates(np.array(rate, float), np.array(n, float))


def sketches(*groups: dict[float, float], size: list[float]) -> Sketches:
    """One sketch per group from value -> share, of decisions that add −1, 0 or 1."""
    values = np.array([[-1.0, 0.0, 1.0]] * len(groups))
    shares = np.array([[group.get(v, 0.0) for v in (-1.0, 0.0, 1.0)] for group in groups])
    shares[:, 1] = 1 - shares[:, 0] - shares[:, 2]
    return Sketches(values, shares, -np.ones(len(groups)), np.ones(len(groups)), np.array(size, float))


def paired(gained: list[int], lost: list[int], n: list[int]) -> Changes:
    """Half of the decisions of each group positive before."""
    g, lo, size = (np.array(x, float) for x in (gained, lost, n))
    found = sketches(*({1.0: a / c, -1.0: b / c} for a, b, c in zip(g, lo, size, strict=True)), size=list(size))
    before = np.full(len(n), 0.5)
    return Changes(
        estimates(before + (g - lo) / size, n), estimates(before, n), np.full(len(n), 0.9), found, np.ones(len(n), bool)
    )


@pytest.mark.parametrize("n", [20, 50, 400])
def test_where_nothing_changed_the_bound_is_clopper_and_pearsons(n: int) -> None:
    low, high = change_of_each(paired([0], [0], [n]), 0.05)
    assert [-low[0], high[0]] == pytest.approx([1 - 0.05 ** (1 / n)] * 2, rel=0.01)


def test_pairing_narrows() -> None:
    tight = paired([12, 10], [4, 10], [400, 400])
    loose = replace(tight, sketches=None, paired=None)
    assert group_changes(tight, (1.0,), 0.05, 0.05).upper < group_changes(loose, (1.0,), 0.05, 0.05).upper


def test_a_group_of_other_rows_is_bounded_as_if_alone() -> None:
    changes = replace(paired([3, 3], [1, 1], [200, 200]), paired=np.array([True, False]))
    (a_low, b_low), (a_high, b_high) = change_of_each(changes, 0.05)
    assert b_high - b_low > 2 * (a_high - a_low)


@pytest.mark.parametrize(
    ("name", "groups", "of_gap"), calibration_changes.AT, ids=lambda x: x if type(x) is str else ""
)
def test_at_the_margin_a_rule_on_changes_rarely_errs(name: str, groups: list[Pair], of_gap: bool) -> None:
    fail, passed, *_ = calibration_changes.verdicts(groups, of_gap, 40)
    assert fail.count <= 7, name  # at 5 %, more than 7 of 40 in less than one try of a thousand
    assert passed.count <= 7, name


def test_a_change_that_is_clear_is_found() -> None:
    designs = {name: groups for name, groups, _ in calibration_changes.BEYOND}
    quiet, loud = designs["1,000, loses .02, gains .02"], designs["1,000, loses .09, gains .03"]
    assert calibration_changes.verdicts(quiet, False, 40)[1].count >= 36
    assert calibration_changes.verdicts(loud, False, 40)[0].count >= 20


def test_a_gap_is_not_narrower_known_than_its_groups() -> None:
    """Of fifty decisions none changed: that of the other thousand none did either tells nothing of them."""
    found = pair_changes(paired([0, 0], [0, 0], [1000, 50]), 0.03, 0.05, 0.05)
    assert found.upper > 1 - 0.05 ** (1 / 50)


def test_on_other_rows_a_worsening_of_exactly_the_margin_is_rarely_failed_and_rarely_passed() -> None:
    rng = np.random.default_rng(1)
    sizes, base, margin, runs = np.array([300, 500, 120]), 0.3, 0.05, 300
    failed = passed = 0
    for _ in range(runs):
        values = []
        for group, n in enumerate(sizes):
            before = rng.random(n) < base
            worse = base + (margin if group == 1 else 0.0)
            after = rng.random(n) < worse
            values.append((before.mean(), after.mean()))
        b, c = (np.array(column) for column in zip(*values, strict=True))
        found = group_changes(Changes(estimates(c, sizes), estimates(b, sizes), np.zeros(3)), (1.0,), 0.05, 0.05)
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


@cache
def tallied(seed: int) -> PairedTally:
    """Tally two versions once for all metrics."""
    frame = versions(seed)
    after = decisions(frame.drop(columns="before"), ["g"])
    before = decisions(frame.assign(y_pred=frame["before"]).drop(columns="before"), ["g"])
    (tally,) = tally_pairs(joint_batches([(after, before)]), [Slicing(("g",))], "1")
    return tally


#: Metric -> its change between `versions`, from four million rows.
EXPECTED = {
    "true_positive_rate": 0.00889,
    "precision": -0.03393,
    "selection_rate": 0.03094,
    "f1_score": -0.01315,
    "balanced_accuracy": -0.02205,
    "accuracy": -0.02204,
}


@pytest.mark.parametrize("name", EXPECTED)
def test_the_correlation_of_versions_is_that_of_many_samples(name: str) -> None:
    metric = known_metrics()[name]
    said, seen, covered = [], [], 0
    for seed in range(150):
        frame, tally = versions(seed), tallied(seed)
        codes = tally.cells[tally.slicing.group_columns[0]].map({"a": 0, "b": 1}).to_numpy()
        classes = {"1": 1} if metric.scope == "class" else {"0": 0, "1": 1}
        moved = movement(tally, codes, 2, metric, classes)
        assert moved.sketches is not None
        said.append(moved.correlation[0])
        mine = frame[frame["g"] == "a"].drop(columns="g").astype(int)
        seen.append([metric.compute(mine["y_true"], mine[column]) for column in ("y_pred", "before")])
        change = seen[-1][0] - seen[-1][1]
        assert moved.sketches.mean[0] == pytest.approx(change, abs=1e-9)
        lower, upper = moved.sketches.bounds(0.025)
        covered += bool(lower[0] <= EXPECTED[name] <= upper[0])
    assert covered >= 133, "of 150, 95 % of which should"
    assert np.mean(said) == pytest.approx(np.corrcoef(np.array(seen).T)[0, 1], abs=0.12)
