"""Classifiers of texts that were trained here, on files of their own, and that remember more or less of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from sklearn.feature_extraction.text import CountVectorizer
from sklearn.linear_model import LogisticRegression

SCORER = """
import json
from pathlib import Path

import numpy as np

MODEL = json.loads((Path(__file__).parent / "{name}.json").read_text())
PLACE = {{word: at for at, word in enumerate(MODEL["words"])}}
WEIGHT = np.array(MODEL["weight"])


def predict(texts):
    z = np.full(len(texts), MODEL["bias"])
    for row, text in enumerate(texts):
        words = text.split()
        pieces = words + [" ".join(pair) for pair in zip(words, words[1:])]
        z[row] += sum(WEIGHT[PLACE[piece]] for piece in pieces if piece in PLACE)
    p = 1 / (1 + np.exp(-z))
    return np.stack([1 - p, p], 1)
"""


def texts(rows: int, seed: int) -> pd.DataFrame:
    """Texts with a label that goes by one word in eight, and is wrong in a fifth of them."""
    rng = np.random.default_rng(seed)
    words = rng.integers(0, 400, (rows, 12))
    telling = (words < 25).sum(1) - (words >= 375).sum(1) + rng.normal(0, 0.5, rows)
    label = np.where((telling > 0) ^ (rng.random(rows) < 0.2), "yes", "no")
    said = [" ".join(f"w{word}" for word in row) for row in words]
    return pd.DataFrame({"text": said, "label": label, "g": rng.choice(["a", "b"], rows)})


def train(folder: Path, name: str, table: pd.DataFrame, *, strength: float) -> None:
    """Train on words and pairs of words, and write a function beside the configuration.

    Parameters
    ----------
    strength
        Of what holds weights back: little of it, and every row is learned by heart.
    """
    reader = CountVectorizer(token_pattern=r"\S+", ngram_range=(1, 2))
    counts = reader.fit_transform(table["text"])
    found = LogisticRegression(C=1 / strength, max_iter=400).fit(counts, table["label"])
    stored = {
        "words": [str(word) for word in reader.get_feature_names_out()],
        "weight": found.coef_[0].tolist(),
        "bias": float(found.intercept_[0]),
    }
    pd.Series(stored).to_json(folder / f"{name}.json")
    (folder / f"{name}.py").write_text(SCORER.format(name=name))


def configured(folder: Path, name: str, **membership: Any) -> dict[str, Any]:
    """Configure an audit of one of them, as plain data."""
    return {
        "model": {"callable": f"{name}:predict", "classes": ["no", "yes"]},
        "data": {
            "path": "held_out.csv",
            "columns": {"input": "text", "label": "label"},
            "positive_label": "yes",
        },
        "attributes": ["g"],
        "explanations": {"which": "none"},
        "gaps": {"sample": 0},
        "probes": {"membership": {"members": "members.csv", **membership}},
        "output": {"folder": f"run-{name}"},
    }
