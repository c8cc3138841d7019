"""Means over classes of which one is rare: what their bounds allow for, and where they are in doubt."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from audit.fairness.bounds import class_means
from audit.fairness.bounds.class_means import LEAST_OF_A_CLASS, class_mean_sizes, rare_classes
from audit.fairness.bounds.resample import Cells
from audit.fairness.metrics import forms
from tests.fairness.helpers import ask, compare_rows

LEAST = LEAST_OF_A_CLASS


def cells(table: np.ndarray) -> Cells:
    """One group's decisions, by label and prediction."""
    truth, predicted = (axis.ravel() for axis in np.indices(table.shape))
    n = table.ravel().astype(float)
    return Cells(np.zeros(len(n), np.int64), truth, predicted, n, n, (1, len(table)))


@pytest.mark.parametrize("many", [False, True], ids=["resampled", "linearised"])
@pytest.mark.parametrize("least", [7, 12])
def test_the_spread_from_few_decisions_is_right_on_average(
    least: int, many: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(class_means, "too_many_to_draw", lambda _: many)
    rng, right, told = np.random.default_rng(0), 0.7, []
    n = np.array([least, 60, 60, 60])
    for seed in range(300):
        hit = rng.binomial(n, right)
        missed = np.array([rng.multinomial(miss, [1 / 3] * 3) for miss in n - hit])
        table = np.diag(hit) + np.array([np.insert(row, at, 0) for at, row in enumerate(missed)])
        size, _ = class_mean_sizes(cells(table), forms.balanced_accuracy, 300, seed)
        value = (hit / n).mean()
        told.append(value * (1 - value) / size[0])
    true = (right * (1 - right) / n).sum() / len(n) ** 2
    assert np.mean(told) / true == pytest.approx(1, abs=0.1)


def in_clusters(labels: np.ndarray, right: np.ndarray, owner: np.ndarray) -> Cells:
    predicted = np.where(right, labels, (labels + 1) % 3)
    one = np.ones(len(labels))
    return Cells(np.zeros(len(labels), np.int64), labels, predicted, one, one, (1, 3), owner)


def test_a_rare_class_that_is_all_right_in_its_clusters_is_not_known_for_certain() -> None:
    rng = np.random.default_rng(1)
    labels = rng.permutation(np.repeat([0, 1, 2], [7, 100, 100]))
    owner = np.arange(len(labels)) // 3
    # Every tenth of the other classes is wrong, spread evenly: clusters seem better than chance.
    right = (labels == 0) | (np.arange(len(labels)) % 10 > 0)
    found, _ = class_mean_sizes(in_clusters(labels, right, owner), forms.balanced_accuracy, 1000, 0)
    alone, _ = class_mean_sizes(
        replace(in_clusters(labels, right, owner), cluster=None), forms.balanced_accuracy, 1000, 0
    )
    assert (found <= alone).all()
    # As of a class of its own decisions with one more that was not seen: no more than some dozens of decisions.
    assert found[0] < 100


def test_clusters_whose_decisions_agree_are_worth_their_number() -> None:
    rng = np.random.default_rng(2)
    owner = np.repeat(np.arange(120), 5)
    labels = np.repeat(rng.integers(0, 3, 120), 5)
    right = np.repeat(rng.random(120) < 0.7, 5)
    found, _ = class_mean_sizes(in_clusters(labels, right, owner), forms.macro_f1, 1000, 0)
    alone, _ = class_mean_sizes(replace(in_clusters(labels, right, owner), cluster=None), forms.macro_f1, 1000, 0)
    assert found[0] == pytest.approx(alone[0] / 5, rel=0.2)


@pytest.mark.parametrize(("classes", "least"), [(2, 10), (3, 10), (9, 10), (10, 7), (30, 7)])
def test_a_class_is_rare_below_the_least_number_of_so_many_classes(classes: int, least: int) -> None:
    few = np.diag([least - 1.0] + [100.0] * (classes - 1))
    enough = np.diag([float(least)] + [100.0] * (classes - 1))
    assert rare_classes(np.stack([enough, few]), 0).tolist() == [False, True]


def test_what_says_that_there_is_nothing_is_no_class() -> None:
    nothing = np.diag([1.0] + [8.0] * 9)
    # Nine classes are left, of which each needs more than eight decisions; with a tenth it is enough.
    assert rare_classes(nothing[None], 1).tolist() == [True]
    assert rare_classes(np.diag([1.0] + [8.0] * 10)[None], 1).tolist() == [False]


@pytest.mark.parametrize("metric", ["balanced_accuracy", "macro_recall", "macro_precision", "macro_f1"])
def test_a_group_with_a_rare_class_is_in_doubt(metric: str) -> None:
    rows = [
        {"g": group, "y_true": label, "y_pred": predicted, "count": n}
        for group, least in (("plenty", 80), ("enough", LEAST), ("too few", LEAST - 1))
        for label, each in (("a", least), ("b", 60), ("c", 60))
        for predicted, n in ((label, each - 2), ("b" if label == "a" else "a", 2))
    ]
    done = compare_rows(pd.DataFrame(rows), ["g"], ask(["a", "b", "c"], None, (metric,)))
    found = {row.group[0]: row.doubt for row in done.metrics if row.metric == metric}
    assert found == {"plenty": None, "enough": None, "too few": "rare_classes"}
