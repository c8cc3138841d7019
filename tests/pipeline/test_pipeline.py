from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import audit
from audit.errors import ConfigError, DataError, ModelError, RunFolderError
from audit.result import AuditResult
from tests.conftest import shared
from tests.exact import Plain, assert_as_exact

Make = Callable[..., dict[str, Any]]
Table = Callable[..., Path]


def plain(folder: Path) -> str:
    """result.json without its one block that may differ."""
    text = (folder / "result.json").read_text()
    start = text.index('  "timings": {')
    return text[:start] + text[text.index("\n  }", start) :]


def test_two_runs_of_a_model_are_byte_identical(model_case: Make, tmp_path: Path) -> None:
    for name in ("one", "two"):
        audit.run(model_case(output={"folder": str(tmp_path / name)}))
    assert plain(tmp_path / "one") == plain(tmp_path / "two")
    for name in ("decisions.parquet", "attributions.parquet", "metrics.csv", "summary.md"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "two" / name).read_bytes()


def test_decisions_are_those_of_the_model_in_the_order_of_the_rows(model_case: Make) -> None:
    config = model_case(rows=80)
    audit.run(config)
    data = pd.read_csv(config["data"]["path"])
    found = pd.read_parquet(Path(config["output"]["folder"]) / "decisions.parquet")
    assert found["row_id"].tolist() == data["id"].tolist()
    assert found["y_true"].tolist() == data["label"].tolist()
    assert_as_exact(np.stack(found["logits"]), *Plain(config["model"]["path"]).logits(data["text"]))


def test_awkward_texts_get_a_decision_and_a_count(model_case: Make, tmp_path: Path) -> None:
    config = model_case()
    texts = ["", "   ", None, "good " * 300, "🙂🙂", "אבג דהו", "他她", "\u202ehidden", "good"]
    path = tmp_path / "odd.jsonl"
    rows = [{"text": t, "label": "yes" if i % 2 else "no", "group": "ab"[i % 2]} for i, t in enumerate(texts)]
    path.write_text("\n".join(json.dumps(row) for row in rows))
    config["data"] |= {"path": str(path), "columns": {"input": "text", "label": "label"}}
    result = audit.run(config)
    assert result.data.statuses == {"empty": 3, "ok": 5, "truncated": 1}
    codes = {note.code: note.params for note in result.notes}
    assert codes["rows_empty"] == {"n": 3}
    assert codes["rows_truncated"] == {"n": 1}


