"""Rows that belong to several groups, or to some by a probability."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import audit
from audit.errors import AuditError, ConfigError, DataError


@pytest.fixture
def config(tmp_path: Path) -> Callable[..., dict[str, Any]]:
    def make(frame: pd.DataFrame, **attribute: Any) -> dict[str, Any]:
        frame.to_csv(tmp_path / "d.csv", index=False)
        given = {"name": "group", "members": {"x": "in_x", "y": "in_y"}} | attribute
        return {
            "data": {"path": str(tmp_path / "d.csv"), "positive_label": "1",
                     "columns": {"label": "y", "prediction": "p", "score": "s", "weight": "w"}},
            "attributes": [given, "z"],
            "crossings": [["group", "z"]],
            "output": {"folder": str(tmp_path / "run")},
        }  # fmt: skip

    return make


def frame(n: int = 400) -> pd.DataFrame:
    rng = np.random.default_rng(0)
    made = pd.DataFrame({name: rng.integers(0, 2, n) for name in ("y", "p")})
    made["in_x"], made["in_y"] = rng.choice([0, 0.3, 1], n), rng.choice([0, 0.7, 1], n)
    return made.assign(s=rng.uniform(0, 1, n).round(3), w=rng.uniform(0.5, 2, n).round(3), z=rng.choice(["k", "l"], n))


def test_a_row_counts_in_each_group_by_its_share(config: Callable[..., dict[str, Any]]) -> None:
    data = frame()
    result = audit.run(config(data))
    for group, column in (("x", "in_x"), ("y", "in_y")):
        weight = data["w"] * data[column]
        found = {v.metric: v for v in result.metrics if v.group == [group]}
        assert found["selection_rate"].value == pytest.approx(np.average(data["p"], weights=weight))
        assert found["mean_prediction"].value == pytest.approx(np.average(data["s"], weights=weight))
        assert found["selection_rate"].effective_n == pytest.approx(weight.sum() ** 2 / (weight**2).sum())
    crossed = next(v for v in result.metrics if v.group == ["x", "k"] and v.metric == "selection_rate")
    here = data["z"] == "k"
    assert crossed.value == pytest.approx(np.average(data["p"][here], weights=(data["w"] * data["in_x"])[here]))
    nobody = ((data["in_x"] == 0) & (data["in_y"] == 0)).sum()
    missing = next(
        g for s in result.slicings if s.attributes == ["group"] for g in s.groups if g.values == ["(missing)"]
    )
    assert (missing.n, missing.in_gaps) == (nobody, False)


def test_the_share_of_a_group_is_of_all_decisions(config: Callable[..., dict[str, Any]]) -> None:
    data = frame()
    result = audit.run(config(data))
    for slicing in result.slicings:
        for group in slicing.groups:
            assert group.share == pytest.approx(group.weight / data["w"].sum())
    by_name = {tuple(group.values): group.share for slicing in result.slicings for group in slicing.groups}
    assert by_name["x",] == pytest.approx(np.average(data["in_x"], weights=data["w"]))


def test_shares_are_checked(config: Callable[..., dict[str, Any]]) -> None:
    data = frame()
    data.loc[6, "in_y"] = 1.5
    with pytest.raises(DataError, match=r"'in_y', row 7: 1\.5 is no share"):
        audit.run(config(data))


@pytest.mark.parametrize("changes", [{"column": "z"}, {"members": {}}, {"name": ""}, {"bins": [1]}])
def test_column_or_members(config: Callable[..., dict[str, Any]], changes: dict[str, Any]) -> None:
    with pytest.raises(ConfigError):
        audit.run(config(frame(), **changes))


def test_a_baseline_of_overlapping_groups(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    plain = config(frame())
    audit.run(plain)
    plain["output"] = {"folder": str(tmp_path / "again")}
    result = audit.run(plain, baseline=tmp_path / "run")
    assert result.comparison is not None
    assert result.comparison.paired
    change = next(c for c in result.comparison.changes if c.group == ["x"] and c.metric == "true_positive_rate")
    assert (change.difference, change.correlation) == (pytest.approx(0.0, abs=1e-9), pytest.approx(1.0))


def test_rows_with_other_shares_are_other_rows(config: Callable[..., dict[str, Any]], tmp_path: Path) -> None:
    data = frame()
    plain = config(data)
    audit.run(plain)
    plain = config(data.assign(in_y=data["in_y"].replace(0.7, 0.9)))
    plain["output"] = {"folder": str(tmp_path / "again")}
    with pytest.raises(AuditError, match="of other rows, labels or groups"):
        audit.run(plain, baseline=tmp_path / "run")
