"""Rows of a time: `data.period` keeps them, whatever times are written as."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from audit.config import parse_config
from audit.config.times import length, moment, spelled
from audit.data.rows import RowReader
from audit.errors import ConfigError, DataError

MOMENTS = [datetime(2026, 3, 1, 23, 59, 59), datetime(2026, 3, 2), datetime(2026, 3, 2, 12), datetime(2026, 3, 3)]
SPELLINGS: dict[str, Any] = {
    "text": [f"{at:%Y-%m-%d %H:%M:%S}" for at in MOMENTS],
    "zone": [f"{at + timedelta(hours=2):%Y-%m-%dT%H:%M:%S}+02:00" for at in MOMENTS],
    "seconds": [at.replace(tzinfo=UTC).timestamp() for at in MOMENTS],
    "stamp": pd.to_datetime(MOMENTS),
    "aware": pd.to_datetime(MOMENTS).tz_localize("UTC").tz_convert("Asia/Shanghai"),
}


def kept(folder: Path, times: Any, **data: Any) -> list[str]:
    frame = pd.DataFrame({"at": times, "g": "a", "p": 1, "id": list("wxyz")[: len(times)]})
    frame.to_parquet(folder / "rows.parquet")
    plain: dict[str, Any] = {
        "path": str(folder / "rows.parquet"),
        "columns": {"prediction": "p", "id": "id"},
        "period": {"column": "at", "start": "2026-03-02", "end": "2026-03-03"},
    }
    config = parse_config({"data": plain | data, "attributes": ["g"]})
    return [row for batch in RowReader(config) for row in batch["row_id"].to_pylist()]


@pytest.mark.parametrize("spelling", SPELLINGS)
def test_the_start_is_in_and_the_end_is_not(spelling: str, tmp_path: Path) -> None:
    assert kept(tmp_path, SPELLINGS[spelling]) == ["x", "y"]


def test_days_are_times(tmp_path: Path) -> None:
    assert kept(tmp_path, [at.date() for at in MOMENTS]) == ["x", "y"]


def test_a_row_without_a_time_is_told_unless_it_is_left_out(tmp_path: Path) -> None:
    times = ["2026-03-02", None, "soon", "2026-03-02"]
    with pytest.raises(DataError, match=r"column 'at', row 3 holds 'soon', which is no time"):
        kept(tmp_path, times)
    with pytest.raises(DataError, match=r"row 2 holds no time"):
        kept(tmp_path, [*times[:2], *times[:1], *times[:1]])
    assert kept(tmp_path, times, where={"id": ["w", "z"]}) == ["w", "z"]


@pytest.mark.parametrize(("start", "end"), [("2026-03-02", "2026-03-02"), ("2026-03-03", "2026-03-02"), ("x", "y")])
def test_a_period_has_a_start_before_its_end(start: str, end: str, tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"period"):
        kept(tmp_path, SPELLINGS["text"], period={"column": "at", "start": start, "end": end})


def test_moments_and_lengths() -> None:
    assert spelled(moment("2026-03-02T02:00+02:00")) == "2026-03-02"
    assert spelled(moment("2026-03-02T06:30")) == "2026-03-02T06:30:00"
    assert [length(text) for text in ("12h", "1d", "2w")] == [
        timedelta(hours=12),
        timedelta(days=1),
        timedelta(weeks=2),
    ]
    for text in ("0d", "d", "1 month", "-1d"):
        with pytest.raises(ValueError, match="is no length of a window"):
            length(text)
