"""A value has one spelling, whatever file it comes from; codes and versions keep theirs."""

from __future__ import annotations

import json
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from audit.config import as_label, parse_config
from audit.config.reading import parse_yaml
from audit.config.spelling import BLANKS, alike
from audit.data.rows import RowReader
from audit.data.values import as_text

Make = Callable[..., dict[str, Any]]


def groups(path: Path, **changes: Any) -> list[str]:
    config = {"data": {"path": str(path), "columns": {"prediction": "g"}}, "attributes": ["g"], **changes}
    found: list[str] = pa.concat_tables(RowReader(parse_config(config)))["group:g"].to_pylist()
    return found


@pytest.mark.parametrize(
    ("written", "spelled"),
    [
        ("0.0", "0"), ("-0.0", "0"), ("-0", "0"), ("1.0", "1"), ("12.000", "12"), ("-3.0", "-3"), (" 1.0 ", "1"),
        ("1e+05", "100000"), ("1E+05", "100000"), ("1.5e+03", "1500"), ("1e-05", "1e-05"), ("1e+999", "1e+999"),
        ("True", "true"), ("FALSE", "false"), ("\u00a0a\u3000", "a"), ("\ufeffa", "a"),
    ],
)  # fmt: skip
def test_what_programs_write_is_one_value(written: str, spelled: str) -> None:
    assert as_label(written) == spelled
    assert as_text(pa.array([written])).to_pylist() == [spelled]


@pytest.mark.parametrize(
    "code",
    ["007", "00.0", "1.10", "1.2.0", "+1", "1E5", "12e3", "1.", ".0", "1,0", "0x1F", "1_0", "tRUE", "a 1.0", "1.0a"],
)
def test_codes_stay_what_they_are(code: str) -> None:
    assert as_label(code) == code
    assert as_text(pa.array([code])).to_pylist() == [code]


@settings(max_examples=300)
@given(st.text(alphabet=st.sampled_from("01.-+eE9 Tru\u00a0\ufeff\u3000\n")) | st.text())
def test_tables_and_configuration_spell_alike(text: str) -> None:
    assert as_text(pa.array([text]), ()).to_pylist() == [as_label(text)]
    assert as_label(as_label(text)) == as_label(text)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(number=st.integers(-(2**53), 2**53), zeros=st.integers(1, 4), blanks=st.text(alphabet=" \t", max_size=2))
def test_a_number_is_one_group_in_every_file(tmp_path: Path, number: int, zeros: int, blanks: str) -> None:
    texts = [str(number), f"{number}.{'0' * zeros}", f"{blanks}{number}{blanks}"]
    (tmp_path / "d.csv").write_text("g\n" + "\n".join(texts) + "\n")
    lines = [json.dumps({"g": value}) for value in (number, float(number), str(number), texts[1])]
    (tmp_path / "d.jsonl").write_text("\n".join(lines) + "\n")
    found = {*groups(tmp_path / "d.csv"), *groups(tmp_path / "d.jsonl")}
    for kind in (pa.int64(), pa.float64(), pa.string()):
        value = texts[1] if kind == pa.string() else number
        pq.write_table(pa.table({"g": pa.array([value], kind)}), tmp_path / "d.parquet")
        found |= set(groups(tmp_path / "d.parquet"))
    keys = parse_yaml(f"{{{number}.0: a}}", "here")
    assert found == {str(number)} == {as_label(key) for key in keys}


@pytest.mark.parametrize("kind", [np.float16, np.float32, np.float64])
@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(hundredths=st.integers(-999, 999))
def test_floats_read_as_the_shortest_decimal_of_their_precision(tmp_path: Path, kind: Any, hundredths: int) -> None:
    number = Decimal(hundredths) / 100
    column = pa.array(np.array([number], kind))
    pq.write_table(pa.table({"g": column}), tmp_path / "d.parquet", store_schema=True)
    assert groups(tmp_path / "d.parquet") == [as_label(float(number))]


@pytest.mark.parametrize("kind", [np.float16, np.float32])
def test_a_score_that_reads_like_the_threshold_reaches_it(tmp_path: Path, kind: Any) -> None:
    table = pa.table(
        {"s": np.array([0.7, 0.3, 0.69], kind), "g": ["a", "b", "c"], "age": np.array([0.1, 0.7, 3], kind)}
    )
    pq.write_table(table, tmp_path / "d.parquet")
    config = parse_config(
        {
            "data": {"path": str(tmp_path / "d.parquet"), "columns": {"score": "s"}, "positive_label": 1},
            "attributes": [{"column": "age", "bins": [0.1, 0.7]}, {"column": "s", "values": {0.7: "x", 0.3: "y"}}],
        }
    )
    (rows,) = RowReader(config)
    assert rows["score"].to_pylist() == [0.7, 0.3, 0.69]
    assert rows["group:age"].to_pylist() == ["0.1–<0.7", "≥0.7", "≥0.7"]
    assert rows["group:s"].to_pylist() == ["x", "y", "0.69"]


def test_texts_that_a_model_reads_keep_their_blanks(tmp_path: Path) -> None:
    lines = [json.dumps({"t": text, "id": f" {i} ", "g": " a"}) for i, text in enumerate([" 1.0 ", "True", "x\u00a0"])]
    (tmp_path / "d.jsonl").write_text("\n".join(lines))
    data = {"path": str(tmp_path / "d.jsonl"), "columns": {"input": "t", "prediction": "g", "id": "id"}}
    (rows,) = RowReader(parse_config({"data": data, "attributes": ["g"]}))
    assert rows["input"].to_pylist() == [" 1.0 ", "True", "x\u00a0"]
    assert rows["row_id"].to_pylist() == ["0", "1", "2"]
    assert rows["group:g"].to_pylist() == ["a"] * 3


def test_ids_are_not_taken_for_numbers(tmp_path: Path) -> None:
    (tmp_path / "d.csv").write_text("g,id\na,1.0\na,1\na,99999999999999999999999\n")
    data = {"path": str(tmp_path / "d.csv"), "columns": {"prediction": "g", "id": "id"}}
    (rows,) = RowReader(parse_config({"data": data, "attributes": ["g"]}))
    assert rows["row_id"].to_pylist() == ["1.0", "1", "99999999999999999999999"]


@pytest.mark.parametrize(
    ("a", "b"),
    [("Male", "male"), ("a b", "ab"), ("é", "e\u0301"), ("Ａ", "A"), ("a\u200b", "a"), (">50K.", ">50K"), ("007", "7")]
    + [("1.10", "1.1"), ("1E5", "100000"), ("Straße", "STRASSE"), ("\u0130", "i\u0307")],
)
def test_values_that_look_alike(a: str, b: str) -> None:
    assert alike(a) == alike(b)


@pytest.mark.parametrize(("a", "b"), [("<=50K", ">50K"), ("a", "b"), ("1.2.3", "1.23"), ("-1", "1"), ("", "a")])
def test_values_that_do_not(a: str, b: str) -> None:
    assert alike(a) != alike(b)


def test_blanks_are_those_of_unicode() -> None:
    assert {chr(i) for i in range(0x3100) if chr(i).isspace()} <= set(BLANKS)
