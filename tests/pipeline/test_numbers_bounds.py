"""Means of predicted numbers have bounds around their values, whatever these are."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import audit


@pytest.mark.parametrize(("centre", "spread"), [(50_000.0, 300.0), (-2e7, 1e4), (0.002, 1e-4)])
def test_numbers_of_any_size(tmp_path: Path, centre: float, spread: float) -> None:
    rng = np.random.default_rng(0)
    group = np.repeat(["F", "M"], 300)
    true = rng.normal(centre, spread, 600)
    predicted = true + rng.normal(0, spread / 4, 600) + np.where(group == "M", 3 * spread, 0)
    pd.DataFrame({"y": true, "yhat": predicted, "sex": group}).to_csv(tmp_path / "d.csv", index=False)
    result = audit.run(
        {
            "data": {"path": str(tmp_path / "d.csv"), "outcome": "number", "columns": {"label": "y", "score": "yhat"}},
            "attributes": ["sex"],
            "policy": {"rules": [{"metric": "mean_prediction", "limit": spread}]},
            "output": {"folder": str(tmp_path / "run")},
        }
    )
    for value in result.metrics:
        if value.metric == "mean_prediction":
            assert value.value is not None
            assert value.lower is not None
            assert value.upper is not None
            assert value.lower < value.value < value.upper
            assert value.upper - value.lower < 2 * spread
    assert result.judgement is not None
    assert result.judgement.status == "fail"
    assert {item.metric for item in result.clear_gaps.items} == {"mean_prediction", "mean_absolute_error"}
