"""Overlapping and probabilistic groups: a decision that belongs to several groups counts in each by its share.

A row of weight w that belongs to a group with share p enters that group with weight w·p. Rows that are in two groups
make the two alike, which bounds that take groups as independent do not use: they are wider than need be.
"""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa
import pyarrow.compute as pc

from audit.store.columns import members_column

#: A row's groups, each with its share from 0 to 1.
TYPE = pa.list_(pa.struct([("group", pa.string()), ("share", pa.float64())]))


def spread(batch: pa.Table, groups: Sequence[str], weights: Sequence[str], squares: Sequence[str]) -> pa.Table:
    """Repeat each row for every group it belongs to.

    Parameters
    ----------
    groups
        Columns of the attributes of the slicing; those without a column of members stay as they are.
    weights, squares
        Columns to multiply by the share, and by its square.
    """
    for name in groups:
        if members_column(name) not in batch.column_names:
            continue
        members = batch[members_column(name)].combine_chunks()
        if isinstance(members, pa.ChunkedArray):  # an empty one combines to itself in some versions
            members = pa.array([], TYPE)
        rows, items = pc.list_parent_indices(members), members.flatten()
        batch = batch.drop_columns([members_column(name)]).take(rows)
        share = items.field("share")
        batch = batch.set_column(batch.schema.get_field_index(name), name, items.field("group"))
        for columns, factor in ((weights, share), (squares, pc.multiply(share, share))):
            for column in columns:
                at = batch.schema.get_field_index(column)
                batch = batch.set_column(at, column, pc.multiply(batch[column], factor))
    return batch
