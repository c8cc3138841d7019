"""Functions of a user's own, as files beside a configuration."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from audit.config import AuditConfig, parse_config

#: Says `good` of high incomes, and of owners; knows age only where somebody rents.
SCORER = """
import numpy as np

def predict(frame):
    z = 0.06 * (frame["income"].fillna(36) - 36) + (frame["house"] == "own") * 1.0 - 0.5
    z = z + 0.02 * (frame["age"] - 40) * (frame["house"] == "rent")
    p = 1 / (1 + np.exp(-z.to_numpy(float)))
    return np.stack([1 - p, p], 1)
"""
FEATURES = {"age": "number", "income": "number", "house": "category"}
KINDS = {"features": FEATURES, "fields": ["age", "house"], "input": "note"}


def people(rows: int = 240, seed: int = 0) -> pd.DataFrame:
    """Applicants for a loan."""
    rng = np.random.default_rng(seed)
    house = rng.choice(["rent", "own", "family"], rows, p=[0.5, 0.3, 0.2])
    income = rng.gamma(3, 12, rows).round(1)
    chance = 1 / (1 + np.exp(-(0.06 * (income - 36) + (house == "own") - 0.5)))
    return pd.DataFrame(
        {
            "id": [f"r{i}" for i in range(rows)],
            "age": rng.integers(18, 65, rows),
            "income": income,
            "house": house,
            "note": [f"{h}s a home, {a} years" for h, a in zip(house, rng.integers(18, 65, rows), strict=True)],
            "group": rng.choice(["a", "b"], rows),
            "y": np.where(rng.random(rows) < chance, "good", "bad"),
        }
    )


def configured(folder: Path, source: str = SCORER, reads: str = "features", **model: Any) -> AuditConfig:
    """Write data and module, and configure an audit of the function."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "scorer.py").write_text(source)
    if not (folder / "rows.csv").exists():
        people().to_csv(folder / "rows.csv", index=False)
    raw = {
        "model": {"callable": "scorer:predict", "classes": ["bad", "good"], **model},
        "data": {
            "path": "rows.csv",
            "columns": {reads: KINDS[reads], "label": "y", "id": "id"},
            "positive_label": "good",
        },
        "attributes": ["group"],
        "explanations": {"sample": 24},
        "gaps": {"sample": 60},
        "output": {"folder": "run"},
    }
    return parse_config(raw, base=folder)


def function(body: str) -> str:
    """A module whose function has this body, after `n` rows were counted."""
    lines = "\n".join(f"    {line}" for line in ["n = len(batch)", *body.splitlines()])
    return f"import numpy as np\n\ndef predict(batch):\n{lines}\n"
