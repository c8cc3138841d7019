"""What the look at load finds, on models made for one fault each."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from audit.errors import ModelError
from audit.models.adapter import Encoded
from audit.models.embedding_model import TokenBatch
from audit.models.probe import Tolerance, probe_decisions, probe_explanations


class Toy:
    """Mean of embeddings, two classes; a fault of each kind can be switched on."""

    classes = ["no", "yes"]

    def __init__(self, fault: str = "", dtype: torch.dtype = torch.float32) -> None:
        generator = torch.Generator().manual_seed(0)
        self.table = torch.randn(50, 8, generator=generator, dtype=dtype)
        self.head = torch.randn(8, 2, generator=generator, dtype=dtype)
        self.fault, self.calls = fault, 0

    def collate(self, encoded: Any) -> TokenBatch:
        width = max(item.length for item in encoded)
        ids, mask = np.zeros((len(encoded), width), np.int64), np.zeros((len(encoded), width), np.int64)
        for row, item in enumerate(encoded):
            ids[row, : item.length], mask[row, : item.length] = item.inputs["ids"], 1
        return TokenBatch(torch.from_numpy(ids), None if mask.all() else torch.from_numpy(mask), None)

    def by_element(self, values: torch.Tensor, batch: TokenBatch) -> torch.Tensor:
        return values.sum(-1)

    def embed(self, batch: TokenBatch) -> torch.Tensor:
        found = self.table[batch.ids]
        return found.transpose(0, 1) if self.fault == "axes" else found

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        self.calls += 1
        x = self.table[batch.ids] if embedded is None or self.fault == "deaf" else embedded
        if self.fault == "adds" and embedded is not None:
            x = x + 0.1
        if self.fault == "ids" and embedded is not None:
            x = x * 0.5 + 0.5 * self.table[batch.ids]
        mask = torch.ones(batch.ids.shape) if batch.mask is None or self.fault == "padding" else batch.mask
        mask = mask.to(x.dtype).unsqueeze(-1)
        pooled = (x * mask).sum(1) / mask.sum(1)
        if self.fault == "company":
            pooled = pooled - 0.1 * pooled.mean(0)
        if self.fault == "mixes" and embedded is not None:
            pooled = pooled + 0.5 * (embedded.mean() - embedded.mean().detach())
        if self.fault == "chance":
            pooled = pooled * (1 + 0.1 * self.calls)
        if self.fault == "detached" and embedded is not None:
            pooled = pooled.detach() + 0 * embedded.sum()
        out = pooled @ self.head
        if self.fault == "nan":
            out = out / 0
        if self.fault == "constant":
            out = out * 0 + 1
        if self.fault == "shape":
            return out[:, :1]
        return out.float()


def texts(*lengths: int) -> list[Encoded]:
    rng = np.random.default_rng(0)
    made = []
    for length in lengths:
        units, places = np.arange(-1, length - 1, dtype=np.int32), np.zeros((length - 1, 2), np.int32)
        made.append(Encoded({"ids": rng.integers(1, 50, length)}, units, places, truncated=False))
    return made


PROBE = texts(3, 20, 80)
OTHERS = [replace(item, inputs={"ids": np.roll(item.inputs["ids"], 1) % 49 + 1}) for item in PROBE[:2]]


@pytest.mark.parametrize("dtype", [torch.float32, torch.bfloat16, torch.float16])
def test_a_sound_model_passes(dtype: torch.dtype) -> None:
    probe_decisions(Toy(dtype=dtype), PROBE, dtype)
    assert probe_explanations(Toy(dtype=dtype), PROBE[:2], OTHERS, dtype) is None


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("padding", "alone and in company"),
        ("company", "alone and in company"),
        ("chance", "random"),
        ("nan", "not finite"),
        ("constant", "the same whatever the text"),
        ("shape", r"shape \(1, 1\) where \(1, 2\)"),
    ],
)
def test_decisions_that_mean_something_else(fault: str, problem: str) -> None:
    with pytest.raises(ModelError, match=problem):
        probe_decisions(Toy(fault), PROBE, torch.float32)


@pytest.mark.parametrize(
    ("fault", "problem"),
    [
        ("axes", "not (texts, tokens, width)"),
        ("deaf", "does not compute from the embeddings"),
        ("adds", "with its own embeddings"),
        ("ids", "embeddings of other words"),
        ("mixes", "change with the embeddings of another"),
    ],
)
def test_embeddings_that_mean_something_else(fault: str, problem: str) -> None:
    probe_decisions(Toy(fault), PROBE, torch.float32)
    assert problem in (probe_explanations(Toy(fault), PROBE[:2], OTHERS, torch.float32) or "")


def test_tolerance_is_a_matter_of_precision_and_scale() -> None:
    logits = torch.tensor([[1.0, -1.0], [2.0, -2.0]])
    for scale in (1e-3, 1.0, 1e4):
        tolerance = Tolerance.of(scale * logits, torch.float32)
        assert tolerance.agree(scale * logits, scale * logits * (1 + 1e-6))
        assert not tolerance.agree(scale * logits, scale * logits * (1 + 1e-3))
