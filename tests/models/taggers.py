"""Tiny random models that tag words, or give several labels, saved as users have them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import torch
from transformers import (
    AutoConfig,
    AutoModelForSequenceClassification,
    AutoModelForTokenClassification,
    AutoTokenizer,
)

from audit.data.examples import Words
from tests.conftest import WORDS

TAGS = ["O", "B-person", "I-person", "B-place", "I-place"]
LABELS = ["rude", "threat", "about women"]


def _named(labels: list[str]) -> dict[str, Any]:
    return {"id2label": dict(enumerate(labels)), "label2id": {label: i for i, label in enumerate(labels)}}


def _save(model: Any, base: Path, folder: Path, factor: float) -> Path:
    with torch.no_grad():
        heads = [layer for layer in model.modules() if isinstance(layer, torch.nn.Linear)]
        head = [layer for layer in heads if layer.out_features == model.config.num_labels][-1]
        head.weight *= factor
    model.eval().save_pretrained(folder)
    AutoTokenizer.from_pretrained(base).save_pretrained(folder)
    return folder


def tagger(base: Path, folder: Path, tags: list[str] | None = None, **changes: Any) -> Path:
    """Save a model that tags words, of the family and with the tokenizer of another checkpoint."""
    torch.manual_seed(3)
    config = AutoConfig.from_pretrained(base, **_named(tags or TAGS), **changes)
    return _save(AutoModelForTokenClassification.from_config(config), base, folder, 12)


def labeller(base: Path, folder: Path, labels: list[str] | None = None, **changes: Any) -> Path:
    """Save a model that gives several labels."""
    torch.manual_seed(3)
    settings = {"problem_type": "multi_label_classification"} | changes
    config = AutoConfig.from_pretrained(base, **_named(labels or LABELS), **settings)
    return _save(AutoModelForSequenceClassification.from_config(config), base, folder, 12)


def sentences(n: int, seed: int = 0, most: int = 24) -> list[Words]:
    """Lists of words of very different length; some hold punctuation, or several tokens."""
    rng = np.random.default_rng(seed)
    known = [*WORDS, ",", "he's", "good-bad"]
    return [Words.of([str(word) for word in rng.choice(known, rng.integers(1, most))]) for _ in range(n)]
