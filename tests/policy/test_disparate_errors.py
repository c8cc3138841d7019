"""Errors in the direction of a failed disparity: a class missed, or wrongly given, in the group that is worse off."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from audit.policy.disparate_errors import FailedGap, disparate_errors
from audit.policy.flags import Evidence, flag_rates
from audit.store.columns import group_column
from audit.store.decisions import decision_schema, decision_table

#: (decision, its row, group, what is true, what was found)
ENTITIES = [
    ("1#1", "1", "a", "person", "O"),
    ("1#3", "1", "a", "O", "person"),
    ("1#5", "1", "a", "person", "person"),
    ("2#1", "2", "a", "person", "place"),
    ("2#4", "2", "a", "place", "O"),
    ("3#1", "3", "b", "person", "O"),
    ("3#2", "3", "b", "O", "place"),
]


def table(rows: list[tuple[str, str, str, str | None, str]]) -> pa.Table:
    names = ("row_id", "example", group_column("g"), "y_true", "y_pred")
    columns: dict[str, Any] = {
        name: pa.array(values) for name, values in zip(names, zip(*rows, strict=True), strict=True)
    }
    n = len(rows)
    columns |= {"status": pa.array(["ok"] * n), "weight": pa.array([1.0] * n), "count": pa.array([1] * n)}
    return decision_table({**columns, "cluster": columns["example"]}, decision_schema(["g"]))


def errors(metric: str, cls: str | None, nothing: str | None = "O", low: str = "a", high: str = "b") -> list[str]:
    gap = FailedGap(("g",), metric, cls, (low,), (high,), "failed")
    return sorted(disparate_errors([table(ENTITIES)], [gap], nothing)[0]["row_id"])


@pytest.mark.parametrize(
    ("metric", "cls", "found"),
    [
        ("true_positive_rate", "person", ["1#1", "2#1"]),
        ("precision", "person", ["1#3"]),
        ("f1_score", "person", ["1#1", "1#3", "2#1"]),
        ("false_negative_rate", "person", ["3#1"]),
        ("micro_recall", None, ["1#1", "2#1", "2#4"]),
        ("micro_precision", None, ["1#3", "2#1"]),
        ("exact_match", None, ["1#1", "1#3", "2#1", "2#4"]),
        ("visible_characters", None, ["3#1"]),
        ("no_such_metric", None, []),
    ],
)
def test_the_worse_group_and_the_direction(metric: str, cls: str | None, found: list[str]) -> None:
    assert errors(metric, cls) == found


def test_one_class_of_a_row_is_missed_or_wrongly_given() -> None:
    assert errors("selection_rate", "person", None) == ["1#1", "2#1"]
    assert errors("accuracy", None, None, low="b", high="a") == ["3#1", "3#2"]
    assert errors("precision", "person", None) == []


def test_an_error_says_what_it_was() -> None:
    gap = FailedGap(("g",), "precision", "person", ("a",), ("b",), "failed")
    (found,) = disparate_errors([table(ENTITIES)], [gap], "O")[0].to_dict("records")
    said = {"metric": "precision", "class": "person", "error": "given", "attributes": "g", "group": "a"}
    assert found == {"row_id": "1#3", **said}


def test_unlabelled_decisions_are_no_errors() -> None:
    gap = FailedGap(("g",), "true_positive_rate", "person", ("a",), ("b",), "failed")
    found, looked_at = disparate_errors([table([*ENTITIES, ("9#1", "9", "a", None, "person")])], [gap], "O")
    assert len(found) == 2
    assert looked_at["n"].sum() == len(ENTITIES)


def test_rates_count_decisions_and_follow_the_spread_between_rows() -> None:
    """Decisions about one row go together: twenty rows of ten decisions are worth about twenty."""
    rows = [(f"{i}#{j}", str(i), "a", "person", "O" if i % 2 else "person") for i in range(20) for j in range(10)]
    gap = FailedGap(("g",), "true_positive_rate", "person", ("a",), ("b",), "failed")
    found, looked_at = disparate_errors([table(rows)], [gap], "O")
    (rate,) = flag_rates(Evidence(None, found, looked_at), None, 0.95)
    assert (rate.n, rate.flagged) == (200, 100)
    assert rate.clusters == 20
    assert rate.effective_n is not None
    assert rate.effective_n < 25
