"""Any table that other writers write reads back cell for cell, wherever batches and blocks end."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from audit.config import as_label
from audit.data import csv_files, json_files, source
from tests.data.reading import rows

CHARACTERS = st.sampled_from(list("ab \"',;|\t\r\n\\é中𝒳\ufeff\u2028.1-"))
# A row of one empty cell and an empty line look the same, so there are always two columns.
TEXT = st.text(CHARACTERS, max_size=8)
TABLE = st.integers(2, 4).flatmap(lambda width: st.lists(st.lists(TEXT, min_size=width, max_size=width), max_size=12))
SIZES = st.sampled_from([1, 2, 5, 16_384])
PATIENT = {"deadline": None, "derandomize": True, "suppress_health_check": [HealthCheck.function_scoped_fixture]}

DIALECTS = [
    ({"delimiter": ","}, {}),
    ({"delimiter": ";", "quotechar": "'", "quoting": csv.QUOTE_ALL}, {"delimiter": ";", "quote": "'"}),
    # Python does not quote a lone line break of another kind than it ends lines with, so all cells are quoted.
    ({"delimiter": "\t", "lineterminator": "\n", "quoting": csv.QUOTE_ALL}, {"delimiter": "\t", "quote": '"'}),
    ({"delimiter": "|", "lineterminator": "\r", "quoting": csv.QUOTE_ALL}, {"delimiter": "|"}),
    ({"doublequote": False, "escapechar": "\\"}, {"escape": "\\"}),
]


def written(table: list[list[str]], dialect: dict[str, object]) -> str:
    text = io.StringIO()
    csv.writer(text, **dialect).writerows(table)
    return text.getvalue()


@pytest.mark.parametrize(("dialect", "keys"), DIALECTS)
@pytest.mark.parametrize("encoding", ["utf-8", "utf-16"])
@settings(max_examples=40, **PATIENT)
@given(table=TABLE, size=SIZES)
def test_csv(
    tmp_path: Path,
    dialect: dict[str, object],
    keys: dict[str, object],
    encoding: str,
    table: list[list[str]],
    size: int,
) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BATCH_ROWS", size)
        patch.setattr(csv_files, "BLOCK_BYTES", 400 * size)
        names = [f"column {i}" for i in range(len(table[0]) if table else 2)]
        path = tmp_path / "rows.csv"
        path.write_bytes(written([names, *table], dialect).encode(encoding))
        assert rows(path, *names, missing_values=[], **keys) == [tuple(row) for row in table]


NO_BREAKS = st.text(st.sampled_from(list("ab \"',;\\é中")), max_size=6)


@settings(max_examples=60, **PATIENT)
@given(table=st.lists(st.tuples(NO_BREAKS, NO_BREAKS), max_size=8))
@example(table=[('"', "x"), ("y", '"')])
def test_tabs_without_quotes(tmp_path: Path, table: list[tuple[str, str]]) -> None:
    path = tmp_path / "rows.tsv"
    path.write_text("".join("\t".join(row) + "\n" for row in [("a", "b"), *table]))
    assert rows(path, "a", "b", missing_values=[]) == table


VALUES = st.one_of(TEXT, st.integers(-(2**70), 2**70), st.floats(), st.booleans(), st.none())


def spelled(value: object) -> str | None:
    if value is None or value != value:
        return None
    if isinstance(value, str):
        return value
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else as_label(value)


@pytest.mark.parametrize("array", [False, True])
@settings(max_examples=80, **PATIENT)
@given(table=st.lists(st.tuples(VALUES, VALUES), min_size=1, max_size=12), size=SIZES, ascii=st.booleans())
def test_json(tmp_path: Path, table: list[tuple[object, object]], size: int, ascii: bool, array: bool) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BATCH_ROWS", size)
        patch.setattr(json_files, "_CHUNK", size)
        path = tmp_path / "rows.json"
        objects = [{"a": a, "b": b} for a, b in table]
        lines = [json.dumps(item, ensure_ascii=ascii) for item in objects]
        path.write_text(json.dumps(objects, ensure_ascii=ascii) if array else "\n".join(lines), encoding="utf-8")
        expected = [(spelled(a), spelled(b)) for a, b in table]
        assert rows(path, "a", "b", missing_values=[]) == expected


@settings(max_examples=40, **PATIENT)
@given(
    table=st.lists(
        st.tuples(
            st.none() | TEXT, st.none() | st.integers(-(2**63), 2**63 - 1), st.none() | st.floats(allow_nan=False)
        ),
        max_size=12,
    ),
    size=SIZES,
)
def test_parquet(tmp_path: Path, table: list[tuple[object, object, object]], size: int) -> None:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(source, "BATCH_ROWS", size)
        path = tmp_path / "rows.parquet"
        types = {"a": pa.string(), "b": pa.int64(), "c": pa.float64()}
        columns = zip(*table, strict=True) if table else ([], [], [])
        arrays = [pa.array(list(cells), kind) for cells, kind in zip(columns, types.values(), strict=True)]
        pq.write_table(pa.table(arrays, names=list(types)), path, row_group_size=3)
        assert rows(path, *types) == table
