"""Numbers are read with the blanks around them, and a cell that is none is one error with file, column and row."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from audit.config import DataConfig, parse_config
from audit.data.rows import RowReader
from audit.data.survey import survey
from audit.data.values import NumberReader
from audit.errors import ConfigError, DataError

Make = Callable[..., dict[str, Any]]
KEYS = ("score", "weight", "count")


def read(cells: list[str | None], **data: Any) -> list[float]:
    reader = NumberReader(DataConfig(path=Path("d.csv"), **data), pa.array(range(1, len(cells) + 1)))
    return reader.read(pa.array(cells, pa.string()), "n").tolist()


@given(st.floats(allow_nan=False, allow_infinity=False) | st.integers(-(10**25), 10**25))
def test_every_number_that_python_writes_is_read(number: float) -> None:
    for text in (repr(number), f" {number!r}", f"\u00a0{number!r}\t"):
        assert read([text]) == [float(number)]


@pytest.mark.parametrize(
    ("text", "number"), [("+1", 1), (".5", 0.5), ("5.", 5), ("1E3", 1000), ("007", 7), ("-.5e-1", -0.05)]
)
def test_other_ways_to_write_numbers(text: str, number: float) -> None:
    assert read([text]) == [number]


@pytest.mark.parametrize(
    "text", ["1_0", "１", "0,5", "1 000", "50%", "0x10", "--1", "1e", "e5", ".", "−1", "½", "a", "1.2.3"]
)
def test_what_is_no_number_names_its_row(text: str) -> None:
    with pytest.raises(DataError, match="column 'n', row 3: ") as error:
        read(["1", " 2 ", text])
    assert repr(text) in str(error.value)


@pytest.mark.parametrize("text", ["inf", "-Infinity", "1e999", "INF"])
def test_infinity_is_refused(text: str) -> None:
    with pytest.raises(DataError, match=r"column 'n', row 2: .* is not a finite number"):
        read(["1", text])


def test_missing_numbers() -> None:
    found = read(["", "nan", "NaN", " ", "-9", "-9.0", None, "1"], missing_values=["", -9])
    assert [str(value) for value in found] == ["nan"] * 7 + ["1.0"]


def test_missing_values_of_typed_columns(tmp_path: Path) -> None:
    for kind in (pa.int64(), pa.float32(), pa.float64()):
        pq.write_table(pa.table({"p": ["1", "0", "1"], "age": pa.array([30, -9, 50], kind)}), tmp_path / "d.parquet")
        data = {"path": str(tmp_path / "d.parquet"), "columns": {"prediction": "p"}, "missing_values": ["", -9]}
        (rows,) = RowReader(parse_config({"data": data, "attributes": [{"column": "age", "bins": [40]}]}))
        assert rows["group:age"].to_pylist() == ["<40", "(missing)", "≥40"]


def test_decimal_comma() -> None:
    assert read(["0,5", "-1,25e2", "3", ",5"], decimal=",") == [0.5, -125.0, 3.0, 0.5]
    with pytest.raises(DataError, match=r"row 1: '1\.234,5' is not a number\n  hint: data\.decimal is ','"):
        read(["1.234,5"], decimal=",")
    with pytest.raises(DataError, match=r"hint: data\.decimal: ',' reads"):
        read(["0,5"])


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("kind", [pa.float64(), pa.float32(), pa.string()])
def test_infinity_is_refused_whatever_it_is_for(tmp_path: Path, stored: Make, key: str, kind: Any) -> None:
    cells = ["0.5", "inf"] if kind == pa.string() else [0.5, float("inf")]
    if key == "count":
        cells[0] = "1" if kind == pa.string() else 1.0
    pq.write_table(
        pa.table({"y": [1, 0], "p": [1, 0], "g": ["a", "b"], "x": pa.array(cells, kind)}), tmp_path / "d.parquet"
    )
    with pytest.raises(DataError, match=r"column 'x', row 2: .*inf"):
        survey(parse_config(stored(tmp_path / "d.parquet", **{f"data__columns__{key}": "x"})))


def test_true_numbers_and_bins_are_finite(table: Callable[..., Path]) -> None:
    path = table(y=["1", "inf"], s=["1", "2"], g=["a", "b"])
    data = {"path": str(path), "outcome": "number", "columns": {"label": "y", "score": "s"}}
    with pytest.raises(DataError, match="column 'y', row 2: 'inf' is not a finite number"):
        survey(parse_config({"data": data, "attributes": ["g"]}))
    data = {"path": str(path), "columns": {"prediction": "s"}}
    with pytest.raises(DataError, match="column 'y', row 2: 'inf' is not a finite number"):
        survey(parse_config({"data": data, "attributes": [{"column": "y", "bins": [2]}]}))


@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_counts_that_float64_cannot_hold_are_refused(tmp_path: Path, stored: Make, kind: Any) -> None:
    cells: list[Any] = [1, 2**53 + 1]
    counts = pa.array([str(c) for c in cells] if kind == pa.string() else cells, kind)
    pq.write_table(pa.table({"y": [1, 0], "p": [1, 0], "g": ["a", "b"], "n": counts}), tmp_path / "d.parquet")
    with pytest.raises(DataError, match=r"column 'n', row 2: .* is a count of over 9,007,199,254,740,991"):
        survey(parse_config(stored(tmp_path / "d.parquet", data__columns__count="n")))


@pytest.mark.parametrize("where", ["attribute", "control"])
def test_a_cell_that_says_missing_is_no_missing_value(table: Callable[..., Path], stored: Make, where: str) -> None:
    path = table(y=[1, 0], p=[1, 0], g=["a", "(missing)"], h=["x", "(missing)"])
    changes: dict[str, Any] = {"attributes": ["g"]} if where == "attribute" else {
        "attributes": [{"column": "g", "values": {"(missing)": "unknown"}}], "controls": ["h"]
    }  # fmt: skip
    with pytest.raises(DataError, match=r"row 2: the cell says '\(missing\)'"):
        survey(parse_config(stored(path, **changes)))
    found = survey(parse_config(stored(path, **changes, data__missing_values=["(missing)"])))
    assert "(missing)" in found.groups["h" if where == "control" else "g"]


@pytest.mark.parametrize("data", [{"score_range": [1, 10]}, {"score_range": [10, 1], "threshold": 5}, {"threshold": 7}])
def test_a_range_of_scores_needs_a_threshold_within(stored: Make, data: dict[str, Any]) -> None:
    changes = {f"data__{key}": value for key, value in data.items()}
    config = stored(Path("d.csv"), **changes)
    config["data"]["columns"] = {"label": "y", "score": "s"}
    with pytest.raises(ConfigError, match=r"threshold|score_range"):
        parse_config(config)


@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_counts_that_add_up_to_more_than_can_be_counted_are_refused(tmp_path: Path, stored: Make, kind: Any) -> None:
    cells = [9 * 10**15] * 2050  # beyond what a signed 64-bit number holds
    counts = pa.array([str(c) for c in cells] if kind == pa.string() else cells, kind)
    labels = [i % 2 for i in range(len(cells))]
    pq.write_table(pa.table({"y": labels, "p": labels, "g": labels, "n": counts}), tmp_path / "d.parquet")
    with pytest.raises(DataError, match=r"column 'n': the counts add up to more than 9,007,199,254,740,991"):
        survey(parse_config(stored(tmp_path / "d.parquet", data__columns__count="n")))


@pytest.mark.parametrize("weight", [1e200, 1e-200, 5e-324, 1.7e308])
def test_weights_whose_powers_leave_the_range_of_numbers_are_refused(
    table: Callable[..., Path], stored: Make, weight: float
) -> None:
    path = table(y=[1, 0, 1], p=[1, 0, 1], g=["a", "b", "a"], w=[1.0, 0.0, weight])
    with pytest.raises(DataError, match=r"column 'w', row 3: .* is neither 0 nor a weight from 1e-30 to 1e\+30"):
        survey(parse_config(stored(path, data__columns__weight="w")))


@pytest.mark.parametrize(
    ("at", "number", "told"),
    [
        ("y", 1e200, "column 'y', row 2: 1e\\+200 is beyond 1e\\+60"),
        ("s", -1e61, "column 's', row 2: -1e\\+61 is beyond 1e\\+60"),
        ("s", 1e-200, None),
    ],
)
def test_predicted_numbers_whose_powers_leave_the_range_of_numbers_are_refused(
    table: Callable[..., Path], at: str, number: float, told: str | None
) -> None:
    columns: dict[str, list[Any]] = {"y": [1.0, 2.0, 3.0], "s": [1.0, 2.0, 3.0], "g": ["a", "b", "a"]}
    columns[at][1] = number
    data = {"outcome": "number", "columns": {"label": "y", "score": "s"}}
    config = parse_config({"data": data | {"path": str(table(**columns))}, "attributes": ["g"]})
    if told is None:  # among others of an ordinary size
        assert survey(config).rows_kept == 3
        return
    with pytest.raises(DataError, match=told):
        survey(config)


def test_numbers_of_a_unit_in_which_all_vanish_are_refused(table: Callable[..., Path]) -> None:
    path = table(y=[1e-200, None, 0], s=[1e-200, -1e-199, 0], g=["a", "b", "a"])
    data = {"path": str(path), "outcome": "number", "columns": {"label": "y", "score": "s"}}
    with pytest.raises(DataError, match="no number to predict is larger than 1e-199\n  hint: write the numbers in"):
        survey(parse_config({"data": data, "attributes": ["g"]}))
