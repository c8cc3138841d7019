"""Named values: the fields of a prompt, and the features of a row of numbers."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from audit.config import AuditConfig, parse_config
from audit.data.examples import Fields, examples_of
from audit.data.rows import RowReader, source_columns
from audit.errors import AuditError, ConfigError

ROWS = "who,years,sex,y\n Ann ,34.5,F,1\nBo,,m,0\n,1e2,,1\n"


def config(folder: Path, **columns: Any) -> AuditConfig:
    (folder / "rows.csv").write_text(ROWS)
    raw = {
        "model": {"path": "model", "task": "mine"},
        "data": {"path": "rows.csv", "columns": {"label": "y", **columns}},
        "attributes": ["sex"],
    }
    return parse_config(raw, base=folder)


def read(audited: AuditConfig) -> list[Any]:
    return [example for batch in RowReader(audited) for example in examples_of(batch)]


def test_fields_of_a_prompt_are_text_as_it_stands(tmp_path: Path) -> None:
    audited = config(tmp_path, fields={"name": "who", "age": "years"})
    assert read(audited) == [
        Fields(("name", "age"), (" Ann ", "34.5")),
        Fields(("name", "age"), ("Bo", None)),
        Fields(("name", "age"), (None, "1e2")),
    ]
    assert source_columns(audited)["who"] == "data.columns.fields.name"
    listed = config(tmp_path, fields=["who"])
    assert [example.names for example in read(listed)] == [("who",)] * 3


def test_features_are_numbers_and_categories_in_the_order_they_are_named(tmp_path: Path) -> None:
    audited = config(tmp_path, features={"years": "number", "sex": "category"})
    assert [example.values for example in read(audited)] == [(34.5, "F"), (None, "m"), (100.0, None)]
    assert source_columns(audited)["years"] == "data.columns.features.years"


def test_a_feature_that_is_no_number_has_its_row(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="column 'who', row 1"):
        read(config(tmp_path, features={"who": "number"}))


@pytest.mark.parametrize(
    ("columns", "problem"),
    [
        ({"fields": ["who"], "input": "who"}, "cannot stand beside each other"),
        ({"fields": ["who"], "features": {"years": "number"}}, "cannot stand beside each other"),
        ({}, "name the column that the model reads"),
        ({"fields": ["who"], "input_pair": "who"}, "names no first one"),
        ({"features": {"years": "integer"}}, "features.years"),
        ({"fields": ["nobody"]}, "nobody"),
    ],
)
def test_what_a_model_reads_is_named_once(tmp_path: Path, columns: dict[str, Any], problem: str) -> None:
    with pytest.raises(AuditError, match=problem) as caught:
        read(config(tmp_path, **columns))
    assert isinstance(caught.value, ConfigError) or "nobody" in columns.get("fields", [])
