"""Real models that tag words, and that give several labels, decide as plain transformers does."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torch
from transformers import AutoModelForSequenceClassification, AutoModelForTokenClassification, AutoTokenizer

from audit.config import ModelConfig
from audit.data.examples import Asked, Words
from audit.entities.tags import read_labels, read_tags
from audit.models.engine import BatchRunner
from audit.models.registry import load_adapter
from tests.conftest import shared

ROWS = 200


def outputs_of(adapter: Any, examples: list[Any]) -> tuple[list[Any], list[list[np.ndarray]]]:
    """Run all windows in batches; return windows and outputs of each example."""
    windows = adapter.windows(examples)
    flat = [window for found in windows for window in found]
    with torch.inference_mode():
        said = BatchRunner(1024).run(flat, lambda one: one.length, lambda part: adapter.outputs(adapter.collate(part)))
    rest = iter(said)
    return windows, [[next(rest) for _ in found] for found in windows]


def test_entities_of_a_real_model() -> None:
    path, data = shared("models", "minilm-wnut17"), shared("data", "wnut17_test.jsonl")
    rows = [json.loads(line) for line in data.read_text(encoding="utf-8").splitlines()[:ROWS]]
    adapter = load_adapter(ModelConfig(path=path, device="cpu"))
    texts = [Words.of(row["tokens"]) for row in rows]
    gold = read_tags([row["tags"] for row in rows], column="tags", where="data").rows
    windows, outputs = outputs_of(adapter, texts)
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForTokenClassification.from_pretrained(path, dtype=torch.float32).eval()
    labels = read_labels([model.config.id2label[i] for i in range(model.config.num_labels)], where="model")
    plain = []
    for text, (said,) in zip(texts, outputs, strict=True):
        encoded = tokenizer(text.words, is_split_into_words=True, return_tensors="pt")
        with torch.inference_mode():
            logits = model(**encoded).logits[0].numpy()
        of_token = encoded.word_ids()
        read = [word for word in range(len(text)) if word in of_token]
        expected = logits[[of_token.index(word) for word in read]]
        np.testing.assert_allclose(said, expected, rtol=0, atol=1e-5 * np.abs(logits).max())
        tags = dict.fromkeys(range(len(text)), 0) | dict(zip(read, expected.argmax(1).tolist(), strict=True))
        plain.append(labels.entities(list(tags.values())))
    seen = 0
    for i, text in enumerate(texts):
        found = adapter.decide(text, windows[i], outputs[i], gold[i])
        assert {(one.position, one.last + 1, one.y_pred) for one in found if one.y_pred != "O"} == set(plain[i])
        assert {(one.position, one.last + 1, one.y_true) for one in found if one.y_true != "O"} == set(gold[i])
        seen += len(found)
        found = [one for one in found if one.status != "nothing"]
        if i < 20 and found:
            asked = adapter.encode([Asked(text, position=one.position) for one in found])
            with torch.inference_mode():
                said = adapter.logits(adapter.collate(asked)).numpy()
            np.testing.assert_allclose(said, [one.logits for one in found], rtol=0, atol=1e-5 * np.abs(said).max())
    assert seen > 150


def test_labels_of_a_real_model() -> None:
    path, data = shared("models", "minilm-ethos-multilabel"), shared("data", "ethos_multilabel_test.csv")
    rows = pd.read_csv(data).iloc[:ROWS]
    adapter = load_adapter(ModelConfig(path=path, device="cpu"))
    labels = adapter.classes[1:]
    assert labels == list(rows.columns[1:])
    texts = rows["comment"].tolist()
    windows, outputs = outputs_of(adapter, texts)
    tokenizer = AutoTokenizer.from_pretrained(path)
    model = AutoModelForSequenceClassification.from_pretrained(path, dtype=torch.float32).eval()
    for i, text in enumerate(texts):
        with torch.inference_mode():
            z = model(**tokenizer(text, truncation=True, return_tensors="pt")).logits[0].numpy()
        true = frozenset(label for label in labels if rows[label].iloc[i])
        found = adapter.decide(text, windows[i], outputs[i], true)
        assert [one.y_pred != "(none)" for one in found] == (torch.from_numpy(z).sigmoid() >= 0.5).tolist()
        assert {one.output for one in found if one.y_true != "(none)"} == true
        said = [one.logits[1 + at] for at, one in enumerate(found)]
        np.testing.assert_allclose(said, z, rtol=0, atol=1e-5 * np.abs(z).max())


@pytest.mark.parametrize("name", ["minilm-wnut17", "minilm-ethos-multilabel"])
def test_real_models_can_be_explained(name: str) -> None:
    path: Path = shared("models", name)
    assert load_adapter(ModelConfig(path=path, device="cpu")).unexplainable is None
