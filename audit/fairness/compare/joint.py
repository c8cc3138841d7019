"""Two decision tables of the same rows, brought to the same decisions.

Where a model finds what it decides about, as it does entities, two versions have decided about different things. What
is true is in both tables. What only one of them found, the other left alone: it said that there is nothing, and that is
true. So a decision that is in one table alone is set beside one of label and prediction "nothing", which no recall is
about and no precision of that version either; where one of the two is missed in the other's sums, it weighs zero there.

Rows with a decision that failed in either version are left out: what was not found in them is not known.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import numpy as np
import numpy.typing as npt
import pandas as pd
import pyarrow as pa
import pyarrow.compute as pc

from audit.errors import RunFolderError

#: What a decision is about, whoever made it; decisions about one place are told apart by what is true of it.
KEY = ("row_id", "example", "output", "position", "end", "y_true")
_OF_KEY = ["example", "output", "position", "end", "y_true"]

Ints = npt.NDArray[np.int64]


def matched_decisions(
    candidate: Iterable[pa.Table], baseline: Iterable[pa.Table], nothing: str
) -> Iterator[tuple[pa.Table, pa.Table]]:
    """Yield parts of both tables with the same decisions in the same order.

    Parameters
    ----------
    candidate, baseline
        Decisions about the same rows in the same order, each row with one at least, and with the columns of `KEY`.
    nothing
        The class that says that there is nothing.

    Raises
    ------
    RunFolderError
        If they are not about the same rows.
    """
    streams = iter(candidate), iter(baseline)
    waiting: list[pa.Table | None] = [None, None]
    ended = [False, False]
    while not all(ended):
        for side, stream in enumerate(streams):
            # The side that has fewer rows waiting goes on, so that neither runs ahead of the other.
            if not ended[side] and (ended[1 - side] or _rows(waiting[side]) <= _rows(waiting[1 - side])):
                part = next(stream, None)
                ended[side] = part is None
                waiting[side] = _joined(waiting[side], part)
        if waiting[0] is None or waiting[1] is None:
            continue
        starts = [_starts(table) for table in waiting if table is not None]
        # The last row of a part may go on in the next.
        done = min(len(found) - (not over) for found, over in zip(starts, ended, strict=True))
        if done > 0:
            cuts = [_end(found, done, table) for found, table in zip(starts, waiting, strict=True)]
            after, before = (table.slice(0, cut) for table, cut in zip(waiting, cuts, strict=True) if table is not None)
            yield _matched(after, before, nothing)
            waiting = [table.slice(cut) for table, cut in zip(waiting, cuts, strict=True) if table is not None]
    if any(_rows(table) for table in waiting):
        raise _others()


def _others() -> RunFolderError:
    return RunFolderError("the decision tables are not about the same rows", hint="audit both versions again")


def _rows(table: pa.Table | None) -> int:
    return 0 if table is None else int(table.num_rows)


def _joined(table: pa.Table | None, part: pa.Table | None) -> pa.Table | None:
    if table is None or part is None:
        return table if part is None else part
    return pa.concat_tables([table, part]).combine_chunks()


def _starts(table: pa.Table) -> Ints:
    """Where the decisions about each row begin."""
    if not table.num_rows:
        return np.zeros(0, np.int64)
    owner = table["example"].combine_chunks()
    changed = np.asarray(pc.not_equal(owner.slice(1), owner.slice(0, len(owner) - 1)), bool)
    return np.concatenate([[0], np.flatnonzero(changed) + 1]).astype(np.int64)


def _end(starts: Ints, done: int, table: pa.Table | None) -> int:
    return int(starts[done]) if done < len(starts) else _rows(table)


def _matched(after: pa.Table, before: pa.Table, nothing: str) -> tuple[pa.Table, pa.Table]:
    if not after["example"].unique().equals(before["example"].unique()):
        raise _others()
    failed = pa.concat_arrays(
        [pc.filter(table["example"], pc.equal(table["status"], "failed")).combine_chunks() for table in (after, before)]
    )
    after, before = (table.filter(pc.invert(pc.is_in(table["example"], failed))) for table in (after, before))
    found = _keys(after).merge(_keys(before), how="outer", on=[*_OF_KEY, "nth"], suffixes=("", "_before"))
    of_after, of_before = (found[name].to_numpy(np.float64) for name in ("at", "at_before"))
    return _filled(after, before, of_after, of_before, nothing), _filled(before, after, of_before, of_after, nothing)


def _keys(table: pa.Table) -> pd.DataFrame:
    keys: pd.DataFrame = table.select(_OF_KEY).to_pandas()
    keys["nth"] = keys.groupby(_OF_KEY, dropna=False).cumcount()
    keys["at"] = np.arange(len(keys))
    return keys


def _filled(
    mine: pa.Table, other: pa.Table, of_mine: npt.NDArray[np.float64], of_other: npt.NDArray[np.float64], nothing: str
) -> pa.Table:
    """Take my decisions; where I have none, the other's, about which I said that there is nothing."""
    at = other.schema.get_field_index("y_pred")
    said = other.set_column(at, "y_pred", pa.repeat(nothing, other.num_rows))
    both = pa.concat_tables([mine, said])
    places = np.where(np.isnan(of_mine), mine.num_rows + np.nan_to_num(of_other), np.nan_to_num(of_mine))
    return both.take(pa.array(places.astype(np.int64)))
