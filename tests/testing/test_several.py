"""An adapter of several decisions that does not keep what it promises is found out, by the promise."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from audit.config import ModelConfig
from audit.models.multi_label_classification import MultiLabelClassification
from audit.models.registry import load_adapter
from audit.models.token_classification import TokenClassification
from audit.testing import Broken, check_adapter
from tests.models.taggers import labeller, sentences, tagger


class OffByOne(TokenClassification):
    def outputs(self, batch: Any) -> Any:
        return super().outputs(replace(batch, asked=(batch.asked - 1).clamp(min=-1)))


class OnePlace(TokenClassification):
    def decide(self, *given: Any) -> Any:
        return [replace(one, position=0, last=0) for one in super().decide(*given)]


class Backwards(TokenClassification):
    def decide(self, *given: Any) -> Any:
        return super().decide(*given)[::-1]


class Company(TokenClassification):
    def outputs(self, batch: Any) -> Any:
        return [found + len(batch.ids) for found in super().outputs(batch)]


class Hopeful(MultiLabelClassification):
    def decide(self, example: Any, windows: Any, outputs: Any, gold: Any) -> Any:
        return super().decide(example, windows, [np.nan_to_num(output) for output in outputs], gold)


class Forgetful(MultiLabelClassification):
    def encode(self, inputs: Any) -> Any:
        return [replace(item, inputs={**item.inputs, "asked": np.array(0)}) for item in super().encode(inputs)]


@pytest.mark.parametrize(
    ("kind", "promise"),
    [
        (OffByOne, "a decision that is asked about"),
        (OnePlace, "decisions have names of their own"),
        (Backwards, "decisions have names of their own, in their order"),
        (Company, "windows in a batch give what each gives alone"),
        (Hopeful, "what is not finite is a failed decision"),
        (Forgetful, "a decision that is asked about"),
    ],
)
def test_a_broken_promise_is_named(kind: Any, promise: str, checkpoints: dict[str, Path], tmp_path: Path) -> None:
    make = tagger if issubclass(kind, TokenClassification) else labeller
    adapter = load_adapter(ModelConfig(path=make(checkpoints["bert"], tmp_path), device="cpu"))
    adapter.__class__ = kind
    with pytest.raises(Broken, match=promise):
        check_adapter(adapter, sentences(4, most=9))