def test_a_model_without_usable_output_is_an_error(
    model_case: Make, checkpoints: dict[str, Path], tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(checkpoints["bert"])
    with torch.no_grad():
        model.classifier.bias.fill_(float("nan"))
    model.save_pretrained(tmp_path / "nan")
    AutoTokenizer.from_pretrained(checkpoints["bert"]).save_pretrained(tmp_path / "nan")
    config = model_case(model={"path": str(tmp_path / "nan")}, explanations={"sample": 0})
    with pytest.raises(ModelError, match=r"not finite: 'classifier.bias'"):
        audit.run(config)


def test_a_decision_that_fails_has_no_numbers(
    model_case: Make, checkpoints: dict[str, Path], table: Table, tmp_path: Path
) -> None:
    import torch
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    model = AutoModelForSequenceClassification.from_pretrained(checkpoints["bert"])
    tokenizer = AutoTokenizer.from_pretrained(checkpoints["bert"])
    with torch.no_grad():  # finite, and its mean is not
        model.get_input_embeddings().weight[tokenizer.convert_tokens_to_ids("o")] = 3e38
    model.save_pretrained(tmp_path / "large")
    tokenizer.save_pretrained(tmp_path / "large")
    path = table(text=["good", "o", "bad", "good o"] * 5, label=["yes", "no"] * 10, group=list("aabb") * 5)
    config = model_case(model={"path": str(tmp_path / "large")})
    config["data"] |= {"path": str(path), "columns": {"input": "text", "label": "label"}}
    result = audit.run(config)
    assert result.data.statuses == {"failed": 10, "ok": 10}
    assert {note.code: note.params for note in result.notes}["failed_not_finite"] == {"n": 10}
    found = pd.read_parquet(tmp_path / "run" / "decisions.parquet")
    failed = found[found["status"] == "failed"]
    assert len(failed) == 10
    assert failed[["logits", "score", "y_pred"]].isna().all(axis=None)
    assert "NaN" not in (tmp_path / "run" / "result.json").read_text()


def test_stored_predictions(table: Table, stored: Make) -> None:
    path = table(y=[1, 1, 0, 0, 1, 0], p=[1, 0, 0, 1, 1, 0], g=list("aaabbb"))
    result = audit.run(stored(path))
    assert result.model is None
    assert result.data.labels == {"0": 3, "1": 3}
    rates = {m.group[0]: m.value for m in result.metrics if m.metric == "selection_rate" and m.group}
    assert rates == pytest.approx({"a": 1 / 3, "b": 2 / 3})
    assert AuditResult.model_validate_json((Path(stored(path)["output"]["folder"]) / "result.json").read_bytes())


def test_stored_scores_without_labels(table: Table, stored: Make) -> None:
    path = table(s=[0.9, 0.5, 0.49, 0.1], g=list("aabb"))
    config = stored(path, data__columns={"score": "s"}, data__positive_label="hired")
    result = audit.run(config)
    assert result.classes == ["(other)", "hired"]
    values = {(m.metric, m.group[0]): m.value for m in result.metrics if m.group}
    assert values["selection_rate", "a"] == 1.0
    assert values["selection_rate", "b"] == 0.0
    assert values["mean_prediction", "a"] == pytest.approx(0.7)
    assert "no_labels" in {note.code for note in result.notes}


def test_a_table_of_counts(stored: Make) -> None:
    path = shared("data", "UCBAdmissions.csv")
    config = stored(
        path,
        data__columns={"prediction": "Admit", "count": "Freq"},
        data__positive_label="Admitted",
        attributes=["Gender"],
        controls=["Dept"],
    )
    result = audit.run(config)
    assert (result.data.rows, result.data.decisions) == (24, 4526)
    pooled = next(
        d for d in result.disparities if d.metric == "selection_rate" and d.aggregate == "ratio" and not d.stratum
    )
    assert pooled.value == pytest.approx(0.681830, abs=5e-7)
    (test,) = result.stratified
    assert test.statistic == pytest.approx(1.5246, abs=5e-5)


def test_a_score_cannot_predict_three_classes(table: Table, stored: Make) -> None:
    config = stored(table(y=list("abc"), s=[0.1, 0.5, 0.9], g=list("xyx")), data__columns={"score": "s", "label": "y"})
    with pytest.raises(DataError, match="one of two classes"):
        audit.run(config | {"data": config["data"] | {"positive_label": "a"}})


def test_a_row_without_prediction_names_itself(table: Table, stored: Make) -> None:
    with pytest.raises(DataError, match="column 'p', row 2: no prediction"):
        audit.run(stored(table(y=[1, 0], p=[1, None], g=["a", "b"])))


def test_group_counts_reconcile_with_rows_read(table: Table, stored: Make) -> None:
    path = table(y=[1, 0] * 10, p=[1, 0] * 10, g=["a", None, "b", "", "a"] * 4, h=["x", "y"] * 10)
    result = audit.run(stored(path, attributes=["g", "h"], crossings=[["g", "h"]]))
    for slicing in result.slicings:
        assert sum(group.n for group in slicing.groups) == result.data.rows_read == 20
        assert sum(group.share for group in slicing.groups) == pytest.approx(1)
    crossed = result.slicings[-1]
    assert all(group.in_gaps == ("(missing)" not in group.values) for group in crossed.groups)


def test_a_crossing_that_is_too_fine_is_said(table: Table, stored: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("audit.data.survey.MOST_GROUPS", 6)
    path = table(y=[1, 0] * 4, p=[1, 0] * 4, g=list("aabbccdd"), h=list("xyxyxyxy"))
    result = audit.run(stored(path, attributes=["g", "h"], crossings=[["g", "h"]]))
    (note,) = [note for note in result.notes if note.code == "crossing_too_fine"]
    assert note.params == {"attributes": ["g", "h"], "limit": 6}
    assert [item.attributes for item in result.slicings] == [[], ["g"], ["h"]]


def test_all_labels_equal_and_one_group(table: Table, stored: Make) -> None:
    result = audit.run(stored(table(y=[1] * 6, p=[1, 1, 0, 0, 1, 1], g=list("aabbcc"))))
    assert {m.note for m in result.metrics if m.metric == "false_positive_rate"} == {"no_negatives"}
    result = audit.run(stored(table(y=[1, 0], p=[1, 0], g=["a", "a"])), overwrite=True)
    assert {d.note for d in result.disparities} == {"fewer_than_two_groups"}


def test_three_classes_weights_controls_and_a_policy(table: Table, stored: Make) -> None:
    rng = np.random.default_rng(0)
    columns = {key: rng.choice(list(values), 300).tolist() for key, values in (("y", "abc"), ("p", "abc"), ("g", "uv"))}
    path = table(**columns, h=rng.choice(["x", "z"], 300).tolist(), w=rng.random(300).tolist())
    config = stored(path, data__columns__weight="w", controls=["h"])
    del config["data"]["positive_label"]
    config["policy"] = {"rules": [{"metric": "true_positive_rate", "limit": 0.6}]}
    result = audit.run(config)
    assert (result.classes, result.positive_class) == (["a", "b", "c"], None)
    assert {rule.cls for rule in result.judgement.rules} == {"a", "b", "c"}
    assert {gap.stratum.get("h") for gap in result.disparities} == {None, "x", "z"}
    html = (Path(config["output"]["folder"]) / "report.html").read_text()
    assert "True positive rate · b" in html


def test_an_earlier_audit_is_not_lost(table: Table, stored: Make, tmp_path: Path) -> None:
    config = stored(table(y=[1, 0], p=[1, 0], g=["a", "b"]))
    audit.run(config)
    kept = tmp_path / "run" / "notes.txt"
    kept.write_text("mine")
    before = (tmp_path / "run" / "result.json").read_bytes()
    with pytest.raises(RunFolderError, match=r"holds a finished audit.*\n.*--overwrite"):
        audit.run(config)
    with pytest.raises(ConfigError):
        audit.run(config | {"level": 7}, overwrite=True)
    assert (tmp_path / "run" / "result.json").read_bytes() == before
    audit.run(config, overwrite=True)
    assert kept.read_text() == "mine"


def test_resuming_another_audit_is_refused(table: Table, stored: Make) -> None:
    audit.run(stored(table(y=[1, 0], p=[1, 0], g=["a", "b"])))
    with pytest.raises(RunFolderError, match="another data"):
        audit.run(stored(table(y=[1, 0], p=[1, 1], g=["a", "b"])), resume=True)
    with pytest.raises(RunFolderError, match="another configuration"):
        audit.run(stored(table(y=[1, 0], p=[1, 0], g=["a", "b"]), level=0.9), resume=True)


def test_changing_the_level_moves_intervals(table: Table, stored: Make, tmp_path: Path) -> None:
    path = table(y=[1, 0] * 20, p=[1, 1, 0, 0] * 10, g=["a", "b"] * 20)
    widths = []
    for level in (0.8, 0.99):
        result = audit.run(stored(path, level=level, output={"folder": str(tmp_path / str(level))}))
        rate = next(m for m in result.metrics if m.metric == "accuracy" and m.group == ["a"])
        widths.append(rate.upper - rate.lower)
    assert widths[0] < widths[1]


def test_paths_on_this_machine_are_not_in_the_result(model_case: Make, tmp_path: Path) -> None:
    config = model_case()
    audit.run(config)
    text = (tmp_path / "run" / "result.json").read_text()
    assert str(tmp_path) not in text
    assert str(Path(config["model"]["path"]).parent) not in text


def test_hatecheck_on_a_real_model(tmp_path: Path) -> None:
    """Counts of the real data, with a model that takes seconds; the real model is run by benchmarks/hatecheck.py."""
    data = shared("data", "hatecheck_test_suite_cases.csv")
    config = {
        "model": {"path": str(shared("models", "minilm-toxicity"))},
        "data": {
            "path": str(data),
            "columns": {"input": "test_case", "label": "label_gold", "id": "case_id", "cluster": "templ_id"},
            "label_map": {"hateful": "toxic", "non-hateful": "acceptable"},
            "positive_label": "toxic",
            "where": {"functionality": ["derog_neg_emote_h", "ident_pos_nh", "profanity_nh", "spell_space_add_h"]},
        },
        "attributes": [{"column": "target_ident", "values": {"": "none"}, "outside_gaps": ["none"]}],
        # Only counts are looked at: six explanations and no sentence masked for the gaps.
        "explanations": {"sample": 6, "most_flagged": 0, "shown": 3, "sanity": 0},
        "gaps": {"sample": 0},
        "output": {"folder": str(tmp_path / "run")},
    }
    result = audit.run(config)
    rows = pd.read_csv(data, keep_default_na=False)
    assert result.data.rows_read == 3728
    assert (rows["target_ident"] == "").sum() == 292
    kept = rows[rows["functionality"].isin(config["data"]["where"]["functionality"])]
    sizes = {group.values[0]: group.n for group in result.slicings[1].groups}
    assert sizes == kept["target_ident"].replace("", "none").value_counts().to_dict()
    assert next(g for g in result.slicings[1].groups if g.values == ["none"]).in_gaps is False
    assert (result.model.stored_dtype, result.model.dtype) == ("float16", "float32")
    assert result.data.clusters == kept["templ_id"].nunique()
    assert {"clusters", "other_dtype"} <= {note.code for note in result.notes}
