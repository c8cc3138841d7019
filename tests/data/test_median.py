"""The median that scores are cut at is that of all rows, each as often as it counts."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

import audit
from audit.config import DataConfig, parse_config
from audit.data.median import MedianScore
from audit.errors import ConfigError, DataError

DATA = DataConfig.model_validate({"path": "rows.csv", "columns": {"score": "s"}, "threshold": "median"})


@given(st.lists(st.tuples(st.integers(0, 20), st.integers(0, 5)), min_size=1, max_size=40), st.integers(1, 40))
def test_it_is_numpys(rows: list[tuple[int, int]], size: int) -> None:
    median = MedianScore(DATA)
    table = pa.table({"score": [score / 20 for score, _ in rows], "count": [count for _, count in rows]})
    for _ in median.over(pa.Table.from_batches([batch]) for batch in table.to_batches(max_chunksize=size)):
        pass
    every = np.repeat([score / 20 for score, _ in rows], [count for _, count in rows])
    assert median.value() == (float(np.median(every)) if len(every) else None)


def configured(tmp_path: Path, lines: list[str], **data: Any) -> dict[str, Any]:
    (tmp_path / "rows.csv").write_text("\n".join(["g,s,n,w", *lines]))
    plain: dict[str, Any] = {"path": str(tmp_path / "rows.csv"), "threshold": "median", "positive_label": "above"}
    plain["columns"] = {"score": "s", **data.pop("columns", {})}
    return {"data": plain | data, "attributes": ["g"], "output": {"folder": str(tmp_path / "run")}}


def test_who_scores_the_median_itself_is_not_above_it(tmp_path: Path) -> None:
    lines = [f"{g},{s},1,1" for g, s in zip("aaabbb", (10, 20, 20, 20, 30, 40), strict=True)]
    result = audit.run(configured(tmp_path, lines, score_range=[0, 100]))
    assert result.data.median_score == pytest.approx(20)
    assert {row.group[0]: row.selected for row in result.impact_ratios[0].groups} == {"a": 0, "b": 2}
    (note,) = (note for note in result.notes if note.code == "cut_at_median")
    assert note.params == {"median": "20", "n": 6}
    assert "20, the median of all 6 decisions" in (tmp_path / "run" / "report.html").read_text()


def test_rows_count_as_often_as_they_say_and_weights_move_nothing(tmp_path: Path) -> None:
    lines = ["a,.2,3,1", "b,.9,2,100"]
    result = audit.run(configured(tmp_path, lines, columns={"count": "n", "weight": "w"}))
    assert result.data.median_score == pytest.approx(0.2)
    assert result.data.predictions["above"] == 2


def test_where_nothing_counts_there_is_nothing_to_audit(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="every count is 0"):
        audit.run(configured(tmp_path, ["a,.2,0,1", "b,.9,0,1"], columns={"count": "n"}))


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"path": "x.csv", "columns": {"prediction": "p"}, "threshold": "median"}},
        {"data": {"path": "x.csv", "columns": {"prediction": "p", "score": "s"}, "threshold": "median"}},
        {"data": {"path": "x.csv", "columns": {"input": "t"}, "threshold": "median"}, "model": {"path": "m"}},
        {"data": {"path": "x.csv", "columns": {"score": "s"}, "outcome": "number", "threshold": "median"}},
        {"data": {"path": "x.csv", "columns": {"score": "s"}, "positive_label": "1", "threshold": "mean"}},
    ],
)
def test_what_has_no_stored_scores_has_no_median(change: dict[str, Any]) -> None:
    with pytest.raises(ConfigError, match="threshold"):
        parse_config({"attributes": ["g"], **change})
