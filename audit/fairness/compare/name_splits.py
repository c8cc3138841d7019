"""Entities whose outcome goes by the group of the name: found under all names of one, and under none of another."""

from __future__ import annotations

from typing import Any

import pandas as pd

from audit.store.columns import attribute_of

#: Groups at each end that are named as evidence.
MOST_GROUPS = 4


def with_found(table: pd.DataFrame) -> pd.DataFrame:
    """Say of every outcome that did not fail whether the entity was found: its boundaries, and its type."""
    usable = table[table["status"] != "failed"]
    return usable.assign(found=(usable["y_pred"] == usable["y_true"]).to_numpy(bool))


def columns_of(table: pd.DataFrame) -> list[str]:
    """Columns of a table of outcomes that hold the groups of names."""
    return [name for name in table.columns if attribute_of(name) != name]


def by_group(usable: pd.DataFrame) -> pd.DataFrame:
    """Share of names under which each entity is found, per group; of entities that are at both ends, 0 and 1.

    Parameters
    ----------
    usable
        From `with_found`.

    Returns
    -------
    DataFrame
        One row per entity, in the order of the table, and one column per group, a tuple of its values.
    """
    columns = columns_of(usable)
    group = pd.Series(list(usable[columns].astype(str).itertuples(index=False, name=None)), usable.index, dtype=object)
    rates = usable.assign(group=group).pivot_table("found", "row_id", "group", "mean", sort=True, observed=True)
    rates = rates.reindex(usable["row_id"].drop_duplicates())
    return rates[(rates.min(axis=1) == 0) & (rates.max(axis=1) == 1)]


def split_by_names(table: pd.DataFrame) -> dict[str, list[dict[str, Any]]]:
    """Tell the entities whose outcome goes by the group of the name, with groups at both ends and their names."""
    usable = with_found(table)
    if usable.empty:
        return {}
    columns = columns_of(usable)
    split = by_group(usable)
    mine = usable[usable["row_id"].isin(split.index)]
    written: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for row_id, name, *group in mine[["row_id", "written", *columns]].itertuples(index=False, name=None):
        written.setdefault((str(row_id), tuple(map(str, group))), []).append(name)
    out: dict[str, list[dict[str, Any]]] = {}
    for row_id, rates in zip(split.index, split.itertuples(index=False, name=None), strict=True):
        both = dict(zip(split.columns, rates, strict=True))
        ends = [[group for group, rate in both.items() if rate == end][:MOST_GROUPS] for end in (1.0, 0.0)]
        out[str(row_id)] = [
            {"group": list(group), "found": found, "names": written[str(row_id), tuple(map(str, group))]}
            for found, groups in zip((True, False), ends, strict=True)
            for group in groups
        ]
    return out
