"""Bounds on gaps were labels right: the truth itself where everything is known, and wide where nothing is."""

from __future__ import annotations

import numpy as np
import pytest

from audit.review.noise import METRICS, Metric, bounds, gap_bounds, noisy
from benchmarks.review_panel import Design, held
from tests.review.panels import COLUMN, panel

YES, NO = "yes", "no"
#: Group, recorded label, decision, and what is true.
ROWS = [("a", YES, YES, YES), ("a", YES, NO, NO), ("a", NO, NO, NO), ("a", NO, YES, YES)] * 60
ROWS += [("b", YES, YES, YES), ("b", NO, NO, YES), ("b", NO, YES, NO), ("b", NO, NO, NO)] * 60


def ends(
    metric: Metric, group: str, answers: list[list[str | None]], assumed: float | None = None
) -> tuple[float, float]:
    made = panel([row[:3] for row in ROWS], answers)
    return bounds(noisy(made, metric, None if metric == "accuracy" else YES, COLUMN, group, 0.025, assumed))


@pytest.mark.parametrize(
    ("metric", "group", "true"),
    [
        ("accuracy", "a", 1.0),
        ("accuracy", "b", 0.5),
        ("true_positive_rate", "a", 1.0),
        ("true_positive_rate", "b", 0.5),
        ("false_positive_rate", "a", 0.0),
        ("false_positive_rate", "b", 0.5),
    ],
)
def test_reviewers_who_are_right_put_wrong_labels_right(metric: Metric, group: str, true: float) -> None:
    low, high = ends(metric, group, [[row[3]] for row in ROWS])
    assert low <= true <= high
    assert high - low < 0.15
    # By the labels as they are, it is another value.
    recorded = noisy(panel([row[:3] for row in ROWS], [[row[3]] for row in ROWS]), metric,
                     None if metric == "accuracy" else YES, COLUMN, group, 0.025).recorded  # fmt: skip
    if group == "a":
        assert recorded == 0.5


def test_without_answers_anything_is_possible() -> None:
    for metric in METRICS:
        assert ends(metric, "a", [[None] for _ in ROWS]) == (0.0, 1.0)


def test_reviewers_who_err_widen_the_bounds() -> None:
    answers: list[list[str | None]] = [[row[3]] for row in ROWS]
    width = [np.diff(ends("accuracy", "b", answers, assumed))[0] for assumed in (None, 0.05, 0.2)]
    assert width[0] < width[1] < width[2]


def test_reviewers_who_throw_coins_say_nothing() -> None:
    # Two who always differ: nobody's answer is worth anything.
    answers: list[list[str | None]] = [[YES, NO, YES] if i % 2 else [NO, YES, NO] for i in range(len(ROWS))]
    assert ends("accuracy", "a", answers) == (0.0, 1.0)


def test_a_gap_is_turned_when_its_groups_are() -> None:
    made = panel([row[:3] for row in ROWS], [[row[3]] for row in ROWS])
    a, b = (noisy(made, "accuracy", None, COLUMN, group, 0.025) for group in ("a", "b"))
    assert gap_bounds(a, b) == pytest.approx([-end for end in reversed(gap_bounds(b, a))])
    assert gap_bounds(a, b)[0] > 0.3


@pytest.mark.parametrize("design", [Design("three", rows=1200), Design("one", rows=1200, reviewers=1, error=0.0)])
def test_a_simulated_panel_gives_back_what_is_true(design: Design) -> None:
    """At 5 % each, more than 4 misses of 20 come up in less than 0.3 % of tries."""
    for name, found in held(design, 20).items():
        assert found.count(False) <= (4 if len(found) == 20 else 6), name
