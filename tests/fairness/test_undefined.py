"""Undefined is not zero."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest

from tests.fairness.helpers import ask, compare_rows, gap, values


def counts(**groups: tuple[int, int, int, int]) -> pd.DataFrame:
    """Groups given as TN, FP, FN, TP."""
    cells = [("0", "0"), ("0", "1"), ("1", "0"), ("1", "1")]
    records = [
        {"g": group, "y_true": t, "y_pred": p, "count": n}
        for group, numbers in groups.items()
        for (t, p), n in zip(cells, numbers, strict=True)
    ]
    return pd.DataFrame(records)


QUESTION = ask(["0", "1"], "1")


def notes(frame: pd.DataFrame, metric: str) -> dict[str, str | None]:
    return {m.group[0]: m.note for m in compare_rows(frame, ["g"], QUESTION).metrics if m.metric == metric}


@pytest.mark.parametrize(
    ("numbers", "metric", "why"),
    [
        ((5, 5, 0, 0), "true_positive_rate", "no_positives"),
        ((0, 0, 5, 5), "false_positive_rate", "no_negatives"),
        ((5, 0, 5, 0), "precision", "no_predicted_positives"),
        ((0, 5, 0, 5), "false_omission_rate", "no_predicted_negatives"),
        ((5, 0, 0, 0), "f1_score", "empty_denominator"),
        ((5, 5, 0, 0), "balanced_accuracy", "class_without_support"),
    ],
)
def test_an_empty_denominator_has_a_reason_and_enters_no_gap(
    numbers: tuple[int, int, int, int], metric: str, why: str
) -> None:
    frame = counts(a=(40, 10, 20, 30), b=(30, 20, 10, 40), odd=numbers)
    done = compare_rows(frame, ["g"], QUESTION)
    assert values(done, metric)["odd"] is None
    assert notes(frame, metric)["odd"] == why
    difference = gap(done, metric, "difference")
    two = compare_rows(counts(a=(40, 10, 20, 30), b=(30, 20, 10, 40)), ["g"], QUESTION)
    assert difference.value == gap(two, metric, "difference").value
    assert (difference.compared, difference.undefined, difference.note) == (2, 1, "undefined_groups_left_out")


def test_rates_of_point_three_and_zero() -> None:
    done = compare_rows(counts(a=(7, 3, 0, 0), b=(10, 0, 0, 0)), ["g"], QUESTION)
    assert gap(done, "selection_rate", "ratio").value == 0
    assert gap(done, "selection_rate", "difference").value == pytest.approx(0.3)


def test_two_zero_rates_have_no_ratio() -> None:
    done = compare_rows(counts(a=(10, 0, 0, 0), b=(10, 0, 0, 0)), ["g"], QUESTION)
    ratio = gap(done, "selection_rate", "ratio")
    assert (ratio.value, ratio.note) == (None, "ratio_of_zeros")
    assert gap(done, "selection_rate", "difference").value == 0


def test_perfect_scores_crash_nothing_and_no_ratio_exceeds_one() -> None:
    done = compare_rows(counts(a=(10, 0, 0, 10), b=(8, 2, 2, 8)), ["g"], QUESTION)
    assert values(done, "accuracy") == {"a": 1.0, "b": 0.8}
    assert all(d.value is None or d.value <= 1 for d in done.disparities if d.aggregate == "ratio")


def test_one_group_has_no_gap() -> None:
    done = compare_rows(counts(a=(10, 5, 5, 10)), ["g"], QUESTION)
    difference = gap(done, "selection_rate", "difference")
    assert (difference.value, difference.note) == (None, "fewer_than_two_groups")


def test_a_criterion_is_undefined_if_a_part_is() -> None:
    done = compare_rows(counts(a=(40, 10, 20, 30), b=(30, 20, 0, 0)), ["g"], QUESTION)
    assert gap(done, "equalized_odds", "difference").value is None
    assert gap(done, "demographic_parity", "difference").value is not None


def test_groups_outside_gaps_are_shown_and_not_compared() -> None:
    question = ask(["0", "1"], "1", outside={"g": {"(missing)": "missing"}})
    frame = pd.concat([counts(a=(5, 5, 5, 5), b=(5, 5, 5, 5)), counts(x=(0, 10, 0, 10)).assign(g="(missing)")])
    done = compare_rows(frame, ["g"], question)
    assert values(done, "selection_rate")["(missing)"] == 1.0
    assert gap(done, "selection_rate", "difference").value == 0
    last = done.slicing.groups[-1]
    assert (last.values, last.in_gaps, last.note) == (["(missing)"], False, "missing")


def test_bins_stand_as_they_rise_and_missing_values_last() -> None:
    question = replace(QUESTION, order={"g": ["<40", "40–<50", "≥50"]})
    frame = pd.concat([counts(x=(1, 1, 1, 1)).assign(g=g) for g in ("(missing)", "≥50", "40–<50", "<40")])
    groups = [group.values[0] for group in compare_rows(frame, ["g"], question).slicing.groups]
    assert groups == ["<40", "40–<50", "≥50", "(missing)"]
