"""A small audit with texts, to be published."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import audit

#: Stands in every text of the data, and nowhere else.
SECRET = "Quittenmus"


def predictions(yes: object = "yes", no: object = "no") -> pd.DataFrame:
    """Decisions that find half of the women, and 17 of 20 men; no count is too small to be told to everybody."""
    counts = {"female": (50, 50, 15, 85), "male": (85, 15, 15, 85)}
    kinds = ((yes, yes), (yes, no), (no, yes), (no, no))
    rows = [
        (gender, label, predicted)
        for gender, sizes in counts.items()
        for size, (label, predicted) in zip(sizes, kinds, strict=True)
        for _ in range(size)
    ]
    return pd.DataFrame(rows, columns=["gender", "label", "prediction"])


@pytest.fixture(scope="session")
def audited(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run folder of stored predictions that a rule fails on, with flagged decisions and their texts."""
    folder = tmp_path_factory.mktemp("published")
    cells = predictions()
    cells["text"] = [f"{SECRET} number {i}" for i in range(len(cells))]
    cells.to_csv(folder / "data.csv", index=False)
    audit.run(
        {
            "data": {
                "path": str(folder / "data.csv"),
                "columns": {"input": "text", "label": "label", "prediction": "prediction"},
                "positive_label": "yes",
            },
            "attributes": ["gender"],
            "policy": {"rules": [{"metric": "true_positive_rate", "limit": 0.1}]},
            "output": {"folder": str(folder / "run"), "title": "Published"},
        }
    )
    return folder / "run"
