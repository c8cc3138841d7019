"""Tables with planted faults."""

from __future__ import annotations

import random
from pathlib import Path
from typing import Any

import pandas as pd

from audit.config import parse_config
from audit.pipeline.data_audit import data_audit
from audit.result import DataAudit, RatesByAttribute, RowCheck

WORDS = ["river", "window", "paper", "garden", "engine", "letter", "summer", "market", "doctor", "silver", "bridge"]
WORDS += ["orange", "winter", "planet", "guitar", "pocket", "button", "castle", "forest", "mirror"]


def table(rows: int = 600, seed: int = 0) -> pd.DataFrame:
    """Rows in which nothing goes with the group."""
    rng = random.Random(seed)
    return pd.DataFrame(
        {
            "text": [" ".join(rng.choices(WORDS, k=14)) + f" {rng.randrange(10**6)}" for _ in range(rows)],
            "label": [rng.choice(["yes", "no"]) for _ in range(rows)],
            "pred": [rng.choice(["yes", "no"]) for _ in range(rows)],
            "group": [rng.choice(["a", "a", "b"]) for _ in range(rows)],
            "height": [rng.gauss(0, 1) for _ in range(rows)],
            "town": [rng.choice(["north", "south", "east"]) for _ in range(rows)],
        }
    )


def looked(folder: Path, frame: pd.DataFrame, settings: dict[str, Any] | None = None, **more: Any) -> DataAudit:
    """Look at a table."""
    frame.to_csv(folder / "rows.csv", index=False)
    columns = {"input": "text", "label": "label", "prediction": "pred"} | more.pop("columns", {})
    raw = {
        "data": {"path": "rows.csv", "columns": columns, "positive_label": "yes"},
        "attributes": ["group"],
        "data_audit": {"columns": ["height", "town"]} | (settings or {}),
        **more,
    }
    return data_audit(parse_config(raw, base=folder))


def check(found: DataAudit, code: str, about: str | None = None) -> RowCheck:
    """Return one check."""
    return next(one for one in found.checks if one.code == code and about in {None, one.about})


def codes(found: DataAudit) -> set[str]:
    """Codes of what matters."""
    return {one.code for one in found.findings}


def of_group(part: RatesByAttribute, group: str) -> int:
    """Hits of one group."""
    return next(one.hits for one in part.groups if one.group == group)
