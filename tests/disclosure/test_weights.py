"""Weighted rates give no counts back, but rates: that of everybody less that of the others is that of a small group."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit import run
from audit.disclosure.public import made_public
from audit.result import AuditResult


def audited(folder: Path, few: int) -> AuditResult:
    """Two groups; of the second, so many are selected."""
    rng = np.random.default_rng(1)
    n = 400
    table = pd.DataFrame({"a": ["u"] * 240 + ["v"] * 160, "y": rng.integers(0, 2, n)})
    table["p"] = np.where(rng.random(n) < 0.7, table.y, 1 - table.y)
    if few:
        table.loc[240:, "p"] = 0
        table.loc[240 : 240 + few - 1, "p"] = 1
    table["w"] = rng.choice([1.0, 1.5, 2.0], n)
    table.to_csv(folder / "rows.csv", index=False)
    return run(
        {
            "data": {"path": str(folder / "rows.csv"), "columns": {"label": "y", "prediction": "p", "weight": "w"}},
            "attributes": [{"column": "a"}],
            "output": {"folder": str(folder / "run")},
        }
    )


def test_no_small_rate_is_what_is_left_of_the_others(tmp_path: Path) -> None:
    result = audited(tmp_path, few=3)
    told = made_public(result)
    assert told.data.weighted
    for metric in {value.metric for value in result.metrics}:
        known = {
            tuple(value.group): value.value is not None
            for value in told.metrics
            if (value.metric, value.cls) == (metric, "1")
        }
        assert len([group for group, is_known in known.items() if group and is_known]) in {0, 2}, metric
    assert not [
        value for value in told.metrics if value.metric == "selection_rate" and value.group and value.value is not None
    ]
    # Sizes are large, and stay.
    assert [group.n for slicing in told.slicings for group in slicing.groups] == [400, 240, 160]
    assert all(
        n is None for slicing in told.slicings[1:] for group in slicing.groups for n in group.by_prediction.values()
    )


def test_large_weighted_groups_are_told_whole(tmp_path: Path) -> None:
    result = audited(tmp_path, few=0)
    told = made_public(result)
    assert [value.value for value in told.metrics] == pytest.approx([value.value for value in result.metrics])
    assert told.class_reports == result.class_reports
    assert all(gap.value is not None for gap in told.disparities)
    assert told.publication is not None and not told.publication.suppressed
