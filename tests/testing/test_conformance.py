"""Every adapter here keeps what audits rely on, and one that does not is found out."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from audit.config import ModelConfig
from audit.models.text_classification import TextClassification
from audit.testing import Broken, check_adapter

TEXTS = ["good", "bad word1 he, she", "word2 unfairly good bad word3 word4 he told her", ""]
FAMILIES = ["bert", "roberta", "distilbert", "deberta", "llama", "gpt2"]


def load(path: Path) -> TextClassification:
    return TextClassification.load(ModelConfig(path=path, device="cpu"))


@pytest.mark.parametrize("family", FAMILIES)
def test_text_classifiers_keep_every_promise(family: str, checkpoints: dict[str, Path]) -> None:
    adapter = load(checkpoints[family])
    before = {name: weight.clone() for name, weight in adapter._model.state_dict().items()}
    texts = TEXTS if family not in {"llama", "gpt2"} else TEXTS[:3]
    tried = check_adapter(adapter, texts)
    assert "erasing nothing is the input, erasing all is the baseline" in tried
    assert all(torch.equal(weight, before[name]) for name, weight in adapter._model.state_dict().items())


def test_pairs_of_texts_as_well(checkpoints: dict[str, Path]) -> None:
    check_adapter(load(checkpoints["bert"]), [("good", "bad he"), ("he she word1 bad", ""), ("", "word2 good bad he")])


def test_an_adapter_of_another_package(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.syspath_prepend(str(Path(__file__).parents[1] / "plugin_package"))
    try:
        from fairaudit_demo_plugin import load_coin

        tried = check_adapter(load_coin(ModelConfig(path=tmp_path)), ["a", "bb", "ccc"])
    finally:
        sys.modules.pop("fairaudit_demo_plugin", None)
    assert "batched equals single" in tried
    assert "logits have a gradient at the embedding" not in tried


class Company(TextClassification):
    def logits(self, batch: Any, embedded: torch.Tensor | None = None) -> torch.Tensor:
        found = super().logits(batch, embedded)
        return found + found.mean(0) if len(found) > 2 else found


class Deaf(TextClassification):
    def logits(self, batch: Any, embedded: torch.Tensor | None = None) -> torch.Tensor:
        return super().logits(batch)


class Holes(TextClassification):
    def encode(self, inputs: Any) -> Any:
        return [replace(item, units=np.where(item.units == 0, -1, item.units)) for item in super().encode(inputs)]


class Outside(TextClassification):
    def encode(self, inputs: Any) -> Any:
        return [replace(item, places=item.places + 1) for item in super().encode(inputs)]


class Forgets(TextClassification):
    def erase(self, encoded: Any, batch: Any, kind: str, units: Any) -> torch.Tensor:
        return self.embed(batch)


class WipesAll(TextClassification):
    def baseline(self, encoded: Any, batch: Any, kind: str) -> torch.Tensor:
        return torch.zeros_like(self.embed(batch))


class ShufflesItself(TextClassification):
    def randomised(self, seed: int) -> TextClassification:
        with torch.no_grad():
            for parameter in self._model.parameters():
                parameter.mul_(2)
        return self


class Coy(TextClassification):
    def baseline_kind(self, asked: str) -> str:
        return "mask"


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (Company, "padded equals unpadded"),
        (Deaf, "the embedding put in its own place"),
        (Holes, "units partition the elements"),
        (Outside, "units partition the elements"),
        (Forgets, "erasing all is the baseline"),
        (WipesAll, "the baseline leaves the frame alone"),
        (ShufflesItself, "the model is left as it was"),
        (Coy, "refused with one clear error"),
    ],
)
def test_a_broken_promise_is_named(kind: Any, promise: str, checkpoints: dict[str, Path]) -> None:
    adapter = load(checkpoints["bert"])
    adapter.__class__ = kind
    if kind is Coy:
        adapter.unexplainable = "nothing can be put in its place"
    with pytest.raises(Broken, match=promise):
        check_adapter(adapter, TEXTS)


def test_too_few_examples_prove_nothing(checkpoints: dict[str, Path]) -> None:
    with pytest.raises(ValueError, match="at least three"):
        check_adapter(load(checkpoints["bert"]), TEXTS[:2])
