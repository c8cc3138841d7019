"""What is called explained: true explanations, and such as are not, where the truth is known and on a real model.

Bags of words (log-odds are the sum of normal weights) and models of one keyword, erased exactly; and `minilm-toxicity`
with integrated gradients on tweets and HateCheck. Each time the explanation itself, its absolute values (where units
against the decision carry a tenth of Σ|φ| or more), half of it noise of the same length, and noise alone.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd
import torch

from audit.explain.integrate.attribution import Attribution
from audit.explain.integrate.path import PathIntegrator
from audit.explain.verify.erasing import ErasedCase, Eraser
from audit.explain.verify.faithfulness import examine
from audit.explain.verify.outcome import Thresholds, verdict
from audit.models.adapter import Encoded, elements_of
from audit.models.embedding_model import TokenBatch
from benchmarks.explain import BUDGET, SHARED, load, predicted, tweets

Floats = npt.NDArray[np.float64]
RUNS = int(os.environ.get("BENCH_RUNS", "200"))
DECISIONS = int(os.environ.get("BENCH_DECISIONS", "120"))
LENGTHS = ((5, 7), (11, 14), (25, 40))
#: Least share of Σ|φ| against the decision where taking absolute values is called a difference.
DIFFERS = 0.1


class Bag:
    """An adapter whose log-odds are the sum of what its tokens weigh; token ids are thousandths of their weights."""

    classes = ("no", "yes")
    device = torch.device("cpu")

    def collate(self, encoded: Sequence[Encoded]) -> TokenBatch:
        """Pad to the longest."""
        ids = torch.zeros(len(encoded), max(item.length for item in encoded), dtype=torch.long)
        for row, item in enumerate(encoded):
            ids[row, : item.length] = torch.from_numpy(item.inputs["ids"])
        return TokenBatch(ids, None, None)

    def by_element(self, values: torch.Tensor, batch: TokenBatch) -> torch.Tensor:
        """Add up over the width."""
        return values.sum(-1)

    def embed(self, batch: TokenBatch) -> torch.Tensor:
        """Weights."""
        return batch.ids.double().unsqueeze(-1) / 1000

    def baseline(self, encoded: Sequence[Encoded], batch: TokenBatch, kind: str) -> torch.Tensor:
        """Nothing weighs nothing."""
        return torch.zeros_like(self.embed(batch))

    def erase(self, encoded: Sequence[Encoded], batch: TokenBatch, kind: str, units: Sequence[Any]) -> torch.Tensor:
        """Nothing stands in their place."""
        return self.embed(batch) * ~elements_of(encoded, units, batch.ids.shape[1]).unsqueeze(-1)

    def logits(self, batch: TokenBatch, embedded: torch.Tensor | None = None) -> torch.Tensor:
        """A bias keeps the class without words from hanging on rounding."""
        total = (self.embed(batch) if embedded is None else embedded).squeeze(-1).sum(1) - 0.2
        return torch.stack([torch.zeros_like(total), total], 1)


def rivals(phi: Floats, rng: np.random.Generator) -> dict[str, Floats | None]:
    """The explanation and what is not it; None where absolute values are hardly another explanation."""
    noise = rng.normal(size=len(phi))
    mass, whole = np.abs(phi), np.abs(phi).sum()
    side = np.sign(phi.sum()) or 1.0
    differs = mass[side * phi < 0].sum() >= DIFFERS * whole
    half = phi / np.linalg.norm(phi) + noise / np.linalg.norm(noise)
    return {"itself": phi, "absolute values": side * mass if differs else None, "half noise": half, "noise": noise}


def outcomes(eraser: Eraser, items: list[Encoded], targets: list[int], phi: list[Floats]) -> dict[str, list[float]]:
    """Whether each rival of each decision is called explained, convergence and contrast being given."""
    drawn = [rivals(values, np.random.default_rng([i, 7])) for i, values in enumerate(phi)]
    out: dict[str, list[float]] = {}
    for kind in drawn[0]:
        at = [i for i, found in enumerate(drawn) if found[kind] is not None]
        cases = [ErasedCase(items[i], targets[i], drawn[i][kind], 0.0) for i in at]
        tested = examine(eraser, cases, ["probability"] * len(cases), interventions=48, seeds=at)
        given = Attribution(np.array([0.5], np.float32), 0.9, 0.4, 0.0, 5)
        out[kind] = [float(verdict(given, found, 1.0, Thresholds())[0] == "explained") for found in tested]
    return out


def planted(make: Callable[[int, np.random.Generator], Floats], low: int, high: int) -> dict[str, list[float]]:
    """Decisions of a model whose explanation is known."""
    items, targets, phi = [], [], []
    for seed in range(RUNS):
        rng = np.random.default_rng([seed, low])
        weights = np.round(make(int(rng.integers(low, high + 1)), rng), 3)
        places, units = np.zeros((len(weights), 2), np.int32), np.arange(len(weights), dtype=np.int32)
        ids = np.round(weights * 1000).astype(np.int64)
        items.append(Encoded({"ids": ids}, units, places, truncated=False))
        targets.append(int(weights.sum() - 0.2 > 0))
        phi.append(weights * (1 if targets[-1] else -1))
    model: Any = Bag()
    return outcomes(Eraser(model, baseline="zero", budget=4096, scale="log_odds"), items, targets, phi)


def keyword(n: int, rng: np.random.Generator) -> Floats:
    """One word decides."""
    weights = np.zeros(n)
    weights[rng.integers(n)] = 4.0
    return weights


def real() -> dict[str, list[float]]:
    """Integrated gradients of a fine-tuned model, with contrast and enough words."""
    adapter = load()
    cases = pd.read_csv(SHARED / "data" / "hatecheck_test_suite_cases.csv")["test_case"]
    texts = [*pd.Series(tweets()).sample(DECISIONS // 2, random_state=5), *cases.sample(DECISIONS // 2, random_state=5)]
    items = [item for item in adapter.encode(texts) if len(item.places) > 4]
    targets = predicted(adapter, items)
    found, _ = PathIntegrator(adapter, baseline="mask", budget=BUDGET).attribute(items, targets)
    at = [i for i, item in enumerate(found) if abs(item.contrast) >= 0.05 and item.converged(0.05)]
    phi = [found[i].values.astype(np.float64) for i in at]
    eraser = Eraser(adapter, baseline="mask", budget=BUDGET, scale="log_odds")
    return outcomes(eraser, [items[i] for i in at], [targets[i] for i in at], phi)


def tell(name: str, found: dict[str, list[float]]) -> None:
    cells = [f"{np.mean(values):.3f} ({len(values)})" if values else "–" for values in found.values()]
    print(f"| {name} | " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    print("share called explained (decisions)")
    print("| model, words | itself | absolute values | half noise | noise |\n|---|---|---|---|---|")
    for low, high in LENGTHS:
        tell(f"bag of words, {low} to {high}", planted(lambda n, rng: rng.normal(size=n), low, high))
        tell(f"one keyword, {low} to {high}", planted(keyword, low, high))
    if DECISIONS:
        tell("minilm-toxicity", real())


if __name__ == "__main__":
    main()
