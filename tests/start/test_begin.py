"""What is guessed from names and values, what is asked, and that what is written can be read whatever the data hold."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pandas as pd
import pytest
import yaml

from audit.cli import call
from audit.config import AuditConfig, load_config
from audit.start.draft import Draft, write

N = 60


def frame(**columns: Any) -> pd.DataFrame:
    """A table of stored decisions by gender, with other columns beside them."""
    plain = {"prediction": ["yes", "no"] * (N // 2), "gender": ["f", "m", "f"] * (N // 3)}
    return pd.DataFrame({**plain, **{name: column for name, column in columns.items() if column is not None}})


def begun(tmp_path: Path, data: pd.DataFrame, *more: str, name: str = "d.csv", **how: Any) -> AuditConfig:
    data.to_csv(tmp_path / name, index=False, **how)
    assert call(["init", str(tmp_path / name), *more, "--out", str(tmp_path / "audit.yaml")]) == 0
    return load_config(tmp_path / "audit.yaml")


def asked(tmp_path: Path, data: pd.DataFrame, *more: str, capsys: pytest.CaptureFixture[str]) -> str:
    data.to_csv(tmp_path / "d.csv", index=False)
    assert call(["init", str(tmp_path / "d.csv"), *more, "--out", str(tmp_path / "audit.yaml")]) == 2
    assert not (tmp_path / "audit.yaml").exists()
    return capsys.readouterr().err


def test_every_guess_has_its_reason(tmp_path: Path) -> None:
    data = frame(label=["yes", "yes", "no", "no"] * (N // 4), case_id=range(N), weight=[1.0, 2.0] * (N // 2))
    config = begun(tmp_path, data)
    columns = config.data.columns
    assert (columns.prediction, columns.label, columns.id, columns.weight) == (
        "prediction", "label", "case_id", "weight",
    )  # fmt: skip
    assert (config.data.positive_label, [one.column for one in config.attributes]) == ("yes", ["gender"])
    text = (tmp_path / "audit.yaml").read_text()
    for guess in ("label:", "prediction:", "id:", "weight:", "positive_label:", "attributes:"):
        assert f"# {guess}" in text
    assert "# 2 groups: f 40, m 20." in text.replace("    #", "#").replace("  #", "#")


def test_the_file_is_never_overwritten(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    begun(tmp_path, frame())
    before = (tmp_path / "audit.yaml").read_bytes()
    assert call(["init", str(tmp_path / "d.csv"), "--out", str(tmp_path / "audit.yaml")]) == 2
    assert "is not overwritten" in capsys.readouterr().err
    assert (tmp_path / "audit.yaml").read_bytes() == before


def test_two_candidates_are_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = frame(decision=["yes", "yes", "no"] * (N // 3))
    said = asked(tmp_path, data, capsys=capsys)
    assert "which column says what was decided?" in said
    assert "--prediction prediction   2 values: yes 30, no 30" in said
    assert "--prediction decision" in said
    assert begun(tmp_path, data, "--prediction", "decision", "--no-label").data.columns.prediction == "decision"


def test_classes_that_say_nothing_are_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = frame(prediction=["A", "B"] * (N // 2))
    said = asked(tmp_path, data, capsys=capsys)
    assert "which of 'A' and 'B' counts as positive" in said
    assert begun(tmp_path, data, "--positive", "B").data.positive_label == "B"


def test_spellings_of_two_classes_are_mapped_or_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = frame(prediction=["High", "Low", "Medium"] * (N // 3), label=["no", "yes"] * (N // 2))
    assert begun(tmp_path, data).data.prediction_map == {"Low": "no", "Medium": "yes", "High": "yes"}
    (tmp_path / "audit.yaml").unlink()
    data = frame(prediction=["u", "v"] * (N // 2), label=["no", "yes"] * (N // 2))
    said = asked(tmp_path, data, capsys=capsys)
    assert "which class is meant by the prediction 'u', 'v'?" in said
    config = begun(tmp_path, data, "--map", "u=yes", "--map", "v=no")
    assert config.data.prediction_map == {"u": "yes", "v": "no"}


def test_nobody_to_compare_is_asked_about(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = frame(gender=None, shop=["x", "y", "z"] * (N // 3)).drop(columns="gender")
    said = asked(tmp_path, data, "--no-label", capsys=capsys)
    assert "which groups shall be compared?" in said and "--attribute shop" in said
    assert [one.column for one in begun(tmp_path, data, "--attribute", "shop").attributes] == ["shop"]


def test_numbers_are_put_together(tmp_path: Path) -> None:
    config = begun(tmp_path, frame(age=[18 + i for i in range(N)]))
    (age,) = [one for one in config.attributes if one.column == "age"]
    assert age.bins == (35, 55)


def test_many_numbers_that_come_again_are_put_together_and_few_are_groups(tmp_path: Path) -> None:
    config = begun(tmp_path, frame(age=[30 + i % 20 for i in range(N)], gender=[i % 3 for i in range(N)]))
    told = {one.column: one.bins for one in config.attributes}
    assert told["age"]
    assert not told["gender"]


def test_a_name_that_stands_twice_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "d.csv").write_text("prediction,race,race,gender\n" + "1,a,b,f\n0,b,b,m\n" * 20)
    out = tmp_path / "audit.yaml"
    assert call(["init", str(tmp_path / "d.csv"), "--out", str(out)]) == 0
    assert "More than one column is called race (2, 3)" in out.read_text()
    out.unlink()
    assert call(["init", str(tmp_path / "d.csv"), "--attribute", "race", "--out", str(out)]) == 2
    assert "column 'race' occurs 2 times (columns 2, 3)" in capsys.readouterr().err


def test_an_option_that_names_no_column_names_the_nearest(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    said = asked(tmp_path, frame(), "--attribute", "gendre", capsys=capsys)
    assert "--attribute: there is no column 'gendre'; did you mean 'gender'?" in said


@pytest.mark.parametrize("kind", ["semicolon", "jsonl", "parquet", "folder"])
def test_all_formats(tmp_path: Path, kind: str) -> None:
    data, out = frame(), tmp_path / "audit.yaml"
    path = tmp_path / {"semicolon": "d.csv", "folder": "d"}.get(kind, f"d.{kind}")
    if kind == "semicolon":
        data.to_csv(path, sep=";", index=False)
    elif kind == "jsonl":
        data.to_json(path, orient="records", lines=True)
    elif kind == "parquet":
        data.to_parquet(path)
    else:
        for country, part in data.assign(country=["NO", "SE"] * (N // 2)).groupby("country"):
            (path / f"country={country}").mkdir(parents=True)
            part.drop(columns="country").to_csv(path / f"country={country}" / "part.csv", index=False)
    assert call(["init", str(path), "--out", str(out)]) == 0
    config = load_config(out)
    assert config.data.columns.prediction == "prediction"
    assert {one.column for one in config.attributes} == {"gender", *(["country"] if kind == "folder" else [])}


HOSTILE = [
    "gender\nmodel: evil",
    "gender: {",
    "# gender",
    "gender'\"",
    "- gender",
    "gender \u202ex",
    "*gender",
    "gender\t|",
]


@pytest.mark.parametrize("name", HOSTILE)
def test_names_and_values_end_no_line(tmp_path: Path, name: str) -> None:
    values = ["a\n# b", "no", "[x]", "'q'", "007", "~"] * (N // 6)
    config = begun(tmp_path, frame(gender=None).drop(columns="gender").assign(**{name: values}), "--no-label")
    assert [one.column for one in config.attributes] == [name]


@pytest.mark.parametrize(
    "value",
    [
        "no",
        "yes",
        "1",
        "1.0",
        "007",
        "",
        " x",
        "x ",
        "a: b",
        "a, b",
        "#",
        "é",
        "\u202e",
        "null",
        "true",
        "- a",
        "2026-01-31",
    ],
)
def test_text_stays_text(value: str) -> None:
    text = write(Draft({"a": {value or "k": value}, "b": [value, {"c": value}]}), [])
    read = yaml.safe_load(text)
    assert read == {"a": {value or "k": value}, "b": [value, {"c": value}]}


def test_numbers_and_truth_stay_what_they_are() -> None:
    keys: dict[str, Any] = {"a": 1, "b": 0.5, "c": True, "d": None}
    assert yaml.safe_load(write(Draft(keys), ["one\ntwo"])) == keys


def test_a_decoder_asks_for_its_prompt(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "config.json").write_text(json.dumps({"architectures": ["LlamaForCausalLM"]}))
    data = frame(text=[f"a longer text number {i}" for i in range(N)])
    said = asked(tmp_path, data, "--model", str(tmp_path / "m"), capsys=capsys)
    assert "what is the model asked?" in said and "--prompt FILE" in said
    (tmp_path / "p.yaml").write_text('template: "{text}?"\nlabels: {"no": " no", "yes": " yes"}\n')
    config = begun(tmp_path, data, "--model", str(tmp_path / "m"), "--prompt", str(tmp_path / "p.yaml"))
    assert config.model is not None and config.model.prompt is not None
    assert config.data.columns.fields == {"text": "text"}
