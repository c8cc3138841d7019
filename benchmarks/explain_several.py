"""Adaptive integrated gradients of decisions about entities and labels beside 300 Gauss–Legendre nodes.

Each decision is explained for its predicted class, MASK baseline, probability, float32. An explanation that says it
converged and whose true L1 error is over its tolerance of 5 % converged falsely.
"""

from __future__ import annotations

import json
import os
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import torch

from audit.config import ModelConfig
from audit.data.examples import Plain, Words, asked_of
from audit.explain.integrate.path import PathIntegrator
from audit.explain.integrate.score import score
from audit.models.adapter import AdapterOfSeveral, Encoded
from audit.models.multi_label_classification import MultiLabelClassification
from audit.models.token_classification import TokenClassification

SHARED = Path(__file__).parents[2] / "shared"
DECISIONS = int(os.environ.get("BENCH_DECISIONS", "120"))
TOLERANCE, NODES, BUDGET, LONGEST = 0.05, 300, 512, 64


def truth(adapter: AdapterOfSeveral, item: Encoded, target: int) -> Any:
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2
    batch = adapter.collate([item])
    with torch.no_grad():
        x, base = adapter.embed(batch), adapter.baseline([item], batch, "mask")
    total = torch.zeros_like(x)
    for first in range(0, NODES, 60):
        at = torch.tensor(nodes[first : first + 60], dtype=torch.float32).view(-1, 1, 1)
        path = (base + at * (x - base)).requires_grad_()
        many = adapter.collate([item] * len(at))
        f = score(adapter.logits(many, path), torch.full((len(at),), target), "probability").sum()
        (gradient,) = torch.autograd.grad(f, path)
        total += (torch.tensor(weights[first : first + 60], dtype=torch.float32).view(-1, 1, 1) * gradient).sum(0, True)
    return item.by_unit((total * (x - base)).sum(-1)[0].double().numpy())[0]


def decisions(adapter: AdapterOfSeveral, examples: Sequence[Plain]) -> tuple[list[Encoded], list[int]]:
    """Decide, and prepare each decision to be explained; of labels, those that are given and as many that are not."""
    asked, targets = [], []
    for example, windows in zip(examples, adapter.windows(examples), strict=True):
        with torch.inference_mode():
            found = [adapter.outputs(adapter.collate([window]))[0] for window in windows]
        decided = [one for one in adapter.decide(example, windows, found, None) if one.status == "ok"]
        given = [one for one in decided if one.y_pred != adapter.nothing]
        others = [one for one in decided if one.y_pred == adapter.nothing][: len(given)]
        for one in given + others:
            asked.append(asked_of(example, one.output, one.position))
            targets.append(adapter.classes.index(str(one.y_pred)))
    encoded = adapter.encode(asked)
    short = [i for i, item in enumerate(encoded) if 5 < item.length <= LONGEST][:DECISIONS]
    return [encoded[i] for i in short], [targets[i] for i in short]


def compare(name: str, adapter: AdapterOfSeveral, examples: Sequence[Plain]) -> None:
    encoded, targets = decisions(adapter, examples)
    found, spent = PathIntegrator(adapter, baseline="mask", budget=BUDGET).attribute(encoded, targets)
    rows = []
    for item, target, mine in zip(encoded, targets, found, strict=True):
        if abs(mine.contrast) < 0.05:
            continue
        true = truth(adapter, item, target)
        rows.append((float(np.abs(mine.values - true).sum() / np.abs(true).sum()), mine.converged(TOLERANCE)))
    errors, converged = np.array([error for error, _ in rows]), np.array([done for _, done in rows])
    false = int((converged & (errors > TOLERANCE)).sum())
    print(
        f"{name}: {len(rows)} of {len(found)} decisions with contrast; "
        f"{int(converged.sum())} converged, {false} falsely; "
        f"error median {np.median(errors):.4f}, largest of the converged {errors[converged].max():.4f}; "
        f"{spent['gradients'] / len(found):.1f} gradients each"
    )


def main() -> None:
    tagger, sentences = SHARED / "models" / "minilm-wnut17", SHARED / "data" / "wnut17_test.jsonl"
    labeller, comments = SHARED / "models" / "minilm-ethos-multilabel", SHARED / "data" / "ethos_multilabel_test.csv"
    if not all(path.exists() for path in (tagger, sentences, labeller, comments)):
        print("skipped: needs the shared models and data")
        return
    words = [json.loads(line)["tokens"] for line in sentences.read_text(encoding="utf-8").splitlines()]
    entities = TokenClassification.load(ModelConfig(path=tagger, device="cpu"))
    compare("entities (minilm-wnut17)", entities, [Words.of(tokens) for tokens in words[: 3 * DECISIONS]])
    labels = MultiLabelClassification.load(ModelConfig(path=labeller, device="cpu"))
    compare("labels (minilm-ethos-multilabel)", labels, pd.read_csv(comments)["comment"].tolist())
