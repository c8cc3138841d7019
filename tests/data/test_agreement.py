"""Classes, keys and groups that share no spelling are refused or told, never passed over."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

import audit
from audit.cli import call
from audit.config import parse_config
from audit.data.survey import survey
from audit.errors import DataError

Make = Callable[..., dict[str, Any]]
Table = Callable[..., Path]


def told(config: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    """Notes of the survey by code."""
    out: dict[str, list[dict[str, Any]]] = {}
    for note in survey(parse_config(config)).notes:
        out.setdefault(note.code, []).append(dict(note.params))
    return out


def test_labels_and_predictions_that_are_one_number_agree(table: Table, stored: Make) -> None:
    path = table(y=["0.0", "1.0", "1.0", "0.0"] * 10, p=["0", "1", "0", "1"] * 10, g=["a", "b"] * 20)
    (found,) = [v for v in audit.run(stored(path)).metrics if v.metric == "accuracy" and v.group == ["a"]]
    assert found.value == 0.5


@pytest.mark.parametrize(
    ("labels", "predictions", "example"),
    [
        (["<=50K.", ">50K."], [">50K", "<=50K"], "'<=50K': '<=50K.'"),
        (["good", "bad"], ["0", "1"], "'0': "),
        (["Yes", "No"], ["yes", "no"], "'no': 'No'"),
        (["1.10", "1.20"], ["1.1", "1.2"], "'1.1': '1.10'"),
    ],
)
def test_no_common_class_is_refused_with_a_map(
    table: Table, stored: Make, labels: list[str], predictions: list[str], example: str
) -> None:
    path = table(y=labels, p=predictions, g=["a", "b"])
    with pytest.raises(DataError, match="no class is both a label and a prediction") as error:
        survey(parse_config(stored(path, data__positive_label=labels[0])))
    assert f"data.prediction_map: {{{example}" in str(error.value)


def test_maps_make_them_agree(table: Table, stored: Make) -> None:
    path = table(y=["good", "bad"], p=["1", "2"], g=["a", "b"])
    changes = {"data__positive_label": "yes", "data__prediction_map": {1: "yes", 2: "no"}}
    found = survey(parse_config(stored(path, **changes, data__label_map={"good": "yes", "bad": "no"})))
    assert found.labels == found.predictions == {"yes": 1, "no": 1}


@pytest.mark.parametrize("labelled", [True, False])
def test_a_prediction_map_leaves_no_spelling_out(table: Table, stored: Make, labelled: bool) -> None:
    path = table(y=["no", "yes"] * 6, p=["Low", "Medium", "High", "low"] * 3, g=["a", "b"] * 6)
    changes: dict[str, Any] = {"data__prediction_map": {"Low": "no", "Medium": "yes"}, "data__positive_label": "yes"}
    config = stored(path, **changes)
    if not labelled:
        del config["data"]["columns"]["label"]
    with pytest.raises(
        DataError, match=r"column 'p': 'High', in 3 decisions, .* \(and 1 more\)\n  hint: map every"
    ) as error:
        survey(parse_config(config))
    assert "the classes 'no', 'yes'" in str(error.value)
    config["data"]["prediction_map"] |= {"High": "yes", "low": "no"}
    assert survey(parse_config(config)).predictions == {"no": 6, "yes": 6}


def test_the_same_code_may_mean_something_else_on_either_side(table: Table, stored: Make) -> None:
    path = table(y=["1", "2"], p=["1", "2"], g=["a", "b"])
    changes = {"data__prediction_map": {1: "2", 2: "1"}, "data__positive_label": "1"}
    result = audit.run(stored(path, **changes))
    assert [v.value for v in result.metrics if v.metric == "accuracy" and not v.attributes] == [0.0]


def test_classes_of_one_side_are_told(table: Table, stored: Make) -> None:
    path = table(y=["a", "b", "c", "B"], p=["a", "b", "b", "b"], g=["x", "y"] * 2)
    found = told(stored(path, data__positive_label="a"))
    assert found["classes_differ"] == [{"labels": ["B", "c"], "predictions": []}]
    assert found["classes_alike"] == [{"values": ["B", "b"]}]
    assert "classes_differ" not in told(stored(table(y=["a", "b"], p=["b", "a"], g=["x", "y"])) | {})


def test_a_score_of_a_class_that_no_label_has_is_told(table: Table, stored: Make) -> None:
    config = stored(table(y=["no", "no"], s=["0.1", "0.9"], g=["x", "y"]), data__positive_label="yes")
    config["data"]["columns"] = {"label": "y", "score": "s"}
    assert told(config)["classes_differ"] == [{"labels": ["no"], "predictions": ["yes"]}]


def test_keys_that_match_nothing_are_told_with_the_nearest(table: Table, stored: Make) -> None:
    path = table(y=["0", "1"], p=["0", "1"], g=["F ", "M"], split=["test", "train"])
    found = told(
        stored(
            path,
            data__label_map={"O": "0"},
            data__prediction_map={"yes": "1"},
            data__where={"split": ["test", "train", "Test"]},
            attributes=[{"column": "g", "values": {"f": "women", "M": "men", "": "none"}}],
        )
    )
    assert found["key_matches_nothing_but"] == [
        {"key": "data.where.split", "value": "Test", "nearest": "test"},
        {"key": "attributes.0.values", "value": "f", "nearest": "F"},
    ]
    assert found["key_matches_nothing"] == [
        {"key": "data.label_map", "value": "O"},
        {"key": "data.prediction_map", "value": "yes"},
    ]


def test_where_that_keeps_nothing_names_the_nearest(table: Table, stored: Make) -> None:
    path = table(y=["0", "1"], p=["0", "1"], g=["a", "b"], split=["Test", "train"])
    with pytest.raises(DataError, match=r"no cell of 'split' is 'test'. did you mean 'Test'\?"):
        survey(parse_config(stored(path, data__where={"split": "test"})))


def test_groups_that_look_alike_are_told(table: Table, stored: Make) -> None:
    path = table(y=["0", "1"] * 3, p=["0", "1"] * 3, g=["Male", "male ", "Ｍale", "f", "007", "7"], c=list("aabbcc"))
    found = told(stored(path, controls=["c"]))["groups_alike"]
    assert [(note["attribute"], note["values"]) for note in found] == [
        ("g", ["007", "7"]),
        ("g", ["Male", "male", "Ｍale"]),
    ]


@pytest.mark.parametrize("cell", ["a|b", "a, b", "b;a", '["a", "b"]', "[a]"])
def test_several_labels_in_a_cell_are_refused(table: Table, stored: Make, cell: str) -> None:
    path = table(y=["a", "b", cell], p=["a", "b", "a"], g=["x", "y", "x"])
    with pytest.raises(DataError, match=r"column 'y': the cell .* holds several labels\n  hint: one decision has one"):
        survey(parse_config(stored(path, data__positive_label="a")))


def test_labels_with_commas_of_their_own_are_labels(table: Table, stored: Make) -> None:
    path = table(y=["yes, sir", "no", "a/b"], p=["no", "yes, sir", "a/b"], g=["x", "y", "x"])
    assert survey(parse_config(stored(path, data__positive_label="no"))).labels["yes, sir"] == 1


def test_validate_tells_classes_of_both_sides_and_notes(
    table: Table, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table(y=["a", "b", "c"], p=["a", "b", "b"], g=["F", "f", "M"])
    (tmp_path / "audit.yaml").write_text(
        "data: {path: data.csv, columns: {label: y, prediction: p}, positive_label: a}\nattributes: [g]\n"
    )
    assert call(["validate", str(tmp_path / "audit.yaml")]) == 0
    out = capsys.readouterr().out
    assert "labels: a 1, b 1, c 1\npredictions: a 1, b 2\n" in out
    assert "note: Labels and predictions do not have the same classes. Only labels: c." in out
    assert "note: The groups F, f of g look alike." in out


def test_raw_adult(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """As the archive has it: a blank after every comma, `?` for missing, and a point after labels of the test file."""
    rows = [
        f"{20 + i % 50}, Private, {'?' if i % 9 == 0 else 'Sales'}, {'Male' if i % 2 else 'Female'}, "
        f"{'>50K.' if i % 3 == 0 else '<=50K.'}, {'>50K' if i % 4 == 0 else '<=50K'}"
        for i in range(120)
    ]
    header = "age, workclass, occupation, sex, income, predicted\n"
    (tmp_path / "adult.csv").write_text(header + "\n".join(rows) + "\n")
    text = """
data:
  path: adult.csv
  missing_values: ["?"]
  columns: {label: income, prediction: predicted}
  positive_label: ">50K"
  LABELS
attributes: [sex, {column: age, bins: [40]}, occupation]
"""
    (tmp_path / "audit.yaml").write_text(text.replace("LABELS", ""))
    assert call(["validate", str(tmp_path / "audit.yaml")]) == 2
    assert "no class is both a label and a prediction" in capsys.readouterr().err
    (tmp_path / "audit.yaml").write_text(text.replace("LABELS", "label_map: {'>50K.': '>50K', '<=50K.': '<=50K'}"))
    assert call(["validate", str(tmp_path / "audit.yaml")]) == 0
    out = capsys.readouterr().out
    assert "labels: <=50K 80, >50K 40\npredictions: <=50K 90, >50K 30\n" in out
    assert "occupation: Sales 106, (missing) 14\n" in out
