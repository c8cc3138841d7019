"""Tables of a result as pandas frames: the numbers of result.json, one row each."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

import audit
from audit.result import AuditResult

Make = Callable[..., dict[str, Any]]


@pytest.fixture
def result(stored: Make, table: Callable[..., Path]) -> AuditResult:
    path = table(y=[1, 0] * 30, p=[1, 1, 0, 0, 1, 0] * 10, g=["a", "b", "a"] * 20, h=["u", "v"] * 30)
    return audit.run(stored(path, attributes=["g", "h"], crossings=[["g", "h"]], controls=[]))


def test_metrics(result: AuditResult) -> None:
    frame = result.metrics_frame()
    assert len(frame) == len(result.metrics)
    found = frame.query("attribute == 'g' and group == 'a' and metric == 'selection_rate'")
    (value,) = [
        item for item in result.metrics if (item.group, item.metric, item.stratum) == (["a"], "selection_rate", {})
    ]
    assert found[["n", "value", "lower", "upper"]].iloc[0].tolist() == [value.n, value.value, value.lower, value.upper]
    assert frame["attribute"].isna().sum() == sum(not item.attributes for item in result.metrics)
    assert set(frame["group"].dropna()) >= {"a", "u", "a × u"}
    assert (frame["n"].dtype, frame["value"].dtype) == ("Int64", "float64")


def test_disparities(result: AuditResult) -> None:
    frame = result.disparities_frame()
    assert len(frame) == len(result.disparities)
    assert set(frame["aggregate"]) == {"difference", "ratio"}
    widest = frame.query("attribute == 'g' and metric == 'selection_rate' and aggregate == 'difference'").iloc[0]
    values = result.metrics_frame().query("attribute == 'g' and metric == 'selection_rate'").set_index("group")["value"]
    assert widest["value"] == pytest.approx(values.max() - values.min())
    assert widest["compared"] == 2


def test_flags_have_their_columns_without_rows_too(result: AuditResult) -> None:
    frame = result.flags_frame()
    assert len(frame) == len(result.flags.rates)
    empty = result.model_copy(update={"flags": result.flags.model_copy(update={"rates": []})}).flags_frame()
    assert list(empty.columns) == list(frame.columns) and empty["n"].dtype == "Int64"
    assert isinstance(frame, pd.DataFrame)
