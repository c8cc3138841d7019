"""JSON: lines or an array, numbers spelled alike, and what is no cell."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from audit.data import json_files, source
from audit.errors import DataError
from tests.data.reading import cells, rows


def lines(folder: Path, *values: object) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({"a": value, "b": 1}) + "\n" for value in values))
    return path


@pytest.mark.parametrize("batch", [1, 2, 16_384])
def test_types_do_not_depend_on_batches(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, batch: int) -> None:
    monkeypatch.setattr(source, "BATCH_ROWS", batch)
    path = lines(tmp_path, 1.0, 2, "unknown", 1, 2.0, None, True, 0.5, -0.0)
    assert cells(path, "a")[0] == ["1", "2", "unknown", "1", "2", None, "true", "0.5", "0"]


def test_whole_numbers_keep_every_digit(tmp_path: Path) -> None:
    exact = [2**53 + 1, 2**63, -(2**64) - 1, 10**40]
    assert cells(lines(tmp_path, *exact), "a")[0] == [str(number) for number in exact]


def test_a_column_may_begin_in_a_later_batch(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(source, "BATCH_ROWS", 2)
    path = tmp_path / "rows.jsonl"
    path.write_text('{"b": 1}\n' * 5 + '{"a": 2}\n')
    assert rows(path, "a", "b")[-2:] == [(None, "1"), ("2", None)]


@pytest.mark.parametrize(("value", "what"), [(["M"], "a list"), ({"x": 1}, "an object"), ([], "a list")])
def test_a_cell_that_holds_several_values_names_its_row(tmp_path: Path, value: object, what: str) -> None:
    path = lines(tmp_path, "F", "F", value)
    with pytest.raises(DataError, match=f"column 'a', row 3 holds {what}"):
        cells(path, "a")
    assert cells(path, "b")[0] == ["1"] * 3


def test_not_a_number_is_missing_and_infinity_stays(tmp_path: Path) -> None:
    assert cells(lines(tmp_path, float("nan"), float("inf"), -float("inf")), "a")[0] == [None, "inf", "-inf"]


def test_half_a_character_names_its_row(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="column 'a', row 2 holds half a character"):
        cells(lines(tmp_path, "x", "\ud83d"), "a")


def test_a_key_given_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1, "b": 2, "a": 3}\n')
    with pytest.raises(DataError, match="line 1: the key 'a' occurs more than once"):
        cells(path, "a")


@pytest.mark.parametrize(
    "line",
    ['{"a": ' + "1" * 5000 + "}", '{"a": ' + "[" * 100_000, '{"a"', '{"a": 1} {"a": 2}', '{"a": 01}', "nonsense"],
)
def test_a_line_that_is_no_object(tmp_path: Path, line: str) -> None:
    path = tmp_path / "rows.jsonl"
    path.write_text('{"a": 1}\n' + line + "\n")
    with pytest.raises(DataError):
        cells(path, "a")


@pytest.mark.parametrize("chunk", [1, 7, 1 << 20])
@pytest.mark.parametrize("indent", [None, 2])
def test_an_array_of_objects(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, chunk: int, indent: int | None) -> None:
    monkeypatch.setattr(json_files, "_CHUNK", chunk)
    path = tmp_path / "rows.json"
    path.write_text("\n " + json.dumps([{"a": "x]}"}, {"a": 1.0, "b": [{}]}, {"b": None}], indent=indent) + "\n")
    assert cells(path, "a")[0] == ["x]}", "1", None]


@pytest.mark.parametrize(
    ("text", "wrong"),
    [
        ('[{"a": 1}', "cut short"),
        ('[{"a": 1}, ', "cut short"),
        ('[{"a": 1}, {"a"', "row 2: is not JSON"),
        ('[{"a": 1} {"a": 2}]', "row 2: no comma"),
        ('[{"a": 1}, 2]', "row 2: is not a JSON object"),
        ('[{"a": 1}, null]', "row 2: is not a JSON object"),
        ('[{"a": 1}] x', "after row 1"),
        ("[", "cut short"),
        ('[{"a": 1, "a": 2}]', "row 1: the key 'a'"),
    ],
)
def test_an_array_that_is_broken(tmp_path: Path, text: str, wrong: str) -> None:
    path = tmp_path / "rows.json"
    path.write_text(text)
    with pytest.raises(DataError, match=wrong):
        cells(path, "a")


def test_a_line_without_end_is_not_held_in_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_files, "MOST_CHARACTERS", 1000)
    monkeypatch.setattr(json_files, "_CHUNK", 100)
    for name, text in (("rows.jsonl", '{"a": "' + "x" * 5000), ("rows.json", '[{"a": "' + "x" * 5000)):
        (tmp_path / name).write_text(text)
        with pytest.raises(DataError):
            cells(tmp_path / name, "a")
