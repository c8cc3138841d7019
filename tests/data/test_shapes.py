"""One table in the shapes that practitioners have it in gives one survey."""

from __future__ import annotations

import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from audit.config import parse_config
from audit.data.survey import survey

DRAW = random.Random(0)
NAMES = ("age", "workclass", "sex", "income", "predicted")
ROWS = [
    (
        DRAW.randint(18, 80),
        DRAW.choice(("Private", "State-gov")),
        DRAW.choice(("Male", "Female")),
        *map(DRAW.choice, [("<=50K", ">50K")] * 2),
    )
    for _ in range(60)
]


def raw_adult(folder: Path) -> dict[str, Any]:
    """With blanks after commas, without a header, with an empty line at the end."""
    (folder / "adult.data").write_text("".join(", ".join(map(str, row)) + "\n" for row in ROWS) + "\n")
    return {"path": "adult.data", "format": "csv", "header": list(NAMES)}


def excel_unicode_text(folder: Path) -> dict[str, Any]:
    lines = ["\t".join(NAMES), *(f'{a}\t"{b}\nand ""so"" on"\t{c}\t{d}\t{e}' for a, b, c, d, e in ROWS)]
    (folder / "table.txt").write_bytes(("\r\n".join(lines) + "\r\n").encode("utf-16"))
    return {"path": "table.txt", "format": "csv", "delimiter": "\t", "quote": '"'}


def marked_and_quoted(folder: Path) -> dict[str, Any]:
    """A byte order mark before a quoted name, line breaks of old Macs, a title above the header."""
    lines = ["Census, of 1994", ",".join(f'"{name}"' for name in NAMES), *(",".join(map(str, row)) for row in ROWS)]
    (folder / "table.csv").write_bytes(b"\xef\xbb\xbf" + "\r".join(lines).encode())
    return {"path": "table.csv", "skip_rows": 1}


def hive_with_class_numbers(folder: Path) -> dict[str, Any]:
    names = ["<=50K", ">50K"]
    features = {"income": {"names": names, "_type": "ClassLabel"}}
    for sex in ("Male", "Female"):
        part = [dict(zip(NAMES, row, strict=True)) for row in ROWS if row[2] == sex]
        rows = [{k: names.index(str(v)) if k == "income" else v for k, v in row.items() if k != "sex"} for row in part]
        table = pa.Table.from_pylist(rows)
        (folder / "hive" / f"sex={sex}").mkdir(parents=True)
        metadata = {"huggingface": json.dumps({"info": {"features": features}})}
        pq.write_table(table.replace_schema_metadata(metadata), folder / "hive" / f"sex={sex}" / "part-0.parquet")
    return {"path": "hive"}


def json_array(folder: Path) -> dict[str, Any]:
    (folder / "table.json").write_text(json.dumps([dict(zip(NAMES, row, strict=True)) for row in ROWS], indent=1))
    return {"path": "table.json"}


@pytest.mark.parametrize(
    "shape", [raw_adult, excel_unicode_text, marked_and_quoted, hive_with_class_numbers, json_array]
)
def test_every_shape_gives_one_survey(tmp_path: Path, shape: Callable[[Path], dict[str, Any]]) -> None:
    columns = {"label": "income", "prediction": "predicted"}
    data = {**shape(tmp_path), "columns": columns, "positive_label": ">50K"}
    raw = {"data": data, "attributes": ["sex", {"column": "age", "bins": [40]}]}
    found = survey(parse_config(raw, base=tmp_path))
    assert found.rows_read == len(ROWS)
    for counted, place in ((found.labels, 3), (found.predictions, 4), (found.groups["sex"], 2)):
        assert counted == {value: sum(row[place] == value for row in ROWS) for value in {row[place] for row in ROWS}}
    assert found.groups["age"]["<40"] == sum(row[0] < 40 for row in ROWS)
    assert found.notes == []
