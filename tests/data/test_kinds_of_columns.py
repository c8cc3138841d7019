"""A column of a kind that is no text, number or truth value is refused by name, and never read as something else."""

from __future__ import annotations

import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.config import parse_config
from audit.data.cells import plain
from audit.data.survey import Survey, survey
from audit.errors import DataError

N = 24
DAY = datetime.date(2024, 1, 1)


def found(place: Path, column: pa.Array, role: str) -> Survey:
    other = pa.array([str(i % 2) for i in range(N)])
    path = place / "rows.parquet"
    pq.write_table(
        pa.table({"x": column, "y": other, "p": other, "g": pa.array(["ab"[i % 2] for i in range(N)])}), path
    )
    columns = {"label": "y", "prediction": "p"} | ({} if role in {"group", "bins", "members"} else {role: "x"})
    if role == "score":
        columns.pop("prediction")
    attribute: Any = {"group": "x", "bins": {"column": "x", "bins": [1]}}.get(role, "g")
    if role == "members":
        attribute = {"name": "m", "members": {"k": "x"}}
    data = {"path": str(path), "columns": columns, "positive_label": "1"}
    return survey(parse_config({"data": data, "attributes": [attribute]}))


SPANS = {
    "seconds": pa.array([i % 2 for i in range(N)], pa.duration("s")),
    "nanoseconds": pa.array([i % 2 for i in range(N)], pa.duration("ns")),
}


@pytest.mark.parametrize("role", ["weight", "score", "count", "label", "group", "bins", "members", "cluster"])
@pytest.mark.parametrize("kind", SPANS)
def test_a_span_of_time_is_no_number(tmp_path: Path, kind: str, role: str) -> None:
    with pytest.raises(DataError, match=r"column 'x', row 1 holds a span of time \(duration"):
        found(tmp_path, SPANS[kind], role)


@pytest.mark.parametrize(
    "column",
    [pa.array([None, pa.MonthDayNano([0, 1, 0])]), pa.array([None, 1], pa.duration("s")).dictionary_encode()],
    ids=lambda column: str(column.type),
)
def test_however_it_is_stored(column: pa.Array) -> None:
    with pytest.raises(DataError, match=r"column 'x', row 8 holds a span of time \((month_day_nano|duration)"):
        plain(column, "x", Path("rows.arrow"), 7)


def test_a_column_of_nothing_is_missing(tmp_path: Path) -> None:
    assert found(tmp_path, pa.nulls(N, pa.duration("s")), "group").groups["x"] == {"(missing)": N}


@pytest.mark.parametrize("role", ["weight", "score", "count", "bins"])
def test_a_truth_value_is_no_number(tmp_path: Path, role: str) -> None:
    truths = pa.array([None, *(bool(i % 2) for i in range(N - 1))])
    with pytest.raises(DataError, match=r"column 'x', row 2: false is a truth value, not a number"):
        found(tmp_path, truths, role)


def test_a_truth_value_is_membership_and_a_group(tmp_path: Path) -> None:
    truths = pa.array([bool(i % 2) for i in range(N)])
    assert found(tmp_path, truths, "group").groups["x"] == {"false": N // 2, "true": N // 2}
    assert found(tmp_path, truths, "members").groups["m"]["k"] == N // 2


@pytest.mark.parametrize("role", ["weight", "score", "count", "bins"])
@pytest.mark.parametrize(
    "column",
    [
        pa.array([DAY] * N),
        pa.array([DAY] * N, pa.date64()),
        pa.array([i % 2 for i in range(N)], pa.timestamp("ms")),
        pa.array([i % 2 for i in range(N)], pa.time32("s")),
    ],
    ids=lambda column: str(column.type),
)
def test_days_and_times_are_no_numbers(tmp_path: Path, column: pa.Array, role: str) -> None:
    with pytest.raises(DataError, match=r"column 'x', row 1: '[-0-9:. ]+' is not a number"):
        found(tmp_path, column, role)


@pytest.mark.parametrize("role", ["weight", "label", "group"])
@pytest.mark.parametrize("cell", [[1], {"a": 1}, b"\xff"], ids=["list", "struct", "bytes"])
def test_what_is_no_cell_is_named(tmp_path: Path, cell: Any, role: str) -> None:
    with pytest.raises(DataError, match=r"column 'x', row 1 holds (a list|an object|binary, which is no text)"):
        found(tmp_path, pa.array([cell] * N), role)


@pytest.mark.parametrize("role", ["weight", "score", "count"])
@pytest.mark.parametrize(
    "column",
    [
        pa.array([Decimal(1)] * N, pa.decimal128(5, 2)),
        pa.array([b"1"] * N),
        pa.array(["1"] * N, pa.large_string()),
        pa.array([1] * N, pa.uint8()).dictionary_encode(),
        pa.array(["1"] * N).dictionary_encode(),
    ],
    ids=lambda column: str(column.type),
)
def test_numbers_are_numbers_however_they_are_stored(tmp_path: Path, column: pa.Array, role: str) -> None:
    assert found(tmp_path, column, role).rows_kept == N


@pytest.mark.skipif(not hasattr(pa, "uuid"), reason="this version of Arrow knows no UUIDs")
def test_a_uuid_is_spelled_as_one(tmp_path: Path) -> None:
    column = pa.array([bytes([65 + i % 2]) * 16 for i in range(N)], pa.uuid())
    groups = found(tmp_path, column, "group").groups["x"]
    assert set(groups) == {"41414141-4141-4141-4141-414141414141", "42424242-4242-4242-4242-424242424242"}
