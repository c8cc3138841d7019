"""Cells of Parquet files and saved folders: text, numbers, truth values, and what is none of them."""

from __future__ import annotations

import datetime
import json
from decimal import Decimal
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.data import source
from audit.errors import DataError
from tests.data.reading import cells


def write(folder: Path, array: pa.Array, **metadata: object) -> Path:
    path = folder / "rows.parquet"
    stored = pa.table({"a": array})
    if metadata:
        stored = stored.replace_schema_metadata({"huggingface": json.dumps(metadata)})
    pq.write_table(stored, path)
    return path


@pytest.mark.parametrize(
    ("array", "expected"),
    [
        (pa.array(["x", None]), ["x", None]),
        (pa.array(["x", None], pa.large_string()), ["x", None]),
        (pa.array(["x", "x", None]).dictionary_encode(), ["x", "x", None]),
        (pa.array([b"x", None]), ["x", None]),
        (pa.array([b"xy"], pa.binary(2)), ["xy"]),
        (pa.array([1, 2**63 - 1, None], pa.int64()), [1, 2**63 - 1, None]),
        (pa.array([2**64 - 1], pa.uint64()), [2**64 - 1]),
        (pa.array(np.array([0.5, 0.7], np.float16)), ["0.5", "0.7"]),
        (pa.array([True, None]), [True, None]),
        (pa.array([None, None]), [None, None]),
        (pa.array([Decimal("1.10")]), ["1.10"]),
        (pa.array([datetime.date(2024, 1, 2)]), ["2024-01-02"]),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
def test_every_simple_type(tmp_path: Path, array: pa.Array, expected: list[object]) -> None:
    assert cells(write(tmp_path, array), "a")[0] == expected


@pytest.mark.parametrize(
    ("array", "what"),
    [
        (pa.array([None, None, ["x"]]), "a list"),
        (pa.array([None, None, ["x"]], pa.large_list(pa.string())), "a list"),
        (pa.array([None, None, [1, 2]], pa.list_(pa.int8(), 2)), "a list"),
        (pa.array([None, None, {"x": 1}]), "an object"),
        (pa.array([None, None, [("x", 1)]], pa.map_(pa.string(), pa.int8())), "an object"),
        (pa.array([None, None, b"\xff"]), "binary, which is no text"),
    ],
    ids=lambda value: str(value.type) if isinstance(value, pa.Array) else "",
)
@pytest.mark.parametrize("batch", [1, 16_384])
def test_what_is_no_cell_names_its_row(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, array: pa.Array, what: str, batch: int
) -> None:
    monkeypatch.setattr(source, "BATCH_ROWS", batch)
    with pytest.raises(DataError, match=f"column 'a', row 3 holds {what}"):
        cells(write(tmp_path, array), "a")


CLASSES = {"info": {"features": {"a": {"names": ["neg", "pos"], "_type": "ClassLabel"}}}}


def test_class_numbers_get_the_names_kept_in_parquet(tmp_path: Path) -> None:
    assert cells(write(tmp_path, pa.array([1, 0, -1, None]), **CLASSES), "a")[0] == ["pos", "neg", None, None]
    with pytest.raises(DataError, match="column 'a', row 2: 2 is the number of no class"):
        cells(write(tmp_path, pa.array([0, 2]), **CLASSES), "a")
    assert cells(write(tmp_path, pa.array(["other"]), **CLASSES), "a")[0] == ["other"]


@pytest.mark.parametrize(
    "metadata", [{"info": None}, {"info": {"features": [1]}}, {"info": {"features": {"a": {"_type": "ClassLabel"}}}}]
)
def test_metadata_without_names_leave_the_numbers(tmp_path: Path, metadata: dict[str, object]) -> None:
    assert cells(write(tmp_path, pa.array([1]), **metadata), "a")[0] == [1]


def test_parquet_that_datasets_wrote_and_its_lists_of_classes(tmp_path: Path) -> None:
    datasets = pytest.importorskip("datasets")
    label = datasets.ClassLabel(names=["neg", "pos"])
    features = datasets.Features({"y": label, "many": datasets.List(label)})
    saved = datasets.Dataset.from_dict({"y": [1, 0], "many": [[0], [1, 0]]}, features=features)
    saved.to_parquet(tmp_path / "rows.parquet")
    saved.save_to_disk(tmp_path / "folder")
    for path in (tmp_path / "rows.parquet", tmp_path / "folder"):
        assert cells(path, "y")[0] == ["pos", "neg"]
        with pytest.raises(DataError, match="column 'many', row 1 holds a list"):
            cells(path, "many")
