from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from audit.config import AttributeConfig, parse_config
from audit.data.rows import RowReader, group_names
from audit.errors import DataError


def rows(config: dict[str, Any]) -> pd.DataFrame:
    return pa.concat_tables(RowReader(parse_config(config))).to_pandas()


@pytest.mark.parametrize("suffix", ["csv", "jsonl", "parquet"])
def test_missing_values_become_one_group_however_they_are_written(
    tmp_path: Path, stored: Callable[..., dict[str, Any]], suffix: str
) -> None:
    frame = pd.DataFrame({"y": [1, 0, 1, 0], "p": [1, 0, 1, 0], "g": ["a", None, "", float("nan")]})
    path = tmp_path / f"rows.{suffix}"
    if suffix == "csv":
        frame.to_csv(path, index=False)
    elif suffix == "jsonl":
        frame.to_json(path, orient="records", lines=True)
    else:
        frame["g"] = frame["g"].astype("string")
        frame.to_parquet(path)
    assert rows(stored(path))["group:g"].tolist() == ["a", "(missing)", "(missing)", "(missing)"]


def test_numeric_missing_is_a_group_and_numbers_are_spelled_one_way(
    tmp_path: Path, stored: Callable[..., dict[str, Any]]
) -> None:
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"y": [1, 0], "p": [1.0, 0.0], "g": [2.0, np.nan]}).to_parquet(path)
    found = rows(stored(path))
    assert found["group:g"].tolist() == ["2", "(missing)"]
    assert found["prediction"].tolist() == ["1", "0"]


def test_bins_have_lower_edges(table: Callable[..., Path], stored: Callable[..., dict[str, Any]]) -> None:
    path = table(y=[1] * 6, p=[1] * 6, g=[39, 40, 49.5, 50, 80, None])
    found = rows(stored(path, attributes=[{"column": "g", "bins": [40, 50]}]))
    assert found["group:g"].tolist() == ["<40", "40–<50", "40–<50", "≥50", "≥50", "(missing)"]
    assert group_names(AttributeConfig(column="g", bins=(40, 50))) == ["<40", "40–<50", "≥50"]


def test_value_map_names_groups_and_missing_values(
    table: Callable[..., Path], stored: Callable[..., dict[str, Any]]
) -> None:
    path = table(y=[1, 1, 1], p=[1, 1, 1], g=["F", "M", None])
    found = rows(stored(path, attributes=[{"column": "g", "name": "sex", "values": {"F": "women", "": "none"}}]))
    assert found["group:sex"].tolist() == ["women", "M", "none"]


def test_where_keeps_row_numbers_of_the_file(table: Callable[..., Path], stored: Callable[..., dict[str, Any]]) -> None:
    path = table(y=[1, 0, 1, 0], p=[1, 0, 1, 0], g=list("abab"), split=["t", "v", "t", "x"])
    reader = RowReader(parse_config(stored(path, data__where={"split": ["t", "x"]})))
    assert [row for batch in reader for row in batch["row"].to_pylist()] == [1, 3, 4]
    assert reader.rows_read == 4


@pytest.mark.parametrize(
    ("key", "cells", "problem"),
    [
        ("weight", ["1", "-2"], "column 'extra', row 2: -2.0 is not a weight"),
        ("weight", ["1", ""], "column 'extra', row 2: an empty cell is not a weight"),
        ("weight", ["1", "heavy"], "column 'extra', row 2: 'heavy' is not a number"),
        ("count", ["1", "1.5"], "column 'extra', row 2: 1.5 is not a whole count"),
        ("score", ["1", "1.5"], "column 'extra', row 2: 1.5 is not a probability"),
    ],
)
def test_bad_numbers_name_column_and_row(
    table: Callable[..., Path], stored: Callable[..., dict[str, Any]], key: str, cells: list[str], problem: str
) -> None:
    path = table(y=[1, 0], p=[1, 0], g=["a", "b"], extra=cells)
    with pytest.raises(DataError, match=problem):
        rows(stored(path, **{f"data__columns__{key}": "extra"}))


def test_a_bin_needs_numbers(table: Callable[..., Path], stored: Callable[..., dict[str, Any]]) -> None:
    path = table(y=[1, 0], p=[1, 0], g=["30", "old"])
    with pytest.raises(DataError, match="column 'g', row 2: 'old' is not a number"):
        rows(stored(path, attributes=[{"column": "g", "bins": [40]}]))


def test_an_empty_id_names_its_row(table: Callable[..., Path], stored: Callable[..., dict[str, Any]]) -> None:
    path = table(y=[1, 0], p=[1, 0], g=["a", "b"], key=["x", None])
    with pytest.raises(DataError, match="column 'key', row 2: the id is empty"):
        rows(stored(path, data__columns__id="key"))
