"""Adaptive integrated gradients of decisions about pictures beside 300 Gauss–Legendre nodes.

Each decision is explained for its predicted class, against the blurred picture, in probability, float32. An explanation
that says it converged and whose true L1 error is over its tolerance converged falsely.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import torch

from audit.config import ModelConfig
from audit.data.examples import Image
from audit.explain.integrate.path import PathIntegrator
from audit.explain.integrate.score import score
from audit.models.adapter import Encoded
from audit.models.image_classification import ImageClassification

SHARED = Path(__file__).parents[2] / "shared"
DECISIONS = int(os.environ.get("BENCH_DECISIONS", "60"))
TOLERANCES, LEAST_CONTRAST, NODES, BUDGET = (0.05, 0.03), 0.05, 300, 512


def truth(adapter: ImageClassification, item: Encoded, target: int, baseline: str = "blur") -> Any:
    """Integrate with 300 nodes; return one number for each cell."""
    nodes, weights = np.polynomial.legendre.leggauss(NODES)
    nodes, weights = (nodes + 1) / 2, weights / 2
    batch = adapter.collate([item])
    x, base = adapter.embed(batch), adapter.baseline([item], batch, baseline)
    total = torch.zeros_like(x)
    for first in range(0, NODES, 50):
        at = torch.tensor(nodes[first : first + 50], dtype=torch.float32).view(-1, 1, 1, 1)
        path = (base + at * (x - base)).requires_grad_()
        f = score(adapter.logits(batch, path), torch.full((len(at),), target), "probability").sum()
        (gradient,) = torch.autograd.grad(f, path)
        share = torch.tensor(weights[first : first + 50], dtype=torch.float32).view(-1, 1, 1, 1)
        total += (share * gradient).sum(0, keepdim=True)
    return adapter.by_element(total * (x - base), batch)[0].double().numpy()


def errors_of(
    adapter: ImageClassification, images: list[Image], tolerance: float
) -> tuple[np.ndarray, np.ndarray, float]:
    """Explain each image's predicted class; return true L1 errors and what converged, of those with contrast."""
    encoded = adapter.encode(images)
    with torch.inference_mode():
        targets = adapter.logits(adapter.collate(encoded)).argmax(1).tolist()
    found, spent = PathIntegrator(adapter, baseline="blur", budget=BUDGET, tolerance=tolerance).attribute(
        encoded, targets
    )
    rows = []
    for item, target, mine in zip(encoded, targets, found, strict=True):
        if abs(mine.contrast) >= LEAST_CONTRAST:
            true = truth(adapter, item, target)
            rows.append((float(np.abs(mine.values - true).sum() / np.abs(true).sum()), mine.converged(tolerance)))
    return np.array([row[0] for row in rows]), np.array([row[1] for row in rows], bool), spent["gradients"] / len(found)


def main() -> None:
    model, faces = SHARED / "models" / "resnet-adult-fairface", SHARED / "data" / "fairface_540.parquet"
    if not (model.exists() and faces.exists()):
        print("skipped: needs the shared models and data")
        return
    cells = pq.read_table(faces, columns=["image"])["image"].to_pylist()
    images = [Image(cell["bytes"]) for cell in cells[:: len(cells) // DECISIONS][:DECISIONS]]
    adapter = ImageClassification.load(ModelConfig(path=model, device="cpu"))
    for tolerance in TOLERANCES:
        errors, converged, gradients = errors_of(adapter, images, tolerance)
        print(
            f"faces (resnet-adult-fairface), tolerance {tolerance}: {len(errors)} of {len(images)} decisions with "
            f"contrast; {int(converged.sum())} converged, {int((converged & (errors > tolerance)).sum())} falsely; "
            f"error median {np.median(errors):.4f}, largest of the converged {errors[converged].max():.4f}; "
            f"{gradients:.1f} gradients each"
        )


if __name__ == "__main__":
    main()
