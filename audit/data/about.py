"""What decisions are about: the examples of the data that they were made on."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

import pyarrow as pa
import pyarrow.compute as pc

from audit.config import AuditConfig
from audit.data.examples import Example, Plain, asked_of, examples_of
from audit.data.rows import RowReader
from audit.store.decisions import read_decisions
from audit.store.runfolder import RunFolder

#: Columns of a decision table that say what a decision is about.
ABOUT = ["example", "output", "position"]


def examples_about(config: AuditConfig, decided: pa.Table) -> list[Example]:
    """Read the examples that decisions are about, each with the decision that is meant.

    Parameters
    ----------
    decided
        `row_id` and `ABOUT` of the decisions.
    """
    owners = pa.array(pc.coalesce(decided["example"], decided["row_id"]).to_pylist(), pa.string())
    found: dict[str, Plain] = {}
    for batch in RowReader(config) if len(owners) else ():
        mine = batch.filter(pc.is_in(batch["row_id"], value_set=owners))
        if mine.num_rows:
            found |= dict(zip(mine["row_id"].to_pylist(), examples_of(mine), strict=True))
    which = zip(decided["output"].to_pylist(), decided["position"].to_pylist(), strict=True)
    return [asked_of(found[owner], *one) for owner, one in zip(owners.to_pylist(), which, strict=True)]


def with_examples(config: AuditConfig, decided: Iterable[pa.Table]) -> Iterator[tuple[list[Example], pa.Table]]:
    """Put the examples that decisions are about beside them.

    Parameters
    ----------
    decided
        Parts of a decision table in its own order, which is that of the rows; with `row_id` and `ABOUT`.
    """
    rows = (
        pair
        for batch in RowReader(config)
        for pair in zip(batch["row_id"].to_pylist(), examples_of(batch), strict=True)
    )
    row_id, example = next(rows)
    for table in decided:
        out: list[Example] = []
        owners = pc.coalesce(table["example"], table["row_id"]).to_pylist()
        which = zip(table["output"].to_pylist(), table["position"].to_pylist(), strict=True)
        for owner, one in zip(owners, which, strict=True):
            while row_id != owner:
                row_id, example = next(rows)
            out.append(asked_of(example, *one))
        yield out, table


def chosen_decisions(folder: RunFolder, ids: Collection[str], columns: Collection[str]) -> pa.Table:
    """Read some columns of the decisions with these ids, in the order of the decision table."""
    wanted = pa.array(sorted(set(ids)), pa.string())
    parts = [
        batch.filter(pc.is_in(batch["row_id"], value_set=wanted))
        for batch in read_decisions(folder.decisions, list(dict.fromkeys(["row_id", *columns])))
    ]
    return pa.concat_tables(parts)


def examples_of_decisions(config: AuditConfig, folder: RunFolder, ids: Collection[str]) -> dict[str, Example]:
    """Read the examples of the decisions with these ids."""
    if not ids:
        return {}
    decided = chosen_decisions(folder, ids, ABOUT)
    return dict(zip(decided["row_id"].to_pylist(), examples_about(config, decided), strict=True))
