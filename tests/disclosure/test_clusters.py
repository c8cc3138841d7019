"""Many decisions about few persons: their numbers are not told, and are not what is left of the others."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from audit import run
from audit.disclosure.public import made_public
from audit.errors import AuditError
from audit.result import AuditResult


def audited(folder: Path, clusters: dict[str, int]) -> AuditResult:
    """Groups of a hundred decisions, of so many clusters each."""
    rng = np.random.default_rng(2)
    table = pd.DataFrame({"a": np.repeat(list(clusters), 100)})
    table["c"] = table.a + [str(number % clusters[group]) for number, group in enumerate(table.a)]
    table["y"] = rng.integers(0, 2, len(table))
    table["p"] = np.where(rng.random(len(table)) < 0.7, table.y, 1 - table.y)
    table.to_csv(folder / "rows.csv", index=False)
    return run(
        {
            "data": {"path": str(folder / "rows.csv"), "columns": {"label": "y", "prediction": "p", "cluster": "c"}},
            "attributes": [{"column": "a"}],
            "output": {"folder": str(folder / "run")},
        }
    )


def numbers(told: AuditResult, group: str) -> list[object]:
    """All that is told of a group."""
    found: list[object] = [one for slicing in told.slicings for one in slicing.groups if one.values == [group]]
    return found + [value for value in told.metrics if value.group == [group] and value.value is not None]


def test_few_clusters_are_not_what_is_left_of_the_others(tmp_path: Path) -> None:
    told = made_public(audited(tmp_path, {"u": 30, "v": 40, "w": 5}))
    assert not numbers(told, "w")
    # One more group, so that two are unknown: their sum alone can be worked out.
    assert sorted(bool(numbers(told, group)) for group in "uv") == [False, True]


def test_of_two_groups_none_is_told(tmp_path: Path) -> None:
    told = made_public(audited(tmp_path, {"u": 30, "w": 5}))
    assert not numbers(told, "u") and not numbers(told, "w")
    assert told.slicings[0].groups[0].n == 200


def test_many_clusters_are_told(tmp_path: Path) -> None:
    told = made_public(audited(tmp_path, {"u": 30, "v": 40, "w": 20}))
    assert all(numbers(told, group) for group in "uvw")
    assert told.publication is not None and not told.publication.suppressed


def test_nothing_is_told_of_few_clusters(tmp_path: Path) -> None:
    with pytest.raises(AuditError, match="nothing of 8 clusters"):
        made_public(audited(tmp_path, {"u": 4, "v": 4}))
