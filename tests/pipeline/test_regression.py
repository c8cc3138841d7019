"""Audits of predicted numbers."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import audit
from audit.errors import ConfigError, DataError


@pytest.fixture
def config(tmp_path: Path) -> dict[str, Any]:
    rng = np.random.default_rng(0)
    true = rng.normal(50, 10, 900).round(2)
    group = np.repeat(["a", "b", "c"], 300)
    predicted = true + rng.normal(0, np.where(group == "c", 9, 3), 900).round(2)
    pd.DataFrame({"salary": true, "predicted": predicted, "g": group}).to_csv(tmp_path / "d.csv", index=False)
    return {
        "data": {"path": str(tmp_path / "d.csv"), "outcome": "number",
                 "columns": {"label": "salary", "score": "predicted"}},
        "attributes": ["g"],
        "policy": {"rules": [{"metric": "mean_absolute_error", "limit": 2}]},
        "output": {"folder": str(tmp_path / "run")},
    }  # fmt: skip


def test_numbers_are_audited_and_judged(config: dict[str, Any]) -> None:
    config["policy"]["rules"][0] = {"metric": "mean_absolute_error", "at_least": 0.8}
    result = audit.run(config)
    data = pd.read_csv(config["data"]["path"])
    for group, rows in data.groupby("g"):
        value = next(v for v in result.metrics if v.group == [group] and v.metric == "mean_absolute_error")
        assert value.value == pytest.approx((rows["salary"] - rows["predicted"]).abs().mean())
    assert result.judgement is not None
    assert result.judgement.status == "fail"
    html = (Path(config["output"]["folder"]) / "report.html").read_text()
    assert "Mean absolute error" in html


def test_true_numbers_are_labels(config: dict[str, Any]) -> None:
    data = pd.read_csv(config["data"]["path"])
    data.loc[:9, "salary"] = np.nan
    data.to_csv(config["data"]["path"], index=False)
    result = audit.run(config)
    (groups,) = [slicing.groups for slicing in result.slicings if slicing.attributes == ["g"]]
    assert [(group.n, group.n_labelled) for group in groups] == [(300, 290), (300, 300), (300, 300)]


@pytest.mark.parametrize(
    ("change", "problem"),
    [
        ({"metrics": ["accuracy"]}, "needs classes"),
        ({"data__positive_label": "1"}, "have no positive_label"),
        ({"data__columns": {"label": "salary"}}, "nothing to audit"),
        ({"data__columns": {"label": "salary", "prediction": "predicted"}}, "name the predicted number"),
    ],
)
def test_what_numbers_cannot_answer(config: dict[str, Any], change: dict[str, Any], problem: str) -> None:
    for key, value in change.items():
        *parents, last = key.split("__")
        where = config
        for parent in parents:
            where = where[parent]
        where[last] = value
    with pytest.raises(ConfigError, match=problem):
        audit.run(config)


def test_a_cell_that_is_no_number(config: dict[str, Any], table: Callable[..., Path]) -> None:
    path = table(salary=[1, "x"], predicted=[1.0, 2.0], g=["a", "b"])
    config["data"]["path"] = str(path)
    with pytest.raises(DataError, match="'salary', row 2: 'x' is not a number"):
        audit.run(config)
