"""Several labels per text: each is decided by itself, as plain transformers does, and asked about as it was decided."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

from audit.config import ExplanationConfig, ModelConfig
from audit.data.examples import Asked
from audit.errors import ConfigError, ModelError
from audit.explain.explanations import Explainer
from audit.models.described import classes_of, infer_task
from audit.models.registry import load_adapter
from audit.store.decisions import Decided
from audit.testing import check_adapter
from tests.conftest import make_texts
from tests.models.taggers import LABELS, labeller

FAMILIES = ["bert", "roberta", "distilbert", "deberta", "llama"]
TEXTS = [" ".join(text.split()[:9]) for text in make_texts(12, seed=5)]


def load(path: Path, **keys: Any) -> Any:
    return load_adapter(ModelConfig(path=path, device="cpu", **keys))


def decided(adapter: Any, text: str, gold: frozenset[str] | None = None) -> list[Decided]:
    (windows,) = adapter.windows([text])
    with torch.inference_mode():
        outputs = adapter.outputs(adapter.collate(windows))
    return adapter.decide(text, windows, outputs, gold)


@pytest.fixture(scope="module")
def labellers(checkpoints: dict[str, Path], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("labellers")
    return {family: labeller(checkpoints[family], folder / family) for family in FAMILIES}


@pytest.fixture(scope="module")
def bert(labellers: dict[str, Path]) -> Any:
    return load(labellers["bert"])


@pytest.mark.parametrize("family", FAMILIES)
def test_every_promise_is_kept(family: str, labellers: dict[str, Path]) -> None:
    config = ModelConfig(path=labellers[family], device="cpu")
    adapter = load_adapter(config)
    assert infer_task(config) == adapter.facts().task == "multi-label-classification"
    assert adapter.classes == classes_of(config) == ["(none)", *LABELS]
    assert adapter.unexplainable is None
    check_adapter(adapter, TEXTS[:4])
    check_adapter(adapter, [Asked(text, output=LABELS[2]) for text in TEXTS[:4]])


@pytest.mark.parametrize("family", FAMILIES)
def test_probabilities_are_those_of_plain_transformers(family: str, labellers: dict[str, Path]) -> None:
    adapter = load(labellers[family])
    tokenizer = AutoTokenizer.from_pretrained(labellers[family])
    model = AutoModelForSequenceClassification.from_pretrained(labellers[family], dtype=torch.float32).eval()
    for text in TEXTS:
        with torch.inference_mode():
            z = model(**tokenizer(text, return_tensors="pt")).logits[0]
            asked = adapter.encode([Asked(text, output=label) for label in LABELS])
            said = adapter.logits(adapter.collate(asked))
        found = decided(adapter, text, frozenset({"threat"}))
        assert [one.output for one in found] == LABELS
        assert [one.y_true for one in found] == ["(none)", "threat", "(none)"]
        assert [one.y_pred != "(none)" for one in found] == (z >= 0).tolist()
        bound = 1e-5 * float(z.abs().max())
        np.testing.assert_allclose([one.logits[1 + i] for i, one in enumerate(found)], z, rtol=0, atol=bound)
        shares = said.softmax(1)[range(3), range(1, 4)]
        torch.testing.assert_close(shares, z.sigmoid(), rtol=1e-4, atol=1e-6)
        log_odds = said[range(3), range(1, 4)] - said[:, 0]
        np.testing.assert_allclose(log_odds, z, rtol=0, atol=10 * bound)


def test_thresholds_say_from_where_on_a_label_is_given(labellers: dict[str, Path], bert: Any) -> None:
    z = np.array([one.logits[1 + i] for i, one in enumerate(decided(bert, TEXTS[0]))])
    shares = 1 / (1 + np.exp(-z))
    below = {label: float(share) * 0.999 for label, share in zip(LABELS, shares, strict=True)}
    above = {
        label: float(share) * 0.001 + 0.999 * float(share) + 1e-4 for label, share in zip(LABELS, shares, strict=True)
    }
    assert [one.y_pred for one in decided(load(labellers["bert"], thresholds=below), TEXTS[0])] == LABELS
    assert [one.y_pred for one in decided(load(labellers["bert"], thresholds=above), TEXTS[0])] == ["(none)"] * 3
    most = load(labellers["bert"], thresholds=0.999)
    assert {one.y_pred for text in TEXTS for one in decided(most, text)} == {"(none)"}
    only = decided(load(labellers["bert"], thresholds={"threat": 1e-9}), TEXTS[0])
    assert only[1].y_pred == "threat"
    assert [one.y_pred for one in only[::2]] == [one.y_pred for one in decided(bert, TEXTS[0])[::2]]
    with pytest.raises(ConfigError, match=r"no label 'treat'.*\n.*did you mean 'threat'"):
        load(labellers["bert"], thresholds={"treat": 0.4})


def test_thresholds_are_for_several_labels_alone(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(ConfigError, match="thresholds are for models with several labels"):
        load(checkpoints["bert"], thresholds=0.4)


def test_a_text_may_be_empty_or_too_long(bert: Any) -> None:
    assert {one.status for one in decided(bert, " ")} == {"empty"}
    assert {one.status for one in decided(bert, "good bad " * 40)} == {"truncated"}
    assert {one.status for one in decided(bert, "good bad")} == {"ok"}


def test_one_label_that_is_not_finite_fails_alone(bert: Any) -> None:
    (windows,) = bert.windows([TEXTS[0]])
    found = bert.decide(TEXTS[0], windows, [np.array([np.nan, 2, -2], np.float32)], frozenset({"rude"}))
    assert [(one.y_true, one.y_pred, one.status) for one in found] == [
        ("rude", None, "failed"), ("(none)", "threat", "ok"), ("(none)", "(none)", "ok"),
    ]  # fmt: skip


def test_a_single_label_is_a_yes_or_no(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    adapter = load(labeller(checkpoints["bert"], tmp_path, ["toxic"]))
    assert adapter.classes == ["(none)", "toxic"]
    check_adapter(adapter, TEXTS[:4])


def test_a_label_may_not_be_called_as_none_is(checkpoints: dict[str, Path], tmp_path: Path) -> None:
    with pytest.raises(ModelError, match=r"a label is called \(none\)"):
        load(labeller(checkpoints["bert"], tmp_path, ["(none)", "rude"]))


@pytest.mark.parametrize("label", LABELS)
def test_attributions_of_a_label_add_up(label: str, bert: Any) -> None:
    one = next(one for one in decided(bert, TEXTS[3]) if one.output == label)
    rows = pd.DataFrame(
        [{"row_id": "r", "input": Asked(TEXTS[3], output=label), "y_pred": one.y_pred, "inclusion_probability": 1.0}]
    )
    explainer = Explainer(bert, ExplanationConfig(target="log_odds"), bert.baseline_kind("auto"), 0)
    (row,) = explainer.explain(rows)[0].to_pylist()
    expected = row["f_input"] - row["f_baseline"]
    size = np.abs(row["attributions"]).sum() + abs(row["frame"])
    assert sum(row["attributions"]) + row["frame"] == pytest.approx(expected, abs=0.05 * size)
    z = one.logits[1 + LABELS.index(label)]
    assert row["f_input"] == pytest.approx(z if one.y_pred == label else -z, abs=1e-4)
