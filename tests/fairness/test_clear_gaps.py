from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from audit.fairness.compare.clear_gaps import clear_gaps
from audit.fairness.compare.disparities import Compared
from audit.fairness.compare.values import Values
from audit.fairness.metrics.choosing import choose_metrics
from audit.result import Group, SlicingFacts
from tests.fairness.helpers import ask, compare_rows

CLASSES = ["0", "1"]
LIGHT = ("selection_rate", "true_positive_rate", "false_positive_rate", "accuracy", "precision")


def counts(rng: np.random.Generator, sizes: list[int], rate: float, gap: float = 0.0) -> pd.DataFrame:
    """Labels half and half; the first group is predicted positive more often by `gap`."""
    records = []
    for number, size in enumerate(sizes):
        p = rate + (gap if number == 0 else 0.0)
        for label in CLASSES:
            half = size // 2
            positive = int(rng.binomial(half, p))
            records.append({"g": f"g{number:02}", "y_true": label, "y_pred": "1", "count": positive})
            records.append({"g": f"g{number:02}", "y_true": label, "y_pred": "0", "count": half - positive})
    return pd.DataFrame(records)


def simulated(rng: np.random.Generator, sizes: list[int], rate: float, metrics: int) -> Compared:
    """Several metrics with the same true rate in every group, as `compare` would hand them over."""
    n = np.array(sizes)
    groups = [
        Group(values=[f"g{i}"], n=size, share=0, weight=size, effective_n=size, n_labelled=size, by_label={},
              by_prediction={}, in_gaps=True, note=None)
        for i, size in enumerate(sizes)
    ]  # fmt: skip
    metric = choose_metrics(("selection_rate",), outcome="binary", labelled=True, scored=False)[0][0]
    none = np.full(len(n), np.nan)
    pooled = [
        Values(metric, "1", rng.binomial(n, rate) / n, none, none, n, [None] * len(n), n.astype(float))
        for _ in range(metrics)
    ]
    return Compared(slicing=SlicingFacts(attributes=["g"], groups=groups), pooled=pooled)


@pytest.mark.parametrize(
    ("sizes", "rate"), [([200] * 6, 0.3), ([400, 400, 30, 12], 0.1), ([60] * 14, 0.5), ([2000, 20, 8], 0.02)]
)
def test_equal_groups_are_hardly_ever_named(sizes: list[int], rate: float) -> None:
    rng = np.random.default_rng(11)
    runs = 600
    named = sum(bool(clear_gaps([simulated(rng, sizes, rate, 5)], 0.95).items) for _ in range(runs))
    # At a true rate of 5 %, more than 45 of 600 would come up in less than 0.5 % of tries.
    assert named <= 45


def test_a_wide_gap_is_named_with_its_bound() -> None:
    rng = np.random.default_rng(3)
    done = compare_rows(counts(rng, [500] * 4, 0.3, 0.3), ["g"], ask(CLASSES, "1", LIGHT))
    found = clear_gaps([done], 0.95)
    first = next(item for item in found.items if item.metric == "selection_rate")
    assert first.high_group == ["g00"]
    assert 0 < first.lower < first.difference == pytest.approx(first.high_value - first.low_value)
    assert found.gaps == len(LIGHT)
    assert found.comparisons == len(LIGHT) * 6


def test_the_level_moves_clear_gaps() -> None:
    rng = np.random.default_rng(5)
    done = compare_rows(counts(rng, [150] * 3, 0.4, 0.17), ["g"], ask(CLASSES, "1", ("selection_rate",)))
    loose, strict = clear_gaps([done], 0.55), clear_gaps([done], 0.99999)
    assert len(loose.items) == 1
    assert not strict.items


def test_complements_and_groups_outside_gaps_name_nothing() -> None:
    rng = np.random.default_rng(6)
    names = ("true_positive_rate", "false_negative_rate")
    question = ask(CLASSES, "1", names, outside={"g": {"g00": "configured"}})
    found = clear_gaps([compare_rows(counts(rng, [500] * 3, 0.2, 0.6), ["g"], question)], 0.95)
    assert found.gaps == 1
    assert not found.items
