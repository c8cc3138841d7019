"""Cells that say when a row came up."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from audit.config import DataConfig
from audit.config.times import moment
from audit.data.values import flat
from audit.errors import CellError

Times = npt.NDArray[np.datetime64]


def times_of(
    column: pa.ChunkedArray, name: str, data: DataConfig, rows: pa.Array, kept: pa.Array | None = None
) -> Times:
    """Read moments: ISO 8601 text, dates, timestamps, or seconds since 1970; those without a zone are taken for UTC.

    Parameters
    ----------
    rows
        Numbers of the rows, for errors.
    kept
        Rows that count; others may have no time, and have none (NaT) then.

    Returns
    -------
    array
        In UTC, to the microsecond.

    Raises
    ------
    DataError
        For a row without a time, which belongs to no window, and for a cell that is none.
    """
    array, wanted = flat(column), None if kept is None else kept.to_numpy(zero_copy_only=False)
    if pa.types.is_timestamp(array.type) or pa.types.is_date(array.type):
        # A timestamp with a zone counts in UTC already.
        plain = array.cast(
            pa.timestamp("us", array.type.tz) if pa.types.is_timestamp(array.type) else pa.timestamp("us")
        )
        times = plain.cast(pa.timestamp("us")).to_numpy(zero_copy_only=False).astype("datetime64[us]")
    elif pa.types.is_integer(array.type) or pa.types.is_floating(array.type):
        seconds = array.cast(pa.float64()).to_numpy(zero_copy_only=False)
        sound = np.isfinite(seconds) & (np.abs(seconds) < 1e11)
        times = np.where(sound, np.where(sound, seconds * 1e6, 0).astype(np.int64), 0).astype("datetime64[us]")
        times[~sound] = np.datetime64("NaT")
    else:
        times = _texts(array, name, data, rows, wanted)
    absent = np.isnat(times) & (True if wanted is None else wanted)
    if absent.any():
        at = int(np.flatnonzero(absent)[0])
        raise CellError(
            name, rows[at].as_py(), " holds no time, so that it belongs to no window",
            where=str(data.path), hint="fill it in, or leave such rows out with data.where",
        )  # fmt: skip
    return np.asarray(times, "datetime64[us]")


def _texts(array: Any, name: str, data: DataConfig, rows: pa.Array, wanted: npt.NDArray[np.bool_] | None) -> Times:
    coded = array.cast(pa.string()).dictionary_encode()
    found: list[np.datetime64] = []
    for code, text in enumerate(coded.dictionary.to_pylist()):
        try:
            missing = text is None or text.strip() in data.missing_values
            found.append(np.datetime64("NaT") if missing else np.datetime64(moment(text), "us"))
        except ValueError:
            codes = coded.indices.fill_null(-1).to_numpy(zero_copy_only=False)
            at = np.flatnonzero((codes == code) & (True if wanted is None else wanted))
            if len(at):
                hint = "write ISO 8601, such as 2026-01-31 or 2026-01-31T06:00:00Z"
                problem = f" holds {text!r}, which is no time"
                raise CellError(name, rows[int(at[0])].as_py(), problem, where=str(data.path), hint=hint) from None
            found.append(np.datetime64("NaT"))
    table = np.array([*found, np.datetime64("NaT")], "datetime64[us]")
    return np.asarray(table[coded.indices.fill_null(len(found)).to_numpy(zero_copy_only=False)])
