"""Floating point held to what it is: two float32 computations of one thing differ, and by how much depends on the CPU.

So both are compared with a float64 run of the same model. Ours may be `FACTOR` times as far from it as plain float32,
in the worst place of all, plus a floor of rounding steps for where plain float32 is right by luck.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

#: Another order of summation, as padding and batching bring, is no more than this many times worse.
FACTOR = 4
#: In rounding steps of float32 at the largest value.
FLOOR = 64


class Plain:
    """What transformers itself says of texts, one at a time, in float32 and in float64."""

    def __init__(self, path: Path | str) -> None:
        self._models = [
            AutoModelForSequenceClassification.from_pretrained(path, dtype=dtype).eval()
            for dtype in (torch.float32, torch.float64)
        ]
        self._tokenizer = AutoTokenizer.from_pretrained(path)

    def logits(self, texts: Any, pairs: Any = None) -> tuple[np.ndarray, np.ndarray]:
        """Logits of each text, shape (texts, classes), in both precisions."""
        both: list[list[np.ndarray]] = [[], []]
        for i, text in enumerate(texts):
            given = [[text], [pairs[i]]] if pairs is not None else [text]
            inputs = self._tokenizer(*given, truncation=True, return_tensors="pt")
            with torch.inference_mode():
                for found, model in zip(both, self._models, strict=True):
                    found.append(model(**inputs).logits[0].double().numpy())
        return np.array(both[0]), np.array(both[1])


def assert_as_exact(found: Any, plain: np.ndarray, exact: np.ndarray) -> None:
    """Ask that what was found is no further from the exact values than plain float32 is, times the factor."""
    found = np.asarray(found, np.float64)
    assert found.shape == exact.shape
    allowed = FACTOR * np.abs(plain - exact).max() + FLOOR * np.finfo(np.float32).eps * np.abs(exact).max()
    assert np.abs(found - exact).max() <= allowed
    # The allowance itself is small, or this would say nothing.
    assert allowed <= 1e-3 * np.abs(exact).max()
