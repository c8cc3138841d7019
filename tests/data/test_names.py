"""Whatever people call their columns and attributes, the numbers are those under harmless names."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

import audit
from audit.data.rows import ROW_FIELDS
from audit.fairness import scores, tally
from audit.store.decisions import decision_schema

#: Every name that a table of ours uses, and some that look like one.
OURS = sorted(
    {*ROW_FIELDS, *decision_schema([]).names, *tally.SUMS, *scores.SUMS, "search_half", "score_block", "score_key"}
    | {"is_positive", "y_before", "score_before", "group:a", "control:a", "members:group:a", "a:members", "selected"}
    | {"explained: length", "explained: predicted class", "outcome", "reason", "f_input", "value", "w_then", "level_0"}
)
PARTS = ("label", "prediction", "score", "weight", "cluster", "first", "second", "control", "searched")


def audited(names: dict[str, str], folder: Path) -> dict[str, Any]:
    """Find every number of an audit of the same rows, under these names."""
    rng = np.random.default_rng(7)
    n = 240
    truth = rng.integers(0, 2, n)
    columns: dict[str, Any] = {
        "label": truth,
        "score": np.round(np.clip(truth * 0.3 + rng.uniform(0, 0.7, n), 0, 1), 2),
        "prediction": np.where(rng.random(n) < 0.8, truth, 1 - truth),
        "weight": rng.choice([0.5, 1.0, 2.0], n),
        "cluster": rng.integers(0, 60, n),
        "first": rng.choice(["f", "m"], n),
        "second": rng.choice(["x", "y", "z"], n),
        "control": rng.choice(["low", "high"], n),
        "searched": rng.choice(["k", "l"], n),
    }
    pd.DataFrame({names[key]: values for key, values in columns.items()}).to_csv(folder / "d.csv", index=False)
    own = ("label", "prediction", "score", "weight", "cluster")
    result = audit.run(
        {
            "data": {
                "path": str(folder / "d.csv"),
                "columns": {key: names[key] for key in own},
                "positive_label": "1",
            },
            "attributes": [names["first"], names["second"]],
            "crossings": [[names["first"], names["second"]]],
            "controls": [names["control"]],
            "discovery": {"columns": [names["searched"]]},
            "output": {"folder": str(folder / "run")},
        }
    )
    found = result.model_dump(mode="json")
    told = {part: numbers(found[part]) for part in ("metrics", "adjusted", "disparities", "scores", "stratified")}
    assert all(told.values())
    return told | {"searched": found["discovery"]["comparisons"]}


def numbers(item: Any) -> Any:
    """Numbers of a result in their order, names aside."""
    if isinstance(item, dict):
        return [numbers(value) for value in item.values()]
    if isinstance(item, list):
        return [numbers(value) for value in item]
    return item if isinstance(item, int | float) else None


@pytest.fixture(scope="module")
def harmless(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    return audited({part: f"the {part} here" for part in PARTS}, tmp_path_factory.mktemp("harmless"))


@settings(max_examples=6, deadline=None)
@given(st.permutations(OURS))
@example(["y_pred", "y_true", "weight", "score", "row_id", "prediction", "n", "input", "search_half"])
@example(["first", "second", "control", "searched", "label", "cluster", "explained: length", "group:a", "y_before"])
def test_names_of_columns_change_no_number(harmless: dict[str, Any], names: list[str]) -> None:
    with tempfile.TemporaryDirectory() as folder:
        assert audited(dict(zip(PARTS, names, strict=False)), Path(folder)) == harmless
