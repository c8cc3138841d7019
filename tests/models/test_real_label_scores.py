"""A real model of several labels, audited: every score of the field is scikit-learn's, over all and by group."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import yaml
from sklearn import metrics as theirs

import audit
from audit.result import AuditResult
from tests.conftest import ROOT, shared

EXAMPLE = ROOT / "docs" / "examples" / "several_labels.yaml"
Scores = dict[tuple[str, str | None, str | None], float | None]


@pytest.fixture(scope="module")
def found(tmp_path_factory: pytest.TempPathFactory) -> tuple[AuditResult, Path, pd.DataFrame]:
    """The example on all its rows, without explanations; groups are shorter and longer comments."""
    model, data = shared("models", "minilm-ethos-multilabel"), shared("data", "ethos_multilabel_test.csv")
    folder = tmp_path_factory.mktemp("ethos")
    rows = pd.read_csv(data)
    rows = rows.assign(words=rows["comment"].str.split().str.len())
    rows.to_csv(folder / "comments.csv", index=False)
    plain = yaml.safe_load(EXAMPLE.read_text(encoding="utf-8"))
    plain["model"] |= {"path": str(model), "device": "cpu"}
    plain["model"]["thresholds"] = {**dict.fromkeys(plain["data"]["columns"]["labels"], 0.5), "gender": 0.6}
    plain["explanations"] = {"which": "none"}
    plain.pop("exchange", None)
    plain["metrics"] = [
        *("true_positive_rate", "precision", "f1_score", "selection_rate", "false_positive_rate"),
        *("micro_precision", "micro_recall", "micro_f1", "macro_precision", "macro_recall", "macro_f1"),
        *("exact_match", "hamming_loss"),
    ]
    (folder / "audit.yaml").write_text(yaml.safe_dump(plain), encoding="utf-8")
    return audit.run(folder / "audit.yaml"), folder / plain["output"]["folder"], rows


def _expected(true: Any, said: Any, labels: list[str]) -> dict[tuple[str, str | None], float]:
    out: dict[tuple[str, str | None], float] = {
        ("exact_match", None): theirs.accuracy_score(true, said),
        ("hamming_loss", None): theirs.hamming_loss(true, said),
    }
    for name, of in (
        ("precision", theirs.precision_score), ("recall", theirs.recall_score), ("f1", theirs.f1_score),
    ):  # fmt: skip
        for average in ("micro", "macro"):
            out[f"{average}_{name}", None] = of(true, said, average=average, zero_division=0)
        each = of(true, said, average=None, zero_division=np.nan)
        code = {"recall": "true_positive_rate", "f1": "f1_score"}.get(name, name)
        out |= {(code, label): value for label, value in zip(labels, each, strict=True)}
    for at, label in enumerate(labels):
        out["selection_rate", label] = said[:, at].mean()
        out["false_positive_rate", label] = said[true[:, at] == 0, at].mean()
    return out


def test_scores_are_those_of_scikit_learn(found: tuple[AuditResult, Path, pd.DataFrame]) -> None:
    result, folder, rows = found
    labels = result.classes[1:]
    table = pd.read_parquet(folder / "decisions.parquet")
    true = rows[labels].to_numpy()
    said = np.reshape((table["y_pred"] != "(none)").to_numpy(), true.shape).astype(int)
    assert np.array_equal(np.reshape((table["y_true"] != "(none)").to_numpy(), true.shape), true)
    (name,) = [attribute["name"] or attribute["column"] for attribute in result.config["attributes"]]
    groups = table[f"group:{name}"].to_numpy()[:: len(labels)]
    compared = 0
    for group in (None, *sorted(set(groups))):
        here = slice(None) if group is None else groups == group
        expected = _expected(true[here], said[here], labels)
        for value in result.metrics:
            if value.group != ([] if group is None else [group]) or value.stratum:
                continue
            ours = expected[value.metric, value.cls]
            if value.value is None:
                # Never a zero in the place of what is undefined: a label that is never true, or never given.
                assert value.note is not None
                assert np.isnan(ours) or value.metric.startswith("macro")
                continue
            assert value.value == pytest.approx(ours, abs=1e-9), (value.metric, value.cls, group)
            compared += 1
    assert compared > 100


def test_one_rule_is_asked_of_every_label(found: tuple[AuditResult, Path, pd.DataFrame]) -> None:
    result, _, rows = found
    assert result.judgement is not None
    asked = {rule.cls for rule in result.judgement.rules if rule.metric == "true_positive_rate"}
    assert asked == {column for column in rows.columns if column not in {"comment", "words"}}
