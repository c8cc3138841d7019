"""Columns that rows are grouped by, as small whole numbers: each is numbered once for a batch, for all slicings."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

from audit.store.columns import members_column
from audit.store.membership import spread

Ints = npt.NDArray[np.int64]

#: Cells of a dense table of sums, beside which those that occur are looked for.
_DENSE = 1 << 16


@dataclass(frozen=True)
class Codes:
    """A column.

    Attributes
    ----------
    codes : array of shape (rows,)
        Number of the value of each row, from 0.
    values
        Values by number; a missing one is a value.
    """

    codes: Ints
    values: pa.Array


@dataclass
class Coded:
    """A batch of decisions, with the numbers of the columns that were asked for."""

    table: pa.Table
    _known: dict[str, Codes] = field(default_factory=dict)

    @classmethod
    def of(cls, batch: pa.Table | Coded) -> Coded:
        """Take a table, or what is coded already."""
        return batch if isinstance(batch, Coded) else cls(batch)

    def codes(self, name: str) -> Codes:
        """Return the numbers of a column."""
        if name not in self._known:
            self._known[name] = codes_of(self.table[name])
        return self._known[name]

    def numbers(self, name: str) -> npt.NDArray[Any]:
        """Return a column of numbers."""
        return np.asarray(self.table[name].to_numpy())

    def spread(self, groups: Sequence[str], weights: Sequence[str], squares: Sequence[str]) -> Coded:
        """Repeat rows for every group that they belong to (`audit.store.membership.spread`)."""
        if not any(members_column(name) in self.table.column_names for name in groups):
            return self
        return Coded(spread(self.table, groups, weights, squares))


def codes_of(column: pa.ChunkedArray | pa.Array) -> Codes:
    """Number the values of a column."""
    array = column.combine_chunks() if isinstance(column, pa.ChunkedArray) else column
    if isinstance(array, pa.ChunkedArray):  # an empty one combines to itself in some versions
        array = pa.array([], column.type)
    coded = array if pa.types.is_dictionary(array.type) else array.dictionary_encode()
    codes, values = coded.indices, coded.dictionary
    if codes.null_count:
        codes = pc.fill_null(codes, len(values))
        values = pa.concat_arrays([values, pa.nulls(1, values.type)])
    return Codes(codes.to_numpy(zero_copy_only=False).astype(np.int64), values)


def cells_of(batch: Coded, keys: Sequence[str], sums: Mapping[str, npt.NDArray[Any]]) -> pa.Table:
    """Sum numbers over the rows of each cell that occurs.

    Parameters
    ----------
    keys
        Columns that name a cell.
    sums
        Numbers of each row. Whole ones have whole sums, which stay below 2⁵³.

    Returns
    -------
    Table
        One row per cell: keys and sums.
    """
    size = prod(max(len(batch.codes(key).values), 1) for key in keys)
    if size > max(_DENSE, 4 * batch.table.num_rows):
        return _by_arrow(batch, keys, sums)
    cell = cells(batch, keys)
    present = np.flatnonzero(np.bincount(cell, minlength=size))
    out = dict(zip(keys, values_at(batch, keys, present), strict=True))
    for name, numbers in sums.items():
        total = np.bincount(cell, numbers, size)[present]
        out[name] = pa.array(total.astype(np.int64) if numbers.dtype.kind == "i" else total)
    return pa.table(out)


def cells(batch: Coded, keys: Sequence[str]) -> Ints:
    """Number the cell of each row: all values of all columns, crossed."""
    out = np.zeros(batch.table.num_rows, np.int64)
    for key in keys:
        column = batch.codes(key)
        out = out * max(len(column.values), 1) + column.codes
    return out


def values_at(batch: Coded, keys: Sequence[str], numbered: Ints) -> list[pa.Array]:
    """Return what the cells of some numbers are: an array of values for each column."""
    out = []
    for key in reversed(keys):
        values = batch.codes(key).values
        out.append(values.take(pa.array(numbered % max(len(values), 1))))
        numbered = numbered // max(len(values), 1)
    return out[::-1]


def summed(parts: Sequence[pa.Table], keys: Sequence[str], sums: Sequence[str]) -> pa.Table:
    """Add up the cells of several tables."""
    # Weights are whole in one part, and perhaps not in the next.
    joined = parts[0] if len(parts) == 1 else pa.concat_tables(parts, promote_options="permissive")
    # In one thread: several would add up in another order each time.
    found = joined.group_by(list(keys), use_threads=False).aggregate([(name, "sum") for name in sums])
    return pa.table({key: found[key] for key in keys} | {name: found[f"{name}_sum"] for name in sums})


def _by_arrow(batch: Coded, keys: Sequence[str], sums: Mapping[str, npt.NDArray[Any]]) -> pa.Table:
    """Do the same where there would be more cells than rows, as clusters make them."""
    plain = {key: batch.codes(key).values.take(pa.array(batch.codes(key).codes)) for key in keys}
    # Under names of their own: a key may be called as a sum is.
    own = {name: f"sum of {name}" for name in sums}
    found = summed([pa.table(plain | {own[name]: numbers for name, numbers in sums.items()})], keys, [*own.values()])
    return found.rename_columns([*keys, *sums])
