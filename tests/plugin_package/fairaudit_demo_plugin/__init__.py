"""A package that adds an adapter, a metric, a probe, a report section and a compliance pack, as any other may."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch

from audit.config import AuditConfig, ModelConfig
from audit.errors import ModelError
from audit.fairness.metrics.definitions import Metric
from audit.models.adapter import Encoded
from audit.models.embedding_model import TokenBatch
from audit.probes.asking import Model, variants_asked
from audit.probes.exchange import Edit, Version
from audit.probes.variants import TEXT, Outcome, ProbedRow, Variant
from audit.report.sections import Section
from audit.report.view import View
from audit.result import ModelFacts, Note


class Coin:
    """Says yes to every text with an even number of characters."""

    def __init__(self, config: ModelConfig) -> None:
        self.classes = ["no", "yes"]
        self.notes: list[Note] = []
        self.nothing = None
        self.differentiable = False
        self.not_finite = "not_finite"
        self.unexplainable = "it never reads the text"
        self.probes: frozenset[str] = frozenset({"terms"})
        self.device = torch.device("cpu")
        self._name = config.path.name

    def facts(self) -> ModelFacts:
        return ModelFacts(
            name=self._name, task="coin", architecture="Coin", parameters=0, classes=self.classes, sha256="0" * 64,
            revision=None, stored_dtype="none", dtype="float32", device="cpu", max_length=1000, batch_tokens=64,
        )  # fmt: skip

    def baseline_kind(self, asked: str) -> str:
        raise ModelError(f"decisions of this model cannot be explained: {self.unexplainable}")

    def encode(self, inputs: Any) -> list[Encoded]:
        unit, lengths = np.zeros(1, np.int32), [len(text) for text in inputs]
        return [
            Encoded({"length": np.array([n])}, unit, np.array([[0, n]], np.int32), truncated=False) for n in lengths
        ]

    def collate(self, encoded: Any) -> TokenBatch:
        return TokenBatch(torch.tensor(np.stack([item.inputs["length"] for item in encoded])), None, None)

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        even = (batch.ids[:, 0] % 2 == 0).float()
        return torch.stack([1 - even, even], dim=1)


def load_coin(config: ModelConfig) -> Coin:
    return Coin(config)


def _misses(y_true: Any, y_pred: Any, *, sample_weight: Any = None) -> float:
    return float(np.average(np.asarray(y_true) != np.asarray(y_pred), weights=sample_weight))


MISSES = Metric("misses", _misses, scope="all", better="low")


class Doubled:
    """Writes a letter behind the text: as often as its settings say."""

    name = "doubled"
    outcome = "changed"
    transforms = ("letter",)
    severities = (0,)
    reads = frozenset({TEXT})
    needs_attributions = False
    flags = True

    def __init__(self, times: int) -> None:
        self.times = times

    def fingerprint(self) -> str:
        return str(self.times)

    def ask(self, rows: Sequence[ProbedRow], model: Model) -> list[Outcome]:
        return variants_asked(rows, model, self.variants)

    def variants(self, row: ProbedRow) -> list[Variant]:
        text = str(row.example)
        edit = Edit(len(text), len(text), "", "x" * self.times)
        return [Variant("letter", 0, Version(text + edit.new, (edit,)))]


def make_doubled(settings: dict[str, Any], config: AuditConfig) -> Doubled:
    return Doubled(int(settings.get("times", 1)))


def _build(view: View) -> dict[str, Any]:
    return {"n": view.result.data.decisions}


SECTION = Section(
    "greeting", 25, _build, source="<p>{{ t('greeting.words', n=s.n) }}</p>",
    messages={"section.greeting": "A word from a plug-in", "greeting.words": "It saw {n} decisions <here>."},
)  # fmt: skip

POLICY = Path(__file__).with_name("policy.yaml")
