"""A table cut into windows by the time of its rows."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig
from audit.data.rows import kept_rows, source_columns
from audit.data.source import read_batches
from audit.data.times import times_of
from audit.data.values import as_text

#: Windows of a week begin on a Monday; those of a day or an hour on the hour.
ORIGIN = datetime(1970, 1, 5)


@dataclass(frozen=True)
class Window:
    """A stretch of time, its start included and its end not.

    Attributes
    ----------
    rows
        Rows of the table in it.
    labelled
        Those of them with a label.
    """

    start: datetime
    end: datetime
    rows: int
    labelled: int


@dataclass
class _Counts:
    rows: Counter[int] = field(default_factory=Counter)
    labelled: Counter[int] = field(default_factory=Counter)


def windows_of(config: AuditConfig, column: str, size: timedelta) -> list[Window]:
    """Cut the rows that `data.where` keeps; windows without rows are left out.

    Parameters
    ----------
    column
        Column of times.

    Raises
    ------
    DataError
        For a row without a time, with its number.
    """
    data, counts, seen = config.data, _Counts(), 0
    columns = {**source_columns(config), column: "--time"}
    labels = [name for name in (data.columns.label, *data.columns.labels.values()) if name]
    ignored: dict[str, set[str]] = defaultdict(set)
    for raw in read_batches(data, columns):
        rows = pa.array(np.arange(seen + 1, seen + 1 + raw.num_rows))
        seen += raw.num_rows
        kept = kept_rows(config, raw, ignored)
        times = times_of(raw.column(column), column, data, rows, kept)
        known = np.zeros(raw.num_rows, bool)
        for name in labels:
            known |= _filled(raw.column(name), config)
        inside = np.ones(raw.num_rows, bool) if kept is None else kept.to_numpy(zero_copy_only=False)
        at = (times[inside] - np.datetime64(ORIGIN, "us")) // np.timedelta64(size, "us")
        counts.rows.update(at.tolist())
        counts.labelled.update(at[known[inside]].tolist())
    return [
        Window(ORIGIN + number * size, ORIGIN + (number + 1) * size, n, counts.labelled[number])
        for number, n in sorted(counts.rows.items())
    ]


def _filled(column: pa.ChunkedArray, config: AuditConfig) -> np.ndarray:
    if pa.types.is_list(column.type):
        return np.asarray(pc.is_valid(column).to_numpy())
    return np.asarray(as_text(column, config.data.missing_values).is_valid().to_numpy(zero_copy_only=False))
