"""Tables of decisions about different entities of the same rows are brought to the same decisions."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from audit.errors import RunFolderError
from audit.fairness.compare.joint import matched_decisions
from audit.store.decisions import Decided, decision_schema, several, windows

SCHEMA = decision_schema(["g"])
Row = list[tuple[int, str | None, str | None, str]]


def table(rows: list[Row]) -> pa.Table:
    """Decisions of rows, each given as place, truth, prediction and status."""
    n = len(rows)
    columns = {
        "row_id": pa.array([f"r{i}" for i in range(n)]),
        "weight": pa.array([1.0] * n),
        "count": pa.array([1] * n),
        "cluster": pa.nulls(n, pa.string()),
        "group:g": pa.array(["ab"[i % 2] for i in range(n)]),
    }
    decided = [
        [Decided(true, found, position=at, start=at, end=at + 1, status=status) for at, true, found, status in row]
        for row in rows
    ]
    return several(pa.table(columns), decided, SCHEMA)


def joined(after: list[Row], before: list[Row], size: int = 1000) -> set[tuple[str, int, str | None, str, str]]:
    parts = list(matched_decisions(windows([table(after)], size), windows([table(before)], size), "O"))
    found = set()
    for one, other in parts:
        assert one.num_rows == other.num_rows
        assert one["example"].equals(other["example"])
        for name in ("position", "y_true", "group:g", "cluster"):
            assert one[name].equals(other[name]), name
        rows = zip(*(one[name].to_pylist() for name in ("example", "position", "y_true", "y_pred")), strict=True)
        found |= {(*row, then) for row, then in zip(rows, other["y_pred"].to_pylist(), strict=True)}
    return found


AFTER: list[Row] = [
    [(0, "per", "per", "ok"), (2, "O", "org", "ok")],
    [(1, "loc", "O", "ok")],
    [(0, "O", "per", "ok")],
]
BEFORE: list[Row] = [
    [(0, "per", "O", "ok")],
    [(1, "loc", "per", "ok"), (4, "O", "loc", "ok")],
    [(0, "O", "org", "ok")],
]


@pytest.mark.parametrize("size", [1, 2, 3, 1000])
def test_what_one_version_left_alone_is_nothing_there(size: int) -> None:
    assert joined(AFTER, BEFORE, size) == {
        ("r0", 0, "per", "per", "O"),
        ("r0", 2, "O", "org", "O"),
        ("r1", 1, "loc", "O", "per"),
        ("r1", 4, "O", "O", "loc"),
        ("r2", 0, "O", "per", "org"),
    }


def test_two_true_types_at_one_place_find_their_own() -> None:
    after: list[Row] = [[(0, "O", "z", "ok"), (0, "x", "O", "ok"), (0, "y", "O", "ok")]]
    before: list[Row] = [[(0, "x", "x", "ok"), (0, "y", "O", "ok")]]
    assert joined(after, before) == {("r0", 0, "O", "z", "O"), ("r0", 0, "x", "O", "x"), ("r0", 0, "y", "O", "O")}


def test_rows_that_failed_in_one_version_are_left_out() -> None:
    before = [[(0, "per", None, "failed")], *BEFORE[1:]]
    assert {row[0] for row in joined(AFTER, before)} == {"r1", "r2"}


def test_other_rows_are_refused() -> None:
    with pytest.raises(RunFolderError, match="not about the same rows"):
        joined(AFTER, BEFORE[:2])
    with pytest.raises(RunFolderError, match="not about the same rows"):
        joined(AFTER[:2], BEFORE)


def test_many_rows_in_parts_of_any_size_are_the_same_as_at_once() -> None:
    rng = np.random.default_rng(0)

    def made() -> list[Row]:
        return [
            [(0, "a", rng.choice(["a", "O"]), "ok"), *((at, "O", "b", "ok") for at in range(1, rng.integers(1, 5)))]
            for _ in range(60)
        ]

    after, before = made(), made()
    whole = joined(after, before)
    assert all(joined(after, before, size) == whole for size in (1, 7, 64))
