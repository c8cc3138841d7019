"""Thresholds by group are those of Fairlearn's ThresholdOptimizer, and weights count as many rows."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from fairlearn.postprocessing import ThresholdOptimizer
from sklearn.base import BaseEstimator, ClassifierMixin

from audit.remedies.curves import RATES, points_of
from audit.remedies.frontier import frontier
from audit.remedies.thresholds import Lot, choose, one_threshold

CONSTRAINTS = {
    "demographic_parity": "demographic_parity",
    "equal_opportunity": "true_positive_rate_parity",
    "equalized_odds": "equalized_odds",
}
OBJECTIVES = ("accuracy", "balanced_accuracy")


class _Given(ClassifierMixin, BaseEstimator):
    """A model whose scores are its only feature."""

    def __sklearn_is_fitted__(self) -> bool:
        return True

    def fit(self, x: Any, y: Any) -> _Given:
        return self

    def predict(self, x: Any) -> np.ndarray:
        return np.asarray(x)[:, 0]


def scored(seed: int, rows: int = 600, digits: int | None = None) -> pd.DataFrame:
    """Three groups with different base rates, and scores that mean less in one of them."""
    rng = np.random.default_rng(seed)
    group = rng.choice(["a", "b", "c"], rows, p=[0.5, 0.3, 0.2])
    label = (rng.random(rows) < np.select([group == "a", group == "b"], [0.5, 0.3], 0.4)).astype(int)
    score = 1 / (1 + np.exp(-(rng.normal(size=rows) + np.where(group == "c", 0.6, 1.6) * (2 * label - 1) * 0.7)))
    frame = pd.DataFrame({"group": group, "label": label, "score": score if digits is None else score.round(digits)})
    return frame.assign(predicted=(frame.score > 0.5).astype(int), weight=1.0, cluster=None, count=1)


def by_group(rows: pd.DataFrame) -> dict[str, Any]:
    return {name: points_of(mine, 10**6) for name, mine in rows.groupby("group")}


def chances(rows: pd.DataFrame, lots: dict[str, Lot]) -> np.ndarray:
    return np.array([lots[g].positive(np.array([s]))[0] for g, s in zip(rows.group, rows.score, strict=True)])


@pytest.mark.parametrize("objective", OBJECTIVES)
@pytest.mark.parametrize("constraint", CONSTRAINTS)
@pytest.mark.parametrize("digits", [None, 2])
def test_thresholds_and_chances_are_those_of_fairlearn(constraint: str, objective: str, digits: int | None) -> None:
    rows = scored(3, digits=digits)
    theirs = ThresholdOptimizer(
        estimator=_Given(), constraints=CONSTRAINTS[constraint], objective=f"{objective}_score", grid_size=200,
        prefit=True, predict_method="predict",
    )  # fmt: skip
    theirs.fit(rows[["score"]], rows.label, sensitive_features=rows.group)
    ours = choose(by_group(rows), constraint, objective, 200)
    for name, rule in theirs.interpolated_thresholder_.interpolation_dict.items():
        ignored = rule.get("p_ignore", 0.0)
        lot = ours.lots[name]
        assert lot.thresholds[:2] == (rule.operation0.threshold, rule.operation1.threshold)
        assert lot.chances[:2] == pytest.approx(((1 - ignored) * rule.p0, (1 - ignored) * rule.p1))
    pmf = theirs._pmf_predict(rows[["score"]], sensitive_features=rows.group)[:, 1]
    assert chances(rows, ours.lots) == pytest.approx(pmf, abs=1e-12)


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_a_weight_of_three_is_three_rows(constraint: str) -> None:
    rows = scored(4, digits=2)
    rows["weight"] = np.where(rows.index % 4 == 0, 3.0, 1.0)
    thrice = rows.loc[rows.index.repeat(rows.weight.astype(int))].assign(weight=1.0)
    counted = rows.assign(count=rows.weight.astype(int), weight=1.0)
    found = [choose(by_group(frame), constraint, "accuracy", 100) for frame in (rows, thrice, counted)]
    assert found[0] == found[1] == found[2]


def test_one_threshold_is_the_best_of_all() -> None:
    rows = scored(5)
    threshold, best = one_threshold(points_of(rows, 10**6), "accuracy")
    accuracy = [((rows.score > cut) == rows.label).mean() for cut in np.append(rows.score, -1.0)]
    assert best == pytest.approx(max(accuracy)) == pytest.approx(((rows.score > threshold) == rows.label).mean())


def test_few_thresholds_are_quantiles_of_the_scores() -> None:
    rows = scored(6, rows=2000)
    few = points_of(rows, 50)
    assert not few.exact and len(few.threshold) == 51
    assert points_of(rows, 2000).exact
    steps = np.diff(RATES["selection_rate"](few))
    assert steps.max() <= 1 / 50 + 1 / 2000 and few.threshold[-1] == -np.inf


@pytest.mark.parametrize("constraint", CONSTRAINTS)
def test_the_frontier_is_the_best_within_each_gap(constraint: str) -> None:
    rows = scored(7)
    groups = by_group(rows)
    found = frontier(groups, constraint, "accuracy", 6)
    rates = {"demographic_parity": ["y"], "equal_opportunity": ["p"], "equalized_odds": ["p", "n"]}[constraint]
    for best in found:
        chance = np.array(
            [best.lots[g].positive(np.array([s]))[0] for g, s in zip(rows.group, rows.score, strict=True)]
        )
        kept = {"y": rows.label >= 0, "p": rows.label == 1, "n": rows.label == 0}
        for rate in rates:
            of_group = pd.Series(chance)[kept[rate]].groupby(rows.group[kept[rate]]).mean()
            assert of_group.max() - of_group.min() <= best.allowed + 1e-7
        assert np.where(rows.label == 1, chance, 1 - chance).mean() == pytest.approx(best.objective)
    # None costs most, and the widest is what thresholds without any constraint reach.
    assert np.all(np.diff([best.objective for best in found]) >= -1e-9)
    free = sum(max(RATES["accuracy"](points)) * points.weight for points in groups.values()) / len(rows)
    assert found[-1].objective == pytest.approx(free)
    # With no gap it does at least as well as the grid, which lets groups share only some rates.
    assert found[0].objective >= choose(groups, constraint, "accuracy", 1000).objective - 1e-9
    assert found[0].objective == pytest.approx(choose(groups, constraint, "accuracy", 20_000).objective, abs=1e-3)


def test_equal_rules_are_told_once() -> None:
    assert Lot((0.2, 0.3, 0.5, 0.0), (0.4, 0.4, np.inf, -np.inf)).tidy() == Lot((0.5, 0.5), (0.4, np.inf))
