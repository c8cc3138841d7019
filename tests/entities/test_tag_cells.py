"""Cells of a column of tags: lists in several guises, nothing, and what is neither."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pyarrow as pa
import pytest

from audit.entities.entity import Entity
from audit.entities.tags import read_tags
from audit.errors import DataError


@pytest.mark.parametrize(
    "cell", [["O", "B-a"], ("O", "B-a"), np.array(["O", "B-a"]), np.array(["O", "B-a"], object), pd.array(["O", "B-a"])]
)
def test_guises_of_a_list(cell: Any) -> None:
    assert read_tags([cell], column="t", where="f").rows == [[Entity(1, 2, "a")]]


def test_through_parquet(tmp_path: Any) -> None:
    path = tmp_path / "rows.parquet"
    pd.DataFrame({"t": [["O", "B-a"], None, []]}).to_parquet(path)
    found = read_tags(pd.read_parquet(path)["t"].tolist(), column="t", where="f")
    assert found.rows == [[Entity(1, 2, "a")], None, []]
    arrow = read_tags(pa.table({"t": [["B-a"], None]})["t"].to_pylist(), column="t", where="f")
    assert arrow.rows == [[Entity(0, 1, "a")], None]


@pytest.mark.parametrize("cell", [None, float("nan"), np.float64("nan"), np.float32("nan"), pd.NA, pd.NaT])
def test_rows_without_tags_are_counted(cell: Any) -> None:
    found = read_tags([cell, ["B-a"]], column="t", where="f", lengths=[7, 1])
    assert (found.rows, found.missing) == ([None, [Entity(0, 1, "a")]], 1)


@pytest.mark.parametrize(
    ("cell", "message"),
    [
        ("O B-a", "column 't', row 5 holds a text, not a list"),
        (b"O", "row 5 holds bytes, not a list"),
        (3, "row 5 holds int, not a list"),
        ({"O": 1}, "row 5 holds dict, not a list"),
        (["O", None], "row 5: the tag of word 2 is missing"),
        (["O", float("nan")], "row 5: the tag of word 2 is missing"),
        ([pd.NA], "row 5: the tag of word 1 is missing"),
        ([0, 3], "row 5: the tag of word 1 is no text, but int"),
        ([["O"]], "row 5: the tag of word 1 is no text, but list"),
    ],
)
def test_what_is_no_list_of_tags(cell: Any, message: str) -> None:
    with pytest.raises(DataError) as found:
        read_tags([["O"], cell], column="t", where="rows.json", rows=[4, 5])
    assert message in str(found.value)


def test_another_number_of_tags_than_words() -> None:
    with pytest.raises(DataError, match=r"^rows\.json: column 't', row 2: tags and words differ in number, 1 and 3"):
        read_tags([[], ["O"]], column="t", where="rows.json", lengths=[0, 3])
