"""Rows that several decisions are made about: words with entities, several labels, whatever the format."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from sklearn import metrics as sklearn_metrics

import audit
from audit.config import parse_config
from audit.data.examples import Words, examples_of
from audit.data.rows import RowReader
from audit.errors import AuditError
from audit.store.decisions import read_decisions

TOKENS = [["Ada", "met", "Bo", "Li"], [], ["nobody", "here"], ["Oslo"]]
GOLD = [["B-PER", "O", "B-PER", "I-PER"], [], ["O", "O"], ["B-LOC"]]
FOUND = [["B-PER", "O", "B-PER", "O"], [], ["O", "B-LOC"], ["B-PER"]]


def _jsonl(path: Path) -> dict[str, Any]:
    rows = zip(TOKENS, GOLD, FOUND, "abab", strict=True)
    lines = [json.dumps({"w": w, "t": t, "p": p, "g": g}) for w, t, p, g in rows]
    (path / "rows.jsonl").write_text("\n".join(lines))
    return {"path": str(path / "rows.jsonl")}


def _parquet(path: Path) -> dict[str, Any]:
    pq.write_table(pa.table({"w": TOKENS, "t": GOLD, "p": FOUND, "g": list("abab")}), path / "rows.parquet")
    return {"path": str(path / "rows.parquet")}


def _csv(path: Path) -> dict[str, Any]:
    with (path / "rows.csv").open("w", newline="") as stream:
        out = csv.writer(stream)
        out.writerow("wtpg")
        # Lists in JSON, or with blanks between: both are found in the wild.
        rows = zip(TOKENS, GOLD, FOUND, "abab", strict=True)
        out.writerows([json.dumps(w), " ".join(t) or "[]", json.dumps(p), g] for w, t, p, g in rows)
    return {"path": str(path / "rows.csv")}


def _class_labels(path: Path) -> dict[str, Any]:
    names = ["O", "B-PER", "I-PER", "B-LOC"]
    feature = {"feature": {"names": names, "_type": "ClassLabel"}, "_type": "Sequence"}
    info = {"info": {"features": {"t": feature, "p": feature}}}
    codes = {key: [[names.index(tag) for tag in row] for row in rows] for key, rows in (("t", GOLD), ("p", FOUND))}
    table = pa.table({"w": TOKENS, **codes, "g": list("abab")})
    pq.write_table(table.replace_schema_metadata({"huggingface": json.dumps(info)}), path / "coded.parquet")
    return {"path": str(path / "coded.parquet")}


def _spans(path: Path) -> dict[str, Any]:
    def spans(words: list[str], tags: list[str]) -> list[dict[str, Any]]:
        out: list[dict[str, Any]] = []
        for i, tag in enumerate(tags):
            start = sum(len(word) + 1 for word in words[:i])
            if tag.startswith("B-"):
                out.append({"start": start, "end": start + len(words[i]), "label": tag[2:]})
            elif tag.startswith("I-"):
                out[-1]["end"] = start + len(words[i])
        return out

    rows = zip(TOKENS, GOLD, FOUND, "abab", strict=True)
    lines = [json.dumps({"w": " ".join(w), "t": spans(w, t), "p": spans(w, p), "g": g}) for w, t, p, g in rows]
    (path / "spans.jsonl").write_text("\n".join(lines))
    return {"path": str(path / "spans.jsonl")}


def entities(data: dict[str, Any], path: Path, **more: Any) -> dict[str, Any]:
    columns = {"input": "w", "label": "t", "prediction": "p"}
    return {
        "data": {"outcome": "entities", "columns": columns, **data, **more},
        "attributes": ["g"],
        "output": {"folder": str(path / "run")},
    }


@pytest.mark.parametrize("write", [_jsonl, _parquet, _csv, _class_labels, _spans])
def test_all_formats_hold_the_same_entities(tmp_path: Path, write: Callable[[Path], dict[str, Any]]) -> None:
    result = audit.run(entities(write(tmp_path), tmp_path))
    (table,) = read_decisions(tmp_path / "run" / "decisions.parquet")
    columns = ("row_id", "example", "position", "start", "end", "y_true", "y_pred", "visible")
    found = [tuple(row[name] for name in columns) for row in table.to_pylist()]
    assert found == [
        ("1#1", "1", 0, 0, 3, "PER", "PER", 0),
        ("1#3", "1", 2, 8, 10, "O", "PER", None),
        ("1#3-4", "1", 2, 8, 13, "PER", "O", 2),
        # A row in which there is nothing, and nothing was found, is not forgotten.
        ("2#", "2", None, None, None, "O", "O", None),
        ("3#2", "3", 1, 7, 11, "O", "LOC", None),
        ("4#1", "4", 0, 0, 4, "LOC", "PER", 0),
    ]
    assert table["cluster"].to_pylist() == ["1", "1", "1", "2", "3", "4"]
    assert (result.data.rows, result.data.decisions, result.classes) == (4, 5, ["O", "LOC", "PER"])


def test_words_have_places() -> None:
    words = Words.of(["Ada", "met", "Bo"])
    assert (words.text, words.words, len(words)) == ("Ada met Bo", ["Ada", "met", "Bo"], 3)


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ({"w": ["a", "b"], "t": ["O"], "p": ["O", "O"]}, "row 2: tags and words differ in number, 1 and 2"),
        ({"w": ["a", 3], "t": ["O", "O"], "p": ["O", "O"]}, "row 2: 3 is no word"),
        ({"w": ["a"], "t": ["Q-PER"], "p": ["O"]}, "row 2"),
        ({"w": ["a"], "t": ["O"], "p": None}, "row 2: no prediction"),
        ({"w": {"a": 1}, "t": ["O"], "p": ["O"]}, "row 2 holds an object"),
        ({"w": "a b", "t": [{"start": 0, "end": 9, "label": "PER"}], "p": []}, "row 2, span 1"),
        (
            {"w": "a b", "t": [{"start": 0, "end": 1, "label": "O"}], "p": []},
            "row 2, span 1: 'O' is no type of an entity",
        ),
        ({"w": ["a"], "t": [3], "p": ["O"]}, "row 2: the tag of word 1 is no text, but int"),
        ({"w": ["a"], "t": [None], "p": ["O"]}, "row 2: the tag of word 1 is missing"),
        ({"w": None, "t": ["O"], "p": ["O"]}, "row 2: tags and words differ in number, 1 and 0"),
    ],
)
def test_what_is_wrong_is_said_with_its_row(tmp_path: Path, row: dict[str, Any], said: str) -> None:
    first = {"w": ["Ada"], "t": ["B-PER"], "p": ["B-PER"], "g": "a"}
    (tmp_path / "rows.jsonl").write_text(json.dumps(first) + "\n" + json.dumps({**row, "g": "b"}))
    with pytest.raises(AuditError, match=said.replace("(", r"\(")):
        audit.run(entities({"path": str(tmp_path / "rows.jsonl")}, tmp_path))


def test_words_of_a_script_without_blanks(tmp_path: Path) -> None:
    spans = [{"start": 2, "end": 4, "label": "LOC"}]
    (tmp_path / "rows.jsonl").write_text(json.dumps({"w": "我在北京 ok.", "t": spans, "p": spans, "g": "a"}))
    config = parse_config(entities({"path": str(tmp_path / "rows.jsonl")}, tmp_path))
    (rows,) = RowReader(config)
    (words,) = examples_of(rows)
    assert isinstance(words, Words)
    assert words.words == ["我", "在", "北", "京", "ok", "."]
    assert rows["gold"].to_pylist() == [[{"start": 2, "end": 4, "type": "LOC"}]]


@pytest.mark.parametrize("lists", [True, False])
def test_several_labels(tmp_path: Path, lists: bool) -> None:
    random = np.random.default_rng(3)
    labels = ["rude", "threat", "100% #1"]
    true, found = random.integers(0, 2, (40, 3)), random.integers(0, 2, (40, 3))
    rows = []
    for i in range(40):
        if lists:
            said = {side: [labels[k] for k in np.flatnonzero(of[i])] for side, of in (("t", true), ("p", found))}
        else:
            said = {f"{side}{k}": int(of[i, k]) for side, of in (("t", true), ("p", found)) for k in range(3)}
        rows.append({**said, "g": "ab"[i % 2]})
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    columns: dict[str, Any] = {"label": "t", "prediction": "p"}
    if not lists:
        columns = {
            "labels": {label: f"t{k}" for k, label in enumerate(labels)},
            "predictions": {label: f"p{k}" for k, label in enumerate(labels)},
        }
    config = {
        "data": {"path": str(tmp_path / "rows.jsonl"), "outcome": "labels", "columns": columns},
        "attributes": ["g"],
        "output": {"folder": str(tmp_path / "run")},
    }
    result = audit.run(config)
    assert result.classes == ["(none)", *sorted(labels)]
    (table,) = read_decisions(tmp_path / "run" / "decisions.parquet")
    assert table.num_rows == 120
    assert table["row_id"].to_pylist()[:3] == ["1#100%25 %231", "1#rude", "1#threat"]
    order = [labels.index(label) for label in sorted(labels)]
    y_true = np.reshape([label != "(none)" for label in table["y_true"].to_pylist()], (40, 3))
    y_pred = np.reshape([label != "(none)" for label in table["y_pred"].to_pylist()], (40, 3))
    assert np.array_equal(y_true, true[:, order])
    assert np.array_equal(y_pred, found[:, order])
    everybody = [value for value in result.metrics if not value.group]
    recall = {value.cls: value.value for value in everybody if value.metric == "true_positive_rate"}
    expected = sklearn_metrics.recall_score(true, found, average=None)
    assert [recall[label] for label in labels] == pytest.approx(expected.tolist())


@pytest.mark.parametrize(
    ("cell", "said"), [(2, "'2' is neither 0 nor 1"), ("yes", "'yes' is neither"), (None, "an empty cell is neither")]
)
def test_labels_are_0_or_1(tmp_path: Path, cell: object, said: str) -> None:
    rows = [{"t0": 1, "t1": 0, "p0": 1, "p1": 1, "g": "a"}, {"t0": 1, "t1": cell, "p0": 1, "p1": 1, "g": "b"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(map(json.dumps, rows)))
    columns = {"labels": {"x": "t0", "y": "t1"}, "predictions": {"x": "p0", "y": "p1"}}
    data = {"path": str(tmp_path / "rows.jsonl"), "outcome": "labels", "columns": columns}
    with pytest.raises(AuditError, match=f"'t1', row 2: {said}"):
        audit.run({"data": data, "attributes": ["g"], "output": {"folder": str(tmp_path / "run")}})


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"outcome": "class", "columns": {"labels": {"x": "t"}, "prediction": "p"}}, "goes with data.outcome labels"),
        ({"outcome": "entities", "columns": {"label": "t", "prediction": "p"}}, "name the column of words"),
        ({"outcome": "labels", "positive_label": "x", "columns": {"label": "t", "prediction": "p"}}, "every class"),
        (
            {"outcome": "labels", "columns": {"label": "t", "labels": {"x": "t"}, "prediction": "p"}},
            "column of lists",
        ),
        ({"scheme": "BIO", "columns": {"label": "t", "prediction": "p"}}, "goes with data.outcome entities"),
    ],
)
def test_keys_that_do_not_go_together(data: dict[str, Any], said: str) -> None:
    with pytest.raises(AuditError, match=said):
        parse_config({"data": {"path": "rows.jsonl", **data}, "attributes": ["g"]})


def test_no_type_is_mapped_to_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "rows.jsonl").write_text(json.dumps({"w": ["Ada"], "t": ["B-PER"], "p": ["B-PER"], "g": "a"}))
    config = entities({"path": str(tmp_path / "rows.jsonl")}, tmp_path)
    config["data"]["label_map"] = {"PER": "O"}
    with pytest.raises(AuditError, match="column 't', row 1: an entity is of type 'O', which is what words of no"):
        audit.run(config)


@pytest.mark.parametrize(
    ("cell", "said"),
    [
        (["a", "(none)"], "row 2: a label is called '\\(none\\)', which is what"),
        (["a", ""], "row 2: '' is no label"),
        (["a", " "], "row 2: ' ' is no label"),
        (["a", None], "row 2: None is no label"),
        (["a", True], "row 2: True is no label"),
        (["a", ["b"]], r"row 2: \['b'\] is no label"),
        ("['a', 'b']", "row 2: the cell begins with \\[ and is no list in JSON"),
        ("[" * 5000, "row 2: the cell begins with \\[ and is no list in JSON"),
    ],
)
def test_what_is_no_label_is_said_with_its_row(tmp_path: Path, cell: object, said: str) -> None:
    rows = [{"x": "one", "l": ["a"], "p": ["a"], "g": "a"}, {"x": "two", "l": cell, "p": ["a"], "g": "b"}]
    (tmp_path / "rows.jsonl").write_text("\n".join(json.dumps(row) for row in rows))
    columns = {"input": "x", "label": "l", "prediction": "p"}
    config = {
        "data": {"path": str(tmp_path / "rows.jsonl"), "outcome": "labels", "columns": columns},
        "attributes": ["g"],
        "output": {"folder": str(tmp_path / "run")},
    }
    with pytest.raises(AuditError, match=said):
        audit.run(config)


def test_no_column_of_a_label_is_called_as_what_is_none(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text("x,a,n,g\none,1,0,a\ntwo,0,0,b\n")
    config = {
        "data": {
            "path": str(tmp_path / "rows.csv"),
            "outcome": "labels",
            "columns": {"input": "x", "labels": {"a": "a", "(none)": "n"}, "predictions": {"a": "a"}},
        },
        "attributes": ["g"],
        "output": {"folder": str(tmp_path / "run")},
    }
    with pytest.raises(AuditError, match=r"data\.columns\.labels: a label is called"):
        audit.run(config)
